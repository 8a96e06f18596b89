"""From a validated spec to a network: items first, with all that is wrong about each, then nodes in an order of computation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from symconv.domain import Condition, Domain, asking
from symconv.errors import Fault, NetworkError, ShapeError, SpecError, SymconvError, near
from symconv.extent import Size, size_of
from symconv.layer import LAYERS, Layer, layer_class
from symconv.network import Network, in_order
from symconv.readers.document import Document
from symconv.readers.expression import names_in
from symconv.readers.fields import Entry, expression, first_field, layer_of, model_of
from symconv.readers.paper import Cell, Word, read_word
from symconv.readers.schema import Items, Place, SpecModel, Variant, fault_at, faults_of
from symconv.symbols import FIELD, symbol


@dataclass
class _Item:
    """A layer of a spec before it is built, with its place in the file."""

    name: str
    layer: Layer | None
    sources: tuple[str, ...]
    path: Place
    shares: str = ""
    offset: tuple[int, int] | None = None
    conditions: list[Condition] = field(default_factory=list)
    flattens: bool = False


# -- building ------------------------------------------------------------------------------------------------------

#: Short names for layers that are not named; any other is named by its kind.
SHORT: Final = {"max_pool": "pool", "avg_pool": "pool", "linear": "fc", "batch_norm": "bn"}


class _Recorder(Domain):
    """Keeps what expressions require until their layer has a node."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Condition] = []

    def require(self, condition: Condition) -> None:
        self.found.append(condition)


class Build:
    """One network of a spec: a column of its table or its layers, with what the variant changes."""

    def __init__(
        self, document: Document, model: SpecModel, table: dict[str, list[Cell]], variant: str | None, title: str
    ) -> None:
        self.document, self.model, self.table, self.title = document, model, table, title
        self.variant = model.variants.get(variant or "", Variant.model_validate({}))
        self.column = self.variant.column or variant
        self.hidden = self.variant.hidden or self.model.hidden
        self.hidden_path: Place = ("variants", variant or "", "hidden") if self.variant.hidden else ("hidden",)
        self.head_path: Place = ("variants", variant or "", "head")
        self.faults: list[Fault] = []
        self.items: list[_Item] = []
        self.counters: dict[tuple[str, str], int] = {}
        self.names: dict[str, Size] = {}
        self.last = ""

    def network(self) -> Network:
        """The network.

        Raises SpecError with everything that is wrong.
        """
        about = self.variant.description or self.model.description or ""
        net = Network(self.title, about)
        net.usual = dict(self.model.usual)
        self._declare(net)
        self._inputs(net)
        if self.model.layers is not None:
            self._walk(self.model.layers, ("layers",), "")
        else:
            self._walk_table()
        self._resolve()
        self._add(net)
        if self.faults:
            raise SpecError(self.faults)
        return net

    def fault(self, path: Place, message: str, offset: tuple[int, int] | None = None, hint: str = "") -> None:
        self.faults.append(fault_at(self.document, path, message, offset, hint))

    def _declare(self, net: Network) -> None:
        for name, role in self.model.symbols.items():
            self.names[name] = net.symbol(name, role)
        for name, value in self.variant.set.items():
            path = ("variants", self.column or "", "set", name)
            if name not in self.names:
                hint = near(name, self.names) or f"the spec's symbols are {', '.join(self.names) or 'none'}"
                self.fault(path, f"set: {name} is no symbol of the spec", hint=hint)
                continue
            self.names[name] = self._size(value, path) if isinstance(value, str) else value

    def _size(self, text: str, path: Place) -> Size:
        try:
            size = expression(text, self.names)
            assert not isinstance(size, Fraction)
            return size
        except PydanticCustomError as error:
            context = error.context or {}
            self.fault(path, str(context["said"]), (0, int(context["column"]) - 1))
            return 1

    def _inputs(self, net: Network) -> None:
        given = self.model.inputs if self.model.inputs is not None else {"image": self.model.input or []}
        for name, shape in given.items():
            base: Place = ("inputs", name) if self.model.inputs is not None else ("input",)
            sizes: list[Size] = []
            for i, extent in enumerate(shape):
                if isinstance(extent, str):
                    self._declare_extents(net, extent)
                    sizes.append(self._size(extent, (*base, i)))
                else:
                    if extent < 1:
                        self.fault(
                            (*base, i), f"an extent of {extent}: a whole number from 1 on, or a symbol, is accepted"
                        )
                    sizes.append(max(1, extent))
            if not sizes:
                self.fault(base, f"the input {name} has no extents", hint="such as [N, 3, X, X]")
                sizes = [1]
            try:
                net.input(name, *sizes)
            except (ShapeError, NetworkError) as error:
                self.fault(base, str(error))
            self.last = name

    def _declare_extents(self, net: Network, text: str) -> None:
        """A name in an input's shape is a symbol: the field's N or T, the field's extents, or one of the network's own."""
        try:
            found = names_in(text)
        except SymconvError:
            return
        for name in found:
            role = FIELD.get(name) if FIELD.get(name) in ("batch", "sequence", "extent") else "extent"
            self.names.setdefault(name, size_of(symbol(name, role, net.name)))

    # -- items ------------------------------------------------------------------------------------------------------

    def _walk(self, layers: Items, path: Place, stage: str) -> None:
        words = [self._word(item) for item in layers]
        last_fc = max((i for i, w in enumerate(words) if w is not None and w.hidden == "FC"), default=-1)
        for i, item in enumerate(layers):
            self._item(item, (*path, i), stage, follow=i != last_fc)

    def _word(self, item: str | dict[str, Any]) -> Word | None:
        try:
            return read_word(item) if isinstance(item, str) else None
        except ShapeError:
            return None

    def _item(
        self, item: Any, path: Place, stage: str, follow: bool = True, offset: tuple[int, int] | None = None
    ) -> None:
        if isinstance(item, str):
            self._written(item, path, stage, follow, offset)
        elif isinstance(item, dict) and "stage" in item:
            unknown = [key for key in item if key not in ("stage", "layers")]
            name, inner = item["stage"], item.get("layers")
            if unknown or not isinstance(name, str) or not isinstance(inner, list):
                self.fault(path, "a stage has a name and a list of layers", hint="stage: name, layers: […]")
            else:
                self._walk(inner, (*path, "layers"), f"{stage}{name}/")
        elif isinstance(item, dict) and len(item) == 1:
            ((kind, given),) = item.items()
            self._long(str(kind), given, (*path, str(kind)), stage)
        else:
            self.fault(
                path, "a layer is a word such as conv3-64, or one kind with its fields", hint="conv: {channels: 64}"
            )

    def _written(self, text: str, path: Place, stage: str, follow: bool, offset: tuple[int, int] | None) -> None:
        try:
            word = read_word(text)
        except ShapeError as error:
            self.fault(path, str(error), offset)
            self._push(stage, "?", None, path, offset=offset)
            return
        if word.hidden == "FC":
            self._push(stage, "flatten", layer_class("flatten")(), path, offset=offset, flattens=True)
        self._long(word.kind, word.fields, path, stage, offset)
        if word.hidden and follow:
            for i, item in enumerate(getattr(self.hidden, word.hidden)):
                self._item(item, (*self.hidden_path, word.hidden, i), stage)

    def _long(self, kind: str, given: Any, path: Place, stage: str, offset: tuple[int, int] | None = None) -> None:
        try:
            cls = layer_class(kind)
        except ShapeError:
            hint = near(kind, LAYERS) or f"known are {', '.join(sorted(LAYERS))}"
            self.faults.append(fault_at(self.document, path, f"unknown layer {kind}", offset, hint, key=offset is None))
            self._push(stage, "?", None, path, offset=offset)
            return
        if given is None:
            given = {}
        if not isinstance(given, dict):
            first = first_field(cls)
            if first is None:
                self.fault(path, f"{kind} has no fields")
                given = {}
            else:
                given = {first: given}
        recorder, layer, entry = _Recorder(), None, Entry.model_construct()
        try:
            with asking(recorder, ""):
                layer, entry = layer_of(kind, given, self.names)
        except ValidationError as error:
            self.faults += faults_of(self.document, path, error, model_of(cls))
        except ShapeError as error:
            self.fault(path, str(error), offset)
        sources = getattr(entry, "from_", None)
        wanted = (sources,) if isinstance(sources, str) else tuple(sources or ())
        name = given.get("name") if isinstance(given.get("name"), str) else None
        self._push(
            stage,
            kind,
            layer,
            path,
            name,
            wanted,
            getattr(entry, "shares", None) or "",
            offset,
            conditions=recorder.found,
        )

    def _push(
        self,
        stage: str,
        kind: str,
        layer: Layer | None,
        path: Place,
        name: str | None = None,
        sources: tuple[str, ...] = (),
        shares: str = "",
        offset: tuple[int, int] | None = None,
        flattens: bool = False,
        conditions: list[Condition] | None = None,
    ) -> None:
        if name is None:
            short = SHORT.get(kind, kind)
            self.counters[stage, short] = self.counters.get((stage, short), 0) + 1
            name = f"{short}{self.counters[stage, short]}"
        full = stage + name
        other = next((i for i in self.items if i.name == full), None)
        if other is not None:
            line, column = self.document.position(other.path)
            self.fault(path, f"the name {full} is taken, in line {line}, column {column}", offset)
            return
        item = _Item(full, layer, sources or (self.last,), path, shares, offset, conditions or [], flattens)
        self.items.append(item)
        self.last = full

    def _walk_table(self) -> None:
        cells = self.table.get(self.column or "")
        if cells is None:
            hint = near(self.column or "", self.table) or f"the columns are {', '.join(self.table)}"
            self.fault(("variants", self.column or ""), f"there is no column {self.column}", hint=hint)
            return
        words = [self._word(cell.text) for cell in cells]
        fcs = [i for i, w in enumerate(words) if w is not None and w.hidden == "FC"]
        stage, number = "stage1/", 1
        for i, cell in enumerate(cells):
            if fcs and i == fcs[0]:
                stage = "head/"
                if self.variant.head is not None:
                    self._walk(self.variant.head, self.head_path, stage)
                    return
            self._item(cell.text, ("table",), stage, follow=not fcs or i != fcs[-1], offset=(cell.line, cell.column))
            word = words[i]
            if word is not None and word.kind.endswith("pool") and stage != "head/":
                number += 1
                stage = f"stage{number}/"

    # -- nodes ------------------------------------------------------------------------------------------------------

    def _resolve(self) -> None:
        """Names in `from` and `shares`: in the same stage first, then in the stages around it."""
        known = {item.name for item in self.items} | set(self.model.inputs or ["image"])
        for item in self.items:
            stage = item.name.split("/")[:-1]
            sources = []
            for source in item.sources:
                found = _around(source, stage, known)
                if found is None:
                    self.fault(
                        item.path, f"{item.name} stands behind {source}, which is no layer", hint=near(source, known)
                    )
                sources.append(found or source)
            item.sources = tuple(sources)
            if item.shares:
                found = _around(item.shares, stage, known)
                if found is None:
                    self.fault(
                        item.path, f"{item.name} shares {item.shares}, which is no layer", hint=near(item.shares, known)
                    )
                item.shares = found or item.shares

    def _add(self, net: Network) -> None:
        by_name = {item.name: item for item in self.items}
        try:
            order = in_order({item.name: (*item.sources, *([item.shares] * bool(item.shares))) for item in self.items})
        except NetworkError as error:
            first = next(item for item in self.items if item.name in str(error))
            self.fault(first.path, str(error), first.offset)
            return
        renamed: dict[str, str] = {}
        for name in order:
            item = by_name[name]
            sources = tuple(renamed.get(s, s) for s in item.sources)
            if item.layer is None or any(s not in net.graph for s in sources):
                continue
            if item.flattens and net.tensor(sources[0]).rank <= 2:
                renamed[name] = sources[0]
                continue
            try:
                net.add(name, item.layer, *sources, shares=renamed.get(item.shares, item.shares))
                for condition in item.conditions:
                    net.require(condition, name)
            except (ShapeError, NetworkError) as error:
                self.fault(item.path, f"{name}: {error}", item.offset)
        if not self.items and not self.faults:
            self.fault(("layers",), "a network has at least one layer")


def _around(name: str, stage: list[str], known: set[str]) -> str | None:
    for depth in range(len(stage), -1, -1):
        full = "/".join([*stage[:depth], name])
        if full in known:
            return full
    return None
