"""A file in, a Network out: which static axes are freed, and read again where that turns out wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from symconv.errors import CallError, ModelError, SymconvError
from symconv.extent import Extent, Size, symbols_of
from symconv.network import Network
from symconv.readers.growth import BROKEN, broken
from symconv.readers.onnx import rules  # noqa: F401  (registers the rules)
from symconv.readers.onnx.choices import Choices, Conflict
from symconv.readers.onnx.file import model_of
from symconv.readers.onnx.graph import GraphError, Reader, Scope
from symconv.readers.onnx.inputs import raw_inputs, value_symbols
from symconv.readers.onnx.value import Value, objects
from symconv.readers.plan import ALL, BATCH, NOTHING, Plan, names_said, planned, static_names
from symconv.symbols import Symbol

#: Readings of one model at most, of the ways in which its baked-in shapes can be meant.
READINGS: Final = 64

#: Numbers of the export that a note names.
SAID: Final = 6


@dataclass
class Reading:
    """A model that was read: its network, and what every name of its main graph is."""

    network: Network
    #: By the file's name of a tensor what is known of it.
    tensors: dict[str, Value]
    #: By the first output of an operator the nodes of the network that it became.
    parts: dict[str, tuple[str, ...]]
    #: By a name of a graph inside of the main one how often that runs, and what it is.
    inner: dict[str, list[tuple[Size, Value]]]
    #: By the file's name of an input its name in the network.
    inputs: dict[str, str]
    #: Extents in whose places the file has numbers, and a node for each: it runs where these are equal alone.
    baked: dict[tuple[Extent, int], str]


def read_onnx(
    path: str | Path, dims: Mapping[str, Any] | None = None, square: bool = False, model: Any = None
) -> Reading:
    """The network of an ONNX file.

    Dynamic axes are symbols under their own names. Static ones are freed: the batch as N, the spatial axes of images as
    H and W, or as X where `square` and they are equal, the tokens as T; those that turn out to be fixed stay numbers.
    `dims` names further ones, {"input:2": "X"} or {"input": ("N", None, "H", "W")}.

    Raises ModelError for a file that is no ONNX model, or whose graph is none, CallError for `dims` that do not fit it,
    OSError as open.
    """
    model = model_of(path) if model is None else model
    name = Path(path).stem or "model"
    try:
        return _read(model, name, dims or {}, square)
    except ModelError as error:
        text = str(error)
        raise ModelError(text if text.startswith(str(path)) else f"{path}: {text}") from None
    except RecursionError:
        raise ModelError(f"{path}: graphs inside of graphs, too deep") from None
    except BROKEN as error:
        raise ModelError(f"{path}: no model that can be read: {broken(error)}") from None


def _read(model: Any, name: str, dims: Mapping[str, Any], square: bool) -> Reading:
    fixed: set[str] = set()
    why: dict[str, str] = {}
    level = ALL
    while True:
        try:
            reading, plan = _at_level(model, name, dims, square, level, frozenset(fixed))
        except (CallError, GraphError):
            raise
        except SymconvError as error:
            if level == NOTHING:
                raise
            what = "the spatial axes and the tokens" if level == ALL else "the batch"
            why[f"{what} stay as they are in the file, since otherwise {error}"] = ""
            level = BATCH if level == ALL else NOTHING
            continue
        pinned = _pinned(reading.network, plan, dims)
        if not pinned or fixed >= set(pinned):
            for text in why:
                reading.network.notes.setdefault(text, [])
            return reading
        for symbol, (at, node) in pinned.items():
            fixed.add(symbol)
            why[f"{symbol} is {at}, and no symbol: {node} fixes it"] = ""


def _pinned(net: Network, plan: Plan, dims: Mapping[str, Any]) -> dict[str, tuple[int, str]]:
    """The freed symbols that can have their one value only, each with that and what fixes it."""
    said = names_said(dims)
    out = {}
    for s in sorted(plan.freed, key=lambda s: s.key):
        sizes = net.domain.sizes(s)
        alone = sizes.finite and len(list(sizes.members(1 + plan.witness[s] * 2))) == 1
        if s.name not in said and alone and plan.witness[s] in sizes:
            asked = [c.node for c in net.domain.conditions if s in c.symbols and c.relation == "equal"]
            out[s.name] = plan.witness[s], asked[0] if asked else "the graph"
    return out


def _at_level(
    model: Any, name: str, dims: Mapping[str, Any], square: bool, level: int, fixed: frozenset[str]
) -> tuple[Reading, Plan]:
    raws = raw_inputs(model.graph)
    plan = planned(raws, dims, name, static_names(raws, square, level), fixed)
    choices = Choices(frozenset(plan.freed))
    first: SymconvError | None = None
    for _ in range(READINGS):
        try:
            reading = _once(model, name, plan, choices)
        except Conflict as conflict:
            first = first or conflict
            if choices.next():
                continue
            break
        except SymconvError as error:
            if not choices.many or isinstance(error, GraphError):
                raise
            first = first or error
            if choices.next():
                continue
            break
        if plan.batch is None or not choices.many or not _mixed(reading.network, plan.batch):
            return reading, plan
        if not choices.next():
            break
    choices = Choices(frozenset(plan.freed))
    choices.open = False
    return _once(model, name, plan, choices), plan


def _mixed(net: Network, batch: Symbol) -> bool:
    """Whether the domain asks something of the batch: samples are independent of one another."""
    return any(batch in c.symbols and c.relation != "at least" for c in net.domain.conditions)


def _once(model: Any, name: str, plan: Plan, choices: Choices) -> Reading:
    net = Network(name, _said(model))
    versions = {"" if o.domain == "ai.onnx" else o.domain: o.version for o in model.opset_import}
    versions.setdefault("", 1)
    scope = Scope({}, None, {}, versions)
    reader = Reader(model, net, dict(plan.witness), choices)
    reader.batch = plan.batch
    called: dict[str, str] = {}
    for axes in plan.inputs:
        node = called[axes.name] = reader.named(axes.name, "input")
        if axes.shape is None:
            scope.values[axes.name] = Value(None, axes.dtype, name=axes.name)
            continue
        net.input(node, *axes.shape, dtype=axes.dtype)
        value = Value(axes.shape, axes.dtype, node=node, name=axes.name)
        symbols = value_symbols(axes, name)
        if symbols is not None:
            value.data = objects(symbols, tuple(x for x in axes.shape if isinstance(x, int)))
            net.elements[node] = tuple(symbols)
        scope.values[axes.name] = reader.tensors[axes.name] = value
    outputs = reader.run(model.graph, scope)
    last = next((v.node for v in outputs if v.node), "")
    if last:
        net.end_with(last)
    net.usual = {s.name: at for s, at in plan.witness.items() if s in plan.freed and s.name in net.symbols}
    net.elements = {node: symbols for node, symbols in net.elements.items() if any(_occurs(net, s) for s in symbols)}
    if reader.baked:
        said = ", ".join(f"{number} as {extent}" for extent, number in islice(reader.baked, SAID))
        said += f" and {len(reader.baked) - SAID} more" if len(reader.baked) > SAID else ""
        net.notes[f"numbers of the export are read as extents, {said}"] = list(dict.fromkeys(reader.baked.values()))
    return Reading(net, reader.tensors, reader.parts, reader.inner, called, reader.baked)


def _occurs(net: Network, size: Size) -> bool:
    return isinstance(size, Extent) and not symbols_of(size).isdisjoint(net.known_symbols)


def _said(model: Any) -> str:
    """`ONNX, opset 17, by pytorch 2.1`."""
    version = next((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), None)
    made = f"{model.producer_name} {model.producer_version}".strip()
    made = "".join(c for c in made if c.isprintable())[:60]
    return "ONNX" + (f", opset {version}" if version else "") + (f", by {made}" if made else "")
