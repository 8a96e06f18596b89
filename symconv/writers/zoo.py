"""The bundled architectures in a table, beside the figures that others published."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symconv.cost import Cost, cost_symbols, evaluate_cost
from symconv.network import Network
from symconv.readers.catalogue import bundled, published
from symconv.writers.network import domain_line
from symconv.writers.sheet import Big, Cell, Column, Sheet, Table


def zoo_sheet() -> Sheet:
    """Every bundled network by name, with its params and MACs at the usual size and the published figures."""
    columns = ("model", "params", "MACs", "at", "domain", "published params", "published GMACs", "by")
    table = Table([Column(c, right=c not in ("model", "at", "domain", "by"), key=c.replace(" ", "_")) for c in columns])
    for name, spec in bundled():
        net = spec.network(name.split("/")[-1] if spec.variants else None)
        stated = published(spec, name)
        at = {n: v for n, v in net.usual.items() if n in net.symbols}
        place = ", ".join(f"{n}={v}" for n, v in at.items())
        row: list[Cell] = [name, _figure(net, net.cost("params"), at), _figure(net, net.cost("macs"), at), place]
        table.rows.append([*row, domain_line(net), *_stated(stated)])
    sheet = Sheet(f"{len(table.rows)} bundled architectures", tables=[table])
    sheet.notes.append("symconv show NAME derives the closed forms of one of them")
    return sheet


def _figure(net: Network, cost: Cost, at: Mapping[str, int]) -> Cell:
    values = net.at(at)
    return cost if cost_symbols(cost) - values.keys() else Big(int(evaluate_cost(cost, values)))


def _stated(figures: Mapping[str, Any]) -> list[Cell]:
    params: Cell = figures.get("params")
    if params is None and "params_millions" in figures:
        params = f"{figures['params_millions']} M"
    gmacs = figures.get("gmacs")
    return [params, None if gmacs is None else f"{float(gmacs):.3f}", str(figures.get("source", ""))]
