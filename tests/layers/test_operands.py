"""Layers of any operands: what fits no operand is an error, and what is counted depends on every field."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import symconv as sc
from symconv import Layer, Network
from symconv.errors import ShapeError, SymconvError
from symconv.layers import Einsum, HeadAttention, Move, Pointwise, Product, Reduce, Resample
from symconv.readers import parse_spec


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Move("gather", ((2, 3),)), "move: shape: (2, 3) is neither"),
        (lambda: HeadAttention(((2,), (3,))), "head_attention: shape: (2,) is neither"),
        (lambda: Pointwise("add", 3), "elementwise: beside = 3: a list of shapes is wanted"),
        (lambda: Pointwise("add", (4, 5)), "elementwise: beside = 4: a list of shapes is wanted"),
        (lambda: Product(left=((2, 3),)), "product: left: (2, 3) is neither"),
        (lambda: Einsum("ij,j", ((2,),), ((1,),)), "einsum: positions: (1,) is neither"),
    ],
)
def test_a_shape_is_one_list_of_sizes_and_shapes_are_a_list_of_these(make: Callable[[], Layer], said: str) -> None:
    with pytest.raises(ShapeError) as refusal:
        make()
    assert said in str(refusal.value)


def test_one_size_is_a_shape_of_one_axis() -> None:
    assert Move("fill", 8) == Move("fill", (8,))
    assert Reduce("sum", 1) == Reduce("sum", (1,))


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (Einsum("ij,j->i", ((3,),), (7,)), "a place from 0 to 1 for each shape"),
        (Einsum("ij,j->i", ((3,),)), "a place from 0 to 1 for each shape"),
        (Einsum("ij,j,j->i", ((3,), (3,)), (1, 1)), "a place from 0 to 2 for each shape"),
        (Einsum("ij,j->i", ((3,),), (sc.X,)), "a place from 0 to 1 for each shape"),
    ],
)
def test_a_constant_of_an_einsum_stands_among_its_operands(layer: Layer, said: str) -> None:
    net = Network()
    net.input("a", 2, 3)
    with pytest.raises(ShapeError) as refusal:
        net.add("sum", layer)
    assert said in str(refusal.value)


def test_a_constant_of_an_einsum_may_stand_first() -> None:
    net = Network()
    net.input("a", 2, 3)
    net.add("sum", Einsum("j,ij->i", ((3,),), (0,)))
    assert net.output.shape == (2,)
    assert net.evaluate("macs") == 6


@pytest.mark.parametrize("operation", ["add", "mul", "max", "sum", "mean", "logic"])
def test_nothing_is_not_folded(operation: str) -> None:
    with pytest.raises(ShapeError, match=f"elementwise {operation} of nothing"):
        Network().add("folded", Pointwise(operation), alone=True)
    net = Network()
    net.add("folded", Pointwise(operation, ((5,),)), alone=True)
    assert net.evaluate("ops") == (5 if operation == "mean" else 0)


def test_a_product_has_two_operands() -> None:
    net = Network()
    for name, shape in (("a", (2, 3)), ("b", (3, 4)), ("c", (5, 6))):
        net.input(name, *shape)
    with pytest.raises(ShapeError, match="two operands"):
        net.add("product", Product(), "a", "b", "c")
    with pytest.raises(ShapeError, match="two operands"):
        net.add("product", Product(right=(3, 4)), "a", "b")
    net.add("product", Product(), "a", "b")
    assert net.output.shape == (2, 4)


@pytest.mark.parametrize("mode", ["nearest", "linear", "cubic"])
@pytest.mark.parametrize("samples", [1, 4])
def test_a_resampling_over_axes_in_symbols_counts_as_one_over_as_many(mode: str, samples: int) -> None:
    def net(axes: sc.Extent | int) -> Network:
        made = Network()
        made.input("image", "N", 3, 9, 9)
        made.add("resample", Resample(mode, (sc.N, 3, 4, 4), axes, samples))
        return made

    general = net(sc.size_of(sc.symbol("r", "count")))
    for axes in (1, 2, 3):
        assert general.substitute(r=axes).cost("ops") == net(axes).cost("ops")
        symbols = {"N": 2, "r": axes} if "r" in general.symbols else {"N": 2}
        assert general.evaluate("ops", **symbols) == net(axes).evaluate("ops", N=2)


def test_what_is_not_counted_says_so() -> None:
    # A cost that is left out would be 0 in every total, in silence.
    for kind, field in (("unknown", "cost"), ("search", "comparisons")):
        spec = f"input: [N, 4]\nlayers:\n  - {kind}: {{operation: mine, shape: [N, 4]VALUE}}\n"
        with pytest.raises(SymconvError, match=f"{kind} wants its {field}: a symbol, or 0"):
            parse_spec(spec.replace("VALUE", "")).network()
        assert parse_spec(spec.replace("VALUE", f", {field}: 0")).network().cost("ops") == 0
        assert str(parse_spec(f"symbols: {{c: count}}\n{spec}".replace("VALUE", f", {field}: c")).network().count())
