"""Which axes of a model's inputs are symbols: the dynamic ones of the file, those that are freed, and their names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from symconv.errors import CallError, ExpressionError, ModelError
from symconv.extent import Extent, Size, size_of
from symconv.readers.expression import names_in, parse
from symconv.readers.onnx.operator import type_name
from symconv.readers.onnx.value import FLOATS, INTEGERS
from symconv.symbols import FIELD, Symbol, dimension, symbol

#: What exporters write for an axis that has no name.
_UNNAMED: Final = re.compile(r"|\?|-?\d+|None|none|unk__\d*|unknown.*|\*")
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

#: Words that SymPy and people take for something else.
_TAKEN: Final = frozenset({"floor", "ceil", "max", "min", "gcd", "round", "make_divisible"})

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
        if len(shape) not in (4, 5) or self.dtype not in FLOATS | {"uint8", "int8"}:
            return ()
        few = (1, 2, 3, 4)
        last = shape[-1] in few and shape[1] not in few
        return tuple(range(1, len(shape) - 1)) if last else tuple(range(2, len(shape)))


def raw_inputs(graph: Any) -> list[Raw]:
    """The inputs of a graph that are no weights."""
    weights = {t.name for t in graph.initializer} | {s.values.name for s in graph.sparse_initializer}
    found = []
    for given in graph.input:
        if given.name in weights:
            continue
        if not given.name:
            raise ModelError("an input without a name")
        kind = given.type
        if kind.HasField("optional_type"):
            kind = kind.optional_type.elem_type
        if kind.HasField("tensor_type"):
            tensor = kind.tensor_type
            dtype = type_name(tensor.elem_type) if tensor.elem_type else "float32"
            ranked = tensor.HasField("shape")
            found.append(Raw(given.name, dtype, tuple(_extent(d) for d in tensor.shape.dim), ranked))
        else:
            found.append(Raw(given.name, "float32", None))
    return found


def _extent(dim: Any) -> int | str:
    if dim.WhichOneof("value") == "dim_value":
        return int(dim.dim_value) if dim.dim_value > 0 else ""
    return str(dim.dim_param)


#: How much is freed of itself: everything, the batch alone, nothing.
ALL, BATCH, NOTHING = 0, 1, 2


def planned(raws: Sequence[Raw], dims: Dims, square: bool, scope: str, level: int, fixed: frozenset[str]) -> Plan:
    """The extents of all inputs; `fixed` are symbols that would be freed and stay as they are.

    Raises CallError for an input or an axis that is not there, ModelError for an input without a number of axes.
    """
    asked = _asked(raws, dims)
    plan = Plan()
    own: dict[tuple[str, int], str] = {}
    if level != NOTHING:
        own = _freed(raws, square, level, asked)
    for raw in raws:
        shape = raw.shape
        if shape is not None and not raw.ranked:
            axes = [k for n, k in asked if n == raw.name]
            if not axes:
                raise ModelError(
                    f"the input {raw.name} has a dynamic rank, and its extents have no formula: say them, "
                    f"--dim {raw.name}:0=N --dim {raw.name}:1=3 …"
                )
            shape = ("",) * (max(axes) + 1)
        if shape is None:
            plan.inputs.append(Axes(raw.name, raw.dtype, None))
            continue
        sizes: list[Size] = []
        for k, extent in enumerate(shape):
            wanted = asked.get((raw.name, k))
            if wanted is None and isinstance(extent, int):
                name = own.get((raw.name, k))
                wanted = extent if name is None or name in fixed else name
                sizes.append(_named(plan, wanted, extent, scope, True, raw, k))
            elif wanted is None:
                sizes.append(_dynamic(plan, str(extent), scope, raw, k))
            else:
                sizes.append(_named(plan, wanted, extent, scope, isinstance(extent, int), raw, k))
        plan.inputs.append(Axes(raw.name, raw.dtype, tuple(sizes)))
    firsts = [a.shape[0] for a in plan.inputs if a.shape]
    for size in firsts:
        if isinstance(size, Extent) and len(size.terms) == 1:
            ((monomial, _),) = size.terms.items()
            s = monomial[0]
            if isinstance(s, Symbol) and s in plan.freed and plan.witness[s] == 1:
                plan.batch = s
                break
    return plan


def _asked(raws: Sequence[Raw], dims: Dims) -> dict[tuple[str, int], int | str]:
    """What the caller says of axes: by input and axis a name or a number."""
    by_name = {raw.name: raw for raw in raws}
    out: dict[tuple[str, int], int | str] = {}
    for key, said in dims.items():
        name, colon, axis = key.rpartition(":")
        if key in by_name and isinstance(said, tuple | list):
            pairs = list(enumerate(said))
        elif colon and name in by_name and re.fullmatch(r"-?\d{1,4}", axis):
            rank = len(by_name[name].shape or ())
            at = int(axis) + (rank if int(axis) < 0 else 0)
            pairs = [(at, said)]
        else:
            known = ", ".join(by_name) or "none"
            raise CallError(f"--dim {key}: an input and an axis are wanted, such as image:2; the inputs are {known}")
        raw = by_name[key if key in by_name and isinstance(said, tuple | list) else name]
        for at, one in pairs:
            if one is None:
                continue
            if raw.shape is None or at < 0 or (raw.ranked and at >= len(raw.shape)):
                raise CallError(f"--dim {key}: {raw.name} has {len(raw.shape or ())} axes")
            out[raw.name, at] = one
    return out


def _freed(
    raws: Sequence[Raw], square: bool, level: int, asked: Mapping[tuple[str, int], Any]
) -> dict[tuple[str, int], str]:
    """Names for static axes: N for the batch that all inputs share, X or H and W for images, T for tokens."""
    out: dict[tuple[str, int], str] = {}
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
            if square and len(set(sides)) == 1:
                names = ["X"] * len(image)
            else:
                names = ["D", "H", "W"][-len(image) :] if len(image) < 3 else ["depth", "H", "W"]
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
    return f"{name}_{_word(raw.name)}"


def _named(plan: Plan, wanted: Any, extent: int | str, scope: str, static: bool, raw: Raw, k: int) -> Size:
    """An extent that is said: a number, a symbol, or an expression in symbols."""
    if isinstance(wanted, int) and not isinstance(wanted, bool):
        if wanted < 1:
            raise CallError(f"--dim {raw.name}:{k}={wanted}: an extent is at least 1")
        if static and isinstance(extent, int) and wanted != extent:
            raise CallError(f"--dim {raw.name}:{k}={wanted}: it is {extent} in the file; a symbol frees it")
        return wanted
    text = str(wanted).strip()
    if _WORD.fullmatch(text) and text not in _TAKEN:
        s = dimension(text, scope)
        at = extent if isinstance(extent, int) else _guess(raw, k)
        if plan.witness.get(s, at) != at and static and s in plan.freed:
            raise CallError(
                f"--dim {raw.name}:{k}={text}: {text} stands for {plan.witness[s]} already, and this axis is {at}"
            )
        plan.witness[s] = at
        if static:
            plan.freed.add(s)
        return size_of(s)
    return _expression(plan, text, scope, raw, k)


def _expression(plan: Plan, text: str, scope: str, raw: Raw, k: int) -> Size:
    try:
        names = {n: size_of(dimension(n, scope)) for n in names_in(text)}
        size = parse(text, names)
    except ExpressionError as error:
        raise CallError(f"--dim {raw.name}:{k}={text}: {error}") from None
    for e in names.values():
        ((monomial, _),) = e.terms.items()
        if isinstance(monomial[0], Symbol):
            plan.witness.setdefault(monomial[0], _guess(raw, k))
    return size


def _dynamic(plan: Plan, name: str, scope: str, raw: Raw, k: int) -> Size:
    """An axis that is dynamic in the file: its own name, an expression, or a name for its place."""
    text = name.strip()
    if _UNNAMED.fullmatch(text):
        text = _place_name(plan, raw, k)
    elif not _WORD.fullmatch(text) or text in _TAKEN:
        if any(c in text for c in "()*/+"):
            try:
                return _expression(plan, text, scope, raw, k)
            except CallError:
                pass
        text = _word(text)
    s = dimension(text, scope)
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
    return f"{_word(raw.name)}_{k}"


def _word(text: str) -> str:
    """A text as a name: other characters as _."""
    word = re.sub(r"[^A-Za-z0-9_]+", "_", text).strip("_") or "dim"
    return word if word[0].isalpha() else f"d_{word}"


def _guess(raw: Raw, k: int) -> int:
    """An extent for an axis of which the file says none, where a branch has to be looked at."""
    if k == 0:
        return 2
    return 224 if k in raw.image else 32


def value_symbols(raw: Axes, scope: str) -> list[Extent] | None:
    """Symbols for the elements of a scalar or very short input of integers, by which sizes may be given."""
    if raw.shape is None or raw.dtype not in INTEGERS | {"bool"}:
        return None
    if raw.shape not in ((), (1,)) and not (
        len(raw.shape) == 1 and isinstance(raw.shape[0], int) and raw.shape[0] <= 8
    ):
        return None
    many = 1
    for x in raw.shape:
        many *= x if isinstance(x, int) else 1
    word = _word(raw.name)
    names = [word] if many == 1 else [f"{word}_{i}" for i in range(many)]
    return [size_of(symbol(n if n not in FIELD else f"{n}_value", "padding", scope)) for n in names]
