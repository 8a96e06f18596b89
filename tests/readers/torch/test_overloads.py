"""Overloads, ranks and corners of single operators: shapes and macs as torch has them, other work counted by hand."""

import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402


class Calls(nn.Module):
    """A module that does one thing with one tensor or two."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x, y=None):
        return self.function(x) if y is None else self.function(x, y)


def made(shape, **values):
    """A tensor of ones of a shape in names and numbers, whose type may stand first."""
    dtype = getattr(torch, shape[0]) if shape[0] in TYPES else torch.float32
    return torch.ones([values.get(s, s) for s in axes(shape)], dtype=dtype)


def axes(shape):
    return tuple(s for s in shape if s not in TYPES)


TYPES = ("int64", "bool")
ROWS, TOKENS, IMAGE, ONE = ("N", "T"), ("N", "T", 6), ("N", 4, "H", "W"), (4, "H", "W")
IDS = ("int64", "N", 3)


def W(*shape, dtype=torch.float32):
    """A weight that the program makes itself."""
    return torch.ones(shape, dtype=dtype)


#: Products that torch's counter leaves out.
UNSEEN = {
    "mv", "dot", "vdot", "addmv", "matrix times vector", "linear of one row of weights", "bilinear without bias",
}  # fmt: skip


def read(function, shapes, seen=True):
    """The network of a function, and what it makes at sizes that the reader did not see, as torch says."""
    from torch.utils.flop_counter import FlopCounterMode

    import symconv as sc

    module = Calls(function)
    net = sc.load(
        module,
        inputs=tuple(made(s, N=2, T=5, H=9, W=7) for s in shapes),
        dims={name: axes(s) for name, s in zip("xy", shapes)},
    )
    for values in ({"N": 3, "T": 12, "H": 11, "W": 16}, {"N": 7, "T": 8, "H": 20, "W": 13}):
        at = {name: v for name, v in values.items() if name in net.symbols}
        with FlopCounterMode(display=False) as counter:
            outs = module(*(made(s, **values) for s in shapes))
        assert net.substitute(**at).output.shape == tuple(outs.shape)
        if seen:
            assert counter.get_total_flops() == net.evaluate("macs", **at) * 2
    return net


#: By name a function, its inputs, and the operations at N and T, counted by hand.
COUNTED = {
    "linear of one row of weights": (lambda x: functional.linear(x, W(6)), [TOKENS], lambda n, t: 2 * n * t * 6),
    "matrix times vector": (lambda x: x[0] @ W(6), [TOKENS], lambda n, t: 2 * t * 6),
    "mv": (lambda x: torch.mv(x, W(5)), [("N", 5)], lambda n, t: 2 * n * 5),
    "dot": (lambda x: torch.dot(x[0], x[1]), [ROWS], lambda n, t: 2 * t),
    "vdot": (lambda x: torch.vdot(x[0], x[1]), [ROWS], lambda n, t: 2 * t),
    "a weight on the left": (lambda x: W(3, 5) @ x, [("N", 5, "T")], lambda n, t: 2 * n * t * 15),
    "addmv": (lambda x: torch.addmv(W(2), W(2, 6), x[0, 0]), [TOKENS], lambda n, t: 2 * 12 + 2),
    "addmm of a tenth": (lambda x: torch.addmm(W(4), x, W(6, 4), beta=0.1), [("N", 6)], lambda n, t: n * 4 * 14),
    "tensordot": (lambda x: torch.tensordot(x, x, ([2], [2])), [TOKENS], lambda n, t: 2 * n * t * n * t * 6),
    "tensordot of the last": (lambda x: torch.tensordot(x, W(6, 4), 1), [TOKENS], lambda n, t: 2 * n * t * 24),
    "outer": (lambda x: torch.outer(x[0], x[1]), [ROWS], lambda n, t: t * t),
    "bilinear without bias": (
        lambda x: functional.bilinear(x, x, W(4, 6, 6)), [TOKENS], lambda n, t: 2 * n * t * (4 * 36 + 24),
    ),
    "einsum of a diagonal": (lambda x: torch.einsum("iji->ij", x), [(4, "T", 4)], lambda n, t: 0),
    "sum of nothing said": (lambda x: x.sum(), [ROWS], lambda n, t: n * t - 1),
    "sum of a scalar": (lambda x: x.sum().sum(), [ROWS], lambda n, t: n * t - 1),
    "mean kept": (lambda x: x.mean(-1, keepdim=True), [ROWS], lambda n, t: n * (t - 1) + n),
    "maximum with places": (lambda x: x.max(-1, keepdim=True)[1], [ROWS], lambda n, t: n * (t - 1)),
    "maximum of two": (lambda x, y: torch.max(x, y), [ROWS, ROWS], lambda n, t: n * t),
    "any": (lambda x: x.any(1), [("bool", "N", "T")], lambda n, t: n * (t - 1)),
    "argmax of all": (lambda x: x.argmax(), [ROWS], lambda n, t: n * t - 1),
    "a variance and a mean": (lambda x: torch.add(*torch.var_mean(x, 1)), [ROWS],
                              lambda n, t: n * (3 * t - 2 + 2 * t + 3 + 1 + 1) + n),
    "running maximum": (lambda x: x.cummax(1)[0], [ROWS], lambda n, t: n * t),
    "running minimum's places": (lambda x: x.cummin(1)[1], [ROWS], lambda n, t: n * t),
    "running logarithm": (lambda x: x.logcumsumexp(1), [ROWS], lambda n, t: 6 * n * t),
    "differences with more at both ends": (
        lambda x: x.diff(dim=0, prepend=x[:1], append=x[:2]), [ROWS], lambda n, t: (n + 2) * t,
    ),
    "squared error of each": (
        lambda x, y: functional.mse_loss(x, y, reduction="none"), [ROWS, ROWS], lambda n, t: 2 * n * t,
    ),
    "cross entropy of each": (
        lambda x, y: functional.cross_entropy(x, y, reduction="none"), [("N", 5), ("int64", "N")],
        lambda n, t: n * (4 + 5 + 5 + 4 + 5) + 5 * n,
    ),
    "what is chosen of logarithms": (
        lambda x, y: functional.nll_loss(x, y, reduction="sum"), [("N", 5), ("int64", "N")], lambda n, t: n - 1,
    ),
    "norm of order 1": (lambda x: torch.linalg.vector_norm(x, 1, -1), [ROWS], lambda n, t: n * (2 * t - 1)),
    "norm of order ∞": (
        lambda x: torch.linalg.vector_norm(x, float("inf"), 1, True), [ROWS], lambda n, t: n * (2 * t - 1),
    ),
    "Frobenius norm": (lambda x: torch.linalg.norm(x[0], "fro"), [TOKENS], lambda n, t: 2 * 6 * t),
    "norm of all": (lambda x: x.norm(), [ROWS], lambda n, t: 2 * n * t),
    "normalised": (lambda x: functional.normalize(x, dim=1), [ROWS], lambda n, t: n * (2 * t + 1 + t)),
    "layer norm of one row": (lambda x: functional.layer_norm(x, (6,)), [(6,)], lambda n, t: 17 + 12 + 3 + 1),
    "layer norm of one row, scaled": (
        lambda x: functional.layer_norm(x, (6,), W(6), W(6)), [(6,)], lambda n, t: 17 + 12 + 3 + 1 + 12,
    ),
    "root mean square norm of one row": (lambda x: functional.rms_norm(x, (6,)), [(6,)], lambda n, t: 6 + 12 + 2 + 1),
    "root mean square norm of rows": (
        lambda x: functional.rms_norm(x, (6,), W(6)), [TOKENS], lambda n, t: n * t * (6 + 12 + 2 + 1 + 6),
    ),
    "softmax of a scalar": (lambda x: x[0, 0].softmax(0), [ROWS], lambda n, t: 1 + 1 + 1),
    "softmax of a weight": (lambda x: x * W(5).softmax(0), [("N", 5)], lambda n, t: 5 * 5 - 2 + 5 * n),
    "log softmax": (lambda x: x.log_softmax(-1), [ROWS], lambda n, t: n * (5 * t - 2) + n * t),
    "cosines": (lambda x, y: functional.cosine_similarity(x, y, -1), [ROWS, ROWS], lambda n, t: 6 * n * t),
    "distances": (lambda x, y: functional.pairwise_distance(x, y, keepdim=True), [ROWS, ROWS],
                  lambda n, t: n * (2 * t + t + t - 1 + 1)),
    "multiplied by a weight": (lambda x: x * W(5), [("N", 5)], lambda n, t: 5 * n),
    "square": (lambda x: x**2, [ROWS], lambda n, t: n * t),
    "cube": (lambda x: x**3, [ROWS], lambda n, t: 2 * n * t),
    "root": (lambda x: x**0.5, [ROWS], lambda n, t: n * t),
    "first power": (lambda x: x**1, [ROWS], lambda n, t: 0),
    "fourth power": (lambda x: x**4, [ROWS], lambda n, t: n * t),
    "two to each": (lambda x: 2**x, [ROWS], lambda n, t: n * t),
    "number from it": (lambda x: 1 - x, [ROWS], lambda n, t: n * t),
    "clamped at one side": (lambda x: x.clamp(min=0), [ROWS], lambda n, t: n * t),
    "clamped by tensors": (lambda x, y: x.clamp(y, y + 1), [ROWS, ROWS], lambda n, t: 3 * n * t),
    "gelu by tanh": (lambda x: functional.gelu(x, approximate="tanh"), [ROWS], lambda n, t: 9 * n * t),
    "gelu of a weight": (lambda x: x + functional.gelu(W(5)), [("N", 5)], lambda n, t: 5 * 5 + 5 * n),
    "prelu of a weight": (
        lambda x: x + functional.prelu(W(2, 5), W(1)), [(3, "T", 2, 5)], lambda n, t: 2 * 10 + 3 * t * 10,
    ),
    "glu of an axis": (lambda x: functional.glu(x, 1), [("N", 8, "T")], lambda n, t: 4 * n * 4 * t),
    "where": (lambda x: torch.where(x > 0, x, 0.0), [ROWS], lambda n, t: n * t),
    "masked fill": (lambda x, y: x.masked_fill(y, 0.0), [ROWS, ("bool", "N", "T")], lambda n, t: 0),
    "a conversion": (lambda x: x.to(torch.float16).type_as(x), [ROWS], lambda n, t: 0),
    "a weight converted": (lambda x: x + W(5, dtype=torch.int64).to(torch.float32), [("N", 5)], lambda n, t: 5 * n),
    "dropout in training": (lambda x: functional.dropout(x, 0.5, True), [ROWS], lambda n, t: 0),
    "rows of a weight at known places": (
        lambda x: x[:, None] + functional.embedding(torch.tensor([0, 1]), W(7, 6)), [("N", 6)], lambda n, t: 12 * n,
    ),
    "shifted bits": (lambda x: (x << 1) | (x >> 2), [("int64", "N", "T")], lambda n, t: 3 * n * t),
}  # fmt: skip


@pytest.mark.parametrize("name", COUNTED)
def test_shape_and_macs_are_those_of_torch_and_operations_those_by_hand(name):
    function, shapes, by_hand = COUNTED[name]
    net = read(function, shapes, name not in UNSEEN)
    for n, t in ((3, 12), (7, 20)):
        values = {s: v for s, v in (("N", n), ("T", t)) if s in net.symbols}
        assert net.evaluate("ops", **values) == by_hand(n, t)


#: By name a function that moves elements or makes new ones, and its inputs: nothing is computed.
MOVED = {
    "view as another type": (lambda x: x.view(torch.int16), [ROWS]),
    "view as a wider type": (lambda x: x.to(torch.float16).view(torch.float32), [("N", 6)]),
    "view of a scalar as another type": (lambda x: x[0, 0].clone().view(torch.int32), [ROWS]),
    "view as another one": (lambda x, y: x.view_as(y), [("N", 4, "T"), ("N", 2, 2, "T")]),
    "a scalar flattened": (lambda x: x[0, 0].flatten(), [ROWS]),
    "squeezed": (lambda x: x[:, :1].squeeze(), [("N", "T", 6)]),
    "squeezed axes": (lambda x: x[None, :, None].squeeze((0, 2)), [ROWS]),
    "turned": (lambda x: x.mT, [TOKENS]),
    "adjoint": (lambda x: x.adjoint(), [TOKENS]),
    "H of a matrix": (lambda x: x.H, [ROWS]),
    "T of a vector": (lambda x: x[0].t(), [ROWS]),
    "axes moved": (lambda x: x.movedim((0, -1), (-1, 1)), [TOKENS]),
    "an axis moved": (lambda x: x.moveaxis(1, -2), [IMAGE]),
    "one alone put together": (lambda x: torch.cat([x]), [ROWS]),
    "with an empty one": (lambda x: torch.cat([x.new_zeros(0), x], 1), [ROWS]),
    "new ones put together": (
        lambda x: torch.where(torch.cat([x.new_ones(1, 1), x.new_ones(1, 4)], 1) > 0, x, x), [("N", 5)],
    ),
    "with a weight": (lambda x: torch.cat([x, W(3, 5)], 0), [("N", 5)]),
    "stack at the end": (lambda x: torch.stack([x, x, x], -1), [ROWS]),
    "narrow": (lambda x: x.narrow(1, 1, 3), [ROWS]),
    "narrow from a tensor": (lambda x: x.narrow(1, torch.tensor(2), 3), [ROWS]),
    "from the end": (lambda x: x.select(1, -2), [ROWS]),
    "split at places": (lambda x: x.tensor_split((2, 4), 1)[2], [ROWS]),
    "split into sizes": (lambda x: x.split([2, 4], 2)[1], [TOKENS]),
    "chunks of six": (lambda x: x.chunk(4, -1)[2], [TOKENS]),
    "apart": (lambda x: x.unbind(2)[3], [TOKENS]),
    "expanded as another": (lambda x, y: x[:, None].expand_as(y), [("N", 6), TOKENS]),
    "broadcast": (lambda x: x[:, None].broadcast_to(-1, 4, -1), [ROWS]),
    "expanded together": (lambda x: torch.broadcast_tensors(x[:, :1], x[:1])[0], [ROWS]),
    "each repeated": (lambda x: x.repeat_interleave(3), [ROWS]),
    "repeated as often as said": (lambda x: x.repeat_interleave(torch.tensor([1, 2, 3]), 1), [("N", 3)]),
    "turned by a half": (lambda x: torch.rot90(x, 2), [ROWS]),
    "turned by a quarter": (lambda x: torch.rot90(x), [ROWS]),
    "copied from another": (lambda x, y: x.clone().copy_(y), [ROWS, (1, "T")]),
    "filled": (lambda x: x.clone().fill_(2.0), [ROWS]),
    "scattered": (lambda x, y: x.scatter(1, y, 0.0), [ROWS, IDS]),
    "a diagonal of a vector": (lambda x: torch.diag(x[0]), [ROWS]),
    "a diagonal of a matrix": (lambda x: torch.diag(x, 1), [ROWS]),
    "diagonals as matrices": (lambda x: torch.diag_embed(x, -1), [ROWS]),
    "diagonals as first axes": (lambda x: torch.diag_embed(x, 0, 0, 2), [ROWS]),
    "complex and back": (lambda x: torch.view_as_real(torch.view_as_complex(x)), [("N", "T", 2)]),
    "a real part": (lambda x: torch.view_as_complex(x).conj().real, [("N", "T", 2)]),
    "polar": (lambda x: torch.polar(x, x).real, [ROWS]),
    "windows of an axis": (lambda x: x.unfold(-1, 3, 2), [ROWS]),
    "channels shuffled": (lambda x: torch.channel_shuffle(x, 2), [IMAGE]),
    "pixels of one image": (lambda x: functional.pixel_shuffle(x, 2), [ONE]),
    "pixels back of one image": (lambda x: functional.pixel_unshuffle(x[:, :8, :6], 2), [ONE]),
    "nearest along one axis": (lambda x: functional.interpolate(x, scale_factor=3), [("N", 4, "T")]),
    "nearest along three axes": (lambda x: functional.interpolate(x[:, :, None], scale_factor=2), [IMAGE]),
    "exactly nearest": (lambda x: functional.interpolate(x, (5, 6), mode="nearest-exact"), [IMAGE]),
    "unfolded with a stride": (lambda x: functional.unfold(x, (3, 2), (2, 1), (1, 0), (1, 2)), [IMAGE]),
    "at places of two axes": (lambda x: x[[0, 1], :, [1, 2]], [IMAGE]),
    "at places of two neighbours": (lambda x: x[:, [0, 1], [1, 2]], [IMAGE]),
    "at places of another": (lambda x, y: x[:, y], [(3, 8), IDS]),
    "taken": (lambda x, y: x.take(y), [ROWS, IDS]),
    "taken along no axis": (lambda x, y: x.take_along_dim(y), [ROWS, IDS]),
    "put at places": (lambda x: x.index_put((torch.tensor([0, 1]),), x[:2]), [ROWS]),
    "rows of a table": (lambda x: functional.embedding(torch.tensor([0, 2, 1]), x), [("T", 6)]),
    "rows of a table at inputs": (lambda x, y: functional.embedding(y, x), [("T", 6), IDS]),
    "padded by replication": (lambda x: functional.pad(x, (1, 2), mode="replicate"), [("N", 4, "T")]),
    "padded by reflection": (lambda x: functional.pad(x, (1, 2), mode="reflect"), [("N", 4, "T")]),
    "padded channels": (lambda x: functional.pad(x, (0, 0, 0, 0, 1, 1)), [IMAGE]),
    "padded volumes": (lambda x: functional.pad(x[:, :, None], (1, 1, 2, 2, 1, 1), mode="replicate"), [IMAGE]),
    "masks that are known": (lambda x: x[torch.tensor([[True, False], [True, True]])], [(2, 2, "T")]),
    "classes that are said": (lambda x: functional.one_hot(x, 7), [IDS]),
    "a mask that is known": (lambda x: x[:, torch.tensor([True, False, True])], [("N", 3)]),
}  # fmt: skip


@pytest.mark.parametrize("name", MOVED)
def test_what_moves_elements_has_the_shape_that_torch_makes_and_costs_nothing(name):
    assert read(*MOVED[name]).cost("ops") == 0
