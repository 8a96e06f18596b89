"""Stages that are not in all lists of a block, and are said in all of them where what follows reads them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from symconv.writers.specs.arguments import Template
from symconv.writers.specs.columns import Column, every, opened
from symconv.writers.specs.scopes import Names, Scope


def mark(template: Template, names: Names) -> None:
    """Stages that are not in all lists, where what reads them reads what they stand behind in the others."""
    columns, scopes = template.columns, names.inside(template)
    for column in every(columns):
        if len(column.entries) < 2 or not column.one.sources:
            continue
        said = {k: names.behind(e, scopes[k]) for k, e in column.entries.items()}
        for texts in zip(*said.values()):
            for name in dict.fromkeys(texts):
                for other in list(every(columns)):
                    if other is not column and len(other.entries) < len(template.runs):
                        _mark(template, names, other, name, dict(zip(said, texts)), scopes)
    _follow(columns)


def _mark(
    template: Template, names: Names, other: Column, name: str, texts: dict[int, str], scopes: dict[int, Scope]
) -> None:
    one = other.one
    stage = one.node is None and one.rounds is None
    k = next(iter(other.entries))
    around_it = name.rpartition("/")[0]
    if (not stage and not around_it) or any(around_it in s.stages | s.names for s in scopes.values()):
        return
    if name != scopes[k].own(one.path):
        return
    sources = {k: e.sources[:1] or (e.source,) for k, e in other.entries.items()}
    behind = {names.refer(source, other.entries[k].path, scopes[k]) for k, (source,) in sources.items()}
    if not all(text == name or (k not in other.entries and {text} == behind) for k, text in texts.items()):
        return
    if one.call is not None and not around_it:
        opened(other)
        for scope in scopes.values():
            scope.names.discard(name)
            scope.stages.add(name)
    other.alias, other.around = True, around_it if not stage or one.call is not None else ""
    template.aliases[name] = other.around or name


def _follow(columns: Sequence[Column]) -> None:
    for before, column in pairwise(columns):
        column.after = before.alias or column.after
    for column in columns:
        _follow(column.inner)
