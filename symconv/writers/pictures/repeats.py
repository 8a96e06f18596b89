"""Repeats: n equal neighbours in a chain, boxes or groups or short patterns of them, drawn once with `times` = n."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from symconv.writers.pictures.boxes import Box, Group, Item, Wires, counted

#: The longest pattern that is looked for as a repeat.
PATTERN = 16


def folded(items: tuple[Item, ...], wires: Wires) -> tuple[Item, ...]:
    """The items with what is equal drawn once; `wires` then has the others drawn as the first."""
    items = tuple(replace(i, items=folded(i.items, wires)) if isinstance(i, Group) else i for i in items)
    numbers: dict[Any, int] = {}
    alike = [numbers.setdefault(_signature(item), len(numbers)) for item in items]
    out: list[Item] = []
    i = 0
    while i < len(items):
        length, times = _repeat(items, alike, i, wires)
        unit = items[i : i + length]
        if times > 1:
            for k in range(1, times):
                for one, other in zip(_flat(unit), _flat(items[i + k * length : i + (k + 1) * length])):
                    wires.merge(other.key, one.key)
            last = items[i + times * length - 1]
            if length > 1:
                unit = (Group((), unit),)
            unit = (replace(unit[0], times=times, last=last.last or last.title),)
        out += unit
        i += length * times
    return tuple(out)


def _repeat(items: Sequence[Item], alike: Sequence[int], start: int, wires: Wires) -> tuple[int, int]:
    """The pattern from `start` on that covers the most items when repeated: its length, and how often."""
    best = (1, 1)
    for length in range(1, min(PATTERN, (len(items) - start) // 2) + 1):
        if start + best[0] * best[1] == len(items):
            break
        times = _linked(_units(items, alike, start, length), wires)
        if times > 1 and times * length > best[0] * best[1]:
            best = (length, times)
    return best


def _units(items: Sequence[Item], alike: Sequence[int], start: int, length: int) -> Iterator[list[Box]]:
    """The boxes of `length` items from `start` on, and of those behind them as long as these are alike."""
    at = start
    while alike[at : at + length] == alike[start : start + length]:
        yield _flat(items[at : at + length])
        at += length


def _linked(units: Iterator[list[Box]], wires: Wires) -> int:
    """How many of the units, from the first on, form a chain of equal links.

    Within a unit the wires are those of the first; from outside it reads the unit before alone, in the same places as
    every other; and what stands before the last one is read by the next unit alone.
    """
    first = before = next(units)
    place = behind = {box.key: i for i, box in enumerate(first)}
    pattern: list[tuple[int | None, ...]] = []
    number = 1
    for unit in units:
        inside = {box.key: i for i, box in enumerate(unit)}
        if any(t not in behind and t not in inside for box in before for t in wires.targets(box.key)):
            break
        links = _links(unit, first, inside, place, behind, wires)
        if links is None or (pattern and links != pattern):
            break
        pattern, before, behind, number = links, unit, inside, number + 1
    return number


def _links(
    unit: Sequence[Box],
    first: Sequence[Box],
    inside: dict[str, int],
    place: dict[str, int],
    behind: dict[str, int],
    wires: Wires,
) -> list[tuple[int | None, ...]] | None:
    """Which boxes of the unit before each box reads, by their places; None where it is not wired as the first unit."""
    links: list[tuple[int | None, ...]] = []
    outside: dict[int, str] = {}
    for box, same in zip(unit, first):
        sources, firsts = wires.sources(box.key), wires.sources(same.key)
        if [inside.get(s) for s in sources] != [place.get(s) for s in firsts]:
            return None
        links.append(tuple(behind.get(s) for s in sources if s not in inside))
        for link, source in zip(links[-1], (s for s in firsts if s not in place)):
            if link is None or outside.setdefault(link, source) != source:
                return None
    return links if len(set(outside.values())) == len(outside) else None


def _signature(item: Item) -> Any:
    """Equal for items of the same layers on inputs of the same shapes, wired alike within a box."""
    rounds = item.rounds and (item.rounds.count, item.rounds.tied)
    if isinstance(item, Group):
        return item.times, rounds, tuple(map(_signature, item.items))
    place = {node.name: i for i, node in enumerate(item.nodes)}
    nodes = tuple(
        (
            _identity(node.layer),
            tuple(tensor.shape for tensor in node.tensors),
            tuple(place.get(source) for source in node.inputs),
            bool(node.shares),
        )
        for node in item.nodes
    )
    return item.times, item.whole, rounds, nodes or item.key


def _identity(layer: Any) -> Any:
    try:
        hash(layer)
    except TypeError:  # a user's layer may have a list among its fields
        return id(layer)
    return layer


def _flat(items: Iterable[Item]) -> list[Box]:
    return [box for box, _ in counted(items, 1)]
