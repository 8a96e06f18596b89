"""Python's arithmetic on sizes, floats and loops in it: each beside runs at many sizes."""

import contextlib
import math

import numpy as np
import pytest

from symconv.errors import DomainError

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402


class Does(nn.Module):
    """A function, and a convolution behind it."""

    def __init__(self, function):
        super().__init__()
        self.function, self.conv = function, nn.Conv2d(2, 3, 1)

    def forward(self, x):
        return self.conv(self.function(x))


def read(function, h, w):
    from symconv.readers.torch import read_torch

    return read_torch(Does(function).to("meta"), torch.empty(1, 2, h, w, device="meta")).network


def agrees(function, h, w, heights, widths=(64,)):
    """The sizes of the domain among these, at all of which the output has the extents of a run."""
    from symconv.values import evaluate

    net, module = read(function, h, w), Does(function).to("meta")
    found = []
    for a in heights:
        for b in widths:
            with contextlib.suppress(DomainError):
                at = net.at({s: v for s, v in (("N", 1), ("H", a), ("W", b)) if s in net.symbols})
                if not {"H", "W"} <= net.symbols.keys() and (a, b) != (h, w):
                    continue
                shape = tuple(x if isinstance(x, int) else evaluate(x, at) for x in net.output.shape)
                made = module(torch.empty(1, 2, a, b, device="meta"))
                assert shape == made.shape, (a, b)
                assert net.evaluate("macs", **{s.name: v for s, v in at.items()}) == 6 * made.shape[2] * made.shape[3]
                found.append((a, b))
    return found


@pytest.mark.parametrize("scale", [0.7, 0.6, 0.3, 1.4, 0.35, 1.1, 0.29, 0.57, 2.5, 1 / 3, 0.1])
def test_integers_from_floats(scale):
    """⌊0.7·80⌋ is 56 and ⌊0.7·90⌋ is 62 in floats: sizes at which a float is just below an integer are left out."""
    functions = [
        lambda x: functional.interpolate(x, scale_factor=(scale, 1.0)),
        lambda x: x.new_zeros(1, 2, int(x.shape[2] * scale), x.shape[3]),
        lambda x: x.new_zeros(1, 2, math.ceil(x.shape[2] * scale), x.shape[3]),
    ]
    for function in functions:
        assert len(agrees(function, 49, 64, range(4, 400))) >= 270
    # A half is rounded to the even one: which one that is, is a branch.
    assert len(agrees(lambda x: x.new_zeros(1, 2, round(x.shape[2] * scale), x.shape[3]), 49, 64, range(4, 400))) >= 90


def test_what_floats_lose_on_the_way():
    assert 1 <= len(agrees(lambda x: x[:, :, : int(x.shape[2] / 49 * 49)], 50, 64, range(1, 100))) < 20
    assert len(agrees(lambda x: x[:, :, : int(x.shape[2] / 8 * 3)], 50, 64, range(3, 100))) == 97
    assert len(agrees(lambda x: x[:, :, : math.ceil(x.shape[2] / 7) * 5], 50, 64, range(1, 100))) >= 90


#: A number that a program has by a name.
HALF = 0.5

KEPT = {
    "max and min": lambda x: x[:, :, : max(x.shape[2] // 4, min(x.shape[3], 3))],
    "of a slice": lambda x: functional.pad(x, (0, max(x.shape[2:]) - x.shape[3], 0, max(x.shape[2:]) - x.shape[2])),
    "torch's own": lambda x: x[:, :, : torch.sym_max(torch.sym_int(x.shape[2] * 0.25), 1)],
    "NumPy": lambda x: functional.pad(x, (0, int(np.ceil(x.shape[3] / 32) * 32) - x.shape[3])),
    "NumPy's largest": lambda x: x[:, :, : np.maximum(x.shape[2] // 2, 1)],
    "a divisor": lambda x: x[:, :, : math.gcd(x.shape[2], x.shape[3])],
    "a float first": lambda x: x[:, :, : int(0.5 * x.shape[2]), : int(1.0 + 0.25 * (x.shape[3] / 2))],
    "a float by name": lambda x, more=1.5: x[:, :, : int(HALF * x.shape[2] + more)],
    "a shape's product": lambda x: functional.pad(x, (0, x.shape[2:].numel() % 7, 0, int(np.prod(x.shape[2:])) % 5)),
    "shapes put together": lambda x: x.reshape(torch.Size((1, 2)) + x.shape[2:][::-1]),
    "strides": lambda x: functional.pad(x, (0, x.contiguous().stride(1) % 5, 0, x.flatten(1).stride(0) % 3)),
    "bytes": lambda x: functional.pad(x, (0, x.nbytes % 3)),
    "a shape as a tensor": lambda x: functional.interpolate(x, size=(torch.tensor(x.shape[2:]) // 2 + 1).tolist()),
    "an end in a tensor": lambda x: x[:, :, : torch.tensor(x.shape)[2] // 2 + 1],
    "a view by strides": lambda x: x.as_strided(
        (1, 2, x.shape[2] // 2, x.shape[3]), (0, x.stride(1), 2 * x.stride(2), 1)
    ),
    "positions": lambda x: x * torch.arange(0.5, x.shape[3], device="meta"),
    "positions up to a float": lambda x: x[..., :1] * torch.arange(-1.0, x.shape[3] / 2, 0.25, device="meta"),
    "a diagonal": lambda x: x.diagonal(1, 2, 3)[:, :, None],
    "diagonals": lambda x: x[:, :, 0].diag_embed(-1),
    "places of a triangle": lambda x: x[:, :, torch.triu_indices(x.shape[2], x.shape[2], 1, device="meta")[1]],
    "unpooled": lambda x: functional.max_unpool2d(*functional.max_pool2d(x, (2, 1), return_indices=True), (2, 1)),
    "recomputed": lambda x: functional.interpolate(x, scale_factor=0.5, recompute_scale_factor=True),
}


@pytest.mark.parametrize("name", KEPT)
def test_functions_that_keep_sizes(name):
    assert len(agrees(KEPT[name], 48, 64, range(2, 60), (2, 33, 64, 70))) >= 58 * 4 - 3


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x[:, :, : 1 << (x.shape[2] - 1).bit_length()],
        lambda x: x[:, :, : int((x.shape[2] / 2) ** 1.5)],
        lambda x: x[:, :, : int(round(x.shape[2] / 3, 1))],
        lambda x: x[:, :, : (x.shape[2] & x.shape[3]) + 1],
        lambda x: x[:, :, : 3 ** x.shape[2]],
        lambda x: x.new_zeros(1, 2, x.transpose(2, 3).stride(2) * x.shape[2], 3),
    ],
)
def test_what_has_no_formula_is_a_number(function):
    """And no pin is lost: where the domain has other sizes, they are right."""
    agrees(function, 48, 64, (1, 2, 16, 47, 48, 49, 50, 60, 64, 65, 128), (1, 48, 63, 64, 65, 70))


def test_a_slice_that_torch_leaves_out_is_a_branch():
    for h, inside in ((9, range(1, 11)), (32, range(10, 60))):
        assert [a for a, _ in agrees(lambda x: x[:, :, :10], h, 64, range(1, 60))] == list(inside)


PUT = {
    "a number": lambda x: _put(x, (..., slice(10), slice(3)), 0),
    "a number in all": lambda x: _put(x, (slice(None), 0), 1.5),
    "a row": lambda x: _put(x, (slice(None), slice(None), slice(1, None)), x[:, :, :1]),
    "what fits": lambda x: _put(x, (0, slice(None), slice(-3, None)), x[0, :, :3]),
    "into a larger one": lambda x: _put(functional.pad(x, (0, 5)), (..., slice(x.shape[3])), x * 2),
}


def _put(x, index, value):
    y = x.clone()
    y[index] = value
    return y


@pytest.mark.parametrize("name", PUT)
@pytest.mark.parametrize("h", [9, 48])
def test_tensors_put_into_a_part(name, h):
    assert len(agrees(PUT[name], h, 64, range(1, 60), (3, 33, 64))) >= 20


class Chooses(nn.Module):
    """One of several convolutions with one output, all of them the module's own operators."""

    def __init__(self, how):
        super().__init__()
        self.small, self.large = nn.Parameter(torch.zeros(4, 4, 3, 3)), nn.Parameter(torch.zeros(4, 4, 5, 5))
        self.how = how

    def forward(self, x):
        if self.how == "kernel":
            big = x.shape[2] > 40
            return functional.conv2d(x, self.large, padding=2) if big else functional.conv2d(x, self.small, padding=1)
        if self.how == "groups":
            if x.shape[2] > 40:
                return functional.conv2d(x, self.small, padding=1)
            many = 2 if x.shape[3] > 40 else 4
            return functional.conv2d(x, self.small[:, : 4 // many], padding=1, groups=many)
        if self.how == "inside":  # the same output of another input
            return x + functional.conv2d(x[:, :, :7] if x.shape[2] > 40 else x, self.small).mean((2, 3), keepdim=True)
        y = functional.pad(x, (0, -x.shape[3] % 4)) if x.shape[3] % 4 else x  # one extent in two forms
        return functional.conv2d(y, self.small, padding=1) if y.shape[3] > 45 else y


@pytest.mark.parametrize("how", ["kernel", "groups", "inside", "forms"])
@pytest.mark.parametrize(("h", "w"), [(64, 64), (32, 30), (48, 33), (37, 60)])
def test_operators_of_two_ways_are_the_same_only_where_all_that_they_do_is(how, h, w):
    from torch.utils.flop_counter import FlopCounterMode

    from symconv.readers.torch import read_torch

    module = Chooses(how).to("meta")
    net = read_torch(module, torch.empty(1, 4, h, w, device="meta")).network
    assert str(net.domain) in ("everywhere", "H ≥ 3, W ≥ 3")
    assert net.evaluate("params") == 4 * 4 * (9 + 25)
    for a in (3, 6, 7, 8, 37, 40, 41, 64):
        for b in (3, 30, 33, 40, 41, 44, 45, 46, 47, 48, 49, 60, 64):
            with FlopCounterMode(display=False) as counter:
                module(torch.empty(3, 4, a, b, device="meta"))
            assert 2 * net.evaluate("macs", N=3, H=a, W=b) == counter.get_total_flops(), (a, b)


def test_an_unknown_cost_is_one_symbol_for_one_input():
    """The elements of ten rows are chosen on one side of a branch, those of twenty on the other."""

    def function(x):
        return x.topk(3, 2)[0] + (x[:, :, :20] if x.shape[2] > 40 else x[:, :, :10]).topk(3, 2)[0]

    for h in (30, 60):
        costs = [s for s in read(function, h, 64).symbols if s.startswith("cost")]
        assert sorted(costs) == ["cost[topk 2]", "cost[topk 3]", "cost[topk]"]


def test_functions_that_know_no_sizes_say_so():
    net = read(lambda x: x.new_zeros(1, 2, 5, int(math.log2(x.shape[3]) * 1000)), 48, 53)
    assert list(net.notes) == ["W is 53, and no symbol: the module itself fixes it (a number that math.log2 takes)"]
    net = read(lambda x: x.new_zeros(1, 2, 5, int(np.log2(x.shape[2]) * 1000)), 48, 53)
    assert "a number that numpy.log2 takes" in str(list(net.notes))
    assert torch.sym_int(3.5) == 3  # as it was
    assert math.log2(8) == 3
    assert max([2, 3], key=lambda v: -v) == 2


def test_equal_numbers_are_told_apart_by_their_places():
    """A window of H rows and W columns, read at 64×64, of which torch's C++ sees two numbers."""
    net = read(lambda x: x + functional.avg_pool2d(x, x.shape[2:]), 64, 64)
    assert str(net.domain) == "everywhere"
    net = read(lambda x: functional.avg_pool2d(x, (x.shape[2] // 2 + 1, 2), 1), 64, 64)
    assert str(net.nodes[-2].out) == "N×2×⌈H/2⌉×(W − 1)"


class Loop(nn.Module):
    def __init__(self, rounds):
        super().__init__()
        self.conv, self.rounds = nn.Conv2d(2, 2, 1), rounds

    def forward(self, x):
        for _ in self.rounds(x):
            x = self.conv(x)
        return x


@pytest.mark.parametrize(
    ("rounds", "first", "last"),
    [
        (lambda x: range(x.shape[3] // 16), 64, 271),
        (lambda x: range(0, x.shape[3], 16), 49, 256),
        (lambda x: range(x.shape[3], 0, -16), 49, 256),
        (lambda x: range(x.shape[3] // 2, x.shape[3], 8), 49, 256),
        (lambda x: range(1, x.shape[3], x.shape[3] // 2), 3, 999),
    ],
)
def test_as_many_rounds_as_in_the_run_are_a_condition(rounds, first, last):
    from symconv.readers.torch import read_torch

    net = read_torch(Loop(rounds).to("meta"), torch.empty(1, 2, 40, 64, device="meta")).network
    for w in range(first, last + 1, 9):
        many = len(list(rounds(torch.empty(1, 2, 5, w, device="meta"))))
        assert net.evaluate("macs", N=2, H=5, W=w) == 2 * 5 * w * 4 * many
    for w in (first - 1, last + 1)[: 1 if last == 999 else 2]:
        with pytest.raises(DomainError):
            net.evaluate("macs", N=2, H=5, W=w)


def test_one_part_that_is_the_whole():
    for h, most in ((8, 104), (7, 104), (16, 112)):
        inside = agrees(lambda x: torch.cat([p * 2 for p in x.split(8, 2)], 2), h, 64, range(1, 130))
        assert inside[-1] == (most, 64)


def test_what_is_written_into_a_part_is_there_in_the_whole():
    def function(x):
        y = x.clone()
        y[:, :, :, : y.shape[3] // 2] = 0
        y[:, :1] = x[:, 1:]
        return y

    net = read(function, 8, 9)
    assert str(net.output) == "N×3×H×W"
    for node in net.nodes:
        assert [net.tensor(source).shape for source in node.inputs] == [t.shape for t in node.tensors], node.name


def test_the_output_is_what_the_module_returns():
    """Also where a layer of another side of a branch is added later."""

    class Last(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.pool = nn.Conv2d(2, 2, 3, padding=1), nn.MaxPool2d(2)

        def forward(self, x):
            return self.pool(self.conv(x) if x.shape[2] > 50 else x)

    from symconv.readers.torch import read_torch

    net = read_torch(Last(), torch.empty(1, 2, 48, 48)).network
    assert str(net.output) == "N×2×⌊H/2⌋×⌊W/2⌋"
    assert net.evaluate("macs", N=1, H=60, W=10) == 36 * 600


def test_what_a_call_asks_for_where_a_size_is_fixed_says_nothing_of_elsewhere():
    """On one side of a branch the width is a number, and the pooling behind it needs nothing there."""

    def function(x):
        x = x[:, :, :, :30] if x.shape[3] == 70 else x[:, :, :, : x.shape[3] // 2 - 5]
        return functional.avg_pool2d(x, (1, 4), 1)

    inside = agrees(function, 8, 64, (8,), range(1, 140))
    assert {w for _, w in inside} == set(range(18, 140))
