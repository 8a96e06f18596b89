"""Count: the primitive operations of a layer, and the conventions that make one number of them.

A layer counts each primitive operation once. A convention is a linear map on them, so no layer knows any convention and
none is computed twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

from symconv.cost import ZERO, Cost, product, total_of
from symconv.errors import SymconvError, near
from symconv.extent import Extent

#: The primitive operations, one scalar operation each.
PRIMITIVES: Final[dict[str, str]] = {
    "mac": "multiply–accumulate: one product added to a sum",
    "add": "addition or subtraction, a bias's among them",
    "mul": "multiplication",
    "div": "division",
    "max": "maximum, minimum or comparison of two numbers",
    "exp": "exponential",
    "log": "logarithm",
    "sqrt": "square root",
    "pow": "power with a real exponent",
    "tanh": "hyperbolic tangent",
    "erf": "error function",
    "trig": "sine, cosine, tangent, their hyperbolic kin and inverses",
    "round": "rounding to a whole number",
    "logic": "a Boolean operation, or one of bits",
    "plane": "one kernel's plane over one input channel, booked with its bias (only inside macs, for the full count)",
    "channel_add": "adding up the planes of the input channels (only inside macs, for the full count)",
    "unknown": "the macs of an operator without a rule, a named unknown",
    "masked": "a mac whose score a causal mask drops (only inside macs, for the causal count)",
}


def _known(name: str) -> None:
    if name not in PRIMITIVES:
        listed = ", ".join(PRIMITIVES)
        raise SymconvError(f"{name!r} is no primitive operation: they are {listed}. {near(name, PRIMITIVES)}".rstrip())


class Count:
    """A typed multiset of primitive operations: how often each is done.

    >>> Count(mac=product(3, 5), add=product(5)) + Count(add=product(1))
    15 mac, 6 add

    Raises SymconvError for a name that is no primitive.
    """

    __slots__ = ("operations",)

    def __init__(self, operations: Mapping[str, Cost] | None = None, **named: Cost | int | Extent) -> None:
        merged: dict[str, Any] = {**(operations or {}), **named}
        for name in merged:
            _known(name)
        costs = {name: v if isinstance(v, Cost) else product(v) for name, v in merged.items()}
        self.operations: dict[str, Cost] = {name: costs[name] for name in PRIMITIVES if costs.get(name)}

    def __getitem__(self, primitive: str) -> Cost:
        """How often a primitive is done; zero where it is not."""
        return self.operations.get(primitive, ZERO)

    def __add__(self, other: Count) -> Count:
        return sum_of((self, other))

    def __mul__(self, factor: Cost | int | Fraction) -> Count:
        return Count({name: cost * factor for name, cost in self.operations.items()})

    __rmul__ = __mul__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Count) and self.operations == other.operations

    def __hash__(self) -> int:
        return hash(tuple(self.operations.items()))

    def __bool__(self) -> bool:
        return bool(self.operations)

    def map(self, change: Callable[[Cost], Cost]) -> Count:
        """The count with every entry changed."""
        return Count({name: change(cost) for name, cost in self.operations.items()})

    def __repr__(self) -> str:
        return ", ".join(f"{cost} {name}" for name, cost in self.operations.items()) or "nothing"


NOTHING: Final = Count()


def sum_of(counts: Iterable[Count]) -> Count:
    """The sum of many counts, in time linear in their terms."""
    parts: dict[str, list[Cost]] = {}
    for count in counts:
        for name, cost in count.operations.items():
            parts.setdefault(name, []).append(cost)
    return Count({name: total_of(costs) for name, costs in parts.items()})


@dataclass(frozen=True)
class Convention:
    """A linear map from primitive operations to one number: a weight each, `other` for those that are not named.

    Raises SymconvError for a weight of what is no primitive operation.
    """

    name: str
    description: str = ""
    weights: Mapping[str, Fraction | int] = field(default_factory=dict)
    other: Fraction | int = 0

    def __post_init__(self) -> None:
        for primitive in self.weights:
            _known(primitive)

    def __call__(self, count: Count) -> Cost:
        """The number that this convention makes of a count."""
        weighed = ((cost, self.weights.get(name, self.other)) for name, cost in count.operations.items())
        return total_of(cost if w == 1 else cost * w for cost, w in weighed if w)


#: The conventions that symconv knows by name.
CONVENTIONS: Final[dict[str, Convention]] = {
    c.name: c
    for c in (
        Convention(
            "macs",
            "multiply–accumulates, as published with models (torch's FLOP counter / 2)",
            {"mac": 1, "unknown": 1},
        ),
        Convention("flops", "floating-point operations of the macs: 2·macs", {"mac": 2, "unknown": 2}),
        Convention(
            "ops",
            "every primitive operation at weight 1, a mac being 2",
            {"mac": 2, "unknown": 2, "plane": 0, "channel_add": 0, "masked": 0},
            other=1,
        ),
        Convention(
            "full",
            "the article's full count, ((K² + 1)·C_in + (C_in − 1))·M²·C_out for a convolution: "
            "macs, one bias a kernel plane, and adding the channels up",
            {"mac": 1, "unknown": 1, "plane": 1, "channel_add": 1},
        ),
        Convention(
            "causal", "macs without those of scores that a causal mask drops", {"mac": 1, "unknown": 1, "masked": -1}
        ),
    )
}
