"""What a family supposes beyond what the wiring forces: which widths grow together, which stay as they are, and why.

After the equations are solved and equal rounds taken for one, each free atom is a *class* of numbers that may be chosen
for itself. A class is constant (rows of a table, a head's size, groups), an extent (of the image, of a patch), or
a width, which is supposed to be so many times the one width w.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from math import gcd
from typing import Final

from symconv.errors import CallError, near
from symconv.extent import Size, size_of, symbols_of, terms_of
from symconv.lift.equations import Equations
from symconv.lift.wiring import Step, Wiring
from symconv.readers.names import plainly
from symconv.symbols import Symbol

#: What a class is.
WIDTH, CONSTANT, EXTENT, LEVEL = "width", "constant", "extent", "level"

#: Fields that count rows of a table.
ROWS: Final = {"vocabulary", "length", "buckets", "elements"}

#: Numbers that stand in no weight's width: constants beside the data, parts of an axis.
BESIDE: Final = ("constant", "part", "piece", "joined", "repeated")


#: Why the parts of queries, keys and values stay.
INDEXED: Final = "indexed by a number"

#: Why the axis of a buffer stays.
BUFFERED: Final = "an axis of a buffer"

#: Why the width of what comes out stays.
CLASSES: Final = "classes that come out"


@dataclass
class Class:
    """Numbers that are the same or have a fixed ratio by the wiring: one of them may be chosen."""

    atom: Symbol
    value: int
    #: Where it comes from, numbers in the path as a star: `layer*/conv1.channels`.
    role: str
    kind: str
    reason: str
    #: What it is supposed to be, before anybody says anything.
    supposed: str
    #: The places in the network that it stands at, node and what of it.
    members: tuple[str, ...] = ()
    #: The fields whose number it is, `step name, field`.
    fields: tuple[tuple[str, str], ...] = ()
    #: The name of the symbol that it has; empty where it is a number, or goes with w.
    symbol: str = ""
    #: What somebody has said of it, in words.
    said: str = ""
    expression: str = ""


@dataclass
class Classes:
    """The classes of a folded network in the order of their atoms, and the one whose number w is."""

    classes: list[Class] = field(default_factory=list)
    trunk: Class | None = None
    #: Whether the trunk is what a dense block grows by.
    growth: bool = False

    def named(self, pattern: str) -> list[Class]:
        """The classes of a role, by its name, a part of its path, or a pattern with * and ?; | stands between several.

        Raises CallError where there is none, with the nearest.
        """
        parts = [part.strip() for part in pattern.split("|")]
        found = [c for c in self.classes if any(_fits(c.role, p) for p in parts)]
        found = found or [c for c in self.classes if any(_fits(n, p) for n in c.members for p in parts)]
        if not found:
            roles = sorted({c.role for c in self.classes})
            close = near(pattern, roles) or near(pattern, [r.rpartition(".")[0] for r in roles])
            hint = close or f"There are {', '.join(roles[:12])}{', …' if len(roles) > 12 else ''}"
            raise CallError(f"there is no role {plainly(pattern)}. {hint}")
        return found


def _fits(name: str, pattern: str) -> bool:
    """Whether a pattern is a role, with or without its field, or a part of its path."""
    short = name.rpartition(".")[0]
    said = pattern.replace("[*]", "*")
    return any(fnmatchcase(n, p) for n in (name, short) for p in (said, f"*/{said}", f"{said}/*", f"*/{said}/*"))


def classes_of(
    wiring: Wiring, steps: Sequence[Step], growth: Symbol | None, labels: Mapping[str, str], levels: Set[Symbol]
) -> Classes:
    """The classes that the steps of a folded network have, each with the hypothesis that lies nearest.

    `labels` are the names of steps in rounds, by which roles are called, `levels` the atoms of widths in nests.
    """
    equations = wiring.equations
    members: dict[Symbol, list[Symbol]] = {}
    multiples: dict[Symbol, list[str]] = {}
    for atom in equations.witness:
        size = equations.resolve(size_of(atom))
        bare = next(iter(symbols_of(size)), atom)
        if size == size_of(bare):
            members.setdefault(bare, []).append(atom)
        elif len(terms_of(size)) == 1 and equations.atoms_of(size) == {bare}:
            multiples.setdefault(bare, []).append(equations.origin[atom].what)
    used = _used(wiring, steps)
    roles = _Roles(equations, [s.name for s in steps], labels)
    splits = _last_of_splits(wiring)
    found = Classes()
    outputs, read = _outputs(wiring, steps)
    for atom in sorted(used, key=equations.number):
        own = members.get(atom, [atom])
        whats = [equations.origin[a].what for a in own]
        if levels & set(own):
            kind, reason = LEVEL, "so many times what enters its level"
        else:
            whats += multiples.get(atom, [])
            kind, reason = _judged(wiring, atom, own, whats, splits, atom in outputs and atom not in read)
        told = next((a for a in own if equations.origin[a].what in _TELLING), own[0])
        fields = tuple((o.node, o.what) for o in (equations.origin[a] for a in own))
        places = tuple(dict.fromkeys(f"{node}.{what}" for node, what in fields))
        found.classes.append(
            Class(atom, equations.witness[atom], roles.of(told, splits), kind, reason, kind, places, fields)
        )
    widths = [c for c in found.classes if c.kind == WIDTH]
    grown = next((c for c in widths if c.atom == growth), None)
    found.trunk, found.growth = grown or (widths[0] if widths else None), grown is not None
    for c in found.classes:
        same = found.trunk is not None and c.value == found.trunk.value
        if same and (c.reason == BUFFERED or (c.reason == CLASSES and _activated(wiring, steps))):
            c.kind, c.supposed, c.reason = WIDTH, WIDTH, "grows with the one width"
    for c in widths:
        if found.trunk is not None and gcd(c.value, found.trunk.value) == 1 < found.trunk.value:
            c.kind = c.supposed = CONSTANT
            c.reason = f"{c.value} has no factor in common with {found.trunk.value}"
    return found


#: What names a class best.
_TELLING: Final = ("channels", "hidden", "heads", "kv_heads", "vocabulary", "length", "groups")


def _activated(wiring: Wiring, steps: Sequence[Step]) -> bool:
    """Whether what comes out has gone through an activation: then it is a representation, and no classes."""
    by_name, name = {s.name: s for s in steps}, wiring.net.last_of(wiring.net.result)
    while name in by_name:
        step = by_name[name]
        if step.node.count.operations and not step.node.parameters:
            return step.layer.kind != "softmax"
        if not step.layer.view or len(step.inputs) != 1:
            return False
        (name,) = step.inputs
    return False


def _used(wiring: Wiring, steps: Sequence[Step]) -> set[Symbol]:
    """The free atoms in fields, shapes and what is kept."""
    equations = wiring.equations
    sizes: list[Size] = [x for shape in wiring.inputs.values() for x in shape]
    for step in steps:
        sizes += [size for _, size, _ in step.layer.field_sizes()]
        sizes += step.out
        sizes += [x for p in step.parameters or () for x in p.shape]
    return {a for x in set(sizes) for a in equations.atoms_of(equations.resolve(x))}


def _outputs(wiring: Wiring, steps: Sequence[Step]) -> tuple[set[Symbol], set[Symbol]]:
    """The atoms of what comes out of the network, and those that layers with weights read."""
    equations = wiring.equations
    shapes = {s.name: s.out for s in steps} | wiring.inputs
    last = wiring.net.last_of(wiring.net.result)
    out = {a for x in shapes.get(last, ()) for a in equations.atoms_of(equations.resolve(x))}
    read = {
        a
        for s in steps
        if any(p.kind == "trainable" for p in s.node.parameters)
        for source in s.inputs
        for x in shapes.get(source, ())
        for a in equations.atoms_of(equations.resolve(x))
    }
    return out, read


def _last_of_splits(wiring: Wiring) -> set[Symbol]:
    """The last factors of extents that views split: a head's size."""
    equations = wiring.equations
    views: dict[str, dict[str, Symbol]] = {}
    for atom, origin in equations.origin.items():
        if origin.what.startswith("view["):
            views.setdefault(origin.node, {})[origin.what] = atom
    last = set()
    for parts in views.values():
        sizes = [equations.resolve(size_of(parts[p])) for p in sorted(parts)]
        several = [equations.atoms_of(x) for x in sizes]
        free = [a for atoms in several if len(atoms) == 1 for a in atoms if a not in wiring.fixed]
        if len(set(free)) > 1:
            last.add(free[-1])
    return last


def _judged(
    wiring: Wiring, atom: Symbol, own: Sequence[Symbol], whats: Sequence[str], last: set[Symbol], classes: bool
) -> tuple[str, str]:
    """What a class is, and why that is supposed."""
    if any(a in wiring.extents for a in own):
        return EXTENT, "an extent of the input"
    if any(a in wiring.fixed for a in own):
        return CONSTANT, INDEXED
    kinds = Counter(whats)
    if kinds.keys() & ROWS or any(a in wiring.rows for a in own):
        return CONSTANT, "rows of a table"
    if "groups" in kinds:
        return CONSTANT, "groups"
    if "head_size" in kinds or atom in last:
        return CONSTANT, "the size of a head"
    if classes:
        return CONSTANT, CLASSES
    if all(w.startswith(BESIDE) for w in kinds):
        return CONSTANT, "a constant beside the data"
    if all(a in wiring.buffered for a in own):
        return CONSTANT, BUFFERED
    return WIDTH, "grows with the one width"


class _Roles:
    """Names of roles: in a round the block's path with * for its numbers and the step's own, else the step's path."""

    def __init__(self, equations: Equations, names: Sequence[str], labels: Mapping[str, str]) -> None:
        self.equations, self.labels = equations, labels
        numbered = Counter(parent for parent, _, name in (n.rpartition("/") for n in names) if name.isdigit())
        self.flat = {parent for parent, many in numbered.items() if many > 3}

    def of(self, atom: Symbol, sizes: Set[Symbol]) -> str:
        """The name of an atom's role; `sizes` are the sizes of heads."""
        origin = self.equations.origin[atom]
        if origin.what.startswith("view["):
            free = {self._free(a) for a, o in self.equations.origin.items() if o.node == origin.node}
            if self._free(atom) in sizes:
                origin = replace(origin, what="head_size")
            elif free & sizes:
                origin = replace(origin, what="heads")
        if origin.node in self.labels:
            return f"{self.labels[origin.node]}.{origin.what}"
        *path, name = origin.node.split("/")
        if "/".join(path) in self.flat and name.isdigit():
            name = "*"
        return "/".join([*(re.sub(r"\d+", "*", p) for p in path), name]) + f".{origin.what}"

    def _free(self, atom: Symbol) -> Symbol | None:
        """The one free atom that an atom is, or so many times it."""
        atoms = self.equations.atoms_of(self.equations.resolve(size_of(atom)))
        return next(iter(atoms)) if len(atoms) == 1 else None
