"""Sums over the rounds of a repeated block: in closed form, explicit, evaluated, substituted, shown."""

import pickle
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from math import comb, gcd
from random import Random
from typing import Any

import pytest
import sympy
from amounts import many
from witness.rounds import NUMBERS, Arithmetic, Term, added, random_terms, random_values

import symconv as sc
from symconv.analysis.growth import growth, order
from symconv.bounding import lower_bound
from symconv.cost import Cost, cost_symbols, evaluate_cost, exact_rational, explicit, product, substitute_cost, total_of
from symconv.equality import Answer, compare
from symconv.errors import ExtentError
from symconv.extent import Extent, Size, Sum, size_of, symbols_of
from symconv.extremes import largest
from symconv.formula import set_cost
from symconv.notation import ASCII, LATEX
from symconv.powers import power
from symconv.recurrence import iterated_window
from symconv.rounding import ceiling, floor
from symconv.sizes import Undecided
from symconv.sums import closed, sum_over
from symconv.symbols import Symbol, index, symbol
from symconv.sympy_bridge import from_sympy, to_sympy
from symconv.values import evaluate, substitute, summed
from symconv.windows import windows

ROLE = {"N": "batch", "K": "kernel", "X": "extent", "C": "channels", "g": "channels", "q": "count", "n": "count"}
SYMBOL = {name: symbol(name, role) for name, role in ROLE.items()}
SIZE = {name: size_of(s) for name, s in SYMBOL.items()}
SIZES = Arithmetic(power, lambda a, b: floor(a, b, exact=True), largest)
N, K, X, C, g, q, n = SIZE.values()
I = size_of(index("i", 0, n))  # noqa: E741
OF = index("i", 0, n)
FROM = index("j", 4, n)


def cost(terms: Sequence[Term], i: Size, at: Mapping[str, Any]) -> Cost:
    """The cost of round i, on sizes."""
    return total_of(product(*(f.of(i, at, SIZES) for f in factors)) * c for c, factors in terms)


def on(values: Mapping[str, Any]) -> dict[Symbol, Any]:
    return {SYMBOL[name]: v for name, v in values.items()}


def sums(of: Cost) -> list[Sum]:
    return [f for factors in of.terms for f in factors if isinstance(f, Sum)]


@pytest.mark.parametrize("count", [200, pytest.param(many(500), marks=pytest.mark.heavy)])
def test_a_sum_over_symbolic_rounds_is_at_every_number_what_its_rounds_add_up_to(count: int) -> None:
    rng, met = Random(count), 0
    for _ in range(count):
        closes = rng.random() < 0.5
        terms, begin = random_terms(rng, closes), rng.randint(0, 2)
        i = index("i", begin, n)
        total = sum_over(cost(terms, size_of(i), SIZE), i)
        assert not (closes and sums(total)), total
        for rounds in {begin + 1, begin + rng.randint(1, 4), rng.randint(max(begin, 1), 11)}:
            values = random_values(rng, rounds)
            at, expected = on(values), added(terms, begin, rounds, values)
            assert evaluate_cost(total, at) == expected, (total, values)
            assert evaluate_cost(substitute_cost(total, {SYMBOL["n"]: rounds}), at) == expected, (total, values)
            some = {s: v for s, v in at.items() if rng.random() < 0.4 and s is not SYMBOL["n"]}
            assert evaluate_cost(substitute_cost(total, some), at) == expected, (total, some, values)
            numbered = index("i", begin, rounds)
            per_round = cost(terms, size_of(numbered), {**SIZE, "n": rounds})
            assert evaluate_cost(sum_over(per_round, numbered), at) == expected, (per_round, values)
            met += 1
    assert met > count


@pytest.mark.parametrize("count", [60, pytest.param(many(300), marks=pytest.mark.heavy)])
def test_a_sum_of_sums_is_what_the_rounds_of_all_rounds_add_up_to(count: int) -> None:
    rng = Random(count)
    for _ in range(count):
        outer, inner = random_terms(rng, rng.random() < 0.5), random_terms(rng, rng.random() < 0.5)
        ends: list[tuple[Callable[[Any, Any], Any], int]] = [
            (lambda i, n: i, 0), (lambda i, n: i + 1, 0), (lambda i, n: n, 0), (lambda i, n: n - i, 0),
            (lambda i, n: 3, 1), (lambda i, n: 2 * i + 2, 1),
        ]  # fmt: skip
        end, begin = rng.choice(ends)
        # The inner cost is of the inner round; both know how many rounds are outside.
        j = index("j", begin, end(I, n))
        per_round = sum_over(cost(inner, size_of(j), SIZE), j) * cost(outer, I, SIZE) if outer else product(0)
        total = sum_over(per_round, OF)
        for rounds in range(1, 5):
            values = random_values(rng, 2 * rounds + 2)
            values["n"] = rounds
            expected = sum(
                added(outer, i, i + 1, values) * added(inner, begin, end(i, rounds), values) for i in range(rounds)
            ) if max(end(i, rounds) for i in range(rounds)) <= rounds else None  # fmt: skip
            if expected is not None:
                assert evaluate_cost(total, on(values)) == expected, (total, values)


def test_a_closed_form_of_ever_so_many_rounds_is_a_number_at_once() -> None:
    i = index("i", 0, 10**18)
    round_ = size_of(i)
    assert evaluate_cost(sum_over(product(round_, round_), i), {}) == (10**18 - 1) * 10**18 * (2 * 10**18 - 1) // 6
    total = sum_over(product(K, C + 4 * round_), i)
    assert total == product(K) * (product(C) * 10**18 + 2 * 10**18 * (10**18 - 1))
    with pytest.raises(ExtentError, match="has more than 10,000 bits"):
        sum_over(product(power(2, round_)), i)


BODIES: dict[str, Callable[[Any, Any, Any, Arithmetic], Any]] = {
    "squares of windows": lambda i, x, n, do: (x // do.power(2, i)) * (x // do.power(2, i)) * do.power(4, i),
    "a window and a residue": lambda i, x, n, do: (x // do.power(2, i)) * i * i + (3 * i + 1) // 5,
    "a window that rests below zero": lambda i, x, n, do: (x - 400 - do.power(6, i)) // do.power(6, i) * (i + x),
    "windows under a polynomial": lambda i, x, n, do: (
        ((3 * x - 5 + do.power(4, i)) // (3 * do.power(4, i)) + 2) * ((i * i + x) // 6)
    ),
    "windows from both ends": lambda i, x, n, do: x // do.power(2, n - i) + (x - 7) // do.power(3, i) * i,
    "a floor of a square": lambda i, x, n, do: (i * i - i) // 2 + (i * i + x) // 3 * (i // 4),
    "a maximum": lambda i, x, n, do: do.largest(i - 2 * (i // 2), 1) * i + do.largest(x // do.power(2, i), 3),
}


@pytest.mark.parametrize("name", BODIES)
def test_an_explicit_sum_is_evaluated_exactly_and_without_making_its_rounds(name: str) -> None:
    body = BODIES[name]
    total = sum_over(product(body(I, X, n, SIZES)), OF)
    for rounds in (1, 2, 9, 65, 66, 200, 1500):
        for x in (1, 2, 7, 224, 1_000_003):
            expected = sum(body(i, x, rounds, NUMBERS) for i in range(rounds))
            assert evaluate_cost(total, on({"X": x, "n": rounds})) == expected, (rounds, x)
    # From some round on each is a polynomial on the classes of i, so its sums at equal steps have differences that end.
    row = [evaluate_cost(total, on({"X": 224, "n": 10**18 + 60 * k})) for k in range(7)]
    for _ in range(5):
        row = [b - a for a, b in pairwise(row)]
    assert row == [0, 0]


def test_a_sum_that_never_rests_is_added_up_to_a_bound_and_refused_beyond() -> None:
    total = sum_over(product(X // (I + 1)), OF)
    assert evaluate_cost(total, on({"X": 100, "n": 1000})) == sum(100 // k for k in range(1, 101))
    with pytest.raises(
        ExtentError, match=r"1000000 rounds of .* which has no closed form: at most 131072 are added up"
    ):
        evaluate_cost(total, on({"X": 100, "n": 10**6}))
    with pytest.raises(ExtentError, match=r"^999996 rounds of "):
        evaluate_cost(sum_over(product(X // (size_of(FROM) + 1)), FROM), on({"X": 100, "n": 10**6}))


@pytest.mark.parametrize(
    ("per_round", "text"),
    [
        (product(X), "n·X"),
        (product(X, I), "n·X·((1/2)·n − 1/2)"),
        (product(N, K, K, C + 32 * I), "N·K²·n·(C + 16·n − 16)"),
        (product(X - 2, X - 2, I), "n·(X − 2)²·((1/2)·n − 1/2)"),
        (product(X, power(4, I)), "(1/3)·X·(4^n − 1)"),
        (product(X, power(4, I + 1)), "(4/3)·X·(4^n − 1)"),
        (product(K, power(2, n - I), q), "2·K·q·(2^n − 1)"),
        (product(K, power(2, n - I - 1), q), "K·q·(2^n − 1)"),
        (product(floor(power(2, n) * q, power(2, I)), power(2, I)), "2^n·n·q"),
        (product(I, power(2, I)), "2^n·n − 2·2^n + 2"),
        (product(floor(C, power(2, I), exact=True)), "2·C − C/2^(n − 1)"),
        (product(floor(C, power(2, I), exact=True), power(4, I)), "C·(2^n − 1)"),
        (product(floor(C + 2 * g * I, 2, exact=True)), "(1/2)·n·(g·n − g + C)"),
        (product(N, X // power(2, I), X // power(2, I), power(4, I), 3), "3·N·Σ_{i<n} 4^i·⌊X/2^i⌋²"),
        (product(iterated_window(X, 1, 2, I), X + I), "Σ_{i<n} (X + i)·⌈X/2^i⌉"),
        (product(X // 4, largest(I, X)), "⌊X/4⌋·Σ_{i<n} max(i, X)"),
    ],
)
def test_a_sum_is_shown_closed_with_whole_factors_in_front_or_as_a_sum(per_round: Cost, text: str) -> None:
    total = sum_over(per_round, OF)
    assert str(total) == text


def test_a_sum_is_set_in_every_style_with_its_first_round_where_that_is_not_zero() -> None:
    total = sum_over(product(N, X // power(2, size_of(index("i", 1, n)))), index("i", 1, n)) + product(N)
    assert str(total) == "N·(Σ_{1≤i<n} ⌊X/2^i⌋ + 1)"
    assert set_cost(total, ASCII).text == "N*(sum(i, 1, n - 1, floor(X/2^i)) + 1)"
    assert set_cost(total, LATEX).text == (
        r"N \cdot \left(\sum_{i=1}^{n - 1} \left\lfloor \frac{X}{2^{i}} \right\rfloor + 1\right)"
    )
    assert str(-total) == "N·(−Σ_{1≤i<n} ⌊X/2^i⌋ − 1)"
    assert str(product(X // 2) - sum_over(product(X // power(2, I)), OF)) == "⌊X/2⌋ − Σ_{i<n} ⌊X/2^i⌋"


def test_a_few_known_rounds_are_written_out_and_many_are_not() -> None:
    few, many = index("i", 0, 3), index("i", 0, 65)
    assert str(sum_over(product(N, X // power(2, size_of(few))), few)) == "N·(⌊X/4⌋ + ⌊X/2⌋ + X)"
    assert str(sum_over(product(N, X // power(2, size_of(many))), many)) == "N·Σ_{i<65} ⌊X/2^i⌋"
    assert sum_over(product(N), index("i", 2, 2)) == sum_over(product(X), index("i", 3, 2)) == 0
    total = sum_over(product(N, X // power(2, I)), OF)
    assert str(substitute_cost(total, {SYMBOL["n"]: 2})) == "N·(⌊X/2⌋ + X)"
    assert str(substitute_cost(total, {SYMBOL["n"]: q + 1})) == "N·Σ_{i<q + 1} ⌊X/2^i⌋"
    assert substitute_cost(total, {SYMBOL["n"]: 10**6, SYMBOL["X"]: 7}) == product(N, 11)


def test_a_sum_binds_its_index_and_never_captures_another() -> None:
    total = sum_over(product(X // power(2, I), K), OF)
    (form,) = sums(total)
    assert form.symbols == {SYMBOL["X"], SYMBOL["n"]} == cost_symbols(total) - {SYMBOL["K"]}
    assert substitute_cost(total, {OF: 3}) == total
    taken = substitute_cost(total, {SYMBOL["X"]: I + 5})
    assert str(taken) == "K·Σ_{j<n} ⌊(i + 5)/2^j⌋"
    for rounds in range(1, 6):
        for i in range(rounds):
            at = {**on({"K": 3, "n": rounds}), OF: i}
            assert evaluate_cost(taken, at) == 3 * sum((i + 5) // 2**j for j in range(rounds))
    named = symbol("i", "padding", "a model")
    other = substitute_cost(total, {SYMBOL["X"]: size_of(named) + 1})
    assert str(other) == "K·Σ_{j<n} ⌊(i + 1)/2^j⌋"
    nested = sum_over(taken, OF)
    assert str(nested) == "K·Σ_{i<n} Σ_{j<n} ⌊(i + 5)/2^j⌋"
    shadowed = substitute_cost(nested, {SYMBOL["n"]: size_of(index("j", 0, 9)) + 1})
    at = {**on({"K": 1}), index("j", 0, 9): 2}
    assert evaluate_cost(shadowed, at) == sum((i + 5) // 2**j for i in range(3) for j in range(3))


def test_sums_are_equal_where_their_bodies_are_and_come_back_from_a_pickle() -> None:
    whole = sum_over(product(X // power(2, I) + 1, X // power(2, I) - 1), OF)
    parts = explicit(OF, [X // power(2, I), X // power(2, I)]) - product(n)
    assert whole == sum_over(product((X // power(2, I) + 1) * (X // power(2, I) - 1)), OF)
    assert evaluate_cost(whole - parts, on({"X": 9, "n": 5})) == 0
    for form in sums(whole):
        assert pickle.loads(pickle.dumps(form)) == form
        assert hash(pickle.loads(pickle.dumps(form))) == hash(form)
    assert pickle.loads(pickle.dumps(whole)) == whole
    assert whole != sum_over(product(X // power(2, I) + 1, X // power(2, I) - 2), OF)


def test_a_sum_among_sizes_is_bounded_substituted_and_undecided() -> None:
    size = summed(OF, [X // power(2, I), 3 * X])
    assert str(size) == "3·X·Σ_{i<n} ⌊X/2^i⌋"
    assert lower_bound(size) == 0
    assert lower_bound(summed(OF, [iterated_window(X, 1, 2, I)])) == 1
    assert isinstance(size, Extent)
    assert symbols_of(size) == {SYMBOL["X"], SYMBOL["n"]}
    assert evaluate(size, on({"X": 7, "n": 2})) == 3 * 7 * 10
    assert substitute(size, {SYMBOL["n"]: 2}) == 3 * X * (X + X // 2)
    assert substitute(size, {SYMBOL["X"]: 7, SYMBOL["n"]: 10**9}) == 3 * 7 * 11
    assert summed(OF, [X, 2]) == 2 * X * n
    assert summed(index("i", 4, 4), [X]) == 0
    assert compare(size, size + 1).answer is Answer.NEVER
    assert compare(size, X * n).answer is Answer.UNDECIDED
    with pytest.raises(Undecided):
        windows(size)


def test_after_a_substitution_a_sum_closes_where_it_can() -> None:
    total = sum_over(product(N, X // power(2, I), X // power(2, I)), OF)
    exact = closed(substitute_cost(total, {SYMBOL["X"]: power(2, n) * q}))
    assert str(exact) == "(4/3)·N·q²·(4^n − 1)"
    for rounds in range(1, 9):
        at = on({"N": 2, "q": 3, "n": rounds})
        assert evaluate_cost(exact, at) == 2 * sum((2**rounds * 3 // 2**i) ** 2 for i in range(rounds))
    assert closed(total) == total


def test_exact_quotients_by_numbers_become_fractions() -> None:
    halves = product(N, floor(C + g * n, 2, exact=True), floor(C + g * n, 2, exact=True))
    assert str(exact_rational(halves)) == "(1/4)·N·(g·n + C)²"
    inside = product(N, floor(C, 2, exact=True) + 3)
    assert str(exact_rational(inside)) == "(1/2)·N·(C + 6)"
    nested = product(floor(floor(C, 2, exact=True) * g + C, 3, exact=True))
    assert exact_rational(nested) == product(C, g) * Fraction(1, 6) + product(C) * Fraction(1, 3)
    kept = product(floor(C, g, exact=True), X // 2)
    assert exact_rational(kept) == kept


def round_by_round(expression: sympy.Expr) -> sympy.Expr:
    """SymPy's expression with its sums written out: Sum.doit goes wrong on (2·i + 4)·(i + ⌊i/3⌋ + 1) for some seeds."""
    for form in expression.atoms(sympy.Sum):
        if not any(form is not other and other.has(form) for other in expression.atoms(sympy.Sum)):
            ((i, begin, last),) = form.limits
            rounds = range(int(begin), int(last) + 1)
            expression = expression.xreplace({form: sympy.Add(*(form.function.subs(i, k) for k in rounds))})
    return expression


@pytest.mark.parametrize("count", [25, pytest.param(many(50), marks=pytest.mark.heavy)])
def test_sympy_sums_the_same_and_a_sum_comes_back_from_it(count: int) -> None:
    rng = Random(count)
    for _ in range(count):
        terms = random_terms(rng, closed=rng.random() < 0.3)
        per_round = cost(terms, I, SIZE)
        total = sum_over(per_round, OF)
        if not total:
            continue
        theirs = to_sympy(total)
        back = from_sympy(theirs)
        for rounds in (1, 2, 4):
            values = random_values(rng, rounds)
            at = on(values)
            expected = added(terms, 0, rounds, values)
            numbers = {to_sympy(SIZE[name]): v for name, v in values.items()}
            assert round_by_round(theirs.subs(numbers)) == expected, (theirs, values)
            assert evaluate_cost(back, at) == expected, (theirs, back, values)
            assert sc.evaluate(theirs, **{s.name: at[s] for s in cost_symbols(total)}) == expected


@pytest.mark.parametrize("body", [C + 32 * I, I * I * I * X + I, power(3, I) * X, power(2, I) * I * I, power(2, n - I)])
def test_a_closed_form_is_the_one_that_sympy_finds(body: Size) -> None:
    i = sympy.Symbol("i", integer=True, nonnegative=True)
    theirs = sympy.summation(to_sympy(body).xreplace({to_sympy(I): i}), (i, 0, to_sympy(n) - 1))
    assert sympy.simplify(theirs - to_sympy(sum_over(product(body), OF))) == 0


def test_the_growth_of_a_closed_sum_is_a_polynomials_and_of_a_power_or_an_open_sum_is_refused() -> None:
    total = sum_over(product(N, K, K, C + 32 * I), OF)
    assert str(growth(total, ["n"])) == "16·N·K²·n²"
    assert order(total, "n") == 2
    assert order(sum_over(product(X // 2, I, I), OF), "n") == 3
    powers = sum_over(product(X // 2, N, power(4, I)), OF)
    assert str(growth(powers, ["N", "X"])) == "N·X·((1/6)·4^n − 1/6)"
    assert order(powers, "X") == 1
    assert growth(sum_over(product(N, X // power(2, I)), OF), ["N"]).order() == "O(N)"
    with pytest.raises(Undecided, match="it grows faster than any"):
        growth(sum_over(product(X, power(4, I)), OF), ["n"])
    with pytest.raises(Undecided, match="has no closed form, so its growth cannot be followed"):
        growth(sum_over(product(X // power(2, I)), OF), ["X"])


def test_quotients_of_several_powers_keep_the_fractions_that_their_product_expands_to() -> None:
    """(3·2^n/2^i)·(3·2^(n − 1)/2^i) at n = 5, m = 2: 96·48 in the first round and 48·24 in the second."""
    n, m = size_of(symbol("n", "count", "sums")), size_of(symbol("m", "count", "sums"))
    i = index("i", 0, m)
    over = (floor(3 * power(2, n - k), power(2, size_of(i)), exact=True) for k in (0, 1))
    total = sum_over(product(*over), i)
    assert sc.evaluate(total, n=5, m=2) == 96 * 48 + 48 * 24


# -- windows far beyond the bits that are worked out -----------------------------------------------------------------


def test_a_window_at_an_exponent_that_is_not_worked_out_has_the_value_that_it_has_at_large_ones() -> None:
    """(a + b·p)/(k·p) and the like at p = 2^(10^18) is what it is at 2^400, where p is larger than everything else."""
    rng, met = Random(9), 0
    for _ in range(300):
        a, b, k, base = rng.randint(-50, 50), rng.randint(-9, 9), rng.randint(1, 7), rng.choice([2, 3, 6])
        size = (a * X + b * power(base, n) * q) // (k * power(base, n))
        x, of = rng.randint(1, 99), rng.randint(1, 5)
        expected = (a * x + b * base**400 * of) // (k * base**400)
        for rounds in (400, 10**18):
            at = on({"X": x, "q": of, "n": rounds})
            try:
                assert evaluate(size, at) == expected, (size, x, of)
                assert substitute(size, at) == expected, (size, x, of)
                met += 1
            except ExtentError:  # of an odd number of halves of the power, say
                assert gcd(k, base) > 1, (size, x, of)
    assert met > 500


@pytest.mark.parametrize("base", [2, 3, 5])
def test_a_window_as_wide_as_what_is_in_it_is_decided_exactly(base: int) -> None:
    """⌊(X − 1)/b^n⌋ and ⌊−X/b^n⌋ where X is b^n and its neighbours, n so large that b^n has more than 10,000 bits."""
    above, below = X // power(base, n), (-X) // power(base, n)
    both = (X + 2 * power(base, n)) // (3 * power(base, n))
    for rounds in (5_000, 9_999, 10_000, 10_001, 10_050):
        edge = base**rounds
        for x in (1, edge // base, edge - 1, edge, edge + 1):
            if x > edge - 1 and (base.bit_length() - 1) * rounds > 10_000:
                continue  # there its value has to be worked out, which is refused
            at = on({"X": x, "n": rounds})
            assert evaluate(above, at) == x // edge, (rounds, x == edge)
            assert evaluate(below, at) == -x // edge, (rounds, x == edge)
            assert evaluate(both, at) == (x + 2 * edge) // (3 * edge), (rounds, x == edge)
    with pytest.raises(ExtentError, match="has more than 10,000 bits"):
        evaluate(above, on({"X": base**10_050, "n": 10_050}))


MORE: dict[str, Callable[[Any, Any, Any, Arithmetic], Any]] = {
    "a window that rests at 0 beside one that never rests": lambda i, x, n, do: x // do.power(2, i) * (x // (i + 1)),
    "a power of a residue": lambda i, x, n, do: do.power(2, i - 2 * (i // 2)) * (i + x),
    "a floor of an affine floor": lambda i, x, n, do: ((i + x) // 3 + 2 * i) // 5 - i // 7,
    "a floor of what does not move": lambda i, x, n, do: (x // 7 + i) * ((x + 2) // 4),
    "windows of two powers": lambda i, x, n, do: (x + 3 * do.power(6, i)) // (2 * do.power(6, i)) + i,
    "a window of another rate": lambda i, x, n, do: (x + 5) // do.power(4, i) + x // do.power(2, 2 * i + 3),
    "a falling window": lambda i, x, n, do: (x - 9) // do.power(3, n - i) * i + (x + n) // do.power(2, 2 * n - 2 * i),
    "a least of two": lambda i, x, n, do: -do.largest(-(i // 3) + i // 3 - 2, -5) + i,
    "a maximum that grows": lambda i, x, n, do: do.largest(i, x) - do.largest(2 * (i // 2), 70),
    "a maximum that grows in long steps": lambda i, x, n, do: do.largest(i - i // 520, 5),
    "a window of powers that go both ways": lambda i, x, n, do: x // (do.power(2, i) * do.power(3, n - i)),
    "a maximum of 0": lambda i, x, n, do: do.largest(i - x, 0) + do.largest(x // do.power(2, i) - 1, 0),
    "a cube": lambda i, x, n, do: i**3 - x * i**2 + (i * i * i) // 2,
}


@pytest.mark.parametrize("name", MORE)
def test_an_explicit_sum_of_many_kinds_is_what_its_rounds_add_up_to(name: str) -> None:
    body = MORE[name]
    for begin in (0, 1, 3):
        of = index("i", begin, n)
        total = sum_over(product(body(size_of(of), X, n, SIZES)), of)
        for rounds in (begin + 1, 63, 64, 65, 66, 67, 68, 131, 400, 1100):
            for x in (1, 8, 63, 64, 65, 2**70):
                expected = sum(body(i, x, rounds, NUMBERS) for i in range(begin, rounds))
                assert evaluate_cost(total, on({"X": x, "n": rounds})) == expected, (begin, rounds, x)


def test_a_sum_of_ceilings_of_fractions_is_what_its_rounds_add_up_to() -> None:
    w = symbol("w", "multiplier", "sums")
    cases: list[tuple[Size, Callable[[Fraction, int], int]]] = [
        (ceiling(size_of(w) * I, 2), lambda v, i: -(-v * i // 2)),
        (ceiling(size_of(w) * X + I, 3), lambda v, i: -(-(v * 5 + i) // 3)),
        (ceiling(size_of(w), 2) * I, lambda v, i: -(-v // 2) * i),
        (size_of(w) * I * I // 4, lambda v, i: v * i * i // 4),
    ]
    for size, by_hand in cases:
        total = sum_over(product(size, I + 1), OF)
        for value in (Fraction(1, 3), Fraction(2), Fraction(9, 4)):
            for rounds in (3, 70, 150):
                expected = sum(by_hand(value, i) * (i + 1) for i in range(rounds))
                assert evaluate_cost(total, {**on({"X": 5, "n": rounds}), w: value}) == expected


def test_very_many_rounds_of_a_polynomial_on_classes_are_summed_by_differences() -> None:
    """Over 60·k rounds Σ ⌊i/3⌋·⌊(i + 1)/4⌋ is a polynomial in k; at k = 10^6 it is what the first ones extend to."""
    total = sum_over(product(I // 3, (I + 1) // 4), OF)

    def added_up(rounds: int) -> int:
        return sum(i // 3 * ((i + 1) // 4) for i in range(rounds))

    row, terms = [added_up(60 * k) for k in range(5)], []
    while row:
        terms.append(row[0])
        row = [b - a for a, b in pairwise(row)]
    assert terms[4] == 0
    many = 10**6
    expected = sum(term * comb(many, k) for k, term in enumerate(terms))
    assert evaluate_cost(total, on({"n": 60 * many})) == expected


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (lambda i, c, x, do: do.power(2, i * i), "Σ_{i<n} 2^(i²)"),
        (lambda i, c, x, do: do.exact(c, do.power(2, i) + 1), "Σ_{i<n} C/(2^i + 1)"),
        (lambda i, c, x, do: do.exact(c, i + 1), "Σ_{i<n} C/(i + 1)"),
        (lambda i, c, x, do: do.exact(c * i, do.power(2, i)), "Σ_{i<n} C·i/2^i"),
        (lambda i, c, x, do: do.exact(c * x, x * do.power(2, i)), "2·C − C/2^(n − 1)"),
        (lambda i, c, x, do: do.exact(c, x * do.power(2, i)), "Σ_{i<n} C/(2^i·X)"),
        (lambda i, c, x, do: do.exact(c, 3 * do.power(2, i)), "(2/3)·C − (1/3)·(C/2^(n − 1))"),
        (lambda i, c, x, do: do.power(2, i) * do.exact(c, 3 * do.power(2, i)), "(1/3)·C·n"),
        (lambda i, c, x, do: do.power(2, i) * do.exact(c, 3 * do.power(2, i)) * i, "C·n·((1/6)·n − 1/6)"),
        (lambda i, c, x, do: do.power(4, i) * do.exact(c, 3 * do.power(2, i)), "C·((1/3)·2^n − 1/3)"),
        (lambda i, c, x, do: do.power(2, i) * do.exact(c, 3 * do.power(4, i)), "(2/3)·C − (1/3)·(C/2^(n − 1))"),
        (lambda i, c, x, do: do.power(2, i + x) * do.exact(c, 3 * do.power(2, i)), "(1/3)·2^X·C·n"),
        (lambda i, c, x, do: do.exact(c, do.power(6, i)) * i * x, None),
        (lambda i, c, x, do: do.exact(c, do.power(2, i)) * do.power(6, i) * (i + 1), None),
        (lambda i, c, x, do: do.power(2, i) * do.power(3, 4 - i) * i * i, None),
        (lambda i, c, x, do: i**5 + x * i**3, None),
        (lambda i, c, x, do: do.power(12, i) * i**3 - do.power(3, i), None),
    ],
)
def test_a_sum_with_or_without_a_closed_form_is_what_its_rounds_add_up_to(
    rule: Callable[[Any, Any, Any, Arithmetic], Any], text: str | None
) -> None:
    for begin, end in ((0, n), (1, n), (2, 5)):
        i = index("i", begin, end)
        total = sum_over(product(rule(size_of(i), C, X, SIZES)), i)
        if text is not None and (begin, end) == (0, n):
            assert str(total) == text
        for rounds in range(begin + 1, 6):
            c, x = 6**9 * 5 * 7 * 11 * 17, 3
            last = end if isinstance(end, int) else rounds
            expected = sum(rule(k, c, x, NUMBERS) for k in range(begin, last))
            assert evaluate_cost(total, on({"C": c, "X": x, "n": rounds})) == expected, (begin, last)
