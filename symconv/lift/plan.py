"""What a family is built from: a size in symbols for each class, by hypotheses and by what somebody says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import gcd

from symconv.errors import CallError
from symconv.extent import Size, size_of, symbols_of
from symconv.lift.hypotheses import CONSTANT, EXTENT, LEVEL, WIDTH, Class, Classes
from symconv.lift.rounds import Run
from symconv.lift.wiring import Step, Wiring
from symconv.network import Network
from symconv.readers.expression import is_name, parse
from symconv.rounding import floor
from symconv.symbols import Symbol
from symconv.values import substitute

#: How fine the symbols for width are: one, one a role, one a class.
LEVELS = ("w", "role", "class")


@dataclass(frozen=True)
class Said:
    """What somebody says of the hypotheses: roles of their own, roles that go with w, values, a rule for rounding."""

    level: str = "w"
    untie: Sequence[str] = ()
    tie: Sequence[str] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    rounding: str = ""
    #: Classes by their atoms that other members set apart: under one name those that go together, constants under none.
    apart: Mapping[Symbol, str] = field(default_factory=dict)


@dataclass
class Plan:
    """What the family is built from: the classes with their sizes in symbols, the runs with theirs."""

    wiring: Wiring
    steps: list[Step]
    runs: list[Run]
    classes: Classes
    said: Said
    net: Network = field(init=False)
    #: The size that stands for each class.
    sizes: dict[Symbol, Size] = field(default_factory=dict)
    #: The family's symbols by name, each with its number in the source.
    usual: dict[str, int] = field(default_factory=dict)
    depths: set[Symbol] = field(default_factory=set)
    #: What has to divide what, so that widths are whole numbers, and of which role.
    even: list[tuple[int, Size, str]] = field(default_factory=list)
    #: Classes that somebody has set.
    given: set[Symbol] = field(default_factory=set)
    #: Classes that follow the input of their own layer, by role, and those that were found to while it was built.
    local: set[Symbol] = field(default_factory=set)
    followed: dict[Symbol, tuple[int, int]] = field(default_factory=dict)


def planned(wiring: Wiring, steps: list[Step], runs: list[Run], classes: Classes, said: Said) -> Plan:
    """The symbols of the family, by the hypotheses and what was said of them.

    Raises CallError for a role that is not there, ExpressionError for a text that is no expression.
    """
    if said.rounding and said.level != "w":
        raise CallError(f"a rule for rounding is for one width, and the level is {said.level}")
    if said.level not in LEVELS:
        raise CallError(f"the level {said.level} is none of {', '.join(LEVELS)}")
    own = [replace(c) for c in classes.classes]  # a plan says its own of them
    trunk = next((c for c in own if classes.trunk is not None and c.atom == classes.trunk.atom), None)
    plan = Plan(wiring, steps, runs, Classes(own, trunk, classes.growth), said)
    old = wiring.net
    plan.net = Network(old.name, f"the family of {old.name}, lifted from it")
    _Symbols(plan).choose()
    return plan


class _Symbols:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.classes = plan.classes.classes
        self.taken = set(plan.wiring.net.symbols)

    def name(self, wanted: str) -> str:
        """A name that no symbol of the network has."""
        name, k = wanted, 2
        while name in self.taken:
            name, k = f"{wanted}_{k}", k + 1
        self.taken.add(name)
        return name

    def choose(self) -> None:
        plan, said = self.plan, self.plan.said
        for c in self.classes:
            c.kind, c.symbol, c.said = c.supposed, "", ""
        number = 0
        for run in plan.runs:
            down = next((r for r in plan.runs if r.nest is run.nest is not None and not r.upwards), run)
            number += down is run
            run.symbol = down.symbol if down is not run else self.name(f"n{number}")
            plan.usual[run.symbol] = run.count
            plan.depths |= symbols_of(plan.net.symbol(run.symbol, "count"))
        for pattern in said.tie:
            for c in plan.classes.named(pattern):
                c.kind, c.said = WIDTH, "tied"
        for c in self.classes:
            if c.kind == EXTENT:
                wanted = next(plan.wiring.extents[a] for a in plan.wiring.extents if self._is(a, c))
                self._own(c, wanted, "extent" if wanted != "P" else "kernel")
        free = [c for c in self.classes if c.kind == WIDTH]
        self._untied()
        self._apart()
        self._rest([c for c in free if c.atom not in plan.sizes])
        for c in self.classes:
            if c.kind in (CONSTANT, LEVEL) and c.atom not in plan.sizes:
                plan.sizes[c.atom] = c.value
        for pattern, text in said.values.items():
            for c in plan.classes.named(pattern):
                names: dict[str, Size | Fraction] = {**self._named(), "v": c.value}
                plan.sizes[c.atom] = parse(text, names)
                plan.given.add(c.atom)
                plan.local.discard(c.atom)
                c.said, c.symbol = f"set to {text}", ""
        used = {s.name for size in plan.sizes.values() for s in symbols_of(size)} | {s.name for s in plan.depths}
        plan.usual = {name: value for name, value in plan.usual.items() if name in used}
        for c in self.classes:
            c.expression = str(plan.sizes[c.atom])

    def _named(self) -> dict[str, Size | Fraction]:
        """The symbols that an expression may have: those of depth and width, and the network's own."""
        plan = self.plan
        own: dict[str, Size | Fraction] = dict(plan.wiring.net.symbols)
        for size in (*plan.sizes.values(), *map(size_of, plan.depths)):
            own.update({s.name: size_of(s) for s in symbols_of(size)})
        return own

    def _is(self, atom: Symbol, c: Class) -> bool:
        return symbols_of(self.plan.wiring.equations.resolve(size_of(atom))) == {c.atom}

    def _own(self, c: Class, wanted: str, role: str = "channels") -> None:
        c.symbol = self.name(wanted)
        self.plan.sizes[c.atom] = self.plan.net.symbol(c.symbol, role)
        self.plan.usual[c.symbol] = c.value

    def _untied(self) -> None:
        """One symbol for the roles that a pattern names, which keep their ratios."""
        for k, given in enumerate(self.plan.said.untie, 1):
            name, _, pattern = given.rpartition("=")
            if name and (not is_name(name) or name in self.taken):
                raise CallError(f"{name} is no name for a symbol here: it is taken, or no name at all")
            named = [c for c in self.plan.classes.named(pattern) if c.kind not in (EXTENT, LEVEL)]
            found = [c for c in named if c.kind == WIDTH] or named
            if not found:
                raise CallError(f"{pattern} is no width that can be untied: it follows what enters its level")
            again = next((c for c in found if c.said == "untied"), None)
            if again is not None:
                raise CallError(f"{again.role} is untied twice, by {given} too")
            self._together(found, name or f"u{k}", "untied")

    def _apart(self) -> None:
        """What other members set apart."""
        groups: dict[str, list[Class]] = {}
        for c in self.classes:
            if c.atom in self.plan.said.apart and c.atom not in self.plan.sizes:
                groups.setdefault(self.plan.said.apart[c.atom], []).append(c)
        for c in groups.pop("", []):
            c.kind, c.said, self.plan.sizes[c.atom] = CONSTANT, "the same in all members", c.value
        for name, found in groups.items():
            self._together(found, name, "set apart by a member")

    def _together(self, classes: list[Class], wanted: str, why: str = "") -> None:
        """One symbol for several classes: that of the first, the others so many times it."""
        name = self.name(wanted)
        s, base = self.plan.net.symbol(name, "channels"), classes[0].value
        self.plan.usual[name] = base
        for c in classes:
            c.symbol, c.kind = name, WIDTH
            c.said = why or c.said
            self.plan.sizes[c.atom] = self._times(s, c, base)

    def _times(self, s: Size, c: Class, base: int) -> Size:
        """So many times the symbol as the class has of the base, exactly: where that is a part, the domain says so."""
        g = gcd(c.value, base)
        if base != g:
            self.plan.even.append((base // g, c.value // g * s, c.role))
        return floor(c.value // g * s, base // g, exact=True)

    def _rest(self, free: list[Class]) -> None:
        plan = self.plan
        if not free:
            return
        if plan.said.rounding:
            return self._rounded(free)
        if plan.said.level == "class":
            for k, c in enumerate(free, 1):
                self._own(c, f"c{k}")
        elif plan.said.level == "role":
            roles: dict[str, list[Class]] = {}
            for c in free:
                roles.setdefault(c.role, []).append(c)
            for k, found in enumerate(roles.values(), 1):
                self._together(found, f"u{k}")
        else:
            trunk = plan.classes.trunk if plan.classes.trunk in free else free[0]
            ordered = [trunk, *(c for c in free if c is not trunk)]
            self._together([c for c in ordered if c is not None], "g" if plan.classes.growth else "w")

    def _rounded(self, free: list[Class]) -> None:
        """Each width as the rule rounds so many times a multiplier w, 1 in the source."""
        plan = self.plan
        name = self.name("w")
        w = plan.net.symbol(name, "multiplier")
        plan.usual[name] = 1
        variable, arrow, text = plan.said.rounding.partition("->")
        if not arrow or not variable.strip().isidentifier():
            raise CallError(f"the rule {plan.said.rounding!r} is none: accepted is 'v -> make_divisible(v, 8)'")
        local = follows_input(plan, free)
        for c in free:
            c.symbol = name
            value = parse(text.strip(), {variable.strip(): c.value * w})
            plan.sizes[c.atom] = value
            if c.atom in local or substitute(value, dict.fromkeys(symbols_of(w), 1)) != c.value:
                plan.local.add(c.atom)


def follows_input(plan: Plan, free: list[Class]) -> dict[Symbol, tuple[int, int]]:
    """Classes whose roles are everywhere a whole number of times their own input, or whole parts of it: the ratios."""
    by_name = {s.name: s for s in plan.steps}
    roles: dict[str, list[tuple[Class, list[int]]]] = {}
    for c in free:
        found = [input_of(by_name[node], what) for node, what in c.fields if node in by_name]
        roles.setdefault(c.role, []).append((c, [x for x in found if isinstance(x, int)]))
    ratios: dict[Symbol, tuple[int, int]] = {}
    for of in roles.values():
        pairs = [(c.value, x) for c, inputs in of for x in inputs]
        whole = all(v % x == 0 for v, x in pairs)
        part = all(x % v == 0 for v, x in pairs) and len({x for _, x in pairs}) > 1
        if all(inputs for _, inputs in of) and (whole or part):
            ratios.update({c.atom: (c.value, inputs[0]) for c, inputs in of})
    return ratios


def input_of(step: Step, what: str) -> Size | None:
    """The width of what a layer reads whose own width an atom is."""
    if what not in ("channels", "hidden") or not step.node.tensors or step.node.layer.kind == "embedding":
        return None
    shape = step.node.tensors[0].shape
    return shape[features_of(step)] if len(shape) > 1 else None


def features_of(step: Step) -> int:
    """The axis of the features of what a layer reads: the channels' of a convolution, else the last."""
    return 1 if step.node.layer.kind.endswith("conv") or "conv_" in step.node.layer.kind else -1
