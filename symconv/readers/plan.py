"""Which axes of a foreign model's inputs are symbols: the dynamic ones, static ones that are freed, and their names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from symconv.errors import CallError, ExpressionError, ModelError
from symconv.extent import Size, size_of
from symconv.readers.expression import FUNCTIONS, names_in, parse
from symconv.symbols import Symbol, dimension

#: What exporters write for an axis that has no name.
_UNNAMED: Final = re.compile(r"|\?|-?\d+|None|none|unk__\d*|unknown.*|\*")
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

#: The types that images, and those that the numbers of tokens have.
IMAGES: Final = {"float32", "float16", "float64", "bfloat16", "uint8", "int8"}
INTEGERS: Final = {"uint8", "int8", "uint16", "int16", "int32", "int64", "uint32", "uint64", "uint4", "int4"}

Dims = Mapping[str, Any]


@dataclass(frozen=True)
class Axes:
    """One input: its name in the file, its type, and its extents; None of a sequence."""

    name: str
    dtype: str
    shape: tuple[Size, ...] | None


@dataclass
class Plan:
    """The inputs' extents in symbols, what each symbol is in the file, and which stand for static axes."""

    inputs: list[Axes] = field(default_factory=list)
    witness: dict[Symbol, int] = field(default_factory=dict)
    freed: set[Symbol] = field(default_factory=set)
    batch: Symbol | None = None


@dataclass(frozen=True)
class Raw:
    """One input as the file has it: a number, a name, or an empty text for each axis; None of a sequence."""

    name: str
    dtype: str
    shape: tuple[int | str, ...] | None
    ranked: bool = True

    @property
    def image(self) -> tuple[int, ...]:
        """The spatial axes of what looks like an image: behind the channels, or before the last axis."""
        shape = self.shape or ()
        if len(shape) not in (4, 5) or self.dtype not in IMAGES:
            return ()
        few = (1, 2, 3, 4)
        last = shape[-1] in few and shape[1] not in few
        return tuple(range(1, len(shape) - 1)) if last else tuple(range(2, len(shape)))


def planned(
    raws: Sequence[Raw], dims: Dims, scope: str, own: Mapping[tuple[str, int], str], fixed: frozenset[str]
) -> Plan:
    """The extents of all inputs: by input and axis `own` names static ones, which stay as they are where `fixed`.

    Raises CallError for an input or an axis that is not there, ModelError for an input without a number of axes.
    """
    asked = _asked(raws, dims)
    plan = Plan()
    for raw in raws:
        shape = raw.shape
        if shape is None:
            plan.inputs.append(Axes(raw.name, raw.dtype, None))
            continue
        if not raw.ranked:
            axes = [k for n, k in asked if n == raw.name]
            if not axes:
                raise ModelError(
                    f"the input {raw.name} has a dynamic rank, and its extents have no formula: say them, "
                    f"--dim {raw.name}:0=N --dim {raw.name}:1=3 …"
                )
            shape = ("",) * (max(axes) + 1)
        sizes: list[Size] = []
        for k, extent in enumerate(shape):
            wanted = asked.get((raw.name, k))
            if wanted is None and isinstance(extent, int):
                name = own.get((raw.name, k))
                wanted = extent if name is None or name in fixed else name
            if wanted is None:
                sizes.append(_dynamic(plan, str(extent), scope, raw, k))
            else:
                sizes.append(_named(plan, wanted, extent, scope, raw, k))
        plan.inputs.append(Axes(raw.name, raw.dtype, tuple(sizes)))
    single: dict[Size, Symbol] = {size_of(s): s for s in plan.freed if plan.witness[s] == 1}
    plan.batch = next((single[a.shape[0]] for a in plan.inputs if a.shape and a.shape[0] in single), None)
    return plan


def names_said(dims: Dims) -> set[Any]:
    """The names and numbers that the caller has given to axes."""
    return {s for said in dims.values() for s in (said if isinstance(said, tuple | list) else (said,))}


def _asked(raws: Sequence[Raw], dims: Dims) -> dict[tuple[str, int], int | str]:
    """What the caller says of axes: by input and axis a name or a number."""
    by_name = {raw.name: raw for raw in raws}
    out: dict[tuple[str, int], int | str] = {}
    for key, said in dims.items():
        name, colon, axis = str(key).rpartition(":")
        if key in by_name and isinstance(said, tuple | list):
            raw, pairs = by_name[key], list(enumerate(said))
        elif colon and name in by_name and re.fullmatch(r"-?\d{1,4}", axis):
            raw = by_name[name]
            pairs = [(int(axis) + (len(raw.shape or ()) if int(axis) < 0 else 0), said)]
        else:
            known = ", ".join(by_name) or "none"
            raise CallError(f"--dim {key}: an input and an axis are wanted, such as image:2; the inputs are {known}")
        for at, one in pairs:
            if one is None:
                continue
            if raw.shape is None or at < 0 or (raw.ranked and at >= len(raw.shape)):
                raise CallError(f"--dim {key}: {raw.name} has {len(raw.shape or ())} axes")
            out[raw.name, at] = one
    return out


#: How much is freed of itself: everything, the batch alone, nothing.
ALL, BATCH, NOTHING = 0, 1, 2


def static_names(raws: Sequence[Raw], square: bool, level: int) -> dict[tuple[str, int], str]:
    """Names for static axes: N for the batch that all inputs share, X or H and W for images, T for tokens."""
    out: dict[tuple[str, int], str] = {}
    if level == NOTHING:
        return out
    batched = [raw for raw in raws if raw.shape is not None and len(raw.shape) >= 2]
    firsts = {raw.shape[0] for raw in batched if raw.shape}
    if len(firsts) == 1 and isinstance(next(iter(firsts)), int) and not _used(raws, "N"):
        for raw in batched:
            out[raw.name, 0] = "N"
    if level == BATCH:
        return out
    named: dict[str, int] = {}
    for raw in raws:
        shape = raw.shape or ()
        image = [k for k in raw.image if isinstance(shape[k], int)]
        if image and len(image) == len(raw.image):
            sides = [shape[k] for k in image]
            equal = square and len(set(sides)) == 1
            names = ["X"] * len(image) if equal else ["depth", "H", "W"][-len(image) :]
            for k, name, side in zip(image, names, sides):
                out[raw.name, k] = _apart(named, name, side, raw)
        elif len(shape) == 2 and raw.dtype in INTEGERS and isinstance(shape[1], int) and shape[1] > 1:
            out[raw.name, 1] = _apart(named, "T", shape[1], raw)
    return {key: name for key, name in out.items() if not _used(raws, name)}


def _used(raws: Sequence[Raw], name: str) -> bool:
    return any(d == name for raw in raws for d in raw.shape or ())


def _apart(named: dict[str, int], name: str, extent: int | str, raw: Raw) -> str:
    """The name, or one of the input's own where it stands for another extent already."""
    if named.setdefault(name, int(extent)) == extent:
        return name
    return f"{name}_{word(raw.name)}"


def _named(plan: Plan, wanted: Any, extent: int | str, scope: str, raw: Raw, k: int) -> Size:
    """An extent that is said: a number, a symbol, or an expression in symbols."""
    axis = f"--dim {raw.name}:{k}={wanted}"
    if isinstance(wanted, bool):
        raise CallError(f"{axis}: a name, a number or an expression is wanted")
    if isinstance(wanted, int):
        if wanted < 1:
            raise CallError(f"{axis}: an extent is at least 1")
        if isinstance(extent, int) and wanted != extent:
            raise CallError(f"{axis}: it is {extent} in the file; a symbol frees it")
        return wanted
    text = str(wanted).strip()
    if not _WORD.fullmatch(text) or text in FUNCTIONS:
        return _expression(plan, text, scope, raw, k)
    s = dimension(text, scope)
    if isinstance(extent, int):
        if s in plan.freed and plan.witness[s] != extent:
            raise CallError(f"{axis}: {text} stands for {plan.witness[s]} already, and this axis is {extent}")
        plan.freed.add(s)
    plan.witness[s] = extent if isinstance(extent, int) else _guess(raw, k)
    return size_of(s)


def _expression(plan: Plan, text: str, scope: str, raw: Raw, k: int) -> Size:
    try:
        symbols = {n: dimension(n, scope) for n in names_in(text)}
        size = parse(text, {n: size_of(s) for n, s in symbols.items()})
    except ExpressionError as error:
        raise CallError(f"--dim {raw.name}:{k}={text}: {error}") from None
    for s in symbols.values():
        plan.witness.setdefault(s, _guess(raw, k))
    return size


def _dynamic(plan: Plan, name: str, scope: str, raw: Raw, k: int) -> Size:
    """An axis that is dynamic in the file: its own name, an expression, or a name for its place."""
    text = name.strip()
    if _UNNAMED.fullmatch(text):
        text = _place_name(plan, raw, k)
    elif any(c in text for c in "()*/+"):
        with suppress(CallError):
            return _expression(plan, text, scope, raw, k)
    s = dimension(text if _WORD.fullmatch(text) else word(text), scope)
    plan.witness.setdefault(s, _guess(raw, k))
    return size_of(s)


def _place_name(plan: Plan, raw: Raw, k: int) -> str:
    used = {s.name for s in plan.witness}
    image = raw.image
    if k == 0 and "N" not in used:
        return "N"
    if k in image and len(image) == 2:
        name = "HW"[image.index(k)]
        if name not in used:
            return name
    return f"{word(raw.name)}_{k}"


def word(text: str) -> str:
    """A text as a name: other characters as _."""
    word = re.sub(r"[^A-Za-z0-9_]+", "_", text).strip("_") or "dim"
    return word if word[0].isalpha() else f"d_{word}"


def _guess(raw: Raw, k: int) -> int:
    """An extent for an axis of which the file says none, where a branch has to be looked at."""
    if k == 0:
        return 2
    return 224 if k in raw.image else 32
