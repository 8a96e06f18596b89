"""Where a figure comes from: the layers behind a term, a layer with its rule, the conditions of the domain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from inspect import cleandoc

from symconv.block import Rounds
from symconv.cost import (
    Cost,
    Factor,
    Factors,
    Number,
    by_resolution,
    cost_of,
    in_front,
    ordered_terms,
    product,
    set_cost,
    shortest,
    total_of,
)  # fmt: skip
from symconv.count import PRIMITIVES, Convention
from symconv.errors import SymconvError, near
from symconv.extent import Extent, Floor, Size, size_of
from symconv.layer import Layer
from symconv.metrics.receptive_field import ReceptiveField, receptive_field
from symconv.network import Network, Node
from symconv.notation import ASCII, LATEX, TEXT, Style, latex_escape
from symconv.readers.expression import parse
from symconv.readers.names import plainly
from symconv.setting import set_size
from symconv.symbols import Symbol
from symconv.writers.layers import TRAINING, counted, group_rows, kind_of, label, metric_name, said_of, short
from symconv.writers.network import KEPT, condition_of, domain_line, training_line
from symconv.writers.shares import metric_of
from symconv.writers.sheet import SPACED, Cell, Column, Math, Name, Sheet, Table


def explain_sheet(net: Network, term: str | None = None, metric: str | Convention = "macs") -> Sheet:
    """What stands behind a layer, a stage or block, an input or a term of the total; without any, behind the domain.

    Raises SymconvError where the network has nothing of the kind.
    """
    if term is None:
        return _domain_sheet(net)
    names = [node.name for node in net.nodes]
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
    return _term_sheet(net, term, wanted, metric)


def _no_such(net: Network, term: str, names: list[str], error: SymconvError) -> str:
    stages = sorted({n.rpartition("/")[0] for n in names} - {""})
    hint = near(term, [*stages, *names])
    if not hint and stages:
        hint = f"the stages are {', '.join(stages)}"
    return f"{net.name} has no layer or stage {plainly(term)}{f' ({hint})' if hint else ''}, and it is no term: {error}"


# -- a term ------------------------------------------------------------------------------------------------------------


def _term_sheet(net: Network, text: str, wanted: Cost, metric: str | Convention) -> Sheet:
    """The layers whose cost has the term, whatever its coefficient, and what they add up to."""
    total, costs = net.cost(metric), net.costs(metric)
    front, _ = in_front(total)
    expanded = total.terms != total_of(costs.values()).terms  # it is shorter so, and its terms are no layer's own
    group, terms = _group(total, wanted), _Terms(wanted, front)
    found = {name: part for name, cost in costs.items() if (part := terms.of(cost, expanded))} if group is None else {}
    if group is not None:
        found, expanded = _of_group(costs, group)
    if not found:
        known = ", ".join(set_cost(group, TEXT).text for group in _groups(total))
        said = f"the terms of its {label(metric)} are {known}" if known else f"its {label(metric)} are 0"
        raise SymconvError(f"no layer of {net.name} has a term in {plainly(text)}: {said}")
    columns = [Column("layer"), Column("kind", short=True), Column("input", rank=1), Column("output", rank=1)]
    table = Table([*columns, Column("its part", True, rank=3, short=True)])
    for name, cost in found.items():
        node = net.node(name)
        table.rows.append([name, kind_of(node), node.tensors[0] if node.tensors else None, node.out, cost])
    together = shortest(total_of(found.values()))
    table.total = ["together", counted(len(found), "layer"), None, None, short(together)]
    sheet = Sheet(f"{text} in the {label(metric)} of {net.name}", [("together", together), ("of", total)], [table])
    if len(together.terms) == 1 and group is None:
        ((factors, coefficient),) = together.terms.items()
        asked = terms.multiple(factors)
        if asked not in (None, 1, coefficient):
            sheet.notes.append(f"The total has the coefficient {coefficient} there, not {asked}.")
    if expanded:
        sheet.notes.append("The layers' own products are expanded here, as the total is.")
    if not together:
        sheet.notes.append("The layers' parts cancel.")
    sheet.notes += _rules_of(net.node(name) for name in found)
    return sheet


def _groups(total: Cost) -> list[Cost]:
    """The terms of a total as it is printed: those of one resolution together."""
    front, rest = in_front(total)
    groups: list[Cost] = []
    for extents, inside in by_resolution(rest):
        parts = [inside] if extents else [Cost({f: c}) for f, c in ordered_terms(inside)]
        groups += [part * Cost({(*front, *extents): 1}) for part in parts]
    return groups


def _group(total: Cost, wanted: Cost) -> Cost | None:
    """The group of several terms that is asked for, by itself or by its extents, with or without what is in front."""
    front, rest = in_front(total)
    asked = wanted.expanded()
    for extents, inside in by_resolution(rest):
        if len(inside.terms) < 2 or not extents:
            continue
        around = (Cost({extents: 1}), Cost({(*front, *extents): 1}))
        if any(one.expanded() == asked or (inside * one).expanded() == asked for one in around):
            return inside * around[1]
    return None


def _of_group(costs: Mapping[str, Cost], group: Cost) -> tuple[dict[str, Cost], bool]:
    """What each layer has of a group, its own products as they are where these add up to it; whether they do not."""
    ((extents, _),) = by_resolution(group)
    for expanded in (False, True):
        found = {}
        for name, cost in costs.items():
            own = cost_of(cost.expanded()) if expanded else cost
            part = total_of(inside * Cost({at: 1}) for at, inside in by_resolution(own) if at == extents)
            if part:
                found[name] = part
        if total_of(found.values()) == group:
            break
    return found, expanded


class _Terms:
    """The terms that are asked for: all multiples of one product, with or without what stands in front of all terms."""

    def __init__(self, wanted: Cost, front: Factors) -> None:
        self.over, self.under = _quotient(wanted)
        self.front = front
        self.known: dict[Factors, Number | None] = {}

    def of(self, cost: Cost, expanded: bool) -> Cost:
        """Those that a layer's cost has."""
        terms = cost_of(cost.expanded()).terms if expanded else cost.terms
        return Cost({f: c for f, c in terms.items() if self.multiple(f) is not None})

    def multiple(self, factors: Factors) -> Number | None:
        """c where c times the product of the factors is asked for."""
        if factors not in self.known:
            left = list(factors)
            for f in self.front:
                if f in left:
                    left.remove(f)
            found = (self._ratio(candidate) for candidate in (factors, tuple(left)))
            self.known[factors] = next((c for c in found if c is not None), None)
        return self.known[factors]

    def _ratio(self, factors: Factors) -> Number | None:
        over, under = _quotient(Cost({factors: 1}))
        asked, one = product(self.over * under).expanded(), product(over * self.under).expanded()
        ratios = {Fraction(asked[m]) / Fraction(one[m]) for m in one} if one.keys() == asked.keys() else set()
        return ratios.pop() if len(ratios) == 1 else None


def _quotient(of: Cost | Size) -> tuple[Size, Size]:
    """The dividend and the divisor that it is, so that C·(C/G) and C²/G are seen to be one."""
    if isinstance(of, int):
        return of, 1
    over: Size = 0
    under: Size = 1
    for factors, c in of.terms.items():
        number = Fraction(c)
        above: Size = number.numerator
        below: Size = number.denominator
        for factor in factors:
            up, down = _quotient_of_factor(factor)
            above, below = above * up, below * down
        over, under = (over + above, under) if below == under else (over * below + above * under, under * below)
    return over, under


def _quotient_of_factor(factor: Factor) -> tuple[Size, Size]:
    if isinstance(factor, Extent):
        return _quotient(factor)
    if isinstance(factor, Floor) and factor.exact:
        (a, b), (c, d) = _quotient(factor.over), _quotient(factor.under)
        return a * d, b * c
    return size_of(factor), 1


# -- rules -------------------------------------------------------------------------------------------------------------


def summary(layer: Layer) -> str:
    """The first line of a layer's docstring."""
    lines = _lines(layer)
    return lines[0] if lines else layer.kind


def _lines(layer: Layer) -> list[str]:
    """The lines of a layer's docstring; none where it has only the one that a dataclass makes itself."""
    doc = cleandoc(type(layer).__doc__ or "")
    return [] if doc.startswith(f"{type(layer).__name__}(") else doc.splitlines()


def _rule(layer: Layer) -> list[str]:
    """What a layer's docstring states of the shape, the work and the space; else its summary."""
    stated: list[str] = []
    open_line = False
    for line in _lines(layer):
        if line.split()[:1] and line.split()[0] in ("shape", "work", "space"):
            stated.append(" ".join(line.split()))
            open_line = True
        elif open_line and line.startswith(" "):
            stated[-1] += " " + " ".join(line.split())
        else:
            open_line = False
    return stated or [summary(layer)]


def _rules_of(nodes: Iterable[Node]) -> list[str]:
    """The rule behind each kind of layer."""
    kinds = {node.layer.kind: node.layer for node in nodes}
    return [f"{kind}: {line}" for kind, layer in kinds.items() for line in _rule(layer)]


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
    table = Table([Column("operation"), Column("count", rank=1), Column("what it is", prose=True)])
    table.rows = [[name, cost, PRIMITIVES[name]] for name, cost in node.count.operations.items()]
    sheet.tables = [table] if table.rows else []
    sheet.notes = _rules_of([node]) if _rule(node.layer) != [summary(node.layer)] else []
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


def facts_and_counts(sheet: Sheet) -> Table:
    """The facts of a sheet, then the rows of its table of operations, as records of two fields."""
    counts: list[list[Cell]] = [row[:2] for table in sheet.tables for row in table.rows]
    return Table([Column("fact"), Column("value")], [[name.strip(), cell] for name, cell in sheet.facts] + counts)


def _product(sizes: Iterable[Size | Fraction]) -> Math:
    """Sizes with × between."""
    sizes = tuple(sizes)

    def text(style: Style) -> str:
        return style.by.join(_size(d, style, 2) for d in sizes) or "1"

    return Math(text(TEXT), text(LATEX), text(SPACED))


def _size(size: Size | Fraction, style: Style, level: int = 0) -> str:
    return style.within(set_size(size, style) if isinstance(size, int | Extent) else style.number(size), level)


def _windows(field: Iterable[ReceptiveField]) -> list[Math]:
    """The one convolution that the node is to the input; all axes at once where they are alike."""

    def text(f: ReceptiveField, style: Style) -> str:
        parts = (("receptive field", f.size), ("stride", f.stride), ("padding", f.padding))
        said = ((rf"\text{{{name} }}" if style is LATEX else f"{name} ", size) for name, size in parts)
        return (r",\ " if style is LATEX else ", ").join(name + _size(size, style) for name, size in said)

    return [Math(text(f, TEXT), text(f, LATEX), text(f, ASCII)) for f in dict.fromkeys(field)]


def _stage_sheet(net: Network, stage: str, nodes: list[Node], metric: str | Convention) -> Sheet:
    metrics = list({metric_name(m): m for m in ("params", metric)}.values())
    costs = [net.costs(m) for m in metrics]
    table = Table([Column("layer"), Column("kind", short=True), Column("output")])
    table.columns = [*table.columns, *(Column(label(m), True, metric_name(m), rank=2, short=True) for m in metrics)]
    under = group_rows(net, nodes, table)
    table.rows = [[Name(n.name, under[n.name]), kind_of(n), n.out, *(c[n.name] for c in costs)] for n in nodes]
    sums = [shortest(total_of(c[n.name] for n in nodes)) for c in costs]
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
            sheet.facts.append((f"{label(m)} in a round", shortest(in_round)))
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
    table = Table([Column("condition", rank=1), Column("asked for by"), Column("because it needs", prose=True)])
    table.rows = [[condition_of(c), c.node, c.reason] for c in conditions]
    if (more := training_line(net)) is not None:
        sheet.facts.insert(1, (TRAINING, more))
        here = net.training_domain.conditions
        table.rows += [[condition_of(c), c.node, f"{c.reason}, {TRAINING}"] for c in here if c not in conditions]
    if table.rows:
        sheet.tables = [table]
    else:
        sheet.notes.append("No layer asks for anything beyond positive sizes.")
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
