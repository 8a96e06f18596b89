"""What cannot be read is a clear error that names the module, and a command that is wrong exits with 1 or 2."""

import sys

import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402


def image(*shape):
    return torch.empty(shape, device="meta")


class Inner(nn.Module):
    def __init__(self, what):
        super().__init__()
        self.what, self.conv, self.turn = what, nn.Conv2d(3, 999, 3), 0

    def forward(self, x):
        y = self.conv(x)
        if self.what == "value" and y.sum() > 0:
            return y
        if self.what == "item":
            return y[:, :, : int(y.max().item())]
        if self.what == "nonzero":
            return y[y > 0]
        if self.what == "changes":
            Inner.turns = getattr(Inner, "turns", 0) + 1
            return y[:, : Inner.turns]
        if self.what == "raises":
            raise KeyError("missing")
        return y


class Outer(nn.Module):
    def __init__(self, what):
        super().__init__()
        self.stem = nn.Identity()
        self.body = nn.Sequential(nn.ReLU(), Inner(what))

    def forward(self, x):
        return self.body(self.stem(x))


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("value", "body.1: it reads a value that depends on data"),
        ("item", "body.1: it reads a value that depends on data"),
        ("nonzero", "body.1: "),
        ("raises", "body.1 fails on inputs of 2×3×16×16: KeyError: 'missing'"),
        ("changes", "the module changes from call to call"),
    ],
)
def test_the_module_is_named(what, said):
    import symconv as sc

    with pytest.raises(sc.SymconvError) as found:
        sc.load(Outer(what), inputs=image(1, 3, 16, 16))
    assert said in str(found.value)


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ((1, 4, 16, 16), "body.1.conv fails on inputs of 2×4×16×16: RuntimeError"),
        ((16,), "body.1.conv fails on inputs of 16"),
        ((1, 3, 2, 2), "body.1.conv fails on inputs of"),
    ],
)
def test_inputs_that_do_not_fit(shape, said):
    import symconv as sc

    with pytest.raises(sc.SymconvError) as found:
        sc.load(Outer(""), inputs=image(*shape))
    assert said in str(found.value)


def test_calls_that_do_not_fit_the_forward():
    import symconv as sc

    for inputs, kwargs, said in (
        ((image(1, 3, 9, 9), image(1)), {}, "Outer is called with other inputs: too many positional arguments"),
        ((), {}, "Outer is called with other inputs: missing a required argument: 'x'"),
        ((3,), {}, "Outer: the example inputs have no tensor in them"),
        ((), {"z": image(1)}, "missing a required argument"),
    ):
        with pytest.raises(sc.SymconvError) as found:
            sc.load(Outer(""), inputs=inputs, kwargs=kwargs)
        assert said in str(found.value), str(found.value)


FACTORIES = """
import torch
from torch import nn

def make():
    return nn.Conv2d(3, 8, 3)

def pair():
    return nn.LSTM(4, 5, batch_first=True), torch.empty(1, 9, 4)

def needs(width, depth=2):
    return nn.Linear(width, depth)

def fails():
    raise RuntimeError("no luck")

def wrong():
    return 7

class Own(nn.Module):
    example_inputs = torch.empty(1, 5)
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(5, 6)
    def forward(self, x):
        return self.linear(x)

ready, number = Own(), 3
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    (tmp_path / "my_models.py").write_text(FACTORIES)
    (tmp_path / "broken_models.py").write_text("import not_there_at_all\n")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for name in ("my_models", "broken_models"):
        sys.modules.pop(name, None)


def test_factories_of_ones_own(place):
    import symconv as sc

    assert sc.load("torch:my_models:make").evaluate("macs", N=1, H=5, W=6) == 216 * 12
    assert sc.load("torch:my_models:pair").evaluate("macs", N=2) == 2 * 9 * 20 * 9
    assert sc.load("torch:my_models:Own").evaluate("macs", N=2) == 60
    assert sc.load("torch:my_models:ready").evaluate("params") == 36


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("torch:my_models:nothing", 2, "my_models has no nothing"),
        ("torch:my_models:mak", 2, "did you mean make?"),
        ("torch:my_models:number", 2, "number is int, and a factory or a class of modules is wanted"),
        ("torch:my_models:needs", 2, "needs takes width: a factory without arguments is wanted"),
        ("torch:my_models:fails", 1, "fails fails: RuntimeError: no luck"),
        ("torch:my_models:wrong", 1, "wrong makes int, and no torch module"),
        ("torch:my_models", 2, "torch:package.module:factory is wanted"),
        ("torch:not_there:make", 1, "not_there is not installed"),
        ("torch:broken_models:make", 1, "broken_models cannot be imported: No module named 'not_there_at_all'"),
        ("torchvision:resnet5", 2, "torchvision has no model resnet5. did you mean resnet50?"),
        ("torchvision:", 2, "a name is wanted behind torchvision:, such as torchvision:resnet50"),
        ("torchvision:resnet18.layer9", 2, "layer9"),
        ("keras:ResNet5", 2, "keras.applications has no ResNet5"),
    ],
)
def test_names_that_stand_for_nothing(place, name, code, said):
    from command import run

    found = run("show", name)
    assert (found.code, found.out) == (code, ""), found
    assert said in found.err
    assert "Traceback" not in found.err


@pytest.mark.parametrize(
    ("package", "name"), [("timm", "resnet50"), ("transformers", "bert"), ("torchvision", "vgg16")]
)
def test_a_package_that_is_not_installed(package, name, monkeypatch):
    from command import run

    monkeypatch.setitem(sys.modules, package, None)
    found = run("show", f"{package}:{name}")
    assert (found.code, found.out) == (1, ""), found
    assert f"{package} is not installed: pip install {package}" in found.err
    assert "Traceback" not in found.err


def test_inputs_of_the_command(place):
    from command import run

    assert run("total", "torch:my_models:make", "--input", "input=1,3,20,30").code == 0
    for option, said in (
        ("input=1,3,a", "a name and a shape are wanted"),
        ("input=1,3,9,9:float9", "float9 is no type of torch"),
        ("input=1,3,9,9:quint4x2", "torch makes no such tensor"),
        ("input=1,3,999999999,999999999", "input of 2×3×999999999×999999999 float32: Storage size"),
        ("image=1,3,9,9", "called with other inputs"),
    ):
        found = run("total", "torch:my_models:make", "--input", option)
        assert found.code in (1, 2)
        assert said in found.err, found.err
        assert "Traceback" not in found.err
    assert run("total", "vgg16", "--input", "x=1,3,9,9").code == 2
