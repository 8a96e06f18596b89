"""A module is as it was before it was read: weights, buffers, hooks, modes, attributes, and the random state."""

import copy
import math

import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402


class Caching(nn.Module):
    """Keeps a table for the size that it saw last, counts its calls, and draws random numbers."""

    def __init__(self):
        super().__init__()
        self.conv, self.calls, self.tables = nn.Conv2d(3, 4, 3), 0, {}
        self.register_buffer("seen", torch.zeros(1))
        self.drop, self.half = nn.Dropout(0.5), 0.5

    def forward(self, x, quarter=0.25):
        x = x[:, :, : int((self.half + quarter + 0.25) * x.shape[2])]
        self.calls += 1
        self.seen += 1
        key = x.shape[-2:]
        if key not in self.tables:
            self.tables[key] = torch.rand(x.shape[-2:])
        return self.drop(self.conv(x * self.tables[key]))


class Failing(Caching):
    def forward(self, x):
        super().forward(x)
        raise ValueError("on purpose")


def state(module):
    weights = {name: (t.clone(), t.requires_grad, t.device) for name, t in module.state_dict(keep_vars=True).items()}
    modes = {name: (m.training, len(m._forward_hooks), len(m._forward_pre_hooks)) for name, m in module.named_modules()}
    return weights, modes, module.calls, dict(module.tables), torch.random.get_rng_state(), set(vars(module))


def same(before, after):
    assert before[0].keys() == after[0].keys()
    for name, (tensor, grad, device) in before[0].items():
        assert torch.equal(tensor, after[0][name][0]), name
        assert (grad, device) == after[0][name][1:]
    assert before[1:4] == after[1:4]
    assert torch.equal(before[4], after[4])
    assert before[5] == after[5]


@pytest.mark.parametrize("cls", [Caching, Failing])
@pytest.mark.parametrize("training", [False, True])
def test_nothing_changes(cls, training):
    import torch.nn.functional as functional

    from symconv.errors import ModelError
    from symconv.readers.torch import read_torch

    module = cls().train(training)
    module.conv.weight.requires_grad_(False)
    fired = []
    module.conv.register_forward_hook(lambda *_: fired.append(1))
    torch.manual_seed(7)
    x = torch.rand(2, 3, 16, 17)
    given, before, code = x.clone(), state(module), Caching.forward.__code__
    names = set(vars(functional)), set(vars(torch._tensor)), vars(math)["sqrt"], set(dir(torch.Tensor))
    if cls is Failing:
        with pytest.raises(ModelError, match="on purpose"):
            read_torch(module, x)
    else:
        net = read_torch(module, x).network
        assert net.evaluate("frozen") == 4 * 27
    same(before, state(module))
    floats = (module.half, module.drop.p, *Caching.forward.__defaults__)
    assert {type(x) for x in floats} == {float}
    assert Caching.forward.__code__ is code
    assert torch.equal(given, x)
    assert names == (set(vars(functional)), set(vars(torch._tensor)), vars(math)["sqrt"], set(dir(torch.Tensor)))
    assert type(functional.relu).__name__ == "function"
    assert torch.backends.mha.get_fastpath_enabled()
    assert torch.is_inference_mode_enabled() is False
    assert not any(hasattr(t, "_symconv_held") for t in (*module.parameters(), *module.buffers()))
    assert module(torch.rand(1, 3, 8, 8)).shape == (1, 4, 6, 6) if cls is Caching else True


def test_inputs_on_any_device_and_nested():
    import symconv as sc

    class Nested(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(4, 5)

        def forward(self, pair, *, more, scale=2):
            return self.linear(pair[0] + pair[1]["b"]) * scale + more

    real = sc.load(Nested(), inputs=([torch.rand(2, 4), {"b": torch.rand(2, 4)}],), kwargs={"more": torch.rand(2, 5)})
    meta = sc.load(
        Nested(),
        inputs=([torch.empty(2, 4, device="meta"), {"b": torch.empty(2, 4, device="meta")}],),
        kwargs={"more": torch.empty(2, 5, device="meta"), "scale": 3},
    )
    assert list(real.inputs) == ["pair/0", "pair/1/b", "more"]
    assert real.cost("macs") == meta.cost("macs")
    assert real.bind({"pair/0": (7, 4), "pair/1/b": (7, 4), "more": (7, 5)}) == {"N": 7}
    assert real.evaluate("macs", N=7) == 7 * 20


def test_dims_name_axes_and_equal_extents_stay_apart():
    import symconv as sc

    conv = nn.Conv2d(3, 4, 3)
    x = torch.empty(1, 3, 32, 32, device="meta")
    assert set(sc.load(conv, inputs=x).symbols) == {"N", "H", "W"}
    assert set(sc.load(conv, inputs=x, square=True).symbols) == {"N", "X"}
    assert set(sc.load(conv, inputs=x, dims={"input": ("B", None, "A", 32)}).symbols) == {"B", "A"}
    assert set(sc.load(conv, inputs=x, dims={"input:2": "A"}).symbols) == {"N", "A", "W"}
    with pytest.raises(sc.SymconvError, match="the inputs are input"):
        sc.load(conv, inputs=x, dims={"image": ("N", None, "H", "W")})


def test_shared_weights_count_once_and_a_module_called_twice_runs_twice():
    import symconv as sc

    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(4, 4, 3, 1, 1)
            self.head = nn.Conv2d(4, 4, 3, 1, 1)
            self.head.weight = self.conv.weight

        def forward(self, x):
            return self.head(self.conv(self.conv(x)))

    net = sc.load(Twice(), inputs=torch.empty(1, 4, 9, 9, device="meta"))
    assert net.evaluate("params") == 4 * 36 + 8
    assert net.evaluate("macs", N=1, H=5, W=7) == 3 * 4 * 36 * 35
    assert [n.name for n in net.nodes] == ["conv", "conv_2", "head"]


def test_what_a_module_freezes_is_counted_apart():
    import symconv as sc

    class Positions(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Embedding(15, 6).requires_grad_(False)
            self.head = nn.Linear(6, 5)

        def forward(self, x):
            return self.head(x + self.table.weight[: x.shape[1]])

    own = Positions()
    net = sc.load(own, inputs=torch.empty(2, 9, 6, device="meta"), dims={"x": ("N", "T", None)})
    assert (net.evaluate("params"), net.evaluate("frozen")) == (6 * 5 + 5, 15 * 6)
    assert net.evaluate("params") + net.evaluate("frozen") == sum(p.numel() for p in own.parameters())


def test_the_same_output_on_every_run():
    from readers.torch.modules import image, model
    from symconv.readers.torch import read_torch

    own = model("swin_t")
    first, second = (read_torch(copy.deepcopy(own), image(1, 3, 224, 224)).network for _ in range(2))
    assert [n.name for n in first.nodes] == [n.name for n in second.nodes]
    assert str(first.cost("ops")) == str(second.cost("ops"))


def test_layers_are_found_by_torchs_own_names():
    from readers.torch.modules import image, model
    from symconv.readers.torch import read_torch

    net = read_torch(model("resnet18"), image(1, 3, 224, 224)).network
    assert net.cost("macs", "layer1.0.conv1") == net.cost("macs", "layer1/0/conv1")
    assert net.cost("macs", "layer1.0") == net.cost("macs", "layer1/0")
    assert [n.name for n in net.nodes][:4] == ["conv1", "bn1", "relu", "maxpool"]
