"""The sheet of a network: what it costs in total and layer by layer, how that grows, and where it holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from symconv.analysis.growth import growth
from symconv.block import Rounds
from symconv.condition import Condition
from symconv.cost import Cost, cost_symbols, product
from symconv.count import CONVENTIONS, Convention
from symconv.domain import Domain
from symconv.errors import SymconvError
from symconv.network import Network
from symconv.notation import ASCII, LATEX, TEXT
from symconv.sizes import Undecided
from symconv.symbols import Symbol
from symconv.writers.figures import figures_at, figures_of
from symconv.writers.layers import counted, kind_of, label, metric_name
from symconv.writers.rows import layers_in
from symconv.writers.sheet import Big, Cell, Math, Name, Sheet, as_data, joined, plain
from symconv.writers.tables import WHOLE, View, network_records, network_table
from symconv.writers.unknowns import granted_lines

#: What a network keeps or makes, beside what it does.
KEPT: Final = ("params", "frozen", "buffers", "activations")


def network_sheet(
    net: Network,
    metric: str | Convention = "macs",
    at: Mapping[str, int] | None = None,
    every: bool = False,
    view: View = WHOLE,
) -> Sheet:
    """The closed forms of a network, in total and layer by layer; a repeated block stands there once.

    `at` are the values at which figures stand beside the formulas; without it they are the network's usual ones. Layers
    that neither change the shape nor cost anything are left out, and their number is said, unless `every` is set; a
    `view` has stages in their place, or the rows in another order.

    Raises CallError for a column to sort by that there is not, or whose cells have no order.
    """
    values = figures_at(net, at)
    sheet = Sheet(f"{net.name} · {net.description}" if net.description else net.name)
    sheet.facts = network_facts(net, metric)
    if view.depth is None and any(node.rounds for node in net.nodes):
        sheet.facts.append(("layers", layers_in(net.nodes)))
    table, hidden = network_table(net, metric, values, every, view)
    sheet.tables = [table]
    i = next((node.rounds[-1].index.name for node in net.nodes if node.rounds), "")
    if i and (view.depth is None or any(isinstance(c, Name) and c.said for row in table.rows for c in row[:1])):
        sheet.notes.append(
            f"×n: a block of n rounds; the outputs are those of round {i}, the figures those of all rounds"
        )
    if hidden:
        without = ", ".join(dict.fromkeys((label(metric), "params")))
        are, them = ("is", "it") if hidden == 1 else ("are", "them")
        sheet.notes.append(
            f"{counted(hidden, 'layer')} without {without} or a new shape {are} not shown: --all shows {them}"
        )
    sheet.notes += granted_lines(net)
    sheet.data = lambda: network_data(net, metric, values, view)
    sheet.records = lambda: network_records(net, metric, values, view)
    return sheet


def network_facts(net: Network, metric: str | Convention = "macs") -> list[tuple[str, Cell]]:
    """Totals, growth, and where they hold."""
    total = net.cost(metric)
    shown = {metric_name(metric): total, "params": net.cost("params")}
    shown |= {name: net.cost(name) for name in ("frozen", "buffers") if net.cost(name)}
    facts: list[tuple[str, Cell]] = [(label(name), cost) for name, cost in shown.items()]
    if cost_symbols(total):
        facts.append(("grows", grows(total)))
    facts.append(("domain", domain_line(net)))
    if (more := training_line(net)) is not None:
        facts.append(("in training", more))
    return facts


def total_sheet(net: Network, metric: str | Convention, only: str | None) -> Sheet:
    """One total, of a part of the network where one is named, and where it holds.

    Raises SymconvError for a part that there is not.
    """
    cost = net.cost(metric, only)
    sheet = Sheet(net.name, [(label(metric), cost), ("domain", domain_line(net))])
    sheet.data = lambda: {"name": net.name, "metric": metric_name(metric), "only": only, "total": plain(cost)}
    return sheet


def grows(cost: Cost) -> Math:
    """The leading terms of a cost, or why they are not known."""
    try:
        found = growth(cost)
    except Undecided as why:
        return Math(f"not decided: {why}")
    return Math.of(found.text)


# -- where it holds ----------------------------------------------------------------------------------------------------


def domain_line(net: Network) -> Math:
    """Every symbol of the network with the least value or the classes that it may have, then the other conditions."""
    spoken: set[Symbol] = set()
    lines: list[Math] = []
    for line, conditions in domain_lines(net.domain):
        lines.append(line)
        spoken |= conditions[0].symbols if len(conditions[0].symbols) == 1 else set()
    for extent in net.symbols.values():
        ((symbol,),) = extent.terms
        assert isinstance(symbol, Symbol)
        if symbol not in spoken:
            lines.append(_solved(f"{symbol.name} ≥ {symbol.least}" if symbol.integral else f"{symbol.name} > 0"))
    return joined(lines) if lines else Math("no symbols")


def domain_lines(domain: Domain) -> Iterator[tuple[Math, tuple[Condition, ...]]]:
    """What a domain asks for, a line for each symbol that it bounds and for each other condition; and by which."""
    for text, conditions in domain.lines(TEXT):
        yield _line(text, conditions), conditions


def _line(text: str, conditions: tuple[Condition, ...]) -> Math:
    """A line of a domain: a condition as it is, or what several of one symbol come to."""
    condition = condition_of(conditions[0])
    return condition if condition.text == text else _solved(text)


def training_line(net: Network) -> Math | None:
    """What the layers ask for besides that work in training only; none where the domain has it already."""
    both = Domain()
    for condition in net.domain.conditions:
        both.require(condition)
    known = {text for text, _ in both.lines(TEXT)}
    try:
        for condition in net.training_domain.conditions:
            both.require(condition)
    except SymconvError as why:
        return Math(f"never: {why}")
    more = [_line(text, conditions) for text, conditions in both.lines(TEXT) if text not in known]
    return joined(more) if more else None


def condition_of(condition: Condition) -> Math:
    """A condition of a domain."""
    latex = condition.text(LATEX)
    for word, sign in _SIGNS.items():
        latex = latex.replace(word, sign)
    return Math(condition.text(TEXT), latex, condition.text(ASCII))


_SIGNS: Final = {" divides ": r" \mid ", " for ": r"\text{ for }", " where ": r"\text{ where }"}
_WORDS: Final = {"≥": r"\geq", "≡": r"\equiv", "in": r"\in", "mod": r"\bmod", "or": r"\text{ or }", "no": r"\text{no}"}


def _solved(line: str) -> Math:
    """What is known of one symbol, `X ≥ 32, X ≡ 0 (mod 16)`."""
    latex = re.sub(r"\(mod (\d+)\)", r"\\pmod{\1}", line).replace("…", r" \ldots ")
    latex = re.sub(r"(?<![\\\w])[^\W\d]\w*|[≥≡]", lambda m: _WORDS.get(m[0]) or LATEX.symbol(m[0]).text, latex)
    return Math(line, latex, line.replace("≥", ">=").replace("≡", "=").replace("…", ".."))


# -- for programs ------------------------------------------------------------------------------------------------------


def network_data(
    net: Network, metric: str | Convention, values: Mapping[str, int], view: View = WHOLE
) -> dict[str, Any]:
    """What JSON says besides the facts: inputs, symbols, conditions, all totals, all primitives, all layers.

    Of a view its rows besides, as in CSV.
    """
    costs = {metric_name(metric): net.costs(metric)}
    costs |= {name: net.costs(name) for name in (*CONVENTIONS, *KEPT)}
    figures = figures_of(net, net.costs(metric), values)
    return {
        "name": net.name,
        "metric": metric_name(metric),
        "inputs": {name: _shape(t.shape) for name, t in net.inputs.items()},
        "symbols": list(net.symbols),
        "conditions": _conditions(net.domain),
        **({"conditions in training": _conditions(net.training_domain)} if net.training_domain.conditions else {}),
        **({"taken for granted": net.notes} if net.notes else {}),
        "totals": {name: plain(net.cost(metric if name == metric_name(metric) else name)) for name in costs},
        "primitives": {name: plain(cost) for name, cost in net.count().operations.items()},
        "figures": {"at": dict(values), "total": plain(Big(sum(figures.values())))} if figures else None,
        "layers": [
            {
                "name": node.name,
                **({"module": net.modules.get(node.name, "")} if net.modules else {}),
                "kind": node.layer.kind,
                "layer": kind_of(node).ascii,
                "inputs": list(node.inputs),
                "shares": node.shares or None,
                "output": _shape(node.out.shape),
                "rounds": [_rounds(r) for r in node.rounds],
                "training": node.training,
                "costs": {name: plain(of[node.name]) for name, of in costs.items()},
                **({"figure": plain(Big(figures[node.name]))} if figures else {}),
            }
            for node in net.nodes
        ],
        **({} if view == WHOLE else {"rows": as_data(network_records(net, metric, values, view))}),
    }


def _conditions(domain: Domain) -> list[dict[str, str]]:
    return [{"condition": c.text(ASCII), "node": c.node, "reason": c.reason} for c in domain.conditions]


def _rounds(rounds: Rounds) -> dict[str, Any]:
    """A repeated block that a layer stands in: its name, what counts its rounds, and from where to below where."""
    begin, end = _shape((rounds.index.begin, rounds.index.end))
    return {"name": rounds.name, "index": rounds.index.name, "begin": begin, "end": end, "tied": rounds.tied}


def _shape(shape: tuple[Any, ...]) -> list[Any]:
    return [plain(product(size)) for size in shape]
