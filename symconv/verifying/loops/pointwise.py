"""Layers that leave a shape as it is: activations, norms, what is added to or multiplied with each feature."""

from __future__ import annotations

from math import prod
from typing import Any

from symconv.verifying.loops.table import Illegal, Shape, Walked, features_axis, shared, walks


@walks(
    "relu", "relu6", "leaky_relu", "elu", "sigmoid", "tanh", "silu", "hard_sigmoid", "hard_swish", "softplus", "mish",
    "gelu", "dropout", "identity", "buffer", "lrn",
)  # fmt: skip
def pointwise(given: Any, image: Shape) -> Walked:
    """Something done to each element, or to its neighbours too."""
    return Walked(image)


@walks("softmax")
def softmax(given: Any, image: Shape) -> Walked:
    """Shares along an axis."""
    if not -len(image) <= given.axis < len(image):
        raise Illegal(f"axis {given.axis} of {len(image)} axes")
    return Walked(image)


@walks("prelu")
def prelu(given: Any, image: Shape) -> Walked:
    """A slope for all channels, or one for each."""
    return Walked(image, 0, image[1] if given.per_channel else 1)


@walks("layer_scale", "bias")
def feature_by_feature(given: Any, rows: Shape) -> Walked:
    """A weight for each feature."""
    return Walked(rows, 0, rows[features_axis(given.over)])


@walks("batch_norm")
def batch_norm(given: Any, image: Shape) -> Walked:
    """A scale and a shift for each channel, of constants where it is frozen."""
    return Walked(image, 0, 2 * image[1] if given.affine and not given.frozen else 0)


def _normalised(given: Any, image: Shape) -> int:
    """The elements that are normalised with one another, those of the last axes or the channels of a position."""
    return image[1] if given.over == "channels" else prod(image[len(image) - given.axes :])


@walks("layer_norm")
def layer_norm(given: Any, image: Shape) -> Walked:
    """A scale and a shift for each place of a row."""
    return Walked(image, 0, 2 * _normalised(given, image) if given.affine else 0)


@walks("rms_norm")
def rms_norm(given: Any, image: Shape) -> Walked:
    """A scale for each place of a row."""
    return Walked(image, 0, _normalised(given, image) if given.affine else 0)


@walks("global_response_norm")
def global_response_norm(given: Any, image: Shape) -> Walked:
    """A scale and a shift for each channel."""
    return Walked(image, 0, 2 * image[features_axis(given.over)])


@walks("group_norm")
def group_norm(given: Any, image: Shape) -> Walked:
    """Equal groups of channels, and a scale and a shift for each channel."""
    shared(image[1], given.groups, "channels")
    return Walked(image, 0, 2 * image[1] if given.affine else 0)


@walks("instance_norm")
def instance_norm(given: Any, image: Shape) -> Walked:
    """A scale and a shift for each channel."""
    return Walked(image, 0, 2 * image[1] if given.affine else 0)
