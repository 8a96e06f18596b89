"""Modules by name: what a factory of one's own may make, the example for its forward, and what a name says wrongly."""

import sys

import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

FACTORIES = """
import torch
from torch import nn

class Takes(nn.Module):
    def __init__(self, layer, inputs=None):
        super().__init__()
        self.layer = layer
        if inputs is not None:
            self.example_inputs = inputs
    def forward(self, x):
        return self.layer(x)

class Two(nn.Module):
    def forward(self, one, two):
        return one + two

class Zero(nn.Module):
    def forward(self):
        return torch.ones(3)

class Outer:
    class Inner(nn.Linear):
        def __init__(self):
            super().__init__(3, 4)

def words():
    return Takes(nn.Embedding(50, 6))

def features():
    return Takes(nn.Linear(7, 2))

def wave():
    return Takes(nn.Conv1d(2, 3, 5))

def volume():
    return Takes(nn.Conv3d(2, 3, 3))

def positional():
    return Two(), (torch.empty(1, 5), torch.empty(1, 5))

def by_name():
    return Two(), {"one": torch.empty(1, 5), "two": torch.empty(1, 5)}

def both():
    return Two(), (torch.empty(1, 5),), {"two": torch.empty(1, 5)}

def made_when_asked():
    return Takes(nn.Linear(7, 2), lambda: torch.empty(1, 7))

def nothing_known():
    return Takes(nn.ReLU())

def none_taken():
    return Zero()

def empty():
    return ()

class Fails:
    def __call__(self):
        raise KeyError("no luck")

instance = Fails()
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    (tmp_path / "their_models.py").write_text(FACTORIES)
    (tmp_path / "raising_models.py").write_text("raise OSError('no disk')\n")
    monkeypatch.chdir(tmp_path)
    before = list(sys.path)
    yield tmp_path
    assert sys.path == before
    for name in ("their_models", "raising_models"):
        sys.modules.pop(name, None)


#: By the name of a factory what its network is called with, the sizes of the network, and the macs at them.
MADE = {
    "words": ("N×T", {"N": 3, "T": 5}, 0),
    "features": ("N×7", {"N": 3}, 3 * 14),
    "wave": ("N×2×1024", {"N": 3}, 3 * 1020 * 30),
    "volume": ("N×2×depth×H×W", {"N": 2, "depth": 4, "H": 5, "W": 6}, 2 * 2 * 3 * 4 * 6 * 27),
    "positional": ("N×5", {"N": 3}, 0),
    "by_name": ("N×5", {"N": 3}, 0),
    "both": ("N×5", {"N": 3}, 0),
    "made_when_asked": ("N×7", {"N": 3}, 42),
    "Outer.Inner": ("N×3", {"N": 5}, 60),
}


@pytest.mark.parametrize("name", MADE)
def test_an_example_is_made_for_what_the_first_layer_reads(place, name):
    import symconv as sc

    net = sc.load(f"torch:their_models:{name}")
    shape, at, macs = MADE[name]
    assert str(next(iter(net.inputs.values()))) == shape
    assert net.evaluate("macs", **at) == macs


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("torch:their_models:nothing_known", 2, "takes x: say their shapes, --input x=1,3,224,224"),
        ("torch:their_models:none_taken", 2, "takes no tensor: say their shapes"),
        ("torch:their_models:Two", 2, "takes one, two: say their shapes, --input one="),
        ("torch:their_models:empty", 1, "empty makes tuple, and no torch module"),
        ("torch:their_models:instance", 1, "instance fails: KeyError: 'no luck'"),
        ("torch:their_models:Outer.Iner", 2, "did you mean Inner?"),
        ("torch:raising_models:make", 1, "raising_models cannot be imported: OSError: no disk"),
        ("torch::make", 2, "torch:package.module:factory is wanted"),
    ],
)
def test_what_a_name_does_not_say(place, name, code, said):
    from command import run

    found = run("show", name)
    assert (found.code, found.out) == (code, ""), found
    assert said in found.err
    assert "Traceback" not in found.err


def test_a_package_that_fails_while_a_model_is_built_is_named(monkeypatch):
    import symconv as sc
    from symconv.readers.torch import named

    monkeypatch.setattr(named, "_timm", lambda _: 1 // 0)
    with pytest.raises(sc.SymconvError, match="timm:x cannot be built: ZeroDivisionError"):
        named.named("timm:x")
