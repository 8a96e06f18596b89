"""A tensor is a shape of sizes and an element type."""

from __future__ import annotations

import pytest

import symconv as sc
from symconv import Tensor
from symconv.cost import evaluate_cost
from symconv.errors import ShapeError
from symconv.notation import ASCII, LATEX


def test_axes_are_batch_channels_and_what_is_left() -> None:
    image = Tensor((sc.N, 3, sc.H, sc.W))
    assert (image.batch, image.channels, image.spatial, image.rank) == (sc.N, 3, (sc.H, sc.W), 4)
    assert Tensor((sc.N, 1000)).spatial == ()


def test_a_tensor_without_the_axis_says_so() -> None:
    with pytest.raises(ShapeError, match="no channel axis"):
        _ = Tensor((3,)).channels
    with pytest.raises(ShapeError, match="no batch axis"):
        _ = Tensor(()).batch


def test_elements_are_the_product_of_the_extents() -> None:
    image = Tensor((sc.N, 3, sc.X // 2, sc.X // 2))
    values = {sc.symbol("N"): 2, sc.symbol("X"): 9}
    assert evaluate_cost(image.elements, values) == 2 * 3 * 4 * 4
    assert Tensor(()).elements == 1


def test_a_tensor_like_another_has_its_element_type() -> None:
    assert Tensor((1, 2), "int8").like(3).dtype == "int8"
    assert Tensor((sc.N, 2), "int8").substitute({sc.symbol("N"): 4}) == Tensor((4, 2), "int8")


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        ((1, 3, 224, 224), "1×3×224×224"),
        ((sc.N, 64, sc.X // 2, sc.X // 2), "N×64×⌊X/2⌋²"),
        ((sc.N, 64, sc.H, sc.W), "N×64×H×W"),
        ((sc.N, 64, sc.X - 2, sc.X - 2, sc.X - 2), "N×64×(X − 2)³"),
        ((sc.N, 1000), "N×1000"),
        ((sc.X, sc.X, sc.X), "X×X²"),
        ((), "scalar"),
    ],
)
def test_a_shape_prints_equal_neighbours_as_powers_but_never_the_batch(shape: tuple[sc.Extent, ...], text: str) -> None:
    assert str(Tensor(shape)) == text


def test_a_shape_prints_in_every_style_and_without_its_batch() -> None:
    image = Tensor((sc.N, 64, sc.X // 2, sc.X // 2))
    assert image.text(batch=False) == "64×⌊X/2⌋²"
    assert "floor(X/2)" in image.text(ASCII)
    assert r"\lfloor" in image.text(LATEX)
