"""Arithmetic on extents, from a shape to a shape: at every size the extent that onnxruntime works out."""

import numpy as np
import pytest
from onnx import TensorProto, helper

from readers.onnx.graphs import model, node, saved
from symconv.errors import DomainError
from symconv.readers.onnx import read_onnx
from symconv.verifying import verify

INT, FLOAT, BOOL = TensorProto.INT64, TensorProto.FLOAT, TensorProto.BOOL
NUMBERS = {"zero": 0, "one": 1, "two": 2, "three": 3, "five": 5, "seven": 7, "hundred": 100, "minus": -1}
WEIGHTS = {name: np.int64(number) for name, number in NUMBERS.items()} | {
    "half": np.float32(0.5), "third": np.float32(1 / 3), "ratio": np.float32(0.7), "four": np.float32(4),
    "whole": np.float32(3), "true": np.bool_(True), "false": np.bool_(False),
    "fill": np.ones(1, np.float32), "flat": np.array([1]), "nothing": np.float32(0),
    "negative": np.float32(-2),
}  # fmt: skip


def sized(*lines, opset=17):
    """A model with an axis as long as `m`, made from N, which is `n`, by lines `m = Add n two`."""
    nodes = [node("Shape", "x", "s"), node("Gather", "s zero", "n"), node("Cast", "n", "f", to=FLOAT)]
    for line in lines:
        out, _, call = line.partition(" = ")
        kind, *inputs = call.split()
        to = {"Integer": INT, "Float": FLOAT, "Bool": BOOL}.get(kind)
        nodes.append(node("Cast" if to else kind, " ".join(inputs), out, **({"to": to} if to else {})))
    nodes += [node("Reshape", "m flat", "shape"), node("Expand", "fill shape", "made"), node("Relu", "made")]
    return model(nodes, [("x", ["N", 3])], weights=WEIGHTS, opset=opset)


#: What is done, and how long that is for N: by hand, beside the run.
KNOWN = {
    "power": (["m = Pow n two"], lambda n: n * n),
    "absolute": (["d = Sub n five", "a = Abs d", "m = Add a one"], lambda n: abs(n - 5) + 1),
    "absolute of a number": (["d = Sub two five", "a = Abs d", "m = Add a n"], lambda n: n + 3),
    "largest of three": (["m = Max n five three"], lambda n: max(n, 5)),
    "smallest": (["m = Min n five"], lambda n: min(n, 5)),
    "scaled down": (["h = Mul f half", "c = Ceil h", "m = Integer c"], lambda n: -(-n // 2)),
    "scaled up": (["h = Div f half", "m = Integer h"], lambda n: 2 * n),
    "divided": (["h = Div f whole", "c = Ceil h", "m = Integer c"], lambda n: -(-n // 3)),
    "rounded down": (["h = Mul f ratio", "c = Floor h", "a = Add c whole", "m = Integer a"], lambda n: 7 * n // 10 + 3),
    "a sum of fractions": (
        ["h = Mul f half", "t = Add h h", "k = Add t half", "l = Floor k", "m = Integer l"], lambda n: n,
    ),
    "a fraction below zero": (["h = Mul f half", "g = Neg h", "k = Neg g", "c = Ceil k", "m = Integer c"],
                              lambda n: -(-n // 2)),
    "a quotient": (["q = Div n three", "m = Add q one"], lambda n: n // 3 + 1),
    "a remainder": (["q = Mod n three", "m = Add q one"], lambda n: n % 3 + 1),
    "a quotient of a number": (["q = Div hundred n", "m = Add q one"], lambda n: 100 // n + 1),
    "quotients of numbers": (["q = Div hundred seven", "r = Mod hundred seven", "t = Add q r", "m = Add t n"],
                             lambda n: n + 16),
    "towards zero": (["q = Div hundred minus", "a = Abs q", "m = Add a n"], lambda n: n + 100),
    "a quotient of what is below zero": (
        ["g = Neg n", "q = Div g two", "a = Neg q", "m = Add a one"], lambda n: n // 2 + 1,
    ),
    "chosen": (["b = GreaterOrEqual n five", "m = Where b n five"], lambda n: max(n, 5)),
    "chosen by less": (["b = Less n five", "m = Where b n five"], lambda n: min(n, 5)),
    "chosen alike": (["b = Greater n five", "m = Where b n n"], lambda n: n),
    "chosen by a number": (["b = LessOrEqual two five", "m = Where b n five"], lambda n: n),
    "equal": (["b = Equal n five", "i = Integer b", "m = Add i one"], lambda n: 1 + (n == 5)),
    "both": (
        ["b = GreaterOrEqual n three", "c = LessOrEqual n five", "d = And b c", "i = Integer d", "m = Add i one"],
        lambda n: 1 + (3 <= n <= 5),
    ),
    "either": (
        ["b = Less n three", "c = Equal n five", "d = Or b c", "i = Integer d", "m = Add i one"],
        lambda n: 1 + (n < 3 or n == 5),
    ),
    "neither": (
        ["b = Less n three", "d = Or b false", "e = Not d", "i = Integer e", "m = Add i one"], lambda n: 1 + (n >= 3),
    ),
    "both, one of them a number": (
        ["b = Less n three", "d = And true b", "e = And d false", "g = Or e true", "i = Integer g", "m = Add i n"],
        lambda n: n + 1,
    ),
    "logic of numbers": (
        ["b = And true false", "c = Or b true", "d = Xor c b", "i = Integer d", "m = Add i n"], lambda n: n + 1,
    ),
    "not zero": (["d = Sub n five", "b = Bool d", "i = Integer b", "m = Add i one"], lambda n: 1 + (n != 5)),
    "not zero, of a number": (["b = Bool five", "i = Integer b", "m = Add i n"], lambda n: n + 1),
    "clipped": (["m = Clip n three seven"], lambda n: min(max(n, 3), 7)),
    "at least zero": (["d = Sub two five", "e = Float d", "r = Relu e", "g = Add r f", "m = Integer g"], lambda n: n),
    "a root": (["q = Sqrt four", "e = Exp nothing", "g = Log e", "a = Add q g", "t = Add a f", "m = Integer t"],
               lambda n: n + 2),
    "the sign": (["d = Sub two five", "g = Sign d", "m = Sub n g"], lambda n: n + 1),
    "the reciprocal": (["r = Reciprocal half", "a = Add r f", "m = Integer a"], lambda n: n + 2),
    "rounded": (["r = Round ratio", "a = Add r f", "m = Integer a"], lambda n: n + 1),
    "the number of elements": (["m = Size x"], lambda n: 3 * n),
    "the product of a shape": (["m = ReduceProd s"], lambda n: 3 * n),
    "the largest of a shape": (["m = ReduceMax s"], lambda n: max(n, 3)),
    "the smallest of a shape": (["m = ReduceMin s"], lambda n: min(n, 3)),
    "a long range": (
        ["k = Mul hundred hundred", "r = Range zero k one", "j = Size r", "q = Mod j hundred", "m = Add q n"],
        lambda n: n,
    ),
    "so many of a range": (["r = Range zero n two", "m = Size r"], lambda n: -(-n // 2)),
    "a range from N": (["t = Add n seven", "r = Range n t one", "k = Size r", "m = Add k n"], lambda n: n + 7),
    "a range downwards": (["r = Range seven zero minus", "m0 = Size r", "m = Add m0 n"], lambda n: n + 7),
    "a range of nothing": (["r = Range seven zero one", "m0 = Size r", "m = Add m0 n"], lambda n: n),
}  # fmt: skip


@pytest.mark.parametrize("name", KNOWN)
def test_an_extent_that_is_worked_out_is_that_of_a_run(name, tmp_path):
    lines, wanted = KNOWN[name]
    path = saved(sized(*lines), tmp_path / "m.onnx")
    points = [{"N": n} for n in (2, 3, 5, 6, 11)]
    report = verify(path, points)
    assert [(p.failed, p.wrong) for p in report.points] == [("", [])] * len(points)
    net = read_onnx(path).network
    assert [net.evaluate("ops", **at) for at in points] == [wanted(at["N"]) for at in points]


#: Numbers that no formula here has: the extent is a named unknown.
UNKNOWN = {
    "a root": ["q = Sqrt f", "m = Integer q"],
    "an exponential": ["q = Exp f", "m = Integer q"],
    "a power of a fraction": ["h = Mul f half", "q = Pow h two", "c = Ceil q", "m = Integer c"],
    "a power of N": ["m = Pow two n"],
    "bits": ["d = Sub n five", "b = Bool d", "c = Xor b true", "i = Integer c", "m = Add n i"],
    "the nearest number": ["h = Mul f half", "r = Round h", "m = Integer r"],
    "the sign": ["d = Sub n five", "g = Sign d", "m = Add g two"],
    "a quotient of fractions": ["m = Div f f"],
    "a range of floats": ["r = Range nothing f whole", "m = Size r"],
    "a quotient by what may be zero": ["d = Sub n five", "q = Div hundred d", "m = Abs q"],
    "a quotient by zero": ["q = Div f nothing", "m = Integer q"],
    "a fraction of extents": ["h = Div five_f f", "m = Integer h"],
    "the absolute of a fraction": ["h = Mul f half", "a = Abs h", "m = Integer a"],
    "the larger of a fraction and a number": ["h = Mul f half", "a = Max h whole", "m = Integer a"],
    "a fraction that may be below zero": ["h = Mul f half", "a = Sub h whole", "m = Integer a"],
    "a logarithm of what has none": ["l = Log negative", "a = Add l f", "m = Integer a"],
    "chosen fractions": ["b = Greater n five", "h = Mul f half", "w = Where b h f", "m = Integer w"],
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_an_extent_that_no_formula_has_is_a_named_unknown(name):
    made = sized(*UNKNOWN[name])
    made.graph.initializer.append(helper.make_tensor("five_f", FLOAT, [], [5.0]))
    reading = read_onnx("m", model=made)
    assert any("dim" in str(x) for x in reading.tensors["y"].shape), reading.tensors["y"].shape


def test_a_quotient_towards_zero_is_asked_to_be_of_what_is_not_below_zero(tmp_path):
    made = sized("d = Sub n three", "q = Div d two", "m = Add q one")
    path = saved(made, tmp_path / "m.onnx")
    report = verify(path, [{"N": n} for n in (3, 4, 7)])
    assert [(p.failed, p.wrong) for p in report.points] == [("", [])] * 3
    net = read_onnx(path).network
    assert [net.evaluate("ops", N=n) for n in (3, 4, 7)] == [1, 1, 3]
    with pytest.raises(DomainError, match="a dividend of at least 0"):
        net.evaluate("ops", N=2)  # (2 - 3) / 2 is 0 in onnxruntime and -1 rounded down
