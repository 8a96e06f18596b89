"""How much a run takes: how many random cases, EXAMPLES=100 make test, and what is left to LONG=1."""

import os
from collections.abc import Collection, Iterable
from typing import Any

import pytest
from hypothesis import settings

TIMES = float(os.environ.get("EXAMPLES") or 1)


def many(usual: int) -> int:
    """So many times the usual number of cases, one at least."""
    return max(1, round(usual * TIMES))


def take_as_many(item: pytest.Item) -> None:
    """So many times the usual number of examples, where a test is a property of hypothesis."""
    test = getattr(item, "obj", None)
    if TIMES != 1 and getattr(test, "is_hypothesis_test", False):
        own = getattr(test, "_hypothesis_internal_use_settings", None) or settings()
        test._hypothesis_internal_use_settings = settings(own, max_examples=many(own.max_examples))


def but_long(values: Iterable[Any], long: Collection[Any]) -> list[Any]:
    """Parameters of a test, some of them for LONG=1 alone: more of the same, or made of the parts of others."""
    values = list(values)
    assert set(long) <= set(values), f"{set(long) - set(values)} are none of them"
    return [pytest.param(value, marks=[pytest.mark.long] if value in long else []) for value in values]
