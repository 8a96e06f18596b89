"""Names as the reader of a spec has them: what each level knows, and what a node is called where another one stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from symconv.readers.wiring import around
from symconv.writers.specs.arguments import Template
from symconv.writers.specs.tree import Entry, Tree


@dataclass(eq=False)
class Scope:
    """One level as the reader has it: where names are looked up, and which were given."""

    prefix: str
    source: str
    outer: Scope | None
    #: Whether `input` is what comes in.
    input: bool
    names: set[str] = field(default_factory=set)
    stages: set[str] = field(default_factory=set)
    counters: dict[tuple[str, str], int] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def own(self, path: str) -> str:
        """A path from inside."""
        return path[len(self.prefix) :]

    def take(self, entries: Iterable[Entry]) -> Scope:
        """Know the names of these entries."""
        for entry in entries:
            own = self.own(entry.path)
            if entry.node is not None or entry.rounds is not None or entry.call is not None:
                self.names.add(own)
            else:
                self.stages.add(own)
                self.take(entry.layers)
        return self


class Names:
    """What the nodes, repeats and inputs of a network are called in its spec."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        net = tree.net
        self.everything = {*net.inputs, *net.blocks, *(n.name for n in net.nodes)}

    def top(self, entries: Iterable[Entry]) -> Scope:
        """The level of the network itself."""
        scope = Scope("", "", None, False).take(entries)
        scope.names.update(self.tree.net.inputs)
        scope.taken.update(self.tree.net.inputs)
        return scope

    def inside(self, template: Template) -> dict[int, Scope]:
        """The level inside of a block, for each list that it is."""
        top = Scope("", "", None, True, self.everything)
        return {k: Scope(run.prefix, run.source, top, True).take(run.entries) for k, run in enumerate(template.runs)}

    def behind(self, entry: Entry, scope: Scope) -> list[str]:
        """What an entry stands behind, as it is called there."""
        return [self.refer(source, entry.path, scope) for source in entry.sources]

    def refer(self, target: str, reader: str, scope: Scope) -> str:
        """What a node, a repeat or an input is called where a reader stands."""
        own = scope.own(reader)
        stage = own.split("/")[:-1]
        known = {*scope.names, *scope.stages, *(["input"] if scope.input else [])}
        if scope.input and target == scope.source and around("input", stage, known, own) == "input":
            return "input"
        inside = target.startswith(scope.prefix) and self._has(target, scope)
        if inside:
            for path in self.called(target, reader, scope):
                relative = scope.own(path)
                parts = relative.split("/")
                shared = 0
                while shared < min(len(parts) - 1, len(stage)) and parts[shared] == stage[shared]:
                    shared += 1
                for depth in range(shared, -1, -1):
                    text = "/".join(parts[depth:])
                    if around(text, stage, known, own) == relative:
                        return text
            relative = scope.own(target)
            return relative if any(relative.startswith(f"{name}/") for name in scope.names) else f"/{target}"
        outer = scope.outer
        while outer is not None and not (target.startswith(outer.prefix) and outer.prefix):
            outer = outer.outer
        text = outer.own(target) if outer is not None else target
        prefix = scope.prefix
        captured = around(text, stage, known, own) is not None
        while prefix and not captured and prefix != (outer.prefix if outer is not None else ""):
            captured = prefix + text in self.everything
            prefix = prefix.rstrip("/").rpartition("/")[0]
            prefix += "/" if prefix else ""
        return f"/{target}" if captured else text

    def called(self, target: str, reader: str, scope: Scope) -> list[str]:
        """The paths by which a target can be called, the one that says least of it first."""
        out = []
        for entry in self.tree.ended.get(target, ()):
            name = scope.own(entry.path)
            inside = entry.path.startswith(scope.prefix) and not reader.startswith(f"{entry.path}/")
            if inside and self.tree.once(entry) and (name in scope.stages) != (name in scope.names):
                out.append(entry.path)
        if scope.own(target) in scope.names:
            out.append(target)
        return out

    def _has(self, target: str, scope: Scope) -> bool:
        """Whether a scope has a name for a target: its own, or that of what ends with it."""
        if scope.own(target) in scope.names:
            return True
        ends = (scope.own(e.path) for e in self.tree.ended.get(target, ()) if e.path.startswith(scope.prefix))
        return any(name in scope.names for name in ends)
