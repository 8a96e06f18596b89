"""What a Keras model consists of: functional graphs, layers that are called, variables of three kinds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from symconv.layer import BUFFER, FROZEN, TRAINABLE
from symconv.readers.keras.value import Value


def graph_of(op: Any) -> Any:
    """The functional graph that a nested model is, or None where it is none."""
    import keras
    from keras.src.models.functional import Functional

    if isinstance(op, Functional):
        return op if type(op).call is Functional.call else None
    if isinstance(op, keras.Sequential) and type(op).call is keras.Sequential.call:
        return op._functional
    return None


def packed(shapes: Any, values: Sequence[Value]) -> Any:
    """Values in the structure that shapes stand in."""
    from keras import tree

    return tree.pack_sequence_as(tree.map_shape_structure(lambda s: 0, shapes), list(values))


def expandable(op: Any) -> bool:
    """Whether an operation is a layer that can be read by calling it."""
    import keras

    return isinstance(op, keras.Layer)


def kinds_of(model: Any) -> dict[int, str]:
    """What kind of parameter each variable of a model is, by its identity."""
    import keras

    trained = {id(v) for v in model.trainable_weights}
    kinds = {id(v): TRAINABLE if id(v) in trained else FROZEN for v in model.weights}
    for part in _layers(model):
        if type(part).__module__.startswith("keras.src.") and isinstance(part, keras.Layer):
            kinds.update({id(v): BUFFER for v in part._non_trainable_variables if id(v) in kinds})
    return kinds


def _layers(model: Any) -> Iterable[Any]:
    return model._flatten_layers(include_self=True, recursive=True)  # type: ignore[no-any-return]
