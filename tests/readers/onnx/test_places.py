"""Slices, pads, squeezes, copies and resizes: against NumPy, or a run, at extents that the domain allows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.onnx.graphs import model, node, saved
from symconv.errors import DomainError, ModelError
from symconv.extent import symbols_of
from symconv.readers.onnx import read_onnx
from symconv.values import evaluate
from symconv.verifying import verify

FAR = 2**63 - 1
PLACES = st.one_of(st.integers(-9, 9), st.sampled_from([FAR, -FAR]))


def extent_of(reading, n, axis=0):
    """The extent of the output where N is n, or None where that is outside of the domain."""
    try:
        at = reading.network.at({"N": n} if "N" in reading.network.symbols else {})
    except DomainError:
        return None
    size = reading.tensors["y"].shape[axis]
    return evaluate(size, {**at, **dict.fromkeys(symbols_of(size), n)})


def sliced(start, end, step):
    weights = {"s": np.array([start]), "e": np.array([end]), "a": np.array([0]), "p": np.array([step])}
    return model([node("Slice", "x s e a p")], [("x", ["N", 3])], weights=weights)


@given(PLACES, PLACES, st.sampled_from([1, 2, 3, -1, -2, -3]))
def test_a_slice_of_a_dynamic_axis_is_as_long_as_numpys_everywhere(start, end, step):
    reading = read_onnx("m.onnx", model=sliced(start, end, step))
    for n in range(1, 24):
        bounds = slice(None if step < 0 and start == FAR else start, None if step < 0 and end == -FAR else end, step)
        assert extent_of(reading, n) == len(range(n)[bounds]), (start, end, step, n)


@given(PLACES, PLACES, st.sampled_from([1, 2, -1, -3]), st.integers(5, 12))
def test_a_slice_of_a_static_axis_that_is_freed_is_numpys_inside_of_its_domain(start, end, step, size):
    made = sliced(start, end, step)
    made.graph.input[0].type.tensor_type.shape.dim[0].dim_value = size
    reading = read_onnx("m.onnx", model=made, dims={"x:0": "N"})
    bounds = slice(None if step < 0 and start == FAR else start, None if step < 0 and end == -FAR else end, step)
    assert extent_of(reading, size) == len(range(size)[bounds])
    for n in range(1, 24):
        assert extent_of(reading, n) in (None, len(range(n)[bounds])), (start, end, step, size, n)


def test_the_side_of_an_axis_on_which_a_place_in_symbols_is_fits_what_follows():
    """x[:, 3:N − 7] + x[:, :N − 10] is the same for N ≥ 10; counted from the end it would be none for any N."""
    nodes = [
        node("Shape", "x", "s", start=1), node("Sub", "s seven", "e"), node("Sub", "s ten", "f"),
        node("Slice", "x three e one", "a"), node("Slice", "x zero f one", "b"), node("Add", "a b"),
    ]  # fmt: skip
    weights = {"seven": [7], "ten": [10], "three": [3], "one": [1], "zero": [0]}
    made = model(nodes, [("x", [1, "N"])], weights={k: np.array(v) for k, v in weights.items()})
    reading = read_onnx("m.onnx", model=made)
    assert str(reading.network.domain) == "N ≥ 10"
    assert [extent_of(reading, n, axis=1) for n in (9, 10, 12, 40)] == [None, 0, 2, 30]


def test_a_reflection_needs_as_many_elements_beside_the_outermost_one():
    weights = {"p": np.array([0, 3, 0, 5])}
    made = model([node("Pad", "x p", mode="reflect")], [("x", ["B", "N"])], weights=weights)
    assert str(read_onnx("m.onnx", model=made).network.domain) == "N ≥ 6"


def test_a_squeeze_of_all_ones_leaves_out_a_batch_that_is_one_elsewhere():
    state = {"h": np.zeros((1, 1, 4), np.float32), "w": np.zeros((1, 12, 3), np.float32)}
    state["r"] = np.zeros((1, 12, 4), np.float32)
    before = [node("GRU", "x w r", "g", hidden_size=4), node("Squeeze", "g")]
    before[0].input.extend(["", "", "h"])
    reading = read_onnx("m.onnx", model=model(before, [("x", ["T", "B", 3])], weights=state))
    assert [str(x) for x in reading.tensors["y"].shape] == ["T", "4"]
    assert "B = 1" in str(reading.network.domain)


def test_copies_to_a_number_of_the_export_mean_the_extent_that_they_meet(tmp_path):
    nodes = [
        node("GlobalAveragePool", "x", "p"), node("Expand", "p shape", "c"), node("Mul", "x c", "m"),
        node("Conv", "m w"),
    ]  # fmt: skip
    weights = {"shape": np.array([1, 4, 16, 16]), "w": np.zeros((2, 4, 1, 1), np.float32)}
    made = model(nodes, [("x", [1, 4, 16, 16])], weights=weights)
    net = read_onnx("m.onnx", model=made).network
    assert str(net.cost("macs")) == "8·N·H·W"
    assert "16 as H, 16 as W" in " ".join(net.notes)
    report = verify(saved(made, tmp_path / "m.onnx"))
    assert report.wrong is None
    assert report.ran > 1


def test_a_resize_to_a_number_of_the_export_means_the_extent_that_it_meets():
    nodes = [
        node("MaxPool", "x", "p", kernel_shape=[2, 2], strides=[2, 2]), node("Resize", "p", "u"),
        node("Concat", "x u", "c", axis=1), node("Conv", "c w"),
    ]  # fmt: skip
    nodes[1].input.extend(["", "", "size"])
    weights = {"size": np.array([1, 4, 20, 20]), "w": np.zeros((2, 8, 1, 1), np.float32)}
    net = read_onnx("m.onnx", model=model(nodes, [("x", [1, 4, 20, 20])], weights=weights)).network
    assert str(net.cost("macs")) == "16·N·H·W"


def test_a_condition_of_a_choice_has_one_element():
    branch = model([node("Relu", "x", "r")], [], ["r"]).graph
    nodes = [node("Cast", "k", "c", to=9), node("If", "c", then_branch=branch, else_branch=branch)]
    net = read_onnx("m.onnx", model=model(nodes, [("x", [1, 4]), ("k", ["M"])])).network
    assert "M = 1" in str(net.domain)
    with pytest.raises(ModelError, match="one element"):
        read_onnx("m.onnx", model=model(nodes, [("x", [1, 4]), ("k", [3])]), dims={"k:0": 3})


def test_a_weight_that_was_expanded_to_one_sample_is_there_for_each():
    nodes = [
        node("Expand", "latent ones", "q"), node("MatMul", "q w", "p"), node("Transpose", "x", "k", perm=[0, 2, 1]),
        node("MatMul", "p k"),
    ]  # fmt: skip
    weights = {"latent": np.zeros((1, 1, 8), np.float32), "w": np.zeros((8, 8), np.float32), "ones": np.ones(3, int)}
    net = read_onnx("m.onnx", model=model(nodes, [("x", [1, 5, 8])], weights=weights)).network
    assert str(net.cost("macs")) == "104·N"
    assert net.evaluate("params") == 72
