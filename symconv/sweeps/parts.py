"""A design space on disk, part by part: CSV or Parquet, of any length, and gone on with where it was left.

The parts of `out.parquet` are in `out.parquet.parts`, beside what they are parts of. A part that is there is whole: it
has been given its name when it was. At the end they are joined in their order and removed.
"""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from symconv.errors import SymconvError
from symconv.sweeps.grid import fits
from symconv.sweeps.space import Columns, DesignSpace

#: Told after every part: how many are done, of how many.
Progress = Callable[[int, int], None]

#: Runs the parts of these numbers somewhere, and yields each number with what `encode` made of it, in any order.
Runner = Callable[[Callable[[int], bytes], Sequence[int]], Iterator[tuple[int, bytes]]]

FORMATS: Final = (".csv", ".parquet")

#: Digits that a decimal column of Parquet has at most.
DIGITS: Final = 76


def in_turn(encode: Callable[[int], bytes], numbers: Sequence[int]) -> Iterator[tuple[int, bytes]]:
    """The parts one after the other, in this process."""
    return ((i, encode(i)) for i in numbers)


def in_processes(workers: int) -> Runner:
    """The parts in so many processes of this machine."""

    def run(encode: Callable[[int], bytes], numbers: Sequence[int]) -> Iterator[tuple[int, bytes]]:
        from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
        from multiprocessing import get_context

        left = iter(numbers)
        with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
            try:
                running = {pool.submit(encode, i): i for _, i in zip(range(2 * workers), left)}
                while running:
                    done, _ = wait(running, return_when=FIRST_COMPLETED)
                    for future in done:
                        yield running.pop(future), future.result()
                    running |= {pool.submit(encode, i): i for _, i in zip(range(2 * workers - len(running)), left)}
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    return run


def write(space: DesignSpace, path: str | Path, run: Runner = in_turn, progress: Progress | None = None) -> Path:
    """Write a design space to `path`, a .csv or a .parquet; the parts that an earlier call has left are not run again.

    Raises SymconvError for any other kind of file, where what is needed for it is not installed, or where the parts
    that are there belong to another sweep; OSError as files do. After any error the parts that are done stay.
    """
    path = Path(path)
    if path.suffix not in FORMATS:
        raise SymconvError(f"{path}: a sweep is written as {' or '.join(FORMATS)}")
    if path.suffix == ".parquet":
        _arrow()
    folder = parts_of(path)
    done = _begun(space, path, folder)
    total = len(space)
    if progress is not None:
        progress(len(done), total)
    encode = partial(encoded, space, path.suffix)
    missing = [i for i in range(total) if i not in done]
    with closing(run(encode, missing)) as finished:  # type: ignore[type-var]
        for count, (i, content) in enumerate(finished, len(done) + 1):
            _placed(folder / _name(i, path.suffix), content)
            if progress is not None:
                progress(count, total)
    _join(space, path, [folder / _name(i, path.suffix) for i in range(total)])
    shutil.rmtree(folder)
    return path


def parts_of(path: Path) -> Path:
    """Where the parts of a file are until it is whole."""
    return path.with_name(path.name + ".parts")


def finished(path: Path) -> tuple[int, int]:
    """How many parts of a file are done, and of how many."""
    folder = parts_of(path)
    try:
        total = json.loads((folder / "manifest.json").read_text())["parts"]
    except (OSError, ValueError, KeyError):
        return 0, 0
    return len(list(folder.glob(f"part-*{path.suffix}"))), int(total)


def _name(i: int, suffix: str) -> str:
    return f"part-{i:06}{suffix}"


def _begun(space: DesignSpace, path: Path, folder: Path) -> set[int]:
    """The parts that are there; where none is, the folder with what it is a sweep of."""
    manifest = folder / "manifest.json"
    asked = {"fingerprint": space.fingerprint, "parts": len(space), "columns": list(space.columns)}
    if folder.exists():
        try:
            found = json.loads(manifest.read_text())
        except (OSError, ValueError):
            found = None
        if found != asked:
            raise SymconvError(f"{folder} has parts of another sweep: remove it, or write to another file")
        return {i for i in range(len(space)) if (folder / _name(i, path.suffix)).exists()}
    if not path.parent.is_dir():
        raise SymconvError(f"{path}: there is no folder {path.parent}")
    folder.mkdir()
    _placed(manifest, json.dumps(asked, indent=2).encode())
    return set()


def _placed(path: Path, content: bytes) -> None:
    """A file that is whole as soon as it has its name."""
    beside = path.with_name(path.name + ".tmp")
    beside.write_bytes(content)
    os.replace(beside, path)


# -- formats -------------------------------------------------------------------------------------------------------


def encoded(space: DesignSpace, suffix: str, i: int) -> bytes:
    """A part as the content of a file: CSV without its head, or Parquet."""
    columns = space.part(i, written=True)
    return _rows(columns).encode() if suffix == ".csv" else _parquet(space, columns)


def _rows(columns: Columns) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(zip(*(column.tolist() for column in columns.values())))
    return out.getvalue()


def _arrow() -> Any:
    try:
        import_module("pyarrow.parquet")
    except ImportError:
        raise SymconvError('Parquet needs pyarrow: pip install "symconv[parquet]"') from None
    return import_module("pyarrow")


def _schema(space: DesignSpace) -> Any:
    """The types of the columns, known from bounds: 64-bit integers, decimals of so many digits, or texts."""
    pa = _arrow()

    def whole(low: int, high: int) -> Any:
        if fits(low, high):
            return pa.int64()
        digits = len(str(max(abs(low), abs(high))))
        return pa.decimal128(38, 0) if digits <= 38 else pa.decimal256(DIGITS, 0) if digits <= DIGITS else pa.string()

    fields = []
    for axis in space.grid.axes:
        texts = axis.under != 1 and axis.written.dtype == object
        kind = whole(*axis.bounds()) if axis.under == 1 else pa.string() if texts else pa.float64()
        fields.append((axis.symbol.name, kind))
    return pa.schema([*fields, *((metric, whole(*space.bounds(metric))) for metric in space.metrics)])


def _parquet(space: DesignSpace, columns: Columns) -> bytes:
    pa = _arrow()
    schema = _schema(space)
    arrays = [_column(pa, columns[field.name], field.type) for field in schema]
    out = io.BytesIO()
    pa.parquet.write_table(pa.table(arrays, schema=schema), out, compression="zstd")
    return out.getvalue()


def _column(pa: Any, values: Any, kind: Any) -> Any:
    if values.dtype != object:
        return pa.array(values, type=kind)
    plain: Iterable[Any] = values.tolist()
    if pa.types.is_string(kind):
        return pa.array(map(str, plain), type=kind)
    if pa.types.is_int64(kind):
        return pa.array(plain, type=kind)
    from decimal import Context, Decimal

    context = Context(prec=DIGITS)
    return pa.array([context.create_decimal(Decimal(v)) for v in plain], type=kind)


def _join(space: DesignSpace, path: Path, parts: Sequence[Path]) -> None:
    """The parts in their order as one file."""
    beside = path.with_name(path.name + ".tmp")
    with ExitStack() as stack:
        if path.suffix == ".csv":
            out = stack.enter_context(beside.open("wb"))
            out.write((",".join(space.columns) + "\n").encode())
            for part in parts:
                with part.open("rb") as some:
                    shutil.copyfileobj(some, out, 1 << 20)
        else:
            pa, schema = _arrow(), _schema(space)
            writer = stack.enter_context(pa.parquet.ParquetWriter(beside, schema, compression="zstd"))
            for part in parts:
                writer.write_table(pa.parquet.read_table(part, schema=schema))
    os.replace(beside, path)
