"""The model of a call: found, its symbols given their values, and what is wrong with a call said as that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields
from functools import wraps
from inspect import Parameter, signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

from symconv.cli.app import app
from symconv.cli.options import Dim, Input, Layers, Shape, Square, Value
from symconv.cli.progress import progress

if TYPE_CHECKING:
    from symconv.network import Network
    from symconv.writers.sheet import Sheet


@dataclass(frozen=True)
class Options:
    """What commands about models have in common: what is said of a file's inputs, and layers of one's own."""

    dim: Dim = None
    square: Square = True
    input: Input = None
    shape: Shape = None
    value: Value = None
    layers: Layers = None

    def values(self, net: Network) -> dict[str, str]:
        """The values of the symbols at the shapes that are given."""
        from symconv.readers.call import shapes

        given = shapes(self.shape or [], self.value or [])
        if not given:
            return {}
        with call("--shape"):
            return {name: str(value) for name, value in net.bind(given).items() if name in net.symbols}


#: What the command that runs was called with.
_OPTIONS: ContextVar[Options] = ContextVar("options")


def command(function: Callable[..., None]) -> Callable[..., None]:
    """A command about models, with the options that these have in common after its own."""
    kinds = dict(zip((f.name for f in fields(Options)), (Dim, Square, Input, Shape, Value, Layers)))
    common = [
        Parameter(f.name, Parameter.KEYWORD_ONLY, default=f.default, annotation=kinds[f.name]) for f in fields(Options)
    ]

    @wraps(function)
    def run(**given: Any) -> None:
        _OPTIONS.set(Options(**{name: given.pop(name) for name in kinds}))
        function(**given)

    read = signature(function, eval_str=True)
    own = [p.replace(kind=Parameter.KEYWORD_ONLY) for p in read.parameters.values()]
    run.__dict__["__signature__"] = read.replace(parameters=[*own, *common])
    run.__annotations__ = {p.name: p.annotation for p in (*own, *common)}
    return app.command()(run)


def options() -> Options:
    """What the command that runs was called with."""
    return _OPTIONS.get()


def network_at(model: str, at: str, unroll: bool = False) -> tuple[Network, dict[str, str]]:
    """The network with the values of `--at` in it, and unrolled where that is asked for; and these values."""
    from symconv.readers.call import put, unrolled

    net, given = asked(model, at)
    net = put(net, given)
    return (unrolled(net) if unroll else net), given


def asked(model: str, at: str, over: Iterable[str] = ()) -> tuple[Network, dict[str, str]]:
    """The network, and what `--at`, `--shape` and `--value` say of its symbols; `over` are names that have more."""
    from symconv.readers.call import assignments

    given = assignments(at)
    (net,) = loaded(model, names=(*over, *given))
    return net, said(net, given)


def several(models: Sequence[str], at: str) -> tuple[list[Network], dict[str, str], dict[str, Any]]:
    """Networks, and what `--at`, `--shape` and `--value` say of the symbols of any of them: as written, as numbers.

    Raises CallError for a symbol that none of them has.
    """
    from symconv.analysis.crossover import refuse_unknown
    from symconv.readers.call import assignments, numbers
    from symconv.readers.catalogue import is_model

    given = assignments(at)
    networks = loaded(*models, names=given if len(models) == 1 else ())
    values: dict[str, Any] = {}
    for model, net in zip(models, networks):
        given = said(net, given) if is_model(model) else given
        values |= numbers(net, {name: value for name, value in given.items() if name in net.symbols})
    with call("--at"):
        refuse_unknown(given, dict.fromkeys(name for net in networks for name in net.symbols))
    return networks, given, values


def said(net: Network, given: Mapping[str, str]) -> dict[str, str]:
    """The values of `--at` and, for the symbols of this network, those that `--shape` and `--value` give.

    Raises CallError where they are at odds.
    """
    from symconv.errors import CallError

    bound = _OPTIONS.get().values(net)
    for name, value in bound.items():
        if given.get(name, value) != value:
            raise CallError(f"--at has {name}={given[name]}, and by --shape and --value it is {value}")
    return {**bound, **given}


def with_numbers(model: str, at: str) -> tuple[Network, dict[str, str], dict[str, Any]]:
    """The network, the values of `--at` as they are written, and as numbers."""
    from symconv.readers.call import numbers

    net, given = asked(model, at)
    return net, given, numbers(net, given)


def loaded(*models: str, names: Iterable[str] = ()) -> list[Network]:
    """The networks; `names` are those that `--at` has values for."""
    from symconv.errors import CallError
    from symconv.readers.call import dimensions, refuse_settings
    from symconv.readers.catalogue import find, is_model, is_named, load, network_of

    options = _OPTIONS.get()
    extend(options.layers)
    dims = dimensions(options.dim or [])
    for option, text in (("--dim", options.dim), ("--shape", options.shape), ("--value", options.value)):
        if text and not any(map(is_model, models)):
            raise CallError(
                f"{option} is about the inputs of an .onnx or a module, and a spec has its symbols: --at gives values"
            )
    if options.input and not any(map(is_named, models)):
        raise CallError("--input is about the inputs of a module, such as torchvision:resnet50")
    found = []
    with progress(f"reading {', '.join(models)}") as work:
        for model in work.each(models) if len(models) > 1 else models:
            if is_named(model):
                found.append(network_of(model, dims, options.square, options.input or []))
            elif is_model(model):
                found.append(load(model, dims=dims, square=options.square))
            else:
                spec, variant = find(model)
                found.append(spec.network(variant))
                refuse_settings(found[-1], names, spec, variant)
    for net, model in zip(found, models):
        if is_model(model):
            warn(net)
    return found


def warn(net: Network) -> None:
    """Say, once, which operators have no rule."""
    from symconv.writers.output import say
    from symconv.writers.unknowns import unknown_lines

    for line in unknown_lines(net):
        say(line)


def on_grid(model: str, at: str, over: Sequence[str]) -> tuple[Network, dict[str, str], dict[str, Any], dict[str, Any]]:
    """The network, the values of `--at` as they are written, the axes of `--over`, and the numbers of `--at`.

    Raises CallError for a symbol that has both.
    """
    from symconv.errors import CallError
    from symconv.readers.axis import read_axes
    from symconv.readers.call import numbers

    axes = read_axes(over)
    net, given = asked(model, at, axes)
    twice = [name for name in axes if name in given]
    if twice:
        raise CallError(f"{twice[0]} has a value, and --over gives it more")
    return net, given, axes, numbers(net, given)


def extend(layers: list[Path] | None) -> None:
    if layers:
        import symconv.layers  # noqa: F401  (a file of layers adds to those that are there)
        from symconv.readers.extension import load_layers

        for path in dict.fromkeys(layers):
            load_layers(path)


def placed(sheet: Sheet, given: Mapping[str, str]) -> Sheet:
    """The sheet with the values of `--at` in its title."""
    from symconv.writers.wording import at_values

    sheet.title += f" ·{at_values(given)}" if given else ""
    return sheet


@contextmanager
def call(option: str = "") -> Iterator[None]:
    """What fails in here is wrong with the call, not with the model."""
    from symconv.errors import CallError, SymconvError

    try:
        yield
    except SymconvError as error:
        raise CallError(f"{option}{': ' if option else ''}{error}".rstrip()) from None
