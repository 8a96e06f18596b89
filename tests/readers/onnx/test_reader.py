"""The ONNX reader on graphs made by hand: axes and their names, baked-in shapes, choices, loops, unknowns."""

import sys
import tracemalloc

import numpy as np
import onnx
import pytest
from command import run
from onnx import TensorProto, helper

import symconv as sc
from readers.onnx.graphs import chain, model, node, saved
from symconv.errors import CallError, DomainError, ModelError, ShapeError
from symconv.extent import symbols_of
from symconv.readers.onnx import read_onnx
from symconv.values import evaluate


def conv(shape=(1, 3, 32, 32), **more):
    weights = {"w": np.zeros((8, 3, 3, 3), np.float32), "b": np.zeros(8, np.float32)}
    return model([node("Conv", "x w b", pads=[1, 1, 1, 1], **more)], [("x", shape)], weights=weights)


def net_of(made, **more):
    return read_onnx("model.onnx", model=made, **more).network


def test_a_static_export_is_freed_and_a_square_image_has_one_side():
    assert str(net_of(conv()).cost("macs")) == "216·N·H·W"
    assert str(net_of(conv(), square=True).cost("macs")) == "216·N·X²"
    assert net_of(conv()).usual == {"N": 1, "H": 32, "W": 32}


def test_dynamic_axes_have_their_own_names_and_those_without_one_get_one_by_their_place():
    assert str(net_of(conv(("batch", 3, "height", "width"))).cost("macs")) == "216·batch·height·width"
    for nameless in (None, "?", "-1", "unk__749", ""):
        shape = (nameless, 3, nameless, nameless)
        assert str(net_of(conv(shape)).cost("macs")) == "216·N·H·W"
    assert set(net_of(conv(("p2o.DynamicDimension.0", 3, 8, 8))).symbols) == {"p2o_DynamicDimension_0", "H", "W"}
    assert str(net_of(conv((1, 3, "floor(h/2)", 8)), dims={"x": (1, None, None, 8)}).cost("macs")) == "1728·⌊h/2⌋"


def test_axes_are_named_by_the_caller():
    assert str(net_of(conv(), dims={"x:2": "X", "x:3": "X"}).cost("macs")) == "216·N·X²"
    assert str(net_of(conv(), dims={"x": (1, None, "A", 32)}).cost("macs")) == "6912·A"
    for wrong in (
        {"y:0": "N"},
        {"x:9": "N"},
        {"x:1": 4},
        {"x:2": 0},
        {"x:2": "1+"},
        {"x": "N"},
        {2: "N"},
        {"x:2": True},
    ):
        with pytest.raises(CallError):
            net_of(conv(), dims=wrong)


def test_bind_takes_shapes_and_says_contradictions():
    net = net_of(conv(), square=True)
    assert net.bind({"x": (2, 3, 40, 40)}) == {"N": 2, "X": 40}
    for given, said in [
        ({}, "missing"), ({"x": (2, 3, 40)}, "4 extents"), ({"x": (2, 3, 40, 41)}, "41 is given"),
        ({"x": (2, 4, 40, 40)}, "4 is given"), ({"z": (1,)}, "no input z"), ({"x": (0, 3, 4, 4)}, "for no N"),
    ]:  # fmt: skip
        with pytest.raises(ShapeError, match=said):
            net.bind(given)


def test_params_are_the_files_tensors_each_once_and_batch_norms_statistics_are_buffers():
    ones = np.ones(8, np.float32)
    weights = {"w": np.zeros((8, 3, 1, 1), np.float32), "v": np.zeros((8, 8, 1, 1), np.float32)}
    weights |= dict.fromkeys(("s", "b"), ones) | dict.fromkeys(("m", "q"), ones)
    nodes = [
        node("Conv", "x w", "a"), node("Conv", "a v", "c"), node("Conv", "c v", "d"),
        node("BatchNormalization", "d s b m q"),
    ]  # fmt: skip
    net = net_of(model(nodes, [("x", [1, 3, 4, 4])], weights=weights))
    assert net.evaluate("params") == 24 + 64 + 16
    assert net.evaluate("buffers") == 16


def test_weights_in_constants_filled_in_or_quantized_are_parameters():
    filled = [
        node("ConstantOfShape", "shape", "w"), node("Conv", "x w"),
    ]  # fmt: skip
    assert (
        net_of(model(filled, [("x", [1, 3, 4, 4])], weights={"shape": np.array([8, 3, 1, 1])})).evaluate("params") == 24
    )
    value = onnx.numpy_helper.from_array(np.zeros((8, 3, 1, 1), np.float32))
    constant = [helper.make_node("Constant", [], ["w"], value=value), node("Conv", "x w")]
    assert net_of(model(constant, [("x", [1, 3, 4, 4])])).evaluate("params") == 24
    weights = {"q": np.zeros((8, 3, 1, 1), np.int8), "s": np.float32(0.5), "z": np.int8(0)}
    small = [node("DequantizeLinear", "q s z", "w"), node("Conv", "x w")]
    net = net_of(model(small, [("x", [1, 3, 4, 4])], weights=weights))
    assert (net.evaluate("params"), net.evaluate("buffers")) == (24, 2)
    cast = [node("Cast", "q", "f", to=1), node("Mul", "f s", "w"), node("Conv", "x w")]
    net = net_of(model(cast, [("x", [1, 3, 4, 4])], weights=weights))
    assert (net.evaluate("params"), net.evaluate("buffers")) == (24, 1)


def test_a_reshape_with_the_batch_baked_in_is_read_again():
    weights = {"w": np.zeros((48, 10), np.float32), "shape": np.array([1, 48])}
    made = model([node("Reshape", "x shape", "r"), node("Gemm", "r w")], [("x", [1, 3, 4, 4])], weights=weights)
    net = net_of(made)
    assert net.evaluate("macs", N=5, H=4, W=4) == 5 * 480
    assert "H·W = 16" in str(net.domain)


def test_heads_behind_a_batch_of_one_do_not_mix_samples():
    """torch's attention as it is exported: N·heads in one axis, between tokens and features."""
    shape = {"a": [5, 4, 2], "b": [5, 8]}
    weights = {k: np.array(v) for k, v in shape.items()}
    nodes = [
        node("Transpose", "x", "t", perm=[1, 0, 2]),  # 5×N×8
        node("Reshape", "t a", "h"),  # 5×4N×2
        node("Transpose", "h", "q", perm=[1, 0, 2]), node("Transpose", "h", "k", perm=[1, 2, 0]),
        node("MatMul", "q k", "s"), node("MatMul", "s q", "o"),
        node("Transpose", "o", "p", perm=[1, 0, 2]), node("Reshape", "p b"),
    ]  # fmt: skip
    net = net_of(model(nodes, [("x", [1, 5, 8])], weights=weights))
    assert net.evaluate("macs", N=3) == 3 * 2 * 4 * 5 * 5 * 2


def silero(sr=True):
    branches = []
    for name, channels in (("then", 8), ("else", 16)):
        w = onnx.numpy_helper.from_array(np.zeros((channels, 1, 3), np.float32), f"w_{name}")
        c = node("Conv", f"x w_{name}", f"c_{name}", pads=[1, 1])
        m = node("ReduceMean", f"c_{name}", f"o_{name}", axes=[1, 2], keepdims=0)
        out = [helper.make_empty_tensor_value_info(f"o_{name}")]
        branches.append(helper.make_graph([c, m], name, [], out, [w]))
    nodes = [
        node("Equal", "sr rate", "is"),
        helper.make_node("If", ["is"], ["y"], "choice", then_branch=branches[0], else_branch=branches[1]),
    ]
    return model(nodes, [("x", ["N", 1, "T"]), ("sr", [], TensorProto.INT64)], weights={"rate": np.array(16000)})


def test_a_branch_that_an_inputs_value_decides_is_a_piecewise(tmp_path):
    net = net_of(silero())
    assert net.evaluate("macs", N=2, T=10, sr=16000) == 2 * 10 * 24
    assert net.evaluate("macs", N=2, T=10, sr=8000) == 2 * 10 * 48
    assert "Piecewise" in str(net.total("macs"))
    assert net.evaluate("params") == 24 + 48
    assert net.bind({"x": (1, 1, 7), "sr": 16000}) == {"N": 1, "T": 7, "sr": 16000}
    path = saved(silero(), tmp_path / "vad.onnx")
    done = run("total", str(path), "--shape", "x=1,1,512", "--value", "sr=16000")
    assert (done.code, done.out.strip()) == (0, str(24 * 512))
    done = run("verify", str(path), "--at", "N=1,T=9,sr=16000", "--at", "N=2,T=12,sr=8000")
    assert done.code == 0
    assert done.out.count("agrees") == 2


def test_a_loop_counts_its_body_as_often_as_it_goes_round():
    body = helper.make_graph(
        [node("MatMul", "s w", "t"), node("Identity", "go", "go2")],
        "body",
        [helper.make_tensor_value_info(n, t, s) for n, t, s in (("i", 7, []), ("go", 9, []), ("s", 1, None))],
        [helper.make_empty_tensor_value_info(n) for n in ("go2", "t")],
    )
    loop = helper.make_node("Loop", ["n", "yes", "x"], ["y"], "loop", body=body)
    weights = {"w": np.zeros((4, 4), np.float32), "yes": np.array(True)}
    made = model([loop], [("n", [], TensorProto.INT64), ("x", ["N", 4])], weights=weights)
    net = net_of(made)
    assert net.evaluate("macs", N=2, n=7) == 2 * 16 * 7
    assert net.evaluate("params") == 16


def test_an_operator_without_a_rule_is_a_named_unknown_and_one_warning(tmp_path):
    made = model([helper.make_node("MyOp", ["x"], ["a"], "mine", domain="my"), node("Relu", "a")], [("x", [1, 4])])
    made.opset_import.append(helper.make_opsetid("my", 1))
    net = net_of(made)
    assert "cost[MyOp]" in str(net.cost("macs"))
    assert "cost[MyOp]" in str(net.cost("flops"))
    done = run("show", str(saved(made, tmp_path / "m.onnx")))
    assert done.code == 0
    assert done.err.count("MyOp has no count") == 1
    assert not np.any(["cost" in str(c) for c in [net_of(conv()).cost("ops")]])


def test_names_of_the_file_are_the_names_of_nodes():
    net = net_of(conv())
    assert [n.name for n in net.nodes] == ["Conv_y"]
    made = model(
        [
            helper.make_node("Relu", ["x"], ["a"], "/layer1/relu/Relu"),
            helper.make_node("Relu", ["a"], ["y"], "/layer1/relu/Relu"),
        ],
        [("x", [1, 4])],
    )
    assert [n.name for n in net_of(made).nodes] == ["layer1/relu/Relu", "layer1/relu/Relu#2"]


def test_load_takes_an_onnx_file(tmp_path):
    path = saved(conv(), tmp_path / "c.onnx")
    assert str(sc.load(path, dims={"x:2": "X", "x:3": "X"}).cost("macs")) == "216·N·X²"
    with pytest.raises(ModelError):
        sc.load(tmp_path / "c.onnx" / "none.onnx") if False else read_onnx(
            saved(onnx.ModelProto(), tmp_path / "e.onnx")
        )
    done = run("show", str(path))
    assert done.code == 0
    assert "216" in done.out
    assert run("total", str(path), "--at", "X=10,N=1").out.strip() == "21600"
    assert run("show", "vgg16", "--dim", "image:2=X").code == 2


def test_what_an_export_at_one_size_fixes_is_said_in_the_domain():
    weights = {"p": np.zeros((1, 3, 8, 8), np.float32)}
    net = net_of(model([node("Add", "x p")], [("x", [1, 3, 8, 8])], weights=weights))
    assert "H" not in net.symbols
    assert any("H is 8" in note for note in net.notes)
    assert net.evaluate("ops", N=2) == 2 * 192


@pytest.mark.parametrize("kind", ["counted", "shape-only", "unknown"])
def test_rules_lists_every_operator_in_one_of_three_states(kind):
    done = run("rules", "--onnx", "--format", "csv")
    assert done.code == 0
    assert f",{kind}," in done.out
    names = {line.split(",")[0] for line in done.out.splitlines()}
    assert {s.name for s in onnx.defs.get_all_schemas()} <= names


def test_where_values_decide_the_larger_branch_counts_and_both_are_shown(tmp_path):
    made = silero()
    made.graph.node[0].input[0] = "decides"
    made.graph.input.append(helper.make_tensor_value_info("decides", TensorProto.FLOAT, []))
    made.graph.initializer[0].CopyFrom(onnx.numpy_helper.from_array(np.float32(1), "rate"))
    net = net_of(made)
    assert net.evaluate("macs", N=2, T=10) == 2 * 10 * 48
    costs = [str(c) for c in net.costs("macs").values() if c]
    assert len(costs) == 2
    assert all("if[choice]" in c for c in costs)
    done = run("explain", str(saved(made, tmp_path / "m.onnx")))
    assert done.code == 0
    assert "which branch is taken depends on values" in done.out


def test_a_product_of_constants_counts_and_its_tensors_keep_their_kind():
    weights = {
        "table": np.zeros((9, 2), np.float32),
        "v": np.zeros((2, 4), np.float32),
        "s": np.ones((3, 1), np.float32),
    }
    weights |= {"low": np.float32(0), "high": np.float32(1)}
    nodes = [
        node("MatMul", "table v", "bias"), node("Clip", "s low high", "scale"), node("Exp", "scale", "e"),
        node("Mul", "x e", "m"), node("ReduceSum", "bias", "sum"), node("Add", "m sum"),
    ]  # fmt: skip
    made = model(nodes, [("x", [1, 3, 4])], weights=weights)
    assert net_of(made).evaluate("macs") == 9 * 2 * 4
    assert net_of(made).evaluate("params", N=1) == 18 + 8 + 3
    said = made.graph.value_info.add()
    said.name = "table"
    said.metadata_props.add(key="pkg.torch.export.graph_signature.InputSpec.kind", value="BUFFER")
    assert (net_of(made).evaluate("params"), net_of(made).evaluate("buffers")) == (8 + 3, 18)


def baked():
    weights = {"shape": np.array([1, 2, 4, 8, 8]), "w": np.zeros((4, 8, 1, 1), np.float32)}
    nodes = [node("Conv", "x w", "c"), node("Reshape", "c shape")]
    return model(nodes, [("x", [1, 8, 8, 8])], weights=weights | {"w": np.zeros((8, 8, 1, 1), np.float32)})


def test_numbers_of_the_export_are_said_and_bound_where_verify_runs(tmp_path):
    path = saved(baked(), tmp_path / "baked.onnx")
    reading = read_onnx(path)
    assert {(str(extent), number) for extent, number in reading.baked} == {("N", 1), ("H", 8), ("W", 8)}
    assert any("8 as H" in text for text in reading.network.notes)
    done = run("verify", str(path), "--at", "N=2,H=8,W=8", "--no-square")
    assert done.code == 1
    assert "has 1 baked in, in the place of N = 2" in done.out + done.err
    assert run("verify", str(path)).code == 0


def looped():
    """Rounds in which a matrix is multiplied and a row is handed out."""
    body = helper.make_graph(
        [node("Identity", "going", "on"), node("MatMul", "state v", "next"), node("Relu", "next", "row")],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("going", TensorProto.BOOL, []),
            helper.make_tensor_value_info("state", TensorProto.FLOAT, None),
        ],
        [helper.make_empty_tensor_value_info(n) for n in ("on", "next", "row")],
    )
    nodes = [node("Loop", "many true x", "last rows", body=body)]
    weights = {"many": np.int64(3), "true": np.bool_(True), "v": np.zeros((4, 4), np.float32)}
    return model(nodes, [("x", ["N", 4])], outputs=("last", "rows"), weights=weights)


def test_verify_looks_into_loops(tmp_path):
    from symconv.verifying import verify

    report = verify(saved(looped(), tmp_path / "l.onnx"), [{"N": 2}, {"N": 5}])
    assert report.wrong is None
    assert [p.macs for p in report.points] == [3 * 2 * 16, 3 * 5 * 16]
    assert all(p.unseen == 0 and p.tensors >= 4 for p in report.points)


@pytest.mark.parametrize(
    "call",
    [
        ("growth",), ("rates", "--for", "X", "--to", "33"), ("check", "macs <= 1e9"), ("compare", "{}"),
        ("sweep", "--over", "X=8..16:8"), ("solve", "macs <= 1e9", "--for", "X"),
        ("whatif", "--set", "Conv_y.bias=false"),
    ],
)  # fmt: skip
def test_every_command_about_models_takes_names_and_shapes_of_inputs(call, tmp_path):
    path = str(saved(conv(), tmp_path / "c.onnx"))
    command, *rest = (word.format(path) for word in call)
    given = ["--dim", "x:2=X", "--dim", "x:3=X"]
    shaped = [] if command in ("sweep", "solve") else ["--shape", "x=2,3,32,32"]
    more = ["--at", "N=2"] if command in ("sweep", "solve") else []
    done = run(command, path, *rest, *given, *shaped, *more)
    assert done.code == 0, done.err
    assert run(command, path, *rest, "--dim", "x:9=X", *more).code != 0


def shrinking(first, pools=5):
    """A convolution, poolings by 2, and a classifier whose weights ask for 7×7 positions."""
    nodes, at = [node("Conv", "x w", "p0", pads=[1, 1, 1, 1])], "p0"
    for i in range(1, pools + 1):
        nodes.append(node("MaxPool", at, f"p{i}", kernel_shape=[2, 2], strides=[2, 2]))
        at = f"p{i}"
    weights = {"w": np.zeros((4, 3, 3, 3), np.float32), "v": np.zeros((4 * 49, 10), np.float32)}
    return model([*nodes, node("Flatten", at, "f"), node("Gemm", "f v")], [("x", first)], weights=weights)


def test_a_pool_that_became_nothing_holds_where_its_grid_stays():
    """What an export at 224 leaves of VGG: its adaptive pool is gone, so images of 224 to 255 alone are legal."""
    net = net_of(shrinking([1, 3, 224, 224]), square=True)
    assert net.domain.text() == "X in 224…255"
    for x in (224, 239, 255):
        assert net.evaluate("macs", N=2, X=x) == 2 * (108 * x * x + 1960)
    for x in (223, 256):
        with pytest.raises(DomainError):
            net.evaluate("macs", N=2, X=x)


def test_work_grows_linearly_with_the_nodes():
    """Work without a clock: how many functions are called."""

    def calls(nodes):
        made, count = chain(nodes), 0

        def seen(_frame, event, _argument):
            nonlocal count
            count += event == "call"

        sys.setprofile(seen)
        try:
            assert str(net_of(made).cost("macs")) == f"{nodes * 576}·N·H·W"
        finally:
            sys.setprofile(None)
        return count

    calls(10)
    assert calls(600) <= 11 * calls(60)


def test_memory_does_not_grow_with_weights_outside_of_the_file():
    """A matrix of 4 GB in a file that is not even there."""
    made = model([node("MatMul", "x w")], [("x", ["N", 1 << 15])], weights={"w": np.zeros((1, 1), np.float32)})
    tensor = made.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.dims[:] = [1 << 15, 1 << 15]
    tensor.data_location = TensorProto.EXTERNAL
    place = tensor.external_data.add()
    place.key, place.value = "location", "nowhere.bin"
    tracemalloc.start()
    try:
        net = net_of(made)
        assert net.evaluate("params") == 1 << 30
        assert str(net.cost("macs")) == "1073741824·N"
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_a_split_into_so_many_parts_asks_for_enough_elements():
    made = model([node("Split", "x", "y z u", num_outputs=3)], [("x", ["N", 4])], ["y", "z", "u"], opset=18)
    net = net_of(made)
    (n,) = symbols_of(net.symbols["N"])
    assert [size for size in range(1, 6) if net.domain.allows({n: size})] == [2, 3, 4, 5]
    assert [[int(evaluate(v.out.shape[0], {n: size})) for v in net.nodes] for size in (5, 7)] == [[2, 2, 1], [3, 3, 1]]
