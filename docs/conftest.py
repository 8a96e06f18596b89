"""Pages about torch and Keras are tested where these are installed; what builds the site is no page."""

from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from symconv.layer import LAYERS

collect_ignore = ["conf.py", "generated.py"] + [
    page
    for page, package in (("torch.md", "torchvision"), ("reconcile.md", "torchvision"), ("keras.md", "keras"))
    if find_spec(package) is None or find_spec("torch") is None
]


@pytest.fixture(autouse=True)
def _own_layers() -> Iterator[None]:
    """A layer that a page defines is forgotten behind the page."""
    before = dict(LAYERS)
    yield
    LAYERS.clear()
    LAYERS.update(before)
