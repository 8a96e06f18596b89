"""The sheet of a sibling: a family at some values beside the network that it was found from, and on what that rests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from symconv.cost import Cost
from symconv.lift import Family
from symconv.lift.hypotheses import CONSTANT, WIDTH
from symconv.network import Network
from symconv.writers.compare import times
from symconv.writers.figures import figure_of, figures_at
from symconv.writers.layers import counted, label
from symconv.writers.lift import totals
from symconv.writers.network import domain_line
from symconv.writers.sheet import Big, Cell, Column, Sheet, Table
from symconv.writers.supposed import blocks_of, in_order, made_by, roles_named, rounds_of, verdict
from symconv.writers.wording import assigned, at_values


def sibling_sheet(family: Family, net: Network, given: Mapping[str, str], metrics: Sequence[str]) -> Sheet:
    """A member of the family at some values: its closed forms beside those of the source, and on what they rest."""
    source = family.source
    sheet = Sheet(f"a sibling of {source.name}, by its family")
    own = family.plan.usual
    left = {name: own[name] for name in in_order(family) if name in own and name not in given}
    sheet.facts.append(("given", assigned(given)))
    if left:
        sheet.facts.append((f"as in {source.name}", assigned(left)))
    sheet.facts += [(label(metric), net.cost(metric)) for metric in metrics]
    sheet.facts += [("domain", domain_line(net)), verdict(family)]
    sheet.facts += [("supposes", line) for line in rests_on(family, given)]
    sheet.tables = _figures(net, source, metrics)
    at = figures_at(net, None)
    sheet.data = lambda: {
        "name": source.name,
        "is exact": family.exact,
        "unknown": list(family.unknown),
        "values": {name: str(value) for name, value in {**left, **given}.items()},
        "totals": totals(net, metrics),
        "figures": {"at": dict(at), **{m: figure_of(net.cost(m), net.at(at)) for m in metrics}},
    }
    return sheet


def _figures(net: Network, source: Network, metrics: Sequence[str]) -> list[Table]:
    """Figures of the sibling beside the source's, each at its usual sizes."""
    ours, theirs = figures_at(net, None), figures_at(source, None)
    places = [at_values(at) for at in (ours, theirs)]
    both = places[0] if ours == theirs else ""
    names = ["the sibling", source.name] if both else ["the sibling" + places[0], source.name + places[1]]
    columns = (
        Column(f"total{both}", key="total"), Column(names[0], True, "sibling"), Column(names[1], True, "source"),
        Column("ratio", True),
    )  # fmt: skip
    rows: list[list[Cell]] = []
    for metric in metrics:
        pair = figure_of(net.cost(metric), net.at(ours)), figure_of(source.cost(metric), source.at(theirs))
        if pair[0] is not None and pair[1] is not None:
            one, other = (Cost({(): Fraction(number)}) for number in pair if number is not None)
            rows.append([label(metric), Big(pair[0]), Big(pair[1]), times(one, other)])
    return [Table(columns, rows)] if rows else []


def rests_on(family: Family, given: Mapping[str, Any]) -> Iterator[str]:
    """What the figures at these values suppose beyond what was seen."""
    runs = {run.symbol: run for run in family.runs}
    moved = [n for n, value in given.items() if n in family.plan.usual and str(value) != str(family.plan.usual[n])]
    for name in moved:
        if name in runs and not (str(given[name]).isdigit() and int(given[name]) <= runs[name].count):
            more = blocks_of([run for run in family.runs if run.symbol == name])
            yield f"{name}: more {more} are like those seen ({rounds_of(runs[name])})"
    grown = False
    for name in moved:
        own = [c for c in made_by(family, name) if c.kind == WIDTH]
        grown = grown or bool(own)
        if own:
            yield f"{name}: {counted(len(own), 'width')} grow{'s' if len(own) == 1 else ''} with it: {roles_named(own)}"
    stay = [c for c in family.classes if c.kind == CONSTANT]
    follow = [c for c in family.classes if c.atom in family.plan.followed]
    if follow and moved:
        yield f"so many times their input: {roles_named(follow)}"
    if grown and stay:
        yield f"constant: {roles_named(stay)}"
    if not moved:
        yield f"nothing: these are the numbers of {family.source.name}, at which any family of it is right"
