"""Chains of layers along one axis: one floor, the right value, the right domain; walked by brute force."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd
from random import Random
from typing import Any

import pytest
from amounts import but_long
from hypothesis import given
from hypothesis import strategies as st
from witness import chains
from witness.chains import EXTENTS, clip_is_felt, goes_up, random_chain, run

import symconv as sc
from symconv.errors import DomainError, ShapeError
from symconv.extent import Extent, Floor, Size, symbols_of
from symconv.layer import Layer
from symconv.layers import Concat, Conv, ConvTranspose, Crop, MaxPool, Pad, Upsample
from symconv.symbols import symbol
from symconv.tensor import Tensor
from symconv.values import evaluate

X = symbol("X")


@dataclass(frozen=True)
class PadToMultiple(Layer):
    """A user's layer in plain arithmetic: m·⌈x/m⌉."""

    multiple: int

    def output(self, image: Tensor) -> Tensor:
        return image.like(*image.shape[:2], *(-(-x // self.multiple) * self.multiple for x in image.spatial))


def split(chain: Sequence[chains.Layer]) -> list[chains.Layer]:
    """The same chain, where a padding that crops one side and extends the other is a crop and then a padding."""
    out: list[chains.Layer] = []
    for layer in chain:
        if isinstance(layer, chains.Pad) and layer.begin * layer.end < 0:
            out += [
                chains.Pad(min(layer.begin, 0), min(layer.end, 0)),
                chains.Pad(max(layer.begin, 0), max(layer.end, 0)),
            ]
        else:
            out.append(layer)
    return out


def ours(layer: chains.Layer) -> Layer:
    """The layer of symconv with the witness's numbers."""
    match layer:
        case chains.Window(kernel, stride, begin, end, dilation, ceil):
            padding = ((begin, end),)
            if ceil or kernel % 2:
                return MaxPool(kernel, stride, padding, dilation, ceil)
            return Conv(1, kernel, stride, padding, dilation)
        case chains.Same(kernel, stride, dilation):
            return Conv(1, kernel, stride, "same", dilation)
        case chains.Transposed(kernel, stride, begin, end, dilation, output_padding):
            return ConvTranspose(1, kernel, stride, ((begin, end),), output_padding, dilation)
        case chains.Upsample(up, down):
            return Upsample(Fraction(up, down))
        case chains.Pad(begin, end):
            return Crop(((-begin, -end),)) if begin <= 0 and end <= 0 else Pad(((begin, end),))
        case chains.PadToMultiple(multiple):
            return PadToMultiple(multiple)


def network(chain: Sequence[chains.Layer]) -> sc.Network:
    net = sc.Network()
    net.input("signal", 1, 1, "X")
    for i, layer in enumerate(chain):
        net.add(f"layer{i}", ours(layer))
    return net


def is_legal(net: sc.Network, x: int) -> bool:
    try:
        net.domain.check({X: x})
    except DomainError:
        return False
    return True


def floors(size: Size) -> list[Floor]:
    """All floors of a size, the inner ones too."""
    if isinstance(size, int):
        return []
    found = []
    for monomial in size.terms:
        for a in monomial:
            if isinstance(a, Floor):
                found += [a, *floors(a.over), *floors(a.under)]
    return found


def check_normal(size: Size) -> None:
    """What the docstring of `symconv.rounding` promises of every floor by a number, its own text aside."""
    for a in floors(size):
        s, constant = a.under, a.over.terms.get((), 0)
        inside = {m: c for m, c in a.over.terms.items() if m}
        assert isinstance(s, int)
        assert s > 1
        assert 0 <= constant < s
        assert all(-s < 2 * c <= s for c in inside.values())
        assert gcd(s, *inside.values()) == 1
        lone = [m for m in inside if isinstance(m[0], Floor)]
        assert len(lone) != 1 or abs(inside[lone[0]]) != 1


def check_chain(chain: Sequence[chains.Layer], xs: Sequence[int], counted: Counter[str]) -> None:
    net = network(chain)
    extent = net.output.shape[2]
    check_normal(extent)
    walked = {x: run(chain, x) for x in xs}
    for x, expected in walked.items():
        assert is_legal(net, x) == (expected is not None), (chain, x, net.domain)
        if expected is not None:
            assert evaluate(extent, {X: x}) == expected, (chain, x, extent)
    if len(net.domain.lines()) <= 1:
        counted["domain in closed form"] += 1
        known = net.domain.sizes(X)
        assert [x for x in xs if x in known] == [x for x in xs if walked[x] is not None], (chain, known)
    text = str(extent)
    if all(isinstance(layer, chains.Window | chains.Same | chains.Pad) for layer in chain):
        counted["windows only"] += 1
        assert text.count("⌊") + text.count("⌈") <= 1, (chain, text)
    counted["clipped"] += clip_is_felt(chain)
    counted["up"] += any(map(goes_up, chain))
    counted["all"] += 1


def check_chains(count: int, seed: int) -> Counter[str]:
    rng, counted = Random(seed), Counter[str]()
    for _ in range(count):
        chain = split(random_chain(rng))
        xs = [*range(1, 13), *rng.sample(EXTENTS[12:], 8)]
        check_chain(chain, xs, counted)
    assert counted["clipped"] >= 0.2 * count
    assert counted["up"] >= 0.2 * count
    assert counted["windows only"] >= 0.1 * count
    assert counted["domain in closed form"] >= 0.9 * count
    return counted


def test_random_chains_have_the_extent_and_the_domain_that_walking_finds() -> None:
    check_chains(3_000, seed=1)


@pytest.mark.heavy
@pytest.mark.parametrize("seed", but_long(range(100, 120), range(102, 120)))
def test_many_random_chains_have_the_extent_and_the_domain_that_walking_finds(seed: int) -> None:
    check_chains(5_000, seed)


@pytest.mark.parametrize("ceil", [False, True])
def test_a_chain_of_windows_is_one_floor_whatever_its_length(ceil: bool) -> None:
    rng = Random(7)
    for length in (1, 2, 10, 40):
        chain: list[chains.Layer] = []
        for _ in range(length):
            kernel = rng.randint(1, 5)
            begin, end = rng.randint(0, kernel - 1), rng.randint(0, kernel - 1)
            chain.append(chains.Window(kernel, rng.choice([1, 2, 3]), begin, end, rng.choice([1, 2]), ceil))
        extent: Size = sc.X
        for layer in chain:
            extent = ours(layer).output(Tensor((1, 1, extent))).shape[2]
        assert isinstance(extent, Extent)
        assert len(floors(extent)) <= 1
        assert str(extent).count("⌊") + str(extent).count("⌈") <= 1


@given(st.integers(0, 10**9))
def test_windows_in_symbols_compose_into_one_floor_with_the_values_of_the_concrete_chain(seed: int) -> None:
    rng = Random(seed)
    net, values = sc.Network("symbolic"), {}
    net.input("signal", 1, 1, "X")
    chain: list[chains.Layer] = []
    for i in range(rng.randint(1, 4)):
        kernel, stride, dilation = rng.randint(1, 4), rng.randint(1, 3), rng.randint(1, 2)
        begin, end = rng.randint(0, kernel - 1), rng.randint(0, kernel - 1)
        ceil = rng.random() < 0.3
        given_ = {f"K{i}": (kernel, "kernel"), f"S{i}": (stride, "stride"), f"D{i}": (dilation, "dilation")}
        given_ |= {f"A{i}": (begin, "padding"), f"B{i}": (end, "padding")}
        chosen: dict[str, Any] = {}
        for name, (value, role) in given_.items():
            chosen[name[0]] = net.symbol(name, role) if rng.random() < 0.8 else value
            if not isinstance(chosen[name[0]], int):
                values[name] = value
        net.add(f"layer{i}", MaxPool(chosen["K"], chosen["S"], ((chosen["A"], chosen["B"]),), chosen["D"], ceil))
        chain.append(chains.Window(kernel, stride, begin, end, dilation, ceil))
    extent = net.output.shape[2]
    text = str(extent)
    assert text.count("⌊") + text.count("⌈") <= 1, text
    for x in (*range(1, 12), 30, 64):
        expected = run(chain, x)
        at = {next(iter(symbols_of(s))): {**values, "X": x}[name] for name, s in net.symbols.items()}
        try:
            net.domain.check(at)
            assert expected is not None
        except DomainError:
            assert expected is None, (chain, x, net.domain)
        if expected is not None:
            assert evaluate(extent, at) == expected


def test_windows_of_one_kernel_stride_and_padding_in_symbols_read_as_one_window() -> None:
    window = sc.layers.window.Window(sc.K, sc.S, sc.P, sc.P)
    once, twice = window.output(sc.X), window.output(window.output(sc.X))
    assert str(once) == "⌊(X + 2·P − K)/S⌋ + 1"
    assert str(twice).count("⌊") == 1
    for x, k, s, p in ((20, 3, 2, 1), (21, 3, 2, 0), (30, 5, 3, 2), (9, 1, 1, 0)):
        chain = [chains.Window(k, s, p, p)] * 2
        at = {symbol(n): v for n, v in zip("XKSP", (x, k, s, p))}
        assert evaluate(twice, at) == run(chain, x)


def test_two_random_chains_end_to_end_are_as_long_as_both() -> None:
    """What two chains make of one signal, concatenated along its axis: the sum, where both are legal."""
    rng, legal, illegal = Random(5), 0, 0
    for _ in range(300):
        pair = split(random_chain(rng)), split(random_chain(rng))
        net = sc.Network()
        net.input("signal", 1, 1, "X")
        ends = []
        for side, chain in enumerate(pair):
            ends.append("signal")
            for i, layer in enumerate(chain):
                ends[-1] = net.add(f"side{side}/layer{i}", ours(layer), ends[-1])
        net.add("both", Concat(axis=2), *ends)
        extent = net.output.shape[2]
        check_normal(extent)
        for x in (*range(1, 9), *rng.sample(EXTENTS[8:], 4)):
            walked = [run(chain, x) for chain in pair]
            assert is_legal(net, x) == (None not in walked), (pair, x)
            if None in walked:
                illegal += 1
            else:
                legal += 1
                assert evaluate(extent, {X: x}) == sum(n or 0 for n in walked), (pair, x)
    assert min(legal, illegal) > 300


def test_what_goes_up_is_in_normal_form() -> None:
    x = sc.X

    def after(*layers: Layer) -> Size:
        tensor = Tensor((1, 1, x))
        for layer in layers:
            tensor = layer.output(tensor)
        return tensor.shape[2]

    down = Conv(1, 3, 2, 1)
    assert str(after(down)) == "⌈X/2⌉"
    assert str(after(down, ConvTranspose(1, 3, 2, 1))) == "2·⌈X/2⌉ − 1"
    assert str(after(down, ConvTranspose(1, 3, 2, 1, 1))) == "2·⌈X/2⌉"
    assert str(after(down, Upsample(2))) == "2·⌈X/2⌉"
    assert str(after(Upsample(Fraction(3, 2)))) == "⌊3·X/2⌋"
    assert str(after(Upsample(2), down)) == "X"
    assert str(after(Upsample(Fraction(3, 2)), MaxPool(3, 3))) == "⌊X/2⌋"
    assert str(after(Pad(((1, 2),)), Crop(((2, 1),)))) == "X"
    assert str(after(down, Upsample(2), down)) == "⌈X/2⌉"
    halves = [Tensor((1, 1, after(MaxPool(2)))), Tensor((1, 1, after(MaxPool(2, ceil=True))))]
    assert str(Concat(axis=2).output(*halves).shape[2]) == "⌈X/2⌉ + ⌊X/2⌋"


# -- the named cases ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "x", "expected"),
    [(2, 2, 1, 1, 1), (3, 2, 0, 1, None), (3, 2, 0, 2, 1), (3, 2, 0, 3, 1), (3, 2, 0, 4, 2), (1, 2, 0, 2, 1)],
)
def test_a_ceil_mode_window_stands_where_torch_puts_it(
    kernel: int, stride: int, padding: int, x: int, expected: int | None
) -> None:
    net = network([chains.Window(kernel, stride, padding, padding, ceil=True)])
    assert is_legal(net, x) == (expected is not None)
    if expected is not None:
        assert net.evaluate("activations", X=x) == expected
        assert evaluate(net.output.shape[2], {X: x}) == expected


def test_the_output_padding_that_gives_the_input_back_depends_on_its_parity() -> None:
    for output_padding, residue in ((1, 0), (0, 1)):
        net = sc.Network()
        net.input("image", 1, 1, "X")
        net.add("down", Conv(1, 3, 2, 1))
        net.add("up", ConvTranspose(1, 3, 2, 1, output_padding))
        net.add("join", sc.layers.Add(), "image", "up")
        assert repr(net.domain) == f"X ≡ {residue} (mod 2)"


def unet(padding: int, depth: int = 4) -> sc.Network:
    """The U-Net's contracting and expanding path (Ronneberger et al. 2015), with cropped or with padded skips."""
    net = sc.Network("unet")
    net.input("image", 1, 1, "X", "X")
    skips = []
    for i in range(depth):
        net.add(f"down{i}/conv1", Conv(4, 3, padding=padding))
        skips.append(net.add(f"down{i}/conv2", Conv(4, 3, padding=padding)))
        net.add(f"down{i}/pool", MaxPool(2))
    net.add("bottom/conv1", Conv(4, 3, padding=padding))
    net.add("bottom/conv2", Conv(4, 3, padding=padding))
    for i in reversed(range(depth)):
        up = net.add(f"up{i}/up", ConvTranspose(4, 2, 2))
        skip = skips[i] if padding else net.add(f"up{i}/crop", Crop(), skips[i], up)
        net.add(f"up{i}/join", Concat(), skip, up)
        net.add(f"up{i}/conv1", Conv(4, 3, padding=padding))
        net.add(f"up{i}/conv2", Conv(4, 3, padding=padding))
    return net


def test_the_unpadded_unet_of_the_paper() -> None:
    net = unet(padding=0)
    side = net.output.shape[2]
    assert str(side - 0) == "16·⌊(X + 4)/16⌋ − 188"
    assert evaluate(side, {X: 572}) == 388  # the paper's Figure 1
    assert repr(net.domain) == "X ≥ 188"

    def walked(x: int) -> int | None:
        """Down by two 3×3 convolutions and a pooling four times, and up again, in plain integers."""
        for _ in range(4):
            x -= 4
            if x < 2:
                return None
            x //= 2
        x -= 4
        for _ in range(4):
            if x < 1:
                return None
            x = 2 * x - 4
        return x if x >= 1 else None

    for x in range(1, 700):
        assert is_legal(net, x) == (walked(x) is not None)
        if walked(x) is not None:
            assert evaluate(side, {X: x}) == walked(x)

    # Ronneberger et al., section 3: "select the input tile size such that all 2×2 max-pooling operations are applied to
    # a layer with an even x- and y-size"; then nothing is dropped, and 184 elements are lost.
    exact = [x for x in range(188, 700) if evaluate(side, {X: x}) == x - 184]
    assert exact == [x for x in range(188, 700) if x % 16 == 12]


def test_the_padded_unet_wants_multiples_of_16() -> None:
    net = unet(padding=1)
    assert repr(net.domain) == "X ≡ 0 (mod 16)"
    assert net.domain.least(X) == 16
    assert str(net.substitute(X=16 * sc.X).output.shape[2]) == "16·X"
    asked = [(c.node, c.text()) for c in net.domain.conditions]
    assert asked[0] == ("down3/pool", "X ≥ 16")
    assert [node for node, _ in asked[1:]] == [f"up{i}/join" for i in (3, 2, 1, 0)]
    with pytest.raises(DomainError, match="X = 24"):
        net.evaluate("macs", X=24)


def test_a_speech_stem_is_one_window() -> None:
    """wav2vec 2.0 (Baevski et al. 2020, section 4.2): strides (5,2,2,2,2,2,2), kernels (10,3,3,3,3,2,2)."""
    chain = [chains.Window(10, 5), *[chains.Window(3, 2)] * 4, *[chains.Window(2, 2)] * 2]
    net = network(chain)
    extent = net.output.shape[2]
    assert str(extent) == "⌊(X − 80)/320⌋"
    assert extent == (sc.X + 240) // 320 - 1
    assert evaluate(extent, {X: 16000}) == 49
    assert repr(net.domain) == "X ≥ 400"
    for x in (399, 400, 719, 720, 16000):
        assert run(chain, x) == (evaluate(extent, {X: x}) if is_legal(net, x) else None)


@pytest.mark.parametrize(
    ("layers", "least"),
    [
        # AlexNet (Krizhevsky 2014): torchvision raises below 63
        ([(11, 4, 2), (3, 2, 0), (5, 1, 2), (3, 2, 0), (3, 1, 1), (3, 1, 1), (3, 1, 1), (3, 2, 0)], 63),
        # VGG: five 2×2 poolings
        ([(2, 2, 0)] * 5, 32),
    ],
)
def test_the_least_legal_input_is_a_maximum_over_the_layers(layers: list[tuple[int, int, int]], least: int) -> None:
    chain = [chains.Window(k, s, p, p) for k, s, p in layers]
    net = network(chain)
    assert net.domain.least(X) == least
    assert [x for x in range(1, 100) if run(chain, x) is not None] == list(range(least, 100))


def test_rational_upsamplings_in_a_row_stay_short() -> None:
    extent: Size = sc.X
    x = 1000
    for _ in range(60):
        extent, x = extent * 29 // 25, x * 29 // 25
    assert evaluate(extent, {X: 1000}) == x
    assert str(extent) == "⌊29·" * 60 + "X" + "/25⌋" * 60
    extent, x = sc.X, 1000
    for _ in range(40):
        extent, x = (extent * 29 // 25 + 1) // 2 * 1001 // 1000, (x * 29 // 25 + 1) // 2 * 1001 // 1000
    assert evaluate(extent, {X: 1000}) == x
    assert len(str(extent)) < 2_000


def test_a_chain_that_leaves_nothing_at_any_size_is_refused() -> None:
    net = sc.Network()
    net.input("image", 1, 1, 5, 5)
    net.add("conv", Conv(1, 3))
    with pytest.raises(ShapeError, match="pool"):
        net.add("pool", MaxPool(4))
    assert [node.name for node in net.nodes] == ["conv"]
