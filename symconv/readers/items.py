"""The layers of one level of a spec, the top or a round of a block, as items: words, layers, stages, branches, blocks.

What a name stands for, an argument of a block, a derived integer, a symbol, is looked up in the scope of its level.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from symconv.domain import asking
from symconv.errors import ShapeError, SymconvError
from symconv.layer import LAYERS, layer_class, ranges
from symconv.readers.faults import Offset, Place, faults_of
from symconv.readers.fields import first_field, layer_of, model_of
from symconv.readers.meaning import Meanings, Recorder, Slot, Value, sizes_of, word_of
from symconv.readers.names import nearest, plainly, refusal, shown
from symconv.readers.paper import is_fc, read_word
from symconv.readers.wiring import Item, around, wire

if TYPE_CHECKING:
    from symconv.readers.build import Build

#: Short names for layers that are not named; any other is named by its kind.
SHORT: Final = {"max_pool": "pool", "avg_pool": "pool", "linear": "fc", "batch_norm": "bn"}

#: The keys of the entries that are no layers; the first names the entry.
STAGE: Final = ("stage", "layers", "from", "training")
REPEAT: Final = ("repeat", "stage", "layers", "first", "round", "tied", "from", "training")
BRANCHES: Final = ("branches", "join", "name", "from", "training")
WHEN: Final = ("when", "layers", "else")

JOINS: Final = ("add", "concat", "mul")


class Scope(Meanings):
    """One level: its names, the layers that stand in it, and the one that the next stands behind."""

    def __init__(
        self, build: Build, names: Mapping[str, Value], sources: Mapping[str, str], last: str, training: bool = False
    ) -> None:
        super().__init__(build, names)
        #: What the level reads from outside, by the name that it has inside.
        self.sources = sources
        self.items: list[Item] = []
        self.taken: dict[str, Place] = {}
        #: By stage what ends it, or what it stands behind where it has no layers.
        self.stages: dict[str, str] = {}
        self.counters: dict[tuple[str, str], int] = {}
        self.last = last
        self.inside_hidden = False
        self.training = training
        #: The lists of layers, given as arguments, that are being walked.
        self.slots: list[Slot] = []

    # -- walking ----------------------------------------------------------------------------------------------------

    def walk(self, layers: list[Any] | tuple[Any, ...], path: Place, stage: str = "") -> None:
        """The items of a list of layers."""
        last_fc = max((i for i, item in enumerate(layers) if is_fc(item)), default=-1)
        for i, item in enumerate(layers):
            self.item(item, (*path, i), stage, follow=i != last_fc)

    def wire(self) -> None:
        """Add the items to the network."""
        wire(self.build.net, self.items, [], self.faults, self.sources, self.stages)

    def item(self, item: Any, path: Place, stage: str, follow: bool = False, offset: Offset | None = None) -> None:
        """One entry of a list of layers."""
        if isinstance(item, str):
            self._written(item, path, stage, follow, offset)
        elif isinstance(item, dict) and "branches" in item:
            self._branches(item, path, stage)
        elif isinstance(item, dict) and "when" in item:
            self._when(item, path, stage)
        elif isinstance(item, dict) and "require" in item:
            self._required(item, path)
        elif isinstance(item, dict) and "repeat" in item and len(item) > 1:
            self._repeated(item, path, stage)
        elif isinstance(item, dict) and "stage" in item:
            self._stage(item, path, stage)
        elif isinstance(item, dict) and len(item) == 1:
            ((kind, given),) = item.items()
            self._long(kind, given, (*path, kind), stage)
        else:
            self.faults.add(path, *_no_layer(item))

    def _keys(self, item: dict[str, Any], path: Place, known: tuple[str, ...], what: str) -> None:
        for key in item:
            if key not in known:
                self.faults.add((*path, key), f"unknown field {plainly(key)}", hint=nearest(key, known, what), key=True)

    def _inner(self, item: dict[str, Any], path: Place, what: str) -> list[Any] | None:
        """The layers of a stage, a repeat or a branch."""
        inner = item.get("layers")
        if isinstance(inner, list):
            return inner
        if "layers" in item:
            self.faults.add((*path, "layers"), f"layers: {shown(inner)}, where a list is accepted")
        elif len(item) == 1:
            self.faults.add(path, f"{what} has no layers", hint="stage: name, layers: […]")
        return None

    def _stage(self, item: dict[str, Any], path: Place, stage: str) -> None:
        self._keys(item, path, STAGE, "a stage has a name and")
        name = self._stage_name(item["stage"], (*path, "stage"))
        inner = self._inner(item, path, f"the stage {plainly(name)}")
        if inner is None:
            return
        before, training = self.last, self.training
        self.training = training or self.flag(item, "training", path)
        self._behind(item, path, stage)
        self.walk(inner, (*path, "layers"), f"{stage}{name}/")
        self.stages[f"{stage}{name}"] = self.last
        if self.training and not training:
            self.last = before  # what works in training only has nothing behind it
        self.training = training

    def _behind(self, item: dict[str, Any], path: Place, stage: str) -> None:
        """Begin behind the layer that an entry names, where it names one."""
        source = item.get("from")
        if source is None:
            return
        found = self._known(source, stage) if isinstance(source, str) else None
        if found is None:
            said = f"there is no layer {plainly(source)}" if isinstance(source, str) else f"{shown(source)}"
            hint = "a list of layers begins behind one that stands before it"
            self.faults.add((*path, "from"), f"from: {said}", hint=hint)
        else:
            self.last = found

    def _known(self, name: str, stage: str) -> str | None:
        """A layer that stands before, as it is said from a stage."""
        found = around(name, stage.split("/")[:-1], {**self.sources, **self.stages, **self.taken}, "")
        if found in self.stages and found not in self.taken and found not in self.sources:
            return self.stages[found]
        return found or (name if self.build.net.knows(name) else None)

    def _stage_name(self, name: Any, path: Place) -> str:
        if isinstance(name, str) and not refusal(name):
            return name
        why = refusal(name) if isinstance(name, str) else f"stage: {shown(name)}, where a name is accepted"
        self.faults.add(path, why)
        return "?"

    def _branches(self, item: dict[str, Any], path: Place, stage: str) -> None:
        """Lists of layers that all begin behind one layer, and a layer that joins them."""
        self._keys(item, path, BRANCHES, "branches have")
        branches, name = item["branches"], item.get("name")
        if (
            not isinstance(branches, dict)
            or len(branches) < 2
            or not all(isinstance(b, list) for b in branches.values())
        ):
            accepted = "a map of two or more names to lists of layers"
            self.faults.add((*path, "branches"), f"branches: {shown(branches)}, where {accepted} is accepted")
            return
        if name is not None:
            stage += self._stage_name(name, (*path, "name")) + "/"
        self._behind(item, path, stage)
        start, ends = self.last, []
        for branch, layers in branches.items():
            self.last = start
            self.walk(layers, (*path, "branches", branch), f"{stage}{self._stage_name(branch, (*path, 'branches'))}/")
            ends.append(self.last)
        join = item.get("join", "concat")
        kind: str = join if isinstance(join, str) else ""
        fields: Any = {}
        if isinstance(join, dict) and len(join) == 1:
            ((kind, fields),) = join.items()
        if kind not in LAYERS or LAYERS[kind].arity[1] not in (None, len(ends)):
            said = f"join: {shown(join)}, where a layer of several inputs is accepted"
            self.faults.add((*path, "join"), said, hint=f"such as {', '.join(JOINS)}")
            return
        before = len(self.items)
        self._long(kind, fields, (*path, "join", kind) if isinstance(join, dict) else path, stage)
        if len(self.items) > before and not self.items[-1].sources:
            self.items[-1].behind = tuple(ends)

    def _when(self, item: dict[str, Any], path: Place, stage: str) -> None:
        """Layers that are there only where a condition on the names holds."""
        self._keys(item, path, WHEN, "layers on a condition have")
        condition, inner, otherwise = item["when"], item.get("layers"), item.get("else", [])
        if not isinstance(inner, list) or not isinstance(otherwise, list):
            self.faults.add(
                path, "layers on a condition: a list is accepted", hint="when: NAME, layers: […], else: […]"
            )
            return
        holds = self.holds(condition, (*path, "when"))
        if holds is not None:
            self.walk(inner if holds else otherwise, (*path, "layers" if holds else "else"), stage)

    def _required(self, item: dict[str, Any], path: Place) -> None:
        """What must hold of sizes besides what layers ask for."""
        self._keys(item, path, ("require",), "a requirement has")
        given = item["require"]
        several = isinstance(given, list)
        for i, text in enumerate(given if several else [given]):
            self.require(text, (*path, "require", i) if several else (*path, "require"))

    # -- layers -----------------------------------------------------------------------------------------------------

    def _written(self, text: str, path: Place, stage: str, follow: bool, offset: Offset | None) -> None:
        if isinstance(slot := self.names.get(text), Slot):
            self._slot(slot, {}, path, stage)
            return
        if text in self.build.model.blocks:
            self._long(text, {}, path, stage, offset)
            return
        try:
            word = read_word(text)
        except ShapeError as error:
            self.faults.add(path, str(error), offset)
            self._push(Item("", None, (), path, offset), stage, "?")
            return
        if word.hidden == "FC":
            self._push(Item("", layer_class("flatten")(), (), path, offset, flattens=True), stage, "flatten")
        self._long(word.kind, word.fields, path, stage, offset)
        self.build.words.add(word.hidden)
        if word.hidden and follow and not self.inside_hidden:
            self.inside_hidden = True
            for i, item in enumerate(getattr(self.build.hidden, word.hidden)):
                self.item(item, (*self.build.hidden_path, word.hidden, i), stage)
            self.inside_hidden = False

    def _slot(self, slot: Slot, given: Any, path: Place, stage: str) -> None:
        """Layers that were given as an argument, in the scope in which they were written."""
        own = self.names, self.sizes
        if isinstance(slot.layers, str):
            kind = slot.layers
            if kind in self.build.model.blocks:
                self._call(kind, given, path, stage)
                return
            if given:
                self._long(kind, given, path, stage)
                return
            self.names, self.sizes = {}, {}  # a kind is that kind, whatever arguments are called
            self.item(kind, slot.path, stage)
        elif any(slot is outer for outer in self.slots):
            self.faults.add(path, "these layers stand inside of themselves")
        else:
            if given:
                self.faults.add(path, f"{shown(given)}: these layers are a list, and take no fields")
            self.names, self.sizes = slot.names, sizes_of(slot.names)
            self.slots.append(slot)
            self.walk(slot.layers, slot.path, stage)
            self.slots.pop()
        self.names, self.sizes = own

    def _long(self, kind: str, given: Any, path: Place, stage: str, offset: Offset | None = None) -> None:
        if isinstance(slot := self.names.get(kind), Slot) and kind not in LAYERS:
            self._slot(slot, given, path, stage)
            return
        if kind in self.build.model.blocks:
            self._call(kind, given, path, stage)
            return
        if kind not in LAYERS:
            word = word_of(kind)
            meant = f"{word.kind}: {{{', '.join(f'{k}: {v}' for k, v in word.fields.items())}, …}}" if word else ""
            known = sorted([*LAYERS, *self.build.model.blocks])
            hint = f"with fields of its own, {meant}" if meant else nearest(kind, known, "known are")
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
        recorder, layer, entry = Recorder(), None, None
        try:
            with asking(recorder, ""):
                layer, entry = layer_of(kind, self._flags(cls, given), self.sizes)
        except ValidationError as error:
            self.faults.take(faults_of(self.faults.document, path, error, model_of(cls), offset))
        except SymconvError as error:
            self.faults.add(path, str(error), offset)
        sources, shares = given.get("from"), given.get("shares")
        alone = sources == [] and not cls.arity[0]
        if sources == [] and not alone:
            self.faults.add((*path, "from"), "from: an empty list, where at least one layer is accepted")
        item = Item("", layer, _names(sources), path, offset, shares if isinstance(shares, str) else "", recorder.found)
        item.training, item.alone = given.get("training") is True, alone
        if entry is not None:
            item.stated, item.times = entry.parameters, entry.times
        self._push(item, stage, kind, given.get("name"))

    def _flags(self, cls: type[Any], given: dict[str, Any]) -> dict[str, Any]:
        """The fields with the flags, words and fractions that arguments stand for."""
        out = dict(given)
        for key, value in given.items():
            known = self.names.get(value) if isinstance(value, str) and key not in ("name", "from", "shares") else None
            if isinstance(known, bool):
                out[key] = known
            elif isinstance(known, Slot) and isinstance(known.layers, str) and key not in ranges(cls):
                out[key] = known.layers
        return out

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
        item.name, item.behind, item.training = full, (self.last,), item.training or self.training
        self.items.append(item)
        self.taken[full] = item.path
        self.last = full
        self.build.made(item)

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

    # -- blocks -----------------------------------------------------------------------------------------------------

    def _repeated(self, item: dict[str, Any], path: Place, stage: str) -> None:
        """A list of layers, taken several times."""
        from symconv.readers.blocks import Call

        self._keys(item, path, REPEAT, "a repeat has")
        inner = self._inner(item, path, "a repeat")
        name = self._stage_name(item["stage"], (*path, "stage")) if "stage" in item else None
        if inner is None:
            return
        call = Call(self, path, item, tuple(inner), (*path, "layers"))
        self._push_call(call, item, path, stage, name)

    def _call(self, kind: str, given: Any, path: Place, stage: str) -> None:
        from symconv.readers.blocks import BlockCall

        block = self.build.model.blocks[kind]
        if not isinstance(given, dict):
            first = next(iter(block.with_), None)
            if given is not None and first is None:
                self.faults.add(path, f"{kind} has no arguments, and this is {shown(given)}")
            given = {} if given is None or first is None else {first: given}
        call = BlockCall(self, path, given, kind)
        self._push_call(call, given, path, stage, given.get("name"), kind)

    def _push_call(
        self, call: Any, given: dict[str, Any], path: Place, stage: str, name: Any, kind: str = "repeat"
    ) -> None:
        item = Item("", None, _names(given.get("from")), path)
        item.training = self.flag(given, "training", path)
        sound = call.check()
        before = self.last
        self._push(item, stage, kind, name)
        item.nest = (lambda found: call.build(item.name, found, item.training)) if sound else None
        if item.training and not self.training:
            self.last = before


def _names(given: Any) -> tuple[str, ...]:
    """The layers that an entry stands behind, said as one name or as a list of them."""
    return tuple(s for s in (given if isinstance(given, list) else [given]) if isinstance(s, str))


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
