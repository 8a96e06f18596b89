"""What cannot be lifted, or is asked for wrongly, is said with what was found and what was not."""

from __future__ import annotations

import pytest

import symconv as sc
from symconv.errors import CallError, DomainError, ExpressionError, NetworkError, SymconvError
from symconv.layers import Add, Conv, Linear, ReLU
from symconv.layers.movement import Unknown
from symconv.lift import lift


def chain(*widths: int, name: str = "chain") -> sc.Network:
    net = sc.Network(name)
    net.input("rows", "N", 10)
    for k, width in enumerate(widths):
        net.add(f"linear{k}", Linear(width))
        net.add(f"relu{k}", ReLU())
    return net


def test_a_network_with_neither_repeats_nor_widths():
    net = sc.Network("bare")
    net.input("image", "N", 3, "X", "X")
    net.add("relu", ReLU())
    with pytest.raises(NetworkError, match="bare has neither blocks that repeat nor widths to choose"):
        lift(net)


def test_a_network_without_repeats_has_widths_alone():
    family = lift(chain(64, 32, 16, 7))
    assert not family.runs
    assert family.plan.usual == {"w": 64}
    assert str(family.network.cost("params")) == str(lift(chain(64, 32, 16, 7)).network.cost("params"))
    assert family.sibling(w=128).cost("params") == chain(128, 64, 32, 7).cost("params")


def test_a_family_in_symbols_already():
    with pytest.raises(NetworkError, match="repeated blocks in symbols already: give them numbers first"):
        lift(sc.load("resnet"))


def test_an_operator_without_a_rule_is_named_and_nothing_is_called_exact():
    net = sc.Network("odd")
    net.input("image", "N", 8, "X", "X")
    for k in range(3):
        net.add(f"block{k}/conv", Conv(8, padding=1))
        shape = net.reading(f"block{k}/conv").shape
        net.add(f"block{k}/odd", Unknown("MyOp", shape, cost=net.symbol(f"cost[MyOp {k}]", "count")))
    family = lift(net)
    assert not family.exact
    assert any("MyOp" in said for said in family.unknown)


def test_roles_levels_rules_and_values_that_are_not_there():
    net = sc.load("resnet50")
    with pytest.raises(CallError, match=r"there is no role layer\*/conv9\.") as error:
        lift(net, untie=["layer*/conv9"])
    assert "did you mean layer*/main/conv" in str(error.value)
    with pytest.raises(CallError, match="the level width is none of w, role, class"):
        lift(net, level="width")
    with pytest.raises(CallError, match="accepted is 'v -> make_divisible"):
        lift(net, rounding="make_divisible(v, 8)")
    with pytest.raises(ExpressionError):
        lift(net, values={"*.channels": "__import__('os')"})
    with pytest.raises(ExpressionError):
        lift(net, rounding="v -> v.bit_length()")


def test_values_outside_of_the_domain_and_symbols_that_are_not_there():
    family = lift(sc.load("gpt2"))
    with pytest.raises(DomainError, match="w = 100 is outside the domain"):
        family.sibling(w=100)
    with pytest.raises(SymconvError):
        family.sibling(n1=0)
    with pytest.raises(CallError, match="the family has no symbol n7"):
        family.sibling(n7=3)


def test_another_architecture_is_no_member_and_the_place_is_named():
    family = lift(sc.load("resnet50"))
    found = family.against(sc.load("vgg16"))
    assert not found.exact
    assert found.reason == "stage1/conv1 has kernel = 3, where the family has 7"
    assert family.against(sc.load("resnet18")).reason
    assert "linear0" in family.against(chain(5)).reason


def test_a_member_whose_rounds_differ_is_told():
    family = lift(chain(32, 32, 32, 32, 7))
    found = family.against(chain(32, 48, 32, 32, 7, name="uneven"))
    assert not found.exact
    assert found.uneven


def test_members_that_contradict_the_wiring_stay_refuted():
    family = lift(chain(32, 32, 32, 7), members=[chain(64, 64, 64, 7), chain(32, 48, 32, 7)])
    first, second = family.members
    assert first.exact
    assert not second.exact
    assert second.uneven


def test_what_was_seen_once_is_no_repeat():
    family = lift(sc.load("efficientnet_b0"), rounding="v -> make_divisible(v, 8)")
    assert [run.name for run in family.runs] == ["stage2", "stage3", "stage4", "stage5", "stage6"]
    found = family.against(sc.load("efficientnet_b1"))
    assert "has one block in stage1" in found.reason


def test_misaligned_repeats_are_none():
    """Blocks that read two rounds back do not carry one value on."""
    net = sc.Network("skips")
    net.input("image", "N", 8, "X", "X")
    net.add("conv0", Conv(8, padding=1))
    net.add("conv1", Conv(8, padding=1))
    for k in range(2, 7):
        net.add(f"conv{k}", Conv(8, padding=1))
        net.add(f"add{k}", Add(), f"conv{k}", "conv0" if k == 2 else f"add{k - 1}" if k == 3 else f"add{k - 2}")
    family = lift(net)
    assert not family.runs
    back = family.sibling()
    assert back.cost("macs") == net.cost("macs")


def test_names_for_symbols_that_are_none_or_taken_and_roles_untied_twice():
    net = sc.load("resnet50")
    for given in ("3=layer*/main/conv1/conv", "a b=layer*/main/conv1/conv", "N=layer*/main/conv1/conv", "n1=head/fc1"):
        with pytest.raises(CallError, match="is no name for a symbol here"):
            lift(net, untie=[given])
    with pytest.raises(CallError, match="is untied twice"):
        lift(net, untie=["layer*/main/conv1/conv", "layer*/main/conv1/conv"])
    with pytest.raises(CallError, match="a rule for rounding is for one width"):
        lift(net, level="role", rounding="v -> make_divisible(v, 8)")
