"""Operators of torchvision: figures by hand, shapes by the operators' definitions."""

import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

_LIBRARY = torch.library.Library("torchvision", "FRAGMENT")


def _deformed(x, weight, offset, mask, bias, sh, sw, ph, pw, dh, dw, groups, offsets, masked):
    rows, columns = weight.shape[2:]
    h = (x.shape[2] + 2 * ph - dh * (rows - 1) - 1) // sh + 1
    w = (x.shape[3] + 2 * pw - dw * (columns - 1) - 1) // sw + 1
    return x.new_empty((x.shape[0], weight.shape[0], h, w))


def _regions(x, rois, scale, height, width, ratio, aligned):
    return x.new_empty((rois.shape[0], x.shape[1], height, width))


#: The operators as torchvision declares them, for one that was built for another torch, which has none.
DECLARED = {
    "deform_conv2d": (
        "(Tensor input, Tensor weight, Tensor offset, Tensor mask, Tensor bias, SymInt stride_h, SymInt stride_w, "
        "SymInt pad_h, SymInt pad_w, SymInt dilation_h, SymInt dilation_w, SymInt groups, SymInt offset_groups, "
        "bool use_mask) -> Tensor",
        _deformed,
    ),
    "roi_align": (
        "(Tensor input, Tensor rois, float spatial_scale, SymInt pooled_height, SymInt pooled_width, "
        "int sampling_ratio, bool aligned) -> Tensor",
        _regions,
    ),
}


@pytest.fixture
def operators():
    for name, (schema, meta) in DECLARED.items():
        if not hasattr(torch.ops.torchvision, name):
            _LIBRARY.define(name + schema)
            _LIBRARY.impl(name, meta, "Meta")
    return torch.ops.torchvision


class Deformed(nn.Module):
    """A convolution of four channels, six of them out, in two groups, at places that another one says."""

    def __init__(self, operators):
        super().__init__()
        self.places = nn.Conv2d(4, 18, 3, 2, 1)
        self.weight, self.bias = nn.Parameter(torch.zeros(6, 2, 3, 3)), nn.Parameter(torch.zeros(6))
        self.operator = operators.deform_conv2d

    def forward(self, x):
        mask = x.new_zeros((x.shape[0], 1))
        return self.operator(x, self.weight, self.places(x), mask, self.bias, 2, 2, 1, 1, 1, 1, 2, 1, False)


def test_a_deformable_convolution(operators):
    from symconv.readers.torch import read_torch

    net = read_torch(Deformed(operators).to("meta"), torch.empty(1, 4, 16, 20, device="meta")).network
    for n, h, w in ((2, 9, 16), (3, 31, 7)):
        made = n * ((h - 1) // 2 + 1) * ((w - 1) // 2 + 1)
        assert net.evaluate("macs", N=n, H=h, W=w) == made * (18 * 4 * 9 + 6 * 2 * 9)
        assert net.substitute(N=n, H=h, W=w).output.shape == (n, 6, (h - 1) // 2 + 1, (w - 1) // 2 + 1)
    assert net.evaluate("params") == 18 * 4 * 9 + 18 + 6 * 18 + 6


@pytest.mark.parametrize("ratio", [2, 0, -1])
def test_regions_of_an_image(operators, ratio):
    """With no number of samples a cell it hangs on where the regions lie, which the formula names."""
    from symconv.readers.torch import read_torch

    class Regions(nn.Module):
        def forward(self, x, boxes):
            return operators.roi_align(x, boxes, 0.25, 7, 5, ratio, False)

    inputs = torch.empty(1, 4, 16, 20, device="meta"), torch.empty(9, 5, device="meta")
    net = read_torch(Regions(), inputs, dims={"x": (None, None, "H", "W"), "boxes": ("R", None)}).network
    assert str(net.output) == "R×4×7×5"
    assert any(s.startswith("cost") for s in net.symbols) == (ratio < 1)
    assert net.evaluate("params") == 0
