"""Tables in windows of 40 to 200 columns: no line too long, columns under one another, no figure broken."""

from __future__ import annotations

import io
import random
import re
from functools import cache
from itertools import pairwise

import pytest
from command import ESCAPE, SPECS
from rich.cells import cell_len

import symconv as sc
from symconv.layers import Conv
from symconv.notation import ASCII, TEXT, Style
from symconv.writers.formats import bars
from symconv.writers.formats.fitting import balanced, narrowest, path_lines
from symconv.writers.formats.terminal import show, text
from symconv.writers.network import network_sheet
from symconv.writers.sheet import Big, Name, Sheet, in_style, set_cell
from symconv.writers.tables import View

#: Names that a stranger may give: codes that a terminal obeys, scripts from right to left, wide signs, a long one.
HOSTILE = [
    "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "a\r\nb", "tab\there", "שלום/עולם", "مرحبا", "\u202eabc", "名前" * 20,
    "👩‍👩‍👧 family", "é́́́", "x" * 10_000, "part/" * 60 + "end", "[bold]b[/bold]", "²", "9" * 5_000, "٣/٤",
    "stage/\x1b[2J", "stage/" + "y" * 300,
]  # fmt: skip


class Screen(io.StringIO):
    """A terminal that keeps what it is sent."""

    def isatty(self) -> bool:
        return True


def seen(sheet: Sheet, width: int, style: Style, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The lines that stand in a window of this width."""
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm-256color")
    screen = Screen()
    show(sheet, style, screen)
    out = ESCAPE.sub("", screen.getvalue())
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", out), "nothing that a terminal would obey"
    return out.splitlines()


@cache
def hostile() -> sc.Network:
    net = sc.Network("hostile \x1b[31m")
    net.input("image", "N", 3, "X", "X")
    for name in HOSTILE:
        net.add(name, Conv(3, padding=1))
    net.usual = {"X": 4096, "N": 16}
    return net


BUNDLED = ["vgg16", "resnet152", "resnet", "densenet", "gpt", "unet", "efficientnet_b0", "vit_b_16"]


@cache
def networks() -> dict[str, sc.Network]:
    own = {name: sc.parse_spec(SPECS[name]).network() for name in ("symbols", "three", "nothing")}
    return {**{name: sc.load(name) for name in BUNDLED}, **own}


VIEWS = [View(), View(1), View(2), View(sort="name"), View(sort="name", top=3), View(1, sort="name", top=2)]


@pytest.mark.parametrize("view", VIEWS, ids=str)
@pytest.mark.parametrize("name", [*BUNDLED, "symbols"])
def test_tables_fit_windows_of_every_width(name: str, view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    sheet = network_sheet(networks()[name], view=view)
    for width in random.Random(f"{name}{view}").sample(range(40, 201), 6):
        for style in (TEXT, ASCII):
            fits(sheet, seen(sheet, width, style, monkeypatch), width, style)


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_the_table_of_vgg_16_on_a_terminal(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    sheet = network_sheet(networks()["vgg16"])
    for style in (TEXT, ASCII):
        lines = seen(sheet, width, style, monkeypatch)
        fits(sheet, lines, width, style)
        # Table 2 of the paper has 138 million parameters; 15.47 billion MACs are the article's.
        (total,) = (line for line in lines if line.startswith("total"))
        assert re.search(r"138.357.544", total)
        assert "15.47 G" in total
        assert len(lines) < 80


def test_the_table_of_vgg_16_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """The words of the widest window, without its bars, whatever the window is."""
    sheet = network_sheet(networks()["vgg16"])

    def words(lines: list[str]) -> list[list[str]]:
        return [re.sub("[─█▏▎▍▌▋▊▉]", "", line).split() for line in lines]

    wide = words(seen(sheet, 200, TEXT, monkeypatch))
    for width in ("60", "80", "120", "200"):
        monkeypatch.setenv("COLUMNS", width)
        monkeypatch.setenv("FORCE_COLOR", "1")
        piped = text(sheet, TEXT)
        assert "\x1b" not in piped
        assert words(piped.splitlines()) == wide


@pytest.mark.parametrize("width", [40, 60, 79, 80, 120, 200])
def test_names_of_a_stranger_keep_the_columns_and_inject_nothing(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for view in (View(), View(1), View(sort="macs"), View(top=4)):
        sheet = network_sheet(hostile(), view=view)
        for style in (TEXT, ASCII):
            lines = seen(sheet, width, style, monkeypatch)
            fits(sheet, lines, width, style)
            assert any("%" in line for line in lines), "the shares are there whatever the names are"
            assert len(lines) < 200, "a name of ten thousand characters takes a few lines"


def fits(sheet: Sheet, lines: list[str], width: int, style: Style) -> None:
    """No line is too long, each figure is whole at the end of its column, and the column ends in the same place."""
    rule = next(i for i, line in enumerate(lines) if set(line) <= set("─-+") and len(line) > 9)
    below = lines[rule:]
    below = below[: next((i for i, line in enumerate(below) if line.startswith("total")), len(below)) + 1]
    for line in [*lines[: rule + 1], *below]:
        unbroken = max((cell_len(word) for word in line.split()), default=0)
        assert cell_len(line) <= width or (line not in below and unbroken > width - 20), line
    (table,) = sheet.tables
    words = " ".join(" ".join(lines).split())
    for i, column in enumerate(table.columns):
        shown = [set_cell(row[i], style) for row in table.rows if isinstance(row[i], Big)]
        if f"no room in {width} columns" not in words or column.heading not in words.partition("no room in")[2]:
            ends = [_ends(figure, below) for figure in shown if figure]
            assert not ends or set.intersection(*ends), (sheet.title, width, column.heading)


def _ends(figure: str, lines: list[str]) -> set[int]:
    """Where a figure ends that stands whole in some lines."""
    pattern = re.compile(rf"(?<=  ){re.escape(figure)}(?= |$)|(?<=[| ] ){re.escape(figure)}(?= \||  |$)")
    return {cell_len(line[: m.end()]) for line in lines for m in pattern.finditer(line)}


@pytest.mark.parametrize("width", [60, 80, 120])
def test_names_from_right_to_left_are_closed(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = seen(network_sheet(hostile()), width, TEXT, monkeypatch)
    assert [line for line in lines if "مرحبا\u200e " in line]
    assert "\u200e" not in text(network_sheet(networks()["vgg16"]), TEXT)


def test_a_name_that_is_cut_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = seen(network_sheet(hostile()), 120, TEXT, monkeypatch)
    assert "… stands for the rest of a long cell: --format csv and json have all of it" in lines
    assert "x" * 10_000 in text(network_sheet(hostile()))


def test_a_pipe_is_as_wide_as_its_lines_whatever_the_window_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("vgg16", "gpt"):
        for view in (View(), View(1)):
            out = set()
            for width in ("10", "80", "500"):
                monkeypatch.setenv("COLUMNS", width)
                out.add(text(network_sheet(networks()[name], view=view), TEXT))
            assert len(out) == 1


# -- lines -------------------------------------------------------------------------------------------------------------


def test_a_heading_takes_few_lines_and_these_are_as_short_as_they_can_be() -> None:
    assert balanced("MACs at X=224, N=1", 18) == ["MACs at X=224, N=1"]
    assert balanced("MACs at X=224, N=1", 17) == balanced("MACs at X=224, N=1", 10) == ["MACs at", "X=224, N=1"]
    assert balanced("MACs at X=224, N=1", 3) == ["MACs", "at", "X=224,", "N=1"]
    rng = random.Random(0)
    for _ in range(300):
        words = ["w" * rng.randint(1, 9) for _ in range(rng.randint(1, 7))]
        heading = " ".join(words)
        for most in (1, 2, 3):
            width = narrowest(heading, most)
            lines = balanced(heading, width)
            assert " ".join(lines) == heading
            assert len(lines) <= most
            assert max(map(len, lines)) <= width
            assert width == max(map(len, words)) or len(balanced(heading, width - 1)) > most


def test_a_path_is_broken_behind_its_slashes_and_loses_nothing() -> None:
    rng = random.Random(1)
    for _ in range(300):
        name = "".join(rng.choice("ab/名") for _ in range(rng.randint(1, 60)))
        for width in (10, 17, 30):
            lines = path_lines(name, width)
            assert all(cell_len(line) <= width for line in lines), (name, width)
            assert "".join(line.strip() for line in lines) == name


def test_a_name_of_the_table_is_its_last_part_under_a_heading() -> None:
    (row, *_) = [row for row in network_sheet(hostile()).tables[0].rows if isinstance(row[0], Name) and row[0].under]
    assert isinstance(row[0], Name)
    assert in_style(row[0].shown, TEXT).startswith("  ")


# -- colour ------------------------------------------------------------------------------------------------------------


def test_the_colours_of_bars_keep_their_order_in_greyscale_and_are_seen_on_black_and_on_white() -> None:
    lights = [_luminance(colour) for colour in bars.RAMP]
    assert lights == sorted(lights)
    assert all(b / a > 1.1 for a, b in pairwise(lights))
    for light in lights:
        assert (light + 0.05) / 0.05 >= 3
        assert 1.05 / (light + 0.05) >= 3


def _luminance(colour: str) -> float:
    """The relative luminance of WCAG 2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_bars_are_coloured_on_a_terminal_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    sheet = network_sheet(networks()["vgg16"])

    def sent(**env: str) -> str:
        for name, value in {"COLUMNS": "160", "TERM": "xterm-256color", **env}.items():
            monkeypatch.setenv(name, value)
        screen = Screen()
        show(sheet, TEXT, screen)
        return screen.getvalue()

    assert "38;" in sent()
    assert "38;" not in sent(NO_COLOR="1")
    monkeypatch.delenv("NO_COLOR")
    assert "\x1b" not in sent(TERM="dumb")
