"""The reference: sizes at which a formula is a number, so that there are shares of it.

Which ones is a choice, usual sizes moved to the nearest that the domain allows, so whoever shows a share says them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from symconv.domain import Domain
from symconv.extent import Extent, Size, symbols_of
from symconv.network import Network
from symconv.symbols import FIELD, Index, Symbol

#: What a symbol is taken to be that stands for an extent of the input, a batch, or in a layer's field of this name.
USUAL: Final[dict[str, int]] = {
    "batch": 1, "extent": 224, "sequence": 512, "kernel": 3, "channels": 64, "stride": 1, "dilation": 1, "groups": 1,
    "padding": 1, "rounds": 4, "hidden": 256, "vocabulary": 1000,
}  # fmt: skip
#: How far from the usual size a legal one is looked for.
FAR: Final = 4096


def reference(
    network: Network, symbols: Iterable[Symbol], given: Mapping[str, int] | None = None
) -> dict[Symbol, int] | None:
    """A size for each of some symbols of a network: the one given by name, else the legal one nearest to the usual.

    The usual one is the network's own where it says one. None where no sizes are found that the domain allows
    together. A given name that is not among the symbols is passed over, as long as the network has it.

    Raises SymbolError for a name that the network does not have, DomainError for a given size outside the domain.

    >>> from symconv.layers import MaxPool
    >>> from symconv.symbols import symbol
    >>> net = Network()
    >>> _ = net.input("image", "N", 3, "X", "X"), net.add("pool", MaxPool(2))
    >>> reference(net, [symbol("X"), symbol("N")], {"N": 8})
    {N: 8, X: 224}
    """
    at: dict[Symbol, int] = network.at(given or {})
    usual = _usual(network)
    for s in sorted(set(symbols) - at.keys(), key=lambda s: s.key):
        at[s] = _legal(network.domain, s, network.usual.get(s.name) or usual.get(s, max(s.least, 1)))
    free = [s for s in at if s.name not in (given or {}) and s.name not in network.usual]
    return at if _together(network.domain, at, free) else None


def _together(domain: Domain, at: dict[Symbol, int], free: Iterable[Symbol]) -> bool:
    """Whether the domain allows the sizes; else one that is free takes the size of another if that is allowed."""
    if domain.allows(at):
        return True
    for s in free:
        before = at[s]
        for size in sorted(set(at.values())):
            at[s] = size
            if domain.allows(at):
                return True
        at[s] = before
    return False


def _usual(network: Network) -> dict[Symbol, int]:
    """The usual size of every symbol, by the first place where it is met; the field's own by their roles."""
    found: dict[Symbol, int] = {}

    def meet(size: Size, role: str) -> None:
        for s in symbols_of(size) if isinstance(size, Extent) else ():
            known = FIELD.get(s.name, role) if not s.scope else role
            if known in USUAL and s.integral and not isinstance(s, Index):
                found.setdefault(s, USUAL[known])

    for node in network.nodes:
        for r in node.rounds:
            meet(r.index.end, "rounds")
    for tensor in network.inputs.values():
        for axis, size in enumerate(tensor.shape):
            meet(size, ("batch", "channels")[axis] if axis < 2 else "extent")
    for node in network.nodes:
        for name, size, _ in node.layer.field_sizes():
            meet(size, name)
    return found


def _legal(domain: Domain, symbol: Symbol, usual: int) -> int:
    sizes = domain.sizes(symbol)
    near = (*range(usual, usual + FAR), *range(usual - 1, 0, -1))
    return next((size for size in near if size in sizes), usual)
