"""What the names of a spec stand for, sizes, flags and layers, and what a text that uses them means."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from symconv.condition import Condition, at_least, differs, divides, equal
from symconv.domain import Domain, asking
from symconv.errors import ExpressionError, ShapeError, SymconvError
from symconv.extent import Extent, Size
from symconv.layer import LAYERS
from symconv.readers.expression import is_name, parse, parse_rational
from symconv.readers.faults import Place
from symconv.readers.names import nearest, shown
from symconv.readers.paper import Word, read_word

if TYPE_CHECKING:
    from symconv.readers.build import Build


@dataclass(frozen=True)
class Slot:
    """Layers as an argument: a kind by its name, or a list of layers, with the scope in which they were written."""

    layers: str | tuple[Any, ...]
    path: Place
    names: Mapping[str, Any]


#: What a spec may require of two sizes.
RELATIONS: Final = {">=": at_least, "==": equal, "!=": differs, "divides": divides}
_RELATION: Final = re.compile(r"(>=|==|!=|\bdivides\b)")

#: What a name in a spec may stand for.
Value = Size | Fraction | bool | Slot


def sizes_of(names: Mapping[str, Value]) -> dict[str, Size | Fraction]:
    """The names that stand for sizes, for expressions."""
    return {n: v for n, v in names.items() if not isinstance(v, bool | Slot)}


class Recorder(Domain):
    """Keeps what expressions require until their layer has a node."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Condition] = []

    def require(self, condition: Condition) -> None:
        """Keep the condition; raises ShapeError where it can never hold."""
        Domain().require(condition)
        self.found.append(condition)


class Meanings:
    """The names of one level of a spec, and what is said in terms of them."""

    def __init__(self, build: Build, names: Mapping[str, Value]) -> None:
        self.build, self.faults = build, build.faults
        self.names: Mapping[str, Value] = names
        self.sizes = sizes_of(names)

    def rename(self, names: Mapping[str, Value]) -> None:
        """Give the level its names."""
        self.names, self.sizes = names, sizes_of(names)

    def value(self, given: Any, path: Place, node: str, whole: bool = False, begin: int = 0) -> Value | None:
        """What a text or a number in a spec stands for: a size, a fraction, a flag or layers; None where it is wrong.

        With `whole` a fraction is wrong. What an expression requires goes to the domain in the name of a node. A text
        is said to be wrong where it stands in the one at `path`, from character `begin` on.
        """
        if isinstance(given, bool | int | Fraction):
            return given
        if isinstance(given, list):
            return Slot(tuple(given), path, self.names)
        if not isinstance(given, str):
            accepted = "a number, an expression, true, false, or layers"
            self.faults.add(path, f"{shown(given)}, where {accepted} is accepted")
            return None
        known = self.names.get(given)
        if isinstance(known, bool | Slot):
            return known
        if given not in self.sizes and (given in LAYERS or given in self.build.model.blocks or word_of(given)):
            return Slot(given, path, self.names)
        recorder = Recorder()
        try:
            with asking(recorder, node):
                size = (parse if whole else parse_rational)(given, self.sizes)
            for condition in recorder.found:
                self.build.net.require(condition, node)
        except ExpressionError as error:
            self.faults.add(path, str(error), (0, begin + error.column - 1))
            return None
        except SymconvError as error:
            self.faults.add(path, str(error))
            return None
        return size

    def require(self, text: Any, path: Place) -> None:
        """Ask for a condition: A >= B, A == B, A != B, A divides B."""
        sides = _RELATION.split(text) if isinstance(text, str) else []
        if len(sides) != 3:
            accepted = " or ".join(f"A {sign} B" for sign in RELATIONS)
            self.faults.add(path, f"require: {shown(text)}, where {accepted} is accepted")
            return
        left, right = self._sides(sides, path, whole=True)
        flags = isinstance(left, bool) or isinstance(right, bool)
        if flags or not isinstance(left, Extent | int) or not isinstance(right, Extent | int):
            if left is not None and right is not None:
                self.faults.add(path, f"require: {shown(text)}, where sizes are compared")
            return
        net = self.build.net
        try:
            net.require(replace(RELATIONS[sides[1]](left, right), reason=f"{shown(text)[1:-1]}"), net.path("")[:-1])
        except SymconvError as error:
            self.faults.add(path, str(error))

    def _sides(self, parts: Sequence[str], path: Place, whole: bool = False) -> list[Value | None]:
        """What stands on both sides of a sign, where left, sign and right make a text."""
        begins = 0, len(parts[0]) + len(parts[1])
        found = ((side, begin + len(side) - len(side.lstrip())) for side, begin in zip(parts[::2], begins))
        return [self.value(side.strip(), path, "", whole, begin) for side, begin in found]

    def flag(self, item: dict[str, Any], key: str, path: Place) -> bool:
        given = item.get(key, False)
        if isinstance(given, str) and isinstance(self.names.get(given), bool):
            given = self.names[given]
        if not isinstance(given, bool):
            self.faults.add((*path, key), f"{key}: {shown(given)}, where true or false is accepted")
        return given is True

    def holds(self, condition: Any, path: Place) -> bool | None:
        """Whether a condition holds: true, NAME, not NAME, A == B, A != B; None where that is not known."""
        if isinstance(condition, bool):
            return condition
        text = condition.strip() if isinstance(condition, str) else ""
        positive = text.removeprefix("not ").strip()
        value = self.names.get(positive)
        if isinstance(value, bool):
            return value is (positive == text)
        for sign in ("==", "!="):
            parts = text.partition(sign)
            if parts[1]:
                values = self._sides(parts, path)
                if any(side is None for side in values):
                    return None
                sides = [side.layers if isinstance(side, Slot) else side for side in values]
                if all(isinstance(side, str) for side in sides):
                    return (sides[0] == sides[1]) is (sign == "==")
                if sides[0] == sides[1] or all(isinstance(side, int | Fraction) for side in sides):
                    return (sides[0] == sides[1]) is (sign == "==")
                self.faults.add(
                    path, f"when: whether {text} holds depends on symbols", hint="give a flag, true or false"
                )
                return None
        accepted = "true, false, the name of a flag, not NAME, A == B or A != B"
        flags = [n for n, v in self.names.items() if isinstance(v, bool)]
        hint = nearest(positive, flags, "the flags are") if flags and is_name(positive) else ""
        self.faults.add(path, f"when: {shown(condition)}, where {accepted} is accepted", hint=hint)
        return None


def word_of(item: Any) -> Word | None:
    """The word of the paper's notation that an entry is, if it is one."""
    try:
        return read_word(item) if isinstance(item, str) else None
    except ShapeError:
        return None
