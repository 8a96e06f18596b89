"""An ONNX file as a protobuf without its weights: only their shapes are wanted.

Long tensors are skipped in the file's bytes before it is parsed, so reading takes the memory of the graph. External
data is never opened; a path that leaves the model's folder is an error.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any, Final

from symconv.errors import ModelError

if TYPE_CHECKING:
    import onnx

#: Bytes of a tensor that is kept whole: what shapes are computed from is shorter.
KEPT: Final = 1 << 16

#: Bytes of a file without its tensors, and messages inside of one another, at most.
MOST: Final = 1 << 30
DEEP: Final = 100

MODEL, GRAPH, NODE, ATTRIBUTE, TENSOR, SPARSE, FUNCTION, TRAINING = range(8)

#: By message and number of a field: the message in it.
_INSIDE: Final = {
    (MODEL, 7): GRAPH, (MODEL, 25): FUNCTION, (MODEL, 20): TRAINING, (TRAINING, 1): GRAPH, (TRAINING, 2): GRAPH,
    (GRAPH, 1): NODE, (GRAPH, 5): TENSOR, (GRAPH, 15): SPARSE, (NODE, 5): ATTRIBUTE, (ATTRIBUTE, 5): TENSOR,
    (ATTRIBUTE, 6): GRAPH, (ATTRIBUTE, 10): TENSOR, (ATTRIBUTE, 11): GRAPH, (ATTRIBUTE, 22): SPARSE,
    (ATTRIBUTE, 23): SPARSE, (SPARSE, 1): TENSOR, (SPARSE, 2): TENSOR, (FUNCTION, 7): NODE, (FUNCTION, 11): ATTRIBUTE,
}  # fmt: skip

#: The fields of a tensor that hold its elements.
_ELEMENTS: Final = frozenset({4, 5, 6, 7, 9, 10, 11})


def model_of(path: str | Path) -> onnx.ModelProto:
    """The model of a file, without long tensors.

    Raises ModelError for what is no ONNX model, for one whose external data lies outside of its folder, and where the
    onnx package is not installed; OSError as open.
    """
    file = str(path)
    package()
    import onnx
    from google.protobuf.message import DecodeError

    try:
        short = _short(path, file)
    except OSError as error:
        raise ModelError(f"{file}: {error.strerror or error}") from None
    if len(short) > MOST:
        raise ModelError(f"{file}: {len(short):,} bytes without its weights: {MOST:,} are read at most")
    try:
        model: onnx.ModelProto = onnx.ModelProto.FromString(short)
    except (DecodeError, RecursionError):
        raise ModelError(f"{file}: no ONNX model: its protobuf cannot be read") from None
    checked(model, file)
    return model


def _short(path: str | Path, file: str) -> bytes:
    """The bytes of a file without long tensors."""
    with open(path, "rb") as opened:
        opened.seek(0, 2)
        if opened.tell() == 0:
            raise ModelError(f"{file}: the file is empty")
        with mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as mapped, memoryview(mapped) as view:
            try:
                return b"".join(_without_elements(view, 0, len(view), MODEL, 0))
            except (_TornError, IndexError):
                raise ModelError(f"{file}: no ONNX model, or one that was cut off: its protobuf is broken") from None


def checked(model: Any, file: str) -> None:
    """That a protobuf is an ONNX model, whose external data is in its folder.

    Raises ModelError.
    """
    if not model.HasField("graph") or not (model.graph.node or model.graph.output):
        raise ModelError(f"{file}: no ONNX model: it has no graph with nodes or outputs")
    if not model.opset_import and any(n.domain in ("", "ai.onnx") for n in model.graph.node) and model.ir_version >= 3:
        raise ModelError(f"{file}: the model says no version of the operators that it uses (opset_import)")
    for tensor in _tensors(model.graph):
        for entry in tensor.external_data:
            if entry.key == "location" and _leaves(entry.value):
                raise ModelError(
                    f"{file}: the data of {tensor.name or 'a tensor'} is said to be in {entry.value!r}, outside of the "
                    "model's folder: such a path is not followed"
                )


def package() -> Any:
    """The onnx package.

    Raises ModelError with the extra's name where it is not installed.
    """
    try:
        import onnx
    except ImportError:
        raise ModelError("reading ONNX models needs the onnx package: pip install 'symconv[onnx]'") from None
    return onnx


def _tensors(graph: Any, depth: int = 0) -> Iterator[Any]:
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors
            for inner in (*([attribute.g] if attribute.HasField("g") else ()), *attribute.graphs):
                if depth > DEEP:
                    raise ModelError("graphs inside of graphs, too deep")
                yield from _tensors(inner, depth + 1)


def _leaves(location: str) -> bool:
    """Whether a path is absolute, goes upwards or is none."""
    ways = PurePosixPath(location), PureWindowsPath(location)
    return not location or "\0" in location or any(p.is_absolute() or p.drive or ".." in p.parts for p in ways)


# -- the bytes of a protobuf ---------------------------------------------------------------------------------------


class _TornError(Exception):
    """Bytes that are no protobuf."""


def _without_elements(data: memoryview, begin: int, end: int, kind: int, depth: int) -> list[bytes]:
    """The bytes of a message without the elements of long tensors, in pieces."""
    if depth > DEEP:
        raise _TornError
    pieces: list[bytes] = []
    kept, at = begin, begin  # what lies between them is taken as it is
    while at < end:
        start = at
        tag, at = _varint(data, at, end)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            _, at = _varint(data, at, end)
        elif wire == 1:
            at += 8
        elif wire == 5:
            at += 4
        elif wire == 2:
            length, at = _varint(data, at, end)
            if length > end - at:
                raise _TornError
            if length > KEPT:
                inner = _INSIDE.get((kind, number))
                if inner is not None:
                    pieces.append(bytes(data[kept:start]))
                    short = b"".join(_without_elements(data, at, at + length, inner, depth + 1))
                    pieces += [_written(tag), _written(len(short)), short]
                    kept = at + length
                elif kind == TENSOR and number in _ELEMENTS:
                    pieces.append(bytes(data[kept:start]))
                    kept = at + length
            at += length
        else:
            raise _TornError
        if at > end:
            raise _TornError
    pieces.append(bytes(data[kept:end]))
    return pieces


def _varint(data: memoryview, at: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while at < end:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise _TornError
    raise _TornError


def _written(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
