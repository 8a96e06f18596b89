"""Choices, loops and sequences in corners: what their shapes are beside a run, or which of them are unknown."""

import numpy as np
import pytest
from onnx import TensorProto, helper

from readers.onnx.graphs import model, node, saved
from symconv.errors import SymconvError
from symconv.readers.onnx import read_onnx
from symconv.verifying import verify

F, I64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL
WEIGHTS = {
    "many": np.int64(3), "true": np.bool_(True), "false": np.bool_(False), "v": np.ones((4, 4), np.float32),
    "zero": np.int64(0), "one": np.int64(1), "two": np.int64(2), "first": np.array([0]), "far": np.int64(100),
    "parts": np.array([1, 3]),
}  # fmt: skip
X = ("x", ["N", 4])


def empty(*names):
    return [helper.make_empty_tensor_value_info(n) for n in names]


def graph(name, nodes, outputs, inputs=(), weights=()):
    kept = [helper.make_tensor(n, I64, [], [v]) for n, v in dict(weights).items()]
    given = [helper.make_tensor_value_info(n, t, None if t == F else []) for n, t in inputs]
    return helper.make_graph(nodes, name, given, empty(*outputs.split()), kept)


def looped(*nodes, going="true", on="Identity going", outputs="rows"):
    """A loop of three rounds with a state, whose body goes on as `on` says, and the rows that it hands out."""
    kind, *of = on.split()
    inputs = [("i", I64), ("going", BOOL), ("state", F)]
    body = graph("body", [*nodes, node(kind, " ".join(of), "on")], f"on next {outputs}", inputs)
    made = node("Loop", "many _ x", "last y" if outputs else "last", body=body)
    made.input[1] = going
    return made


NEXT = node("MatMul", "state v", "next")
ROW = node("Relu", "next", "rows")

TRUE = helper.make_tensor("k", BOOL, [], [True])

#: Loops whose condition stays as it is in another way, and how often their bodies of 16·N macs run.
LOOPS = {
    "handed through": (looped(NEXT, ROW), 3),
    "cast": (looped(NEXT, node("Cast", "going", "c", to=BOOL), ROW, on="Identity c"), 3),
    "left out": (looped(NEXT, ROW, going=""), 3),
    "a constant": (looped(NEXT, ROW, node("Constant", "", "k", value=TRUE), on="Identity k"), 3),
    "a number": (looped(NEXT, ROW, node("Constant", "", "k", value_int=1), node("Cast", "k", "c", to=BOOL),
                        on="Identity c"), 3),
    "false": (looped(NEXT, ROW, going="false"), 0),
}  # fmt: skip


@pytest.mark.parametrize("name", LOOPS)
def test_a_loop_goes_round_as_often_as_in_a_run(name, tmp_path):
    loop, rounds = LOOPS[name]
    made = model([loop], [X], ["last"], weights=WEIGHTS)
    (point,) = verify(saved(made, tmp_path / "m.onnx"), [{"N": 2}]).points
    assert (point.failed, point.wrong, point.macs) == ("", [], rounds * 2 * 16)
    assert read_onnx("m", model=made).network.evaluate("macs", N=2) == rounds * 2 * 16


@pytest.mark.parametrize("on", ["Equal i one", "Cast none"])
def test_a_loop_that_values_end_goes_round_a_named_number_of_times(on):
    more = [node("Constant", "", "none", value_int=0)] if "none" in on else []
    net = read_onnx("m", model=model([looped(*more, NEXT, ROW, on=on)], [X], weights=WEIGHTS)).network
    assert str(net.cost("macs")).replace("·", "*") == "16*N*trips[Loop_last]"


def test_states_that_grow_are_read_round_by_round_and_rows_that_differ_cannot_be_put_together(tmp_path):
    grow = node("Concat", "state x", "next", axis=0)
    made = model([looped(grow, outputs=""), node("Relu", "last")], [X], weights=WEIGHTS)
    (point,) = verify(saved(made, tmp_path / "m.onnx"), [{"N": 2}]).points
    assert (point.failed, point.wrong) == ("", [])
    assert str(read_onnx("m", model=made).tensors["y"].shape[0]) == "4·N"
    with pytest.raises(SymconvError, match="different shapes cannot be put into one"):
        read_onnx("m", model=model([looped(grow, ROW)], [X], weights=WEIGHTS))


def test_extents_that_grow_over_many_rounds_are_named_unknowns():
    grow = looped(node("Concat", "state x", "next", axis=0), node("ReduceSum", "next", "rows", keepdims=0))
    grow.input[0] = "far"
    reading = read_onnx("m", model=model([grow], [X], weights=WEIGHTS))
    (size, four), rows = reading.tensors["last"].shape, reading.tensors["y"].shape
    assert "dim" in str(size)
    assert (four, rows) == (4, (100,))
    assert any("change from round to round" in text for text in reading.network.notes)


def test_rows_of_rounds_that_grow_their_state_are_put_together_and_one_round_keeps_a_sequence(tmp_path):
    grow = [node("Concat", "state x", "next", axis=0), node("ReduceSum", "next", "rows", keepdims=0)]
    made = model([looped(*grow)], [X], weights=WEIGHTS)
    (point,) = verify(saved(made, tmp_path / "m.onnx"), [{"N": 2}]).points
    assert (point.failed, point.wrong) == ("", [])
    assert read_onnx("m", model=made).tensors["y"].shape == (3,)


def test_rows_of_a_rank_that_is_not_known_are_an_unknown_with_a_note():
    loop = looped(NEXT, helper.make_node("Nobody", ["next"], ["rows"], domain="of.nobody"))
    made = model([loop], [X], weights=WEIGHTS)
    made.opset_import.append(helper.make_opsetid("of.nobody", 1))
    reading = read_onnx("m", model=made)
    assert reading.tensors["y"].shape is None
    assert any("number of axes" in text for text in reading.network.notes), reading.network.notes


def choice(condition, then, other):
    return helper.make_node("If", [condition], ["y"], "choice", then_branch=then, else_branch=other)


def branches(*names):
    """Two of these: the rows, their sums, twice as many, and a number."""
    known = {
        "rows": graph("rows", [node("Relu", "x", "rows")], "rows"),
        "sums": graph("sums", [node("ReduceSum", "x one_axis", "sums", keepdims=0)], "sums"),
        "twice": graph("twice", [node("Concat", "x x", "twice", axis=0)], "twice"),
        "two": graph("two", [node("Identity", "k2", "a2")], "a2", weights={"k2": 2}),
        "two_again": graph("again", [node("Identity", "k4", "a4")], "a4", weights={"k4": 2}),
        "three": graph("three", [node("Identity", "k3", "a3")], "a3", weights={"k3": 3}),
    }
    return [known[n] for n in names]


SIZE = [node("Shape", "x", "s"), node("Gather", "s zero", "n")]
AXES = WEIGHTS | {"one_axis": np.array([1])}

#: A condition, two branches, and the rows behind them where N is 2 and where it is 5.
CHOICES = {
    "an equation": ("Equal n two", ("rows", "twice"), (2, 10)),
    "a bound": ("Less n many", ("twice", "rows"), (4, 5)),
}


@pytest.mark.parametrize("name", CHOICES)
def test_a_branch_that_an_extent_decides_has_the_shape_of_a_run(name, tmp_path):
    condition, names, rows = CHOICES[name]
    kind, *of = condition.split()
    made = model([*SIZE, node(kind, " ".join(of), "b"), choice("b", *branches(*names))], [X], weights=AXES)
    report = verify(saved(made, tmp_path / "m.onnx"), [{"N": 2}, {"N": 5}])
    assert [(p.failed, p.wrong) for p in report.points] == [("", [])] * 2
    net = read_onnx("m", model=made).network
    assert [net.evaluate("ops", N=n) for n in (2, 5)] == [4 * n if r == n else 0 for r, n in zip(rows, (2, 5))]


@pytest.mark.parametrize("condition", ["Equal n two", "Equal n one", "Less n many", "GreaterOrEqual n many"])
def test_branches_of_different_ranks_leave_the_one_that_the_file_takes(condition, tmp_path):
    kind, *of = condition.split()
    made = model([*SIZE, node(kind, " ".join(of), "b"), choice("b", *branches("rows", "sums"))], [X], weights=AXES)
    net = read_onnx("m", model=made).network
    (symbol,) = net.known_symbols
    points = [{"N": n} for n in (1, 2, 3, 5) if net.domain.allows({symbol: n})]
    report = verify(saved(made, tmp_path / "m.onnx"), points)
    assert points
    assert [(p.failed, p.wrong) for p in report.points] == [("", [])] * len(points)


def test_where_values_decide_what_stands_behind_a_choice_is_known_as_far_as_both_branches_have_it(tmp_path):
    decides = [node("ReduceMax", "x", "most", keepdims=0), node("Cast", "most", "d", to=BOOL)]
    made = {
        pair: model([*decides, choice("d", *branches(*pair.split()))], [X], weights=AXES)
        for pair in ("rows sums", "rows twice", "two three", "two two_again")
    }
    seen = {pair: read_onnx("m", model=m).tensors["y"] for pair, m in made.items()}
    assert seen["rows sums"].shape is None
    assert "if[choice]" in str(seen["rows twice"].shape[0])
    assert "if[choice]" in str(seen["two three"].elements[0])
    assert seen["two two_again"].elements == [2]
    for pair in made:
        (point,) = verify(saved(made[pair], tmp_path / "m.onnx"), [{"N": 2}]).points
        assert (point.failed, point.wrong) == ("", [])


def sequences(*nodes):
    return model([node("SplitToSequence", "x parts", "q", axis=1), *nodes], [X], weights=WEIGHTS)


#: What is done with a sequence of N × 1 and N × 3, and the shape for N = 2.
SEQUENCES = {
    "one put in": ([node("SequenceInsert", "q x zero", "r"), node("SequenceAt", "r zero")], (2, 4)),
    "one put in at the end": ([node("SequenceInsert", "q x", "r"), node("SequenceAt", "r two")], (2, 4)),
    "the last one left out": ([node("SequenceErase", "q", "r"), node("SequenceAt", "r zero")], (2, 1)),
    "the first one left out": ([node("SequenceErase", "q zero", "r"), node("SequenceAt", "r zero")], (2, 3)),
    "side by side": ([node("ConcatFromSequence", "q", axis=1)], (2, 4)),
    "on top of one another": (
        [node("SequenceConstruct", "x x x", "r"), node("ConcatFromSequence", "r", axis=1, new_axis=1)], (2, 3, 4),
    ),
    "how many": ([node("SequenceLength", "q", "k"), node("Cast", "k", "f", to=F), node("Mul", "x f")], (2, 4)),
    "an empty one": (
        [node("SequenceEmpty", "", "e", dtype=F), node("SequenceInsert", "e x", "r"), node("SequenceAt", "r zero")],
        (2, 4),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SEQUENCES)
def test_a_tensor_of_a_sequence_has_the_shape_of_a_run(name, tmp_path):
    nodes, shape = SEQUENCES[name]
    made = sequences(*nodes)
    (point,) = verify(saved(made, tmp_path / "m.onnx"), [{"N": 2}]).points
    assert (point.failed, point.wrong) == ("", [])
    read = read_onnx("m", model=made).tensors["y"].shape
    assert tuple(2 if str(x) == "N" else x for x in read) == shape


def test_a_place_outside_of_a_sequence_is_an_error_and_one_that_is_not_known_makes_an_unknown():
    with pytest.raises(SymconvError, match="place 100 of a sequence of 2"):
        read_onnx("m", model=sequences(node("SequenceAt", "q far")))
    places = [node("ArgMax", "x", "i0", axis=0, keepdims=0), node("ReduceMax", "i0", "i", keepdims=0)]
    made = sequences(*places, node("SequenceAt", "q i"))
    reading = read_onnx("m", model=made)
    assert reading.tensors["y"].shape is None
    assert any("the place in the sequence is not known" in text for text in reading.network.notes)


def test_a_graph_is_run_for_each_tensor_of_a_sequence_beside_a_tensor_and_its_like():
    """No run: onnxruntime refuses it; of N × 1 and N × 3 beside N × 4."""
    body = graph("each", [node("Concat", "t a b", "u", axis=1)], "u", [("t", F), ("a", F), ("b", F)])
    mapped = [node("SequenceMap", "q x q", "r", body=body), node("SequenceAt", "r one")]
    assert read_onnx("m", model=sequences(*mapped)).tensors["y"].shape[1] == 3 + 4 + 3
    mapped[0].input[0] = "x"
    reading = read_onnx("m", model=sequences(*mapped))
    assert reading.tensors["y"].shape is None
    assert reading.network.notes


#: Conditions on constants that are no numbers or infinite, which no comparison or only one holds of.
NO_NUMBERS = {
    "less than none": [node("Less", "zero_f nan", "c")],
    "more than none": [node("Greater", "zero_f nan", "c")],
    "the logarithm of 0": [node("Log", "zero_f", "l"), node("Less", "l zero_f", "c")],
    "a power beyond": [node("Exp", "far_f", "e"), node("Greater", "e zero_f", "c")],
}


@pytest.mark.parametrize("name", NO_NUMBERS)
def test_a_choice_by_a_constant_that_is_no_number_is_that_of_a_run(name, tmp_path):
    twice, once = (graph(n, [node("MatMul", "x v", "a"), *more], out) for n, more, out in (
        ("twice", [node("MatMul", "a v", "b")], "b"), ("once", [], "a"),
    ))  # fmt: skip
    numbers = {"nan": np.float32("nan"), "zero_f": np.float32(0), "far_f": np.float32(1e30)}
    choice = helper.make_node("If", ["c"], ["y"], then_branch=twice, else_branch=once)
    made = model([*NO_NUMBERS[name], choice], [X], weights={"v": WEIGHTS["v"]} | numbers)
    (point,) = verify(saved(made, tmp_path / "m.onnx"), [{"N": 2}]).points
    assert (point.failed, point.wrong) == ("", [])
