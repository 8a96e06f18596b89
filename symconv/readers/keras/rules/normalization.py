"""Normalisations, as inference does them."""

from __future__ import annotations

from typing import Any

from symconv.extent import Size
from symconv.layer import Layer
from symconv.layers import BatchNorm, GroupNorm, LayerNorm, Pointwise, Reduce, RMSNorm
from symconv.layers.channels_last import turned
from symconv.readers.keras.call import Call, variables
from symconv.readers.keras.registry import OPS, counted
from symconv.readers.keras.value import Value


@counted("1 mul, 1 add an element", "BatchNormalization")
def _batch_norm(call: Call) -> Value:
    value = call.value()
    axis = call.axis(call.op.axis, value.rank)
    if call.weights:
        call.fits(value.shape[axis], int(call.op.moving_mean.shape[0]), "as many channels as statistics")
    layer: Layer = Pointwise("scale_and_shift")
    if axis in (1, value.rank - 1):
        layer = turned(BatchNorm(), axis != 1)
    return call.add(layer, value, weights=call.weights)


@counted("rows of n: 3·n − 1 add, 2·n mul, 3 div, 1 sqrt; n mul and n add to scale and shift", "LayerNormalization")
def _layer_norm(call: Call) -> Value:
    op, value = call.op, call.value()
    axes = sorted(call.axes(op.axis, value.rank))
    _require_scale(call, value, axes, (op.gamma, op.beta))
    both = op.scale and op.center
    if _last(axes, value.rank) and (both or not call.weights):
        return call.add(LayerNorm(len(axes), affine=bool(both)), value, weights=call.weights)
    made = _normalised(call, value, axes, LayerNorm(len(axes), affine=False))
    return _scaled(call, made, bool(op.scale), bool(op.center))


def _last(axes: list[int], rank: int) -> bool:
    """Whether rows along these axes are the last ones of several."""
    return axes == list(range(rank - len(axes), rank)) and len(axes) < rank


def _require_scale(call: Call, value: Value, axes: list[int], weights: tuple[object, ...]) -> None:
    for weight in weights:
        for axis, own in zip(axes, getattr(weight, "shape", ())):
            call.fits(value.shape[axis], int(own), "a scale for each element of a row")


def _normalised(call: Call, value: Value, axes: list[int], layer: Layer) -> Value:
    """Rows along any axes, which are the last ones meanwhile."""
    others = [x for i, x in enumerate(value.shape) if i not in axes] or [1]
    rows = call.look("rows", (*others, *(value.shape[i] for i in axes)), value)
    return call.look("rows", value.shape, call.add(layer, rows, part="rows"))


def _scaled(call: Call, value: Value, scale: bool, shift: bool) -> Value:
    if not scale and not shift:
        return value
    operation = "scale_and_shift" if scale and shift else "mul" if scale else "add"
    layer = Pointwise(operation, ((1,),) if operation != "scale_and_shift" else (), value.dtype)
    return call.add(layer, value, weights=call.weights)


@counted("rows of n: n add, 2·n mul, 2 div, 1 sqrt; n mul to scale", "RMSNormalization")
def _rms_norm(call: Call) -> Value:
    op, value = call.op, call.value()
    axes = sorted(call.axes(op.axis, value.rank))
    _require_scale(call, value, axes, (op.scale,))
    if _last(axes, value.rank):
        return call.add(RMSNorm(len(axes)), value, weights=call.weights)
    return _scaled(call, _normalised(call, value, axes, RMSNorm(len(axes), affine=False)), True, False)


@counted("groups of channels centred and divided by their deviation, then 1 mul and 1 add", "GroupNormalization")
def _group_norm(call: Call) -> Value:
    op, value = call.op, call.value()
    axis = call.axis(op.axis, value.rank)
    groups: Size = value.shape[axis] if op.groups == -1 else op.groups
    if call.weights:
        own = (op.gamma if op.scale else op.beta).shape[0]
        call.fits(value.shape[axis], int(own), "a scale for each channel")
    both = op.scale and op.center
    layer = GroupNorm(groups, affine=bool(both))
    if axis in (1, value.rank - 1):
        made = call.add(turned(layer, axis != 1), value, weights=call.weights if both else ())
    else:
        shape = [value.shape[0], value.shape[axis], *(x for i, x in enumerate(value.shape) if i not in (0, axis))]
        front = call.look("transpose", shape, value)
        made = call.look("transpose", value.shape, call.add(layer, front, weights=call.weights if both else ()))
    return made if both else _scaled(call, made, bool(op.scale), bool(op.center))


@counted("rows of n: n mul, n − 1 add, a sqrt, and a div an element", "UnitNormalization")
def _unit_norm(call: Call) -> Value:
    value = call.value()
    norms = call.add(Reduce("l2", call.axes(call.op.axis, value.rank), True), value, part="norm")
    return call.pointwise("div", value, norms)


@counted("its layer's; the weights are divided by their norm in training only", "SpectralNormalization")
def _spectral(call: Call) -> Value:
    made: Value = call.apply(call.op.layer, call.value())
    return made


# -- operations of keras.ops -------------------------------------------------------------------------------------------


def _weights(call: Call, *names: str) -> list[Any]:
    given = [call.operand(call.arguments[n]) for n in names if call.arguments.get(n) is not None]
    return variables(given)


@counted("1 mul, 1 add an element", "BatchNorm", domain=OPS)
def _batch_norm_op(call: Call) -> Value:
    given = _weights(call, "mean", "variance", "offset", "scale")
    return call.add(Pointwise("scale_and_shift"), call.value(), weights=given)


@counted("rows of n: 3·n − 1 add, 2·n mul, 3 div, 1 sqrt; n mul and n add where scaled", "LayerNorm", "RMSNorm",
         domain=OPS)  # fmt: skip
def _row_norm_op(call: Call) -> Value:
    value, given = call.value(), _weights(call, "gamma", "beta", "scale")
    axes = sorted(call.axes(call.get("axis", -1), value.rank))
    affine = any(call.arguments.get(n) is not None for n in ("gamma", "scale"))
    layer = (RMSNorm if call.kind == "RMSNorm" else LayerNorm)(len(axes), affine=affine)
    if _last(axes, value.rank):
        return call.add(layer, value, weights=given)
    return _normalised(call, value, axes, layer)
