"""Where a figure comes from: the layers behind a term, a layer with its rule, the conditions of the domain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Final

from symconv.block import Rounds
from symconv.cost import Cost, product, settled, total_of
from symconv.count import PRIMITIVES, Convention
from symconv.domain import Domain
from symconv.errors import SymconvError, near
from symconv.extent import Extent, Size
from symconv.metrics.receptive_field import ReceptiveField, receptive_field
from symconv.network import Network, Node
from symconv.node import metric_of
from symconv.notation import LATEX, Style, latex_escape
from symconv.readers.expression import parse
from symconv.readers.names import plainly
from symconv.setting import set_size
from symconv.symbols import Symbol
from symconv.writers.layers import TRAINING, counted, group_rows, kind_of, label, metric_name, said_of, short
from symconv.writers.network import KEPT, condition_of, domain_line, training_line
from symconv.writers.sheet import SPACED, Cell, Column, Math, Name, Sheet, Table
from symconv.writers.stated import rule_of, rules_of, summary
from symconv.writers.terms import term_sheet
from symconv.writers.unknowns import granted_lines

#: What is said of a domain without conditions.
NOTHING_ASKED: Final = "No layer asks for anything beyond positive sizes."


def explain_sheet(net: Network, term: str | None = None, metric: str | Convention = "macs") -> Sheet:
    """What stands behind a layer, a stage or block, an input or a term of the total; without any, behind the domain.

    Raises SymconvError where the network has nothing of the kind.
    """
    if term is None:
        return _domain_sheet(net)
    term, names = net.spelled(term), [node.name for node in net.nodes]
    if term in names:
        return _layer_sheet(net, net.node(term), metric)
    stage = term.rstrip("/")
    inside = [node for node in net.nodes if node.name.startswith(stage + "/")]
    if stage and inside:
        return _stage_sheet(net, stage, inside, metric)
    if term in net.inputs:
        return _input_sheet(net, term)
    try:
        wanted = product(parse(term, net.symbols))
    except SymconvError as error:
        raise SymconvError(_no_such(net, term, names, error)) from None
    return term_sheet(net, term, wanted, metric)


def _no_such(net: Network, term: str, names: list[str], error: SymconvError) -> str:
    stages = sorted({n.rpartition("/")[0] for n in names} - {""})
    hint = near(term, [*stages, *names])
    if not hint and stages:
        hint = f"the stages are {', '.join(stages)}"
    return f"{net.name} has no layer or stage {plainly(term)}{f' ({hint})' if hint else ''}, and it is no term: {error}"


# -- a layer, a stage, an input, the domain ----------------------------------------------------------------------------


def _layer_sheet(net: Network, node: Node, metric: str | Convention) -> Sheet:
    sheet = Sheet(f"{node.name} in {net.name} · {summary(node.layer)}")
    sheet.facts = [("layer", kind_of(node))]
    sheet.facts += _rounds(node.rounds)
    sheet.facts += [(_from(node, name), tensor) for name, tensor in zip(node.inputs, node.tensors)]
    sheet.facts.append(("output", node.out))
    if node.training:
        sheet.facts.append(("works", "in training only: it keeps its params, and inference does none of its work"))
    sheet.facts += [(f"{p.kind} {p.name}", _product(p.shape)) for p in node.parameters]
    if node.shares:
        sheet.facts.append(("shares", f"the weights of {node.shares}, which are counted there"))
    shown = {metric_name(m): m for m in ("macs", metric, *KEPT)}
    costs = {name: net.costs(m)[node.name] for name, m in shown.items()}
    once = _in_one_round(node, shown)
    always = ("macs", "params", "activations", metric_name(metric))
    for name, cost in costs.items():
        if cost or name in always:
            sheet.facts += [(f"{label(name)} in a round", once[name])] if node.rounds else []
            sheet.facts.append((label(name), cost))
    field = receptive_field(net, node.name)
    if field:
        sheet.facts += [("to the input", window) for window in _windows(field)]
    asked = (*net.domain.conditions, *net.training_domain.conditions)
    sheet.facts += [("asks for", condition_of(c)) for c in asked if c.node == node.name]
    sheet.tables = operations_table(node.count.operations)
    sheet.notes = rules_of([node]) if rule_of(node.layer) != [summary(node.layer)] else []
    sheet.records = lambda: facts_and_counts(sheet)
    return sheet


def _rounds(rounds: Iterable[Rounds]) -> list[tuple[str, Cell]]:
    """The repeated blocks around a node, and how many rounds each has."""
    facts: list[tuple[str, Cell]] = []
    for r in rounds:
        said, tied = said_of(r), ", all with one set of weights" if r.tied else ""
        parts = (
            f"{r.name} {said.text}{tied}",
            rf"\text{{{latex_escape(r.name)} }} {said.latex}",
            f"{r.name} {said.ascii}{tied}",
        )
        facts.append(("rounds", Math(*parts)))
    return facts


def _from(node: Node, name: str) -> str:
    """What is read, by its name; inside of a repeated block its source is what enters the round."""
    carried = next((r for r in node.rounds if name == r.source), None)
    return f"from {name}" if carried is None else f"enters round {carried.index.name}"


def _in_one_round(node: Node, metrics: Mapping[str, str | Convention]) -> dict[str, Cost]:
    """What a node costs in one round, by the metric's name."""
    alone = replace(node, rounds=())
    return {name: metric_of(metric).over(alone) for name, metric in metrics.items()}


def operations_table(counts: Mapping[str, Cell]) -> list[Table]:
    """Primitive operations with their counts and what they are; no table where there are none."""
    table = Table([Column("operation"), Column("count", rank=1), Column("what it is", prose=True)])
    table.rows = [[name, count, PRIMITIVES[name]] for name, count in counts.items()]
    return [table] if table.rows else []


def conditions_table(domain: Domain) -> Table:
    """The conditions of a domain, and which layers ask for them."""
    table = Table([Column("condition", rank=1), Column("asked for by"), Column("because it needs", prose=True)])
    table.rows = [[condition_of(c), c.node, c.reason] for c in domain.conditions]
    return table


def facts_and_counts(sheet: Sheet) -> Table:
    """The facts of a sheet, then the rows of its table of operations, as records of two fields."""
    counts: list[list[Cell]] = [row[:2] for table in sheet.tables for row in table.rows]
    return Table([Column("fact"), Column("value")], [[name.strip(), cell] for name, cell in sheet.facts] + counts)


def _product(sizes: Iterable[Size | Fraction]) -> Math:
    """Sizes with × between."""
    sizes = tuple(sizes)

    def text(style: Style) -> str:
        return style.by.join(_size(d, style, 2) for d in sizes) or "1"

    return Math.of(text, SPACED)


def _size(size: Size | Fraction, style: Style, level: int = 0) -> str:
    return style.within(set_size(size, style) if isinstance(size, int | Extent) else style.number(size), level)


def _windows(field: Iterable[ReceptiveField]) -> list[Math]:
    """The one convolution that the node is to the input; all axes at once where they are alike."""

    def text(f: ReceptiveField, style: Style) -> str:
        parts = (("receptive field", f.size), ("stride", f.stride), ("padding", f.padding))
        said = ((rf"\text{{{name} }}" if style is LATEX else f"{name} ", size) for name, size in parts)
        return (r",\ " if style is LATEX else ", ").join(name + _size(size, style) for name, size in said)

    return [Math.of(partial(text, f)) for f in dict.fromkeys(field)]


def _stage_sheet(net: Network, stage: str, nodes: list[Node], metric: str | Convention) -> Sheet:
    metrics = list({metric_name(m): m for m in ("params", metric)}.values())
    costs = [net.costs(m) for m in metrics]
    table = Table([Column("layer"), Column("kind", short=True), Column("output")])
    table.columns = [*table.columns, *(Column(label(m), True, metric_name(m), rank=2, short=True) for m in metrics)]
    under = group_rows(net, nodes, table)
    table.rows = [[Name(n.name, under[n.name]), kind_of(n), n.out, *(c[n.name] for c in costs)] for n in nodes]
    sums = [settled(total_of(c[n.name] for n in nodes)) for c in costs]
    table.total = ["together", counted(len(nodes), "layer"), None, *map(short, sums)]
    sheet = Sheet(f"{stage} in {net.name}", tables=[table])
    around = [r for r in nodes[0].rounds if stage.startswith((f"{r.name}/{r.index.name}/", f"{r.name}/{r.index.name}"))]
    own = [r for n in nodes for r in n.rounds if r not in around]
    sheet.facts += [*_rounds(around), *_rounds(dict.fromkeys(own))]
    for r in dict.fromkeys((*around, *own)):
        entered = [t for n in nodes for name, t in zip(n.inputs, n.tensors) if name == r.source and r in n.rounds]
        sheet.facts += [(f"enters round {r.index.name}", entered[0])] if entered else []
    if stage in net.blocks:
        sheet.facts.append(("output", net.blocks[stage].out))
    for m, total in zip(metrics, sums):
        if around:
            in_round = total_of(metric_of(m).over(replace(n, rounds=n.rounds[len(around) :])) for n in nodes)
            sheet.facts.append((f"{label(m)} in a round", settled(in_round)))
        sheet.facts.append((label(m), total))
    names = {n.name for n in nodes}
    asked = (*net.domain.conditions, *net.training_domain.conditions)
    sheet.facts += [("asks for", condition_of(c)) for c in asked if c.node in names]
    return sheet


def _input_sheet(net: Network, name: str) -> Sheet:
    shape = net.inputs[name].shape
    sheet = Sheet(f"{name}, an input of {net.name}", [("shape", _product(shape))])
    readers = [node.name for node in net.nodes if name in node.inputs]
    sheet.facts.append(("read by", ", ".join(readers) or "no layer"))
    return sheet


def _domain_sheet(net: Network) -> Sheet:
    sheet = Sheet(f"where the formulas of {net.name} hold", [("domain", domain_line(net))])
    conditions = net.domain.conditions
    for name, extent in net.symbols.items():
        ((symbol,),) = extent.terms
        assert isinstance(symbol, Symbol)
        sheet.facts.append((f"least {name}", _least(net, symbol)))
    table = conditions_table(net.domain)
    if (more := training_line(net)) is not None:
        sheet.facts.insert(1, (TRAINING, more))
        here = net.training_domain.conditions
        table.rows += [[condition_of(c), c.node, f"{c.reason}, {TRAINING}"] for c in here if c not in conditions]
    if table.rows:
        sheet.tables = [table]
    else:
        sheet.notes.append(NOTHING_ASKED)
    sheet.notes += granted_lines(net)
    return sheet


def _least(net: Network, symbol: Symbol) -> Cell:
    """The least legal value of a symbol, where no other symbol has a say in it."""
    asking = [c for c in net.domain.conditions if symbol in c.symbols]
    if any(len(c.symbols) > 1 for c in asking):
        return "depends on other symbols"
    if not symbol.integral:
        return "as its conditions ask" if asking else "any above 0"
    least = net.domain.least(symbol)
    return least if all(c.holds({symbol: least}) for c in asking) else "not decided"
