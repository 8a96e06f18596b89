"""Windows, resizes, recurrent layers and attention in their less usual forms, as torch runs them on the CPU."""

import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402

from readers.torch.test_overloads import IMAGE, ONE, TOKENS, W, read  # noqa: E402

LINE, ROW, VOLUME = ("N", 4, "T"), (4, "T"), ("N", 2, "T", "H", "W")


def quiet(module):
    return module.eval().requires_grad_(False)


#: Of one sample without a batch, or with paddings, strides and sizes of other forms; torch's counter sees their macs.
WINDOWS = {
    "conv of one line": (quiet(nn.Conv1d(4, 6, 3, 2, 1)), [ROW]),
    "conv of one volume": (quiet(nn.Conv3d(2, 3, 2, padding=(1, 0, 1))), [(2, "T", "H", "W")]),
    "conv padded as text says": (lambda x: functional.conv1d(x, W(6, 4, 3), padding="same", dilation=2), [LINE]),
    "conv padded by nothing": (lambda x: functional.conv2d(x, W(6, 4, 3, 2), padding="valid"), [IMAGE]),
    "convolution by its general name": (
        lambda x: torch.convolution(x, W(6, 2, 3, 3), W(6), [2, 1], [1, 1], [1, 1], False, [0, 0], 2), [IMAGE],
    ),
    "turned convolution by its general name": (
        lambda x: torch.convolution(x, W(4, 3, 3, 3), None, [2], [1], [1], True, [1], 1), [IMAGE],
    ),
    "conv back of one image": (quiet(nn.ConvTranspose2d(4, 6, 3, (2, 3), 1, (1, 2), 2)), [ONE]),
    "conv of a tensor": (lambda x, y: functional.conv2d(x, y), [IMAGE, (5, 4, 3, 3)]),
    "largest of one image": (quiet(nn.MaxPool2d((3, 2), dilation=(1, 2))), [ONE]),
    "places of the largest": (lambda x: functional.max_pool2d(x, 2, return_indices=True)[1], [ONE]),
    "largest of one line": (quiet(nn.MaxPool1d(2)), [ROW]),
    "largest of a volume": (quiet(nn.MaxPool3d(2, 1, 1)), [VOLUME]),
    "mean of one line": (quiet(nn.AvgPool1d(3, 1, 1)), [ROW]),
    "mean of a line, over its end": (quiet(nn.AvgPool1d(4, 3, ceil_mode=True)), [LINE]),
    "one mean": (quiet(nn.AdaptiveAvgPool2d(1)), [ONE]),
    "one largest": (lambda x: functional.adaptive_max_pool2d(x, 1, return_indices=True)[1], [IMAGE]),
    "means of a volume": (quiet(nn.AdaptiveAvgPool3d((2, None, 1))), [VOLUME]),
    "largest of a line": (quiet(nn.AdaptiveMaxPool1d(2)), [LINE]),
    "means of one line": (quiet(nn.AdaptiveAvgPool1d(2)), [ROW]),
    "put back": (lambda x: functional.max_unpool2d(x, x.long() * 0, 2), [IMAGE]),
    "put back of a volume": (lambda x: functional.max_unpool3d(x, x.long() * 0, 2, 2), [VOLUME]),
    "columns of one image put together": (lambda x: functional.fold(x[:, :12], (8, 6), 2, stride=2), [(8, 14)]),
    "interpolated line": (lambda x: functional.interpolate(x, scale_factor=2, mode="linear"), [LINE]),
    "interpolated volume": (lambda x: functional.interpolate(x, (5, 6, 7), mode="trilinear"), [VOLUME]),
    "smoothed": (lambda x: functional.interpolate(x, (5, 6), mode="bilinear", antialias=True), [IMAGE]),
    "sampled next to a grid": (
        lambda x, y: functional.grid_sample(x, y, "nearest", align_corners=False), [IMAGE, ("N", 5, 7, 2)],
    ),
    "sampled on a known grid": (
        lambda x: functional.grid_sample(x, torch.zeros(2, 5, 7, 2), align_corners=True), [(2, 4, "H", "W")],
    ),
    "sampled volume": (lambda x, y: functional.grid_sample(x, y, align_corners=False), [VOLUME, ("N", 2, 3, 4, 3)]),
    "statistics of the batch": (lambda x: functional.batch_norm(x, None, None, training=True), [IMAGE]),
    "running statistics of each sample": (
        lambda x: functional.instance_norm(x, W(4) * 0, W(4), use_input_stats=False), [IMAGE],
    ),
    "groups without weights": (lambda x: functional.group_norm(x, 2), [LINE]),
    "attention without a batch": (
        lambda x, y: functional.scaled_dot_product_attention(x, y, y), [("T", 8), (9, 8)],
    ),
    "attention of shared heads": (
        lambda x, y: functional.scaled_dot_product_attention(x, y, y, enable_gqa=True),
        [("N", 4, "T", 8), ("N", 2, 9, 8)],
    ),
    "attention behind a mask": (
        lambda x, y: functional.scaled_dot_product_attention(x, x, x, y), [("N", 2, "T", 8), ("T", "T")],
    ),
    "attention behind a known mask": (
        lambda x: functional.scaled_dot_product_attention(x, x, x, W(5, 5, dtype=torch.bool)), [("N", 2, 5, 8)],
    ),
    "causal attention": (
        lambda x: functional.scaled_dot_product_attention(x, x, x, is_causal=True), [("N", 2, "T", 8)],
    ),
}  # fmt: skip

#: Torch's counter does not see the kernels for attention that it takes on the CPU.
HIDDEN = {name for name in WINDOWS if "attention" in name}


@pytest.mark.parametrize("name", WINDOWS)
def test_a_window_has_the_shape_and_the_macs_of_its_run(name):
    assert read(*WINDOWS[name], seen=name not in HIDDEN).nodes


@pytest.mark.parametrize("name", sorted(HIDDEN))
def test_attention_has_two_products_of_queries_and_keys(name):
    net = read(*WINDOWS[name], seen=False)
    values = {s: v for s, v in (("N", 3), ("T", 12)) if s in net.symbols}
    by_hand = {
        "attention without a batch": 12 * 9 * (8 + 8), "attention of shared heads": 3 * 4 * 12 * 9 * 16,
        "attention behind a mask": 3 * 2 * 144 * 16, "attention behind a known mask": 3 * 2 * 25 * 16,
        "causal attention": 3 * 2 * 144 * 16,
    }  # fmt: skip
    assert net.evaluate("macs", **values) == by_hand[name]


STATES = {
    "an LSTM of one sequence": (nn.LSTM(6, 5), [("T", 6)], 4 * 5 * 11),
    "an LSTM from states": (nn.LSTM(6, 5, bias=False), [("T", "N", 6), (1, "N", 5)], 4 * 5 * 11),
    "a GRU from a state": (nn.GRU(6, 5), [("T", "N", 6), (1, "N", 5)], 3 * 5 * 11),
    "an RNN of one sequence, both ways": (nn.RNN(6, 5, bidirectional=True), [("T", 6)], 2 * 5 * 11),
}


@pytest.mark.parametrize("name", STATES)
@pytest.mark.parametrize("last", [False, True])
def test_a_recurrent_layer_has_its_weights_macs_a_step(name, last):
    layer, shapes, step = STATES[name]
    quiet(layer)

    def run(x, y=None):
        states = y if y is None or not isinstance(layer, nn.LSTM) else (y, y)
        out, after = layer(x, states)
        return out if not last else after[0] if isinstance(after, tuple) else after

    net = read(run, shapes, seen=None)
    values = {s: v for s, v in (("N", 3), ("T", 12)) if s in net.symbols}
    assert net.evaluate("macs", **values) == 12 * values.get("N", 1) * step


CELLS = {"LSTM": (nn.LSTMCell(6, 5, bias=False), 4), "GRU": (nn.GRUCell(6, 5), 3),
         "RNN": (nn.RNNCell(6, 5, nonlinearity="relu", bias=False), 1)}  # fmt: skip


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_of_given_states_multiplies_both_matrices(name):
    cell, gates = CELLS[name]
    quiet(cell)

    def run(x, y):
        return cell(x, (y, y))[1] if name == "LSTM" else cell(x, y)

    net = read(run, [("N", 6), ("N", 5)], seen=None)
    assert net.evaluate("macs", N=3) == 3 * gates * 5 * 11


UNKNOWN = {
    "sorted": (lambda x: x.sort(1, descending=True)[1], [("N", "T")], "sort"),
    "sorted along the first": (lambda x: x.msort(), [("N", "T")], "msort"),
    "the third largest": (lambda x: x.kthvalue(3, 1, True)[0], [("N", 5)], "kthvalue"),
    "median of all": (lambda x: x.median(), [("N", "T")], "median"),
    "median of rows": (lambda x: x.nanmedian(1)[1], [("N", "T")], "nanmedian"),
    "most frequent": (lambda x: x.mode(0)[0], [("N", "T")], "mode"),
    "largest of a scalar": (lambda x: x[0, 0].topk(1)[0], [("N", "T")], "topk"),
    "distances": (lambda x, y: torch.cdist(x, y), [TOKENS, ("N", 3, 6)], "cdist"),
    "smooth loss": (lambda x, y: functional.smooth_l1_loss(x, y, reduction="none"), [("N", "T")] * 2, "smooth_l1_loss"),
    "Huber's loss": (functional.huber_loss, [("N", "T")] * 2, "huber_loss"),
    "divergence": (lambda x, y: functional.kl_div(x, y, reduction="sum"), [("N", "T")] * 2, "kl_div"),
    "buckets": (lambda x: torch.bucketize(x, W(3)), [("N", "T")], "bucketize"),
    "Fourier": (lambda x: torch.fft.fft(x, 8), [("N", "T")], "fft_fft"),
    "Fourier of a plane": (lambda x: torch.fft.fft2(x, (4, 6)), [IMAGE], "fft_fft2"),
    "Fourier of all axes": (lambda x: torch.fft.ifftn(x), [TOKENS], "fft_ifftn"),
    "Fourier of reals": (lambda x: torch.fft.rfft2(x), [IMAGE], "fft_rfft2"),
    "Fourier back to reals": (lambda x: torch.fft.irfft(x, dim=1), [("N", "T")], "fft_irfft"),
    "Fourier back to so many": (lambda x: torch.fft.irfft(x, 10), [("N", "T")], "fft_irfft"),
    "a norm of singular values": (lambda x: torch.linalg.norm(x[0], "nuc"), [TOKENS], "linalg_norm"),
    "logarithm of gamma": (lambda x: torch.lgamma(x), [("N", "T")], "lgamma"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_has_no_count_is_a_named_unknown_of_torch_s_shape(name):
    function, shapes, word = UNKNOWN[name]
    net = read(function, shapes, seen=None)
    assert f"cost[{word}]" in net.symbols
