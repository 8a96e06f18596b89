"""Columns as the entries of a spec: names, what each stands behind, fields, calls of blocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from symconv.condition import AT_LEAST, DIFFERS, DIVIDES, EQUAL, Condition
from symconv.extent import Extent, Size, size_of, symbols_of
from symconv.layer import TRAINABLE, layer_fields
from symconv.readers.items import SHORT as SHORT_NAMES
from symconv.symbols import Index
from symconv.writers.specs.arguments import Given, Template, fields_of, same
from symconv.writers.specs.columns import Column, Unfit, Where, every, stated, values
from symconv.writers.specs.expressions import written
from symconv.writers.specs.layout import Map, Seq, Value, scalar
from symconv.writers.specs.scopes import Names, Scope
from symconv.writers.specs.tree import Entry, Tree

#: The relations of conditions as a spec has them.
_SIGNS: Final = {AT_LEAST: ">=", EQUAL: "==", DIFFERS: "!=", DIVIDES: "divides"}


class Rendering:
    """The entries of a network, or of a block of it, as values of a spec."""

    def __init__(self, tree: Tree, explicit: bool) -> None:
        self.tree, self.explicit = tree, explicit
        self.names = Names(tree)
        self.symbols: dict[str, Size | Fraction] = dict(tree.net.symbols)
        self.holes: Mapping[tuple[Column, Where], str] = {}
        #: The stages that are said also where they have no layers.
        self.aliases: dict[str, str] = {}
        self._texts: dict[tuple[Extent, tuple[Index, ...]], str] = {}

    def top(self, entries: list[Entry], columns: list[Column]) -> Seq:
        """The layers of the spec."""
        return self._list(columns, {0: self.names.top(entries)}, "")

    def block(self, template: Template) -> Map:
        """A block of the spec."""
        self.holes = template.holes
        scopes = self.names.inside(template)
        self.aliases = template.aliases
        layers = self._list(template.columns, scopes, "")
        self.holes = {}
        layers.layers = True
        out = Map(tall=True)
        if template.arguments:
            given = [(a.name, "" if a.default is None else self._plain(a.default)) for a in template.arguments]
            out.pairs.append(("with", Map(list(given))))
        if template.input is not None:
            out.pairs.append(("input", Seq([name if name == "_" else scalar(name) for name in template.input])))
        out.pairs.append(("layers", layers))
        return out

    # -- lists ---------------------------------------------------------------------------------------------------------

    def _list(self, columns: Sequence[Column], scopes: dict[int, Scope], stage: str) -> Seq:
        out = Seq(layers=True)
        condition, group = "", out
        for column in columns:
            if column.when and not column.alias:
                if column.when != condition:
                    group = Seq(layers=True)
                    out.values.append(Map([("when", column.when), ("layers", group)]))
                condition = column.when
            else:
                condition, group = "", out
            made = self._around(column, scopes, stage) if column.around else self._entry(column, scopes, stage)
            group.values.append(made)
        return out

    def _around(self, column: Column, scopes: dict[int, Scope], stage: str) -> Value:
        """The stage around an entry that is not in all lists."""
        own = {k: scopes[k] for k in column.entries}
        here = {k: f"{scope.prefix}{stage}" for k, scope in own.items()}
        behind = {k: self.names.refer((*e.sources, e.source)[0], here[k], own[k]) for k, e in column.entries.items()}
        inner = Map([("when", column.when), ("layers", Seq([self._entry(column, scopes, f"{column.around}/")], True))])
        pairs: list[tuple[str, Value]] = [("stage", scalar(column.around[len(stage) :])), ("from", self._one(behind))]
        return Map([*pairs, ("layers", Seq([inner], True))], tall=True)

    def _entry(self, column: Column, scopes: dict[int, Scope], stage: str) -> Value:
        scopes = {k: scopes[k] for k in column.entries}
        one = column.one
        if one.call is not None:
            return self._call(column, scopes, stage)
        if one.rounds is not None:
            return self._repeat(column, scopes, stage)
        if one.node is not None:
            return self._layer(column, scopes, stage)
        name = self._relative(column, scopes)[len(stage) :]
        pairs: list[tuple[str, Value]] = [("stage", scalar(name))]
        if self._hidden(column, scopes):
            column.inner[0].after = True
        elif column.alias or self._explicit(column):
            here = {k: f"{scopes[k].prefix}{stage}" for k in column.entries}
            behind = {k: self.names.refer(e.source, here[k], scopes[k]) for k, e in column.entries.items()}
            pairs.append(("from", self._one(behind)))
        inner = self._list(column.inner, scopes, f"{stage}{name}/")
        if column.alias:
            inner = Seq([Map([("when", column.when), ("layers", inner)])], True)
        pairs.append(("layers", inner))
        return Map(pairs, tall=True)

    def _hidden(self, column: Column, scopes: dict[int, Scope]) -> bool:
        """Whether a stage stands behind what is inside of a block, which its first layer has to say."""
        if column.alias or not self._explicit(column):
            return False
        for k, entry in column.entries.items():
            scope = scopes[k]
            own = scope.own(entry.source)
            inside = entry.source.startswith(scope.prefix) and any(own.startswith(f"{n}/") for n in scope.names)
            if inside and own not in scope.names and not self.names.called(entry.source, entry.path, scope):
                return True
        return False

    def _repeat(self, column: Column, scopes: dict[int, Scope], stage: str) -> Value:
        one = column.one
        assert one.rounds is not None
        name = self._relative(column, scopes)
        self._take(column, scopes)
        pairs: list[tuple[str, Value]] = [("stage", scalar(name[len(stage) :]))]
        pairs.append(("repeat", self._size(column, ("repeat", ()), one.rounds.index.end, one)))
        said = [*_sizes_in(one), *(size for c in one.required for size in (c.left, c.right))]
        if any(one.rounds.index in symbols_of(size) for size in said):
            pairs.append(("round", one.rounds.index.name))
        if one.rounds.tied:
            pairs.append(("tied", "true"))
        self._from_box(column, scopes, pairs)
        alias = "input" not in self.tree.net.inputs
        if column.first is not None and (self.explicit or not self._settled(column)):
            inner = {
                k: Scope(f"{e.path}/0/", e.source, scopes[k], alias).take(e.first or ())
                for k, e in column.entries.items()
            }
            pairs.append(("first", self._list(column.first, inner, "")))
        inner = {k: Scope(e.inside, e.carried, scopes[k], alias).take(e.layers) for k, e in column.entries.items()}
        layers = self._list(column.inner, inner, "")
        if one.required:
            layers.values.insert(0, self.requirement(one.required))
        pairs.append(("layers", layers))
        return Map(pairs, tall=True)

    def requirement(self, conditions: Sequence[Condition]) -> Value:
        """What is asked for besides what layers ask for."""
        texts = []
        for c in conditions:
            names = {**self.symbols, **{r.index.name: size_of(r.index) for r in c.rounds}}
            texts.append(scalar(f"{written(c.left, names)} {_SIGNS[c.relation]} {written(c.right, names)}"))
        return Map([("require", Seq(list(texts)) if len(texts) > 1 else texts[0])])

    def _settled(self, column: Column) -> bool:
        """Whether the first round of a repeat is as all others are, and stands apart as the reader will see."""
        assert column.first is not None
        own, other = list(every(column.first)), list(every(column.inner))
        return len(own) == len(other) and all(
            (a.one.node and a.one.node.layer, a.one.path.split("/")[-1], self._key(a.one, a.one.node))
            == (b.one.node and b.one.node.layer, b.one.path.split("/")[-1], self._key(b.one, b.one.node))
            for a, b in zip(own, other)
        )

    def _key(self, entry: Entry, node: Any) -> Any:
        return fields_of(entry), node and (node.shares, node.training), len(entry.sources)

    # -- calls ---------------------------------------------------------------------------------------------------------

    def _call(self, column: Column, scopes: dict[int, Scope], stage: str) -> Value:
        one = column.one
        assert one.call is not None
        template, _, first = one.call
        assert isinstance(template, Template)
        name = self._relative(column, scopes)
        self._take(column, scopes)
        pairs: list[tuple[str, Value]] = [("name", scalar(name[len(stage) :]))]
        given = fields_of(one)
        texts = {key: self._size(column, (key, ()), value, one) for key, value in given.items()}
        moving = [key for key, value in given.items() if isinstance(value, Extent)]
        if one.rounds is not None:
            pairs.append(("repeat", texts["repeat"]))
            if any(one.rounds.index in symbols_of(given[key]) for key in moving if key != "repeat"):
                pairs.append(("round", one.rounds.index.name))
            if one.rounds.tied:
                pairs.append(("tied", "true"))
        self._from_box(column, scopes, pairs)
        others: list[tuple[str, Value]] = []
        for argument in template.arguments:
            key = f"with {argument.name}"
            hole = (column, (key, ())) in self.holes
            if hole or argument.default is None or not same(given[key], argument.default):
                pairs.append((argument.name, texts[key]))
            if first is not None and texts[f"first {argument.name}"] != texts[key]:
                others.append((argument.name, texts[f"first {argument.name}"]))
        if others or (first is not None and self.explicit):
            pairs.append(("first", Map(others)))
        return Map([(scalar(template.name), Map(pairs))])

    # -- layers --------------------------------------------------------------------------------------------------------

    def _layer(self, column: Column, scopes: dict[int, Scope], stage: str) -> Value:
        one = column.one
        node = one.node
        assert node is not None
        kind = node.layer.kind
        pairs: list[tuple[str, Value]] = []
        name = self._relative(column, scopes)[len(stage) :]
        if not self._named(kind, column, scopes, stage):
            pairs.append(("name", scalar(name)))
        fields = layer_fields(type(node.layer))
        own: list[tuple[str, Value]] = []
        for f in fields:
            value = getattr(node.layer, f.name)
            hole = any(hole[0] is column and hole[1][0] == f.name for hole in self.holes)
            if hole or not same(value, f.default):
                own.append((f.name, self._value(column, f.name, value, one)))
        kept = stated(node)
        if kept is not None:
            own.append(("parameters", Map([self._kept(column, p, one) for p in kept])))
        if node.times != 1 or (column, ("times", ())) in self.holes:
            own.append(("times", self._size(column, ("times", ()), node.times, one)))
        behind = self._from(column, scopes)
        if behind is not None:
            pairs.append(("from", behind))
        if node.shares and not any(r.tied for r in node.rounds):
            nodes = {k: e.node for k, e in column.entries.items() if e.node is not None}
            shared = {k: self.names.refer(n.shares, n.name, scopes[k]) for k, n in nodes.items()}
            own.append(("shares", self._one(shared)))
        if node.training:
            own.append(("training", "true"))
        pairs = [*pairs[:1], *own, *pairs[1:]] if pairs[:1] and pairs[0][0] == "name" else [*own, *pairs]
        if not pairs:
            return scalar(kind)
        if len(pairs) == 1 and fields and pairs[0][0] == fields[0].name and isinstance(pairs[0][1], str):
            return Map([(kind, pairs[0][1])])
        return Map([(kind, Map(pairs))])

    def _named(self, kind: str, column: Column, scopes: dict[int, Scope], stage: str) -> bool:
        """Whether the reader gives it its name by itself."""
        short = SHORT_NAMES.get(kind, kind)
        counted = {}
        for k in column.entries:
            number = scopes[k].counters.get((stage, short), 0) + 1
            while f"{stage}{short}{number}" in scopes[k].taken:
                number += 1
            counted[k] = number
        plain = all(scopes[k].own(entry.path) == f"{stage}{short}{counted[k]}" for k, entry in column.entries.items())
        for k, entry in column.entries.items():
            scopes[k].taken.add(scopes[k].own(entry.path))
            if plain:
                scopes[k].counters[stage, short] = counted[k]
        return plain

    def _kept(self, column: Column, p: Any, one: Entry) -> tuple[str, Value]:
        shape = self._value(column, f"parameters {p.name}", p.shape, one)
        shape = Seq([]) if not p.shape else shape
        if p.kind == TRAINABLE and p.active is None:
            return scalar(p.name), shape
        about: list[tuple[str, Value]] = [("shape", shape)]
        if p.kind != TRAINABLE:
            about.append(("kind", p.kind))
        if p.active is not None:
            about.append(("active", self._size(column, (f"active {p.name}", ()), p.active, one)))
        return scalar(p.name), Map(about)

    # -- what an entry stands behind -----------------------------------------------------------------------------------

    def _explicit(self, column: Column) -> bool:
        """Whether it has to be said what an entry stands behind."""
        return not column.around and (column.after or not all(e.implied for e in column.entries.values()))

    def _from(self, column: Column, scopes: dict[int, Scope]) -> Value | None:
        if not self._explicit(column):
            return None
        said = {k: self.names.behind(e, scopes[k]) for k, e in column.entries.items()}
        best = next(iter(said.values()))
        out = []
        for place in range(len(best)):
            texts = {k: own[place] for k, own in said.items()}
            there = [text for text in texts.values() if text in self.aliases]
            if there:
                out.append(scalar(self.aliases[there[0]]))
            else:
                out.append(self._one(texts))
        return out[0] if len(out) == 1 else Seq(list(out))

    def _from_box(self, column: Column, scopes: dict[int, Scope], pairs: list[tuple[str, Value]]) -> None:
        if self._explicit(column):
            texts = {k: self.names.refer(e.source, e.path, scopes[k]) for k, e in column.entries.items()}
            pairs.append(("from", self._one(texts)))

    def _one(self, texts: dict[int, str]) -> str:
        if len(set(texts.values())) > 1:
            raise Unfit
        return scalar(next(iter(texts.values())))

    def _relative(self, column: Column, scopes: dict[int, Scope]) -> str:
        k = next(iter(column.entries))
        return scopes[k].own(column.entries[k].path)

    def _take(self, column: Column, scopes: dict[int, Scope]) -> None:
        """Know that the names of these entries are given."""
        for k, entry in column.entries.items():
            scopes[k].taken.add(scopes[k].own(entry.path))

    # -- values --------------------------------------------------------------------------------------------------------

    def _value(self, column: Column, key: str, value: Any, one: Entry, steps: tuple[int, ...] = ()) -> Value:
        if isinstance(value, tuple):
            return Seq([self._value(column, key, v, one, (*steps, i)) for i, v in enumerate(value)])
        if value is None:
            return "null"
        if isinstance(value, str):
            return scalar(value)
        if isinstance(value, float):
            return repr(value)
        return self._size(column, (key, steps), value, one)

    def _size(self, column: Column, where: Where, value: Given, one: Entry) -> str:
        hole = self.holes.get((column, where))
        return hole if hole is not None else self._plain(value, one)

    def _plain(self, value: Given, one: Entry | None = None) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if not isinstance(value, Extent):
            return str(value)
        rounds = [] if one is None else [r.index for node in one.leaves() for r in node.rounds]
        moving = tuple(sorted((s for s in symbols_of(value) if isinstance(s, Index)), key=lambda s: s.key))
        if any(s not in rounds for s in moving):
            raise Unfit
        if (value, moving) not in self._texts:
            names = {**self.symbols, **{s.name: size_of(s) for s in moving}}
            self._texts[value, moving] = scalar(written(value, names))
        return self._texts[value, moving]


def _sizes_in(entry: Entry) -> Iterable[Size]:
    """The sizes that the layers inside say, and the numbers of rounds."""
    for inner in (*entry.layers, *(entry.first or ())):
        for value in fields_of(inner).values():
            yield from (size for _, size in values(value) if isinstance(size, Extent))
        if inner.call is None:
            yield from _sizes_in(inner)
