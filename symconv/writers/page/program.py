"""Closed forms as programs for a page: what `symconv.writers.code` makes of a cost and a domain, as data.

A program is steps over slots, which hold whole numbers of any size; `page/src/data.ts` says what each step is. Nothing
in it is text that a page would run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from symconv.cost import Cost
from symconv.domain import Demand, Domain
from symconv.errors import ExtentError
from symconv.extent import Size
from symconv.network import Network
from symconv.symbols import RATIONAL, Symbol, in_order
from symconv.writers.code import arguments, parameters_of, tree
from symconv.writers.code.names import Names
from symconv.writers.code.tree import Among, Become, Call, Let, Name, Quotient, Repeat, Require, Start
from symconv.writers.code.walk import Walk

#: A step, a tree, and all else that JSON has.
Data = Any

_FUNCTIONS: Final = ("max", "min", "gcd", "equals", "reaches", "power", "make_divisible")


class Programs:
    """The programs of one network, which have the same parameters, and what is said where a check of them fails."""

    def __init__(self, network: Network, controls: Mapping[Symbol, int]) -> None:
        self.symbols = arguments(network)
        self.controls = controls
        self.complaints: list[Data] = []
        self._numbers: dict[str, int] = {}

    def parameters(self) -> list[Data]:
        """The symbols of the network, each with its control, its slots and what it may be."""
        slots = iter(range(2 * len(self.symbols)))
        return [
            {
                "control": self.controls[symbol],
                "slots": [next(slots) for _ in range(2 if symbol.kind == RATIONAL else 1)],
                "least": symbol.least,
                "kind": symbol.kind,
            }
            for symbol in self.symbols
        ]

    def complaint(self, note: str, demand: Demand | None = None) -> int:
        """The number of what is said where a check with this note fails."""
        if note not in self._numbers:
            self._numbers[note] = len(self.complaints)
            said = demand.said if demand is not None else f"outside of the domain: {note}"
            symbols = in_order(demand.condition.symbols) if demand is not None else []
            self.complaints.append({"symbols": [self.controls[s] for s in symbols], "tail": said})
        return self._numbers[note]


class Program:
    """A program as it is written."""

    def __init__(self, of: Programs) -> None:
        self.of = of
        names = Names()
        self._parameters = parameters_of(of.symbols, names)
        self._walk = Walk(names, self._parameters)
        self._slots: dict[str, int] = {}
        for p in self._parameters.values():
            for name in p.parts or (p.name,):
                self._slot(name)

    def domain(self, domain: Domain) -> list[str]:
        """Check the domain; what cannot be checked here comes back."""
        left = []
        for number, demand in enumerate(domain.demands()):
            note, condition = f"demand {number}", demand.condition
            self.of.complaint(note, demand)
            parameter = self._parameters[next(iter(condition.symbols))] if demand.sizes is not None else None
            if demand.sizes is not None and parameter is not None and not parameter.parts:
                self._walk.body.append(Among(parameter.name, demand.sizes, note))
            elif not self._walk.condition(condition, note):
                left.append(condition.text())
        return left

    def ratio(self, cost: Cost) -> Data:
        """The value of a cost."""
        total, number = self._walk.cost(cost)
        return [self._tree(total.over), self._tree(tree.product_of([tree.Number(number), *map(Name, total.below)]))]

    def extents(self, sizes: Iterable[Size]) -> list[Data] | None:
        """The values of sizes that are whole; none where they depend on a round."""
        try:
            return [self._tree(self._walk.whole(size)) for size in sizes]
        except ExtentError:
            return None

    def written(self) -> Data:
        """The program as data."""
        steps = self._steps(self._walk.body)
        return {"slots": len(self._slots), "steps": steps}

    # -- steps

    def _slot(self, name: str) -> int:
        return self._slots.setdefault(name, len(self._slots))

    def _steps(self, statements: Iterable[tree.Statement]) -> list[Data]:
        return [step for statement in statements if (step := self._step(statement))]

    def _step(self, statement: tree.Statement) -> list[Data]:
        match statement:
            case Let() | Become():
                return ["let", self._slot(statement.name), self._tree(statement.value)]
            case Start():
                return ["let", self._slot(statement.name), str(statement.value)]
            case Among():
                sizes = [[[str(p), sign, str(n)] for p, sign, n in one] for one in tree.clauses(statement.sizes)]
                return ["among", self._slot(statement.name), sizes, self.of.complaint(statement.note)]
            case Require():
                sides = self._tree(statement.left), self._tree(statement.right)
                return ["require", statement.relation, *sides, self.of.complaint(statement.note)]
            case Repeat():
                index = self._slot(statement.index) if statement.index else None
                end = self._tree(statement.end)
                return ["repeat", index, str(statement.begin), end, self._steps(statement.body)]

    # -- trees

    def _tree(self, of: tree.Tree) -> Data:
        match of:
            case tree.Number():
                return str(of.value)
            case Name():
                return self._slot(of.text)
            case tree.Sum():
                return _flat("+", (["-", self._tree(t)] if minus else self._tree(t) for minus, t in of.terms))
            case tree.Product():
                return _flat("*", map(self._tree, of.factors))
            case Quotient():
                return ["^/" if of.up else "//", self._tree(of.over), self._tree(of.under)]
            case Call():
                assert of.name in _FUNCTIONS, of.name
                return [of.name, *map(self._tree, of.arguments)]


def _flat(operation: str, trees: Iterable[Data]) -> Data:
    """An operation of several; of one it is that."""
    found = list(trees)
    return found[0] if len(found) == 1 else [operation, *found]
