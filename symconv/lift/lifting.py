"""From one model to its family: the closed forms of all its siblings, with what is forced and what is supposed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

from symconv.condition import follows
from symconv.errors import (
    CallError,
    DomainError,
    ExtentError,
    NetworkError,
    ShapeError,
    SymbolError,
    SymconvError,
    near,
)
from symconv.extent import Extent, size_of
from symconv.lift.equations import Equations
from symconv.lift.family import built
from symconv.lift.folding import folded
from symconv.lift.hypotheses import CONSTANT, Class, classes_of
from symconv.lift.members import Found, member
from symconv.lift.names import labels_of, name_runs
from symconv.lift.order import arranged
from symconv.lift.plan import Plan, Said, planned
from symconv.lift.rounds import Run
from symconv.lift.wiring import Step, Wiring, wired
from symconv.network import METRICS, Network
from symconv.symbols import Symbol


@dataclass(frozen=True)
class Tally:
    """How far numbers were tied together: all of them, the classes that the wiring forces, those after folding."""

    numbers: int
    forced: int
    folded: int
    roles: int


@dataclass(frozen=True, repr=False)
class Family:
    """The family of a network.

    `network` is it, a Network in symbols for depth and width, whose usual values are the source's. `unknown` says what
    was not understood; only where that is empty is the family exact under what it supposes.
    """

    network: Network
    source: Network
    plan: Plan
    tally: Tally
    unknown: tuple[str, ...]
    members: tuple[Found, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether everything was understood, so that a wrong prediction can only be a wrong supposition."""
        return not self.unknown

    @property
    def runs(self) -> tuple[Run, ...]:
        """The repeats that were found."""
        return tuple(self.plan.runs)

    @property
    def classes(self) -> tuple[Class, ...]:
        """The classes of numbers, each with its role and what is supposed of it."""
        return tuple(self.plan.classes.classes)

    def sibling(self, **values: Any) -> Network:
        """The member at these values of the family's symbols; what is left out is as in the source.

        Raises CallError for a symbol that the family does not have, DomainError for a value outside of the domain.
        """
        for name in values:
            if name not in self.network.symbols:
                known = ", ".join(self.network.symbols)
                raise CallError(f"the family has no symbol {name}, only {known}. {near(name, self.network.symbols)}")
        return self.network.substitute(**{**self.plan.usual, **values})

    def against(self, other: Network) -> Found:
        """The values at which the family is another network, or why there are none."""
        return member(self.plan, other)

    def without(self, found: Iterable[Found]) -> Family:
        """The family with the hypotheses dropped that other members refute, so that it has them all.

        Members that it was refined by before stay its members.
        """
        return _lifted(self.plan.wiring, self.source, self.tally, self.plan, (*self.members, *found))

    def __repr__(self) -> str:
        return f"Family({self.source.name!r} in {', '.join(self.plan.usual)})"


def lift(
    net: Network,
    *,
    level: str = "w",
    untie: Sequence[str] = (),
    tie: Sequence[str] = (),
    values: Mapping[str, str] | None = None,
    rounding: str = "",
    members: Sequence[Network] = (),
) -> Family:
    """The family of a network: its repeats n1, n2, … and its widths as symbols.

    `level` is w (one symbol for all widths), role (one a role) or class (one for each class of numbers). `untie` gives
    roles a symbol of their own, `tie` lets roles grow with w, `values` sets roles to expressions, `rounding` is a rule
    such as "v -> make_divisible(v, 8)", by which w becomes a multiplier. `members` are other members, which refute
    hypotheses.

    Raises CallError for a role that is not there, NetworkError for a network that has neither repeats nor widths.

    >>> import symconv as sc
    >>> family = lift(sc.load("resnet50"))
    >>> family.sibling(n3=23).cost("params")
    44549160
    """
    said = Said(level, tuple(untie), tuple(tie), dict(values or {}), rounding)
    family = _first(net, said)
    if not members:
        return family
    found = [family.against(m) for m in members]
    return family.without(found)


def _first(net: Network, said: Said) -> Family:
    """The family by one network; a run that cannot be written in symbols stays as it is, and is told."""
    without: dict[int, str] = {}
    while True:
        wiring = wired(net)
        steps = wiring.steps = arranged(wiring)
        runs = [r for r in folded(wiring) if r.begin not in without]
        name_runs(steps, runs)
        forced = sum(1 for _ in wiring.equations.free())
        kept = _merged(wiring, steps, runs)
        levels = _levels(wiring, steps, runs)
        classes = classes_of(wiring, kept, _growth(wiring, steps, runs), labels_of(steps, runs), levels)
        if not runs and not any(c.kind != CONSTANT for c in classes.classes):
            raise NetworkError(
                f"{net.name} has neither blocks that repeat nor widths to choose: it is its whole family"
            )
        roles = {c.role for c in classes.classes}
        tally = Tally(len(wiring.equations.witness), forced, len(classes.classes), len(roles))
        plan = planned(wiring, steps, runs, classes, said)
        wiring.unknown += without.values()
        try:
            return _lifted(wiring, net, tally, plan)
        except (ShapeError, NetworkError, DomainError, ExtentError, SymbolError) as error:
            if not runs:
                raise NetworkError(f"{net.name} has no family with these symbols: {error}") from error
            run = next((r for r in reversed(runs) if f"{r.name}/" in f"{error}/"), runs[-1])
            without[run.begin] = f"the rounds of {run.name} cannot be written in symbols: {error}"
            if run.nest is not None:
                without.update({r.begin: without[run.begin] for r in runs if r.nest is run.nest})


def _lifted(wiring: Wiring, net: Network, tally: Tally, plan: Plan, found: tuple[Found, ...] = ()) -> Family:
    if found:
        plan = planned(wiring, plan.steps, plan.runs, plan.classes, replace(plan.said, apart=_apart(plan, found)))
    network = built(plan)
    unknown = [*wiring.unknown, *_unfaithful(plan, network)]
    members = tuple(member(plan, f.net) for f in found)
    return Family(network, net, plan, tally, tuple(dict.fromkeys(unknown)), members)


def _unfaithful(plan: Plan, network: Network) -> list[str]:
    """What the family is not at the source's values: metrics that differ, and conditions that depend on a depth.

    What the source asks for beside the rules of its layers, such as no more tokens than a table has rows, the family
    asks for too.
    """
    try:
        back = network.substitute(**plan.usual)
    except SymconvError as error:
        return [f"the family at the source's values: {error}"]
    source = plan.wiring.net
    told = [
        f"{name} at the source's values is not the source's" for name in METRICS if back.cost(name) != source.cost(name)
    ]
    known = back.domain.conditions
    for condition in source.domain.conditions:
        if back.domain.implies(condition) or any(follows(condition, other) for other in known):
            continue
        if any(run.nest for run in plan.runs):
            told.append(f"how {condition.text()}, asked for by {condition.node}, depends on the depth")
        elif condition.symbols <= network.known_symbols:
            network.ask(replace(condition, rounds=()))
    return told


def _apart(plan: Plan, found: Sequence[Found]) -> dict[Symbol, str]:
    """Classes that members refute: those of the same ratios in all members under one name, constants under none."""
    refuted = {c.atom for f in found for c, _ in f.refuted} | plan.said.apart.keys()
    groups: dict[tuple[Fraction, ...], str] = {}
    apart: dict[Symbol, str] = {}
    for c in plan.classes.classes:
        if c.atom in refuted:
            ratios = tuple(Fraction(f.classes.get(c.atom, c.value), c.value) for f in found if not f.reason)
            apart[c.atom] = "" if set(ratios) == {1} else groups.setdefault(ratios, f"u{len(groups) + 1}")
    return apart


def _merged(wiring: Wiring, steps: list[Step], runs: list[Run]) -> list[Step]:
    """The steps that the family is built from, the numbers of all equal rounds taken for one."""
    kept, at = [], 0
    for run in runs:
        kept += steps[at : run.begin]
        many = 2 if run.alternating else 1
        spans = list(pairwise(run.cuts)) if run.nest is None else []
        for j, (a, b) in enumerate(spans[many:], many):
            c, d = spans[j % many]
            _same(wiring.equations, steps[c:d], steps[a:b])
        kept += steps[run.begin : run.cuts[min(many, run.regular)]]
        at = run.end
    return kept + steps[at:]


def _levels(wiring: Wiring, steps: list[Step], runs: list[Run]) -> set[Symbol]:
    """The widths that nests alone have; those that an addition ties to a layer outside are that layer's."""
    inside = {k for r in runs if r.nest for k in range(r.begin, r.end)}
    made = [{wiring.equations.resolve(size_of(a)): a for a in s.made.values()} for s in steps]
    outside = {size for k, own in enumerate(made) if k not in inside for size in own}
    return {a for k in inside for size, a in made[k].items() if size not in outside}


def _same(equations: Equations, first: list[Step], other: list[Step]) -> None:
    """Equal numbers at the same places of two rounds are one class."""
    if len(first) != len(other):
        first, other = ([s for s in steps if not s.layer.view] for steps in (first, other))
    for a, b in zip(first, other):
        pairs = [(size_of(a.made[what]), size_of(b.made[what])) for what in a.made if what in b.made]
        if a.parameters is not None and b.parameters is not None:
            pairs += [(x, y) for p, q in zip(a.parameters, b.parameters) for x, y in zip(p.shape, q.shape)]  # type: ignore[misc]
        if len(a.out) == len(b.out):
            pairs += list(zip(a.out, b.out))  # type: ignore[arg-type]
        for x, y in pairs:
            if equations.value(x) == equations.value(y):
                equations.equate(x, y, b.name)


def _growth(wiring: Wiring, steps: list[Step], runs: list[Run]) -> Symbol | None:
    """The class of what a dense block adds in each round."""
    read = {x for s in steps for x in s.inputs}
    for run in runs:
        ends = [[s for s in steps[a:b] if s.name in read] for a, b in pairwise(run.cuts)][:2]
        if len(ends) < 2 or not all(ends) or len(ends[0][-1].out) != len(ends[1][-1].out):
            continue
        for x, y in zip(ends[0][-1].out, ends[1][-1].out):
            grown = wiring.equations.resolve(y - x)
            if isinstance(grown, Extent) and len(atoms := wiring.equations.atoms_of(grown)) == 1:
                return next(iter(atoms))
    return None
