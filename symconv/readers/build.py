"""From a validated spec to a network: its symbols, its inputs, its layers as items, and all that is wrong with each."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from symconv.domain import Condition, Domain, asking
from symconv.errors import ShapeError, SymconvError
from symconv.extent import Extent, Size, size_of
from symconv.layer import LAYERS, Range, layer_class
from symconv.network import Network
from symconv.readers.expression import names_in
from symconv.readers.faults import Faults, Offset, Place, faults_of
from symconv.readers.fields import expression, first_field, layer_of, model_of
from symconv.readers.names import nearest, plainly, refusal, shown
from symconv.readers.paper import Cell, Word, is_fc, read_word
from symconv.readers.schema import Items, SpecModel, Variant
from symconv.readers.wiring import Item, wire
from symconv.symbols import Symbol, dimension, symbol

#: Short names for layers that are not named; any other is named by its kind.
SHORT: Final = {"max_pool": "pool", "avg_pool": "pool", "linear": "fc", "batch_norm": "bn"}

#: The layers of a network at most: hidden layers multiply what a small file says.
MAX_LAYERS: Final = 20_000

#: The extents of an input at most.
MAX_RANK: Final = 16


class _Recorder(Domain):
    """Keeps what expressions require until their layer has a node."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Condition] = []

    def require(self, condition: Condition) -> None:
        """Keep the condition; raises ShapeError where it can never hold."""
        Domain().require(condition)
        self.found.append(condition)


class Build:
    """One network of a spec: a column of its table or its layers, with what the variant changes."""

    def __init__(
        self, model: SpecModel, table: dict[str, list[Cell]], variant: str | None, title: str, faults: Faults
    ) -> None:
        self.model, self.table, self.faults = model, table, faults
        self.variant_path: Place = () if variant is None else ("variants", variant)
        self.variant = model.variants.get(variant or "", Variant.model_validate({}))
        self.column = self.variant.column or variant or ""
        self.hidden = self.variant.hidden or model.hidden
        self.hidden_path: Place = (*self.variant_path, "hidden") if self.variant.hidden else ("hidden",)
        self.net = Network(title, self.variant.description or model.description or "")
        self.inputs = model.inputs if model.inputs is not None else {"image": model.input or []}
        self.items: list[Item] = []
        self.taken: dict[str, Place] = {name: self._input_path(name) for name in self.inputs}
        self.counters: dict[tuple[str, str], int] = {}
        self.symbols: dict[str, Symbol] = {}
        self.names: dict[str, Size | Fraction] = {}
        self.last = ""
        self.inside_hidden = False
        self.words: set[str] = set()

    def network(self) -> Network:
        """The network.

        Raises SpecError with everything that is wrong.
        """
        self._declare()
        self._set()
        self._inputs()
        if self.model.layers is not None:
            self._walk(self.model.layers, ("layers",), "")
            self._unseen()
        else:
            self._walk_table()
        if not self.items and not self.faults.found:
            self.faults.add(("layers",) if self.model.layers is not None else ("table",), "there are no layers")
        wire(self.net, self.items, self.inputs.keys(), self.faults)
        self._usual()
        self.faults.check()
        return self.net

    # -- symbols and inputs -----------------------------------------------------------------------------------------

    def _declare(self) -> None:
        """The spec's symbols, and the names in its inputs' shapes."""
        for name, role in self.model.symbols.items():
            self.symbols[name] = symbol(name, role, self.net.name)
        for shape in self.inputs.values():
            for extent in shape:
                try:
                    found = names_in(extent) if isinstance(extent, str) else []
                except SymconvError:
                    continue  # said where the shape is read
                for name in found:
                    self.symbols.setdefault(name, dimension(name, self.net.name))
        self.names.update({name: size_of(own) for name, own in self.symbols.items()})

    def _set(self) -> None:
        """What the variant puts in place of symbols, one after the other."""
        for name, given in self.variant.set.items():
            path = (*self.variant_path, "set", name)
            if name not in self.names:
                hint = nearest(name, self.names, "the spec's symbols are")
                self.faults.add(path, f"{plainly(name)} is no symbol of the spec", hint=hint, key=True)
                continue
            own = self.symbols[name]
            limits = Range(own.least, rational=not own.integral)
            value = self._size(given, path, limits=limits) if isinstance(given, str) else given
            if _allowed(value, own):
                self.names[name] = int(value) if isinstance(value, Fraction) and value.denominator == 1 else value
            else:
                self.faults.add(path, f"{name} = {shown(given)}, where a {own.kind} is accepted")

    def _size(self, text: str, path: Place, node: str = "", limits: Range | None = None) -> Size | Fraction:
        """An expression; what it requires goes to the domain in the name of a node."""
        recorder = _Recorder()
        try:
            with asking(recorder, node):
                size = expression(text, self.names, limits)
            for condition in recorder.found:
                self.net.require(condition, node)
        except PydanticCustomError as error:
            context = error.context or {}
            self.faults.add(path, str(context["said"]), (0, int(context["column"]) - 1))
            return 1
        except ShapeError as error:
            self.faults.add(path, str(error))
            return 1
        return size

    def _inputs(self) -> None:
        for name, shape in self.inputs.items():
            self.last = name
            base, before = self._input_path(name), len(self.faults.found)
            sizes = [self._extent(extent, (*base, i), name) for i, extent in enumerate(shape[: MAX_RANK + 1])]
            if len(shape) > MAX_RANK:
                self.faults.add(base, f"{name} has {len(shape):,} extents, where at most {MAX_RANK} are accepted")
            if not sizes:
                self.faults.add(base, f"the input {name} has no extents", hint="such as [N, 3, X, X]")
            if len(self.faults.found) > before or refusal(name):
                continue  # what stands behind it is looked at, but not built
            try:
                self.net.input(name, *sizes)
            except SymconvError as error:
                self.faults.add(base, str(error))

    def _extent(self, extent: int | str, path: Place, node: str) -> Size:
        size = self._size(extent, path, node) if isinstance(extent, str) else extent
        if isinstance(size, Fraction) or (size < 1 if isinstance(size, int) else not size.integral):
            accepted = "a whole number from 1 on or an expression in symbols"
            self.faults.add(path, f"an extent of {shown(extent)}, where {accepted} is accepted")
            return 1
        return size

    def _input_path(self, name: str) -> Place:
        return ("inputs", name) if self.model.inputs is not None else ("input",)

    def _usual(self) -> None:
        """The usual values, of the symbols that the variant leaves free."""
        for name in self.model.usual:
            if name not in self.names:
                hint = nearest(name, self.names, "the spec's symbols are")
                self.faults.add(("usual", name), f"{plainly(name)} is no symbol of the spec", hint=hint, key=True)
        self.net.usual = {name: value for name, value in self.model.usual.items() if name in self.net.symbols}
        for name in self.net.usual:
            try:
                self.net.at({name: self.net.usual[name]})
            except SymconvError as error:
                self.faults.add(("usual", name), str(error))

    # -- items ------------------------------------------------------------------------------------------------------

    def _walk(self, layers: Items, path: Place, stage: str) -> None:
        last_fc = max((i for i, item in enumerate(layers) if is_fc(item)), default=-1)
        for i, item in enumerate(layers):
            self._item(item, (*path, i), stage, follow=i != last_fc)

    def _unseen(self) -> None:
        """Hidden layers that would be lost in silence."""
        for word, example in (("conv", "conv3-64"), ("FC", "FC-4096")):
            if getattr(self.hidden, word) and word not in self.words:
                said = f"hidden layers stand behind words such as {example}, and there are none"
                self.faults.add((*self.hidden_path, word), said, key=True)

    def _walk_table(self) -> None:
        cells = self.table[self.column]
        fcs = [i for i, cell in enumerate(cells) if is_fc(cell.text)]
        if self.variant.head is not None and not fcs:
            self.faults.add((*self.variant_path, "head"), "a head takes the place of FC rows, and the column has none")
        stage, number = "stage1/", 1
        for i, cell in enumerate(cells):
            if fcs and i == fcs[0]:
                stage = "head/"
                if self.variant.head is not None:
                    self._walk(self.variant.head, (*self.variant_path, "head"), stage)
                    return
            self._item(cell.text, ("table",), stage, follow=not fcs or i != fcs[-1], offset=(cell.line, cell.column))
            word = _word(cell.text)
            if word is not None and word.kind.endswith("pool") and stage != "head/":
                number += 1
                stage = f"stage{number}/"

    def _item(self, item: Any, path: Place, stage: str, follow: bool = False, offset: Offset | None = None) -> None:
        if isinstance(item, str):
            self._written(item, path, stage, follow, offset)
        elif isinstance(item, dict) and "stage" in item:
            self._stage(item, path, stage)
        elif isinstance(item, dict) and len(item) == 1:
            ((kind, given),) = item.items()
            self._long(kind, given, (*path, kind), stage)
        else:
            self.faults.add(path, *_no_layer(item))

    def _stage(self, item: dict[str, Any], path: Place, stage: str) -> None:
        name, inner = item["stage"], item.get("layers")
        for key in item:
            if key not in ("stage", "layers"):
                hint = nearest(key, ("layers",), "a stage has a name and")
                self.faults.add((*path, key), f"unknown field {plainly(key)}", hint=hint, key=True)
        if not isinstance(name, str) or refusal(name):
            why = refusal(name) if isinstance(name, str) else f"stage: {shown(name)}, where a name is accepted"
            self.faults.add((*path, "stage"), why)
            name = "?"
        if isinstance(inner, list):
            self._walk(inner, (*path, "layers"), f"{stage}{name}/")
        elif "layers" in item:
            self.faults.add((*path, "layers"), f"layers: {shown(inner)}, where a list is accepted")
        elif len(item) == 1:
            self.faults.add(path, f"the stage {plainly(name)} has no layers", hint="stage: name, layers: […]")

    def _written(self, text: str, path: Place, stage: str, follow: bool, offset: Offset | None) -> None:
        try:
            word = read_word(text)
        except ShapeError as error:
            self.faults.add(path, str(error), offset)
            self._push(Item("", None, (), path, offset), stage, "?")
            return
        if word.hidden == "FC":
            self._push(Item("", layer_class("flatten")(), (), path, offset, flattens=True), stage, "flatten")
        self._long(word.kind, word.fields, path, stage, offset)
        self.words.add(word.hidden)
        if word.hidden and follow and not self.inside_hidden:
            self.inside_hidden = True
            for i, item in enumerate(getattr(self.hidden, word.hidden)):
                self._item(item, (*self.hidden_path, word.hidden, i), stage)
            self.inside_hidden = False

    def _long(self, kind: str, given: Any, path: Place, stage: str, offset: Offset | None = None) -> None:
        if kind not in LAYERS:
            word = _word(kind)
            meant = f"{word.kind}: {{{', '.join(f'{k}: {v}' for k, v in word.fields.items())}, …}}" if word else ""
            hint = f"with fields of its own, {meant}" if meant else nearest(kind, sorted(LAYERS), "known are")
            self.faults.add(path, f"unknown layer {plainly(kind)}", offset, hint, key=offset is None)
            self._push(Item("", None, (), path, offset), stage, "?")
            return
        cls = layer_class(kind)
        if given is None:
            given = {}
        if not isinstance(given, dict):
            first = first_field(cls)
            if first is None:
                self.faults.add(path, f"{kind} has no fields, and this is {shown(given)}", offset)
            given = {first: given} if first is not None else {}
        recorder, layer = _Recorder(), None
        try:
            with asking(recorder, ""):
                layer, _ = layer_of(kind, given, self.names)
        except ValidationError as error:
            self.faults.take(faults_of(self.faults.document, path, error, model_of(cls), offset))
        except SymconvError as error:
            self.faults.add(path, str(error), offset)
        sources, shares = given.get("from"), given.get("shares")
        if sources == []:
            self.faults.add((*path, "from"), "from: an empty list, where at least one layer is accepted")
        wanted = [s for s in (sources if isinstance(sources, list) else [sources]) if isinstance(s, str)]
        item = Item("", layer, tuple(wanted), path, offset, shares if isinstance(shares, str) else "", recorder.found)
        self._push(item, stage, kind, given.get("name"))

    def _push(self, item: Item, stage: str, kind: str, name: Any = None) -> None:
        """Give an item its name and its place behind the last one."""
        if isinstance(name, str):
            full = stage + name
            if refusal(full):
                self.faults.add((*item.path, "name"), refusal(name) or refusal(full))
                full = self._numbered(stage, kind)
            elif full in self.taken:
                self._taken(full, item)
                return
        else:
            full = self._numbered(stage, kind)
        item.name, item.behind = full, self.last
        self.items.append(item)
        self.taken[full] = item.path
        self.last = full
        if len(self.items) > MAX_LAYERS:
            self.faults.add(item.path, f"more than {MAX_LAYERS:,} layers, the most that are accepted", item.offset)
            self.faults.check()

    def _numbered(self, stage: str, kind: str) -> str:
        short = SHORT.get(kind, kind)
        while True:
            self.counters[stage, short] = number = self.counters.get((stage, short), 0) + 1
            if (full := f"{stage}{short}{number}") not in self.taken:
                return full

    def _taken(self, full: str, item: Item) -> None:
        other = self.taken[full]
        line, column = self.faults.document.position(other)
        if other == item.path:
            message, hint = f"the name {full} comes twice", "a hidden layer stands in several places: leave it out"
        else:
            message, hint = f"the name {full} is taken, in line {line}, column {column}", "give it another name"
        self.faults.add((*item.path, "name"), message, hint=hint)


def _allowed(value: Size | Fraction, own: Symbol) -> bool:
    """Whether a size can stand in place of a symbol."""
    if isinstance(value, Extent):
        return value.integral or not own.integral
    return value > 0 if not own.integral else value.denominator == 1 and value >= own.least


def _word(item: Any) -> Word | None:
    try:
        return read_word(item) if isinstance(item, str) else None
    except ShapeError:
        return None


def _no_layer(item: Any) -> tuple[str, None, str]:
    """What an entry is that is no layer, and what would be one."""
    example = "such as conv3-64, or conv: {channels: 64}"
    if not isinstance(item, dict) or not item:
        return f"{shown(item)}, where a layer is accepted", None, example
    kinds = [key for key in item if key in LAYERS]
    others = [key for key in item if key not in kinds]
    if len(kinds) == 1:
        return f"{plainly(others[0])} stands beside {kinds[0]}, not inside", None, f"indent it further than {kinds[0]}"
    if kinds:
        return f"{' and '.join(kinds[:2])} in one entry", None, "begin each layer with '- '"
    if "layers" in item:
        return "layers without the name of their stage", None, "stage: name, layers: […]"
    return "a map of several keys, where one kind with its fields is accepted", None, example
