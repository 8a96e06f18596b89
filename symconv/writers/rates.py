"""The sheets of rates: elasticities of all symbols, steps of one, jumps in a range, the layers that carry a change."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from symconv.analysis.claims import decimal
from symconv.analysis.classes import period
from symconv.analysis.rates import Carrier, change, elasticities, jumps, steps
from symconv.cost import Number, cost_symbols
from symconv.count import Convention
from symconv.network import Network
from symconv.writers.layers import label
from symconv.writers.sheet import Cell, Column, Name, Sheet, Table, on_a_line, plain
from symconv.writers.wording import assigned, percent


def signed(part: Fraction | None) -> str:
    """A relative change in percent, with its sign.

    >>> signed(Fraction(1, 8)), signed(Fraction(-1, 10_000)), signed(None)
    ('+12.5 %', '−<0.1 %', '')
    """
    return "" if part is None else ("−" if part < 0 else "+" if part else "") + percent(abs(part))


def elasticities_sheet(net: Network, metric: str | Convention, values: Mapping[str, Any]) -> Sheet:
    """How strongly the total depends on each symbol at a point.

    Raises as `elasticities`.
    """
    rates = elasticities(net, metric, **values)
    sheet = Sheet(f"rates of the {label(metric)} of {net.name} at {assigned(values)}")
    columns = (
        Column("symbol"), Column("at", right=True), Column("elasticity", right=True), Column("one more", right=True),
        Column("why there is none", key="reason", prose=True),
    )  # fmt: skip
    rows: list[list[Cell]] = [
        [str(r.symbol), r.value, "" if r.elasticity is None else decimal(r.elasticity), signed(r.next), r.reason]
        for r in rates
    ]
    sheet.tables = [Table(columns, rows)]
    sheet.notes = [
        "elasticity e: 1 % more of the symbol is about e % more of the total, on the residue class of the sizes; "
        "one more: exact, to the next integer"
    ]
    sheet.data = lambda: {
        "name": net.name,
        "at": {name: plain(value) for name, value in values.items()},
        "exact": {
            str(r.symbol): {
                "elasticity": None if r.elasticity is None else str(r.elasticity),
                "one_more": None if r.next is None else str(r.next),
            }
            for r in rates
        },
    }
    return sheet


def steps_sheet(net: Network, metric: str | Convention, symbol: str) -> Sheet:
    """Where the total steps as one symbol goes up by one, by residue class.

    Raises as `steps`.
    """
    cost = net.cost(metric)
    found = steps(cost, symbol)
    sheet = Sheet(f"steps of the {label(metric)} of {net.name} in {symbol}")
    sheet.facts = [("period", period(cost, symbol))]
    columns = (Column(f"from {symbol} to {symbol} + 1", key="where"), Column("change"))
    sheet.tables = [Table(columns, [[s.where, s.change or 0] for s in found])]
    sheet.data = lambda: {
        "name": net.name,
        "symbol": symbol,
        "steps": [{"modulus": s.modulus, "residues": list(s.residues), "change": plain(s.change)} for s in found],
    }
    return sheet


def jumps_sheet(net: Network, metric: str | Convention, symbol: str, sizes: range, values: Mapping[str, Any]) -> Sheet:
    """The sizes of a range at which the total jumps.

    Raises as `jumps`.
    """
    net.at({**values, symbol: sizes.start})
    cost = net.cost(metric)
    known = {s.name for s in cost_symbols(cost)}
    found = jumps(cost, symbol, sizes, **{n: v for n, v in values.items() if n in known})
    sheet = Sheet(f"jumps of the {label(metric)} of {net.name} for {symbol} from {sizes.start} to {sizes.stop}")
    columns = (
        Column("from", right=True), Column("to", right=True), Column("before", right=True), Column("after", right=True),
        Column("change", right=True), Column("in %", right=True, key="relative"),
    )  # fmt: skip
    rows: list[list[Cell]] = [[j.at, j.at + 1, j.before, j.after, j.change, signed(j.relative)] for j in found]
    sheet.tables = [Table(columns, rows)]
    if not found:
        sheet.notes = ["no change in this range"]
    return sheet


def change_sheet(
    net: Network, metric: str | Convention, symbol: str, to: Number | None, values: Mapping[str, Any]
) -> Sheet:
    """The layers that carry a change of one symbol.

    Raises as `change`.
    """
    found = change(net, symbol, metric, values, to=to)
    sheet = Sheet(f"the {label(metric)} of {net.name} from {symbol} = {found.at} to {found.to}")
    sheet.facts = [
        ("before", found.before),
        ("after", found.after),
        ("change", f"{_with_sign(found.after - found.before)} ({signed(found.relative)})"),
    ]
    columns = (
        Column("layer"), Column("before", right=True), Column("after", right=True), Column("change", right=True),
        Column("share", right=True),
    )  # fmt: skip
    sheet.tables = [Table(columns, list(map(_row, found.carriers)))]
    layers = len(net.nodes)
    sheet.notes = [f"{len(found.carriers)} of {layers} layers change"]
    sheet.data = lambda: {
        "name": net.name,
        "symbol": symbol,
        "from": plain(on_a_line(found.at)),
        "to": plain(on_a_line(found.to)),
        "relative": None if found.relative is None else str(found.relative),
    }
    return sheet


def _row(carrier: Carrier) -> list[Cell]:
    share = "" if carrier.share is None else percent(carrier.share) if carrier.share >= 0 else signed(carrier.share)
    return [Name(carrier.layer), carrier.before, carrier.after, carrier.change, share]


def _with_sign(value: Number) -> str:
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{abs(value)}"
