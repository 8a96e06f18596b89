"""Broken and hostile ONNX files: an error of symconv's own, exit 1, no traceback."""

import os
import random
import time

import numpy as np
import onnx
import pytest
from command import run
from onnx import helper

from readers.onnx.graphs import Random, model, node, saved
from symconv.errors import SymconvError
from symconv.readers.onnx import read_onnx


def function(name, calls, times):
    nodes = [helper.make_node(calls, ["x"] if i == 0 else [f"t{i}"], [f"t{i + 1}"], domain="f") for i in range(times)]
    return helper.make_function("f", name, ["x"], [f"t{times}"], nodes, [helper.make_opsetid("f", 1)])


def bomb():
    made = model([helper.make_node("f0", ["x"], ["y"], domain="f")], [("x", [1, 4])])
    made.opset_import.append(helper.make_opsetid("f", 1))
    made.functions.extend(function(f"f{i}", f"f{i + 1}", 10) for i in range(12))
    return made


def recursion():
    made = model([helper.make_node("f0", ["x"], ["y"], domain="f")], [("x", [1, 4])])
    made.opset_import.append(helper.make_opsetid("f", 1))
    made.functions.append(function("f0", "f0", 1))
    return made


def external(place):
    made = model([node("Conv", "x w")], [("x", [1, 3, 4, 4])], weights={"w": np.zeros((8, 3, 1, 1), np.float32)})
    tensor = made.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = 1
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", place
    return made


def rankless():
    made = model([node("Relu", "x")], [("x", None)])
    return made


BAD = {
    "empty": (b"", "empty"),
    "text": (b"hello, I am no model\n" * 40, "no ONNX model"),
    "cut": (model([node("Relu", "x")], [("x", [1, 4])]).SerializeToString()[:-7], "no ONNX model"),
    "other": (helper.make_tensor("t", 1, [2], [1.0, 2.0]).SerializeToString(), "no ONNX model"),
    "cycle": (model([node("Add", "x b", "a"), node("Relu", "a", "b")], [("x", [1])], ["b"]), "a cycle"),
    "missing": (model([node("Add", "x nowhere")], [("x", [1])]), "nowhere"),
    "twice": (model([node("Relu", "x"), node("Abs", "x")], [("x", [1])]), "two nodes compute y"),
    "tile": (model([node("Tile", "x r")], [("x", [2, 4])], weights={"r": np.array([1, 2, 3])}), "3 repeats for 2 axes"),
    "places": (
        model([node("GatherND", "x i")], [("x", [2, 4])], weights={"i": np.zeros((3, 5), np.int64)}),
        "places of 5 axes in an input of 2",
    ),
    "no output": (model([node("Relu", "x", "a")], [("x", [1])], ["y"]), "computed by no node"),
    "outside": (external("../secret"), "not followed"),
    "absolute": (external("/etc/passwd"), "not followed"),
    "windows": (external("C:\\secret"), "not followed"),
    "bomb": (bomb(), "nodes"),
    "recursion": (recursion(), "deep"),
    "contradiction": (
        model([node("Add", "x z")], [("x", [1, 5, 7])], weights={"z": np.zeros((1, 6, 7), np.float32)}),
        "never holds",
    ),
    "dynamic rank": (rankless(), "dynamic rank"),
    "bad attribute": (
        model(
            [node("Conv", "x w", pads=[1])], [("x", [1, 3, 4, 4])], weights={"w": np.zeros((8, 3, 1, 1), np.float32)}
        ),
        "paddings",
    ),
    "bad perm": (model([node("Transpose", "x", perm=[0, 7])], [("x", [1, 3])]), "transpose"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_an_error_and_no_traceback(name, tmp_path):
    content, said = BAD[name]
    path = tmp_path / "bad.onnx"
    path.write_bytes(content if isinstance(content, bytes) else content.SerializeToString())
    start = time.monotonic()
    for command in ("show", "total"):
        done = run(command, str(path))
        assert done.code == 1, (done.out, done.err)
        assert said in done.err, done.err
        assert "Traceback" not in done.err, done.err
    assert time.monotonic() - start < 60  # no hang, whatever else the machine does


def test_a_file_that_is_not_there_is_said():
    done = run("show", "/nowhere/at/all.onnx")
    assert done.code == 1
    assert "Traceback" not in done.err
    assert done.err


def test_external_data_in_the_folder_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "weights.bin")  # whoever opened it would wait for ever
    path = saved(external("weights.bin"), tmp_path / "m.onnx")
    assert read_onnx(path).network.evaluate("params") == 24


def mutated(data, rng):
    """The bytes with a few of them changed, cut, copied."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(out))
        kind = rng.random()
        if kind < 0.6:
            out[at] = rng.randrange(256) if rng.random() < 0.5 else (out[at] + rng.choice([-1, 1])) % 256
        elif kind < 0.8:
            del out[at : at + rng.randint(1, 4)]
        else:
            out[at:at] = out[at : at + rng.randint(1, 8)]
    return bytes(out)


KINDS = ["Relu", "Conv", "MatMul", "Reshape", "Gather", "Slice", "LSTM", "If", "Concat", "Resize", "Split", "Nothing"]


def rearranged(data, rng):
    """A model whose protobuf is whole, and whose graph is changed: attributes, names, extents, operators."""
    made = onnx.ModelProto.FromString(data)
    for _ in range(rng.randint(1, 3)):
        n = rng.choice(made.graph.node)
        change = rng.randrange(8)
        if change == 0 and n.attribute:
            a = rng.choice(n.attribute)
            if a.ints:
                a.ints[rng.randrange(len(a.ints))] = rng.choice([-1, 0, 1, 7, 2**31, -(2**62)])
            elif a.type == 2:
                a.i = rng.choice([-1, 0, 3, 2**40])
        elif change == 1:
            n.op_type = rng.choice(KINDS)
        elif change == 2 and n.input:
            n.input[rng.randrange(len(n.input))] = rng.choice(["x", "", *rng.choice(made.graph.node).output])
        elif change == 3 and n.attribute:
            del n.attribute[rng.randrange(len(n.attribute))]
        elif change == 4 and made.graph.initializer:
            t = rng.choice(made.graph.initializer)
            if t.dims:
                t.dims[rng.randrange(len(t.dims))] = rng.choice([0, 1, 3, 2**33, -1])
        elif change == 5:
            made.graph.input[0].type.tensor_type.shape.dim.add().dim_value = rng.choice([0, 1, 5, 2**50])
        elif change == 6 and n.input:
            del n.input[-1]
        else:
            made.opset_import[0].version = rng.randint(1, 30)
    return made.SerializeToString()


def corpus():
    return [Random(seed).build(4).SerializeToString() for seed in (1, 2, 3)]


def outcome(data, path):
    """`parsed` or `refused`; anything but symconv's own error goes through."""
    path.write_bytes(data)
    try:
        onnx.ModelProto.FromString(data)
        parsed = "parsed"
    except Exception:
        parsed = "broken"
    try:
        read_onnx(path).network.cost("macs")
        return parsed, "read"
    except SymconvError:
        return parsed, "refused"


def test_mutated_files_are_read_or_refused(tmp_path):
    rng = random.Random(7)
    seeds = corpus()
    for _ in range(300):
        start = time.monotonic()
        change = rng.choice([mutated, rearranged])
        outcome(change(rng.choice(seeds), rng), tmp_path / "m.onnx")
        assert time.monotonic() - start < 10
