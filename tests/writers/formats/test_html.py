"""Sheets as HTML: a page of known elements that runs nothing and fetches nothing, and reads as the sheet does."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest

import symconv as sc
from symconv.notation import MATHML, TEXT
from symconv.writers.formats.html import fragment, to_html
from symconv.writers.network import network_sheet
from symconv.writers.sheet import Column, Heading, Math, Name, Share, Sheet, Table, in_style, set_cell
from writers.markup import html_faults, html_text, mathml_value
from writers.test_sheet import HOSTILE, sheet_of

NAMES = ["vgg16", "resnet", "resnet50", "alexnet", "gpt", "vit", "crnn"]


@pytest.mark.parametrize("text", [*HOSTILE, "</style></script><img src=x onerror=alert(1)>", "a&b;&lt;", "]]>", "a\0b"])
def test_a_strangers_text_is_text(text: str) -> None:
    for page in (to_html(sheet_of(text)), fragment(sheet_of(text))):
        assert not html_faults(page)
        assert in_style(text, TEXT) in html_text(page)
        assert not re.search(r"<(script|img|iframe|a|link|object)\b", page)


def test_the_checker_of_html_sees_what_a_browser_would_do() -> None:
    bad = {
        "<script>x</script>": "unknown", '<p onclick="x">a</p>': "attribute", "<p>": "open", "</p>": "</p>",
        '<p style="background: url(x)">a</p>': "style", "<style>a{background:url(x)}</style>": "fetches",
        "<math><mfrac><mn>1</mn></mfrac></math>": "children", "<math><mrow>x</mrow></math>": "text in",
        "<math><msqrt><mn>2</mn></msqrt></math>": "unknown", "<!-- x -->": "comment", "<p>\x1b</p>": "control",
        "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>": "cells",
    }  # fmt: skip
    for document, said in bad.items():
        assert any(said in fault for fault in html_faults(document)), (document, html_faults(document))
    assert not html_faults("<p>a<bdi>b</bdi></p>")


@pytest.mark.parametrize("name", NAMES)
def test_every_layer_and_every_formula_of_a_network_is_there(name: str) -> None:
    net = sc.load(name)
    sheet = network_sheet(net)
    page = to_html(sheet)
    assert not html_faults(page)
    seen = html_text(page)
    for row in sheet.tables[0].rows:
        name_ = row[0]
        assert isinstance(name_, Name)
        assert in_style(name_.path.removeprefix(name_.under + "/"), TEXT) in seen
    assert page.count("<tbody>") == page.count('scope="rowgroup"') + (0 not in sheet.tables[0].groups)
    assert page.count("<tr>") == 2 + len(sheet.tables[0].rows) + len(sheet.tables[0].groups)


@pytest.mark.parametrize("name", ["vgg16", "alexnet", "resnet50"])
def test_a_formula_of_the_page_has_the_value_of_the_total(name: str) -> None:
    net = sc.load(name)
    fact = re.search(r"<dt>MACs</dt><dd>(.*?)</dd>", to_html(network_sheet(net)))
    assert fact
    row = re.sub(r"</?(?:math|span|wbr)[^>]*>", "", fact[1])
    for x in (64, 97, 224):
        assert mathml_value(row, {"X": x, "N": 3}) == net.evaluate("macs", X=x, N=3)


def test_a_table_says_what_its_parts_are_to_who_does_not_see_it() -> None:
    table = Table(
        [Column("name"), Column("n", True), Column("share")],
        [[Name("s/a", "s"), 1234567, Share(Fraction(1, 4))], [Name("s/b", "s"), None, None]],
        ["total", 1234567, None],
        {0: Heading("s", (Math("×2", r"\times 2"),), (None, 5, None))},
    )
    lines = fragment(Sheet("t", [("n", 3 * sc.X)], [table])).splitlines()
    start = lines.index("<table>")
    assert lines[start + 1 : start + 9] == [
        '<thead><tr><th scope="col">name</th><th scope="col" class="figure">n</th><th scope="col">share</th></tr>'
        "</thead>",
        "<tbody>",
        '<tr><th scope="rowgroup" colspan="1"><bdi>s</bdi> <math><mrow><mo>×</mo><mn>2</mn></mrow></math></th>'
        '<td class="figure">5</td><td></td></tr>',
        '<tr><th scope="row" class="inside" title="s/a"><bdi>a</bdi></th><td class="figure">1\u202f234\u202f567</td>'
        '<td class="share" style="--share: 0.2500">25.0 %</td></tr>',
        '<tr><th scope="row" class="inside" title="s/b"><bdi>b</bdi></th><td class="figure"></td><td></td></tr>',
        "</tbody>",
        '<tfoot><tr><th scope="row"><bdi>total</bdi></th><td class="figure">1\u202f234\u202f567</td><td></td></tr>'
        "</tfoot>",
        "</table>",
    ]
    assert "<dt>n</dt><dd><math><mrow><mn>3</mn><mo>·</mo><mi>X</mi></mrow></math></dd>" in fragment(
        Sheet("t", [("n", 3 * sc.X)])
    )


def test_the_style_stays_with_the_sheet_and_follows_the_readers_colours() -> None:
    page = to_html(Sheet("t"))
    style = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)[-1]
    rules = re.findall(r"^(?:@media[^{]*\{ )?([^\s{}][^{}]*?) \{", style, re.MULTILINE)
    assert len(rules) > 15
    assert all(rule.startswith(".symconv.symconv") for rule in rules), rules
    assert "color-scheme: light dark" in page
    assert "prefers-color-scheme: dark" in page
    assert fragment(Sheet("t")) in page


def test_a_long_sum_may_end_a_line_before_each_of_its_signs() -> None:
    cost = sc.load("resnet50").cost("macs")
    page = fragment(Sheet("t", [("MACs", cost)]))
    assert page.count("<wbr>") == set_cell(cost, TEXT).count(" + ")
    assert page.count('<mo form="infix">+</mo>') == page.count("<wbr>")
    assert set_cell(cost, MATHML).replace("<mrow>", "").replace("</mrow>", "") in (
        re.sub(r"</?(?:math|mrow|wbr)>| (?:form|stretchy)=\"\w+\"", "", page)
    )
