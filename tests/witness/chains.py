"""Chains of layer maps on one extent: drawn at random, and walked by brute force.

A chain is a list of layers, each of which turns the extent of one axis into another. `run` finds the output extent by
meeting the output's positions one by one. `random_chain` draws chains that stay small, with as many as wanted of the
two kinds that closed forms get wrong most easily: ceil-mode windows that are clipped, and layers that go up.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from random import Random

from symconv.verifying.loops.axis import same_padding, scattered_positions, window_starts

#: The input extents on which "for some x" is tried.
EXTENTS = range(1, 65)

#: No chain goes up by more than this, at any point of it: walking must stay cheap.
_HIGHEST = 8


@dataclass(frozen=True)
class Window:
    """A convolution's or pooling's window. A ceil-mode one that starts behind the input is dropped."""

    kernel: int
    stride: int = 1
    begin: int = 0
    end: int = 0
    dilation: int = 1
    ceil: bool = False


@dataclass(frozen=True)
class Same:
    """A window padded just enough to stand at every stride-th element."""

    kernel: int
    stride: int = 1
    dilation: int = 1


@dataclass(frozen=True)
class Transposed:
    """A transposed convolution: scattered, cropped by begin and end, extended by the output padding."""

    kernel: int
    stride: int = 1
    begin: int = 0
    end: int = 0
    dilation: int = 1
    output_padding: int = 0


@dataclass(frozen=True)
class Upsample:
    """A resize by up/down, the last, incomplete element left out."""

    up: int
    down: int = 1


@dataclass(frozen=True)
class Pad:
    """Padding, or cropping where a number is negative."""

    begin: int
    end: int


@dataclass(frozen=True)
class PadToMultiple:
    """Padding to the next multiple."""

    multiple: int


Layer = Window | Same | Transposed | Upsample | Pad | PadToMultiple


def run(chain: Sequence[Layer], x: int) -> int | None:
    """The chain's output extent for the input extent x; None if the input or any output on the way has no element."""
    extent = x
    for layer in chain:
        if extent < 1:
            return None
        extent = walk(layer, extent)
    return extent if extent >= 1 else None


def walk(layer: Layer, x: int) -> int:
    """One layer's output extent for x >= 1, position by position; 0 if there is none."""
    match layer:
        case Window(kernel, stride, begin, end, dilation, ceil):
            return len(window_starts(x, kernel, stride, begin, end, dilation, ceil))
        case Same(kernel, stride, dilation):
            padding = same_padding(x, kernel, stride, dilation)
            return len(window_starts(x, kernel, stride, 0, padding, dilation))
        case Transposed(kernel, stride, begin, end, dilation, output_padding):
            return len(scattered_positions(x, kernel, stride, begin, end, dilation, output_padding))
        case Upsample(up, down):
            return _resized(x, up, down)
        case Pad(begin, end):
            extent, position = 0, -begin
            while position < x + end:
                extent += 1
                position += 1
            return extent
        case PadToMultiple(multiple):
            extent = x
            while extent % multiple:
                extent += 1
            return extent


def is_clipped(layer: Layer) -> bool:
    """Whether the layer is a ceil-mode window that loses its last window to the clip for some x in EXTENTS."""
    return isinstance(layer, Window) and layer.ceil and _is_ever_clipped(layer)


def goes_up(layer: Layer) -> bool:
    """Whether the layer is a transposed convolution or an upsampling (not a resize that shrinks)."""
    return isinstance(layer, Transposed) or (isinstance(layer, Upsample) and layer.up > layer.down)


def clip_is_felt(chain: Sequence[Layer], extents: Iterable[int] = EXTENTS) -> bool:
    """Whether some legal input extent really meets the clip: the extent that reaches a clipped window makes it bite."""
    clipped = [isinstance(layer, Window) and is_clipped(layer) for layer in chain]
    if not any(clipped):
        return False
    for x in extents:
        if run(chain, x) is None:
            continue
        extent = x
        for layer, may_bite in zip(chain, clipped, strict=True):
            if may_bite and isinstance(layer, Window) and _bites(layer, extent):
                return True
            extent = walk(layer, extent)
    return False


def random_chain(
    rng: Random,
    *,
    transposed: float = 0.3,
    ceil: float = 0.3,
    longest: int = 8,
) -> list[Layer]:
    """A chain of 1 to `longest` layers that has an output for the greater half of EXTENTS, and not always the same.

    With the probability `transposed` the chain is made to have a layer that goes up, and independently, with the
    probability `ceil`, a clipped ceil-mode window whose clip is felt. Other chains may come to either by chance, so
    each probability is a lower bound of the share; but 0 means none at all: neither transposed convolution nor resize,
    and no ceil mode. `longest` is at least 2, for the chains that must have both.
    """
    must_go_up = rng.random() < transposed
    must_be_clipped = rng.random() < ceil
    # The length is settled before anything is thrown away, or short chains would be rarer than long ones.
    length = rng.randint(max(1, must_go_up + must_be_clipped), longest)
    while True:
        chain = [_draw_layer(rng, may_go_up=transposed > 0, may_ceil=ceil > 0) for _ in range(length)]
        places = rng.sample(range(length), must_go_up + must_be_clipped)
        if must_go_up:
            chain[places.pop()] = _draw_layer_that_goes_up(rng)
        if must_be_clipped:
            chain[places.pop()] = _draw_clipped_window(rng)
        if _rises_too_high(chain):
            continue
        # A chain that is mostly illegal, or the same at all sizes, would test next to nothing.
        at_half, at_end = run(chain, EXTENTS[len(EXTENTS) // 2]), run(chain, EXTENTS[-1])
        if at_half is None or at_half == at_end:
            continue
        if must_be_clipped and not clip_is_felt(chain):
            continue
        return chain


def _draw_layer(rng: Random, may_go_up: bool, may_ceil: bool) -> Layer:
    kinds = ["window"] * 9 + ["same"] * 3 + ["pad"] * 3 + ["multiple"] * 2
    if may_go_up:
        kinds += ["transposed"] * 2 + ["resize"] * 2
    match rng.choice(kinds):
        case "same":
            return Same(rng.randint(1, 7), rng.choice([1, 1, 2, 3]), rng.randint(1, 2))
        case "pad":
            return Pad(rng.randint(-3, 4), rng.randint(-3, 4))
        case "multiple":
            return PadToMultiple(rng.choice([2, 3, 4, 5, 8, 12, 16]))
        case "transposed":
            return _draw_transposed(rng)
        case "resize":
            return Upsample(rng.randint(1, 4), rng.randint(1, 4))
        case _:
            return _draw_window(rng, ceil=may_ceil and rng.random() < 0.4)


def _draw_window(rng: Random, ceil: bool) -> Window:
    kernel = rng.randint(1, 5)
    # A ceil-mode window is a pooling's, and torch and ONNX want its padding smaller than its kernel.
    most = kernel - 1 if ceil else kernel
    return Window(
        kernel,
        stride=rng.choice([1, 1, 1, 2, 2, 3, 4]),
        begin=rng.randint(0, most),
        end=rng.randint(0, most),
        dilation=rng.choice([1, 1, 2, 3]),
        ceil=ceil,
    )


def _draw_clipped_window(rng: Random) -> Window:
    while True:
        window = _draw_window(rng, ceil=True)
        if is_clipped(window):
            return window


def _draw_transposed(rng: Random) -> Transposed:
    kernel, stride, dilation = rng.randint(1, 4), rng.randint(1, 3), rng.randint(1, 2)
    return Transposed(
        kernel,
        stride,
        begin=rng.randint(0, kernel),
        end=rng.randint(0, kernel),
        dilation=dilation,
        # torch's condition: more would be a pad of its own.
        output_padding=rng.randint(0, max(stride, dilation) - 1),
    )


def _draw_layer_that_goes_up(rng: Random) -> Layer:
    if rng.random() < 0.5:
        return _draw_transposed(rng)
    down = rng.randint(1, 3)
    return Upsample(rng.randint(down + 1, 4), down)


def _rises_too_high(chain: Sequence[Layer]) -> bool:
    ratio = Fraction(1)
    for layer in chain:
        match layer:
            case Window(stride=stride) | Same(stride=stride):
                ratio /= stride
            case Transposed(stride=stride):
                ratio *= stride
            case Upsample(up, down):
                ratio *= Fraction(up, down)
            case _:
                pass
        if ratio > _HIGHEST:
            return True
    return False


def _resized(x: int, up: int, down: int) -> int:
    """Each element is worth `up`; whenever `down` have gathered, an output element is complete."""
    extent, gathered = 0, 0
    for _ in range(x):
        for _ in range(up):
            gathered += 1
            if gathered == down:
                extent, gathered = extent + 1, 0
    return extent


def _bites(window: Window, x: int) -> bool:
    """Whether the clip takes a window away at this extent."""
    unclipped = window_starts(
        x, window.kernel, window.stride, window.begin, window.end, window.dilation, window.ceil, clip=False
    )
    return walk(window, x) != len(unclipped)


@cache
def _is_ever_clipped(window: Window) -> bool:
    return any(_bites(window, x) for x in EXTENTS)
