"""What the tests of layers share: random cases, one-layer networks, and counts on numbers.

A case is drawn as numbers; the layer runs on these numbers, on symbols for the input's extents, and on symbols for
everything, and each time the count of every primitive operation is asked for at the case's numbers.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from amounts import many
from hypothesis import given, settings
from hypothesis import strategies as st

from symconv import Layer, Network
from symconv.cost import evaluate_cost
from symconv.extent import Size
from symconv.layer import Reach
from symconv.values import evaluate

#: The names of the spatial extents of an image of one, two and three axes.
SPATIAL = {1: ("X",), 2: ("H", "W"), 3: ("Z", "H", "W")}

Counted = tuple[tuple[int, ...], dict[str, int]]


def one_layer(layer: Layer, *shape: Any) -> Network:
    """A network of one layer on an input of this shape."""
    net = Network("one layer")
    net.input("input", *shape)
    net.add("layer", layer)
    return net


def counted(net: Network, values: Mapping[str, int]) -> Counted:
    """The output shape and the count of every primitive operation at these values of the symbols."""
    at = net.at(values)
    assert {s.name for s in at} == set(net.symbols), "every symbol of the network has a value"
    shape = tuple(int(evaluate(size, at)) for size in net.output.shape)
    counts = {name: int(evaluate_cost(cost, at)) for name, cost in net.count().operations.items()}
    return shape, {name: n for name, n in counts.items() if n}


def params(net: Network, values: Mapping[str, int]) -> int:
    """Trainable elements at these values."""
    return int(evaluate_cost(net.cost("params"), net.at(values)))


def reads(reach: Reach, j: int) -> list[int]:
    """The places that an output at j reads along one axis, by the bounds that a layer's reach says."""
    begin = Fraction(reach.stride) * j - reach.padding  # type: ignore[arg-type, operator]
    return [i for i in range(math.floor(begin), math.ceil(begin + reach.size)) if begin <= i <= begin + reach.size - 1]


def symbols(net: Network, role: str, name: str, rank: int) -> tuple[Size, ...]:
    """K1, K2, … of a network: a symbol for each spatial axis."""
    return tuple(net.symbol(f"{name}{axis}", role) for axis in range(1, rank + 1))


def numbered(name: str, sizes: tuple[int, ...]) -> dict[str, int]:
    """The values of `symbols`."""
    return {f"{name}{axis}": size for axis, size in enumerate(sizes, 1)}


def check_each(
    cases: st.SearchStrategy[Any],
    check: Callable[[Any], None],
    traits: Callable[[Any], set[str]],
    examples: int,
) -> Counter[str]:
    """Run a check on drawn cases; how many cases had each trait, and `all` of them."""
    seen: Counter[str] = Counter()
    examples = many(examples)

    @settings(max_examples=examples, derandomize=True, database=None, deadline=None)
    @given(cases)
    def each(case: Any) -> None:
        check(case)
        seen.update({"all", *traits(case)})

    each()
    return seen


def assert_shares(seen: Counter[str], *traits: str, least: float = 0.1) -> None:
    """Each trait is met in at least this share of the cases."""
    for trait in traits:
        assert seen[trait] >= least * seen["all"], f"{trait}: {seen[trait]} of {seen['all']} cases"


# -- strategies ----------------------------------------------------------------------------------------------------


@st.composite
def extents(draw: st.DrawFn, rank: int) -> tuple[int, ...]:
    """Extents that differ from axis to axis, small enough for loops that really run."""
    longest = {1: 12, 2: 8, 3: 5}[rank]
    return tuple(draw(st.lists(st.integers(1, longest), min_size=rank, max_size=rank, unique=True)))


def axes(rank: int, sizes: st.SearchStrategy[int]) -> st.SearchStrategy[tuple[int, ...]]:
    """A number for each axis."""
    return st.tuples(*[sizes] * rank)


def pads(rank: int, most: int = 2) -> st.SearchStrategy[tuple[tuple[int, int], ...]]:
    """A begin and an end for each axis: none, the same on both sides, or any."""
    one = st.integers(0, most)
    alike = one.map(lambda p: (p, p))
    return st.tuples(*[st.just((0, 0)) | alike | st.tuples(one, one)] * rank)
