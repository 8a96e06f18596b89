"""An independent decider: linear programs as the quasi-affine expressions of isl, which solves them exactly.

isl (Verdoolaege, "isl: An integer set library for the polyhedral model", ICMS 2010) decides Presburger arithmetic. Here
its sets have two dimensions, X and H, both at least 1.
"""

from collections.abc import Iterable
from typing import Any

import pytest

from .programs import Program

isl = pytest.importorskip("islpy")

NAMES = ["X", "H"]
_SPACE = isl.LocalSpace.from_space(isl.Space.create_from_names(isl.DEFAULT_CONTEXT, set=NAMES))
EVERYTHING = isl.Set("{ [X, H] : X >= 1 and H >= 1 }")


def _value(program: Program) -> Any:
    kind, *operands = program
    if kind == "symbol":
        return isl.PwAff.from_aff(isl.Aff.var_on_domain(_SPACE, isl.dim_type.set, NAMES.index(operands[0])))
    if kind == "number":
        return isl.PwAff.from_aff(isl.Aff.val_on_domain(_SPACE, isl.Val(operands[0])))
    left = _value(operands[0])
    if kind == "//":
        return left.scale_down_val(isl.Val(operands[1][1])).floor()
    if kind == "%":
        return left.mod_val(isl.Val(operands[1][1]))
    right = _value(operands[1])
    return {"+": left.add, "-": left.sub, "*": left.mul, "max": left.max, "min": left.min}[kind](right)


def where_equal(left: Program, right: Program) -> Any:
    """The solution set of left = right."""
    return _value(left).eq_set(_value(right)).intersect(EVERYTHING)


def where_at_least(left: Program, right: Program) -> Any:
    """The solution set of left ≥ right."""
    return _value(left).ge_set(_value(right)).intersect(EVERYTHING)


def periodic(
    name: str, early: Iterable[tuple[int, int]], start: int, period: int, late: Iterable[tuple[int, int]]
) -> Any:
    """The set where `name` is in one of the runs [a, b) of `early`, or at least `start` with a residue in `late`."""
    parts = [f"{a} <= {name} < {b}" for a, b in early]
    parts += [f"{name} >= {start} and {a} <= ({name} mod {period}) < {b}" for a, b in late]
    either = " or ".join(f"({part})" for part in parts) or "1 = 0"
    return isl.Set(f"{{ [X, H] : {either} }}").intersect(EVERYTHING)
