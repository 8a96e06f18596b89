"""The elements of every layer's output against torchvision's measured figures."""

from __future__ import annotations

import pytest
from networks import TORCHVISION, TRUTH, vgg

from metrics.test_params import MEASURED, values
from symconv import Network
from symconv.layers import Add, Concat, Flatten, GlobalAvgPool, ReLU
from symconv.network import Node

#: torchvision calls these as functions, which its figure, of leaf modules, leaves out.
FUNCTIONS = {
    "googlenet": lambda node: isinstance(node.layer, ReLU),
    "mobilenet_v2": lambda node: node.name == "avgpool",
    "densenet121": lambda node: node.name in ("relu", "avgpool"),
}


def is_module(network: str, node: Node) -> bool:
    """Whether torchvision has a module of its own for a node."""
    return not isinstance(node.layer, Add | Concat) and not FUNCTIONS.get(network, lambda _: False)(node)


@pytest.mark.parametrize(("name", "at"), MEASURED)
def test_activations_are_torchvision_s_at_every_measured_size(name: str, at: str) -> None:
    net = TORCHVISION[name]().substitute(**values(at))
    modules = [node for node in net.nodes if is_module(name, node)]
    costs = net.costs("activations")
    assert sum(int(costs[node.name].terms.get((), 0)) for node in modules) == TRUTH[name]["at"][at]["activations"]


def test_vgg_has_no_other_activations_than_its_modules() -> None:
    for x in (224, 225):
        figure = TRUTH["vgg16"]["at"][f"X={x},N=1"]["activations"]
        assert vgg("D").evaluate("activations", X=x, N=1) == figure


def test_a_view_makes_no_elements_and_a_join_does() -> None:
    net = Network()
    net.input("image", 1, 4, 5, 5)
    net.add("concat", Concat(), "image", "image")
    net.add("add", Add(), "concat", "concat")
    net.add("pool", GlobalAvgPool())
    net.add("flatten", Flatten())
    assert {name: int(cost.terms.get((), 0)) for name, cost in net.costs("activations").items()} == {
        "concat": 200, "add": 200, "pool": 8, "flatten": 0,
    }  # fmt: skip
