"""One layer on numbers: its output shape, and its primitive operations counted one by one in nested loops.

A shape is (N, C, one to three spatial extents). Kernel, stride, dilation and output padding have one number for each
spatial axis, padding one pair (begin, end). Every function returns the output shape and a Counter of primitive
operations, in which an operation that never happened is absent. A layer without output points is a ValueError.

mac          one tap of a kernel on one element, padding included
add          one addition: of a bias to an output point, or within an average
plane        one kernel plane, an input channel of the group for an output point; booked only with a bias
channel_add  one addition of a plane's result to those of the planes before it
max, div     one comparison within a maximum, one division of an average
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import product

from symconv.verifying.loops.axis import adaptive_windows, scattered_positions, taps, window_starts

Shape = tuple[int, ...]
Counts = Counter[str]
Axes = Sequence[int]
Pairs = Sequence[tuple[int, int]]


def conv(
    shape: Shape,
    out_channels: int,
    kernel: Axes,
    stride: Axes,
    padding: Pairs,
    dilation: Axes,
    groups: int,
    bias: bool,
) -> tuple[Shape, Counts]:
    """A convolution: each output point adds up, plane by plane, the taps on the input channels of its group."""
    batch, channels, *extents = shape
    group_inputs = _group_channels(channels, groups, "input")
    group_outputs = _group_channels(out_channels, groups, "output")
    starts = _window_starts(extents, kernel, stride, padding, dilation, ceil_mode=False)
    kernel_taps = _kernel_taps(kernel, dilation)
    counts: Counts = Counter()
    for _image in range(batch):
        for inputs, outputs in zip(group_inputs, group_outputs, strict=True):
            for _out_channel in outputs:
                for _point in product(*starts):
                    for plane, _in_channel in enumerate(inputs):
                        for _tap in product(*kernel_taps):
                            counts["mac"] += 1
                        _count_plane(counts, plane, bias)
                    if bias:
                        counts["add"] += 1
    return (batch, out_channels, *map(len, starts)), counts


def conv_transpose(
    shape: Shape,
    out_channels: int,
    kernel: Axes,
    stride: Axes,
    padding: Pairs,
    output_padding: Axes,
    dilation: Axes,
    groups: int,
    bias: bool,
) -> tuple[Shape, Counts]:
    """A transposed convolution: each input point scatters its taps; cropping comes after, so cropped taps count too.

    Planes and biases belong to output points, those that only the output padding made included.
    """
    batch, channels, *extents = shape
    group_inputs = _group_channels(channels, groups, "input")
    group_outputs = _group_channels(out_channels, groups, "output")
    _same_rank(extents, kernel, stride, padding, output_padding, dilation)
    positions = [
        scattered_positions(x, k, s, begin, end, d, extra)
        for x, k, s, (begin, end), d, extra in zip(
            extents, kernel, stride, padding, dilation, output_padding, strict=True
        )
    ]
    _has_points(positions, extents)
    kernel_taps = _kernel_taps(kernel, dilation)
    counts: Counts = Counter()
    for _image in range(batch):
        for inputs, outputs in zip(group_inputs, group_outputs, strict=True):
            for _in_channel in inputs:
                for _element in product(*map(range, extents)):
                    for _out_channel in outputs:
                        for _tap in product(*kernel_taps):
                            counts["mac"] += 1
            for _out_channel in outputs:
                for _point in product(*positions):
                    for plane, _in_channel in enumerate(inputs):
                        _count_plane(counts, plane, bias)
                    if bias:
                        counts["add"] += 1
    return (batch, out_channels, *map(len, positions)), counts


def linear(shape: Shape, out_features: int, bias: bool) -> tuple[Shape, Counts]:
    """A linear map of the last axis, on a shape of any rank: a pointwise convolution whose planes are the features."""
    *leading, in_features = shape
    counts: Counts = Counter()
    for _row in product(*map(range, leading)):
        for _out_feature in range(out_features):
            for plane in range(in_features):
                counts["mac"] += 1
                _count_plane(counts, plane, bias)
            if bias:
                counts["add"] += 1
    return (*leading, out_features), counts


def max_pool(
    shape: Shape,
    kernel: Axes,
    stride: Axes,
    padding: Pairs,
    dilation: Axes,
    ceil_mode: bool,
) -> tuple[Shape, Counts]:
    """The maximum under each window. Padded and overhanging taps are compared like all others."""
    batch, channels, *extents = shape
    starts = _window_starts(extents, kernel, stride, padding, dilation, ceil_mode)
    kernel_taps = _kernel_taps(kernel, dilation)
    counts: Counts = Counter()
    for _image_channel in product(range(batch), range(channels)):
        for _point in product(*starts):
            _count_maximum(counts, product(*kernel_taps))
    return (batch, channels, *map(len, starts)), counts


def avg_pool(
    shape: Shape,
    kernel: Axes,
    stride: Axes,
    padding: Pairs,
    dilation: Axes,
    ceil_mode: bool,
) -> tuple[Shape, Counts]:
    """The average under each window. Padded and overhanging taps are added like all others."""
    batch, channels, *extents = shape
    starts = _window_starts(extents, kernel, stride, padding, dilation, ceil_mode)
    kernel_taps = _kernel_taps(kernel, dilation)
    counts: Counts = Counter()
    for _image_channel in product(range(batch), range(channels)):
        for _point in product(*starts):
            _count_average(counts, product(*kernel_taps))
    return (batch, channels, *map(len, starts)), counts


def adaptive_max_pool(shape: Shape, out: Axes) -> tuple[Shape, Counts]:
    """The maximum under each of `out` windows an axis, which share the input among them and may overlap."""
    batch, channels, *extents = shape
    windows = _adaptive_windows(extents, out)
    counts: Counts = Counter()
    for _image_channel in product(range(batch), range(channels)):
        for window in product(*windows):
            _count_maximum(counts, product(*window))
    return (batch, channels, *map(len, windows)), counts


def adaptive_avg_pool(shape: Shape, out: Axes) -> tuple[Shape, Counts]:
    """The average under each of `out` windows an axis, which share the input among them and may overlap."""
    batch, channels, *extents = shape
    windows = _adaptive_windows(extents, out)
    counts: Counts = Counter()
    for _image_channel in product(range(batch), range(channels)):
        for window in product(*windows):
            _count_average(counts, product(*window))
    return (batch, channels, *map(len, windows)), counts


def global_max_pool(shape: Shape) -> tuple[Shape, Counts]:
    """The maximum of each channel; every spatial axis is left with one element."""
    batch, channels, *extents = shape
    counts: Counts = Counter()
    for _image_channel in product(range(batch), range(channels)):
        _count_maximum(counts, product(*map(range, extents)))
    return (batch, channels, *(1 for _ in extents)), counts


def global_avg_pool(shape: Shape) -> tuple[Shape, Counts]:
    """The average of each channel; every spatial axis is left with one element."""
    batch, channels, *extents = shape
    counts: Counts = Counter()
    for _image_channel in product(range(batch), range(channels)):
        _count_average(counts, product(*map(range, extents)))
    return (batch, channels, *(1 for _ in extents)), counts


def _count_plane(counts: Counts, plane: int, bias: bool) -> None:
    """Book a finished plane. The first plane of an output point has nothing before it to be added to."""
    if bias:
        counts["plane"] += 1
    if plane > 0:
        counts["channel_add"] += 1


def _count_maximum(counts: Counts, elements: Iterable[object]) -> None:
    """Book a maximum: the first element stands, each further one is compared with the greatest so far."""
    for n, _element in enumerate(elements):
        if n > 0:
            counts["max"] += 1


def _count_average(counts: Counts, elements: Iterable[object]) -> None:
    """Book an average: the first element stands, each further one is added, and the sum is divided once."""
    for n, _element in enumerate(elements):
        if n > 0:
            counts["add"] += 1
    counts["div"] += 1


def _group_channels(channels: int, groups: int, which: str) -> list[list[int]]:
    """The channels of each group, dealt out in order in equal parts."""
    if channels % groups:
        raise ValueError(f"{channels} {which} channels do not divide into {groups} groups")
    dealt: list[list[int]] = [[] for _ in range(groups)]
    for channel in range(channels):
        dealt[channel * groups // channels].append(channel)
    return dealt


def _kernel_taps(kernel: Axes, dilation: Axes) -> list[list[int]]:
    return [taps(k, d) for k, d in zip(kernel, dilation, strict=True)]


def _window_starts(
    extents: Axes, kernel: Axes, stride: Axes, padding: Pairs, dilation: Axes, ceil_mode: bool
) -> list[list[int]]:
    _same_rank(extents, kernel, stride, padding, dilation)
    starts = [
        window_starts(x, k, s, begin, end, d, ceil_mode)
        for x, k, s, (begin, end), d in zip(extents, kernel, stride, padding, dilation, strict=True)
    ]
    _has_points(starts, extents)
    return starts


def _adaptive_windows(extents: Axes, out: Axes) -> list[list[list[int]]]:
    _same_rank(extents, out)
    windows = [adaptive_windows(x, o) for x, o in zip(extents, out, strict=True)]
    _has_points(windows, extents)
    return windows


def _same_rank(extents: Axes, *settings: Sequence[object]) -> None:
    if not 1 <= len(extents) <= 3 or any(len(setting) != len(extents) for setting in settings):
        raise ValueError(f"{len(extents)} spatial extents do not go with {settings}: one to three axes, one entry each")


def _has_points(points: Sequence[Sequence[object]], extents: Axes) -> None:
    for axis, found in enumerate(points):
        if not found:
            raise ValueError(f"spatial axis {axis} of extent {extents[axis]} gives no output point")
