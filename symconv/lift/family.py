"""The family of a network: built anew with symbols for depth and width, by the same code as any network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise
from math import gcd
from typing import Any

from symconv.condition import divides
from symconv.errors import CallError
from symconv.extent import Extent, Size, size_of, symbols_of
from symconv.layer import Parameter
from symconv.layers import Look, Pad
from symconv.lift.hypotheses import CONSTANT, EXTENT, LEVEL, WIDTH, Class, Classes
from symconv.lift.rounds import Run
from symconv.lift.shapes import entering
from symconv.lift.wiring import Step, Wiring
from symconv.network import Network
from symconv.readers.expression import parse
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
    if said.level not in LEVELS:
        raise CallError(f"the level {said.level} is none of {', '.join(LEVELS)}")
    own = [replace(c) for c in classes.classes]  # a plan says its own of them
    trunk = next((c for c in own if classes.trunk is not None and c.atom == classes.trunk.atom), None)
    plan = Plan(wiring, steps, runs, Classes(own, trunk, classes.growth), said)
    old = wiring.net
    plan.net = Network(old.name, old.description)
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
        widths = {id(c) for c in self.classes if c.kind == WIDTH}
        for pattern in said.tie:
            for c in plan.classes.named(pattern):
                widths.add(id(c))
                c.kind, c.said = WIDTH, "tied"
        for c in self.classes:
            if c.kind == EXTENT:
                wanted = next(plan.wiring.extents[a] for a in plan.wiring.extents if self._is(a, c))
                self._own(c, wanted, "extent" if wanted != "P" else "kernel")
        free = [c for c in self.classes if c.kind == WIDTH]
        self._untied(free)
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

    def _untied(self, free: list[Class]) -> None:
        """One symbol for the roles that a pattern names, which keep their ratios."""
        for k, given in enumerate(self.plan.said.untie, 1):
            name, _, pattern = given.rpartition("=")
            named = [c for c in self.plan.classes.named(pattern) if c.kind not in (EXTENT, LEVEL)]
            found = [c for c in named if c.kind == WIDTH] or named
            if not found:
                raise CallError(f"{pattern} is no width that can be untied: it follows what enters its level")
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


# -- building ------------------------------------------------------------------------------------------------------


def built(plan: Plan) -> Network:
    """The family.

    Raises SymconvError where the layers do not follow one another with the sizes that were chosen.
    """
    return _Builder(plan).run()


class _Builder:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.net = plan.net
        self.sizes = dict(plan.sizes)
        self.times: dict[str, Size] = {}
        self.names: dict[str, str] = {}
        #: Whether nodes are being added inside of rounds.
        self.inside = False
        self.levels = Levels(self)

    def run(self) -> Network:
        old, net = self.plan.wiring.net, self.net
        for name, tensor in old.inputs.items():
            net.input(name, *map(self.size, self.plan.wiring.inputs[name]), dtype=tensor.dtype)
            self.names[name] = "/" + name
        for divisor, size, role in self.plan.even:
            net.require(replace(divides(divisor, size), reason=f"a whole number of {role}"), "")
        runs = {r.begin: r for r in self.plan.runs}
        at = 0
        while at < len(self.plan.steps):
            if at in runs:
                self._run(runs[at])
                at = runs[at].end
            else:
                step = self.plan.steps[at]
                self._step(step, step.name, self.names)
                at += 1
        if self.times:
            net.run_times(self.times)
        result = old.last_of(old.result)
        net.end_with(self.names[result])
        net.usual = {**old.usual, **self.plan.usual}
        net.notes = {said: [n for n in where if n in net] for said, where in old.notes.items()}
        return net

    def size(self, size: Size) -> Size:
        """A size in atoms as one in the family's symbols."""
        size = self.plan.wiring.equations.resolve(size)
        return substitute(size, {s: self.sizes[s] for s in symbols_of(size) if s in self.sizes})

    # -- one node ----------------------------------------------------------------------------------------------------

    def _step(self, step: Step, name: str, names: dict[str, str]) -> str:
        """Add a node under a name; its full name."""
        sources = [names[x] for x in step.inputs]
        tensors = [self.net.reading(x) for x in sources]
        if self.levels.ratios.keys() & step.made.values():
            self.levels.follow(step)
        elif step.made and tensors:
            self._follow(step, [t.shape for t in tensors], not self.inside)
        values: dict[Symbol, Size] = {}
        for k, tensor in enumerate(tensors):
            for axis, x in enumerate(tensor.shape):
                values.update(dict.fromkeys(symbols_of(entering(k, axis)), x))
        for _, size, _ in step.layer.field_sizes():
            for s in symbols_of(size) if isinstance(size, Extent) else ():
                if s in self.plan.wiring.equations.witness:
                    values[s] = self.size(size_of(s))
        layer = self.levels.padded(step, step.layer.substitute(values), tensors)
        stated = None
        if step.parameters is not None:
            stated = tuple(self._parameter(p, values) for p in step.parameters)
        shares = names.get(step.node.shares, "") if step.node.shares else ""
        full = self.net.add(
            name,
            layer,
            *sources,
            shares=shares,
            training=step.node.training,
            stated=stated,
            alone=not sources,
        )
        if step.node.times != 1:
            self.times[full] = step.node.times
        names[step.name] = "/" + full
        return full

    def _parameter(self, p: Parameter, values: Mapping[Symbol, Size]) -> Parameter:
        return replace(p, shape=tuple(substitute(self.size(x), values) for x in p.shape))

    def _follow(self, step: Step, shapes: list[tuple[Size, ...]], outside: bool) -> None:
        """Widths that follow their layer's own input: where that grows with a depth, and by their role."""
        for what, atom in step.made.items():
            before = input_of(step, what)
            free = self.plan.wiring.equations.resolve(size_of(atom))
            (own,) = symbols_of(free) if len(symbols_of(free)) == 1 else (None,)
            if own is None or not isinstance(before, int) or own not in self.plan.sizes or free != size_of(own):
                continue
            now = shapes[0][features_of(step)]
            chosen = own in self.plan.given or isinstance(self.plan.sizes[own], int)
            grows = outside and not chosen and self.plan.depths & symbols_of(now)
            if own in self.plan.local or grows:
                value = self.plan.wiring.equations.witness[own]
                g = gcd(value, before)
                self.net.require(divides(before // g, value // g * now), step.name)
                self.sizes[own] = floor(value // g * now, before // g, exact=True)
                self.plan.followed[own] = (value // g, before // g)

    # -- rounds ------------------------------------------------------------------------------------------------------

    def _run(self, run: Run) -> None:
        """The rounds of a block; those that alternate as two blocks, one behind the other."""
        n: Size = self.net.symbol(run.symbol, "count")
        if not run.alternating:
            self._rounds(run, run.name, n, (run.cuts[0], run.cuts[1]), run.state)
            self.names[self._last(run.end)] = self.names[self._last(run.cuts[1])]
        else:
            between = self._last(run.cuts[1])
            self._rounds(run, f"{run.name}/even", (n + 1) // 2, (run.cuts[0], run.cuts[1]), run.state)
            self._rounds(run, f"{run.name}/odd", n // 2, (run.cuts[1], run.cuts[2]), between)
            self.names[self._last(run.end)] = self.names[self._last(run.cuts[2])]

    def _last(self, end: int) -> str:
        """The step in front of a cut whose value goes on."""
        later = {x for s in self.plan.steps[end:] for x in s.inputs}
        result = self.plan.wiring.net.last_of(self.plan.wiring.net.result)
        return next(s.name for s in reversed(self.plan.steps[:end]) if s.name in later or s.name == result)

    def _rounds(self, run: Run, name: str, count: Size, span: tuple[int, int], state: str) -> None:
        """The rounds whose steps are those of a span; `state` is what enters it there."""
        entry = None if run.entry is None else (run.entry, run.cuts[0])
        source = self.names[state if entry is None else run.first]

        def body(i: Size) -> None:
            self.levels.enter(run, self.net.reading(source).shape, i)
            first = entry is not None and i == 0
            begin, end = entry if entry is not None and first else span
            names = {**self.names, (run.first if first else state): source}
            steps = self.plan.steps[begin:end]
            if run.nest is not None and run.upwards:
                self.levels.skip(run, names, i)
            for step, label in zip(steps, inner_names(steps, run)):
                self._step(step, label, names)
            self.net.end(names[self._last(end)])

        self.inside = True
        full = self.net.repeat(name, count, body, source=source, first_apart=entry is not None)
        self.inside, self.levels.skipped = False, ()
        self.names[self._last(span[1])] = "/" + full


class Levels:
    """What is other in each level of a nest: widths that follow what enters, and what a round up reads from below."""

    def __init__(self, builder: _Builder) -> None:
        self.builder = builder
        self.steps = builder.plan.steps
        self.place = {s.name: k for k, s in enumerate(self.steps)}
        #: So many times what enters a level each width is.
        self.ratios: dict[Symbol, Fraction] = {}
        self.now: tuple[Size, ...] = ()
        self.axis = 1
        #: By nest what entered the rounds of its way down: in terms of an index, else by the round's number.
        self.entered: dict[int, dict[Size, tuple[Size, ...]]] = {}
        self.skipped: tuple[Size, ...] = ()
        for run in builder.plan.runs:
            if run.nest is not None:
                self._ratios(run)

    def _ratios(self, run: Run) -> None:
        before = self.steps[run.cuts[0] - 1].node.out.shape
        behind = self.steps[run.cuts[1] - 1].node.out.shape
        ratio = run.nest.ratio if run.nest is not None and not run.upwards else 1 / run.nest.ratio  # type: ignore[union-attr]
        same = [
            k
            for k, (x, y) in enumerate(zip(before, behind))
            if isinstance(x, int) and isinstance(y, int) and Fraction(y, x) == ratio
        ]
        self.axis = same[0] if same else 1
        entering_width = before[self.axis]
        for step in self.steps[run.cuts[0] : run.cuts[1]]:
            for what, atom in step.made.items():
                self.ratios[atom] = Fraction(getattr(step.node.layer, what), int(entering_width))  # type: ignore[arg-type]

    def enter(self, run: Run, shape: tuple[Size, ...], i: Size) -> None:
        """A round is begun: what enters it."""
        self.now = shape
        if run.nest is not None and not run.upwards:
            self.entered.setdefault(id(run.nest), {})[i] = shape

    def follow(self, step: Step) -> None:
        """The widths of a layer in this level."""
        for atom in step.made.values():
            ratio = self.ratios[atom]
            whole = ratio.numerator * self.now[self.axis]
            if ratio.denominator > 1:
                self.builder.net.require(divides(ratio.denominator, whole), step.name)
            self.builder.sizes[atom] = floor(whole, ratio.denominator, exact=True)

    def skip(self, run: Run, names: dict[str, str], j: Size) -> None:
        """What the round j up reads of the way down: a view of it, in the shape that entered round n + offset − j."""
        nest = run.nest
        assert nest is not None
        builder = self.builder
        down = next(r for r in builder.plan.runs if r.nest is nest and not r.upwards)
        n: Size = builder.net.symbol(run.symbol, "count")
        level = n + nest.offset - j
        shape = self._at(self.entered[id(nest)], level)
        join = self.steps[run.cuts[0] + nest.join]
        source = join.inputs[nest.older]
        full = builder.net.add("skip", Look("skip", shape, join.node.tensors[nest.older].dtype), f"/{down.name}")
        names[source] = "/" + full
        self.skipped = shape

    def _at(self, entered: Mapping[Size, tuple[Size, ...]], level: Size) -> tuple[Size, ...]:
        for i, shape in entered.items():
            if isinstance(i, Extent):
                (index,) = symbols_of(i)
                return tuple(substitute(x, {index: level}) for x in shape)
        return entered[level]

    def padded(self, step: Step, layer: Any, tensors: Sequence[Any]) -> Any:
        """A pad up to the extents of what is read from below."""
        if not self.skipped or not isinstance(layer, Pad) or not isinstance(layer.amount, tuple):
            return layer
        pairs = [a if isinstance(a, tuple) else (a, a) for a in layer.amount]
        if all(isinstance(x, int) for pair in pairs for x in pair):
            return layer
        extents = zip(pairs, self.skipped[-len(pairs) :], tensors[0].shape[-len(pairs) :])
        return replace(layer, amount=tuple((begin, wanted - x - begin) for (begin, _), wanted, x in extents))


def inner_names(steps: Sequence[Step], run: Run) -> list[str]:
    """Names inside of a round: the paths below the module that it is; the layers' kinds where names are counted."""
    found: list[str] = []
    for step in steps:
        rest = _below(step.name, run)
        if run.counted or (len(rest) == 1 and rest[0].isdigit()):
            rest = [_kind_name(step)]
        name, k = "/".join(rest), 2
        while any(f == name or f.startswith(f"{name}/") or name.startswith(f"{f}/") for f in found):
            name, k = f"{'/'.join(rest)}_{k}", k + 1
        found.append(name)
    return found


def _kind_name(step: Step) -> str:
    layer = step.layer
    return str(getattr(layer, "operation", "")) or layer.kind


def _below(name: str, run: Run) -> list[str]:
    """The path of a step below its round's module."""
    prefix, path = run.name.split("/"), name.split("/")
    k = 0
    while k < min(len(prefix), len(path) - 1) and path[k] == prefix[k]:
        k += 1
    rest = path[k:]
    return rest[1:] if len(rest) > 1 and any(c.isdigit() for c in rest[0]) else rest


def name_runs(steps: Sequence[Step], runs: Sequence[Run]) -> None:
    """Names for blocks: that of the module around, where it is one block's alone."""
    parents = []
    for run in runs:
        paths = [s.name.split("/")[:-1] for s in steps[run.begin : run.end]]
        shared = paths[0]
        for path in paths[1:]:
            k = 0
            while k < min(len(shared), len(path)) and shared[k] == path[k]:
                k += 1
            shared = shared[:k]
        parents.append("/".join(shared))
    taken = {s.name for s in steps}
    for k, (run, parent) in enumerate(zip(runs, parents), 1):
        alone = parent and parents.count(parent) == 1 and parent not in taken
        run.name = parent if alone else "/".join(filter(None, (parent, f"stage{k}")))
        run.counted = _counted(steps, run)


def _counted(steps: Sequence[Step], run: Run) -> bool:
    """Whether names count steps through all rounds, as an exported graph's do, so that they say nothing of a round."""
    spans = [*([(run.begin, run.cuts[0])] if run.entry is not None else []), *pairwise(run.cuts)]
    named = [{"/".join(_below(s.name, run)) for s in steps[a:b] if not s.layer.view} for a, b in spans]
    return len(named) > 1 and 2 * len(named[0] & named[1]) < min(map(len, named[:2]))
