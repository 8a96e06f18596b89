"""The what-if page: networks in one file that answers what their closed forms are at any size, exactly and offline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from symconv.count import Convention
from symconv.errors import CallError
from symconv.network import Network
from symconv.writers.compare import COMPARED
from symconv.writers.layers import metric_name
from symconv.writers.page.data import Contents
from symconv.writers.page.html import page
from symconv.writers.saving import save

#: What is shown without being asked for.
METRICS: Final = COMPARED


@dataclass(frozen=True)
class Report:
    """A page about networks: totals, plots, closed forms, diagrams and layers at sizes that its reader sets.

    A symbol that several networks have by the same name is one on the page. Metrics are `metrics`, of which the first
    one colours the diagrams at the start. `at` are sizes at which the page starts, by name, where these are not the
    usual ones; `depth` is how many levels of names the diagrams draw, by itself as many as can be read.

    >>> from symconv.readers.catalogue import load
    >>> text = Report((load("vgg16"),), at={"X": 224}).html()
    >>> text.startswith("<!DOCTYPE html>"), "15\\u202f470\\u202f264\\u202f320" in text
    (True, True)
    """

    networks: Sequence[Network]
    metrics: Sequence[str | Convention] = METRICS
    at: Mapping[str, Any] = field(default_factory=dict)
    depth: int | None = None

    def html(self) -> str:
        """The page.

        Raises CallError without a network, and for a metric that is named twice; SymconvError for an unknown metric, an
        unknown symbol, a size outside of a network's domain.
        """
        names = [metric_name(metric) for metric in self.metrics]
        if not self.networks or not names:
            raise CallError("a page needs a network and a metric")
        if len(set(names)) < len(names):
            raise CallError(f"a page shows a metric once: {', '.join(names)}")
        return page(Contents(self.networks, self.metrics, self.at, self.depth))

    def save(self, path: Path | str) -> None:
        """Write it to a file; what was there stays until the new one is whole.

        Raises OutputError where the file cannot be written; whatever `html` raises.
        """
        save(self.html().encode(), Path(path))


def report(*networks: Network, metrics: Sequence[str | Convention] = METRICS, **at: Any) -> Report:
    """A what-if page about one network or more, at sizes that it starts at: `report(net).save("report.html")`.

    >>> from symconv.readers.catalogue import load
    >>> report(load("vgg16"), X=256).at
    {'X': 256}
    """
    return Report(networks, tuple(metrics), at)
