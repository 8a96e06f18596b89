"""The page itself: what is read without a script, what the script is told, and the script.

The one script that runs is the built one beside this file, and a content security policy names it by its hash; nothing
is loaded. What strangers named is text: escaped in the page, and in the data that the script reads.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Iterator, Sequence
from fractions import Fraction
from html import escape
from importlib.resources import files
from typing import Final

from symconv.cost import cost_symbols
from symconv.count import Convention
from symconv.network import Network
from symconv.notation import TEXT
from symconv.writers.formats.html import cell_html
from symconv.writers.layers import label, metric_name
from symconv.writers.network import KEPT, domain_line, grows, training_line
from symconv.writers.page.data import NAME, SENTENCE, Contents
from symconv.writers.sheet import Cell
from symconv.writers.unknowns import granted_lines, unknown_lines
from symconv.writers.wording import exactly, figure, plain

#: Characters of a fraction that is not rounded where figures are in short, as in the script.
SHORT: Final = 20
_ABOUT: Final = (
    "Closed forms, exact at every size that the domain allows. Move a slider or type a size: all figures, bars, "
    "colours and curves follow. The page needs no network."
)
_WITHOUT: Final = (
    "The sliders, plots and tables need JavaScript, which is off here. The closed forms, the diagrams and the totals "
    "at the sizes above do not."
)


def page(contents: Contents) -> str:
    """The whole page."""
    style, script = _built("page.css"), _built("page.js")
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; base-uri 'none'; form-action 'none'"
    )
    names = ", ".join(plain(net.name, 80) for net in contents.networks)
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            '<meta name="generator" content="symconv">',
            f"<title>{escape(names)}</title>",
            f"<style>{style}</style>",
            "</head>",
            "<body>",
            '<a class="skip" href="#main">Skip to the figures</a>',
            f'<header><h1 dir="auto">{escape(names)}</h1><p class="about">{_ABOUT}</p></header>',
            '<main id="main">',
            *_main(contents),
            "</main>",
            f"<noscript><p>{_WITHOUT}</p></noscript>",
            f'<script type="application/json" id="data">{_harmless(contents)}</script>',
            f"<script>{script}</script>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _main(contents: Contents) -> Iterator[str]:
    yield '<section id="controls" aria-label="Sizes"></section>'
    yield '<p id="said" role="status"></p>'
    yield from _totals(contents)
    yield '<section id="plot" aria-label="Plot"></section>'
    for number, net in enumerate(contents.networks):
        yield from _model(contents, number, net)


# -- totals at the sizes at which the page starts ----------------------------------------------------------------------


def _totals(contents: Contents) -> Iterator[str]:
    sizes = ", ".join(f"{contents.label(key)} = {value}" for key, value in contents.at.items())
    yield '<section id="totals"><h2>Totals</h2>'
    yield f'<p class="at" dir="auto">{f"at {escape(sizes)}" if sizes else ""}</p>'
    heads = "".join(f'<th scope="col" class="figure">{escape(label(metric))}</th>' for metric in contents.metrics)
    yield f'<div class="scroll"><table><thead><tr><th scope="col">model</th>{heads}</tr></thead><tbody>'
    for number, net in enumerate(contents.networks):
        cells = "".join(_figures(contents.figure(net, net.cost(m)), place) for place, m in enumerate(contents.metrics))
        yield f'<tr data-model="{number}"><th scope="row" dir="auto">{escape(plain(net.name, NAME))}</th>{cells}</tr>'
    yield "</tbody></table></div>"
    for number in range(len(contents.networks)):
        yield f'<p class="fault" data-model="{number}"></p>'
    yield "</section>"


def _figures(value: Fraction | None, metric: int) -> str:
    """A figure as it is and in short."""
    exact = about = ""
    if value is not None:
        exact = exactly(value, TEXT)
        about = figure(value, TEXT) if len(str(value)) <= SHORT else figure(round(value), TEXT)
    return (
        f'<td class="figure" data-metric="{metric}"><span class="exact">{exact}</span> '
        f'<span class="about">{about}</span></td>'
    )


# -- a network ---------------------------------------------------------------------------------------------------------


def _model(contents: Contents, number: int, net: Network) -> Iterator[str]:
    name = escape(plain(net.name, NAME))
    yield f'<article class="model" data-model="{number}" id="model-{number}"><h2 dir="auto">{name}</h2>'
    if net.description:
        yield f'<p class="description" dir="auto">{escape(plain(net.description, SENTENCE))}</p>'
    yield '<section class="forms"><h3>Closed forms</h3><dl>'
    for said, cell in _facts(net, contents.metrics):
        yield f"<div><dt>{escape(said)}</dt><dd>{cell_html(cell) or '0'}</dd></div>"
    yield "</dl>"
    for line in (*granted_lines(net), *unknown_lines(net)):
        yield f'<p class="note" dir="auto">{escape(plain(line, SENTENCE))}</p>'
    yield "</section>"
    drawn = contents.pictures[number].svg
    yield '<section class="diagram"><h3>Diagram</h3>'
    yield f'<div class="scroll" tabindex="0" role="region" aria-label="Diagram of {name}">{drawn}</div></section>'
    yield '<section class="layers"></section></article>'


def _facts(net: Network, metrics: Sequence[str | Convention]) -> Iterator[tuple[str, Cell]]:
    """The totals, how the first of them grows, and where they hold."""
    for metric in metrics:
        yield label(metric), net.cost(metric)
    shown = {metric_name(metric) for metric in metrics}
    for name in KEPT:
        if name not in shown and name != "activations" and net.cost(name):
            yield label(name), net.cost(name)
    if cost_symbols(net.cost(metrics[0])):
        yield f"{label(metrics[0])} grow", grows(net.cost(metrics[0]))
    yield "domain", domain_line(net)
    if (more := training_line(net)) is not None:
        yield "in training", more


# -- what must not be read as something else ---------------------------------------------------------------------------


def _harmless(contents: Contents) -> str:
    """The data as JSON in which nothing ends a script: every < in it is inside of a string."""
    written = json.dumps(contents.data(), ensure_ascii=False, separators=(",", ":"))
    return written.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _built(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
