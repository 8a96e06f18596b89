"""The model of a call: found, its symbols given their values, and what is wrong with a call said as that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from symconv.network import Network
    from symconv.writers.sheet import Sheet


def network_at(
    model: str,
    layers: list[Path] | None,
    given: Mapping[str, str],
    unroll: bool = False,
    axes: Axes | None = None,
) -> Network:
    """The network with the values of `--at` in it, and unrolled where that is asked for."""
    from symconv.readers.call import put, unrolled

    net = loaded(model, layers, given, axes)
    given = {**(axes.values(net) if axes is not None else {}), **given}
    net = put(net, given)
    return unrolled(net) if unroll else net


@dataclass(frozen=True)
class Axes:
    """What a call says of the inputs of a foreign model: names for axes, and their shapes and numbers."""

    dim: list[str] | None = None
    square: bool = True
    shape: list[str] | None = None
    value: list[str] | None = None

    def values(self, net: Network) -> dict[str, str]:
        """The values of the symbols at the shapes that are given."""
        from symconv.readers.call import shapes

        given = shapes(self.shape or [], self.value or [])
        if not given:
            return {}
        with call("--shape"):
            return {name: str(value) for name, value in net.bind(given).items() if name in net.symbols}


def loaded(model: str, layers: list[Path] | None, given: Mapping[str, str], axes: Axes | None = None) -> Network:
    """The network; `given` are names that `--at` has values for."""
    extend(layers)
    from symconv.readers.call import dimensions, refuse_settings
    from symconv.readers.catalogue import find, is_onnx, load

    dims = dimensions(axes.dim or []) if axes is not None else {}
    if is_onnx(model):
        net = load(model, dims=dims, square=axes is None or axes.square)
        warn(net)
        return net
    if dims:
        from symconv.errors import CallError

        raise CallError("--dim names the axes of a model's inputs, and a spec names its own")

    spec, variant = find(model)
    net = spec.network(variant)
    refuse_settings(net, given, spec, variant)
    return net


def warn(net: Network) -> None:
    """Say, once, which operators have no rule."""
    from symconv.writers.output import say
    from symconv.writers.unknowns import unknown_lines

    for line in unknown_lines(net):
        say(line)


def on_grid(
    model: str, layers: list[Path] | None, given: Mapping[str, str], over: Sequence[str]
) -> tuple[Network, dict[str, Any], dict[str, Any]]:
    """The network, the axes of `--over`, and the numbers of `--at`.

    Raises CallError for a symbol that has both.
    """
    from symconv.errors import CallError
    from symconv.readers.axis import read_axes
    from symconv.readers.call import numbers

    axes = read_axes(over)
    twice = [name for name in axes if name in given]
    if twice:
        raise CallError(f"--at and --over both have {twice[0]}")
    net = loaded(model, layers, {**given, **dict.fromkeys(axes, "")})
    return net, axes, numbers(net, given)


def extend(layers: list[Path] | None) -> None:
    if layers:
        import symconv.layers  # noqa: F401  (a file of layers adds to those that are there)
        from symconv.readers.extension import load_layers

        for path in dict.fromkeys(layers):
            load_layers(path)


def placed(sheet: Sheet, given: Mapping[str, str]) -> Sheet:
    """The sheet with the values of `--at` in its title."""
    if given:
        sheet.title += f" · at {', '.join(f'{name}={written}' for name, written in given.items())}"
    return sheet


@contextmanager
def call(option: str = "") -> Iterator[None]:
    """What fails in here is wrong with the call, not with the model."""
    from symconv.errors import CallError, SymconvError

    try:
        yield
    except SymconvError as error:
        raise CallError(f"{option}{': ' if option else ''}{error}".rstrip()) from None
