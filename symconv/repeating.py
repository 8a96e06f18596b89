"""How a block is taken several times: once in terms of the index of its round, never once for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from symconv.block import Rounds, Unsolved, count_of, solved, state_symbols
from symconv.building import Building
from symconv.domain import Unasked
from symconv.errors import ShapeError
from symconv.extent import Extent, Size, size_of
from symconv.naming import Frame
from symconv.node import Block
from symconv.ranges import as_size
from symconv.symbols import index
from symconv.tensor import Tensor

#: Rounds that are written out where they cannot be solved, at most: of numbers, and of extents in symbols.
UNROLLED: Final = 1_000
NESTED: Final = 32


@dataclass(frozen=True)
class _Repeat:
    """A block that is taken `count` times: its whole path, what adds a round, and what it is called behind."""

    name: str
    count: Size
    body: Callable[[Size], object]
    sources: tuple[str, ...]
    tied: bool


class Repeating(Building):
    """A network while it is built, with repeated blocks."""

    def repeat(
        self,
        name: str,
        count: Any,
        body: Callable[[Size], object],
        source: str = "",
        *,
        first_apart: bool = False,
        tied: bool = False,
    ) -> str:
        """Add a block `count` times, a number or a symbol, one behind the other; the time does not depend on it.

        `body(i)` adds the layers of one round. It is called as often as is needed, with 0 for a first round that stands
        apart (with `first_apart`, or where the extents are settled by it), and with the index of the round for all
        others. What `source` (the last node added where none is named) is called inside is the output of the round
        before. With `tied` all rounds share one set of weights.

        Returns the name, which stands for the output of the last round. Raises ShapeError, and leaves the network as it
        was, for a count below 1, or where the extents that enter round i cannot be solved.

        >>> from symconv import Network
        >>> from symconv.layers import Conv
        >>> net = Network()
        >>> n, x = net.symbol("n", "count"), net.input("image", "N", 8, "X", "X")
        >>> net.repeat("stage", n, lambda i: net.add("conv", Conv(8, padding=1)))
        'stage'
        >>> net.cost("macs"), net.node("stage/i/conv").out
        (576·N·n·X², N×8×X²)
        """
        full = self._claimed(name)
        count = count_of(as_size(count))
        named = self._find(source or self._last)
        source, _ = self._read(source or self._last)
        again = _Repeat(full, count, body, tuple(dict.fromkeys((source, named))), tied)
        with self.undone_on_error():
            self.ask_count(full, count, self._rounds)
            begin, result = 0, source
            if first_apart or count == 1:
                begin, result = 1, self._once(again, 0, result)
            out = self._read(result)[1]
            if count != begin:
                result, out = self._several(again, begin, result)
            self.blocks[full] = Block(full, result, out, self._rounds)
        self._last, self._result = full, self._result if self.in_training(full) else full
        return full

    def _once(self, again: _Repeat, number: int, carried: str) -> str:
        """One round by itself; its last node."""
        return self._body(again, number, self._frame(again, str(number), carried, self._read(carried)[1], number > 0))

    def _frame(
        self, again: _Repeat, number: str, carried: str, state: Tensor, later: bool, rounds: tuple[Rounds, ...] = ()
    ) -> Frame:
        """What stands around the nodes of a round, or of rounds; `later` than the first one."""
        first = f"{again.name}/0/" if again.tied and later else ""
        return Frame(f"{again.name}/{number}/", (*self._rounds, *rounds), again.sources, carried, state, first)

    def _body(self, again: _Repeat, i: Size, frame: Frame) -> str:
        self._last = before = again.sources[-1]
        with self._within(frame):
            again.body(i)
        if self._last == before:
            raise ShapeError(f"{again.name}: a round without layers")
        return self._last

    def _several(self, again: _Repeat, begin: int, carried: str) -> tuple[str, Tensor]:
        """The rounds from `begin` on in terms of their index: what ends each, and the tensor behind the last one."""
        of = index(self._letter(), begin, again.count, f"{self.name}:{again.name}")
        rounds = Rounds(again.name, of, carried, again.tied)
        entry = self._read(carried)[1]

        def run(state: Tensor) -> tuple[str, Tensor]:
            frame = self._frame(again, of.name, carried, state, begin > 0, (rounds,))
            result = self._body(again, size_of(of), frame)
            with self._within(frame):  # what ends a round is read from inside
                out = self._read(result)[1]
            if out.rank != entry.rank:
                raise ShapeError(f"{again.name}: a round makes {out} of {state}, and another one cannot follow it")
            return result, out

        mark = self.mark()
        try:
            result, out = run(entry)
            if out.shape == entry.shape:
                return result, out
            self.undo(mark)
        except ShapeError:  # what a round asks for may hold of what enters it, and not of what enters the first one
            self.undo(mark)
            with self._unasked():
                out = run(entry)[1]
            self.undo(mark)
            if out.shape == entry.shape:
                raise
        state = entry.like(*state_symbols(entry.shape, out.shape, again.name))
        with self._unasked():
            after = run(state)[1]
        self.undo(mark)
        try:
            shape = solved(entry.shape, state.shape, after.shape, of)
            if shape is None and begin >= 2:
                raise Unsolved(f"a round makes {after} of {state}: what enters round {of} cannot be solved")
        except Unsolved as why:
            symbols = any(isinstance(x, Extent) for x, own in zip(entry.shape, state.shape) if x is not own)
            return self._one_by_one(again, begin, carried, NESTED if symbols else UNROLLED, why)
        if shape is None:
            result = self._once(again, begin, carried)
            if again.count == begin + 1:
                return result, self._read(result)[1]
            return self._several(again, begin + 1, result)
        result, _ = run(entry.like(*shape))
        return result, entry.like(*shape).substitute({of: again.count})

    def _one_by_one(self, again: _Repeat, begin: int, carried: str, most: int, why: Unsolved) -> tuple[str, Tensor]:
        """The rounds from `begin` on each by itself, where they are a number of at most so many."""
        if not isinstance(again.count, int) or again.count > most:
            beside = f"; at most {most:,} rounds are written out" if isinstance(again.count, int) else ""
            raise Unsolved(f"{again.name}: {why}{beside}") from None
        for number in range(begin, again.count):
            carried = self._once(again, number, carried)
        return carried, self._read(carried)[1]

    def _letter(self) -> str:
        """A name for an index that nothing else has."""
        taken = {s.name for s in self._known} | {r.index.name for r in self._rounds}
        letters: list[str] = [*"ijklm", *(f"i{n}" for n in range(len(taken) + 1))]
        return next(letter for letter in letters if letter not in taken)

    @contextmanager
    def _unasked(self) -> Iterator[None]:
        """While this is entered, what layers ask of symbols that stand for others goes nowhere."""
        domains = self.domain, self.training_domain
        self.domain = self.training_domain = Unasked()
        try:
            yield
        finally:
            self.domain, self.training_domain = domains
