"""The arithmetic of sizes: values against plain integers, and the normal form."""

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from fractions import Fraction
from math import gcd as integer_gcd
from random import Random
from typing import Any

import pytest
from amounts import many
from hypothesis import given
from hypothesis import strategies as st
from witness.programs import NoValueError, Program, random_program, run

from symconv.bounding import lower_bound
from symconv.cost import factor_key
from symconv.errors import ExtentError
from symconv.extent import EXPONENT, Extent, Floor, Function, Power, Size, Sum, order, size_of, symbols_of, without
from symconv.extremes import gcd, largest, make_divisible, smallest
from symconv.powers import power
from symconv.rounding import ceiling, floor
from symconv.symbols import ROLES, index, symbol
from symconv.values import evaluate, substitute

ROLE = {"X": "extent", "H": "extent", "P": "padding", "Q": "padding", "S": "stride", "w": "multiplier"}
SYMBOL = {name: symbol(name, role) for name, role in ROLE.items()}
SIZE = {name: size_of(s) for name, s in SYMBOL.items()}
ON_SIZES = {"max": largest, "min": smallest, "gcd": gcd, "exact": lambda a, b: floor(a, b, exact=True)}

X, H, P, S, w = (SIZE[name] for name in ("X", "H", "P", "S", "w"))


def random_case(rng: Random) -> tuple[str, Program]:
    """A program on one to four symbols, paddings that may be 0 and rational ones among them."""
    names = rng.choice(["X", "XP", "XHP", "XSP", "Xw", "XPwS", "PQ"])
    divisors = rng.choice(["", [n for n in names if n in "SPw"], names])
    functions = rng.choice(
        [(), ("max", "min"), ("max", "min", "exact") if "w" in names else ("max", "min", "exact", "gcd")]
    )
    largest_number = rng.choice([3, 12, 12, 40])
    program = random_program(
        rng, names, depth=rng.randint(1, 6), divisors=divisors, functions=functions,
        linear=rng.random() < 0.5, largest=largest_number,
    )  # fmt: skip
    return names, program


def random_values(rng: Random, names: str) -> dict[str, Any]:
    """Values that the symbols may have: paddings are often 0, multipliers fractions, extents sometimes large."""

    def one(name: str) -> Any:
        match ROLE[name]:
            case "multiplier":
                return Fraction(rng.randint(1, 9), rng.randint(1, 9))
            case "padding":
                return rng.choice([0, 0, 1, 2, rng.randint(0, 60)])
            case _:
                return rng.choice([1, 2, rng.randint(1, 300), rng.randint(1, 10**6)])

    return {name: one(name) for name in names}


def on_sizes(program: Program, names: str) -> Size | None:
    """The program run on symbols; None where it divides by a number below 1 and so has no value anywhere."""
    try:
        result: Size = run(program, {name: SIZE[name] for name in names}, ON_SIZES)
        return result
    except ExtentError:
        return None


def random_extents(rng: Random, count: int) -> Iterator[tuple[str, Program, Extent]]:
    """Of so many programs those that are extents and no longer than 300 characters."""
    for _ in range(count):
        names, program = random_case(rng)
        size = on_sizes(program, names)
        if isinstance(size, Extent) and len(str(size)) <= 300:
            yield names, program, size


def at(values: dict[str, Any]) -> dict[Any, Any]:
    return {SYMBOL[name]: value for name, value in values.items()}


def check_programs(count: int, seed: int) -> int:
    rng, points = Random(seed), 0
    for _ in range(count):
        names, program = random_case(rng)
        size = on_sizes(program, names)
        bound = None if size is None else lower_bound(size)
        for _ in range(6):
            values = random_values(rng, names)
            try:
                expected = run(program, values)
            except NoValueError:
                continue
            assert size is not None
            assert evaluate(size, at(values)) == expected, (program, size, values)
            assert bound is None or bound <= expected, (program, size, bound, values)
            points += 1
    return points


def test_programs_on_symbols_have_the_values_of_the_same_programs_on_numbers() -> None:
    assert check_programs(1_200, seed=1) > 5_000


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(40, 40 + many(1)))
def test_many_programs_on_symbols_have_the_values_of_the_same_programs_on_numbers(seed: int) -> None:
    assert check_programs(10_000, seed) > 45_000


@given(st.integers(0, 10**9))
def test_substitution_is_evaluation_in_steps(seed: int) -> None:
    rng = Random(seed)
    names, program = random_case(rng)
    size = on_sizes(program, names)
    if size is None:
        return
    inner = random_program(rng, "XH", depth=2, functions=())
    replaced = run(("+", ("*", inner, inner), ("number", 1)), SIZE)
    result = substitute(size, {SYMBOL["X"]: replaced})
    assert size == substitute(size, {SYMBOL["X"]: X})
    for _ in range(4):
        values = {"X": 1, "H": 1} | random_values(rng, names + "H")
        after = values | {"X": evaluate(replaced, at(values)) if isinstance(replaced, Extent) else replaced}
        try:
            expected = run(program, after)
        except NoValueError:
            continue
        assert evaluate(result, at(values)) == expected


# -- max, min, gcd ---------------------------------------------------------------------------------------------------


def test_what_all_have_in_common_is_taken_out_of_a_maximum() -> None:
    assert str(largest(X + 3, X + 1)) == "X + 3"
    assert str(largest(X, X + P)) == "X + P"
    assert str(largest(X, H)) in ("max(X, H)", "max(H, X)")
    assert str(largest(X + 2 * P, X + H)) == "max(2·P, H) + X" or str(largest(X + 2 * P, X + H)).startswith("X + max(")
    assert str(largest(X, 5, 3)) == "max(5, X)"
    assert largest(X, 1) == X
    assert largest(P, 0) == P
    assert largest(P, 1) != P  # P may be 0
    assert smallest(X, 1) == 1
    assert smallest(P, 0) == 0
    assert smallest(P, 1) != 1
    assert largest(w, 1) != w
    assert (largest(2, 5, 3), smallest(2, 5, 3)) == (5, 2)


def test_the_greatest_common_divisor_is_of_positive_numbers() -> None:
    assert gcd(12, 18) == 6
    assert gcd(X, X) == X
    assert gcd(1, X) == gcd(X, 1) == 1
    assert gcd(7, 14 * X) == 7
    assert str(gcd(X, 14)) == str(gcd(14, X)) == "gcd(14, X)"
    for n in (0, -7):
        with pytest.raises(ExtentError, match="at least 1"):
            gcd(X, n)
    for n in range(1, 60):
        assert evaluate(gcd(X, 14), at({"X": n})) == integer_gcd(n, 14)


# -- behaving like integers ------------------------------------------------------------------------------------------


def test_sizes_take_part_in_all_integer_operations() -> None:
    for a, b in ((X, 7), (7, X), (X, S), (X + 5, 3)):
        point = {"X": 23, "S": 4}
        u, v = (n if isinstance(n, int) else evaluate(n, at(point)) for n in (a, b))
        for result, expected in (
            (a + b, u + v),
            (a - b, u - v),
            (a * b, u * v),
            (a // b, u // v),
            (a % b, u % v),
            (divmod(a, b)[0], u // v),
            (divmod(a, b)[1], u % v),
            (-a, -u),
            (+a, u),
        ):
            assert (result if isinstance(result, int) else evaluate(result, at(point))) == expected
    assert X**3 == X * X * X
    assert X**0 == 1


def test_a_size_without_atoms_is_a_python_integer_again() -> None:
    for size in (X - X, X - X + 3, 0 * X, 2 * X // X, (X + 5) // 1 - X, largest(X, X + 2) - X, X**0):
        assert type(size) is int


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (lambda: X // 0, "division by 0"),
        (lambda: X // -2, "division by -2"),
        (lambda: 5 // (X - X), "division"),
        (lambda: X % 0, "division by 0"),
        (lambda: X**-1, "exponent -1"),
        (lambda: X**65, "exponent 65"),
    ],
)
def test_a_step_without_meaning_is_an_error_that_says_so(step: Callable[[], Any], words: str) -> None:
    with pytest.raises((ExtentError, ZeroDivisionError), match=words):
        step()


@pytest.mark.parametrize("other", [1.5, Fraction(1, 2), "X", None])
def test_sizes_do_not_mix_with_what_is_no_integer(other: Any) -> None:
    for step in (lambda: X + other, lambda: X - other, lambda: other + X, lambda: X // other):
        with pytest.raises(TypeError):
            step()


def test_a_divisor_that_is_not_positive_has_no_value() -> None:
    with pytest.raises(ExtentError, match="a divisor is positive"):
        evaluate(H // (X - 5), at({"X": 5, "H": 8}))
    with pytest.raises(ExtentError, match="a divisor is positive"):
        evaluate(H // (X - 5), at({"X": 3, "H": 8}))
    assert evaluate(H // (X - 5), at({"X": 8, "H": 8})) == 2


# -- the same on every run, in every process -------------------------------------------------------------------------

SHOWN = """
import symconv as sc
from symconv.extent import order
from symconv.extremes import largest, smallest, gcd
from symconv.notation import LATEX
from symconv.setting import set_size
X, H, W, P, S, K, N = sc.X, sc.H, sc.W, sc.P, sc.S, sc.K, sc.N
given = ("breadth", "extent", "model a"), ("breadth", "extent", "model b"), ("alpha", "multiplier")
B = [sc.size_of(sc.symbol(*g)) for g in given]
sizes = [
    (X + 2 * P - K) // S + H // 3 + W * H + X // 5 + X // 4, largest(X, H, W, P + 3, S), smallest(H // 2, W, 3, K),
    gcd(X, H) * N + B[0] * B[1] + B[2], (B[2] * X) // 8 * 8, H * W // (S * P + 1), X * H + H * W + X * W,
]
for size in sizes:
    print(size, set_size(size, LATEX).text, order(size))
net = sc.Network("m")
net.input("a", "N", 3, "H", "W"); net.input("b", "N", 3, "Y", "Z")
net.add("c", sc.layers.Conv(8, 3, 2), "a"); net.add("d", sc.layers.Conv(8, 3, 2), "b")
net.add("e", sc.layers.Add(), "c", "d")
print(net.cost("macs"), net.domain, net.total("macs"), net.domain.conditions, list(net.symbols))
"""


def in_another_process(code: str, hash_seed: str, given: bytes = b"") -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run([sys.executable, "-c", code], input=given, capture_output=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def test_texts_and_keys_are_the_same_under_every_hash_seed() -> None:
    outputs = {in_another_process(SHOWN, seed) for seed in ("0", "1", "42")}
    assert len(outputs) == 1
    assert len(outputs.pop().splitlines()) == 8


def test_a_size_survives_pickling_into_another_process() -> None:
    size = (X + 2 * P - 3) // S + gcd(X, 6) + largest(H // 3, P) + w * X // 8 + floor(H, 4, exact=True)
    data = pickle.dumps(size)
    assert pickle.loads(data) == size
    assert deepcopy(size) == size
    check = (
        "import pickle, sys, symconv as sc; from symconv.symbols import symbol;"
        "from symconv.extent import *; from symconv.extremes import *; from symconv.rounding import floor;"
        "w = size_of(symbol('w', 'multiplier')); X, P, S, H = sc.X, sc.P, sc.S, sc.H;"
        "again = pickle.loads(sys.stdin.buffer.read());"
        "here = (X + 2*P - 3)//S + gcd(X, 6) + largest(H//3, P) + w*X//8 + floor(H, 4, exact=True);"
        "assert again == here and hash(again) == hash(here) and again - here == 0; print(again)"
    )
    for seed in ("7", "8"):
        assert in_another_process(check, seed, data).strip() == str(size)


# -- no blow-up ------------------------------------------------------------------------------------------------------


def test_deep_floors_that_share_their_parts_stay_cheap() -> None:
    """Sixty rational upsamplings hold each other's floors many times over: 2⁶⁰ if each were met again."""

    def built() -> Size:
        size: Size = X
        for _ in range(60):
            size = size * 29 // 25
        return size

    one, other = built(), built()
    assert one == other
    assert hash(one) == hash(other)
    assert one - other == 0
    assert lower_bound(one) is not None
    assert symbols_of(one) == {SYMBOL["X"]}
    number = 10**6
    for _ in range(60):
        number = number * 29 // 25
    assert evaluate(one, at({"X": 10**6})) == number
    assert substitute(one, {SYMBOL["X"]: 10**6}) == number
    assert pickle.loads(pickle.dumps(one)) == one


def test_a_long_chain_of_strided_windows_has_a_large_divisor_and_one_floor() -> None:
    size: Size = X
    for _ in range(300):
        size = (size + 2 - 3) // 2 + 1
    assert size == (X + 2**300 - 1) // 2**300
    assert evaluate(size, at({"X": 2**300 + 1})) == 2


def test_symbols_keys_and_atoms_order_sizes_totally() -> None:
    sizes = [3, X, P, X // 2, X // S, gcd(X, 6), largest(X, H), X * H, X + 1, w * X // 8, 2, floor(X, 2, exact=True)]
    for rotation in range(len(sizes)):
        turned = sizes[rotation:] + sizes[:rotation]
        assert sorted(turned, key=order) == sorted(sizes, key=order)
    assert set(ROLES) >= set(ROLE.values())
    assert all(isinstance(a, Function) for m in gcd(X, 6).terms for a in m)


def test_sizes_whose_hashes_are_equal_are_told_apart() -> None:
    """hash(−1) and hash(−2) are one number in Python, so are those of sizes that differ in such a coefficient."""
    one, two = X * S - H, X * S - 2 * H
    i = index("i", 0, SIZE["Q"])
    pairs: list[tuple[Any, Any]] = [
        (one, two),
        (Floor(one, S, False), Floor(two, S, False)),
        (Floor(X, S, False), Floor(X, S, True)),
        (Floor(X, S, False), Floor(X, H, False)),
        (Function("max", (one, P)), Function("max", (two, P))),
        (Function("max", (X, P)), Function("min", (X, P))),
        (Power(2, one), Power(2, two)),
        (Power(2, X), Power(3, X)),
        (Sum(i, (one, size_of(i))), Sum(i, (two, size_of(i)))),
        (Sum(i, (size_of(i),)), Sum(index("j", 0, SIZE["Q"]), (size_of(i),))),
    ]
    assert hash(one) == hash(two)
    for a, b in pairs:
        assert a != b
        again = deepcopy(a)
        assert again == a
        assert hash(again) == hash(a)
    of_each = [a for a, _ in pairs] + [SYMBOL["X"], 3]
    assert all(a != b for a in of_each for b in of_each if type(a) is not type(b))


def test_two_atoms_of_the_same_parts_are_equal_though_they_are_two() -> None:
    i = index("i", 0, SIZE["Q"])
    for make in (
        lambda: Floor(X + 1, 2, False),
        lambda: Function("max", (X, H)),
        lambda: Power(2, X + H),
        lambda: Sum(i, (X + size_of(i), H * size_of(i))),
    ):
        one, other = make(), make()
        assert one is not other
        assert one == other
        assert hash(one) == hash(other)
    assert Sum(i, (X + size_of(i), size_of(i))) == Sum(i, ((X + size_of(i)) * size_of(i),))


def test_a_rounded_size_is_whole_though_what_is_rounded_is_not() -> None:
    for size in (ceiling(w * X, 3), make_divisible(w * X, 1, 8), w * X // 3, largest(X, H)):
        assert isinstance(size, Extent)
        assert size.integral
    for size in (w * X, largest(w * X, H), w * X // 3 + w):
        assert isinstance(size, Extent)
        assert not size.integral


def test_the_largest_exponent_is_taken_and_the_next_is_not() -> None:
    assert evaluate(X**EXPONENT, at({"X": 3})) == 3**64
    assert evaluate((X + 1) ** 5, at({"X": 2})) == 3**5


@pytest.mark.parametrize("other", [1.5, Fraction(1, 2), "X", None])
def test_sizes_are_not_multiplied_or_divided_by_what_is_no_integer(other: Any) -> None:
    steps = (
        lambda: X * other, lambda: other - X, lambda: X % other, lambda: other // X, lambda: other % X,
        lambda: divmod(X, other), lambda: divmod(other, X), lambda: X**other, lambda: X**H,
    )  # fmt: skip
    for step in steps:
        with pytest.raises(TypeError):
            step()


def test_the_bound_of_a_power_and_of_a_sum_is_never_above_a_value() -> None:
    begin = 70
    i = index("i", begin, X + 100)
    bound = lower_bound(power(2, size_of(i)))
    assert bound is not None
    assert 2**EXPONENT <= bound <= 2**begin
    assert lower_bound(power(3, S)) == 3
    assert lower_bound(power(3, P)) == 1
    k = index("k", 0, S + 1)
    for factors, least in (
        ((X // power(2, size_of(k)), size_of(k)), 0),
        ((size_of(k) + 2, X // power(2, size_of(k)) + 3), 2 * 2 * 3),
        ((X - 3 * H, size_of(k) + 1), None),
        ((size_of(k) - 5, X), None),
    ):
        assert Sum(k, factors).least == least
    empty = index("k", 0, P)
    assert Sum(empty, (size_of(empty) + 4,)).least == 0
    two = index("k", 3, P + 5)
    assert Sum(two, (size_of(two) + 4,)).least == 2 * 7


def test_what_does_not_divide_a_product_is_said_to() -> None:
    (x,), (h,) = X.terms, H.terms
    (square,) = (X * X * H).terms
    assert without(square, x) == next(iter((X * H).terms))
    assert without(square, h) == next(iter((X * X).terms))
    assert without(square, square) == ()
    assert without(x, h) is without(x, (*x, *x)) is None


def test_factors_stand_in_the_order_of_their_kinds_and_powers_last() -> None:
    """Symbols, floors, functions, sums of terms that stay whole, sums over rounds, powers: as they are written."""
    i = index("i", 0, S)
    atoms = [SYMBOL["X"], Floor(X, 2, False), Function("max", (X, H)), X + 1, Sum(i, (size_of(i) * X,)), Power(2, X)]
    for rotation in range(len(atoms)):
        assert sorted(atoms[rotation:] + atoms[:rotation], key=factor_key) == atoms
