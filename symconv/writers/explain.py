"""Where a figure comes from: the layers behind a term, a layer with its rule, the conditions of the domain."""

from __future__ import annotations

from fractions import Fraction

from symconv.cost import Cost, Factors, in_front, ordered_terms, product, set_cost, total_of
from symconv.count import Convention
from symconv.domain import Condition
from symconv.errors import SymconvError, near
from symconv.extent import set_size
from symconv.metrics.receptive_field import receptive_field
from symconv.network import Network, Node
from symconv.notation import ASCII, LATEX, TEXT, Style
from symconv.readers.expression import parse
from symconv.writers.network import domain_line, kind_of, label
from symconv.writers.sheet import Column, Math, Sheet, Table


def explain_sheet(net: Network, term: str | None = None, metric: str | Convention = "macs") -> Sheet:
    """What stands behind a layer, a stage or a term of the total; without any, behind the domain.

    Raises SymconvError where the network has neither such a layer nor such a term.
    """
    if term is None:
        return _domain_sheet(net)
    names = [node.name for node in net.nodes]
    if term in names:
        return _layer_sheet(net, net.node(term))
    stage = term.rstrip("/") + "/"
    inside = [node for node in net.nodes if node.name.startswith(stage)]
    if inside:
        return _stage_sheet(net, term, inside, metric)
    try:
        wanted = product(parse(term, net.symbols))
    except SymconvError as error:
        stages = sorted({n.rpartition("/")[0] for n in names} - {""})
        hint = near(term, [*names, *stages]) or f"The stages are {', '.join(stages)}." if stages else ""
        raise SymconvError(f"{term} is no layer of {net.name}, and no term: {error}. {hint}".rstrip()) from None
    return _term_sheet(net, term, wanted, metric)


# -- a term ------------------------------------------------------------------------------------------------------------


def _term_sheet(net: Network, text: str, wanted: Cost, metric: str | Convention) -> Sheet:
    """The layers whose cost has the term, whatever its coefficient, and what they add up to."""
    total = net.cost(metric)
    front, _ = in_front(total)
    table = Table([Column("layer"), Column("kind"), Column("input"), Column("output"), Column("its part", right=True)])
    parts: list[Cost] = []
    behind: list[Node] = []
    costs = net.costs(metric)
    for node in net.nodes:
        part = Cost({f: c for f, c in costs[node.name].terms.items() if _multiple(wanted, f, front) is not None})
        if part:
            parts.append(part)
            behind.append(node)
            before = node.tensors[0] if node.tensors else None
            table.rows.append([node.name, kind_of(node), before, node.out, part])
    if not parts:
        terms = ", ".join(set_cost(Cost({f: c}), TEXT).text for f, c in ordered_terms(total))
        raise SymconvError(f"no layer of {net.name} has a term in {text}; the terms of its {label(metric)} are {terms}")
    together = total_of(parts)
    table.total = ["together", f"{len(parts)} layers", None, None, together]
    sheet = Sheet(f"{text} in the {label(metric)} of {net.name}", [("together", together), ("of", total)], [table])
    if len(together.terms) == 1:
        ((factors, coefficient),) = together.terms.items()
        asked = _multiple(wanted, factors, front)
        if asked not in (None, 1, coefficient):
            sheet.notes.append(f"The total has the coefficient {coefficient} there, not {asked}.")
    sheet.notes += _sources(behind)
    return sheet


def _multiple(wanted: Cost, factors: Factors, front: Factors) -> Fraction | None:
    """c where wanted is c times the product of the factors, with or without what stands in front of all terms."""
    asked = wanted.expanded()
    left = list(factors)
    for f in front:
        if f in left:
            left.remove(f)
    for candidate in (factors, tuple(left)):
        one = Cost({candidate: 1}).expanded()
        if one.keys() == asked.keys():
            ratios = {Fraction(asked[m]) / Fraction(one[m]) for m in one}
            if len(ratios) == 1:
                return ratios.pop()
    return None


def _sources(nodes: list[Node]) -> list[str]:
    """The rule behind each kind of layer."""
    kinds = {node.layer.kind: type(node.layer).__doc__ or "" for node in nodes}
    return [f"{kind}: {' '.join(line.split())}" for kind, doc in kinds.items() for line in _rule_lines(doc)]


def _rule_lines(doc: str) -> list[str]:
    """The lines of a docstring that state the shape, the work and the space."""
    lines = [line.strip() for line in doc.splitlines()]
    return [line for line in lines if line.split(" ")[0] in ("shape", "work", "space")] or lines[:1]


# -- a layer, a stage, the domain --------------------------------------------------------------------------------------


def _layer_sheet(net: Network, node: Node) -> Sheet:
    sheet = Sheet(f"{node.name} in {net.name} · {(type(node.layer).__doc__ or '').strip().splitlines()[0]}")
    sheet.facts = [("layer", kind_of(node))]
    sheet.facts += [(f"from {name}", tensor) for name, tensor in zip(node.inputs, node.tensors)]
    sheet.facts.append(("output", node.out))
    sheet.facts += [(f"{p.kind} {p.name}", _shape(p.shape)) for p in node.parameters]
    if node.shares:
        sheet.facts.append(("shares", f"the weights of {node.shares}, which are counted there"))
    sheet.facts += [(name, cost) for name, cost in node.count.operations.items()]
    sheet.facts += [(label(m), net.costs(m)[node.name]) for m in ("macs", "params", "activations")]
    field = receptive_field(net, node.name)
    if field:
        sheet.facts.append(("to the input", _window(field)))
    sheet.facts += [("asks for", _condition(c)) for c in net.domain.conditions if c.node == node.name]
    sheet.notes = [f"rule: {' '.join(line.split())}" for line in _rule_lines(type(node.layer).__doc__ or "")]
    return sheet


def _shape(shape: tuple[object, ...]) -> Math:
    def text(style: Style) -> str:
        return style.by.join(style.within(set_size(d, style), 2) for d in shape) or "1"  # type: ignore[arg-type]

    return Math(text(TEXT), text(LATEX), text(ASCII))


def _window(field: tuple[object, ...]) -> str:
    shown = dict.fromkeys(f"R = {f.size}, S = {f.stride}, P = {f.padding}" for f in field)  # type: ignore[attr-defined]
    return "; ".join(shown) + " (receptive field, stride and padding of the one convolution that it is)"


def _stage_sheet(net: Network, stage: str, nodes: list[Node], metric: str | Convention) -> Sheet:
    costs, params = net.costs(metric), net.costs("params")
    table = Table(
        [Column("layer"), Column("kind"), Column("output"), Column("params", True), Column(label(metric), True)]
    )
    table.rows = [[n.name, kind_of(n), n.out, params[n.name], costs[n.name]] for n in nodes]
    sums = [total_of(c[n.name] for n in nodes) for c in (params, costs)]
    table.total = ["together", f"{len(nodes)} layers", None, *sums]
    sheet = Sheet(f"{stage} in {net.name}", [("params", sums[0]), (label(metric), sums[1])], [table])
    sheet.facts += [("asks for", _condition(c)) for c in net.domain.conditions if c.node in {n.name for n in nodes}]
    return sheet


def _domain_sheet(net: Network) -> Sheet:
    sheet = Sheet(f"where the formulas of {net.name} hold", [("domain", domain_line(net))])
    for name, extent in net.symbols.items():
        ((symbol,),) = extent.terms
        sheet.facts.append((f"least {name}", net.domain.least(symbol) if symbol.integral else "any above 0"))  # type: ignore[arg-type]
    table = Table([Column("condition"), Column("asked for by"), Column("because it needs")])
    table.rows = [[_condition(c), c.node, c.reason] for c in net.domain.conditions]
    if table.rows:
        sheet.tables = [table]
    else:
        sheet.notes.append("No layer asks for anything beyond positive sizes.")
    return sheet


def _condition(condition: Condition) -> Math:
    return Math(condition.text(TEXT), ascii=condition.text(ASCII))
