"""A network of blocks inside blocks in plain integers, every round run by itself, one behind the other.

A program is a list of steps. A step is a tuple, its first entry what it does:

conv    width, kernel, stride, padding, groups, bias    groups a number, or "c" for one a channel
pool    kind, kernel, stride, padding, ceil             kind "max" or "avg"
up      scale                                           nearest
bn, relu
se      divisor                                         pool, c/divisor channels, relu, c channels, sigmoid, mul
add, concat, mul    programs                            all begin behind the same layer, an empty one is that layer
repeat  count, program, apart, tied                     `apart` says nothing here: a round is a round
aux     program                                         in training only, and the trunk goes on behind what stood before

A width or a count is a tuple too, evaluated by `number`. Anything that is no network is Illegal; a join with an extent
of 1, which one reads as repeated and another as wrong, is Ambiguous.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, prod
from typing import Any

Step = tuple[Any, ...]
Program = Sequence[Step]
Shape = tuple[int, ...]

#: What every metric makes of the primitive operations.
WEIGHTS: dict[str, dict[str, int]] = {
    "macs": {"mac": 1},
    "flops": {"mac": 2},
    "ops": {"mac": 2, "add": 1, "mul": 1, "div": 1, "max": 1, "exp": 1},
    "full": {"mac": 1, "plane": 1, "channel_add": 1},
}
METRICS = (*WEIGHTS, "activations", "params", "active_params", "buffers")


#: The largest extent that is stepped through.
LARGEST = 20_000


class Illegal(Exception):  # noqa: N818  (an answer, more than an error)
    """No network at these numbers."""


class Ambiguous(Exception):  # noqa: N818  (an answer, more than an error)
    """A join with an extent of 1."""


class Immense(Exception):  # noqa: N818  (an answer, more than an error)
    """More than can be walked."""


class Untied(Exception):  # noqa: N818  (an answer, more than an error)
    """Tied rounds whose weights differ."""


def number(what: Step, at: Mapping[str, Any], channels: int, rounds: Sequence[int]) -> int:
    """A width, or a count of rounds, at numbers: of the symbols, of the channels that come in, of the rounds around."""
    kind, *given = what
    if kind == "same":
        return channels
    if kind == "times":
        return given[0] * channels
    if kind == "plus":
        return channels + (at[given[0]] if isinstance(given[0], str) else given[0])
    if kind == "half":
        return channels // given[0]
    if kind == "exact":
        if channels % given[0]:
            raise Illegal(f"{channels}/{given[0]}")
        return channels // given[0]
    if kind == "const":
        return given[0]
    if kind == "symbol":
        return given[1] * at[given[0]] + given[2]
    if kind == "ceil":
        return ceil(Fraction(given[1]) * at[given[0]])
    if kind == "round":
        return given[1] * (rounds[given[0]] if rounds else 0) + given[2]
    raise ValueError(kind)


@dataclass
class Walk:
    """What was met on the way."""

    at: Mapping[str, Any]
    shapes: dict[str, Shape] = field(default_factory=dict)
    operations: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    #: The parameters and the buffers of each node.
    weights: dict[str, tuple[int, int]] = field(default_factory=dict)
    activations: int = 0
    #: What is wrong where only training goes.
    untrained: bool = False

    def metrics(self) -> dict[str, int]:
        """Every metric by its name."""
        out = {name: sum(w * self.operations[p] for p, w in weights.items()) for name, weights in WEIGHTS.items()}
        params = self.kept["params"]
        return {**out, "activations": self.activations, "params": params, "active_params": params} | {
            "buffers": self.kept["buffers"]
        }

    def node(self, name: str, shape: Shape, training: bool, keep: bool, kept: tuple[int, int], **done: int) -> Shape:
        """One layer: its output, its parameters and buffers, its operations."""
        if any(x < 1 for x in shape):
            raise Illegal(f"{name}: {shape}")
        if any(x > LARGEST for x in shape[2:]):
            raise Immense(f"{name}: {shape}")
        self.shapes[name] = shape
        self.weights[name] = kept
        if keep:
            self.kept["params"] += kept[0]
            self.kept["buffers"] += kept[1]
        if not training:
            self.operations.update(done)
            self.activations += prod(shape)
        return shape


def _weights(w: Walk, prefix: str) -> dict[str, tuple[int, int]]:
    """The weights of one round, by the names inside of it."""
    return {name[len(prefix) :]: kept for name, kept in w.weights.items() if name.startswith(prefix)}


def slid(x: int, kernel: int, stride: int, padding: int, over: bool = False) -> int:
    """The number of windows along an axis, found by stepping."""
    count, start = 0, -padding
    while (start + kernel <= x + padding) if not over else (start + kernel < x + padding + stride and start < x):
        count, start = count + 1, start + stride
    return count


def walk(program: Program, shape: Shape, at: Mapping[str, Any]) -> Walk:
    """The whole program at numbers."""
    if any(x < 1 for x in shape):
        raise Illegal(str(shape))
    found = Walk(at)
    _steps(found, program, shape, "", (), False, True)
    return found


def _steps(
    w: Walk, program: Program, shape: Shape, prefix: str, rounds: tuple[int, ...], training: bool, keep: bool
) -> Shape:
    for position, step in enumerate(program):
        shape = _step(w, step, shape, f"{prefix}{step[0]}{position}", rounds, training, keep)
    return shape


def _conv(w: Walk, name: str, shape: Shape, given: Sequence[Any], training: bool, keep: bool) -> Shape:
    out_channels, kernel, stride, padding, groups, bias = given
    batch, c, *extents = shape
    groups = c if groups == "c" else groups
    if out_channels < 1 or groups < 1 or c % groups or out_channels % groups:
        raise Illegal(f"{name}: {c} to {out_channels} channels in {groups} groups")
    out = batch, out_channels, *(slid(x, kernel, stride, padding) for x in extents)
    planes, points = c // groups, prod(out)
    macs = planes * kernel ** len(extents) * points
    weights = out_channels * planes * kernel ** len(extents) + (out_channels if bias else 0)
    beside = {"add": points, "plane": planes * points} if bias else {}
    return w.node(name, out, training, keep, (weights, 0), mac=macs, channel_add=(planes - 1) * points, **beside)


def _step(w: Walk, step: Step, shape: Shape, name: str, rounds: tuple[int, ...], training: bool, keep: bool) -> Shape:
    kind, *given = step
    batch, c, *extents = shape
    e = prod(shape)
    if kind == "conv":
        width = number(given[0], w.at, c, rounds)
        return _conv(w, name, shape, (width, *given[1:]), training, keep)
    if kind == "pool":
        which, kernel, stride, padding, over = given
        out = batch, c, *(slid(x, kernel, stride, padding, over) for x in extents)
        points = prod(out)
        taps = (kernel ** len(extents) - 1) * points
        done = {"max": taps} if which == "max" else {"add": taps, "div": points}
        return w.node(name, out, training, keep, (0, 0), **done)
    if kind == "up":
        return w.node(name, (batch, c, *(given[0] * x for x in extents)), training, keep, (0, 0))
    if kind == "bn":
        return w.node(name, shape, training, keep, (2 * c, 2 * c + 1), mul=e, add=e)
    if kind == "relu":
        return w.node(name, shape, training, keep, (0, 0), max=e)
    if kind == "se":
        one = batch, c, *(1 for _ in extents)
        w.node(f"{name}/pool", one, training, keep, (0, 0), add=e - batch * c, div=batch * c)
        inner = _conv(w, f"{name}/down", one, (number(given[0], w.at, c, rounds), 1, 1, 0, 1, True), training, keep)
        w.node(f"{name}/relu", inner, training, keep, (0, 0), max=prod(inner))
        outer = _conv(w, f"{name}/up", inner, (c, 1, 1, 0, 1, True), training, keep)
        w.node(f"{name}/gate", outer, training, keep, (0, 0), exp=batch * c, add=batch * c, div=batch * c)
        return w.node(f"{name}/mul", shape, training, keep, (0, 0), mul=e)
    if kind in ("add", "mul", "concat"):
        ends = [
            _steps(w, branch, shape, f"{name}/{letter}/", rounds, training, keep)
            for letter, branch in zip("abcd", given[0])
        ]
        together = [tuple(x for axis, x in enumerate(end) if kind != "concat" or axis != 1) for end in ends]
        for one_by_one in zip(*together):
            if len(set(one_by_one)) > 1:
                raise Ambiguous(name) if 1 in one_by_one else Illegal(f"{name}: {ends}")
        if kind == "concat":
            joined = batch, sum(end[1] for end in ends), *ends[0][2:]
            return w.node(f"{name}/join", joined, training, keep, (0, 0))
        return w.node(f"{name}/join", ends[0], training, keep, (0, 0), **{kind: (len(ends) - 1) * prod(ends[0])})
    if kind == "repeat":
        count, inner_program, _, tied = given
        total = number(count, w.at, c, rounds)
        if total < 1:
            raise Illegal(f"{name}: {total} rounds")
        for i in range(total):
            once = keep and (i == 0 or not tied)
            shape = _steps(w, inner_program, shape, f"{name}/{i}/", (*rounds, i), training, once)
            if tied and _weights(w, f"{name}/{i}/") != _weights(w, f"{name}/0/"):
                raise Untied(f"{name}, round {i}")
        return shape
    if kind == "aux":
        try:
            _steps(w, given[0], shape, f"{name}/", rounds, True, keep)
        except Illegal:
            w.untrained = True
        return shape
    raise ValueError(kind)
