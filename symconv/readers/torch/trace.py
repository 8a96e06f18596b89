"""One run of a module on meta tensors: at shadows of the inputs' extents, or at plain numbers beside it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, TypeVar

import torch
from torch.utils._pytree import tree_leaves

from symconv.errors import ModelError, SymconvError, one_line
from symconv.extent import Size
from symconv.layer import BUFFER, FROZEN, TRAINABLE
from symconv.network import Network
from symconv.readers.torch import rules  # noqa: F401  (registers the rules)
from symconv.readers.torch.asking import Asking
from symconv.readers.torch.example import Example, values_at
from symconv.readers.torch.held import Held, Kept, dtype_name, held_by, hold, release, values_of
from symconv.readers.torch.ledger import Ledger
from symconv.readers.torch.operator import Operator
from symconv.readers.torch.path import THE_MODULE, Path
from symconv.readers.torch.placing import free_name
from symconv.readers.torch.python import python_of
from symconv.readers.torch.tracer import Ends, Tracer
from symconv.symbols import Symbol
from symconv.values import evaluate


@dataclass
class Traced:
    """What a run showed: the network, the operators with the shapes that they made, and what was assumed."""

    net: Network
    tracer: Tracer
    path: Path
    ledger: Ledger
    weights: dict[str, Kept] = field(default_factory=dict)
    #: By an operator's place what it does, as far as it was asked for.
    done: dict[int, Any] = field(default_factory=dict)


class Failed(ModelError):  # noqa: N818  (an answer, more than an error)
    """A module that fails, in this call of a module inside of it."""

    def __init__(self, text: str, call: str) -> None:
        super().__init__(text)
        self.call = call


class Plain(Tracer):
    """A run at plain numbers: the shapes alone, no network."""

    def _ruled(self, func: Any, op: Operator) -> list[Held]:
        return [Held(tuple(shape), dtype) for shape, dtype in op.outs]

    def _checked(self, op: Operator, held: Held, shape: tuple[int, ...], dtype: str) -> Held:
        return held

    def _written(self, out: Any, held: Held) -> None:
        """Nothing: there is no network."""

    def input(self, tensor: Any, name: str, shape: tuple[Size, ...]) -> None:
        hold(tensor, Held(shape, dtype_name(tensor.dtype)))


def trace(
    module: Any,
    call: Example,
    shapes: Sequence[tuple[Size, ...]],
    witness: dict[Symbol, int],
    name: str,
    beside: Callable[[Tracer], AbstractContextManager[None]] | None = None,
) -> Traced:
    """Run a module once at sizes, with its operators as layers of a network; `beside` is entered while it runs.

    Raises ModelError where the module fails, naming the module that does.
    """
    net = Network(name)
    path = Path(net, dict(witness))
    net.domain = ledger = Ledger(path.witness)
    tracer = Tracer(net, path)
    with beside(tracer) if beside is not None else nullcontext():
        weights = _run(module, call, shapes, tracer)
    return Traced(net, tracer, path, ledger, weights)


P = TypeVar("P", bound=Plain)


def run_plain(
    module: Any, call: Example, shapes: Sequence[tuple[Size, ...]], at: Mapping[Symbol, int], kind: type[P]
) -> P:
    """A plain run that a tracer of this kind looks at.

    Raises ModelError where the module fails, naming the module that does.
    """
    numbers = [tuple(evaluate(x, at) if not isinstance(x, int) else x for x in shape) for shape in shapes]
    net = Network("plain")
    tracer = kind(net, Path(net, {}))
    _run(module, call, numbers, tracer)
    return tracer


def _run(module: Any, call: Example, shapes: Sequence[tuple[Size, ...]], tracer: Tracer) -> dict[str, Kept]:
    path = tracer.path
    numbers = [tuple(path.value(x) for x in shape) for shape in shapes]
    args, kwargs, tensors = call.call(numbers)
    for tensor, given, shape in zip(tensors, call.tensors.values(), shapes):
        tracer.input(tensor, free_name(tracer.net, given.name.replace(".", "/")), shape)
        held = held_by(tensor)
        assert held is not None
        held.twin = values_at(given, tuple(tensor.shape))
        held.given = True
    weights = _hold_weights(module)
    try:
        with _followed(module, tracer), torch.inference_mode(), python_of(module), tracer, Asking(tracer):
            result = module(*args, **kwargs)
    except Exception as error:
        raise _failed(error, tracer, numbers) from error
    finally:
        path.closed = True
        for tensor in (*module.parameters(), *module.buffers()):
            release(tensor)
    last = [
        h
        for t in tree_leaves(_plain_tree(result))
        if isinstance(t, torch.Tensor) and (h := held_by(t)) is not None and h.node
    ]
    if last:
        tracer.net.end_with(last[0].node)
    return weights


def _failed(error: Exception, tracer: Tracer, shapes: Sequence[tuple[int, ...]]) -> Failed:
    """The error with the module that it comes from."""
    call = tracer.failed
    where = call.replace("/", ".") or THE_MODULE
    text = one_line(error, 400)
    if isinstance(error, SymconvError):
        plain_text = text.removeprefix(f"{call or THE_MODULE}: ")
        return Failed(f"{where}: {plain_text}", call)
    return Failed(f"{where} fails on inputs of {_said(shapes)}: {type(error).__name__}: {text}", call)


def _plain_tree(x: Any) -> Any:
    """Outputs that are objects of a library as what they hold."""
    if isinstance(x, Mapping):
        return dict(x)
    return list(vars(x).values()) if hasattr(x, "__dataclass_fields__") else x


def _said(shapes: Sequence[tuple[int, ...]]) -> str:
    return ", ".join("×".join(map(str, shape)) or "a scalar" for shape in shapes)


def _hold_weights(module: Any) -> dict[str, Kept]:
    """Let the parameters and buffers be known by their first names."""
    weights: dict[str, Kept] = {}
    for name, p in module.named_parameters():
        kind = TRAINABLE if p.requires_grad else FROZEN
        weights[name] = Kept(name, tuple(p.shape), kind)
        hold(p, Held(tuple(p.shape), dtype_name(p.dtype), kept=weights[name]))
    for name, b in module.named_buffers():
        weights[name] = Kept(name, tuple(b.shape), BUFFER)
        hold(b, Held(tuple(b.shape), dtype_name(b.dtype), kept=weights[name], twin=values_of(b)))
    return weights


def _shapes(x: Any) -> tuple[tuple[Size, ...], ...]:
    """The shapes of the tensors in what a module takes or gives."""
    if isinstance(x, torch.Tensor):
        held = held_by(x)
        return () if held is None else (held.shape,)
    if isinstance(x, Mapping):
        return tuple(s for v in x.values() for s in _shapes(v))
    return tuple(s for v in x for s in _shapes(v)) if isinstance(x, list | tuple) else ()


def _entered(tracer: Tracer) -> None:
    tracer.path.where = tracer.scopes[-1]
    domain = tracer.net.domain
    if isinstance(domain, Ledger):
        domain.scope = tracer.scopes[-1]


@contextmanager
def _followed(module: Any, tracer: Tracer) -> Iterator[None]:
    """While this is entered, the tracer knows which call of which module runs."""
    from torch.nn.modules import module as hooks

    names = {id(m): name for name, m in module.named_modules()}
    paths: list[str] = [""]

    def enter(m: Any, args: Any) -> None:
        path = names.get(id(m))
        if path == "" and not tracer.called and len(tracer.scopes) == 1:
            tracer.called[""] = 1
            tracer.scopes.append("")
            paths.append("")
            tracer.ends[""] = Ends(m, _shapes(args))
            return
        outer, above = tracer.scopes[-1], paths[-1]
        if path is None:
            own = type(m).__name__.lower()
        else:
            own = path[len(above) + 1 :] if above and path.startswith(f"{above}.") else path
        call = f"{outer}/{own.replace('.', '/')}" if outer else own.replace(".", "/")
        k = tracer.called[call] = tracer.called.get(call, 0) + 1
        tracer.scopes.append(call if k == 1 else f"{call}_{k}")
        paths.append(above if path is None else path)
        tracer.modules[tracer.scopes[-1]] = paths[-1]
        tensors = [a for a in args if isinstance(a, torch.Tensor)]
        same = len(tensors) > 1 and all(t is tensors[0] for t in tensors)
        tracer.ends[tracer.scopes[-1]] = Ends(m, _shapes(args), same=same)
        _entered(tracer)

    def leave(m: Any, args: Any, out: Any) -> None:
        if sys.exc_info()[0] is not None and not tracer.failed:
            tracer.failed = tracer.scopes[-1]
        call = tracer.scopes.pop()
        if call in tracer.ends:
            tracer.ends[call].made = _shapes(out)
        paths.pop()
        _entered(tracer)

    handles = [
        hooks.register_module_forward_pre_hook(enter),
        hooks.register_module_forward_hook(leave, always_call=True),
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
