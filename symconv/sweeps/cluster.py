"""The parts of a design space on a Dask cluster: one that runs somewhere, or workers of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from importlib import import_module
from typing import Any, Final

from symconv.errors import SymconvError
from symconv.sweeps.parts import Runner

#: Parts that a cluster has at a time, for each of its threads.
AHEAD: Final = 3


def on_dask(where: Any = "local", workers: int = 2) -> Runner:
    """The parts on Dask: the address of a scheduler, a client, or "local" for so many processes of this machine.

    A part that was on a worker which dies is worked out again by another one. Parts travel to this process, which
    writes them, so that workers need no file system in common with it.

    Raises SymconvError where Dask is not installed or there is no cluster at the address.
    """
    try:
        distributed: Any = import_module("distributed")
    except ImportError:
        raise SymconvError('a sweep on Dask needs it installed: pip install "symconv[dask]"') from None

    def run(encode: Callable[[int], bytes], numbers: Sequence[int]) -> Iterator[tuple[int, bytes]]:
        with ExitStack() as stack:
            if isinstance(where, distributed.Client):
                client = where
            elif where == "local":
                cluster = stack.enter_context(
                    distributed.LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None)
                )
                client = stack.enter_context(distributed.Client(cluster))
            else:
                try:
                    client = stack.enter_context(distributed.Client(where, timeout="10s"))
                except (OSError, ValueError) as error:
                    raise SymconvError(f"no Dask cluster at {where}: {error}") from None
            yield from _gathered(client, encode, numbers, distributed.as_completed)

    return run


def _gathered(
    client: Any, encode: Callable[[int], bytes], numbers: Sequence[int], as_completed: Any
) -> Iterator[tuple[int, bytes]]:
    """The parts as they are finished, a few ahead of those that have come, so that no memory fills up."""
    left = iter(numbers)
    threads = sum(client.nthreads().values()) or 1
    number: dict[Any, int] = {}

    def submit() -> Any:
        for i in left:
            future = client.submit(encode, i, pure=False, retries=2)
            number[future] = i
            return future
        return None

    first = [future for _ in range(AHEAD * threads) if (future := submit()) is not None]
    coming = as_completed(first)
    try:
        for future in coming:
            yield number.pop(future), future.result()
            following = submit()
            if following is not None:
                coming.add(following)
    finally:
        client.cancel(list(number))
