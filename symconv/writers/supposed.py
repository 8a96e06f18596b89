"""A family in words: what its symbols count and stand for, and what is supposed of its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from symconv.lift import Family
from symconv.lift.hypotheses import CONSTANT, EXTENT, LEVEL, WIDTH, Class
from symconv.lift.rounds import Run
from symconv.setting import set_size
from symconv.symbols import FIELD
from symconv.writers.sheet import Math
from symconv.writers.wording import called, some

#: Names that a sentence has before it says how many more there are.
NAMED: Final = 3

#: What a symbol of the network itself is.
_WORDS: Final = {
    "N": "batch", "T": "length of the sequence", "X": "side of the input", "H": "height of the input",
    "W": "width of the input", "P": "side of a patch",
}  # fmt: skip

#: How a family says that it does not even have its source.
_OTHER: Final = " at the source's values is not the source's"


def described(family: Family) -> str:
    """What a spec of the family says that it is."""
    names = dict.fromkeys(run.symbol for run in family.runs)
    runs = [f"{name} {blocks_of([run for run in family.runs if run.symbol == name])}" for name in names]
    own = {name: made_by(family, name) for name in in_order(family) if name in family.plan.usual}
    widths = [f"{n} {what_of(family, n, of)}" for n, of in own.items() if of and of[0].kind == WIDTH]
    return f"the family of {family.source.name} · {', '.join([*runs, *widths])}"


def verdict(family: Family) -> tuple[str, str]:
    """Whether anything was left that was not understood, and what."""
    if family.exact:
        return "exact", "everything was understood; a prediction fails only where a supposition does"
    other = [text.removesuffix(_OTHER) for text in family.unknown if text.endswith(_OTHER)]
    said = [text for text in family.unknown if not text.endswith(_OTHER)]
    lines = [f"not understood: {'; '.join(said)}"] if said else []
    if other:
        why = "what --set says makes another network of it" if family.plan.said.values else "not understood"
        lines.append(f"{why}: at the numbers of {family.source.name} itself {', '.join(map(called, other))} differ")
    return "NOT exact", "; ".join(lines)


# -- symbols -----------------------------------------------------------------------------------------------------------


def in_order(family: Family) -> list[str]:
    """The symbols of a family: those of depth, those of width, then those of the input."""
    depths = list(dict.fromkeys(run.symbol for run in family.runs))
    own = [name for name in family.plan.usual if name not in depths and name in family.network.symbols]
    widths = [n for n in own if any(c.symbol == n and c.kind == WIDTH for c in family.classes)]
    first = [*depths, *widths]
    return [*first, *(n for n in family.network.symbols if n not in first)]


def blocks_of(runs: Sequence[Run]) -> str:
    """What a symbol of depth counts: the blocks of a stage, or the levels of a way down and the way up again."""
    names = " and ".join(dict.fromkeys(run.name for run in runs))
    return f"{'levels' if len(runs) > 1 else 'blocks'} of {names}"


def rounds_of(run: Run) -> str:
    """What was seen of the blocks that a symbol counts."""
    if run.nest is not None:
        return f"{run.regular} alike, each {run.nest.ratio} times as wide"
    if run.alternating:
        return f"two kinds in turn, {run.count} in all"
    if run.entry is None:
        seen = f"{run.regular} alike" if run.regular > 1 else "one witness"
    else:
        seen = f"another first, then {run.regular} alike" if run.regular > 1 else "another first, then one witness"
    return f"{seen}; they differ in work beside weights and MACs" if run.uneven else seen


def what_of(family: Family, name: str, own: Sequence[Class]) -> str:
    """What a symbol stands for, in words."""
    if not own or own[0].kind == EXTENT:
        inputs = [x for x, tensor in family.network.inputs.items() if name in map(str, tensor.shape)]
        what = _WORDS.get(name) or FIELD.get(name) or "extent"
        return what if not inputs or "input" not in what else what.replace("the input", inputs[0])
    if family.plan.said.rounding and name == "w":
        return f"multiplier of widths, rounded by {family.plan.said.rounding}"
    base = family.plan.usual[name]
    first = next((c for c in own if c.value == base), own[0])
    role, _, what = (first.members[0] if family.plan.said.level == "class" else first.role).rpartition(".")
    return f"{'number' if what in ('heads', 'groups') else what} of {role}" if what.isidentifier() else first.role


def made_by(family: Family, name: str) -> list[Class]:
    """The classes that a symbol says, those left out that follow their layer's input."""
    return [c for c in family.classes if c.symbol == name and c.atom not in family.plan.followed]


# -- classes of numbers ------------------------------------------------------------------------------------------------


def roles_named(classes: Sequence[Class]) -> str:
    """Roles by their names, of many the first."""
    return some(list(dict.fromkeys(c.role for c in classes)), NAMED)


def expression(family: Family, c: Class) -> Math:
    """What a class is in the family."""
    parts = family.plan.followed.get(c.atom)
    if parts is not None and not _is_set(c):
        return Math("as its input" if parts == (1, 1) else f"{_ratio(*parts)} of its input")
    if c.kind == LEVEL and not c.said:
        return Math("by its level")
    return Math.of(lambda style: set_size(family.plan.sizes[c.atom], style).text)


def _ratio(number: int, of: int) -> str:
    return f"{number}/{of}" if of > 1 else f"{number} times that"


def _is_set(c: Class) -> bool:
    return c.said.startswith("set to")


def supposed_of(family: Family, c: Class) -> str:
    """What is supposed of a class and why, or who said so."""
    if _is_set(c):
        return c.said
    if c.atom in family.plan.followed:
        return "follows its input"
    if c.kind == CONSTANT:
        return c.said or f"constant: {c.reason}"
    if c.kind == LEVEL and not c.said:
        return f"follows its level: {c.reason}"
    if c.kind == EXTENT:
        return c.reason
    if family.plan.said.level != "w" and not c.said:
        return f"a symbol for each {'role' if family.plan.said.level == 'role' else 'number that is left'}"
    alone = sum(other.symbol == c.symbol for other in family.classes) == 1
    does = f"is {c.symbol}" if alone else f"grows with {c.symbol}"
    if family.plan.said.rounding and c.symbol == "w":
        does += ", rounded"
    return f"{does}: {c.said}" if c.said else does
