"""Wrong calls of every command, of an ONNX file too: one line on standard error, exit 2, nothing written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from command import run

SMALL = """
name: small
input: [N, 3, X, X]
layers: [{conv: {name: a, channels: 8, kernel: 5}}, {conv: {name: b, channels: 8, padding: 1}}]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    onnx = pytest.importorskip("onnx")
    made = tmp_path_factory.mktemp("calls")
    (made / "small.yaml").write_text(SMALL)
    help_, kind = onnx.helper, onnx.TensorProto.FLOAT
    sides = [help_.make_tensor_value_info(name, kind, ["N", 3]) for name in ("x", "y")]
    graph = help_.make_graph([help_.make_node("Relu", ["x"], ["y"])], "g", sides[:1], sides[1:])
    onnx.save(help_.make_model(graph, opset_imports=[help_.make_opsetid("", 13)]), made / "m.onnx")
    return made


LONG = "9" * 5000

WRONG = [
    # runs
    ("verify m.onnx --at N=1/2", "--at N=1/2: a run needs whole numbers"),
    (f"verify m.onnx --at N={LONG}", "--at N='999999999999999999999999999999999999999…': a run needs whole numbers"),
    ("verify m.onnx --at N=²", "a run needs whole numbers"),
    ("verify m.onnx --at Q=3", "there is no symbol Q: the symbols are N"),
    ("verify m.onnx --input 1,3", "inputs are those of a module"),
    ("verify m.onnx --dim x:9=3", "--dim x:9: x has 2 axes"),
    ("verify m.onnx --dim q:0=3", "the inputs are x"),
    ("verify small.yaml --input 1,3", "--input is about the inputs"),
    ("verify small.yaml --at N=1/2,X=q", "--at X=q: figures need a whole number"),
    ("verify keras:abc", "Keras models are not run"),
    ("certify small.yaml -o a.txt", "a certificate is written as .json"),
    # shapes of a file
    ("show m.onnx --shape x=1", "2 extents are wanted, not 1"),
    ("show m.onnx --shape x=1,4", "axis 1 is 3, and 4 is given"),
    ("show m.onnx --shape q=1,3", "there is no input q: the inputs are x"),
    ("show m.onnx --shape x=q", "an input and whole numbers are wanted"),
    ("show m.onnx --shape x=1,3 --value x=3", "--value gives x twice"),
    ("show m.onnx --shape x=1,3 --at N=2", "--at has N=2, and by --shape and --value it is 1"),
    ("show m.onnx --dim x:0=-1", "an extent is at least 1"),
    ("show m.onnx --dim x=3", "an input, an axis and a name are wanted"),
    ("show small.yaml --shape x=3", "--shape is about the inputs"),
    ("show small.yaml --value x=3", "--value is about the inputs"),
    ("show small.yaml --dim x:0=3", "--dim is about the inputs"),
    ("show small.yaml --input 3", "--input is about the inputs of a module"),
    ("show small.yaml --sort nope", "the columns to sort by are"),
    # budgets, grids
    ("check small.yaml macs<=1", "no value for N, X"),
    ("check small.yaml macs<=3Q", "is no budget"),
    ("check small.yaml nope<=1G", "unknown metric"),
    ("solve small.yaml macs<=1G --for Q", "--for Q: small has no symbol Q"),
    ("solve small.yaml macs<=1G --for X", "--for X: no value for N"),
    ("solve small.yaml macs<=1G --for X --at X=32,N=1", "X is asked for, so it takes no value"),
    ("scale small.yaml macs<=1G --over X=32..64:8 --rule a,b", "three symbols are wanted"),
    ("scale small.yaml macs<=1G --over X=32..64:8 --rule a,b,c --at N=1", "--over: "),
    ("scale small.yaml macs<=1G --over X=32..64:8 --at X=3", "X has a value, and --over gives it more"),
    ("scale small.yaml macs<=1G --over Q=32..64:8", "there is no symbol Q"),
    ("sweep small.yaml --over X=32..64 --at N=1 --plot line", "are for a file: -o FILE names it"),
    ("sweep small.yaml --over X=32..64 --at N=1 --workers 2", "are for a file: -o FILE names it"),
    ("sweep small.yaml --over X=32..64 --at N=1 -o a.csv --plot line", "a plot is written as"),
    ("sweep small.yaml --over X=32..64 --at N=1 -o a.png --workers 2", "--workers and --dask are for a .csv"),
    ("sweep small.yaml --over X=32..64 --where macs", "--where: 'macs' is no budget"),
    ("sweep small.yaml --over X=32..64", "--over: no value for N"),
    # rates
    ("rates small.yaml --to 3", "--for names it"),
    ("rates small.yaml --for X --to 3 --over 3..4", "give one of them"),
    ("rates small.yaml --for X --at X=32", "--at gives X a value"),
    ("rates small.yaml --for X --to q --at N=1", "--to: q: a number is wanted"),
    ("rates small.yaml --for X --to 1/0 --at N=1", "--to: 1/0: a number is wanted"),
    ("rates small.yaml --for X --over 7..5", "the range 7..5 is reversed"),
    ("rates small.yaml --for X --over 7..7", "the range 7..7 is one size"),
    ("rates small.yaml --for X --over 7..x", "a range such as 220..260 is wanted"),
    ("rates small.yaml --for X --over 7..9 --at X=7", "it takes no value"),
    (f"rates small.yaml --for X --over 7..{10**20} --at N=1", "99,999,999,999,999,999,993 sizes are more than"),
    # edits, claims, comparisons
    ("whatif small.yaml", "nothing is edited"),
    ("whatif small.yaml --set a.kernel=", "a field and its value are wanted"),
    ("whatif small.yaml --set a=3", "a layer and its field are wanted"),
    ("whatif small.yaml --set nope.kernel=3", "no layer of small is called nope"),
    ("whatif small.yaml --separable nope", "no layer of small is called nope"),
    ("whatif small.yaml --separable a --at Q=3", "--at: there is no symbol Q"),
    ("claims small.yaml params", "no relation"),
    ("claims small.yaml params>nope", "nope is neither a metric nor a symbol"),
    ("claims small.yaml params>macs --for Q", "does not depend on Q"),
    ("claims small.yaml params>1/0", "a division by zero"),
    ("claims all params>macs", "claims all runs the article's three"),
    ("compare small.yaml", "compare takes two networks or more"),
    ("compare small.yaml small.yaml --aligned --by X", "--aligned takes two networks, and no --by"),
    ("compare small.yaml m.onnx --at Q=3", "none of the networks has a symbol Q"),
    ("reconcile small.yaml --tool nope", "--tool nope: known are"),
    ("reconcile small.yaml --at Q=3", "--at: small has no symbol Q"),
    # families
    ("lift small.yaml -o a.txt", "the file's name ends in .yaml"),
    ("lift small.yaml --against m.onnx --at w=3", "it takes no --at"),
    ("lift small.yaml --against m.onnx -o a.yaml", "it takes no -o"),
    ("lift small.yaml --untie a=", "there is no role ''. There are a.channels"),
    ("lift small.yaml --tie nope", "there is no role nope"),
    ("lift small.yaml --set nope", "a role and an expression are wanted"),
    ("lift small.yaml --round 3", "the rule '3' is none"),
    ("lift small.yaml --round v->v/0", "--round v->v/0: a division by zero"),
    ("lift small.yaml --set b=1+ --round v->v", "--set b=1+ or --round v->v: "),
    ("lift small.yaml --at q=3", "has no symbol q: its symbols are"),
    # files that are written
    ("export small.yaml --to c --name 3x", "'3x' is no name for a function"),
    ("report small.yaml -o a.txt", "a page is written as .html"),
    ("diagram small.yaml -o a.svg --link a", "NAME=URL is wanted"),
    ("diagram small.yaml -o a.svg --link nope=http://x", "there is no layer or stage of that name"),
    ("diagram small.yaml -o a.svg --link *=javascript:1", "one of http or https is wanted"),
    # what there is
    ("rules --onnx --torch", "give one of them"),
    ("rules relu --onnx --set a=3", "operators have none"),
    ("rules nope --onnx", "there is no ONNX operator nope"),
    ("growth small.yaml --per X+", "--per: the end where a number or a name is wanted"),
]

#: The model is what is wrong, or what is asked of it has the answer no.
WRONG_MODEL = [
    ("verify absent.onnx", "No such file"),
    ("verify m.onnx --at N=0", "N = 0 is below 1"),
    ("certify small.yaml --at N=1,X=9 -o none/a.json", "there is no directory"),
    ("check-certificate absent.json", "No such file"),
    ("check-certificate small.yaml", "small.yaml:2:1: it is no certificate"),
    ("compare small.yaml small.yaml --at X=1", "X = 1 is outside the domain"),
    ("reconcile small.yaml --at X=1,N=1", "X = 1 is outside the domain"),
    ("lift m.onnx", "it is its whole family"),
    ("lift resnet", "resnet has repeated blocks in symbols already"),
    ("lift small.yaml --at w=1/2", "w = 1/2 is a fraction"),
    ("export small.yaml --to spec -o none/a.yaml", "there is no directory"),
    ("zoo nope", "there is no model nope"),
]


@pytest.mark.parametrize(("call", "said"), WRONG, ids=[call[:60] for call, _ in WRONG])
def test_a_wrong_call_exits_with_2_and_says_why_in_one_line(
    call: str, said: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused(call, said, folder, 2, monkeypatch)


@pytest.mark.parametrize(("call", "said"), WRONG_MODEL, ids=[call for call, _ in WRONG_MODEL])
def test_a_wrong_model_exits_with_1_and_says_why_in_one_line(
    call: str, said: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused(call, said, folder, 1, monkeypatch)


def refused(call: str, said: str, folder: Path, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    before = sorted(folder.iterdir())
    done = run(*call.split(" "))
    assert (done.code, done.out) == (code, ""), done
    assert said in done.err
    assert (done.err.count("\n"), done.err[:9]) == (1, "symconv: ")
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("check small.yaml macs<=1 --at N=1,X=9", f"{5 * 5 * (3 * 8 * 25 + 8 * 8 * 9):,}"),
        ("solve small.yaml macs<=1 --for X --at N=1", str(3 * 8 * 25 + 8 * 8 * 9)),  # one output at X = 5
        ("scale small.yaml macs<=1 --over X=32..64:8 --at N=1", "0 of 5 designs"),
        ("claims small.yaml params>macs --at N=1,X=9", f"{3 * 8 * 25 + 8 + 8 * 8 * 9 + 8} and 29400"),
        ("lift small.yaml --against m.onnx", "m"),
    ],
)
def test_where_the_answer_is_no_the_exit_code_is_1(
    call: str, said: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    done = run(*call.split(" "))
    assert (done.code, done.err) == (1, "")
    assert said in done.out


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("whatif small.yaml --set a.kernel=3 --at N=1,X=9", f"{7 * 7 * (3 * 8 * 9 + 8 * 8 * 9):,}"),
        ("rates small.yaml --for X --over 7..9 --at N=1", f"{(5 * 5 - 4 * 4) * 1176:,}"),
        ("rates small.yaml --for X --to 9 --at N=1,X=7", f"{(5 * 5 - 3 * 3) * 1176:,}"),
        ("sweep small.yaml --over X=7,9 --at N=1", f"{5 * 5 * 1176:,}"),
        ("explain small.yaml a --at N=1,X=9", f"{5 * 5 * 600:,}"),
        ("growth small.yaml --per N*X^2", "1,176"),
        ("compare small.yaml small.yaml --aligned --at N=1,X=9", f"{5 * 5 * 1176:,}"),
        ("solve small.yaml macs<=30k --for X --at N=1", "9"),
        ("reconcile small.yaml --tool thop --at N=1,X=9", "29,400"),
        ("show m.onnx --shape x=5,3", "5"),
    ],
)
def test_what_a_right_call_answers_is_what_one_works_out_by_hand(
    call: str, said: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One output of both layers takes 3·8·25 + 8·8·9 = 1176 macs, and there are (X − 4)² of them."""
    monkeypatch.chdir(folder)
    done = run(*call.split(" "))
    assert (done.code, done.err) == (0, "")
    assert re.search(rf"(?<![\d,]){said}(?![\d,])|(?<![\d,]){said.replace(',', '')}(?![\d,])", done.out), done.out
