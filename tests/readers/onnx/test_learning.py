"""ONNX-ML's classical models and the steps of training: shapes of runs, products counted by hand."""

import numpy as np
import pytest
from onnx import TensorProto, helper

from readers.onnx.graphs import model, node, saved
from symconv.errors import ModelError
from symconv.readers.onnx import read_onnx
from symconv.verifying import onnx as verifying
from symconv.verifying import verify

F, I64, STRING = TensorProto.FLOAT, TensorProto.INT64, TensorProto.STRING
ROWS = ("x", ["N", 4])


def learnt(nodes, inputs, outputs="y", weights=()):
    """A model with operators of ai.onnx.ml and of training."""
    made = model(nodes, inputs, outputs.split(), weights)
    made.opset_import.extend([helper.make_opsetid("ai.onnx.ml", 2), helper.make_opsetid("ai.onnx.preview.training", 1)])
    return made


def ml(kind, inputs="x", outputs="y", **attributes):
    return node(kind, inputs, outputs, domain="ai.onnx.ml", **attributes)


TREE = {
    "nodes_treeids": [0, 0, 0], "nodes_nodeids": [0, 1, 2], "nodes_featureids": [1, 0, 0],
    "nodes_values": [0.5, 0.0, 0.0], "nodes_modes": ["BRANCH_LEQ", "LEAF", "LEAF"], "nodes_truenodeids": [1, 0, 0],
    "nodes_falsenodeids": [2, 0, 0],
}  # fmt: skip
KERNEL = {"kernel_type": "RBF", "kernel_params": [0.5, 0.0, 3.0]}

#: By a name: the node, the input, the shapes for N = 3, the macs; None where these are a named unknown.
CASES = {
    "a linear regression": (
        ml("LinearRegressor", coefficients=[1.0] * 8, intercepts=[0.0, 1.0], targets=2), ROWS, [(3, 2)], 3 * 4 * 2,
    ),
    "a linear classifier": (
        ml("LinearClassifier", outputs="y p", coefficients=[1.0] * 12, intercepts=[0.0] * 3,
           classlabels_ints=[0, 1, 2]),
        ROWS, [(3,), (3, 3)], 3 * 4 * 3,
    ),
    "a linear classifier of words": (
        ml("LinearClassifier", outputs="y p", coefficients=[1.0] * 12, intercepts=[0.0] * 3,
           classlabels_strings=["a", "b", "c"]),
        ROWS, [(3,), (3, 3)], 3 * 4 * 3,
    ),
    "a tree": (
        ml("TreeEnsembleRegressor", n_targets=1, target_treeids=[0, 0], target_nodeids=[1, 2], target_ids=[0, 0],
           target_weights=[1.0, 2.0], **TREE),
        ROWS, [(3, 1)], 0,
    ),
    "a tree of classes": (
        ml("TreeEnsembleClassifier", outputs="y p", classlabels_int64s=[0, 1, 2], class_treeids=[0, 0],
           class_nodeids=[1, 2], class_ids=[0, 2], class_weights=[1.0, 2.0], **TREE),
        ROWS, [(3,), (3, 3)], 0,
    ),
    "a support vector regression": (
        ml("SVMRegressor", coefficients=[1.0, 2.0], n_supports=2, rho=[0.5], support_vectors=[1.0] * 8, **KERNEL),
        ROWS, [(3, 1)], None,
    ),
    "a support vector classifier": (
        ml("SVMClassifier", outputs="y p", coefficients=[1.0, 2.0], rho=[0.5], support_vectors=[1.0] * 8,
           vectors_per_class=[1, 1], classlabels_ints=[0, 1], **KERNEL),
        ROWS, [(3,), (3, 2)], None,
    ),
    "a scaler": (ml("Scaler", offset=[0.5], scale=[2.0]), ROWS, [(3, 4)], 0),
    "a binarizer": (ml("Binarizer", threshold=0.5), ROWS, [(3, 4)], 0),
    "what is missing filled in": (
        ml("Imputer", imputed_value_floats=[1.0], replaced_value_float=0.5), ROWS, [(3, 4)], 0,
    ),
    "rows made one long": (ml("Normalizer", norm="L2"), ROWS, [(3, 4)], 0),
    "labels as numbers": (
        ml("LabelEncoder", keys_int64s=[0, 1], values_floats=[0.5, 1.5]), ("x", ["N"], I64), [(3,)], 0,
    ),
    "categories": (
        ml("CategoryMapper", cats_int64s=[0, 1], cats_strings=["a", "b"]), ("x", ["N", 4], STRING), [(3, 4)], 0,
    ),
    "one at a place": (ml("OneHotEncoder", cats_int64s=[0, 1, 2]), ("x", ["N"], I64), [(3, 3)], 0),
    "columns by their numbers": (ml("ArrayFeatureExtractor", "x k"), ROWS, [(3, 2)], 0),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_classical_model_has_the_shapes_of_a_run(name, tmp_path):
    made, given, shapes, macs = CASES[name]
    built = learnt([made], [given], " ".join(made.output), {"k": np.array([2, 0])} if "k" in made.input else {})
    path = saved(built, tmp_path / "m.onnx")
    (point,) = verify(path, [{"N": 3}]).points
    assert (point.failed, point.wrong) == ("", [])
    reading = read_onnx(path)
    read = [reading.tensors[name].shape for name in made.output]
    assert [tuple(3 if str(x) == "N" else x for x in shape) for shape in read] == shapes
    if macs is None:
        assert f"cost[{made.op_type}]" in str(reading.network.cost("macs"))
    else:
        assert reading.network.evaluate("macs", N=3) == macs


#: A step of training: the additions, products and the like a weight, of two tensors of 6 and 2 elements.
STEPS = {"Adagrad": (1, 3 + 4 + 1 + 1), "Momentum": (1, 2 + 4), "Adam": (2, 5 + 8 + 1 + 1)}


@pytest.mark.parametrize("name", STEPS)
def test_a_step_of_training_counts_a_weight_and_keeps_its_state(name):
    """ONNX's reference has them, no runtime: outputs are the new weights, then the new states, shaped as before."""
    states, ops = STEPS[name]
    kinds = ["w", "g", *[f"s{k}" for k in range(states)]]
    names = [f"{kind}{i}" for kind in kinds for i in (0, 1)]
    given = [("r", [], F), ("t", [], I64), *((n, [2, 3] if n.endswith("0") else [2]) for n in names)]
    ends = [f"new_{n}" for n in names if not n.startswith("g")]
    step = node(name, " ".join(["r", "t", *names]), " ".join(ends), domain="ai.onnx.preview.training")
    reading = read_onnx(
        "m", model=learnt([step], given, " ".join(ends)), dims={n: (2, 3)[: len(s)] for n, s, *_ in given[2:]}
    )
    assert [reading.tensors[n].shape for n in ends] == [(2, 3) if n.endswith("0") else (2,) for n in ends]
    assert reading.network.evaluate("ops") == 8 * ops


# -- what verifying says -----------------------------------------------------------------------------------------------


def product(shape=("N", 4), kind=F):
    return model([node("MatMul", "x w")], [("x", list(shape), kind)], weights={"w": np.ones((4, 6), np.float32)})


def test_a_figure_that_a_run_has_not_is_said_with_the_node_and_both_figures(tmp_path, monkeypatch):
    path = saved(product(), tmp_path / "m.onnx")
    monkeypatch.setattr(verifying, "macs_of", lambda *_: 7)
    report = verify(path, [{"N": 2}])
    assert str(report.wrong) == "MatMul_y (MatMul): the number of macs is 7 in the run and 48 by the formula 24·N"
    with pytest.raises(ModelError, match="the number of macs is 7"):
        report.check()


def test_another_shape_is_said_with_both(tmp_path, monkeypatch):
    path = saved(product(), tmp_path / "m.onnx")
    real = verifying.run

    def longer(*given):
        done = real(*given)
        done.shapes["y"] = [(3, 6)]
        return done

    monkeypatch.setattr(verifying, "run", longer)
    assert "the shape of y is 3×6 in the run and 2×6 by the formula N × 6" in str(verify(path, [{"N": 2}]).wrong)


@pytest.mark.parametrize(
    ("given", "said"),
    [(("x", ["N"], TensorProto.BFLOAT16), "x is of bfloat16"), (None, "x is a sequence")],
)
def test_inputs_of_kinds_that_no_random_ones_are_made_of_are_said(given, said, tmp_path):
    made = model([node("Identity", "x")], [given or ROWS])
    if given is None:
        made.graph.node[0].op_type = "SequenceLength"
        kind = helper.make_sequence_type_proto(helper.make_tensor_type_proto(F, ["N"]))
        made.graph.input[0].CopyFrom(helper.make_value_info("x", kind))
    with pytest.raises(ModelError, match=said):
        verify(saved(made, tmp_path / "m.onnx"))
