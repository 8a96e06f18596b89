"""The plot of a page claims what Python has at any range; a link restores a page, or the page says why it does not."""

from __future__ import annotations

import re
import time
from fractions import Fraction
from typing import Any

import pytest

import symconv as sc
from symconv import Network, load
from symconv.layers import Conv
from writers.page.showing import by_sympy

pytestmark = pytest.mark.page


# -- the plot ----------------------------------------------------------------------------------------------------------


def test_crossovers_are_where_python_has_them(shown: Any) -> None:
    nets = [load("mobilenet_v2"), load("squeezenet1_1")]
    page = shown(*nets)
    (order,) = sc.orders(nets, "X", N=1)
    assert str(order.more) == "17 ≤ x ≤ 112"
    said = " ".join(page.page.locator(".crossings li").all_text_contents())
    assert "112" in said
    assert "113" in said


def test_the_plotted_figures_are_there_as_a_table(shown: Any) -> None:
    net = load("vgg16")
    page = shown(net)
    page.page.get_by_text("The plotted figures as a table").click()
    page.settle()
    rows = page.page.locator("details.figures tbody tr").all()
    assert 2 <= len(rows) <= 25
    total = net.total("macs")
    for row in rows:
        x = int(re.sub(r"\D", "", row.locator("th").text_content()))
        wanted = total.subs({s: {"X": x, "N": 1}[s.name] for s in total.free_symbols}).doit() if x >= 32 else None
        shown_ = row.locator("td").text_content().replace("\u202f", "")
        assert shown_ == (str(wanted) if wanted is not None else "outside the domain")


# -- links -------------------------------------------------------------------------------------------------------------


def test_a_link_restores_what_was_set(shown: Any) -> None:
    nets = load("vgg16"), load("resnet50")
    first = shown(*nets)
    first.set(X=97, N=5)
    first.page.get_by_role("tab", name="resnet50").click()
    first.page.locator("#plot-x").check()
    first.page.wait_for_timeout(600)
    link = first.page.evaluate("location.hash")
    again = shown(*nets, link=link)
    assert again.totals() == first.totals() == [by_sympy(net, {"X": 97, "N": 5}) for net in nets]
    assert again.page.get_by_role("tab", name="resnet50").get_attribute("aria-selected") == "true"
    assert again.page.locator("#plot-x").is_checked()
    assert again.page.locator("#said").text_content() == ""


@pytest.mark.parametrize(
    "link", ["#X", "#X=1&X=2", "#Q=5", "#X=abc", "#%", "#=", "#X=%ff", "#.metric=none", "#.what=1", "#__proto__=1"]
)
def test_a_broken_link_opens_with_the_defaults_and_says_so(shown: Any, link: str) -> None:
    page = shown(load("vgg16"), link=link)
    assert page.totals() == [by_sympy(load("vgg16"), {"X": 224, "N": 1})]
    assert "could not be read" in page.page.locator("#said").text_content()


# -- what was broken once ----------------------------------------------------------------------------------------------


def ranged(page: Any, low: str, high: str) -> None:
    """Ask for a range, and wait until the curves that take longer are there."""
    for box, text in (("#plot-from", low), ("#plot-to", high)):
        page.page.locator(box).fill(text)
        page.page.locator(box).press("Enter")
    page.page.wait_for_timeout(700)


def crossings(page: Any) -> list[str]:
    return list(page.page.locator(".crossings li").all_text_contents())


def padded() -> Network:
    """A convolution whose padding may be 0."""
    net = Network("padded")
    net.input("image", 1, 3, 8, 8)
    net.add("conv", Conv(2, padding=net.symbol("P", "padding")))
    return net


def pyramid() -> Network:
    """As many halvings as one likes: a sum without a closed form."""
    net = Network("pyramid")
    net.input("image", 1, 8, "X", "X")
    net.repeat("levels", net.symbol("n", "count"), lambda i: net.add("conv", Conv(8, 3, 2, 1)))
    return net


def test_a_change_between_sizes_that_few_networks_have_is_found(shown: Any) -> None:
    nets = [load("unet"), load("vgg16")]
    (order,) = sc.orders(nets, "X", N=1)
    assert str(order.less) == "188 ≤ x ≤ 316, x ≡ 12 (mod 16)"
    page = shown(*nets)
    ranged(page, "1", "30000")
    said = crossings(page)
    assert "costs less than vgg16 up to X = 316, more from X = 332 on" in said[0]
    assert "Not every size was looked at" in said[1]


@pytest.mark.parametrize("high", ["896", "3000", "30000"])
def test_a_sentence_begins_at_the_first_size_of_both(shown: Any, high: str) -> None:
    page = shown(load("vgg16"), load("resnet50"))
    ranged(page, "1", high)
    assert f"more than resnet50 from X = 32 to X = {high}" in crossings(page)[0]


def test_a_curve_is_of_the_sizes_of_its_axis(shown: Any) -> None:
    nets = [load("mobilenet_v2"), load("squeezenet1_1")]
    page = shown(*nets)
    ranged(page, "1000000", "1001910")
    page.page.get_by_text("The plotted figures as a table").click()
    page.page.locator("#plot-x").check()
    page.page.wait_for_timeout(700)
    rows = page.page.locator("details.figures tbody tr").all()
    assert len(rows) > 5
    for row in rows:
        x = int(row.locator("th").text_content().replace("\u202f", ""))
        found = [cell.replace("\u202f", "") for cell in row.locator("td").all_text_contents()]
        assert found == [by_sympy(net, {"X": x, "N": 1})[0] for net in nets]


def test_a_logarithmic_axis_begins_above_0(shown: Any) -> None:
    page = shown(padded(), link="#.over=P&.from=0&.to=10&.x=log")
    page.set(P=0)
    assert page.totals()[0][0] == str(2 * 27 * 6 * 6)


@pytest.mark.parametrize(
    "link",
    [
        "#X=224&N=1&.to=1e400&.x=log",
        "#X=224&N=1&.to=1e400",
        "#X=224&N=1&.from=100000000000000000&.to=100000000000000009",
        f"#X=224&N={10**300}",
        f"#X=224&N={10**300}&.y=log",
    ],
)
def test_numbers_beyond_floats_are_plotted(shown: Any, link: str) -> None:
    page = shown(load("vgg16"), load("resnet50"), link=link)
    page.page.wait_for_timeout(500)
    assert page.page.locator("#model-0 .layers tbody tr").count() == 40
    assert "more than resnet50" in crossings(page)[0]
    n = int(re.search("N=([0-9]+)", link)[1])  # type: ignore[index]
    assert page.totals()[0] == by_sympy(load("vgg16"), {"X": 224, "N": n})


def test_a_bad_range_goes_on_with_the_last_one_and_says_so(shown: Any) -> None:
    page = shown(load("resnet50"), load("resnet"))
    ranged(page, "500", "100")
    assert "The plot goes on from X = 500" in page.page.locator("#plot-fault").text_content()
    page.page.locator("#plot-metric").select_option(label="params")
    page.settle()
    assert crossings(page)[0].startswith("params: resnet50 costs less than resnet")


def test_a_multiplier_near_0_has_a_plot(shown: Any) -> None:
    page = shown(load("efficientnet"), at={"w": Fraction(1, 1000)})
    page.page.locator("#plot-control").select_option(label="w")
    page.settle()
    assert page.page.locator("#plot-fault").text_content() == ""


def test_many_rounds_do_not_stop_a_page(shown: Any) -> None:
    page = shown(pyramid())
    page.set(n=10)
    assert page.totals()[0][0] == str(576 * sum((-(-224 // 2**i)) ** 2 for i in range(1, 11)))
    begin = time.monotonic()
    page.set(n=10**6)
    assert time.monotonic() - begin < 10
    assert "too large to be evaluated in a page" in page.fault(0)


def test_the_skip_link_keeps_what_was_set(shown: Any) -> None:
    page = shown(load("vgg16"))
    page.set(X=97)
    page.page.locator("a.skip").focus()
    page.page.keyboard.press("Enter")
    page.page.wait_for_timeout(500)
    assert page.page.evaluate("document.activeElement.id") == "main"
    assert page.totals() == [by_sympy(load("vgg16"), {"X": 97, "N": 1})]
    assert page.page.locator("#said").text_content() == ""


def test_a_link_is_one_that_can_be_read(shown: Any) -> None:
    page = shown(load("vgg16"))
    page.set(X=97)
    ranged(page, "abc", "500")
    link = page.page.evaluate("location.hash")
    assert "X=97" in link
    again = shown(load("vgg16"), link=link)
    assert again.page.locator("#said").text_content() == ""
    assert again.totals() == page.totals()


def test_the_arrow_keys_follow_the_sorted_rows(shown: Any) -> None:
    page = shown(load("vgg16"))
    page.page.locator("#model-0 th[aria-sort] button").nth(3).click()
    page.settle()
    names = page.page.locator("#model-0 .layers tbody tr:visible th").all_text_contents()[:4]
    page.page.locator("#model-0 .layers tbody tr:visible th button").first.focus()
    met = []
    for _ in names:
        met.append(page.page.evaluate("document.activeElement.textContent"))
        page.page.keyboard.press("ArrowDown")
    assert met == names
    assert names[0] == "stage1/conv2"


def test_figures_without_a_script_are_those_with_one(shown: Any) -> None:
    half = sc.Convention("halves", weights={"mac": Fraction(1, 2), "add": Fraction(1, 3)})
    parts = sc.Convention("parts", weights={"mac": Fraction(1, 7), "add": Fraction(1, 1100)})
    page = shown(load("vgg16"), metrics=(half, parts))
    written = re.findall('<span class="(exact|about)">([^<]*)</span>', page.path.read_text())
    shown_ = [
        (kind, page.page.locator(f"#totals .{kind}").nth(number).text_content())
        for number in range(2)
        for kind in ("exact", "about")
    ]
    assert written == shown_
    assert "/" in written[2][1]
