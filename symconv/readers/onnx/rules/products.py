"""Matrix products and Einstein sums."""

from __future__ import annotations

from symconv.condition import equal
from symconv.domain import require
from symconv.errors import ShapeError
from symconv.layers import Einsum, Linear, Product
from symconv.readers.onnx.operator import Operator, RanklessError
from symconv.readers.onnx.registry import MICROSOFT, counted, unknown
from symconv.readers.onnx.rules.pointwise import activated
from symconv.readers.onnx.value import Value, in_numbers, is_float

MACS = "C macs an output of rows and columns of length C"


def multiplied(
    op: Operator,
    left: Value,
    right: Value,
    *,
    turn_left: bool = False,
    turn_right: bool = False,
    bias: Value | None = None,
    kept: tuple[Value | None, ...] = (),
    dtype: str = "",
) -> Value:
    """A matrix product; a linear layer where the right operand is a matrix of the file."""
    a, b = op.shape_of(left), op.shape_of(right)
    if not a or not b:
        raise ShapeError(f"{op.kind} of a scalar: operands with axes are wanted")
    dtype = dtype or left.dtype
    if not left.node and not right.node and not is_float(left.dtype) and in_numbers(a, b):
        layer = Product(a, b, turn_left, turn_right)
        return op.constant(layer.output().shape, dtype, left, right, bias)
    plain = left.node and not right.node and len(b) == 2 and not turn_left and right.data is None
    if plain:
        columns, rows = (b[0], b[1]) if turn_right else (b[1], b[0])
        require(equal(a[-1], rows), f"{op.kind} of rows and columns of one length")
        return op.add(Linear(columns, bias is not None), left, weights=(right, bias), buffers=kept, dtype=dtype)
    layer = Product(None if left.node else a, None if right.node else b, turn_left, turn_right, bias is not None)
    weights = (*(v for v in (left, right) if not v.node), bias)
    return op.add(layer, *(v for v in (left, right) if v.node), weights=weights, buffers=kept, dtype=dtype)


@counted(MACS, "MatMul")
def _matmul(op: Operator) -> Value:
    return multiplied(op, op.value(0), op.value(1))


@counted(f"{MACS}; an add an output with C", "Gemm")
def _gemm(op: Operator) -> Value:
    return _general(op, bias=op.given(2))


def _general(op: Operator, bias: Value | None) -> Value:
    left, right = op.value(0), op.value(1)
    if len(op.shape_of(left)) != 2 or len(op.shape_of(right)) != 2:
        a = op.shape_of(left)
        if op.kind == "Gemm" and op.version < 7 and len(a) > 2:  # old runtimes flattened
            left = op.look("flatten", (a[0], op.reader.product(a[1:])), left)
        else:
            raise ShapeError(
                f"{op.kind} of operands with {len(a)} and {len(op.shape_of(right))} axes: matrices are wanted"
            )
    turn_left, turn_right = bool(op.integer("transA")), bool(op.integer("transB"))
    made = multiplied(op, left, right, turn_left=turn_left, turn_right=turn_right, bias=bias)
    if bias is not None and bias.shape is not None:
        from symconv.layers.broadcasting import broadcast

        broadcast([op.shape_of(made), bias.shape], "Gemm and its bias")
    return made


@counted(MACS, "MatMulInteger")
def _matmul_integer(op: Operator) -> Value:
    return multiplied(op, op.value(0), op.value(1), kept=(op.given(2), op.given(3)), dtype="int32")


@counted(f"{MACS}; 1 mul, 1 round, 1 add, 2 max an output to requantize", "QLinearMatMul")
def _qlinear_matmul(op: Operator) -> Value:
    kept = tuple(op.given(i) for i in (1, 2, 4, 5, 6, 7))
    sums = multiplied(op, op.value(0), op.value(3), kept=kept, dtype="int32")
    return op.pointwise("requantize", sums, dtype=op.value(7).dtype)


def contracted(op: Operator, equation: str, *values: Value) -> Value:
    """An Einstein sum of values, of which some may be constants of the file."""
    constants = [i for i, v in enumerate(values) if not v.node]
    layer = Einsum(equation, tuple(op.shape_of(values[i]) for i in constants), tuple(constants))
    small = not is_float(values[0].dtype) and in_numbers(*(op.shape_of(v) for v in values))
    if len(constants) == len(values) and small:
        return op.constant(layer.output().shape, values[0].dtype, *values)
    kept = tuple(values[i] for i in constants)
    return op.add(layer, *(v for v in values if v.node), weights=kept, dtype=values[0].dtype)


@counted("a mac for each value of all letters of a contraction, from left to right", "Einsum")
def _einsum(op: Operator) -> Value:
    return contracted(op, op.word("equation"), *(op.value(i) for i in range(len(op.inputs))))


@unknown("a determinant: how it is computed is up to the runtime", "Det")
def _det(op: Operator) -> Value:
    shape = op.shape(0)
    require(equal(shape[-1], shape[-2]), "a matrix of as many rows as columns")
    return op.unknown(shape[:-2], op.value(0))


# -- com.microsoft ---------------------------------------------------------------------------------------------------


@counted(MACS, "FusedMatMul", "TransposeMatMul", domain=MICROSOFT)
def _fused_matmul(op: Operator) -> Value:
    if op.integer("transBatchA") or op.integer("transBatchB"):
        raise RanklessError(f"{op.kind} with transposed batches")
    return multiplied(
        op, op.value(0), op.value(1), turn_left=bool(op.integer("transA")), turn_right=bool(op.integer("transB"))
    )


@counted(f"{MACS}; then the activation", "FusedGemm", domain=MICROSOFT)
def _fused_gemm(op: Operator) -> Value:
    return activated(op, _general(op, op.given(2)), op.word("activation"))


@counted(f"{MACS}; 1 mul and 1 add an output", "MatMulIntegerToFloat", domain=MICROSOFT)
def _matmul_integer_to_float(op: Operator) -> Value:
    kept = tuple(op.given(i) for i in (2, 3, 4, 5))
    sums = multiplied(op, op.value(0), op.value(1), bias=op.given(6), kept=kept, dtype="float32")
    return op.pointwise("mul", sums, _scalar())


@counted(f"{MACS}; the input quantized, the output scaled", "DynamicQuantizeMatMul", domain=MICROSOFT)
def _dynamic_quantize_matmul(op: Operator) -> Value:
    small = op.pointwise("quantize", op.value(0), dtype="uint8")
    sums = multiplied(op, small, op.value(1), bias=op.given(4), kept=(op.given(2), op.given(3)), dtype="float32")
    return op.pointwise("mul", sums, _scalar())


def _scalar() -> Value:
    return Value((), constant=True)


@counted(f"{MACS} of N columns of K; the weights are unpacked: 1 mul and 1 add each", "MatMulNBits", domain=MICROSOFT)
def _matmul_n_bits(op: Operator) -> Value:
    rows, columns = op.integer("K"), op.integer("N")
    require(equal(op.shape(0)[-1], rows), "rows and columns of one length")
    x = op.value(0)
    kept = tuple(op.given(i) for i in (2, 3, 4))
    bias = op.given(5)
    return op.add(Linear(columns, bias is not None), x, weights=(op.value(1), bias), buffers=kept, dtype=x.dtype)


@counted(f"{MACS}; 5 to requantize", "QGemm", domain=MICROSOFT)
def _qgemm(op: Operator) -> Value:
    turned = bool(op.integer("transB"))
    kept = tuple(op.given(i) for i in (1, 2, 4, 5, 7, 8))
    dtype = op.value(8).dtype if op.given(8) is not None else "float32"
    sums = multiplied(
        op,
        op.value(0),
        op.value(3),
        turn_left=bool(op.integer("transA")),
        turn_right=turned,
        bias=op.given(6),
        kept=kept,
    )
    return op.pointwise("requantize", sums, dtype=dtype) if not is_float(dtype) else sums
