"""Recurrent layers and cells."""

from __future__ import annotations

from functools import partial

from symconv.condition import equal
from symconv.domain import require
from symconv.layer import Layer
from symconv.layers import GRU, LSTM, RNN, Linear, Pointwise
from symconv.readers.torch.held import Held
from symconv.readers.torch.operator import Operator
from symconv.readers.torch.registry import counted

STEP = "g·H·(C_in + H) macs a step and direction, for g = {} gates; sums, gates and states beside them"


def _run(op: Operator, gates: int) -> list[Held]:
    x, weights = op.tensor("input", "data"), list(op.get("params"))
    bias, layers = bool(op.get("has_biases")), op.get("num_layers")
    both = bool(op.get("bidirectional", default=False))
    states = op.get("hx")
    first = states[0] if isinstance(states, list) else states
    hidden, state = first.shape[-1], weights[1].shape[-1]
    for h in states if isinstance(states, list) else [states]:
        batch = x.shape[0 if op.get("batch_first") else 1] if len(x.shape) == 3 else 1
        if len(h.shape) == 3 and len(x.shape) == 3:
            require(equal(h.shape[1], batch), "a state for each sample")
    require(equal(x.shape[-1], weights[0].shape[-1]), "weights for as many features as the input has")
    if gates == 4:
        rows = weights[0].shape[0]
        units = rows // 4
        layer: Layer = LSTM(units, layers, both, None if state == units else state, bias)
    else:
        kind = op.name.removeprefix("rnn_")
        layer = GRU(hidden, layers, both, bias) if gates == 3 else RNN(hidden, layers, both, kind, bias)
    # A batch and time are factors of the cost alike, so that it does not matter which stands first.
    own = x if len(x.shape) == 3 else op.look("unsqueeze", (1, *x.shape), x)
    made = op.add(layer, op.node_of(own), weights=weights)
    out = made if len(x.shape) == 3 else op.look("squeeze", made.shape[1:], made)
    last = [op.look("last", h.shape, made) for h in (states if isinstance(states, list) else [states])]
    return [out, *last]


for _gates, _names in ((4, ["lstm"]), (3, ["gru"]), (1, ["rnn_tanh", "rnn_relu"])):
    counted(STEP.format(_gates), *_names)(partial(_run, gates=_gates))


#: What a unit of a cell does once its gates' sums are there: gates, cell, state.
_UNITS = {"lstm_cell": ["sigmoid"] * 3 + ["tanh", "mul", "mul", "add", "tanh", "mul"],
          "gru_cell": ["sigmoid"] * 2 + ["tanh", "mul", "sub", "mul", "mul", "add"],
          "rnn_tanh_cell": ["tanh"], "rnn_relu_cell": ["relu"]}  # fmt: skip


@counted("g·H·(C_in + H) macs a sample, for g gates; sums, gates and states beside them", *_UNITS)
def _cell(op: Operator) -> list[Held]:
    x, states = op.tensor("input"), op.get("hx")
    first = states[0] if isinstance(states, list) else states
    w, r = op.tensor("w_ih"), op.tensor("w_hh")
    b, c = op.get("b_ih"), op.get("b_hh")
    sums = [
        op.add(Linear(w.shape[0], b is not None), op.node_of(x), weights=[w, b]),
        op.add(Linear(r.shape[0], c is not None), op.node_of(first), weights=[r, c]),
    ]
    gates = op.add(Pointwise("add", (), op.dtype), *sums)
    made = op.look("split", first.shape, gates)
    for step in _UNITS[op.name]:
        beside = (first.shape,) if step in ("mul", "add", "sub") else ()
        made = op.add(Pointwise(step, beside, op.dtype), made)
    return [made] * len(op.outs)
