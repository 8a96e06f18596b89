"""A built keras.Model in, a Network out: which static axes are freed, and read again where that turns out wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Any, Final

from symconv.condition import EQUAL, Condition, solved
from symconv.errors import CallError, ModelError, SymconvError
from symconv.extent import Extent, size_of
from symconv.network import Network
from symconv.readers.keras import rules  # noqa: F401  (registers the rules)
from symconv.readers.keras.inputs import Given, inputs_of, plan_of
from symconv.readers.keras.parts import graph_of
from symconv.readers.keras.reader import Reader
from symconv.readers.keras.tracing import numbering_kept
from symconv.readers.keras.value import Value
from symconv.readers.plan import Plan, names_said
from symconv.sizes import Undecided
from symconv.symbols import Symbol
from symconv.tensor import Tensor

#: How far beyond its own size another one is looked for at which a model's code is run again.
FURTHER: Final = 4096


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
    with numbering_kept():
        return _read(model, dims or {}, square)


def _read(model: Any, dims: Mapping[str, Any], square: bool) -> Network:
    """The network, its static axes freed where they can be."""
    given = inputs_of(model, dims)
    fixed: set[str] = set()
    why: list[str] = []
    free = True
    while True:
        plan = plan_of(model, given, dims, square, free, fixed)
        try:
            net, ran = _once(model, given, plan)
            pinned = _pinned(net, plan, dims) or (_baked(model, given, plan, net, dims) if ran else {})
        except CallError:
            raise
        except SymconvError as error:
            if not free or not plan.freed:
                raise error if isinstance(error, ModelError) else ModelError(str(error)) from None
            why.append(f"the spatial axes stay as they are in the model, since otherwise {error}")
            free = False
            continue
        if not pinned or fixed >= set(pinned):
            for text in why:
                net.notes.setdefault(text, [])
            return net
        for name, (at, node) in pinned.items():
            fixed.add(name)
            why.append(f"{name} is {at}, and no symbol: {node} fixes it")


def _baked(
    model: Any, given: Sequence[Given], plan: Plan, net: Network, dims: Mapping[str, Any]
) -> dict[str, tuple[int, str]]:
    """The freed symbols of which the model's own code makes numbers: another network follows from another size.

    Raises ModelError for such a symbol that stands for an open axis, or that the caller has asked for.
    """
    said, out = names_said(dims), {}
    for s in sorted(plan.witness, key=lambda s: s.key):
        base, node = plan.witness[s], ""
        for begin in (base + 1, 2 * base + 3) if s in net.known_symbols else ():
            sizes = (n for n in range(begin, begin + FURTHER) if net.domain.allows({**plan.witness, s: n}))
            if (other := next(sizes, None)) is None:
                continue
            try:
                again, _ = _once(model, given, replace(plan, witness={**plan.witness, s: other}), False)
                node = node or _first_difference(net, again)
            except SymconvError as error:
                node = node or str(error)
        if node and s in plan.freed and s.name not in said:
            out[s.name] = base, node
        elif node:
            axes = [f"{a.name}:{k}" for a in plan.inputs for k, x in enumerate(a.shape or ()) if x == size_of(s)]
            raise ModelError(
                f"{model.name}: its code makes a number of {s.name}, as a loop over range({s.name}) or a float does "
                f'({node}): give that axis a number, as in dims={{"{(axes or ["input:1"])[0]}": {base}}}'
            )
    return out


def _first_difference(first: Network, second: Network) -> str:
    """The first node that is another one in a second network, or an empty text."""
    for a, b in zip_longest(first.nodes, second.nodes):
        if (
            a is None
            or b is None
            or (a.name, a.layer, a.inputs, a.out, a.times) != (b.name, b.layer, b.inputs, b.out, b.times)
        ):
            return str((a or b).name)
    return ""


def _once(model: Any, given: Sequence[Given], plan: Plan, own: bool = True) -> tuple[Network, bool]:
    """One reading, at the model's `own` sizes or at others, and whether code of the model's own was run."""
    import keras
    from keras import tree

    net = Network(model.name, f"Keras {keras.__version__}")
    reader = Reader(model, net, dict(plan.witness))
    reader.open = frozenset(plan.witness) - (plan.freed if own else set())
    values = []
    for axes, one in zip(plan.inputs, given):
        if axes.shape is None:
            raise ModelError(f"the input {axes.name} is no tensor")
        net.input(one.name, *axes.shape, dtype=axes.dtype)
        values.append(Value(one.name, Tensor(axes.shape, axes.dtype)))
    graph = graph_of(model)
    made = reader.graph(graph, values, "") if graph is not None else reader.whole(model, given, values)
    outputs = [v for v in tree.flatten(made) if isinstance(v, Value)]
    if outputs and outputs[0].node not in net.inputs:
        net.end_with(outputs[0].node)
    reader.unused(model)
    if outputs and outputs[0].node not in net.inputs:
        net.end_with(outputs[0].node)
    net.usual = {s.name: at for s, at in plan.witness.items() if s in plan.freed and s.name in net.symbols}
    return net, reader.ran


def _pinned(net: Network, plan: Plan, dims: Mapping[str, Any]) -> dict[str, tuple[int, str]]:
    """The freed symbols that cannot grow, the others being what they are in the model, each with what fixes it."""
    said = names_said(dims)
    out: dict[str, tuple[int, str]] = {}
    for s in sorted(plan.freed, key=lambda s: s.key):
        if s.name in said:
            continue
        rest: dict[Symbol, int | Extent] = {o: at for o, at in plan.witness.items() if o is not s and o in plan.freed}
        for condition in net.domain.conditions:
            if s in condition.symbols and condition.relation == EQUAL and _fixes(condition.substitute(rest), s):
                out.setdefault(s.name, (plan.witness[s], condition.node))
    return out


def _fixes(condition: Condition, s: Symbol) -> bool:
    """Whether a condition on one symbol holds at finitely many sizes of it."""
    if condition.symbols != {s}:
        return False
    try:
        found, sizes = solved(condition)
    except Undecided:
        return False
    return found is s and sizes.finite
