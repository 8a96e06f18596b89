"""The inputs of a model, and which of their axes are symbols: open ones, static ones that are freed."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from symconv.errors import ModelError
from symconv.readers.keras.parts import graph_of
from symconv.readers.plan import Plan, Raw, planned

Open = tuple[int | None, ...]


@dataclass(frozen=True)
class Given:
    """One input: its name, its type, its extents (None where they are open), and the argument that it is or is in."""

    name: str
    dtype: str
    shape: Open
    argument: str = ""


def inputs_of(model: Any, dims: Mapping[str, Any]) -> list[Given]:
    """The inputs of a model, of a subclassed one those of its first call, or those that `dims` says.

    Raises ModelError where they are not known.
    """
    from keras import tree

    graph = graph_of(model)
    if graph is not None:
        return [Given(_name(kt), str(kt.dtype), tuple(kt.shape)) for kt in graph.inputs]
    built: Mapping[str, Any] = getattr(model, "_build_shapes_dict", None) or {}
    arguments = _arguments(model)
    if not model.built or not arguments:
        raise ModelError(f"{model.name} is not built: call it once on data, or give it an Input")
    found: list[Given] = []
    dtype = str(model.input_dtype) if isinstance(getattr(model, "input_dtype", None), str) else "float32"
    for key, shapes in built.items():
        argument = key.removesuffix("_shape")
        argument = argument if argument in arguments or len(built) > 1 else arguments[0]
        flat = tree.flatten_with_path(tree.map_shape_structure(_Shape, shapes)) if shapes is not None else []
        for path, shape in flat:
            name = "_".join(map(str, path)) if path else argument
            found.append(Given(name, dtype, (None, *shape.extents[1:]), argument))
    named = {g.name for g in found}
    for name, said in dims.items():
        if name in arguments and name not in named and isinstance(said, tuple | list) and None not in said:
            found.append(Given(name, dtype, tuple(x if isinstance(x, int) else None for x in said), name))
    wanted = [a for a in arguments if a not in {g.argument for g in found} and _needed(model, a)]
    if wanted or not found:
        raise ModelError(
            f"{model.name}: nothing is known of the shape of its input {(wanted or arguments)[0]}: say it, "
            f'dims={{"{(wanted or arguments)[0]}": ("N", 32, 32, 3)}}'
        )
    return found


@dataclass(frozen=True)
class _Shape:
    """A shape as a leaf of a structure."""

    extents: Open


def _name(kt: Any) -> str:
    """The name of an input's layer, which users have given it."""
    history = getattr(kt, "_keras_history", None)
    return str(history.operation.name if history is not None and history.operation is not None else kt.name)


_CONTEXT = ("training", "mask")


def _arguments(model: Any) -> list[str]:
    """The arguments of a model's `call` that are tensors, as far as can be told."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(model.call).parameters.values()
    return [p.name for p in parameters if p.kind in kinds and p.name not in _CONTEXT]


def _needed(model: Any, argument: str) -> bool:
    return inspect.signature(model.call).parameters[argument].default is inspect.Parameter.empty


# -- symbols ---------------------------------------------------------------------------------------------------------


def plan_of(
    model: Any, given: Sequence[Given], dims: Mapping[str, Any], square: bool, free: bool, fixed: set[str]
) -> Plan:
    """The extents of all inputs in symbols; `free` the static spatial axes of images, but for those that are `fixed`.

    Raises CallError for `dims` that do not fit the inputs.
    """
    names: dict[str, tuple[Open, str]] = {}
    raws, own = [], {}
    for one in given:
        image = spatial_axes(model, one)
        alike = not square or len({one.shape[i] for i in image}) == 1
        shape: list[int | str] = []
        for axis, extent in enumerate(one.shape):
            name = _axis_name(axis, image, len(one.shape), square)
            if extent is None:
                shape.append(_apart(names, name, one, axis) if axis else "N")
                continue
            shape.append(extent)
            if free and alike and axis in image and extent > 1:
                own[one.name, axis] = _apart(names, name, one, axis)
        raws.append(Raw(one.name, one.dtype, tuple(shape)))
    return planned(raws, dims, model.name, own, frozenset(fixed))


def spatial_axes(model: Any, one: Given) -> tuple[int, ...]:
    """The spatial axes of an input that is an image: where the model's own layers have them, else by its channels."""
    rank = len(one.shape)
    if rank not in (4, 5) or one.dtype.startswith(("int", "string", "bool")):
        return ()
    formats = {f for layer in model._flatten_layers() if (f := getattr(layer, "data_format", None)) is not None}
    if len(formats) == 1:
        last = formats == {"channels_last"}
    elif (one.shape[1] is None) != (one.shape[-1] is None):
        last = one.shape[1] is None
    else:
        few = (1, 2, 3, 4)
        last = not (one.shape[1] in few and one.shape[-1] not in few)
    return tuple(range(1, rank - 1)) if last else tuple(range(2, rank))


def _axis_name(axis: int, image: tuple[int, ...], rank: int, square: bool) -> str:
    if axis in image:
        return "X" if square else ("depth", "H", "W")[image.index(axis) + 3 - len(image)]
    return "T" if axis == 1 and rank <= 3 else f"dim{axis}" if axis else "N"


def _apart(names: dict[str, tuple[Open, str]], name: str, one: Given, axis: int) -> str:
    """The name, or one of the input's own where it stands for an axis of another input that is not as long."""
    key = (one.shape[axis],), one.name
    known = names.setdefault(name, key)
    alike = known[1] == one.name or (one.shape[axis] is not None and known[0] == key[0])
    return name if alike else f"{name}_{''.join(c if c.isalnum() else '_' for c in one.name)}"
