"""A family as a grammar, steps, then so many rounds, then steps: by it another network is read, heavy step by step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from symconv.layer import TRAINABLE, layer_fields
from symconv.lift.entries import numbered
from symconv.lift.order import Order, is_heavy, kind_of, stated_fields
from symconv.lift.plan import Plan
from symconv.lift.rounds import Run
from symconv.lift.wiring import CONSTANTS, WIDTHS, Step

#: Ways in which a network is read that are tried, at most.
TRIED: Final = 10_000

#: What tells steps apart that are of different kinds.
OTHER: Final = "another layer"

#: The family's steps, each with the other network's.
Pairs = list[tuple[Step, Step]]


@dataclass
class _Part:
    """Steps one behind the other, or the rounds of a run."""

    steps: list[Step]
    run: Run | None = None


class Grammar:
    """The grammar of a family, by which one network is read."""

    def __init__(self, plan: Plan, order: Order) -> None:
        self.plan = plan
        self.theirs = [order.steps[k] for k in order.heavy]
        self.parts = list(_parts(plan))
        self.tried = 0
        self.furthest, self.unlike = (-1, 0), OTHER

    def parses(self) -> Iterator[tuple[Pairs, dict[str, int]]]:
        """The ways to read the network, those of more rounds in front first."""
        return self._from(0, 0)

    def why(self) -> str:
        """Why there is none."""
        at, part = self.furthest
        here = self.parts[part] if part < len(self.parts) else None
        theirs = self.theirs[at].name if 0 <= at < len(self.theirs) else ""
        once = self._once(at, part)
        if once:
            return once
        if not theirs:
            return "it ends where the family goes on"
        if self.unlike != OTHER:
            return f"{theirs} has {self.unlike}"
        if here is None:
            return f"it goes on with {theirs}, where the family ends"
        if here.run is not None:
            return f"{theirs} is neither another round of {here.run.name} nor what follows it in the family"
        return f"it has {theirs}, which the family does not have there"

    def _once(self, at: int, part: int) -> str:
        """What is to be said where a block was seen once, and the other network has it several times."""
        if not 0 < at < len(self.theirs):
            return ""
        one, other = (self.theirs[k].name.split("/") for k in (at - 1, at))
        for many in range(1, min(len(one), len(other))):
            pair = numbered(one[:many]), numbered(other[:many])
            if pair[0] and pair[1] and pair[0][0] == pair[1][0] and pair[1][1] == pair[0][1] + 1:
                block = "/".join(one[: many - 1])
                if any(s.name.startswith(f"{block}/") for s in self._outside()):
                    return (
                        f"{self.plan.wiring.net.name} has one block in {block}, and {'/'.join(other[:many])} is a "
                        "second one: what the rounds after the first look like was not seen"
                    )
        return ""

    def _outside(self) -> list[Step]:
        """The family's steps in no rounds."""
        return [s for part in self.parts if part.run is None for s in part.steps]

    def _from(self, at: int, part: int) -> Iterator[tuple[Pairs, dict[str, int]]]:
        self.tried += 1
        if self.tried > TRIED:
            return
        if part == len(self.parts):
            if at == len(self.theirs):
                yield [], {}
            else:
                self._reached(at, part)
            return
        here = self.parts[part]
        if here.run is not None:
            yield from self._rounds(here.run, at, part)
            return
        pairs = self._match(here.steps, at, part)
        if pairs is not None:
            for rest, rounds in self._from(at + len(here.steps), part + 1):
                yield pairs + rest, rounds

    def _rounds(self, run: Run, at: int, part: int) -> Iterator[tuple[Pairs, dict[str, int]]]:
        """As many rounds as there are, then fewer."""
        begin = Pairs()
        if run.entry is not None:
            entry = self._heavy(run.entry, run.cuts[0])
            first = self._match(entry, at, part)
            if first is None:
                return
            begin, at = first, at + len(entry)
        kinds = 2 if run.alternating else 1
        rounds_of = [self._heavy(a, b) for a, b in zip(run.cuts[:kinds], run.cuts[1:])]
        regular, matched = rounds_of[0], [begin]
        while True:
            here = rounds_of[(len(matched) - 1) % kinds]
            more = self._match(here, at + len(regular) * (len(matched) - 1), part)
            if more is None:
                break
            matched.append(matched[-1] + more)
        for many in range(len(matched) - 1, -1, -1):
            count = many + (run.entry is not None)
            for rest, rounds in self._from(at + len(regular) * many, part + 1) if count else ():
                yield matched[many] + rest, {run.symbol: count, **rounds}

    def _heavy(self, begin: int, end: int) -> list[Step]:
        return [s for s in self.plan.steps[begin:end] if is_heavy(s)]

    def _match(self, steps: Sequence[Step], at: int, part: int) -> Pairs | None:
        pairs: Pairs = []
        for k, mine in enumerate(steps):
            unlike = _unlike(mine, self.theirs[at + k]) if at + k < len(self.theirs) else OTHER
            if unlike:
                self._reached(at + k, part, unlike)
                return None
            pairs.append((mine, self.theirs[at + k]))
        return pairs

    def _reached(self, at: int, part: int, unlike: str = OTHER) -> None:
        if (at, part) >= self.furthest:
            self.furthest, self.unlike = (at, part), unlike


def _parts(plan: Plan) -> Iterator[_Part]:
    at = 0
    for run in plan.runs:
        yield _Part([s for s in plan.steps[at : run.begin] if is_heavy(s)])
        yield _Part([], run)
        at = run.end
    yield _Part([s for s in plan.steps[at:] if is_heavy(s)])


def _unlike(mine: Step, theirs: Step) -> str:
    """What tells two steps apart beside numbers that stand for atoms: a kind, a field; empty where nothing does."""
    a, b = mine.node.layer, theirs.node.layer
    if kind_of(mine) != kind_of(theirs):
        return OTHER
    for f in layer_fields(type(a)):
        x, y = getattr(a, f.name), getattr(b, f.name)
        said_elsewhere = f.name in CONSTANTS or f.name in stated_fields(a)
        lifted = type(mine.layer) is type(a) and getattr(mine.layer, f.name) != x
        if x != y and not (said_elsewhere or lifted or (f.name in WIDTHS and type(mine.layer) is not type(a))):
            return f"{f.name} = {y}, where the family has {x}"
    trained = [sum(p.kind == TRAINABLE for p in s.node.parameters) for s in (mine, theirs)]
    return "" if trained[0] == trained[1] else OTHER
