"""The sheet of a network: what it costs in total and layer by layer, how that grows, and where it holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from symconv.analysis.growth import growth
from symconv.cost import Cost, Number, cost_symbols, evaluate_cost, product
from symconv.count import CONVENTIONS, Convention
from symconv.domain import Condition
from symconv.errors import SymconvError
from symconv.network import Network, Node
from symconv.notation import ASCII, LATEX, TEXT
from symconv.sizes import Undecided
from symconv.symbols import Symbol
from symconv.writers.sheet import Big, Cell, Column, Math, Name, Share, Sheet, Table, plain
from symconv.writers.wording import TIED, called, described

#: What a network keeps or makes, beside what it does.
KEPT: Final = ("params", "frozen", "buffers", "activations")


def label(metric: str | Convention) -> str:
    """How a metric is called in a heading."""
    return called(metric_name(metric))


def metric_name(metric: str | Convention) -> str:
    """The name of a metric."""
    return metric.name if isinstance(metric, Convention) else metric


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
    shown = {metric_name(metric): total, "params": net.cost("params")}
    shown |= {name: net.cost(name) for name in ("frozen", "buffers") if net.cost(name)}
    sheet.facts = [(label(name), cost) for name, cost in shown.items()]
    if cost_symbols(total):
        sheet.facts.append(("grows", grows(total)))
    sheet.facts.append(("domain", domain_line(net)))
    table, hidden = _layers(net, metric, values, every)
    sheet.tables = [table]
    if hidden:
        without = ", ".join(dict.fromkeys((label(metric), "params")))
        are, them = ("is", "it") if hidden == 1 else ("are", "them")
        sheet.notes.append(
            f"{counted(hidden, 'layer')} without {without} or a new shape {are} not shown: --all shows {them}"
        )
    sheet.data = lambda: network_data(net, metric, values)
    return sheet


def counted(number: int, what: str) -> str:
    """`1 layer`, `2 layers`."""
    return f"{number} {what}{'' if number == 1 else 's'}"


# -- the layers --------------------------------------------------------------------------------------------------------


def _layers(net: Network, metric: str | Convention, values: Mapping[str, int], every: bool) -> tuple[Table, int]:
    """The table of the layers, and how many are left out of it."""
    costs, params, total = net.costs(metric), net.costs("params"), net.cost(metric)
    figures = _figures(net, costs, values)
    whole = sum(figures.values())
    beside = bool(figures) and bool(cost_symbols(total))
    place = ", ".join(f"{name}={value}" for name, value in values.items())
    columns = [Column("layer", key="name"), Column("kind", key="kind"), Column("output", key="output")]
    columns += [Column("params", True, "params", rank=1)] if metric != "params" else []
    columns.append(Column(label(metric), True, metric_name(metric), rank=0 if beside else 3))
    columns += [Column(f"{label(metric)} at {place}", True, "figure", rank=3)] if beside else []
    columns += [Column("share", key="share", rank=2)] if figures else []
    table = Table(columns)
    stage = ""
    for node in net.nodes:
        if not (every or costs[node.name] or node.parameters or _reshapes(node)):
            continue
        path = node.name.rpartition("/")[0]
        if path and path != stage:
            table.groups[len(table.rows)] = path
        stage = path
        row: list[Cell] = [Name(node.name, grouped=bool(path)), kind_of(node), node.out]
        row += [params[node.name]] if metric != "params" else []
        row.append(costs[node.name])
        if figures:
            value = figures[node.name]
            row += [Big(value)] if beside else []
            row.append(Share(Fraction(value) / Fraction(whole)))
        table.rows.append(row)
    end: list[Cell] = ["total", counted(len(net.nodes), "layer"), None]
    end += [net.cost("params")] if metric != "params" else []
    end.append(total if len(total.terms) < 4 else None)  # a longer formula stands above the table
    end += [Big(whole)] if beside else []
    end += [None] if figures else []
    table.total = end
    return table, len(net.nodes) - len(table.rows)


def _reshapes(node: Node) -> bool:
    return len(node.tensors) != 1 or node.out.shape != node.tensors[0].shape


def kind_of(node: Node) -> Math:
    """A layer's kind and its telling fields."""
    return Math(described(node, TEXT).replace(TIED, " "), ascii=described(node, ASCII).replace(TIED, " "))


def figures_at(net: Network, at: Mapping[str, Any] | None) -> dict[str, Any]:
    """The values for figures: those given, else the network's usual ones; none where they do not fit it."""
    values = {name: value for name, value in (net.usual if at is None else at).items() if name in net.symbols}
    try:
        net.at(values)
    except SymconvError:
        return {}
    return values


def _figures(net: Network, costs: Mapping[str, Cost], values: Mapping[str, int]) -> dict[str, Number]:
    """The figure of every layer; none where values for some symbol are missing, or where all are zero."""
    at = net.at(values)
    if any(cost_symbols(cost) - at.keys() for cost in costs.values()):
        return {}
    figures = {name: evaluate_cost(cost, at) for name, cost in costs.items()}
    return figures if any(figures.values()) else {}


def grows(cost: Cost) -> Math:
    """The leading terms of a cost, or why they are not known."""
    try:
        found = growth(cost)
    except Undecided as why:
        return Math(f"not decided: {why}")
    return Math(found.text(TEXT), found.text(LATEX), found.text(ASCII))


# -- where it holds ----------------------------------------------------------------------------------------------------


def domain_line(net: Network) -> Math:
    """Every symbol of the network with the least value or the classes that it may have, then the other conditions."""
    spoken: set[Symbol] = set()
    lines: list[Math] = []
    for text, conditions in net.domain.lines(TEXT):
        condition = condition_of(conditions[0])
        lines.append(condition if condition.text == text else _solved(text))
        spoken |= conditions[0].symbols if len(conditions[0].symbols) == 1 else set()
    for extent in net.symbols.values():
        ((symbol,),) = extent.terms
        assert isinstance(symbol, Symbol)
        if symbol not in spoken:
            lines.append(_solved(f"{symbol.name} ≥ {symbol.least}" if symbol.integral else f"{symbol.name} > 0"))
    if not lines:
        return Math("no symbols")
    return Math(*(sep.join(getattr(m, kind) for m in lines) for sep, kind in _KINDS))


_KINDS: Final = ((", ", "text"), (r",\ ", "latex"), (", ", "ascii"))


def condition_of(condition: Condition) -> Math:
    """A condition of a domain."""
    latex = condition.text(LATEX).replace(" ≥ ", r" \geq ").replace(" divides ", r" \mid ")
    return Math(condition.text(TEXT), latex, condition.text(ASCII))


_WORDS: Final = {"≥": r"\geq", "≡": r"\equiv", "in": r"\in", "mod": r"\bmod", "or": r"\text{ or }", "no": r"\text{no}"}


def _solved(line: str) -> Math:
    """What is known of one symbol, `X ≥ 32, X ≡ 0 (mod 16)`."""
    latex = re.sub(r"\(mod (\d+)\)", r"\\pmod{\1}", line).replace("…", r" \ldots ")
    latex = re.sub(r"(?<![\\\w])[^\W\d]\w*|[≥≡]", lambda m: _WORDS.get(m[0]) or LATEX.symbol(m[0]).text, latex)
    return Math(line, latex, line.replace("≥", ">=").replace("≡", "=").replace("…", ".."))


# -- for programs ------------------------------------------------------------------------------------------------------


def network_data(net: Network, metric: str | Convention, values: Mapping[str, int]) -> dict[str, Any]:
    """What JSON says besides the facts: inputs, symbols, conditions, all totals, all primitives, all layers."""
    costs = {metric_name(metric): net.costs(metric)}
    costs |= {name: net.costs(name) for name in (*CONVENTIONS, *KEPT)}
    figures = _figures(net, net.costs(metric), values)
    return {
        "name": net.name,
        "metric": metric_name(metric),
        "inputs": {name: _shape(t.shape) for name, t in net.inputs.items()},
        "symbols": list(net.symbols),
        "conditions": [{"condition": c.text(ASCII), "node": c.node, "reason": c.reason} for c in net.domain.conditions],
        "totals": {name: plain(net.cost(metric if name == metric_name(metric) else name)) for name in costs},
        "primitives": {name: plain(cost) for name, cost in net.count().operations.items()},
        "figures": {"at": dict(values), "total": plain(Big(sum(figures.values())))} if figures else None,
        "layers": [
            {
                "name": node.name,
                "kind": node.layer.kind,
                "layer": kind_of(node).ascii,
                "inputs": list(node.inputs),
                "shares": node.shares or None,
                "output": _shape(node.out.shape),
                "costs": {name: plain(of[node.name]) for name, of in costs.items()},
                **({"figure": plain(Big(figures[node.name]))} if figures else {}),
            }
            for node in net.nodes
        ],
    }


def _shape(shape: tuple[Any, ...]) -> list[Any]:
    return [plain(product(size)) for size in shape]
