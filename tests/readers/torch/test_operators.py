"""Single operators: their shapes and macs as torch has them at further sizes, and their other work counted by hand."""

import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

ROWS, TOKENS = ("N", "T"), ("N", "T", None)
IDS = torch.zeros(2, 3, dtype=torch.int64)


class Calls(nn.Module):
    """A module that does one thing with up to three tensors."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x, y=None, z=None):
        return self.function(*(v for v in (x, y, z) if v is not None))


def image(*shape):
    return torch.empty(shape, device="meta")


#: By name a function, its inputs, the names of their axes, and the operations at N and T, counted by hand.
OPERATORS = {
    "kron": (torch.kron, [(2, 5), (3, 4)], {"x": ROWS}, lambda n, t: 12 * n * t),
    "kron of a vector": (torch.kron, [(2, 5), (3,)], {"x": ROWS}, lambda n, t: 3 * n * t),
    "inner": (torch.inner, [(2, 5, 6), (3, 7, 6)], {"x": TOKENS}, lambda n, t: 2 * n * t * 21 * 6),
    "vecdot": (torch.linalg.vecdot, [(2, 5, 6)] * 2, {"x": TOKENS, "y": TOKENS}, lambda n, t: 2 * n * t * 6),
    "vecdot along another axis": (
        lambda x, y: torch.linalg.vecdot(x, y, dim=1), [(2, 6, 5)] * 2,
        {"x": ("N", None, "T"), "y": ("N", None, "T")}, lambda n, t: 2 * n * t * 6,
    ),
    "addbmm": (
        torch.addbmm, [(5, 7), (2, 5, 6), (2, 6, 7)], {"x": ("T", None), "y": TOKENS, "z": ("N", None, None)},
        lambda n, t: 2 * n * t * 6 * 7 + t * 7,
    ),
    "baddbmm of a scale": (
        lambda x, y, z: torch.baddbmm(x, y, z, beta=0, alpha=0.5), [(2, 5, 7), (2, 5, 6), (2, 6, 7)],
        {"x": TOKENS, "y": TOKENS, "z": ("N", None, None)}, lambda n, t: 2 * n * t * 6 * 7 + n * t * 7,
    ),
    "add of a multiple": (lambda x: torch.add(x, x, alpha=2), [(2, 5)], {"x": ROWS}, lambda n, t: 2 * n * t),
    "column_stack": (lambda x: torch.column_stack([x[0], x[0]]), [(2, 5)], {"x": ROWS}, lambda n, t: 0),
    "dstack of vectors": (lambda x: torch.dstack([x[0], x[0]]), [(2, 5)], {"x": ROWS}, lambda n, t: 0),
    "dstack of matrices": (lambda x: torch.dstack([x, x]), [(2, 5)], {"x": ROWS}, lambda n, t: 0),
    "vstack of vectors": (lambda x: torch.vstack([x[0], x[0]]), [(2, 5)], {"x": ROWS}, lambda n, t: 0),
    "hstack": (lambda x: torch.hstack([x, x]), [(2, 5)], {"x": ROWS}, lambda n, t: 0),
    "diff": (lambda x: x.diff(n=2), [(2, 5)], {"x": ROWS}, lambda n, t: n * (t - 1) + n * (t - 2)),
    "diff with more": (lambda x: x.diff(prepend=x), [(2, 5)], {"x": ROWS}, lambda n, t: n * (2 * t - 1)),
    "aminmax": (lambda x: torch.aminmax(x, dim=1), [(2, 5)], {"x": ROWS}, lambda n, t: 2 * n * (t - 1)),
    "norm of order 3": (
        lambda x: torch.linalg.vector_norm(x, 3, dim=1), [(2, 5)], {"x": ROWS},
        lambda n, t: 2 * n * t + n * (t - 1) + n,
    ),
    "norm of order −∞": (
        lambda x: torch.linalg.vector_norm(x, -float("inf"), dim=1), [(2, 5)], {"x": ROWS},
        lambda n, t: n * t + n * (t - 1),
    ),
    "mean absolute error": (nn.functional.l1_loss, [(2, 5)] * 2, {"x": ROWS, "y": ROWS}, lambda n, t: 3 * n * t),
    "squared error, added up": (
        lambda x, y: nn.functional.mse_loss(x, y, reduction="sum"), [(2, 5)] * 2, {"x": ROWS, "y": ROWS},
        lambda n, t: 2 * n * t + n * t - 1,
    ),
    "places along an axis, for all rows": (
        lambda x, y: x.take_along_dim(y, 1), [(2, 5), IDS[:1]], {"x": ROWS, "y": (1, 3)}, lambda n, t: 0,
    ),
    "put onto others": (
        lambda x: x.new_zeros(x.shape[0], 3).index_add(1, torch.zeros(x.shape[1], dtype=torch.int64), x),
        [(2, 5)], {"x": ROWS}, lambda n, t: n * t,
    ),
    "affine grid": (
        lambda x: nn.functional.affine_grid(x[:, :, :3], (x.shape[0], 1, 4, 5), False), [(2, 2, 7)],
        {"x": ("N", None, "T")}, lambda n, t: n * 4 * 5 * 2 * 2 * 2,
    ),
    "fold": (
        lambda x: nn.functional.fold(x.reshape(x.shape[0], -1, 12), (8, 6), 2, stride=2), [(2, 12, 16)],
        {"x": ("N", None, "T")}, lambda n, t: n * 12 * t,
    ),
    "the product of one": (lambda x: torch.cartesian_prod(x[0]), [(2, 5)], {"x": ROWS}, lambda n, t: 0),
    "ones that are not zero": (
        lambda x: x * torch.ones(x.shape[1]).nonzero().shape[0], [(2, 5)], {"x": ("N", None)}, lambda n, t: n * 5,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OPERATORS)
def test_torch_agrees_and_so_does_a_count_by_hand(name):
    from symconv.verifying import verify

    function, given, dims, by_hand = OPERATORS[name]
    inputs = tuple(v if isinstance(v, torch.Tensor) else image(*v) for v in given)
    report = verify(Calls(function), inputs=inputs, dims=dims)
    assert report.wrong is None, str(report.wrong)
    assert len(report.points) >= 3
    assert all(not p.failed for p in report.points), [p.failed for p in report.points]
    net = report.network
    for n, t in ((3, 12), (7, 20)):
        values = {s: v for s, v in (("N", n), ("T", t)) if s in net.symbols}
        assert net.evaluate("ops", **values) == by_hand(n, t)


def test_a_recurrent_layer_of_relu_has_no_tanh():
    import symconv as sc

    def count(kind):
        own = nn.RNN(6, 5, nonlinearity=kind, batch_first=True)
        net = sc.load(own, inputs=image(2, 9, 6), dims={"input": TOKENS})
        return {p: str(c) for node in net.nodes for p, c in node.count.operations.items()}

    relu, tanh = count("relu"), count("tanh")
    assert (relu.get("max"), relu.get("tanh")) == ("5·N·T", None)
    assert (tanh.get("max"), tanh.get("tanh")) == (None, "5·N·T")


def test_unknown_costs_are_equal_only_where_all_that_is_asked_for_is():
    import symconv as sc

    def costs(function):
        return sorted(s for s in sc.load(Calls(function), inputs=image(2, 9, 9)).symbols if s.startswith("cost["))

    assert costs(lambda x: x.topk(2)[0].sum() + x.topk(4)[0].sum()) == ["cost[topk 2]", "cost[topk]"]
    assert costs(lambda x: x.sort(1)[0] + x.sort(2)[0]) == ["cost[sort 2]", "cost[sort]"]
    assert costs(lambda x: x.sort(1)[0] + (x + 1).sort(1)[0]) == ["cost[sort]"]
    assert costs(lambda x: torch.linalg.norm(x[0], 2) + torch.linalg.norm(x[0])) == ["cost[linalg_norm]"]


def test_what_a_mask_of_ones_shows_fixes_its_size():
    import symconv as sc

    net = sc.load(Calls(lambda x: x.sum() + torch.ones(x.shape[1]).nonzero()), inputs=image(2, 5), dims={"x": ROWS})
    assert [c.text() for c in net.domain.conditions] == ["T = 5"]


def test_an_operator_that_cannot_be_said_names_its_module_once():
    import symconv as sc

    with pytest.raises(sc.SymconvError, match=r"^the module itself: (?!the module itself)"):
        sc.load(Calls(lambda x: x.nonzero()), inputs=image(2, 5))
