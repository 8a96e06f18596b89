"""The rule pages: each derived from its layer, the article's formula among them, following every change of a field."""

from __future__ import annotations

import ast
import json
import re

import pytest
from command import EXAMPLES

import symconv as sc
from symconv.count import CONVENTIONS, Count
from symconv.errors import SymconvError
from symconv.extent import symbols_of
from symconv.layer import LAYERS, Layer, layer
from symconv.layers import Conv
from symconv.notation import ASCII, LATEX, TEXT
from symconv.ranges import Positive
from symconv.tensor import Tensor
from symconv.writers.formats.programs import to_csv, to_json
from symconv.writers.rules import rule_sheet, rules_sheet
from symconv.writers.sheet import Sheet, set_cell
from writers.markup import ascii_value, latex_value


def facts(sheet: Sheet) -> dict[str, str]:
    return {label.strip(): set_cell(cell, TEXT) for label, cell in sheet.facts}


def test_the_rule_of_a_convolution_is_the_articles() -> None:
    found = facts(rule_sheet("conv"))
    assert found["at g = 1"] == "((K² + 1)·C_in + (C_in − 1))·C_out·M²"
    assert found["full count"] == "((K² + 1)·(C_in/g) + (C_in/g − 1))·C_out·M²"
    assert found["MACs"] == found["grows"] == "K²·(C_in/g)·C_out·M²"
    assert found["params"] == "(K²·(C_in/g) + 1)·C_out"
    assert found["output"] == "C_out×M²"


def test_the_articles_formula_stands_nowhere_in_the_code() -> None:
    """But in docstrings, and in the sentence that says what the convention is."""
    written = re.compile(r"\(?(K²|K\^2|K ?\*\* ?2|kernel ?\*\* ?2|k ?\* ?k|K·K) ?\+ ?1\)? ?[·*]", re.IGNORECASE)
    assert all(map(written.search, ("(K² + 1)·C_in", "(K**2+1)*C_in", "(kernel ** 2 + 1) * c", "(k*k + 1)*c")))
    sentences = {convention.description for convention in CONVENTIONS.values()}
    for path in (EXAMPLES.parents[1] / "symconv").rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        if not written.search(source):
            continue
        tree = ast.parse(source)
        documented = [n for n in ast.walk(tree) if isinstance(n, ast.Module | ast.ClassDef | ast.FunctionDef)]
        known = {ast.get_docstring(n, clean=False) for n in documented} | sentences
        code = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        powers = [n for n in ast.walk(tree) if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Mult)]
        assert not [text for text in code if text not in known and written.search(text)], path
        assert not [n for n in powers if written.search(ast.unparse(n))], path


def test_the_full_count_follows_the_counts_of_the_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A layer that books each plane twice has a formula that says so."""
    right = Conv.work

    def twice(self: Conv, image: Tensor, out: Tensor) -> Count:
        count = right(self, image, out)
        return count + Count(plane=count["plane"])

    monkeypatch.setattr(Conv, "work", twice)
    assert facts(rule_sheet("conv"))["at g = 1"] == "((K² + 2)·C_in + (C_in − 1))·C_out·M²"


def full(k: int, c_in: int, c_out: int, m: int) -> int:
    """The article's count by counting: for each output, each plane with its bias, then the additions over channels."""
    total = 0
    for _ in range(c_out * m * m):
        total += sum(k * k + 1 for _ in range(c_in)) + (c_in - 1)
    return total


@pytest.mark.parametrize(("k", "c_in", "c_out", "m"), [(3, 3, 64, 7), (1, 5, 2, 3), (7, 1, 1, 1), (5, 4, 3, 2)])
def test_the_printed_full_count_equals_a_count_by_hand(k: int, c_in: int, c_out: int, m: int) -> None:
    at = {"K": k, "C_in": c_in, "C_out": c_out, "M": m, "g": 1}
    sheet = rule_sheet("conv")
    for label, cell in sheet.facts:
        if label.strip() in ("full count", "at g = 1"):
            assert ascii_value(set_cell(cell, ASCII), at) == full(k, c_in, c_out, m)
            assert latex_value(set_cell(cell, LATEX), at) == full(k, c_in, c_out, m)


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"kernel": 5}, {"MACs": "25·(C_in/g)·C_out·M²", "params": "(25·(C_in/g) + 1)·C_out"}),
        ({"bias": False}, {"params": "K²·(C_in/g)·C_out", "ops": "2·K²·(C_in/g)·C_out·M²"}),
        ({"groups": 1}, {"MACs": "K²·C_in·C_out·M²", "full count": "((K² + 1)·C_in + (C_in − 1))·C_out·M²"}),
        ({"groups": 1, "kernel": [3, 5], "bias": False}, {"MACs": "15·C_in·C_out·M²", "params": "15·C_in·C_out"}),
        ({"stride": 2, "padding": 1, "dilation": 1, "kernel": 3}, {"shape": "M = ⌈X/2⌉"}),
        ({"channels": 64}, {"output": "64×M²", "MACs": "64·K²·(C_in/g)·M²"}),
        ({"padding": "same", "stride": 1}, {"output": "C_out×X²"}),
        ({"kernel": "2*K + 1"}, {"MACs": "(C_in/g)·C_out·M²·(2·K + 1)²"}),
    ],
)
def test_a_changed_field_changes_the_formulas(changes: dict[str, object], wanted: dict[str, str]) -> None:
    found = facts(rule_sheet("conv", changes))
    assert {name: found[name] for name in wanted} == wanted


@pytest.mark.parametrize(
    ("kind", "changes", "wanted"),
    [
        ("attention", {"kv_heads": 1}, {"MACs": "(2·(C_in/h) + 2·C_in + 2·T)·C_in·T"}),
        ("attention", {"bias": False, "out_bias": False}, {"params": "4·C_in²"}),
        ("attention", {"causal": True}, {"causal": "(4·C_in + T + 1)·C_in·T"}),
        ("window_attention", {"size": 7, "over": "channels"}, {"buffers": "2401"}),
        ("mixture_of_experts", {"experts": 8, "top_k": 2}, {"active params": "(6·F + 8)·C_in"}),
    ],
)
def test_a_layer_s_own_letters_stay_where_another_field_changes(
    kind: str, changes: dict[str, object], wanted: dict[str, str]
) -> None:
    found = facts(rule_sheet(kind, changes))
    assert {name: found[name] for name in wanted} == wanted


@pytest.mark.parametrize("kind", sorted(LAYERS))
def test_every_rule_counts_what_the_layer_counts_at_numbers(kind: str) -> None:
    """The formulas at numbers equal the operations of the layer built with these numbers."""
    from symconv.cost import as_number
    from symconv.writers.rules import instance, one_image

    general, inputs = instance(kind, {})
    values = {"K": 3, "S": 2, "P": 1, "D": 1, "g": 2, "C_in": 4, "C_out": 6, "X": 12, "T": 5, "N": 1, "M": 4}
    mapping = {sc.symbol(name): value for name, value in values.items()}
    sizes = [*(size for _, size, _ in general.field_sizes()), *(size for t in inputs for size in t.shape)]
    own = {one for size in sizes for one in symbols_of(size)} - mapping.keys()
    mapping |= {one: 7 if one.name == "L" else 2 for one in own}
    values |= {one.name: mapping[one] for one in own}
    concrete = general.substitute(mapping)
    tensors = tuple(t.substitute(mapping) for t in inputs)
    out = concrete.output(*tensors)
    count = concrete.work(*tensors, out)
    if out.spatial and isinstance(out.spatial[0], int):
        values["M"] = out.spatial[0]
    sheet = rule_sheet(kind)
    rows = {str(row[0]): set_cell(row[1], ASCII) for table in sheet.tables for row in table.rows}
    assert {name: ascii_value(text, values) for name, text in rows.items()} == {
        name: as_number(one_image(cost)) for name, cost in count.operations.items()
    }


def test_all_rules_stand_in_one_table_of_every_layer() -> None:
    (table,) = rules_sheet().tables
    assert [row[0] for row in table.rows] == sorted(LAYERS)
    conv = next(row for row in table.rows if row[0] == "conv")
    assert [set_cell(cell, TEXT) for cell in conv[1:]] == [
        "C_out×M²", "(K²·(C_in/g) + 1)·C_out", "K²·(C_in/g)·C_out·M²", "C_out·M² add",
    ]  # fmt: skip


def test_json_and_csv_of_a_rule_have_every_line() -> None:
    sheet = rule_sheet("conv", {"kernel": 3})
    data = json.loads(to_json(sheet))
    assert data["kind"] == "conv"
    assert data["fields"] == {
        "channels": "C_out", "kernel": 3, "stride": "S", "padding": "P", "dilation": "D", "groups": "g", "bias": True,
    }  # fmt: skip
    at = {"C_in": 5, "C_out": 2, "M": 3}
    assert ascii_value(data["facts"]["at g = 1"], at) == full(3, 5, 2, 3)
    assert [row["operation"] for row in data["rows"]] == ["mac", "add", "plane", "channel_add"]
    lines = to_csv(sheet).splitlines()
    assert lines[0] == "fact,value"
    assert "mac,9*(C_in/g)*C_out*M^2" in lines
    assert any(line.startswith("shape,") for line in lines)


@pytest.mark.parametrize(
    ("kind", "changes", "said"),
    [
        ("cnv", {}, "did you mean conv"),
        ("conv", {"kernl": 3}, "did you mean kernel"),
        ("relu", {"x": 1}, "it has no fields"),
        ("conv", {"kernel": 0}, "kernel: 0, where a whole number from 1 on"),
        ("conv", {"kernel": "K/0"}, "division by zero"),
        ("conv", {"kernel": "Q"}, "unknown name Q"),
        ("conv", {"bias": 3}, "bias: 3, where true or false is accepted"),
        ("conv", {"kernel": 0, "bias": "x"}, "bias: 'x'"),
        ("conv", {"kernel": []}, "kernel"),
        ("conv", {"kernel": [3, 3, 3]}, "axes|axis"),
        ("softmax", {"axis": "x"}, "axis: 'x', where a whole number is accepted"),
    ],
)
def test_what_cannot_be_is_an_error_of_ours(kind: str, changes: dict[str, object], said: str) -> None:
    with pytest.raises(SymconvError, match=said):
        rule_sheet(kind, changes)


def test_a_layer_of_ones_own_needs_no_general_instance() -> None:
    before = dict(LAYERS)
    try:

        @layer("patch")
        class Patch(Layer):
            """Cuts patches."""

            channels: Positive
            rate: Positive
            kernel: Positive = 3

            def output(self, *inputs: sc.Tensor, **_: object) -> sc.Tensor:
                (image,) = inputs
                return image.like(image.batch, self.channels, *(x // self.kernel // self.rate for x in image.spatial))

            def work(self, *tensors: sc.Tensor, **_: object) -> sc.Count:
                return sc.Count(mac=tensors[-1].elements * sc.product(self.kernel, self.kernel))

        found = facts(rule_sheet("patch"))
        assert found["MACs"] == "K²·C_out·M²"
        assert found["shape"] == "M = ⌊X/(K·rate)⌋"
        assert facts(rule_sheet("patch", {"kernel": 2, "rate": 4}))["shape"] == "M = ⌊X/8⌋"

        @layer("worded")
        class Worded(Layer):
            word: str

        with pytest.raises(SymconvError, match="word has no default"):
            rule_sheet("worded")
    finally:
        LAYERS.clear()
        LAYERS.update(before)


def test_the_example_of_the_docs_has_its_rule() -> None:
    before = dict(LAYERS)
    try:
        sc.load_layers(EXAMPLES / "deform_conv.py")
        found = facts(rule_sheet("deform_conv"))
        assert found["MACs"] == "(2·K² + C_out)·K²·C_in·M²"
        assert "deform_conv" in [row[0] for row in rules_sheet().tables[0].rows]
    finally:
        LAYERS.clear()
        LAYERS.update(before)
