"""Random arithmetic programs, run on Python's own numbers.

A program is a nested tuple: ("symbol", name), ("number", n), or an operation with its operands: + − * // %, max, min,
gcd, and "exact", a quotient that comes out even. `run` runs it on whatever numbers the environment holds, so the same
program can be run on integers, on fractions and on the symbolic sizes under test; what max, min, gcd and exact are is
then said by the caller.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

Program = tuple[Any, ...]


class NoValueError(ArithmeticError):
    """The program has no value here: a divisor is not positive or does not divide, a gcd is not of positive numbers."""


def _exact(a: Any, b: Any) -> Any:
    if a % b:
        raise NoValueError
    return a // b


NUMBERS: Mapping[str, Callable[..., Any]] = {"max": max, "min": min, "gcd": math.gcd, "exact": _exact}


def run(program: Program, at: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]] = NUMBERS) -> Any:
    """The program's value. On numbers, a divisor or an argument of gcd that is not positive raises NoValueError."""
    kind, *operands = program
    if kind == "symbol":
        return at[operands[0]]
    if kind == "number":
        return operands[0]
    values = [run(operand, at, functions) for operand in operands]
    divides = kind in ("//", "%", "exact")
    if functions is NUMBERS and ((divides and values[1] <= 0) or (kind == "gcd" and min(values) <= 0)):
        raise NoValueError(program)
    match kind:
        case "+":
            return values[0] + values[1]
        case "-":
            return values[0] - values[1]
        case "*":
            return values[0] * values[1]
        case "//":
            return values[0] // values[1]
        case "%":
            return values[0] % values[1]
        case _:
            return functions[kind](*values)


def random_program(
    rng: Random,
    names: Sequence[str],
    *,
    depth: int = 4,
    linear: bool = False,
    functions: Sequence[str] = ("max", "min", "gcd"),
    divisors: Sequence[str] = (),
    largest: int = 12,
) -> Program:
    """A program on these symbols. `linear` leaves out products of symbols, `divisors` are symbols to divide by."""

    def number(low: int) -> Program:
        return ("number", rng.randint(low, largest))

    def divisor() -> Program:
        return ("symbol", rng.choice(divisors)) if divisors and rng.random() < 0.3 else number(1)

    def made(depth: int) -> Program:
        if depth == 0 or rng.random() < 0.1:
            return number(-largest) if rng.random() < 0.2 else ("symbol", rng.choice(names))
        kind = rng.choice(["+", "+", "-", "scale", "scale", "//", "//", "//", "%", "*", "function"])
        if kind == "scale" or (kind == "*" and linear):
            return ("*", number(-largest) if rng.random() < 0.5 else number(1), made(depth - 1))
        if kind in "//%":
            return (kind, made(depth - 1), divisor())
        if kind == "function":
            if not functions:
                return made(depth - 1)
            name = rng.choice(list(functions))
            if name == "exact":  # mostly one that comes out even
                d = divisor()
                return (name, ("*", d, made(depth - 1)) if rng.random() < 0.8 else made(depth - 1), d)
            return (name, made(depth - 1), number(1) if name == "gcd" else made(depth - 1))
        return (kind, made(depth - 1), made(depth - 1))

    return made(depth)
