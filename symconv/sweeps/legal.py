"""Which points of a grid are in a domain: every condition as a 0 or a 1 along the axes that it depends on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from symconv.condition import AT_LEAST, DIVIDES, EQUAL, Condition
from symconv.sweeps.program import Program, Value
from symconv.symbols import Symbol

#: Rounds of a block in which a condition is written out.
ROUNDS: Final = 1 << 8


def legality(program: Program, conditions: Iterable[Condition], known: Iterable[Symbol]) -> list[int]:
    """Operations that are 1 where the conditions hold, one for each set of axes; none where all points are legal.

    Conditions with symbols that are not known are not asked.
    """
    given = set(known)
    found: dict[tuple[int, ...], int] = {}
    for condition in conditions:
        if condition.symbols <= given:
            op = _holds(program, condition)
            axes = program.ops[op].axes
            found[axes] = program.multiply(found[axes], op) if axes in found else op
    return [op for op in found.values() if program.ops[op].bounds != (1, 1)]


def _holds(program: Program, condition: Condition) -> int:
    """1 where a condition holds in all of its rounds, else 0."""
    if not condition.rounds:
        return _once(program, condition)
    first, *others = (r.index for r in condition.rounds)
    inner = replace(condition, rounds=condition.rounds[1:])
    last = program.ops[program.size(first.end).op].bounds[1]
    if first not in condition.indices(others):
        last = min(last, first.begin + 1)
    if last - first.begin > ROUNDS:
        whole = program.tabulated(condition.symbols, lambda at: int(condition.holds(at)), condition.text())
        return whole.op
    found = program.constant(1)
    for there in program.rounds(first, last):
        found = program.multiply(found, program.extreme("max", program.negative(there), _holds(program, inner)))
    return found


def _once(program: Program, condition: Condition) -> int:
    left, right = program.size(condition.left), program.size(condition.right)
    if condition.relation == AT_LEAST:
        return program.reaches(left, right)
    if condition.relation != DIVIDES:
        same = program.equals(left, right)
        return same if condition.relation == EQUAL else program.negative(same)
    a, b = (program.polynomial([([one], other.under)]).op for one, other in ((left, right), (right, left)))
    divisor = a if program.ops[a].bounds[0] > 0 else program.extreme("max", a, program.constant(1))
    multiple = program.multiply(divisor, program.floor(b, divisor))
    return program.multiply(program.apply("positive", a), program.equals(Value(multiple), Value(b)))
