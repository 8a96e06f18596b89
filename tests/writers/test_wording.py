"""Layers, figures and names in few words."""

from __future__ import annotations

from fractions import Fraction

import pytest

from symconv import Layer, Network
from symconv.layers import (
    AdaptiveAvgPool,
    AvgPool,
    Concat,
    Conv,
    ConvTranspose,
    DepthwiseConv,
    Linear,
    LocalResponseNorm,
    MaxPool,
    Pad,
    PReLU,
    ReLU,
    Softmax,
    Upsample,
)
from symconv.notation import ASCII, LATEX, TEXT
from symconv.writers.wording import described, figure, kinds, lines, percent, plain


def words(layer: Layer, rank: int = 2, net: Network | None = None) -> str:
    net = net or Network()
    net.input("image", "N", 8, *["X"] * rank)
    net.add("layer", layer)
    return described(net.node("layer"), TEXT).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (Conv(64, 3, padding=1), "conv 3×3, 64, padding 1"),
        (Conv(64, 7, 2, 3, bias=False), "conv 7×7, 64, stride 2, padding 3, no bias"),
        (Conv(64, (1, 7), padding=(0, 3)), "conv 1×7, 64, padding 0×3"),
        (Conv(64, padding=((0, 1), (0, 1))), "conv 3×3, 64, padding (0, 1)×(0, 1)"),
        (Conv(64, padding="same", dilation=2, groups=8), "conv 3×3, 64, padding same, dilation 2, groups 8"),
        (DepthwiseConv(), "depthwise conv 3×3"),
        (ConvTranspose(32, 2, 2), "conv transpose 2×2, 32, stride 2"),
        (MaxPool(2), "max pool 2×2"),
        (MaxPool(3, 2, ceil=True), "max pool 3×3, stride 2, ceil"),
        (AvgPool(2, 2), "avg pool 2×2, stride 2"),
        (AdaptiveAvgPool(7), "adaptive avg pool size 7"),
        (AdaptiveAvgPool((7, 5)), "adaptive avg pool size 7×5"),
        (Linear(1000, bias=False), "linear 1000, no bias"),
        (LocalResponseNorm(), "lrn"),
        (Upsample(Fraction(3, 2), mode="linear"), "upsample scale 3/2, mode linear"),
        (Pad(((1, 0), (2, -1))), "pad amount (1, 0)×(2, −1)"),
        (Softmax(-1), "softmax axis −1"),
        (PReLU(True), "prelu per channel"),
        (ReLU(), "relu"),
        (Concat(), "concat"),
    ],
)
def test_a_layer_is_said_by_its_kind_and_what_differs_from_its_defaults(layer: Layer, said: str) -> None:
    assert words(layer) == said


def test_a_kernel_has_as_many_sides_as_the_image_axes() -> None:
    assert words(Conv(8), rank=1) == "conv 3, 8"
    assert words(Conv(8), rank=3) == "conv 3×3×3, 8"


def test_symbols_are_set_as_formulas() -> None:
    net = Network()
    k = net.symbol("K")
    assert (
        words(Conv(net.symbol("C", "channels"), 2 * k + 1, padding=k), net=net)
        == "conv (2·K + 1)×(2·K + 1), C, padding K"
    )


def test_a_style_sets_the_signs() -> None:
    net = Network()
    net.input("image", "N", 8, "X", "X")
    net.add("layer", Conv(64, 3, 2))
    assert described(net.node("layer"), ASCII).replace("\u00a0", " ") == "conv 3x3, 64, stride 2"


def test_kinds_are_counted_in_their_order() -> None:
    net = Network()
    net.input("image", "N", 8, "X", "X")
    for i, layer in enumerate((Conv(8, padding=1), ReLU(), Conv(8), ReLU(), MaxPool(2))):
        net.add(f"l{i}", layer)
    assert kinds([(node, ()) for node in net.nodes], TEXT).replace("\u00a0", " ") == "2 conv, 2 relu, max pool"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0"),
        (999, "999"),
        (1792, "1,792"),
        (9_999_999, "9,999,999"),
        (10_000_000, "10.00 M"),
        (12_345_678, "12.35 M"),
        (999_949_999, "999.9 M"),
        (999_950_000, "1.000 G"),
        (15_470_264_320, "15.47 G"),
        (10**18, "1.000 E"),
        (999_950 * 10**15, "1.000*10^21"),
        (123_456 * 10**20, "1.235*10^25"),
        (-1_000_000, "-1,000,000"),
        (Fraction(3, 2), "3/2"),
        (Fraction(4, 2), "2"),
    ],
)
def test_figures_are_exact_below_ten_million_and_have_four_digits_above(value: int | Fraction, said: str) -> None:
    assert figure(value, ASCII) == said


def test_an_exact_figure_has_all_digits() -> None:
    assert figure(15_470_264_320, ASCII, exact=True) == "15,470,264,320"
    assert figure(15_470_264_320, TEXT, exact=True) == "15\u202f470\u202f264\u202f320"


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0, "0 %"),
        (Fraction(1, 10**9), "<0.1 %"),
        (Fraction(1, 1000), "0.1 %"),
        (Fraction(2, 3), "66.7 %"),
        (1, "100.0 %"),
    ],
)
def test_a_share_has_one_place_and_is_never_nothing_where_there_is_something(share: Fraction, said: str) -> None:
    assert percent(share) == said


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("conv1", "conv1"),
        ('a"b\\c<d>&', 'a"b\\c<d>&'),
        ("a\nb\tc\0", "a\\nb\\tc\\x00"),
        ("evil\u202etxt\u2066", "evil\\u202etxt\\u2066"),
        ("a\u2028b\u2029", "a\\u2028b\\u2029"),
        ("\ud800", "\\ud800"),
        ("\ufffe\U000e0041", "\\ufffe\\U000e0041"),
        ("שלום 👩\u200d👧 漢字", "שלום 👩\u200d👧 漢字"),
    ],
)
def test_a_strangers_text_shows_what_it_is(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize("text", ["x" * 10_000, "\n" * 10_000, "👧" * 10_000, "\u202e" * 41])
def test_a_long_text_keeps_its_ends(text: str) -> None:
    shown = plain(text)
    assert "…" in shown
    assert 20 < len(shown) <= 40


def test_a_sum_is_broken_before_its_outer_signs_alone() -> None:
    assert lines("N·(12·⌊(X + 1)/2⌋² + 3·(X − 2)² + 5)", 20, " MACs") == [
        "N·(12·⌊(X + 1)/2⌋²",
        "+ 3·(X − 2)² + 5)",
        "MACs",
    ]
    assert lines("4718592·N·(2·⌊(X + 4)/16⌋ − 21)²", 20) == ["4718592·N·(2·⌊(X + 4)/16⌋ − 21)²"]
    assert lines("conv 3×3 + relu → 64×(X − 2)²", 12) == ["conv 3×3", "+ relu →", "64×(X − 2)²"]


def test_what_is_left_out_of_a_long_sum_is_counted() -> None:
    text = "N·(" + " + ".join(f"{i}·X{i}" for i in range(1, 31)) + ")"
    broken = lines(text, 20, " MACs", most=4)
    assert len(broken) == 4
    shown = sum(line.count("·X") for line in broken)
    assert broken[-1] == f"… ({30 - shown} more terms) MACs"


def test_the_first_line_leaves_room_for_what_stands_before_it() -> None:
    assert lines("max pool", 12, indent=5) == ["max", "pool"]
    assert lines("max", 12, indent=12) == ["", "max"]


def test_latex_keeps_its_own_signs() -> None:
    assert figure(3 * 10**25, LATEX) == r"3.000 \cdot 10^{25}"
