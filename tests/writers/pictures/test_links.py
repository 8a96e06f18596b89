"""Links lead to http and https alone, and no name becomes anything else in them."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from symconv import Network
from symconv.errors import SymconvError
from symconv.layers import Conv
from symconv.writers.pictures.diagram import dot, drawn
from symconv.writers.pictures.links import Links
from writers.networks import resnet

HREF = "{http://www.w3.org/1999/xlink}href"


def targets(net: Network, links: dict[str, str]) -> list[str]:
    svg = ElementTree.fromstring(drawn(net, "svg", links=links))
    return sorted(a.get(HREF, "") for a in svg.iter("{http://www.w3.org/2000/svg}a") if a.get(HREF))


def test_a_layer_and_a_stage_are_links() -> None:
    found = targets(resnet(), {"stem/conv": "https://example.org/a?b=1&c=2#d", "stage2": "http://example.org/stage2"})
    assert set(found) == {"https://example.org/a?b=1&c=2#d", "http://example.org/stage2"}


def test_all_others_have_the_link_of_the_star_with_their_names() -> None:
    net = Network()
    net.input("image", 1, 8, 16, 16)
    net.add("a b/c\"d'<e>&f", Conv(8, padding=1))
    net.add("plain", Conv(9, padding=1))
    found = targets(net, {"*": "https://example.org/{name}", "plain": "https://example.org/own"})
    assert set(found) == {
        "https://example.org/own",
        "https://example.org/image",
        "https://example.org/a%20b",
        "https://example.org/a%20b/c%22d%27%3Ce%3E%26f",
    }


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)", "JAVASCRIPT:alert(1)", "data:text/html,x", "file:///etc/passwd", "//example.org", "x",
        "", "https:", "https://", "http:///x", "https://exa mple.org", "https://example.org/\n", "\thttps://example.org",
        "https://[::1", "{name}://example.org", "ftp://example.org", "vbscript:x", "https://example.org/\u202e",
    ],
)  # fmt: skip
def test_other_links_are_refused(link: str) -> None:
    with pytest.raises(SymconvError, match="one of http or https is wanted"):
        Links({"stem": link})


def test_a_link_of_nothing_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(SymconvError, match=r"a link for 'stem/conw'.*stem/conv"):
        dot(resnet(), links={"stem/conw": "https://example.org"})


def test_signs_that_dot_reads_are_encoded() -> None:
    (found,) = set(targets(resnet(), {"stem/conv": "https://example.org/\\N\\G\"'<x>é"}))
    assert found == "https://example.org/%5CN%5CG%22'%3Cx%3E%C3%A9"
