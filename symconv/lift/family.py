"""The family of a network: built anew with symbols for depth and width, by the same code as any network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import gcd

from symconv.condition import divides
from symconv.extent import Extent, Size, size_of, symbols_of
from symconv.layer import Parameter
from symconv.lift.levels import Levels
from symconv.lift.names import inner_names
from symconv.lift.plan import Plan, features_of, input_of
from symconv.lift.rounds import Run
from symconv.lift.shapes import entering
from symconv.lift.wiring import Step
from symconv.network import Network
from symconv.rounding import floor
from symconv.symbols import Symbol
from symconv.values import substitute


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
        self.levels = Levels(plan, self.net)

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
        self.sizes.update(own := self.levels.sizes(step))
        if step.made and tensors and not own:
            self._follow(step, [t.shape for t in tensors], not self.inside)
        values: dict[Symbol, Size] = {}
        for k, tensor in enumerate(tensors):
            for axis, x in enumerate(tensor.shape):
                values.update(dict.fromkeys(symbols_of(entering(k, axis)), x))
        for _, size, _ in step.layer.field_sizes():
            for s in symbols_of(size) if isinstance(size, Extent) else ():
                if s in self.plan.wiring.equations.witness:
                    # of levels its own ratio: an addition ties it to a width of another level
                    values[s] = own[s] if s in own else self.size(size_of(s))
        layer = self.levels.padded(step.layer.substitute(values), tensors)
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
        self.levels.cropped(layer, tensors, full)
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
                skip = self.levels.skip(run, i)
                names[skip.source] = "/" + self.net.add("skip", skip.layer, skip.block)
            for step, label in zip(steps, inner_names(steps, run)):
                self._step(step, label, names)
            self.net.end(names[self._last(end)])

        self.inside = True
        full = self.net.repeat(name, count, body, source=source, first_apart=entry is not None)
        self.inside = False
        self.levels.leave()
        self.names[self._last(span[1])] = "/" + full
