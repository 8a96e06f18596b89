"""What a file holds beside its nodes: attributes that functions hand on, sparse weights, and bytes that are none."""

import numpy as np
import pytest
from command import run
from onnx import AttributeProto, ModelProto, TensorProto, helper

from readers.onnx.graphs import model, node, saved
from symconv.errors import ModelError
from symconv.readers.onnx import file, read_onnx
from symconv.verifying import verify

F, I64 = TensorProto.FLOAT, TensorProto.INT64
ROWS = ("x", ["N", 12])


def handing(kind, names, opset=11, defaults=(), **given):
    """A model that calls a function of one node, whose attributes the call hands on."""
    inner = helper.make_node(kind, ["a"], ["b"])
    for name, number in names.items():
        inner.attribute.append(AttributeProto(name=name, ref_attr_name=f"my_{name}", type=number))
    opsets = [helper.make_opsetid("", opset)]
    attributes = [f"my_{name}" for name in names if f"my_{name}" not in dict(defaults)]
    held = [helper.make_attribute(n, v) for n, v in dict(defaults).items()]
    body = helper.make_function("f", "Mine", ["a"], ["b"], [inner], opsets, attributes, held)
    call = helper.make_node("Mine", ["x"], ["y"], domain="f", **given)
    made = model([call], [("x", [1, "N", 1, 6])], opset=opset)
    made.opset_import.append(helper.make_opsetid("f", 1))
    made.functions.append(body)
    return made


INTS = AttributeProto.INTS
#: A node in a function, the attribute that it takes from the call, by what is said of it.
HANDED = {
    "one that the call gives": handing("Squeeze", {"axes": INTS}, my_axes=[2]),
    "one that has a default": handing("ReduceSum", {"axes": INTS}, defaults={"my_axes": [3]}),
    "one that is not given": handing("ReduceSum", {"axes": INTS}),
    "one that is not given, and so all of extent 1": handing("Squeeze", {"axes": INTS}),
    "a permutation that is not given": handing("Transpose", {"perm": INTS}),
    "clipped on a side that is not given": handing("Clip", {"max": AttributeProto.FLOAT}, opset=10),
}  # fmt: skip


@pytest.mark.parametrize("name", HANDED)
def test_an_attribute_that_a_function_hands_on_is_that_of_a_run(name, tmp_path):
    path = saved(HANDED[name], tmp_path / "m.onnx")
    symbols = read_onnx(path).network.symbols
    (point,) = verify(path, [{s: n for s, n in {"N": 5, "H": 1, "W": 6}.items() if s in symbols}]).points
    assert (point.failed, point.wrong) == ("", [])


def test_a_clip_whose_bounds_a_function_was_not_handed_compares_with_none():
    net = read_onnx("m", model=HANDED["clipped on a side that is not given"]).network
    assert net.evaluate("ops", N=5, H=1, W=6) == 0


def test_sparse_weights_are_read_as_a_run_reads_them(tmp_path):
    sparse = helper.make_sparse_tensor(
        helper.make_tensor("w", F, [2], [1.0, 2.0]), helper.make_tensor("w_at", I64, [2], [3, 40]), [12, 5]
    )
    made = model([node("MatMul", "x w")], [ROWS])
    made.graph.sparse_initializer.append(sparse)
    (point,) = verify(saved(made, tmp_path / "m.onnx"), [{"N": 3}]).points
    assert (point.failed, point.wrong) == ("", [])
    net = read_onnx("m", model=made).network
    assert (net.evaluate("macs", N=3), net.evaluate("params")) == (3 * 12 * 5, 12 * 5)


def test_attributes_without_a_type_are_read_by_what_they_hold():
    """Files from before attributes had a type."""
    made = model([node("Conv", "x w", strides=[2, 2], auto_pad="VALID", group=2)], [("x", [1, 4, 9, 9])],
                 weights={"w": np.zeros((6, 2, 3, 3), np.float32)})  # fmt: skip
    for attribute in made.graph.node[0].attribute:
        attribute.ClearField("type")
    net = read_onnx("m", model=made).network
    assert net.evaluate("macs", N=1, H=9, W=9) == 6 * 2 * 9 * 4 * 4


#: What is wrong with a model, and what is said.
WRONG = {
    "no graph": (helper.make_model(helper.make_graph([], "g", [], [])), "no graph with nodes or outputs"),
    "no version": (model([node("Relu", "x")], [ROWS]), "no version of the operators"),
    "an input without a name": (model([node("Abs", "", "y")], [("", [2])]), "an input without a name"),
}
del WRONG["no version"][0].opset_import[:]


@pytest.mark.parametrize("name", WRONG)
def test_a_file_that_is_no_model_is_an_error_that_says_so(name, tmp_path):
    made, said = WRONG[name]
    done = run("total", str(saved(made, tmp_path / "m.onnx")))
    assert done.code == 1
    assert said in done.err
    assert "Traceback" not in done.err


def test_a_number_of_more_than_64_bits_and_a_file_of_too_many_bytes_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "m.onnx"
    path.write_bytes(b"\x08" + b"\xff" * 11 + b"\x01")
    with pytest.raises(ModelError, match="its protobuf is broken"):
        read_onnx(path)
    saved(model([node("Relu", "x")], [ROWS]), path)
    assert ModelProto.FromString(path.read_bytes()).graph.node
    monkeypatch.setattr(file, "MOST", 20)
    with pytest.raises(ModelError, match="without its weights: 20 are read at most"):
        read_onnx(path)


def test_messages_inside_of_messages_are_refused_where_they_are_too_deep(tmp_path):
    """Long ones, which are gone through: a graph's node's attribute's graph, and so on."""

    def held(number, content):
        length, head = len(content), bytearray([number << 3 | 2])
        while length >= 128:
            head.append(length & 127 | 128)
            length >>= 7
        return bytes(head) + bytes([length]) + content

    graph = held(10, bytes(1 << 17))  # words on what it is
    for _ in range(40):
        graph = held(1, held(5, held(6, graph)))
    path = tmp_path / "m.onnx"
    path.write_bytes(held(7, graph))
    with pytest.raises(ModelError, match="its protobuf is broken"):
        read_onnx(path)
