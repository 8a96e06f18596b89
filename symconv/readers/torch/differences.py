"""Two runs of one module compared: where they do not do the same, and whether the ends of their calls are alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from symconv.equality import Answer, compare
from symconv.extent import Size
from symconv.readers.torch.checking import Numbers
from symconv.readers.torch.ledger import Box, within
from symconv.readers.torch.trace import Traced
from symconv.readers.torch.tracer import Made, Shapes
from symconv.symbols import Symbol

#: Points at which two formulas are compared that are not the same in form: steps from a run's own, and least sizes.
STEPS: Final = (1, 2, 7, 28, 32, 49, 64, 224, 448, -1, -2, -7, -28, -32, -64)
LEAST, LOOKED = 6, 1 << 10


@dataclass(frozen=True)
class Differences:
    """By call what matches where two runs do not do the same, and the calls that see an extent in another form."""

    other: dict[str, list[tuple[int, int]]]
    forms: frozenset[str]


def differences(first: Traced, other: Traced, at: dict[Symbol, int]) -> Differences | None:
    """Where two runs do not do the same; None where their calls have other extents.

    A run's operators match where they are the same, in the same call, and make the same extents, by formulas that are
    equal wherever the other run goes.
    """
    alike = _Alike(first, other, at)
    for scope, ends in first.tracer.ends.items():
        there = other.tracer.ends.get(scope)
        if there is None:
            continue
        if ends.given != there.given:
            alike.forms.add(scope)
        if ends.made != there.made:
            alike.forms.add(scope.rpartition("/")[0])
        if not alike(scope, ends.shapes, there.shapes):
            return None
    ours, theirs = by_scope(first.tracer.made), by_scope(other.tracer.made)
    found: dict[str, list[tuple[int, int]]] = {}
    for scope in dict.fromkeys([*ours, *theirs]):
        a, b = ours.get(scope, []), theirs.get(scope, [])
        keys = [[_key(m, alike.own[0]) for _, m in a], [_key(m, alike.own[1]) for _, m in b]]
        if keys[0] == keys[1]:
            pairs = [(i, j) for (i, _), (j, _) in zip(a, b)]
        else:
            matcher = SequenceMatcher(None, keys[0], keys[1], autojunk=False)
            pairs = [(a[i + k][0], b[j + k][0]) for i, j, n in matcher.get_matching_blocks() for k in range(n)]
            found[scope] = pairs
        if not all(alike(scope, first.tracer.made[i].shapes, other.tracer.made[j].shapes) for i, j in pairs):
            return None
    return Differences(found, frozenset(alike.forms))


def by_scope(made: Sequence[Made]) -> dict[str, list[tuple[int, Made]]]:
    found: dict[str, list[tuple[int, Made]]] = {}
    for i, m in enumerate(made):
        if m.nodes or not m.quiet:
            found.setdefault(m.where, []).append((i, m))
    return found


def _key(made: Made, numbers: Numbers) -> tuple[Any, ...]:
    return made.operator, tuple(tuple(map(numbers, shape)) for shape in made.shapes)


class _Alike:
    """Whether the shapes of two runs agree wherever the second one goes.

    A call that is given what the first run gives it goes as far as it asks for itself; another one, of `forms`, as far
    as the whole run.
    """

    def __init__(self, first: Traced, other: Traced, at: dict[Symbol, int]) -> None:
        self.first, self.other, self.at = first, other, at
        self.own = Numbers(first, at), Numbers(other, at)
        self.forms: set[str] = set()
        self._boxes: dict[str | None, Box] = {}
        self._points: dict[str | None, list[tuple[Numbers, Numbers]]] = {}

    def __call__(self, scope: str, a: Shapes, b: Shapes) -> bool:
        if a == b:
            return True
        if len(a) != len(b) or any(len(x) != len(y) for x, y in zip(a, b)):
            return False
        sizes = [(m, n) for x, y in zip(a, b) for m, n in zip(x, y) if m != n]
        if scope not in self.forms:
            if all(self._equal(scope, m, n) for m, n in sizes):
                return True
            self.forms.add(scope)
        return all(self._equal(None, m, n) for m, n in sizes)

    def _equal(self, scope: str | None, m: Size, n: Size) -> bool:
        if self.own[0](m) != self.own[1](n):
            return False
        found = _compared(m, n)
        if found.answer is Answer.SOMETIMES and found.symbol is not None:
            return within(self._box(scope).of(found.symbol), found.sizes)
        if found.answer is Answer.UNDECIDED:
            return all(one(m) == two(n) for one, two in self._numbers(scope))
        return found.answer is Answer.ALWAYS

    def _box(self, scope: str | None) -> Box:
        if scope not in self._boxes:
            ledger = self.other.ledger
            self._boxes[scope] = ledger.whole if scope is None else ledger.box(ledger.log.get(scope, ()))
        return self._boxes[scope]

    def _numbers(self, scope: str | None) -> list[tuple[Numbers, Numbers]]:
        if scope not in self._points:
            points = _inside(self._box(scope), self.at)
            self._points[scope] = [(Numbers(self.first, p), Numbers(self.other, p)) for p in points]
        return self._points[scope]


_compared = lru_cache(maxsize=1 << 12)(compare)


def _inside(box: Box, at: dict[Symbol, int]) -> list[dict[Symbol, int]]:
    """Points of a box: the run's own, those at its least sizes, and some near and far."""
    options: dict[Symbol, list[int]] = {}
    for s, own in at.items():
        sizes = box.of(s)
        near = [own, *(own + step for step in STEPS)]
        options[s] = [v for v in dict.fromkeys((*islice(sizes.members(LOOKED), LEAST), *near)) if v >= 1 and v in sizes]
    found = [{**at, s: v} for s in at for v in options[s]]
    widest = max(map(len, options.values()), default=0)
    found += [{s: its[(k * (i + 1)) % len(its)] for i, (s, its) in enumerate(options.items())} for k in range(widest)]
    return [at, *(p for p in found if p != at and p in box)]
