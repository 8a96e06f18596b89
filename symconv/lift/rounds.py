"""Repeats: where a network does the same again, found in its wiring, and told apart by its names.

What makes a round are its *heavy* steps, those with weights, multiply–accumulates or a pool; two rounds are the same
block where these are the same, as many times wide, at the same extents. Between rounds one value alone goes on, the
state. A first round may be another one, an *entry* that changes the state's shape; it counts as a round.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any, Final

from symconv.layer import layer_fields, ranges
from symconv.layers import Concat
from symconv.lift.wiring import CONSTANTS, WIDTHS, Step, Wiring

#: Layers that pool, which are heavy without a multiply–accumulate.
POOLS: Final = {
    "max_pool", "avg_pool", "global_avg_pool", "global_max_pool", "adaptive_avg_pool", "adaptive_max_pool", "upsample",
}  # fmt: skip

#: An entry has at least two thirds of the heavy steps of a regular round, and at most half as many more.
ALIKE: Final = (2, 3)


@dataclass
class Run:
    """Rounds of one block: steps from cut to cut, and the entry in front of them."""

    #: The places of the steps at which a regular round begins, and where the last one ends.
    cuts: list[int]
    #: Where the entry begins; None where the first round is a regular one.
    entry: int | None = None
    #: Whether rounds alternate in work that is neither weights nor multiply–accumulates.
    alternating: bool = False
    #: Whether rounds differ in such work otherwise.
    uneven: bool = False
    #: What enters the first regular round, and the entry.
    state: str = ""
    first: str = ""
    name: str = ""
    symbol: str = ""

    @property
    def begin(self) -> int:
        return self.cuts[0] if self.entry is None else self.entry

    @property
    def end(self) -> int:
        return self.cuts[-1]

    @property
    def regular(self) -> int:
        """How many regular rounds were seen."""
        return len(self.cuts) - 1

    @property
    def count(self) -> int:
        """How many rounds there are, the entry too."""
        return self.regular + (self.entry is not None)


@dataclass
class Sequence_:
    """The steps in their order with what folding asks of them."""

    steps: list[Step]
    place: dict[str, int]
    #: The last place at which a value is read.
    last: list[int]
    heavy: list[int]
    tokens: list[int]
    kinds: list[str]
    working: list[bool]
    #: Whether a value depends on no input.
    constant: list[bool]


def arranged(wiring: Wiring) -> list[Step]:
    """The steps in an order in which each round stands together, and dense blocks carry one value on."""
    return _nested(_plain(wiring, _beside(wiring)))


def _plain(wiring: Wiring, steps: list[Step]) -> list[Step]:
    """Without views that leave everything as it is."""
    result = wiring.net.last_of(wiring.net.result)
    same: dict[str, str] = {}
    out = []
    for step in steps:
        node = step.node
        inputs = tuple(same.get(x, x) for x in step.inputs)
        if node.layer.kind == "look" and len(inputs) == 1 and step.name != result and not node.parameters:
            if node.tensors[0] == node.out:
                same[step.name] = inputs[0]
                continue
        out.append(replace(step, inputs=inputs) if inputs != step.inputs else step)
    return out


def _beside(wiring: Wiring) -> list[Step]:
    """What leads to no output, work that is done at some sizes only, behind the rest of its module."""
    steps, by_name = wiring.steps, {s.name: s for s in wiring.steps}
    leads: set[str] = set()
    for name in (wiring.net.last_of(wiring.net.result), *(s.name for s in steps if s.node.training)):
        stack = [name]
        while stack:
            name = stack.pop()
            if name in by_name and name not in leads:
                leads.add(name)
                stack += by_name[name].inputs
    out = [s for s in steps if s.name in leads]
    last = {s.name.rpartition("/")[0]: s.name for s in out}
    behind: dict[str, list[Step]] = {}
    for step in (s for s in steps if s.name not in leads):
        module = step.name.rpartition("/")[0]
        behind.setdefault(last.get(module, ""), []).append(step)
    found = [x for s in out for x in (s, *behind.pop(s.name, ()))] + behind.pop("", [])
    place = {s.name: k for k, s in enumerate(found)}
    in_order = all(place.get(x, -1) < place[s.name] for s in found for x in s.inputs)
    return found if in_order else steps


def _nested(steps: list[Step]) -> list[Step]:
    """cat(x, y, z) as cat(cat(x, y), z) where cat(x, y) is there."""
    seen: dict[tuple[Any, ...], str] = {}
    out = []
    for step in steps:
        if isinstance(step.layer, Concat):
            whole = (step.layer.axis % len(step.out), *step.inputs)
            for many in range(len(step.inputs) - 1, 1, -1):
                found = seen.get(whole[: many + 1])
                if found is not None:
                    step = replace(step, inputs=(found, *step.inputs[many:]))
                    break
            seen.setdefault(whole, step.name)
        out.append(step)
    return out


def folded(wiring: Wiring) -> list[Run]:
    """The runs of a network, in order, none inside of another."""
    order = ordered(wiring)
    claimed: list[Run] = []

    def free(begin: int, end: int) -> bool:
        return all(end <= r.begin or r.end <= begin for r in claimed)

    for run in sorted(_tandem(order), key=lambda r: -_weight(order, r)):
        if free(run.begin, run.end):
            claimed.append(run)
    claimed.sort(key=lambda r: r.begin)
    for run in claimed:
        _enter(order, run, free)
    patterns = {_kinds(order, r.cuts[0], r.cuts[1]) for r in claimed}
    claimed += _single(order, claimed, patterns)
    claimed.sort(key=lambda r: r.begin)
    for run in claimed:
        _light(order, run)
        shared = beside(order, run.cuts)
        run.state = state_at(order, run.cuts[0], run.cuts[1], shared)
        run.first = run.state if run.entry is None else state_at(order, run.entry, run.cuts[0], shared)
    return claimed


def ordered(wiring: Wiring) -> Sequence_:
    """The steps with what folding asks of them."""
    steps = wiring.steps
    place = {s.name: k for k, s in enumerate(steps)}
    last = list(range(len(steps)))
    for k, s in enumerate(steps):
        for source in s.inputs:
            if source in place:
                last[place[source]] = max(last[place[source]], k)
    result = wiring.net.last_of(wiring.net.result)
    if result in place:
        last[place[result]] = len(steps)
    heavy = [k for k, s in enumerate(steps) if is_heavy(s)]
    ids: dict[Any, int] = {}
    tokens = [ids.setdefault(_token(wiring, steps[k]), len(ids)) for k in heavy]
    constant: list[bool] = []
    for s in steps:
        constant.append(all(x in place and constant[place[x]] for x in s.inputs))
    kinds, working = [kind_of(steps[k]) for k in heavy], [not s.layer.view for s in steps]
    return Sequence_(steps, place, last, heavy, tokens, kinds, working, constant)


def is_heavy(step: Step) -> bool:
    node = step.node
    kept = any(p.kind == "trainable" for p in node.parameters)
    return kept or "mac" in node.count.operations or node.layer.kind in POOLS


def kind_of(step: Step) -> str:
    layer = step.node.layer
    groups = getattr(layer, "groups", 1)
    depthwise = layer.kind == "conv" and groups == step.node.tensors[0].shape[1] != 1
    return f"{layer.kind}{'/depthwise' if depthwise else ''}{getattr(layer, 'operation', '')}"


def _token(wiring: Wiring, step: Step) -> Any:
    """What has to be the same in every round: the layer, and the extents that are no widths."""
    equations, layer = wiring.equations, step.node.layer
    fields = [
        (f.name, getattr(layer, f.name))
        for f in layer_fields(type(layer))
        if f.name not in WIDTHS | CONSTANTS and f.name not in stated(layer)
    ]
    extents = tuple(
        "" if equations.atoms_of(equations.resolve(x)) else y for x, y in zip(step.out, step.node.out.shape)
    )
    kept = tuple((p.kind, len(p.shape)) for p in step.node.parameters)
    said = repr(fields), repr(extents), repr(_widths(step))
    return kind_of(step), said, kept, len(step.inputs), step.node.training


def stated(layer: Any) -> set[str]:
    """Fields that say extents, which the extents themselves say."""
    return {name for name, limits in ranges(type(layer)).items() if limits.shapes} | (
        ranges(type(layer)).keys() if layer.kind == "head_attention" else set()
    )


# -- the same again ------------------------------------------------------------------------------------------------


def _tandem(order: Sequence_) -> Iterator[Run]:
    """Runs of two or more rounds one behind the other, by every period."""
    tokens = order.tokens
    many = len(tokens)
    for period in range(1, many // 2 + 1):
        k = 0
        while k + period < many:
            if tokens[k] != tokens[k + period]:
                k += 1
                continue
            begin = k
            while k + period < many and tokens[k] == tokens[k + period]:
                k += 1
            if k - begin >= period and not _shorter(tokens[begin : k + period], period):
                yield from _cut(order, begin, period, k - begin + period)


def _shorter(tokens: Sequence[int], period: int) -> bool:
    """Whether a shorter period does, one that divides this one."""
    return any(
        period % p == 0 and all(tokens[k] == tokens[k + p] for k in range(len(tokens) - p)) for p in range(1, period)
    )


def _cut(order: Sequence_, begin: int, period: int, length: int) -> Iterator[Run]:
    """The rounds of a run of heavy steps, cut where one value goes on; of all ways the one that names suggest."""
    best: tuple[Any, Run] | None = None
    for start in range(begin, begin + length % period + (length >= 2 * period) * (period - 1) + 1):
        count = (begin + length - start) // period
        if count < 2:
            break
        for cuts, score in _cuts(order, start, period, count):
            key = (-count, score, start)
            if best is None or key < best[0]:
                best = key, Run(cuts)
    if best is not None:
        yield best[1]


def _cuts(order: Sequence_, start: int, period: int, count: int) -> Iterator[tuple[list[int], int]]:
    """The ways to cut: so many working steps behind the last heavy one of a round."""
    heavy = order.heavy
    gaps = [(heavy[start + period * j - 1] + 1, heavy[start + period * j]) for j in range(1, count)]
    lengths = {_work(order, a, b) for a, b in gaps}
    if len(lengths) != 1:
        return
    (light,) = lengths
    after = start + period * count
    stop = heavy[after] if after < len(heavy) else len(order.steps)
    before = heavy[start - 1] + 1 if start else 0
    for behind in range(light, -1, -1):
        inner = [_after(order, a, b, behind) for a, b in gaps]
        last = _after(order, heavy[after - 1] + 1, stop, behind)
        if last is None or any(x is None for x in inner):
            continue
        views = min(_views(order, x) for x in inner if x is not None)
        first = _before(order, before, heavy[start], light - behind, views)
        if first is None:
            continue
        cuts = [first, *(x for x in inner if x is not None), last]
        if _carried(order, cuts):
            yield cuts, sum(_shared(order, x) for x in cuts[1:-1])


def _work(order: Sequence_, begin: int, end: int) -> int:
    return sum(order.working[begin:end])


def _after(order: Sequence_, begin: int, end: int, many: int) -> int | None:
    """The place behind so many working steps."""
    at = begin
    while many and at < end:
        many -= order.working[at]
        at += 1
    return None if many else at


def _before(order: Sequence_, begin: int, end: int, many: int, views: int) -> int | None:
    """The place before so many working steps, and before so many views of what enters."""
    at = end
    while many and at > begin:
        at -= 1
        many -= order.working[at]
    if many:
        return None
    while views and at > begin and not order.working[at - 1] and order.steps[at - 1].inputs:
        at, views = at - 1, views - 1
    return at


def _views(order: Sequence_, at: int) -> int:
    """How many views a round begins with."""
    many = 0
    while at + many < len(order.steps) and not order.working[at + many]:
        many += 1
    return many


def _carried(order: Sequence_, cuts: Sequence[int]) -> bool:
    """Whether one value goes from round to round, and each round reads it."""
    first = cuts[0]
    for j, cut in enumerate(cuts[1:], 1):
        crossing = [k for k in range(first, cut) if order.last[k] >= cut and not order.constant[k]]
        if len(crossing) != 1 or crossing[0] < cuts[j - 1]:
            return False
        if j < len(cuts) - 1 and not _reads(order, cut, cuts[j + 1], crossing[0]):
            return False
    outside = [_outside(order, a, b, first) for a, b in zip(cuts, cuts[1:])]
    return len(outside[0]) == len(outside[1]) + 1 and all(o == outside[1] < outside[0] for o in outside[1:])


def _reads(order: Sequence_, begin: int, end: int, value: int) -> bool:
    name = order.steps[value].name
    return any(name in s.inputs for s in order.steps[begin:end])


def _outside(order: Sequence_, begin: int, end: int, first: int) -> set[str]:
    """What steps read that stands in front of all rounds."""
    return {x for s in order.steps[begin:end] for x in s.inputs if order.place.get(x, -1) < first}


def state_at(order: Sequence_, begin: int, end: int, beside: set[str] | None = None) -> str:
    """What enters a round from before it: what other rounds do not read as well, of the shape that goes out.

    `beside` is what other rounds read; an input of the network where nothing else enters.
    """
    sources = _outside(order, begin, end, begin) - (beside or set())
    out = next((k for k in range(end - 1, begin - 1, -1) if order.last[k] >= end), end - 1)
    shape = order.steps[out].node.out.shape

    def likely(x: str) -> tuple[Any, ...]:
        place = order.place.get(x, -1)
        same = place >= 0 and order.steps[place].node.out.shape == shape
        moving = place >= 0 and not order.constant[place]
        return same, moving, place, x

    return max(sources, key=likely, default="")


def beside(order: Sequence_, cuts: Sequence[int]) -> set[str]:
    """What all rounds read that stands in front of the first: a mask, the rotations of a position."""
    outside = [_outside(order, a, b, cuts[0]) for a, b in zip(cuts, cuts[1:])]
    return set.intersection(*outside) if len(outside) > 1 else set()


def _shared(order: Sequence_, at: int) -> int:
    """How much of their path the steps on both sides of a cut share."""
    if not 0 < at < len(order.steps):
        return 0
    pair = order.steps[at - 1].name.split("/"), order.steps[at].name.split("/")
    many = 0
    for a, b in zip(*pair):
        if a != b:
            break
        many += 1
    return many


def _widths(step: Step) -> list[Any]:
    """The widths of a layer, and of what it keeps beside its rule."""
    layer = step.node.layer
    found: list[Any] = [(name, getattr(layer, name)) for name in step.made]
    if isinstance(getattr(layer, "groups", None), int) and "groups" not in step.made:
        found.append(("groups", 0 if kind_of(step).endswith("/depthwise") else layer.groups))  # type: ignore[attr-defined]
    return [*found, *(p.shape for p in step.node.parameters if step.parameters is not None)]


def _weight(order: Sequence_, run: Run) -> int:
    return sum(run.cuts[0] <= k < run.cuts[-1] for k in order.heavy)


# -- the first round -----------------------------------------------------------------------------------------------


def _kinds(order: Sequence_, begin: int, end: int) -> tuple[str, ...]:
    return tuple(kind for k, kind in zip(order.heavy, order.kinds) if begin <= k < end)


def _enter(order: Sequence_, run: Run, free: Any) -> None:
    """Find the entry in front of a run: like a regular round, of the same output, cut off from what is before it."""
    kinds = _kinds(order, run.cuts[0], run.cuts[1])
    found = list(_entries(order, run.cuts[0], run.cuts[1], kinds, free, beside(order, run.cuts)))
    if found:
        run.entry = min(found)[-1]


def _entries(
    order: Sequence_, begin: int, end: int, kinds: tuple[str, ...], free: Any, shared: set[str]
) -> Iterator[tuple[Any, ...]]:
    """Where an entry may begin, the likeliest first in order; `shared` is what all rounds read."""
    before = [k for k in order.heavy if k < begin]
    state = state_at(order, begin, end, shared)
    if order.place.get(state, -1) < 0 or order.steps[order.place[state]].node.out.rank == 0:
        return
    if not _passes(order, begin, end, state):
        return
    least, most = max(1, len(kinds) * ALIKE[0] // ALIKE[1]), len(kinds) * ALIKE[1] // ALIKE[0] + 1
    for many in range(least, min(most, len(before)) + 1):
        first = before[-many]
        own = tuple(order.kinds[order.heavy.index(k)] for k in before[-many:])
        if not (_within(own, kinds) or _within(kinds, own)):
            continue
        stop = before[-many - 1] if many < len(before) else -1
        for at in range(first, stop, -1):
            if not free(at, begin):
                break
            if _one_enters(order, at, begin, shared) and order.place[state] >= at:
                named = 0 if _siblings(order, at, begin, end) else 1
                yield named, abs(many - len(kinds)), _shared(order, at), -at, at


def _passes(order: Sequence_, begin: int, end: int, state: str) -> bool:
    """Whether a regular round gives on a state of the shape that it got."""
    out = next((k for k in range(end - 1, begin - 1, -1) if order.last[k] >= end), None)
    return out is not None and order.steps[out].node.out.shape == order.steps[order.place[state]].node.out.shape


def _one_enters(order: Sequence_, begin: int, end: int, shared: Set[str] = frozenset()) -> bool:
    """Whether one value enters, beside what all rounds read, and one leaves."""
    entering = {x for x in _outside(order, begin, end, begin) - shared if x not in order.place or not order.constant[order.place[x]]}
    leaving = [k for k in range(begin, end) if order.last[k] >= end and not order.constant[k]]
    return len(entering) == len(leaving) == 1


def _within(short: Sequence[str], long: Sequence[str]) -> bool:
    """Whether one is the other with some left out."""
    rest = iter(long)
    return all(kind in rest for kind in short)


def _siblings(order: Sequence_, begin: int, middle: int, end: int) -> bool:
    """Whether two stretches are numbered children of one parent."""
    paths = _path(order, begin, middle), _path(order, middle, end)
    for many in range(1, min(map(len, paths)) + 1):
        one, other = (numbered(p[:many]) for p in paths)
        if one is not None and other is not None and one[0] == other[0] and other[1] == one[1] + 1:
            return True
    return False


def _path(order: Sequence_, begin: int, end: int) -> list[str]:
    """The path that all steps share; of those apart that stand in another place because of a cut."""
    paths = [s.name.split("/")[:-1] for s in order.steps[begin:end] if not s.layer.view]
    shared = paths[0] if paths else []
    for path in paths[1:]:
        many = 0
        while many < min(len(shared), len(path)) and shared[many] == path[many]:
            many += 1
        shared = shared[:many]
    return shared


def numbered(path: list[str]) -> tuple[tuple[str, ...], int] | None:
    """A path that ends in a number, without it."""
    match = re.fullmatch(r"(.*?)(\d+)", path[-1]) if path else None
    return ((*path[:-1], match[1]), int(match[2])) if match else None


def _single(order: Sequence_, claimed: list[Run], patterns: set[tuple[str, ...]]) -> Iterator[Run]:
    """Stages of an entry and one regular round, which nothing shows but their names, or a block met elsewhere."""
    taken = list(claimed)

    def free(begin: int, end: int) -> bool:
        return all(end <= r.begin or r.end <= begin for r in taken)

    found: list[tuple[Any, Run]] = []
    cuts = [k for k in range(1, len(order.steps) + 1) if free(k - 1, k)]
    for begin, end in _children(order, cuts, patterns):
        if not free(begin, end):
            continue
        kinds = _kinds(order, begin, end)
        if sum(not k.endswith("norm") for k in kinds) < 2 or not _one_enters(order, begin, end):
            continue
        for entry in sorted(_entries(order, begin, end, kinds, free, set())):
            if entry[0] == 0 or kinds in patterns:
                found.append(((entry[0], kinds not in patterns, begin), Run([begin, end], entry[-1])))
                break
    for _, run in sorted(found, key=lambda f: f[0]):
        if free(run.begin, run.end):
            taken.append(run)
            yield run


def _children(order: Sequence_, cuts: list[int], patterns: set[tuple[str, ...]]) -> Iterator[tuple[int, int]]:
    """Stretches of one module, and stretches like a block that was met."""
    spans: dict[tuple[str, ...], list[int]] = {}
    for k, step in enumerate(order.steps):
        path = step.name.split("/")[:-1]
        for many in range(1, len(path) + 1):
            spans.setdefault(tuple(path[:many]), []).append(k)
    for path, places in spans.items():
        if numbered(list(path)) and places[-1] - places[0] + 1 == len(places):
            yield places[0], places[-1] + 1
    for pattern in sorted(patterns):
        many = len(pattern)
        for start in range(1, len(order.heavy) - many + 1):
            if tuple(order.kinds[start : start + many]) != pattern:
                continue
            stop = order.heavy[start + many] if start + many < len(order.heavy) else len(order.steps)
            last = order.heavy[start + many - 1]
            for begin in range(order.heavy[start], order.heavy[start - 1], -1):
                for end in range(last + 1, stop + 1):
                    yield begin, end


# -- work beside ---------------------------------------------------------------------------------------------------


def _light(order: Sequence_, run: Run) -> None:
    """Whether the rounds do the same beside their heavy steps, or alternate."""
    work = [_all_work(order, a, b) for a, b in zip(run.cuts, run.cuts[1:])]
    if all(w == work[0] for w in work):
        return
    run.alternating = run.entry is None and all(w == work[j % 2] for j, w in enumerate(work))
    run.uneven = not run.alternating


def _all_work(order: Sequence_, begin: int, end: int) -> list[str]:
    return [kind_of(s) for s in order.steps[begin:end] if not s.layer.view and s.layer.kind != "move"]
