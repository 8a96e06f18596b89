"""An ONNX model run by onnxruntime: the shape of every tensor and the macs of every operator against the closed forms.

What the run shows comes from the run alone: shapes from its tensors, macs from these shapes (`symconv.verifying.macs`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from itertools import product as combinations
from math import prod
from pathlib import Path
from typing import Any, Final

import numpy as np

from symconv.cost import evaluate_cost, total_of
from symconv.errors import DomainError, ExtentError, ModelError, SymconvError
from symconv.evaluation import resolve
from symconv.extent import Function, Size, symbols_of, terms_of
from symconv.network import Network
from symconv.readers.onnx.file import checked, package
from symconv.readers.onnx.load import Reading, read_onnx
from symconv.symbols import Symbol
from symconv.values import evaluate
from symconv.verifying.macs import Shape, macs_of

#: Points that are chosen where none is given.
CHOSEN: Final = 4

#: Combinations that are looked at for them.
TRIED: Final = 1 << 12

#: Elements of an input at most, where points are chosen.
LARGE: Final = 1 << 22

_TYPES: Final = {
    "float32": np.float32, "float16": np.float16, "float64": np.float64, "int64": np.int64, "int32": np.int32,
    "int16": np.int16, "int8": np.int8, "uint8": np.uint8, "uint16": np.uint16, "uint32": np.uint32,
    "uint64": np.uint64, "bool": np.bool_,
}  # fmt: skip


@dataclass(frozen=True)
class Disagreement:
    """A figure of the run that the closed form has not: the node, what of it, both figures, the formula."""

    node: str
    what: str
    run: str
    closed: str
    formula: str

    def __str__(self) -> str:
        return f"{self.node}: {self.what} is {self.run} in the run and {self.closed} by the formula {self.formula}"


@dataclass
class Point:
    """One run: the values of the symbols, how much was compared, or why the model did not run there."""

    values: dict[str, int]
    tensors: int = 0
    operators: int = 0
    macs: int = 0
    unseen: int = 0
    failed: str = ""
    wrong: list[Disagreement] = field(default_factory=list)


@dataclass(frozen=True)
class Report:
    """What all runs showed."""

    network: Network
    points: tuple[Point, ...]

    @property
    def wrong(self) -> Disagreement | None:
        """The first disagreement."""
        return next((w for p in self.points for w in p.wrong), None)

    @property
    def ran(self) -> int:
        """At how many points the model ran."""
        return sum(not p.failed for p in self.points)


def verify(
    path: str | Path,
    at: Sequence[Mapping[str, int]] = (),
    dims: Mapping[str, Any] | None = None,
    square: bool = False,
) -> Report:
    """Run a model at these values of its symbols, and compare; at sizes of symconv's own choice where none are given.

    Inputs are random. External weights that are not there are zeros.

    Raises ModelError as `read_onnx` and where onnxruntime is not installed or cannot load the model, DomainError for a
    point outside the domain.
    """
    onnx = package()
    try:
        import onnxruntime  # noqa: F401
    except ImportError:
        raise ModelError("verifying ONNX models needs onnxruntime: pip install 'symconv[verify]'") from None
    reading = read_onnx(path, dims, square)
    net = reading.network
    for given in at:
        net.at(given)
    points = [dict(p) for p in at] or list(chosen(reading))
    model = onnx.load(str(path), load_external_data=False)
    checked(model, str(path))
    return Report(net, tuple(_compared(reading, model, Path(path), p) for p in points))


def chosen(reading: Reading) -> list[dict[str, int]]:
    """Points that show something: the size of the file, the least legal one, odd ones, H ≠ W, N = 2.

    A file that has one sample baked into its reshapes runs with one, or mixes samples.
    """
    symbols = _free(reading)
    if not symbols:
        return [{}]
    options = [[1] if reading.batch and s.name == "N" else _options(reading, s) for s in symbols]
    base = {s.name: o[0] for s, o in zip(symbols, options)}
    candidates = [base]
    for k in range(1, max(len(o) for o in options)):
        candidates.append({s.name: o[min(k, len(o) - 1)] for s, o in zip(symbols, options)})
    for i, (s, o) in enumerate(zip(symbols, options)):
        candidates += [{**base, s.name: v} for v in o[1 : 3 + i]]
    candidates += [dict(zip(base, values)) for values in islice(combinations(*options), TRIED)]
    out: list[dict[str, int]] = []
    for point in candidates:
        if len(out) < CHOSEN and point not in out and _legal(reading, point):
            out.append(point)
    return out or [base]


def _free(reading: Reading) -> list[Symbol]:
    """The symbols of the inputs' shapes and elements."""
    net = reading.network
    sizes = [x for t in net.inputs.values() for x in t.shape] + [x for e in net.elements.values() for x in e]
    return sorted({s for x in sizes for s in symbols_of(x)}, key=lambda s: s.key)


def _options(reading: Reading, s: Symbol) -> list[int]:
    """Values of a symbol to try: those of the file, small ones, and numbers that a choice compares it with."""
    net = reading.network
    usual, least = net.usual.get(s.name), max(net.domain.least(s), s.least)
    tried = [1, 2, 3] if s.name == "N" else [least, least + 1, 2 * least + 3, 33, 65, 256, 512, 576]
    first = [usual, usual + 1] if usual is not None and s.name != "N" else [usual] if usual is not None else []
    found = [v for v in (*_compared_with(net, s), *first, *tried) if v is not None and v in net.domain.sizes(s)]
    return list(dict.fromkeys(found)) or [least]


def _compared_with(net: Network, s: Symbol) -> list[int]:
    """The numbers that choices compare a symbol with, and half of them: 16000 and 8000 of a sampling rate."""
    atoms = [a for node in net.nodes if node.times != 1 for m in terms_of(node.times) for a in m]
    sides = [a.arguments for a in atoms if isinstance(a, Function) and a.name in ("equals", "reaches")]
    numbers = [y for pair in sides for x, y in (pair, pair[::-1]) if isinstance(y, int) and symbols_of(x) == {s}]
    return [v for n in dict.fromkeys(numbers) for v in (n, n // 2)]


def _legal(reading: Reading, point: Mapping[str, int]) -> bool:
    net = reading.network
    try:
        at = net.at({name: v for name, v in point.items() if name in net.symbols})
        shapes = [_shape(t.shape, at, point) for t in net.inputs.values()]
        return all(shape is not None and prod(shape) <= LARGE for shape in shapes)
    except SymconvError:
        return False


def _shape(shape: Sequence[Size], at: Mapping[Symbol, Any], point: Mapping[str, int]) -> Shape | None:
    try:
        return tuple(evaluate(x, {**{s: point[s.name] for s in symbols_of(x) if s.name in point}, **at}) for x in shape)
    except (KeyError, ExtentError):
        return None


# -- a run -----------------------------------------------------------------------------------------------------------


def _compared(reading: Reading, model: Any, path: Path, values: dict[str, int]) -> Point:
    net, point = reading.network, Point(values)
    known = {name: v for name, v in values.items() if name in net.symbols}
    try:
        at = dict(resolve(net.known_symbols, known, complete=False))
        net.domain.check(at)
    except DomainError as error:
        point.failed = str(error)
        return point
    at.update({s: values[s.name] for s in _free(reading) if s.name in values})
    feeds = _feeds(reading, at)
    try:
        nodes, shapes = _run(model, path, feeds)
    except _RunError as error:
        point.failed = str(error)
        return point
    for name, shape in shapes.items():
        value = _known(reading, name, at)
        if value is None or value.shape is None:
            point.unseen += 1
            continue
        closed = _shape(value.shape, at, values)
        if closed is None:
            point.unseen += 1
        elif closed != shape:
            node = _maker(nodes, name)
            text = " × ".join(map(str, value.shape)) or "scalar"
            point.wrong.append(Disagreement(node, f"the shape of {name}", _by(shape), _by(closed), text))
        else:
            point.tensors += 1
    weights = {t.name: tuple(t.dims) for t in model.graph.initializer}
    for node in nodes:
        _operator(reading, node, shapes, weights, feeds, at, point)
    return point


def _by(shape: Shape) -> str:
    return "×".join(map(str, shape)) or "scalar"


def _known(reading: Reading, name: str, at: Mapping[Symbol, Any]) -> Any:
    """What is known of a tensor; inside of a choice that of the branch that is taken here."""
    if name in reading.tensors:
        return reading.tensors[name]
    for times, value in reading.inner.get(name, ()):
        try:
            if evaluate(times, at) == 1:
                return value
        except (KeyError, ExtentError):
            continue
    return None


def _maker(nodes: Sequence[Any], name: str) -> str:
    for node in nodes:
        if name in node.output:
            return f"{node.name or name} ({node.op_type})"
    return name


def _operator(
    reading: Reading,
    node: Any,
    shapes: Mapping[str, Shape],
    weights: Mapping[str, Shape],
    feeds: Mapping[str, Any],
    at: Mapping[Symbol, Any],
    point: Point,
) -> None:
    first = next((o for o in node.output if o), "")
    parts = reading.parts.get(first)
    if parts is None or first not in shapes:
        return
    net = reading.network
    cost = total_of(net.node(name).count["mac"] for name in parts)
    try:
        closed = evaluate_cost(cost, at)
    except (SymconvError, KeyError):
        point.unseen += 1
        return
    if any(not _there(i, shapes, weights, feeds) for i in node.input if i):
        point.unseen += 1
        return
    inputs = [_there(i, shapes, weights, feeds)[0] if i else () for i in node.input]
    run = macs_of(node, inputs, [shapes.get(o, ()) for o in node.output])
    if run is None:
        if closed:
            point.unseen += 1
        return
    if not parts:  # done when the model is loaded, as it depends on no input
        return
    if run != closed:
        label = f"{node.name or first} ({node.op_type})"
        point.wrong.append(Disagreement(label, "the number of macs", f"{run:,}", f"{closed:,}", str(cost)))
    else:
        point.operators += bool(run)
        point.macs += run


def _there(
    name: str, shapes: Mapping[str, Shape], weights: Mapping[str, Shape], feeds: Mapping[str, Any]
) -> tuple[Shape, ...]:
    """The shape of a tensor of the run, as one of one; nothing where it was not seen."""
    if name in shapes:
        return (shapes[name],)
    if name in weights:
        return (weights[name],)
    return (feeds[name].shape,) if name in feeds else ()


def _feeds(reading: Reading, at: Mapping[Symbol, Any]) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    feeds: dict[str, Any] = {}
    for file_name, node in reading.inputs.items():
        if node not in reading.network.inputs:
            raise ModelError(f"the input {file_name} is a sequence: random ones are not made")
        tensor = reading.network.inputs[node]
        shape = tuple(evaluate(x, at) for x in tensor.shape)
        value = reading.tensors[file_name]
        if node in reading.network.elements:
            numbers = [evaluate(x, at) for x in reading.network.elements[node]]
            feeds[file_name] = np.array(numbers, dtype=_TYPES[value.dtype]).reshape(shape)
        elif value.dtype == "string":
            feeds[file_name] = np.full(shape, "a", dtype=object)
        elif value.dtype not in _TYPES:
            raise ModelError(f"the input {file_name} is of {value.dtype}: random ones are not made")
        elif value.dtype.startswith("float"):
            feeds[file_name] = rng.standard_normal(shape).astype(_TYPES[value.dtype])
        else:
            feeds[file_name] = rng.integers(0, 2, shape).astype(_TYPES[value.dtype])
    return feeds


class _RunError(Exception):
    """What the runtime said where a model does not run."""


def _run(model: Any, path: Path, feeds: Mapping[str, Any]) -> tuple[list[Any], dict[str, Shape]]:
    """The nodes that ran, in the branches that were taken, and the shape of each tensor."""
    onnx = package()
    made = onnx.ModelProto()
    made.CopyFrom(model)
    del made.graph.value_info[:]
    for given in made.graph.input:
        tensor = given.type.tensor_type
        if given.name in feeds and tensor.HasField("shape"):
            del tensor.shape.dim[:]
            for extent in feeds[given.name].shape:
                tensor.shape.dim.add().dim_value = extent
    original = [o.name for o in made.graph.output]
    for _ in range(16):
        choices = [n for n in made.graph.node if n.op_type == "If"]
        if not choices:
            break
        wanted = [n.input[0] for n in choices if n.input[0] not in {t.name for t in made.graph.initializer}]
        found = _session(made, path, list(dict.fromkeys(wanted)), feeds)
        for node in choices:
            value = found.get(node.input[0])
            if value is None:
                from onnx import numpy_helper

                value = next(numpy_helper.to_array(t) for t in made.graph.initializer if t.name == node.input[0])
            _inline(made, node, bool(np.asarray(value).ravel()[0]))
    names = list(dict.fromkeys(o for n in made.graph.node for o in n.output if o))
    found = _session(made, path, list(dict.fromkeys([*original, *names])), feeds)
    shapes = {k: tuple(v.shape) for k, v in found.items() if hasattr(v, "shape")}
    return list(made.graph.node), shapes


def _inline(model: Any, node: Any, taken: bool) -> None:
    """The nodes of the branch that is taken in the place of a choice."""
    onnx = package()
    wanted = "then_branch" if taken else "else_branch"
    branch = next(a.g for a in node.attribute if a.name == wanted)
    nodes = list(model.graph.node)
    at = next(i for i, n in enumerate(nodes) if n is node or (n.op_type == "If" and n.output == node.output))
    inside = list(branch.node)
    inside += [onnx.helper.make_node("Identity", [a.name], [b]) for a, b in zip(branch.output, node.output) if b]
    model.graph.initializer.extend(branch.initializer)
    copies = []
    for n in (*nodes[:at], *inside, *nodes[at + 1 :]):
        copy = onnx.NodeProto()
        copy.CopyFrom(n)
        copies.append(copy)
    del model.graph.node[:]
    model.graph.node.extend(copies)


def _session(model: Any, path: Path, outputs: list[str], feeds: Mapping[str, Any]) -> dict[str, Any]:
    """What a run gives for some tensors; those that the runtime does not hand out are left out."""
    import onnxruntime as ort

    made = package().ModelProto()
    made.CopyFrom(model)
    del made.graph.output[:]
    for name in outputs:
        made.graph.output.add().name = name
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    kept = _outside(made, path, options)
    try:
        session = ort.InferenceSession(made.SerializeToString(), options, providers=["CPUExecutionProvider"])
        found = session.run(outputs, dict(feeds))
    except Exception as error:  # onnxruntime's errors have no common class
        raise _RunError(_said(str(error))) from None
    del kept  # the runtime does not keep them alive
    return dict(zip(outputs, found))


def _said(error: str) -> str:
    """What onnxruntime says, without its own places."""
    text = " ".join(error.split())
    text = re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", text)
    return re.sub(
        r"Non-zero status code returned while running |/onnxruntime_src/\S+ |onnxruntime::.*? \w+ was false\. ",
        "",
        text,
    )[:200]


def _outside(model: Any, path: Path, options: Any) -> list[Any]:
    """Weights that are in other files, or zeros in place of those that are missing; what has to be kept meanwhile."""
    import onnxruntime as ort

    external = [t for t in model.graph.initializer if t.data_location == 1]
    if not external:
        return []
    places = {e.value for t in external for e in t.external_data if e.key == "location"}
    if all((path.parent / place).is_file() for place in places):
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(path.parent))
        return []
    from onnx import helper

    names, values = [], []
    for t in external:
        zeros = np.zeros(tuple(t.dims), dtype=helper.tensor_dtype_to_np_dtype(t.data_type))
        names.append(t.name)
        values.append(ort.OrtValue.ortvalue_from_numpy(zeros))
    options.add_external_initializers(names, values)
    return [names, values]
