"""The witness against numbers known without it: by hand, from papers, and from torch where torch is installed."""

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
import witness
from witness import loops
from witness.chains import (
    Layer,
    Pad,
    PadToMultiple,
    Same,
    Transposed,
    Upsample,
    Window,
    clip_is_felt,
    goes_up,
    is_clipped,
    random_chain,
    run,
)

from symconv.verifying.loops import axis
from symconv.verifying.loops.axis import adaptive_windows


def test_the_witness_knows_nothing_of_symconv_but_its_walk_along_an_axis_which_knows_nothing_either() -> None:
    sources = [*Path(witness.__file__).parent.glob("*.py"), Path(axis.__file__)]
    for source in sources:
        lines = source.read_text(encoding="utf-8").splitlines()
        imports = [line for line in lines if "import" in line.split() and "symconv" in line]
        assert all(line.startswith("from symconv.verifying.loops.axis import ") for line in imports)
        assert not imports or source != sources[-1]


# Convolutions


def test_the_first_convolution_of_vgg_counts_what_the_article_says() -> None:
    shape, counts = loops.conv((1, 3, 4, 4), 64, (3, 3), (1, 1), [(1, 1), (1, 1)], (1, 1), groups=1, bias=True)
    assert shape == (1, 64, 4, 4)
    assert counts == {"mac": 4 * 4 * 3 * 3 * 3 * 64, "add": 4 * 4 * 64, "plane": 3 * 1024, "channel_add": 2 * 1024}
    # The article's full count: ((K·K + 1)·C_in + (C_in - 1))·M·M·C_out
    assert counts["mac"] + counts["plane"] + counts["channel_add"] == ((9 + 1) * 3 + 2) * 4 * 4 * 64


def test_lenet_has_the_connections_that_its_paper_states() -> None:
    """LeCun et al. 1998, section II.B: C1 122,304 connections, C5 48,120, F6 10,164 parameters used once each."""
    flush = [(0, 0), (0, 0)]
    shape, counts = loops.conv((1, 1, 32, 32), 6, (5, 5), (1, 1), flush, (1, 1), groups=1, bias=True)
    assert (shape, counts["mac"] + counts["add"]) == ((1, 6, 28, 28), 122_304)
    shape, counts = loops.conv((1, 16, 5, 5), 120, (5, 5), (1, 1), flush, (1, 1), groups=1, bias=True)
    assert (shape, counts["mac"] + counts["add"]) == ((1, 120, 1, 1), 48_120)
    shape, counts = loops.linear((1, 120), 84, bias=True)
    assert (shape, counts["mac"] + counts["add"]) == ((1, 84), 10_164)


def test_a_convolution_without_bias_books_neither_planes_nor_biases() -> None:
    shape, counts = loops.conv((2, 4, 5), 6, (3,), (2,), [(0, 0)], (1,), groups=2, bias=False)
    assert shape == (2, 6, 2)
    assert counts == {"mac": 2 * 6 * 2 * 2 * 3, "channel_add": 2 * 6 * 2 * (2 - 1)}


def test_a_depthwise_convolution_has_one_plane_and_nothing_to_add_it_to() -> None:
    shape, counts = loops.conv((1, 3, 4, 4), 3, (2, 2), (2, 2), [(0, 0), (0, 0)], (1, 1), groups=3, bias=True)
    assert shape == (1, 3, 2, 2)
    assert counts == {"mac": 12 * 4, "add": 12, "plane": 12}


def test_a_convolution_may_differ_on_each_of_three_axes() -> None:
    shape, counts = loops.conv(
        (1, 1, 5, 6, 7), 1, (1, 2, 3), (1, 2, 3), [(0, 0), (1, 0), (0, 3)], (1, 3, 2), groups=1, bias=False
    )
    # Axis 2: taps at 0 and 3 on coordinates -1…5, starts -1 and 1. Axis 3: taps to 4 on 0…9, starts 0 and 3.
    assert shape == (1, 1, 5, 2, 2)
    assert counts == {"mac": 5 * 2 * 2 * 6}


def test_a_transposed_convolution_pays_for_its_input_points_before_cropping() -> None:
    shape, counts = loops.conv_transpose((1, 1, 3), 1, (3,), (2,), [(0, 0)], (0,), (1,), groups=1, bias=False)
    assert (shape, counts) == ((1, 1, 7), {"mac": 9})
    shape, counts = loops.conv_transpose((1, 1, 3), 1, (3,), (2,), [(1, 1)], (1,), (1,), groups=1, bias=True)
    assert (shape, counts) == ((1, 1, 6), {"mac": 9, "add": 6, "plane": 6})


def test_a_transposed_convolution_adds_up_the_planes_of_its_group() -> None:
    shape, counts = loops.conv_transpose(
        (2, 6, 4, 4), 4, (4, 4), (2, 2), [(1, 1), (1, 1)], (0, 0), (1, 1), groups=2, bias=True
    )
    assert shape == (2, 4, 8, 8)
    points = 2 * 4 * 8 * 8
    assert counts == {
        "mac": 2 * (4 * 4) * (4 * 4) * 2 * (3 * 2),
        "add": points,
        "plane": 3 * points,
        "channel_add": 2 * points,
    }


def test_a_transposed_convolution_keeps_the_gaps_where_nothing_lands() -> None:
    assert loops.conv_transpose((1, 1, 2), 1, (1,), (3,), [(0, 0)], (0,), (1,), groups=1, bias=False)[0] == (1, 1, 4)
    assert loops.conv_transpose((1, 1, 2), 1, (2,), (1,), [(0, 0)], (0,), (3,), groups=1, bias=False)[0] == (1, 1, 5)


def test_a_linear_layer_maps_the_last_axis_of_any_rank() -> None:
    shape, counts = loops.linear((2, 3, 5), 4, bias=True)
    assert (shape, counts) == ((2, 3, 4), {"mac": 24 * 5, "add": 24, "plane": 24 * 5, "channel_add": 24 * 4})
    assert loops.linear((5,), 4, bias=False) == ((4,), {"mac": 20, "channel_add": 16})


def test_what_cannot_be_computed_is_an_error() -> None:
    with pytest.raises(ValueError, match="3 input channels do not divide into 2 groups"):
        loops.conv((1, 3, 4), 2, (1,), (1,), [(0, 0)], (1,), groups=2, bias=False)
    with pytest.raises(ValueError, match="axis 1 of extent 2 gives no output point"):
        loops.conv((1, 1, 4, 2), 1, (3, 3), (1, 1), [(0, 0), (0, 0)], (1, 1), groups=1, bias=False)
    with pytest.raises(ValueError, match="one to three axes"):
        loops.conv((1, 1, 4), 1, (3, 3), (1, 1), [(0, 0), (0, 0)], (1, 1), groups=1, bias=False)


# Poolings


def test_a_pooling_counts_padded_and_overhanging_taps() -> None:
    # Windows start at -1, 1, 3 (overhanging by one); each has three taps, whatever lies under them.
    shape, counts = loops.max_pool((2, 3, 5), (3,), (2,), [(1, 0)], (1,), ceil_mode=True)
    assert (shape, counts) == ((2, 3, 3), {"max": 2 * 3 * 3 * 2})
    shape, counts = loops.avg_pool((2, 3, 5), (3,), (2,), [(1, 0)], (1,), ceil_mode=True)
    assert (shape, counts) == ((2, 3, 3), {"add": 2 * 3 * 3 * 2, "div": 2 * 3 * 3})


def test_a_pooling_of_one_tap_compares_nothing() -> None:
    assert loops.max_pool((1, 1, 3), (1,), (1,), [(0, 0)], (1,), ceil_mode=False) == ((1, 1, 3), {})


def test_a_global_pooling_runs_over_all_elements_of_a_channel() -> None:
    assert loops.global_max_pool((2, 3, 4, 5)) == ((2, 3, 1, 1), {"max": 6 * 19})
    assert loops.global_avg_pool((2, 3, 4, 5, 2)) == ((2, 3, 1, 1, 1), {"add": 6 * 39, "div": 6})


def test_adaptive_windows_share_the_input_and_overlap_where_it_does_not_divide() -> None:
    assert adaptive_windows(6, 3) == [[0, 1], [2, 3], [4, 5]]
    assert adaptive_windows(5, 3) == [[0, 1], [1, 2, 3], [3, 4]]
    assert adaptive_windows(2, 3) == [[0], [0, 1], [1]]
    assert loops.adaptive_avg_pool((1, 2, 5), (3,)) == ((1, 2, 3), {"add": 2 * 4, "div": 2 * 3})
    assert loops.adaptive_max_pool((1, 1, 5, 6), (3, 3)) == ((1, 1, 3, 3), {"max": 7 * 6 - 9})


@pytest.mark.parametrize(
    ("window", "outputs"),
    [
        (Window(2, 2, 1, 1, ceil=True), [1, 2, 2, 3]),
        (Window(3, 2, ceil=True), [None, 1, 1, 2]),
        (Window(1, 2, ceil=True), [1, 1, 2, 2]),
        (Window(3, 2), [None, None, 1, 1]),
        (Window(3, 2, 1, 1), [1, 1, 2, 2]),
    ],
)
def test_the_ceiling_follows_the_rule_of_torch_and_onnx(window: Window, outputs: list[int | None]) -> None:
    assert [run([window], x) for x in (1, 2, 3, 4)] == outputs


# Chains


@pytest.mark.parametrize(
    ("layer", "outputs"),
    [
        (Same(3, 2), [1, 1, 2, 2, 3, 3]),
        (Same(1, 3), [1, 1, 1, 2, 2, 2]),
        (Transposed(3, 2, 1, 1), [1, 3, 5, 7, 9, 11]),
        (Transposed(1, 1, 2, 2, output_padding=1), [None, None, None, 1, 2, 3]),
        (Upsample(3, 2), [1, 3, 4, 6, 7, 9]),
        (Upsample(1, 2), [None, 1, 1, 2, 2, 3]),
        (Pad(2, -3), [None, 1, 2, 3, 4, 5]),
        (Pad(-4, 0), [None, None, None, None, 1, 2]),
        (PadToMultiple(4), [4, 4, 4, 4, 8, 8]),
    ],
)
def test_a_layer_alone_gives_the_extents_found_by_hand(layer: Layer, outputs: list[int | None]) -> None:
    assert [run([layer], x) for x in range(1, 7)] == outputs


def test_an_intermediate_without_elements_makes_the_chain_illegal() -> None:
    assert run([Pad(-3, 0), Pad(5, 0)], 3) is None
    assert run([Pad(5, 0), Pad(-3, 0)], 3) == 5
    assert run([], 0) is None


def test_published_chains_end_at_their_published_extents() -> None:
    pool = Window(3, 2)
    alexnet = [Window(11, 4, 2, 2), pool, Window(5, 1, 2, 2), pool, *[Window(3, 1, 1, 1)] * 3, pool]
    assert [run(alexnet, x) for x in (62, 63, 224)] == [None, 1, 6]
    ceil_pool = Window(3, 2, ceil=True)
    squeezenet = [Window(7, 2), ceil_pool, ceil_pool, ceil_pool]
    assert [run(squeezenet, x) for x in (20, 21, 224)] == [None, 1, 13]
    speech_stem = [Window(10, 5), *[Window(3, 2)] * 4, *[Window(2, 2)] * 2]
    assert [run(speech_stem, x) for x in (399, 400, 16000)] == [None, 1, 49]
    twice: list[Layer] = [Window(3), Window(3)]
    down: list[Layer] = [*twice, Window(2, 2)]
    up: list[Layer] = [Transposed(2, 2), *twice]
    unet = [*down * 4, *twice, *up * 4]
    assert [run(unet, x) for x in (187, 188, 572)] == [None, 4, 388]


def test_output_padding_restores_what_a_stride_of_two_rounded_off() -> None:
    for x in range(1, 65):
        assert run([Window(3, 2, 1, 1), Transposed(3, 2, 1, 1, output_padding=1 - x % 2)], x) == x


def test_a_window_is_clipped_only_where_a_stride_reaches_past_the_input() -> None:
    assert is_clipped(Window(2, 2, 1, 1, ceil=True))
    assert is_clipped(Window(1, 2, ceil=True))
    assert is_clipped(Window(3, 3, 1, 1, ceil=True))
    assert not is_clipped(Window(3, 2, ceil=True))
    assert not is_clipped(Window(3, 2, 1, 1, ceil=True))
    assert not is_clipped(Window(2, 2, 1, 1))


def test_a_clip_is_felt_only_if_an_extent_that_bites_reaches_it() -> None:
    assert clip_is_felt([Window(1, 2, ceil=True)])
    # One tap in two is clipped at even extents alone.
    assert not clip_is_felt([Upsample(2), Pad(1, 0), Window(1, 2, ceil=True)])
    assert clip_is_felt([Upsample(2), Window(1, 2, ceil=True)])


def test_random_chains_contain_as_many_hard_layers_as_asked_for() -> None:
    rng = Random(0)
    chains = [random_chain(rng, transposed=0.3, ceil=0.3) for _ in range(400)]
    assert {len(chain) for chain in chains} == set(range(1, 9))
    assert sum(any(map(goes_up, chain)) for chain in chains) >= 100
    assert sum(clip_is_felt(chain) for chain in chains) >= 100
    for chain in chains:
        outputs = [run(chain, x) or 0 for x in range(1, 65)]
        assert outputs == sorted(outputs)
        assert 1 <= outputs[32] < outputs[-1]


def test_random_chains_can_be_had_with_all_hard_layers_or_with_none() -> None:
    rng = Random(1)
    for _ in range(50):
        chain = random_chain(rng, transposed=1, ceil=1, longest=4)
        assert any(map(goes_up, chain))
        assert clip_is_felt(chain)
        assert len(chain) <= 4
        chain = random_chain(rng, transposed=0, ceil=0)
        assert not any(isinstance(layer, Transposed | Upsample) for layer in chain)
        assert not any(isinstance(layer, Window) and layer.ceil for layer in chain)


def test_the_same_seed_draws_the_same_chains() -> None:
    first, second = Random(7), Random(7)
    assert [random_chain(first) for _ in range(20)] == [random_chain(second) for _ in range(20)]


# Against torch


@pytest.fixture(scope="module")
def torch() -> Any:
    return pytest.importorskip("torch")


def functional(torch: Any, name: str, rank: int) -> Callable[..., Any]:
    function: Callable[..., Any] = getattr(torch.nn.functional, f"{name}{rank}d")
    return function


def macs_by_torch(function: Callable[..., Any], *arguments: Any, **settings: Any) -> int:
    with pytest.importorskip("torch.utils.flop_counter").FlopCounterMode(display=False) as counter:
        function(*arguments, **settings)
    macs, left = divmod(int(counter.get_total_flops()), 2)
    assert left == 0
    return macs


def draw(rng: Random, rank: int, least: int, most: int) -> list[int]:
    return [rng.randint(least, most) for _ in range(rank)]


def both_sides(padding: list[int]) -> list[tuple[int, int]]:
    return [(p, p) for p in padding]


@pytest.mark.torch
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_convolutions_agree_with_torch(torch: Any, rank: int) -> None:
    rng = Random(rank)
    convolve = functional(torch, "conv", rank)
    for _ in range(30):
        groups, bias = rng.randint(1, 2), rng.random() < 0.5
        shape = (rng.randint(1, 2), groups * rng.randint(1, 2), *draw(rng, rank, 5, 7))
        out_channels = groups * rng.randint(1, 2)
        kernel, stride = draw(rng, rank, 1, 3), draw(rng, rank, 1, 3)
        padding, dilation = draw(rng, rank, 0, 2), draw(rng, rank, 1, 2)
        found, counts = loops.conv(shape, out_channels, kernel, stride, both_sides(padding), dilation, groups, bias)
        image, weight = torch.ones(shape), torch.ones(out_channels, shape[1] // groups, *kernel)
        settings = {"stride": stride, "dilation": dilation, "groups": groups}
        assert found == tuple(convolve(image, weight, padding=padding, **settings).shape)
        assert counts["mac"] == macs_by_torch(convolve, image, weight, padding=padding, **settings)
        # Ones, padded with ones: each output is the number of taps that made it.
        widths = [p for p in reversed(padding) for _ in ("begin", "end")]
        padded = torch.nn.functional.pad(image, widths, value=1.0)
        assert counts["mac"] == int(convolve(padded, weight, **settings).sum())


@pytest.mark.torch
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_transposed_convolutions_agree_with_torch(torch: Any, rank: int) -> None:
    rng = Random(rank)
    convolve = functional(torch, "conv_transpose", rank)
    for _ in range(30):
        groups, bias = rng.randint(1, 2), rng.random() < 0.5
        shape = (rng.randint(1, 2), groups * rng.randint(1, 2), *draw(rng, rank, 2, 4))
        out_channels = groups * rng.randint(1, 2)
        kernel, stride = draw(rng, rank, 2, 3), draw(rng, rank, 1, 3)
        padding, dilation = draw(rng, rank, 0, 1), draw(rng, rank, 1, 2)
        # torch wants less than the stride or the dilation.
        extra = [rng.randint(0, max(s, d) - 1) for s, d in zip(stride, dilation, strict=True)]
        found, counts = loops.conv_transpose(
            shape, out_channels, kernel, stride, both_sides(padding), extra, dilation, groups, bias
        )
        image, weight = torch.ones(shape), torch.ones(shape[1], out_channels // groups, *kernel)
        settings = {"stride": stride, "dilation": dilation, "groups": groups}
        cropped = {"padding": padding, "output_padding": extra, **settings}
        assert found == tuple(convolve(image, weight, **cropped).shape)
        assert counts["mac"] == macs_by_torch(convolve, image, weight, **cropped)
        # Ones, not cropped: each output is the number of taps that landed on it.
        assert counts["mac"] == int(convolve(image, weight, **settings).sum())


@pytest.mark.torch
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_poolings_agree_with_torch_also_on_what_is_illegal(torch: Any, rank: int) -> None:
    rng = Random(rank)
    maximum, average = functional(torch, "max_pool", rank), functional(torch, "avg_pool", rank)
    legal = 0
    for _ in range(200):
        shape = (1, 1, *draw(rng, rank, 1, 7))
        kernel, stride, dilation = draw(rng, rank, 1, 4), draw(rng, rank, 1, 4), draw(rng, rank, 1, 2)
        # torch wants at most half of the kernel.
        padding = [rng.randint(0, k // 2) for k in kernel]
        sides, ceil_mode, image = both_sides(padding), rng.random() < 0.7, torch.ones(shape)
        found = shape_or_none(loops.max_pool, shape, kernel, stride, sides, dilation, ceil_mode)
        assert found == shape_or_none(maximum, image, kernel, stride, padding, dilation, ceil_mode)
        legal += found is not None
        if rank == 3 and any(x < k for x, k in zip(shape[2:], kernel, strict=True)):
            # avg_pool3d alone refuses an input smaller than its kernel, whatever the padding.
            continue
        found = shape_or_none(loops.avg_pool, shape, kernel, stride, sides, [1] * rank, ceil_mode)
        assert found == shape_or_none(average, image, kernel, stride, padding, ceil_mode)
    assert 20 <= legal <= 180


def shape_or_none(function: Callable[..., Any], *arguments: Any) -> tuple[int, ...] | None:
    """The output shape of one of our loops or of torch; None if it says that there is none."""
    try:
        result = function(*arguments)
    except (ValueError, RuntimeError):
        return None
    return tuple(result[0] if isinstance(result, tuple) else result.shape)


@pytest.mark.torch
def test_adaptive_windows_begin_and_end_where_torch_lets_them(torch: Any) -> None:
    pool = torch.nn.functional.adaptive_max_pool1d
    for extent in range(1, 20):
        rising = torch.arange(extent, dtype=torch.float64)[None]
        for outputs in range(1, 12):
            windows = adaptive_windows(extent, outputs)
            assert [window[-1] for window in windows] == pool(rising, outputs)[0].tolist()
            assert [window[0] for window in windows] == (-pool(-rising, outputs))[0].tolist()


@pytest.mark.torch
def test_linear_and_remaining_layers_agree_with_torch(torch: Any) -> None:
    functions = torch.nn.functional
    image, weight = torch.ones(2, 3, 5), torch.ones(4, 5)
    shape, counts = loops.linear((2, 3, 5), 4, bias=False)
    assert shape == tuple(functions.linear(image, weight).shape)
    assert counts["mac"] == macs_by_torch(functions.linear, image, weight)
    for x in range(1, 65):
        row = torch.ones(1, 1, x)
        assert (
            run([Same(3, 1, 2)], x) == functions.conv1d(row, torch.ones(1, 1, 3), padding="same", dilation=2).shape[2]
        )
        # Halves and quarters are exact in binary: there torch's float scale is the fraction itself.
        for up, down in ((1, 1), (2, 1), (3, 1), (3, 2), (5, 4)):
            assert run([Upsample(up, down)], x) == functions.interpolate(row, scale_factor=up / down).shape[2]
