"""The sheet of a family: its closed forms, its symbols, and what is supposed of each width of the one network seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from symconv.extent import Size
from symconv.lift import Family
from symconv.lift.hypotheses import CONSTANT, EXTENT, LEVEL, WIDTH, Class
from symconv.lift.rounds import Run
from symconv.network import Network
from symconv.notation import ASCII, LATEX, TEXT, Style
from symconv.setting import set_size
from symconv.symbols import FIELD
from symconv.writers.layers import label
from symconv.writers.network import domain_line
from symconv.writers.sheet import Cell, Column, Heading, Math, Name, Sheet, Table, as_data, plain
from symconv.writers.unknowns import granted_lines
from symconv.writers.wording import called

#: The totals of a family.
METRICS: Final = ("macs", "params")

#: What a symbol of the network itself is.
_WORDS: Final = {
    "N": "batch", "T": "length of the sequence", "X": "side of the input", "H": "height of the input",
    "W": "width of the input", "P": "side of a patch",
}  # fmt: skip


def family_sheet(family: Family, metrics: Sequence[str] = METRICS) -> Sheet:
    """The closed forms of a family in its symbols, and what it supposes: of its rounds, and of each role of a width."""
    net, source = family.network, family.source.name
    sheet = Sheet(f"the family of {source}: found from it{_beside(family)}")
    sheet.facts = [(label(metric), net.cost(metric)) for metric in metrics]
    sheet.facts += [("domain", domain_line(net)), verdict(family)]
    sheet.tables = [symbols_table(family), roles_table(family)]
    sheet.notes = [*_tallied(family), *granted_lines(net)]
    sheet.notes.append(
        f"that {source} itself comes out shows nothing, as a wrong family has it too: --against and --members test it"
    )
    sheet.notes.append("--at gives a sibling; --untie, --tie, --set and --round suppose otherwise")
    sheet.records = lambda: classes_table(family)
    sheet.data = lambda: family_data(family, metrics)
    return sheet


def _beside(family: Family) -> str:
    others = [found.net.name for found in family.members if not found.reason]
    return f" and {', '.join(others)}" if others else " alone"


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


#: How a family says that it does not even have its source.
_OTHER: Final = " at the source's values is not the source's"


# -- symbols -----------------------------------------------------------------------------------------------------------


def symbols_table(family: Family) -> Table:
    """A row for each symbol: its value in the source, what it is, and on what it rests."""
    columns = (
        Column("symbol"), Column(f"in {family.source.name}", True, "value"), Column("what it is", prose=True),
        Column("seen", prose=True),
    )  # fmt: skip
    rows: list[list[Cell]] = []
    for name in in_order(family):
        runs = [run for run in family.runs if run.symbol == name]
        if runs:
            rows.append([name, runs[0].count, blocks_of(runs), rounds_of(runs[0])])
        else:
            own = made_by(family, name)
            grown = f"{len(own)} widths grow with it" if len(own) > 1 and own[0].kind == WIDTH else ""
            rows.append([name, family.network.usual.get(name), what_of(family, name, own), grown])
    return Table(columns, rows)


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


# -- roles -------------------------------------------------------------------------------------------------------------


@dataclass
class Role:
    """Classes of one role of which the same is supposed."""

    name: str
    supposed: str
    classes: list[Class] = field(default_factory=list)

    @property
    def places(self) -> int:
        """The numbers in the layers that stand in it."""
        return sum(len(c.members) for c in self.classes)


def roles_of(family: Family) -> list[Role]:
    """The roles in the network's order."""
    found: dict[tuple[str, str], Role] = {}
    for c in family.classes:
        if c.kind != EXTENT or c.said:
            supposed = supposed_of(family, c)
            found.setdefault((c.role, supposed), Role(c.role, supposed)).classes.append(c)
    return list(found.values())


def roles_table(family: Family) -> Table:
    """A row for each role under what is supposed of it: its numbers in the source, and what they are in the family."""
    columns = (
        Column("role"), Column(f"in {family.source.name}", key="values", prose=True),
        Column("in the family", key="family", prose=True), Column("tied", True, rank=-1),
    )  # fmt: skip
    table = Table(columns)
    roles = roles_of(family)
    for supposed in dict.fromkeys(role.supposed for role in roles):
        table.groups[len(table.rows)] = Heading(supposed)
        for role in (r for r in roles if r.supposed == supposed):
            pairs = list(dict.fromkeys((c.value, expression(family, c)) for c in role.classes))
            tied = Math(f"{role.places} → {len(role.classes)}", rf"{role.places} \to {len(role.classes)}")
            said: list[Cell] = [", ".join(str(value) for value, _ in pairs), joined(e for _, e in pairs)]
            table.rows.append([Name(role.name, supposed), *said, tied if role.places > len(role.classes) else None])
    return table


def expression(family: Family, c: Class) -> Math:
    """What a class is in the family."""
    parts = family.plan.followed.get(c.atom)
    if parts is not None and not _is_set(c):
        return Math("as its input" if parts == (1, 1) else f"{_ratio(*parts)} of its input")
    return Math("by its level") if c.kind == LEVEL and not c.said else sized(family.plan.sizes[c.atom])


def _ratio(number: int, of: int) -> str:
    return f"{number}/{of}" if of > 1 else f"{number} times that"


def sized(size: Size) -> Math:
    """A size in every style."""
    texts = {style: _set(size, style) for style in (TEXT, LATEX, ASCII)}
    return Math(texts[TEXT], texts[LATEX], texts[ASCII])


def _set(size: Size, style: Style) -> str:
    return str(size) if isinstance(size, int) else set_size(size, style).text


def joined(cells: Iterable[Math]) -> Math:
    """Several with commas between."""
    found = list(dict.fromkeys(cells))
    latex = r",\ ".join(c.latex or rf"\text{{{c.text}}}" for c in found)
    return Math(", ".join(c.text for c in found), latex, ", ".join(c.ascii or c.text for c in found))


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


def classes_table(family: Family) -> Table:
    """A record for each class of numbers."""
    columns = tuple(map(Column, ("role", "value", "family", "supposed", "kind", "symbol", "places")))
    rows: list[list[Cell]] = []
    for c in family.classes:
        cells: list[Cell] = [c.role, c.value, expression(family, c), supposed_of(family, c), c.kind, c.symbol]
        rows.append([*cells, len(c.members)])
    return Table(columns, rows)


def _tallied(family: Family) -> Iterator[str]:
    """How far the numbers are forced."""
    tally = family.tally
    tied = next((role for role in roles_of(family) if role.places > len(role.classes)), None)
    if tied is not None:
        places, left = tied.places, len(tied.classes)
        yield (
            f"tied: {places} → {left} are {places} numbers in the layers of which the wiring and equal blocks leave "
            f"{left} to choose; in all {tally.numbers} → {tally.forced} by the wiring → {tally.folded} by equal blocks"
        )
    if not family.runs:
        yield "no block repeats, so depth is no symbol"


def described(family: Family) -> str:
    """What a spec of the family says that it is."""
    names = dict.fromkeys(run.symbol for run in family.runs)
    runs = [f"{name} {blocks_of([run for run in family.runs if run.symbol == name])}" for name in names]
    own = {name: made_by(family, name) for name in in_order(family) if name in family.plan.usual}
    widths = [f"{n} {what_of(family, n, of)}" for n, of in own.items() if of and of[0].kind == WIDTH]
    return f"the family of {family.source.name} · {', '.join([*runs, *widths])}"


# -- for programs ------------------------------------------------------------------------------------------------------


def family_data(family: Family, metrics: Iterable[str]) -> dict[str, Any]:
    """What JSON says besides the facts: symbols, repeats, each class with the places that it stands at."""
    net = family.network
    return {
        "name": family.source.name,
        "is exact": family.exact,
        "unknown": list(family.unknown),
        "totals": totals(net, metrics),
        "conditions": [{"condition": c.text(ASCII), "reason": c.reason} for c in net.domain.conditions],
        "symbols": as_data(symbols_table(family)),
        "repeats": [
            {
                "symbol": run.symbol, "block": run.name, "rounds": run.count, "alike": run.regular,
                "first apart": run.entry is not None, "alternating": run.alternating, "uneven": run.uneven,
                "ratio": None if run.nest is None else str(run.nest.ratio),
            }
            for run in family.runs
        ],
        "tally": {
            "numbers": family.tally.numbers, "forced": family.tally.forced, "folded": family.tally.folded,
            "roles": family.tally.roles,
        },
        "rows": [
            {**row, "places": list(c.members)} for row, c in zip(as_data(classes_table(family)), family.classes)
        ],
    }  # fmt: skip


def totals(net: Network, metrics: Iterable[str]) -> Mapping[str, Any]:
    """Totals by metric as a program reads them."""
    return {metric: plain(net.cost(metric)) for metric in metrics}
