"""Recurrent layers, their cells, and the wrappers that run a layer along a sequence."""

from __future__ import annotations

from typing import Any

from symconv.extent import Size
from symconv.layer import Layer
from symconv.layers import Concat, Conv
from symconv.layers.channels_last import first as channels_first
from symconv.layers.channels_last import last as channels_last
from symconv.layers.pointwise import POINTWISE
from symconv.readers.keras.call import Call
from symconv.readers.keras.cells import KerasGRU, KerasLSTM, KerasRNN
from symconv.readers.keras.registry import counted
from symconv.readers.keras.rules.convolution import window
from symconv.readers.keras.rules.merging import merged
from symconv.readers.keras.tracing import traced
from symconv.readers.keras.value import Value
from symconv.tensor import Tensor

_SAME = {"linear": "neg", "exponential": "exp", "hard_silu": "hard_swish", "swish": "silu"}


def _word(function: Any) -> str:
    """An activation by the name that pointwise operations have; empty where it is none of them."""
    name = getattr(function, "__name__", "linear")
    name = _SAME.get(name, name)
    return name if name in POINTWISE else ""


def _states(call: Call) -> list[Value]:
    """The initial states that the call is given."""
    from keras import tree

    return [v for v in tree.flatten(call.get("initial_state")) if isinstance(v, Value)]


@counted("T·N·(elements of the kernel and the recurrent kernel) macs", "LSTM", "GRU", "SimpleRNN")
def _recurrent(call: Call) -> Any:
    op, cell, sequence = call.op, call.op.cell, call.value()
    gate = _word(getattr(cell, "recurrent_activation", None))
    activation = _word(cell.activation)
    if not activation or not gate:
        return _run(call)
    call.fits(sequence.shape[-1], int(cell.kernel.shape[0]), "as many features as the kernel has")
    units, bias, last = cell.units, bool(cell.use_bias), not op.return_sequences
    layer: Layer
    if call.kind == "LSTM" or hasattr(cell, "unit_forget_bias"):
        layer = KerasLSTM(units, bias=bias, last=last, activation=activation, gate=gate)
    elif hasattr(cell, "reset_after"):
        biases = 2 if cell.reset_after else 1
        layer = KerasGRU(units, bias=bias, last=last, activation=activation, gate=gate, biases=biases)
    else:
        layer = KerasRNN(units, bias=bias, last=last, activation=activation)
    made = call.add(layer, sequence, *_states(call), weights=call.weights)
    if not op.return_state:
        return made
    return (made, *(call.move("state", (sequence.shape[0], size), made) for size in op.state_size))


@counted("T times its cell", "RNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
def _run(call: Call) -> Any:
    """A cell that runs along axis 1: what it does in one step, as often as there are steps."""
    from keras import tree

    op, sequence = call.op, call.value()
    n, t, *rest = sequence.shape
    step = call.look("step", (n, *rest), sequence)
    given = call.get("initial_state")
    known = [v for v in tree.flatten(given) if isinstance(v, Value)]
    states = given if known else _zeros(call, step)
    if not tree.is_nested(states):
        states = [states]
    with call.reader.running(t):
        output, after = call.apply(op.cell, step, list(states))
    if op.return_sequences:
        output = call.move("stack", (n, t, *output.shape[1:]), output)
    return (output, *(after if tree.is_nested(after) else [after])) if op.return_state else output


def _zeros(call: Call, step: Value) -> list[Any]:
    """The states before the first step, in the structure that the cell has."""
    cell = call.op.cell
    if hasattr(cell, "input_conv"):  # a convolution over images: states of the output's extents
        made = _convolved(call, cell, step)
        shape = channels_last(Tensor(made)).shape if cell.data_format == "channels_last" else made
        return [call.move("zeros", shape, step) for _ in range(2)]
    return [_zero(call, step, size) for size in call.op.state_size]


def _zero(call: Call, step: Value, size: Any) -> Any:
    if isinstance(size, list | tuple):
        return [_zero(call, step, s) for s in size]
    return call.move("zeros", (step.shape[0], size), step)


def _convolved(call: Call, cell: Any, step: Value) -> tuple[Size, ...]:
    """The shape that a convolution makes of a step, channels first."""
    image = channels_first(step.tensor) if cell.data_format == "channels_last" else step.tensor
    return Conv(cell.filters, *window(cell, cell.kernel_size)).output(image).shape


@counted("its products, gates and activations in one step", "LSTMCell", "GRUCell", "SimpleRNNCell", "StackedRNNCells",
         "ConvLSTMCell")  # fmt: skip
def _cell(call: Call) -> Any:
    return traced(call.reader, call.op, call.name, call.args, call.kwargs)


@counted("both its layers', put together", "Bidirectional")
def _bidirectional(call: Call) -> Any:
    op, sequence = call.op, call.value()
    states = call.get("initial_state")
    halves: list[dict[str, Any]] = [{}, {}]
    if states is not None:
        half = len(states) // 2
        halves = [{"initial_state": states[:half]}, {"initial_state": states[half:]}]
    ways = [
        call.apply(layer, sequence, **given)
        for layer, given in zip((op.forward_layer, op.backward_layer), halves)
    ]  # fmt: skip
    further: tuple[Any, ...] = ()
    if op.return_state:
        further = tuple(ways[0][1:]) + tuple(ways[1][1:])
        ways = [way[0] for way in ways]
    if op.merge_mode is None:
        return (*ways, *further)
    if op.merge_mode == "concat":
        made = call.add(Concat(ways[0].rank - 1), *ways)
    else:
        made = merged(call, {"sum": "add", "ave": "mean", "mul": "mul"}[op.merge_mode], ways)
    return (made, *further) if op.return_state else made


@counted("T times its layer", "TimeDistributed")
def _time_distributed(call: Call) -> Any:
    from keras import tree

    value = call.value()
    n, t, *rest = value.shape
    step = call.look("step", (n, *rest), value)
    with call.reader.running(t):
        made = call.apply(call.op.layer, step)
    return tree.map_structure(lambda v: call.move("stack", (n, t, *v.shape[1:]), v), made)
