"""Keras models by name, keras:ResNet50: those of keras.applications, without weights."""

from __future__ import annotations

import inspect
import os
from importlib.util import find_spec
from typing import Any, Final

from symconv.errors import CallError, ModelError, near

#: What Keras can run on, the first that is installed where KERAS_BACKEND does not say it. Its numpy backend needs jax.
BACKENDS: Final = ("tensorflow", "jax", "torch")


def named(text: str) -> Any:
    """The model of keras.applications that a name stands for.

    Raises CallError for a name that stands for nothing, ModelError where Keras is not installed or the model fails.
    """
    if find_spec("keras") is None:
        raise ModelError("Keras models need the keras package: pip install 'symconv[keras]'")
    installed = [b for b in BACKENDS if find_spec(b) is not None]
    if "KERAS_BACKEND" not in os.environ:
        if not installed:
            raise ModelError(
                f"Keras has none of {', '.join(BACKENDS)} to run on: pip install 'symconv[keras]' brings jax"
            )
        if "tensorflow" not in installed:
            os.environ["KERAS_BACKEND"] = installed[0]
    try:
        from keras import applications
    except Exception as error:
        raise ModelError(f"keras cannot be imported: {type(error).__name__}: {error}") from error
    known = {n: f for n, f in vars(applications).items() if inspect.isfunction(f)}
    name = text.partition(":")[2]
    if name not in known:
        raise CallError(f"keras.applications has no {name}. {near(name, known)}".rstrip())
    try:
        return known[name](weights=None)
    except Exception as error:
        raise ModelError(f"{text} cannot be built: {type(error).__name__}: {error}") from error
