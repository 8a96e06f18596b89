"""The registry of layers, as it was before a test or a page."""

from collections.abc import Iterator

import pytest

from symconv.layer import LAYERS


@pytest.fixture(autouse=True)
def own_layers() -> Iterator[None]:
    """A layer that a test or a page registers is gone after it."""
    before = dict(LAYERS)
    yield
    LAYERS.clear()
    LAYERS.update(before)
