"""The bundled architectures in a table, beside the figures that others published; one family with all its variants."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from symconv.cost import Cost
from symconv.errors import ExpressionError
from symconv.network import Network
from symconv.readers.catalogue import Member, families, family, find, members, networks, published, settled
from symconv.readers.expression import parse_rational
from symconv.readers.names import shown
from symconv.readers.spec import Spec
from symconv.writers.figures import figure_of
from symconv.writers.layers import counted
from symconv.writers.network import domain_line, network_facts
from symconv.writers.sheet import Big, Cell, Column, Heading, Name, Sheet, Table, as_data, plain
from symconv.writers.wording import assigned

#: Whether our figure is the published one, at the precision of that.
AGREES, DIFFERS = "=", "≠"

_WORDS: Final = {AGREES: "yes", DIFFERS: "no"}

_STATED: Final = (
    Column("published params", True, "published_params", 6),
    Column("", key="params_agree", rank=6),
    Column("published GMACs", True, "published_GMACs", 5),
    Column("", key="GMACs_agree", rank=5),
    Column("by", key="by", rank=2, short=True),
)
_FIGURES: Final = (
    Column("params", True, "params", 8),
    Column("MACs", True, "MACs", 8),
    Column("at", key="at", rank=3, short=True),
)
_MODEL: Final = Column("model", key="model", rank=9)
_DOMAIN: Final = Column("domain", key="domain", rank=1, short=True)


@dataclass(frozen=True)
class _Entry:
    """A bundled network: its figures at its usual values, and what was published of it."""

    name: str
    net: Network
    figures: Mapping[str, Any]
    at: Mapping[str, int]
    params: Cost
    macs: Cost

    @property
    def symbols(self) -> list[str]:
        """The symbols of a family that have no usual value."""
        return [name for name in self.net.symbols if name not in self.at]

    def value(self, cost: Cost) -> int | None:
        """A figure; None where symbols are left in it."""
        found = figure_of(cost, self.net.at(self.at))
        return None if found is None else int(found)

    @property
    def place(self) -> str:
        """The usual values, and the symbols that are left."""
        return ", ".join(filter(None, (assigned(self.at), *self.symbols)))


def zoo_sheet(each: Callable[[Sequence[Spec]], Iterable[Spec]] = iter) -> Sheet:
    """Every bundled network by name, with its params and MACs at the usual size and the published figures beside them.

    A family stands before its variants, with its symbols. `each` goes through the families, for who watches it.
    """
    known = [(spec, _entries(spec)) for spec in each(tuple(families()))]
    table = Table([_MODEL, *_FIGURES, *_STATED, _DOMAIN])
    for spec, entries in known:
        several = len(entries) > 1
        if several:
            table.groups[len(table.rows)] = Heading(spec.name, (_source(spec),))
        table.rows += [[Name(e.name, spec.name if several else ""), *_shown(e), domain_line(e.net)] for e in entries]
    everything = [e for _, entries in known for e in entries]
    families_ = f"{len(known)} famil{'y' if len(known) == 1 else 'ies'}"
    sheet = Sheet(f"{counted(len(everything), 'bundled architecture')} in {families_}", tables=[table])
    sheet.notes = [
        *_verdict(everything),
        "symconv zoo FAMILY says more of one, symconv show MODEL derives its closed forms",
    ]
    sheet.records = lambda: _records(known)
    sheet.data = lambda: {"rows": as_data(_records(known))}
    return sheet


def family_sheet(name: str) -> Sheet:
    """One family: its paper, its closed forms in its symbols, and its variants with what they set.

    Raises SymconvError for an unknown name.
    """
    spec = family(name)
    entries = _entries(spec)
    model = spec.model
    sheet = Sheet(f"{spec.name} · {_source(spec)}")
    paper = model.paper if isinstance(model.paper, dict) else {}
    for key in ("authors", "arxiv", "venue", "url"):
        if paper.get(key):
            sheet.facts.append((key, f"arXiv:{paper[key]}" if key == "arxiv" else str(paper[key])))
    if model.description:
        sheet.facts.append(("what", model.description))
    if model.symbols:
        sheet.facts.append(("symbols", ", ".join(f"{n} ({role})" for n, role in model.symbols.items())))
    if model.with_:
        sheet.facts.append(("arguments", ", ".join(f"{n} = {_said(v)}" for n, v in model.with_.items())))
    whole = next((e for e in entries if e.name == spec.name.lower() and len(entries) > 1), None)
    if whole is not None:
        sheet.facts += network_facts(whole.net)
    sets = Column("sets", key="sets", rank=7, prose=True)
    about = Column("description", key="description", rank=0, prose=True)
    table = Table([_MODEL, sets, *_FIGURES, *_STATED])
    listed = [(e, v) for e, (_, v) in zip(entries, networks(spec)) if e is not whole]
    said = {e.name: model.variants[v].description for e, v in listed if v in model.variants}
    if any(said.values()):
        table.columns = [*table.columns, about]
    for e, variant in listed:
        own = settled(spec, variant) if variant in model.variants else {}
        row: list[Cell] = [e.name, ", ".join(f"{n}={_said(v)}" for n, v in own.items()), *_shown(e)]
        table.rows.append([*row, said.get(e.name)] if any(said.values()) else row)
    sheet.tables = [table] if listed else []
    sheet.notes = _verdict(entries)
    if model.with_ and model.variants:
        sheet.notes.append("--at gives values to symbols; arguments are set by variants, here or in a spec of your own")
    return sheet


def _said(value: Any) -> str:
    return value if isinstance(value, str) else "layers" if isinstance(value, list) else shown(value)


def _source(spec: Spec) -> str:
    """The paper and its year."""
    paper = spec.model.paper
    if isinstance(paper, dict):
        return ", ".join(str(paper[key]) for key in ("title", "year") if paper.get(key))
    return paper or ""


# -- which variant some values are ------------------------------------------------------------------------------------


def say_members(sheet: Sheet, source: str, given: Mapping[str, str]) -> None:
    """Say on a sheet which named variants of a family have the values that were given to its symbols.

    A variant that sets an argument otherwise than the family is another network, and is said apart.
    """
    spec, variant = find(source)
    asked = {name: written for name, written in given.items() if name in spec.model.symbols}
    try:
        values = {name: parse_rational(written, {}) for name, written in asked.items()}
    except ExpressionError:
        return
    if variant is not None or not any(name in v.set for v in spec.model.variants.values() for name in values):
        return
    found = members(source, values)
    alike, other = ([m for m in found if bool(m.apart) is apart] for apart in (False, True))
    sheet.facts.append(("is", "; ".join(_named(m) for m in alike) or "none of the named variants"))
    if other:
        sheet.facts.append(("others", "; ".join(_named(m) for m in other)))
    data = sheet.data
    listed = [{"name": m.name, "with": _plainly(m.rest), "arguments": _plainly(m.apart)} for m in found]
    sheet.data = lambda: {**data(), "variants": listed}


def _named(member: Member) -> str:
    """`resnet101 with w = 64`."""
    said = ", ".join(f"{name} = {_said(value)}" for name, value in (*member.rest.items(), *member.apart.items()))
    return f"{member.name} with {said}" if said else member.name


def _plainly(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if isinstance(value, bool | int) else _said(value) for name, value in values.items()}


# -- entries -----------------------------------------------------------------------------------------------------------


def _entries(spec: Spec) -> list[_Entry]:
    out = []
    for name, variant in networks(spec):
        net = spec.network(variant)
        at = {n: v for n, v in net.usual.items() if n in net.symbols}
        out.append(_Entry(name, net, published(spec, name), at, net.cost("params"), net.cost("macs")))
    return out


def _shown(entry: _Entry) -> list[Cell]:
    """Its figures, then what was published, each with a mark whether the two agree."""
    params, macs = entry.value(entry.params), entry.value(entry.macs)
    row: list[Cell] = [None if value is None else Big(value) for value in (params, macs)]
    stated_params, unit = _stated_params(entry.figures)
    gmacs = entry.figures.get("gmacs")
    row += [entry.place, _printed_params(entry.figures), _mark(params, stated_params, unit)]
    row += [None if gmacs is None else _printed(gmacs), _mark(macs, *_giga(gmacs))]
    return [*row, str(entry.figures.get("source", ""))]


def _stated_params(figures: Mapping[str, Any]) -> tuple[Fraction | None, Fraction]:
    """The published params, and the unit of their last digit."""
    if "params" in figures:
        return Fraction(figures["params"]), Fraction(1)
    if "params_millions" in figures:
        return Fraction(figures["params_millions"]) * 10**6, _unit(figures["params_millions"]) * 10**6
    return None, Fraction(1)


def _printed_params(figures: Mapping[str, Any]) -> Cell:
    if "params" in figures:
        return int(figures["params"])
    return f"{_printed(figures['params_millions'])} M" if "params_millions" in figures else None


def _giga(gmacs: Any) -> tuple[Fraction | None, Fraction]:
    return (None, Fraction(1)) if gmacs is None else (Fraction(gmacs) * 10**9, _unit(gmacs) * 10**9)


def _unit(figure: Any) -> Fraction:
    """The unit of the last digit of a decimal; of three places where it has fewer than that and is no whole number."""
    places = 0
    while places < 12 and Fraction(figure) * 10**places % 1:
        places += 1
    return Fraction(1, 10**places)


def _printed(figure: Any) -> str:
    unit = _unit(figure)
    return f"{float(figure):.{len(str(unit.denominator)) - 1}f}"


def _mark(ours: int | None, stated: Fraction | None, unit: Fraction) -> str | None:
    """Whether a figure is the published one, to half a unit of its last digit."""
    if ours is None or stated is None:
        return None
    exact = unit == 1
    return AGREES if (ours == stated if exact else abs(ours - stated) <= unit / 2) else DIFFERS


def _verdict(entries: Iterable[_Entry]) -> list[str]:
    """How many published figures there are, and which ours differ from."""
    marks = [(e.name, mark) for e in entries for mark in (_shown(e)[4], _shown(e)[6]) if mark]
    if not marks:
        return []
    against = list(dict.fromkeys(name for name, mark in marks if mark == DIFFERS))
    same = sum(mark == AGREES for _, mark in marks)
    said = f"{AGREES} where the figure is the published one, at the precision of that: {same} of {len(marks)}"
    return [f"{said}; {DIFFERS} in {', '.join(against)}" if against else said]


def _records(known: Iterable[tuple[Spec, list[_Entry]]]) -> Table:
    """Every network as a record: figures, and formulas where symbols are left."""
    table = Table([Column("family"), Column("model"), *_FIGURES, *_STATED, Column("symbols"), _DOMAIN])
    for spec, entries in known:
        for e in entries:
            row: list[Cell] = [spec.name, e.name, e.params, e.macs, assigned(e.at)]
            for i, cost in ((2, e.params), (3, e.macs)):
                value = e.value(cost)
                row[i] = cost if value is None else value
            stated = [_WORDS.get(cell, cell) if isinstance(cell, str) else plain(cell) for cell in _shown(e)[3:]]
            table.rows.append([*row, *stated, " ".join(e.symbols), domain_line(e.net)])
    return table
