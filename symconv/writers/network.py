"""The sheets of a network: what it costs layer by layer, and what stands behind a term."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from symconv.analysis.growth import growth
from symconv.cost import Cost, Number, cost_symbols, evaluate_cost, product, set_cost
from symconv.count import Convention
from symconv.network import Network, Node
from symconv.notation import ASCII, LATEX, TEXT, Style
from symconv.sizes import Undecided
from symconv.symbols import Symbol
from symconv.writers.sheet import Big, Cell, Column, Math, Name, Share, Sheet, Table, plain
from symconv.writers.wording import described

LABELS = {"macs": "MACs", "flops": "FLOPs", "ops": "ops", "full": "full count"}


def label(metric: str | Convention) -> str:
    """How a metric is called in a heading."""
    name = metric.name if isinstance(metric, Convention) else metric
    return LABELS.get(name, name)


def network_sheet(
    net: Network, metric: str | Convention = "macs", at: Mapping[str, int] | None = None, every: bool = False
) -> Sheet:
    """The closed forms of a network, in total and layer by layer.

    `at` are the values at which figures stand beside the formulas; without it they are the network's usual ones. Layers
    that neither change the shape nor cost anything are left out, and their number is said, unless `every` is set.
    """
    total = net.cost(metric)
    values = figures_at(net, at)
    sheet = Sheet(f"{net.name} · {net.description}" if net.description else net.name)
    sheet.facts = [(label(metric), total), ("params", net.cost("params"))]
    sheet.facts += [(name, net.cost(name)) for name in ("frozen", "buffers") if net.cost(name)]
    if cost_symbols(total):
        sheet.facts.append(("grows", grows(total)))
    sheet.facts.append(("domain", domain_line(net)))
    table, hidden = _layers(net, metric, values, every)
    sheet.tables = [table]
    if hidden:
        what = f"{hidden} layers without {label(metric)}, params or a new shape are not shown"
        sheet.notes.append(f"{what}: --all shows them")
    sheet.data = lambda: network_data(net, metric, values)
    return sheet


def _layers(net: Network, metric: str | Convention, values: Mapping[str, int], every: bool) -> tuple[Table, int]:
    """The table of the layers, and how many are left out of it."""
    costs, params, total = net.costs(metric), net.costs("params"), net.cost(metric)
    figures = _figures(net, costs, values)
    whole = sum(figures.values()) if figures else 0
    formulas = bool(cost_symbols(total))
    place = ", ".join(f"{name}={value}" for name, value in values.items())
    columns = [Column("layer", key="name"), Column("kind", key="kind"), Column("output", key="output")]
    columns += [Column("params", True, "params"), Column(label(metric), True, _name(metric))]
    columns += [Column(f"{label(metric)} at {place}", True, "figure")] if figures and formulas else []
    columns += [Column("share", key="share")] if figures else []
    table = Table(columns)
    stage = None
    for node in net.nodes:
        if not (every or costs[node.name] or node.parameters or _reshapes(node)):
            continue
        path = node.name.rpartition("/")[0]
        if path and path != stage:
            table.groups[len(table.rows)] = path
        stage = path
        row: list[Cell] = [Name(node.name, grouped=bool(path)), kind_of(node), node.out]
        row += [params[node.name], costs[node.name]]
        if figures:
            value = figures[node.name]
            row += [Big(value) if value else None] if formulas else []
            row.append(Share(Fraction(value) / Fraction(whole)) if value else None)
        table.rows.append(row)
    end: list[Cell] = ["total", f"{len(net.nodes)} layers", None, net.cost("params")]
    end.append(total if len(total.terms) < 4 else None)  # a longer formula stands above the table
    end += [Big(whole)] if figures and formulas else []
    end += [None] if figures else []
    table.total = end
    return table, len(net.nodes) - len(table.rows)


def _name(metric: str | Convention) -> str:
    return metric.name if isinstance(metric, Convention) else metric


def _reshapes(node: Node) -> bool:
    return len(node.tensors) != 1 or node.out.shape != node.tensors[0].shape


def kind_of(node: Node) -> Math:
    """A layer's kind and its telling fields."""
    return Math(described(node, TEXT), ascii=described(node, ASCII))


def grows(cost: Cost) -> Math:
    """The leading terms of a cost, or why they are not known."""
    try:
        found = growth(cost)
    except Undecided as why:
        return Math(f"not decided: {why}")
    return Math(found.text(TEXT), found.text(LATEX), found.text(ASCII))


def figures_at(net: Network, at: Mapping[str, int] | None) -> dict[str, int]:
    """The values for figures: those given, else the network's usual ones where they fit it."""
    if at is not None:
        return dict(at)
    return {name: value for name, value in net.usual.items() if name in net.symbols}


def _figures(net: Network, costs: Mapping[str, Cost], values: Mapping[str, int]) -> dict[str, Number]:
    """The figure of every layer; nothing where values for some symbol are missing."""
    at = net.at(values)
    if any(cost_symbols(cost) - at.keys() for cost in costs.values()):
        return {}
    return {name: evaluate_cost(cost, at) for name, cost in costs.items()}


def domain_line(net: Network) -> Math:
    """Every symbol of the network with the least value or the classes that it may have, then the other conditions."""
    known: dict[Style, list[str]] = {}
    for style in (TEXT, ASCII):
        lines = []
        spoken: set[Symbol] = set()
        for text, conditions in net.domain.lines(style):
            lines.append(text)
            spoken |= conditions[0].symbols if len(conditions[0].symbols) == 1 else set()
        for name, extent in net.symbols.items():
            ((symbol,),) = extent.terms
            assert isinstance(symbol, Symbol)
            if symbol not in spoken:
                least = symbol.least if symbol.integral else 0
                sign = ("≥" if style is TEXT else ">=") if symbol.integral else ">"
                lines.append(f"{name} {sign} {least}")
        known[style] = lines
    return Math(", ".join(known[TEXT]) or "no symbols", ascii=", ".join(known[ASCII]) or "no symbols")


def network_data(net: Network, metric: str | Convention, values: Mapping[str, int]) -> dict[str, Any]:
    """What JSON says besides the rows: inputs, symbols, domain with its conditions, all totals, all primitives."""
    return {
        "name": net.name,
        "inputs": {name: [plain(product(d)) for d in t.shape] for name, t in net.inputs.items()},
        "symbols": list(net.symbols),
        "figures_at": dict(values),
        "conditions": [{"condition": c.text(ASCII), "node": c.node, "reason": c.reason} for c in net.domain.conditions],
        "totals": {m: set_cost(net.cost(m), ASCII).text for m in ("macs", "flops", "ops", "full", *_KEPT)},
        "primitives": {name: set_cost(cost, ASCII).text for name, cost in net.count().operations.items()},
        "layers": layers_data(net, metric),
    }


def layers_data(net: Network, metric: str | Convention) -> list[dict[str, Any]]:
    """Every layer as a program reads it: where it stands, its shapes, its costs as formulas or whole numbers."""
    names = dict.fromkeys([_name(metric), "macs", "flops", "ops", "full", *_KEPT])
    costs = {name: net.costs(metric if name == _name(metric) else name) for name in names}
    return [
        {
            "name": node.name,
            "kind": node.layer.kind,
            "layer": described(node, ASCII),
            "inputs": list(node.inputs),
            "shares": node.shares or None,
            "output": [plain(product(d)) for d in node.out.shape],
            **{name: plain(of[node.name]) for name, of in costs.items()},
        }
        for node in net.nodes
    ]


_KEPT = ("params", "frozen", "buffers", "activations")
