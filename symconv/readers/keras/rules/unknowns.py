"""Operations of keras.ops that layers are made of, or that are rare."""

from __future__ import annotations

from typing import Any

from symconv.layers import (
    AdaptiveAvgPool,
    AdaptiveMaxPool,
    AvgPool,
    Conv,
    ConvTranspose,
    DepthwiseConv,
    LayerNorm,
    MaxPool,
    Reduce,
    RMSNorm,
)
from symconv.readers.keras.call import Call, once, variables, whole
from symconv.readers.keras.inferring import opaque, shapes
from symconv.readers.keras.registry import OPS, counted, shape_only, unknown
from symconv.readers.keras.rules.convolution import padding_of, transposed_sides
from symconv.readers.keras.rules.products import each
from symconv.readers.keras.tracing import called, traced
from symconv.readers.keras.value import Value


@counted("K² − 1 max an output, or K² − 1 add and a div", "MaxPool", "AveragePool", domain=OPS)
def _pool(call: Call) -> Value:
    op, image = call.op, call.value()
    kernel = each(op.pool_size, image.rank - 2)
    strides = kernel if op.strides is None else each(op.strides, image.rank - 2)
    cls = MaxPool if call.kind == "MaxPool" else AvgPool
    return call.image(cls(once(kernel), once(strides), "same" if op.padding == "same" else 0), image)


@counted("the taps of each cell of a grid, less one", "AdaptiveMaxPool", "AdaptiveAveragePool", domain=OPS)
def _adaptive(call: Call) -> Value:
    image = call.value()
    size = once(each(call.op.output_size, image.rank - 2))
    return call.image((AdaptiveMaxPool if "Max" in call.kind else AdaptiveAvgPool)(size), image)


@counted("K²·C_in·C_out macs an input position, before cropping", "ConvTranspose", domain=OPS)
def _transposed(call: Call) -> Value:
    op, image, kernel = call.op, call.value("inputs"), call.operand(call.get("kernel"))
    rank = image.rank - 2
    strides, dilation = each(op.strides, rank), each(op.dilation_rate, rank)
    extra = (None,) * rank if op.output_padding is None else each(op.output_padding, rank)
    sides, further = zip(*(
        transposed_sides(k, s, d, op.padding, e)
        for k, s, d, e in zip(kernel.shape, strides, dilation, extra)
    ))  # fmt: skip
    window = once(kernel.shape[:rank]), once(strides), tuple(sides), tuple(further), once(dilation)
    return call.image(ConvTranspose(kernel.shape[-2], *window, 1, False), image, variables([kernel]))


@counted("a depthwise convolution, then a 1×1 one", "SeparableConv", domain=OPS)
def _separable(call: Call) -> Value:
    op, image = call.op, call.value("inputs")
    depthwise, pointwise = call.operand(call.get("depthwise_kernel")), call.operand(call.get("pointwise_kernel"))
    rank = image.rank - 2
    sizes, strides, dilation = depthwise.shape[:rank], each(op.strides, rank), each(op.dilation_rate, rank)
    padding = padding_of(op.padding, sizes, dilation)  # type: ignore[arg-type]
    first = DepthwiseConv(once(sizes), once(strides), padding, once(dilation), depthwise.shape[-1], False)
    made = call.image(first, image, variables([depthwise]), part="depthwise")
    return call.image(Conv(pointwise.shape[-1], once((1,) * rank), bias=False), made, variables([pointwise]))


def _weights(call: Call, *names: str) -> list[Any]:
    given = [call.operand(call.arguments[n]) for n in names if call.arguments.get(n) is not None]
    return variables(given)


@counted("1 mul, 1 add an element", "BatchNorm", domain=OPS)
def _batch_norm(call: Call) -> Value:
    given = _weights(call, "mean", "variance", "offset", "scale")
    from symconv.layers import Pointwise

    return call.add(Pointwise("scale_and_shift"), call.value(), weights=given)


@counted("rows of n: 3·n − 1 add, 2·n mul, 3 div, 1 sqrt; n mul and n add where scaled", "LayerNorm", "RMSNorm",
         domain=OPS)  # fmt: skip
def _row_norm(call: Call) -> Value:
    value, given = call.value(), _weights(call, "gamma", "beta", "scale")
    axes = sorted(call.axes(call.get("axis", -1), value.rank))
    root = call.kind == "RMSNorm"
    if axes == list(range(value.rank - len(axes), value.rank)) and len(axes) < value.rank:
        affine = any(call.arguments.get(n) is not None for n in ("gamma", "scale"))
        layer = RMSNorm(len(axes), affine=affine) if root else LayerNorm(len(axes), affine=affine)
        return call.add(layer, value, weights=given)
    norms = call.add(Reduce("l2" if root else "standardize", tuple(axes), True), value, part="statistics")
    return call.pointwise("mul" if root else "scale_and_shift", value, norms)


@counted("as its parts: views and transposes", "Rearrange", domain=OPS)
def _rearrange(call: Call) -> Any:
    return called(call.reader, call.op.call, call.name, call.value())


@counted("what its function does", "Lambda")
def _lambda(call: Call) -> Any:
    return traced(call.reader, call.op, call.name, call.args, call.kwargs)


@shape_only("elements put elsewhere, or taken out", "Rot90", "Diag", "Diagflat", "Imag", "MultiHot", "ExtractPatches",
            "Unfold", "PadImages", "CropImages", "ViewAsComplex", "ViewAsReal", "Meshgrid", "UnravelIndex",
            "ExtractSequences", "Full", domain=OPS)  # fmt: skip
def _moved(call: Call) -> Any:
    from keras import tree

    structure, tensors = shapes(call)
    read = [v for v in tree.flatten((call.args, call.kwargs)) if isinstance(v, Value)]
    made = [call.move(call.kind.lower(), t.shape, *read, dtype=t.dtype) for t in tensors]
    return tree.pack_sequence_as(structure, made)


@counted("differences, and a sum of n − 1 add", "Trace", "Ptp", "Diff", domain=OPS)
def _differences(call: Call) -> Any:
    value = call.value()
    _, (made, *_) = shapes(call)
    if call.kind == "Diff":
        return call.pointwise("sub", call.look("slice", made.shape, value))
    if call.kind == "Trace":
        a, b = value.shape[-2:]
        require_square(call, a, b)
        return call.move("trace", made.shape, call.add(Reduce("sum", (value.rank - 1,)), value))
    extremes = [call.add(Reduce(name, call.axes(call.get("axis"), value.rank), bool(call.get("keepdims"))), value)
                for name in ("max", "min")]  # fmt: skip
    return call.pointwise("sub", *extremes)


def require_square(call: Call, a: Any, b: Any) -> None:
    """That a matrix is square, whose trace is taken."""
    call.fits(whole(a), whole(b), "a square matrix")


@counted("one comparison, mul or arc tangent an element", "Isclose", "Ldexp", "Angle", domain=OPS)
def _elements(call: Call) -> Any:
    operation = {"Isclose": "compare", "Ldexp": "mul", "Angle": "atan"}[call.kind]
    given = [v for v in call.arguments.values() if isinstance(v, Value)]
    return call.pointwise(operation, *given)


@unknown("its arithmetic depends on values, on an algorithm, or on code that is called", *(
    "AllClose", "Erfinv", "Gcd", "Lcm", "Nextafter", "I0", "Arange", "Argsort", "Bincount", "Cross", "Digitize",
    "Geomspace", "IsIn", "Kron", "Linspace",
    "Logspace", "Median", "Nanmedian", "Nanpercentile", "Nanquantile", "Nonzero", "Percentile", "Quantile",
    "SearchSorted", "Sort", "Trapezoid", "Vander", "Corrcoef", "Correlate", "Select", "Slogdet", "Argpartition",
    "Histogram", "Unique", "Sparsemax", "BinaryCrossentropy", "CategoricalCrossentropy",
    "SparseCategoricalCrossentropy", "CTCLoss", "CTCDecode", "PSNR", "Polar", "Fold", "Map", "Scan", "AssociativeScan",
    "Switch", "WhileLoop", "ForiLoop", "Cond", "VectorizedMap", "SegmentReduction", "SegmentSum", "SegmentMax",
    "SegmentMin", "SegmentProd", "TopK", "InTopK", "CDist", "FFT", "FFT2", "IFFT2", "RFFT", "IRFFT", "STFT", "ISTFT",
    "Logdet", "RGBToHSV", "HSVToRGB", "AffineTransform", "MapCoordinates", "PerspectiveTransform", "GaussianBlur",
    "ElasticTransform", "ScaleAndTranslate", "SobelEdges", "SSIM", "Cholesky", "CholeskyInverse", "Det", "Eig", "Eigh",
    "Inv", "LuFactor", "Qr", "Solve", "SolveTriangular", "SVD", "Lstsq", "MatrixRank", "Pinv", "JVP",
), domain=OPS)  # fmt: skip
def _unknown(call: Call) -> Any:
    return opaque(call)
