"""Every layer class and every operation of Keras has a rule, in one of three states."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from readers.keras.witness import functional, keras
from symconv.layers import Unknown
from symconv.readers.keras import read_keras
from symconv.readers.keras.registry import LAYERS, OPS, RULES
from symconv.readers.registry import COUNTED, SHAPE_ONLY, UNKNOWN

pytestmark = pytest.mark.torch

#: Classes that do nothing by themselves: an input, and what others inherit from.
ABSTRACT = {"InputLayer", "Layer", "Wrapper"}


def _layers() -> list[str]:
    found = (getattr(keras.layers, name) for name in dir(keras.layers))
    return sorted({c.__name__ for c in found if inspect.isclass(c) and issubclass(c, keras.layers.Layer)} - ABSTRACT)


def _operations() -> list[str]:
    from keras.src.ops import core, einops, image, linalg, math, nn, numpy

    return sorted(
        name
        for module in (core, einops, image, linalg, math, nn, numpy)
        for name, cls in vars(module).items()
        if inspect.isclass(cls) and issubclass(cls, keras.Operation) and cls.__module__ == module.__name__
    )


@pytest.mark.parametrize("name", _layers())
def test_a_layer_class_has_a_rule(name: str) -> None:
    assert RULES[LAYERS, name].state in (COUNTED, SHAPE_ONLY, UNKNOWN)


@pytest.mark.parametrize("name", _operations())
def test_an_operation_has_a_rule(name: str) -> None:
    assert RULES[OPS, name].state in (COUNTED, SHAPE_ONLY, UNKNOWN)


def test_rules_say_what_they_do() -> None:
    assert all(rule.what for rule in RULES.values())
    assert not [key for key in RULES if key[0] == OPS and key[1] not in _operations()]


def test_what_has_no_rule_is_a_named_unknown_in_the_total() -> None:
    net = read_keras(functional(lambda x: keras.layers.Solarization()(x), [(None, None, 3)]))
    (node,) = net.nodes
    assert isinstance(node.layer, Unknown)
    assert str(net.cost("macs")) == "cost[Solarization]"
    assert node.out.shape == net.inputs[next(iter(net.inputs))].shape


def test_an_operation_of_ones_own_is_a_named_unknown_with_the_shape_that_it_says() -> None:
    class Halved(keras.Operation):
        def call(self, x: Any) -> Any:
            return x[:, ::2]

        def compute_output_spec(self, x: Any) -> Any:
            return keras.KerasTensor((x.shape[0], 5, x.shape[2]), x.dtype)

    net = read_keras(functional(lambda x: Halved()(x), [(10, 3)]))
    assert net.output.shape == (net.symbols["N"], 5, 3)
    assert str(net.cost("macs")) == "cost[Halved]"
    assert list(net.notes) == ["Halved has no rule: its cost is a named unknown"]


def test_an_extent_of_an_unknown_that_changes_in_steps_is_an_unknown_too() -> None:
    layer = keras.layers.MelSpectrogram(sequence_stride=64, fft_length=128)
    net = read_keras(functional(layer, [(None,)]))
    assert net.output.shape[:2] == (net.symbols["N"], 128)
    assert str(net.output.shape[2]) == "dim2[mel_spectrogram]"


PREPROCESSING = [
    "AugMix", "CutMix", "MixUp", "RandAugment", "RandomFlip", "RandomGrayscale", "RandomElasticTransform",
    "RandomErasing", "RandomGaussianBlur", "RandomPerspective", "RandomSharpness",
]  # fmt: skip


@pytest.mark.parametrize("name", PREPROCESSING)
def test_what_changes_images_in_training_does_nothing_in_inference(name: str) -> None:
    try:
        layer = getattr(keras.layers, name)()
    except TypeError:
        layer = getattr(keras.layers, name)(factor=0.1)
    net = read_keras(functional(layer, [(None, None, 3)]))
    assert not net.count()
    assert net.output.shape == net.inputs[next(iter(net.inputs))].shape


@pytest.mark.parametrize(
    ("layer", "shape", "out"),
    [
        (lambda: keras.layers.Discretization([0.0, 1.0]), (5,), (5,)),
        (lambda: keras.layers.Discretization([0.0, 1.0], output_mode="one_hot"), (1,), (3,)),
        (lambda: keras.layers.CategoryEncoding(4), (5,), (4,)),
        (lambda: keras.layers.CategoryEncoding(4, output_mode="one_hot"), (5,), (5, 4)),
    ],
)
def test_a_lookup_has_the_shape_of_its_run(layer: Any, shape: Any, out: Any) -> None:
    model = functional(layer(), [shape], ["int32"])
    assert read_keras(model).output.shape[1:] == out
    assert tuple(model(keras.ops.ones((2, *shape), "int32")).shape) == (2, *out)
