"""Random blocks inside blocks, in closed form, against plain integers that run every round: totals, shapes, domain."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from witness.unrolled import METRICS, Ambiguous, Illegal, Immense, Program, Step, Untied, Walk, walk

from symconv import Network
from symconv.block import Unsolved
from symconv.errors import DomainError, ExpressionError, ShapeError
from symconv.extent import Extent, Size, ceiling
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
from symconv.readers.expression import parse_rational

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
            ("conv", ("same",), 3, 1, 1, self.pick(1, 2, "c"), False), ("bn",), ("relu",), ("conv", ("same",), 1, 1, 0, 1, True),
        )  # fmt: skip

    def branches(self, depth: int) -> Step:
        kind = self.pick("add", "concat", "concat", "mul")
        if kind == "concat":
            parts = [[], [self.keeping(depth)], [self.keeping(depth), self.keeping(depth)], [("conv", ("plus", "g"), 1, 1, 0, 1, True)]]
            return kind, [self.pick(*parts) for _ in range(self.pick(2, 2, 3))]
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


def figures(net: Network, at: Mapping[str, Any]) -> dict[str, Any] | None:
    """Every metric; None outside of the domain."""
    own = {name: value for name, value in at.items() if name in net.symbols}
    try:
        net.at(own)
    except (DomainError, ShapeError):
        return None
    return {metric: net.evaluate(metric, **own) for metric in METRICS}


def substituted(net: Network, at: Mapping[str, Any], names: Sequence[str]) -> Network | None:
    """The network with some numbers in; None outside of the domain."""
    own = {name: at[name] for name in names if name in net.symbols}
    try:
        return net.substitute(**own)
    except (DomainError, ShapeError):
        return None


def agree(seed: int, tally: Counter[str]) -> None:
    """One random program, at a few numbers, as a whole, in part, and unrolled."""
    make = Maker(seed)
    program, image = make.program(), make.image()
    points = [make.values() for _ in range(6)]
    where = f"seed {seed}: {program} on {image}"
    try:
        wanted = [walked(program, image, at) for at in points]
    except (Ambiguous, Immense, Untied):
        tally["ambiguous"] += 1
        return
    try:
        net = Family(program, image).net
    except Unsolved:
        tally["unsolved"] += 1
        return
    except ShapeError as error:
        if "tied" in str(error) or "cannot share" in str(error):
            tally["untied"] += 1
            return
        deep = [walked(program, image, at | {"n": 4, "m": 3, "d": Fraction(1)}) for at in points]
        assert not any(deep), f"{where}: {error}, and it is a network"  # where there are rounds, the error is better
        tally["impossible"] += 1
        return
    tally["solved"] += 1
    for at, walk_ in zip(points, wanted):
        if walk_ is not None and walk_.untrained:
            continue
        right = walk_.metrics() if walk_ is not None else None
        tally["legal" if right is not None else "illegal"] += 1
        assert figures(net, at) == right, (where, at, "as a whole")
        names = [*at]
        make.random.shuffle(names)
        cut = make.random.randint(1, len(names))
        part = substituted(net, at, names[:cut])
        assert (figures(part, at) if part is not None else None) == right, (where, at, names[:cut], "in part")
        rounds = substituted(net, at, ["n", "m", "d"])
        unrolled = rounds.unrolled() if rounds is not None else None
        assert (figures(unrolled, at) if unrolled is not None else None) == right, (where, at, "unrolled")
        if walk_ is None or unrolled is None:
            continue
        whole = substituted(unrolled, at, [*unrolled.symbols])
        assert whole is not None
        assert {node.name: node.out.shape for node in whole.nodes} == walk_.shapes, (where, at, "shapes")
        count = whole.count()
        own = {name: int(str(cost)) for name, cost in count.operations.items()}
        assert own == +walk_.operations, (where, at, "operations")


def test_random_blocks_in_blocks_are_the_rounds_that_plain_integers_run() -> None:
    tally: Counter[str] = Counter()
    for seed in range(200):
        agree(seed, tally)
    assert tally["solved"] > 100, tally
    assert tally["legal"] > 100, tally
    assert tally["illegal"] > 100, tally
