"""A network run as loops: what agrees is counted, and a wrong rule is named at the layer that has it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from random import Random

import pytest
from command import run
from hypothesis import given, settings
from hypothesis import strategies as st
from test_repeat_fuzz import Family, Maker, walked
from witness import loops as witness
from witness.unrolled import Ambiguous, Immense, Untied

import symconv as sc
from symconv import Network
from symconv.count import Count
from symconv.errors import CallError, DomainError, SymconvError
from symconv.layer import LAYERS
from symconv.layers import (
    Add,
    AvgPool,
    BatchNorm,
    Conv,
    ConvTranspose,
    DepthwiseConv,
    Linear,
    MaxPool,
    Pad,
    ReLU,
    Tokens,
    Upsample,
)
from symconv.layers.channels_last import turned
from symconv.readers.catalogue import families, networks
from symconv.verifying import verify
from symconv.verifying.loops import WALKS

#: One network of each bundled file, and the family in its symbols where it is one.
ZOO = sorted({found[place][0] for found in map(networks, families()) for place in (0, len(found) // 2)})


def one_layer(layer, *shape):
    net = Network("net")
    net.input("image", *shape)
    net.add("layer", layer)
    return net


def at_one_point(net, **values):
    """What a run at one point showed."""
    (point,) = verify(net, [values]).points
    return point


# -- what agrees ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ZOO)
def test_the_bundled_networks_agree_with_their_loops(name):
    report = verify(name)
    assert report.by == "loops"
    assert report.wrong is None
    assert report.ran == len(report.points) >= 3
    assert all(not p.unseen and p.macs and p.params for p in report.points)


def test_points_show_the_usual_size_the_least_one_and_two_samples_at_a_prime_one():
    assert [p.values for p in verify("vgg/D").points] == [
        {"X": 224, "N": 1}, {"X": 32, "N": 1}, {"X": 37, "N": 2}, {"X": 225, "N": 3},
    ]  # fmt: skip


def test_points_of_two_sides_have_sides_that_differ():
    net = one_layer(Conv(8, stride=2), "N", 3, "H", "W")
    assert sum(p.values["H"] != p.values["W"] for p in verify(net).points) >= 2


def test_families_are_run_at_small_designs_that_their_domain_allows():
    for p in verify("mixtral").points:
        assert p.values["d"] % p.values["h"] == p.values["h"] % p.values["g"] == 0
        assert p.values["k"] <= p.values["E"]
        assert p.values["L"] <= 3


def test_figures_are_those_of_the_closed_forms_in_total():
    net = sc.load("resnet")
    values = {"n1": 2, "n2": 1, "n3": 3, "n4": 1, "w": 6, "X": 65, "N": 2}
    point = at_one_point(net, **values)
    assert point.macs == net.evaluate("macs", **values)
    assert point.params == net.evaluate("params", **{s: values[s] for s in ("n1", "n2", "n3", "n4", "w")})


def test_a_multiplier_is_a_fraction():
    assert verify("mobilenetv2", [{"w": Fraction(3, 4), "X": 97, "N": 1}]).wrong is None


def test_tied_rounds_keep_their_weights_once():
    net = Network("tied")
    net.input("tokens", "N", "T", 4)
    net.repeat("block", net.symbol("L", "count"), lambda i: net.add("linear", Linear(4)), tied=True)
    point = at_one_point(net, N=1, T=3, L=5)
    assert (point.wrong, point.params, point.macs) == ([], 20, 5 * 3 * 16)


def test_rounds_that_change_their_shape_are_walked_one_by_one():
    net = Network("growing")
    net.input("image", "N", 2, "X", "X")
    net.repeat("stage", net.symbol("n", "count"), lambda i: net.add("conv", Conv(2 * (i + 1), stride=2, padding=1)))
    net.add("head", Conv(3, kernel=1))
    for values in ({"N": 1, "X": 37, "n": 1}, {"N": 2, "X": 40, "n": 4}):
        point = at_one_point(net, **values)
        assert (point.wrong, point.tensors) == ([], values["n"] + 1)


def test_what_works_in_training_only_is_looked_at_where_it_works():
    least, usual = verify("inception_v3", [{"X": 75, "N": 1}, {"X": 299, "N": 1}]).points
    assert (least.wrong, least.unseen, usual.wrong) == ([], 0, [])
    assert usual.params - least.params == 3_326_696  # the auxiliary head's, torchvision's 27,161,264 less 23,834,568
    assert usual.tensors - least.tensors == 10


# -- what is wrong ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, repr=False)
class Floored(MaxPool):
    """Says that ceil mode rounds down."""

    def output(self, image):
        return MaxPool(self.kernel, self.stride).output(image)


@dataclass(frozen=True, repr=False)
class Unpadded(Conv):
    """Forgets its padding."""

    def output(self, image):
        return image.like(image.batch, self.channels, *((x - self.kernel) // self.stride + 1 for x in image.spatial))


@dataclass(frozen=True, repr=False)
class Ungrouped(Conv):
    """Ignores its groups."""

    def work(self, image, out):
        return Count(mac=out.elements * image.channels * self.kernel**2)


@dataclass(frozen=True, repr=False)
class Unbiased(Linear):
    """Forgets its biases."""

    def parameters(self, rows):
        return super().parameters(rows)[:1]


def test_a_floor_in_the_place_of_a_ceiling_is_found():
    report = verify(one_layer(Floored(3, stride=2, ceil=True), "N", 4, "X", "X"), [{"N": 1, "X": 7}, {"N": 1, "X": 8}])
    assert [len(p.wrong) for p in report.points] == [0, 1]
    assert str(report.wrong) == (
        "layer (max_pool): the shape is 1×4×4×4 in the run and 1×4×3×3 by the formula N × 4 × ⌊(X − 1)/2⌋ × ⌊(X − 1)/2⌋"
    )


def test_a_forgotten_padding_is_found_and_nothing_behind_it_is_blamed():
    net = one_layer(Unpadded(4, kernel=3, padding=1), "N", 2, "X", "X")
    net.add("behind", Conv(4, kernel=3))
    point = at_one_point(net, N=1, X=9)
    assert [w.node for w in point.wrong] == ["layer (conv)"]
    assert (point.wrong[0].run, point.wrong[0].closed) == ("1×4×9×9", "1×4×7×7")


def test_ignored_groups_are_found():
    point = at_one_point(one_layer(Ungrouped(4, kernel=3, groups=2), "N", 2, "X", "X"), N=1, X=5)
    assert [str(w) for w in point.wrong[:1]] == [
        "layer (conv): the number of macs is 324 in the run and 648 by the formula 72·N·(X − 2)²"
    ]


def test_forgotten_biases_are_found():
    point = at_one_point(one_layer(Unbiased(4), "N", 3), N=1)
    assert [w.what for w in point.wrong] == ["the number of parameters"]
    assert (point.wrong[0].run, point.wrong[0].closed) == ("16", "12")


def test_a_layer_that_is_wrong_in_every_round_is_named_once_with_the_first():
    net = Network("rounds")
    net.input("image", "N", 2, "X", "X")
    net.repeat("block", 3, lambda i: net.add("conv", Ungrouped(2, kernel=1, groups=2)))
    (wrong,) = at_one_point(net, N=1, X=2).wrong
    assert (wrong.node, wrong.what) == ("block/i/conv (conv)", "the number of macs in round i = 0")


def test_a_wrong_sum_over_rounds_is_found(monkeypatch):
    net = Network("sums")
    net.input("tokens", "N", 2)
    net.repeat("block", net.symbol("L", "count"), lambda i: net.add("linear", Linear(2)))
    right = Network.cost
    monkeypatch.setattr(Network, "cost", lambda self, metric="macs": right(self, metric) * 2)
    wrong = at_one_point(net, N=1, L=3).wrong
    assert [(w.node, w.what, w.run, w.closed) for w in wrong] == [
        ("sums", "the total of macs", "12", "24"), ("sums", "the total of params", "18", "36"),
    ]  # fmt: skip


def test_a_shape_that_is_none_is_a_disagreement(monkeypatch):
    """A rule that does not ask for what it needs: three channels in two groups."""
    monkeypatch.setattr(sc.layers.ChannelShuffle, "output", lambda self, image: image)
    point = at_one_point(one_layer(sc.layers.ChannelShuffle(2), "N", 3, "X", "X"), N=1, X=2)
    assert point.wrong[0].run == "none, 3 channels in 2 equal parts,"


def test_a_kind_without_loops_is_not_seen(monkeypatch):
    monkeypatch.delitem(WALKS, "relu")
    net = one_layer(Conv(4), "N", 3, "X", "X")
    net.add("relu", ReLU())
    net.add("pool", MaxPool())
    point = at_one_point(net, N=1, X=9)
    assert (point.unseen, point.tensors, point.operators, point.wrong) == (1, 2, 1, [])


def test_every_kind_has_loops_but_what_is_unknown():
    assert {kind for kind, cls in LAYERS.items() if cls.__module__.startswith("symconv.layers")} - set(WALKS) == {
        "unknown"
    }


# -- the loops themselves ---------------------------------------------------------------------------------------------


def chosen(rng, rank, least, most):
    """A setting, once for all axes or once for each, and what it is for each."""
    if rng.random() < 0.5:
        value = rng.randint(least, most)
        return value, (value,) * rank
    values = tuple(rng.randint(least, most) for _ in range(rank))
    return values, values


@pytest.mark.parametrize("seed", range(40))
def test_convolutions_and_pools_count_what_loops_that_really_run_count(seed):
    rng = Random(seed)
    rank = rng.choice([1, 2])
    shape = (rng.randint(1, 2), rng.choice([2, 4, 6]), *(rng.randint(3, 8) for _ in range(rank)))
    (kernel, kernels), (stride, strides) = chosen(rng, rank, 1, 3), chosen(rng, rank, 1, 3)
    (padding, pads), (dilation, dilations) = chosen(rng, rank, 0, 1), chosen(rng, rank, 1, 2)
    sides, groups, bias = [(p, p) for p in pads], rng.choice([1, 2]), rng.random() < 0.5
    for layer, naive in (
        (
            Conv(4, kernel, stride, padding, dilation, groups, bias),
            lambda: witness.conv(shape, 4, kernels, strides, sides, dilations, groups, bias),
        ),
        (
            ConvTranspose(4, kernel, stride, padding, 0, dilation, groups, bias),
            lambda: witness.conv_transpose(shape, 4, kernels, strides, sides, (0,) * rank, dilations, groups, bias),
        ),
        (
            MaxPool(kernel, stride, padding, dilation, ceil=bias),
            lambda: witness.max_pool(shape, kernels, strides, sides, dilations, bias),
        ),
    ):
        try:
            out, counts = naive()
        except ValueError:  # no output point
            with pytest.raises(SymconvError):
                one_layer(layer, *shape)
            continue
        walked = WALKS[layer.kind](layer, shape)
        assert (walked.shape, walked.macs) == (out, counts["mac"])


@pytest.mark.torch
@pytest.mark.parametrize("seed", range(60))
def test_loops_are_what_torch_does(seed):
    torch = pytest.importorskip("torch")
    from torch import nn
    from torch.utils.flop_counter import FlopCounterMode

    rng = Random(seed)
    shape = (2, 6, rng.randint(5, 13), rng.randint(5, 13))
    kernel, stride = chosen(rng, 2, 1, 3)[1], chosen(rng, 2, 1, 3)[1]
    padding, dilation = chosen(rng, 2, 0, 1)[1], chosen(rng, 2, 1, 2)[1]
    groups, bias, ceil = rng.choice([1, 2, 3]), rng.random() < 0.5, rng.random() < 0.5
    pad = tuple(min(p, k // 2) for p, k in zip(padding, kernel))
    further = tuple(rng.randint(0, max(s, d) - 1) for s, d in zip(stride, dilation))
    pairs = [
        (Conv(12, kernel, stride, padding, dilation, groups, bias),
         nn.Conv2d(6, 12, kernel, stride, padding, dilation, groups, bias)),
        (DepthwiseConv(kernel, stride, padding, dilation, 2, bias),
         nn.Conv2d(6, 12, kernel, stride, padding, dilation, 6, bias)),
        (ConvTranspose(12, kernel, stride, padding, further, dilation, groups, bias),
         nn.ConvTranspose2d(6, 12, kernel, stride, padding, further, groups, bias, dilation)),
        (MaxPool(kernel, stride, pad, dilation, ceil), nn.MaxPool2d(kernel, stride, pad, dilation, ceil_mode=ceil)),
        (AvgPool(kernel, stride, pad, ceil), nn.AvgPool2d(kernel, stride, pad, ceil_mode=ceil)),
    ]  # fmt: skip
    for layer, module in pairs:
        with FlopCounterMode(display=False) as counter:
            try:
                out = tuple(module(torch.zeros(shape)).shape)
            except RuntimeError:  # no output point
                continue
        walked = WALKS[layer.kind](layer, shape)
        assert walked.shape == out, layer
        assert walked.macs == counter.get_total_flops() // 2, layer
        assert walked.weights == sum(p.numel() for p in module.parameters()), layer


LAYER = st.one_of(
    st.builds(Conv, st.sampled_from([4, 6]), st.integers(1, 5), st.integers(1, 3), st.integers(0, 2),
              st.integers(1, 2), st.sampled_from([1, 2])),
    st.builds(MaxPool, st.integers(2, 3), st.integers(1, 3), st.integers(0, 1), st.integers(1, 2), st.booleans()),
    st.builds(ConvTranspose, st.sampled_from([2, 4]), st.integers(1, 4), st.integers(1, 3), st.integers(0, 1)),
    st.builds(Conv, st.just(4), st.integers(1, 5), st.integers(1, 3), st.just("same")),
    st.builds(Upsample, st.sampled_from([2, Fraction(3, 2), Fraction(2, 3)])),
    st.builds(Pad, st.integers(-1, 2)),
    st.builds(BatchNorm),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(LAYER, min_size=1, max_size=5), st.booleans())
def test_random_chains_agree_with_their_loops(layers, tokens):
    net = Network("chain")
    net.input("image", "N", 2, "H", "W")
    try:
        for place, layer in enumerate(layers):
            net.add(f"l{place}", layer)
        if tokens:
            net.add("tokens", Tokens())
            net.add("linear", Linear(3))
            net.add("add", Add(), "linear", "linear")
    except SymconvError:
        return
    report = verify(net)
    assert report.wrong is None
    assert not any(p.unseen or p.failed for p in report.points)


@pytest.mark.parametrize("seed", range(25))
def test_random_blocks_in_blocks_agree_with_rounds_that_plain_integers_run(seed):
    """Shapes that change from round to round, tied rounds, numbers of rounds that depend on the round around."""
    make = Maker(seed)
    program, image = make.program(), make.image()
    try:
        net = Family(program, image).net
    except SymconvError:
        return
    for point in verify(net).points:
        assert (point.wrong, point.unseen, point.failed) == ([], 0, "")
        try:
            plain = walked(program, image, {**dict.fromkeys("XHWNCnmgd", 1), **point.values})
        except (Ambiguous, Immense, Untied):
            continue
        assert plain is not None
        if not plain.untrained:
            assert (plain.operations["mac"], plain.kept["params"]) == (point.macs, point.params)


def test_channels_that_stand_last_are_walked_too():
    net = one_layer(turned(Conv(8, kernel=3, stride=2, padding="same"), True), "N", "H", "W", 3)
    assert at_one_point(net, N=2, H=9, W=6).macs == 2 * 5 * 3 * 8 * 27


# -- calls ------------------------------------------------------------------------------------------------------------


def test_a_point_outside_the_domain_and_one_that_lacks_a_value():
    with pytest.raises(DomainError, match="outside the domain X ≥ 32"):
        verify("vgg/D", [{"X": 31, "N": 1}])
    (point,) = verify("vgg/D", [{"X": 32}]).points
    assert point.failed == "a run needs a value of N"
    with pytest.raises(SymconvError, match="did you mean vgg19"):
        verify("vgg99")
    with pytest.raises(CallError, match="inputs are those of a module"):
        verify("vgg/D", inputs=(1,))


SPEC = """
name: Small
input: [N, 3, X, X]
layers:
  - conv: {channels: 8, stride: 2}
  - twice: {}
"""

OWN = '''
from symconv import Count, Layer, layer

@layer("twice")
class Twice(Layer):
    """Its input, doubled."""
    def work(self, image, out): return Count(mul=out.elements)
'''


def test_the_command():
    done = run("verify", "vgg/D", "--at", "X=32,N=1", "--at", "X=64,N=2", "--format", "json")
    assert done.code == 0, done.err
    assert '"by": "loops"' in done.out
    assert done.out.count("agrees") == 2
    assert run("verify", "vgg/D", "--at", "X=31,N=1").code == 1
    assert run("verify", "vgg/D", "--at", "X=32").code == 1
    assert run("verify", "vgg/D", "--at", "Y=32").code == 2
    assert run("verify", "vgg/D", "--dim", "image:2=X").code == 2
    assert run("verify", "mobilenetv2", "--at", "w=1/2,X=33,N=1").code == 0
    done = run("verify", "vgg99")
    assert (done.code, "did you mean vgg19" in done.err) == (1, True)


def test_the_command_runs_a_file_with_layers_of_ones_own(tmp_path):
    spec, own = tmp_path / "small.yaml", tmp_path / "own.py"
    spec.write_text(SPEC, encoding="utf-8")
    own.write_text(OWN, encoding="utf-8")
    try:
        done = run("verify", str(spec), "--layers", str(own), "--at", "X=9,N=1")
    finally:
        LAYERS.pop("twice", None)
    assert done.code == 0, done.err
    assert "agrees" in done.out


def test_more_rounds_than_anybody_waits_for_are_refused() -> None:
    net = sc.load("resnet")
    at = {"N": 1, "X": 32, "w": 64, "n1": 10**9, "n2": 1, "n3": 1, "n4": 1}
    (point,) = verify(net, [at]).points
    assert point.failed == "more than 32,768 layers in all rounds, the most that are run one by one"
