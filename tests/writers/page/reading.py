"""A page read as its script reads it, by code that shares nothing with it: the data, and programs run on them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from functools import reduce
from html.parser import HTMLParser
from math import gcd
from typing import Any


class Page(HTMLParser):
    """The tags of a page, its texts, its scripts by their types, its style."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.scripts: dict[str, str] = {}
        self.style = ""
        self._inside, self._kind = "", ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self._inside, self._kind = tag, str(dict(attrs).get("type", ""))
            self.scripts.setdefault(self._kind, "")

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts[self._kind] += data
        elif self._inside == "style":
            self.style += data
        else:
            self.texts.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    @property
    def data(self) -> Any:
        return json.loads(self.scripts["application/json"])


class Broken(Exception):  # noqa: N818  (a finding, not an error)
    """What is said where a check fails."""


def run(model: Any, at: Mapping[int, Fraction], program: Any) -> list[int]:
    """The slots of a program at the values of the controls."""
    slots = [0] * program["slots"]
    for p in model["parameters"]:
        value = at[p["control"]]
        parts = [value.numerator, value.denominator]
        assert len(p["slots"]) == 2 or parts[1] == 1
        for slot, part in zip(p["slots"], parts):
            slots[slot] = part
    _steps(program["steps"], slots, model, at)
    return slots


def _steps(steps: list[Any], slots: list[int], model: Any, at: Mapping[int, Fraction]) -> None:
    for kind, *rest in steps:
        if kind == "let":
            slots[rest[0]] = tree(rest[1], slots)
        elif kind == "among":
            value, sizes = slots[rest[0]], rest[1]
            if not any(all(_holds(value, *one) for one in several) for several in sizes):
                raise Broken(_sentence(model["complaints"][rest[2]], at))
        elif kind == "require":
            left, right = tree(rest[1], slots), tree(rest[2], slots)
            holds = {
                "at least": left >= right,
                "equal": left == right,
                "differs": left != right,
                "divides": left >= 1 and right % left == 0 if left else False,
            }
            if not holds[rest[0]]:
                raise Broken(_sentence(model["complaints"][rest[3]], at))
        else:
            assert kind == "repeat", kind
            index, begin, end, body = rest
            rounds = range(int(begin), tree(end, slots))
            for i in rounds if index is not None else rounds[:1]:
                if index is not None:
                    slots[index] = i
                _steps(body, slots, model, at)


def _holds(value: int, period: str, sign: str, number: str) -> bool:
    rest = value % int(period) if int(period) else value
    return {">=": rest >= int(number), "<=": rest <= int(number), "==": rest == int(number)}[sign]


def _sentence(complaint: Any, at: Mapping[int, Fraction]) -> str:
    return f"{complaint['symbols']}: {complaint['tail']}"


def tree(of: Any, slots: list[int]) -> int:
    """The value of a tree."""
    if isinstance(of, int):
        return slots[of]
    if isinstance(of, str):
        return int(of)
    operation, *found = of[0], *(tree(one, slots) for one in of[1:])
    if operation == "+":
        return sum(found)
    if operation == "*":
        return reduce(lambda a, b: a * b, found, 1)
    a, b = found[0], found[1] if len(found) > 1 else 1
    if operation == "//":
        assert b > 0
        return a // b
    if operation == "^/":
        assert b > 0
        return -(-a // b)
    if operation == "make_divisible":
        u, v, d = found
        near = max(d, (u * 2 + d * v) // (2 * d * v) * d)
        return near + d if 10 * near * v < 9 * u else near
    simple = {
        "-": lambda: -a,
        "max": lambda: max(found),
        "min": lambda: min(found),
        "gcd": lambda: gcd(*found),
        "equals": lambda: int(a == b),
        "reaches": lambda: int(a >= b),
        "power": lambda: a**b,
    }
    return int(simple[operation]())


def ratio(of: Any, slots: list[int]) -> Fraction:
    return Fraction(tree(of[0], slots), tree(of[1], slots))
