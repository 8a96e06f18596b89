"""A what-if view for a notebook: the closed forms evaluated in the page, at the sizes that its reader sets.

It is a piece of HTML with a script of its own: no widgets, no kernel, nothing that is fetched. The script is the closed
forms as `symconv.writers.code` writes them, exact at any size, and view.js, which asks them. Where scripts do not run
it shows the figures at the network's usual sizes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from symconv.cost import Cost, cost_symbols, evaluate_cost, total_of
from symconv.count import Convention
from symconv.domain import Domain
from symconv.network import Network
from symconv.notation import TEXT
from symconv.symbols import RATIONAL, Symbol
from symconv.writers.code import function_of
from symconv.writers.code.javascript import in_javascript
from symconv.writers.code.names import Names
from symconv.writers.compare import COMPARED
from symconv.writers.formats.html import STYLE, page
from symconv.writers.layers import label, metric_name
from symconv.writers.page.data import ordered
from symconv.writers.pictures.reference import reference
from symconv.writers.rows import stage_rows
from symconv.writers.saving import save
from symconv.writers.wording import exactly, figure, percent, plain

#: What is shown without being asked for.
METRICS: Final = COMPARED
#: Stages with a bar of their own; the rest of a long list are one.
STAGES: Final = 24
#: Nothing is fetched by a page of its own.
_POLICY: Final = """<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
script-src 'unsafe-inline'">
"""
#: A slider goes to this many times the usual size.
REACH: Final = 4


@dataclass(frozen=True)
class WhatIf:
    """A what-if view of a network: Jupyter shows it, `save` writes it as a page.

    >>> from symconv.readers.catalogue import load
    >>> view = WhatIf(load("resnet50"))
    >>> "4\\u202f089\\u202f184\\u202f256" in view.html()
    True
    """

    network: Network
    metrics: Sequence[str | Convention] = METRICS
    at: Mapping[str, Any] = field(default_factory=dict)

    def html(self) -> str:
        """The view for a page of someone else's.

        Raises SymconvError for an unknown metric, an unknown symbol, a size outside the domain.
        """
        return _Page(self).html()

    def save(self, path: Path | str) -> None:
        """Write it as a page of its own; raises OutputError where that cannot be."""
        style = ":root { color-scheme: light dark; } body { margin: 1.5rem; font: 15px/1.5 system-ui, sans-serif; }"
        save(page(plain(self.network.name, 80), style, self.html(), _POLICY).encode(), Path(path))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": f"a what-if view of {self.network.name}", "text/html": self.html()}


def view(network: Network, *metrics: str | Convention, **at: Any) -> WhatIf:
    """A what-if view of a network: its metrics at sizes that the reader of a notebook sets, evaluated in the page.

    `metrics` are macs, params and activations where none are named; the bars are those of the first. `at` are the sizes
    at which it starts, where these are not the usual ones.

    >>> from symconv.readers.catalogue import load
    >>> view(load("vgg16"), "macs", X=256)
    WhatIf(network=Network('vgg16', 40 layers), metrics=('macs',), at={'X': 256})
    """
    return WhatIf(network, metrics or METRICS, at)


class _Page:
    """One view on its way to HTML."""

    def __init__(self, made: WhatIf) -> None:
        self.network = net = made.network
        self.metrics = [(metric_name(m), label(m), net.cost(m)) for m in made.metrics]
        first = made.metrics[0]
        self.symbols = ordered(net)
        self.stages = _stages(net, net.costs(first))
        self.at = self._start(made.at)
        self.whole = evaluate_cost(self.metrics[0][2], self.at) if self.at or not self.symbols else 0

    def _start(self, given: Mapping[str, Any]) -> dict[Symbol, Any]:
        """The sizes at which it starts; none where the domain allows none that are known."""
        found = reference(self.network, self.symbols, dict(given))
        return {symbol: found[symbol] for symbol in self.symbols} if found is not None else {}

    # -- what is shown before a script runs

    def html(self) -> str:
        body, forms = "".join(self._body()), self._forms()
        mark = hashlib.sha256((body + forms).encode()).hexdigest()[:12]
        # The mark goes into our own text alone: a symbol may be called as its place is.
        script = "\n".join(["(() => {", forms, _beside("view.js").replace("MARK", mark), "})();"])
        return (
            f'<div class="symconv view" data-symconv="{mark}"><style>{STYLE}{_beside("view.css")}</style>{body}</div>\n'
            f"<script>{_harmless(script)}</script>\n"
        )

    def _body(self) -> Iterator[str]:
        yield f'<h1 dir="auto">What if? {escape(plain(self.network.name, 80))}</h1>'
        yield '<div class="sizes">'
        for number, symbol in enumerate(self.symbols):
            yield self._control(number, symbol)
        yield '</div><p class="fault" role="alert"></p><table><thead><tr><th scope="col">metric</th>'
        yield '<th scope="col" class="figure">exact</th><th scope="col" class="figure">about</th></tr></thead><tbody>'
        for name, called, cost in self.metrics:
            exact, about = self._figures(cost)
            yield f'<tr data-metric="{escape(name)}"><th scope="row">{escape(called)}</th>'
            yield f'<td class="figure">{exact}</td><td class="figure">{about}</td></tr>'
        yield "</tbody></table>"
        if self.stages and self.metrics[0][2]:
            yield '<table class="stages"><thead><tr><th scope="col">stage</th><th scope="col">'
            yield f"share of {escape(self.metrics[0][1])}</th></tr></thead><tbody>"
            for name, cost in self.stages:
                share = self._share(cost)
                yield f'<tr><th scope="row" dir="auto">{escape(name)}</th>'
                yield f'<td class="share" style="--share: {float(share):.4f}">{escape(percent(share))}</td></tr>'
            yield "</tbody></table>"
        yield "<noscript><p>These are the figures at the sizes above: no script runs here.</p></noscript>"

    def _control(self, number: int, symbol: Symbol) -> str:
        value = self.at.get(symbol, "")
        name = escape(plain(symbol.name))
        box = f'<input class="box" inputmode="numeric" size="8" value="{value}" aria-label="{name}">'
        if symbol.kind == RATIONAL or not self.at:
            slider = ""
        else:
            least = min(self.network.domain.least(symbol), value)
            slider = (
                f'<input class="slider" type="range" tabindex="-1" aria-hidden="true" min="{least}" '
                f'max="{max(REACH * value, least + 8)}" value="{value}">'
            )
        return f'<label data-symbol="{number}"><span dir="auto">{name}</span>{box}{slider}</label>'

    def _figures(self, cost: Cost) -> tuple[str, str]:
        if not self.at and cost_symbols(cost):
            return "", ""
        value = evaluate_cost(cost, self.at)
        return exactly(value, TEXT), figure(round(value), TEXT)

    def _share(self, cost: Cost) -> Fraction:
        return Fraction(evaluate_cost(cost, self.at)) / Fraction(self.whole) if self.whole else Fraction(0)

    # -- the script

    def _forms(self) -> str:
        """The closed forms as functions, and what the script has to know of the symbols."""
        functions = []
        for number, (_, _, cost) in enumerate(self.metrics):
            functions.append(self._function(f"metric{number}", cost, self.network.domain))
        for number, (_, cost) in enumerate(self.stages):
            functions.append(self._function(f"stage{number}", cost, Domain()))
        of = [f"metric{number}" for number in range(len(self.metrics))]
        inside = [f"stage{number}" for number in range(len(self.stages))]
        rational = [symbol.kind == RATIONAL for symbol in self.symbols]
        names = [plain(symbol.name) for symbol in self.symbols]
        return "\n".join(
            [
                *functions,
                f"const metrics = [{', '.join(of)}], stages = [{', '.join(inside)}];",
                f"const rational = {json.dumps(rational)}, names = {json.dumps(names)};",
            ]
        )

    def _function(self, called: str, cost: Cost, domain: Domain) -> str:
        """A closed form as a function of all symbols, in their order; the numerator and denominator of its value."""
        names = Names()
        function, _ = function_of(names.fresh(called), self.symbols, cost, domain, names, fraction=True)
        text = in_javascript(function, names)
        begin, end = text.index("\nfunction "), text.rindex("\nif (typeof module")
        return text[begin:end]


def _stages(net: Network, costs: Mapping[str, Cost]) -> list[tuple[str, Cost]]:
    """The stages by name with their costs, the rest of many as one."""
    rows = stage_rows(net, 1, every=True, flat=False)
    found = [(plain(row.name.path), total_of(costs[node.name] for node in row.nodes)) for row in rows]
    if len(found) > STAGES:
        first, rest = found[: STAGES - 1], found[STAGES - 1 :]
        return [*first, (f"{len(rest)} others", total_of(cost for _, cost in rest))]
    return found


def _harmless(script: str) -> str:
    """A script in which nothing ends it, whatever stands in its strings and comments."""
    return script.replace("</", "<\\/").replace("<!--", "<\\!--")


def _beside(name: str) -> str:
    """The text of a file beside this one."""
    return files("symconv.writers").joinpath(name).read_text("utf-8")
