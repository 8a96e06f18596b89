"""A module and example inputs in, a Network out."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import contextmanager
from typing import Any, Final

import torch

from symconv.errors import ModelError
from symconv.extent import Size
from symconv.network import Network
from symconv.readers.plan import ALL, BATCH, NOTHING, Plan
from symconv.readers.torch.checking import Disagreement, checked, symbols_in_shapes
from symconv.readers.torch.copying import Before, without_weights
from symconv.readers.torch.example import Example, example
from symconv.readers.torch.finish import finished
from symconv.readers.torch.merging import merged
from symconv.readers.torch.path import THE_MODULE
from symconv.readers.torch.regimes import Regimes, wider
from symconv.readers.torch.trace import Traced, trace
from symconv.symbols import Symbol

#: What stays as it is where it cannot be a symbol, by what was tried.
_LEFT: Final = {ALL: "the spatial axes and the tokens", BATCH: "the batch"}


class Reading:
    """A module that was read: its network, its copy without weights, the call, and the runs that were compared."""

    def __init__(
        self, module: Any, call: Example, plan: Plan, regimes: Regimes, points: list[dict[Symbol, int]]
    ) -> None:
        self.module, self.call, self.plan, self.regimes, self.points = module, call, plan, regimes, points
        self.traced = regimes.first

    @property
    def network(self) -> Network:
        """The closed forms."""
        return self.traced.net

    @property
    def shapes(self) -> list[tuple[Size, ...]]:
        """The shapes of the inputs, in order."""
        return [a.shape or () for a in self.plan.inputs]


def read_torch(
    module: Any,
    inputs: Any = (),
    kwargs: Mapping[str, Any] | None = None,
    dims: Mapping[str, Any] | None = None,
    square: bool = False,
    name: str = "",
    suggested: bool = False,
) -> Reading:
    """The network of a torch module, from one run on no device at the example's sizes.

    `inputs` are the forward's positional arguments, one tensor or several, and `kwargs` its named ones. The batch, the
    spatial axes of images and the tokens of whole-number inputs are symbols, N, H and W (X where they are equal and
    `square`), T; `dims` names others by the forward's parameters, {"x": ("N", None, "H", "W")} or {"x:2": "H"}. A
    symbol that can have one value alone is a number; one of `dims` stays, where they are not just `suggested`.

    Neither the module nor the random state is changed. Raises ModelError where the module fails, reads a value that
    depends on data or changes from call to call, naming the module inside of it; CallError for `dims` that do not fit.
    """
    if not isinstance(module, torch.nn.Module):
        raise ModelError(f"{module!r:.80} is no torch module: an instance of torch.nn.Module is wanted")
    args = (inputs,) if isinstance(inputs, torch.Tensor) else tuple(inputs)
    call = example(module, args, kwargs or {})
    own = without_weights(module)
    name = name or type(module).__name__
    with _undisturbed():
        return _read(own, call, dims or {}, square, name, suggested)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """The random state of the CPU is as before; rubbish is looked for afterwards, since little becomes rubbish here."""
    state, collected = torch.random.get_rng_state(), gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        torch.random.set_rng_state(state)
        if collected:
            gc.enable()


def _read(module: Any, call: Example, dims: Mapping[str, Any], square: bool, name: str, suggested: bool) -> Reading:
    fixed: set[str] = set()
    why: list[str] = []
    level = ALL
    while True:
        plan = call.planned(dims, square, name, level, frozenset(fixed))
        try:
            reading = _traced(module, call, plan, name)
        except Disagreement as error:
            if level not in _LEFT:
                raise ModelError(f"no formula holds at the sizes that dims asks for: {error}") from None
            why.append(f"{_LEFT[level]} stay as they are in the example, since {error}")
            level = BATCH if level == ALL else NOTHING
            continue
        said = set() if suggested else {s for v in dims.values() for s in (v if isinstance(v, tuple | list) else (v,))}
        pinned = {s: fixes for s, fixes in _pinned(reading).items() if s not in said}
        if not pinned or fixed >= set(pinned):
            break
        fixed |= set(pinned)
        dims = {key: _without(pinned.keys(), axes) for key, axes in dims.items()}
        why += [f"{s} is {at}, and no symbol: {node} fixes it ({r})" for s, (at, node, r) in pinned.items()]
    net = reading.network
    for text in why:
        net.notes.setdefault(text, [])
    net.usual = {s.name: _usual(call, plan, s) for s in plan.witness if s.name in net.symbols}
    return reading


def _without(symbols: Set[str], axes: Any) -> Any:
    """What is said of an input's axes, without these symbols."""
    return [None if s in symbols else s for s in axes] if isinstance(axes, tuple | list) else axes


def _usual(call: Example, plan: Plan, s: Symbol) -> int:
    """What a symbol is in the example."""
    for axes, given in zip(plan.inputs, call.tensors.values()):
        for size, number in zip(axes.shape or (), given.shape):
            if not isinstance(size, int) and size.terms == {(s,): 1}:
                return number
    return plan.witness[s]


def _traced(module: Any, call: Example, plan: Plan, name: str) -> Reading:
    """The module at all the sizes at which one run's formulas hold: those of the example, or of a run beside it.

    The example's own size may be the one at which a program does something by the way, such as leaving a resize out.
    """
    shapes = [a.shape or () for a in plan.inputs]
    symbols, before = symbols_in_shapes(shapes), Before(module)

    def run(at: dict[Symbol, int]) -> Traced:
        with before.again():
            return trace(module, call, shapes, at, name)

    regimes = Regimes(_first(plan, run), symbols, run)
    regimes.explore()
    own = regimes.ways[0].at
    for others in wider(regimes):
        merged(others)
        if others.first.net.domain.allows(own):
            regimes = others
            break
    else:
        merged(regimes)
    points = checked(module, call, shapes, regimes.first, regimes.at, before)
    finished(regimes.first)
    return Reading(module, call, plan, regimes, points)


def _first(plan: Plan, run: Callable[[dict[Symbol, int]], Traced]) -> Traced:
    first: ModelError | None = None
    for witness in _witnesses(plan):
        try:
            return run(witness)
        except ModelError as error:
            first = first or error
    assert first is not None
    raise first


def _witnesses(plan: Plan) -> list[dict[Symbol, int]]:
    """The sizes to trace at: two samples in the place of one, which takes other ways; then the example's own."""
    own = dict(plan.witness)
    several = {s: 2 if s.name == "N" and v == 1 else v for s, v in own.items()}
    return [several] if several == own else [several, own]


def _pinned(reading: Reading) -> dict[str, tuple[int, str, str]]:
    """The symbols that can have the one value alone at which they were traced, each with what fixes it."""
    domain = reading.network.domain
    out = {}
    for s, at in reading.traced.path.witness.items():
        sizes = domain.sizes(s)
        if s in reading.plan.freed and sizes.finite and at in sizes and len(list(sizes.members(2 * at + 2))) == 1:
            asked = [c for c in domain.conditions if s in c.symbols and c.node]
            out[s.name] = (at, asked[0].node if asked else THE_MODULE, asked[0].reason if asked else "a condition")
    return out
