"""The receptive field against the elements that are really read, published figures and the formula in symbols."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from random import Random

import pytest
import sympy
from networks import alexnet, resnet, unet, vgg
from witness import chains

import symconv as sc
from metrics.dependency import reads
from symconv import Layer, Network
from symconv.errors import NetworkError
from symconv.layers import (
    Add,
    BatchNorm,
    Concat,
    Conv,
    ConvTranspose,
    Crop,
    Flatten,
    GlobalAvgPool,
    GroupNorm,
    InstanceNorm,
    LayerNorm,
    Linear,
    MaxPool,
    Move,
    Mul,
    Pad,
    ReLU,
    Softmax,
    Upsample,
)  # fmt: skip
from symconv.metrics import ReceptiveField, receptive_field
from symconv.sympy_bridge import to_sympy

#: An extent at which every chain that is drawn has an output.
LARGE = 4000


def line(*layers: Layer, x: int | str = LARGE) -> Network:
    """A chain on one axis."""
    net = Network("line")
    net.input("input", 1, 1, x)
    for i, one in enumerate(layers):
        net.add(f"layer{i}", one)
    return net


def walked(net: Network, name: str, outputs: range, stride: Fraction | int) -> tuple[int, Fraction] | None:
    """The most elements from first to last that an output reads, and the padding, of some outputs in a row."""
    read = {j: reads(net, name, j) for j in outputs}
    bounds = {j: (min(r), max(r)) for j, r in read.items() if r}
    if not bounds:
        return None
    return max(z - a + 1 for a, z in bounds.values()), max(stride * j - a for j, (a, _) in bounds.items())


def our_layer(layer: chains.Layer, x: int) -> Layer:
    match layer:
        case chains.Window(kernel, stride, begin, end, dilation, ceil):
            if ceil:
                return MaxPool(kernel, stride, ((begin, end),), dilation, ceil)
            return Conv(1, kernel, stride, ((begin, end),), dilation)
        case chains.Same(kernel, stride, dilation):
            return Conv(1, kernel, stride, "same", dilation)
        case chains.Transposed(kernel, stride, begin, end, dilation, extra):
            return ConvTranspose(1, kernel, stride, ((begin, end),), extra, dilation)
        case chains.Upsample(up, down):
            return Upsample(Fraction(up, down), mode="linear" if up % 2 else "nearest")
        case chains.Pad(begin, end):
            return Pad(((begin, end),))
        case chains.PadToMultiple():
            return Pad(((0, chains.walk(layer, x) - x),))


def is_gapped(layer: chains.Layer) -> bool:
    """A transposed convolution whose taps leave outputs between them that read less than their bounds say."""
    return isinstance(layer, chains.Transposed) and (
        layer.kernel < layer.stride or (layer.dilation > 1 < layer.stride and layer.kernel > 1)
    )


def draw(rng: Random) -> tuple[list[chains.Layer], int]:
    """A chain that does not enlarge too often, and after how many outputs its windows repeat."""
    while True:
        chain = chains.random_chain(rng, transposed=0.4, ceil=0.2, longest=6)
        period = 1
        for layer in chain:
            period *= getattr(layer, "stride", 1) if isinstance(layer, chains.Transposed) else getattr(layer, "up", 1)
        if period <= 16:
            return chain, period


def check_chains(many: int, seed: int) -> Counter[str]:
    rng, seen = Random(seed), Counter[str]()
    for _ in range(many):
        chain, period = draw(rng)
        net, x, stride = Network("line"), LARGE, Fraction(1)
        net.input("input", 1, 1, x)
        for i, layer in enumerate(chain):
            net.add(f"layer{i}", our_layer(layer, x))
            x = chains.walk(layer, x)
            step = Fraction(getattr(layer, "stride", 1))
            stride *= 1 / step if isinstance(layer, chains.Transposed) else step
            stride *= Fraction(layer.down, layer.up) if isinstance(layer, chains.Upsample) else 1
        name = f"layer{len(chain) - 1}"
        (field,) = receptive_field(net, name) or (None,)
        read = walked(net, name, range(3 * period, 4 * period), stride)
        if read is None or field is None:
            assert read is None, chain
        elif any(map(is_gapped, chain)):
            assert field.size >= read[0], chain
            assert field.padding >= read[1], chain
        else:
            seen["exact"] += 1
            assert (field.size, field.stride, field.padding) == (read[0], stride, read[1]), chain
        seen["all"] += 1
        seen["enlarged"] += any(map(chains.goes_up, chain))
        seen["dilated"] += any(getattr(layer, "dilation", 1) > 1 for layer in chain)
        seen["fraction"] += stride.denominator > 1
    return seen


def test_the_receptive_field_of_a_chain_is_what_its_outputs_read() -> None:
    seen = check_chains(150, seed=4)
    assert seen["exact"] >= 0.7 * seen["all"]
    assert min(seen["enlarged"], seen["dilated"], seen["fraction"]) >= 0.1 * seen["all"]


@pytest.mark.heavy
def test_the_receptive_field_of_many_chains_is_what_their_outputs_read() -> None:
    check_chains(1200, seed=44)


def test_a_join_reads_what_all_its_paths_read() -> None:
    rng = Random(7)
    for _ in range(150):
        kernel, stride, dilation = rng.randint(1, 5), rng.randint(1, 3), rng.randint(1, 2)
        begin, end = rng.randint(0, 3), rng.randint(0, 3)
        net = line(Conv(1, 3, rng.randint(1, 2), 1), Upsample(rng.choice([1, 1, 2])))
        long = net.add("long", Conv(1, kernel, stride, ((begin, end),), dilation), "layer1")
        short = net.add("short", MaxPool(1, stride, ((0, begin + end - dilation * (kernel - 1)),))
                        if begin + end >= dilation * (kernel - 1)
                        else Conv(1, dilation * (kernel - 1) - begin - end + 1, stride), "layer1")  # fmt: skip
        net.add("join", rng.choice([Add(), Mul(), Concat()]), long, short)
        (field,) = receptive_field(net, "join") or (None,)
        assert field is not None
        assert (field.size, field.padding) == walked(net, "join", range(6, 12), field.stride)


@pytest.mark.parametrize(
    ("net", "name", "expected"),
    [
        # Araujo, Norris, Sim: Computing Receptive Fields of Convolutional Neural Networks, Distill 2019, their table;
        # torchvision's AlexNet pads its first convolution by 2 where theirs does not.
        (vgg("D"), "features/pool17", (212, 32, 90)),
        (alexnet(), "features/pool4", (195, 32, 64 + 2)),
    ],
    ids=["VGG-16", "AlexNet"],
)
def test_receptive_fields_are_the_published_ones(net: Network, name: str, expected: tuple[int, int, int]) -> None:
    assert receptive_field(net, name) == (ReceptiveField(*expected),) * 2


@pytest.mark.parametrize("padded", [True, False])
def test_the_receptive_field_of_a_u_net_is_what_its_outputs_read(padded: bool) -> None:
    net = unet(padded, depth=3, width=1).substitute(X=480, N=1)
    for name in ("down2/pool", "bottom/relu2", "up2/up", "up2/conv1", "up1/concat", "up0/conv2", "out"):
        (field, other) = receptive_field(net, name) or (None, None)
        assert field == other
        assert field is not None
        assert (field.size, field.padding) == walked(net, name, range(16, 24), field.stride), name
    symbolic = unet(padded, depth=3, width=1)
    assert receptive_field(symbolic, "out") == receptive_field(net, "out")


def test_the_receptive_field_of_a_residual_network_is_what_its_outputs_read() -> None:
    net = resnet((2, 2, 2, 2), bottleneck=False).substitute(X=512, N=1)
    for name in ("stem/pool", "stage2/block0/add", "stage4/block1/relu"):
        (field, _) = receptive_field(net, name) or (None, None)
        assert field is not None
        assert (field.size, field.padding) == walked(net, name, range(3, 5), field.stride), name
    assert receptive_field(net, "stage4/block1/relu") == (ReceptiveField(435, 32, 217),) * 2


def test_a_crop_to_a_second_input_reads_only_the_first() -> None:
    net = line(x=64)
    net.add("wide", Conv(1, 9, 1, 2), "input")
    net.add("crop", Crop(), "input", "wide")
    assert receptive_field(net, "crop") == (ReceptiveField(1, 1, -2),)
    assert reads(net, "crop", 5) == {7}


def test_what_a_crop_cannot_halve_is_taken_off_the_end() -> None:
    net = line(Conv(1, 4), x=10)
    net.add("crop", Crop(), "input", "layer0")
    assert net.output.spatial == (7,)
    assert receptive_field(net, "crop") == (ReceptiveField(1, 1, -1),)


@pytest.mark.parametrize("stride", [1, 2, 3, 4])
@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5])
def test_a_transposed_same_convolution_reads_where_the_same_convolution_writes(kernel: int, stride: int) -> None:
    forth = line(Conv(1, kernel, stride, "same"), x=60 * stride)
    back = line(ConvTranspose(1, kernel, stride, "same"), x=60)
    assert back.output.spatial == forth.tensor("input").spatial
    writes: dict[int, list[int]] = {j: [] for j in range(30 * stride, 31 * stride)}
    for i in range(60):
        for j in reads(forth, "layer0", i) & writes.keys():
            writes[j].append(i)
    (field,) = receptive_field(back, "layer0") or (None,)
    assert field is not None
    assert field.size == max(map(len, writes.values()))
    assert field.padding == max(Fraction(j, stride) - min(w) for j, w in writes.items() if w)


def test_a_nearest_upsampling_and_a_pool_of_its_size_read_one_element() -> None:
    for scale in (2, 3, 4):
        net = line(Upsample(scale), MaxPool(scale))
        assert receptive_field(net, "layer1") == (ReceptiveField(1, 1, 0),)


@pytest.mark.parametrize(
    ("layer", "fixed"),
    [
        (BatchNorm(), True), (ReLU(), True), (LayerNorm(over="channels"), True), (Softmax(1), True),
        (LayerNorm(), False), (GroupNorm(1), False), (InstanceNorm(), False), (Softmax(-1), False),
        (GlobalAvgPool(), False), (Concat(2), False), (Linear(3), False), (Flatten(), False),
    ],
)  # fmt: skip
def test_a_layer_that_reads_every_position_has_no_window(layer: Layer, fixed: bool) -> None:
    net = line(Conv(1, 3))
    net.add("layer", layer, "layer0")
    assert (receptive_field(net, "layer") is not None) is fixed


def test_paths_of_different_strides_have_no_window() -> None:
    net = line(x=64)
    net.add("a", Conv(1, 33, 1), "input")
    net.add("b", Conv(1, 2, 2), "input")
    net.add("add", Add(), "a", "b")
    assert receptive_field(net, "add") is None


def test_the_source_may_be_any_input_or_the_first() -> None:
    net = Network()
    net.input("left", 1, 1, 40)
    net.input("right", 1, 1, 40)
    net.add("wide", Conv(1, 5, 1, 2), "left")
    net.add("narrow", Conv(1, 3, 1, 1), "right")
    net.add("add", Add(), "wide", "narrow")
    assert receptive_field(net, "add") == receptive_field(net, "wide") == (ReceptiveField(5, 1, 2),)
    assert receptive_field(net, "add", "right") == (ReceptiveField(3, 1, 1),)
    assert receptive_field(net, "narrow", "left") is None
    assert receptive_field(net, "left") == (ReceptiveField(1, 1, 0),)
    with pytest.raises(NetworkError, match="did you mean wide"):
        receptive_field(net, "wid")


def test_the_axes_have_their_own_windows() -> None:
    net = Network()
    net.input("image", "N", 3, "H", "W")
    net.add("conv", Conv(8, (3, 5), (1, 2), ((1, 0), (2, 2)), (2, 1)))
    assert receptive_field(net, "conv") == (ReceptiveField(5, 1, 1), ReceptiveField(5, 2, 2))


@pytest.mark.parametrize("depth", [1, 2, 3, 5])
def test_in_symbols_the_field_is_the_formula_and_the_extent_that_of_one_convolution(depth: int) -> None:
    net = Network("symbols")
    net.input("input", 1, 1, "X")
    for i in range(depth):
        fields = (net.symbol(f"{n}{i}", role) for n, role in
                  (("K", "kernel"), ("S", "stride"), ("P", "padding"), ("D", "dilation")))  # fmt: skip
        net.add(f"layer{i}", Conv(1, *fields))
    (field,) = receptive_field(net, f"layer{depth - 1}") or (None,)
    assert field is not None
    named = {n: to_sympy(net.symbols[n]) for n in net.symbols}
    size, stride, padding = sympy.Integer(1), sympy.Integer(1), sympy.Integer(0)
    for i in range(depth):
        size += named[f"D{i}"] * (named[f"K{i}"] - 1) * stride
        padding += named[f"P{i}"] * stride
        stride *= named[f"S{i}"]
    for ours, formula in ((field.size, size), (field.stride, stride), (field.padding, padding)):
        assert sympy.expand(to_sympy(ours) - formula) == 0
    out = net.output.spatial[0]
    assert out == (net.symbols["X"] + 2 * field.padding - field.size) // field.stride + 1


def test_a_residual_join_in_symbols_covers_both_paths() -> None:
    net = Network("symbols")
    net.input("input", 1, 1, "X")
    net.add("conv", Conv(1, sc.K, sc.S, sc.P))
    net.add("skip", Conv(1, 1, sc.S), "input")
    net.add("add", Add(), "conv", "skip")
    assert "2·P" in str(net.domain)
    (field,) = receptive_field(net, "add") or (None,)
    assert field is not None
    for k, s in ((3, 1), (5, 2), (1, 3)):
        at = {"X": 60, "K": k, "S": s, "P": (k - 1) // 2}
        (there,) = receptive_field(net.substitute(**at), "add") or (None,)
        assert there == ReceptiveField(k, s, (k - 1) // 2)
        values = {n: at[n] for n in ("K", "P")}
        assert sc.evaluate(field.padding, P=at["P"]) == there.padding
        assert sc.evaluate(field.size, **values) == there.size


def test_symbols_in_a_stride_below_1_have_no_answer() -> None:
    net = line(x="X")
    net.add("up", ConvTranspose(1, sc.K, sc.S), "input")
    assert receptive_field(net, "up") is None
    net.add("scaled", Upsample(sc.S), "input")
    assert receptive_field(net, "scaled") is None


def test_what_is_enlarged_and_reduced_again_has_a_window_however_often() -> None:
    net = line(*[Upsample(2), Conv(1, 3, 2, 1)] * 30)
    (field,) = receptive_field(net, "layer59") or (None,)
    assert field is not None
    assert field.stride == 1
    assert (field.size, field.padding) == walked(net, "layer59", range(5, 9), 1)


def test_a_period_without_end_is_given_up() -> None:
    net = line(*[Upsample(Fraction(3, 2))] * 40)
    assert receptive_field(net, "layer3") is not None
    assert receptive_field(net, "layer39") is None


@pytest.mark.torch
def test_the_walk_from_outputs_to_inputs_agrees_with_torch_s_gradients() -> None:
    torch = pytest.importorskip("torch")
    nn = torch.nn
    scales = [Fraction(2), Fraction(3), Fraction(3, 2), Fraction(1, 2), Fraction(5, 4)]
    pairs = [(scale, mode) for scale in scales for mode in ("nearest", "linear")]
    ups = [(Upsample(s, mode=m), nn.Upsample(scale_factor=float(s), mode=m)) for s, m in pairs]
    for up, module in ups:
        for kernel, stride, dilation in ((1, 1, 1), (3, 2, 1), (2, 1, 3)):
            net = line(Conv(1, 3, 2, 1), up, Conv(1, kernel, stride, 1, dilation), ConvTranspose(1, 3, 2, 1), x=97)
            theirs = nn.Sequential(
                nn.Conv1d(1, 1, 3, 2, 1), module, nn.Conv1d(1, 1, kernel, stride, 1, dilation),
                nn.ConvTranspose1d(1, 1, 3, 2, 1),
            ).double()  # fmt: skip
            for weights in theirs.parameters():
                nn.init.ones_(weights)
            image = torch.ones(1, 1, 97, dtype=torch.float64, requires_grad=True)
            out = theirs(image)
            assert tuple(out.shape) == net.output.shape
            for j in range(out.shape[2] // 2, out.shape[2] // 2 + 6):
                (gradient,) = torch.autograd.grad(out[0, 0, j], image, retain_graph=True)
                assert set(gradient[0, 0].nonzero().flatten().tolist()) == reads(net, "layer3", j)


# -- repeated blocks ---------------------------------------------------------------------------------------------------


def repeated(rounds: object, *body: Layer, before: Layer | None = None, residual: bool = False) -> Network:
    """n rounds of some layers behind a strided convolution, and a convolution behind them."""
    net = Network("repeated")
    net.input("input", 1, 1, LARGE)
    net.add("stem", before or Conv(1, 5, 2, ((1, 1),)))
    n = net.symbol("n", "count") if rounds is None else rounds

    def one(i: object) -> str:
        name = "stem"
        for k, layer in enumerate(body):
            name = net.add(f"layer{k}", layer)
        return net.add("join", Add(), "stem", name) if residual else name

    net.repeat("block", n, one, "stem")
    net.add("out", Conv(1, 3, 1, ((0, 0),)), "block")
    return net


BODIES: list[tuple[Layer, ...]] = [
    (Conv(1, 3, 1, ((1, 1),)),),
    (Conv(1, 3, 1, ((1, 1),)), Conv(1, 5, 1, ((2, 2),))),
    (Conv(1, 3, 1, ((2, 2),), dilation=2), ReLU()),
]


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("residual", [False, True])
def test_behind_n_rounds_it_is_a_closed_form_that_equals_every_tap(body: tuple[Layer, ...], residual: bool) -> None:
    net = repeated(None, *body, residual=residual)
    for name in ("out", "block"):
        (field,) = receptive_field(net, name) or (None,)
        assert field is not None
        for n in (1, 2, 5):
            written = repeated(n, *body, residual=residual).unrolled()
            last = written.last_of(name)
            read = walked(written, last, range(40, 44), 2)
            at = {"n": n}
            assert (sc.evaluate(field.size, **at), sc.evaluate(field.padding, **at)) == read
            assert field.stride == 2
            assert receptive_field(repeated(n, *body, residual=residual), name) == receptive_field(written, last)


def test_in_round_i_it_is_what_i_rounds_read_and_the_part_before_it() -> None:
    body = BODIES[1]
    (field,) = receptive_field(repeated(None, *body), "block/i/layer0") or (None,)
    assert field is not None
    written = repeated(4, *body).unrolled()
    for i in range(4):
        read = walked(written, f"block/{i}/layer0", range(40, 44), 2)
        assert (sc.evaluate(field.size, i=i), sc.evaluate(field.padding, i=i)) == read


def test_rounds_of_another_stride_are_written_out_where_their_number_is_one() -> None:
    body = (Conv(1, 3, 2, ((1, 1),)), ReLU())
    for n in (1, 3):
        net = repeated(n, *body)
        assert receptive_field(net, "out") == receptive_field(net.unrolled(), "out")
        (field,) = receptive_field(net, "out") or (None,)
        assert field is not None
        assert (field.size, field.padding) == walked(net.unrolled(), "out", range(10, 14), 2 ** (n + 1))
    assert receptive_field(repeated(None, *body), "out") is None
    assert receptive_field(repeated(None, *body), "block/i/layer0") is None


def test_blocks_within_blocks_multiply() -> None:
    net = Network()
    net.input("input", 1, 1, LARGE)
    n, m = net.symbol("n", "count"), net.symbol("m", "count")
    net.repeat("a", n, lambda i: net.repeat("b", m, lambda j: net.add("conv", Conv(1, 3, padding=1))))
    (field,) = receptive_field(net, "a") or (None,)
    assert field is not None
    assert (field.size, field.padding) == (2 * m * n + 1, m * n)


def test_a_round_that_reads_the_input_besides_has_none_in_symbols() -> None:
    net = Network()
    net.input("input", 1, 1, LARGE)
    net.add("side", Conv(1, 3, padding=1))

    def body(i: object) -> str:
        net.add("conv", Conv(1, 5, padding=2), "input")
        return net.add("join", Add(), "conv", "side")

    net.repeat("block", net.symbol("n", "count"), body, "input")
    assert receptive_field(net, "block") is None
    three = net.substitute(n=3)
    (field,) = receptive_field(three, "block") or (None,)
    assert field is not None
    written = three.unrolled()
    assert (field.size, field.padding) == walked(written, written.last_of("block"), range(40, 44), 1)


def test_resnet_50_has_the_field_of_its_rounds_written_out() -> None:
    family, net = sc.load("resnet"), sc.load("resnet50")
    (field, _) = receptive_field(net, "layer4") or (None, None)
    assert field == ReceptiveField(427, 32, 213)
    (form, _) = receptive_field(family, "layer4") or (None, None)
    assert form is not None
    assert sc.evaluate(form.size, n1=3, n2=4, n3=6, n4=3) == 427


def test_a_network_without_inputs_has_no_field() -> None:
    net = Network()
    net.add("constant", Move("fill", (1, 3, 8, 8)), alone=True)
    net.add("conv", Conv(4))
    assert receptive_field(net, "constant") is None
    assert receptive_field(net, "conv") is None
    with pytest.raises(NetworkError, match="no node pool"):
        receptive_field(net, "pool")
