"""Path: the way that a program takes at one size; every comparison of extents that decides it becomes a condition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from symconv.condition import Condition, at_least, differs, equal
from symconv.errors import ShapeError
from symconv.extent import Extent, Floor, Size, size_of, symbols_of
from symconv.network import Network
from symconv.readers.torch.ledger import Ledger, key_of
from symconv.rounding import ceiling
from symconv.symbols import Symbol
from symconv.values import evaluate

LESS, LESS_OR_EQUAL, EQUAL = "<", "<=", "=="

#: What asks where no module inside of the traced one does.
THE_MODULE: Final = "the module itself"

#: By a comparison and its outcome the condition that holds then.
_CONDITIONS: Final[dict[tuple[str, bool], Callable[[Size, Size], Condition]]] = {
    (LESS, True): lambda a, b: at_least(b, a + 1),
    (LESS, False): at_least,
    (LESS_OR_EQUAL, True): lambda a, b: at_least(b, a),
    (LESS_OR_EQUAL, False): lambda a, b: at_least(a, b + 1),
    (EQUAL, True): equal,
    (EQUAL, False): differs,
}


class Path:
    """What is decided while a program runs once, at the sizes of `witness`; conditions go to the network's domain."""

    def __init__(self, net: Network, witness: dict[Symbol, int]) -> None:
        self.net, self.witness = net, witness
        #: The module that runs.
        self.where = ""
        #: Whether the run is over; shadows that a program has kept are plain numbers then.
        self.closed = False
        #: What was assumed, by its text the modules that it is said of.
        self.assumed: dict[str, list[str]] = {}
        self._seen: set[tuple[str, str, Size, bool]] = set()
        self._values: dict[Size, int] = {}
        self._up: dict[Any, Size] = {}

    def value(self, size: Size) -> int:
        """What a size is in this run."""
        if isinstance(size, int):
            return size
        found = self._values.get(size)
        if found is None:
            found = self._values[size] = int(evaluate(size, self.witness))
        return found

    def decide(self, relation: str, a: Size, b: Size, outcome: bool | None = None, reason: str = "a branch") -> bool:
        """Whether a < b, a ≤ b or a = b in this run, which is a condition where it is not so at all sizes."""
        apart = a - b
        if outcome is None:
            there = self.value(apart)
            outcome = there < 0 if relation == LESS else there <= 0 if relation == LESS_OR_EQUAL else there == 0
        key = self.where, relation, apart, outcome
        if isinstance(apart, int) or self.closed or key in self._seen:
            return outcome
        self._seen.add(key)
        if relation == EQUAL and not outcome:
            self._rounds_up(apart)
        condition = _CONDITIONS[relation, outcome](a, b)
        if isinstance(self.net.domain, Ledger):
            self.net.domain.decided.add(key_of(condition))
        self.net.ask(replace(condition, node=self.where or THE_MODULE, reason=reason))
        return outcome

    def _rounds_up(self, apart: Extent) -> None:
        """From x mod s ≠ 0 on ⌊x/s⌋ is ⌈x/s⌉ − 1, which is said of the sizes where nothing is left over as well."""
        for m, c in apart.terms.items():
            (atom,) = m if len(m) == 1 else (None,)
            if isinstance(atom, Floor) and not atom.exact and isinstance(atom.under, int) and abs(c) == atom.under:
                rest = apart - c * size_of(atom)
                if rest == (atom.over if c < 0 else -atom.over):
                    self._up[atom] = ceiling(atom.over, atom.under) - 1

    def said(self, size: Size) -> Size:
        """A size in the form that holds at the most sizes, as far as this run knows."""
        if not self._up or isinstance(size, int):
            return size
        made: Size = 0
        for m, c in size.terms.items():
            term: Size = c
            for a in m:
                term = term * self._up.get(a, size_of(a))
            made = made + term
        return made

    def pin(self, size: Size, reason: str) -> int:
        """The number that a size is in this run, where nothing else is known of it: a condition on each symbol."""
        number = self.value(size)
        if isinstance(size, Extent) and not self.closed:
            for s in sorted(symbols_of(size), key=lambda s: s.key):
                self.net.ask(Condition("equal", Extent({(s,): 1}), self.witness[s], reason, self.where or THE_MODULE))
        return number

    def assume(self, what: str) -> None:
        """Note what is taken for granted of the values that a tensor holds."""
        nodes = self.assumed.setdefault(what, [])
        where = self.where or THE_MODULE
        if where not in nodes:
            nodes.append(where)

    def require(self, condition: Condition, reason: str) -> None:
        """State what a rule needs.

        Raises ShapeError where it never holds.
        """
        if not condition.symbols:
            if not condition.holds({}):
                raise ShapeError(f"{reason}: {condition.text()} never holds")
            return
        self.net.ask(replace(condition, node=self.where or THE_MODULE, reason=reason))
