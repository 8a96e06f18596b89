"""A condition in the rounds of a block holds where it does in each, however many there are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from symconv.block import Rounds
from symconv.condition import Condition, at_least, differs, divides, equal
from symconv.extent import size_of
from symconv.powers import power
from symconv.symbols import index, symbol

N = size_of(symbol("n", "count", "net"))
I = index("i", 0, N)  # noqa: E741
i = size_of(I)


@pytest.mark.parametrize("rounds", [5, 63, 64, 65, 100, 101, 300])
@pytest.mark.parametrize(
    "condition",
    [
        differs(i, 100),
        differs(3 * i, 7 * N),
        differs(2 * i, N),
        differs(power(2, i), 2**80),
        at_least(100, i),
        at_least(2 * i + 200, N),
        at_least(N - i, 1),
        at_least(2**70, power(2, i)),
        equal(i * i, i * i),
        equal(i * (i - 1), 0),
        divides(7, 7 * i + 14),
        divides(101, i * i + i + 1),
    ],
    ids=lambda condition: condition.text(),
)
def test_it_holds_in_all_rounds_where_it_does_in_each(condition: Condition, rounds: int) -> None:
    n = symbol("n", "count", "net")
    there = replace(condition, rounds=(Rounds("block", I, "before"),))
    each = [condition.holds({n: rounds, I: k}) for k in range(rounds)]
    assert there.holds({n: rounds}) is all(each)
