"""A claim is read into the figures that it compares, each apart from the network's own symbols."""

from __future__ import annotations

from symconv.extent import size_of
from symconv.readers.claim import Term, read_claim
from symconv.symbols import symbol


def test_a_symbol_of_the_network_is_not_taken_for_a_figure() -> None:
    own = size_of(symbol("figure0", "count"))
    claim = read_claim("params > 2*figure0", {"figure0": own})
    ((figure, term),) = claim.terms.items()
    assert term == Term("params")
    assert figure != own
    assert (claim.left, claim.right) == ((figure, 1), (2 * own, 1))
