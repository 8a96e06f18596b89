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
    words = (("model", 0), ("params", 3), ("MACs", 3), ("at", 2), ("domain", 1))
    stated = (("published params", 1), ("published GMACs", 1), ("by", 0))
    left = ("model", "at", "domain", "by")
    table = Table([Column(c, c not in left, c.replace(" ", "_"), rank) for c, rank in (*words, *stated)])
    for name, spec in bundled():
        net = spec.network(name.split("/")[-1] if spec.variants else None)
        figures = published(spec, name)
        at = {n: v for n, v in net.usual.items() if n in net.symbols}
        place = ", ".join(f"{n}={v}" for n, v in at.items())
        row: list[Cell] = [name, _figure(net, net.cost("params"), at), _figure(net, net.cost("macs"), at), place]
        table.rows.append([*row, domain_line(net), *_stated(figures)])
    sheet = Sheet(f"{len(table.rows)} bundled architectures", tables=[table])
    sheet.notes.append("symconv show MODEL derives the closed forms of one of them")
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
