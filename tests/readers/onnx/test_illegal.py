"""Nodes with attributes, ranks, types that no operator takes: an error that names the node and says what is wrong."""

import numpy as np
import pytest
from command import run
from onnx import helper

from readers.onnx.graphs import model, node, saved

IMAGE, ROWS = ("x", ["N", 4, "H", "W"]), ("x", ["N", 12])


def out(kind, inputs="x", outputs="y", **attributes):
    """A node; `_` is an input that is left out."""
    made = node(kind, inputs, outputs, **attributes)
    made.input[:] = ["" if name == "_" else name for name in made.input]
    return made


def zeros(*shape, dtype=np.float32):
    return np.zeros(shape, dtype)


def ints(*numbers):
    return np.array(numbers, np.int64)


K = {"w": zeros(6, 4, 3, 3)}

#: By a name: the node, its input, the weights, what is said.
ILLEGAL = {
    "a padding of a name that is none": (out("Conv", "x w", auto_pad="MOST"), IMAGE, K, "auto_pad = MOST"),
    "strides for one axis": (out("Conv", "x w", strides=[2]), IMAGE, K, "strides has 1 numbers for 2 axes"),
    "weights of other axes": (out("Conv", "x w"), IMAGE, {"w": zeros(6, 4, 3)}, "weights of 3 axes for an input of 4"),
    "another kernel": (out("Conv", "x w", kernel_shape=[5, 5]), IMAGE, K, "is not that of the weights"),
    "other channels": (out("Conv", "x w"), IMAGE, {"w": zeros(6, 5, 3, 3)}, "as many channels as the input has"),
    "a convolution of rows": (out("Conv", "x w"), ROWS, {"w": zeros(6, 12)}, "weights of 2 axes for an input of 2"),
    "no weights": (out("Conv"), IMAGE, {}, "Conv without its input 1"),
    "a product of a scalar": (out("MatMul", "x w"), ROWS, {"w": np.float32(2)}, "MatMul of a scalar"),
    "a gemm of images": (out("Gemm", "x w"), IMAGE, {"w": zeros(4, 4)}, "4 and 2 axes: matrices are wanted"),
    "rows of another length": (out("MatMul", "x w"), ROWS, {"w": zeros(9, 9)}, "rows and columns of one length"),
    "no square matrix": (out("Det"), ("x", ["N", 3, 4]), {}, "a matrix of as many rows as columns"),
    "an axis that is none": (out("Softmax", axis=7), ROWS, {}, "axis 7 of an input of 2 axes"),
    "an axis twice": (out("Unsqueeze", "x a"), ROWS, {"a": ints(1, 1)}, "one of them comes twice"),
    "an axis that is not one": (out("Squeeze", "x a"), ROWS, {"a": ints(1)}, "an extent of 1 to squeeze"),
    "a place beyond the axis": (
        [out("Shape", "x", "s"), out("Gather", "s i", "g"), out("Expand", "f g")], ROWS,
        {"i": ints(5), "f": zeros(1)}, "a place outside of an axis of 2",
    ),
    "elements by places of fewer axes": (out("GatherElements", "x i"), IMAGE, {"i": ints(1)}, "by places of 1"),
    "elements put at places of fewer axes": (
        out("ScatterElements", "x i u"), IMAGE, {"i": ints(1), "u": zeros(1)}, "into 4 axes by places of 1",
    ),
    "paddings for too few axes": (out("Pad", "x p"), IMAGE, {"p": ints(1, 1)}, "2 paddings for 4 axes"),
    "a pad of more than there is": (out("Pad", "x p"), ROWS, {"p": ints(0, -20, 0, 0)}, "leaves -8 of axis 1"),
    "scales for too few axes": (
        out("Resize", "x _ s"), IMAGE, {"s": np.ones(2, np.float32)}, "2 scales for 4 axes",
    ),
    "sizes for too few axes": (out("Resize", "x _ _ s"), IMAGE, {"s": ints(3, 3)}, "2 sizes for 4 axes"),
    "a grid of places in space": (out("GridSample", "x g"), IMAGE, {"g": zeros(1, 5, 6, 3)}, "a place on the image"),
    "steps of nothing": (
        out("Slice", "x s e a t"), ROWS, {"s": ints(0), "e": ints(5), "a": ints(1), "t": ints(0)}, "steps of 0",
    ),
    "parts of more": (out("Split", "x k", "y z", axis=1), ROWS, {"k": ints(9, 9)}, "parts that make the axis"),
    "inputs of other axes side by side": (out("Concat", "x w", axis=0), ROWS, {"w": zeros(3)}, "with 2, 1 axes"),
    "nothing side by side": (out("Concat", "", axis=0), ROWS, {}, "a concat of nothing"),
    "a second extent left open": (out("Reshape", "x k"), ROWS, {"k": ints(-1, -1)}, "one extent at most is left open"),
    "a kept extent beyond": (out("Reshape", "x k"), ROWS, {"k": ints(-1, 4, 3, 0)}, "and the input has 2 axes"),
    "nothing beside what is left": (
        out("Reshape", "x k", allowzero=1), ROWS, {"k": ints(-1, 0)}, "−1 beside an extent of 0",
    ),
    "an extent below zero": (out("ConstantOfShape", "k"), ROWS, {"k": ints(3, -2)}, "an extent of -2"),
    "a constant of nothing": (helper.make_node("Constant", [], ["y"], name="Constant_y"), ROWS, {}, "without a value"),
    "a type that is none": (out("Cast", to=99), ROWS, {}, "element type 99 is none"),
    "queries of too few axes": (
        out("Attention", "x x x", q_num_heads=1, kv_num_heads=1), ROWS, {}, "three or four are wanted",
    ),
    "heads that do not divide": (
        out("Attention", "x x x", q_num_heads=5, kv_num_heads=5), ("x", ["N", "T", 12]), {}, "heads divide the width",
    ),
    "heads of no number": (out("Attention", "x x x"), ("x", ["N", "T", 12]), {}, "0 heads"),
    "scales of another row": (
        out("LayerNormalization", "x g"), ROWS, {"g": zeros(5)}, "a scale for each element of a row",
    ),
    "labels of another number": (
        out("NegativeLogLikelihoodLoss", "x l"), ROWS, {"l": zeros(3, 4, dtype=np.int64)}, "1 and 2 axes",
    ),
    "a recurrence of other features": (
        out("LSTM", "x w r", hidden_size=3), ("x", ["T", "N", 8]), {"w": zeros(1, 12, 9), "r": zeros(1, 12, 3)},
        "as many features as the input has",
    ),
    "a recurrence of other gates": (
        out("GRU", "x w r", hidden_size=3), ("x", ["T", "N", 8]), {"w": zeros(1, 12, 8), "r": zeros(1, 9, 3)}, "GRU",
    ),
    "a permutation of too many": (out("Transpose", perm=[1, 0, 2]), ROWS, {}, "transpose of 2 axes in the order"),
    "blocks that do not divide": (out("DepthToSpace", blocksize=3), IMAGE, {}, "blocks divide the channels"),
    "more of them than there are": (out("TopK", "x k", "y i"), ROWS, {"k": ints(13)}, "as many elements as are chosen"),
    "no repeats": (out("Tile", "x k"), ROWS, {"k": ints(2)}, "1 repeats for 2 axes"),
}  # fmt: skip


@pytest.mark.parametrize("name", ILLEGAL)
def test_what_no_operator_takes_is_an_error_that_says_what_is_wrong(name, tmp_path):
    nodes, given, weights, said = ILLEGAL[name]
    nodes = nodes if isinstance(nodes, list) else [nodes]
    opset = 23 if nodes[-1].op_type == "Attention" else 18
    path = saved(model(nodes, [given], [nodes[-1].output[0]], weights, opset), tmp_path / "m.onnx")
    done = run("total", str(path))
    assert done.code == 1, done.out
    assert said in done.err
    assert any(f"node {n.name} ({n.op_type})" in done.err for n in nodes)
    assert "Traceback" not in done.err
