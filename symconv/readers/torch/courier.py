"""What carries a shadow through torch's C++: a torch.SymInt around a node of ours, handed on unread.

Where a C++ signature insists on a number, the number is handed out and it is remembered whose it was.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Final

import torch

from symconv.readers.torch.shadow import Ratio, Shadow, plain


class Node:
    """The node of a SymInt: it answers as an integer, and its shadow is found again below."""

    def __init__(self, carried: Any, given: list[Shadow]) -> None:
        self.carried, self.given = carried, given

    def wrap_int(self, value: int) -> Node:
        return Node(value, self.given)

    def guard_int(self, *where: Any) -> int:
        if isinstance(self.carried, Shadow):
            self.given.append(self.carried)
        return int(plain(self.carried))

    int_ = guard_int

    def sym_float(self) -> Any:
        raise NotImplementedError("a size as a symbolic float")


class Answer(Node):
    """The node of a SymBool: a comparison that is made when it is asked for."""

    def statically_known_true(self, *where: Any) -> bool:
        return False

    def guard_bool(self, *where: Any) -> bool:
        return bool(self.carried())

    guard_size_oblivious = guard_or_false = guard_or_true = expect_true = expect_size = bool_ = guard_bool


def _says(answer: bool | None) -> Callable[[Node], bool | None]:
    return lambda node: answer


#: What torch asks of a node, and what one of an integer says: it is one, and its number is not known yet.
_ANSWERS: Final[dict[str, bool | None]] = {
    "is_int": True, "is_float": False, "is_bool": False, "is_symbolic": True, "has_hint": True, "is_constant": False,
    "is_nested_int": False, "maybe_as_int": None, "constant_int": None, "nested_int": None,
}  # fmt: skip


def _number(name: str) -> Callable[[Node, Node], Node]:
    apply = getattr(operator, name)
    return lambda a, b: Node(apply(a.carried, b.carried), a.given)


def _truth(name: str) -> Callable[[Node, Node], Node]:
    apply = getattr(operator, name)
    return lambda a, b: Answer(lambda: apply(a.carried, b.carried), a.given)


for _name, _answer in _ANSWERS.items():
    setattr(Node, _name, _says(_answer))
for _name in ("is_int", "is_bool"):
    setattr(Answer, _name, _says(_name == "is_bool"))
for _name in ("add", "sub", "mul", "floordiv", "mod"):
    setattr(Node, _name, _number(_name))
for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    setattr(Node, _name, _truth(_name))
setattr(Node, "neg", lambda a: Node(-a.carried, a.given))  # noqa: B010
setattr(Node, "sym_max", lambda a, b: Node(max(a.carried, b.carried), a.given))  # noqa: B010
setattr(Node, "sym_min", lambda a, b: Node(min(a.carried, b.carried), a.given))  # noqa: B010


class Luggage:
    """What arguments of one call carried that C++ did not hand on: integers that it read, floats that it copied."""

    def __init__(self) -> None:
        self.whole: list[Shadow] = []
        self.floats: list[Ratio] = []
        #: All integers among the arguments in their order, and how often each number was asked for below.
        self._given: list[int] = []
        self._asked: dict[int, int] = {}

    def clear(self) -> None:
        """Before the next call."""
        for kept in (self.whole, self.floats, self._given, self._asked):
            kept.clear()

    def packed(self, x: Any) -> Any:
        """An argument as torch takes it, its shadows in couriers."""
        if type(x) in (int, str, float, bool) or x is None:
            if type(x) is int:
                self._given.append(x)
            return x
        if isinstance(x, Shadow):
            self._given.append(x)
            return torch.SymInt(Node(x, self.whole))
        if isinstance(x, Ratio):
            self.floats.append(x)
            return float(plain(x))
        if isinstance(x, tuple | list) and (type(x) in (tuple, list) or isinstance(x, torch.Size)):
            parts = [self.packed(v) for v in x]
            if all(a is b for a, b in zip(x, parts)):
                return x
            return parts if isinstance(x, list) else tuple(parts)
        if isinstance(x, slice):
            return slice(self.packed(x.start), self.packed(x.stop), self.packed(x.step))
        if isinstance(x, dict):
            return {k: self.packed(v) for k, v in x.items()}
        return x

    def unpacked(self, x: Any) -> Any:
        """A number of a call below, with its shadow where it has one."""
        if isinstance(x, torch.SymInt):
            return x.node.carried
        if type(x) is int:
            return self._whose(x) if self.whole else x
        if type(x) is float:
            return next((r for r in self.floats if plain(r) == x), x)
        return x

    def _whose(self, x: int) -> int:
        """A number with its shadow: of equal ones the first is the first among the arguments, and so on."""
        k = self._asked[x] = self._asked.get(x, 0) + 1
        equal = [n for n in self._given if plain(n) == x]
        if equal:
            return equal[min(k, len(equal)) - 1]
        return next((s for s in self.whole if plain(s) == x), x)
