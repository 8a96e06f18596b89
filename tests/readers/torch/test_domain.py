"""The domain of a module: where it holds the formula is right; elsewhere the module fails or costs otherwise."""

import contextlib
import random

import pytest

from symconv.errors import DomainError

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

NAMES = [
    "alexnet", "vgg11", "resnet18", "googlenet", "squeezenet1_1", "mobilenet_v3_small", "convnext_tiny",
    "shufflenet_v2_x0_5", "swin_t", "vgg16_bn",
]  # fmt: skip
#: Of the same parts as those.
MORE = [
    "mobilenet_v2", "regnet_y_400mf", "fcn_resnet50", "lraspp_mobilenet_v3_large", "mnasnet0_5", "deeplabv3_resnet50",
    "efficientnet_v2_s", "densenet121", "efficientnet_b0", "swin_v2_t", "inception_v3",
]  # fmt: skip


def points(net, seed):
    """Fifty sizes on both sides of the border, some at it."""
    rng = random.Random(seed)
    least = {s: max(net.domain.least(next(iter(e.terms))[0]), 1) for s, e in net.symbols.items() if s in "HW"}
    near = [least[s] + d for s in least for d in (-2, -1, 0, 1, 2, 3)]
    sides = [v for v in near if v >= 1] + [28, 32, 57, 60, 115, 116, 223, 224, 225, 228, 229]
    found = [(1, rng.choice(sides), rng.choice(sides)) for _ in range(25)]
    return found + [(rng.randint(1, 2), rng.randint(1, 90), rng.randint(1, 300)) for _ in range(25)]


def agree(module, net, sizes):
    """Whether each size is inside and right, or outside and illegal or of another cost; how many are inside."""
    from readers.torch.modules import image, macs

    inside = 0
    for n, h, w in sizes:
        counted = macs(module, image(n, 3, h, w))
        values = {k: v for k, v in (("N", n), ("H", h), ("W", w)) if k in net.symbols}
        figure = None
        with contextlib.suppress(DomainError):
            figure = net.evaluate("macs", **values)
        assert figure == counted, (n, h, w)
        inside += figure is not None
    return inside


@pytest.mark.parametrize("name", [*NAMES, *(pytest.param(name, marks=pytest.mark.long) for name in MORE)])
def test_sound_and_tight_at_fifty_sizes(name):
    from readers.torch.modules import image, model
    from symconv.readers.torch import read_torch

    own = model(name)
    net = read_torch(own, image(1, 3, 224, 224)).network
    sizes = points(net, name)
    assert agree(own, net, sizes) >= 5


def test_windows_are_padded_by_the_formula():
    from readers.torch.modules import Windows, image
    from symconv.readers.torch import read_torch

    own = Windows().eval()
    net = read_torch(own, image(1, 3, 101, 143)).network
    assert str(net.domain) == "H ≥ 3, W ≥ 3"
    assert agree(own, net, [(1, h, w) for h in (2, 3, 27, 28, 29, 30) for w in (1, 31, 56, 57)]) == 15


def test_a_branch_that_pads_is_no_border():
    from readers.torch.modules import PaddedIfNeeded, image
    from symconv.readers.torch import read_torch

    for size in ((1, 3, 112, 140), (1, 3, 113, 150)):
        own = PaddedIfNeeded().eval()
        net = read_torch(own, image(*size)).network
        assert str(net.domain) == "H ≥ 4, W ≥ 4"
        assert agree(own, net, [(1, h, w) for h in (3, 4, 27, 28, 29, 56) for w in (5, 28, 57)]) == 15
        # The padded copy is there where a side is no multiple of 28 in whole kernels.
        whole = net.evaluate("activations", N=1, H=28, W=56)
        assert whole == 8 * 7 * 14 * 2
        assert net.evaluate("activations", N=1, H=28, W=60) == 8 * 7 * 15 + 2 * 8 * 7 * 21


def test_unets():
    from readers.torch.modules import UNet, image
    from symconv.readers.torch import read_torch

    own = UNet(fit=False).eval()
    net = read_torch(own, image(1, 3, 64, 96)).network
    assert str(net.domain) == "H ≡ 0 (mod 4), W ≡ 0 (mod 4)"
    assert agree(own, net, [(2, h, w) for h in (3, 4, 6, 8, 62, 64) for w in (4, 7, 8)]) == 6
    own = UNet(fit=True).eval()
    net = read_torch(own, image(1, 3, 64, 96)).network
    assert str(net.domain) == "H ≥ 4, W ≥ 4"
    assert agree(own, net, [(2, h, w) for h in (3, 4, 5, 6, 7, 61, 64) for w in (4, 7, 8, 9)]) == 24


def test_an_error_of_the_program_is_a_border():
    from readers.torch.modules import Checked, image
    from symconv.readers.torch import read_torch

    own = Checked().eval()
    net = read_torch(own, image(1, 3, 64, 32)).network
    assert str(net.domain) == "H ≡ 0 (mod 8), W ≡ 0 (mod 8)"
    with pytest.raises(Exception, match="asked for by the module itself"):
        net.evaluate("macs", N=1, H=63, W=32)


def test_other_extents_are_another_formula():
    from readers.torch.modules import Branching, image
    from symconv.readers.torch import read_torch

    own = Branching().eval()
    large = read_torch(own, image(1, 3, 64, 100)).network
    assert "W ≥ 64" in str(large.domain)
    small = read_torch(own, image(1, 3, 64, 30)).network
    assert "W in 1…63" in str(small.domain)
    assert agree(own, large, [(1, 64, w) for w in (64, 65, 300)]) == 3
    assert agree(own, small, [(1, 64, w) for w in (1, 63)]) == 2


def test_a_layer_that_is_there_at_times_is_a_piecewise():
    import sympy

    from readers.torch.modules import SameExtents, image
    from symconv.readers.torch import read_torch

    for width in (64, 128):
        own = SameExtents().eval()
        net = read_torch(own, image(1, 3, 32, width)).network
        assert str(net.domain) == "everywhere"
        assert agree(own, net, [(2, 9, w) for w in (1, 100, 101, 500)]) == 4
        assert net.total("macs").has(sympy.Piecewise)
        assert net.evaluate("params") == sum(p.numel() for p in own.parameters())


def test_a_value_that_depends_on_a_size_is_no_guess():
    from readers.torch.modules import MaskedIfLong, image
    from symconv.readers.torch import read_torch

    for length in (5, 20):
        net = read_torch(MaskedIfLong(), image(2, length, 4), dims={"x": ("N", "T", None)}).network
        inside = 0
        for t in range(1, 40):
            with contextlib.suppress(DomainError):
                assert net.evaluate("macs", N=2, T=t) == 2 * t * 16 * (1 if t <= 9 else 2), t
                inside += 1
        assert inside


def test_a_mask_of_ones_holds_at_every_size():
    """How transformers ask whether a mask is needed: its sum beside its number of elements."""
    from readers.torch.modules import image
    from symconv.readers.torch import read_torch

    class Asking(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = torch.nn.Linear(4, 4)

        def forward(self, x):
            mask = torch.ones(x.shape[:2], dtype=torch.int64)
            whole = mask.sum() == mask.numel() and bool((mask == 1).all())
            return self.linear(x) if whole else x

    net = read_torch(Asking(), image(2, 7, 4), dims={"x": ("N", "T", None)}).network
    assert str(net.domain) == "everywhere"
    assert net.evaluate("macs", N=3, T=1) == 48
