"""Random blocks inside blocks, in closed form, against plain integers that run every round: totals, shapes, domain."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import pytest
from amounts import many
from witness.unrolled import METRICS, Ambiguous, Illegal, Immense, Program, Step, Untied, Walk, walk

from symconv import Network
from symconv.block import Unsolved
from symconv.errors import DomainError, ExpressionError, ShapeError
from symconv.extent import Extent, Size
from symconv.layers import (
    Add,
    AvgPool,
    BatchNorm,
    Concat,
    Conv,
    GlobalAvgPool,
    MaxPool,
    Mul,
    ReLU,
    Sigmoid,
    Upsample,
)
from symconv.powers import power
from symconv.readers.expression import parse_rational
from symconv.rounding import ceiling

# -- the same program as a network of symconv ----------------------------------------------------------------------


class Family:
    """A program in symbols: the image's extents, N, C, n, m, g, and a rational d."""

    def __init__(self, program: Program, image: Sequence[object]) -> None:
        self.net = Network("family")
        self.net.input("image", *image)
        roles = {"n": "count", "m": "count", "g": "channels", "d": "multiplier"}
        self.symbols = {name: self.net.symbol(name, role) for name, role in roles.items()}
        self.at = "image"
        self.steps(program, "", ())

    def steps(self, program: Program, prefix: str, rounds: tuple[Size, ...]) -> None:
        for position, step in enumerate(program):
            self.step(step, f"{prefix}{step[0]}{position}", rounds)

    def number(self, what: Step, rounds: Sequence[Size]) -> Size:
        kind, *given = what
        c = self.net.reading(self.at).channels
        made: dict[str, Callable[[], Size]] = {
            "same": lambda: c,
            "times": lambda: given[0] * c,
            "plus": lambda: c + (self.symbols[given[0]] if isinstance(given[0], str) else given[0]),
            "half": lambda: c // given[0],
            "exact": lambda: self.exact(c, given[0]),
            "const": lambda: given[0],
            "symbol": lambda: given[1] * self.symbols[given[0]] + given[2],
            "ceil": lambda: ceiling(given[1] * self.symbols[given[0]], 1),
            "round": lambda: (given[1] * rounds[given[0]] if rounds else 0) + given[2],
        }
        return made[kind]()

    def exact(self, c: Size, divisor: int) -> Size:
        """C/k as a spec says it, with its condition."""
        from symconv.domain import asking
        from symconv.readers.items import Recorder

        recorder = Recorder()
        try:
            with asking(recorder, ""):
                size = parse_rational(f"c/{divisor}", {"c": c})
        except ExpressionError as error:
            raise ShapeError(str(error)) from None
        for condition in recorder.found:
            self.net.require(condition, "c/k")
        if not isinstance(size, int | Extent):
            raise ShapeError(f"{size} channels")
        return size

    def add(self, name: str, layer: Any, *inputs: str) -> str:
        self.at = self.net.add(name, layer, *(inputs or (self.at,)), training=self.training)
        return self.at

    training = False

    def step(self, step: Step, name: str, rounds: tuple[Size, ...]) -> None:
        kind, *given = step
        net = self.net
        if kind == "conv":
            width, kernel, stride, padding, groups, bias = given
            channels = self.number(width, rounds)
            groups = net.reading(self.at).channels if groups == "c" else groups
            self.add(name, Conv(channels, kernel, stride, padding, 1, groups, bias))
        elif kind == "pool":
            which, kernel, stride, padding, over = given
            self.add(name, {"max": MaxPool, "avg": AvgPool}[which](kernel, stride, padding, ceil=over))
        elif kind == "up":
            self.add(name, Upsample(given[0]))
        elif kind == "bn":
            self.add(name, BatchNorm())
        elif kind == "relu":
            self.add(name, ReLU())
        elif kind == "se":
            start, c, inner = self.at, net.reading(self.at).channels, self.number(given[0], rounds)
            self.add(f"{name}/pool", GlobalAvgPool())
            self.add(f"{name}/down", Conv(inner, 1))
            self.add(f"{name}/relu", ReLU())
            self.add(f"{name}/up", Conv(c, 1))
            self.add(f"{name}/gate", Sigmoid())
            self.add(f"{name}/mul", Mul(), start, f"{name}/gate")
        elif kind in ("add", "mul", "concat"):
            start, ends = self.at, []
            for letter, branch in zip("abcd", given[0]):
                self.at = start
                self.steps(branch, f"{name}/{letter}/", rounds)
                ends.append(self.at)
            self.add(f"{name}/join", {"add": Add, "mul": Mul, "concat": Concat}[kind](), *ends)
        elif kind == "repeat":
            count, program, apart, tied = given
            source = self.at

            def body(i: Size) -> None:
                self.at = source
                self.steps(program, "", (*rounds, i))
                net.end(self.at)

            before = self.training
            total = self.number(count, rounds)
            net.repeat(name, total, body, source, first_apart=apart, tied=tied)
            self.at, self.training = name, before
        elif kind == "aux":
            before = self.at
            self.training = True
            self.steps(given[0], f"{name}/", rounds)
            self.training = False
            self.at = before
        else:
            raise ValueError(kind)


# -- random programs -----------------------------------------------------------------------------------------------


class Maker:
    """Random programs from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def pick(self, *choices: Any) -> Any:
        return self.random.choice(choices)

    def width(self, depth: int) -> Step:
        choices: list[Step] = [
            ("same",), ("same",), ("times", 2), ("times", 3), ("plus", 3), ("plus", "g"), ("plus", -1),
            ("half", 2), ("half", 3), ("exact", 2), ("exact", 2), ("const", 4), ("const", 6), ("symbol", "g", 2, 1),
        ]  # fmt: skip
        if depth:
            choices += [("round", self.pick(0, -1), self.pick(1, 2), self.pick(1, 4))] * 2
        return self.pick(*choices)

    def count(self, depth: int) -> Step:
        choices: list[Step] = [
            ("symbol", "n", 1, 0), ("symbol", "n", 1, 0), ("symbol", "m", 1, 0), ("symbol", "n", 2, 1),
            ("symbol", "n", 1, -1), ("symbol", "m", 1, 1), ("ceil", "d", 3), ("const", 1), ("const", 2), ("const", 3),
        ]  # fmt: skip
        if depth:
            choices += [("round", -1, 1, self.pick(1, 2))]
        return self.pick(*choices)

    def conv(self, depth: int) -> Step:
        kernel = self.pick(1, 1, 3, 3, 2)
        groups = self.pick(1, 1, 1, 1, 2, "c")
        width = self.pick(("same",), ("times", 2)) if groups == "c" else self.width(depth)
        stride = self.pick(1, 1, 1, 2, 2, 3) if kernel > 1 else self.pick(1, 1, 2)
        return "conv", width, kernel, stride, self.pick(0, kernel // 2, kernel // 2), groups, self.pick(True, False)

    def keeping(self, depth: int) -> Step:
        """A step that keeps the extents."""
        return self.pick(
            ("conv", self.width(depth), 3, 1, 1, 1, True), ("conv", self.width(depth), 1, 1, 0, 1, False),
            ("conv", ("same",), 3, 1, 1, self.pick(1, 2, "c"), False), ("conv", ("same",), 1, 1, 0, 1, True),
            ("bn",), ("relu",),
        )  # fmt: skip

    def branches(self, depth: int) -> Step:
        kind = self.pick("add", "concat", "concat", "mul")
        if kind == "concat":
            one, two = [self.keeping(depth)], [self.keeping(depth), self.keeping(depth)]
            grown = [("conv", ("plus", "g"), 1, 1, 0, 1, True)]
            return kind, [self.pick([], one, two, grown) for _ in range(self.pick(2, 2, 3))]
        width, stride = self.width(depth), self.pick(1, 1, 1, 2)
        main: list[Step] = [("conv", width, 3, stride, 1, 1, False), ("bn",)]
        skip: list[Step] = [("conv", width, 1, stride, 0, 1, True)]
        if self.random.random() < 0.4:
            main, skip = [("bn",), ("conv", ("same",), 3, 1, 1, 1, True)], []
        if self.random.random() < 0.15:
            main, skip = [("pool", "max", 2, 2, 0, False), ("up", 2)], []
        return kind, self.pick([main, skip], [skip, main])

    def step(self, depth: int, room: int) -> Step:
        kind = self.random.random()
        if depth < room and kind < (0.55 if depth == 0 else 0.2):
            return self.repeat(depth, room)
        if kind < 0.65:
            return self.conv(depth)
        if kind < 0.75:
            kernel = self.pick(2, 2, 3)
            padding = self.pick(0, 0, kernel // 2)
            return "pool", self.pick("max", "avg"), kernel, self.pick(1, 2, 2, kernel), padding, self.pick(True, False)
        if kind < 0.85:
            return self.branches(depth)
        if kind < 0.9:
            return "se", self.pick(("half", 2), ("exact", 2), ("const", 3))
        if kind < 0.93:
            return "up", 2
        return self.pick(("bn",), ("relu",))

    def repeat(self, depth: int, room: int) -> Step:
        program = [self.step(depth + 1, room) for _ in range(self.pick(1, 1, 2, 2, 3))]
        if self.random.random() < 0.07:
            program.insert(0, ("aux", [("pool", "avg", 2, 2, 0, False), ("conv", ("const", 5), 1, 1, 0, 1, True)]))
        tied = self.random.random() < 0.1
        return "repeat", self.count(depth), program, self.random.random() < 0.25, tied

    def program(self, room: int = 3) -> Program:
        return [self.step(0, room) for _ in range(self.pick(1, 2, 3))]

    def image(self) -> tuple[object, ...]:
        channels = self.pick(4, 8, 3, "C", 6, 48)
        return self.pick(1, "N"), channels, *self.pick(("X",), ("X", "X"), ("X", "X"), ("H", "W"), ("X", "X", "X"))

    def values(self) -> dict[str, Any]:
        pick = self.pick
        extent = lambda: pick(*range(1, 40), 64, 96, 128, 81)  # noqa: E731
        return {
            "X": extent(), "H": extent(), "W": extent(), "N": pick(1, 2), "C": pick(1, 2, 4, 6, 8, 12, 16, 24, 48),
            "n": pick(1, 1, 2, 2, 3, 4, 5), "m": pick(1, 1, 2, 3), "g": pick(1, 2, 3, 4),
            "d": pick(Fraction(1, 3), Fraction(1, 2), Fraction(1), Fraction(7, 5)),
        }  # fmt: skip


# -- one against the other -----------------------------------------------------------------------------------------


def walked(program: Program, image: Sequence[object], at: Mapping[str, Any]) -> Walk | None:
    """What plain integers make of it; None where it is no network at these numbers."""
    shape = tuple(x if isinstance(x, int) else at[x] for x in image)
    try:
        return walk(program, shape, at)
    except Illegal:
        return None


def given(net: Network, at: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The values of some symbols, of those that the network has."""
    return {name: at[name] for name in names if name in net.symbols}


def figures(net: Network, at: Mapping[str, Any]) -> dict[str, Any] | None:
    """Every metric; None outside of the domain."""
    own = given(net, at, [*at])
    try:
        net.at(own)
    except (DomainError, ShapeError):
        return None
    return {metric: net.evaluate(metric, **own) for metric in METRICS}


def substituted(net: Network, at: Mapping[str, Any], names: Sequence[str]) -> Network | None:
    """The network with some numbers in; None outside of the domain."""
    try:
        return net.substitute(**given(net, at, names))
    except (DomainError, ShapeError):
        return None


def in_part(net: Network, at: Mapping[str, Any], make: Maker) -> dict[str, Any] | None:
    """The figures after numbers have come in place of some symbols; None outside."""
    names = make.random.sample([*at], make.random.randint(1, len(at)))
    part = substituted(net, at, names)
    return figures(part, at) if part is not None else None


def unrolled(net: Network, at: Mapping[str, Any], make: Maker) -> dict[str, Any] | None:
    """The figures with every round by itself; None outside."""
    rounds = substituted(net, at, ["n", "m", "d"])
    return figures(rounds.unrolled(), at) if rounds is not None else None


def rewritten(net: Network, at: Mapping[str, Any], make: Maker) -> dict[str, Any] | None:
    """The figures after an expression has come in place of a symbol: X = 32·q, X = 2^n·q, n = 2·k; None outside."""
    q, k = net.symbol("q", "count"), net.symbol("k", "count")
    forms: list[tuple[str, Size, dict[str, int]]] = []
    for name in ("X", "H", "C"):
        forms += [(name, d * q, {"q": at[name] // d}) for d in (1, 2, 3, 8, 32) if at[name] % d == 0]
    if at["X"] % 2 ** at["n"] == 0 and "n" in net.symbols:
        forms += [("X", power(2, net.symbol("n", "count")) * q, {"q": at["X"] >> at["n"]})] * 3
    for d, b in ((1, 0), (1, 1), (2, 0), (2, 1)):
        if at["n"] > b and (at["n"] - b) % d == 0:
            forms.append(("n", d * k + b, {"k": (at["n"] - b) // d}))
    forms = [form for form in forms if form[0] in net.symbols]
    if not forms:
        return figures(net, at)
    name, size, values = make.pick(*forms)
    try:
        turned = net.substitute(**{name: size})
    except ShapeError:
        return None
    return figures(turned, {**at, **values})


def agree(seed: int, tally: Counter[str], numbers: int = 6, ways: int = 3) -> None:
    """One random program at a few numbers: as a whole, and in some ways of in part, by an expression, and unrolled."""
    make = Maker(seed)
    program, image = make.program(), make.image()
    points = [make.values() for _ in range(numbers)]
    where = f"seed {seed}: {program} on {image}"
    try:
        wanted = [walked(program, image, at) for at in points]
    except (Ambiguous, Immense, Untied):
        tally["ambiguous"] += 1
        return
    net, refused = None, ""
    try:
        net = Family(program, image).net
    except Unsolved:
        tally["unsolved"] += 1
        return
    except ShapeError as error:
        if "tied" in str(error) or "cannot share" in str(error):
            tally["untied"] += 1
            return
        tally["impossible"] += 1
        refused = f"{where}: {error}, and it is a network"
    if net is None:  # where no number leaves a round without a call, that is: there an error is better than n ≤ 1
        deep = [walked(program, image, at | {"n": 4, "m": 3, "d": Fraction(1)}) for at in points]
        assert not any(deep), refused
        return
    tally["solved"] += 1
    for at, walk_ in zip(points, wanted):
        if walk_ is not None and walk_.untrained:
            continue
        right = walk_.metrics() if walk_ is not None else None
        tally["legal" if right is not None else "illegal"] += 1
        assert figures(net, at) == right, (where, at, "as a whole")
        for way in make.random.sample((in_part, rewritten, unrolled), ways):
            assert way(net, at, make) == right, (where, at, way.__name__)
        tally["cases"] += 1
    trained = ((at, w) for at, w in zip(points, wanted) if w is not None and not w.untrained)
    at, walk_ = next(trained, (points[0], None))
    if walk_ is not None:
        whole = substituted(net.substitute(**given(net, at, ("n", "m", "d"))).unrolled(), at, [*at])
        assert whole is not None
        assert {node.name: node.out.shape for node in whole.nodes} == walk_.shapes, (where, at, "shapes")
        own = {name: int(str(cost)) for name, cost in whole.count().operations.items()}
        assert own == +walk_.operations, (where, at, "operations")


def test_random_blocks_in_blocks_are_the_rounds_that_plain_integers_run() -> None:
    tally: Counter[str] = Counter()
    for seed in range(150):
        agree(seed, tally, numbers=3, ways=2)
    assert tally["solved"] > 80, tally
    assert min(tally["legal"], tally["illegal"]) > 30, tally


@pytest.mark.heavy
@pytest.mark.parametrize("part", range(2))
def test_very_many_random_blocks_in_blocks_are_the_rounds_that_plain_integers_run(part: int) -> None:
    tally: Counter[str] = Counter()
    for seed in range(10_000 + 100_000 * part, 10_000 + 100_000 * part + many(250)):
        agree(seed, tally, numbers=3, ways=1)
    assert tally["cases"] > many(300), tally


@pytest.mark.parametrize("seed", [110_062, 110_174])
def test_a_power_below_0_behind_the_last_round_is_made_whole_by_its_factor(seed: int) -> None:
    """4·2^(m − i) after m + 1 rounds is 2: these two programs were refused once."""
    tally: Counter[str] = Counter()
    agree(seed, tally)
    assert tally["solved"] == 1, tally
