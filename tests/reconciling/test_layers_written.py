"""A layer of a network without code as a module of torch.nn, in the figures that counters give it."""

import pytest

import symconv as sc
from symconv import layers
from symconv.cost import cost_symbols, evaluate_cost
from symconv.errors import CallError
from symconv.reconciling import reconcile


def of(layer, *shape, dtype="float32"):
    net = sc.Network("one layer")
    net.input("x", *shape, dtype=dtype)
    net.add("layer", layer)
    return reconcile(net)


def at(cost, **values):
    return evaluate_cost(cost, {s: values[s.name] for s in cost_symbols(cost)})


IMAGE, ROWS = ("N", 4, 10, 12), ("N", "T", 6)

#: A layer, its input, and at N = 3 and T = 7 the macs that torch's own counter sees and the weights, by hand.
MODULES = {
    "convolution": (layers.Conv(6, 3, stride=2, padding=1, groups=2, bias=False), IMAGE, 3 * 5 * 6 * 6 * 2 * 9, 108),
    "of a line": (layers.Conv(5, 3), ("N", 4, 10), 3 * 8 * 5 * 4 * 3, 65),
    "turned convolution": (layers.ConvTranspose(5, 2, stride=2), IMAGE, 3 * 120 * 4 * 5 * 4, 85),
    "depthwise": (layers.DepthwiseConv(3, bias=False), IMAGE, 3 * 8 * 10 * 4 * 9, 36),
    "linear": (layers.Linear(5), ROWS, 3 * 7 * 30, 35),
    "batch norm": (layers.BatchNorm(), IMAGE, 0, 8),
    "frozen batch norm": (layers.BatchNorm(frozen=True), IMAGE, 0, 0),
    "layer norm": (layers.LayerNorm(), ROWS, 0, 12),
    "root mean square norm": (layers.RMSNorm(), ROWS, 0, 6),
    "group norm": (layers.GroupNorm(2), IMAGE, 0, 8),
    "instance norm": (layers.InstanceNorm(True), IMAGE, 0, 8),
    "softmax": (layers.Softmax(-1), ROWS, 0, 0),
    "upsampling": (layers.Upsample(2), IMAGE, 0, 0),
    "smooth upsampling": (layers.Upsample(2, mode="linear"), IMAGE, 0, 0),
    "global pooling": (layers.GlobalMaxPool(), IMAGE, 0, 0),
    "pooling to a grid": (layers.AdaptiveAvgPool(2), IMAGE, 0, 0),
    "pooling": (layers.AvgPool(2), IMAGE, 0, 0),
    "a slope": (layers.PReLU(), IMAGE, 0, 1),
    "an activation": (layers.HardSwish(), IMAGE, 0, 0),
}


@pytest.mark.parametrize("name", MODULES)
def test_torch_s_counter_sees_the_products_alone_and_torchinfo_all_weights(name):
    layer, shape, macs, weights = MODULES[name]
    found = of(layer, *shape)
    values = {"N": 3, "T": 7}
    assert at(found.figure("FlopCounterMode / 2").cost, **values) == macs
    assert at(found.figure("torchinfo").params) == weights
    assert found.notes


def test_a_table_is_no_product_to_torch_s_counter():
    found = of(layers.Embedding(11, 5), "N", "T", dtype="int64")
    assert at(found.figure("FlopCounterMode / 2").cost, N=3, T=7) == 0
    assert at(found.figure("torchinfo").params) == 55


@pytest.mark.parametrize(
    ("layer", "shape", "said"),
    [
        (layers.LocalResponseNorm(), IMAGE, "lrn is written in several ways"),
        (layers.Resample("linear", (2, 4, 5, 5)), (2, 4, 10, 12), "resample is written in several ways"),
        (layers.LSTM(5), ROWS, "lstm is written in several ways"),
    ],
)
def test_a_layer_that_is_written_in_several_ways_is_refused_by_name(layer, shape, said):
    with pytest.raises(CallError, match=said):
        of(layer, *shape)


def test_channels_last_is_no_module_of_torch():
    from symconv.layers.channels_last import turned

    with pytest.raises(CallError, match="channels last is no module"):
        of(turned(layers.Conv(5, 3), True), "N", 10, 12, 4)
