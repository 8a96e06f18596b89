"""Settings of the test run: property tests are the same on every run, and have no deadline on a busy machine."""

from collections.abc import Iterator

import pytest
from amounts import take_as_many
from hypothesis import settings

from symconv.layer import LAYERS

settings.register_profile("symconv", deadline=None, derandomize=True)
settings.load_profile("symconv")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        take_as_many(item)


@pytest.fixture(autouse=True)
def registry() -> Iterator[None]:
    """What a test registers as a layer is gone after it."""
    before = dict(LAYERS)
    yield
    LAYERS.clear()
    LAYERS.update(before)
