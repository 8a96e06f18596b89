"""Tensors that a program makes by sizes, and what it takes by known values: their shapes as torch makes them."""

import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402

from readers.torch.test_overloads import IDS, IMAGE, ROWS, TOKENS, W, read  # noqa: E402

#: By name what is made of the rows and columns of an input.
MADE = {
    "eye": lambda n, t: torch.eye(n, t),
    "square eye": lambda n, t: torch.eye(t),
    "permutation": lambda n, t: torch.randperm(t),
    "window": lambda n, t: torch.hann_window(t) * torch.hamming_window(t, periodic=False),
    "lower triangle": lambda n, t: torch.tril_indices(t, t),
    "below the diagonal": lambda n, t: torch.tril_indices(t, t, -2),
    "up to above the diagonal": lambda n, t: torch.tril_indices(t, t, 2),
    "upper triangle": lambda n, t: torch.triu_indices(t, t, 1),
    "zeros like": lambda n, t: torch.zeros_like(torch.empty(n, t)),
    "strided": lambda n, t: torch.empty_strided((n, t), (t, 1)).zero_(),
    "line": lambda n, t: torch.linspace(0, 1, t),
    "powers": lambda n, t: torch.logspace(0, 1, n),
    "random": lambda n, t: torch.randn(t, n).uniform_(),
    "every second": lambda n, t: torch.arange(1, 2 * t, 2),
    "in halves": lambda n, t: torch.arange(0, t, 0.5),
    "by a half": lambda n, t: torch.arange(t / 2),
    "by the rows": lambda n, t: torch.arange(0, n * t, n),
    "floats": lambda n, t: torch.arange(0.0, float(t)),
    "backwards": lambda n, t: torch.arange(t, 0, -1),
    "backwards from the rows": lambda n, t: torch.arange(n + 2 * t, n, -3),
    "grid": lambda n, t: torch.meshgrid(torch.arange(n), torch.arange(t), indexing="ij")[1],
    "grid of columns and rows": lambda n, t: torch.meshgrid(torch.arange(n), torch.arange(t), indexing="xy")[0],
    "pairs": lambda n, t: torch.cartesian_prod(torch.arange(n), torch.arange(t)),
    "sums of what is new": lambda n, t: torch.ones(n, t, dtype=torch.int64).cumsum(1).max(1)[0],
    "largest of what is new": lambda n, t: torch.arange(t * n).view(n, t).topk(2, 1)[0],
    "buckets of positions": lambda n, t: torch.bucketize(torch.arange(t), torch.tensor([1, 3])),
    "resized positions": lambda n, t: functional.interpolate(torch.arange(float(t)).view(1, 1, -1), size=2 * n),
    "padded positions": lambda n, t: functional.pad(torch.arange(t), (1, n)),
    "diagonal": lambda n, t: torch.ones(t).diag(1),
    "expanded": lambda n, t: torch.arange(t)[None].expand(n, -1),
}


@pytest.mark.parametrize("name", MADE)
def test_a_tensor_made_by_sizes_has_the_shape_of_its_run(name):
    assert read(lambda x: x.sum() * MADE[name](*x.shape), [ROWS]).symbols.keys() == {"N", "T"}


#: What pins a size, with the inputs.
KNOWN = {
    "a triangle that is not square": (lambda x: x.sum() * torch.tril_indices(5, 3), [ROWS]),
    "a table's own rows": (lambda x: x + functional.embedding(torch.arange(5), W(9, 1))[:, 0], [("N", 5)]),
    "how often there is each": (lambda x: x.sum() * torch.bincount(torch.tensor([0, 3, 3])), [ROWS]),
    "classes of known ids": (lambda x: x[:, None] * functional.one_hot(torch.tensor([1, 4])), [(2, 5)]),
    "masks of two axes": (
        lambda x: x[torch.tensor([True, False]), torch.tensor([True, False, True])[:1]], [(2, 1)],
    ),
    "as a matrix turned": (lambda x: x.T, [ROWS]),
    "a product of one": (lambda x: torch.cartesian_prod(x[0]), [ROWS]),
    "windows of a signal": (
        lambda x: torch.view_as_real(torch.stft(x, 4, 2, window=W(4), center=False, return_complex=True)), [ROWS],
    ),
    "two-sided windows of a signal": (
        lambda x: torch.stft(x, 4, window=W(4), onesided=False, return_complex=True).real, [ROWS],
    ),
    "groups by their own matrix": (lambda x: x @ W(6, 3), [TOKENS]),
    "a part put into another": (lambda x, y: x.slice_scatter(y, 1, 0, 3), [("N", 5), ("N", 3)]),
    "a place put into another": (lambda x, y: x.select_scatter(y, 1, 0), [("N", 5), ("N",)]),
    "a number at places": (lambda x: x.index_fill(1, torch.tensor([0, 2]), 1.0), [("N", 5)]),
    "rows at places": (lambda x, y: x.index_copy(0, torch.tensor([1]), y), [(3, "T"), (1, "T")]),
    "added at places": (lambda x, y: x.scatter_add(1, y, x[:, :3]), [("N", 5), IDS]),
    "a mean at places": (lambda x, y: x.scatter_reduce(1, y, x[:, :3], "mean"), [("N", 5), IDS]),
    "the largest at places": (lambda x, y: x.scatter_reduce(1, y, x[:, :3], "amax"), [("N", 5), IDS]),
    "a product at places": (
        lambda x: x.index_reduce(0, torch.tensor([0, 0]), x[:2], "prod"), [(2, "T")],
    ),
    "put and added": (lambda x: x.index_put((torch.tensor([0, 1]),), x[:2], accumulate=True), [(2, "T")]),
    "bags of ids by offsets": (
        lambda x: functional.embedding_bag(x, W(9, 4), torch.tensor([0, 2]), mode="max"), [("int64", 5)],
    ),
    "sums of bags": (lambda x: functional.embedding_bag(x, W(9, 4), mode="sum"), [IDS]),
    "a norm apart from its direction": (lambda x: functional.linear(x, torch._weight_norm(W(4, 6), W(4, 1))), [TOKENS]),
    "a norm of all": (lambda x: functional.linear(x, torch._weight_norm(W(4, 6), W(1, 1), 1)), [TOKENS]),
    "moved to the last axis": (lambda x: x.movedim(1, -1), [IMAGE]),
}  # fmt: skip


@pytest.mark.parametrize("name", KNOWN)
def test_what_values_say_has_the_shape_of_its_run(name):
    assert read(*KNOWN[name], seen="signal" not in name).nodes


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda x: x[x > 0], "index makes a tensor whose shape depends on the values of another one"),
        (lambda x: x.masked_select(x > 0), "depends on"),
        (lambda x: x.unique(), "depends on"),
        (lambda x: x[:, : int(x.sum())], "reads a value that depends on data"),
        (lambda x: x.repeat_interleave(x[0].long(), 1), "depends on"),
        (lambda x: x if x.allclose(x + 1) else x * 2, "reads a value that depends on data"),
        (lambda x: x @ x, "the module itself fails on inputs of"),
    ],
)
def test_what_hangs_on_data_or_fails_is_a_clear_error(function, said):
    import symconv as sc

    class Own(nn.Module):
        def forward(self, x):
            return function(x)

    with pytest.raises(sc.SymconvError, match=said):
        sc.load(Own(), inputs=torch.empty(2, 5), dims={"x": ROWS})


def test_an_operator_without_a_rule_has_a_named_cost_and_named_extents():
    import symconv as sc

    class Own(nn.Module):
        def forward(self, x):
            return torch.special.i0(x) * 2

    net = sc.load(Own(), inputs=torch.empty(2, 5), dims={"x": ROWS})
    assert "cost[special_i0]" in net.symbols
    assert any(s.endswith("special_i0.dim1") for s in net.symbols)
    fixed = sc.load(Own(), inputs=torch.empty(2, 5), dims={"x": (2, 5)})
    assert fixed.output.shape == (2, 5)
