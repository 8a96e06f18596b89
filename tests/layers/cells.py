"""Recurrent cells, run step by step on numbers that count what is done to them.

Each step is the equations of the paper with torch's two biases, one gate of one unit after the other. Weights are lists
of rows by torch's names: weight_ih_l0, weight_hh_l1_reverse, bias_ih_l0, weight_hr_l0. Values can be compared with a
framework's, the tally with the count that a layer's rule gives.

mac          one product added to a sum
plane        one weight's product, where its row has a bias
channel_add  a product's addition to those before it
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .scalars import Scalar, relu, sigmoid, tanh

Vector = list[Scalar]
Weights = Mapping[str, Any]

GATES = {"lstm": 4, "gru": 3, "rnn": 1}


@dataclass(frozen=True)
class Stack:
    """The settings of a stack of recurrent layers on numbers."""

    kind: str
    hidden: int
    layers: int = 1
    bidirectional: bool = False
    bias: bool = True
    projection: int | None = None
    nonlinearity: str = "tanh"

    @property
    def state(self) -> int:
        return self.hidden if self.projection is None else self.projection

    @property
    def sides(self) -> list[str]:
        return ["", "_reverse"] if self.bidirectional else [""]

    def shapes(self, features: int) -> dict[str, tuple[int, ...]]:
        """The shape of every tensor of weights, met layer by layer and direction by direction."""
        found: dict[str, tuple[int, ...]] = {}
        for level in range(self.layers):
            for side in self.sides:
                rows = GATES[self.kind] * self.hidden
                found[f"weight_ih_l{level}{side}"] = (rows, features)
                found[f"weight_hh_l{level}{side}"] = (rows, self.state)
                if self.bias:
                    found[f"bias_ih_l{level}{side}"] = found[f"bias_hh_l{level}{side}"] = (rows,)
                if self.projection is not None:
                    found[f"weight_hr_l{level}{side}"] = (self.projection, self.hidden)
            features = len(self.sides) * self.state
        return found


def weighted(row: Sequence[float], vector: Vector, bias: float | None) -> Scalar:
    """The sum of weights times a vector, and a bias."""
    tally = vector[0].tally
    total = 0.0
    for plane, (w, x) in enumerate(zip(row, vector, strict=True)):
        total += w * x.value
        tally["mac"] += 1
        if plane > 0:
            tally["channel_add"] += 1
        if bias is not None:
            tally["plane"] += 1
    return Scalar(total, tally) if bias is None else Scalar(total, tally) + bias


class _Direction:
    """One direction of one layer: its weights, and the two sums of each gate."""

    def __init__(self, stack: Stack, weights: Weights, name: str) -> None:
        self.stack, self.name = stack, name
        self.w, self.r = weights[f"weight_ih_{name}"], weights[f"weight_hh_{name}"]
        nothing = [None] * len(self.w)
        self.b, self.b2 = (weights.get(f"bias_{side}_{name}", nothing) for side in ("ih", "hh"))
        self.projection = weights.get(f"weight_hr_{name}")

    def of_input(self, gate: int, unit: int, x: Vector) -> Scalar:
        row = gate * self.stack.hidden + unit
        return weighted(self.w[row], x, self.b[row])

    def of_state(self, gate: int, unit: int, h: Vector) -> Scalar:
        row = gate * self.stack.hidden + unit
        return weighted(self.r[row], h, self.b2[row])

    def both(self, gate: int, unit: int, x: Vector, h: Vector) -> Scalar:
        return self.of_input(gate, unit, x) + self.of_state(gate, unit, h)

    def step(self, x: Vector, h: Vector, c: Vector) -> tuple[Vector, Vector]:
        """The state and the cells after one step."""
        shown, cells = [], []
        for u in range(self.stack.hidden):
            if self.stack.kind == "lstm":
                i, f = sigmoid(self.both(0, u, x, h)), sigmoid(self.both(1, u, x, h))
                g, o = tanh(self.both(2, u, x, h)), sigmoid(self.both(3, u, x, h))
                cells.append(f * c[u] + i * g)
                shown.append(o * tanh(cells[u]))
            elif self.stack.kind == "gru":
                r, z = sigmoid(self.both(0, u, x, h)), sigmoid(self.both(1, u, x, h))
                n = tanh(self.of_input(2, u, x) + r * self.of_state(2, u, h))
                shown.append((Scalar(1.0, r.tally) - z) * n + z * h[u])
            else:
                function = tanh if self.stack.nonlinearity == "tanh" else relu
                shown.append(function(self.both(0, u, x, h)))
        if self.projection is not None:
            shown = [weighted(row, shown, None) for row in self.projection]
        return shown, cells

    def run(self, steps: Sequence[Vector]) -> list[Vector]:
        """The states after the steps, in the order of the steps given."""
        h = [Scalar(0.0, steps[0][0].tally) for _ in range(self.stack.state)]
        c = [Scalar(0.0, steps[0][0].tally) for _ in range(self.stack.hidden)]
        states = []
        for x in steps:
            h, c = self.step(x, h, c)
            states.append(h)
        return states


def run(stack: Stack, weights: Weights, steps: Sequence[Vector], last: bool = False) -> list[Vector]:
    """The stack's output for one sequence: a vector a step, or with `last` the last state of each direction as one."""
    end: Vector = []
    for level in range(stack.layers):
        outputs: list[Vector] = [[] for _ in steps]
        end = []
        for side in stack.sides:
            direction = _Direction(stack, weights, f"l{level}{side}")
            states = direction.run(steps if not side else steps[::-1])
            end = end + states[-1]
            for place, state in enumerate(states if not side else states[::-1]):
                outputs[place] = outputs[place] + state
        steps = outputs
    return [end] if last else list(steps)
