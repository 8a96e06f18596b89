"""The layers behind a term of a total, or behind a group of terms as it is printed."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from symconv.cost import Cost, Factor, Factors, Number, cost_of, product, settled, total_of
from symconv.count import Convention
from symconv.errors import SymconvError
from symconv.extent import Extent, Floor, Size, size_of
from symconv.formula import by_resolution, in_front, ordered_terms, set_cost
from symconv.network import Network
from symconv.notation import TEXT
from symconv.readers.names import plainly
from symconv.writers.layers import counted, kind_of, label, short
from symconv.writers.sheet import Column, Sheet, Table
from symconv.writers.stated import rules_of


def term_sheet(net: Network, text: str, wanted: Cost, metric: str | Convention) -> Sheet:
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
    together = settled(total_of(found.values()))
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
    sheet.notes += rules_of(net.node(name) for name in found)
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
