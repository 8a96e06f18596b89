"""The models of keras.applications: parameters and macs at two sizes; nested, shared and frozen parts of models."""

from __future__ import annotations

from typing import Any

import pytest

from readers.keras.witness import assert_exact, counted, fed, functional, keras, parameters
from symconv.layer import BUFFER, FROZEN, TRAINABLE
from symconv.readers.keras import read_keras

pytestmark = pytest.mark.torch
L = keras.layers

#: Of each family one or two, and of each the others.
SMALL = [
    "MobileNetV2", "MobileNetV3Small", "EfficientNetB0", "EfficientNetV2B0", "ResNet50", "ResNet50V2", "DenseNet121",
    "ConvNeXtTiny", "NASNetMobile", "InceptionV3", "Xception", "VGG16",
]  # fmt: skip
LARGE = [
    "ConvNeXtSmall", "ConvNeXtBase", "ConvNeXtLarge", "ConvNeXtXLarge", "DenseNet169", "DenseNet201", "EfficientNetB1",
    "EfficientNetB2", "EfficientNetB3", "EfficientNetB4", "EfficientNetB5", "EfficientNetB6", "EfficientNetB7",
    "EfficientNetV2B1", "EfficientNetV2B2", "EfficientNetV2B3", "EfficientNetV2S", "EfficientNetV2M", "EfficientNetV2L",
    "InceptionResNetV2", "MobileNet", "MobileNetV3Large", "NASNetLarge", "ResNet101", "ResNet101V2", "ResNet152",
    "ResNet152V2", "VGG19",
]  # fmt: skip


class _Backend:
    """Keras's backend, but for its name: NASNet refuses torch by that."""

    @staticmethod
    def backend() -> str:
        return "tensorflow"

    def __getattr__(self, name: str) -> Any:
        return getattr(keras.src.backend, name)


def _on_meta(model: Any, shape: tuple[int, ...]) -> int:
    """The macs that torch counts, where tensors have a shape and no data."""
    import torch

    done, _ = counted(lambda: model(torch.zeros(shape, device="meta"), training=False))
    return done


@pytest.mark.parametrize("form", ["channels_last", "channels_first"])
@pytest.mark.parametrize("name", [*SMALL, *(pytest.param(n, marks=pytest.mark.long) for n in LARGE)])
def test_a_published_model_has_the_macs_and_parameters_of_its_run(
    name: str, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the size that it is built at, and where another one fits, a second one that is odd and no square."""
    first = form == "channels_first"
    if first and name.startswith(("ConvNeXt", "DenseNet", "NASNet")):
        pytest.skip("Keras has it with channels last alone")
    monkeypatch.setattr(keras.src.applications.nasnet, "backend", _Backend())
    before, make = keras.config.image_data_format(), getattr(keras.applications, name)
    keras.config.set_image_data_format(form)
    try:
        with keras.device("meta"):
            _assert_published(name, make, first)
    finally:
        keras.config.set_image_data_format(before)


def _assert_published(name: str, make: Any, first: bool) -> None:
    model = make(weights=None)
    side = next((n for n in model.input_shape[1:] if n not in (3, None)), 224)
    net = read_keras(model)
    free = "H" in net.symbols

    def image(batch: int, height: int, width: int) -> tuple[int, ...]:
        return (batch, 3, height, width) if first else (batch, height, width, 3)

    at = {"H": side, "W": side} if free else {}
    assert net.evaluate("macs", N=1, **at) == _on_meta(model, image(1, side, side))
    assert parameters(net)[0] == sum(v.value.numel() for v in model.trainable_weights)
    assert sum(parameters(net)) == model.count_params()
    assert free or [text for text in net.notes if "and no symbol" in text]
    height, width = (side - 32, side + 32) if name.startswith("NASNet") else (side - 31, side + 9)
    nested = name.startswith("ConvNeXt")
    body = model if free and not nested else make(weights=None, include_top=False)
    other = image(2, height, width)
    if nested:
        again = make(weights=None, include_top=False, input_shape=other[1:])
    else:
        again = keras.models.clone_model(body, input_tensors=keras.Input(other[1:]))
    assert read_keras(body).evaluate("macs", N=2, H=height, W=width) == _on_meta(again, other)


def test_a_sequential_model_is_read_as_the_functional_one_that_it_is() -> None:
    layers = [L.Conv2D(4, 3, activation="relu"), L.MaxPooling2D(), L.Flatten(), L.Dense(5)]
    model = keras.Sequential([keras.Input((11, 14, 3)), *layers])
    net = read_keras(model)
    assert not {"H", "W"} & set(net.symbols)
    assert any("H is 11, and no symbol" in text for text in net.notes)
    assert_exact(model, [[(1, 11, 14, 3)], [(2, 11, 14, 3)]])


def test_a_nested_model_is_read_below_its_name_and_a_shared_one_keeps_its_weights_once() -> None:
    inner = keras.Sequential([L.Dense(4, name="first"), L.Dense(6, name="second")], name="inner")
    model = functional(lambda x: inner(x) + inner(x * 2), [(6,)])
    net = read_keras(model)
    names = [n.name for n in net.nodes]
    assert {"inner/first", "inner/second", "inner#2/first", "inner#2/second"} <= set(names)
    assert net.node("inner#2/first").shares == "inner/first"
    done, _ = counted(lambda: model(fed((2, 6)), training=False))
    assert net.evaluate("macs", N=2) == done
    assert sum(parameters(net)) == model.count_params() == 6 * 4 + 4 + 4 * 6 + 6


def test_frozen_weights_and_statistics_are_told_apart() -> None:
    frozen = L.Conv2D(4, 3, trainable=False, name="frozen")
    model = functional(lambda x: L.BatchNormalization(name="norm")(frozen(x)), [(None, None, 3)])
    net = read_keras(model)
    assert {p.kind for p in net.node("frozen").parameters} == {FROZEN}
    assert [p.kind for p in net.node("norm").parameters] == [TRAINABLE, TRAINABLE, BUFFER, BUFFER]
    assert parameters(net) == (8, 4 * 27 + 4, 8)
    model.trainable = False
    assert parameters(read_keras(model)) == (0, 4 * 27 + 4 + 8, 8)


def test_random_seeds_are_no_parameters() -> None:
    model = functional(lambda x: L.Dropout(0.5)(L.Dense(3)(x)), [(5,)])
    assert sum(parameters(read_keras(model))) == model.count_params() == 18


def test_several_outputs_and_inputs_are_read() -> None:
    a, b = keras.Input((5,), name="a"), keras.Input((7,), name="b")
    x = L.Dense(4)(a)
    model = keras.Model({"a": a, "b": b}, [L.Concatenate()([x, b]), L.Dense(2)(x)])
    net = read_keras(model)
    assert sorted(net.inputs) == ["a", "b"]
    assert net.output.shape[1:] == (11,)
    assert net.evaluate("macs", N=3) == 3 * (20 + 8)


def test_mixed_precision_does_not_change_what_is_counted() -> None:
    policy = keras.DTypePolicy("mixed_float16")
    model = functional(lambda x: L.Dense(4, dtype=policy)(x), [(6,)])
    net = read_keras(model)
    assert net.evaluate("macs", N=2) == 48


def test_a_table_of_a_layer_without_the_attributes_of_a_variable_is_kept_too() -> None:
    class Scaled(L.Layer):
        def build(self, shape: Any) -> None:
            self.gains = [self.add_weight(shape=(shape[-1],), name=f"gain{i}") for i in range(2)]

        def call(self, x: Any) -> Any:
            for gain in self.gains:
                x = x * gain
            return x

    model = functional(Scaled(), [(6,)])
    net = read_keras(model)
    assert sum(parameters(net)) == 12
    assert net.count()["mul"] == 2 * net.output.elements
