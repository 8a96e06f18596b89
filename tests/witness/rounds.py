"""Random costs of one round of a block, as numbers and as what is under test, added up round by round.

A factor is a pair of functions of the round i: one on numbers, in plain Python, and one on sizes, which its caller
builds from the same arithmetic. The witness adds the numbers one by one, and knows no closed form.
"""

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, NamedTuple

#: The symbols that a random cost may have besides the number of rounds n.
NAMES = ("N", "K", "X", "C", "g", "q")


class Factor(NamedTuple):
    """A factor of a term: its value in round i, from plain numbers or from sizes alike."""

    of: Callable[[Any, Mapping[str, Any], "Arithmetic"], Any]


class Arithmetic(NamedTuple):
    """What a factor is built with, besides + − * and //: powers, exact quotients, max, windows."""

    power: Callable[[int, Any], Any]
    exact: Callable[[Any, Any], Any]
    largest: Callable[..., Any]


def _exact(a: int, b: int) -> int:
    assert a % b == 0
    return a // b


NUMBERS = Arithmetic(lambda base, e: base**e, _exact, max)

Term = tuple[int, tuple[Factor, ...]]


def random_factor(rng: Random, closed: bool) -> Factor:
    """A factor; where `closed`, one whose sum has a closed form."""
    a, b, d, s = rng.randint(1, 5), rng.randint(-4, 9), rng.randint(2, 5), rng.choice([2, 2, 2, 3, 4, 6])
    pool: list[Callable[[Any, Mapping[str, Any], Arithmetic], Any]] = [
        lambda i, at, do: at["N"],
        lambda i, at, do: at["K"],
        lambda i, at, do: at["X"] // 2,
        lambda i, at, do: at["X"] + b,
        lambda i, at, do: i,
        lambda i, at, do: at["C"] + a * at["g"] * i,
        lambda i, at, do: a * i + b,
        lambda i, at, do: do.power(2, i),
        lambda i, at, do: do.power(s, i) + b,
        lambda i, at, do: do.power(2, at["n"] - i) * at["q"],
        lambda i, at, do: do.power(s, at["n"] - 1 - i),
        lambda i, at, do: do.exact(at["C"] + 2 * at["g"] * i, 2),
        lambda i, at, do: do.exact(at["C"], do.power(2, i)),
        lambda i, at, do: do.exact(at["C"] * do.power(4, i), do.power(2, i)),
        lambda i, at, do: (do.power(2, at["n"]) * at["q"] + do.power(2, i) - 1) // do.power(2, i),
        lambda i, at, do: do.power(2, at["n"]) * at["q"] // do.power(2, i) + a,
    ]
    if not closed:
        pool += [
            lambda i, at, do: at["X"] // do.power(2, i),
            lambda i, at, do: (at["X"] + b) // do.power(s, i) + a,
            lambda i, at, do: ((s - 1) * at["X"] + b * (do.power(s, i) - 1)) // ((s - 1) * do.power(s, i)),
            lambda i, at, do: ((at["X"] + 3) // 4 + do.power(2, i) - 1) // do.power(2, i),
            lambda i, at, do: (a * i + at["X"]) // d,
            lambda i, at, do: (i * i + at["K"]) // d + i // 2,
            lambda i, at, do: do.largest(i, at["K"]),
            lambda i, at, do: at["X"] // (i + 1),
            lambda i, at, do: (at["X"] + do.power(2, i)) // do.power(4, i),
            lambda i, at, do: at["X"] // do.power(2, at["n"] - i),
        ]
    return Factor(rng.choice(pool))


def random_terms(rng: Random, closed: bool) -> list[Term]:
    """The terms of a random cost: coefficients and factors."""
    return [
        (rng.randint(-6, 9), tuple(random_factor(rng, closed) for _ in range(rng.randint(1, 4))))
        for _ in range(rng.randint(1, 3))
    ]


def random_values(rng: Random, rounds: int) -> dict[str, int]:
    """Values of the symbols; C is so even that its quotients come out."""
    at = {name: rng.choice([1, 2, rng.randint(1, 9), rng.randint(1, 400)]) for name in NAMES}
    return {**at, "C": rng.randint(1, 9) * 2 ** (rounds + 1), "n": rounds}


def value(terms: Sequence[Term], i: int, at: Mapping[str, Any]) -> int:
    """The cost of round i."""
    total = 0
    for c, factors in terms:
        for f in factors:
            c *= f.of(i, at, NUMBERS)
        total += c
    return total


def added(terms: Sequence[Term], begin: int, end: int, at: Mapping[str, Any]) -> int:
    """The rounds, one by one."""
    return sum(value(terms, i, at) for i in range(begin, end))
