"""A built keras.Model in, a Network out: which static axes are freed, and read again where that turns out wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from symconv.condition import solved
from symconv.errors import CallError, ModelError, SymconvError
from symconv.extent import Extent, symbols_of
from symconv.network import Network
from symconv.readers.keras import rules  # noqa: F401  (registers the rules)
from symconv.readers.keras.inputs import Given, inputs_of, plan_of
from symconv.readers.keras.reader import Reader, graph_of
from symconv.readers.keras.value import Value
from symconv.readers.onnx.axes import Plan
from symconv.symbols import Symbol
from symconv.tensor import Tensor


def read_keras(model: Any, dims: Mapping[str, Any] | None = None, square: bool = False) -> Network:
    """The network of a built keras.Model: functional, sequential or subclassed, of any backend.

    Open axes (None) are symbols: the batch N, the spatial axes of images H and W, or X where `square`, others T. Static
    spatial axes of images are freed too; those that turn out to be fixed stay numbers, and the network's notes say what
    fixes them. `dims` names axes by input, {"image": ("N", "H", "W", None)} or {"image:1": "X"}; None leaves an axis as
    it is. The model is only looked at: no weight, flag or random state of it changes.

    Raises ModelError for what is no built model, or has a layer that cannot be read, CallError for `dims` that do not
    fit it.
    """
    try:
        import keras
    except ImportError:
        raise ModelError("Keras models need the keras package: pip install 'symconv[keras]'") from None
    if not isinstance(model, keras.Model):
        raise ModelError(f"a keras.Model is wanted, not {type(model).__name__}")
    given = inputs_of(model, dims or {})
    fixed: set[str] = set()
    why: list[str] = []
    free = True
    while True:
        plan = plan_of(model, given, dims or {}, square, free, fixed)
        try:
            net = _once(model, given, plan)
        except CallError:
            raise
        except SymconvError as error:
            if not free or not plan.freed:
                raise error if isinstance(error, ModelError) else ModelError(str(error)) from None
            why.append(f"the spatial axes stay as they are in the model, since otherwise {error}")
            free = False
            continue
        pinned = _pinned(net, plan, dims or {})
        if not pinned or fixed >= set(pinned):
            for text in why:
                net.notes.setdefault(text, [])
            return net
        for name, (at, node) in pinned.items():
            fixed.add(name)
            why.append(f"{name} is {at}, and no symbol: {node} fixes it")


def _once(model: Any, given: Sequence[Given], plan: Plan) -> Network:
    from keras import tree

    net = Network(model.name, _said())
    reader = Reader(model, net, dict(plan.witness))
    reader.open = frozenset(plan.witness) - plan.freed
    values = []
    for axes, one in zip(plan.inputs, given):
        if axes.shape is None:
            raise ModelError(f"the input {axes.name} is no tensor")
        net.input(one.name, *axes.shape, dtype=axes.dtype)
        values.append(Value(one.name, Tensor(axes.shape, axes.dtype)))
    reader.take(one.name for one in given)
    graph = graph_of(model)
    if graph is not None:
        made = reader.graph(graph, values, "")
    else:
        made = reader.whole(model, given, values)
    outputs = [v for v in tree.flatten(made) if isinstance(v, Value)]
    if outputs and outputs[0].node not in net.inputs:
        net.end_with(outputs[0].node)
    reader.unused(model)
    if outputs and outputs[0].node not in net.inputs:
        net.end_with(outputs[0].node)
    net.usual = {s.name: at for s, at in plan.witness.items() if s in plan.freed and s.name in net.symbols}
    return net


def _said() -> str:
    import keras

    return f"Keras {keras.__version__}"


def _pinned(net: Network, plan: Plan, dims: Mapping[str, Any]) -> dict[str, tuple[int, str]]:
    """The freed symbols that cannot grow, the others being what they are in the model, each with what fixes it."""
    said = {s for v in dims.values() for s in (v if isinstance(v, tuple | list) else (v,))}
    out: dict[str, tuple[int, str]] = {}
    for s in sorted(plan.freed, key=lambda s: s.key):
        if s.name in said:
            continue
        rest: dict[Symbol, int | Extent] = {o: at for o, at in plan.witness.items() if o is not s and o in plan.freed}
        for condition in net.domain.conditions:
            if s not in condition.symbols or condition.relation == "divides":
                continue
            alone = condition.substitute(rest)
            if alone.symbols != {s}:
                continue
            found, sizes = solved(alone)
            if found is s and sizes.finite:
                out.setdefault(s.name, (plan.witness[s], condition.node))
    return out


def symbols_in(values: Sequence[Value]) -> set[Symbol]:
    """The symbols of shapes."""
    return {s for v in values for x in v.shape for s in symbols_of(x)}
