"""A budget as it is written: a metric, how it compares, and a figure, such as `macs <= 4.1e9` or `params < 26M`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from symconv.cost import Number
from symconv.errors import ExpressionError, SymconvError, near
from symconv.network import METRICS
from symconv.readers.names import shown

#: How a metric may compare with a figure; ≤ and ≥ are read too.
RELATIONS: Final = ("<=", "<", ">=", ">", "=")

#: Other ways to write some of them.
SAME: Final = {"≤": "<=", "≥": ">=", "==": "="}
_PREFIXES: Final = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "B": 10**9, "T": 10**12, "P": 10**15}
_BUDGET: Final = re.compile(
    r"\s*(?P<metric>[A-Za-z_][A-Za-z_0-9]*)\s*(?P<relation><=|>=|==|[<>=≤≥])\s*"
    r"(?P<figure>[0-9]{1,30}(_[0-9]{3})*(\.[0-9]{1,30})?([eE]\+?[0-9]{1,2})?)\s*(?P<prefix>[kKMGBTP]?)\s*",
    re.ASCII,
)


@dataclass(frozen=True)
class Budget:
    """A bound for a metric.

    >>> read_budget("params <= 25.6M")
    Budget(metric='params', relation='<=', figure=25600000)
    """

    metric: str
    relation: str
    figure: Number

    def holds(self, value: Number) -> bool:
        """Whether a value of the metric keeps it."""
        return related(value, self.relation, self.figure)

    def __str__(self) -> str:
        return f"{self.metric} {self.relation.replace('<=', '≤').replace('>=', '≥')} {self.figure}"


def read_budget(text: str) -> Budget:
    """The budget that a text stands for, its figure exact: 4.1e9 is 4100000000.

    Raises ExpressionError for anything else, and for an unknown metric.
    """
    match = _BUDGET.fullmatch(text.strip()) if len(text) <= 200 else None
    if match is None:
        signs = " or ".join(RELATIONS)
        raise ExpressionError(
            f"{shown(text)} is no budget: a metric, one of {signs}, and a figure, as in macs <= 4.1e9"
        )
    check_metric(match["metric"])
    value = Fraction(match["figure"].replace("_", "")) * _PREFIXES[match["prefix"]]
    figure = int(value) if value.denominator == 1 else value
    return Budget(match["metric"], SAME.get(match["relation"], match["relation"]), figure)


def check_metric(name: str) -> None:
    """Raises ExpressionError for a name that is no metric's."""
    if name not in METRICS:
        hint = near(name, METRICS)
        raise ExpressionError(f"unknown metric {shown(name)}: known are {', '.join(METRICS)}. {hint}".rstrip())


def read_budgets(budgets: str | Budget | Iterable[str | Budget]) -> list[Budget]:
    """One budget or several, each as a text or read already.

    Raises ExpressionError as `read_budget`, SymconvError where there is none.
    """
    some = [budgets] if isinstance(budgets, str | Budget) else budgets
    found = [read_budget(b) if isinstance(b, str) else b for b in some]
    if not found:
        raise SymconvError("no budget: at least one is wanted, as in macs <= 4.1e9")
    return found


def related(left: Number, relation: str, right: Number) -> bool:
    """Whether two numbers stand in the relation <=, <, >=, > or =."""
    a, b = Fraction(left), Fraction(right)
    return {"<=": a <= b, "<": a < b, ">=": a >= b, ">": a > b, "=": a == b}[relation]
