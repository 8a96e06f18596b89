"""Operators as older opsets have them, and in corners that no node test has: shapes and macs beside runs."""

import numpy as np
import pytest
from onnx import TensorProto

from readers.onnx.graphs import floats, ints, model, out, saved, zeros
from symconv.readers.onnx import read_onnx
from symconv.verifying import verify

F, U8, I64, BOOL = TensorProto.FLOAT, TensorProto.UINT8, TensorProto.INT64, TensorProto.BOOL


ROWS = ("x", ["N", 12])
IMAGE = ("x", ["N", 4, "H", "W"])
AT = {"N": 2, "H": 7, "W": 10}

#: By a name: the nodes, the inputs, the weights, the opset, where it is run, and the macs there.
CASES = {
    "nearest of old": (out("Upsample", scales=[1.0, 1.0, 2.0, 1.5]), IMAGE, {}, 7, AT, 0),
    "upsampled by an input": (out("Upsample", "x s", mode="linear"), IMAGE, {"s": floats(1, 1, 2, 3)}, 9, AT, 0),
    "resized of old": (out("Resize", "x s"), IMAGE, {"s": floats(1, 1, 0.5, 2)}, 10, AT, 0),
    "resized along some axes": (
        out("Resize", "x _ _ k", axes=[2, 3], mode="cubic"), IMAGE, {"k": ints(5, 20)}, 18, AT, 0,
    ),
    "resized to fit": (
        out("Resize", "x _ _ k", axes=[1, 2], keep_aspect_ratio_policy="not_larger"),
        ("x", ["N", 6, 9]), {"k": ints(4, 20)}, 18, {"N": 2}, 0,
    ),
    "resized to cover": (
        out("Resize", "x _ _ k", axes=[1, 2], keep_aspect_ratio_policy="not_smaller"),
        ("x", ["N", 6, 9]), {"k": ints(4, 20)}, 18, {"N": 2}, 0,
    ),
    "cropped and resized": (
        out("Resize", "x r s", coordinate_transformation_mode="tf_crop_and_resize"), ("x", ["N", 8]),
        {"r": floats(0, 0.25, 1, 0.75), "s": floats(1, 2)}, 13, {"N": 4}, None,
    ),
    "a constant resized": (
        [out("Resize", "w _ s", "r"), out("Add", "x r")], ("x", ["N", 1, 4, 4]),
        {"w": zeros(1, 1, 2, 2), "s": floats(1, 1, 2, 2)}, 13, {"N": 2}, 0,
    ),
    "an image read at a grid": (
        out("GridSample", "x g"), [IMAGE, ("g", ["N", 5, 6, 2])], {}, 16, AT, 0,
    ),
    # 35 places of the image, each r·(r + 1) = 6 macs
    "a grid of affine maps": (out("AffineGrid", "x k"), ("x", ["N", 2, 3]), {"k": ints(3, 4, 5, 7)}, 20, {"N": 3}, 630),
    "a grid of constant maps": (
        [out("AffineGrid", "t k", "g"), out("Add", "x g")], ("x", ["N", 5, 7, 2]),
        {"t": zeros(1, 2, 3), "k": ints(1, 4, 5, 7)}, 20, {"N": 3}, 0,
    ),
    "padded of old": (out("Pad", pads=[0, 0, 1, 2, 0, 0, 3, -1]), IMAGE, {}, 10, AT, 0),
    "padded along some axes": (out("Pad", "x p _ a", mode="edge"), IMAGE, {"p": ints(1, 2), "a": ints(-2)}, 18, AT, 0),
    "a small constant padded": (
        [out("Pad", "w p", "v"), out("Tile", "x v")], ROWS, {"w": ints(2), "p": ints(1, 0)}, 13, {"N": 5}, 0,
    ),
    "a small constant padded by a number": (
        [out("Pad", "w p c", "v"), out("Tile", "x v")], ROWS, {"w": ints(2), "p": ints(0, 1), "c": np.int64(3)}, 13,
        {"N": 5}, 0,
    ),
    "one at a place, in front": (
        out("OneHot", "x d v", axis=0), ("x", ["N", "T"], I64), {"d": np.int64(5), "v": floats(0, 1)}, 11,
        {"N": 2, "T": 3}, 0,
    ),
    "one at a place, last but one": (
        out("OneHot", "x d v", axis=-2), ("x", ["N", "T"], I64), {"d": floats(5), "v": floats(0, 1)}, 11,
        {"N": 2, "T": 3}, 0,
    ),
    "columns that are kept": (
        out("Compress", "x c", axis=1), ROWS, {"c": np.array([True, False, True])}, 11, {"N": 3}, 0,
    ),
    "elements that are kept": (out("Compress", "x c"), ROWS, {"c": np.array([True, False, True])}, 11, {"N": 3}, 0),
    "a pooling undone": (
        [out("MaxPool", "x", "p i", kernel_shape=[2, 2], strides=[2, 2]),
         out("MaxUnpool", "p i", kernel_shape=[2, 2], strides=[2, 2])],
        IMAGE, {}, 11, {"N": 1, "H": 6, "W": 8}, 0,
    ),
    "the largest of old": (out("TopK", "x", "y i", k=3), ROWS, {}, 9, {"N": 3}, None),
    "the largest of a constant": (
        [out("TopK", "w k", "v i"), out("Add", "x v")], ("x", ["N", 2]), {"w": zeros(1, 5), "k": ints(2)}, 11,
        {"N": 3}, 0,
    ),
    "places that are not zero": (
        [out("NonZero", "w", "z"), out("Cast", "z", "f", to=F), out("Add", "x f")], ("x", ["N", 2]),
        {"w": ints(1, 0, 1)}, 13, {"N": 1}, 0,
    ),
    "sums along an axis": (out("CumSum", "x a"), ROWS, {"a": np.int64(1)}, 14, {"N": 3}, 0),
    "sums along a constant": (
        [out("CumSum", "w a", "c"), out("Add", "x c")], ROWS, {"w": zeros(12), "a": np.int64(0)}, 14, {"N": 3}, 0,
    ),
    "clipped of old": (out("Clip", min=0.0, max=6.0), ROWS, {}, 6, {"N": 3}, 0),
    "a constant clipped": (
        [out("Clip", "w a", "c"), out("Add", "x c")], ("x", ["N", 12, 1]),
        {"w": zeros(1, 12, 100), "a": np.float32(0)}, 13, {"N": 1}, 0,
    ),
    "a slice of old": (out("Slice", starts=[1, -3], ends=[1000, -1], axes=[0, 1]), ROWS, {}, 9, {"N": 3}, 0),
    "a slice backwards": (
        out("Slice", "x s e a t"), ROWS, {"s": ints(-1), "e": ints(-100), "a": ints(1), "t": ints(-2)}, 13, {"N": 3}, 0,
    ),
    "a split of old": (out("Split", "x", "y z", axis=1, split=[5, 7]), ROWS, {}, 11, {"N": 3}, 0),
    "a small constant split": (
        [out("Split", "w k", "a b"), out("Tile", "x b")], ROWS, {"w": ints(9, 2, 3), "k": ints(1, 2)}, 13, {"N": 3}, 0,
    ),
    "a softmax of old": (out("Softmax", axis=1), IMAGE, {}, 11, AT, 0),
    "a softmax of a constant": ([out("Softmax", "w", "p"), out("Add", "x p")], ROWS, {"w": zeros(12)}, 13, {"N": 3}, 0),
    "a log softmax of old": (out("LogSoftmax", axis=-1), ROWS, {}, 11, {"N": 3}, 0),
    "a layer norm of everything": (
        out("LayerNormalization", "x g", axis=0), ("x", [3, 4]), {"g": np.ones((3, 4), np.float32)}, 17, {}, 0,
    ),
    "rows as integers": (
        [out("ArgMax", "w", "i", axis=1, keepdims=0), out("Gather", "x i", axis=1)],
        ROWS, {"w": zeros(3, 4)}, 13, {"N": 3}, 0,
    ),
    "a reduction of nothing": (
        out("ReduceSum", "x a", noop_with_empty_axes=1), ROWS, {"a": zeros(0, dtype=np.int64)}, 13, {"N": 3}, 0,
    ),
    "a reduction of a constant": ([out("ReduceL2", "w", "l"), out("Mul", "x l")], ROWS, {"w": zeros(5, 12)}, 13,
                                  {"N": 3}, 0),
    "blocks into positions": (out("DepthToSpace", blocksize=2), IMAGE, {}, 13, AT, 0),
    "integers multiplied": (
        out("MatMulInteger", "x w z"), ("x", ["N", 8], U8), {"w": zeros(8, 6, dtype=np.uint8), "z": np.uint8(3)}, 10,
        {"N": 3}, 3 * 48,
    ),
    "small integers put together": (
        out("QLinearMatMul", "x s z w s z s z"), ("x", ["N", 8], U8),
        {"w": zeros(8, 6, dtype=np.uint8), "s": np.float32(0.5), "z": np.uint8(3)}, 10, {"N": 3}, 3 * 48,
    ),
    "integers quantized anew": (
        [out("DynamicQuantizeLinear", "x", "q s z"), out("ConvInteger", "q w z", "c", pads=[1, 1, 1, 1])], IMAGE,
        {"w": zeros(6, 4, 3, 3, dtype=np.uint8)}, 11, AT, 2 * 70 * 6 * 4 * 9,
    ),
    "a convolution transposed to a shape": (
        out("ConvTranspose", "x w", output_shape=[16, 21], strides=[2, 2]), ("x", ["N", 4, 7, 10]),
        {"w": zeros(4, 6, 3, 3)}, 11, {"N": 2, "H": 7, "W": 10}, 2 * 70 * 4 * 6 * 9,
    ),
    "a convolution transposed with windows apart": (
        out("ConvTranspose", "x w", auto_pad="SAME_UPPER", strides=[3, 3]), ("x", ["N", 4, 7, 10]),
        {"w": zeros(4, 6, 2, 2)}, 11, {"N": 2, "H": 7, "W": 10}, 2 * 70 * 4 * 6 * 4,
    ),
    "a contraction of small integers": (
        [out("Einsum", "a a", "p", equation="i,i->i"), out("Cast", "p", "f", to=F), out("Mul", "x f")],
        ("x", ["N", 2]), {"a": ints(2, 3)}, 13, {"N": 3}, 0,
    ),
    "a product of small integers": (
        [out("MatMul", "a b", "p"), out("Cast", "p", "f", to=F), out("Mul", "x f")],
        ("x", ["N", 2]), {"a": ints(2, 3).reshape(1, 2), "b": ints(1, 2, 3, 4).reshape(2, 2)}, 13, {"N": 3}, 0,
    ),
    "a weight as the left operand": (out("MatMul", "w x"), ("x", ["N", 5, "T"]), {"w": zeros(6, 5)}, 13,
                                     {"N": 3, "T": 4}, 3 * 6 * 5 * 4),
    "a window of so many": (
        [out("HannWindow", "x")], ("x", [], I64), {}, 17, {"x": 6}, 0,
    ),
    "random numbers": (
        [out("RandomNormal", "", "r", shape=[3, 4]), out("RandomUniformLike", "x", "u"), out("Add", "u x")], ROWS, {},
        13, {"N": 3}, 0,
    ),
    "a choice of old with a mask": (out("Dropout", "x", "y m"), ROWS, {}, 12, {"N": 3}, 0),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_an_operator_has_the_shapes_and_the_macs_of_a_run(name, tmp_path):
    nodes, inputs, weights, opset, at, macs = CASES[name]
    nodes, inputs = (v if isinstance(v, list) else [v] for v in (nodes, inputs))
    made = model(nodes, inputs, [nodes[-1].output[0]], weights, opset)
    made.ir_version = min(10, 4 if opset < 10 else 10)
    path = saved(made, tmp_path / "m.onnx")
    (point,) = verify(path, [at]).points
    assert (point.failed, point.wrong) == ("", [])
    if macs is not None:
        assert (point.unseen, point.macs) == (0, macs)
        net = read_onnx(path).network
        assert net.evaluate("macs", **{s: v for s, v in at.items() if s in net.symbols}) == macs


def test_of_old_a_second_operand_stands_at_an_axis_and_copies_are_made_along_one():
    """What no runtime has any more: the shape is the first operand's, or that with an axis three times as long."""
    bias = {"b": zeros(4)}
    for made, shape in (
        (model([out("Add", "x b", broadcast=1, axis=1)], [IMAGE], weights=bias, opset=6), "N × 4 × H × W"),
        (model([out("Add", "x b", broadcast=1, axis=-3)], [IMAGE, ("b", [4])], opset=6), "N × 4 × H × W"),
        (model([out("Mul", "x b", broadcast=1)], [ROWS], weights={"b": zeros(12)}, opset=6), "N × 12"),
        (model([out("Tile", "x t a")], [ROWS], weights={"t": ints(3), "a": ints(1)}, opset=5), "N × 36"),
        (model([out("Tile", "x t a")], [ROWS, ("t", [1], I64)], weights={"a": ints(1)}, opset=5), "N × 12·t"),
    ):
        assert " × ".join(map(str, read_onnx("m", model=made).tensors["y"].shape)) == shape
