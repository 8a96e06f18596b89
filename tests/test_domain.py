"""The domain: what is required is kept, pruned, contradicted and checked, soundly for all kinds of symbols."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import product
from random import Random
from typing import Any

import pytest
from amounts import many
from test_extent import ON_SIZES
from witness.programs import NoValueError, Program, random_program, run

import symconv as sc
from symconv.block import Rounds
from symconv.condition import WRITTEN_OUT, Condition, at_least, divides, equal
from symconv.domain import Domain, asking, require
from symconv.errors import DomainError, ExtentError, ShapeError
from symconv.extent import Size, size_of
from symconv.extremes import largest, smallest
from symconv.notation import ASCII
from symconv.powers import power
from symconv.rounding import floor
from symconv.symbols import Symbol, index, symbol
from symconv.values import substitute

SYMBOL = {name: symbol(name) for name in ("X", "H", "P", "S", "K", "N")}
X, H, P, S, K, N = SYMBOL.values()
x, h, p, s, k, n = map(size_of, SYMBOL.values())
w = symbol("w", "multiplier")


def domain_of(*conditions: Condition) -> Domain:
    """A domain in which node i asked for the i-th condition."""
    domain = Domain()
    for i, condition in enumerate(conditions):
        domain.require(replace(condition, node=f"node{i}", reason=f"reason {i}"))
    return domain


def legal(domain: Domain, **values: Any) -> bool:
    try:
        domain.check({(w if name == "w" else SYMBOL[name]): value for name, value in values.items()})
    except DomainError:
        return False
    return True


# -- against brute force ---------------------------------------------------------------------------------------------

MAKE = {"at least": at_least, "equal": equal, "divides": divides}


def holds(relation: str, left: int, right: int) -> bool:
    if relation == "divides":
        return left >= 1 and right % left == 0
    return left >= right if relation == "at least" else left == right


def random_conditions(rng: Random, names: str) -> list[tuple[str, Program, Program]]:
    def draw(depth: int) -> Program:
        return random_program(
            rng, names, depth=depth, linear=rng.random() < 0.7, largest=rng.choice([3, 12]),
            functions=rng.choice([(), ("max", "min")]), divisors=[name for name in names if name == "S"],
        )  # fmt: skip

    out = []
    for _ in range(rng.randint(1, 5)):
        relation = rng.choice(["at least", "at least", "at least", "equal", "divides"])
        left, right = draw(rng.randint(0, 3)), draw(rng.randint(0, 3))
        number: Program = ("number", rng.randint(1, 6))
        if relation == "at least" and rng.random() < 0.5:
            right = ("number", rng.randint(-3, 20))
        if relation == "equal" and rng.random() < 0.5:
            right = ("*", number, ("//", left, number))
        if relation == "divides" and rng.random() < 0.7:
            left = number
        out.append((relation, left, right))
    return out


def check_against_brute_force(count: int, seed: int) -> Counter[str]:
    rng, met = Random(seed), Counter[str]()
    for _ in range(count):
        names = rng.choice(["X", "X", "XP", "XH", "P", "XS"])
        asked = random_conditions(rng, names)
        sizes = {name: size_of(SYMBOL[name]) for name in names}
        domain, refused = Domain(), ""
        try:
            for i, (relation, left, right) in enumerate(asked):
                condition = MAKE[relation](run(left, sizes, ON_SIZES), run(right, sizes, ON_SIZES))
                domain.require(replace(condition, node=f"node{i}"))
        except ShapeError as error:
            refused = str(error)
        met["refused"] += bool(refused)
        for _ in range(80):
            at = {name: rng.randint(SYMBOL[name].least, rng.choice([3, 12, 60, 400])) for name in names}
            try:
                true = all(holds(relation, run(a, at), run(b, at)) for relation, a, b in asked)
            except NoValueError:
                continue
            if refused:
                assert not true, (asked, refused, at)
                continue
            assert legal(domain, **at) == true, (asked, domain, at)
            if true:
                for name in names:
                    assert at[name] >= domain.least(SYMBOL[name])
                    assert name == "P" or at[name] in domain.sizes(SYMBOL[name])
            met["legal" if true else "illegal"] += 1
    return met


def test_values_are_legal_exactly_where_every_condition_holds() -> None:
    met = check_against_brute_force(700, seed=1)
    assert met["refused"] > 100
    assert min(met["legal"], met["illegal"]) > 5_000, met


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(80, 80 + many(1)))
def test_many_values_are_legal_exactly_where_every_condition_holds(seed: int) -> None:
    check_against_brute_force(4_000, seed)


# -- what is kept ----------------------------------------------------------------------------------------------------


def test_bounds_and_congruences_are_solved_for_their_symbol() -> None:
    domain = domain_of(at_least(x // 32, 1), equal(2 * (x // 2), x), at_least((h + 1) // 4 - 3, 2))
    assert repr(domain) == "X ≥ 32, X ≡ 0 (mod 2), H ≥ 19"
    assert domain.text(ASCII) == "X >= 32, X = 0 (mod 2), H >= 19"
    assert (domain.least(X), domain.least(H), domain.least(K), domain.least(P)) == (32, 19, 1, 0)
    assert [(c.node, c.text()) for c in domain.conditions] == [
        ("node0", "X ≥ 32"),
        ("node1", "2·⌊X/2⌋ = X"),
        ("node2", "H ≥ 19"),
    ]


def test_a_stronger_bound_takes_the_place_of_a_weaker_one() -> None:
    domain = domain_of(at_least(x, 3), at_least(x // 2, 1), at_least(x // 8, 1), divides(4, x), at_least(x, 5))
    assert [c.node for c in domain.conditions] == ["node2", "node3"]
    later = domain_of(divides(2, x), at_least(x, 6), at_least(x, 40), divides(8, x), at_least(x, 4))
    assert [c.node for c in later.conditions] == ["node2", "node3"]
    assert repr(later) == "X ≥ 40, X ≡ 0 (mod 8)"


def test_what_always_holds_vanishes_and_what_never_holds_is_an_error_at_its_node() -> None:
    domain = domain_of(
        at_least(x, 1), at_least(p, 0), equal(x // 2 + (x + 1) // 2, x), divides(3, 6 * x), at_least(x + p, 1),
        at_least(p + p * x, 0), divides(1, p), equal(4, 4), at_least(largest(x, 7), 7),
    )  # fmt: skip
    assert domain.conditions == ()
    assert repr(domain) == "everywhere"
    for impossible in (
        at_least(-x, 0),
        at_least(0, p + 1),
        equal(2 * x, 2 * h + 1),
        divides(0, x),
        equal(x, x + 1),
        at_least(1, 2),
    ):
        with pytest.raises(ShapeError, match=r"node0: reason 0: .* never holds"):
            domain_of(impossible)


def test_a_contradiction_names_both_nodes() -> None:
    with pytest.raises(ShapeError, match=r"node1: reason 1: X = 3 contradicts X ≥ 32 \(node0\)"):
        domain_of(at_least(x // 32, 1), equal(x, 3))
    with pytest.raises(ShapeError, match=r"node2: .* contradicts 2 divides X \(node0\); X ≥ 4 \(node1\)"):
        domain_of(divides(2, x), at_least(x, 4), equal(x, 7))


def test_a_refused_condition_is_refused_again() -> None:
    domain = domain_of(at_least(x, 5))
    for _ in range(2):
        with pytest.raises(ShapeError, match="contradicts"):
            domain.require(equal(x, 3))
        with pytest.raises(ShapeError, match="never holds"):
            domain.require(at_least(0, x))
    assert repr(domain) == "X ≥ 5"


def test_a_condition_on_several_symbols_stays_as_it_is_once() -> None:
    domain = domain_of(at_least(x + 2 * p, k), at_least(x + 2 * p, k), equal(h // 2, x // 2), divides(s, x))
    assert repr(domain) == "X + 2·P ≥ K, ⌊H/2⌋ = ⌊X/2⌋, S divides X"
    assert [c.node for c in domain.conditions] == ["node0", "node2", "node3"]
    assert legal(domain, X=8, P=0, K=8, H=9, S=4)
    assert not legal(domain, X=8, P=0, K=9, H=9, S=4)
    assert not legal(domain, X=8, P=0, K=8, H=10, S=4)
    assert not legal(domain, X=8, P=0, K=8, H=9, S=3)
    assert legal(domain, X=8)  # what is not given yet is not broken


def test_what_both_sides_share_is_left_out() -> None:
    """A K, P convolution of stride 1 beside its input asks for 2·P + 1 = K, whatever X is."""
    assert repr(domain_of(equal(x + 2 * p - k + 1, x))) == "2·P + 1 = K"
    assert repr(domain_of(at_least(x // 3 + h, x // 3 + 5))) == "H ≥ 5"
    assert repr(domain_of(equal(x + h - 4, x))) == "H = 4"
    assert repr(domain_of(divides(2, x + 2 * h))) == "X ≡ 0 (mod 2)"
    assert repr(domain_of(at_least(x * h + n, x * h + 1))) == "everywhere"


def test_a_floor_is_peeled_off_a_bound() -> None:
    assert repr(domain_of(at_least((x + 2 * p - k) // s + 1, 1))) == "X + 2·P ≥ K"
    domain = domain_of(at_least(((x + 2 * p - k) // s + 1 + 2 * p - k) // s + 1, 1))
    cases = (5, 0, 3, 2), (4, 0, 3, 2), (1, 1, 3, 1), (1, 1, 3, 2), (9, 0, 5, 1), (8, 0, 5, 1)
    for size, padding, kernel, stride in cases:
        once = (size + 2 * padding - kernel) // stride + 1
        twice = (once + 2 * padding - kernel) // stride + 1
        assert legal(domain, X=size, P=padding, K=kernel, S=stride) == (twice >= 1)


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (equal(smallest(240, x), 240), "X ≥ 240"),
        (equal(smallest(240, x) + 160, 400), "X ≥ 240"),
        (equal(240, largest(240, x)), "X in 1…240"),
        (at_least(smallest(119, x - 1) + x, 199), "X ≥ 100"),
        (at_least(500, largest(2 * x, x + 7) + x), "X in 1…166"),
        (at_least(h * (x // 28) ** 2, 1), "X ≥ 28"),
        (equal(largest(0, x - smallest(3, x) - 7), largest(0, x - 10)), "everywhere"),
        (at_least(smallest(x, h), 3), "X ≥ 3, H ≥ 3"),
        (at_least(x * h, 2 * x), "H ≥ 2"),
        (equal(x * x * h * n, 3 * x * n), "X·H = 3"),
        (at_least(h * x + x, 2 * x * (h // 2)), "everywhere"),
    ],
)
def test_maxima_minima_and_products_are_taken_apart(condition: Condition, text: str) -> None:
    domain = Domain()
    domain.require(condition)
    assert str(domain) == text


def test_a_node_that_fails_leaves_the_domain_as_it_was() -> None:
    domain = domain_of(at_least(x, 3), equal(x + h, s))
    before = repr(domain), domain.conditions

    def failing() -> None:
        with domain.undone_on_error():
            domain.require(at_least(x, 9))
            domain.require(at_least(h + k, s))
            domain.require(equal(x + h + k, s + k))  # what is there already, after balancing
            domain.require(equal(x, 4))

    with pytest.raises(ShapeError, match="contradicts"):
        failing()
    assert (repr(domain), domain.conditions) == before
    domain.require(at_least(x, 9))
    assert repr(domain) == "X ≥ 9, H + X = S"


def test_rules_ask_in_the_name_of_their_node() -> None:
    domain = Domain()
    with asking(domain, "stage1/pool"):
        require(at_least(x // 2, 1), "an output of at least 1")
    (condition,) = domain.conditions
    assert (condition.node, condition.reason) == ("stage1/pool", "an output of at least 1")
    require(at_least(x, 100), "outside a network nothing is kept")
    with pytest.raises(ShapeError, match="outside a network: 0 ≥ X never holds"):
        require(at_least(0, x), "outside a network")


def test_a_condition_can_be_substituted() -> None:
    values = {X: 64 * n, H: 2 * n}
    condition = at_least(substitute(x // 32, values), substitute(h, values))
    assert condition.text() == "2·N ≥ 2·N"
    assert condition.symbols == {N}
    assert condition.holds({N: 3})


# -- symbols that may be zero, or fractions --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "accepted", "refused"),
    [
        (at_least(p, 1), [1, 5], [0]),
        (at_least(2, p), [0, 2], [3]),
        (equal(2 * p, 4), [2], [0, 1, 3]),
        (equal(p // 2, 0), [0, 1], [2]),
        (divides(2, p), [0, 2], [1]),
        (divides(p, 6), [1, 2, 3, 6], [0, 4]),
        (divides(p, p), [1, 2, 7], [0]),
        (at_least(p * p, p + 2), [2, 3], [0, 1]),
        (at_least(p // (p + 1), 0), [0, 3], []),
    ],
)
def test_a_padding_may_be_zero(condition: Condition, accepted: list[int], refused: list[int]) -> None:
    domain = domain_of(condition)
    assert [v for v in accepted if not legal(domain, P=v)] == []
    assert [v for v in refused if legal(domain, P=v)] == []
    assert all(v >= domain.least(P) for v in accepted)


@pytest.mark.parametrize(
    ("condition", "accepted", "refused"),
    [
        (at_least(size_of(w), 1), [1, Fraction(3, 2)], [Fraction(1, 2)]),
        (equal(2 * size_of(w), 1), [Fraction(1, 2)], [1]),
        (at_least(size_of(w) * 8 // 1, 3), [Fraction(3, 8), 1], [Fraction(1, 4)]),
        (equal(size_of(w) * 8 // 8 * 8, size_of(w) * 8), [1, 2], [Fraction(1, 2)]),
        (divides(2, size_of(w) * 4 // 1), [Fraction(1, 2), 1], [Fraction(1, 4)]),
        (at_least(1, size_of(w)), [1, Fraction(1, 7)], [2]),
    ],
)
def test_a_multiplier_may_be_a_fraction(condition: Condition, accepted: list[Any], refused: list[Any]) -> None:
    domain = domain_of(condition)
    assert [v for v in accepted if not legal(domain, w=v)] == []
    assert [v for v in refused if legal(domain, w=v)] == []


def test_a_multiplier_below_one_is_not_refused_by_a_bound_that_fractions_pass() -> None:
    domain_of(at_least(size_of(w) * 64 // 1, 1))
    with pytest.raises(ShapeError):
        domain_of(at_least(0, size_of(w) + 1))
    # w > 0 is never reached from below: 0 ≥ w is impossible, but no bound on integers says so; never a wrong yes.
    assert not legal(domain_of(at_least(0, size_of(w))), w=Fraction(1, 9))


# -- complaints ------------------------------------------------------------------------------------------------------


def test_a_value_outside_is_an_error_that_names_value_domain_reason_and_node() -> None:
    domain = domain_of(at_least(x // 32, 1), divides(16, x), at_least(h + 2 * p, k))
    with pytest.raises(DomainError) as caught:
        domain.check({X: 40})
    assert str(caught.value) == ("X = 40 is outside the domain X ≥ 32, X ≡ 0 (mod 16): reason 1, asked for by node1")
    with pytest.raises(DomainError, match=r"X = 16 .*reason 0, asked for by node0"):
        domain.check({X: 16})
    with pytest.raises(DomainError, match=r"H = 1, K = 5, P = 1|P = 1, K = 5, H = 1|K = 5, P = 1, H = 1"):
        domain.check({H: 1, P: 1, K: 5})


def test_an_exact_quotient_is_asked_for_before_it_is_used() -> None:
    net = sc.Network()
    net.input("image", "N", "C_in", "X", "X")
    net.add("conv", sc.layers.Conv(net.symbol("C_out"), net.symbol("K"), groups=net.symbol("g"), bias=False))
    assert "g divides C_in" in repr(net.domain)
    assert "g divides C_out" in repr(net.domain)
    at: dict[str, Any] = {"N": 1, "C_in": 6, "C_out": 9, "K": 3, "g": 3, "X": 5}
    assert net.evaluate("macs", **at) == 3 * 3 * 2 * 9 * 3 * 3
    with pytest.raises(DomainError, match="g = 4"):
        net.evaluate("macs", **{**at, "g": 4})


def test_the_domain_of_a_long_network_stays_short() -> None:
    net = sc.Network()
    net.input("image", 1, 8, "X", "X")
    for i in range(400):
        net.add(f"conv{i}", sc.layers.Conv(8, 3))
    assert repr(net.domain) == "X ≥ 801"
    assert len(net.domain.conditions) == 1


def sizes_of_symbols(*symbols: Symbol) -> list[Size]:
    return [size_of(each) for each in symbols]


def test_the_order_of_conditions_does_not_matter() -> None:
    rng = Random(4)
    conditions = [at_least(x // 8, 1), divides(3, x), at_least(x, 5), divides(2, x + 1), at_least(200, x)]
    expected = [v for v in range(1, 300) if 8 <= v <= 200 and v % 3 == 0 and v % 2 == 1]
    for _ in range(20):
        rng.shuffle(conditions)
        assert list(domain_of(*conditions).sizes(X).members(300)) == expected
    assert sizes_of_symbols(X) == [x]


# -- conditions in rounds ---------------------------------------------------------------------------------------------


ROUNDS = symbol("n", "count", "test rounds")
EVEN, BOUND = symbol("k", "count", "test rounds"), symbol("C", "channels", "test rounds")


def of_round(make: Callable[[Size], Condition], begin: int = 0, end: Size = 0) -> tuple[Domain, Callable[..., None]]:
    """A domain that asks for a condition in rounds begin to n, and what checks values against it."""
    i = index("i", begin, end or size_of(ROUNDS), "test rounds")
    domain = Domain()
    domain.require(replace(make(size_of(i)), rounds=(Rounds("block", i, "image"),)))
    return domain, lambda **at: domain.check({s: at[s.name] for s in (ROUNDS, EVEN, BOUND) if s.name in at})


MANY = 10**18


@pytest.mark.parametrize(
    ("make", "good", "bad"),
    [
        (lambda i: divides(4, 2 * size_of(EVEN) * i), {"k": 4, "n": MANY}, {"k": 3, "n": MANY}),
        (lambda i: divides(4, i * i * size_of(EVEN)), {"k": 8, "n": MANY}, {"k": 2, "n": MANY}),
        (lambda i: divides(size_of(EVEN), 6 + size_of(EVEN) * i), {"k": 6, "n": MANY}, {"k": 4, "n": MANY}),
        (lambda i: equal(size_of(EVEN) * i, 2 * i), {"k": 2, "n": MANY}, {"k": 1, "n": MANY}),
        (lambda i: at_least(size_of(BOUND) * i + 5, 3 * i), {"C": 3, "n": MANY}, {"C": 2, "n": MANY}),
        (lambda i: at_least(size_of(BOUND), power(2, i)), {"C": 2**50, "n": 51}, {"C": 2**50, "n": 1000}),
    ],
)
def test_a_condition_in_very_many_rounds_is_decided_without_looking_at_each(
    make: Callable[[Size], Condition], good: dict[str, int], bad: dict[str, int]
) -> None:
    for begin in (0, 1):
        _, check = of_round(make, begin)
        check(**good)
        with pytest.raises(DomainError):
            check(**bad)


def test_a_condition_that_numbers_break_in_a_late_round_never_holds() -> None:
    with pytest.raises(ShapeError, match="never holds"):
        of_round(lambda i: divides(4, 2 * i), end=MANY)
    domain, _ = of_round(lambda i: divides(2, i * i + i), end=MANY)
    assert not domain.conditions


def test_what_holds_anyway_is_not_kept_for_rounds_that_there_may_be() -> None:
    i = index("i", 1, size_of(ROUNDS), "test rounds")
    domain = Domain()
    domain.require(at_least(size_of(BOUND), 5))
    kept = domain.conditions
    domain.require(replace(at_least(size_of(BOUND), 3), rounds=(Rounds("block", i, "image"),)))
    assert domain.conditions == kept
    domain.require(replace(at_least(size_of(BOUND), 7), rounds=(Rounds("block", i, "image"),)))
    assert len(domain.conditions) == 2


def test_rounds_that_cannot_all_be_looked_at_are_an_error_and_no_endless_loop() -> None:
    _, check = of_round(lambda i: at_least(i * i + size_of(EVEN), 2 * i // 3))
    with pytest.raises(ExtentError, match="would have to be looked at in more than 131,072 rounds"):
        check(k=1, n=MANY)


def test_a_quotient_that_does_not_come_out_even_is_outside_of_the_domain() -> None:
    i = index("i", 0, size_of(ROUNDS), "test rounds")
    rounds = (Rounds("block", i, "image"),)
    domain = Domain()
    domain.require(replace(at_least(floor(size_of(BOUND), power(2, size_of(i) + 1), exact=True), 1), rounds=rounds))
    domain.require(replace(divides(2, floor(size_of(BOUND), power(2, size_of(i)), exact=True)), rounds=rounds))
    domain.check({BOUND: 48, ROUNDS: 4})
    with pytest.raises(DomainError, match="2 divides C/2\\^i"):
        domain.check({BOUND: 48, ROUNDS: 5})


OUTER, LAST = index("i", 1, size_of(ROUNDS), "test rounds"), index("i", 0, 3, "test rounds")

IN_ROUNDS: list[tuple[str, Callable[[Any, Any], tuple[Any, Any]]]] = [
    ("at least", lambda c, i: (c, 3)),
    ("at least", lambda c, i: (c, i)),
    ("at least", lambda c, i: (5, i + c)),
    ("at least", lambda c, i: (c * i, 2)),
    ("at least", lambda c, i: (c + i * i, 3 * i)),
    ("at least", lambda c, i: (i, 1)),
    ("at least", lambda c, i: (2, i)),
    ("equal", lambda c, i: (c * i, 2 * i)),
    ("equal", lambda c, i: (c, 4)),
    ("divides", lambda c, i: (2, c)),
    ("divides", lambda c, i: (c, 12)),
    ("divides", lambda c, i: (3, c * i + 3)),
    ("divides", lambda c, i: (2, i)),
]


@pytest.mark.parametrize(("relation", "sides"), IN_ROUNDS)
@pytest.mark.parametrize("end", [1, 2, 4, 70, None, "inner"])
@pytest.mark.parametrize("begin", [0, 1])
def test_what_is_asked_in_rounds_is_legal_exactly_where_each_round_allows_it(
    relation: str, sides: Callable[[Any, Any], tuple[Any, Any]], end: int | str | None, begin: int
) -> None:
    """Rounds up to a number, up to n, and up to n within rounds of a block around."""
    if isinstance(end, int) and end <= begin:
        return
    count = size_of(ROUNDS)
    of = index("i", begin, end if isinstance(end, int) else count, "test rounds")
    around = (Rounds("around", index("j", 1, count, "test rounds"), "image"),) if end == "inner" else ()
    domain = Domain()
    refused = False
    try:
        rounds = (*around, Rounds("block", of, "image"))
        domain.require(replace(MAKE[relation](*sides(size_of(BOUND), size_of(of))), rounds=rounds))
    except ShapeError:
        refused = True
    for c in range(1, 10):
        for bound in (1, 2, 3, 4, 5, 66, 80):
            last = end if isinstance(end, int) else bound
            looked = [] if around and bound < 2 else range(begin, last)
            expected = all(holds(relation, *sides(c, i)) for i in looked)
            assert not (refused and expected), (c, bound)
            assert refused or domain.allows({BOUND: c, ROUNDS: bound}) is expected, (domain, c, bound)


@pytest.mark.parametrize("ends", [(3, None), (None, 3), (2, 3), (None, None)])
def test_what_is_asked_in_rounds_of_rounds_is_legal_exactly_where_each_allows_it(
    ends: tuple[int | None, int | None],
) -> None:
    count = size_of(ROUNDS)
    outer, inner = (index(name, 1, end or count, "test rounds") for name, end in zip("ji", ends))
    rounds = (Rounds("outer", outer, "image"), Rounds("inner", inner, "image"))
    for relation, sides in (
        ("at least", lambda c, i, j: (c, i + 2 * j)),
        ("at least", lambda c, i, j: (c + i * j, 6)),
        ("divides", lambda c, i, j: (3, c * (i + j) + 3)),
        ("equal", lambda c, i, j: (c * j, 2 * j)),
    ):
        domain = Domain()
        condition = MAKE[relation](*sides(size_of(BOUND), size_of(inner), size_of(outer)))
        domain.require(replace(condition, rounds=rounds))
        for c, bound in product(range(1, 13), range(1, 6)):
            met = product(range(1, ends[0] or bound), range(1, ends[1] or bound))
            expected = all(holds(relation, *sides(c, i, j)) for j, i in met)
            assert domain.allows({BOUND: c, ROUNDS: bound}) is expected, (domain, c, bound)


def test_rounds_three_deep_are_each_looked_at() -> None:
    """C ≥ i + 10·j + 100·k for i below 3, j below 4, k below 5: 432 at the last of each."""
    of = [index(name, 0, end, "test rounds") for name, end in (("k", 5), ("j", 4), ("i", 3))]
    k, j, i = map(size_of, of)
    domain = Domain()
    domain.require(
        replace(at_least(size_of(BOUND), i + 10 * j + 100 * k), rounds=tuple(Rounds(s.name, s, "image") for s in of))
    )
    assert str(domain) == "C ≥ 432"


def test_what_holds_in_no_round_is_refused_only_where_there_is_a_round() -> None:
    for of, words in ((OUTER, "0 ≥ C where n ≥ 2"), (index("i", 0, size_of(ROUNDS), "test rounds"), None)):
        domain = Domain()
        never = replace(at_least(0, size_of(BOUND)), rounds=(Rounds("block", of, "image"),), node="conv", reason="why")
        if words is None:
            with pytest.raises(ShapeError, match="conv: why: 0 ≥ C never holds"):
                domain.require(never)
        else:
            domain.require(never)
            assert str(domain) == words
            assert domain.allows({BOUND: 1, ROUNDS: 1})
            assert not domain.allows({BOUND: 1, ROUNDS: 2})


def test_rounds_that_do_not_matter_are_not_spoken_of() -> None:
    certain, once = index("i", 0, size_of(ROUNDS), "test rounds"), index("i", 0, 3, "test rounds")
    for of in (certain, once):
        domain = Domain()
        domain.require(replace(at_least(x + p, k), rounds=(Rounds("block", of, "image"),)))
        assert str(domain) == "X + P ≥ K"
    domain = Domain()
    domain.require(replace(at_least(size_of(OUTER), 1), rounds=(Rounds("block", OUTER, "image"),)))
    assert str(domain) == "everywhere"


def test_a_few_rounds_at_numbers_are_asked_for_one_by_one() -> None:
    few, many = index("i", 1, 3, "test rounds"), index("i", 1, WRITTEN_OUT + 1, "test rounds")
    for of in (few, many):
        domain = Domain()
        domain.require(replace(divides(6, size_of(BOUND) * size_of(of)), rounds=(Rounds("block", of, "image"),)))
        assert str(domain) == "C ≡ 0 (mod 6)"


def test_a_bound_on_the_number_of_rounds_holds_where_there_is_one() -> None:
    domain = Domain()
    domain.require(replace(at_least(size_of(ROUNDS), 4), rounds=(Rounds("block", OUTER, "image"),)))
    assert [many for many in range(1, 8) if domain.allows({ROUNDS: many})] == [1, 4, 5, 6, 7]
    domain.require(at_least(size_of(ROUNDS), 5))
    assert str(domain) == "n ≥ 5"
    domain.require(replace(at_least(size_of(ROUNDS), 3), rounds=(Rounds("block", OUTER, "image"),)))
    assert str(domain) == "n ≥ 5"


def test_what_is_asked_where_there_are_rounds_is_gone_when_it_is_asked_anyway() -> None:
    rounds = (Rounds("block", OUTER, "image"),)
    domain = domain_of(replace(at_least(x + p, k), rounds=rounds), replace(at_least(x, 7), rounds=rounds))
    assert str(domain) == "X + P ≥ K where n ≥ 2, X ≥ 7 where n ≥ 2"
    domain.require(at_least(x + p, k + 1))
    assert str(domain) == "X ≥ 7 where n ≥ 2, X + P ≥ K + 1"
    domain.require(at_least(x, 6))
    assert str(domain) == "X ≥ 6, X ≥ 7 where n ≥ 2, X + P ≥ K + 1"
    domain.require(at_least(x, 8))
    assert str(domain) == "X ≥ 8, X + P ≥ K + 1"
    moving = domain_of(replace(at_least(x, h + size_of(OUTER)), rounds=rounds), at_least(x, h))
    assert str(moving) == "X ≥ H + i for 1 ≤ i < n, X ≥ H"


# -- what is known of it ----------------------------------------------------------------------------------------------


def test_what_is_implied_holds_for_every_legal_value_and_what_is_not_breaks_for_one() -> None:
    domain = domain_of(at_least(x, 8), divides(4, x), at_least(h + p, k))
    for condition in (at_least(x, 7), at_least(x, 8), divides(2, x), at_least(x // 4, 2), at_least(x, 1), equal(4, 4)):
        assert domain.implies(condition), condition
    for condition in (at_least(x, 9), divides(8, x), equal(x, 8), at_least(h, 2), at_least(h + p, k), at_least(x, h)):
        assert not domain.implies(condition), condition


def test_a_known_bound_is_not_said_beside_an_open_one_that_it_follows_from() -> None:
    many = power(2, size_of(ROUNDS))
    domain = domain_of(at_least(x, 2), at_least(x, many), at_least(h, 3))
    assert str(domain) == "H ≥ 3, X ≥ 2^n"
    assert str(domain_of(at_least(x, 9), at_least(x, many))) == "X ≥ 9, X ≥ 2^n"


def test_nodes_take_other_names_in_all_that_is_said_of_them() -> None:
    domain = domain_of(at_least(x, 3), at_least(h + p, k), divides(2, x))
    domain.rename({"node0": "stem/conv", "node1": "pool"})
    assert [(c.node, c.text()) for c in domain.conditions] == [
        ("stem/conv", "X ≥ 3"), ("node2", "2 divides X"), ("pool", "H + P ≥ K"),
    ]  # fmt: skip
    with pytest.raises(DomainError, match=r"^H = 1, K = 3, P = 1 .*asked for by pool$|^K = 3, P = 1, H = 1 .*by pool$"):
        domain.check({H: 1, P: 1, K: 3})
    with pytest.raises(DomainError, match=r"^X = 2 .*asked for by stem/conv$"):
        domain.check({X: 2})


def test_what_is_demanded_of_values_is_what_is_checked() -> None:
    domain = domain_of(at_least(x, 8), divides(4, x), at_least(h + p, k), divides(k, p + n))
    demands = list(domain.demands())
    assert [d.condition.text() for d in demands] == ["X ≥ 8", "4 divides X", "H + P ≥ K", "K divides P + N"]
    assert demands[0].said == " is outside the domain X ≥ 8, X ≡ 0 (mod 4): reason 0, asked for by node0"
    assert demands[2].said == " is outside the domain H + P ≥ K: reason 2, asked for by node2"
    assert demands[2].sizes is None
    for value in range(1, 30):
        held = all(value in d.sizes for d in demands[:2] if d.sizes is not None)
        assert domain.allows({X: value}) is held is (value >= 8 and value % 4 == 0)


def test_the_lines_name_the_conditions_behind_them_symbol_by_symbol() -> None:
    domain = domain_of(at_least(p, 1), at_least(x, 8), divides(4, x), at_least(h + p, k), at_least(k, 2))
    lines = [(words, [c.node for c in behind]) for words, behind in domain.lines(ASCII)]
    assert lines == [
        ("K >= 2", ["node4"]), ("X >= 8, X = 0 (mod 4)", ["node1", "node2"]), ("P >= 1", ["node0"]),
        ("H + P >= K", ["node3"]),
    ]  # fmt: skip
    assert [words for words, _ in domain.lines()] == ["K ≥ 2", "X ≥ 8, X ≡ 0 (mod 4)", "P ≥ 1", "H + P ≥ K"]


def test_nobody_who_asked_is_named() -> None:
    domain = Domain()
    domain.require(at_least(x, 5))
    with pytest.raises(ShapeError, match=r"^impossible: X = 3 contradicts X ≥ 5 \(elsewhere\)$"):
        domain.require(equal(x, 3))
    with pytest.raises(ShapeError, match=r"^conv: 0 ≥ X never holds$"):
        domain.require(replace(at_least(0, x), node="conv"))
    with pytest.raises(DomainError, match=r"^X = 4 is outside the domain X ≥ 5: X ≥ 5$"):
        domain.check({X: 4, H: 7})


@pytest.mark.parametrize(
    ("times", "condition", "text"),
    [
        (2, divides(k, n), "K divides N"),
        (0, divides(k, n), "everywhere"),
        (size_of(ROUNDS), divides(k, n), "K divides N"),
        (p, divides(k, n), "K divides N·min(1, P)"),
        (p, at_least(x, 3), "P·X ≥ 3·P"),
        (3, equal(x, h), "X = H"),
        (1, equal(x, h), "X = H"),
    ],
)
def test_what_runs_many_times_asks_for_it_once_and_what_does_not_run_for_nothing(
    times: Size, condition: Condition, text: str
) -> None:
    domain = Domain()
    with asking(domain, "loop/conv", (), times):
        require(condition, "as its rule says")
    assert str(domain) in (text, "H = X")
    assert {(c.node, c.reason) for c in domain.conditions} <= {("loop/conv", "as its rule says")}


def test_what_is_known_already_is_not_asked_again_of_what_runs_many_times() -> None:
    domain = domain_of(at_least(x, 5))
    with asking(domain, "loop/conv", (), p):
        require(at_least(x, 4), "known")
    assert str(domain) == "X ≥ 5"
    with pytest.raises(ShapeError, match="never holds"), asking(domain, "loop/conv", (), 2):
        require(at_least(0, x), "never")


def test_sets_that_are_too_large_to_be_met_are_checked_one_by_one() -> None:
    """Whether ⌊X/997⌋, ⌊X/991⌋ and ⌊X/983⌋ are even has a period of 10⁹ with more runs than are worked out."""
    primes = (997, 991, 983)
    domain = domain_of(*(divides(2, x // prime) for prime in primes))
    rng = Random(7)
    for value in [rng.randint(1, 10**7) for _ in range(2_000)]:
        assert domain.allows({X: value}) is all(value // prime % 2 == 0 for prime in primes), value
    assert not domain.implies(divides(2, x // 977))


def test_what_is_broken_is_told_before_a_quotient_that_does_not_come_out_even() -> None:
    domain = domain_of(at_least(floor(n, k, exact=True) + h, p), at_least(h + p, k))
    domain.check({N: 8, K: 2, H: 2, P: 0})
    with pytest.raises(ExtentError, match="2 does not divide 7"):
        domain.check({N: 7, K: 2, H: 2, P: 0})
    with pytest.raises(DomainError, match="is outside the domain H \\+ P ≥ K"):
        domain.check({N: 7, K: 2, H: 1, P: 0})
    assert not domain.allows({N: 7, K: 2, H: 2, P: 0})
