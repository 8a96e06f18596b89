"""Which axes are symbols: open ones, freed ones, those that are named; what is said where one is fixed."""

from __future__ import annotations

from typing import Any

import pytest

from readers.keras.witness import functional, keras
from symconv.errors import CallError, ModelError
from symconv.readers.keras import read_keras

pytestmark = pytest.mark.torch
L = keras.layers


def _named(shape: Any, build: Any, name: str = "x", **options: Any) -> Any:
    given = keras.Input(shape, name=name, **options)
    return keras.Model(given, build(given))


def test_open_axes_are_the_batch_the_sides_of_an_image_and_the_tokens() -> None:
    assert str(read_keras(_named((None, None, 3), L.Conv2D(4, 3))).inputs["x"]) == "N×H×W×3"
    first = _named((3, None, None), L.Conv2D(4, 3, data_format="channels_first"))
    assert str(read_keras(first).inputs["x"]) == "N×3×H×W"
    assert str(read_keras(_named((None, 3), L.Conv1D(4, 3))).inputs["x"]) == "N×T×3"
    assert str(read_keras(_named((None, None, None, 3), L.Conv3D(4, 3))).inputs["x"]) == "N×depth×H×W×3"


def test_a_square_image_has_one_side() -> None:
    assert str(read_keras(_named((None, None, 3), L.Conv2D(4, 3)), square=True).inputs["x"]) == "N×X²×3"
    assert str(read_keras(_named((20, 20, 3), L.Conv2D(4, 3)), square=True).inputs["x"]) == "N×X²×3"
    assert str(read_keras(_named((20, 24, 3), L.Conv2D(4, 3)), square=True).inputs["x"]) == "N×20×24×3"


def test_static_sides_are_freed_and_a_static_batch_and_static_tokens_are_not() -> None:
    net = read_keras(_named((20, 24, 3), L.Conv2D(4, 3)))
    assert str(net.inputs["x"]) == "N×H×W×3"
    assert net.usual == {"H": 20, "W": 24}
    assert str(read_keras(_named((20, 3), L.Conv1D(4, 3))).inputs["x"]) == "N×20×3"
    assert str(read_keras(_named((5,), L.Dense(2), batch_size=8)).inputs["x"]) == "8×5"


def test_a_side_that_a_layer_fixes_stays_a_number_and_a_note_names_the_layer() -> None:
    net = read_keras(_named((20, 24, 3), lambda x: L.Dense(2, name="head")(L.Flatten()(L.Conv2D(4, 3)(x)))))
    assert str(net.inputs["x"]) == "N×20×24×3"
    assert list(net.notes) == ["H is 20, and no symbol: head fixes it", "W is 24, and no symbol: head fixes it"]


def test_a_side_that_only_has_to_be_even_is_a_symbol() -> None:
    def build(x: Any) -> Any:
        return L.Concatenate()([x, L.UpSampling2D()(L.MaxPooling2D()(x))])

    net = read_keras(_named((20, 24, 3), build))
    assert net.notes == {}
    assert "H ≡ 0 (mod 2)" in str(net.domain)


def test_a_reshape_to_a_number_of_positions_fixes_the_sides() -> None:
    net = read_keras(_named((20, 24, 3), L.Reshape((480, 3))))
    assert str(net.inputs["x"]) == "N×20×24×3"
    assert len(net.notes) == 2


def test_axes_are_named_by_the_caller() -> None:
    model = _named((None, None, 3), L.Conv2D(4, 3))
    assert str(read_keras(model, dims={"x": ("B", "R", None, None)}).inputs["x"]) == "B×R×W×3"
    assert str(read_keras(model, dims={"x:1": "R", "x:2": "R"}).inputs["x"]) == "N×R²×3"
    static = _named((20, 3), L.Conv1D(4, 3))
    assert str(read_keras(static, dims={"x": (None, "T", None)}).inputs["x"]) == "N×T×3"
    assert str(read_keras(_named((20, 24, 3), L.Conv2D(4, 3)), dims={"x:1": 20}).inputs["x"]) == "N×20×W×3"


def test_a_wrong_name_of_an_axis_is_the_callers_mistake() -> None:
    model = _named((None, None, 3), L.Conv2D(4, 3))
    with pytest.raises(CallError, match="the inputs are x"):
        read_keras(model, dims={"y:1": "X"})
    with pytest.raises(CallError, match="x has 4 axes"):
        read_keras(model, dims={"x": (None, None, None, None, "X")})
    with pytest.raises(CallError, match="a symbol frees it"):
        read_keras(_named((20, 3), L.Conv1D(4, 3)), dims={"x:1": 21})


def test_two_inputs_with_open_sides_may_be_of_two_sizes() -> None:
    a, b = keras.Input((None, 3), name="a"), keras.Input((None, 3), name="b")
    net = read_keras(keras.Model([a, b], L.Dot((2, 2))([a, b])))
    assert [str(t) for t in net.inputs.values()] == ["N×T×3", "N×T_b×3"]
    same = read_keras(keras.Model([a, b], L.Add()([a, b])), dims={"b": (None, "T", None)})
    assert [str(t) for t in same.inputs.values()] == ["N×T×3", "N×T×3"]


def test_what_a_layer_requires_is_in_the_domain() -> None:
    assert str(read_keras(_named((None, None, 3), L.Conv2D(4, 5))).domain) == "H ≥ 5, W ≥ 5"


def test_what_is_no_model_is_an_error() -> None:
    with pytest.raises(ModelError, match=r"a keras\.Model is wanted, not int"):
        read_keras(3)
    with pytest.raises(ModelError, match="is not built"):
        read_keras(keras.Sequential([L.Dense(3)]))


def test_a_missing_package_is_an_error_that_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "keras", None)
    with pytest.raises(ModelError, match=r"symconv\[keras\]"):
        read_keras(object())


def test_functional_models_with_other_inputs_than_images() -> None:
    model = functional(lambda ids: L.Dense(3)(L.Embedding(10, 4)(ids)), [(None,)], ["int32"])
    net = read_keras(model)
    assert net.evaluate("macs", N=2, T=5) == 2 * 5 * 12
