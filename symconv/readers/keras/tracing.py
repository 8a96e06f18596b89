"""A layer with a `call` of its own, read by calling it: what it calls is read as it is called.

The tensors that it is called with have shapes of ints that are symbols besides (`Shadow`), and in place of its
variables stand tensors too. While it runs, Keras's own symbolic calls are answered by the reader, so that nothing is
computed, built, or recorded in the layers.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Final

from symconv.errors import ModelError, SymconvError
from symconv.extent import Size
from symconv.readers.keras.value import Constant, Shadow, Value, size_of_int
from symconv.rounding import ceiling
from symconv.tensor import Tensor

if TYPE_CHECKING:
    from symconv.readers.keras.reader import Reader

#: One model's code at a time: Keras's calls are answered for the thread that holds this.
_ONE: Final = threading.RLock()

#: The attribute of a KerasTensor that says which value or constant it stands for.
_MARK: Final = "_symconv_value"


def traced(reader: Reader, op: Any, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """What a layer's own `call` makes of values, its parts below its name.

    Raises ModelError where the call fails, naming the layer.
    """
    given = dict(kwargs)
    if "training" in inspect.signature(op.call).parameters and not given.get("training"):
        given["training"] = False
    before, reader.ran = reader.mark(), True
    try:
        return _called(reader, op, name or op.name, f"{name}/" if name else "", args, given, True)
    except _OwnError as first:
        reader.undo(before)
        try:
            return _called(reader, op, name or op.name, f"{name}/" if name else "", args, given, False)
        except _OwnError:
            raise ModelError(str(first)) from None


def called(reader: Reader, function: Callable[..., Any], name: str, *values: Value) -> Any:
    """What a function of tensors, such as an activation of the user's own, makes of values."""
    from keras import tree

    reader.ran = True
    with _answering(reader, f"{name}/"):
        try:
            made = function(*(_tensor(reader, v) for v in values))
        except SymconvError:
            raise
        except Exception as error:
            raise ModelError(f"{name}: {function!r} cannot be followed: {type(error).__name__}: {error}") from None
    return tree.map_structure(lambda x: _value(reader, x, name), made)


class _OwnError(Exception):
    """What a model's own code raised."""


def _called(
    reader: Reader, op: Any, name: str, prefix: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], tensors: bool
) -> Any:
    """One try: with the layer's variables as tensors, or as they are."""
    from keras import tree

    given, named = tree.map_structure(lambda x: _tensor(reader, x), (tuple(args), dict(kwargs)))
    with _answering(reader, prefix), _restoring(op):
        if tensors:
            _stand_in(reader, op)
        try:
            made = op.call(*given, **named)
        except SymconvError:
            raise
        except Exception as error:  # a model's own code may raise anything
            why = str(error).strip().splitlines()
            raise _OwnError(
                f"layer {name} ({type(op).__name__}): its call cannot be followed with symbols for its shapes: "
                f"{type(error).__name__}: {why[0] if why else 'no reason'}"
            ) from None
        return tree.map_structure(lambda x: _value(reader, x, name), made)


# -- tensors ---------------------------------------------------------------------------------------------------------


def _tensor(reader: Reader, x: Any) -> Any:
    """A value or constant as a tensor of Keras whose extents are symbols besides."""
    if not isinstance(x, Value | Constant):
        return x
    from keras import KerasTensor

    made = KerasTensor(tuple(reader.at(e) or 1 for e in x.shape), dtype=x.tensor.dtype, name="symconv")
    made._shape = tuple(reader.shadow(e) for e in x.shape)
    setattr(made, _MARK, x)
    return made


def _value(reader: Reader, x: Any, name: str) -> Any:
    found = getattr(x, _MARK, None)
    if isinstance(found, Constant):
        return reader.as_value(found, f"{name}/")
    if found is None and x is not None and hasattr(x, "shape"):
        raise ModelError(f"layer {name}: what it makes, of shape {tuple(x.shape)}, follows from none of its inputs")
    return found


def _stand_in(reader: Reader, op: Any) -> None:
    """Tensors in place of the variables among a layer's own attributes."""
    from keras import Variable

    def constant(v: Any) -> Any:
        return _tensor(reader, Constant(Tensor(tuple(map(int, v.shape)), str(v.dtype)), (v,)))

    for key, attribute in list(vars(op).items()):
        if key in ("_trainable_variables", "_non_trainable_variables"):
            continue
        if isinstance(attribute, Variable):
            vars(op)[key] = constant(attribute)
        elif isinstance(attribute, list) and attribute and all(isinstance(v, Variable) for v in attribute):
            vars(op)[key] = [constant(v) for v in attribute]


@contextmanager
def _restoring(op: Any) -> Iterator[None]:
    """While this is entered, a layer and its parts may change their own plain attributes: they are put back."""
    before = [(part, dict(vars(part))) for part in op._flatten_layers(include_self=True, recursive=True)]
    try:
        yield
    finally:
        for part, attributes in before:
            vars(part).clear()
            vars(part).update(attributes)


# -- answers ---------------------------------------------------------------------------------------------------------


@contextmanager
def _answering(reader: Reader, prefix: str) -> Iterator[None]:
    """While this is entered, calls of layers and operations on tensors of the reader are read below `prefix`."""
    from keras import Layer, Operation, StatelessScope, tree
    from keras.src import backend

    thread = threading.get_ident()

    def ours(*given: Any) -> bool:
        return threading.get_ident() == thread and any(hasattr(x, _MARK) for x in tree.flatten(given))

    def answer(op: Any, args: Any, kwargs: Any, part: str) -> Any:
        args, kwargs = tree.map_structure(lambda x: getattr(x, _MARK, x), (args, kwargs))
        made = reader.apply(op, args, kwargs, prefix, part)
        return tree.map_structure(lambda x: _tensor(reader, x), made)

    def layers(call: Any) -> Any:
        def call_layer(self: Any, *args: Any, **kwargs: Any) -> Any:
            return answer(self, args, kwargs, "") if ours(args, kwargs) else call(self, *args, **kwargs)

        return call_layer

    def operations(call: Any) -> Any:
        def call_operation(self: Any, *args: Any, **kwargs: Any) -> Any:
            if not ours(args, kwargs):
                return call(self, *args, **kwargs)
            return answer(self, args, kwargs, _snake(type(self).__name__))

        return call_operation

    def makers(name: str) -> Callable[[Any], Any]:
        def replaced(make: Any) -> Any:
            def making(*args: Any, **kwargs: Any) -> Any:
                flat = tree.flatten((args, kwargs))
                if threading.get_ident() != thread or not any(isinstance(x, Shadow) for x in flat):
                    return make(*args, **kwargs)
                dtype = str(kwargs.get("dtype") or ("int32" if name in _WHOLE else "float32"))
                return _tensor(reader, reader.made(name, _made_shape(name, args, kwargs), dtype, prefix))

            return making

        return replaced

    def movers(name: str) -> Callable[[Any], Any]:
        def replaced(move: Any) -> Any:
            def moving(x: Any, *args: Any, **kwargs: Any) -> Any:
                flat = tree.flatten((args, kwargs))
                if threading.get_ident() != thread or not any(isinstance(y, Shadow) for y in flat):
                    return move(x, *args, **kwargs)
                held = Constant(Tensor(tuple(map(int, x.shape)), backend.standardize_dtype(x.dtype)), (x,))
                from keras import ops

                return getattr(ops, name)(_tensor(reader, held), *args, **kwargs)

            return moving

        return replaced

    with _ONE, ExitStack() as stack:
        stack.enter_context(_replaced(Layer, "__call__", layers))
        stack.enter_context(_replaced(Operation, "symbolic_call", operations))
        for module, names in ((backend.numpy, _MADE), (backend.random, _RANDOM)):
            for name in names:
                if hasattr(module, name):
                    stack.enter_context(_replaced(module, name, makers(name)))
        for name in _MOVED:
            stack.enter_context(_replaced(backend.numpy, name, movers(name)))
        stack.enter_context(StatelessScope())
        yield


#: Functions of a backend that make tensors of a shape, random ones, and those that put what is there into a shape.
_MADE: Final = ("zeros", "ones", "full", "empty", "eye", "identity", "tri", "arange", "linspace")
_RANDOM: Final = ("normal", "uniform", "truncated_normal", "randint", "gamma", "binomial", "beta")
_MOVED: Final = ("broadcast_to", "tile", "reshape", "repeat")
_WHOLE: Final = ("arange", "randint")


def _made_shape(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Size, ...]:
    """The shape of a tensor that is made of nothing."""
    if name == "arange":
        given = dict(zip(("start", "stop", "step"), args)) | {k: v for k, v in kwargs.items() if k != "dtype"}
        start, stop, step = (given.get(k) for k in ("start", "stop", "step"))
        start, stop = (0, start) if stop is None else (start, stop)
        if not all(isinstance(x, int) for x in (start, stop, 1 if step is None else step)) or (step or 1) < 1:
            raise ModelError(f"a range from {start} to {stop} by {step}: whole numbers upwards are read")
        begin, end, by = (size_of_int(x) for x in (start, stop, step or 1) if isinstance(x, int))
        return (ceiling(end - begin, by),)
    if name == "linspace":
        return (size_of_int(kwargs["num"] if "num" in kwargs else args[2]),)
    if name in ("eye", "tri", "identity"):
        rows = size_of_int(args[0] if args else kwargs.get("N", kwargs.get("n")))
        columns = args[1] if len(args) > 1 and name != "identity" else kwargs.get("M")
        return rows, rows if columns is None else size_of_int(columns)
    shape = args[0] if args else kwargs["shape"]
    return tuple(size_of_int(x) for x in (shape if isinstance(shape, list | tuple) else (shape,)))


@contextmanager
def _replaced(owner: Any, name: str, replace: Callable[[Any], Any]) -> Iterator[None]:
    """While this is entered, an attribute of a class or module is what `replace` makes of it."""
    before = getattr(owner, name)
    setattr(owner, name, replace(before))
    try:
        yield
    finally:
        setattr(owner, name, before)


@contextmanager
def numbering_kept() -> Iterator[None]:
    """While this is entered, Keras numbers its automatic names on its own; afterwards it goes on from where it was."""
    from keras.src.backend.common import global_state

    before = dict(global_state.get_global_attribute("object_name_uids") or {})
    try:
        yield
    finally:
        uids = global_state.get_global_attribute("object_name_uids")
        if uids is not None:
            uids.clear()
            uids.update(before)


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))
