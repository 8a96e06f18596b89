"""What a program asks of tensors in Python: shapes at sizes that were not read are torch's, or the size is fixed."""

import numpy as np
import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from readers.torch.test_overloads import ROWS, Calls, W, read  # noqa: E402
from symconv.errors import DomainError  # noqa: E402

#: By name a function that is right at all sizes, and its inputs.
EVERYWHERE = {
    "a shape twice": (lambda x: x.new_zeros(x.shape * 2) + x, [ROWS]),
    "a shape behind another": (lambda x: x.new_zeros((2, *(x.shape[:1] + x.shape[1:]))) + x, [ROWS]),
    "a shape's product and sum by NumPy": (lambda x: x.new_zeros(np.prod(x.shape), np.sum(x.shape)) + x.sum(), [ROWS]),
    "as many rows as it has": (lambda x: x.new_zeros(len(x) + 1, 3) + x.sum(), [ROWS]),
    "moved to where it is": (lambda x: x.cpu() + 1, [ROWS]),
    "a shape as NumPy's array": (lambda x: x.new_zeros(int(torch.tensor(x.shape).numpy()[1]), 2) + x.sum(), [ROWS]),
    "a size as a truth in a tensor": (lambda x: x if torch.tensor(x.shape[0]).to(torch.bool) else x[:1], [ROWS]),
    "a size as a truth": (lambda x: x if bool(torch.tensor(x.shape[0])) else x[:1], [ROWS]),
    "filled with a size": (lambda x: torch.full((x.shape[1],), x.shape[0]) * x.sum(), [ROWS]),
    "filled with a share": (lambda x: torch.full((x.shape[1],), x.shape[0] / 3) * x.sum(), [ROWS]),
    "positions in steps of a size": (lambda x: x[:, :1] + torch.arange(0, x.shape[1] * 3, x.shape[1]), [ROWS]),
    "positions to an end that is in": (lambda x: x[:, :1] + torch.range(1, 9, 2), [ROWS]),
    "positions repeated as said": (lambda x: x.sum() + torch.repeat_interleave(torch.tensor([1, 2, 3])), [ROWS]),
    "of all as often as said": (lambda x: x[:1, :2].repeat_interleave(torch.tensor([1, 2])), [ROWS]),
    "inner of three axes": (lambda x: torch.inner(x, W(3, 4, 5)), [("N", 5)]),
    "a norm apart from a weight": (lambda x: x @ torch._weight_norm(W(5, 4), W(5, 1), 0), [("N", 5)]),
    "normalised over channels alone": (lambda x: torch.nn.functional.group_norm(x, 2), [("N", 4)]),
}


@pytest.mark.parametrize("name", EVERYWHERE)
@pytest.mark.filterwarnings("ignore:torch.range is deprecated")
def test_what_is_asked_is_right_at_other_sizes(name):
    function, shapes = EVERYWHERE[name]
    read(function, shapes, seen=name != "inner of three axes")


def sizes(function):
    """The network of a function of two rows of five, and the sizes among some at which it is right: all it has."""
    import symconv as sc

    module = Calls(function)
    net = sc.load(module, inputs=torch.ones(2, 5), dims={"x": ROWS})
    found = []
    for n in (1, 2, 3, 7):
        for t in (1, 4, 5, 6, 7, 13, 30):
            try:
                output = net.substitute(N=n, T=t).output.shape
                net.evaluate("macs", N=n, T=t)
            except DomainError:
                continue
            assert output == module(torch.ones(n, t)).shape, (n, t)
            found.append((n, t))
    return found


#: By name a function of which other sizes are no part, and those that are.
FIXED = {
    "positions at tenths": (lambda x: x.sum() + torch.arange(0, x.shape[1] / 3, 0.1), 5),
    "a mask that is known": (lambda x: x[:, torch.ones(x.shape[1], dtype=torch.bool)], 5),
    "as often as a list says": (lambda x: x.repeat_interleave(torch.tensor([1] * x.shape[1]), 1), 5),
    "NumPy's running sums": (lambda x: x.new_zeros(int(np.cumsum(x.shape)[1]), 3) + x.sum(), 5),
}


@pytest.mark.parametrize("name", FIXED)
def test_what_has_no_formula_fixes_a_size(name):
    function, t = FIXED[name]
    found = sizes(function)
    assert (2, t) in found
    assert (2, 30) not in found


@pytest.mark.parametrize(
    "function",
    [lambda x, y: x[:, : int(y.max())], lambda x, y: x[:, : int(y[0])], lambda x, y: x[:, : y.tolist()[0]]],
)
def test_values_of_an_input_that_are_read_are_said_to_be_those_of_the_example(function):
    import symconv as sc

    inputs = torch.ones(2, 5), torch.tensor([3, 2])
    net = sc.load(Calls(function), inputs=inputs, dims={"x": ROWS, "y": (None,)})
    assert net.substitute(N=7, T=30).output.shape == Calls(function)(torch.ones(7, 30), inputs[1]).shape == (7, 3)
    (said,) = net.notes
    assert said.startswith("the values of a tensor, read by ")
    assert said.endswith(", are those of the example")
    assert list(net.notes.values()) == [["the module itself"]]
    assert str(net.domain) == "T ≥ 3"


def test_an_axis_of_one_is_expanded_where_it_is_one():
    import symconv as sc

    net = sc.load(Calls(lambda x: x.expand(3, 4)), inputs=torch.ones(3, 1), dims={"x": ROWS})
    assert [c.text() for c in net.domain.conditions] == ["N = 3", "T = 1"]
    with pytest.raises(DomainError):
        net.evaluate("macs", N=3, T=2)


class Starred(torch.nn.Module):
    def forward(self, *xs, **more):
        return sum(xs) + sum(more.values())


@pytest.mark.parametrize(
    ("inputs", "kwargs", "names"),
    [
        ((torch.ones(2, 3),), {}, ["xs"]),
        ((torch.ones(2, 3), torch.ones(2, 3)), {}, ["xs/0", "xs/1"]),
        ((torch.ones(2, 3),), {"bias": torch.ones(2, 3), "scale": torch.ones(2, 3)}, ["xs", "bias", "scale"]),
    ],
)
def test_inputs_of_stars_have_the_names_that_they_are_given(inputs, kwargs, names):
    import symconv as sc

    net = sc.load(Starred(), inputs=inputs, kwargs=kwargs)
    assert list(net.inputs) == names
    assert net.evaluate("ops", N=5) == 15 * (len(inputs) + len(kwargs) + 1)  # each to a sum from 0, and the sums
