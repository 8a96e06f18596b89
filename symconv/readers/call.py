"""The words of a call: the values of --at, the fields of --set, a metric, read into what they stand for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from symconv.condition import Condition
from symconv.count import Convention
from symconv.domain import Domain, asking
from symconv.errors import CallError, ExpressionError, NetworkError, near
from symconv.extent import symbols_of
from symconv.network import METRICS, Network
from symconv.readers.expression import DIGITS, names_in, parse_rational
from symconv.readers.names import plainly, shown
from symconv.readers.spec import Spec

_WHOLE: Final = re.compile(rf"[-+]?[0-9]{{1,{DIGITS}}}")


def pairs(option: str, said: Iterable[str], wanted: str, last: bool = False, empty: bool = False) -> dict[str, str]:
    """Texts `name=value` by name; they part at the first `=`, or at the `last` where names may have one.

    Raises CallError for a text without a name or, but where it may be `empty`, a value, and for a name that comes
    twice.

    >>> pairs("--set", ["bias=false", "groups = 2"], "a field and its value are wanted")
    {'bias': 'false', 'groups': '2'}
    """
    out: dict[str, str] = {}
    for one in said:
        name, sign, value = (p.strip() for p in (one.rpartition if last else one.partition)("="))
        if not sign or not name or not (value or empty):
            raise CallError(f"{option} {plainly(one)}: {wanted}")
        if name in out:
            raise CallError(f"{option} gives {plainly(name)} twice")
        out[name] = value
    return out


def assignments(text: str) -> dict[str, str]:
    """`X=224,N=1` as a mapping.

    Raises CallError for anything else.

    >>> assignments("X=max(q, 32), N=1")
    {'X': 'max(q, 32)', 'N': '1'}
    """
    wanted = "a symbol and its value are wanted, such as X=224,N=1"
    return pairs("--at", _parts(text) if text.strip() else (), wanted)


def dimensions(said: Sequence[str]) -> dict[str, Any]:
    """`["input:2=X", "input:3=224"]`: names, or numbers, of axes.

    Raises CallError for anything else.
    """
    wanted = "an input, an axis and a name are wanted, such as image:2=X"
    found = pairs("--dim", said, wanted, last=True)
    for key, value in found.items():
        if ":" not in key:
            raise CallError(f"--dim {plainly(f'{key}={value}')}: {wanted}")
    return {key: int(value) if _WHOLE.fullmatch(value) else value for key, value in found.items()}


def shapes(said: Sequence[str], values: Sequence[str]) -> dict[str, Any]:
    """`["x=1,3,640,640"]` and `["sr=16000"]`: the shapes and the numbers of inputs.

    Raises CallError for anything else.
    """
    out: dict[str, Any] = {}
    for option, given, example in (("--shape", said, "x=1,3,640,640"), ("--value", values, "sr=16000")):
        wanted = f"an input and whole numbers are wanted, such as {example}"
        for name, numbers in pairs(option, given, wanted, last=True, empty=True).items():
            parts = [p.strip() for p in numbers.split(",")] if numbers else []
            if any(not _WHOLE.fullmatch(p) for p in parts):
                raise CallError(f"{option} {plainly(f'{name}={numbers}')}: {wanted}")
            if name in out:
                raise CallError(f"{option} gives {plainly(name)} twice")
            whole = tuple(int(p) for p in parts)
            out[name] = whole[0] if option == "--value" and len(whole) == 1 else whole
    return out


def _parts(text: str) -> list[str]:
    """What stands between the commas that are in no parentheses."""
    parts, depth = [""], 0
    for c in text:
        depth += (c == "(") - (c == ")")
        if c == "," and depth <= 0:
            parts.append("")
        else:
            parts[-1] += c
    return parts


def put(net: Network, given: Mapping[str, str]) -> Network:
    """The network with values or expressions in place of symbols; what they need to be whole is in its domain.

    Raises CallError for a symbol that it does not have and for what is no expression, DomainError outside the domain.
    """
    if not given:
        return net
    _check_names(net, given)
    values: dict[str, Any] = {}
    needed: list[tuple[Condition, str]] = []
    for name, written in given.items():
        source = f"--at {name}={written}"
        try:
            values[name], conditions = _value(net, written)
        except ExpressionError as error:
            raise CallError(f"--at {name}={plainly(written)}: {error}") from None
        needed += [(condition, source) for condition in conditions]
    made = net.substitute(**values)
    for condition, source in needed:
        made.require(condition, source)
    made.usual = {n: v for n, v in net.usual.items() if n not in given and n in made.symbols}
    return made


def unrolled(net: Network) -> Network:
    """The network with every round of its repeated blocks by itself.

    Raises CallError where the number of rounds is not a number, or they are too many.
    """
    try:
        made = net.unrolled()
    except NetworkError as error:
        counts = dict.fromkeys(s.name for n in net.nodes for r in n.rounds for s in symbols_of(r.index.end))
        known = [name for name in counts if name in net.symbols]
        hint = f" (--at {','.join(f'{name}=…' for name in known)} gives numbers)" if known else ""
        raise CallError(f"--unroll: {error}{hint}") from None
    made.usual = dict(net.usual)
    return made


def refuse_settings(net: Network, names: Iterable[str], spec: Spec, variant: str | None) -> None:
    """Say of names that are no symbols of the network where they are set.

    Raises CallError for an argument of the spec, and for a symbol that the variant has given a value.
    """
    for name in [name for name in names if name not in net.symbols]:
        by = [known for known, other in spec.model.variants.items() if name in other.set]
        if name in spec.model.with_:
            some = f"{', '.join(by[:3])}{' …' if len(by) > 3 else ''}"
            there = f"{some} {'sets' if len(by) == 1 else 'set'} it (symconv zoo {spec.name} says to what)"
            raise CallError(
                f"--at: {plainly(name)} is an argument of {spec.name}, which a variant sets and --at does not: "
                f"{there if by else 'none sets it'}, and one in a spec of your own may"
            )
        if variant is not None and variant in by:
            value = shown(spec.model.variants[variant].set[name])
            what = f"{net.name} is {spec.name} with {plainly(name)} = {value}"
            raise CallError(f"--at: {what}: give {plainly(name)} to {spec.name} itself")


def _check_names(net: Network, given: Mapping[str, str]) -> None:
    for name in given:
        if name not in net.symbols:
            hint, symbols = near(name, net.symbols), ", ".join(net.symbols)
            known = f"its symbols are {symbols}" if symbols else "it has no symbols"
            raise CallError(f"--at: {net.name} has no symbol {plainly(name)}: {known}{f' ({hint})' if hint else ''}")


def _value(net: Network, written: str) -> tuple[Any, tuple[Condition, ...]]:
    """The value that is written, a number or an expression in further symbols, and what it needs to be whole."""
    names = {n: net.symbol(n, None if n in net.symbols else "count") for n in names_in(written)}
    needed = Domain()
    with asking(needed, "--at"):
        value = parse_rational(written, {**names, **net.symbols})
    return value, needed.conditions


def numbers(net: Network, given: Mapping[str, str]) -> dict[str, Any]:
    """Numbers for symbols, where figures are wanted: whole ones, and fractions such as 3/4 for a multiplier.

    Raises CallError for anything else, DomainError outside the domain.
    """
    _check_names(net, given)
    values: dict[str, Any] = {}
    for name, written in given.items():
        ((symbol,),) = net.symbols[name].terms
        wanted = "a whole number" if getattr(symbol, "integral", True) else "a number"
        try:
            if names_in(written):
                raise ExpressionError(f"figures need {wanted}")
            values[name] = parse_rational(written, {})
        except ExpressionError as error:
            raise CallError(f"--at {name}={plainly(written)}: {error}") from None
    net.at(values)
    return values


def fields(changes: Sequence[str]) -> dict[str, object]:
    """`["groups=1", "bias=false", "kernel=3,5"]` as a mapping, as a spec would say the values.

    Raises CallError for anything else.
    """
    out: dict[str, object] = {}
    for name, value in pairs(
        "--set", changes, "a field and its value are wanted, such as groups=1 or kernel=3,5"
    ).items():
        parts = [_field(part.strip()) for part in _parts(value)]
        out[name] = parts[0] if len(parts) == 1 else parts
    return out


def _field(value: str) -> object:
    words: Mapping[str, object] = {"true": True, "false": False}
    return words.get(value, int(value) if _WHOLE.fullmatch(value) else value)


def metric_named(name: str) -> str | Convention:
    """A metric by its name, or a convention from a file.

    Raises CallError for an unknown name, SpecError with everything that is wrong with the file.
    """
    if Path(name).suffix.lower() in (".yaml", ".yml"):
        from symconv.readers.convention import read_convention

        return read_convention(Path(name))
    if name not in METRICS:
        hint = near(name, METRICS)
        known = f"known are {', '.join(METRICS)}, or a .yaml with weights"
        raise CallError(f"unknown metric {plainly(name)}: {known}{f' ({hint})' if hint else ''}")
    return name


def metrics_named(names: Sequence[str]) -> list[str]:
    """Metrics by their names, each alone or several between commas; each of them once.

    Raises CallError for an unknown name, and for a convention from a file.
    """
    said = dict.fromkeys(part.strip() for name in names for part in name.split(","))
    found = [metric_named(part) for part in said]
    if not all(isinstance(metric, str) for metric in found):
        raise CallError("--metric: several metrics are taken by name, and no convention of your own")
    return [metric for metric in found if isinstance(metric, str)]
