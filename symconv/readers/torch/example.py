"""Example inputs: the tensors among a call's arguments, their names and axes, and the same call at other sizes."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils._pytree import tree_flatten, tree_unflatten

from symconv.errors import ModelError, one_line
from symconv.readers.plan import Plan, Raw, planned, static_names
from symconv.readers.torch.held import dtype_name

#: Elements of whole inputs whose values are kept, for programs that look at them.
KEPT = 1 << 14


@dataclass(frozen=True)
class Given:
    """A tensor of the example: its name by the forward's parameters, its shape, its type, and small whole values."""

    name: str
    shape: tuple[int, ...]
    dtype: Any
    values: Any = None


@dataclass
class Example:
    """A call of a module, its tensors taken out."""

    leaves: list[Any]
    spec: Any
    tensors: dict[int, Given]

    def planned(self, dims: Mapping[str, Any], square: bool, scope: str, level: int, fixed: frozenset[str]) -> Plan:
        """Which axes are symbols.

        Raises CallError for an input or an axis that is not there.
        """
        raws = [Raw(g.name, _kind(g.dtype), g.shape) for g in self.tensors.values()]
        return planned(raws, dims, scope, static_names(raws, square, level), fixed)

    def call(self, shapes: Sequence[tuple[int, ...]]) -> tuple[tuple[Any, ...], dict[str, Any], list[Any]]:
        """The arguments with tensors of these shapes on the meta device; these tensors, in order.

        Raises ModelError where torch makes no tensor of a shape or a type.
        """
        leaves, made = list(self.leaves), []
        for (i, given), shape in zip(self.tensors.items(), shapes):
            try:
                leaves[i] = torch.empty(shape, dtype=given.dtype, device="meta")
            except RuntimeError as error:
                said = "×".join(map(str, shape))
                raise ModelError(f"{given.name} of {said} {dtype_name(given.dtype)}: {one_line(error)}") from None
            made.append(leaves[i])
        args, kwargs = tree_unflatten(leaves, self.spec)
        return args, kwargs, made


def example(module: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Example:
    """The call's tensors by the names of the forward's parameters: `x`, `x.0` of a list, `x.mask` of a dictionary.

    Raises ModelError where the arguments do not fit the forward, or have no tensor in them.
    """
    try:
        bound = inspect.signature(module.forward).bind(*args, **kwargs)
    except TypeError as error:
        raise ModelError(f"{type(module).__name__} is called with other inputs: {error}") from None
    names: dict[int, str] = {}
    for parameter, value in bound.arguments.items():
        kind = bound.signature.parameters[parameter].kind
        if kind is inspect.Parameter.VAR_KEYWORD:
            for key, v in value.items():
                _named(key, v, names)
        elif kind is inspect.Parameter.VAR_POSITIONAL and len(value) == 1:
            _named(parameter, value[0], names)
        else:
            _named(parameter, value, names)
    leaves, spec = tree_flatten((tuple(args), dict(kwargs)))
    tensors: dict[int, Given] = {}
    for i, leaf in enumerate(leaves):
        if isinstance(leaf, torch.Tensor):
            name = names.get(id(leaf), f"input{len(tensors)}")
            while any(g.name == name for g in tensors.values()):
                name += "'"
            tensors[i] = Given(name, tuple(leaf.shape), leaf.dtype, _values(leaf))
            leaves[i] = None
    if not tensors:
        raise ModelError(f"{type(module).__name__}: the example inputs have no tensor in them")
    return Example(leaves, spec, tensors)


def _named(name: str, value: Any, names: dict[int, str]) -> None:
    if isinstance(value, torch.Tensor):
        names.setdefault(id(value), name)
    elif isinstance(value, Mapping):
        for key, v in value.items():
            _named(f"{name}.{key}", v, names)
    elif isinstance(value, list | tuple):
        for i, v in enumerate(value):
            _named(f"{name}.{i}", v, names)


def _values(tensor: Any) -> Any:
    """The values of a small whole tensor, on the CPU; None of any other."""
    if tensor.is_floating_point() or tensor.is_complex() or tensor.numel() > KEPT:
        return None
    if tensor.device.type == "meta":
        return torch.ones(tensor.shape, dtype=tensor.dtype)
    return tensor.detach().cpu().clone()


def values_at(given: Given, shape: tuple[int, ...]) -> Any:
    """The values of a whole input at another size: the example's own, repeated or cut, the last of an axis kept."""
    if given.values is None:
        return None
    made = given.values
    for axis, n in enumerate(shape):
        here = made.shape[axis]
        if here == n or not here:
            continue
        head = torch.arange(n) % here
        if n > 1:
            head[-1] = here - 1
        made = made.index_select(axis, head)
    return made


def _kind(dtype: Any) -> str:
    """The type as axes know it: a mask counts as whole numbers."""
    name = dtype_name(dtype)
    return "int64" if name == "bool" else name
