"""What a reader of operators does whatever the framework: a network grows node by node, and unknowns have names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from symconv.condition import Condition
from symconv.domain import Domain, asking
from symconv.errors import ExtentError
from symconv.extent import Extent, Size, size_of, symbols_of
from symconv.network import Network
from symconv.symbols import Symbol, symbol
from symconv.values import evaluate

#: What a broken attribute, input or configuration can make a rule's own arithmetic raise.
BROKEN: Final = (
    ValueError, IndexError, TypeError, KeyError, AttributeError, OverflowError, ZeroDivisionError, StopIteration,
    RuntimeError, MemoryError,
)  # fmt: skip


def broken(error: Exception) -> str:
    """What one of these says: its kind, and its words where it has some."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


class _Kept(Domain):
    """Hands what rules require on to the network, which keeps it for when it is built again."""

    def __init__(self, net: Network) -> None:
        super().__init__()
        self.net = net

    def require(self, condition: Condition) -> None:
        self.net.ask(condition)


class Growth:
    """One reading of a model, at one way to free its static axes; `witness` is what each symbol is in the model."""

    def __init__(self, net: Network, witness: dict[Symbol, int]) -> None:
        self.net, self.witness = net, witness
        #: How often what is being read runs: on one side of a choice, in the rounds of a loop, the steps of a sequence.
        self.times: Size = 1
        self._names: set[str] = set()
        self._unknown: dict[tuple[Any, ...], Extent] = {}
        self._values: dict[Any, Any] = {}
        self._asked = _Kept(net)

    def named(self, name: str, otherwise: str = "layer") -> str:
        """A name made a path that no other node has; `otherwise` where nothing is left of it."""
        path = "/".join(part.strip() for part in name.split("/") if part.strip()) or otherwise
        unique, k = path, 2
        while unique in self._names or unique in self.net:
            unique, k = f"{path}#{k}", k + 1
        self._names.add(unique)
        return unique

    @contextmanager
    def asking(self, name: str) -> Iterator[None]:
        """While this is entered, what rules require is asked for in the name of a node."""
        with asking(self._asked, name, (), self.times):
            yield

    @contextmanager
    def running(self, times: Size) -> Iterator[None]:
        """While this is entered, what is read runs so many times as often."""
        before = self.times
        self.times = before * times
        try:
            yield
        finally:
            self.times = before

    def at(self, size: Size) -> int | None:
        """What a size is in the model, at its own or the usual extents; None where that cannot be told."""
        if isinstance(size, int):
            return size
        for s in symbols_of(size):
            self.witness.setdefault(s, 2 if s.least else 1)
        try:
            found = evaluate(size, self.witness, self._values)
        except (ExtentError, KeyError):
            return None
        return found if isinstance(found, int) else None

    def unknown_cost(self, kind: str, *of: Any) -> Extent:
        """The named unknown for what an operator without a count does; the same for the same operator and shapes."""
        key = (kind, *of)
        if key not in self._unknown:
            n = sum(k[0] == kind for k in self._unknown) + 1
            label = f"cost[{kind}]" if n == 1 else f"cost[{kind} {n}]"
            self._unknown[key] = size_of(symbol(label, "padding", self.net.name))
        return self._unknown[key]

    def note(self, name: str, text: str) -> None:
        """Something that was taken for granted, for people to know."""
        self.net.notes.setdefault(text, []).append(name)
