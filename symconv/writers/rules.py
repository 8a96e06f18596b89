"""The rules of the layers, each derived from the layer itself by giving it symbols for its fields."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from symconv.cost import Cost, cost_symbols, substitute_cost, total_of
from symconv.count import CONVENTIONS, Convention, Count
from symconv.errors import SymconvError, near
from symconv.extent import Extent, Size, size_of, symbols_of
from symconv.formula import set_cost
from symconv.layer import (
    BUFFER,
    FROZEN,
    LAYERS,
    TRAINABLE,
    Layer,
    image_of_symbols,
    layer_class,
    layer_fields,
    s,
)
from symconv.notation import ASCII, LATEX, Style, latex_escape
from symconv.readers.fields import layer_of
from symconv.readers.names import plainly, shown
from symconv.setting import set_size
from symconv.symbols import FIELD, symbol
from symconv.tensor import Tensor
from symconv.writers.explain import facts_and_counts, operations_table
from symconv.writers.layers import counted, label
from symconv.writers.network import grows
from symconv.writers.sheet import SPACED, Cell, Column, Math, Rule, Sheet, Table
from symconv.writers.stated import summary

#: What is said of a count in which nothing is.
NO_ARITHMETIC: Final = "no arithmetic: it counts as nothing in every convention"
#: What a layer keeps, by the metric that counts it.
KEPT: Final = (("params", TRAINABLE), ("frozen", FROZEN), ("buffers", BUFFER))


def rule_sheet(kind: str, changes: Mapping[str, object] | None = None) -> Sheet:
    """The rule of one layer: shape, weights, every primitive operation, every convention; for one image (N = 1).

    `changes` sets fields of the instance, `{"groups": 1}`; the formulas follow.

    Raises SymconvError for an unknown layer, an unknown field or an impossible value.
    """
    return _rule(*instance(kind, changes or {}))


def layer_sheet(layer: Layer, inputs: Sequence[Tensor] = ()) -> Sheet:
    """The rule of one layer as it is, on these inputs or on those of the general rule; for one image.

    Raises SymconvError where its fields do not fit these.
    """
    return _rule(layer, tuple(inputs) or type(layer).general()[1])


def _rule(layer: Layer, inputs: tuple[Tensor, ...]) -> Sheet:
    out = layer.output(*inputs)
    named = _named(out, inputs)
    sheet = Sheet(f"{layer.kind} · {summary(layer)}")
    sheet.facts.append(("input", _tensors(inputs)))
    sheet.facts.append(("output", _tensors((named,))))
    if named is not out:
        sheet.facts.append(("shape", _equation("M", out)))
    kept = {name: _kept(layer, inputs, which) for name, which in KEPT}
    sheet.facts += [(name, Rule(cost)) for name, cost in kept.items() if cost]
    active = total_of(p.active_elements for p in layer.parameters(*inputs) if p.kind == TRAINABLE)
    if active != kept["params"]:
        sheet.facts.append(("active params", Rule(active)))
    count = layer.work(*inputs, named).map(one_image)
    sheet.facts += count_facts(count)
    sheet.facts.append(("source", _source(type(layer))))
    sheet.tables = operations_table({name: Rule(cost) for name, cost in count.operations.items()})
    if not sheet.tables:
        sheet.notes.append(NO_ARITHMETIC)
    sheet.data = lambda: {
        "kind": layer.kind,
        "summary": summary(layer),
        "fields": {f.name: _said(getattr(layer, f.name)) for f in layer_fields(type(layer))},
    }
    sheet.records = lambda: facts_and_counts(sheet)
    return sheet


def _source(cls: type[Layer]) -> str:
    """Where the rule stands: `symconv/layers/conv.py`; of a layer of one's own the file's name, or the module's."""
    package, _, name = cls.__module__.partition(".")
    if name:
        return f"{package}/{name.replace('.', '/')}.py"
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    return Path(file).name if file else cls.__module__


def rules_sheet() -> Sheet:
    """Every layer with its shape, weights and main counts, for one image."""
    sheet = Sheet(f"the rules of {counted(len(LAYERS), 'layer')}, for one image")
    ranks = (("output", 0), ("params", 1), ("macs", 2))
    others_column = Column("other operations", rank=2, prose=True)
    table = Table([Column("layer"), *(Column(name, rank=rank) for name, rank in ranks), others_column])
    for kind in sorted(LAYERS):
        layer, inputs = instance(kind, {})
        named = _named(layer.output(*inputs), inputs)
        count = layer.work(*inputs, named).map(one_image)
        weights, macs = _kept(layer, inputs, TRAINABLE), count["mac"]
        others = [(n, c) for n, c in count.operations.items() if n not in ("mac", "plane", "channel_add")]
        row: list[Cell] = [kind, named, Rule(weights) if weights else None, Rule(macs) if macs else None]
        table.rows.append([*row, _others(others)])
    sheet.tables = [table]
    window = _equation("M", instance("conv", {})[0].output(image_of_symbols())).text
    sheet.notes.append(f"M is the side of the output, {window} for a convolution")
    sheet.notes.append("symconv rules KIND shows the rule of a layer whole")
    return sheet


def instance(kind: str, changes: Mapping[str, object]) -> tuple[Layer, tuple[Tensor, ...]]:
    """The general instance of a layer with some fields changed, and its inputs.

    Raises SymconvError for an unknown layer, an unknown field or an impossible value.
    """
    layer, inputs = layer_class(kind).general()
    if not changes:
        return layer, inputs
    given = {f.name: _said(getattr(layer, f.name)) for f in layer_fields(type(layer))}
    for name in changes:
        if name not in given:
            hint = near(name, given)
            known = f"has {', '.join(given)}" if given else "has no fields"
            raise SymconvError(f"{kind} has no field {plainly(name)}: it {known}{f' ({hint})' if hint else ''}")
    names: dict[str, Size | Fraction] = {name: size_of(symbol(name)) for name in FIELD}
    names |= {one.name: size_of(one) for _, size, _ in layer.field_sizes() for one in symbols_of(size)}
    try:
        made, _ = layer_of(kind, {k: v for k, v in {**given, **changes}.items() if v is not None}, names)
    except ValidationError as error:
        raise SymconvError(f"{kind}: {'; '.join(dict.fromkeys(map(_fault, error.errors())))}") from None
    return made, inputs


#: What pydantic wants, in the words of a call.
_WANTED: Final = {
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "string_type": "a word",
}


def _fault(found: Any) -> str:
    """One of pydantic's findings in a sentence."""
    name, wanted = ".".join(str(part) for part in found["loc"][:1]), _WANTED.get(found["type"])
    return f"{name}: {shown(found['input'])}, where {wanted} is accepted" if wanted else f"{name}: {found['msg']}"


def _kept(layer: Layer, inputs: tuple[Tensor, ...], kind: str) -> Cost:
    return total_of(p.elements for p in layer.parameters(*inputs) if p.kind == kind)


def _said(value: object) -> object:
    """A field as a spec would say it."""
    if isinstance(value, bool | int | str) or value is None:
        return value
    if isinstance(value, tuple):
        return [_said(v) for v in value]
    return set_size(value, ASCII).text if isinstance(value, Extent) else str(value)


def _named(out: Tensor, inputs: tuple[Tensor, ...]) -> Tensor:
    """The output with M for its side, where it is not the input's own and no symbol already."""
    side = out.spatial[0] if out.spatial else 1
    own = bool(inputs[0].spatial) and side == inputs[0].spatial[0]
    if isinstance(side, int) or own or _is_symbol(side):
        return out
    return out.like(*out.shape[:2], *(s("M") for _ in out.spatial))


def _is_symbol(side: Extent) -> bool:
    return any(side == size_of(one) for one in symbols_of(side))


def one_image(cost: Cost) -> Cost:
    """The cost at N = 1."""
    return substitute_cost(cost, {symbol("N"): 1})


def conventions_of(count: Count) -> dict[str, Convention]:
    """The conventions in which a count is something, the causal one where it is another than macs."""
    return {name: c for name, c in CONVENTIONS.items() if c(count) and (name != "causal" or count["masked"])}


def count_facts(count: Count) -> list[tuple[str, Cell]]:
    """What a count is in each convention."""
    facts: list[tuple[str, Cell]] = []
    g = symbol("g")
    for name, convention in conventions_of(count).items():
        cost = convention(count)
        facts.append((label(name), Rule(cost)))
        if name == "full" and g in cost_symbols(cost):
            facts.append(("  at g = 1", Rule(substitute_cost(cost, {g: 1}))))
        if name == "macs":
            facts.append(("  grows", grows(cost)))
    return facts


def _equation(name: str, out: Tensor) -> Math:
    side = out.spatial[0]
    return Math.of(lambda style: f"{style.symbol(name).text} = {set_size(side, style).text}")


def _tensors(tensors: Iterable[Tensor]) -> Math:
    def text(style: Style) -> str:
        return (r",\ " if style is LATEX else ", ").join(t.text(style, batch=False) for t in tensors)

    tensors = tuple(tensors)
    return Math.of(text, SPACED)


def _others(counts: list[tuple[str, Cost]]) -> Math:
    """The operations beside the macs, `C_in·X² add, C_in·X² mul`."""

    def text(style: Style) -> str:
        words = {n: rf"\ \text{{{latex_escape(n)}}}" if style is LATEX else f" {n}" for n, _ in counts}
        sets = (set_cost(c, style, grouped=True).text + words[n] for n, c in counts)
        return (r",\ " if style is LATEX else ", ").join(sets)

    return Math.of(text)
