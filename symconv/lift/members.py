"""Other members of a family: whether a network is one, at which values of the symbols, and what they say of hypotheses.

A family is a grammar: steps, then so many rounds, then steps. Another network is read by it, heavy step by heavy step,
which says how many rounds there are; then the numbers in its layers say what each class is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice
from typing import Any, Final

from symconv.errors import SymconvError
from symconv.extent import Extent, Size, size_of, symbols_of, terms_of
from symconv.layer import TRAINABLE, layer_fields
from symconv.lift.entries import numbered
from symconv.lift.family import built
from symconv.lift.hypotheses import LEVEL, Class
from symconv.lift.order import Order, arranged, is_heavy, kind_of, ordered, stated_fields
from symconv.lift.plan import Plan, features_of
from symconv.lift.rounds import Run
from symconv.lift.wiring import CONSTANTS, WIDTHS, Step, wired
from symconv.network import METRICS, Network
from symconv.symbols import RATIONAL, Symbol
from symconv.values import evaluate

#: Ways in which a network is read by a grammar that are tried, at most.
TRIED: Final = 10_000

#: What tells steps apart that are of different kinds.
OTHER: Final = "another layer"

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
    grammar = _Grammar(plan, order)
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


# -- structure -----------------------------------------------------------------------------------------------------


@dataclass
class _Part:
    """Steps one behind the other, or the rounds of a run."""

    steps: list[Step]
    run: Run | None = None


Pairs = list[tuple[Step, Step]]


class _Grammar:
    def __init__(self, plan: Plan, order: Order) -> None:
        self.plan = plan
        self.theirs = [order.steps[k] for k in order.heavy]
        self.parts = list(_parts(plan))
        self.tried = 0
        self.furthest, self.unlike = (-1, 0), OTHER

    def parses(self) -> Iterator[tuple[Pairs, dict[str, int]]]:
        """The ways to read the network, those of more rounds in front first."""
        return self._from(0, 0)

    def why(self) -> str:
        """Why there is none."""
        at, part = self.furthest
        here = self.parts[part] if part < len(self.parts) else None
        theirs = self.theirs[at].name if 0 <= at < len(self.theirs) else ""
        once = self._once(at, part)
        if once:
            return once
        if not theirs:
            return "it ends where the family goes on"
        if self.unlike != OTHER:
            return f"{theirs} has {self.unlike}"
        if here is None:
            return f"it goes on with {theirs}, where the family ends"
        if here.run is not None:
            return f"{theirs} is neither another round of {here.run.name} nor what follows it in the family"
        return f"it has {theirs}, which the family does not have there"

    def _once(self, at: int, part: int) -> str:
        """What is to be said where a block was seen once, and the other network has it several times."""
        if not 0 < at < len(self.theirs):
            return ""
        one, other = (self.theirs[k].name.split("/") for k in (at - 1, at))
        for many in range(1, min(len(one), len(other))):
            pair = numbered(one[:many]), numbered(other[:many])
            if pair[0] and pair[1] and pair[0][0] == pair[1][0] and pair[1][1] == pair[0][1] + 1:
                block = "/".join(one[: many - 1])
                if any(s.name.startswith(f"{block}/") for s in self._outside()):
                    return (
                        f"{self.plan.wiring.net.name} has one block in {block}, and {'/'.join(other[:many])} is a "
                        "second one: what the rounds after the first look like was not seen"
                    )
        return ""

    def _outside(self) -> list[Step]:
        """The family's steps in no rounds."""
        return [s for part in self.parts if part.run is None for s in part.steps]

    def _from(self, at: int, part: int) -> Iterator[tuple[Pairs, dict[str, int]]]:
        self.tried += 1
        if self.tried > TRIED:
            return
        if part == len(self.parts):
            if at == len(self.theirs):
                yield [], {}
            else:
                self._reached(at, part)
            return
        here = self.parts[part]
        if here.run is not None:
            yield from self._rounds(here.run, at, part)
            return
        pairs = self._match(here.steps, at, part)
        if pairs is not None:
            for rest, rounds in self._from(at + len(here.steps), part + 1):
                yield pairs + rest, rounds

    def _rounds(self, run: Run, at: int, part: int) -> Iterator[tuple[Pairs, dict[str, int]]]:
        """As many rounds as there are, then fewer."""
        begin = Pairs()
        if run.entry is not None:
            entry = self._heavy(run.entry, run.cuts[0])
            first = self._match(entry, at, part)
            if first is None:
                return
            begin, at = first, at + len(entry)
        kinds = 2 if run.alternating else 1
        rounds_of = [self._heavy(a, b) for a, b in zip(run.cuts[:kinds], run.cuts[1:])]
        regular, matched = rounds_of[0], [begin]
        while True:
            here = rounds_of[(len(matched) - 1) % kinds]
            more = self._match(here, at + len(regular) * (len(matched) - 1), part)
            if more is None:
                break
            matched.append(matched[-1] + more)
        for many in range(len(matched) - 1, -1, -1):
            count = many + (run.entry is not None)
            for rest, rounds in self._from(at + len(regular) * many, part + 1) if count else ():
                yield matched[many] + rest, {run.symbol: count, **rounds}

    def _heavy(self, begin: int, end: int) -> list[Step]:
        return [s for s in self.plan.steps[begin:end] if is_heavy(s)]

    def _match(self, steps: Sequence[Step], at: int, part: int) -> Pairs | None:
        pairs: Pairs = []
        for k, mine in enumerate(steps):
            unlike = _unlike(mine, self.theirs[at + k]) if at + k < len(self.theirs) else OTHER
            if unlike:
                self._reached(at + k, part, unlike)
                return None
            pairs.append((mine, self.theirs[at + k]))
        return pairs

    def _reached(self, at: int, part: int, unlike: str = OTHER) -> None:
        if (at, part) >= self.furthest:
            self.furthest, self.unlike = (at, part), unlike


def _parts(plan: Plan) -> Iterator[_Part]:
    at = 0
    for run in plan.runs:
        yield _Part([s for s in plan.steps[at : run.begin] if is_heavy(s)])
        yield _Part([], run)
        at = run.end
    yield _Part([s for s in plan.steps[at:] if is_heavy(s)])


def _unlike(mine: Step, theirs: Step) -> str:
    """What tells two steps apart beside numbers that stand for atoms: a kind, a field; empty where nothing does."""
    a, b = mine.node.layer, theirs.node.layer
    if kind_of(mine) != kind_of(theirs):
        return OTHER
    for f in layer_fields(type(a)):
        x, y = getattr(a, f.name), getattr(b, f.name)
        said_elsewhere = f.name in CONSTANTS or f.name in stated_fields(a)
        lifted = type(mine.layer) is type(a) and getattr(mine.layer, f.name) != x
        if x != y and not (said_elsewhere or lifted or (f.name in WIDTHS and type(mine.layer) is not type(a))):
            return f"{f.name} = {y}, where the family has {x}"
    trained = [sum(p.kind == TRAINABLE for p in s.node.parameters) for s in (mine, theirs)]
    return "" if trained[0] == trained[1] else OTHER


# -- numbers -------------------------------------------------------------------------------------------------------


def _numbers(plan: Plan, pairs: Pairs, found: Found) -> None:
    """The number of each class, from what stands in the layers and shapes of the other network."""
    equations = plan.wiring.equations
    known: dict[Symbol, int] = {}
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
    levels = {c.atom for c in plan.classes.classes if c.kind == LEVEL}
    for x, y, where in (t for mine, other in pairs for t in _fields(mine, other)):
        x = equations.resolve(x)
        if equations.atoms_of(x) & levels:
            continue
        if isinstance(y, int) and equations.atoms_of(x) and equations.atoms_of(x) == symbols_of(x) <= known.keys():
            try:
                expected = evaluate(x, known)
            except SymconvError:
                expected = "no whole number"
            if expected != y:
                found.uneven.append(f"{where} has {y}, where its other rounds make {expected}")
    found.classes = known


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
        try:
            expected = evaluate(size, at)
        except SymconvError:
            expected = None
        if expected != value:
            found.refuted.append((c, f"{c.role} is {value}, and {c.expression} makes {_said(expected)}"))


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
    try:
        return int(evaluate(size, at)) if symbols_of(size) <= at.keys() else otherwise
    except SymconvError:
        return otherwise


def in_symbols_of(net: Network, other: Network) -> Network:
    """A network with another one's symbols in place of its own of the same names."""
    given = {name: s for name, s in other.symbols.items() if name in net.symbols and net.symbols[name] != s}
    return net.substitute(**given) if given else net
