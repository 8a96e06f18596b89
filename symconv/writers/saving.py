"""Saving: a file written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
from pathlib import Path

from symconv.errors import OutputError


def save(data: bytes, path: Path) -> None:
    """Write a file whole: what was there before stays until the new file is complete, and stays upon failure.

    A link is followed; a device or pipe, such as /dev/stdout, is written to as it is. A new file gets the permissions
    that any other would, a replaced one keeps its own.

    Raises
    ------
    OutputError
        Where the file cannot be written; the message says why.
    """
    try:
        if path.is_dir():
            raise OutputError(f"{path} is a directory, not a file")
        if path.exists() and not path.is_file():
            path.write_bytes(data)
        else:
            _replace(path.resolve(), data)
    except (OSError, ValueError, RuntimeError) as error:
        # ValueError: a NUL in the name; RuntimeError: links that lead to each other, before Python 3.13.
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise OutputError(f"{path} cannot be written: {reason}") from error


def _replace(target: Path, data: bytes) -> None:
    if not target.parent.is_dir():
        raise OutputError(f"{target} cannot be written: there is no directory {target.parent}")
    old = target.exists()
    if old and not os.access(target, os.W_OK):
        # The rename below needs the directory's permission only, and would override a file made read-only on purpose.
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    new = target.with_name(f".symconv-{secrets.token_hex(8)}")
    try:
        # Not tempfile, whose files are readable by their owner alone.
        with new.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if old:
            shutil.copymode(target, new)
        os.replace(new, target)
    except BaseException:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
        raise
