"""What is other in each level of a nest: widths that follow what enters, and what a round up reads of the way down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from symconv.condition import DIVIDES, divides
from symconv.extent import Extent, Size, symbols_of
from symconv.layer import Layer
from symconv.layers import Crop, Look, Pad
from symconv.lift.nests import Nest
from symconv.lift.plan import Plan
from symconv.lift.rounds import Run
from symconv.lift.wiring import Step
from symconv.network import Network
from symconv.rounding import floor
from symconv.symbols import Symbol
from symconv.tensor import Tensor
from symconv.values import substitute


@dataclass(frozen=True)
class Skip:
    """A view of what entered a round down: the step whose place it takes, and the block that it is a view of."""

    source: str
    layer: Look
    block: str


class Levels:
    """The levels of a family's nests while it is built."""

    def __init__(self, plan: Plan, net: Network) -> None:
        self.plan, self.net = plan, net
        #: So many times what enters its level each width is, and the axis of that.
        self.ratios: dict[Symbol, tuple[Fraction, int]] = {}
        #: By nest what entered the rounds of its way down: in terms of an index, else by the round's number.
        self.entered: dict[int, dict[Size, tuple[Size, ...]]] = {}
        self._now: tuple[Size, ...] = ()
        self._skipped: tuple[Size, ...] = ()
        for run in plan.runs:
            if run.nest is not None:
                self._find_ratios(run, run.nest)

    def _find_ratios(self, run: Run, nest: Nest) -> None:
        steps = self.plan.steps
        before, behind = (steps[cut - 1].node.out.shape for cut in run.cuts[:2])
        ratio = 1 / nest.ratio if run.upwards else nest.ratio
        pairs = [(k, x, y) for k, (x, y) in enumerate(zip(before, behind)) if isinstance(x, int) and isinstance(y, int)]
        axis, width = next(((k, x) for k, x, y in pairs if Fraction(y, x) == ratio), pairs[0][:2])
        for step in steps[run.cuts[0] : run.cuts[1]]:
            for what, atom in step.made.items():
                self.ratios[atom] = Fraction(getattr(step.node.layer, what), width), axis

    def enter(self, run: Run, shape: tuple[Size, ...], i: Size) -> None:
        """A round begins with this shape."""
        self._now = shape
        if run.nest is not None and not run.upwards:
            self.entered.setdefault(id(run.nest), {})[i] = shape

    def leave(self) -> None:
        """The rounds are done."""
        self._skipped = ()

    def sizes(self, step: Step) -> dict[Symbol, Size]:
        """The widths of a layer in this level."""
        found: dict[Symbol, Size] = {}
        for atom in step.made.values():
            if atom in self.ratios:
                ratio, axis = self.ratios[atom]
                whole = ratio.numerator * self._now[axis]
                if ratio.denominator > 1:
                    self.net.require(divides(ratio.denominator, whole), step.name)
                found[atom] = floor(whole, ratio.denominator, exact=True)
        return found

    def skip(self, run: Run, j: Size) -> Skip:
        """What the round j up reads of the way down: what entered round n + offset − j there."""
        nest = run.nest
        assert nest is not None
        down = next(r for r in self.plan.runs if r.nest is nest and not r.upwards)
        level = self.net.symbol(run.symbol, "count") + nest.offset - j
        join = self.plan.steps[run.cuts[0] + nest.join]
        self._skipped = _at(self.entered[id(nest)], level)
        layer = Look("skip", self._skipped, join.node.tensors[nest.older].dtype)
        return Skip(join.inputs[nest.older], layer, f"/{down.name}")

    def padded(self, layer: Layer, tensors: Sequence[Tensor]) -> Layer:
        """A pad up to the extents of what is read from below; any other layer as it is."""
        if not self._skipped or not isinstance(layer, Pad) or not isinstance(layer.amount, tuple):
            return layer
        pairs: list[tuple[Any, Any]] = [a if isinstance(a, tuple) else (a, a) for a in layer.amount]
        if all(isinstance(x, int) for pair in pairs for x in pair):
            return layer
        extents = zip(pairs, self._skipped[-len(pairs) :], tensors[0].shape[-len(pairs) :])
        return replace(layer, amount=tuple((begin, wanted - x - begin) for (begin, _), wanted, x in extents))

    def cropped(self, layer: Layer, tensors: Sequence[Tensor], node: str) -> None:
        """A crop to the middle, where the source asks for one: as many rows are left out on both sides."""
        middle = any(c.relation == DIVIDES and c.left == 2 for c in self.plan.wiring.net.required)
        if self._skipped and middle and isinstance(layer, Crop) and layer.amount is None:
            for wanted, x in zip(self._skipped[2:], tensors[-1].shape[2:]):
                self.net.require(replace(divides(2, wanted - x), reason="a middle with whole edges"), node)


def _at(entered: Mapping[Size, tuple[Size, ...]], level: Size) -> tuple[Size, ...]:
    """What entered a round, by the formula of all rounds where there is one."""
    for i, shape in entered.items():
        if isinstance(i, Extent):
            (index,) = symbols_of(i)
            return tuple(substitute(x, {index: level}) for x in shape)
    return entered[level]
