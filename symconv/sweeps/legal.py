"""Which points of a grid are in a domain: every condition as a 0 or a 1 along the axes that it depends on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from symconv.condition import AT_LEAST, DIVIDES, Condition
from symconv.sweeps.program import Program
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
    end = program.size(first.end).op
    last = program.ops[end].bounds[1]
    rounds = range(first.begin, last)
    if first not in condition.indices(others):
        rounds = rounds[:1]
    if len(rounds) > ROUNDS:
        whole = program.tabulated(condition.symbols, lambda at: int(condition.holds(at)), condition.text())
        return whole.op
    found = program.constant(1)
    for k in rounds:
        program.rounds(first, k)
        there = program.apply("positive", program.add(end, program.constant(-k)))
        absent = program.add(program.constant(1), program.scale(there, -1))
        found = program.multiply(found, program.apply("max", *sorted((absent, _holds(program, inner)))))
    if rounds:
        program.rounds(first, None)
    return found


def _once(program: Program, condition: Condition) -> int:
    left, right = program.size(condition.left), program.size(condition.right)
    if condition.relation == DIVIDES:
        whole = program.polynomial([([left], right.under)]), program.polynomial([([right], left.under)])
        a, b = (value.op for value in whole)
        positive = program.apply("positive", a)
        divisor = a if program.ops[a].bounds[0] > 0 else program.apply("max", *sorted((a, program.constant(1))))
        rest = program.add(b, program.scale(program.multiply(divisor, program.floor(b, divisor)), -1))
        return program.multiply(positive, _zero(program, rest))
    over = program.polynomial([([left], 1), ([right], -1)]).op
    if condition.relation == AT_LEAST:
        return program.apply("positive", program.add(over, program.constant(1)))
    return _zero(program, over)


def _zero(program: Program, a: int) -> int:
    """1 where it is 0."""
    above = program.apply("positive", a)
    below = program.apply("positive", program.scale(a, -1))
    return program.add(program.constant(1), program.scale(program.add(above, below), -1))
