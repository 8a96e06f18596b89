"""onnxruntime in a process of its own."""

import os
import signal

import numpy as np
import pytest
from onnx import TensorProto, helper
from readers.onnx.graphs import model, node, saved

from symconv.verifying import runtime as rt
from symconv.verifying import verify
from symconv.verifying.running import run


def relu():
    return model([node("Relu", "x")], [("x", ["N", 4])])


def test_a_run_gives_arrays_and_an_error_is_what_the_runtime_says(tmp_path):
    data = relu().SerializeToString()
    found = rt.session(data, tmp_path, ["y"], {"x": np.full((2, 4), -1, np.float32)})
    assert np.array_equal(found["y"], np.zeros((2, 4)))
    with pytest.raises(rt.RunError, match="Got: 5 Expected: 4"):
        rt.session(data, tmp_path, ["y"], {"x": np.zeros((2, 5), np.float32)})
    with pytest.raises(rt.RunError):
        rt.session(b"no model", tmp_path, ["y"], {})


def test_a_crash_is_an_error_and_the_next_run_starts_anew(tmp_path):
    data, feeds = relu().SerializeToString(), {"x": np.zeros((1, 4), np.float32)}
    rt.session(data, tmp_path, ["y"], feeds)
    os.kill(rt._runtime.process.pid, signal.SIGKILL)
    rt._runtime.process.wait()
    with pytest.raises(rt.RunError, match=r"crashed \(SIGKILL\)"):
        rt.session(data, tmp_path, ["y"], feeds)
    assert rt.session(data, tmp_path, ["y"], feeds)["y"].shape == (1, 4)


def test_strings_and_sequences_have_shapes_as_far_as_they_have_some(tmp_path):
    words = [helper.make_tensor_value_info("w", TensorProto.STRING, ["N"])]
    graph = helper.make_graph(
        [node("Identity", "w", "v"), node("SequenceConstruct", "v v", "s"), node("ConcatFromSequence", "s", axis=0)],
        "g", words, [helper.make_empty_tensor_value_info("y")],
    )  # fmt: skip
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    done = run(made, tmp_path / "m.onnx", {"w": np.array(["a", "b", "c"], dtype=object)})
    assert done.shapes == {"y": [(6,)], "v": [(3,)]}


def test_a_run_that_fails_with_random_integers_is_tried_with_ones(tmp_path):
    """A row 1000 where one of the integers is not 1: zeros and ones at random are no legal input."""
    nodes = [
        node("Equal", "i one", "e"), node("Cast", "e", "c", to=7), node("ReduceMin", "c", "m", keepdims=0),
        node("Sub", "one m", "d"), node("Mul", "d far", "k"), node("Gather", "x k", axis=0),
    ]  # fmt: skip
    weights = {"one": np.int64(1), "far": np.int64(1000)}
    made = model(nodes, [("x", ["N", 3]), ("i", [64], TensorProto.INT64)], weights=weights)
    report = verify(saved(made, tmp_path / "m.onnx"))
    assert report.wrong is None
    assert report.ran == len(report.points) > 1
