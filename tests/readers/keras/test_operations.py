"""Operations of keras.ops in functional graphs, against a run at two sizes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readers.keras.witness import assert_exact, functional, keras
from symconv.extent import symbols_of
from symconv.readers.keras import read_keras

pytestmark = pytest.mark.torch
ops = keras.ops

ROWS = [(None, 6)], [[(1, 11, 6)], [(2, 8, 6)]]
IMAGE = [(None, None, 6)], [[(1, 9, 12, 6)], [(2, 13, 8, 6)]]
KERNEL = keras.ops.ones((3, 3, 6, 4))

UNARY = [
    "abs", "arccos", "arcsin", "arctan", "arcsinh", "ceil", "cos", "cosh", "exp", "expm1", "floor", "log", "log10",
    "log1p", "log2", "negative", "reciprocal", "round", "sign", "sin", "sinh", "sqrt", "rsqrt", "square", "tan", "tanh",
    "erf", "isnan", "isfinite", "logical_not", "trunc", "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu",
    "sigmoid", "silu", "softplus", "softsign", "hard_sigmoid", "hard_silu", "log_sigmoid", "hard_tanh", "hard_shrink",
    "soft_shrink", "tanh_shrink", "squareplus", "sparse_plus", "sparse_sigmoid", "softmax", "log_softmax", "glu",
    "mean", "sum", "max", "min", "prod", "var", "std", "logsumexp", "argmax", "any", "all", "count_nonzero", "cumsum",
    "cumprod", "average", "normalize", "ravel", "transpose", "flip", "zeros_like", "ones_like", "stop_gradient",
    "deg2rad", "exp2", "cbrt", "erfc", "copy", "amax", "amin", "sinc", "nan_to_num",
]  # fmt: skip


@pytest.mark.parametrize("name", UNARY)
def test_a_function_of_one_tensor_has_the_shape_of_its_run(name: str) -> None:
    assert_exact(functional(getattr(ops, name), IMAGE[0]), IMAGE[1])


BINARY = [
    "add", "subtract", "multiply", "divide", "power", "mod", "maximum", "minimum", "equal", "greater", "less_equal",
    "logical_and", "arctan2", "floor_divide", "hypot", "logaddexp", "divide_no_nan", "not_equal",
]  # fmt: skip


@pytest.mark.parametrize("name", BINARY)
def test_a_function_of_two_tensors_has_the_shape_of_its_run(name: str) -> None:
    function = getattr(ops, name)

    def build(x: Any) -> Any:
        by_tensor = ops.cast(function(x, ops.exp(x[..., :1])), "float32")
        return by_tensor if name in ("hypot", "logaddexp") else by_tensor * ops.cast(function(x, 2.0), "float32")

    model = functional(build, IMAGE[0])
    assert_exact(model, IMAGE[1])


ASKED = ["isnan", "isfinite", "logical_not", "signbit"]
COMPARED = ["equal", "greater", "less_equal", "not_equal", "logical_or", "isclose"]


@pytest.mark.parametrize("name", [*ASKED, *COMPARED])
def test_what_is_asked_of_each_element_is_a_boolean_of_one_byte(name: str) -> None:
    function = getattr(ops, name)
    model = functional(lambda x: function(x) if name in ASKED else function(x, x), ROWS[0])
    (*_, last) = read_keras(model).nodes
    assert last.out.dtype == keras.backend.standardize_dtype(model.outputs[0].dtype) == "bool"


def test_halves_are_of_an_even_axis() -> None:
    net = read_keras(functional(lambda x: ops.glu(x, axis=1), [(None, None, 6)]))
    (t,) = symbols_of(net.symbols["H"] if "H" in net.symbols else net.symbols["T"])
    assert [size for size in range(1, 7) if net.domain.allows({t: size})] == [2, 4, 6]


def _static(x: Any) -> Any:
    return ops.reshape(x, (-1, 6))


SHAPES = {
    "reshape": _static,
    "reshape kept": lambda x: ops.reshape(x, (-1, 6, 1)),
    "swap": lambda x: ops.swapaxes(x, 1, 3),
    "move": lambda x: ops.moveaxis(x, (1, 2), (-1, 1)),
    "permute": lambda x: ops.transpose(x, (0, 3, 2, 1)),
    "expand": lambda x: ops.expand_dims(x, (1, -1)),
    "squeeze": lambda x: ops.squeeze(ops.expand_dims(x, 2), 2),
    "concatenate": lambda x: ops.concatenate([x, x * 2, x], axis=2),
    "stack": lambda x: ops.stack([x, x], axis=-2),
    "hstack": lambda x: ops.hstack([x, x]),
    "split": lambda x: ops.split(x, 3, axis=-1)[1],
    "split at": lambda x: ops.split(x, [2, 5], axis=-1)[1],
    "array split": lambda x: ops.array_split(x, 2, axis=1)[0],
    "unstack": lambda x: ops.unstack(x, 6, axis=-1)[2],
    "item": lambda x: x[:, 1:-2, ::2, 3],
    "item dots": lambda x: x[..., None, 2:4],
    "item back": lambda x: x[:, 2:, -1],
    "tile": lambda x: ops.tile(x, (1, 2, 1, 3)),
    "repeat": lambda x: ops.repeat(x, 3, axis=2),
    "pad": lambda x: ops.pad(x, ((0, 0), (1, 2), (0, 3), (0, 0))),
    "roll": lambda x: ops.roll(x, 2, axis=1),
    "cast": lambda x: ops.cast(x, "int32"),
    "take": lambda x: ops.take(x, ops.convert_to_tensor([0, 2, 3]), axis=-1),
    "one hot": lambda x: ops.one_hot(ops.cast(x[..., 0], "int32"), 4),
    "where": lambda x: ops.where(x > 0.5, x, 0.0),
    "clip": lambda x: ops.clip(x, 0.0, 1.0),
    "sum axes": lambda x: ops.sum(x, axis=(1, 2), keepdims=True),
    "mean axis": lambda x: ops.mean(x, axis=-1),
    "moments": lambda x: ops.moments(x, axes=[1, 2], keepdims=True)[1],
    "norm": lambda x: ops.norm(x, axis=-1),
    "depth to space": lambda x: ops.depth_to_space(ops.concatenate([x, x], axis=-1), 2),
    "space to depth": lambda x: ops.space_to_depth(ops.tile(x, (1, 2, 2, 1)), 2),
    "resize": lambda x: ops.image.resize(x, (5, 4)),
    "diagonal": lambda x: ops.diagonal(ops.tile(x[:, :1, :1], (1, 3, 3, 1)), axis1=1, axis2=2),
    "slice": lambda x: ops.slice(x[:1, :], (0, 1, 2, 0), (1, 3, 4, 5)),
    "triu": lambda x: ops.triu(x),
    "diff": lambda x: ops.diff(x, axis=-1),
    "arithmetic": lambda x: (1 - x) / (x**2 + 1.5) // 0.3 - abs(-x),
}


@pytest.mark.parametrize("build", [pytest.param(build, id=name) for name, build in SHAPES.items()])
def test_an_operation_has_the_shape_of_its_run(build: Any) -> None:
    assert_exact(functional(build, IMAGE[0]), IMAGE[1])


def test_patches_are_copies_though_keras_takes_them_by_a_convolution() -> None:
    model = functional(lambda x: ops.image.extract_patches(ops.image.resize(x, (6, 6)), 2), IMAGE[0])
    assert_exact(model, IMAGE[1], macs=lambda x: 0)


PRODUCTS = {
    "matmul": lambda x: ops.matmul(x, ops.transpose(x, (0, 2, 1))),
    "matmul constant": lambda x: ops.matmul(x, ops.ones((6, 5))),
    "operator": lambda x: x @ ops.swapaxes(x, -1, -2),
    "einsum": lambda x: ops.einsum("btc,bsc->bts", x, x),
    "einsum constant": lambda x: ops.einsum("...c,cd->...d", x, ops.ones((6, 2))),
    "tensordot": lambda x: ops.tensordot(x, ops.ones((6, 3, 2)), axes=1),
    "tensordot axes": lambda x: ops.tensordot(x, ops.ones((3, 6)), axes=[[2], [1]]),
    "dot": lambda x: ops.dot(x, ops.ones((6, 3))),
}


@pytest.mark.parametrize("build", [pytest.param(build, id=name) for name, build in PRODUCTS.items()])
def test_a_product_counts_what_torch_counts(build: Any) -> None:
    assert_exact(functional(build, ROWS[0]), ROWS[1])


WINDOWS = {
    "conv": lambda x: ops.conv(x, KERNEL, strides=2, padding="same"),
    "depthwise": lambda x: ops.depthwise_conv(x, ops.ones((3, 3, 6, 2)), padding="same"),
    "separable": lambda x: ops.separable_conv(x, ops.ones((3, 3, 6, 2)), ops.ones((1, 1, 12, 5)), padding="same"),
    "max": lambda x: ops.max_pool(x, 3, 2, padding="same"),
    "average": lambda x: ops.average_pool(x, (2, 3)),
    "batch norm": lambda x: ops.batch_normalization(x, ops.zeros((6,)), ops.ones((6,)), axis=-1),
    "layer norm": lambda x: ops.layer_normalization(x, axis=-1),
    "rms norm": lambda x: ops.rms_normalization(x, axis=-1),
}


@pytest.mark.parametrize("build", [pytest.param(build, id=name) for name, build in WINDOWS.items()])
def test_convolutions_pools_and_norms_of_images(build: Any) -> None:
    assert_exact(functional(build, IMAGE[0]), IMAGE[1])


def test_a_transposed_convolution_of_an_operation_counts_by_hand_as_keras_cannot_run_it() -> None:
    def build(x: Any) -> Any:
        return ops.conv_transpose(x, ops.ones((3, 3, 4, 6)), 2, "same", data_format="channels_last")

    net = read_keras(functional(build, IMAGE[0]))
    assert net.substitute(N=2, H=9, W=12).output.shape == (2, 18, 24, 4)
    assert net.evaluate("macs", N=2, H=9, W=12) == 2 * 9 * 12 * 9 * 6 * 4


def test_attention_of_heads_counts_both_products() -> None:
    model = functional(ops.dot_product_attention, [(None, 4, 3), (None, 4, 3), (None, 4, 3)])
    sizes = [[(1, 7, 4, 3), (1, 5, 4, 3), (1, 5, 4, 3)], [(2, 3, 4, 3), (2, 6, 4, 3), (2, 6, 4, 3)]]
    assert_exact(model, sizes, macs=lambda q, k, v: q[0] * 4 * q[1] * k[1] * (3 + 3))


UNKNOWN = {
    "top_k": lambda x: ops.top_k(x, 2)[0],
    "sort": lambda x: ops.sort(x, axis=-1),
    "argsort": lambda x: ops.argsort(x, axis=-1),
    "median": lambda x: ops.median(x, axis=-1),
    "rgb_to_hsv": lambda x: ops.image.rgb_to_hsv(x[..., :3]),
}


@pytest.mark.parametrize("build", [pytest.param(build, id=name) for name, build in UNKNOWN.items()])
def test_what_has_no_count_is_a_named_unknown_with_the_shape_of_its_run(build: Any) -> None:
    model = functional(build, IMAGE[0])
    net = read_keras(model)
    assert [name for name in net.symbols if name.startswith("cost[")] or "cost[" in str(net.cost("macs"))
    for (shape,) in IMAGE[1]:
        made = model(keras.random.uniform(shape))
        at = net.substitute(N=shape[0], H=shape[1], W=shape[2])
        assert at.output.shape == tuple(made.shape)


@settings(max_examples=25)
@given(
    kernel=st.integers(1, 4), stride=st.integers(1, 4), dilation=st.integers(1, 3), size=st.integers(1, 3),
    padding=st.sampled_from(["same", "valid", "causal"]), x=st.integers(10, 30), last=st.booleans(),
)  # fmt: skip
def test_a_convolution_of_any_configuration_is_exact(
    kernel: int, stride: int, dilation: int, size: int, padding: str, x: int, last: bool
) -> None:
    if stride > 1 and dilation > 1:
        stride = 1  # Keras has no both
    form = "channels_last" if last or padding == "causal" else "channels_first"
    shape = (None, 4) if form == "channels_last" else (4, None)
    layer = keras.layers.Conv1D(2 * size, kernel, stride, padding, form, dilation, groups=2)
    sizes = [[(n, x + n, 4) if form == "channels_last" else (n, 4, x + n)] for n in (1, 2)]
    assert_exact(functional(layer, [shape]), sizes)


@settings(max_examples=25)
@given(
    kernel=st.integers(1, 5), stride=st.integers(1, 4), padding=st.sampled_from(["same", "valid"]), x=st.integers(1, 9)
)
def test_a_transposed_convolution_of_any_configuration_is_exact(kernel: int, stride: int, padding: str, x: int) -> None:
    layer = keras.layers.Conv2DTranspose(3, kernel, stride, padding)
    assert_exact(functional(layer, [(None, None, 2)]), [[(1, x, x + 1, 2)], [(2, x + 2, x, 2)]])


@settings(max_examples=25)
@given(
    pool=st.integers(1, 4), stride=st.integers(1, 4), padding=st.sampled_from(["same", "valid"]), x=st.integers(5, 20)
)
def test_a_pool_of_any_configuration_has_the_shape_of_its_run(pool: int, stride: int, padding: str, x: int) -> None:
    layer = keras.layers.MaxPooling2D(pool, stride, padding)
    assert_exact(functional(layer, [(None, None, 2)]), [[(1, x, x + 1, 2)], [(2, x + 2, x, 2)]])
