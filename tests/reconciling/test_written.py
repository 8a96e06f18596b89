"""Specs and ONNX files have no code: what counters would report of the modules that do the same."""

import sys

import pytest
from command import run

from symconv.cost import cost_symbols, evaluate_cost
from symconv.reconciling import reconcile


@pytest.fixture(autouse=True)
def without_torch(monkeypatch):
    for name in [n for n in sys.modules if n.partition(".")[0] == "torch"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)


def at(cost, **values):
    return evaluate_cost(cost, {s: values[s.name] for s in cost_symbols(cost)})


def test_known_figures_of_resnet50_from_its_spec():
    """As they are told of torchvision's model everywhere, in GMACs at 224."""
    known = {"FlopCounterMode / 2": 4.0892, "torchinfo": 4.0892, "fvcore": 4.1115, "thop": 4.1337, "ptflops": 4.1324}
    for source, values in (("resnet50", {}), ("resnet", {"n1": 3, "n2": 4, "n3": 6, "n4": 3, "w": 64})):
        found = reconcile(source)
        for tool, figure in known.items():
            assert round(float(at(found.figure(tool).cost, N=1, X=224, **values)) / 1e9, 4) == figure, (source, tool)
        assert at(found.figure("thop").params, **values) == 25_557_032


def test_batches_count_once_for_a_tool_that_counts_one_sample():
    """Of ptflops modules count for one sample, and the functions that they call for all: 1,000 more a ReLU an image."""
    import symconv as sc
    from symconv.layers import Conv, ReLU

    net = sc.Network("one ReLU")
    net.input("image", "N", 4, 10, 10)
    net.add("conv", Conv(10, kernel=1, bias=False))
    net.add("relu", ReLU())
    figure = reconcile(net).figure("ptflops").cost
    assert [at(figure, N=n) for n in (1, 2, 5)] == [4 * 1000 + 2000, 4 * 1000 + 3000, 4 * 1000 + 6000]


def test_what_is_written_in_several_ways_is_refused():
    for name, layer in (("vit_b_16", "self_attention: attention"), ("vgg/A-LRN", "lrn1: lrn"), ("crnn", "lstm")):
        done = run("reconcile", name)
        assert (done.code, done.out) == (2, ""), name
        assert f"{layer} is written in several ways" in done.err, done.err


def test_the_command_says_what_it_takes_for_granted():
    done = run("reconcile", "vgg16", "--at", "X=224,N=1", "--tool", "thop")
    assert done.code == 0, done.err
    assert "each layer is taken as the module of torch.nn" in done.out
    assert run("reconcile", "vgg16", "--dim", "image:2=H").code == 2
    assert run("reconcile", "vgg16", "--input", "x=1,3,9,9").code == 2
    assert run("reconcile", "nosuch").code != 0


@pytest.mark.heavy
def test_torchs_counter_has_the_macs_of_every_bundled_network_whose_layers_are_modules():
    from symconv.errors import CallError
    from symconv.readers.catalogue import bundled

    compared, refused = 0, set()
    for name, _ in bundled():
        try:
            found = reconcile(name)
        except CallError as error:
            refused.add(str(error).split(": ")[1].partition(" ")[0])
            continue
        assert found.figure("FlopCounterMode / 2").cost == found.macs, name
        assert found.figure("torchinfo").params == found.network.cost("params"), name
        compared += 1
    assert compared > 100
    assert refused <= {"attention", "window_attention", "mlp", "lstm", "lrn", "relative_bias"}
