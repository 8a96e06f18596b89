"""What a notebook shows of a network, a family, a layer, a count, a formula: HTML with MathML, a picture, LaTeX.

`bundle` is what Jupyter asks an object for, by its method `_repr_mimebundle_`; `symconv/__init__.py` gives it to the
classes. There is no script in any of it. A what-if view, which has one, is `symconv.writers.view`'s.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from symconv.cost import Cost
from symconv.count import Count
from symconv.domain import Domain
from symconv.errors import SymconvError
from symconv.extent import Extent
from symconv.formula import set_cost
from symconv.layer import Layer
from symconv.lift import Family
from symconv.network import Network
from symconv.node import Node
from symconv.notation import LATEX
from symconv.setting import set_size
from symconv.writers.explain import NOTHING_ASKED, conditions_table, operations_table
from symconv.writers.formats.html import cell_html, fragment
from symconv.writers.lift import family_sheet
from symconv.writers.network import domain_lines, network_sheet
from symconv.writers.pictures.diagram import drawn
from symconv.writers.pictures.folding import readable
from symconv.writers.rules import NO_ARITHMETIC, count_facts, layer_sheet
from symconv.writers.sheet import Sheet
from symconv.writers.tables import View

#: The most layers of a table that is shown at once, and the most boxes of a picture.
ROWS, BOXES = 40, 24


def bundle(thing: Any) -> dict[str, str]:
    """What a notebook may show of an object, by media types; the plain text is that of print.

    >>> from symconv.extent import size_of
    >>> from symconv.symbols import symbol
    >>> bundle(size_of(symbol("X")) // 2)["text/latex"]
    '$\\\\displaystyle \\\\left\\\\lfloor \\\\frac{X}{2} \\\\right\\\\rfloor$'
    """
    kind = next((kind for kind in _SHOWN if isinstance(thing, kind)), None)
    rich = _SHOWN[kind](thing) if kind else {}
    return {"text/plain": repr(thing), **rich}


def network_html(network: Network) -> str:
    """A network: its closed forms, the table of its stages with all of its layers behind it, and its picture."""
    if not network.nodes:
        return fragment(network_sheet(network))
    long = len(network.nodes) > ROWS
    parts = [fragment(network_sheet(network, view=View(depth=1) if long else View()))]
    if long:
        whole = replace(network_sheet(network), title=f"all layers of {network.name}", facts=[])
        parts.append(_folded("all layers", fragment(whole)))
    return "\n".join([*parts, picture(network)])


def picture(network: Network) -> str:
    """The diagram of a network inside of a page; where it cannot be drawn, why."""
    try:
        image = drawn(network, "svg", depth=readable(network, most=BOXES)).decode()
    except SymconvError as error:
        return fragment(Sheet("", notes=[f"no picture: {error}"]))
    svg = image[image.index("<svg") :]
    # Several pictures may stand in one page, and nothing in an SVG of ours refers to an identifier.
    svg = re.sub(r' id="[^"]*"', "", svg)
    return f'<div class="symconv picture" style="overflow-x: auto; margin: 1em 0">{svg}</div>'


def _folded(summary: str, inside: str) -> str:
    return f'<details class="symconv"><summary>{summary}</summary>\n{inside}</details>'


def _node(node: Node) -> dict[str, str]:
    sheet = layer_sheet(node.layer, node.tensors)
    return _sheet(replace(sheet, title=f"{node.name} · {sheet.title}"))


def _layer(layer: Layer) -> dict[str, str]:
    try:
        return _sheet(layer_sheet(layer))
    except SymconvError:  # a layer whose fields do not fit the symbols of the general rule
        return {}


def _count(count: Count) -> dict[str, str]:
    sheet = Sheet("primitive operations", count_facts(count), operations_table(count.operations))
    if not sheet.tables:
        sheet.notes.append(NO_ARITHMETIC)
    return _sheet(sheet)


def _domain(domain: Domain) -> dict[str, str]:
    sheet = Sheet("where the formulas hold")
    sheet.facts = [("domain", line) for line, _ in domain_lines(domain)]
    if domain.conditions:
        sheet.tables = [conditions_table(domain)]
    else:
        sheet.notes.append(NOTHING_ASKED)
    return _sheet(sheet)


def _formula(size: Cost | Extent) -> dict[str, str]:
    """LaTeX for a page that sets it, and MathML for any browser, offline too."""
    latex = set_cost(size, LATEX) if isinstance(size, Cost) else set_size(size, LATEX)
    return {"text/latex": rf"$\displaystyle {latex.text}$", "text/html": f"<div>{cell_html(size) or 0}</div>"}


def _sheet(sheet: Sheet) -> dict[str, str]:
    return {"text/html": fragment(sheet)}


_SHOWN: Final[dict[type, Callable[[Any], dict[str, str]]]] = {
    Network: lambda network: {"text/html": network_html(network)}, Family: lambda family: _sheet(family_sheet(family)),
    Node: _node, Layer: _layer, Count: _count, Domain: _domain, Cost: _formula, Extent: _formula,
}  # fmt: skip
