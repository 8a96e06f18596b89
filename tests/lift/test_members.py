"""Members of a family: their values, and what of another network is none, beside networks built directly."""

from __future__ import annotations

from fractions import Fraction

import pytest

import symconv as sc
from symconv.layers import Add, BatchNorm, Concat, Conv, ConvTranspose, Flatten, GlobalAvgPool, Linear, MaxPool, ReLU
from symconv.lift import lift


def residual(depth=4, width=16, inner=0, classes=10, name="image", size="X", groups=1) -> sc.Network:
    """Blocks of two convolutions beside what enters them."""
    net = sc.Network("residual")
    last = net.input(name, "N", 3, size, size)
    last = net.add("stem", Conv(width, 3, padding=1), last)
    for k in range(depth):
        net.add(f"block{k}/conv1", Conv(inner or 2 * width, 3, padding=1, groups=groups, bias=False), last)
        net.add(f"block{k}/norm", BatchNorm())
        net.add(f"block{k}/relu", ReLU())
        net.add(f"block{k}/conv2", Conv(width, 1, bias=False))
        last = net.add(f"block{k}/add", Add(), f"block{k}/conv2", last)
    net.add("pool", GlobalAvgPool(), last)
    net.add("flatten", Flatten())
    net.add("head", Linear(classes))
    return net


def figures(net: sc.Network, **at):
    return {metric: net.evaluate(metric, **at) for metric in ("params", "macs", "activations")}


@pytest.mark.parametrize(("depth", "width"), [(2, 16), (4, 24), (9, 7), (5, 64)])
def test_a_member_at_other_depths_and_widths_is_the_network_built_so(depth, width):
    family, other = lift(residual()), residual(depth, width)
    found = family.against(other)
    assert found.exact, (found.reason, found.refuted, found.uneven, found.differing)
    sibling = family.sibling(**found.values)
    for x in (8, 13):
        assert figures(sibling, N=2, X=x) == figures(other, N=2, X=x)


def test_an_input_of_another_name_is_the_same_input():
    assert lift(residual()).against(residual(3, 24, name="pixels")).exact


@pytest.mark.parametrize("size", ["Y", 32])
def test_an_image_of_another_symbol_or_of_a_number_keeps_the_widths(size):
    found = lift(residual()).against(residual(5, 24, size=size))
    assert (found.values["w"], list(found.rounds.values())) == (24, [5])
    assert not found.reason


def test_a_family_is_no_member_of_a_family():
    family = lift(residual())
    found = family.against(family.network)
    assert "repeated blocks in symbols already" in found.reason
    assert not found.exact


@pytest.mark.parametrize(("inner", "classes"), [(40, 10), (33, 10), (32, 7)])
def test_a_width_that_is_not_tied_refutes_what_is_supposed_and_a_refined_family_has_it(inner, classes):
    family, other = lift(residual()), residual(4, 16, inner, classes)
    found = family.against(other)
    assert [why for _, why in found.refuted]
    refined = family.without([found])
    again = refined.against(other)
    assert again.exact, (again.refuted, again.differing)
    assert figures(refined.sibling(**again.values), N=1, X=9) == figures(other, N=1, X=9)
    assert figures(refined.sibling(), N=1, X=9) == figures(residual(), N=1, X=9)


def test_rounded_widths_have_a_multiplier_as_their_value():
    family = lift(residual(4, 32), rounding="v -> make_divisible(v, 8)")
    found = family.against(residual(3, 48))
    assert found.exact
    assert found.values["w"] == Fraction(3, 2)
    odd = family.against(residual(3, 44))  # no multiple of 8
    assert odd.refuted or odd.differing


def test_grouped_blocks_have_their_groups_beside_the_width():
    family, other = lift(residual(groups=4)), residual(3, 32, groups=8)
    found = family.against(other)
    refined = family if found.exact else family.without([found])
    again = refined.against(other)
    assert again.exact, (again.reason, again.refuted, again.differing)
    assert figures(refined.sibling(**again.values), N=1, X=8) == figures(other, N=1, X=8)


def dense(depth=4, growth=12, stem=24) -> sc.Network:
    net = sc.Network("dense")
    net.input("image", "N", 3, "X", "X")
    last = net.add("stem", Conv(stem, 3, padding=1))
    for k in range(depth):
        net.add(f"block{k}/conv", Conv(growth, 3, padding=1), last)
        last = net.add(f"block{k}/concat", Concat(1), last, f"block{k}/conv")
    net.add("head", Conv(5, 1), last)
    return net


@pytest.mark.parametrize(("depth", "growth"), [(6, 12), (3, 12), (7, 18)])
def test_dense_blocks_grow_by_as_much_in_each_round(depth, growth):
    family, other = lift(dense()), dense(depth, growth, 2 * growth)
    found = family.against(other)
    assert found.exact, (found.reason, found.refuted, found.uneven, found.differing)
    params = 27 * 2 * growth + 2 * growth
    params += sum(9 * (2 + k) * growth * growth + growth for k in range(depth)) + 5 * (2 + depth) * growth + 5
    assert family.sibling(**found.values).evaluate("params") == params


def unet(depth=3, width=8, join=Concat, extra=False, bare=False) -> sc.Network:
    """Widths double and extents halve on the way down, and back on the way up."""
    net = sc.Network("unet")
    last = net.input("image", 1, 3, 64, 64)
    kept = []
    for k in range(depth):
        net.add(f"down{k}/conv", Conv(width * 2**k, 3, padding=1), last)
        kept.append(net.add(f"down{k}/relu", ReLU()))
        last = net.add(f"down{k}/pool", MaxPool(2))
    last = net.add("bottom", Conv(width * 2**depth, 3, padding=1), last)
    if not bare:
        last = net.add("bottom_relu", ReLU())
    for k in reversed(range(depth)):
        up = net.add(f"up{k}/up", ConvTranspose(width * 2**k, 2, 2), last)
        net.add(f"up{k}/join", *((join(1),) if join is Concat else (join(),)), kept[k], up)
        net.add(f"up{k}/conv", Conv(width * 2**k, 3, padding=1))
        last = net.add(f"up{k}/relu", ReLU())
        if extra and k == 1:
            last = net.add("between", Conv(width * 2, 1), last)
    net.add("out", Conv(2, 1), last)
    return net


@pytest.mark.parametrize("join", [Concat, Add])
@pytest.mark.parametrize(("depth", "width"), [(4, 8), (5, 6), (3, 20)])
def test_a_nest_at_other_depths_and_widths_is_the_network_built_so(join, depth, width):
    family, other = lift(unet(4, 16, join)), unet(depth, width, join)
    found = family.against(other)
    assert family.exact
    assert found.exact, (found.reason, found.refuted, found.uneven, found.differing)
    assert figures(family.sibling(**found.values)) == figures(other)


@pytest.mark.parametrize(("given", "depth"), [({"extra": True}, 4), ({"bare": True}, 4), ({}, 2)])
def test_ways_that_are_no_nest_stay_as_they_are(given, depth):
    net = unet(depth, 8, **given)
    family = lift(net)
    assert not any(run.nest for run in family.runs)
    assert figures(family.sibling()) == figures(net)
