"""How many random cases a run takes: the usual number, or so many times of it, EXAMPLES=100 make test."""

import os

import pytest
from hypothesis import is_hypothesis_test, settings

TIMES = float(os.environ.get("EXAMPLES") or 1)


def many(usual: int) -> int:
    """So many times the usual number of cases, one at least."""
    return max(1, round(usual * TIMES))


def take_as_many(item: pytest.Item) -> None:
    """So many times the usual number of examples, where a test is a property of hypothesis."""
    test = getattr(item, "obj", None)
    if TIMES != 1 and test is not None and is_hypothesis_test(test):
        own = getattr(test, "_hypothesis_internal_use_settings", None) or settings()
        test._hypothesis_internal_use_settings = settings(own, max_examples=many(own.max_examples))
