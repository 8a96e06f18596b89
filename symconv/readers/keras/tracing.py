"""A layer with a `call` of its own, read by calling it: its inner layers and operations are read as they are called.

The tensors that it is called with have shapes of ints that are symbols besides (`Shadow`). While it runs, Keras's own
symbolic calls are answered by the reader, so that nothing is computed, built, or recorded in the layers.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from symconv.errors import ModelError, SymconvError
from symconv.readers.keras.value import Shadow, Value

if TYPE_CHECKING:
    from symconv.readers.keras.reader import Reader

#: One model's code at a time: Keras's calls are answered for the thread that holds this.
_ONE: Final = threading.RLock()

#: The attribute of a KerasTensor that says which value of the network it stands for.
_MARK: Final = "_symconv_value"


def traced(reader: Reader, op: Any, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """What a layer's own `call` makes of values, its parts below its name.

    Raises ModelError where the call fails, naming the layer.
    """
    from keras import tree

    given_args, given_kwargs = tree.map_structure(lambda x: _tensor(reader, x), (tuple(args), dict(kwargs)))
    if "training" in inspect.signature(op.call).parameters and not given_kwargs.get("training"):
        given_kwargs["training"] = False
    if not op.built and op.weights == [] and any(not part.built for part in op._flatten_layers(include_self=False)):
        raise ModelError(f"layer {name} ({type(op).__name__}) is not built: call the model once, on data")
    with _answering(reader, name), _restoring(op):
        try:
            made = op.call(*given_args, **given_kwargs)
        except SymconvError:
            raise
        except Exception as error:  # a model's own code may raise anything
            raise ModelError(
                f"layer {name or op.name} ({type(op).__name__}): its call cannot be followed with symbols for its shapes: "
                f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else 'no reason'}"
            ) from None
    return tree.map_structure(lambda x: _value(x, name), made)


def called(reader: Reader, function: Any, name: str, *values: Value) -> Any:
    """What a function of tensors, such as an activation of the user's own, makes of values."""
    from keras import tree

    with _answering(reader, name):
        try:
            made = function(*(_tensor(reader, v) for v in values))
        except SymconvError:
            raise
        except Exception as error:
            raise ModelError(f"{name}: {function!r} cannot be followed: {type(error).__name__}: {error}") from None
    return tree.map_structure(lambda x: _value(x, name), made)


def _tensor(reader: Reader, x: Any) -> Any:
    """A value as a tensor of Keras whose extents are symbols besides."""
    if not isinstance(x, Value):
        return x
    from keras import KerasTensor

    made = KerasTensor(tuple(reader.at(e) or 1 for e in x.shape), dtype=x.dtype, name=x.node.replace("/", "_"))
    made._shape = tuple(reader.shadow(e) for e in x.shape)
    setattr(made, _MARK, x)
    return made


def _value(x: Any, name: str) -> Any:
    found = getattr(x, _MARK, None)
    if found is None and x is not None and hasattr(x, "shape"):
        raise ModelError(f"layer {name}: it makes a tensor of shape {tuple(x.shape)} that follows from none of its inputs")
    return found


def _marked(x: Any) -> bool:
    return getattr(x, _MARK, None) is not None


@contextmanager
def _answering(reader: Reader, prefix: str) -> Iterator[None]:
    """While this is entered, calls of layers and operations on tensors of the reader are read below `prefix`."""
    from keras import Layer, Operation, StatelessScope, tree
    from keras.src.backend.common import global_state

    with _ONE:
        layer_call, symbolic_call, thread = Layer.__call__, Operation.symbolic_call, threading.get_ident()
        counters = dict(global_state.get_global_attribute("object_name_uids") or {})

        def ours(args: Any, kwargs: Any) -> bool:
            return threading.get_ident() == thread and any(map(_marked, tree.flatten((args, kwargs))))

        def answer(op: Any, args: Any, kwargs: Any, part: str) -> Any:
            args, kwargs = tree.map_structure(lambda x: getattr(x, _MARK, x), (args, kwargs))
            made = reader.apply(op, args, kwargs, f"{prefix}/" if prefix else "", part)
            return tree.map_structure(lambda x: _tensor(reader, x), made)

        def call_layer(self: Any, *args: Any, **kwargs: Any) -> Any:
            return answer(self, args, kwargs, "") if ours(args, kwargs) else layer_call(self, *args, **kwargs)

        def call_operation(self: Any, *args: Any, **kwargs: Any) -> Any:
            if not ours(args, kwargs):
                return symbolic_call(self, *args, **kwargs)
            return answer(self, args, kwargs, _snake(type(self).__name__))

        try:
            Layer.__call__, Operation.symbolic_call = call_layer, call_operation
            with StatelessScope():
                yield
        finally:
            Layer.__call__, Operation.symbolic_call = layer_call, symbolic_call
            uids = global_state.get_global_attribute("object_name_uids")
            if uids is not None:
                uids.clear()
                uids.update(counters)


@contextmanager
def _restoring(op: Any) -> Iterator[None]:
    """While this is entered, a layer and its parts may change their own plain attributes: they are put back."""
    before = [(part, dict(vars(part))) for part in op._flatten_layers(include_self=True, recursive=True)]
    try:
        yield
    finally:
        for part, attributes in before:
            own = vars(part)
            for key in [k for k in own if k not in attributes]:
                del own[key]
            for key, value in attributes.items():
                if own.get(key) is not value:
                    own[key] = value


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))


def plain(x: Any) -> Any:
    """An argument with plain numbers in place of shadows."""
    return int(x) if isinstance(x, Shadow) else x
