"""Operators of com.microsoft: the shapes of a run by onnxruntime, its macs, and macs and parameters counted by hand."""

import numpy as np
import pytest
from onnx import TensorProto, helper

from readers.onnx.graphs import model, saved
from symconv.errors import SymconvError
from symconv.readers.onnx import read_onnx
from symconv.verifying import verify
from symconv.verifying.macs import macs_of
from symconv.verifying.running import run
from symconv.verifying.runtime import RunError

F16, U8, I8, I32, I64 = (getattr(TensorProto, t) for t in ("FLOAT16", "UINT8", "INT8", "INT32", "INT64"))


def ms(kind, inputs, outputs="y", domain="com.microsoft", **attributes):
    """A node of com.microsoft; `_` is an input or output that is left out."""
    sides = [["" if name == "_" else name for name in side.split()] for side in (inputs, outputs)]
    return helper.make_node(kind, *sides, name=f"{kind}_{outputs.split()[0]}", domain=domain, **attributes)


def fused(nodes, inputs, outputs="y", weights=(), opset=17):
    """A model with operators of both domains."""
    nodes = nodes if isinstance(nodes, list) else [nodes]
    made = model(nodes, inputs, outputs.split(), weights, opset)
    made.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    return made


def floats(*shape):
    return np.zeros(shape, np.float32)


def small(*shape, dtype=np.uint8):
    return np.ones(shape, dtype)


X = ("x", ["N", "T", 8])
IMAGE = ("x", ["N", 4, "H", "W"])
WHOLE = ("x", ["N", "T", 8], U8)
SCALE = {"s": np.float32(0.5), "z": np.uint8(1)}
SCALES = SCALE | {"t": np.float32(0.25), "u": np.uint8(0)}
ROW = {"g": np.ones(8, np.float32), "h": floats(8)}

#: By a name: the model, where it is run, and the macs and the parameters there.
CASES = {
    # 5 rows of 8 with a matrix 8 × 24, then 5 × 5 scores of 2 heads of 4, twice
    "Attention": (
        fused(ms("Attention", "x w b", num_heads=2), [X], weights={"w": floats(8, 24), "b": floats(24)}),
        {"N": 3, "T": 5}, 3 * 5 * 8 * 24 + 3 * 5 * 5 * 8 * 2, 8 * 24 + 24,
    ),
    "Attention without a bias, with narrower values": (
        fused(
            ms("Attention", "x w b", num_heads=2, qkv_hidden_sizes=[8, 8, 4]),
            [X], weights={"w": floats(8, 20), "b": floats(20)},
        ),
        {"N": 3, "T": 5}, 3 * 5 * 8 * 20 + 3 * 5 * 5 * (8 + 4), 8 * 20 + 20,
    ),
    "Attention with a past and its present": (
        fused(
            ms("Attention", "x w b _ p", "y q", num_heads=2), [X, ("p", [2, "N", 2, "P", 4])], "y q",
            {"w": floats(8, 24), "b": floats(24)},
        ),
        {"N": 3, "T": 5, "P": 7}, 3 * 5 * 8 * 24 + 3 * 5 * 12 * 8 * 2, 8 * 24 + 24,
    ),
    "Attention with relative positions": (
        fused(
            ms("Attention", "x w b _ _ r", num_heads=2), [X, ("r", ["N", 2, "T", "T"])],
            weights={"w": floats(8, 24), "b": floats(24)},
        ),
        {"N": 3, "T": 5}, 3 * 5 * 8 * 24 + 3 * 5 * 5 * 8 * 2, 8 * 24 + 24,
    ),
    "QAttention": (
        fused(
            ms("QAttention", "x w b s t _ z u", num_heads=2), [WHOLE],
            weights=SCALES | {"w": small(8, 24), "b": floats(24)},
        ),
        {"N": 3, "T": 5}, 3 * 5 * 8 * 24 + 3 * 5 * 5 * 8 * 2, 8 * 24 + 24,
    ),
    "QAttention with a past": (
        fused(
            ms("QAttention", "x w b s t _ z u p", "y q", num_heads=2), [WHOLE, ("p", [2, "N", 2, "P", 4])], "y q",
            SCALES | {"w": small(8, 24), "b": floats(24)},
        ),
        {"N": 3, "T": 5, "P": 7}, 3 * 5 * 8 * 24 + 3 * 5 * 12 * 8 * 2, 8 * 24 + 24,
    ),
    "MultiHeadAttention": (
        fused(ms("MultiHeadAttention", "x k v", num_heads=2), [X, ("k", ["N", "S", 8]), ("v", ["N", "S", 12])]),
        {"N": 3, "T": 5, "S": 7}, 3 * 5 * 7 * (8 + 12), 0,
    ),
    "MultiHeadAttention with biases": (
        fused(
            ms("MultiHeadAttention", "x k v b _ r", num_heads=2),
            [X, ("k", ["N", "S", 8]), ("v", ["N", "S", 8]), ("r", [1, 2, "T", "S"])], weights={"b": floats(24)},
        ),
        {"N": 3, "T": 5, "S": 7}, 3 * 5 * 7 * (8 + 8), 24,
    ),
    "MultiHeadAttention to another's keys and values": (
        fused(
            ms("MultiHeadAttention", "x k v", num_heads=2), [X, ("k", ["N", 2, "S", 4]), ("v", ["N", 2, "S", 4])]
        ),
        {"N": 3, "T": 5, "S": 7}, 3 * 5 * 7 * (8 + 8), 0,
    ),
    "MultiHeadAttention with a past and its present": (
        fused(
            ms("MultiHeadAttention", "x k v _ _ _ p q", "y r s", num_heads=2),
            [X, ("k", ["N", "T", 8]), ("v", ["N", "T", 8]), ("p", ["N", 2, "P", 4]), ("q", ["N", 2, "P", 4])], "y r s",
        ),
        {"N": 3, "T": 5, "P": 7}, 3 * 5 * 12 * (8 + 8), 0,
    ),
    "GroupQueryAttention": (
        fused(
            ms("GroupQueryAttention", "x k v _ _ l t", "y r s", num_heads=4, kv_num_heads=2),
            [("x", ["N", "T", 32]), ("k", ["N", "T", 16]), ("v", ["N", "T", 16]), ("l", ["N"], I32), ("t", [], I32)],
            "y r s",
        ),
        {"N": 3, "T": 5, "t": 5}, 3 * 5 * 5 * 2 * 32, 0,
    ),
    "GroupQueryAttention, packed and turned": (
        fused(
            ms("GroupQueryAttention", "x _ _ p q l t c d", "y r s", num_heads=4, kv_num_heads=2, do_rotary=1),
            [("x", ["N", 1, 128]), ("p", ["N", 2, 8, 16]), ("q", ["N", 2, 8, 16]), ("l", ["N"], I32)], "y r s",
            {"t": np.int32(8), "c": floats(16, 8), "d": floats(16, 8)},
        ),
        {"N": 3, "H": 8, "W": 16}, 3 * 8 * 2 * 64, 0,
    ),
    "GroupQueryAttention of so many tokens as the longest sample has": (
        fused(
            [ms("ReduceMax", "l", "m", domain="", keepdims=0), ms("Add", "m o", "t", domain=""),
             ms("GroupQueryAttention", "x k v p q l t", "y r s", num_heads=2, kv_num_heads=1)],
            [("x", ["N", "T", 16]), *((k, ["N", "T", 8]) for k in "kv"), *((k, ["N", 1, "P", 8]) for k in "pq"),
             ("l", ["N"], I32)], "y r s", {"o": np.int32(1)},
        ),
        {"N": 3, "T": 1, "P": 1}, 3 * 2 * 2 * 16, 0,
    ),
    "GroupQueryAttention without a past": (
        fused(
            [ms("ReduceMax", "l", "m", domain="", keepdims=0), ms("Add", "m o", "t", domain=""),
             ms("GroupQueryAttention", "x k v _ _ l t", "y r s", num_heads=2, kv_num_heads=1)],
            [("x", ["N", "T", 16]), *((k, ["N", "T", 8]) for k in "kv"), ("l", ["N"], I32)], "y r s",
            {"o": np.int32(1)},
        ),
        {"N": 3, "T": 2}, 3 * 2 * 2 * 2 * 16, 0,
    ),
    "RotaryEmbedding": (
        fused(
            ms("RotaryEmbedding", "x p c d", num_heads=2), [X, ("p", ["N", "T"], I64)],
            weights={"c": floats(9, 2), "d": floats(9, 2)},
        ),
        {"N": 3, "T": 5}, 0, 0,
    ),
    # 4 × 8 with 8 × 6
    "FusedMatMul": (
        fused(ms("FusedMatMul", "x w", transB=1), [X], weights={"w": floats(6, 8)}),
        {"N": 3, "T": 5}, 3 * 5 * 8 * 6, 48,
    ),
    "FusedMatMul of two tensors": (
        fused(ms("FusedMatMul", "x k", transA=1), [X, ("k", ["N", "T", 6])]),
        {"N": 3, "T": 5}, 3 * 8 * 5 * 6, 0,
    ),
    "FusedGemm": (
        fused(
            ms("FusedGemm", "x w b", activation="Relu", transB=1), [("x", ["N", 8])],
            weights={"w": floats(6, 8), "b": floats(6)},
        ),
        {"N": 3}, 3 * 8 * 6, 48 + 6,
    ),
    "MatMulIntegerToFloat": (
        fused(
            ms("MatMulIntegerToFloat", "x w s t z u b"), [WHOLE],
            weights=SCALES | {"w": small(8, 6), "b": floats(6)},
        ),
        {"N": 3, "T": 5}, 3 * 5 * 8 * 6, 48 + 6,
    ),
    "DynamicQuantizeMatMul": (
        fused(
            ms("DynamicQuantizeMatMul", "x w t u b"), [X], weights=SCALES | {"w": small(8, 6), "b": floats(6)},
        ),
        {"N": 3, "T": 5}, 3 * 5 * 8 * 6, 48 + 6,
    ),
    # 6 columns of 32 elements in one block of 16 bytes
    "MatMulNBits": (
        fused(
            ms("MatMulNBits", "x w s", K=32, N=6, bits=4, block_size=32), [("x", ["N", "T", 32])],
            weights={"w": small(6, 1, 16), "s": floats(6)},
        ),
        {"N": 3, "T": 5}, 3 * 5 * 32 * 6, 6 * 16,
    ),
    "QGemm": (
        fused(
            ms("QGemm", "x s z w s z b t u", transB=1), [("x", ["N", 8], U8)],
            weights=SCALES | {"w": small(6, 8), "b": np.ones(6, np.int32)},
        ),
        {"N": 3}, 3 * 8 * 6, 48 + 6,
    ),
    "QGemm to floats": (
        fused(ms("QGemm", "x s z w s z"), [("x", ["N", 8], U8)], weights=SCALE | {"w": small(8, 6)}),
        {"N": 3}, 3 * 8 * 6, 48,
    ),
    "FusedConv": (
        fused(
            ms("FusedConv", "x w b", activation="Relu", pads=[1, 1, 1, 1]), [IMAGE],
            weights={"w": floats(6, 4, 3, 3), "b": floats(6)},
        ),
        {"N": 2, "H": 5, "W": 7}, 2 * 35 * 6 * 4 * 9, 6 * 36 + 6,
    ),
    "FusedConv with a sum": (
        fused(
            ms("FusedConv", "x w b z"), [IMAGE, ("z", ["N", 6, "H", "W"])],
            weights={"w": floats(6, 4, 1, 1), "b": floats(6)},
        ),
        {"N": 2, "H": 5, "W": 7}, 2 * 35 * 6 * 4, 24 + 6,
    ),
    "NhwcMaxPool": (
        fused(ms("NhwcMaxPool", "x", kernel_shape=[3, 3], strides=[2, 2]), [("x", ["N", "H", "W", 4], U8)]),
        {"N": 2, "H": 5, "W": 8}, 0, 0,
    ),
    "QLinearAveragePool": (
        fused(
            ms("QLinearAveragePool", "x s z t u", kernel_shape=[2, 2]), [(*IMAGE, U8)], weights=SCALES,
        ),
        {"N": 2, "H": 5, "W": 8}, 0, 0,
    ),
    "QLinearGlobalAveragePool": (
        fused(ms("QLinearGlobalAveragePool", "x s z t u"), [(*IMAGE, U8)], weights=SCALES),
        {"N": 2, "H": 5, "W": 8}, 0, 0,
    ),
    "QLinearGlobalAveragePool with channels last": (
        fused(
            ms("QLinearGlobalAveragePool", "x s z t u", channels_last=1), [("x", ["N", "H", "W", 4], U8)],
            weights=SCALES,
        ),
        {"N": 2, "H": 5, "W": 8}, 0, 0,
    ),
    **{
        kind: (fused(ms(kind, "x s z k s z t u"), [WHOLE, ("k", ["T", 8], U8)], weights=SCALES), {"N": 3, "T": 5}, 0, 0)
        for kind in ("QLinearAdd", "QLinearMul")
    },
    **{
        kind: (fused(ms(kind, "x s z t u"), [WHOLE], weights=SCALES), {"N": 3, "T": 5}, 0, 0)
        for kind in ("QLinearSigmoid", "QLinearLeakyRelu")
    },
    "QLinearSoftmax": (
        fused(ms("QLinearSoftmax", "x s z t u", opset=13, axis=-1), [WHOLE], weights=SCALES), {"N": 3, "T": 5}, 0, 0,
    ),
    "QLinearSoftmax of old, over all axes from one on": (
        fused(ms("QLinearSoftmax", "x s z t u", opset=12, axis=1), [WHOLE], weights=SCALES), {"N": 3, "T": 5}, 0, 0,
    ),
    "QLinearConcat": (
        fused(ms("QLinearConcat", "t u x s z k s z", axis=1), [WHOLE, ("k", ["N", "S", 8], U8)], weights=SCALES),
        {"N": 3, "T": 5, "S": 2}, 0, 0,
    ),
    "QLinearWhere": (
        fused(
            ms("QLinearWhere", "c x s z k s z t u"),
            [("c", ["N", "T", 1], TensorProto.BOOL), WHOLE, ("k", [1, 1, 8], U8)], weights=SCALES,
        ),
        {"N": 3, "T": 5}, 0, 0,
    ),
    "QuantizeLinear and DequantizeLinear": (
        fused([ms("QuantizeLinear", "x s z", "q"), ms("DequantizeLinear", "q s z")], [X], weights=SCALE),
        {"N": 3, "T": 5}, 0, 0,
    ),
    "SkipLayerNormalization": (
        fused(ms("SkipLayerNormalization", "x k g h b", "y _ _ s"), [X, ("k", ["N", "T", 8])], "y s",
              ROW | {"b": floats(8)}),
        {"N": 3, "T": 5}, 0, 24,
    ),
    "SkipSimplifiedLayerNormalization": (
        fused(
            ms("SkipSimplifiedLayerNormalization", "x k g b"), [X, ("k", ["N", "T", 8])],
            weights=ROW | {"b": floats(8)},
        ),
        {"N": 3, "T": 5}, 0, 16,
    ),
    "SimplifiedLayerNormalization": (
        fused(ms("SimplifiedLayerNormalization", "x g", domain="", axis=-1), [X], weights=ROW), {"N": 3, "T": 5}, 0, 8,
    ),
    "EmbedLayerNormalization": (
        fused(
            ms("EmbedLayerNormalization", "i j a b c g h _", "y m e"), [("i", ["N", "T"], I32), ("j", ["N", "T"], I32)],
            "y m e", ROW | {"a": floats(9, 8), "b": floats(7, 8), "c": floats(2, 8)},
        ),
        {"N": 3, "T": 5}, 0, (9 + 7 + 2) * 8 + 16,
    ),
    "EmbedLayerNormalization without segments": (
        fused(
            ms("EmbedLayerNormalization", "i _ a b _ g h k", "y m"), [("i", ["N", "T"], I32), ("k", ["N", "T"], I32)],
            "y m", ROW | {"a": floats(9, 8), "b": floats(7, 8)},
        ),
        {"N": 3, "T": 5}, 0, (9 + 7) * 8 + 16,
    ),
    **{
        kind: (fused(ms(kind, "x"), [X]), {"N": 3, "T": 5}, 0, 0) for kind in ("Gelu", "FastGelu", "QuickGelu", "Trilu")
    },
    **{
        f"{kind} with a bias": (fused(ms(kind, "x b"), [X], weights={"b": floats(8)}), {"N": 3, "T": 5}, 0, 8)
        for kind in ("BiasGelu", "FastGelu")
    },
    "ExpandDims": (fused(ms("ExpandDims", "x a"), [X], weights={"a": np.int32(-2)}), {"N": 3, "T": 5}, 0, 0),
    "GatherND": (
        fused(ms("GatherND", "x i"), [X], weights={"i": np.zeros((6, 2), np.int64)}), {"N": 3, "T": 5}, 0, 0,
    ),
    "UnfoldTensor": (fused(ms("UnfoldTensor", "x", dim=1, size=3, step=2), [X]), {"N": 3, "T": 8}, 0, 0),
    # a step of each of 2 directions: 4 gates of 6 from 8 features and 6 of the state before
    "DynamicQuantizeLSTM": (
        fused(
            ms("DynamicQuantizeLSTM", "x w r b _ _ _ _ s z s z", "y h", hidden_size=6, direction="bidirectional"),
            [("x", ["T", "N", 8])], "y h",
            {"w": small(2, 8, 24), "r": small(2, 6, 24), "b": floats(2, 48), "s": floats(2), "z": small(2)},
        ),
        {"N": 3, "T": 5}, 3 * 5 * 2 * 4 * 6 * (8 + 6), 2 * (14 * 24 + 48),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_fused_operator_has_the_shapes_and_the_macs_of_a_run(name, tmp_path):
    made, at, macs, params = CASES[name]
    path = saved(made, tmp_path / "m.onnx")
    (point,) = verify(path, [at]).points
    assert (point.failed, point.wrong, point.unseen, point.macs) == ("", [], 0, macs)
    assert point.tensors == sum(bool(name) for n in made.graph.node for name in n.output)
    assert read_onnx(path).network.evaluate("params") == params


def test_tables_of_rotary_positions_are_buffers_and_a_learnt_bias_of_scores_is_a_parameter():
    tables = {"c": floats(9, 2), "d": floats(9, 2)}
    turned = fused(ms("RotaryEmbedding", "x p c d", num_heads=2), [X, ("p", ["N", "T"], I64)], weights=tables)
    places = ms("RotaryEmbedding", "x c d p", domain="")
    plain = model([places], [("x", ["N", 2, "T", 4]), ("p", ["N", "T"], I64)], weights=tables, opset=23)
    assert [read_onnx("m", model=m).network.evaluate("buffers") for m in (turned, plain)] == [36, 36]
    biased = ms("MultiHeadAttention", "x x x _ _ r", num_heads=2)
    net = read_onnx("m", model=fused(biased, [("x", ["N", 5, 8])], weights={"r": floats(1, 2, 5, 5)})).network
    assert (net.evaluate("params"), net.evaluate("ops", N=1)) == (50, 2 * 400 + 50 + 50 + 10 * 23)


def test_a_softmax_of_small_integers_has_the_rows_that_its_version_has():
    """Rows of n: n − 1 max and n − 1 add, n add, n exp, n div; 5 an element to requantize. 15 rows of 8, or 3 of 40."""
    for opset, rows, n in ((13, 15, 8), (12, 3, 40)):
        made = CASES["QLinearSoftmax" if opset == 13 else "QLinearSoftmax of old, over all axes from one on"][0]
        net = read_onnx("m", model=made).network
        assert net.evaluate("ops", N=3, T=5) == rows * (5 * n - 2) + 5 * 120


#: Attention of CUDA's kernels, of which the CPU has none: 2 heads of 4.
PACKED = {
    "queries, keys and values": ([("x", ["N", "T", 2, 3, 4])], 3 * 2 * 5 * 5 * (4 + 4)),
    "keys and values": ([X, ("k", ["N", "S", 2, 2, 4])], 3 * 5 * 7 * (8 + 8)),
}


@pytest.mark.parametrize("name", PACKED)
def test_attention_of_packed_inputs_counts_by_heads(name):
    (inputs, macs), at = PACKED[name], {"N": 3, "T": 5, "S": 7}
    node = ms("MultiHeadAttention", " ".join(i for i, _ in inputs), num_heads=2)
    net = read_onnx("m", model=fused(node, inputs)).network
    assert net.evaluate("macs", **{s: v for s, v in at.items() if s in net.symbols}) == macs
    assert [str(x) for x in net.nodes[-1].out.shape] == ["N", "T", "8"]
    assert macs_of(node, [[at.get(x, x) for x in shape] for _, shape in inputs], [(3, 5, 8)]) == macs


def read(*model):
    return read_onnx("m", model=fused(*model)).network


W = {"w": floats(8, 24), "b": floats(24)}

#: What no runtime takes, and what is said of it.
ILLEGAL = {
    "heads that do not divide": ((ms("Attention", "x w b", num_heads=3), [X], "y", W), "heads divide the width"),
    "queries alone": ((ms("MultiHeadAttention", "x", num_heads=2), [X]), "without its input 1"),
    "no heads": ((ms("Attention", "x w b"), [X], "y", W), "0 heads"),
    "rows of another length": (
        (ms("MatMulNBits", "x w s", K=32, N=6), [X], "y", {"w": small(6, 1, 16), "s": floats(6)}),
        "rows and columns of one length",
    ),
    "weights of another length": ((ms("FusedMatMul", "x w", transB=1), [X], "y", W), "of one length"),
    "matrices wanted": ((ms("FusedGemm", "x w b"), [X], "y", W), "3 and 2 axes: matrices are wanted"),
    "a window too long": ((ms("UnfoldTensor", "x", dim=2, size=9), [X]), "a window that fits"),
    "places too deep": (
        (ms("GatherND", "x i"), [X], "y", {"i": np.zeros((2, 4), np.int64)}), "places of 4 axes in an input of 3",
    ),
    "an axis that is not there": ((ms("ExpandDims", "x a"), [X], "y", {"a": np.int32(5)}), "axis 5"),
    "an input left out": ((ms("Attention", "x", num_heads=2), [X]), "without its input 1"),
}  # fmt: skip


@pytest.mark.parametrize("name", ILLEGAL)
def test_what_no_runtime_takes_is_an_error_that_says_what_is_wrong(name, tmp_path):
    made, said = ILLEGAL[name]
    with pytest.raises(SymconvError, match=said):
        read(*made)
    with pytest.raises(RunError):
        run(fused(*made), tmp_path / "m.onnx", {"x": floats(2, 3, 8)})


def test_what_a_fused_operator_does_that_no_rule_counts_is_a_named_unknown(tmp_path):
    """Transposed batches, and an activation of a name that is not known."""
    batches = fused(ms("FusedMatMul", "x k", transBatchA=1), [("x", ["T", "N", 8]), ("k", ["N", 8, 6])])
    net = read_onnx("m", model=batches).network
    assert "cost[com.microsoft.FusedMatMul]" in str(net.cost("macs")) or "cost[FusedMatMul]" in str(net.cost("macs"))
    report = verify(saved(batches, tmp_path / "m.onnx"), [{"N": 3, "T": 5}])
    assert (report.wrong, report.points[0].failed) == (None, "")
    odd = ms("FusedConv", "x w", activation="Wobble")
    net = read(odd, [IMAGE], "y", {"w": floats(6, 4, 1, 1)})
    assert "cost[FusedConv" in str(net.cost("macs"))
    assert "24" in str(net.cost("macs"))
