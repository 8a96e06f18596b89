"""Choices and loops: a branch runs where its condition holds, a body as often as its loop goes round."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from symconv.condition import at_least, equal
from symconv.domain import require
from symconv.errors import ShapeError
from symconv.extent import Extent, Function, Size, size_of
from symconv.extremes import largest
from symconv.layers import Look
from symconv.readers.onnx.graph import Scope
from symconv.readers.onnx.operator import Operator, RanklessError
from symconv.readers.onnx.registry import shape_only
from symconv.readers.onnx.value import Value, known, objects
from symconv.symbols import symbol

#: Rounds of a loop that are read one by one, where shapes change from round to round.
WRITTEN_OUT = 64


def _inside(op: Operator, graph: Any, values: list[Value | None]) -> list[Value]:
    scope = Scope({}, op.scope, op.scope.attributes, op.scope.versions, op.scope.prefix, op.scope.depth)
    for formal, value in zip(graph.input, values):
        if value is not None:
            value = replace(value, name=formal.name)
        scope.values[formal.name] = value
    return op.reader.run(graph, scope)


@shape_only("one of two graphs; what they do counts where they are taken", "If")
def _if(op: Operator) -> list[Value | None]:
    condition = op.value(0)
    require(equal(op.reader.product(condition.shape or ()), 1), "a condition of one element")
    decided = condition.elements[0] if condition.elements else None
    then, other = op.attribute("then_branch"), op.attribute("else_branch")
    if isinstance(decided, bool | int | np.bool_):
        return list(_inside(op, then if decided else other, []))
    mark = op.reader.mark()
    flag: Size
    if isinstance(decided, Extent):
        flag = decided
    else:
        flag = size_of(symbol(f"if[{op.name}]", "padding", op.reader.net.name))
        op.reader.note(op.name, "which branch is taken depends on values: if[…] is 1 for the first, 0 for the second")
    with op.reader.running(flag):
        first = _inside(op, then, [])
    with op.reader.running(1 - flag):
        second = _inside(op, other, [])
    if isinstance(decided, Extent) and any(a.rank != b.rank for a, b in zip(first, second)):
        op.reader.undo(mark)
        return list(_inside(op, then if _taken(op, decided) else other, []))
    if not isinstance(decided, Extent):
        op.reader.net.choices[flag] = op.name
    return [_either(op, flag, a, b) for a, b in zip(first, second)]


def _taken(op: Operator, decided: Extent) -> bool:
    """Which branch the exported size takes, or the usual one; that it is taken is a condition."""
    at = (op.reader.at(decided) if op.reader.freed else None) or 0
    if op.reader.choices.take(("branch", op.name), 2):  # the other one, where what follows does not fit this one
        at = 1 - at
    ((monomial, c),) = list(decided.terms.items())[-1:]
    atom = monomial[0] if monomial else None
    if isinstance(atom, Function) and len(decided.terms) <= 2 and len(monomial) == 1:
        a, b = atom.arguments
        holds = bool(at) if c > 0 else not at
        _require_truth(atom.name, a, b, holds)
    else:
        require(equal(decided, at), "a branch that the exported size takes")
    return bool(at)


def _require_truth(name: str, a: Size, b: Size, holds: bool) -> None:
    why = "a branch of a choice"
    if name == "equals":
        if holds:
            require(equal(a, b), why)
        elif b == 1 or a == 1:
            require(at_least(a if b == 1 else b, 2), why)
        else:
            require(at_least(largest(a - b, b - a), 1), why)
    else:
        require(at_least(a, b) if holds else at_least(b - 1, a), why)


def _either(op: Operator, flag: Size, a: Value, b: Value) -> Value:
    """What stands behind a choice."""
    if a.items is not None or b.items is not None:
        return Value(None, a.dtype, items=a.items if a.items is not None and b.items is None else None)
    if a.shape is None or b.shape is None or len(a.shape) != len(b.shape):
        value = op.add(Look("if", (op.free("elements"),), a.dtype), *_nodes(a, b), dtype=a.dtype)
        value.shape = None
        return value
    shape = tuple(x if x == y else flag * x + (1 - flag) * y for x, y in zip(a.shape, b.shape))
    if a.data is not None and b.data is not None and a.data.shape == b.data.shape and not (a.node or b.node):
        flat = [_chosen(flag, x, y) for x, y in zip(a.elements or (), b.elements or ())]
        return Value(shape, a.dtype, objects(flat, a.data.shape))
    return op.add(Look("if", shape, a.dtype), *_nodes(a, b), dtype=a.dtype)


def _nodes(*values: Value) -> list[Value]:
    return [v for v in values if v.node and v.shape is not None]


def _chosen(flag: Size, x: Any, y: Any) -> Any:
    if all(isinstance(e, int | Extent) and not isinstance(e, bool) for e in (x, y)):
        return x if x == y else flag * x + (1 - flag) * y
    return x if x == y and type(x) is type(y) else None


@shape_only("a graph, as often as it goes round", "Loop")
def _loop(op: Operator) -> list[Value | None]:
    body, most, going = op.attribute("body"), op.given(0), op.given(1)
    start = [op.value(i) for i in range(2, len(op.inputs))]
    limit = most.elements[0] if most is not None and most.elements else None
    flag = going.elements[0] if going is not None and going.elements else True
    if flag is False or (isinstance(limit, int) and limit <= 0 and limit is not None):
        rounds: Size = 0
    else:
        rounds = _rounds(op, body, limit, flag)
    return _repeated(op, body, start, rounds, lambda i: [known(i, "int64"), known(True, "bool")])


def _rounds(op: Operator, body: Any, limit: Any, flag: Any) -> Size:
    """How often a loop goes round: as its bound says where its condition is always true, else a named unknown."""
    goes_on = _always(body) and flag is True
    if goes_on and isinstance(limit, int | Extent) and not (isinstance(limit, int) and limit >= 1 << 40):
        return limit
    op.reader.note(op.name, "how often the loop goes round depends on values: trips[…]")
    return size_of(symbol(f"trips[{op.name}]", "padding", op.reader.net.name))


def _always(body: Any) -> bool:
    """Whether the condition that a body computes is always true."""
    from onnx import numpy_helper

    name = body.output[0].name
    made = {o: node for node in body.node for o in node.output}
    for _ in range(64):
        if len(body.input) > 1 and name == body.input[1].name:
            return True
        node = made.get(name)
        if node is None:
            return any(t.name == name and bool(numpy_helper.to_array(t).all()) for t in body.initializer)
        if node.op_type == "Constant":
            tensors = [a.t for a in node.attribute if a.name == "value"]
            ints = [a.i for a in node.attribute if a.name == "value_int"]
            return bool(numpy_helper.to_array(tensors[0]).all()) if tensors else bool(ints and ints[0])
        if node.op_type not in ("Identity", "Cast"):
            return False
        name = node.input[0]
    return False


def _repeated(op: Operator, body: Any, start: list[Value], rounds: Size, first: Any) -> list[Value | None]:
    """The states behind the last round, then what each round gave, along a new first axis."""
    many = len(start)
    if isinstance(rounds, int) and rounds == 0:
        return _none(op, body, start)
    mark = op.reader.mark()
    once = isinstance(rounds, int) and rounds == 1
    inside = [v if once or v.items is not None else _moving(v) for v in start]
    extra = first(0 if once else None)
    with op.reader.running(rounds):
        out = _inside(op, body, [*extra, *inside])
    states, scans = out[1 : 1 + many], out[1 + many :]
    changed = [i for i, (a, b) in enumerate(zip(inside, states)) if a.items is not None or a.shape != b.shape]
    if changed and not once:
        op.reader.undo(mark)
        if isinstance(rounds, int) and rounds <= WRITTEN_OUT:
            return _one_by_one(op, body, start, rounds, first)
        if any(start[i].items is not None for i in changed):
            raise RanklessError(f"{op.kind}: a sequence that grows from round to round")
        return _changing(op, body, start, states, rounds, changed, first)
    kept = [_behind(op, a, b) for a, b in zip(start, states)]
    return [*kept, *(_stacked(op, v, rounds) for v in scans)]


def _moving(value: Value) -> Value:
    """A state in any round: its data is that of the first one only."""
    return replace(value, data=None, constant=False)


def _none(op: Operator, body: Any, start: list[Value]) -> list[Value | None]:
    out: list[Value | None] = list(start)
    for formal in body.output[1 + len(start) :]:
        rank = len(formal.type.tensor_type.shape.dim) if formal.type.tensor_type.HasField("shape") else 0
        out.append(op.move("scan", (0, *[op.free("dim") for _ in range(rank)])))
    return out


def _one_by_one(op: Operator, body: Any, start: list[Value], rounds: int, first: Any) -> list[Value | None]:
    states, scans = list(start), []
    for i in range(rounds):
        out = _inside(op, body, [*first(i), *states])
        states = out[1 : 1 + len(start)]
        scans.append(out[1 + len(start) :])
    stacked = []
    for column in zip(*scans):
        if any(v.shape != column[0].shape for v in column):
            raise ShapeError("rounds of a loop that give tensors of different shapes cannot be put into one")
        stacked.append(_stacked(op, column[0], rounds))
    return [*states, *stacked]


def _changing(
    op: Operator, body: Any, start: list[Value], states: list[Value], rounds: Size, changed: list[int], first: Any
) -> list[Value | None]:
    """States whose extents change from round to round, which are named unknowns."""
    op.reader.note(op.name, "extents that change from round to round of the loop are named unknowns")
    again = [_moving(v) for v in start]
    for i in changed:
        before, after = start[i].shape, states[i].shape
        if before is None or after is None or len(before) != len(after):
            raise RanklessError(f"{op.kind}: a state whose number of axes changes from round to round")
        shape = tuple(a if a == b else op.free("dim") for a, b in zip(before, after))
        again[i] = op.look("state", shape, start[i]) if start[i].node else op.move("state", shape, start[i])
    with op.reader.running(rounds):
        out = _inside(op, body, [*first(None), *again])
    last = []
    for i, (a, b) in enumerate(zip(again, out[1 : 1 + len(start)])):
        if i in changed and a.shape is not None:
            b = op.look(
                "state",
                tuple(op.free("dim") if i in changed and x != y else x for x, y in zip(a.shape, b.shape or a.shape)),
                b,
            )
        last.append(_behind(op, a, b))
    return [*last, *(_stacked(op, v, rounds) for v in out[1 + len(start) :])]


def _behind(op: Operator, before: Value, after: Value) -> Value:
    """A state behind the last round; of no round it is what it was before."""
    if after.items is not None:
        return after
    if not after.node and not before.node and after.data is None:
        return after
    if after.shape is None:
        return after
    return op.add(Look("loop", after.shape, after.dtype), *_nodes(after, before), dtype=after.dtype)


def _stacked(op: Operator, value: Value, rounds: Size, axis: int = 0) -> Value:
    """What each round gave, along a new axis."""
    if value.shape is None:
        raise RanklessError(f"{op.kind}: the number of axes of what its rounds give is not known")
    at = op.place(axis, len(value.shape) + 1)
    return op.move("scan", (*value.shape[:at], rounds, *value.shape[at:]), value)


@shape_only("a graph, once for each entry of its sequences", "Scan")
def _scan(op: Operator) -> list[Value | None]:
    body, many = op.attribute("body"), op.integer("num_scan_inputs")
    values = [v for v in op.inputs if v is not None]
    batched = op.version < 9
    if batched:
        values = [op.value(i) for i in range(1, len(op.inputs))]
    states, scanned = values[: len(values) - many], values[len(values) - many :]
    axes = op.integers("scan_input_axes") or op.integers("axes") or (0,) * many
    rounds: Size | None = None
    slices = []
    batch: tuple[Size, ...] = ()
    for value, axis in zip(scanned, axes):
        shape = op.shape_of(value)
        if batched:
            batch, shape = shape[:1], shape[1:]
        at = op.place(axis, len(shape))
        if rounds is None:
            rounds = shape[at]
        else:
            require(equal(rounds, shape[at]), "sequences of one length")
        inner = (*shape[:at], *shape[at + 1 :])
        slices.append(
            op.look("slice", inner, value) if value.node else Value(inner, value.dtype, origins=value.origins)
        )
    if rounds is None:
        raise ShapeError("a scan of nothing")
    require(at_least(rounds, 1), "an entry to scan")
    if batched:
        states = [op.look("slice", op.shape_of(v)[1:], v) for v in states]
    outward = op.integers("scan_output_axes")
    times = rounds * batch[0] if batch else rounds
    with op.reader.running(times):
        out = _inside(op, body, [*(_moving(v) for v in states), *slices])
    last = [_behind(op, a, b) for a, b in zip(states, out)]
    stacked = [_stacked(op, v, rounds, outward[i] if outward else 0) for i, v in enumerate(out[len(states) :])]
    if batch:
        return [op.move("batch", (*batch, *op.shape_of(v)), v) for v in (*last, *stacked)]
    return [*last, *stacked]


@shape_only("a graph, once for each tensor of its sequences", "SequenceMap")
def _sequence_map(op: Operator) -> list[Value | None]:
    body = op.attribute("body")
    items = op.value(0).items
    if items is None:
        raise RanklessError(f"{op.kind}: how many tensors its sequence has is not known")
    columns: list[list[Value]] = [[] for _ in range(op.outputs)]
    for k, item in enumerate(items):
        further = [v.items[k] if v is not None and v.items is not None else v for v in op.inputs[1:]]
        for column, value in zip(columns, _inside(op, body, [item, *further])):
            column.append(value)
    return [Value(None, op.value(0).dtype, items=column) for column in columns]
