"""What a module keeps in itself while it runs is as it was, and what cannot be read as a module is said."""

import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402


class Kept:
    """A thing of one's own in a module."""

    def __init__(self):
        self.table = [1, 2]

    def __deepcopy__(self, memo):
        raise ValueError("there is one alone")


class Keeps(nn.Module):
    """A module that changes its lists, its dictionaries and its attributes while it runs, in four ways."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)
        self.shared = self.linear.weight
        self.tables = [torch.ones(4), [torch.ones(2), {"deep": torch.ones(3)}]]
        self.seen, self.known, self.rounds, self.constant = [], {"none": None}, 0, "a"

    def forward(self, x):
        self.seen.append(x.shape)
        self.known["last"] = x
        self.rounds += 1
        self.fresh = x * 2
        return self.linear(x) + self.tables[0] + self.tables[1][1]["deep"].sum() * self.constant.count("a")


def test_what_a_module_keeps_is_as_it_was():
    from symconv.readers.torch import read_torch

    own = Keeps()
    net = read_torch(own, torch.ones(2, 4)).network
    assert net.evaluate("macs", N=5) == 5 * 16
    assert net.evaluate("params") == 20
    assert (own.seen, own.known, own.rounds, hasattr(own, "fresh")) == ([], {"none": None}, 0, False)
    assert own.linear.weight.device.type == own.tables[0].device.type == "cpu"


def test_a_module_that_cannot_be_copied_says_so():
    import symconv as sc
    from symconv.readers.torch import read_torch

    own = nn.Sequential(nn.Linear(4, 4))
    own.kept = Kept()
    with pytest.raises(sc.SymconvError, match="Sequential cannot be copied: ValueError: there is one alone"):
        read_torch(own, torch.ones(2, 4))


def test_what_is_no_module_says_so():
    import symconv as sc
    from symconv.readers.torch import read_torch

    with pytest.raises(sc.SymconvError, match=r"7 is no torch module: an instance of torch\.nn\.Module is wanted"):
        read_torch(7, torch.ones(2, 4))
