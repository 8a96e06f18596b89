"""What the site shows of symconv itself, made anew with each build: the rules of layers, the commands, the contents.

Two directives, `rules` and `commands`, and the tables of contents, which are read off the headings and lists of the
first page. A layer, an option or a page that is added shows up by itself.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

import typer
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.ext.napoleon import Config as Napoleon
from sphinx.ext.napoleon import NumpyDocstring
from sphinx.util.docutils import SphinxDirective

import symconv.layers
from symconv.cli import app as command
from symconv.count import Count
from symconv.layer import LAYERS, Layer
from symconv.writers.formats.html import STYLE, body
from symconv.writers.layers import label
from symconv.writers.rules import conventions_of, instance, one_image, rule_sheet, rules_sheet
from symconv.writers.sheet import Column, Rule, Sheet, Table

#: The parts of a layer's docstring that state its rule.
STATED = ("shape", "work", "space")
#: The methods in which a layer's class says its rule.
METHODS = ("output", "parameters", "work")


NAPOLEON = Napoleon()


class Generated(SphinxDirective):
    """A directive that stands for lines of reStructuredText."""

    def lines(self) -> Iterator[str]:
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        made = StringList(list(self.lines()), source=f"<{self.name}>")
        return list(self.parse_text_to_nodes("\n".join(made), allow_section_headings=True))


# -- the rules of the layers -------------------------------------------------------------------------------------------


class Rules(Generated):
    """Every registered layer, a section each, those of one file of symconv.layers together."""

    def lines(self) -> Iterator[str]:
        yield from html(f"<style>{STYLE}</style>")
        yield from html(overview())
        for module, kinds in families():
            yield from heading(module.rpartition(".")[2].replace("_", " "), "-")
            yield from [inspect.getdoc(inspect.getmodule(LAYERS[kinds[0]])).splitlines()[0], ""]
            for kind in kinds:
                yield from rule(kind)


def families() -> list[tuple[str, list[str]]]:
    """The kinds of layers by the file that has them, both in the order of the alphabet."""
    found: dict[str, list[str]] = {}
    for kind in sorted(LAYERS):
        found.setdefault(LAYERS[kind].__module__, []).append(kind)
    return sorted(found.items())


def overview() -> str:
    """All layers in one table, each name a link to its section."""
    sheet = rules_sheet()
    sheet.notes = sheet.notes[:1]
    name = re.compile(r'(?<=<th scope="row">)<bdi>(\w+)</bdi>')
    return name.sub(lambda m: f'<a href="#{nodes.make_id(anchor_of(m[1]))}">{m[1]}</a>', framed(sheet))


def anchor_of(kind: str) -> str:
    return f"rule-{kind}"


def rule(kind: str) -> Iterator[str]:
    """One layer: what its class states, the formulas that follow, how each convention comes about, the code."""
    cls = LAYERS[kind]
    yield from heading(kind, "~", anchor=anchor_of(kind))
    fields = [p.replace(annotation=p.empty) for p in inspect.signature(cls).parameters.values()]
    called = f"symconv.layers.{cls.__qualname__}{inspect.Signature(fields)}"
    yield from [f".. py:class:: {called}", "   :no-contents-entry:", ""]
    yield from [*textwrap.indent("\n".join(stated(cls)), "   ").splitlines(), ""]
    sheet = rule_sheet(kind)
    layer, inputs = instance(kind, {})
    sheet.tables = derivation(layer.work(*inputs, layer.output(*inputs)).map(one_image))
    yield from html(framed(sheet))
    own = [getattr(cls, name) for name in METHODS if getattr(cls, name) is not getattr(Layer, name)]
    if own:
        yield from html('<details class="rule"><summary>The rule as the class says it</summary>')
        code = "\n\n".join(textwrap.dedent(inspect.getsource(method)).rstrip() for method in own)
        yield from [".. code-block:: python", "", *textwrap.indent(code, "   ").splitlines(), ""]
        yield from html("</details>")


def stated(cls: type[Layer]) -> list[str]:
    """The docstring of a layer, its lines of shape, work and space as a list of fields."""
    made: list[str] = []
    for line in inspect.cleandoc(cls.__doc__ or "").splitlines():
        first, _, rest = line.partition(" ")
        if first in STATED:
            made += [] if made and made[-1].startswith((":", "  ")) else [""]
            made.append(f":{first}: {rest.strip()}")
        else:
            made.append(line)
    return made


def derivation(count: Count) -> list[Table]:
    """Every primitive operation with its weight in each convention that counts some of them."""
    shown = conventions_of(count)
    if not shown:
        return []
    columns = [Column(f"in {label(name)}", right=True) for name in shown]
    table = Table([Column("operation"), Column("count"), *columns])
    for name, cost in count.operations.items():
        weights = [c.weights.get(name, c.other) for c in shown.values()]
        table.rows.append([name, Rule(cost), *(f"×{w}" if w else "" for w in weights)])
    return [table]


def framed(sheet: Sheet) -> str:
    return f'<div class="symconv">\n{body(sheet)}</div>'


# -- the commands ------------------------------------------------------------------------------------------------------


class Commands(Generated):
    """Every command with its arguments and options, from the help that the command itself prints."""

    def lines(self) -> Iterator[str]:
        whole: Any = typer.main.get_command(command)
        above = whole.make_context("symconv", [], resilient_parsing=True)
        for name in sorted(whole.commands):
            one = whole.commands[name]
            context = one.make_context(name, [], parent=above, resilient_parsing=True)
            yield from heading(name, "-", anchor=f"command-{name}")
            yield from [*inspect.cleandoc(one.help or "").splitlines(), ""]
            usage = one.get_usage(context).removeprefix("Usage: ")
            yield from [".. code-block:: text", "", *textwrap.indent(usage, "   ").splitlines(), ""]
            records = [record for p in one.get_params(context) if (record := p.get_help_record(context))]
            for option, said in records:
                yield from [f"{literal(option)}", *textwrap.indent(escaped(said), "   ").splitlines(), ""]


def literal(text: str) -> str:
    return f"``{text}``"


def escaped(text: str) -> str:
    """A text in which nothing is markup."""
    return re.sub(r"([\\*`|_<>])", r"\\\1", " ".join(text.split()))


# -- reStructuredText --------------------------------------------------------------------------------------------------


def heading(text: str, under: str, anchor: str = "") -> Iterator[str]:
    yield from [f".. _{anchor}:", ""] if anchor else []
    yield from [escaped(text), under * (len(escaped(text)) + 1), ""]


def html(text: str) -> Iterable[str]:
    return [".. raw:: html", "", *textwrap.indent(text, "   ").splitlines(), ""]


# -- the contents ------------------------------------------------------------------------------------------------------

GROUP = re.compile(r"^## (.+)$|^- \[([^\]]+)\]\(([^)#:]+)\.(?:md|rst)\)", re.MULTILINE)


def contents(app: Sphinx, page: str, source: list[str]) -> None:
    """A table of contents for each heading of the first page: the pages that the list under it links to."""
    if page != app.config.root_doc:
        return
    groups: dict[str, list[str]] = {}
    for group, title, target in GROUP.findall(source[0]):
        if group:
            groups[group] = []
        elif groups:
            groups[list(groups)[-1]].append(f"{title} <{target}>")
    for group, entries in groups.items():
        if entries:
            source[0] += "\n".join(["", "```{toctree}", ":hidden:", f":caption: {group}", "", *entries, "```", ""])


def tidied(app: Sphinx, page: str, source: list[str]) -> None:
    """The empty line that a doctest needs before the end of its block, behind it instead."""
    source[0] = source[0].replace("\n\n```\n", "\n```\n\n")


# -- docstrings --------------------------------------------------------------------------------------------------------


def sections(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """The sections of numpydoc as fields.

    An attribute has none: napoleon would take what stands before a colon in its docstring for a type.
    """
    if what in ("function", "method", "class", "exception"):
        lines[:] = NumpyDocstring(lines, NAPOLEON, app, what, name, thing, options).lines()


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("rules", Rules)
    app.add_directive("commands", Commands)
    app.connect("source-read", tidied)
    app.connect("source-read", contents)
    app.connect("autodoc-process-docstring", sections)
    return {"version": symconv.__version__, "parallel_read_safe": True, "parallel_write_safe": True}
