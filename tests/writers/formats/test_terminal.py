"""Sheets on terminals of every width: nothing cut in silence, numbers whole, columns that give way are named."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest
from command import ESCAPE, SPECS, words_for
from rich.cells import cell_len

import symconv as sc
from symconv.notation import ASCII, TEXT, Style
from symconv.writers.answers import growth_sheet
from symconv.writers.claims import claims_sheet
from symconv.writers.explain import explain_sheet
from symconv.writers.formats.bars import bar
from symconv.writers.formats.terminal import show, text
from symconv.writers.network import network_sheet
from symconv.writers.rules import rule_sheet, rules_sheet
from symconv.writers.sheet import Big, Column, Heading, Name, Share, Sheet, Table, in_style, set_cell, set_fact
from symconv.writers.zoo import zoo_sheet

WIDTHS = [(40, TEXT), (60, TEXT), (80, TEXT), (100, TEXT), (200, TEXT), (40, ASCII), (80, ASCII)]


class Screen(io.StringIO):
    """A terminal that keeps what it is sent."""

    def isatty(self) -> bool:
        return True


def sent(sheet: Sheet, width: int, style: Style, monkeypatch: pytest.MonkeyPatch, **env: str) -> str:
    for name, value in {"COLUMNS": str(width), "TERM": "xterm-256color", **env}.items():
        monkeypatch.setenv(name, value)
    screen = Screen()
    show(sheet, style, screen)
    return screen.getvalue()


@cache
def sheets() -> tuple[Sheet, ...]:
    return tuple(_sheets())


def _sheets() -> Iterator[Sheet]:
    net = sc.load("alexnet")
    yield network_sheet(net)
    yield network_sheet(net, "ops", every=True)
    yield explain_sheet(net)
    yield claims_sheet(sc.load("vgg/D"), {})
    yield explain_sheet(net, "features/conv2")
    yield explain_sheet(net, "head", "ops")
    yield explain_sheet(net, "⌊(X − 7)/8⌋²")
    for spec in ("unet", "symbols", "three", "bare", "nothing"):
        net = sc.parse_spec(SPECS[spec]).network()
        yield network_sheet(net)
        yield explain_sheet(net)
        yield growth_sheet(net)
    yield rules_sheet()
    yield zoo_sheet()
    for kind in ("conv", "conv_transpose", "gelu", "dropout"):
        yield rule_sheet(kind)


@pytest.mark.parametrize(("width", "style"), WIDTHS)
def test_nothing_is_cut_in_silence_at_any_width(width: int, style: Style, monkeypatch: pytest.MonkeyPatch) -> None:
    for sheet in sheets():
        out = ESCAPE.sub("", sent(sheet, width, style, monkeypatch))
        together = re.sub(r"\s", "", out)
        for label, cell in sheet.facts:
            fact = in_style(label, style) + set_fact(cell, style)
            assert re.sub(r"\s", "", fact) in together, (sheet.title, label)
        for words in (sheet.title, *sheet.notes):
            assert re.sub(r"\s", "", in_style(words, style)) in together
        missing = {
            name for line in re.findall(r"no room in \d+ columns for ([^:]*):", flat(out)) for name in line.split(", ")
        }
        for table in sheet.tables:
            for i, column in enumerate(table.columns):
                heading = in_style(column.heading, style)
                if heading in missing or set(heading.split(", ")) <= missing:
                    continue
                for row in [*table.rows, *([table.total] if table.total else [])]:
                    if column.short and begins(set_cell(row[i], style), together, in_style("…", style)):
                        continue
                    for part in pieces(set_cell(row[i], style), row[i]):
                        assert part in out, (sheet.title, width, column.heading, part)
        for line in out.splitlines():
            unbroken = max(map(len, line.split()), default=0)
            assert cell_len(line) <= width or unbroken > width - 20, (sheet.title, line)


def begins(shown: str, out: str, dots: str) -> bool:
    """Whether a cell stands there whole, or its beginning with dots behind it."""
    whole = re.sub(r"\s", "", shown)
    cut = range(5, len(whole)) if "standsfortherestofalongcell" in out else ()
    return whole in out or any(whole[:k] + end + dots in out for k in cut for end in ("+", "-", "−", ",", ""))


def flat(out: str) -> str:
    return " ".join(out.split())


def pieces(shown: str, cell: object) -> list[str]:
    """What must be found unbroken of a cell: its numbers and names; of a name its last part, or its pieces."""
    if isinstance(cell, Name):
        return [cell.path.rpartition("/")[2][:10]]
    if isinstance(cell, int | Big):
        return [shown]
    return [part for part in re.findall(r"[0-9]+|[A-Za-z]+", shown) if len(part) < 10]


def test_a_wide_window_shows_every_column_and_a_narrow_one_says_which_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    sheet = network_sheet(sc.load("alexnet"))
    assert "no room" not in sent(sheet, 160, TEXT, monkeypatch)
    narrow = flat(ESCAPE.sub("", sent(sheet, 60, TEXT, monkeypatch)))
    assert "no room in 60 columns for kind, output, MACs: a wider window shows them, --format csv too" in narrow
    assert "714.2 M" in narrow
    assert "31.4 %" in narrow
    assert "█" not in narrow


def test_a_formula_too_long_for_its_window_is_broken_before_its_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ESCAPE.sub("", sent(growth_sheet(sc.load("vgg16")), 60, TEXT, monkeypatch)).splitlines()
    assert lines[2:5] == [
        " MACs         N·(7077888·⌊X/16⌋² + 5898240·⌊X/8⌋²",
        "              + 1474560·⌊X/4⌋² + 221184·⌊X/2⌋² + 38592·X²",
        "              + 123633664)",
    ]


def test_words_take_several_lines_before_a_column_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table([Column("name"), Column("what", prose=True)], [["a" * 20, "some words " * 8]])
    out = ESCAPE.sub("", sent(Sheet("t", tables=[table]), 50, TEXT, monkeypatch))
    assert "no room" not in out
    assert len(re.findall("some|words", out)) == 16


def test_a_name_wider_than_the_window_is_shown_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["n" * 90, "名" * 60, "a b " * 30]
    table = Table([Column("layer"), Column("n", True)], [[Name(name), i] for i, name in enumerate(names)])
    for width in (40, 80):
        out = ESCAPE.sub("", sent(Sheet("t", tables=[table]), width, TEXT, monkeypatch))
        for name in names:
            assert out.count(name[0]) >= name.count(name[0])
        assert all(cell_len(line) <= width for line in out.splitlines())


def test_groups_stand_over_their_rows_and_the_total_apart() -> None:
    net = sc.load("vgg16")
    lines = text(network_sheet(net), TEXT).splitlines()
    stage = next(i for i, line in enumerate(lines) if line.split()[0:1] == ["stage1"])
    assert lines[stage + 1].startswith("  conv1  ")
    assert lines[stage - 1].startswith("───")
    total = next(i for i, line in enumerate(lines) if line.startswith("total"))
    assert lines[total - 1] == ""


def test_a_pipe_has_lines_as_long_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("FORCE_COLOR", "1")
    net = sc.parse_spec(SPECS["symbols"]).network()
    for sheet in (network_sheet(net), growth_sheet(net)):
        for style in (TEXT, ASCII):
            out = text(sheet, style)
            assert "\x1b" not in out
            assert "no room" not in out
            assert max(map(len, out.splitlines())) > 80
            assert all(line == line.rstrip() for line in out.splitlines())
            for label, cell in sheet.facts:
                assert f"{label}".strip() in out
                assert set_fact(cell, style) in out
    assert text(network_sheet(net)).isascii()


def test_colours_are_left_out_where_the_user_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    sheet = network_sheet(sc.load("alexnet"))
    assert "\x1b[36m" in sent(sheet, 100, TEXT, monkeypatch)
    assert "\x1b[36m" not in sent(sheet, 100, TEXT, monkeypatch, NO_COLOR="1")
    monkeypatch.delenv("NO_COLOR")
    assert "\x1b" not in sent(sheet, 100, TEXT, monkeypatch, TERM="dumb")


def test_markup_of_rich_in_a_strangers_text_is_text(monkeypatch: pytest.MonkeyPatch) -> None:
    odd = "[red]x[/red] [link=http://a]b[/link] :smile: \x1b[31m"
    sheet = Sheet(odd, [(odd, odd)], [Table([Column(odd), Column("n")], [[odd, 1]], groups={0: Heading(odd)})], [odd])
    out = sent(sheet, 200, TEXT, monkeypatch)
    assert ESCAPE.sub("", out).count(r"[red]x[/red] [link=http://a]b[/link] :smile: \x1b[31m") == 7
    assert "\x1b[31m" not in out


def test_a_bar_is_as_long_as_its_share() -> None:
    assert bar(Fraction(0)) == " " * 10
    assert bar(Fraction(1)) == "█" * 10
    lengths = [10 * Fraction(i, 80) for i in range(81)]
    eighths = " ▏▎▍▌▋▊▉█"
    for share, wanted in zip((Fraction(i, 80) for i in range(81)), lengths):
        drawn = bar(share)
        assert len(drawn) == 10
        assert sum(Fraction(eighths.index(c), 8) for c in drawn) == wanted


def test_a_share_is_a_bar_and_a_percentage_and_nothing_where_it_is_zero() -> None:
    table = Table([Column("share")], [[Share(Fraction(1, 2))], [Share(Fraction(0))], [Share(Fraction(1, 5000))]])
    assert text(Sheet("t", tables=[table]), TEXT).splitlines()[2:] == [
        "share", "──────────────────", "█████       50.0 %", "", "            <0.1 %",
    ]  # fmt: skip


def test_a_spec_from_a_file_looks_the_same(tmp_path: Path) -> None:
    (path,) = words_for("unet", tmp_path)
    assert text(network_sheet(sc.load(path))) == text(network_sheet(sc.parse_spec(SPECS["unet"]).network()))
