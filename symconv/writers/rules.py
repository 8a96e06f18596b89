"""The rules of the layers, each derived from the layer itself by giving it symbols for its fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from symconv.cost import Cost, cost_symbols, set_cost, substitute_cost, total_of
from symconv.count import CONVENTIONS, PRIMITIVES, Count
from symconv.errors import SymconvError
from symconv.extent import set_size, size_of
from symconv.layer import BUFFER, LAYERS, TRAINABLE, Layer, image_of_symbols, layer_class, layer_fields, s
from symconv.notation import ASCII, LATEX, TEXT, Style
from symconv.readers.fields import layer_of
from symconv.symbols import FIELD, symbol
from symconv.tensor import Tensor
from symconv.writers.network import grows, label
from symconv.writers.sheet import Cell, Column, Math, Rule, Sheet, Table


def rule_sheet(kind: str, changes: Mapping[str, object] | None = None) -> Sheet:
    """The rule of one layer: shape, weights, every primitive operation, every convention; for one image (N = 1).

    `changes` sets fields of the instance, `{"groups": 1}`; the formulas follow.

    Raises SymconvError for an unknown layer, pydantic's ValidationError for an impossible field.
    """
    layer, inputs = instance(kind, changes or {})
    out = layer.output(*inputs)
    named = _named(out, inputs)
    summary = (type(layer).__doc__ or "").strip().splitlines()[0]
    sheet = Sheet(f"{kind} · {summary}")
    sheet.facts.append(("input", _tensors(inputs)))
    sheet.facts.append(("output", _tensors((named,))))
    if named is not out:
        sheet.facts.append(("shape", _equation("M", out)))
    weights, buffers = (
        total_of(p.elements for p in layer.parameters(*inputs) if p.kind == k) for k in (TRAINABLE, BUFFER)
    )
    sheet.facts += [(name, Rule(cost)) for name, cost in (("params", weights), ("buffers", buffers)) if cost]
    count = layer.work(*inputs, named).map(one_image)
    sheet.facts += _conventions(count)
    table = Table([Column("operation"), Column("count"), Column("what it is")])
    table.rows = [[name, Rule(cost), PRIMITIVES[name]] for name, cost in count.operations.items()]
    sheet.tables = [table] if table.rows else []
    if not table.rows:
        sheet.notes.append("no arithmetic: it counts as nothing in every convention")
    sheet.data = lambda: {
        "kind": kind,
        "summary": summary,
        "fields": {f.name: _field(layer, f.name) for f in layer_fields(type(layer))},
    }
    return sheet


def rules_sheet() -> Sheet:
    """Every layer with its shape, weights and main counts, for one image."""
    sheet = Sheet(f"{len(LAYERS)} layers; symconv rules KIND shows one whole, all counts for one image")
    table = Table([Column(h) for h in ("layer", "output", "params", "macs", "other operations")])
    for kind in sorted(LAYERS):
        layer, inputs = instance(kind, {})
        out = layer.output(*inputs)
        named = _named(out, inputs)
        count = layer.work(*inputs, named).map(one_image)
        weights = total_of(p.elements for p in layer.parameters(*inputs) if p.kind == TRAINABLE)
        others = [(n, c) for n, c in count.operations.items() if n not in ("mac", "plane", "channel_add")]
        table.rows.append(
            [
                kind,
                named,
                Rule(weights) if weights else None,
                Rule(count["mac"]) if count["mac"] else None,
                _others(others),
            ]
        )
    sheet.tables = [table]
    sheet.notes.append(
        "M is the side of the output: " + str(_equation("M", instance("conv", {})[0].output(image_of_symbols())).text)
    )
    return sheet


def instance(kind: str, changes: Mapping[str, object]) -> tuple[Layer, tuple[Tensor, ...]]:
    """The general instance of a layer with some fields changed, and its inputs."""
    layer, inputs = layer_class(kind).general()
    if not changes:
        return layer, inputs
    given = {f.name: _said(getattr(layer, f.name)) for f in layer_fields(type(layer))}
    unknown = [name for name in changes if name not in given]
    if unknown:
        raise SymconvError(f"{kind} has no field {unknown[0]}: it has {', '.join(given) or 'none'}")
    names = {name: size_of(symbol(name)) for name in FIELD}
    made, _ = layer_of(kind, {k: v for k, v in {**given, **changes}.items() if v is not None}, names)
    return made, inputs


def _said(value: object) -> object:
    """A field as a spec would say it."""
    if isinstance(value, bool | int | str) or value is None:
        return value
    return [_said(v) for v in value] if isinstance(value, tuple) else str(value)


def _named(out: Tensor, inputs: tuple[Tensor, ...]) -> Tensor:
    """The output with M for its side, where it is not the input's own and no symbol already."""
    side = out.spatial[0] if out.spatial else 1
    if isinstance(side, int) or (inputs[0].spatial and side == inputs[0].spatial[0]) or side == s("M"):
        return out
    return out.like(*out.shape[:2], *(s("M") for _ in out.spatial))


def one_image(cost: Cost) -> Cost:
    """The cost at N = 1."""
    return substitute_cost(cost, {symbol("N"): 1})


def _conventions(count: Count) -> list[tuple[str, Cell]]:
    facts: list[tuple[str, Cell]] = []
    g = symbol("g")
    for name, convention in CONVENTIONS.items():
        cost = convention(count)
        if not cost:
            continue
        facts.append((label(name), Rule(cost)))
        if name == "full" and g in cost_symbols(cost):
            facts.append(("  at g = 1", Rule(substitute_cost(cost, {g: 1}))))
        if name == "macs":
            facts.append(("  grows", grows(cost)))
    return facts


def _equation(name: str, out: Tensor) -> Math:
    side = out.spatial[0]
    sides = {style: f"{style.symbol(name).text} = {set_size(side, style).text}" for style in (TEXT, LATEX, ASCII)}
    return Math(sides[TEXT], sides[LATEX], sides[ASCII])


def _tensors(tensors: Iterable[Tensor]) -> Math:
    def text(style: Style) -> str:
        return ", ".join(t.text(style, batch=False) for t in tensors)

    tensors = tuple(tensors)
    return Math(text(TEXT), text(LATEX), text(ASCII))


def _others(counts: list[tuple[str, Cost]]) -> Math:
    def text(style: Style, word: str) -> str:
        return ", ".join(f"{set_cost(c, style, grouped=True).text}{word.format(n)}" for n, c in counts)

    return Math(
        text(TEXT, " {}"), text(LATEX, r"\ \text{{{}}}").replace("_", r"\_") if counts else "", text(ASCII, " {}")
    )


def _field(layer: Layer, name: str) -> str:
    value = getattr(layer, name)
    return "" if value is None else str(value)
