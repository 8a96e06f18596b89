"""How a block is taken several times: once in terms of the index of its round, never once for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from symconv.block import Rounds, Unsolved, count_of, solved, state_symbols
from symconv.building import Building
from symconv.domain import Unasked
from symconv.errors import ShapeError
from symconv.extent import Extent, Size, size_of
from symconv.layer import as_size
from symconv.naming import Frame
from symconv.node import Block
from symconv.symbols import index
from symconv.tensor import Tensor

#: Rounds that are written out where they cannot be solved, at most: of numbers, and of extents in symbols.
UNROLLED: Final = 1_000
NESTED: Final = 32


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
        sources = tuple(dict.fromkeys((source, named)))
        with self.undone_on_error():
            self.ask_count(full, count, self._rounds)
            begin, result = 0, source
            if first_apart or count == 1:
                begin, result = 1, self._once(full, 0, sources, result, body)
            out = self._read(result)[1]
            if count != begin:
                result, out = self._several(full, begin, count, sources, result, body, tied)
            self.blocks[full] = Block(full, result, out, self._rounds)
        self._last, self._result = full, self._result if self.in_training(full) else full
        return full

    def _once(
        self,
        full: str,
        number: int,
        sources: tuple[str, ...],
        carried: str,
        body: Callable[[Size], object],
        tied: bool = False,
    ) -> str:
        """One round by itself; its last node."""
        state, first = self._read(carried)[1], f"{full}/0/" if tied and number else ""
        return self._body(Frame(f"{full}/{number}/", self._rounds, sources, carried, state, first), number, body)

    def _body(self, frame: Frame, i: Size, body: Callable[[Size], object]) -> str:
        self._last = before = frame.sources[-1]
        with self._within(frame):
            body(i)
        if self._last == before:
            raise ShapeError(f"{frame.prefix.rpartition('/')[0].rpartition('/')[0]}: a round without layers")
        return self._last

    def _several(
        self,
        full: str,
        begin: int,
        count: Size,
        sources: tuple[str, ...],
        carried: str,
        body: Callable[[Size], object],
        tied: bool,
    ) -> tuple[str, Tensor]:
        """The rounds from `begin` on in terms of their index: what ends each, and the tensor behind the last one."""
        of = index(self._letter(), begin, count, f"{self.name}:{full}")
        rounds = Rounds(full, of, carried, tied)
        entry = self._read(carried)[1]

        def run(state: Tensor) -> tuple[str, Tensor]:
            first = f"{full}/0/" if tied and begin else ""
            frame = Frame(f"{full}/{of.name}/", (*self._rounds, rounds), sources, carried, state, first)
            result = self._body(frame, size_of(of), body)
            with self._within(frame):  # what ends a round is read from inside
                out = self._read(result)[1]
            if out.rank != entry.rank:
                raise ShapeError(f"{full}: a round makes {out} of {state}, and another one cannot follow it")
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
        state = entry.like(*state_symbols(entry.shape, out.shape, full))
        with self._unasked():
            after = run(state)[1]
        self.undo(mark)
        try:
            shape = solved(entry.shape, state.shape, after.shape, of)
            if shape is None and begin >= 2:
                raise Unsolved(f"a round makes {after} of {state}: what enters round {of} cannot be solved")
        except Unsolved as why:
            symbols = any(isinstance(x, Extent) for x, own in zip(entry.shape, state.shape) if x is not own)
            most = NESTED if symbols else UNROLLED
            if not isinstance(count, int) or count > most:
                beside = f"; at most {most:,} rounds are written out" if isinstance(count, int) else ""
                raise Unsolved(f"{full}: {why}{beside}") from None
            for number in range(begin, count):
                carried = self._once(full, number, sources, carried, body, tied)
            return carried, self._read(carried)[1]
        if shape is None:
            result = self._once(full, begin, sources, carried, body, tied)
            if count == begin + 1:
                return result, self._read(result)[1]
            return self._several(full, begin + 1, count, sources, result, body, tied)
        result, _ = run(entry.like(*shape))
        return result, entry.like(*shape).substitute({of: count})

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
