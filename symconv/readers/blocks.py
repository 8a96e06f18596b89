"""Blocks of a spec: layers with arguments, called by name, and lists of layers that are taken several times.

A call binds the arguments, then the names that the block gives to the extents of what comes in, then its derived
integers; so its layers are read anew for each call, and where it is repeated for the round in terms of its index.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from symconv.condition import equal
from symconv.errors import ShapeError, SymconvError
from symconv.extent import Extent, Size
from symconv.readers.expression import is_name
from symconv.readers.faults import Place
from symconv.readers.items import Scope
from symconv.readers.meaning import Slot, Value
from symconv.readers.names import nearest, plainly, shown
from symconv.readers.schema import CALL
from symconv.readers.wiring import Abandoned

if TYPE_CHECKING:
    from symconv.readers.schema import Block

#: Blocks inside one another at most.
NESTED: Final = 30


class Call:
    """A list of layers in its place, taken once or several times."""

    def __init__(
        self, scope: Scope, path: Place, given: dict[str, Any], layers: tuple[Any, ...], inside: Place
    ) -> None:
        self.scope, self.path, self.given, self.layers, self.inside = scope, path, given, layers, inside
        #: Its names are those where it was written, whoever asks for it.
        self.names = scope.names
        self.faults, self.net = scope.faults, scope.build.net

    def build(self, name: str, sources: tuple[str, ...], training: bool) -> None:
        """Add its layers to the network, behind these nodes.

        Raises Abandoned where they cannot be, and what is wrong has been said; SymconvError as the network does.
        """
        if "repeat" in self.given:
            self._several(name, sources, training)
            return
        with self.net.inside(name, sources[0]):
            self._round(None, sources, training)

    def called(self) -> str:
        """What it is called in a message."""
        return "a repeat"

    def check(self) -> bool:
        """Whether it is called as it wants to be; what is wrong is said at once."""
        found = len(self.faults.found)
        letter = self.given.get("round")
        if letter is not None and not (isinstance(letter, str) and is_name(letter)):
            self.faults.add((*self.path, "round"), f"round: {shown(letter)}, where a name is accepted", hint="round: i")
        if "repeat" in self.given:
            self._count("")
        self._check_first()
        return len(self.faults.found) == found

    def _check_first(self) -> None:
        """Whether what is said of the first round are the layers of it."""
        if not isinstance(self.given.get("first", []), list):
            said = f"first: {shown(self.given['first'])}, where the list of the layers of the first round is accepted"
            self.faults.add((*self.path, "first"), said)

    def _count(self, node: str) -> Size | None:
        """The number of rounds; None where it is none."""
        path: Place = (*self.path, "repeat")
        count = self._evaluated(self.given["repeat"], path, node)
        if isinstance(count, Extent):
            whole = count.integral
        else:
            whole = count is None or (not isinstance(count, bool | Slot) and count >= 1 and count == int(count))
        if not whole:
            accepted = "a whole number from 1 on, or an expression in symbols that is one,"
            self.faults.add(path, f"repeat: {shown(self.given['repeat'])}, where {accepted} is accepted")
        if not whole or count is None or isinstance(count, bool | Slot):
            return None
        return int(count) if isinstance(count, Fraction) else count

    def _several(self, name: str, sources: tuple[str, ...], training: bool) -> None:
        rounds = self._count(self.net.path(name))
        tied = self.scope.flag(self.given, "tied", self.path)
        if rounds is None:
            raise Abandoned

        def body(i: Size) -> None:
            self._round(i, sources, training)

        if sources[0] in sources[1:]:
            said = f"{plainly(sources[0][1:])} comes in twice, and what comes in first is the round before from then on"
            self.faults.add((*self.path, "from"), said, hint="put an identity behind it for the other")
            raise Abandoned
        try:
            self.net.repeat(name, rounds, body, sources[0], first_apart="first" in self.given, tied=tied)
        except ShapeError as error:
            self.faults.add((*self.path, "repeat"), str(error))
            raise Abandoned from None

    def _round(self, i: Size | None, sources: tuple[str, ...], training: bool) -> None:
        """One round, or all there is."""
        scope = Scope(self.scope.build, self._named(i), self._inputs(sources), sources[0], training)
        with self.faults.inside(self.called(), self.path):
            found = len(self.faults.found)
            self._bind(scope, i, sources)
            if len(self.faults.found) == found:
                scope.walk(*self._layers(i))
                scope.wire()
            if len(self.faults.found) == found and not scope.items:
                self.faults.add(self.path, f"{self.called()} has no layers")
            if len(self.faults.found) > found or not self.net.knows(scope.last):
                raise Abandoned  # what is wrong has been said, maybe at another call
        self.net.end(scope.last)

    def _layers(self, i: Size | None) -> tuple[tuple[Any, ...], Place]:
        """The layers of a round, and where they stand in the file."""
        if i == 0 and not isinstance(i, Extent) and "first" in self.given:
            return tuple(self.given["first"]), (*self.path, "first")
        return self.layers, self.inside

    def _named(self, i: Size | None) -> dict[str, Value]:
        names = dict(self.names)
        if i is not None and "round" in self.given:
            names[self.given["round"]] = i
        return names

    def _inputs(self, sources: tuple[str, ...]) -> dict[str, str]:
        """What is read from outside, by the name that it has inside."""
        return {} if "input" in self.net.inputs else {"input": sources[0]}

    def _bind(self, scope: Scope, i: Size | None, sources: tuple[str, ...]) -> None:
        """Give the scope of a round its names."""

    def _evaluated(self, given: Any, path: Place, node: str, names: dict[str, Value] | None = None) -> Value | None:
        scope = Scope(self.scope.build, self.names if names is None else names, {}, "")
        return scope.value(given, path, node)


class BlockCall(Call):
    """A block of the spec with its arguments."""

    def __init__(self, scope: Scope, path: Place, given: dict[str, Any], kind: str) -> None:
        self.kind = kind
        self.block: Block = scope.build.model.blocks[kind]
        super().__init__(scope, path, given, tuple(self.block.layers), ("blocks", kind, "layers"))

    def called(self) -> str:
        return self.kind

    def build(self, name: str, sources: tuple[str, ...], training: bool) -> None:
        chain = [called for called, _ in self.faults.chain]
        written = self.path[1] if self.path[0] == "blocks" else None
        inside = chain[_last(chain, self.kind) :] if self.kind in chain else []
        if written in inside:  # one inside the other where a file says so, as an argument, comes to an end
            self.faults.add(self.path, f"the block {self.kind} calls itself: {' → '.join([*inside, self.kind])}")
            raise Abandoned
        if len(chain) >= NESTED:
            self.faults.add(self.path, f"blocks deeper than {NESTED}, the most that is accepted")
            raise Abandoned
        super().build(name, sources, training)

    def _layers(self, i: Size | None) -> tuple[tuple[Any, ...], Place]:
        return self.layers, self.inside

    def _check_first(self) -> None:
        """A block's first round has arguments of its own, which are looked at beside the others."""

    def check(self) -> bool:
        known = [*self.block.with_, *CALL]
        found = len(self.faults.found)
        super().check()
        first = self.given.get("first", {})
        if not isinstance(first, dict):
            self.faults.add((*self.path, "first"), f"first: {shown(first)}, where a map of arguments is accepted")
            return False
        if first and "repeat" not in self.given:
            self.faults.add((*self.path, "first"), "first speaks of a first round, and there is no repeat", key=True)
        for place, given in ((self.path, self.given), ((*self.path, "first"), first)):
            for key in given:
                if key not in known or (given is first and key in CALL):
                    said = f"{self.kind} has no argument {plainly(key)}"
                    self.faults.add((*place, key), said, hint=nearest(key, self.block.with_, "it has"), key=True)
        for key, default in self.block.with_.items():
            if default is None and key not in self.given:
                line, _ = self.faults.document.key_position(("blocks", self.kind, "with", key))
                said = f"the argument {key} of {self.kind} is missing"
                self.faults.add(self.path, said, hint=f"it has no default, line {line}")
        return len(self.faults.found) == found

    def _inputs(self, sources: tuple[str, ...]) -> dict[str, str]:
        if self.block.inputs is None:
            return {"input": sources[0]}
        return dict(zip(self.block.inputs, sources))

    def _named(self, i: Size | None) -> dict[str, Value]:
        return dict(self.scope.build.names)

    def _bind(self, scope: Scope, i: Size | None, sources: tuple[str, ...]) -> None:
        names = dict(scope.names)
        node = self.net.path("")[:-1]
        outside = super()._named(i)
        first = self.given.get("first", {}) if i == 0 and not isinstance(i, Extent) else {}
        for key, default in self.block.with_.items():
            if key in first:
                value = self._evaluated(first[key], (*self.path, "first", key), node, outside)
            elif key in self.given:
                value = self._evaluated(self.given[key], (*self.path, key), node, outside)
            else:
                value = self._evaluated(default, ("blocks", self.kind, "with", key), node, dict(names))
            if value is not None:
                names[key] = value
        self._bind_inputs(names, sources, node)
        for key, given in self.block.let.items():
            value = self._evaluated(given, ("blocks", self.kind, "let", key), node, names)
            if value is not None:
                names[key] = value
        scope.rename(names)

    def _bind_inputs(self, names: dict[str, Value], sources: tuple[str, ...], node: str) -> None:
        """The names that the block gives to the extents of its inputs."""
        several = self.block.inputs is not None
        patterns = self.block.inputs if self.block.inputs is not None else {"input": self.block.input or []}
        if several and len(sources) != len(patterns):
            said = (
                f"{self.kind} stands behind {len(patterns)} layers ({', '.join(patterns)}), and this is {len(sources)}"
            )
            self.faults.add(self.path, said, hint="from: […]")
            raise Abandoned
        if not several and len(sources) > 1:
            said = f"{self.kind} stands behind one layer, and this is {len(sources)}"
            self.faults.add(self.path, said, hint="inputs: {name: [extents], …} in the block names several")
            raise Abandoned
        for (called, pattern), source in zip(patterns.items(), sources):
            path: Place = ("blocks", self.kind, "inputs", called) if several else ("blocks", self.kind, "input")
            if not pattern:
                continue
            tensor = self.net.reading(source)
            if len(pattern) != tensor.rank:
                said = f"{self.kind} takes {called} as [{', '.join(map(str, pattern))}], and this is {tensor}"
                self.faults.add(self.path, said)
                raise Abandoned
            bound: dict[str, Size] = {}
            for axis, (wanted, size) in enumerate(zip(pattern, tensor.shape)):
                if wanted == "_":
                    continue
                if isinstance(wanted, str) and is_name(wanted) and wanted not in bound:
                    bound[wanted] = names[wanted] = size
                    continue
                value = bound[wanted] if wanted in bound else self._evaluated(wanted, (*path, axis), node, names)
                if not isinstance(value, int | Extent) or isinstance(value, bool):
                    if value is not None:
                        self.faults.add((*path, axis), f"{shown(wanted)}, where a name or a size is accepted")
                    continue
                reason = f"{self.kind} takes {called} with {wanted} on axis {axis}"
                try:
                    self.net.require(replace(equal(size, value), reason=reason), node)
                except SymconvError as error:
                    self.faults.add(self.path, str(error))


def _last(chain: list[str], kind: str) -> int:
    return len(chain) - 1 - chain[::-1].index(kind)
