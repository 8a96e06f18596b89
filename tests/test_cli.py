"""The command as a user, a script and a vandal call it: every command in every format, exit codes, errors, output."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from fractions import Fraction
from functools import partial
from pathlib import Path

import pytest
from command import ESCAPE, EXAMPLES, ROOT, SIZES, SPECS, on_terminal, process, run, words_for
from writers.markup import (
    ascii_value,
    html_faults,
    latex_faults,
    latex_value,
    markdown_faults,
    markdown_tables,
    typst_faults,
)

import symconv as sc
from symconv.cost import as_number
from symconv.extent import symbols_of
from symconv.layer import LAYERS
from symconv.readers.expression import LENGTH, parse

MODELS = [*SPECS, "alexnet", "vgg/D", "vgg16", "vgg16_bn", "deformed"]
FORMATS = ("table", "markdown", "latex", "typst", "html", "json", "csv")


# -- every command in every format -------------------------------------------------------------------------------------


def calls(model: str, folder: Path) -> list[list[str]]:
    words = words_for(model, folder)
    at = SIZES[model][0]
    first = {"unet": "up/c2", "shared": "block/b", "vgg16": "head/fc1", "alexnet": "features/pool3"}
    values = ["--at", ",".join(f"{n}={v}" for n, v in at.items())] if at else []
    return [
        ["show", *words, "--metric", "ops", "--all"],
        ["show", *words, *values],
        ["total", *words],
        ["explain", *words],
        *([["explain", words[0], first[model]]] if model in first else []),
        ["growth", *words],
        ["claims", *words, *values],
    ]


@pytest.mark.parametrize("model", MODELS)
def test_every_command_answers_in_every_format_and_in_plain_ascii(model: str, tmp_path: Path) -> None:
    for call in calls(model, tmp_path):
        for format in FORMATS:
            done = run(*call, "--format", format)
            assert (done.code, done.err) == (0, ""), (call, format)
            assert format in ("typst", "html") or done.out.isascii(), (call, format)
            check(format, done.out, bare=call[0] == "total")
        if call[0] in ("show", "explain"):
            check("markdown", run(*call, "--format", "markdown", "--no-ascii").out)


def check(format: str, out: str, bare: bool = False) -> None:
    """What holds of any output in a format; a total alone is a bare formula."""
    assert out.strip()
    assert out.endswith("\n")
    if format == "json":
        json.loads(out)
    elif format == "csv":
        rows = list(csv.reader(io.StringIO(out)))
        assert len({len(row) for row in rows}) == 1
    elif format == "latex":
        assert not latex_faults(f"${out.strip()}$" if bare else out)
    elif format == "markdown":
        assert not markdown_faults(out)
    elif format == "typst":
        assert not typst_faults(out)
    elif format == "html":
        assert not html_faults(out)
    else:
        assert not ESCAPE.search(out)
        assert all(line == line.rstrip() for line in out.splitlines())


@pytest.mark.parametrize("format", FORMATS)
def test_zoo_and_the_rules_of_every_layer_print_in_every_format_and_in_plain_ascii(format: str) -> None:
    zoo = ["zoo"] if format == "table" else ["zoo", "resnet"]  # all of it takes seconds
    for call in (zoo, ["rules"], *(["rules", kind] for kind in sorted(LAYERS))):
        done = run(*call, "--format", format)
        assert (done.code, done.err) == (0, ""), call
        assert format in ("typst", "html") or done.out.isascii(), call
        check(format, done.out)


def test_a_family_at_values_says_which_variants_these_are() -> None:
    depths = "n1=3,n2=4,n3=23,n4=3"
    out = run("show", "resnet", "--at", depths).out
    assert " is       resnet101 with w = 64; wide_resnet101_2 with w = 128\n" in out
    assert re.search(r"^ is +resnet101$", run("show", "resnet", "--at", f"{depths},w=64").out, re.MULTILINE)
    data = json.loads(run("show", "resnet", "--at", depths, "--format", "json").out)
    assert [v["name"] for v in data["variants"] if not v["arguments"]] == ["resnet101", "wide_resnet101_2"]


def test_unrolled_every_round_is_there_by_itself_in_every_command_that_unrolls(tmp_path: Path) -> None:
    data = json.loads(run("show", "resnet50", "--unroll", "--format", "json").out)
    rolled = json.loads(run("show", "resnet50", "--format", "json").out)
    assert data["totals"] == rolled["totals"]
    assert data["figures"] == rolled["figures"]
    assert "layer3/5/main/conv2/conv" in {layer["name"] for layer in data["layers"]}
    assert not any(layer["rounds"] for layer in data["layers"])
    at = "n1=1,n2=2,n3=1,n4=1,w=8"
    assert run("explain", "resnet", "layer2/1/main/conv1/conv", "--at", at, "--unroll").code == 0
    assert run("diagram", "resnet", "-o", str(tmp_path / "r.dot"), "--at", at, "--unroll", "--no-fold").code == 0
    assert "layer2/1/main/conv1/conv" in (tmp_path / "r.dot").read_text()


def test_a_layer_of_ones_own_has_its_rule_in_every_format() -> None:
    for format in FORMATS:
        done = run("rules", "deform_conv", "--layers", str(EXAMPLES / "deform_conv.py"), "--format", format)
        assert done.code == 0
        check(format, done.out)
    assert "2*K^2 + C_out" in done.out
    assert run("rules", "deform_conv").code == 2


def test_the_schema_is_json_and_has_a_layer_of_ones_own() -> None:
    done = run("schema")
    assert done.code == 0
    assert done.out.isascii()
    assert "deform_conv" not in json.loads(done.out)["$defs"]
    assert "deform_conv" in json.loads(run("schema", "--layers", str(EXAMPLES / "deform_conv.py")).out)["$defs"]


# -- what the formats say is the total ---------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
def test_the_formulas_in_json_are_arithmetic_that_symconv_reads_and_equal_the_totals(
    model: str, tmp_path: Path
) -> None:
    words = words_for(model, tmp_path)
    data = json.loads(run("show", *words, "--format", "json").out)
    sc.load_layers(EXAMPLES / "deform_conv.py") if model == "deformed" else None
    net = sc.load(words[0])
    for at in SIZES[model]:
        for metric, total in data["totals"].items():
            wanted = net.evaluate(metric, **at)
            assert ascii_value(total, at) == wanted
            assert sum(ascii_value(layer["costs"][metric], at) for layer in data["layers"]) == wanted
            if len(str(total)) <= LENGTH and model != "symbols":  # whose C/G is whole by its domain alone
                read = parse(str(total), net.symbols)
                names = {symbol.name for symbol in symbols_of(read)}
                assert sc.evaluate(read, **{n: v for n, v in at.items() if n in names}) == wanted
    assert data["symbols"] == list(net.symbols)
    assert len(data["layers"]) == len(net.nodes)


@pytest.mark.parametrize("model", MODELS)
def test_the_columns_of_csv_add_up_to_the_totals(model: str, tmp_path: Path) -> None:
    words = words_for(model, tmp_path)
    for metric in ("macs", "ops", "activations", "buffers"):
        out = run("show", *words, "--format", "csv", "--metric", metric).out
        rows = list(csv.DictReader(io.StringIO(out)))
        sc.load_layers(EXAMPLES / "deform_conv.py") if model == "deformed" else None
        net = sc.load(words[0])
        assert [row["name"] for row in rows] == [node.name for node in net.nodes]
        for at in SIZES[model]:
            assert sum(ascii_value(row[metric], at) for row in rows) == net.evaluate(metric, **at)
            assert sum(ascii_value(row["params"], at) for row in rows) == net.evaluate("params", **at)
        if rows and rows[0].get("figure") and net.usual:
            assert sum(int(row["figure"]) for row in rows) == net.evaluate(metric, **net.usual)
            assert abs(sum(float(row["share"]) for row in rows) - 1) < 1e-9


@pytest.mark.parametrize("model", MODELS)
def test_latex_and_markdown_show_the_same_formulas(model: str, tmp_path: Path) -> None:
    words = words_for(model, tmp_path)
    latex = run("total", *words, "--format", "latex").out.strip()
    layers = run("show", *words, "--format", "markdown", "--all").out
    (table,) = markdown_tables(layers)
    heading, *rows = table
    column = heading.index("MACs")
    sc.load_layers(EXAMPLES / "deform_conv.py") if model == "deformed" else None
    net = sc.load(words[0])
    for at in SIZES[model]:
        wanted = net.evaluate("macs", **at)
        assert latex_value(latex, at) == wanted
        assert sum(marked(row[column], at) for row in rows[: len(net.nodes)]) == wanted


def marked(cell: str, at: dict[str, int]) -> object:
    return latex_value(cell.strip("$"), at) if "$" in cell else int(cell.replace(",", "") or 0)


# -- exit codes --------------------------------------------------------------------------------------------------------

WRONG_MODEL = [
    (["show", "nope"], "there is no model nope"),
    (["show", ""], "there is no model"),
    (["show", "vgg16x"], "did you mean vgg16?"),
    (["show", "vgg"], "vgg/D"),
    (["show", "{dir}"], "there is no model"),
    (["show", "{dir}/folder.yaml"], "this is a directory"),
    (["show", "{dir}/absent.yaml"], "no such file"),
    (["show", "{dir}/binary.yaml"], "UTF-8"),
    (["show", "{dir}/broken.yaml"], "broken.yaml:2:"),
    (["total", "vgg16", "--at", "X=0"], "X"),
    (["total", "vgg16", "--at", "X=-3"], "X"),
    (["total", "vgg16", "--at", "X=31"], "stage5/pool1"),
    (["total", "vgg16", "--at", "X=7/2"], "X = 7/2"),
    (["total", "vgg16", "--at", "N=0"], "N"),
    (["claims", "vgg16", "--at", "X=3"], "stage5/pool1"),
    (["diagram", "vgg16", "-o", "{dir}/x.svg", "--at", "X=3"], "stage5/pool1"),
    (["diagram", "vgg16", "-o", "{dir}/absent/x.svg"], "cannot be written"),
    (["total", "vgg16", "--metric", "{dir}/absent.yaml"], "no such file"),
    (["total", "vgg16", "--metric", "{dir}/broken.yaml"], "broken.yaml"),
    (["show", "vgg16", "--layers", "{dir}/absent.py"], "no such file"),
    (["show", "vgg16", "--layers", "{dir}"], "no such file"),
    (["show", "vgg16", "--layers", "{dir}/boom.py"], "boom.py:1: ValueError: boom"),
    (["show", "vgg16", "--layers", "{dir}/empty.py"], "no layer is registered"),
    (["schema", "--layers", "{dir}/absent.py"], "no such file"),
    (["rules", "--layers", "{dir}/absent.py"], "no such file"),
    (["sweep", "vgg16", "--over", "X=224,256", "--at", "N=1", "-o", "{dir}/none/s.png"], "there is no directory"),
]
WRONG_CALL = [
    (["total", "vgg16", "--metric", "mac"], "did you mean macs?"),
    (["total", "vgg16", "--metric", ""], "unknown metric"),
    (["total", "vgg16", "--only", "stage9"], "--only: vgg16 has no layer, stage or kind stage9"),
    (["diagram", "vgg16", "-o", "{dir}/x.svg", "--metric", "mac"], "did you mean macs?"),
    (["total", "vgg16", "--at", "X"], "a symbol and its value"),
    (["total", "vgg16", "--at", "X="], "a symbol and its value"),
    (["total", "vgg16", "--at", "=3"], "a symbol and its value"),
    (["total", "vgg16", "--at", ","], "a symbol and its value"),
    (["total", "vgg16", "--at", "X=1e3"], "plain digits"),
    (["total", "vgg16", "--at", "X=0x10"], "plain digits"),
    (["total", "vgg16", "--at", "X=224,X=225"], "gives X twice"),
    (["total", "vgg16", "--at", "Y=3"], "no symbol Y: its symbols are N, X"),
    (["total", "vgg16", "--at", "self=3"], "no symbol self"),
    (["total", "vgg16", "--at", "x=3"], "did you mean X?"),
    (["total", "vgg16", "--at", 'X=__import__("os")'], "is no arithmetic"),
    (["total", "vgg16", "--at", "X=os.system(1)"], "is no arithmetic"),
    (["total", "vgg16", "--at", "X=f(3)"], "never runs"),
    (["total", "vgg16", "--at", "X=" + "9" * 31], "digits"),
    (["total", "vgg16", "--at", "X=" + "(" * 99 + "1" + ")" * 99], "parentheses deeper"),
    (["claims", "vgg16", "--at", "X=32q"], "whole number"),
    (["claims", "{dir}/one.yaml"], "--at"),
    (["diagram", "vgg16", "-o", "{dir}/x.svg", "--at", "X=32q"], "whole number"),
    (["diagram", "vgg16", "-o", "{dir}/x.jpg"], ".svg"),
    (["diagram", "vgg16", "-o", "{dir}/x"], ".svg"),
    (["diagram", "vgg16"], "--output"),
    (["sweep", "vgg16", "--over", "X=224,256", "--at", "N=1", "-o", "{dir}/s.CSV"], "written as .csv or .parquet"),
    (["compare", "vgg16", "resnet50", "--metric", "mac"], "did you mean macs?"),
    (["compare", "vgg16", "resnet50", "--at", "x=3"], "--at: none of the networks has a symbol x"),
    (["growth", "vgg16", "--by", "Y"], "no symbol Y"),
    (["growth", "vgg16", "--per", "N"], "--per N: a limit is wanted in a symbol beside N"),
    (["growth", "vgg16", "--per", "0"], "--per 0: a limit is wanted in a symbol beside N"),
    (["explain", "vgg16", "stage1/cnv1"], "did you mean stage1/conv1?"),
    (["explain", "vgg16", "X^3"], "38592"),
    (["explain", "vgg16", "__import__('os')"], "no term"),
    (["explain", "vgg16", "--metric", "params"], "--metric is about the costs behind a TERM"),
    (["rules", "cnv"], "did you mean conv?"),
    (["rules", "conv", "--set", "kernl=3"], "did you mean kernel?"),
    (["rules", "relu", "--set", "kernel=3"], "it has no fields"),
    (["rules", "conv", "--set", "kernel=0"], "from 1 on"),
    (["rules", "conv", "--set", "kernel=-1"], "from 1 on"),
    (["rules", "conv", "--set", "kernel=foo"], "unknown name foo"),
    (["rules", "conv", "--set", "bias=3"], "true or false"),
    (["rules", "conv", "--set", "kernel"], "a field and its value"),
    (["rules", "conv", "--set", "kernel=3", "--set", "kernel=5"], "twice"),
    (["rules", "conv", "--set", "kernel=__import__('os')"], "arithmetic"),
    (["rules", "--set", "kernel=3"], "name the layer"),
    (["show", "vgg16", "--format", "pdf"], "pdf"),
    (["show", "vgg16", "--nope"], "--nope"),
    (["show", "resnet", "--at", "groups=32"], "which a variant sets and --at does not"),
    (["total", "resnet50", "--at", "n1=3"], "give n1 to resnet itself"),
    (["diagram", "resnet", "-o", "{dir}/x.svg", "--at", "project=1"], "which a variant sets and --at does not"),
    (["show", "resnet", "--unroll"], "--unroll: layer1 has n1 rounds"),
    (["diagram", "resnet", "-o", "{dir}/x.svg", "--unroll"], "gives numbers"),
    (["claims", "resnet"], "no value for n1"),
    (["show"], "MODEL"),
    (["bogus"], "bogus"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("models")
    (made / "folder.yaml").mkdir()
    (made / "binary.yaml").write_bytes(b"\xff\xfe\x00\x01")
    (made / "broken.yaml").write_text("input: [N, 3, X, X]\nlayers: [cnv3-64]\n")
    (made / "boom.py").write_text("raise ValueError('boom')\n")
    (made / "empty.py").write_text("x = 1\n")
    (made / "one.yaml").write_text(SPECS["one"] + "  - linear: 7\n")
    return made


@pytest.mark.parametrize(("words", "said"), WRONG_MODEL, ids=lambda v: " ".join(v)[:60] if isinstance(v, list) else "")
def test_a_wrong_model_exits_with_1_and_says_why_on_standard_error(words: list[str], said: str, folder: Path) -> None:
    refused(words, said, folder, 1)


@pytest.mark.parametrize(("words", "said"), WRONG_CALL, ids=lambda v: " ".join(v)[:60] if isinstance(v, list) else "")
def test_a_wrong_call_exits_with_2_and_says_why_on_standard_error(words: list[str], said: str, folder: Path) -> None:
    refused(words, said, folder, 2)


def refused(words: list[str], said: str, folder: Path, code: int) -> None:
    done = run(*(w.replace("{dir}", str(folder)) for w in words))
    assert (done.code, done.out) == (code, ""), done
    assert said in done.err
    assert "Traceback" not in done.err
    assert not (folder / "x.svg").exists()


def test_no_message_carries_what_a_terminal_would_obey(tmp_path: Path) -> None:
    bad = "\x1b[31m\x07\u202e"
    for words in (["show", bad], ["total", "vgg16", "--at", f"{bad}=3"], ["total", "vgg16", "--at", f"X={bad}"],
                  ["rules", bad], ["explain", "vgg16", bad], ["rules", "conv", "--set", f"{bad}=1"],
                  ["total", "vgg16", "--metric", bad], ["growth", "vgg16", "--by", bad]):  # fmt: skip
        done = run(*words)
        assert done.code in (1, 2)
        assert done.out == ""
        assert not set(bad[0] + bad[5:]) & set(done.err), words


def test_an_unreadable_file_is_an_error_of_the_model(tmp_path: Path) -> None:
    path = tmp_path / "closed.yaml"
    path.write_text(SPECS["bare"])
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user reads everything")
    done = run("show", str(path))
    assert done.code == 1
    assert "cannot be read" in done.err
    assert done.out == ""


# -- a stranger's spec -------------------------------------------------------------------------------------------------

NAMES = ["=cmd|' !A0", "<script>a<", "😀🏳️", "a|b", "$x$ \\input{y}", "[2pt]", "@SUM(A1)", "-1+1", "`*_b_*`", "שלום",
         "n" * 190, 'say "hi", ok', "# top", "* star", "100% & more ~ ^ {", "x;y", "réseau"]  # fmt: skip


def test_a_strangers_names_and_words_are_harmless_in_every_format(tmp_path: Path) -> None:
    layers = [{"conv": {"name": name, "channels": 4, "padding": 1}} for name in NAMES]
    layers.append({"stage": "<b>|$", "layers": ["relu", {"conv": {"name": "[x]", "channels": 2}}]})
    spec = {"name": "=1+1|<i>", "description": "<b>\n# head\n| a | $x", "input": ["N", 3, "X", "X"]}
    path = tmp_path / "strange.yaml"
    path.write_text(
        json.dumps({**spec, "usual": {"X": 8, "N": 1}, "layers": layers}, ensure_ascii=False), encoding="utf-8"
    )
    calls = [
        ["show", "--all"],
        ["explain"],
        ["claims"],
        ["growth"],
        *(["explain", name] for name in (*NAMES[:6], "<b>|$")),
    ]
    for command, *rest in calls:
        words = [command, str(path), *(["--", *rest] if rest and not rest[0].startswith("--") else rest)]
        for format in FORMATS:
            done = run(*words[:2], "--format", format, "--no-ascii", *words[2:])
            assert done.code == 0, (words, done.err)
            check(format, done.out)
            assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", done.out), (words, format)
    data = json.loads(run("show", str(path), "--format", "json").out)
    assert [layer["name"] for layer in data["layers"]][: len(NAMES)] == NAMES
    rows = list(csv.DictReader(io.StringIO(run("show", str(path), "--format", "csv").out)))
    assert [row["name"].lstrip("'") for row in rows][: len(NAMES)] == NAMES
    assert not any(row["name"].startswith(("=", "+", "-", "@")) for row in rows)


# -- values ------------------------------------------------------------------------------------------------------------


def test_what_is_left_out_stays_a_symbol() -> None:
    assert run("total", "vgg16", "--at", "X=224").out == "15470264320*N\n"
    assert run("total", "vgg16", "--at", "X=224,N=1").out == "15470264320\n"
    assert run("total", "vgg16", "--at", " N = 1 , X = 224 ").out == "15470264320\n"
    only_n = run("total", "vgg16", "--at", "N=2").out
    assert ascii_value(only_n.strip(), {"X": 224}) == 2 * 15470264320


def test_a_symbol_of_the_network_has_a_value_also_where_the_total_lacks_it() -> None:
    assert run("total", "vgg16", "--metric", "params", "--at", "X=224,N=1").out == "138357544\n"
    assert run("total", "vgg16", "--metric", "params", "--at", "X=31").code == 1


def test_a_size_may_be_an_expression_in_further_symbols() -> None:
    assert run("total", "vgg/D", "--at", "X=32q").out == "N*(315293696*q^2 + 20873216)\n"
    assert run("total", "vgg/D", "--at", "X=32*q,N=1").out == "315293696*q^2 + 20873216\n"
    halves = run("total", "vgg16", "--at", "X=2*Y").out.strip()
    assert ascii_value(halves, {"N": 1, "Y": 112}) == 15470264320
    larger = run("total", "vgg16", "--at", "X=max(q, min(32, 64)),N=1").out.strip()
    assert ascii_value(larger, {"q": 224}) == 15470264320
    huge = 10**26 - 1
    assert int(run("total", "alexnet", "--at", f"X={huge},N=1").out) == sc.load("alexnet").evaluate("macs", X=huge, N=1)


def test_what_an_expression_needs_to_be_whole_is_in_the_domain() -> None:
    done = run("explain", "vgg/D", "--at", "X=q/2")
    assert "q >= 64" in done.out
    assert "2 divides q | --at X=q/2" in done.out


def test_values_stand_in_the_title_and_usual_ones_fill_what_is_left() -> None:
    done = run("show", "vgg16", "--at", "X=448")
    assert "at X=448" in done.out.splitlines()[0]
    assert "MACs at N=1" in done.out
    assert "12.0 %" in done.out


def test_a_convention_from_a_file_is_a_metric_and_its_fractions_are_exact(tmp_path: Path) -> None:
    path = tmp_path / "energy.yaml"
    path.write_text("name: energy\nweights: {mac: 4.6, add: 0.9, mul: 3.7}\n")
    at = {"X": 224, "N": 1}
    net = sc.load("vgg16")
    tenths = {"mac": 46, "add": 9, "mul": 37}
    done = net.substitute(**at).count()
    wanted = sum(weight * Fraction(as_number(done[name]), 10) for name, weight in tenths.items())
    data = json.loads(run("show", "vgg16", "--metric", str(path), "--format", "json").out)
    assert data["metric"] == "energy"
    assert ascii_value(data["totals"]["energy"], at) == wanted
    assert Fraction(str(data["figures"]["total"])) == wanted
    table = run("show", "vgg16", "--metric", str(path)).out
    assert "energy at X=224, N=1" in table
    assert f"{float(wanted) / 1e9:.2f} G" in table
    small = tmp_path / "small.yaml"
    small.write_text("name: small\nweights: {max: 0.001}\n")
    spec = tmp_path / "s.yaml"
    spec.write_text("input: [1, 1, 4, 4]\nlayers: [relu, max_pool]\n")
    assert "small   7/250" in run("show", str(spec), "--metric", str(small)).out


# -- a diagram ---------------------------------------------------------------------------------------------------------


def test_a_diagram_is_written_whole_and_said_on_standard_error(tmp_path: Path) -> None:
    target = tmp_path / "net.dot"
    done = run("diagram", "unet_missing", "-o", str(target))
    assert done.code == 1
    assert not target.exists()
    done = run(
        "diagram", *words_for("unet", tmp_path), "-o", str(target), "--ascii", "--direction", "LR", "--depth", "1"
    )
    assert (done.code, done.out, done.err) == (0, "", f"wrote {target}\n")
    assert target.read_text().startswith("digraph") or "digraph" in target.read_text()
    before = target.read_text()
    assert run("diagram", "alexnet", "-o", str(target), "--at", "X=3").code == 1
    assert target.read_text() == before


# -- the process -------------------------------------------------------------------------------------------------------


def test_a_reader_that_leaves_early_is_no_error() -> None:
    for words in (["zoo", "vgg"], ["schema"]):
        command = " ".join([sys.executable, "-m", "symconv", *words])
        done = subprocess.run(["bash", "-c", f"{command} | head -1; echo ${{PIPESTATUS[0]}}"], cwd=ROOT,
                              capture_output=True, text=True, timeout=60)  # fmt: skip
        assert done.stdout.endswith("\n0\n")
        assert done.stderr == ""


def test_an_output_that_is_closed_or_full_is_said() -> None:
    line = f"{sys.executable} -m symconv total alexnet"
    for target, said in ((">&-", b"standard output is closed"), ("> /dev/full", b"No space left")):
        if "full" in target and not Path("/dev/full").exists():
            continue
        done = subprocess.run(["bash", "-c", f"{line} {target}"], cwd=ROOT, capture_output=True, timeout=60)
        assert done.returncode == 1
        assert said in done.stderr
        assert b"Traceback" not in done.stderr
        assert done.stderr.count(b"\n") == 1
    closed = subprocess.run(["bash", "-c", f"{line}x 2>&-"], cwd=ROOT, capture_output=True, timeout=60)
    assert closed.returncode == 1
    assert closed.stdout == b""


def test_an_interrupt_ends_it_with_130_and_no_traceback(tmp_path: Path) -> None:
    slow = tmp_path / "slow.py"
    started = tmp_path / "started"
    slow.write_text(f"import time, pathlib\npathlib.Path({str(started)!r}).touch()\ntime.sleep(60)\n")
    command = [sys.executable, "-m", "symconv", "show", "alexnet", "--layers", str(slow)]
    # A shell's background job ignores the signal, and its children too, until somebody says otherwise.
    heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=heard)
    for _ in range(600):
        if started.exists():
            break
        time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert child.returncode == 130
    assert out == b""
    assert b"Traceback" not in err


def test_a_locale_without_unicode_gets_ascii_by_itself_and_unicode_where_it_asks() -> None:
    plain = {"LC_ALL": "C", "LANG": "C", "PYTHONIOENCODING": "latin-1"}
    done = process("total", "alexnet", "--no-ascii", env=plain)
    assert done.returncode == 0
    assert "⌊(X − 15)/16⌋²" in done.stdout.decode("utf-8")
    done = process("total", "alexnet", "--at", "X=3", env=plain)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    sent = on_terminal("total", "alexnet", width=80, env=plain)
    assert sent.isascii()
    assert "floor((X - 15)/16)^2" in sent


def test_a_terminal_gets_signs_and_colours_and_no_color_none() -> None:
    sent = on_terminal("show", "alexnet", width=100)
    assert "⌊(X − 15)/16⌋²" in sent
    assert ESCAPE.search(sent)
    plain = on_terminal("show", "alexnet", width=100, env={"NO_COLOR": "1"})
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", plain)
    assert ESCAPE.sub("", plain) == ESCAPE.sub("", sent)


def test_a_pipe_has_no_colours_whatever_the_environment_forces() -> None:
    done = process("show", "alexnet", env={"FORCE_COLOR": "1", "TERM": "xterm-256color", "COLUMNS": "40"})
    assert b"\x1b" not in done.stdout
    assert done.stdout.isascii()
    assert b"conv 11x11, 64, stride 4, padding 2" in done.stdout


def imported(*words: str) -> set[str]:
    code = (
        "import sys, json\nfrom symconv.cli import main\nsys.argv = ['symconv', *json.loads(sys.argv[1])]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\nprint(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    )
    command = [sys.executable, "-c", code, json.dumps(words)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    return set(json.loads(done.stderr.splitlines()[-1]))


def test_a_total_starts_without_what_it_does_not_need() -> None:
    modules = imported("total", "vgg16")
    assert not {"sympy", "rich", "graphviz", "pygraphviz", "numpy", "symconv.analysis.growth"} & modules
    assert {"symconv.network", "symconv.readers.spec"} <= modules


def test_help_starts_without_specs_and_tables() -> None:
    assert not {"sympy", "rich", "pydantic", "yaml", "graphviz", "numpy"} & imported("--help")


def test_help_fits_80_columns_and_cuts_no_sentence() -> None:
    done = process("--help", env={"COLUMNS": "80"})
    text = done.stdout.decode()
    assert "..." not in text.replace("COMMAND [ARGS]...", "")
    assert "…" not in text
    names = (
        "show total explain growth rates check solve compare whatif sweep scale claims diagram verify rules zoo schema"
    )
    for name in names.split():
        assert re.search(rf"^  {name} +\S", text, re.MULTILINE)
        told = run(name, "--help")
        assert told.code == 0
        assert told.out.isascii(), "a terminal in any encoding can show it"
    assert run("--version").out == f"symconv {sc.__version__}\n"
