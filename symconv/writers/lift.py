"""The sheet of a family: its closed forms, its symbols, and what is supposed of each width of the one network seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from symconv.lift import Family
from symconv.lift.hypotheses import EXTENT, WIDTH, Class
from symconv.network import Network
from symconv.notation import ASCII
from symconv.writers.layers import label
from symconv.writers.network import domain_line
from symconv.writers.sheet import Cell, Column, Heading, Math, Name, Sheet, Table, as_data, joined, plain
from symconv.writers.supposed import blocks_of, expression, in_order, made_by, rounds_of, supposed_of, verdict, what_of
from symconv.writers.unknowns import granted_lines

#: The totals of a family.
METRICS: Final = ("macs", "params")


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
            said: list[Cell] = [", ".join(str(value) for value, _ in pairs), joined(dict.fromkeys(e for _, e in pairs))]
            table.rows.append([Name(role.name, supposed), *said, tied if role.places > len(role.classes) else None])
    return table


# -- for programs ------------------------------------------------------------------------------------------------------


def classes_table(family: Family) -> Table:
    """A record for each class of numbers."""
    columns = tuple(map(Column, ("role", "value", "family", "supposed", "kind", "symbol", "places")))
    rows: list[list[Cell]] = []
    for c in family.classes:
        cells: list[Cell] = [c.role, c.value, expression(family, c), supposed_of(family, c), c.kind, c.symbol]
        rows.append([*cells, len(c.members)])
    return Table(columns, rows)


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
