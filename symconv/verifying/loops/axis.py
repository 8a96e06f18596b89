"""One axis, walked: where windows start, where scattered taps land, which elements an adaptive window covers.

A coordinate counts from the first element of the input, so the padding in front has negative coordinates. Extents come
out as the number of positions met on the way, never out of a division.
"""

from collections.abc import Iterator


def taps(kernel: int, dilation: int) -> list[int]:
    """The distances of a kernel's taps from its first one."""
    distances: list[int] = []
    distance = 0
    while len(distances) < kernel:
        distances.append(distance)
        distance += dilation
    return distances


def window_starts(
    extent: int,
    kernel: int,
    stride: int,
    begin: int = 0,
    end: int = 0,
    dilation: int = 1,
    ceil_mode: bool = False,
    clip: bool = True,
) -> list[int]:
    """The starts of all windows of an axis, found by stepping one stride at a time while the window fits.

    In ceil mode a window may overhang the padded axis by less than one stride. The rule that torch and ONNX share then
    drops a window that starts behind the input, in its right padding or beyond; `clip=False` leaves that rule out.
    """
    last_tap = taps(kernel, dilation)[-1]
    starts: list[int] = []
    start = -begin
    while True:
        overhang = (start + last_tap) - (extent + end - 1)
        fits = overhang < stride if ceil_mode else overhang <= 0
        if not fits or (ceil_mode and clip and start >= extent):
            return starts
        starts.append(start)
        start += stride


def same_padding(extent: int, kernel: int, stride: int, dilation: int = 1) -> int:
    """The least padding, begin and end together, that lets a window stand at every stride-th element (SAME)."""
    last_tap = taps(kernel, dilation)[-1]
    last_start = 0
    while last_start + stride < extent:
        last_start += stride
    padding = 0
    while last_start + last_tap > extent + padding - 1:
        padding += 1
    return padding


def landings(extent: int, kernel: int, stride: int, dilation: int = 1) -> Iterator[int]:
    """Where a transposed convolution's taps land: each input element opens its kernel one stride further."""
    opening = 0
    for _ in range(extent):
        for tap in taps(kernel, dilation):
            yield opening + tap
        opening += stride


def scattered_positions(
    extent: int,
    kernel: int,
    stride: int,
    begin: int = 0,
    end: int = 0,
    dilation: int = 1,
    output_padding: int = 0,
) -> list[int]:
    """The output positions of a transposed convolution: up to the last landing, cropped at both ends, then extended.

    Positions count from the first landing. Where nothing lands, as between two kernels, is output too.
    """
    full = 0
    for landing in landings(extent, kernel, stride, dilation):
        full = max(full, landing + 1)
    positions = []
    position = begin
    while position < full - end + output_padding:
        positions.append(position)
        position += 1
    return positions


def adaptive_windows(extent: int, outputs: int) -> list[list[int]]:
    """The elements under each of `outputs` adaptive windows: window i covers [floor(i·x/o), ceil((i+1)·x/o)).

    Floor and ceiling are walked to: the last element at or before the one bound, the first at or behind the other.
    """
    windows = []
    for i in range(outputs):
        first = 0
        while (first + 1) * outputs <= i * extent:
            first += 1
        behind = first
        while behind * outputs < (i + 1) * extent:
            behind += 1
        windows.append(list(range(first, behind)))
    return windows
