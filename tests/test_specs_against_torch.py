"""Random networks, written as specs and at the same time built in PyTorch on the meta device, agree from end to end.

A network is drawn as rows that neither side has made; `text_of` writes them as YAML, which symconv reads, and `Twin`
runs them in torch. The drawing itself goes by torch's shapes at one size, at which the network therefore is legal.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import prod
from pathlib import Path
from random import Random
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from command import run  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402
from witness.printed import printed_value  # noqa: E402

from symconv import Network, parse_spec  # noqa: E402
from symconv.errors import DomainError, SymconvError  # noqa: E402
from symconv.extent import size_of  # noqa: E402
from symconv.symbols import symbol  # noqa: E402
from symconv.values import evaluate  # noqa: E402

pytestmark = pytest.mark.torch

META = torch.device("meta")
METRICS = "macs", "params", "buffers", "activations"
JOINS = "add", "mul", "concat"

#: What torch refuses and no shape tells: its 3-D average pool forgets the padding; a single value has no variance.
OWN_REFUSALS = "smaller than kernel size", "more than 1 value per channel"


class IllegalError(Exception):
    """A size at which the network computes nothing, or joins what does not fit."""


@dataclass
class Row:
    """One layer: its stage and name (none where the spec does not say one), and the rows it stands behind."""

    kind: str
    fields: dict[str, Any]
    sources: tuple[int, ...]
    stage: tuple[str, ...] = ()
    name: str = ""
    shares: int | None = None
    word: str = ""

    @property
    def path(self) -> str:
        return "/".join([*self.stage, self.name]) if self.name else ""


@dataclass
class Drawing:
    """A network: rows are numbered behind the inputs, whose extents are names or numbers."""

    inputs: dict[str, tuple[Any, ...]]
    rows: list[Row] = field(default_factory=list)
    at: dict[str, int] = field(default_factory=dict)

    @property
    def rank(self) -> int:
        return len(next(iter(self.inputs.values()))) - 2

    @property
    def symbols(self) -> list[str]:
        return [s for s in dict.fromkeys(e for shape in self.inputs.values() for e in shape) if isinstance(s, str)]


# -- the network in torch -------------------------------------------------------------------------------------------


def each(value: Any, rank: int) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list) else (value,) * rank


def sides(value: Any, rank: int) -> list[tuple[int, int]]:
    return [tuple(p) if isinstance(p, list) else (p, p) for p in each(value, rank)]


def padded(image: Any, pads: Sequence[tuple[int, int]]) -> Any:
    """torch's order: the last axis first, begin before end; below 0 takes elements off."""
    return functional.pad(image, [n for side in reversed(pads) for n in side])


class Twin:
    """The drawing in torch; weights are made when their layer is first met, as a flattened image may feed them."""

    def __init__(self, drawing: Drawing) -> None:
        self.drawing = drawing
        self.modules: dict[int, Any] = {}

    def module(self, i: int, make: Any) -> Any:
        shares = self.drawing.rows[i].shares
        if shares is not None:
            return self.modules[shares]
        if i not in self.modules:
            with META:
                self.modules[i] = make()
        return self.modules[i]

    def inputs(self, at: dict[str, int]) -> list[Any]:
        shapes = [[at.get(e, e) for e in shape] for shape in self.drawing.inputs.values()]
        return [torch.empty(shape, device=META) for shape in shapes]

    def step(self, i: int, outs: list[Any]) -> Any:
        row = self.drawing.rows[i]
        out = getattr(self, "_" + row.kind)(i, row.fields, *(outs[s] for s in row.sources))
        if 0 in out.shape:
            raise IllegalError(f"{row.kind} makes {tuple(out.shape)}")
        return out

    def run(self, at: dict[str, int]) -> list[Any]:
        """The outputs of all rows."""
        self.modules.clear()
        outs = self.inputs(at)
        for i in range(len(self.drawing.rows)):
            outs.append(self.step(i, outs))
        return outs[len(self.drawing.inputs) :]

    def _conv(self, i: int, f: dict[str, Any], x: Any) -> Any:
        rank = x.dim() - 2
        kernel, stride, dilation = (each(f.get(n, d), rank) for n, d in (("kernel", 3), ("stride", 1), ("dilation", 1)))
        given = f.get("padding", 0)
        if given == "same":
            spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation)]
            totals = [max((-(-m // s) - 1) * s + n - m, 0) for m, s, n in zip(x.shape[2:], stride, spans)]
            pads = [(t // 2, t - t // 2) for t in totals]
        else:
            pads = sides(0 if given == "valid" else given, rank)
        groups, channels = f.get("groups", 1), f["channels"]

        def make() -> Any:
            return getattr(nn, f"Conv{rank}d")(
                x.shape[1], channels, kernel, groups=groups, bias=f.get("bias", True)
            )  # fmt: skip

        own = self.module(i, make)
        symmetric = all(a == b for a, b in pads)
        image, padding = (x, [a for a, _ in pads]) if symmetric else (padded(x, pads), [0] * rank)
        run = getattr(functional, f"conv{rank}d")
        return run(image, own.weight, own.bias, stride, padding, dilation, groups)

    def _depthwise_conv(self, i: int, f: dict[str, Any], x: Any) -> Any:
        return self._conv(i, {**f, "channels": x.shape[1] * f.get("multiplier", 1), "groups": x.shape[1]}, x)

    def _conv_transpose(self, i: int, f: dict[str, Any], x: Any) -> Any:
        rank, same = x.dim() - 2, f.get("padding") == "same"
        kernel, stride, dilation = (each(f.get(n, d), rank) for n, d in (("kernel", 3), ("stride", 1), ("dilation", 1)))
        padding, extra = (0 if same else f.get("padding", 0)), f.get("output_padding", 0)

        def make() -> Any:
            own = getattr(nn, f"ConvTranspose{rank}d")
            given = each(padding, rank), each(extra, rank), f.get("groups", 1), f.get("bias", True), dilation
            return own(x.shape[1], f["channels"], kernel, stride, *given)

        out = self.module(i, make)(x)
        if same:
            cuts = [d * (k - 1) + 1 - s for k, d, s in zip(kernel, dilation, stride)]
            out = padded(out, [(-(c // 2), c // 2 - c) for c in cuts])
        return out

    def _pool(self, kind: str, f: dict[str, Any], x: Any) -> Any:
        rank = x.dim() - 2
        kernel = each(f.get("kernel", 2), rank)
        given = {"stride": each(f.get("stride", list(kernel)), rank), "ceil_mode": f.get("ceil", False)}
        if "dilation" in f:
            given["dilation"] = each(f["dilation"], rank)
        pads = sides(f.get("padding", 0), rank)
        if all(a == b for a, b in pads):
            given["padding"] = tuple(a for a, _ in pads)
        else:
            x = padded(x, pads)
        return getattr(functional, f"{kind}_pool{rank}d")(x, kernel, **given)

    def _max_pool(self, i: int, f: dict[str, Any], x: Any) -> Any:
        return self._pool("max", f, x)

    def _avg_pool(self, i: int, f: dict[str, Any], x: Any) -> Any:
        return self._pool("avg", f, x)

    def _adaptive_avg_pool(self, i: int, f: dict[str, Any], x: Any) -> Any:
        rank = x.dim() - 2
        return getattr(functional, f"adaptive_avg_pool{rank}d")(x, each(f["size"], rank))

    def _adaptive_max_pool(self, i: int, f: dict[str, Any], x: Any) -> Any:
        rank = x.dim() - 2
        return getattr(functional, f"adaptive_max_pool{rank}d")(x, each(f["size"], rank))

    def _global_avg_pool(self, i: int, f: dict[str, Any], x: Any) -> Any:
        return self._adaptive_avg_pool(i, {"size": 1}, x)

    def _global_max_pool(self, i: int, f: dict[str, Any], x: Any) -> Any:
        return self._adaptive_max_pool(i, {"size": 1}, x)

    def _upsample(self, i: int, f: dict[str, Any], x: Any) -> Any:
        rank = x.dim() - 2
        linear = ["linear", "bilinear", "trilinear"][rank - 1]
        mode = linear if f.get("mode") == "linear" else "nearest"
        if "size" in f:
            return functional.interpolate(x, size=list(each(f["size"], rank)), mode=mode)
        scales = [float(Fraction(s)) for s in each(f["scale"], rank)]
        return functional.interpolate(x, scale_factor=scales, mode=mode)

    def _pad(self, i: int, f: dict[str, Any], x: Any) -> Any:
        return padded(x, sides(f["amount"], x.dim() - 2))

    def _crop(self, i: int, f: dict[str, Any], x: Any, to: Any = None) -> Any:
        if to is None:
            return padded(x, [(-a, -b) for a, b in sides(f["amount"], x.dim() - 2)])
        if any(m > n for n, m in zip(x.shape[2:], to.shape[2:])):
            raise IllegalError("a crop to more than there is")
        for axis in range(2, x.dim()):
            x = x.narrow(axis, (x.shape[axis] - to.shape[axis]) // 2, to.shape[axis])
        return x

    def _batch_norm(self, i: int, f: dict[str, Any], x: Any) -> Any:
        kind = getattr(nn, f"BatchNorm{max(x.dim() - 2, 1)}d")
        return self.module(i, lambda: kind(x.shape[1], affine=f.get("affine", True)).eval())(x)

    def _group_norm(self, i: int, f: dict[str, Any], x: Any) -> Any:
        return self.module(i, lambda: nn.GroupNorm(f["groups"], x.shape[1], affine=f.get("affine", True)))(x)

    def _layer_norm(self, i: int, f: dict[str, Any], x: Any) -> Any:
        return self.module(i, lambda: nn.LayerNorm(x.shape[1]))(x.movedim(1, -1)).movedim(-1, 1)

    def _relu(self, i: int, f: dict[str, Any], x: Any) -> Any:
        return functional.relu(x)

    def _add(self, i: int, f: dict[str, Any], *xs: Any) -> Any:
        if len({x.shape for x in xs}) > 1:
            raise IllegalError("shapes differ")
        return torch.stack(xs).sum(0)

    def _mul(self, i: int, f: dict[str, Any], *xs: Any) -> Any:
        if self.drawing.rows[i].word != "gate" and len({x.shape for x in xs}) > 1:
            raise IllegalError("shapes differ")
        return xs[0] * xs[1]

    def _concat(self, i: int, f: dict[str, Any], *xs: Any) -> Any:
        return torch.cat(xs, f.get("axis", 1))

    def _flatten(self, i: int, f: dict[str, Any], x: Any) -> Any:
        return x.flatten(1)

    def _linear(self, i: int, f: dict[str, Any], x: Any) -> Any:
        return self.module(i, lambda: nn.Linear(x.shape[-1], f["channels"], f.get("bias", True)))(x)

    def figures(self, at: dict[str, int]) -> tuple[list[tuple[int, ...]], dict[str, int]]:
        """The shapes of all rows and the totals."""
        with FlopCounterMode(display=False) as counter:
            outs = self.run(at)
        weights = [p for m in self.modules.values() for p in m.parameters()]
        kept = [b for m in self.modules.values() for b in m.buffers()]
        made = [out for row, out in zip(self.drawing.rows, outs) if row.kind != "flatten"]
        assert counter.get_total_flops() % 2 == 0
        totals = (
            counter.get_total_flops() // 2, *(sum(t.numel() for t in ts) for ts in (weights, kept, made)),
        )  # fmt: skip
        return [tuple(out.shape) for out in outs], dict(zip(METRICS, totals))


# -- drawing --------------------------------------------------------------------------------------------------------


class Draw:
    """Draws a network; a row that torch refuses at the size of the drawing is drawn again."""

    def __init__(self, seed: str) -> None:
        self.r = r = Random(seed)
        rank = r.choice([1, 2, 2, 2, 3])
        names = {1: ["X"], 2: ["H", "W"], 3: ["A", "H", "W"]}[rank]
        if r.random() < 0.4:
            names = ["X"] * rank
        extents = [r.randint(9, 23) if rank > 1 and r.random() < 0.08 else n for n in names]
        if not any(isinstance(e, str) for e in extents):
            extents[0] = names[0]
        inputs = {"image": ("N", r.randint(1, 6), *extents)}
        if r.random() < 0.2:
            inputs["other"] = ("N", r.randint(1, 6), *extents)
        self.drawing = Drawing(inputs)
        top = {1: 70, 2: 45, 3: 24}[rank]
        self.drawing.at = {s: r.randint(12, top) if s != "N" else r.randint(1, 3) for s in self.drawing.symbols}
        self.twin = Twin(self.drawing)
        self.outs = self.twin.inputs(self.drawing.at)
        self.stage: tuple[str, ...] = ()
        self.names: set[str] = set(inputs)

    def drawn(self) -> Drawing:
        r = self.r
        for _ in range(r.randint(2, 11)):
            move = r.random()
            if move < 0.15 and len(self.stage) < 2:
                self.stage = (*self.stage, f"s{len(self.drawing.rows)}")
            elif move < 0.25:
                self.stage = self.stage[:-1]
            self.grow()
        self.stage = self.stage if r.random() < 0.3 else ()
        if r.random() < 0.35:
            if r.random() < 0.6:
                self.put(r.choice(["global_avg_pool", "global_max_pool"]), {})
            self.classify()
        return self.drawing

    def put(self, kind: str, fields: dict[str, Any], *sources: int, shares: int | None = None, word: str = "") -> bool:
        """Whether torch takes the row; it is then part of the drawing."""
        r, rows = self.r, self.drawing.rows
        behind = sources or (len(self.outs) - 1,)
        row = Row(kind, fields, behind, self.stage, shares=shares, word=word)
        short = r.sample("abcdefghk", 9)
        for name in (short if r.random() < 0.4 else [f"row{len(rows)}"]) if r.random() < 0.7 else ():
            row.name = name
            if row.path not in self.names:
                break
        rows.append(row)
        try:
            out = self.twin.step(len(rows) - 1, self.outs)
        except (IllegalError, RuntimeError, ValueError):
            rows.pop()
            self.twin.modules.pop(len(rows), None)
            return False
        if out.numel() > 10**7 or (1 in out.shape[2:] and kind not in ("global_avg_pool", "global_max_pool")):
            rows.pop()
            self.twin.modules.pop(len(rows), None)
            return False
        self.outs.append(out)
        self.names.add(row.path)
        return True

    def classify(self) -> None:
        r = self.r
        if self.outs[-1].dim() > 2 and not self.put("flatten", {}, word="flatten"):
            return
        self.put("linear", {"channels": r.randint(2, 9)} | ({"bias": False} if r.random() < 0.3 else {}))

    def grow(self) -> None:
        ways = [
            self.conv, self.conv, self.conv, self.shared, self.depthwise, self.transposed, self.pool, self.pool,
            self.grid, self.upsample, self.margins, self.norm, self.join, self.join, self.join, self.gate,
            self.shared, self.shared, self.around, self.around,
        ]  # fmt: skip
        for _ in range(12):
            if self.r.choice(ways)():
                return

    def source(self) -> tuple[int, ...]:
        """Mostly the row before, at times another that the spec can name."""
        known = self.named()
        return (self.r.choice(known),) if known and self.r.random() < 0.15 else ()

    def named(self) -> list[int]:
        first = len(self.drawing.inputs)
        return [*range(first), *(first + i for i, row in enumerate(self.drawing.rows) if row.name)]

    def sizes(self, least: int, most: int) -> Any:
        r = self.r
        return (
            r.randint(least, most) if r.random() < 0.6 else [r.randint(least, most) for _ in range(self.drawing.rank)]
        )

    def padding(self) -> Any:
        r = self.r
        pair = [[r.randint(0, 3), r.randint(0, 3)] for _ in range(self.drawing.rank)]
        return r.choice([0, 1, 1, self.sizes(0, 3), "same", pair])

    def some(self, **fields: Any) -> dict[str, Any]:
        """Some of the optional fields."""
        return {name: value for name, value in fields.items() if self.r.random() < 0.5}

    def conv(self) -> bool:
        r, source = self.r, self.source()
        c = self.outs[source[0] if source else -1].shape[1]
        if r.random() < 0.1 and not source:
            k, n = r.choice([1, 3, 5]), r.choice([4, 8])
            return self.put("conv", {"channels": n, "kernel": k, "padding": (k - 1) // 2}, word=f"conv{k}-{n}")
        g = r.choice([d for d in range(1, c + 1) if c % d == 0]) if r.random() < 0.3 else 1
        extra = {"groups": g} if g > 1 else {}
        fields = self.some(
            kernel=self.sizes(1, 5), stride=self.sizes(1, 3), padding=self.padding(), dilation=self.sizes(1, 3),
            bias=False,
        )  # fmt: skip
        return self.put(
            "conv", {"channels": c if r.random() < 0.4 else g * r.randint(1, 6), **fields, **extra}, *source
        )

    def shared(self) -> bool:
        """Another convolution with the weights of one before: what is no part of them may differ."""
        first = len(self.drawing.inputs)
        c = self.outs[-1].shape[1]
        rows = self.drawing.rows
        fit = [i for i, w in enumerate(rows) if w.kind == "conv" and w.name and w.shares is None and not w.word]
        fit = [i for i in fit if self.outs[rows[i].sources[0]].shape[1] == c and self.outs[first + i].dim() > 2]
        if not fit:
            return False
        i = self.r.choice(fit)
        kept = {n: v for n, v in rows[i].fields.items() if n in ("channels", "kernel", "groups", "bias")}
        return self.put("conv", kept | self.some(stride=self.sizes(1, 2), padding=self.padding()), shares=i)

    def depthwise(self) -> bool:
        fields = self.some(
            kernel=self.sizes(1, 4), stride=self.sizes(1, 2), padding=self.padding(), dilation=self.sizes(1, 2),
            multiplier=self.r.randint(1, 2), bias=False,
        )  # fmt: skip
        return self.put("depthwise_conv", fields, *self.source())

    def transposed(self) -> bool:
        r, source = self.r, self.source()
        c = self.outs[source[0] if source else -1].shape[1]
        g = r.choice([d for d in range(1, c + 1) if c % d == 0])
        fields = self.some(
            kernel=self.sizes(1, 4), stride=self.sizes(1, 3), padding=r.choice(["same", self.sizes(0, 2)]),
            dilation=self.sizes(1, 2), bias=False, groups=g,
        )  # fmt: skip
        if fields.get("padding") != "same":
            fields |= self.some(output_padding=self.sizes(0, 1))
        return self.put("conv_transpose", {"channels": g * r.randint(1, 3), **fields}, *source)

    def pool(self) -> bool:
        r, rank = self.r, self.drawing.rank
        if r.random() < 0.1:
            return self.put("max_pool", {}, word="maxpool")
        kind, kernel, whole = r.choice(["max_pool", "avg_pool"]), self.sizes(1, 4), r.random() < 0.5
        k = min(each(kernel, rank))
        padding = r.randint(0, k // 2) if whole or r.random() < 0.7 else [[r.randint(0, 1), 0] for _ in range(rank)]
        fields = {"kernel": kernel, **self.some(stride=self.sizes(1, 3), padding=padding)}
        if kind == "max_pool":
            fields |= self.some(dilation=self.sizes(1, 2))
        return self.put(kind, fields | ({"ceil": True} if whole else {}), *self.source())

    def grid(self) -> bool:
        if self.r.random() > 0.4:
            return False
        return self.put(self.r.choice(["adaptive_avg_pool", "adaptive_max_pool"]), {"size": self.sizes(2, 7)})

    def upsample(self) -> bool:
        r, rank = self.r, self.drawing.rank
        scale = r.choice([2, 2, 3, "3/2", "5/4", "1/2", "3/4", [r.choice([1, 2, "3/2", "5/4"]) for _ in range(rank)]])
        fields = {"size": self.sizes(2, 12)} if r.random() < 0.1 else {"scale": scale}
        return self.put("upsample", fields | self.some(mode=r.choice(["nearest", "linear"])), *self.source())

    def margins(self) -> bool:
        r, rank = self.r, self.drawing.rank
        amount = r.choice([self.sizes(0, 3), [[r.randint(0, 4), r.randint(0, 4)] for _ in range(rank)]])
        if r.random() < 0.3 and len(self.named()) > 1:
            return self.put("crop", {}, *r.sample(self.named(), 2))
        return self.put(r.choice(["pad", "crop"]), {"amount": amount}, *self.source())

    def norm(self) -> bool:
        r, c = self.r, self.outs[-1].shape[1]
        g = r.choice([d for d in range(1, c + 1) if c % d == 0])
        kinds: list[tuple[str, dict[str, Any]]] = [
            ("batch_norm", self.some(affine=False)), ("group_norm", {"groups": g, **self.some(affine=False)}),
            ("layer_norm", {"over": "channels"}), ("relu", {}),
        ]  # fmt: skip
        return self.put(*r.choice(kinds))

    def join(self) -> bool:
        """Rows that fit at the size of the drawing: elsewhere they may not, which the domain has to say."""
        r, rank = self.r, self.drawing.rank
        kind, axis = r.choice(["add", "add", "mul", "concat", "concat"]), r.choice([1, 1, *range(2, rank + 2)])
        known = [i for i in {*self.named(), len(self.outs) - 1} if self.outs[i].dim() > 2]
        known = [i for i in known if i in self.named() and 1 not in self.outs[i].shape[2:]]
        if not known:
            return False
        first = r.choice(known[-3:])

        def beside(i: int) -> list[int]:
            return [x for a, x in enumerate(self.outs[i].shape) if kind != "concat" or a != axis]

        fit = [i for i in known if i != first and beside(i) == beside(first)]
        if not fit:
            return kind != "add" and r.random() < 0.1 and self.put(kind, {}, first, first)
        more = r.sample(fit, min(len(fit), r.choice([1, 1, 2]) if kind != "mul" else 1))
        return self.put(kind, {"axis": axis} if kind == "concat" and axis != 1 else {}, first, *more)

    def around(self) -> bool:
        """A branch that comes back to the extents it left, at least at the size of the drawing, and joins them."""
        r, rank = self.r, self.drawing.rank
        fit = [i for i in self.named() if self.outs[i].dim() > 2]
        i = r.choice(fit)
        c, s = self.outs[i].shape[1], r.choice([2, 3])
        down = {"channels": c, "stride": s, "padding": 1}
        ways: list[list[tuple[str, dict[str, Any]]]] = [
            [("conv", {"channels": c, "padding": 1})],
            [("conv", {"channels": c, "kernel": 3, "padding": "same"}), ("relu", {})],
            [("max_pool", {"kernel": s, "ceil": r.random() < 0.5}), ("upsample", {"scale": s})],
            [("conv", down), ("conv_transpose", {"channels": c, "kernel": s, "stride": s})],
            [("crop", {"amount": 1}), ("conv_transpose", {"channels": c, "kernel": 3})],
        ]  # fmt: skip
        start = i
        for kind, fields in r.choice(ways):
            if not self.put(kind, fields, start):
                return False
            start = len(self.outs) - 1
        if not self.drawing.rows[-1].name:
            return True
        axis = r.choice([1, *range(2, rank + 2)])
        joins: list[tuple[str, dict[str, Any]]] = [("add", {}), ("add", {}), ("mul", {}), ("concat", {"axis": axis})]
        return self.put(*r.choice(joins), *r.sample([i, start], 2)) or True

    def gate(self) -> bool:
        """Squeeze and excitation: a 1×1 image that scales another."""
        fit = [i for i in self.named() if self.outs[i].dim() > 2]
        if not fit or self.r.random() < 0.6:
            return False
        i = self.r.choice(fit)
        if not self.put("global_avg_pool", {}, i) or not self.drawing.rows[-1].name:
            return False
        return self.put("mul", {}, i, len(self.outs) - 1, word="gate")


# -- the network as a spec ------------------------------------------------------------------------------------------


def resolved(name: str, stage: tuple[str, ...], known: set[str], own: str) -> str:
    """What a name in a stage means: the nearest around it, and not the layer itself."""
    paths = ["/".join([*stage[:depth], name]) for depth in range(len(stage), -1, -1)]
    return next((p for p in paths if p in known and p != own), "")


def text_of(drawing: Drawing, r: Random) -> str:
    """The spec, with relative names where they mean the row."""
    inputs, rows = [*drawing.inputs], drawing.rows
    known = {*inputs, *(row.path for row in rows if row.name)}

    def said(target: str, row: Row) -> str:
        parts = target.split("/")
        ways = ["/".join(parts[i:]) for i in range(len(parts))]
        found = [w for w in ways if resolved(w, row.stage, known, row.path) == target]
        if not found:
            raise IllegalError(f"{target} is hidden from {row.path} by a nearer layer of its name")
        return r.choice(found)

    def target(i: int) -> str:
        return inputs[i] if i < len(inputs) else rows[i - len(inputs)].path

    def flow(value: Any) -> str:
        if isinstance(value, list):
            return f"[{', '.join(map(flow, value))}]"
        return str(value).lower() if isinstance(value, bool) else str(value)

    shapes = {name: flow(list(shape)) for name, shape in drawing.inputs.items()}
    lines = (
        [f"input: {shapes['image']}"] if len(inputs) == 1 else ["inputs:", *(f"  {n}: {s}" for n, s in shapes.items())]
    )
    lines.append("layers:")
    open_stage: tuple[str, ...] = ()
    for number, row in enumerate(rows):
        while row.stage[: len(open_stage)] != open_stage:
            open_stage = open_stage[:-1]
        for part in row.stage[len(open_stage) :]:
            lines += [
                "  " + "    " * len(open_stage) + f"- stage: {part}",
                "    " + "    " * len(open_stage) + "layers:",
            ]
            open_stage = (*open_stage, part)
        given = dict(row.fields)
        if row.name:
            given["name"] = row.name
        if row.sources != (len(inputs) + number - 1,) or (row.name and r.random() < 0.1 and target(row.sources[0])):
            names = [said(target(s), row) for s in row.sources]
            given["from"] = names if len(names) > 1 or r.random() < 0.2 else names[0]
        if row.shares is not None:
            given["shares"] = said(rows[row.shares].path, row)
        if row.word.startswith(("conv", "maxpool")) and not row.name:
            text = row.word
        else:
            text = f"{row.kind}: {{{', '.join(f'{n}: {flow(v)}' for n, v in given.items())}}}" if given else row.kind
        lines.append("  " + "    " * len(open_stage) + f"- {text}")
    return "\n".join(lines) + "\n"


# -- both sides -----------------------------------------------------------------------------------------------------


def points(net: Network, drawing: Drawing, r: Random) -> list[dict[str, int]]:
    """Sizes to look at: those of the drawing, the least legal ones, one below them, primes, small and larger ones."""
    own, drawn = net.symbols, drawing.at
    least = {}
    for name, x in own.items():
        (s,) = {a for m in x.terms for a in m}
        least[name] = net.domain.least(s)  # type: ignore[arg-type]
    base = least | {"N": 2}
    below = [at | {n: base[n] - 1} for n in own if n != "N" and base[n] > 1 for at in (base, drawn)]
    beside = [drawn | {n: drawn[n] + r.choice([-2, -1, 1, 2, 3])} for n in own if n != "N"]
    others = [
        {n: r.choice(span) for n in own} | {"N": 2} for span in ([1, 2, 3, 4, 5, 6, 7, 8], [11, 13, 17, 19, 23, 29])
    ]
    return [drawn, base, drawn | {n: base[n] for n in own if n != "N"}, *below, *beside, *others]


def disagreements(drawing: Drawing, net: Network, ats: list[dict[str, int]], seen: dict[str, int]) -> list[str]:
    """What differs between the network and its twin at these sizes."""
    twin, out = Twin(drawing), []
    if len(net.nodes) != len(drawing.rows):
        return [f"{len(net.nodes)} layers of {len(drawing.rows)}"]
    for row, node in zip(drawing.rows, net.nodes):
        if row.kind != node.layer.kind or (row.name and row.path != node.name):
            out.append(f"{node.name}, a {node.layer.kind}, stands for {row.path}, a {row.kind}")
    for at in ats:
        try:
            shapes, totals = twin.figures(at)
            refusal = ""
        except (IllegalError, RuntimeError, ValueError, AssertionError) as error:
            refusal = f"{type(error).__name__}: {error}"
        try:
            values = net.at(at)
        except DomainError as error:
            seen["outside"] = seen.get("outside", 0) + 1
            if not refusal:
                out.append(f"{at}: torch makes {shapes[-1]}, and {error}")
            continue
        own = next((o for o in OWN_REFUSALS if o in refusal), "")
        if own:
            seen[own] = seen.get(own, 0) + 1
        elif refusal:
            out.append(f"{at}: legal, and torch: {refusal[:200]}")
        if refusal:
            continue
        seen["inside"] = seen.get("inside", 0) + 1
        for node, shape in zip(net.nodes, shapes):
            seen["shapes"] = seen.get("shapes", 0) + 1
            ours = tuple(evaluate(size, values) for size in node.out.shape)
            if ours != shape:
                out.append(f"{at}: {node.name} is {ours}, and torch's {shape}")
        for metric, theirs in totals.items():
            if net.evaluate(metric, **at) != theirs:
                out.append(f"{at}: {metric} {net.evaluate(metric, **at)}, and torch's {theirs}")
    return out


def evaluated(net: Network, at: dict[str, int]) -> list[Any] | None:
    """The totals, or none outside the domain."""
    try:
        return [net.evaluate(m, **at) for m in METRICS]
    except DomainError:
        return None


def substituted_differently(net: Network, name: str, a: int, b: int, others: dict[str, int]) -> list[str]:
    """Where the network of a·q + b differs from the network at that number."""
    out, why, new = [], "", None
    try:
        new = net.substitute(**{name: a * size_of(symbol("q", "extent")) + b})
    except SymconvError as error:
        why = str(error)
    for q in (1, 2, 3, 5):
        at = others | {name: a * q + b}
        rest = {n: v for n, v in others.items() if n != name}
        direct = evaluated(net, at)
        ours = None if new is None else evaluated(new, rest | {"q": q})
        if ours != direct:
            out.append(f"{name} = {a}q + {b} at q = {q}, {others}: {ours}, directly {direct} {why}")
    return out


def formula(text: Any, at: dict[str, int]) -> Any:
    """The value of a printed formula, or the number that stands there."""
    return printed_value(text, "ascii", at) if isinstance(text, str) else text


def printed_differently(answer: dict[str, Any], drawing: Drawing, at: dict[str, int]) -> list[str]:
    """Where the formulas of `show -f json` differ from torch at this size."""
    shapes, totals = Twin(drawing).figures(at)
    out = [f"{m}: {answer['totals'][m]}" for m, v in totals.items() if formula(answer["totals"][m], at) != v]
    for layer, shape in zip(answer["layers"], shapes, strict=True):
        ours = tuple(formula(e, at) for e in layer["output"])
        if ours != shape or formula(layer["costs"]["activations"], at) not in (prod(shape), 0):
            out.append(f"{layer['name']}: {layer['output']}, and torch's {shape}")
    return out


@pytest.mark.parametrize("seed", range(4))
def test_random_specs_have_the_shapes_the_figures_and_the_domain_of_torch(seed: int, tmp_path: Path) -> None:
    seen: dict[str, int] = {}
    for number in range(24):
        drawing, r = Draw(f"{seed}-{number}").drawn(), Random(number)
        try:
            text = text_of(drawing, r)
        except IllegalError:
            continue
        net = parse_spec(text, "net.yaml").network()
        assert not disagreements(drawing, net, points(net, drawing, r), seen), text
        step = r.choice([2, 4, 8, 32])
        name = r.choice([n for n in net.symbols if n != "N"])
        assert not substituted_differently(net, name, step, drawing.at[name] % step, drawing.at), text
        if number % 10 == 0:
            (tmp_path / "net.yaml").write_text(text)
            done = run("show", str(tmp_path / "net.yaml"), "-f", "json")
            assert done.code == 0, done.err
            assert not printed_differently(json.loads(done.out), drawing, drawing.at), text
    assert seen["inside"] > 60
    assert seen["outside"] > 30
