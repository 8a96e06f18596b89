"""What a run is compared with: macs of ONNX's operators beside products of ones, points that are chosen, a report."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from command import run

from symconv import Count, Layer, Network, layer
from symconv.errors import ModelError
from symconv.layer import LAYERS
from symconv.layers import Add, Conv, Crop, Linear, MaxPool, Reshape, Slice, Unflatten
from symconv.tensor import Tensor
from symconv.verifying import verify
from symconv.verifying.report import written


def ones(*pairs):
    """The macs of matrix products: a sum of ones counts its terms."""
    return sum(int(np.matmul(np.ones(a), np.ones(b)).sum()) for a, b in pairs)


# -- operators of ONNX -----------------------------------------------------------------------------------------------

#: By name: the operator, its attributes, the shapes of inputs and outputs, its macs.
OPERATORS = {
    "gemm": ("Gemm", {"transA": 1}, [(3, 2), (3, 4)], [(2, 4)], ones(((2, 3), (3, 4)))),
    "matmul": ("MatMul", {}, [(5, 2, 3), (3, 4)], [(5, 2, 4)], ones(((5, 2, 3), (3, 4)))),
    "fused": ("FusedMatMul", {"transA": 1}, [(3, 2), (3, 4)], [(2, 4)], ones(((2, 3), (3, 4)))),
    "fused vectors": ("FusedMatMul", {"transA": 1}, [(3,), (3, 4)], [(4,)], ones(((3,), (3, 4)))),
    "fused batches": ("FusedMatMul", {"transBatchA": 1}, [(3, 2, 2), (2, 3, 4)], [(2, 2, 4)], None),
    "einsum": ("Einsum", {"equation": "ij,jk->ik"}, [(2, 3), (3, 4)], [(2, 4)], ones(((2, 3), (3, 4)))),
    "einsum of three": ("Einsum", {"equation": "ij,jk,kl->il"}, [(2, 3), (3, 4), (4, 5)], [(2, 5)],
                        ones(((2, 3), (3, 4)), ((2, 4), (4, 5)))),
    "einsum, nothing summed": ("Einsum", {"equation": "i,j->ij"}, [(2,), (3,)], [(2, 3)], 0),
    "einsum of one": ("Einsum", {"equation": "ij->i"}, [(2, 3)], [(2,)], None),
    "einsum of a diagonal": ("Einsum", {"equation": "ii,ij->j"}, [(2, 2), (2, 3)], [(3,)], None),
    "lstm": ("LSTM", {}, [(5, 2, 3), (1, 16, 3), (1, 16, 4)], [(5, 1, 2, 4)],
             ones(((10, 3), (3, 16)), ((10, 4), (4, 16)))),
    "attention": ("Attention", {}, [(2, 3, 4, 5), (2, 3, 6, 5), (2, 3, 6, 7)], [(2, 3, 4, 7)],
                  ones(((6, 4, 5), (6, 5, 6)), ((6, 4, 6), (6, 6, 7)))),
    "attention after a past": ("Attention", {}, [(2, 3, 4, 5), (2, 3, 6, 5), (2, 3, 6, 7), (), (2, 3, 8, 5)],
                               [(2, 3, 4, 7)], ones(((6, 4, 5), (6, 5, 14)), ((6, 4, 14), (6, 14, 7)))),
    "attention of rows": ("Attention", {"q_num_heads": 4, "kv_num_heads": 2}, [(2, 3, 8), (2, 6, 4), (2, 6, 10)],
                          [(2, 3, 20)], ones(((8, 3, 2), (8, 2, 6)), ((8, 3, 6), (8, 6, 5)))),
    "projected": ("com.microsoft.Attention", {"num_heads": 2}, [(2, 5, 6), (6, 18), (18,)], [(2, 5, 6)],
                  ones(((10, 6), (6, 18)), ((4, 5, 3), (4, 3, 5)), ((4, 5, 5), (4, 5, 3)))),
    "many heads": ("com.microsoft.MultiHeadAttention", {"num_heads": 2}, [(2, 5, 6), (2, 7, 6), (2, 7, 6)],
                   [(2, 5, 6)], ones(((4, 5, 3), (4, 3, 7)), ((4, 5, 7), (4, 7, 3)))),
    "many heads, keys by head": ("com.microsoft.MultiHeadAttention", {"num_heads": 2},
                                 [(2, 5, 6), (2, 2, 7, 3), (2, 2, 7, 3)], [(2, 5, 6)],
                                 ones(((4, 5, 3), (4, 3, 7)), ((4, 5, 7), (4, 7, 3)))),
    "many heads, packed": ("com.microsoft.MultiHeadAttention", {"num_heads": 2}, [(2, 5, 2, 3, 3)], [(2, 5, 6)],
                           ones(((4, 5, 3), (4, 3, 5)), ((4, 5, 5), (4, 5, 3)))),
    "many heads without keys": ("com.microsoft.MultiHeadAttention", {"num_heads": 2}, [(2, 5, 6)], [(2, 5, 6)], None),
    "shared heads": ("com.microsoft.GroupQueryAttention", {}, [(2, 5, 6)], [(2, 5, 6), (2, 1, 9, 3), (2, 1, 9, 3)],
                     ones(((4, 5, 3), (4, 3, 9)), ((4, 5, 9), (4, 9, 3)))),
    "shared heads without a cache": ("com.microsoft.GroupQueryAttention", {}, [(2, 5, 6)], [(2, 5, 6)], None),
}  # fmt: skip


@pytest.mark.parametrize("name", OPERATORS)
def test_the_macs_of_an_operator_are_terms_of_products_of_ones(name):
    helper = pytest.importorskip("onnx.helper")
    from symconv.verifying.macs import macs_of

    operator, attributes, inputs, outputs, macs = OPERATORS[name]
    domain, _, kind = operator.rpartition(".")
    node = helper.make_node(
        kind, list("abcdefgh")[: len(inputs)], list("xyz")[: len(outputs)], domain=domain, **attributes
    )
    assert macs_of(node, inputs, outputs) == macs


# -- networks that are run as loops ----------------------------------------------------------------------------------


def test_a_wrong_shape_behind_the_last_round_is_found():
    net = Network("growing")
    net.input("image", "N", 2, "X", "X")
    net.repeat("stage", net.symbol("n", "count"), lambda i: net.add("conv", Conv(2 * (i + 1), 3)))
    net.blocks["stage"] = replace(net.blocks["stage"], out=Tensor((1, 4, 5, 6)))
    (point,) = verify(net, [{"N": 1, "X": 9, "n": 2}]).points
    assert [str(w) for w in point.wrong] == [
        "stage: the shape behind the last round is 1×4×5×5 in the run and 1×4×5×6 by the formula 1 × 4 × 5 × 6"
    ]


def test_nothing_is_chosen_where_no_size_of_reach_is_legal_and_a_report_says_so():
    """X·Y is a multiple of a prime that lies beyond the sizes that are tried."""
    net = Network("far")
    net.input("rows", "N", "X", "Y")
    net.add("one", Reshape((0, -1)))
    net.add("parts", Unflatten(1, (7919, -1)))
    report = verify(net)
    assert (report.points, report.ran, report.wrong) == ((), 0, None)
    with pytest.raises(ModelError, match="far: nothing of it can be compared"):
        report.check()
    (point,) = verify(net, [{"N": 2, "X": 7919, "Y": 3}]).points
    assert (point.wrong, point.tensors) == ([], 2)


def test_two_inputs_are_run_at_sizes_that_are_legal_together():
    net = Network("pair")
    large, small = net.input("large", "N", 3, "X", "X"), net.input("small", "N", 3, "Y", "Y")
    crop = net.add("crop", Crop(), large, small)
    net.add("add", Add(), crop, small)
    net.add("pool", MaxPool(3))
    report = verify(net)
    report.check()
    assert all(p.values["X"] >= p.values["Y"] >= 3 for p in report.points)
    assert report.ran == len(report.points) >= 3


@pytest.mark.parametrize("end", [None, -1])
def test_every_point_chosen_is_inside_of_a_domain_that_counts_from_the_end(end):
    net = Network("tail")
    net.input("rows", "N", "T", 4)
    net.add("tail", Slice(1, begin=-5, end=end))
    net.add("linear", Linear(2))
    report = verify(net)
    assert all(p.values["T"] >= 5 for p in report.points)
    assert all(p.macs == p.values["N"] * len(range(9)[-5:end]) * 4 * 2 for p in report.points)


def test_a_report_is_wrong_where_a_run_lacked_a_value_or_showed_nothing():
    net = Network("net")
    net.input("image", "N", 3, "X", "X")
    net.add("conv", Conv(8))
    with pytest.raises(ModelError, match="net ran at none of the sizes: a run needs a value of X"):
        verify(net, [{"N": 1}]).check()
    assert [written(shape) for shape in ((), (1, 2), (3,))] == ["scalar", "1×2", "3"]


def test_a_layer_of_ones_own_is_not_compared_and_what_stands_behind_it_is():
    try:

        @layer("own_doubled")
        class Doubled(Layer):
            """Its input, doubled."""

            def work(self, image, out):
                return Count(mul=out.elements)

        net = Network("net")
        net.input("image", "N", 3)
        net.add("own", Doubled())
        with pytest.raises(ModelError, match="net: nothing of it can be compared"):
            verify(net, [{"N": 1}]).check()
        net.add("linear", Linear(2))
        (point,) = verify(net, [{"N": 5}]).points
        assert (point.unseen, point.tensors, point.macs, point.compared) == (1, 1, 5 * 3 * 2, 2)
    finally:
        LAYERS.pop("own_doubled", None)


def test_the_command_exits_with_1_at_a_wrong_figure(tmp_path, monkeypatch):
    spec = tmp_path / "net.yaml"
    spec.write_text("name: net\ninput: [N, 3]\nlayers: [{linear: 4}]\n", encoding="utf-8")
    done = run("verify", str(spec), "--at", "N=5")
    assert (done.code, done.err) == (0, "")
    assert f" {5 * 3 * 4} " in done.out
    monkeypatch.setattr(Linear, "work", lambda self, rows, out: Count(mac=out.elements * 2))
    done = run("verify", str(spec), "--at", "N=5")
    assert done.code == 1
    assert "fc1 (linear): the number of macs is 60 in the run and 40 by the formula 8·N" in done.err
