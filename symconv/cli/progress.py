"""Progress on standard error: what a command is at once that has taken a second, on a terminal alone, gone at the end.

Nothing of it touches standard output. rich's bars are imported only when one is shown.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress

T = TypeVar("T")

#: The seconds of work after which it is shown.
AFTER: Final = 1.0


class Work:
    """Some work: what it is, and how many of its steps are done as far as they are counted."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.done, self.total = 0, 0
        self._bar: Progress | None = None

    def __call__(self, done: int, total: int) -> None:
        """Say that so many of the steps are done."""
        self.done, self.total = done, total
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=done, total=total or None, count=self.count)

    def each(self, items: Sequence[T]) -> Iterator[T]:
        """The items, each of which is a step.

        >>> work = Work("counting")
        >>> [(item, work.count) for item in work.each("ab")]
        [('a', '0/2'), ('b', '1/2')]
        """
        for number, item in enumerate(items):
            self(number, len(items))
            yield item
        self(len(items), len(items))

    @property
    def count(self) -> str:
        """How many steps are done, of how many; nothing where they are not counted."""
        return f"{self.done:,}/{self.total:,}" if self.total else ""

    def show(self, file: IO[str]) -> None:
        """Show a bar on a terminal, for work of unknown length one that moves to and fro."""
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(20))
        columns = (*columns, TextColumn("{task.fields[count]}"), TimeElapsedColumn())  # type: ignore[assignment]
        bar = Progress(*columns, console=Console(file=file), transient=True, redirect_stdout=False)
        bar.add_task(self.what, completed=self.done, total=self.total or None, count=self.count)
        bar.tasks[0].start_time = bar.get_time() - AFTER  # its own clock begins when it is shown
        self._bar = bar
        self(self.done, self.total)  # what was done meanwhile
        bar.start()

    def hide(self) -> None:
        """Take the bar away."""
        bar, self._bar = self._bar, None
        if bar is not None:
            bar.stop()


@contextmanager
def progress(what: str) -> Iterator[Work]:
    """While this is entered, the work is shown on standard error, from a second on, if that is a terminal."""
    from symconv.writers.output import printable

    work, file = Work(printable(what)), sys.stderr
    if file is None or not watched(file, os.environ):
        yield work
        return
    from threading import Event, Lock, Thread

    over, lock = Event(), Lock()

    def later() -> None:
        if not over.wait(AFTER):
            import rich.progress  # noqa: F401  (outside of the lock, so that nobody waits for it)

            with lock:
                if not over.is_set():
                    work.show(file)

    Thread(target=later, daemon=True).start()
    try:
        yield work
    finally:
        over.set()
        with lock:
            work.hide()


def watched(file: Any, environ: Mapping[str, str]) -> bool:
    """Whether somebody watches a file: it is a terminal that can go back in a line, and no job of a server.

    >>> watched(open(os.devnull), {"TERM": "xterm"})
    False
    """
    return bool(file.isatty()) and environ.get("TERM", "") not in ("dumb", "unknown") and not environ.get("CI")
