"""Operators on constants, scalars, unknown places and old attributes: shapes and macs beside runs, else by hand."""

import numpy as np
import pytest
from onnx import TensorProto, helper

from readers.onnx.graphs import floats, ints, model, out, saved, zeros
from symconv.readers.onnx import read_onnx
from symconv.verifying import verify

F, U8, I64, BOOL = TensorProto.FLOAT, TensorProto.UINT8, TensorProto.INT64, TensorProto.BOOL
ROWS, IMAGE = ("x", ["N", 12]), ("x", ["N", 4, "H", "W"])
AT = {"N": 2, "H": 7, "W": 10}


SIZE = [out("Shape", "x", "s"), out("Gather", "s zero", "n")]
SPARSE = helper.make_sparse_tensor(
    helper.make_tensor("v", F, [2], [1.0, 2.0]), helper.make_tensor("i", I64, [2], [3, 40]), [12, 5]
)

#: By a name: the nodes, the inputs, the weights, the opset, where it is run, and the macs there.
CASES = {
    "a root of a size": (
        [*SIZE, out("Cast", "n", "f", to=F), out("Sqrt", "f", "r"), out("Mul", "x r")], ROWS, {"zero": np.int64(0)},
        17, {"N": 3}, 0,
    ),
    "a power of numbers": (
        [out("Pow", "a b", "p"), out("Reshape", "x p")], ROWS, {"a": ints(2, -1), "b": ints(2, 1)}, 17, {"N": 4}, 0,
    ),
    "what is no number rounded": (
        [out("Floor", "w", "f"), out("Ceil", "f", "c"), out("Round", "c", "r"), out("Add", "x r")], ROWS,
        {"w": floats(np.inf, -np.inf, np.nan, *range(9))}, 17, {"N": 3}, 0,
    ),
    "a number rounded up": (
        [out("Ceil", "w", "c"), out("Cast", "c", "k", to=I64), out("Tile", "x k")], ROWS, {"w": floats(1.2, 2.0)}, 17,
        {"N": 3}, 0,
    ),
    "a remainder below zero": (
        [out("Mod", "a b", "m", fmod=1), out("Reshape", "x m")], ROWS, {"a": ints(-7, 25), "b": ints(3, 13)}, 17,
        {"N": 4}, 0,
    ),
    "a sparse constant": (
        [out("Constant", "", "w", sparse_value=SPARSE), out("MatMul", "x w")], ROWS, {}, 17, {"N": 3}, 3 * 12 * 5,
    ),
    "a window of a number": ([out("HannWindow", "k", "w"), out("Mul", "x w")], ROWS, {"k": np.int64(12)}, 17,
                             {"N": 3}, 0),
    "random choices": (out("Multinomial", sample_size=5), ROWS, {}, 15, {"N": 3}, 0),
    "a norm of an image": (out("GlobalLpPool", p=2), IMAGE, {}, 17, AT, None),
    "the largest of boxes": (
        out("MaxRoiPool", "x b", pooled_shape=[3, 2]), [IMAGE, ("b", ["R", 5])], {}, 17, AT | {"R": 6}, None,
    ),
    "boxes read at points of no number": (
        out("RoiAlign", "x b i", output_height=3, output_width=2, mode="max"), IMAGE,
        {"b": zeros(6, 4), "i": zeros(6, dtype=np.int64)}, 16, AT, None,
    ),
    "a sum of a number": (out("ReduceSum"), ("x", []), {}, 17, {}, 0),
    "weights that are quantized when the model is loaded": (
        [out("QuantizeLinear", "w s z", "q"), out("DequantizeLinear", "q s z", "d"), out("MatMul", "x d")], ROWS,
        {"w": zeros(12, 20), "s": np.float32(0.5), "z": np.uint8(1)}, 17, {"N": 3}, 3 * 240,
    ),
    "a recurrence over a constant": (
        out("GRU", "w a r _ _ x", "h y", hidden_size=3), ("x", [1, 2, 3]),
        {"w": zeros(5, 2, 8), "a": zeros(1, 9, 8), "r": zeros(1, 9, 3)}, 17, {"N": 1}, 5 * 2 * 9 * (8 + 3),
    ),
    "a transform along an axis of its own": (
        out("DFT", "x _ a"), ("x", ["N", "H", "W", 1]), {"a": np.int64(2)}, 20, AT, None,
    ),
    "a transform along the last axis": (out("DFT"), ("x", ["N", "H", "W", 1]), {}, 20, AT, None),
    "small numbers tiled": (
        [out("Tile", "k r", "t"), out("Reshape", "x t")], ROWS, {"k": ints(6), "r": ints(2)}, 17, {"N": 3}, 0,
    ),
    "many numbers side by side": (
        [out("Concat", "k k", "c", axis=0), out("Gather", "x c", axis=1)], ROWS,
        {"k": zeros(3000, dtype=np.int64)}, 17, {"N": 2}, 0,
    ),
    "parts as values say": (
        [out("Cast", "x", "i", to=I64), out("ReduceMax", "i", "m", keepdims=0), out("Mul", "m none", "k"),
         out("Add", "k parts", "p"), out("Split", "x p", "y z", axis=1)],
        ROWS, {"none": ints(0, 0), "parts": ints(5, 7)}, 17, {"N": 3}, None,
    ),
    "padded as values say": (
        [out("Cast", "x", "i", to=I64), out("ReduceMax", "i", "m", keepdims=0), out("Mul", "m none", "k"),
         out("Pad", "x k")],
        ROWS, {"none": ints(0, 0, 0, 0)}, 17, {"N": 3}, None,
    ),
    "a constant at the place of a size": (
        [*SIZE, out("Gather", "w n", "k"), out("Expand", "x k")], ROWS,
        {"zero": np.int64(0), "w": ints(*[1] * 9).reshape(9, 1)}, 17, {"N": 3}, 0,
    ),
    "a constant padded far": (
        [out("Pad", "w p", "c"), out("Gather", "x c", axis=1)], ROWS,
        {"w": ints(1, 2), "p": ints(3000, 3000)}, 17, {"N": 2}, 0,
    ),
    "a shape that values say": (
        [out("Cast", "x", "i", to=I64), out("ReduceMax", "i", "m", keepdims=0), out("Mul", "m none", "k"),
         out("Add", "k shape", "h"), out("Expand", "x h")],
        ROWS, {"none": ints(0, 0), "shape": ints(1, 12)}, 17, {"N": 3}, None,
    ),
    "a norm of rows with one number": (
        out("LayerNormalization", "x g b"), ROWS, {"g": floats(1), "b": floats(0)}, 17, {"N": 3}, 0,
    ),
    "a norm of the batch without channels": (
        out("BatchNormalization", "x g b m v"), ("x", ["N"]),
        {"g": floats(1), "b": floats(0), "m": floats(0), "v": floats(1)}, 15, {"N": 3}, 0,
    ),
    "a size of a float limited": (
        [*SIZE, out("Cast", "n", "f", to=F), out("Max", "five f", "m"), out("Cast", "m", "k", to=I64),
         out("Unsqueeze", "k first", "u"), out("ConstantOfShape", "u", "c"), out("ReduceSum", "c", "z", keepdims=0),
         out("Add", "x z")],
        ROWS, {"zero": np.int64(0), "five": np.float32(5), "first": ints(0)}, 17, {"N": 3}, 0,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_an_operator_in_a_further_corner_has_the_shapes_and_the_macs_of_a_run(name, tmp_path):
    nodes, inputs, weights, opset, at, macs = CASES[name]
    nodes, inputs = (v if isinstance(v, list) else [v] for v in (nodes, inputs))
    path = saved(model(nodes, inputs, [nodes[-1].output[-1]], weights, opset), tmp_path / "m.onnx")
    (point,) = verify(path, [at]).points
    assert (point.failed, point.wrong) == ("", [])
    if macs is not None:
        assert (point.unseen, point.macs) == (0, macs)
        net = read_onnx(path).network
        assert net.evaluate("macs", **{s: v for s, v in at.items() if s in net.symbols}) == macs
