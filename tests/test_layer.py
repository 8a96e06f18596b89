"""Fields of layers, what they take and refuse, and the registry."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from fractions import Fraction

import pytest
import sympy
from networks import TORCHVISION, unet

import symconv as sc
from symconv import Count, Layer, Network, Positive, Tensor, layer, weight
from symconv.errors import DomainError, ShapeError, SymconvError
from symconv.extent import Extent
from symconv.layer import LAYERS, Parameter, Reach, layer_class, layer_fields, ranges
from symconv.layers import (
    AdaptiveAvgPool,
    AvgPool,
    Conv,
    ConvTranspose,
    Crop,
    DepthwiseConv,
    Dropout,
    Flatten,
    GroupNorm,
    LayerNorm,
    Linear,
    LocalResponseNorm,
    MaxPool,
    Pad,
    ReLU,
    Softmax,
    Upsample,
)  # fmt: skip
from symconv.layers.channels_last import turned
from symconv.ranges import as_size

Made = Callable[[], Layer]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Conv(0), "conv: channels = 0 is below 1"),
        (lambda: Conv(-3), "conv: channels = -3 is below 1"),
        (lambda: Conv(8, 0), "conv: kernel = 0 is below 1"),
        (lambda: Conv(8, (3, -1)), "conv: kernel = -1 is below 1"),
        (lambda: Conv(8, stride=0), "conv: stride = 0 is below 1"),
        (lambda: Conv(8, dilation=0), "conv: dilation = 0 is below 1"),
        (lambda: Conv(8, groups=0), "conv: groups = 0 is below 1"),
        (lambda: Conv(8, padding=-1), "conv: padding = -1 is below 0"),
        (lambda: Conv(8, padding=((0, -1), 1)), "conv: padding = -1 is below 0"),
        (lambda: ConvTranspose(8, output_padding=-1), "conv_transpose: output_padding = -1 is below 0"),
        (lambda: DepthwiseConv(multiplier=0), "depthwise_conv: multiplier = 0 is below 1"),
        (lambda: MaxPool(0), "max_pool: kernel = 0 is below 1"),
        (lambda: AvgPool(2, 0), "avg_pool: stride = 0 is below 1"),
        (lambda: AdaptiveAvgPool(0), "adaptive_avg_pool: size = 0 is below 1"),
        (lambda: Linear(0), "linear: channels = 0 is below 1"),
        (lambda: GroupNorm(0), "group_norm: groups = 0 is below 1"),
        (lambda: LayerNorm(0), "layer_norm: axes = 0 is below 1"),
        (lambda: LocalResponseNorm(0), "lrn: size = 0 is below 1"),
        (lambda: Upsample(0), "upsample: scale = 0 is below 1"),
        (lambda: Upsample(Fraction(-1, 2)), "upsample: scale = -1/2 is not positive"),
    ],
)
def test_a_size_below_its_least_is_an_error(make: Made, said: str) -> None:
    with pytest.raises(ShapeError, match=said):
        make()


@pytest.mark.parametrize("value", [True, False, 3.0, 3.5, "3", None, (), [], {}, object(), 3j])
@pytest.mark.parametrize("name", ["channels", "kernel", "stride", "dilation", "groups", "padding"])
def test_a_size_is_no_bool_no_float_and_no_text(name: str, value: object) -> None:
    with pytest.raises(ShapeError, match=f"conv: {name}"):
        Conv(**{"channels": 8, name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Conv(8, Fraction(3, 2)), "conv: kernel"),
        (lambda: Conv((8, 8)), "one size is wanted"),
        (lambda: Conv(8, ((3, 3), (3, 3))), "one size is wanted for an axis"),
        (lambda: Conv(8, padding=((1, 2, 3), 1)), "a begin and an end"),
        (lambda: Conv(8, padding=("same", 1)), "same is said once"),
        (lambda: Conv(8, padding=(("same", 1), 1)), "same is said once"),
        (lambda: Conv(8, padding="samee"), "accepted are sizes, same, valid. did you mean same?"),
        (lambda: Conv(8, "same"), "accepted are sizes"),
        (lambda: Conv(8, 64 * sc.size_of(sc.symbol("w", "multiplier"))), "not always a whole number"),
        (lambda: Upsample(1.16), "upsample: scale = 1.16: a float is not exact, a Fraction is"),
        (lambda: Conv(8, bias=1), "conv: bias = 1: accepted is true or false"),
        (lambda: Conv(8, bias="no"), "accepted is true or false"),
        (lambda: MaxPool(ceil="yes"), "accepted is true or false"),
        (lambda: Softmax("last"), "softmax: axis = 'last': accepted is a whole number"),
        (lambda: Softmax(True), "softmax: axis = True: accepted is a whole number"),
        (lambda: Flatten(1.0), "flatten: start = 1.0: accepted is a whole number"),
        (lambda: Upsample(2, mode=3), "upsample: mode = 3: accepted is a word"),
        (lambda: LayerNorm(over=1), "layer_norm: over = 1: accepted is a word"),
    ],
)
def test_a_field_of_the_wrong_kind_is_an_error_that_names_it(make: Made, said: str) -> None:
    with pytest.raises(ShapeError) as refusal:
        make()
    assert said in str(refusal.value)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Conv(8, (3, 3, 3)),
        lambda: Conv(8, 3, (1,)),
        lambda: Conv(8, 3, 1, (1, 1, 1)),
        lambda: Conv(8, 3, 1, ((0, 1),)),
        lambda: Conv(8, 3, 1, 1, (1, 1, 1)),
        lambda: ConvTranspose(8, output_padding=(1,)),
        lambda: MaxPool((2, 2, 2)),
        lambda: AdaptiveAvgPool((7,)),
        lambda: Upsample((2, 2, 2)),
        lambda: Upsample(size=(2,)),
        lambda: Pad((1, 1, 1)),
        lambda: Crop(((1, 1),)),
    ],
)
def test_sizes_for_another_number_of_axes_are_an_error(make: Made) -> None:
    net = Network()
    net.input("image", "N", 3, "H", "W")
    with pytest.raises(ShapeError, match="2 spatial axes"):
        net.add("layer", make())


def test_lists_integers_like_numpy_s_and_sympy_s_expressions_are_sizes() -> None:
    class Index:
        def __index__(self) -> int:
            return 5

    assert Conv(8, [3, 5]) == Conv(8, (3, 5))
    assert Conv(Index(), 3).channels == 5  # type: ignore[arg-type]
    assert Conv(Fraction(8), sympy.Integer(3)) == Conv(8)  # type: ignore[arg-type]
    assert as_size(sc.symbol("K")) == sc.K
    assert as_size(sc.Network().total("macs") + 3) == 3
    k = sympy.Symbol("K", integer=True, positive=True)
    assert Conv(8, 2 * k + 1).kernel == 2 * sc.K + 1  # type: ignore[arg-type]
    for expression in (k / 2, sympy.Symbol("K"), sympy.pi, sympy.sin(k)):
        with pytest.raises(SymconvError):
            Conv(8, expression)  # type: ignore[arg-type]


def test_a_size_in_symbols_is_required_to_be_in_its_range() -> None:
    net = Network()
    net.input("image", "N", 3, 64, 64)
    net.add("conv", Conv(sc.C_out - 5, sc.K - 2, padding=sc.P - 1))
    for values in ({"C_out": 5, "K": 3, "P": 1}, {"C_out": 6, "K": 2, "P": 1}, {"C_out": 6, "K": 3, "P": 0}):
        with pytest.raises(DomainError, match="of at least"):
            net.at(values)
    assert net.evaluate("macs", N=1, C_out=6, K=3, P=1) == 1 * 3 * 64 * 64


def test_a_layer_prints_the_fields_that_differ_from_their_defaults() -> None:
    assert repr(Conv(64, 3, padding=1)) == "conv(channels=64, padding=1)"
    assert repr(MaxPool()) == "max_pool()"
    assert repr(Conv(sc.C_out, sc.K, padding=(sc.K - 1) // 2)).startswith("conv(channels=C_out, kernel=K, padding=")


def test_layers_of_equal_fields_are_equal_and_frozen() -> None:
    assert Conv(8, 3) == Conv(8, (3,)[0])
    assert Conv(8) != DepthwiseConv()
    assert hash(Conv(8, [3, 3])) == hash(Conv(8, (3, 3)))
    assert ReLU() == ReLU() != Dropout()
    with pytest.raises(AttributeError):
        Conv(8).channels = 9  # type: ignore[misc]


def test_substitution_reaches_every_field_of_sizes() -> None:
    values = {sc.symbol("K"): 3, sc.symbol("P"): 1, sc.symbol("S"): 2}
    general = Conv(8, (sc.K, 5), sc.S, ((sc.P, 0), (0, sc.P)))
    assert general.substitute(values) == Conv(8, (3, 5), 2, ((1, 0), (0, 1)))
    assert Conv(8, padding="same").substitute(values) == Conv(8, padding="same")
    assert Upsample(Fraction(3, 2)).substitute(values) == Upsample(Fraction(3, 2))
    with pytest.raises(ShapeError, match="kernel = 0 is below 1"):
        Conv(8, sc.K - 3).substitute(values)


# -- the registry --------------------------------------------------------------------------------------------------


def test_every_layer_has_a_rule_in_symbols_that_runs() -> None:
    for kind, cls in sorted(LAYERS.items()):
        general, inputs = cls.general()
        net = Network("rule")
        names = [net.input(f"input{i}", *tensor.shape) for i, tensor in enumerate(inputs)]
        net.add("layer", general, *names)
        sizes = [size for _, size, _ in general.field_sizes()]
        assert any(isinstance(size, Extent) for tensor in inputs for size in (*tensor.shape, *sizes)), kind
        assert str(net.output), kind
        numbers = net.substitute(**{name: 6 if name == "X" else 2 if name == "C_in" else 1 for name in net.symbols})
        assert all(isinstance(size, int) for size in numbers.output.shape), kind


def test_every_layer_says_what_it_does_in_its_first_line() -> None:
    for kind, cls in LAYERS.items():
        lines = (cls.__doc__ or "").splitlines()
        assert lines, kind
        assert lines[0].endswith((".", ":")), kind
        assert len(lines) == 1 or not lines[1], kind


def test_an_unknown_kind_is_an_error_with_the_nearest() -> None:
    with pytest.raises(ShapeError, match=r"unknown layer 'max_pol'. did you mean max_pool\?"):
        layer_class("max_pol")
    with pytest.raises(ShapeError, match=r"Known are .*conv"):
        layer_class("zzzzzz")


def test_a_user_s_layer_is_a_layer_like_any_other() -> None:
    @layer("test_scale")
    class Scale(Layer):
        """Multiplies every channel by a weight of its own."""

        channels_each: Positive = 1

        def parameters(self, image: Tensor) -> tuple[Parameter, ...]:
            return (weight("weight", image.channels, self.channels_each),)

        def work(self, image: Tensor, out: Tensor) -> Count:
            return Count(mul=out.elements)

    try:
        assert layer_class("test_scale") is Scale
        assert [f.name for f in layer_fields(Scale)] == list(ranges(Scale)) == ["channels_each"]
        net = Network()
        net.input("image", "N", 8, "X", "X")
        net.add("scale", Scale(sc.K))
        assert (str(net.cost("params")), str(net.cost("ops"))) == ("8·K", "8·N·X²")
        assert net.node("scale").layer.reach(*net.node("scale").tensors, net.output) == (Reach(), Reach())
        with pytest.raises(ShapeError, match="test_scale: channels_each = 0 is below 1"):
            Scale(0)
    finally:
        del LAYERS["test_scale"]


def test_a_kind_that_is_taken_is_an_error_and_reading_a_class_again_is_none() -> None:
    with pytest.raises(ShapeError, match=r"a layer called relu exists already, in symconv\.layers\.activation"):

        @layer("relu")
        class Other(Layer):
            """Another one."""

    assert LAYERS["relu"] is ReLU
    try:
        for _ in range(2):

            @layer("test_again")
            class Again(Layer):
                """Read twice, as a file of layers may be."""

            assert LAYERS["test_again"] is Again
    finally:
        del LAYERS["test_again"]


def test_the_layers_of_real_networks_survive_substitution_by_nothing() -> None:
    for build in (*TORCHVISION.values(), unet):
        for node in build().nodes:
            assert node.layer.substitute({}) == node.layer


def test_a_layer_of_channels_that_stand_last_survives_pickling() -> None:
    for plain in (Conv(8, 3, bias=False), MaxPool(2), Upsample(2)):
        made = turned(plain, True)
        again = pickle.loads(pickle.dumps(made))
        assert again == made
        assert type(again) is type(made)
        assert again != plain


def test_a_word_is_one_of_those_accepted_and_the_nearest_is_said() -> None:
    net = Network()
    net.input("image", "N", 3, "X", "X")
    with pytest.raises(ShapeError) as refusal:
        net.add("layer", Upsample(2, mode="linera"))
    assert str(refusal.value) == "upsample: mode = 'linera': accepted are nearest and linear. did you mean linear?"
