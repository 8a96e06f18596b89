"""Poolings against loops that really run, on numbers and on symbols."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import pytest
from hypothesis import assume
from hypothesis import strategies as st
from witness import loops

import symconv as sc
from layers.cases import SPATIAL, assert_shares, axes, check_each, counted, extents, numbered, one_layer, pads
from layers.cases import symbols as named
from symconv import Layer, Network
from symconv.errors import ShapeError
from symconv.layers import AdaptiveAvgPool, AdaptiveMaxPool, AvgPool, GlobalAvgPool, GlobalMaxPool, MaxPool
from symconv.verifying.loops.axis import window_starts


@dataclass(frozen=True)
class Case:
    """A pooling on numbers."""

    shape: tuple[int, ...]
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    dilation: tuple[int, ...]
    ceil: bool

    @property
    def rank(self) -> int:
        return len(self.kernel)

    @property
    def values(self) -> dict[str, int]:
        """The values of the input's symbols."""
        return {"N": self.shape[0], **dict(zip(SPATIAL[self.rank], self.shape[2:], strict=True))}

    def all_values(self, dilated: bool) -> dict[str, int]:
        """The values of the symbols of everything."""
        begins, ends = zip(*self.padding, strict=True)
        given = {"K": self.kernel, "S": self.stride, "PB": begins, "PE": ends}
        values = {**self.values, "C_in": self.shape[1]}
        for name, sizes in (given | ({"D": self.dilation} if dilated else {})).items():
            values |= numbered(name, sizes)
        return values

    def starts(self, **changes: bool) -> list[list[int]]:
        """Where windows start along each axis."""
        return [
            window_starts(x, k, s, b, e, d, self.ceil, **changes)
            for x, k, s, (b, e), d in zip(
                self.shape[2:], self.kernel, self.stride, self.padding, self.dilation, strict=True
            )
        ]


def traits(case: Case) -> set[str]:
    met = {f"{case.rank}-D"}
    met |= {"stride"} if max(case.stride) > 1 else set()
    met |= {"dilation"} if any(d > 1 < k for d, k in zip(case.dilation, case.kernel, strict=True)) else set()
    met |= {"asymmetric padding"} if any(begin != end for begin, end in case.padding) else set()
    met |= {"ceil mode"} if case.ceil else set()
    met |= {"overhang"} if case.ceil and case.starts() != _floored(case) else set()
    met |= {"clipped"} if case.ceil and case.starts() != case.starts(clip=False) else set()
    return met


def _floored(case: Case) -> list[list[int]]:
    return Case(case.shape, case.kernel, case.stride, case.padding, case.dilation, ceil=False).starts()


@st.composite
def cases(draw: st.DrawFn, dilated: bool) -> Case:
    rank = draw(st.integers(1, 3))
    return Case(
        (2, draw(st.integers(1, 3)), *draw(extents(rank))),
        draw(axes(rank, st.integers(1, 4 if rank < 3 else 3))),
        draw(axes(rank, st.sampled_from([1, 1, 2, 3]))),
        draw(pads(rank)),
        draw(axes(rank, st.sampled_from([1, 1, 2]))) if dilated else (1,) * rank,
        draw(st.booleans()),
    )


@cache
def general(rank: int, ceil: bool, largest: bool) -> Network:
    """A pooling whose every size is a symbol."""
    net = Network("general")
    net.input("input", "N", sc.C_in, *SPATIAL[rank])
    padding = tuple(zip(named(net, "padding", "PB", rank), named(net, "padding", "PE", rank), strict=True))
    fields = (named(net, "kernel", "K", rank), named(net, "stride", "S", rank), padding)
    if largest:
        net.add("layer", MaxPool(*fields, named(net, "dilation", "D", rank), ceil))
    else:
        net.add("layer", AvgPool(*fields, ceil))
    return net


def checker(loop: Callable[..., loops.Counts], largest: bool) -> Callable[[Case], None]:
    def check(case: Case) -> None:
        assume(all(case.starts()))
        given = (case.kernel, case.stride, case.padding)
        shape, counts = loop(case.shape, *given, case.dilation, case.ceil)
        expected = shape, dict(counts)
        layer = MaxPool(*given, case.dilation, case.ceil) if largest else AvgPool(*given, case.ceil)
        assert counted(one_layer(layer, *case.shape), {}) == expected
        assert counted(one_layer(layer, "N", case.shape[1], *SPATIAL[case.rank]), case.values) == expected
        assert counted(general(case.rank, case.ceil, largest), case.all_values(largest)) == expected

    return check


SETTINGS = ("stride", "asymmetric padding", "ceil mode", "overhang", "clipped", "1-D", "2-D", "3-D")


def test_every_max_pool_counts_what_the_loops_count() -> None:
    seen = check_each(cases(dilated=True), checker(loops.max_pool, True), traits, 200)
    assert_shares(seen, *SETTINGS, "dilation")


def test_every_average_pool_counts_what_the_loops_count() -> None:
    seen = check_each(cases(dilated=False), checker(loops.avg_pool, False), traits, 200)
    assert_shares(seen, *SETTINGS)


@pytest.mark.heavy
def test_every_one_of_many_pools_counts_what_the_loops_count() -> None:
    assert_shares(check_each(cases(dilated=True), checker(loops.max_pool, True), traits, 1000), *SETTINGS, "dilation")
    assert_shares(check_each(cases(dilated=False), checker(loops.avg_pool, False), traits, 1000), *SETTINGS)


@st.composite
def grids(draw: st.DrawFn) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """A shape, and the cells of each axis: fewer than elements, as many, or more."""
    rank = draw(st.integers(1, 3))
    longest = {1: 12, 2: 8, 3: 5}[rank]
    return (2, draw(st.integers(1, 3)), *draw(extents(rank))), draw(axes(rank, st.integers(1, longest)))


def grid_traits(case: tuple[tuple[int, ...], tuple[int, ...]]) -> set[str]:
    shape, cells = case
    pairs = list(zip(shape[2:], cells, strict=True))
    met = {"more cells than elements"} if any(m > x for x, m in pairs) else set()
    met |= {"overlap"} if any(x % m for x, m in pairs) else {"tiling"}
    return met


@cache
def general_grid(rank: int, kind: type[AdaptiveAvgPool] | type[AdaptiveMaxPool]) -> Network:
    net = Network("general grid")
    net.input("input", "N", sc.C_in, *SPATIAL[rank])
    net.add("layer", kind(named(net, "extent", "M", rank)))
    return net


@pytest.mark.parametrize(
    ("kind", "loop"), [(AdaptiveAvgPool, loops.adaptive_avg_pool), (AdaptiveMaxPool, loops.adaptive_max_pool)]
)
def test_every_adaptive_pool_counts_what_the_loops_count(
    kind: type[AdaptiveAvgPool] | type[AdaptiveMaxPool], loop: Callable[..., loops.Counts]
) -> None:
    def check(case: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
        shape, cells = case
        rank = len(cells)
        out, counts = loop(shape, cells)
        expected = out, dict(counts)
        values = {"N": 2, **dict(zip(SPATIAL[rank], shape[2:], strict=True))}
        assert counted(one_layer(kind(cells), *shape), {}) == expected
        assert counted(one_layer(kind(cells), "N", shape[1], *SPATIAL[rank]), values) == expected
        everything = {**values, "C_in": shape[1], **numbered("M", cells)}
        assert counted(general_grid(rank, kind), everything) == expected

    seen = check_each(grids(), check, grid_traits, 120)
    assert_shares(seen, "overlap", "tiling", "more cells than elements")


@pytest.mark.parametrize(
    ("layer", "loop"), [(GlobalAvgPool(), loops.global_avg_pool), (GlobalMaxPool(), loops.global_max_pool)]
)
@pytest.mark.parametrize("shape", [(2, 3, 7), (2, 3, 5, 4), (2, 1, 1, 6), (2, 2, 3, 4, 5)])
def test_every_global_pool_counts_what_the_loops_count(
    layer: Layer, loop: Callable[..., loops.Counts], shape: tuple[int, ...]
) -> None:
    out, counts = loop(shape)
    spatial = SPATIAL[len(shape) - 2]
    values = {"N": 2, "C_in": shape[1], **dict(zip(spatial, shape[2:], strict=True))}
    assert counted(one_layer(layer, *shape), {}) == (out, dict(counts))
    assert counted(one_layer(layer, "N", sc.C_in, *spatial), values) == (out, dict(counts))


def test_a_pool_without_a_stride_steps_by_its_kernel() -> None:
    assert one_layer(MaxPool(3), 1, 1, 9, 10).output.shape == (1, 1, 3, 3)
    assert one_layer(AvgPool((2, 5)), 1, 1, 9, 10).output.shape == (1, 1, 4, 2)


def test_the_ceil_mode_rule_meets_its_known_cases() -> None:
    # The window that would start in the right padding is dropped: torch's and ONNX's rule.
    assert one_layer(MaxPool(2, 2, 1, ceil=True), 1, 1, 1).output.shape == (1, 1, 1)
    assert [one_layer(MaxPool(3, 2, ceil=True), 1, 1, x).output.shape[2] for x in (2, 3, 4)] == [1, 1, 2]
    assert one_layer(MaxPool(1, 2, ceil=True), 1, 1, 2).output.shape == (1, 1, 1)
    with pytest.raises(ShapeError, match="an output of at least 1"):
        one_layer(MaxPool(3, 2, ceil=True), 1, 1, 1)


def test_every_chain_of_pools_is_one_floor() -> None:
    net = Network()
    net.input("image", "N", 3, "X", "X")
    for i in range(4):
        net.add(f"pool{i}", MaxPool(3, 2, i % 2, ceil=i % 2 == 0))
    assert str(net.output.shape[2]).count("⌊") + str(net.output.shape[2]).count("⌈") == 1


def test_a_pool_needs_spatial_axes() -> None:
    for layer in (MaxPool(), AvgPool(), GlobalAvgPool(), GlobalMaxPool(), AdaptiveAvgPool(2), AdaptiveMaxPool(2)):
        for shape in ((), (3,), ("N", 3)):
            with pytest.raises(ShapeError):
                one_layer(layer, *shape)
    with pytest.raises(ShapeError, match="3 sizes, and the input has 2"):
        one_layer(AdaptiveAvgPool((1, 2, 3)), "N", 3, "X", "X")
