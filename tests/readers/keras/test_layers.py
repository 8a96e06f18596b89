"""Every layer class of Keras with arithmetic or another shape, against a run at two sizes."""

from __future__ import annotations

from typing import Any

import pytest

from readers.keras.witness import assert_exact, functional, keras
from symconv.readers.keras import read_keras

pytestmark = pytest.mark.torch
L = keras.layers

IMAGE = [(None, None, 6)], [[(1, 9, 12, 6)], [(2, 13, 8, 6)]]
FIRST = [(6, None, None)], [[(1, 6, 9, 12)], [(2, 6, 13, 8)]]
ROWS = [(None, 6)], [[(1, 11, 6)], [(2, 8, 6)]]
ROWS_FIRST = [(6, None)], [[(1, 6, 11)], [(2, 6, 8)]]
VOLUME = [(None, None, None, 4)], [[(1, 7, 9, 8, 4)], [(2, 10, 7, 9, 4)]]
FEATURES = [(6,)], [[(1, 6)], [(2, 6)]]
TWO = [(None, None, 6)] * 2, [[(1, 9, 12, 6)] * 2, [(2, 13, 8, 6)] * 2]
CF = "channels_first"


def pick(conv: Any, **more: Any) -> Any:
    return lambda x: conv(x, **more)


CONVOLUTIONS = {
    "valid": (L.Conv2D(4, 3), IMAGE),
    "same": (L.Conv2D(4, (3, 2), padding="same", strides=(2, 3)), IMAGE),
    "dilated": (L.Conv2D(4, 3, padding="same", dilation_rate=2), IMAGE),
    "dilated valid": (L.Conv2D(4, 3, dilation_rate=(2, 1)), IMAGE),
    "groups": (L.Conv2D(4, 3, groups=2, use_bias=False, activation="relu"), IMAGE),
    "1d": (L.Conv1D(4, 3, strides=2), ROWS),
    "causal": (L.Conv1D(4, 3, padding="causal", dilation_rate=2), ROWS),
    "causal strided": (L.Conv1D(4, 4, padding="causal", strides=3), ROWS),
    "3d": (L.Conv3D(3, (2, 3, 2), strides=2, padding="same"), VOLUME),
    "depthwise": (L.DepthwiseConv2D(3, strides=2, padding="same", depth_multiplier=2), IMAGE),
    "depthwise 1d": (L.DepthwiseConv1D(3, padding="valid", depth_multiplier=2, use_bias=False), ROWS),
    "separable": (L.SeparableConv2D(5, 3, padding="same", depth_multiplier=2, activation="tanh"), IMAGE),
    "separable 1d": (L.SeparableConv1D(5, 3, strides=2), ROWS),
    "transposed": (L.Conv2DTranspose(4, 3, strides=2), IMAGE),
    "transposed same": (L.Conv2DTranspose(4, 3, strides=2, padding="same"), IMAGE),
    "transposed apart": (L.Conv2DTranspose(4, 2, strides=3, padding="same"), IMAGE),
    "transposed apart valid": (L.Conv2DTranspose(4, 2, strides=3), IMAGE),
    "transposed out": (L.Conv2DTranspose(4, 3, strides=2, padding="same", output_padding=1), IMAGE),
    "transposed 1d": (L.Conv1DTranspose(4, 4, strides=2, padding="same"), ROWS),
    "transposed dilated": (L.Conv1DTranspose(4, 3, dilation_rate=2), ROWS),
    "transposed 3d": (L.Conv3DTranspose(2, 3, strides=2, padding="same"), VOLUME),
    "first": (L.Conv2D(4, 3, strides=2, padding="same", data_format=CF), FIRST),
    "first 1d": (L.Conv1D(4, 3, data_format=CF), ROWS_FIRST),
    "first depthwise": (L.DepthwiseConv2D(3, data_format=CF), FIRST),
    "first separable": (L.SeparableConv2D(4, 3, data_format=CF), FIRST),
    "first transposed": (L.Conv2DTranspose(4, 3, strides=2, padding="same", data_format=CF), FIRST),
}

POOLS = {
    "max": (L.MaxPooling2D(2), IMAGE),
    "max same": (L.MaxPooling2D(3, strides=2, padding="same"), IMAGE),
    "max strided": (L.MaxPooling2D((3, 2), strides=(1, 3)), IMAGE),
    "max 1d": (L.MaxPooling1D(3, 2), ROWS),
    "max 3d": (L.MaxPooling3D(2, padding="same"), VOLUME),
    "max first": (L.MaxPooling2D(2, padding="same", data_format=CF), FIRST),
    "average": (L.AveragePooling2D(3), IMAGE),
    "average same": (L.AveragePooling2D(2, padding="same"), IMAGE),
    "average 1d": (L.AveragePooling1D(2, padding="same"), ROWS),
    "average 3d": (L.AveragePooling3D(2), VOLUME),
    "average first": (L.AveragePooling1D(2, data_format=CF), ROWS_FIRST),
    "global average": (L.GlobalAveragePooling2D(), IMAGE),
    "global average kept": (L.GlobalAveragePooling2D(keepdims=True), IMAGE),
    "global average 1d": (L.GlobalAveragePooling1D(), ROWS),
    "global average 3d": (L.GlobalAveragePooling3D(), VOLUME),
    "global average first": (L.GlobalAveragePooling2D(data_format=CF), FIRST),
    "global max": (L.GlobalMaxPooling2D(), IMAGE),
    "global max kept": (L.GlobalMaxPooling1D(keepdims=True), ROWS),
    "global max 3d": (L.GlobalMaxPooling3D(data_format=CF), VOLUME),
    "adaptive average": (L.AdaptiveAveragePooling2D((3, 4)), IMAGE),
    "adaptive average 1d": (L.AdaptiveAveragePooling1D(3), ROWS),
    "adaptive max": (L.AdaptiveMaxPooling2D(2), IMAGE),
    "adaptive max first": (L.AdaptiveMaxPooling2D(2, data_format=CF), FIRST),
    "adaptive 3d": (L.AdaptiveMaxPooling3D(2), VOLUME),
    "adaptive average 3d": (L.AdaptiveAveragePooling3D(2), VOLUME),
    "adaptive max 1d": (L.AdaptiveMaxPooling1D(2), ROWS),
}

OTHERS = {
    "dense": (L.Dense(5, activation="gelu"), FEATURES),
    "dense rows": (L.Dense(5, use_bias=False, activation="softmax"), IMAGE),
    "einsum dense": (L.EinsumDense("abc,cde->abde", (None, 2, 3), bias_axes="de", activation="relu"), ROWS),
    "einsum dense dots": (L.EinsumDense("...x,xy->...y", 4, bias_axes="y"), ROWS),
    "batch norm": (L.BatchNormalization(), IMAGE),
    "batch norm plain": (L.BatchNormalization(scale=False, center=False), IMAGE),
    "batch norm first": (L.BatchNormalization(axis=1), FIRST),
    "batch norm features": (L.BatchNormalization(), FEATURES),
    "layer norm": (L.LayerNormalization(), IMAGE),
    "layer norm plain": (L.LayerNormalization(scale=False), ROWS),
    "layer norm bare": (L.LayerNormalization(scale=False, center=False), ROWS),
    "rms norm": (L.RMSNormalization(), ROWS),
    "group norm": (L.GroupNormalization(3), IMAGE),
    "group norm first": (L.GroupNormalization(2, axis=1), FIRST),
    "group norm plain": (L.GroupNormalization(2, scale=False), IMAGE),
    "instance norm": (L.GroupNormalization(-1), IMAGE),
    "unit norm": (L.UnitNormalization(), ROWS),
    "spectral": (L.SpectralNormalization(L.Conv2D(4, 3)), IMAGE),
    "relu": (L.ReLU(), IMAGE),
    "relu parts": (L.ReLU(max_value=6, negative_slope=0.1, threshold=0.2), IMAGE),
    "leaky relu": (L.LeakyReLU(), IMAGE),
    "prelu": (L.PReLU(shared_axes=[1, 2]), IMAGE),
    "elu": (L.ELU(), IMAGE),
    "softmax": (L.Softmax(), ROWS),
    "softmax axes": (L.Softmax(axis=(1, 2)), IMAGE),
    "dropout": (L.Dropout(0.5), IMAGE),
    "spatial dropout": (L.SpatialDropout2D(0.5), IMAGE),
    "gaussian noise": (L.GaussianNoise(0.5), IMAGE),
    "gaussian dropout": (L.GaussianDropout(0.5), IMAGE),
    "alpha dropout": (L.AlphaDropout(0.5), IMAGE),
    "identity": (L.Identity(), IMAGE),
    "activity": (L.ActivityRegularization(0.1), IMAGE),
    "masking": (L.Masking(), ROWS),
    "flatten": (L.Flatten(), IMAGE),
    "flatten first": (L.Flatten(data_format=CF), FIRST),
    "reshape": (L.Reshape((-1, 3)), ROWS),
    "reshape image": (L.Reshape((-1, 6)), IMAGE),
    "permute": (L.Permute((3, 1, 2)), IMAGE),
    "repeat": (L.RepeatVector(3), FEATURES),
    "pad": (L.ZeroPadding2D(((1, 2), (0, 3))), IMAGE),
    "pad 1d": (L.ZeroPadding1D((1, 2)), ROWS),
    "pad 3d": (L.ZeroPadding3D(1), VOLUME),
    "pad first": (L.ZeroPadding2D(2, data_format=CF), FIRST),
    "crop": (L.Cropping2D(((1, 2), (0, 3))), IMAGE),
    "crop 1d": (L.Cropping1D(1), ROWS),
    "crop 3d": (L.Cropping3D(((1, 1), (0, 2), (1, 0))), VOLUME),
    "crop first": (L.Cropping2D(1, data_format=CF), FIRST),
    "upsample": (L.UpSampling2D((2, 3)), IMAGE),
    "upsample linear": (L.UpSampling2D(2, interpolation="bilinear"), IMAGE),
    "upsample cubic": (L.UpSampling2D(2, interpolation="bicubic"), IMAGE),
    "upsample 1d": (L.UpSampling1D(2), ROWS),
    "upsample 3d": (L.UpSampling3D(2), VOLUME),
    "upsample first": (L.UpSampling2D(2, data_format=CF), FIRST),
    "rescaling": (L.Rescaling(1 / 255.0, 0.5), IMAGE),
    "normalization": (L.Normalization(mean=[1.0] * 6, variance=[2.0] * 6), IMAGE),
    "resizing": (L.Resizing(5, 7), IMAGE),
    "center crop": (L.CenterCrop(5, 6), IMAGE),
    "random flip": (L.RandomFlip(), IMAGE),
    "random contrast": (L.RandomContrast(0.1), IMAGE),
    "pipeline": (L.Pipeline([L.Rescaling(2.0), L.CenterCrop(5, 5)]), IMAGE),
    "time distributed": (L.TimeDistributed(L.Dense(4, activation="relu")), ROWS),
    "time distributed image": (L.TimeDistributed(L.Conv1D(4, 3, padding="same")), IMAGE),
    "lambda": (L.Lambda(lambda x: keras.ops.relu(x) * 2 + keras.ops.mean(x, axis=-1, keepdims=True)), IMAGE),
}

ALL = [
    pytest.param(*case, id=f"{family} {name}")
    for family, cases in (("conv", CONVOLUTIONS), ("pool", POOLS), ("other", OTHERS))
    for name, case in cases.items()
]  # fmt: skip


@pytest.mark.parametrize(("layer", "where"), ALL)
def test_a_layer_has_the_shape_the_macs_and_the_weights_of_its_run(layer: Any, where: Any) -> None:
    shapes, sizes = where
    assert_exact(functional(pick(layer), shapes), sizes)


MERGED = {
    "add": L.Add(), "subtract": L.Subtract(), "multiply": L.Multiply(), "average": L.Average(), "maximum": L.Maximum(),
    "minimum": L.Minimum(), "concatenate": L.Concatenate(), "concatenate rows": L.Concatenate(axis=1),
}  # fmt: skip


@pytest.mark.parametrize("layer", [pytest.param(layer, id=name) for name, layer in MERGED.items()])
def test_a_layer_of_two_inputs_has_the_shape_of_its_run(layer: Any) -> None:
    model = functional(lambda a, b: layer([a, b]), TWO[0])
    names = [layer.name for layer in model.layers if isinstance(layer, L.InputLayer)]
    assert_exact(model, TWO[1], dims=dict.fromkeys(names, (None, "H", "W", None)))


def test_a_smaller_input_is_repeated_over_the_positions() -> None:
    model = functional(lambda a, b: L.Multiply()([a, b]), [(None, None, 6), (1, 1, 6)])
    assert_exact(model, [[(1, 9, 12, 6), (1, 1, 1, 6)], [(2, 5, 8, 6), (2, 1, 1, 6)]])


@pytest.mark.parametrize("axes", [1, 2, (1, 2), (2, 1)])
@pytest.mark.parametrize("normalize", [False, True])
def test_a_dot_of_two_sequences_counts_a_mac_a_product(axes: Any, normalize: bool) -> None:
    model = functional(lambda a, b: L.Dot(axes, normalize)([a, b]), [(4, 4), (4, 4)])
    assert_exact(model, [[(1, 4, 4)] * 2, [(3, 4, 4)] * 2])


def test_an_embedding_is_a_lookup() -> None:
    model = functional(L.Embedding(11, 5, mask_zero=True), [(None,)], ["int32"])
    assert_exact(model, [[(1, 7)], [(3, 4)]])


def test_a_reversible_embedding_shares_its_table_with_the_head() -> None:
    table = L.ReversibleEmbedding(11, 5)
    model = functional(lambda ids: table(table(ids), reverse=True), [(None,)], ["int32"])
    assert_exact(model, [[(1, 7)], [(3, 4)]])


@pytest.mark.parametrize(
    ("make", "where"),
    [
        (lambda: L.Dense(5), ROWS),
        (lambda: L.EinsumDense("abc,cd->abd", (None, 4), bias_axes="d"), ROWS),
        (lambda: L.Conv2D(4, 3), IMAGE),
    ],
)
def test_a_low_rank_adapter_is_multiplied_out_at_every_call(make: Any, where: Any) -> None:
    layer = make()
    functional(layer, where[0])
    layer.enable_lora(2)
    assert_exact(functional(layer, where[0]), where[1])


def test_a_low_rank_adapter_of_a_table_is_multiplied_out_at_every_call() -> None:
    layer = L.Embedding(11, 5)
    functional(layer, [(None,)], ["int32"])
    layer.enable_lora(2)
    assert_exact(functional(layer, [(None,)], ["int32"]), [[(1, 7)], [(3, 4)]])


def test_a_quantized_layer_has_the_macs_of_the_layer() -> None:
    layer = L.Dense(5)
    model = functional(layer, [(6,)])
    layer.quantize("int8")
    net = read_keras(model)
    assert net.evaluate("macs", N=2) == 60


def test_a_norm_over_another_axis_than_the_last_is_read_though_torch_cannot_run_it() -> None:
    net = read_keras(functional(L.LayerNormalization(axis=1), [(6, None, None)]))
    assert net.output.shape == (net.symbols["N"], 6, net.symbols["H"], net.symbols["W"])
