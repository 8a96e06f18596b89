"""Every counter's own figure beside the closed form that says what it would report, to the unit."""

import contextlib
import io
import warnings

import pytest
from amounts import but_long

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

#: Those that the rules were found on, and others.
KNOWN = [
    "resnet50",
    "mobilenet_v2",
    "efficientnet_b0",
    "vit_b_16",
    "densenet121",
    "swin_t",
    "googlenet",
    "shufflenet_v2_x1_0",
]
OTHERS = ["alexnet", "squeezenet1_1", "mnasnet0_5", "regnet_y_400mf", "mobilenet_v3_small", "regnet_x_400mf"]
#: Those of the parts of others, and those that the tools take long for.
LONG = {"densenet121", "googlenet", "alexnet", "mnasnet0_5", "regnet_y_400mf", "regnet_x_400mf", "mobilenet_v2"}


class Mixed(nn.Module):
    """Layers that no model of torchvision has: each counter has another opinion of them."""

    def __init__(self):
        super().__init__()
        self.up, self.turn = nn.Upsample(scale_factor=2, mode="bilinear"), nn.ConvTranspose2d(3, 8, 3, 2)
        self.norm, self.group, self.act = nn.InstanceNorm2d(8, affine=True), nn.GroupNorm(2, 8), nn.PReLU()
        self.pool, self.soft, self.leaky = nn.AvgPool2d(2), nn.Softmax(1), nn.LeakyReLU()
        self.last = nn.AdaptiveAvgPool2d((7, 7))
        self.rnn, self.gru = nn.LSTM(8, 6, 2, batch_first=True), nn.GRU(6, 5, batch_first=True, bidirectional=True)
        self.head = nn.Linear(10, 4)

    def forward(self, x):
        x = self.act(self.norm(self.turn(self.up(x))))
        x = self.leaky(self.group(self.pool(x)))
        x = torch.mul(self.soft(x), 2.0)
        x = self.last(x).flatten(2).transpose(1, 2)
        x = torch.nn.functional.gelu(self.gru(self.rnn(x)[0])[0])
        return self.head(torch.matmul(x, x.transpose(1, 2)) @ x)


@contextlib.contextmanager
def quiet():
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield


def flop_counter(module, x):
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        module(x)
    return counter.get_total_flops() // 2


def tools(module, x):
    """By counter what it says of a module that is called with this, and its params."""
    import copy

    from symconv.readers.torch.named import torchvision

    torchvision()
    from fvcore.nn import FlopCountAnalysis
    from ptflops import get_model_complexity_info
    from thop import profile
    from torchinfo import summary

    found = {"FlopCounterMode / 2": (flop_counter(copy.deepcopy(module).to("meta"), x.to("meta")), None)}
    with torch.no_grad():
        found["FlopCounterMode / 2 on a CPU"] = flop_counter(copy.deepcopy(module), x), None
    analysis = FlopCountAnalysis(copy.deepcopy(module), x)
    analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    found["fvcore"] = analysis.total(), sum(p.numel() for p in module.parameters())
    found["thop"] = profile(copy.deepcopy(module), (x,), verbose=False)
    found["ptflops"] = get_model_complexity_info(
        copy.deepcopy(module), tuple(x.shape[1:]), as_strings=False, print_per_layer_stat=False, backend="pytorch"
    )
    said = summary(copy.deepcopy(module), input_data=x, verbose=0)
    found["torchinfo"] = said.total_mult_adds, said.total_params
    return found


def agree(module, x, sides):
    from symconv.cost import cost_symbols, evaluate_cost
    from symconv.reconciling import reconcile

    found = reconcile(module, inputs=x)
    for side in sides:
        given = torch.rand(1, x.shape[1], *side)
        values = {"N": 1, "H": side[0], "W": side[1]}
        with quiet():
            measured = tools(module, given)
        for tool, (figure, params) in measured.items():
            derived = found.figure(tool)
            at = {s: values[s.name] for s in cost_symbols(derived.cost)}
            assert evaluate_cost(derived.cost, at) == figure, (tool, side)
            assert params is None or derived.params == int(params), (tool, "params")


def built(name):
    from symconv.readers.torch.named import torchvision

    models = torchvision().models
    with quiet():
        more = {"init_weights": False} if name == "googlenet" else {}
        return models.get_model(name, weights=None, **more).eval()


@pytest.mark.parametrize("name", but_long([*KNOWN, *OTHERS], LONG))
def test_each_tool_to_the_unit(name):
    sides = [(224, 224)] if name == "vit_b_16" else [(224, 224), (197, 231)]
    agree(built(name), torch.rand(1, 3, 224, 224), sides)


def test_layers_of_all_kinds():
    agree(Mixed().eval(), torch.rand(1, 3, 32, 32), [(32, 32), (19, 26)])


def test_known_figures():
    """As they are told of these models everywhere, in GMACs."""
    from symconv.cost import cost_symbols, evaluate_cost
    from symconv.reconciling import reconcile

    known = {
        "resnet50": {
            "FlopCounterMode / 2": 4.0892, "torchinfo": 4.0892, "fvcore": 4.1115, "thop": 4.1337, "ptflops": 4.1324,
        },
        "vit_b_16": {
            "FlopCounterMode / 2": 17.5638, "FlopCounterMode / 2 on a CPU": 11.2711, "thop": 11.2863,
            "torchinfo": 0.1732,
        },
    }  # fmt: skip
    for name, figures in known.items():
        found = reconcile(f"torchvision:{name}")
        for tool, figure in figures.items():
            cost = found.figure(tool).cost
            value = evaluate_cost(cost, {s: {"N": 1, "H": 224, "W": 224}[s.name] for s in cost_symbols(cost)})
            assert round(float(value) / 1e9, 4) == figure, (name, tool)
        if name == "vit_b_16":
            assert found.figure("thop").params == 58067176


def test_the_command():
    from command import run

    done = run("reconcile", "torchvision:resnet18", "--format", "json", "--at", "X=224,N=1")
    assert done.code == 0, done.err
    import json

    said = {c["tool"]: c for c in json.loads(done.out)["counters"]}
    assert said["FlopCounterMode / 2"]["figure"] == 1814073344
    assert sum(p["figure"] for p in said["thop"]["parts"]) == said["thop"]["figure"]


#: Bundled networks all of whose layers torchvision has as modules.
BUNDLED = ["resnet50", "resnet18", "vgg16", "alexnet", "squeezenet1_1", "efficientnet_b0", "convnext_tiny"]


@pytest.mark.parametrize("name", BUNDLED)
def test_a_spec_has_the_figures_of_its_module(name):
    from symconv.reconciling import reconcile

    spec, module = reconcile(name), reconcile(f"torchvision:{name}", square=True)
    assert len(spec.figures) == 6
    for ours, theirs in zip(spec.figures, module.figures):
        assert (ours.tool, ours.cost, ours.params) == (theirs.tool, theirs.cost, theirs.params)
        assert {(p.term, p.times): p.cost for p in ours.parts} == {(p.term, p.times): p.cost for p in theirs.parts}


def test_a_family_has_the_figures_of_its_members():
    from symconv.cost import cost_symbols, evaluate_cost
    from symconv.reconciling import reconcile

    family = reconcile("resnet")
    for name, depths in (("resnet50", (3, 4, 6, 3)), ("resnet101", (3, 4, 23, 3))):
        values = {"N": 2, "X": 197, "w": 64, **{f"n{i}": n for i, n in enumerate(depths, 1)}}
        member = reconcile(f"torchvision:{name}", square=True)
        for ours, theirs in zip(family.figures, member.figures):
            ours_at, theirs_at = (
                evaluate_cost(f.cost, {s: values[s.name] for s in cost_symbols(f.cost)}) for f in (ours, theirs)
            )
            assert ours_at == theirs_at, (name, ours.tool)
            if theirs.params is not None:
                assert (
                    evaluate_cost(ours.params, {s: values[s.name] for s in cost_symbols(ours.params)}) == theirs.params
                )
