"""Other members of a family: whether a network is one, at which values of the symbols, and what they say of hypotheses.

The family's grammar says how many rounds there are; then the numbers in the layers say what each class is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice
from typing import Any, Final

from symconv.errors import SymconvError
from symconv.extent import Extent, Size, size_of, symbols_of, terms_of
from symconv.layer import layer_fields
from symconv.lift.family import built
from symconv.lift.grammar import Grammar, Pairs
from symconv.lift.hypotheses import LEVEL, Class
from symconv.lift.order import arranged, ordered
from symconv.lift.plan import Plan, features_of
from symconv.lift.wiring import Step, wired
from symconv.network import METRICS, Network
from symconv.symbols import RATIONAL, Symbol
from symconv.values import evaluate

#: Readings that are compared, at most.
READINGS: Final = 64


@dataclass
class Found:
    """What a network is in a family: the rounds of each run, the number of each class; or why it is none."""

    net: Network
    #: Why the network is not of this structure; empty where it is.
    reason: str = ""
    rounds: dict[str, int] = field(default_factory=dict)
    classes: dict[Symbol, int] = field(default_factory=dict)
    #: The values of the family's symbols, as far as the hypotheses hold.
    values: dict[str, int | Fraction] = field(default_factory=dict)
    #: Hypotheses that the network refutes, in words, each with its class.
    refuted: list[tuple[Class, str]] = field(default_factory=list)
    #: What the rounds of the network differ in.
    uneven: list[str] = field(default_factory=list)
    #: Metrics whose closed forms are not the network's, at these rounds and numbers.
    differing: list[str] = field(default_factory=list)

    @property
    def exact(self) -> bool:
        """Whether the family at these values is the network, in every metric."""
        return not (self.reason or self.refuted or self.uneven or self.differing)


def member(plan: Plan, net: Network) -> Found:
    """What another network is in the family."""
    found = Found(net)
    try:
        wiring = wired(net)
        net = wiring.net
    except SymconvError as error:
        found.reason = str(error)
        return found
    wiring.steps = arranged(wiring)
    order = ordered(wiring)
    grammar = Grammar(plan, order)
    read: list[tuple[Found, Pairs]] = []
    for pairs, rounds in islice(grammar.parses(), READINGS):
        one = Found(net, rounds=rounds)
        _numbers(plan, pairs, one)
        read.append((one, pairs))
        if not one.uneven:
            break
    if not read:
        found.reason = grammar.why()
        return found
    found, pairs = min(read, key=lambda r: len(r[0].uneven))
    _solve(plan, pairs, found)
    _check(plan, found)
    return found


# -- numbers -------------------------------------------------------------------------------------------------------


def _numbers(plan: Plan, pairs: Pairs, found: Found) -> None:
    """The number of each class, from what stands in the layers and shapes of the other network."""
    equations = plan.wiring.equations
    known = found.classes
    told: list[tuple[Size, Size, str]] = []
    for name, shape in plan.wiring.inputs.items():
        theirs = found.net.inputs.get(name)
        if theirs is None and len(found.net.inputs) == len(plan.wiring.inputs):
            theirs = list(found.net.inputs.values())[list(plan.wiring.inputs).index(name)]
        told += [(x, y, name) for x, y in zip(shape, theirs.shape if theirs else ())]
    for mine, other in pairs:
        told += _told(mine, other)
    left = [(equations.resolve(x), y, where) for x, y, where in told]
    while left:
        later = []
        for x, y, where in left:
            solved = _one(equations.atoms_of(x) - known.keys(), x, y, known)
            if solved is None:
                later.append((x, y, where))
            elif solved:
                known.update(solved)
        if len(later) == len(left):
            break
        left = later
    _even(plan, pairs, found)


def _even(plan: Plan, pairs: Pairs, found: Found) -> None:
    """Whether all rounds of the other network say the same numbers."""
    equations, known = plan.wiring.equations, found.classes
    levels = {c.atom for c in plan.classes.classes if c.kind == LEVEL}
    for x, y, where in (t for mine, other in pairs for t in _fields(mine, other)):
        x = equations.resolve(x)
        if equations.atoms_of(x) & levels:
            continue
        if isinstance(y, int) and equations.atoms_of(x) and equations.atoms_of(x) == symbols_of(x) <= known.keys():
            expected = _evaluated(x, known)
            if expected != y:
                found.uneven.append(f"{where} has {y}, where its other rounds make {_said(expected)}")


def _told(mine: Step, other: Step) -> Iterator[tuple[Size, Size, str]]:
    """What a layer of the other network says: sizes in atoms, and what they are there."""
    yield from _fields(mine, other)
    if len(mine.out) == len(other.node.out.shape):
        yield from ((x, y, other.name) for x, y in zip(mine.out, other.node.out.shape))


def _fields(mine: Step, other: Step) -> Iterator[tuple[Size, Size, str]]:
    """What stands in a layer's fields, and in what it keeps beside its rule."""
    for name in (f.name for f in layer_fields(type(mine.layer))):
        x, y = getattr(mine.layer, name), getattr(other.node.layer, name, None)
        if isinstance(x, Extent) and isinstance(y, int) and name != "shape":
            yield x, y, other.name
    if mine.parameters is not None and len(mine.parameters) == len(other.node.parameters):
        for p, q in zip(mine.parameters, other.node.parameters):
            yield from ((x, y, other.name) for x, y in zip(p.shape, q.shape))


def _one(unknown: set[Symbol], x: Size, y: Size, known: dict[Symbol, int]) -> dict[Symbol, int] | None:
    """The one atom of a product that is not known yet; None where there are several, {} where nothing is said."""
    if not isinstance(x, Extent) or len(x.terms) != 1 or not isinstance(y, int | Extent):
        return {}
    if not unknown:
        return {}
    ((m, c),) = x.terms.items()
    if len(terms_of(y)) != 1:
        return {}
    ((n, d),) = terms_of(y).items()
    rest = [a.name if isinstance(a, Symbol) else str(a) for a in m if a not in known and a not in unknown]
    if rest != [a.name if isinstance(a, Symbol) else str(a) for a in n]:
        return {}
    if len(unknown) > 1:
        return None
    (atom,) = unknown
    if m.count(atom) != 1 or not all(isinstance(a, Symbol) for a in m):
        return {}
    for a in m:
        if a in known:
            c *= known[a]  # type: ignore[index]
    return {atom: d // c} if d % c == 0 else {}


# -- symbols -------------------------------------------------------------------------------------------------------


def _solve(plan: Plan, pairs: Pairs, found: Found) -> None:
    """The values of the symbols that the hypotheses leave, and the hypotheses that do not hold."""
    found.values.update(found.rounds)
    symbols = {c.symbol for c in plan.classes.classes if c.symbol}
    following = plan.followed.keys() | plan.local
    for name in sorted(symbols):
        own = [c for c in plan.classes.classes if c.symbol == name and c.atom in found.classes]
        own = [c for c in own if c.atom not in following or c.atom in plan.local]
        if own:
            found.values[name] = _value(plan, name, own, found)
    at = {s: found.values[s.name] for s in _all_symbols(plan) if s.name in found.values}
    for c in plan.classes.classes:
        value = found.classes.get(c.atom)
        if value is None or c.kind == LEVEL:
            continue
        if c.atom in following:
            _following(plan, c, pairs, value, found)
            continue
        size = plan.sizes[c.atom]
        if not symbols_of(size) <= at.keys():
            continue
        expected = _evaluated(size, at)
        if expected != value:
            found.refuted.append((c, f"{c.role} is {value}, and {c.expression} makes {_said(expected)}"))


def _evaluated(size: Size, at: Mapping[Symbol, Any]) -> Any:
    """What a size is; None where it is no whole number."""
    try:
        return evaluate(size, at)
    except SymconvError:
        return None


def _said(value: Any) -> str:
    return "no whole number" if value is None else str(value)


def _all_symbols(plan: Plan) -> set[Symbol]:
    return {s for size in plan.sizes.values() for s in symbols_of(size)} | plan.depths


def _value(plan: Plan, name: str, own: list[Class], found: Found) -> int | Fraction:
    """The value of a symbol that most of its classes have, that of the first of equals."""
    of = next((s for c in own for s in symbols_of(plan.sizes[c.atom]) if s.name == name), None)
    ratios = [Fraction(found.classes[c.atom], c.value) * plan.usual[name] for c in own]
    rational = of is not None and of.kind == RATIONAL
    candidates = list(dict.fromkeys(ratios))
    if rational:
        candidates += [r for q in ratios for r in (Fraction(round(q * 20), 20), Fraction(round(q * 10), 10)) if r > 0]

    def held(value: Fraction) -> int:
        many = 0
        for c in own:
            if c.atom in plan.local:
                continue
            try:
                at = {of: value if rational else int(value)} if of is not None else {}
                many += evaluate(plan.sizes[c.atom], at) == found.classes[c.atom]
            except (SymconvError, KeyError):
                continue
        return many

    whole = [r for r in candidates if rational or r.denominator == 1] or candidates
    best = max(held(r) for r in whole)
    first = whole[0] if whole[0] == ratios[0] and held(whole[0]) > 1 else None
    chosen = first if first is not None and not rational else next(r for r in whole if held(r) == best)
    return chosen if rational and chosen.denominator > 1 else int(chosen)


def _following(plan: Plan, c: Class, pairs: Pairs, value: int, found: Found) -> None:
    """Whether a class is so many times its own input there too."""
    for mine, other in pairs:
        what = next((w for w, a in mine.made.items() if _resolves(plan, a, c.atom)), "")
        if not what or not other.node.tensors:
            continue
        mine_in = mine.node.tensors[0].shape[features_of(mine)]
        their_in = other.node.tensors[0].shape[features_of(other)]
        if isinstance(mine_in, int) and isinstance(their_in, int):
            if Fraction(c.value, mine_in) != Fraction(value, their_in):
                found.refuted.append(
                    (c, f"{c.role} is {value} of an input of {their_in}, and {c.value} of {mine_in} in the source")
                )
            return


def _resolves(plan: Plan, atom: Symbol, to: Symbol) -> bool:
    return plan.wiring.equations.resolve(size_of(atom)) == size_of(to)


def _check(plan: Plan, found: Found) -> None:
    """Whether the family at these rounds and numbers has the closed forms of the network."""
    twin = Plan(plan.wiring, plan.steps, plan.runs, plan.classes, plan.said)
    twin.net = Network(found.net.name)
    at = {s: found.values[s.name] for s in _all_symbols(plan) if s.name in found.values}
    for c in plan.classes.classes:
        size = plan.sizes[c.atom]
        twin.sizes[c.atom] = found.classes.get(c.atom) or _supposed(size, at, c.value)
    try:
        made = in_symbols_of(built(twin).substitute(**found.rounds), found.net)
    except SymconvError as error:
        found.differing.append(str(error))
        return
    for name in METRICS:
        if made.cost(name) != found.net.cost(name):
            found.differing.append(name)


def _supposed(size: Size, at: Mapping[Symbol, Any], otherwise: int) -> int:
    """What a hypothesis makes of a class, at these values of the symbols; the source's number where it makes none."""
    found = _evaluated(size, at) if symbols_of(size) <= at.keys() else None
    return otherwise if found is None else int(found)


def in_symbols_of(net: Network, other: Network) -> Network:
    """A network with another one's symbols in place of its own of the same names."""
    given = {name: s for name, s in other.symbols.items() if name in net.symbols and net.symbols[name] != s}
    return net.substitute(**given) if given else net
