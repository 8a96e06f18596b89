"""The same elements in another shape.

A reshape to numbers that an exporter baked in for one size is read again from what the tensor holds: its extents are
factors in row-major order, and the numbers say at the exported size where they go.
"""

from __future__ import annotations

from functools import reduce
from math import gcd, prod
from operator import mul

from symconv.condition import at_least, divides, equal
from symconv.domain import require
from symconv.errors import ShapeError
from symconv.extent import Extent, Size
from symconv.readers.onnx.operator import Operator
from symconv.readers.onnx.registry import shape_only
from symconv.readers.onnx.rules.sources import shape_from
from symconv.readers.onnx.value import Value
from symconv.rounding import floor

#: A factor of an extent, and what it is in the file.
Factor = tuple[Size, int]


@shape_only("the same elements in another shape", "Reshape")
def _reshape(op: Operator) -> Value:
    x = op.value(0)
    target = op.integers("shape") if op.has("shape") else shape_from(op, 1)
    return reshaped(op, x, target, bool(op.integer("allowzero")))


def reshaped(op: Operator, x: Value, target: tuple[Size, ...], zero: bool = False) -> Value:
    """The elements of a value in a shape, in which −1 stands for what is left and 0 for the input's own extent."""
    shape = op.shape_of(x)
    if not zero:
        if any(t == 0 for t in target[len(shape) :]):
            raise ShapeError(f"{op.kind}: 0 keeps the input's extent of its axis, and the input has {len(shape)} axes")
        target = tuple(shape[i] if t == 0 else t for i, t in enumerate(target))
    if sum(t == -1 for t in target) > 1 or any(isinstance(t, int) and t < -1 for t in target):
        raise ShapeError(f"{op.kind} to {target}: one extent at most is left open, by −1")
    made = None
    if any(op.reader.is_freed(e) for e in shape) and all(isinstance(t, int) or t in shape for t in target):
        made = _read_again(op, shape, target)
    if made is None:
        made = _filled(op, shape, target)
    return viewed(op, x, made)


def viewed(op: Operator, x: Value, shape: tuple[Size, ...], operation: str = "reshape") -> Value:
    """The elements of a value in another shape, its data as well."""
    numbers = [e for e in shape if isinstance(e, int)]
    if x.data is not None and len(numbers) == len(shape):
        return x.holding(x.data.reshape(tuple(numbers)))
    return op.look(operation, shape, x)


def _filled(op: Operator, shape: tuple[Size, ...], target: tuple[Size, ...]) -> tuple[Size, ...]:
    """The target as it is, −1 as the quotient; what has to be equal is a condition."""
    for t in target:
        if isinstance(t, Extent):
            require(at_least(t, 1), f"an extent of at least 1 in {op.kind}")
    rest, over = [t for t in target if t != -1], list(shape)
    for t in list(rest):
        if t in over:
            over.remove(t)
            rest.remove(t)
    left, right = reduce(mul, over, 1), reduce(mul, rest, 1)
    if -1 not in target:
        require(equal(left, right), f"{op.kind} keeps the number of elements")
        return target
    if right == 0:
        raise ShapeError(f"{op.kind}: −1 beside an extent of 0")
    found: Size = left
    if right != 1:
        require(divides(right, left), f"{op.kind}: the other extents divide the number of elements")
        found = floor(left, right, exact=True)
    if len(over) > 1 and not rest:
        op.reader.factors[found] = tuple(f for x in over for f in _factors(op, x))
    return tuple(found if t == -1 else t for t in target)


def _factors(op: Operator, x: Size) -> list[Factor]:
    """An extent as factors in row-major order, each with its value in the file."""
    known_factors = op.reader.factors.get(x)
    if known_factors is not None:
        return list(known_factors)
    at = op.reader.at(x)
    return [(x, 1 if at is None else at)]


def _read_again(op: Operator, shape: tuple[Size, ...], target: tuple[Size, ...]) -> tuple[Size, ...] | None:
    """The target with the tensor's own extents in place of numbers; None where the numbers do not fit it."""
    numbers = [op.reader.at(t) for t in target]
    whole = [op.reader.at(x) for x in shape]
    if any(n is None for n in (*numbers, *whole)):
        return None
    wanted, elements = [int(n or 0) for n in numbers], prod(int(n or 0) for n in whole)
    if -1 in wanted:
        rest = prod(n for n in wanted if n != -1)
        if rest == 0 or elements % rest:
            return None
        wanted[wanted.index(-1)] = elements // rest
    if prod(wanted) != elements or elements == 0:
        return None
    queue = [f for x in shape for f in _factors(op, x) if f[0] != 1]
    pattern = (tuple((w, isinstance(f, Extent)) for f, w in queue), tuple(wanted))
    out: list[list[Factor]] = []
    at = 0
    for i, n in enumerate(wanted):
        taken: list[Factor] = []
        done = 1
        while done != n:
            if at >= len(queue):
                return None
            f, w = queue[at]
            need = n // done
            if w == 1 or need % w == 0:
                taken.append((f, w))
                done *= w
                at += 1
                continue
            inner = w // need if w % need == 0 else 0
            if not inner:
                common = gcd(w, need)
                if common == 1 or w % common:
                    return None
                inner = w // common
            outer = _outer(op, f, inner)
            taken.append((outer, w // inner))
            done *= w // inner
            queue[at] = (inner, inner)
        ones = 0
        while at + ones < len(queue) and queue[at + ones][1] == 1:
            ones += 1
        if ones and n == 1 and not taken:
            taken.append(queue[at])
            at += 1
        elif ones:
            later = i + 1 < len(wanted)
            own_place = later and 1 in wanted[i + 1 : i + 2]
            if not later or (not own_place and op.reader.choices.take((*pattern, i), 2) == 1):
                taken += queue[at : at + ones]
                at += ones
        out.append(taken)
    if at < len(queue):
        return None
    made = []
    for factors in out:
        size: Size = reduce(mul, (f for f, _ in factors), 1)
        symbolic = [f for f, _ in factors if isinstance(f, Extent)]
        if symbolic and len(factors) > 1:
            op.reader.factors[size] = tuple(factors)
        made.append(size)
    for size, number in zip(made, target):
        op.reader.read_again(op.name, size, number)
    return tuple(made)


def _outer(op: Operator, size: Size, inner: int) -> Size:
    """size/inner, the outermost part of an extent whose inner part is a number."""
    if isinstance(size, int):
        return size // inner
    require(divides(inner, size), f"{op.kind}: blocks of {inner} divide the extent")
    return floor(size, inner, exact=True)


@shape_only("the axes from one on made one, those before too", "Flatten")
def _flatten(op: Operator) -> Value:
    shape = op.shape(0)
    axis = op.axis(1, len(shape), beyond=0) if op.integer("axis", 1) != len(shape) else len(shape)
    before, behind = shape[:axis], shape[axis:]
    for part in (before, behind):
        if len(part) > 1:
            size = reduce(mul, part, 1)
            if isinstance(size, Extent):
                op.reader.factors[size] = tuple(f for x in part for f in _factors(op, x) if f[0] != 1)
    return viewed(op, op.value(0), (reduce(mul, before, 1), reduce(mul, behind, 1)), "flatten")
