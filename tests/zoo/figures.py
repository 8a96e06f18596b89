"""What the tests of the zoo share: figures that were measured, and siblings of the bundled families."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from symconv import Network, parse_spec
from symconv.cost import total_of
from symconv.errors import DomainError
from symconv.evaluation import evaluate_by_name

ROOT = Path(__file__).parents[2]

#: An input of any height and width in place of the bundled specs' square images.
RECTANGLE = {"input: [N, 3, X, X]": "input: [N, 3, H, W]", "usual: {X: ": "usual: {H: "}


@cache
def measured(entry: str, file: str = "torchvision_more") -> dict[str, Any]:
    """An entry of a truth file."""
    figures: dict[str, Any] = json.loads((ROOT / "tests" / "truth" / f"{file}.json").read_text("utf-8"))[entry]
    return figures


def sizes_of(place: str) -> dict[str, int]:
    """`X=224,N=1` by name."""
    return {name: int(value) for name, value in (part.split("=") for part in place.split(","))}


def text_of(family: str, replaced: Mapping[str, str]) -> str:
    """The text of a bundled spec with other words in place of some, each of which it has."""
    text = (ROOT / "specs" / f"{family}.yaml").read_text("utf-8")
    for old, new in replaced.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def sibling(family: str, replaced: Mapping[str, str] | None = None, **values: Any) -> Network:
    """A network of a bundled family, by the name of its file, that has a variant of these values."""
    listed = f"\nvariants:\n  sibling: {{set: {json.dumps(values)}}}\n"
    return parse_spec(text_of(family, {**(replaced or {}), "\nvariants:\n": listed})).network("sibling")


def is_legal(net: Network, X: int) -> bool:
    try:
        net.at({"X": X})
    except DomainError:
        return False
    return True


def assert_equals(net: Network, entry: str, file: str = "torchvision_more", **values: Any) -> None:
    """Params, buffers, and the MACs at each image, of a network or, at these values, of its family.

    Squares of a network of squares, rectangles of one of rectangles.
    """
    figures = measured(entry, file)
    assert net.evaluate("params", **values) == figures["params"]
    assert net.evaluate("buffers", **values) == figures["buffers"]
    at = {place: macs for place, macs in figures["at"].items() if sizes_of(place).keys() <= net.symbols.keys()}
    assert at
    for place, macs in at.items():
        assert net.evaluate("macs", **values, **sizes_of(place)) == macs["macs"], place


def activations(net: Network, functions: Iterable[str], **sizes: int) -> int:
    """The elements of all outputs, those of layers apart, by kind or by name, that the framework runs as functions."""
    costs = net.costs("activations")
    left = total_of(costs[n.name] for n in net.nodes if n.name not in functions and n.layer.kind not in functions)
    return int(evaluate_by_name(left, **sizes))
