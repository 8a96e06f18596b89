"""A block taken several times: the rounds that a node stands in, and the shape that enters round i.

A block maps the shape that enters one round to the shape that enters the next. Each extent x of it is solved by itself,
b and s numbers, c free of x:

    x → x               unchanged
    x → r·x + c         xᵢ = rⁱ·x₀ + c·(1 + r + … + rⁱ⁻¹), for r = 1 the affine x₀ + c·i
    x → ⌊(x + b)/s⌋     xᵢ = ⌊(x₀ + b·(1 + s + … + sⁱ⁻¹))/sⁱ⌋, the composed window
    x → x/s             xᵢ = x₀/sⁱ where that is exact
    x → c(i)            xᵢ = c(i − 1), from the second round on

A solution is used where it is proven: at round i + 1 it has to be, in form, what the block makes of it at round i.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from symconv.bounding import at_least
from symconv.cost import Cost
from symconv.errors import ExtentError, ShapeError
from symconv.extent import Extent, Floor, Size, size_of, symbols_of, terms_of
from symconv.recurrence import iterated_affine, iterated_quotient, iterated_window
from symconv.sums import sum_over
from symconv.symbols import Index, Symbol, index, symbol
from symconv.values import substitute


@dataclass(frozen=True)
class Rounds:
    """The rounds of the repeated block `name`, which carries the output of `source` on; tied ones share weights."""

    name: str
    index: Index
    source: str
    tied: bool = False

    @property
    def count(self) -> Size:
        """How many there are."""
        return self.index.end - self.index.begin

    @property
    def certain(self) -> bool:
        """Whether there is at least one for all values of the symbols."""
        return at_least(self.count, 1)

    def substitute(self, values: Mapping[Symbol, Size]) -> Rounds:
        """Sizes in place of symbols; the index is another one where its end changes."""
        end = substitute(self.index.end, values)
        return replace(self, index=index(self.index.name, self.index.begin, end, self.index.scope))


def anywhere(name: str, rounds: Sequence[Rounds]) -> str:
    """The path of a node with * for the index of each of its rounds: the same whatever letters the indices have."""
    for r in reversed(rounds):
        inside = f"{r.name}/{r.index.name}/"
        if name.startswith(inside):
            name = f"{r.name}/*/{name[len(inside) :]}"
    return name


def over(cost: Cost, rounds: Sequence[Rounds]) -> Cost:
    """The cost of one round, summed over all of them, the innermost first."""
    for r in reversed(rounds):
        cost = sum_over(cost, r.index)
    return cost


# -- the shape that enters round i ---------------------------------------------------------------------------------


#: Whom the symbols belong to that stand for what enters a round while that is not known.
_STATE: Final = " what enters a round"


def state_symbols(shape: Sequence[Size], after: Sequence[Size], scope: str) -> tuple[Size, ...]:
    """The shape with a symbol of its own for each extent that the block changes."""
    return tuple(
        x if x == y else size_of(symbol(f"x{axis}", "count", scope + _STATE))
        for axis, (x, y) in enumerate(zip(shape, after))
    )


def bound(symbol: Symbol) -> bool:
    """Whether a symbol is an index, or stands for what enters a round, so that it is none of a network's own."""
    return isinstance(symbol, Index) or symbol.scope.endswith(_STATE)


class Unsolved(ShapeError):  # noqa: N818  (an answer, more than an error)
    """An extent whose value in round i is not known in closed form."""


def solved(entry: Sequence[Size], state: Sequence[Size], after: Sequence[Size], of: Index) -> tuple[Size, ...] | None:
    """The extents that enter round i, given what enters the first round, and what a round makes of `state`.

    None where an extent is what the block makes it from the second round on, whatever it was: then the first round has
    to stand apart. Raises Unsolved, naming the extent.
    """
    own = {s for x, x0 in zip(state, entry) if x is not x0 for s in symbols_of(x)}
    steps = size_of(of) - of.begin
    out: list[Size] = []
    for axis, (x0, x, y) in enumerate(zip(entry, state, after)):
        if x == y or x is x0:
            out.append(x0)
        elif not symbols_of(y) & own:
            before = _before(y, of)
            if before is None or substitute(before, {of: of.begin}) != x0:
                return None
            out.append(before)
        else:
            out.append(_solved(x0, x, y, steps, own, of, axis))
    images: dict[Symbol, Size] = {s: value for x, value in zip(state, out) for s in symbols_of(x) & own}
    later: dict[Symbol, Size] = {of: size_of(of) + 1}
    for axis, (y, value) in enumerate(zip(after, out)):
        if substitute(y, images) != substitute(value, later):
            raise Unsolved(_words(axis, entry[axis], state[axis], y))
    return tuple(out)


def _before(y: Size, of: Index) -> Size | None:
    """What the round before made, where a round makes y of its index alone; None where y has no value there."""
    try:
        before = substitute(y, {of: size_of(of) - 1})
        substitute(before, {of: of.begin})
    except ExtentError:
        return None
    return before


def _solved(x0: Size, x: Size, y: Size, steps: Size, own: set[Symbol], of: Index, axis: int) -> Size:
    """One extent: x0 enters the first round, x becomes y in each."""
    try:
        return _iterated(x0, x, y, steps, own, of, axis)
    except ExtentError as error:  # a power of too large a base, say
        raise Unsolved(f"{_words(axis, x0, x, y)}: {error}") from None


def _iterated(x0: Size, x: Size, y: Size, steps: Size, own: set[Symbol], of: Index, axis: int) -> Size:
    (d,) = symbols_of(x)
    terms = terms_of(y)
    rest: Size = 0
    factor: Size | None = None
    found: Floor | None = None
    for m, c in terms.items():
        term: Size = Extent({m: c}) if m else c
        if not symbols_of(term) & own:
            rest = rest + term
        elif m == (d,):
            factor = c
        elif len(m) == 1 and isinstance(m[0], Floor) and c == 1 and found is None:
            found = m[0]
        else:
            raise Unsolved(_words(axis, x0, x, y))
    if of in symbols_of(rest) or (factor is not None and found is not None):
        raise Unsolved(_words(axis, x0, x, y))
    if found is None:
        assert isinstance(factor, int)
        if factor < 1:
            raise Unsolved(_words(axis, x0, x, y))
        return iterated_affine(x0, factor, rest, steps)
    shift = found.over - x
    if not isinstance(found.under, int) or not isinstance(shift, int) or not isinstance(rest, int):
        raise Unsolved(_words(axis, x0, x, y))
    if found.exact and not shift and not rest:
        return iterated_quotient(x0, found.under, steps)
    return iterated_window(x0, shift + found.under * rest, found.under, steps)


def _words(axis: int, x0: Size, x: Size, y: Size) -> str:
    return (
        f"a round makes {y} of the extent {x} on axis {axis}, {x0} in the first one: what enters round i cannot be "
        "solved (x, r·x + c, ⌊(x + b)/s⌋ and x/s with numbers r, b, s can)"
    )


def count_of(count: Size) -> Size:
    """The number of rounds.

    Raises ShapeError for a number below 1, and for a size that need not be whole.
    """
    if isinstance(count, bool) or not isinstance(count, int | Extent):
        raise ShapeError(f"a repeat of {count!r} rounds, where a whole number from 1 on, or a size, is accepted")
    if isinstance(count, int) and count < 1:
        raise ShapeError(f"a repeat of {count} rounds, where a whole number from 1 on is accepted")
    if isinstance(count, Extent) and not count.integral:
        raise ShapeError(f"a repeat of {count} rounds is not always a whole number: take the floor or the ceiling")
    return count
