"""Functions of elements in the same places of their inputs, whatever the framework calls them."""

from __future__ import annotations

from typing import Final

from symconv.count import NOTHING, Count
from symconv.errors import ShapeError
from symconv.layer import Layer, Reach, image_of_symbols, layer
from symconv.layers.broadcasting import broadcast
from symconv.ranges import Shapes, one_of
from symconv.tensor import Tensor

_SIGMOID = Count(exp=1, add=1, div=1)
_TRIG, _EXP, _LOGIC, _COMPARE = Count(trig=1), Count(exp=1), Count(logic=1), Count(max=1)

#: What one element takes, by the operation's name. A change of sign, a choice, a conversion and a copy take nothing.
POINTWISE: Final[dict[str, Count]] = {
    "add": Count(add=1), "sub": Count(add=1), "mul": Count(mul=1), "div": Count(div=1), "mod": Count(div=1),
    "pow": Count(pow=1), "square": Count(mul=1), "cube": Count(mul=2), "sqrt": Count(sqrt=1),
    "reciprocal": Count(div=1), "exp": _EXP, "log": Count(log=1), "erf": Count(erf=1),
    "tanh": Count(tanh=1), "max": _COMPARE, "min": _COMPARE, "abs": _COMPARE, "sign": _COMPARE, "compare": _COMPARE,
    "clip": Count(max=2), "clip_one_side": _COMPARE, "neg": NOTHING, "where": NOTHING, "cast": NOTHING,
    "sin": _TRIG, "cos": _TRIG, "tan": _TRIG, "sinh": _TRIG, "cosh": _TRIG, "asin": _TRIG, "acos": _TRIG,
    "atan": _TRIG, "asinh": _TRIG, "acosh": _TRIG, "atanh": _TRIG,
    "round": Count(round=1), "logic": _LOGIC, "shift": _LOGIC, "is": _COMPARE,
    "relu": _COMPARE, "leaky_relu": Count(mul=1, max=1), "prelu": Count(mul=1, max=1),
    "elu": Count(max=1, exp=1, add=1, mul=1), "selu": Count(max=1, exp=1, add=1, mul=2),
    "celu": Count(max=2, exp=1, add=2, mul=1, div=1), "sigmoid": _SIGMOID, "silu": _SIGMOID,
    "scaled_silu": Count(exp=1, add=1, div=1, mul=1), "quick_gelu": Count(exp=1, add=1, div=1, mul=1),
    "hard_sigmoid": Count(mul=1, add=1, max=2), "hard_swish": Count(add=1, max=2, mul=1, div=1),
    "softplus": Count(exp=1, add=1, log=1), "softsign": Count(max=1, add=1, div=1),
    "mish": Count(exp=1, add=1, log=1, tanh=1, mul=1), "thresholded_relu": _COMPARE, "shrink": Count(max=1, add=1),
    "gelu": Count(mul=3, erf=1, add=1), "gelu_tanh": Count(mul=6, tanh=1, add=2),
    "swiglu": Count(exp=1, add=1, div=1, mul=1),
    "quantize": Count(div=1, round=1, add=1, max=2), "dequantize": Count(add=1, mul=1), "requantize":
    Count(mul=1, round=1, add=1, max=2), "scale_and_shift": Count(mul=1, add=1), "rotate": Count(mul=2, add=1),
    "random": NOTHING, "adam": Count(add=5, mul=8, div=1, sqrt=1), "momentum": Count(add=2, mul=4),
    "adagrad": Count(add=3, mul=4, div=1, sqrt=1), "sum": Count(add=1), "mean": Count(add=1),
    "rsqrt": Count(sqrt=1, div=1), "expm1": Count(exp=1, add=1), "log1p": Count(log=1, add=1),
    "erfc": Count(erf=1, add=1), "atan2": Count(div=1, trig=1), "frac": Count(round=1, add=1), "relu6": Count(max=2),
    "hardshrink": Count(max=2), "log_sigmoid": Count(exp=1, add=1, log=1), "tanhshrink": Count(tanh=1, add=1),
    "addcdiv": Count(mul=1, div=1, add=1), "lerp": Count(add=2, mul=1), "logit": Count(add=1, div=1, log=1),
    "sinc": Count(mul=1, trig=1, div=1), "hypot": Count(mul=2, add=1, sqrt=1), "xlogy": Count(log=1, mul=1),
    "logaddexp": Count(max=1, exp=1, add=3, log=1), "glu": Count(exp=1, add=1, div=1, mul=1),
}  # fmt: skip

#: Those of any number of inputs, each of which after the first takes one.
_FOLDED: Final = {"add", "mul", "max", "min", "sum", "mean", "logic"}


@layer("elementwise")
class Pointwise(Layer):
    """An operation on the elements in the same places of its inputs and of constants, whose shapes are `beside`.

    A shape of fewer axes stands at the last ones, and an extent of 1 is repeated to the others'.

    work   by the operation: add, mul, div, exp … one an element; neg, where, cast none

    An extent in symbols is repeated only where it is the number 1; else it has to equal the others.
    """

    operation: str
    beside: Shapes = ()
    dtype: str = ""
    arity = (0, None)

    def _operation(self) -> Count:
        return POINTWISE[one_of(self.operation, POINTWISE, "elementwise: operation")]

    def output(self, *inputs: Tensor) -> Tensor:
        self._operation()
        if self.operation in _FOLDED and not inputs and not self.beside:
            raise ShapeError(f"elementwise {self.operation} of nothing: an input or the shape of a constant is wanted")
        shape = broadcast([*(t.shape for t in inputs), *self.beside], self.operation)
        return Tensor(shape, self.dtype or (inputs[0].dtype if inputs else "float32"))

    def work(self, *tensors: Tensor) -> Count:
        *inputs, out = tensors
        several = len(inputs) + len(self.beside) - 1 if self.operation in _FOLDED else 1
        count = self._operation() * out.elements * several
        return count + Count(div=out.elements) if self.operation == "mean" else count

    def reach(self, *tensors: Tensor) -> tuple[Reach, ...] | None:
        *inputs, out = tensors
        same = all(t.shape == out.shape for t in inputs)
        return super().reach(*tensors) if same else None

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls("add"), (image_of_symbols(), image_of_symbols())
