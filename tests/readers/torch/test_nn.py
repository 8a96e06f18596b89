"""torch.nn's own modules, each traced once: shapes and macs at further sizes as torch has them."""

import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

SEQUENCE = ("N", None, "L")
BOTH = {"input1": ("N", "T", None), "input2": ("N", "T", None)}


def image(*shape):
    return torch.empty(shape, device="meta")


#: By name a module, its inputs, and the names of their axes.
MODULES = {
    "Conv1d": (nn.Conv1d(8, 16, 5, 2, 3, dilation=2), [image(2, 8, 50)], {"input": SEQUENCE}),
    "Conv2d same": (nn.Conv2d(8, 16, 4, padding="same"), [image(2, 8, 30, 20)], {}),
    "Conv2d circular": (nn.Conv2d(8, 16, 3, padding=2, padding_mode="circular"), [image(2, 8, 30, 20)], {}),
    "Conv2d groups": (nn.Conv2d(8, 16, (3, 5), (2, 1), (0, 2), groups=4), [image(2, 8, 30, 20)], {}),
    "Conv2d of one image": (nn.Conv2d(8, 16, 3), [image(8, 30, 20)], {"input": (None, "H", "W")}),
    "Conv3d": (nn.Conv3d(4, 8, 3, 2, 1), [image(2, 4, 9, 30, 20)], {}),
    "ConvTranspose1d": (nn.ConvTranspose1d(8, 4, 4, 3, 1, 2), [image(2, 8, 20)], {"input": SEQUENCE}),
    "ConvTranspose2d": (nn.ConvTranspose2d(8, 4, 3, 2, 1, 1, groups=2, dilation=2), [image(2, 8, 13, 20)], {}),
    "ConvTranspose3d": (nn.ConvTranspose3d(4, 8, 2, 2), [image(2, 4, 5, 7, 6)], {}),
    "MaxPool2d": (nn.MaxPool2d(3, 2, 1, dilation=2, ceil_mode=True), [image(2, 8, 30, 21)], {}),
    "MaxPool2d with places": (nn.MaxPool2d(2, return_indices=True), [image(2, 8, 30, 21)], {}),
    "MaxPool1d": (nn.MaxPool1d(3, 2, ceil_mode=True), [image(2, 8, 31)], {"input": SEQUENCE}),
    "AvgPool2d": (nn.AvgPool2d(3, 2, 1, ceil_mode=True), [image(2, 8, 30, 21)], {}),
    "AvgPool3d": (nn.AvgPool3d(2), [image(2, 4, 8, 30, 20)], {}),
    "LPPool2d": (nn.LPPool2d(2, 3, 2), [image(2, 4, 30, 20)], {}),
    "AdaptiveAvgPool2d": (nn.AdaptiveAvgPool2d((5, None)), [image(2, 4, 30, 20)], {}),
    "AdaptiveMaxPool2d": (nn.AdaptiveMaxPool2d(7), [image(2, 4, 30, 20)], {}),
    "AdaptiveAvgPool1d": (nn.AdaptiveAvgPool1d(3), [image(2, 4, 30)], {"input": SEQUENCE}),
    "ReflectionPad2d": (nn.ReflectionPad2d((1, 2, 3, 0)), [image(2, 4, 30, 20)], {}),
    "ReplicationPad1d": (nn.ReplicationPad1d(3), [image(2, 4, 30)], {"input": SEQUENCE}),
    "ZeroPad2d": (nn.ZeroPad2d((1, -2, 3, 0)), [image(2, 4, 30, 20)], {}),
    "BatchNorm2d": (nn.BatchNorm2d(4), [image(2, 4, 30, 20)], {}),
    "BatchNorm1d": (nn.BatchNorm1d(4), [image(2, 4, 30)], {"input": SEQUENCE}),
    "BatchNorm2d without statistics": (nn.BatchNorm2d(4, track_running_stats=False), [image(2, 4, 30, 20)], {}),
    "GroupNorm": (nn.GroupNorm(2, 4), [image(2, 4, 30, 20)], {}),
    "InstanceNorm2d": (nn.InstanceNorm2d(4, affine=True), [image(2, 4, 30, 20)], {}),
    "LayerNorm": (nn.LayerNorm(6), [image(2, 9, 6)], {"input": ("N", "T", None)}),
    "LayerNorm over two axes": (nn.LayerNorm([3, 6]), [image(2, 9, 3, 6)], {"input": ("N", "T", None, None)}),
    "RMSNorm": (nn.RMSNorm(6), [image(2, 9, 6)], {"x": ("N", "T", None)}),
    "LocalResponseNorm": (nn.LocalResponseNorm(5), [image(2, 8, 30, 20)], {}),
    "Linear": (nn.Linear(6, 5), [image(2, 9, 6)], {"input": ("N", "T", None)}),
    "Bilinear": (nn.Bilinear(6, 5, 4), [image(2, 9, 6), image(2, 9, 5)], BOTH),
    "Embedding": (nn.Embedding(50, 6), [torch.ones(2, 9, dtype=torch.int64)], {}),
    "EmbeddingBag": (nn.EmbeddingBag(50, 6), [torch.ones(2, 9, dtype=torch.int64)], {}),
    "LSTM": (nn.LSTM(6, 5, 2, bidirectional=True, batch_first=True), [image(2, 9, 6)], {"input": ("N", "T", None)}),
    "LSTM of time first, projected": (nn.LSTM(6, 5, proj_size=3), [image(9, 2, 6)], {"input": ("T", "N", None)}),
    "GRU": (nn.GRU(6, 5, 2, bias=False), [image(9, 2, 6)], {"input": ("T", "N", None)}),
    "RNN": (nn.RNN(6, 5, nonlinearity="relu", batch_first=True), [image(2, 9, 6)], {"input": ("N", "T", None)}),
    "LSTMCell": (nn.LSTMCell(6, 5), [image(2, 6)], {}),
    "GRUCell": (nn.GRUCell(6, 5), [image(2, 6)], {}),
    "RNNCell": (nn.RNNCell(6, 5), [image(2, 6)], {}),
    "MultiheadAttention": (
        nn.MultiheadAttention(8, 2, batch_first=True), [image(2, 9, 8)] * 3, {"query": ("N", "T", None)},
    ),
    "MultiheadAttention of a memory": (
        nn.MultiheadAttention(8, 2, batch_first=True, kdim=6, vdim=4),
        [image(2, 9, 8), image(2, 7, 6), image(2, 7, 4)],
        {"query": ("N", "T", None), "key": ("N", "S", None), "value": ("N", "S", None)},
    ),
    "TransformerEncoderLayer": (
        nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), [image(2, 9, 8)], {"src": ("N", "T", None)},
    ),
    "TransformerEncoder": (
        nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=True), 2),
        [image(2, 9, 8)], {"src": ("N", "T", None)},
    ),
    "TransformerDecoderLayer": (
        nn.TransformerDecoderLayer(8, 2, 16, batch_first=True), [image(2, 9, 8), image(2, 7, 8)],
        {"tgt": ("N", "T", None), "memory": ("N", "S", None)},
    ),
    "Transformer": (
        nn.Transformer(8, 2, 2, 2, 16, batch_first=True), [image(2, 9, 8), image(2, 7, 8)],
        {"src": ("N", "S", None), "tgt": ("N", "T", None)},
    ),
    "Upsample nearest": (nn.Upsample(scale_factor=2.5), [image(2, 4, 30, 20)], {}),
    "Upsample bilinear": (nn.Upsample(scale_factor=(2, 0.5), mode="bilinear"), [image(2, 4, 30, 20)], {}),
    "Upsample to a size": (nn.Upsample(size=(11, 7), mode="bicubic"), [image(2, 4, 30, 20)], {}),
    "PixelShuffle": (nn.PixelShuffle(2), [image(2, 8, 30, 20)], {}),
    "PixelUnshuffle": (nn.PixelUnshuffle(2), [image(2, 8, 30, 20)], {}),
    "ChannelShuffle": (nn.ChannelShuffle(2), [image(2, 8, 30, 20)], {}),
    "Fold": (nn.Fold((8, 6), 2, stride=2), [image(2, 16, 12)], {}),
    "Unfold": (nn.Unfold(3, 1, 1, 2), [image(2, 4, 30, 20)], {}),
    "Flatten": (nn.Flatten(), [image(2, 4, 30, 20)], {}),
    "Unflatten": (nn.Unflatten(1, (2, -1)), [image(2, 4, 30, 20)], {}),
    "CosineSimilarity": (
        nn.CosineSimilarity(), [image(2, 6, 9), image(2, 6, 9)], {"x1": ("N", None, "T"), "x2": ("N", None, "T")},
    ),
    "PairwiseDistance": (nn.PairwiseDistance(), [image(2, 6), image(2, 6)], {}),
    "Softmax": (nn.Softmax(1), [image(2, 4, 30, 20)], {}),
    "LogSoftmax": (nn.LogSoftmax(-1), [image(2, 4, 30, 20)], {}),
    "GLU": (nn.GLU(1), [image(2, 4, 30, 20)], {}),
    "PReLU": (nn.PReLU(4), [image(2, 4, 30, 20)], {}),
    **{
        cls.__name__: (cls(), [image(2, 4, 30, 20)], {})
        for cls in (
            nn.ReLU, nn.ReLU6, nn.ELU, nn.SELU, nn.CELU, nn.GELU, nn.SiLU, nn.Mish, nn.Hardswish, nn.Hardsigmoid,
            nn.Hardtanh, nn.Sigmoid, nn.Tanh, nn.LeakyReLU, nn.Softplus, nn.Softsign, nn.Tanhshrink, nn.LogSigmoid,
            nn.Hardshrink, nn.Softshrink, nn.Identity, nn.Dropout, nn.AlphaDropout, nn.Softmin, nn.Softmax2d,
        )
    },
}  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_torch_agrees_at_further_sizes(name):
    from symconv.verifying import verify

    module, inputs, dims = MODULES[name]
    report = verify(module.eval(), inputs=tuple(inputs), dims=dims)
    assert report.wrong is None, str(report.wrong)
    assert len(report.points) >= 3
    assert all(not p.failed for p in report.points), [p.failed for p in report.points]
    assert not [s for s in report.network.symbols if s.startswith("cost[")]


@pytest.mark.parametrize(
    ("module", "features", "hidden", "layers", "both"),
    [(nn.LSTM, 6, 5, 2, True), (nn.GRU, 6, 5, 3, False), (nn.RNN, 4, 7, 1, True)],
)
def test_recurrent_macs_are_steps_times_weights(module, features, hidden, layers, both):
    import symconv as sc

    own = module(features, hidden, layers, bidirectional=both, batch_first=True)
    net = sc.load(own, inputs=image(2, 9, features), dims={"input": ("N", "T", None)})
    elements = sum(p.numel() for n, p in own.named_parameters() if n.startswith("weight"))
    assert net.evaluate("macs", N=3, T=11) == 3 * 11 * elements
    assert net.evaluate("params") == sum(p.numel() for p in own.parameters())
