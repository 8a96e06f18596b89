"""Convolutions against loops that really run, on numbers and on symbols."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import prod

import pytest
from hypothesis import assume
from hypothesis import strategies as st
from witness import loops

import symconv as sc
from layers.cases import SPATIAL, assert_shares, axes, check_each, counted, extents, numbered, one_layer, pads, params
from layers.cases import symbols as named
from symconv import Network
from symconv.errors import DomainError, ShapeError
from symconv.layers import Conv, ConvTranspose, DepthwiseConv, Linear


@dataclass(frozen=True)
class Case:
    """A convolution on numbers, a transposed one where `output_padding` is given."""

    shape: tuple[int, ...]
    channels: int
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    dilation: tuple[int, ...]
    groups: int
    bias: bool
    output_padding: tuple[int, ...] | None = None

    @property
    def rank(self) -> int:
        return len(self.kernel)

    @property
    def values(self) -> dict[str, int]:
        """The values of the input's symbols."""
        return {"N": self.shape[0], **dict(zip(SPATIAL[self.rank], self.shape[2:], strict=True))}

    @property
    def all_values(self) -> dict[str, int]:
        """The values of the symbols of everything."""
        begins, ends = zip(*self.padding, strict=True)
        values = {**self.values, "C_in": self.shape[1], "C_out": self.channels, "g": self.groups}
        given = {"K": self.kernel, "S": self.stride, "PB": begins, "PE": ends, "D": self.dilation}
        for name, sizes in given.items():
            values |= numbered(name, sizes)
        return values | (numbered("Q", self.output_padding) if self.output_padding is not None else {})


def traits(case: Case) -> set[str]:
    met = {f"{case.rank}-D"}
    met |= {"stride"} if max(case.stride) > 1 else set()
    met |= {"dilation"} if any(d > 1 < k for d, k in zip(case.dilation, case.kernel, strict=True)) else set()
    met |= {"groups"} if case.groups > 1 else set()
    met |= {"depthwise"} if case.groups == case.shape[1] > 1 else set()
    met |= {"asymmetric padding"} if any(begin != end for begin, end in case.padding) else set()
    met |= {"bias"} if case.bias else {"no bias"}
    met |= {"output padding"} if any(case.output_padding or ()) else set()
    return met


@st.composite
def cases(draw: st.DrawFn, transposed: bool = False, depthwise: bool = False) -> Case:
    rank = draw(st.integers(1, 3))
    longest = 3 if rank < 3 else 2
    groups = draw(st.sampled_from([1, 1, 2, 3]))
    planes = 1 if depthwise else draw(st.integers(1, 3))
    kernel = draw(axes(rank, st.integers(1, longest)))
    stride = draw(axes(rank, st.sampled_from([1, 1, 2, 3])))
    dilation = draw(axes(rank, st.sampled_from([1, 1, 2])))
    extra = None
    if transposed:
        extra = tuple(draw(st.integers(0, max(s, d) - 1)) for s, d in zip(stride, dilation, strict=True))
    return Case(
        (2, groups * planes, *draw(extents(rank))),
        groups * draw(st.integers(1, 2)),
        kernel,
        stride,
        draw(pads(rank)),
        dilation,
        groups,
        draw(st.booleans()),
        extra,
    )


def looped(case: Case) -> tuple[tuple[int, ...], dict[str, int]] | None:
    """What the loops count; None where there is no output point."""
    given = (case.shape, case.channels, case.kernel, case.stride, case.padding)
    try:
        if case.output_padding is None:
            shape, counts = loops.conv(*given, case.dilation, case.groups, case.bias)
        else:
            shape, counts = loops.conv_transpose(*given, case.output_padding, case.dilation, case.groups, case.bias)
    except ValueError:
        return None
    return shape, dict(counts)


def layer_of(case: Case) -> Conv | ConvTranspose:
    given = (case.channels, case.kernel, case.stride, case.padding)
    if case.output_padding is None:
        return Conv(*given, case.dilation, case.groups, case.bias)
    return ConvTranspose(*given, case.output_padding, case.dilation, case.groups, case.bias)


@cache
def general(rank: int, bias: bool, transposed: bool) -> Network:
    """A convolution whose every size is a symbol."""
    net = Network("general")
    net.input("input", "N", sc.C_in, *SPATIAL[rank])
    padding = tuple(zip(named(net, "padding", "PB", rank), named(net, "padding", "PE", rank), strict=True))
    sizes = (sc.C_out, named(net, "kernel", "K", rank), named(net, "stride", "S", rank), padding)
    dilation = named(net, "dilation", "D", rank)
    if transposed:
        net.add("layer", ConvTranspose(*sizes, named(net, "padding", "Q", rank), dilation, sc.g, bias))
    else:
        net.add("layer", Conv(*sizes, dilation, sc.g, bias))
    return net


def check(case: Case) -> None:
    expected = looped(case)
    assume(expected is not None)
    assert expected is not None
    on_numbers = one_layer(layer_of(case), *case.shape)
    assert counted(on_numbers, {}) == expected
    on_extents = one_layer(layer_of(case), "N", case.shape[1], *SPATIAL[case.rank])
    assert counted(on_extents, case.values) == expected
    on_symbols = general(case.rank, case.bias, case.output_padding is not None)
    assert counted(on_symbols, case.all_values) == expected
    assert on_symbols.evaluate("macs", **case.all_values) == expected[1]["mac"]
    elements = prod(case.kernel) * case.shape[1] * case.channels // case.groups + case.bias * case.channels
    assert params(on_numbers, {}) == params(on_symbols, case.all_values) == elements


SETTINGS = ("stride", "dilation", "groups", "asymmetric padding", "1-D", "2-D", "3-D", "bias", "no bias")


def test_every_convolution_counts_what_the_loops_count() -> None:
    assert_shares(check_each(cases(), check, traits, 200), *SETTINGS)


@pytest.mark.heavy
def test_every_one_of_many_convolutions_counts_what_the_loops_count() -> None:
    assert_shares(check_each(cases(), check, traits, 400), *SETTINGS)


def test_every_transposed_convolution_counts_what_the_loops_count() -> None:
    assert_shares(check_each(cases(transposed=True), check, traits, 200), *SETTINGS, "output padding")


@pytest.mark.heavy
def test_every_one_of_many_transposed_convolutions_counts_what_the_loops_count() -> None:
    assert_shares(check_each(cases(transposed=True), check, traits, 800), *SETTINGS, "output padding")


@cache
def general_depthwise(rank: int, bias: bool) -> Network:
    net = Network("general depthwise")
    net.input("input", "N", sc.C_in, *SPATIAL[rank])
    padding = tuple(zip(named(net, "padding", "PB", rank), named(net, "padding", "PE", rank), strict=True))
    fields = (named(net, "kernel", "K", rank), named(net, "stride", "S", rank), padding)
    net.add("layer", DepthwiseConv(*fields, named(net, "dilation", "D", rank), net.symbol("m", "channels"), bias))
    return net


def check_depthwise(case: Case) -> None:
    expected = looped(case)
    assume(expected is not None)
    assert expected is not None
    multiplier = case.channels // case.shape[1]
    layer = DepthwiseConv(case.kernel, case.stride, case.padding, case.dilation, multiplier, case.bias)
    assert counted(one_layer(layer, *case.shape), {}) == expected
    assert counted(one_layer(layer, "N", case.shape[1], *SPATIAL[case.rank]), case.values) == expected
    values = {k: v for k, v in case.all_values.items() if k not in ("C_out", "g")} | {"m": multiplier}
    assert counted(general_depthwise(case.rank, case.bias), values) == expected


def test_every_depthwise_convolution_counts_what_the_loops_count() -> None:
    seen = check_each(cases(depthwise=True), check_depthwise, traits, 100)
    assert_shares(seen, *SETTINGS, "depthwise")


def test_a_convolution_has_no_output_exactly_where_the_loops_have_none() -> None:
    def agree(case: Case) -> None:
        if looped(case) is not None:
            return
        with pytest.raises(ShapeError, match="never holds"):
            one_layer(layer_of(case), *case.shape)
        with pytest.raises(DomainError):
            one_layer(layer_of(case), "N", case.shape[1], *SPATIAL[case.rank]).at(case.values)
        with pytest.raises(DomainError):
            general(case.rank, case.bias, case.output_padding is not None).at(case.all_values)

    def barren(case: Case) -> set[str]:
        return {"no output"} if looped(case) is None else set()

    assert check_each(cases(), agree, barren, 200)["no output"] >= 5
    assert check_each(cases(transposed=True), agree, barren, 200)["no output"] >= 5


# -- padding by a word ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("kernel", [1, 2, 3, 5])
def test_same_padding_gives_one_output_for_each_stride(kernel: int, stride: int) -> None:
    net = one_layer(Conv(4, kernel, stride, "same"), "N", 3, "H", "W")
    for x in range(1, 20):
        steps = len(range(0, x, stride))
        assert counted(net, {"N": 1, "H": x, "W": 6})[0] == (1, 4, steps, len(range(0, 6, stride)))


def test_valid_padding_is_none() -> None:
    assert (
        one_layer(Conv(4, 3, padding="valid"), "N", 3, "X", "X").output
        == one_layer(Conv(4, 3, padding=0), "N", 3, "X", "X").output
    )


def test_a_transposed_convolution_with_same_padding_gives_a_stride_of_outputs_for_each_input() -> None:
    assert str(one_layer(ConvTranspose(4, 3, 2, "same"), "N", 3, "X", "X").output) == "N×4×(2·X)²"
    assert str(one_layer(ConvTranspose(4, 3, 2, "same", 1), "N", 3, "X", "X").output) == "N×4×(2·X + 1)²"


# -- the article's count -------------------------------------------------------------------------------------------


def test_the_full_count_of_a_convolution_in_symbols_is_the_article_s() -> None:
    import sympy

    n, k, c_in, c_out, m = sympy.symbols("N K C_in C_out M", integer=True, positive=True)
    article = n * ((k**2 + 1) * c_in + (c_in - 1)) * m**2 * c_out
    derived = _with_m(Conv(sc.C_out, sc.K))
    assert sympy.expand(derived - article) == 0


def _with_m(layer: Conv) -> object:
    """The full count of a convolution whose output has the side M, in plain SymPy symbols."""
    import sympy

    kernel = layer.kernel if isinstance(layer.kernel, int) else sc.K
    net = one_layer(layer, "N", sc.C_in, sc.M + kernel - 1, sc.M + kernel - 1)
    total = net.total("full")
    plain = {s: sympy.Symbol(s.name, integer=True, positive=True) for s in total.free_symbols}
    return total.xreplace(plain)


@pytest.mark.parametrize(
    ("layer", "formula"),
    [
        (Conv(sc.C_out, 3), "N*((9 + 1)*C_in + (C_in - 1))*M**2*C_out"),
        (Conv(sc.C_out, sc.K, bias=False), "N*(K**2*C_in + (C_in - 1))*M**2*C_out"),
        (Conv(sc.C_out, sc.K, groups=sc.g), "N*((K**2 + 1)*(C_in/g) + (C_in/g - 1))*M**2*C_out"),
        (Conv(sc.C_out, sc.K, groups=sc.g, bias=False), "N*(K**2*(C_in/g) + (C_in/g - 1))*M**2*C_out"),
        (Conv(64, (sc.K, 1)), "N*((K + 1)*C_in + (C_in - 1))*M*(M + K - 1)*64"),
    ],
)
def test_changing_kernel_groups_or_bias_on_the_instance_changes_the_full_count(layer: Conv, formula: str) -> None:
    import sympy

    names = {n: sympy.Symbol(n, integer=True, positive=True) for n in ("N", "K", "C_in", "C_out", "M", "g")}
    wanted = sympy.parse_expr(formula, local_dict=names)
    assert sympy.expand(_whole(_with_m(layer)) - wanted) == 0


def _whole(expression: object) -> object:
    """The quotient C_in/g without its floor: groups divide the channels."""
    import sympy

    return expression.replace(sympy.floor, lambda e: e)  # type: ignore[attr-defined]


def test_a_linear_layer_is_the_article_s_convolution_of_1_by_1_on_a_map_of_1_by_1() -> None:
    for bias in (True, False):
        conv = one_layer(Conv(sc.C_out, 1, bias=bias), "N", sc.C_in, 1, 1)
        linear = one_layer(Linear(sc.C_out, bias), "N", sc.C_in)
        assert conv.count() == linear.count()
        for metric in ("macs", "flops", "ops", "full", "params"):
            assert conv.cost(metric) == linear.cost(metric)


# -- errors --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Conv, ConvTranspose])
def test_groups_that_do_not_divide_are_an_error_on_numbers(kind: type[Conv] | type[ConvTranspose]) -> None:
    with pytest.raises(ShapeError, match="groups divide the input channels: 3 divides 8 never holds"):
        one_layer(kind(9, groups=3), 1, 8, 9, 9)
    with pytest.raises(ShapeError, match="groups divide the output channels: 3 divides 8 never holds"):
        one_layer(kind(8, groups=3), 1, 9, 9, 9)


@pytest.mark.parametrize("kind", [Conv, ConvTranspose])
def test_groups_in_symbols_are_a_condition_with_its_node(kind: type[Conv] | type[ConvTranspose]) -> None:
    net = one_layer(kind(sc.C_out, groups=sc.g), 1, sc.C_in, 9, 9)
    assert "g divides C_in" in str(net.domain)
    assert "g divides C_out" in str(net.domain)
    assert all(c.node == "layer" for c in net.domain.conditions)
    assert net.evaluate("macs", C_in=6, C_out=4, g=2) > 0
    with pytest.raises(DomainError, match=r"C_in = 7.*g divides C_in.*layer"):
        net.evaluate("macs", C_in=7, C_out=4, g=2)


def test_an_output_below_1_at_every_input_is_an_error() -> None:
    with pytest.raises(ShapeError, match="an output of at least 1"):
        one_layer(Conv(8, 5), "N", 3, 4, "X")


def test_a_convolution_needs_spatial_axes() -> None:
    for layer in (Conv(8), ConvTranspose(8), DepthwiseConv()):
        for shape in ((), (3,), ("N", 3)):
            with pytest.raises(ShapeError):
                one_layer(layer, *shape)
