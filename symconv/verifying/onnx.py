"""An ONNX model run by onnxruntime: the shape of every tensor and the macs of every operator against the closed forms.

What the run shows comes from the run alone: shapes from its tensors, macs from these shapes (`symconv.verifying.macs`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np

from symconv.cost import Cost, evaluate_cost
from symconv.errors import DomainError, ExtentError, ModelError, SymconvError
from symconv.extent import Size
from symconv.layers import Unknown
from symconv.network import Network
from symconv.readers.onnx.file import checked, package
from symconv.readers.onnx.load import Reading, read_onnx
from symconv.readers.onnx.value import Value
from symconv.symbols import Symbol
from symconv.values import evaluate
from symconv.verifying.macs import COUNTED, macs_of
from symconv.verifying.points import baked, chosen, shape_at, values_at
from symconv.verifying.report import CHOSEN, Disagreement, Each, Point, Report, written
from symconv.verifying.running import Run, Shape, run
from symconv.verifying.runtime import RunError

_TYPES: Final = {
    "float32": np.float32, "float16": np.float16, "float64": np.float64, "int64": np.int64, "int32": np.int32,
    "int16": np.int16, "int8": np.int8, "uint8": np.uint8, "uint16": np.uint16, "uint32": np.uint32,
    "uint64": np.uint64, "bool": np.bool_,
}  # fmt: skip


#: Points that are tried for the runs that are wanted.
TRIED: Final = 12


def verify_onnx(
    path: str | Path,
    at: Sequence[Mapping[str, int]] = (),
    dims: Mapping[str, Any] | None = None,
    square: bool = False,
    each: Each = iter,
) -> Report:
    """Run a model at these values of its symbols, and compare; at sizes of symconv's own choice where none are given.

    Inputs are random. External weights that are not there are zeros.

    Raises ModelError as `read_onnx` and where onnxruntime is not installed or cannot load the model, DomainError for a
    point outside the domain.
    """
    onnx = package()
    if find_spec("onnxruntime") is None:
        raise ModelError("verifying ONNX models needs onnxruntime: pip install 'symconv[verify]'")
    reading = read_onnx(path, dims, square)
    net = reading.network
    for given in at:
        net.at(given)
    model = onnx.load(str(path), load_external_data=False)
    checked(model, str(path))
    points: list[Point] = []
    for values in each(at) if at else islice(chosen(reading), TRIED):
        points.append(_compared(reading, model, Path(path), dict(values)))
        if sum(not p.failed for p in points) == (len(at) or CHOSEN):
            break
    return Report(net, tuple(points), f"onnxruntime {_version()}")


def _version() -> str:
    try:
        return version("onnxruntime")
    except PackageNotFoundError:  # onnxruntime-gpu has the module too
        return version(packages_distributions()["onnxruntime"][0])


Values = Mapping[Symbol, Any]


def _compared(reading: Reading, model: Any, path: Path, values: dict[str, int]) -> Point:
    point = Point(values)
    try:
        at = values_at(reading.network, values)
        point.failed = baked(reading, at)
        if point.failed:
            return point
        feeds, done = _run(reading, model, path, at)
    except (DomainError, RunError) as error:
        point.failed = str(error)
        return point
    for name in dict.fromkeys(o for node in done.nodes for o in node.output if o in done.shapes):
        _tensor(reading, name, done.shapes[name], at, done, point)
    for weight in model.graph.initializer:
        done.shapes.setdefault(weight.name, [tuple(weight.dims)])
    for name, given in feeds.items():
        done.shapes.setdefault(name, [given.shape])
    for node in done.nodes:
        _operator(reading, node, done, at, point)
    ran = {o for node in done.nodes for o in node.output}
    point.unseen += sum(_counted(reading.network, parts, at) for o, parts in reading.parts.items() if o not in ran)
    return point


def _counted(net: Network, parts: Sequence[str], at: Values) -> bool:
    """Whether the closed forms count macs of an operator here: none of a branch that is not taken."""
    try:
        return any(_closed(net, part, at, 1) for part in parts)
    except (SymconvError, KeyError):
        return True


def _run(reading: Reading, model: Any, path: Path, at: Values) -> tuple[dict[str, Any], Run]:
    """A run with random inputs. Where it fails, integers are all 1, and then as large as any extent: lengths, places.

    Raises RunError, what the first run said, where all fail.
    """
    largest = max((x for t in reading.network.inputs.values() for x in shape_at(t.shape, at) or ()), default=1)
    said: RunError | None = None
    for integers in (None, 1, largest) if _draws_integers(reading) else (None,):
        feeds = _feeds(reading, at, integers)
        try:
            return feeds, run(model, path, feeds)
        except RunError as error:
            said = said or error
    assert said is not None
    raise said


def _tensor(reading: Reading, name: str, seen: list[Shape], at: Values, done: Run, point: Point) -> None:
    """Compare the shape of a tensor in each round that it was made in."""
    entries: list[tuple[Size, Value]] = [(1, reading.tensors[name])] if name in reading.tensors else []
    entries = entries or reading.inner.get(name, [])
    closed: list[Shape] = []
    formula = ""
    for times, value in entries:
        shape = None if value.shape is None else shape_at(value.shape, at)
        rounds = _rounds(times, at, len(seen) if len(entries) == 1 else None)
        if shape is None or rounds is None:
            closed, entries = [], []
            break
        closed += [shape] * rounds
        formula = formula or " × ".join(map(str, value.shape or ())) or "scalar"
    if not entries:
        point.unseen += 1
    elif closed == seen:
        point.tensors += 1
    elif len(closed) != len(seen):
        what = f"the number of rounds that make {name}"
        how_often = " + ".join(str(times) for times, _ in entries)
        point.wrong.append(Disagreement(_maker(done, name), what, str(len(seen)), str(len(closed)), how_often))
    else:
        k = next(k for k, (a, b) in enumerate(zip(seen, closed)) if a != b)
        what = f"the shape of {name}" + (f" in round {k + 1}" if len(seen) > 1 else "")
        point.wrong.append(Disagreement(_maker(done, name), what, written(seen[k]), written(closed[k]), formula))


def _rounds(times: Size, at: Values, seen: int | None) -> int | None:
    """How often something runs here; as often as it was seen to where values decide that."""
    try:
        return int(evaluate(times, at))
    except (KeyError, ExtentError):
        return seen


def _operator(reading: Reading, node: Any, done: Run, at: Values, point: Point) -> None:
    """Compare the macs of an operator, over all rounds."""
    first = next((o for o in node.output if o), "")
    parts = reading.parts.get(first)
    if not parts or first not in done.shapes:  # not read, or done when the model is loaded
        return
    rounds = len(done.shapes[first])
    if any(isinstance(reading.network.node(part).layer, Unknown) for part in parts):
        point.unseen += 1
        return
    try:
        closed = sum(_closed(reading.network, part, at, rounds) for part in parts)
    except (SymconvError, KeyError):
        point.unseen += 1
        return
    shown: list[int | None] = [0]
    if node.op_type in COUNTED:
        shown = [_shown(node, done, k, rounds) for k in range(rounds)]
    if None in shown or (node.op_type not in COUNTED and closed):
        point.unseen += 1
        return
    total = sum(x for x in shown if x is not None)
    if total == closed:
        point.operators += bool(total)
        point.macs += total
    else:
        formula = " + ".join(str(_cost(reading.network, part)) for part in parts)
        label = f"{node.name or first} ({node.op_type})"
        point.wrong.append(Disagreement(label, "the number of macs", f"{total:,}", f"{closed:,}", formula))


def _cost(net: Network, part: str) -> Cost:
    return net.node(part).count["mac"]


def _closed(net: Network, part: str, at: Values, rounds: int) -> Any:
    times = _rounds(net.node(part).times, at, rounds)
    return evaluate_cost(_cost(net, part), at) * (rounds if times is None else times)


def _shown(node: Any, done: Run, k: int, rounds: int) -> int | None:
    """The macs of one round by its shapes."""
    shapes = [list(_in_round(names, done, k, rounds)) for names in (node.input, node.output)]
    return None if None in shapes[0] else macs_of(node, *[[s or () for s in side] for side in shapes])


def _in_round(names: Sequence[str], done: Run, k: int, rounds: int) -> Iterator[Shape | None]:
    """The shapes of tensors in a round; () of one that is left out, None of one that was not seen."""
    for name in names:
        seen = done.shapes.get(name) if name else [()]
        yield None if not seen else seen[k if len(seen) == rounds else 0]


def _maker(done: Run, name: str) -> str:
    made = (f"{node.name or name} ({node.op_type})" for node in done.nodes if name in node.output)
    return next(made, name)


def _draws_integers(reading: Reading) -> bool:
    """Whether an input is filled with integers that no formula has."""
    drawn = (name for name, node in reading.inputs.items() if node not in reading.network.elements)
    return any(
        not reading.tensors[name].dtype.startswith(("float", "string")) for name in drawn if name in reading.tensors
    )


def _feeds(reading: Reading, at: Values, integers: int | None) -> dict[str, Any]:
    """Inputs by the file's names: random ones, and these integers, or random ones of 0 and 1."""
    rng = np.random.default_rng(0)
    feeds: dict[str, Any] = {}
    for file_name, node in reading.inputs.items():
        if node not in reading.network.inputs:
            raise ModelError(f"the input {file_name} is a sequence: random ones are not made")
        tensor = reading.network.inputs[node]
        shape = tuple(evaluate(x, at) for x in tensor.shape)
        value = reading.tensors[file_name]
        if node in reading.network.elements:
            known = [evaluate(x, at) for x in reading.network.elements[node]]
            feeds[file_name] = np.array(known, dtype=_TYPES[value.dtype]).reshape(shape)
        elif value.dtype == "string":
            feeds[file_name] = np.full(shape, "a", dtype=object)
        elif value.dtype not in _TYPES:
            raise ModelError(f"the input {file_name} is of {value.dtype}: random ones are not made")
        elif value.dtype.startswith("float"):
            feeds[file_name] = rng.standard_normal(shape).astype(_TYPES[value.dtype])
        else:
            numbers = rng.integers(0, 2, shape) if integers is None else np.full(shape, integers)
            feeds[file_name] = numbers.astype(_TYPES[value.dtype])
    return feeds
