"""Settings of the test run: property tests are the same on every run, and have no deadline on a busy machine."""

import pytest
from amounts import take_as_many
from hypothesis import settings
from registry import own_layers as own_layers

settings.register_profile("symconv", deadline=None, derandomize=True)
settings.load_profile("symconv")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        take_as_many(item)
