"""From a validated spec to a network: its symbols and arguments, its inputs, its layers, and all that is wrong."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from typing import Final

from symconv.errors import ExpressionError, SymconvError
from symconv.extent import Extent, Size, size_of
from symconv.network import Network
from symconv.readers.claim import read_claim
from symconv.readers.expression import names_in
from symconv.readers.faults import Faults, Place
from symconv.readers.items import Scope
from symconv.readers.meaning import Slot, Value, sizes_of
from symconv.readers.names import miss, nearest, plainly, refusal, shown
from symconv.readers.paper import Cell, is_fc, read_word
from symconv.readers.schema import SpecModel, Variant
from symconv.readers.wiring import Item, wire
from symconv.symbols import Symbol, dimension, symbol

#: The layers that are read at most: hidden layers and blocks multiply what a small file says.
MAX_LAYERS: Final = 20_000

#: The extents of an input at most.
MAX_RANK: Final = 16


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
        self.symbols: dict[str, Symbol] = {}
        #: What the spec's names stand for: symbols, what a variant puts in place of them, arguments, derived integers.
        self.names: dict[str, Value] = {}
        self.words: set[str] = set()
        self.read = 0

    def network(self) -> Network:
        """The network.

        Raises SpecError with everything that is wrong.
        """
        self._declare()
        self._set()
        self._derive()
        self._inputs()
        top = Scope(self, self.names, {}, next(reversed(self.inputs), ""))
        top.taken.update({name: self._input_path(name) for name in self.inputs})
        if self.model.layers is not None:
            top.walk(self.model.layers, ("layers",))
            self._unseen()
        else:
            self._walk_table(top)
        if not top.items and not self.faults.found:
            self.faults.add(("layers",) if self.model.layers is not None else ("table",), "there are no layers")
        wire(self.net, top.items, self.inputs.keys(), self.faults, stages=top.stages)
        self._output(top)
        self._usual()
        self._claims()
        self.faults.check()
        return self.net

    def made(self, item: Item) -> None:
        """Count what has been read.

        Raises SpecError where it is too much.
        """
        self.read += 1
        if self.read > MAX_LAYERS:
            self.faults.add(item.path, f"more than {MAX_LAYERS:,} layers, the most that are accepted", item.offset)
            self.faults.check()

    # -- symbols and inputs -----------------------------------------------------------------------------------------

    def _declare(self) -> None:
        """The spec's symbols, and the names in its inputs' shapes."""
        for name, role in self.model.symbols.items():
            self.symbols[name] = symbol(name, role, self.net.name)
        for shape in self.inputs.values():
            for extent in shape:
                for name in (n for n in _named(extent) if n not in self.model.with_ and n not in self.model.let):
                    self.symbols.setdefault(name, dimension(name, self.net.name))
        self.names.update({name: size_of(own) for name, own in self.symbols.items()})

    def _set(self) -> None:
        """The spec's arguments, and what the variant puts in place of them and of symbols, one after the other."""
        scope = Scope(self, self.names, {}, "")
        for name in (n for n in self.model.with_ if n in self.symbols):
            self.faults.add(("with", name), f"{plainly(name)} is a symbol already", key=True)
        waiting = {name: default for name, default in self.model.with_.items() if name not in self.variant.set}
        for name, given in self.variant.set.items():
            self._defaults(scope, waiting, _named(given))
            path = (*self.variant_path, "set", name)
            if name in self.model.with_:
                self._name(scope, name, given, path)
                continue
            if name not in self.symbols:
                known = [*self.symbols, *self.model.with_]
                hint = nearest(name, known, "the spec's symbols are")
                self.faults.add(path, f"{plainly(name)} is no symbol of the spec", hint=hint, key=True)
                continue
            own = self.symbols[name]
            value = scope.value(given, path, "") if isinstance(given, str) else given
            if value is None:
                self._put(scope, name, 1)  # what is wrong has been said
                continue
            if _allowed(value, own):
                self._put(scope, name, value)
            else:
                self.faults.add(path, f"{name} = {shown(given)}, where a {own.kind} is accepted")
        self._defaults(scope, waiting, list(waiting))

    def _defaults(self, scope: Scope, waiting: dict[str, object], wanted: list[str]) -> None:
        """The defaults of arguments that are wanted now; one in terms of a symbol waits for what the variant sets."""
        for name in wanted:
            if name in waiting:
                default = waiting.pop(name)
                self._defaults(scope, waiting, _named(default))
                self._name(scope, name, default, ("with", name))

    def _derive(self) -> None:
        """The integers that the spec derives from its symbols."""
        scope = Scope(self, self.names, {}, "")
        for name, given in self.model.let.items():
            if name in self.names:
                self.faults.add(("let", name), f"{plainly(name)} is a symbol or an argument already", key=True)
            self._name(scope, name, given, ("let", name))

    def _name(self, scope: Scope, name: str, given: object, path: Place) -> None:
        value = scope.value(given, path, "")
        if value is not None:
            self._put(scope, name, value)

    def _put(self, scope: Scope, name: str, value: Value) -> None:
        whole = isinstance(value, Fraction) and value.denominator == 1
        self.names[name] = int(value) if whole else value  # type: ignore[arg-type]
        scope.rename(self.names)

    def _inputs(self) -> None:
        for name, shape in self.inputs.items():
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
        scope = Scope(self, sizes_of(self.names), {}, "")
        size = scope.value(extent, path, node, whole=True) if isinstance(extent, str) else extent
        if size is None:
            return 1
        if isinstance(size, Fraction | bool | Slot) or (size < 1 if isinstance(size, int) else not size.integral):
            accepted = "a whole number from 1 on or an expression in symbols"
            self.faults.add(path, f"an extent of {shown(extent)}, where {accepted} is accepted")
            return 1
        return size

    def _input_path(self, name: str) -> Place:
        return ("inputs", name) if self.model.inputs is not None else ("input",)

    def _output(self, top: Scope) -> None:
        """Let the network end with the layer that the spec names, in place of the last one."""
        name = self.model.output
        if name is None or self.faults.found:
            return
        found = top.stages.get(name, name) if name not in self.net else name
        if self.net.knows(found):
            self.net.end_with(found)
        else:
            self.faults.add(("output",), f"output: there is no layer {plainly(name)}", hint=miss(name, top.taken))

    def _usual(self) -> None:
        """The usual values, the variant's before the spec's, of the symbols that the variant leaves free."""
        places: dict[str, Place] = {name: ("usual", name) for name in self.model.usual}
        places.update({name: (*self.variant_path, "usual", name) for name in self.variant.usual})
        for name, path in places.items():
            if name not in self.names:
                hint = nearest(name, self.names, "the spec's symbols are")
                self.faults.add(path, f"{plainly(name)} is no symbol of the spec", hint=hint, key=True)
        usual = {**self.model.usual, **self.variant.usual}
        self.net.usual = {name: value for name, value in usual.items() if name in self.net.symbols}
        for name in self.net.usual:
            try:
                self.net.at({name: self.net.usual[name]})
            except SymconvError as error:
                self.faults.add(places[name], str(error))

    def _claims(self) -> None:
        """The spec's claims, those apart that speak of a symbol which the variant has given a value."""
        asked = []
        for i, text in enumerate(self.model.claims):
            try:
                read_claim(text, {n: v for n, v in self.names.items() if isinstance(v, Size | Fraction)})
            except SymconvError as error:
                self.faults.add(("claims", i), str(error))
                continue
            with suppress(ExpressionError):
                read_claim(text, self.net.symbols)
                asked.append(text)
        self.net.claims = tuple(asked)

    # -- layers -----------------------------------------------------------------------------------------------------

    def _unseen(self) -> None:
        """Hidden layers that would be lost in silence."""
        for word, example in (("conv", "conv3-64"), ("FC", "FC-4096")):
            if getattr(self.hidden, word) and word not in self.words:
                said = f"hidden layers stand behind words such as {example}, and there are none"
                self.faults.add((*self.hidden_path, word), said, key=True)

    def _walk_table(self, top: Scope) -> None:
        cells = self.table[self.column]
        fcs = [i for i, cell in enumerate(cells) if is_fc(cell.text)]
        if self.variant.head is not None and not fcs:
            self.faults.add((*self.variant_path, "head"), "a head takes the place of FC rows, and the column has none")
        stage, number = "stage1/", 1
        for i, cell in enumerate(cells):
            if fcs and i == fcs[0]:
                stage = "head/"
                if self.variant.head is not None:
                    top.walk(self.variant.head, (*self.variant_path, "head"), stage)
                    return
            top.item(cell.text, ("table",), stage, follow=not fcs or i != fcs[-1], offset=(cell.line, cell.column))
            word = read_word(cell.text)
            if word.kind.endswith("pool") and stage != "head/":
                number += 1
                stage = f"stage{number}/"


def _named(given: object) -> list[str]:
    """The names that an expression uses; none where it is no expression, which is said where it is read."""
    try:
        return names_in(given) if isinstance(given, str) else []
    except SymconvError:
        return []


def _allowed(value: object, own: Symbol) -> bool:
    """Whether a value can stand in place of a symbol."""
    if isinstance(value, Extent):
        return value.integral or not own.integral
    if isinstance(value, bool) or not isinstance(value, int | Fraction):
        return False
    return value > 0 if not own.integral else value.denominator == 1 and value >= own.least
