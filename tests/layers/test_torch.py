"""Every layer against PyTorch's own: output shapes, weights, buffers and multiply–accumulates, on the meta device."""

from __future__ import annotations

from fractions import Fraction
from random import Random
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch.nn import functional  # noqa: E402

from layers.cases import one_layer  # noqa: E402
from layers.moves import MOVES  # noqa: E402
from layers.scalars import FUNCTIONS, interpolated, local_response_norm, normalised, scalars, softmax  # noqa: E402
from layers.torch_modules import (  # noqa: E402
    PLAIN,
    buffers_of,
    empty,
    macs_of,
    module_of,
    trainable_of,
)  # fmt: skip
from layers.torch_sequences import SEQUENCES  # noqa: E402
from symconv import Layer, Network  # noqa: E402
from symconv.errors import ShapeError  # noqa: E402
from symconv.layer import LAYERS  # noqa: E402
from symconv.layers import (  # noqa: E402
    GELU,
    AdaptiveAvgPool,
    AdaptiveMaxPool,
    Add,
    AvgPool,
    BatchNorm,
    Bias,
    Buffer,
    Concat,
    Conv,
    ConvTranspose,
    Crop,
    DepthwiseConv,
    Flatten,
    GlobalAvgPool,
    GlobalMaxPool,
    GroupNorm,
    InstanceNorm,
    LayerNorm,
    Linear,
    LocalResponseNorm,
    Maximum,
    MaxPool,
    Mul,
    Pad,
    PReLU,
    Softmax,
    Sub,
    Upsample,
)  # fmt: skip

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore:Using padding=.same.")]

Shape = tuple[int, ...]
Drawn = tuple[Layer, Shape]

#: How many layers of each kind are drawn.
MANY = 150


def shape(r: Random, rank: int, channels: int | None = None) -> Shape:
    return (r.randint(1, 3), channels or r.randint(1, 6), *(r.randint(1, 17) for _ in range(rank)))


def sizes(r: Random, rank: int, least: int, most: int) -> Any:
    """One number for all axes, or one for each."""
    return r.randint(least, most) if r.random() < 0.3 else tuple(r.randint(least, most) for _ in range(rank))


def each(value: Any, rank: int) -> Shape:
    return value if isinstance(value, tuple) else (value,) * rank


def conv(r: Random) -> Drawn:
    rank, groups = r.randint(1, 3), r.choice([1, 1, 2, 3])
    kernel, dilation = sizes(r, rank, 1, 5), sizes(r, rank, 1, 3)
    if r.random() < 0.15:
        layer = Conv(groups * r.randint(1, 4), kernel, 1, r.choice(["same", "valid"]), dilation, groups)
    else:
        given = kernel, sizes(r, rank, 1, 4), sizes(r, rank, 0, 4), dilation
        layer = Conv(groups * r.randint(1, 4), *given, groups, r.random() < 0.5)
    return layer, shape(r, rank, groups * r.randint(1, 4))


def depthwise(r: Random) -> Drawn:
    rank = r.randint(1, 3)
    layer = DepthwiseConv(
        sizes(r, rank, 1, 4), sizes(r, rank, 1, 3), sizes(r, rank, 0, 3), sizes(r, rank, 1, 2), r.randint(1, 3)
    )
    return layer, shape(r, rank)


def transposed(r: Random) -> Drawn:
    rank, groups = r.randint(1, 3), r.choice([1, 1, 2, 3])
    stride, dilation = sizes(r, rank, 1, 4), sizes(r, rank, 1, 3)
    limits = zip(each(stride, rank), each(dilation, rank), strict=True)
    extra = tuple(r.randint(0, max(s, d) - 1) for s, d in limits)
    given = sizes(r, rank, 1, 5), stride, sizes(r, rank, 0, 3), extra, dilation, groups, r.random() < 0.5
    return ConvTranspose(groups * r.randint(1, 4), *given), shape(r, rank, groups * r.randint(1, 4))


def max_pool(r: Random) -> Drawn:
    rank = r.randint(1, 3)
    kernel, dilation = sizes(r, rank, 1, 5), sizes(r, rank, 1, 3)
    padding = tuple(r.randint(0, k // 2) for k in each(kernel, rank))
    stride = r.choice([None, sizes(r, rank, 1, 4)])
    return MaxPool(kernel, stride, padding, dilation, r.random() < 0.5), shape(r, rank)


def avg_pool(r: Random) -> Drawn:
    rank = r.randint(1, 3)
    kernel = sizes(r, rank, 1, 5)
    padding = tuple(r.randint(0, k // 2) for k in each(kernel, rank))
    return AvgPool(kernel, r.choice([None, sizes(r, rank, 1, 4)]), padding, r.random() < 0.5), shape(r, rank)


def grid(r: Random) -> Drawn:
    rank = r.randint(1, 3)
    kind = r.choice([AdaptiveAvgPool, AdaptiveMaxPool])
    return r.choice([kind(sizes(r, rank, 1, 9)), GlobalAvgPool(), GlobalMaxPool()]), shape(r, rank)


def upsample(r: Random) -> Drawn:
    """Scales whose product with an extent is exact in a float: the denominator is a power of 2."""
    rank = r.randint(1, 3)
    scales = tuple(Fraction(r.randint(1, 12), r.choice([1, 1, 2, 4])) for _ in range(rank))
    mode = r.choice(["nearest", "linear"])
    if r.random() < 0.3:
        return Upsample(size=sizes(r, rank, 1, 20), mode=mode), shape(r, rank)
    return Upsample(scales if r.random() < 0.7 else r.randint(1, 4), mode=mode), shape(r, rank)


def pad(r: Random) -> Drawn:
    """torch may take everything off an axis and then pad nothing: that is no image here, so it is not drawn."""
    rank = r.randint(1, 3)
    amount = tuple((r.randint(-4, 4), r.randint(-4, 4)) for _ in range(rank))
    layer = r.choice([Pad(amount), Crop(amount), Pad(r.randint(-3, 3)), Crop(r.randint(0, 3))])
    given, sign = shape(r, rank), 1 if isinstance(layer, Pad) else -1
    margins = layer.amount if isinstance(layer.amount, tuple) else ((layer.amount,) * 2,) * rank
    left = [x + sum(min(sign * m, 0) for m in sides) for x, sides in zip(given[2:], margins, strict=True)]
    return pad(r) if 0 in left else (layer, given)


def linear(r: Random) -> Drawn:
    return Linear(r.randint(1, 9), r.random() < 0.5), tuple(r.randint(1, 6) for _ in range(r.randint(1, 5)))


def norm(r: Random) -> Drawn:
    rank, groups, affine = r.randint(1, 3), r.randint(1, 3), r.random() < 0.5
    batch, channels, *spatial = shape(r, rank, groups * r.randint(1, 3))
    # torch refuses to normalise over a single element, so an instance has at least two.
    image = (batch, channels, *(x + 1 for x in spatial))
    layers = [BatchNorm(affine), GroupNorm(groups, affine), InstanceNorm(affine), LocalResponseNorm(r.randint(1, 9))]
    if r.random() < 0.2:
        return LayerNorm(r.randint(1, rank + 1), affine=affine), image
    if r.random() < 0.1:
        return BatchNorm(affine), image[:2]
    return r.choice(layers), image


def softmax_or_flatten(r: Random) -> Drawn:
    rank = r.randint(0, 3)
    axis = r.randrange(-rank - 2, rank + 2)
    return r.choice([Softmax(axis), Flatten(axis)]), shape(r, rank)


def activation(r: Random) -> Drawn:
    layers = [LAYERS[kind]() for kind in sorted(PLAIN)] + [GELU(), GELU(True), PReLU(), PReLU(True)]
    return r.choice(layers), shape(r, r.randint(0, 3))


DRAWS = [
    conv, depthwise, transposed, max_pool, avg_pool, grid, upsample, pad, linear, norm, softmax_or_flatten, activation,
    *MOVES,
]  # fmt: skip


@pytest.mark.parametrize("draw", DRAWS)
def test_shapes_weights_and_macs_are_torch_s(draw: Any) -> None:
    r = Random(draw.__name__)
    legal = 0
    for _ in range(MANY):
        layer, given = draw(r)
        try:
            module = module_of(layer, given)
            out, macs = macs_of(module, empty(given))
        except (RuntimeError, ValueError) as refusal:
            # torch's 3-D average pool measures the kernel against the image without its padding; the others don't.
            if "smaller than kernel size" not in str(refusal):
                with pytest.raises(ShapeError):
                    one_layer(layer, *given)
            continue
        if not out.numel():
            # torch lets a few empty outputs pass; a network that computes nothing is no network here.
            with pytest.raises(ShapeError):
                one_layer(layer, *given)
            continue
        net = one_layer(layer, *given)
        legal += 1
        assert net.output.shape == tuple(out.shape), f"{layer} on {given}"
        assert net.evaluate("params") == trainable_of(module), f"{layer} on {given}"
        assert net.evaluate("buffers") == buffers_of(module), f"{layer} on {given}"
        assert net.evaluate("macs") == macs, f"{layer} on {given}"
    assert legal >= MANY // 3


def test_every_kind_of_layer_is_compared() -> None:
    drawn = {draw(Random(seed))[0].kind for seed in range(MANY) for draw in DRAWS}
    own = {kind for kind, cls in LAYERS.items() if cls.__module__.startswith("symconv.layers.")}
    joins, recurrent = {"add", "sub", "mul", "maximum", "concat"}, {"lstm", "gru", "rnn"}
    graphs = {  # those that graphs of others are made of are compared with their runs, in tests/readers/onnx
        "elementwise", "reduce", "product", "einsum", "move", "look", "search", "resample", "recurrent",
        "head_attention", "unknown",
    }  # fmt: skip
    assert own - drawn == joins | recurrent | SEQUENCES | graphs | {"bias", "buffer"}


class Kept(torch.nn.Module):
    """A weight that is added to every feature, and constants that nothing reads."""

    def __init__(self, features: int, constants: int) -> None:
        super().__init__()
        self.bias = torch.nn.Parameter(torch.empty(features, device="meta"))
        self.register_buffer("constants", torch.empty(constants, device="meta"))

    def forward(self, x: Any) -> Any:
        return x + self.bias


@pytest.mark.parametrize(("features", "constants"), [(1, 1), (7, 512), (64, 3)])
def test_a_bias_is_a_parameter_and_a_constant_is_a_buffer(features: int, constants: int) -> None:
    module = Kept(features, constants)
    net = Network()
    net.input("rows", 2, 5, features)
    net.add("bias", Bias())
    net.add("constants", Buffer(constants))
    assert net.output.shape == tuple(module(empty((2, 5, features))).shape)
    assert net.evaluate("params") == sum(p.numel() for p in module.parameters())
    assert net.evaluate("buffers") == sum(b.numel() for b in module.buffers())
    assert net.evaluate("ops") == 2 * 5 * features


def test_joins_broadcast_as_torch_does() -> None:
    r = Random("joins")
    for _ in range(MANY):
        whole = [r.randint(1, 4) for _ in range(r.randint(1, 4))]
        shapes = [tuple(r.choice([x, x, 1, x + 1 if r.random() < 0.1 else x]) for x in whole) for _ in range(2)]
        axis = r.randrange(len(whole))
        for layer in (Add(), Sub(), Mul(), Maximum(), Concat(axis)):
            net = Network()
            names = [net.input(f"input{i}", *s) for i, s in enumerate(shapes)]
            try:
                out = module_of(layer, shapes[0])(*map(empty, shapes))
            except RuntimeError:
                with pytest.raises(ShapeError):
                    net.add("join", layer, *names)
                continue
            net.add("join", layer, *names)
            assert net.output.shape == tuple(out.shape)


def test_an_upsampling_to_a_second_input_is_torch_s_to_its_size() -> None:
    r = Random("to")
    for _ in range(MANY):
        rank, mode = r.randint(1, 3), r.choice(["nearest", "linear"])
        small, large = shape(r, rank), shape(r, rank)
        net = Network()
        names = [net.input(name, *given) for name, given in (("small", small), ("large", large))]
        net.add("layer", Upsample(mode=mode), *names)
        out = module_of(Upsample(size=large[2:], mode=mode), small)(empty(small))
        assert net.output.shape == tuple(out.shape)


# -- the formulas that count are the functions of the field --------------------------------------------------------

VALUES = [-7.0, -3.5, -3.0, -1.0, -0.25, 0.0, 0.5, 1.0, 2.75, 3.0, 6.5]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_formula_that_is_counted_has_torch_s_values(name: str) -> None:
    names = {"hard_sigmoid": "hardsigmoid", "hard_swish": "hardswish"}
    theirs = {
        "gelu_tanh": lambda x: functional.gelu(x, approximate="tanh"),
        "prelu": lambda x: functional.prelu(x, torch.tensor([0.25], dtype=x.dtype)),
    }.get(name) or getattr(functional, names.get(name, name))
    row, _ = scalars(VALUES)
    expected = theirs(torch.tensor(VALUES, dtype=torch.float64))
    assert [FUNCTIONS[name](x).value for x in row] == pytest.approx(expected.tolist(), abs=1e-12)


def test_the_rows_that_are_counted_have_torch_s_values() -> None:
    tensor = torch.tensor(VALUES, dtype=torch.float64)
    row, _ = scalars(VALUES)
    assert [x.value for x in softmax(row)] == pytest.approx(functional.softmax(tensor, 0).tolist())
    scale, shift = torch.full_like(tensor, 2), torch.full_like(tensor, 3)
    wanted = functional.layer_norm(tensor, tensor.shape, scale, shift)
    assert [x.value for x in normalised(row, affine=True)] == pytest.approx(wanted.tolist())
    for size in range(1, 8):
        lrn = functional.local_response_norm(tensor.reshape(1, -1, 1), size, k=2.0)
        assert [x.value for x in local_response_norm(row, size)] == pytest.approx(lrn.flatten().tolist())


@pytest.mark.parametrize(("rank", "mode"), [(1, "linear"), (2, "bilinear"), (3, "trilinear")])
def test_the_interpolation_that_is_counted_has_torch_s_values(rank: int, mode: str) -> None:
    grid_values = torch.arange(2**rank, dtype=torch.float64).reshape((2,) * rank) ** 2
    cells, _ = scalars(grid_values.flatten().tolist())
    corners = dict(
        zip(((*map(int, index),) for index in torch.cartesian_prod(*[torch.arange(2)] * rank).reshape(-1, rank)), cells)
    )
    whole = functional.interpolate(grid_values[None, None], scale_factor=2.0, mode=mode)[0, 0]
    assert interpolated(corners, (0,) * rank, (0.25,) * rank).value == pytest.approx(whole[(1,) * rank].item())
