"""Sizes that a program puts into small tensors and computes with there: what it makes of them is in the formula."""

import math

import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from readers.torch.test_overloads import ROWS, read  # noqa: E402

tensor = torch.tensor

#: By name a number that a program makes of rows n and columns t.
NUMBERS = {
    "a difference": lambda n, t: (tensor([n, t]) - tensor(1))[1],
    "from a number": lambda n, t: 3 * t - tensor(t),
    "a multiple less": lambda n, t: torch.sub(tensor(3 * t), tensor(t), alpha=2),
    "a sum of multiples": lambda n, t: torch.add(tensor(n), tensor(t), alpha=2),
    "a quotient": lambda n, t: torch.div(tensor([t, n]), 2, rounding_mode="floor")[0] + 1,
    "a truncated quotient": lambda n, t: torch.div(tensor(t), 2, rounding_mode="trunc") + 1,
    "a rest": lambda n, t: tensor(t) % 3 + 1,
    "a negative one": lambda n, t: tensor(-t).neg(),
    "a square": lambda n, t: tensor(n) ** 2,
    "a ceiling": lambda n, t: (tensor(t) / 2).ceil().int(),
    "a floor": lambda n, t: (tensor(t) / 2).floor().long() + 1,
    "rounded": lambda n, t: (tensor(t) * 1.0).round().to(torch.int64),
    "truncated": lambda n, t: (tensor(t) / 4).trunc().long() + 1,
    "stacked": lambda n, t: torch.stack([tensor(n), tensor(t)], 0)[1],
    "put together": lambda n, t: torch.cat([tensor([n]), tensor([t])])[1],
    "apart": lambda n, t: tensor([n, t]).unbind()[1],
    "with an axis and without": lambda n, t: tensor([n]).unsqueeze(0).squeeze(),
    "a product": lambda n, t: tensor([n, t]).prod(),
    "a sum": lambda n, t: tensor([n, t]).sum(),
    "a sum along an axis": lambda n, t: tensor([[n, t]]).sum(1)[0],
    "the largest of sizes alike": lambda n, t: torch.maximum(tensor(t), tensor(t + 1)),
    "the least of sizes alike": lambda n, t: torch.minimum(tensor(t), tensor(t + 1)),
    "turned": lambda n, t: tensor([n, t]).flip(0)[0],
    "seen as rows": lambda n, t: tensor([n, t]).view(2, 1)[1, 0],
    "reshaped": lambda n, t: tensor([[n], [t]]).reshape(2)[1],
    "repeated": lambda n, t: tensor([n, t]).repeat_interleave(2)[3],
    "expanded": lambda n, t: tensor([t]).expand(2, 3)[1, 2],
    "running sums": lambda n, t: tensor([n, t]).cumsum(0)[1],
    "a part": lambda n, t: tensor([1, n, t])[1:][-1],
    "detached": lambda n, t: tensor(t).detach().clone().contiguous(),
    "a new type": lambda n, t: tensor(t).float().type_as(tensor(1)),
    "seen as a number": lambda n, t: torch.as_tensor(t).item(),
    "through a float": lambda n, t: int(float(tensor(t)) / 2) + 1,
}


@pytest.mark.parametrize("name", NUMBERS)
def test_a_size_in_a_tensor_is_in_the_formula(name):
    net = read(lambda x: x.new_ones(int(NUMBERS[name](*x.shape))) * x.sum(), [ROWS])
    assert {"N", "T"} & net.symbols.keys()


#: The same with Python's own numbers and functions, and those of torch for sizes.
PYTHON = {
    "the root of a square": lambda n, t: int(math.sqrt(t * t)),
    "the greatest divisor": lambda n, t: math.gcd(2 * t, 4 * t),
    "the largest": lambda n, t: max([t, t + 2]),
    "the least": lambda n, t: min(t + 1, t + 3),
    "the largest by a key": lambda n, t: max((t, 1), key=lambda x: -x) + t,
    "an absolute one": lambda n, t: abs(-t),
    "as a float": lambda n, t: int(float(t) / 2) + 1,
    "both of a division": lambda n, t: sum(divmod(t + 7, 7)),
    "a power": lambda n, t: n**2,
    "torch's whole number": lambda n, t: torch.sym_int(t / 2) + 1,
    "torch's largest": lambda n, t: torch.sym_max(t, t + 1),
    "torch's float": lambda n, t: int(torch.sym_float(t) * 2),
    "as many rounds": lambda n, t: sum(1 for _ in range(4)) + t,
    "an index": lambda n, t: len(range(3)) * t,
    "a negative one": lambda n, t: +(0 - (-t)),
    "from a number on the left": lambda n, t: 100 - t,
    "a number over it": lambda n, t: 840 // t,
    "a floor": lambda n, t: math.floor(t / 2) + 1,
    "a ceiling": lambda n, t: math.ceil(t / 2),
    "truncated": lambda n, t: math.trunc(t / 2) + 1,
    "rounded": lambda n, t: round(t / 1),
    "a product": lambda n, t: math.prod((n, t)),
    "bits": lambda n, t: (t << 1) >> 1,
    "as a truth": lambda n, t: t if t else 1,
    "times a truth": lambda n, t: t * (t > 2),
    "over a half": lambda n, t: int(t / 0.5),
    "a float's floor": lambda n, t: int((t + 0.0) // 1),
}


@pytest.mark.parametrize("name", PYTHON)
def test_python_s_own_arithmetic_is_in_the_formula(name):
    net = read(lambda x: x.new_ones(PYTHON[name](*x.shape)) * x.sum(), [ROWS])
    assert {"N", "T"} & net.symbols.keys()


def test_a_number_that_no_formula_has_fixes_the_size():
    import symconv as sc
    from readers.torch.test_overloads import Calls

    own = Calls(lambda x: x.sum() * x.new_ones(math.factorial(x.shape[1]) % 7 + 2))
    net = sc.load(own, inputs=torch.empty(2, 5), dims={"x": ROWS})
    assert [c.text() for c in net.domain.conditions] == ["T = 5"]
    assert net.output.shape == (3,)
