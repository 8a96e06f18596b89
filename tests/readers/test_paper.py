"""The paper's words and tables are read as they stand there, and what is none of them is named with its place."""

from __future__ import annotations

from typing import Any

import pytest

from symconv.errors import ShapeError, SpecError
from symconv.layer import LAYERS
from symconv.readers.paper import Cell, TableError, read_table, read_word
from symconv.readers.spec import parse_spec

HEAD = "input: [N, 3, X, X]\n"


@pytest.mark.parametrize(
    ("text", "kind", "fields"),
    [
        ("conv3-64", "conv", {"channels": 64, "kernel": 3, "padding": 1}),
        ("conv1-256", "conv", {"channels": 256, "kernel": 1, "padding": 0}),
        ("conv7-9", "conv", {"channels": 9, "kernel": 7, "padding": 3}),
        ("Conv3-64", "conv", {"channels": 64, "kernel": 3, "padding": 1}),
        ("FC-4096", "linear", {"channels": 4096}),
        ("fc-10", "linear", {"channels": 10}),
        ("maxpool", "max_pool", {}),
        ("max-pool", "max_pool", {}),
        ("max_pool", "max_pool", {}),
        ("maxpool-3", "max_pool", {"kernel": 3}),
        ("soft-max", "softmax", {}),
        ("softmax", "softmax", {}),
        ("LRN", "lrn", {}),
        ("ReLU", "relu", {}),
        ("adaptive-avgpool-7", "adaptive_avg_pool", {"size": 7}),
        ("linear-10", "linear", {"channels": 10}),
    ],
)
def test_a_word_means_its_layer(text: str, kind: str, fields: dict[str, Any]) -> None:
    word = read_word(text)
    assert (word.kind, word.fields) == (kind, fields)


def test_every_layer_can_be_written_by_its_kind_whatever_its_capitals_and_hyphens() -> None:
    for kind in LAYERS:
        assert read_word(kind).kind == read_word(kind.replace("_", "-").upper()).kind == kind


@pytest.mark.parametrize("kernel", [0, 2, 4, 10**29])
def test_an_even_kernel_is_refused_as_its_padding_would_be_no_whole_number(kernel: int) -> None:
    with pytest.raises(ShapeError) as caught:
        read_word(f"conv{kernel}-64")
    assert str(caught.value) == (
        f"conv{kernel}-64: the notation's padding (K − 1)/2 wants an odd kernel; "
        f"else write conv: {{channels: 64, kernel: {kernel}, padding: …}}"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "rellu",
            "'rellu' is neither a layer nor a word such as conv3-64, maxpool, FC-4096, soft-max; did you mean relu?",
        ),
        ("maxpol", "did you mean maxpool?"),
        ("FC4096", "did you mean FC-4096?"),
        ("conv3_64", "did you mean conv3-64?"),
        ("conv3x3-64", "did you mean conv3-64?"),
        ("conv3-", "did you mean conv3-64?"),
        ("conv3--64", "did you mean conv3-64?"),
        ("", "'' is neither"),
        ("3", "'3' is neither"),
        ("🙂", "'🙂' is neither"),
        ("a\nb", "'a\\nb' is neither"),
        ("\u202erelu", "'\\u202erelu' is neither"),
        ("conv٣-64", "'conv٣-64' is neither"),
        ("relu-6", "relu-6: relu has no fields, so no number stands behind it"),
        ("conv3-" + "9" * 5000, "'conv3-999999999999999999999999999999999…' is neither"),
        ("FC-" + "9" * 31, "is neither"),
        ("maxpool-" + "9" * 5000, "is neither"),
        ("x" * 10_000, "is neither"),
        ("a-1" * 3000, "is neither"),
    ],
)
def test_what_is_no_word_is_refused_with_the_nearest_one(text: str, said: str) -> None:
    with pytest.raises(ShapeError) as caught:
        read_word(text)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 200


# --- tables


def test_a_cell_has_its_line_and_column_in_the_text() -> None:
    table = read_table("  A  | B\n---+---\n\nconv3-4|  relu  \n       |LRN\n maxpool \n")
    assert table.columns == {
        "A": [Cell("conv3-4", 3, 0), Cell("maxpool", 5, 1)],
        "B": [Cell("relu", 3, 10), Cell("LRN", 4, 8), Cell("maxpool", 5, 1)],
    }


def test_a_table_of_one_column_is_a_list_of_words() -> None:
    assert [cell.text for cell in read_table("A\nrelu\nLRN").columns["A"]] == ["relu", "LRN"]


def complaints(text: str) -> list[tuple[str, int, int]]:
    with pytest.raises(TableError) as caught:
        read_table(text)
    return [(message, cell.line, cell.column) for message, cell in caught.value.wrong]


def test_every_ragged_row_is_said_where_its_cells_end_or_are_too_many() -> None:
    assert complaints("A | B | C\nrelu | relu\nrelu\na|b|c|d|e\n") == [
        ("2 cells in a table of 3 columns: one for each, or a single one for all, is accepted", 1, 7),
        ("5 cells in a table of 3 columns: one for each, or a single one for all, is accepted", 3, 6),
    ]
    assert complaints("A\nrelu | relu") == [
        ("2 cells in a table of 1 column: one for each, or a single one for all, is accepted", 1, 7)
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", ("an empty table, where a first row with the names of the columns is wanted", 0, 0)),
        (" \n ---+--- \n", ("an empty table, where a first row with the names of the columns is wanted", 0, 0)),
        ("| A | B |\n| relu | relu |", ("a column without a name: a row neither begins nor ends with |", 0, 0)),
        ("A | | C", ("a column without a name", 0, 4)),
        ("A | B | A", ("a second column A, where each has a name of its own", 0, 8)),
        ("A | a//b", ("a//b is no name: it has an empty part; a name such as conv2 or stage1/conv2 is accepted", 0, 4)),
        ("A | \u202eB", ("the name '\\u202eB' has the character U+202E, which cannot be seen", 0, 4)),
        ("|".join(map(str, range(101))), ("101 columns, where at most 100 are accepted", 0, 0)),
    ],
)  # fmt: skip
def test_a_first_row_that_names_no_columns_is_refused(text: str, complaint: tuple[str, int, int]) -> None:
    assert complaint in complaints(text)


# --- tables in a file


def faults(text: str, variant: str | None = None) -> list[tuple[int, int, str]]:
    with pytest.raises(SpecError) as caught:
        parse_spec(text, "vgg.yaml").network(variant)
    return [(fault.line, fault.column, fault.message) for fault in caught.value.faults]


TABLE = """\
# a comment
input: [N, 3, X, X]
table: |
    A        | B
    conv3-0  | conv3-64

    rellu    | conv4-64
             | FC-x
"""


def test_unknown_words_of_all_columns_are_said_at_once_at_their_place_in_the_file() -> None:
    found = faults(TABLE)
    assert [(line, column) for line, column, _ in found] == [(7, 5), (7, 16), (8, 16)]
    assert [message.split(" ")[0] for _, _, message in found] == ["'rellu'", "conv4-64:", "'FC-x'"]
    lines = TABLE.splitlines()
    assert [lines[line - 1][column - 1 :].split(" ")[0] for line, column, _ in found] == ["rellu", "conv4-64", "FC-x"]


def test_a_word_with_a_field_out_of_range_is_said_at_its_place_in_the_file() -> None:
    text = TABLE.replace("rellu", "relu ").replace("conv4", "conv3").replace("FC-x", "FC-9")
    assert faults(text, "A") == [(5, 5, "channels: 0, where a whole number from 1 on or an expression is accepted")]


def test_a_shape_that_cannot_be_is_said_at_its_cell() -> None:
    text = f"{HEAD.replace('X, X', '4, 4')}table: |2\n    A | B\n    maxpool\n   relu | conv3-4\n  maxpool\n  maxpool\n"
    ((line, column, message),) = faults(text, "B")
    assert (line, column) == (7, 3)
    assert message == "stage3/pool1: an output of at least 1: 0 ≥ 1 never holds"


def test_ragged_rows_are_said_at_their_place_in_the_file() -> None:
    text = f"{HEAD}table: |\n  A | B\n  relu | relu\n\n  relu | relu | LRN\n  LRN\n"
    assert [(line, column) for line, column, _ in faults(text)] == [(6, 17)]
    assert text.splitlines()[5][16:] == "LRN"


def test_the_faults_of_a_table_in_quotes_stand_at_its_value() -> None:
    assert [found[:2] for found in faults(f'{HEAD}table: "A\\nrellu\\n"\n')] == [(2, 8)]


def test_a_table_without_rows_has_no_layers() -> None:
    assert faults(f"{HEAD}table: |\n  A\n", "A") == [(2, 8, "there are no layers")]
    assert faults(f"{HEAD}table: ''\n")[0][:2] == (2, 8)


def test_the_words_of_a_column_become_stages_that_end_with_a_pool_and_a_head_that_starts_with_the_first_fc() -> None:
    table = "table: |\n  A\n  conv3-4\n  maxpool\n  conv3-4\n  FC-5\n  FC-6\n"
    net = parse_spec(HEAD + table + "hidden: {conv: [relu], FC: [dropout]}\n").network("A")
    names = [node.name for node in net.nodes]
    assert names == [
        "stage1/conv1", "stage1/relu1", "stage1/pool1", "stage2/conv1", "stage2/relu1",
        "head/flatten1", "head/fc1", "head/dropout1", "head/fc2",
    ]  # fmt: skip
