"""Recurrent layers: time × batch × features in, time × directions × batch × hidden out, and the last states."""

from __future__ import annotations

from symconv.condition import equal
from symconv.domain import require
from symconv.extent import Size
from symconv.layers import Move, Recurrent
from symconv.readers.onnx.operator import Operator
from symconv.readers.onnx.registry import MICROSOFT, counted
from symconv.readers.onnx.rules.shaping import agreed, matched
from symconv.readers.onnx.value import Value

STEP = "g·H·(C_in + H) macs a step and direction, for g = {} gates; sums, gates and states beside them"


def _run(op: Operator, cell: str, *, weights: int = 1, kept: tuple[Value | None, ...] = ()) -> list[Value | None]:
    x, w, r = op.value(0), op.value(weights), op.value(weights + 1)
    shape, rows, state = op.shape(0), op.shape_of(w), op.shape_of(r)
    directions = 2 if op.word("direction", "forward") == "bidirectional" else 1
    hidden: Size = op.integer("hidden_size") or state[-1]
    first = bool(op.integer("layout"))
    bias = op.given(weights + 2)
    require(equal(rows[-1] if not kept else rows[1], shape[-1]), "weights for as many features as the input has")
    layer = Recurrent(cell, hidden, directions, bias is not None, first)
    if not kept:
        matched(op, (directions, layer.gates * hidden), rows[:2])
        matched(op, (directions, layer.gates * hidden, hidden), state)
    peepholes = op.given(7) if cell == "lstm" else None
    read = [v for v in op.inputs[weights + 3 :] if v is not None and v.node]
    if x.node:
        read.insert(0, x)
    elif read:  # the layer's own input is the sequence, which here the file holds
        read.insert(0, op.add(Move("sequence", shape, x.dtype), weights=(x,), dtype=x.dtype))
    constants = [v for v in op.inputs[weights + 4 :] if v is not None and not v.node and v is not peepholes]
    made = op.add(layer, *read, weights=(w, r, bias, peepholes), buffers=(*kept, *constants), dtype=x.dtype)
    batch = shape[0] if first else shape[1]
    last = (batch, directions, hidden) if first else (directions, batch, hidden)
    for state_given in op.inputs[weights + 4 : weights + 6]:
        if state_given is not None and len(state_given.shape or ()) == 3:
            agreed(op, [batch, op.shape_of(state_given)[0 if first else 1]])
    rest = [op.look("last", last, made) if op.wants(i) else None for i in range(1, op.outputs)]
    return [made, *rest]


@counted(STEP.format(4), "LSTM")
def _lstm(op: Operator) -> list[Value | None]:
    return _run(op, "lstm")


@counted(STEP.format(3), "GRU")
def _gru(op: Operator) -> list[Value | None]:
    return _run(op, "gru")


@counted(STEP.format(1), "RNN")
def _rnn(op: Operator) -> list[Value | None]:
    return _run(op, "rnn")


@counted(f"{STEP.format(4)}; the input and the state quantized", "DynamicQuantizeLSTM", domain=MICROSOFT)
def _dynamic_quantize_lstm(op: Operator) -> list[Value | None]:
    return _run(op, "lstm", kept=tuple(op.given(i) for i in range(8, 12)))
