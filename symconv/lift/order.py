"""The steps of a network in an order in which rounds stand together, and what is the same in two of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile
from typing import Any, Final

from symconv.domain import Unasked, asking
from symconv.extent import Size, symbols_of
from symconv.layer import layer_fields, ranges
from symconv.layers import Concat, Look
from symconv.lift.shapes import as_entering, entered, entering
from symconv.lift.wiring import CONSTANTS, WIDTHS, Step, Wiring
from symconv.tensor import Tensor
from symconv.values import substitute

#: Layers that pool, which are heavy without a multiply–accumulate.
POOLS: Final = {
    "max_pool", "avg_pool", "global_avg_pool", "global_max_pool", "adaptive_avg_pool", "adaptive_max_pool",
    "upsample", "resample",
}  # fmt: skip


@dataclass
class Order:
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
    return _nested(_chained(wiring, _plain(wiring, _beside(wiring))))


def _plain(wiring: Wiring, steps: list[Step]) -> list[Step]:
    """Without views that leave everything as it is."""
    result = wiring.net.last_of(wiring.net.result)
    same: dict[str, str] = {}
    out = []
    for step in steps:
        node = step.node
        inputs = tuple(same.get(x, x) for x in step.inputs)
        idle = node.layer.kind == "look" and len(inputs) == 1 and not node.parameters and node.tensors[0] == node.out
        if idle and step.name != result:
            same[step.name] = inputs[0]
            continue
        out.append(replace(step, inputs=inputs) if inputs != step.inputs else step)
    return out


def _chained(wiring: Wiring, steps: list[Step]) -> list[Step]:
    """One view for several behind one another, each of which nothing else reads."""
    readers = Counter(x for s in steps for x in s.inputs)
    ends = {wiring.net.last_of(wiring.net.result), *(s.node.shares for s in steps)}
    by_name: dict[str, Step] = {}
    gone: set[str] = set()
    for step in steps:
        first = by_name.get(step.inputs[0]) if len(step.inputs) == 1 else None
        alone = first is not None and readers[first.name] == 1 and first.name not in ends
        if first is not None and alone and _idle(step) and _idle(first):
            recipe = recipe_of(first)
            values = {s: recipe[k] for k in range(len(recipe)) for s in symbols_of(entering(0, k))}
            shape = tuple(substitute(x, values) for x in recipe_of(step))
            layer = Look("view", shape, step.node.out.dtype)
            gone.add(first.name)
            step = replace(
                step,
                layer=layer,
                inputs=first.inputs,
                also=(*first.also, first.name),
                before=first.before or first.node.tensors[0],
            )
        by_name[step.name] = step
    return [by_name[s.name] for s in steps if s.name not in gone]


def _idle(step: Step) -> bool:
    """Whether a step is a view of one tensor, always there, and keeps nothing."""
    node = step.node
    return node.layer.view and len(step.inputs) == 1 and not (node.parameters or node.training) and node.times == 1


def recipe_of(step: Step) -> tuple[Size, ...]:
    """The shape that a view makes, in what enters it."""
    with asking(Unasked(), step.name):
        made: Tensor = step.layer.output(as_entering(0, step.before or step.node.tensors[0]))
    return made.shape


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


def ordered(wiring: Wiring) -> Order:
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
    tokens = [ids.setdefault(token_of(wiring, steps[k]), len(ids)) for k in heavy]
    constant: list[bool] = []
    for s in steps:
        constant.append(all(x in place and constant[place[x]] for x in s.inputs))
    kinds, working = [kind_of(steps[k]) for k in heavy], [not s.layer.view for s in steps]
    return Order(steps, place, last, heavy, tokens, kinds, working, constant)


def is_heavy(step: Step) -> bool:
    node = step.node
    kept = any(p.kind == "trainable" for p in node.parameters)
    return kept or "mac" in node.count.operations or node.layer.kind in POOLS


def kind_of(step: Step) -> str:
    layer = step.node.layer
    groups = getattr(layer, "groups", 1)
    depthwise = layer.kind == "conv" and groups == step.node.tensors[0].shape[1] != 1
    return f"{layer.kind}{'/depthwise' if depthwise else ''}{getattr(layer, 'operation', '')}"


def token_of(wiring: Wiring, step: Step) -> Any:
    """What has to be the same in every round: the layer, and the extents that are no widths."""
    equations, layer = wiring.equations, step.node.layer
    fields = [
        (f.name, getattr(layer, f.name))
        for f in layer_fields(type(layer))
        if f.name not in WIDTHS | CONSTANTS and f.name not in stated_fields(layer)
    ]
    extents = [_extent(wiring, equations.resolve(x), y) for x, y in zip(step.out, step.node.out.shape)]
    kept = tuple((p.kind, len(p.shape)) for p in step.node.parameters)
    said = repr(fields), repr(extents), repr(_widths(wiring, step))
    return kind_of(step), said, kept, len(step.inputs), step.node.training


def _extent(wiring: Wiring, x: Size, before: Size) -> str:
    """An extent that is no width."""
    atoms = wiring.equations.atoms_of(x)
    return repr(before) if not atoms else repr(x) if atoms <= wiring.extents.keys() else ""


def stated_fields(layer: Any) -> set[str]:
    """Fields that say extents, which the extents themselves say."""
    return {name for name, limits in ranges(type(layer)).items() if limits.shapes} | (
        ranges(type(layer)).keys() if layer.kind == "head_attention" else set()
    )


def _widths(wiring: Wiring, step: Step) -> list[Any]:
    """The widths of a layer, and of what it keeps beside its rule, those apart that its output has."""
    layer, equations = step.node.layer, wiring.equations
    found: list[Any] = [(name, getattr(layer, name)) for name in step.made]
    if isinstance(getattr(layer, "groups", None), int) and "groups" not in step.made:
        found.append(("groups", 0 if kind_of(step).endswith("/depthwise") else layer.groups))  # type: ignore[attr-defined]
    out = {a for x in step.out for a in equations.atoms_of(equations.resolve(x))}
    for p, q in zip(step.parameters or (), step.node.parameters):
        sizes = [(equations.resolve(x), y) for x, y in zip(p.shape, q.shape)]
        found.append(["" if equations.atoms_of(x) & out or entered(x) else y for x, y in sizes])
    return found


def outside(order: Order, begin: int, end: int, first: int) -> set[str]:
    """What steps read that stands in front of all rounds."""
    return {x for s in order.steps[begin:end] for x in s.inputs if order.place.get(x, -1) < first}


def state_at(order: Order, begin: int, end: int, beside: set[str] | None = None) -> str:
    """What enters a round from before it: what other rounds do not read as well, of the shape that goes out.

    `beside` is what other rounds read; an input of the network where nothing else enters.
    """
    sources = outside(order, begin, end, begin) - (beside or set())
    out = next((k for k in range(end - 1, begin - 1, -1) if order.last[k] >= end), end - 1)
    shape = order.steps[out].node.out.shape

    def likely(x: str) -> tuple[Any, ...]:
        place = order.place.get(x, -1)
        same = place >= 0 and order.steps[place].node.out.shape == shape
        moving = place >= 0 and not order.constant[place]
        return same, moving, place, x

    return max(sources, key=likely, default="")


def beside(order: Order, cuts: Sequence[int]) -> set[str]:
    """What all rounds read that stands in front of the first: a mask, the rotations of a position."""
    read = [outside(order, a, b, cuts[0]) for a, b in pairwise(cuts)]
    return set.intersection(*read) if len(read) > 1 else set()


def kinds_in(order: Order, begin: int, end: int) -> tuple[str, ...]:
    return tuple(kind for k, kind in zip(order.heavy, order.kinds) if begin <= k < end)


def shared_path(order: Order, at: int) -> int:
    """How much of their path the steps on both sides of a cut share."""
    if not 0 < at < len(order.steps):
        return 0
    return len(shared_prefix([order.steps[k].name.split("/") for k in (at - 1, at)]))


def shared_prefix(paths: Sequence[list[str]]) -> list[str]:
    """The beginning that all paths share."""
    return [names[0] for names in takewhile(lambda names: len(set(names)) == 1, zip(*paths))]
