"""The sheets of a family's members: another network in it or why it is none, and what further members say of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, Final

from symconv.errors import SymconvError
from symconv.extent import symbols_of
from symconv.lift import Family, Found, lift
from symconv.lift.hypotheses import CONSTANT, Class
from symconv.network import METRICS, Network
from symconv.values import evaluate
from symconv.writers.layers import counted
from symconv.writers.lift import totals
from symconv.writers.sheet import Cell, Column, Heading, Math, Name, Sheet, Table, joined, on_a_line, plain
from symconv.writers.supposed import NAMED, blocks_of, expression, in_order, roles_named, supposed_of, verdict
from symconv.writers.wording import assigned, called, some

#: The rule by which most multipliers of width round.
ROUNDING: Final = "v -> make_divisible(v, 8)"

# -- another network ---------------------------------------------------------------------------------------------------


def against_sheet(family: Family, found: Found) -> Sheet:
    """At which values the family is another network; or what of the family it refutes, and what it is without that."""
    other, source = found.net.name, family.source.name
    sheet = Sheet(f"{other} in the family of {source}")
    sheet.data = lambda: _found_data(family, found)
    if found.reason:
        sheet.facts = [("a member", f"no, at no values: {found.reason}")]
        return sheet
    if found.exact:
        every = ", ".join(map(called, METRICS))
        sheet.facts = [("a member", f"yes, at {assigned(found.values)}"), ("exact", f"in every metric: {every}")]
        sheet.tables = [_symbols(family, found)]
        if not family.exact:
            sheet.facts.append(verdict(family))
        return sheet
    sheet.facts = [("a member", f"no, at no values: {why_not(found)}"), ("nearest", assigned(found.values))]
    sheet.facts += [("differs", line) for line in found.uneven[:NAMED]]
    if found.refuted:
        sheet.tables = [refuted_table(family, found)]
        sheet.facts += list(_dropped(family.without([found]), other))
        sheet.facts += list(_rounded(family, found.net))
    return sheet


def _symbols(family: Family, found: Found) -> Table:
    """The values of the symbols, here and there."""
    usual = family.plan.usual
    names = ((family.source.name, "source"), (found.net.name, "there"))
    columns = (Column("symbol"), *(Column(f"in {name}", True, key) for name, key in names))
    return Table(
        columns, [[n, usual.get(n), on_a_line(found.values[n])] for n in in_order(family) if n in found.values]
    )


def why_not(found: Found) -> str:
    """Why the family as it is supposed does not have a network of its structure."""
    said = []
    if found.refuted:
        roles = len({c.role for c, _ in found.refuted})
        said.append(f"{counted(roles, 'role')} {'is' if roles == 1 else 'are'} not what was supposed")
    if found.uneven:
        said.append(f"{counted(len(found.uneven), 'number')} of its blocks differ from one block to the next")
    if found.differing:
        said.append(f"with its own numbers it still differs in {', '.join(map(called, found.differing))}")
    return "; ".join(said)


def refuted_table(family: Family, found: Found) -> Table:
    """A row for each role that is not what was supposed: its numbers here, there, and as the family makes them."""
    columns = (
        Column("role"), Column(f"in {family.source.name}", key="source", prose=True),
        Column(f"in {found.net.name}", key="there", prose=True), Column("the family makes", key="family", prose=True),
        Column("supposed", prose=True),
    )  # fmt: skip
    roles: dict[str, list[Class]] = {}
    for c, _ in found.refuted:
        roles.setdefault(c.role, []).append(c)
    rows: list[list[Cell]] = []
    for role, classes in roles.items():
        seen = list(dict.fromkeys((c.value, found.classes[c.atom], _made(family, c, found)) for c in classes))
        cells: list[Cell] = [", ".join(map(str, column)) for column in zip(*(s[:2] for s in seen))]
        supposed = ", ".join(dict.fromkeys(supposed_of(family, c) for c in classes))
        rows.append([Name(role), *cells, joined(dict.fromkeys(s[2] for s in seen)), supposed])
    return Table(columns, rows)


def _made(family: Family, c: Class, found: Found) -> Math:
    """What the family makes of a class at the values that fit best."""
    size = family.plan.sizes[c.atom]
    at = {s: found.values[s.name] for s in symbols_of(size) if s.name in found.values}
    if c.atom in family.plan.followed:
        return expression(family, c)
    try:
        return Math(str(evaluate(size, at)))
    except (SymconvError, KeyError):
        return joined([Math("no whole number"), expression(family, c)])


def _dropped(again: Family, other: str) -> Iterator[tuple[str, Cell]]:
    """What the family is with the suppositions dropped that a network refutes."""
    found = again.members[-1]
    fits = "exact in every metric" if found.exact else f"yet not exact: {found.reason or why_not(found)}"
    yield "without that", f"{assigned(found.values)}: {fits}"
    for name in in_order(again):
        own = [c for c in again.classes if c.symbol == name and c.said.startswith("set apart")]
        if own:
            yield f"  {name}", f"{roles_named(own)}, {again.plan.usual[name]} in {again.source.name}"
    if found.exact:
        yield "  so", f"--members {other} lifts the family that has both"


def _rounded(family: Family, other: Network) -> Iterator[tuple[str, Cell]]:
    """The rule of the MobileNets, where the family has the other network by it."""
    said = family.plan.said
    if said.rounding or said.level != "w" or said.apart:
        return
    try:
        again = lift(family.source, untie=said.untie, tie=said.tie, values=said.values, rounding=ROUNDING)
        found = again.against(other)
    except SymconvError:
        return
    if found.exact:
        yield "or rounded", f"--round '{ROUNDING}' has it at {assigned(found.values)}"


def _found_data(family: Family, found: Found) -> dict[str, Any]:
    made = [
        {
            "role": c.role, "source": c.value, "there": found.classes[c.atom],
            "family": plain(_made(family, c, found)), "supposed": supposed_of(family, c),
        }
        for c, _ in found.refuted
    ]  # fmt: skip
    data: dict[str, Any] = {
        "family of": family.source.name, "name": found.net.name, "is member": found.exact, "reason": found.reason,
        "values": {name: str(value) for name, value in found.values.items()}, "refuted": made,
        "uneven": list(found.uneven), "differing": list(found.differing), "unknown": list(family.unknown),
    }  # fmt: skip
    if found.refuted:
        again = family.without([found])
        mine = again.members[-1]
        data["without"] = {
            "is member": mine.exact,
            "values": {name: str(value) for name, value in mine.values.items()},
            "differing": list(mine.differing),
            "totals": totals(again.network, ("macs", "params")),
        }
    return data


# -- further members ---------------------------------------------------------------------------------------------------


def members_table(first: Family, family: Family, found: Sequence[Found]) -> Table:
    """Each further member: what it refutes of the first family, what it confirms, and whether it is one now.

    `family` is the one that all of them were told to.
    """
    table = Table([Column("member", key="says"), Column("says of what is supposed", key="of", prose=True)])
    for before, now in zip(found, family.members):
        name = before.net.name
        lines = [("refutes", line) for line in _refuted(before)]
        lines += [("confirms", line) for line in _confirmed(first, before)]
        if not now.exact:
            lines.append(("is none" if before.reason else "yet", now.reason or why_not(now)))
        place = f"a member at {assigned(now.values)}" if now.exact else "no member"
        table.groups[len(table.rows)] = Heading(name, (place,))
        table.rows += [[Name(verb, name), text] for verb, text in lines or [("says", "nothing beyond the source")]]
    return table


def add_members(sheet: Sheet, first: Family, family: Family, found: Sequence[Found]) -> None:
    """Say on a sheet of the family what each further member says."""
    sheet.tables = [*sheet.tables, members_table(first, family, found)]
    data = sheet.data
    members = [
        {
            "name": before.net.name, "is member": now.exact, "reason": now.reason or why_not(now),
            "values": {name: str(value) for name, value in now.values.items()},
            "refutes": list(_refuted(before)), "confirms": list(_confirmed(first, before)),
        }
        for before, now in zip(found, family.members)
    ]  # fmt: skip
    sheet.data = lambda: {**data(), "members": members}


def _refuted(found: Found) -> Iterator[str]:
    """What a member refutes, a line for each role."""
    pairs: dict[str, dict[tuple[int, int], None]] = {}
    for c, _ in found.refuted:
        pairs.setdefault(c.role, {})[c.value, found.classes[c.atom]] = None
    for role, seen in pairs.items():
        yield f"{role}: {_changed(list(seen))}"


def _changed(pairs: Sequence[tuple[int, int]]) -> str:
    """Numbers here and there, several of one ratio by that."""
    ratios = {Fraction(there, here) for here, there in pairs}
    if len(pairs) > 1 and len(ratios) == 1:
        return f"×{ratios.pop()}"
    return some([f"{here} → {there}" for here, there in pairs], NAMED)


def _confirmed(family: Family, found: Found) -> Iterator[str]:
    """What a member confirms: what came out as supposed at other numbers than those of the source."""
    if found.reason:
        return
    refuted = {c.atom for c, _ in found.refuted}
    usual = family.plan.usual
    for run in {run.symbol: run for run in family.runs}.values():
        if found.rounds.get(run.symbol, 0) > run.count and not found.uneven:
            more = blocks_of([other for other in family.runs if other.symbol == run.symbol])
            yield f"{run.symbol}={found.rounds[run.symbol]}: more {more} are alike"
    moved = {n for n, value in found.values.items() if value != usual.get(n, value) and n not in found.rounds}
    for name in sorted(moved):
        held = [c for c in family.classes if c.symbol == name and c.atom in found.classes and c.atom not in refuted]
        if len(held) > 1:
            yield f"{name}={found.values[name]}: {len(held)} widths grow with it"
    same = [c for c in family.classes if c.kind == CONSTANT and found.classes.get(c.atom) == c.value]
    if moved and same:
        yield f"constant: {roles_named(same)}"
