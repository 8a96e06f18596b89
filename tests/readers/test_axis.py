"""The axis of a sweep is read as it is written, and what is none is a wrong call."""

from __future__ import annotations

import pytest

from symconv.errors import CallError
from symconv.readers.axis import read_axes


def test_a_row_of_whole_numbers_may_be_of_any_length() -> None:
    assert read_axes(["X=1..1000000000000000000000000"]) == {"X": range(1, 10**24 + 1)}


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["X"], "--over X: a symbol and its values are wanted"),
        (["X="], "--over X=: a symbol and its values are wanted"),
        (["X=1", "X=2"], "--over gives X twice"),
        (["X=64..32"], "--over X=64..32: the range 64..32 is reversed"),
        (["X=1..9:0"], "the step of 1..9:0 is 0"),
        (["X=1,"], "'' is neither a number nor a range"),
        (["X=1/0"], "1/0 divides by 0"),
        (["X=1..1000000000000000000000000,5"], "more than 1,000,000 values that are in no one row"),
        (["w=1/4..9999999:1/4"], "more than 1,000,000 values that are not whole"),
    ],
)
def test_what_is_no_axis_says_why(texts: list[str], words: str) -> None:
    with pytest.raises(CallError) as caught:
        read_axes(texts)
    assert words in str(caught.value)
