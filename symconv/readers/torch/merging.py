"""One network of several runs: what all of them do is there once, what only some do runs where these go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symconv.condition import Condition
from symconv.domain import Domain, Unasked
from symconv.extent import Size
from symconv.readers.torch.differences import by_scope
from symconv.readers.torch.ledger import Box, indicator, stated, united
from symconv.readers.torch.regimes import Regimes
from symconv.symbols import Symbol


def merged(regimes: Regimes) -> None:
    """Let the first run's network say what all runs that agree with it do, and its domain be where they go."""
    if len(regimes.ways) == 1:
        return
    first = regimes.first
    boxes = [regimes.boxes(way) for way in regimes.ways]
    scopes = list(dict.fromkeys(scope for its in boxes for scope in its))
    told = {
        s: c for way in regimes.ways for log in way.traced.ledger.log.values() for c in log.values() for s in c.symbols
    }
    conditions: list[Condition] = []
    joined: dict[str, bool] = {}
    for scope in scopes:
        whole = united(its.get(scope, Box()) for its in boxes)
        own = next(b for b in whole if regimes.ways[0].at in b)
        said = stated(own, _told(regimes, scope) or told)
        joined[scope] = said is not None and _timed(regimes, scope, boxes)
        if not joined[scope]:
            logs = (log for inner, log in first.ledger.log.items() if regimes.fold(inner) == scope)
            said = [c for log in logs for c in log.values()]
        conditions += said or []
    net = first.net
    net.domain = domain = Domain()
    net.required = []
    for condition in conditions:
        domain.require(condition)
        net.required.append(condition)
    _put(regimes, boxes, joined)


def _told(regimes: Regimes, scope: str) -> dict[Symbol, Condition]:
    return {
        s: c for way in reversed(regimes.ways) for c in way.traced.ledger.log.get(scope, {}).values() for s in c.symbols
    }


def _timed(regimes: Regimes, scope: str, boxes: list[dict[str, Box]]) -> bool:
    """Whether it can be said in brackets when each way of a call is taken."""
    differing = [any(regimes.fold(s) == scope for s in way.other) for way in regimes.ways]
    if not any(differing):
        return True
    own, nothing = boxes[0].get(scope, Box()), Domain()
    others = (its.get(scope, Box()) for its, d in zip(boxes, differing) if d)
    return all(indicator(b, nothing) is not None for b in (own, *others))


def _times(there: Sequence[Box], elsewhere: Sequence[Box], domain: Domain) -> Size | None:
    """How often runs what is there in some boxes, and not in others: 1 or 0, in brackets."""
    if not elsewhere:
        return 1
    inside = [indicator(b, domain) for b in united(there)]
    outside = [indicator(b, domain) for b in united(elsewhere)]
    if None in inside and None in outside:
        return None
    if None in outside or (None not in inside and len(inside) <= len(outside)):
        return sum((x for x in inside if x is not None), 0)
    return 1 - sum((x for x in outside if x is not None), 0)


def _put(regimes: Regimes, boxes: list[dict[str, Box]], joined: dict[str, bool]) -> None:
    """Say of the first run's nodes when they are there, and add those that only other runs have."""
    first = regimes.first
    made, net = first.tracer.made, first.net
    times: dict[str, Size] = {}
    for i, m in enumerate(made):
        scope = regimes.fold(m.where)
        if not joined.get(scope, True) or not m.nodes or all(net.node(n).layer.view for n in m.nodes):
            continue
        without = [
            w
            for w, way in enumerate(regimes.ways)
            if m.where in way.other and i not in {a for a, _ in way.other[m.where]}
        ]
        if without:
            there = [boxes[w].get(scope, Box()) for w in range(len(boxes)) if w not in without]
            size = _times(there, [boxes[w].get(scope, Box()) for w in without], net.domain)
            times.update((n, 1 if size is None else size) for n in m.nodes)
    net.run_times(times)
    result = net.result
    seen: dict[Any, list[int]] = {}
    for w, way in enumerate(regimes.ways):
        for scope, pairs in way.other.items():
            matched = {b for _, b in pairs}
            for j, m in enumerate(way.traced.tracer.made):
                if m.where == scope and j not in matched and m.nodes and joined.get(regimes.fold(scope), True):
                    count = sum(1 for k in seen if k[:3] == (scope, m.operator, m.shapes) and w in seen[k])
                    seen.setdefault((scope, m.operator, m.shapes, count), []).append(w)
                    if seen[scope, m.operator, m.shapes, count] == [w]:
                        _pending(regimes, w, j, (scope, m.operator, m.shapes, count))
    for key, ws in seen.items():
        scope = regimes.fold(key[0])
        there = [boxes[w].get(scope, Box()) for w in ws]
        size = _times(there, [boxes[w].get(scope, Box()) for w in range(len(boxes)) if w not in ws], net.domain)
        _add(regimes, key, 1 if size is None else size)
    net.end_with(result)


def _pending(regimes: Regimes, w: int, j: int, key: Any) -> None:
    regimes.pending[key] = (w, j)


def _add(regimes: Regimes, key: Any, times: Size) -> None:
    """Add the nodes of an operator that only other runs have."""
    w, j = regimes.pending[key]
    way, first = regimes.ways[w], regimes.first
    names = regimes.names.setdefault(w, {})
    if not names:
        for scope, its in by_scope(way.traced.tracer.made).items():
            pairs = way.other.get(scope)
            mine = [i for i, m in enumerate(first.tracer.made) if m.where == scope]
            for a, b in pairs if pairs is not None else zip(mine, (i for i, _ in its)):
                names.update(zip(way.traced.tracer.made[b].nodes, first.tracer.made[a].nodes))
    for name in way.traced.tracer.made[j].nodes:
        node = way.traced.net.node(name)
        if node.layer.view:
            continue
        new, k = name, 2
        while new in first.net:
            new, k = f"{name}_{k}", k + 1
        kept = []
        for p, whole in zip(node.parameters, way.traced.tracer.kept_by.get(name, ())):
            if whole not in first.tracer.used:
                first.tracer.used.add(whole)
                kept.append(p)
        sources = [(names.get(s, s), t) for s, t in zip(node.inputs, node.tensors) if names.get(s, s) in first.net]
        domain, first.net.domain = first.net.domain, Unasked()
        try:
            read = tuple(s for s, _ in sources)
            first.net.place(new, node.layer, read, node.tensors, "", (), False, tuple(kept), times)
        finally:
            first.net.domain = domain
        first.tracer.placed[new] = way.traced.tracer.placed[name]
        names[name] = new
