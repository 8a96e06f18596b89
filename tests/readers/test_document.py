"""A YAML file becomes plain data with positions, and no text can do more than be refused."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from symconv.errors import Fault, SpecError
from symconv.readers import document
from symconv.readers.document import Document, Position, Step, parse, read

LOADERS = list(dict.fromkeys([getattr(yaml, "CSafeLoader", yaml.SafeLoader), yaml.SafeLoader]))
YAML_TEXT = st.lists(
    st.sampled_from([*"ab1.:-?,[]{}#&*!|>'\"%@`\\~<\t\n\r ", "\r\n", "\n  ", ": ", "- ", "? ", "&a ", "*a", "|2-\n",
                     "---\n", "...\n", "<<", "1e9", "\\u00e9", "é", "😀", "\x00", "\x85", "\u2028", "\ufeff",
                     "\ud800", "a: "]),
    max_size=40,
).map("".join)  # fmt: skip


@pytest.fixture(params=LOADERS, ids=lambda loader: loader.__name__)
def loader(request: pytest.FixtureRequest) -> Iterator[None]:
    with loading_with(request.param):
        yield


@contextmanager
def loading_with(loader: Any) -> Iterator[None]:
    before = document._LOADER
    document._LOADER = loader
    try:
        yield
    finally:
        document._LOADER = before


def faults(text: str) -> list[tuple[int, int, str]]:
    with pytest.raises(SpecError) as caught:
        parse(text, "net.yaml")
    assert all(fault.file == "net.yaml" for fault in caught.value.faults)
    return [(fault.line, fault.column, fault.message) for fault in caught.value.faults]


def fault(text: str) -> tuple[int, int, str]:
    (only,) = faults(text)
    return only


def refused(act: Callable[[], object]) -> Fault:
    with pytest.raises(SpecError) as caught:
        act()
    (only,) = caught.value.faults
    return only


def read_or_refused(text: str) -> Document | tuple[Fault, ...]:
    try:
        return parse(text, "net.yaml")
    except SpecError as error:
        return error.faults


def every_value(doc: Document, text: str) -> None:
    """Walks all paths and looks that each position is one of the file."""
    lines = (text.removeprefix("\ufeff") + "|").splitlines()
    stack: list[tuple[tuple[Step, ...], Any]] = [((), doc.data)]
    while stack:
        path, data = stack.pop()
        for line, column in (doc.position(path), doc.key_position(path), doc.block_position(path, 1, 1)):
            assert 1 <= line <= len(lines)
            assert 1 <= column <= len(lines[line - 1]) + 1
        items: Any = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
        stack.extend(((*path, step), value) for step, value in items)


# --- data


@pytest.mark.usefixtures("loader")
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12), ("-007", -7), ("+3", 3), ("9" * 30, int("9" * 30)),
        ("1.5", Fraction(3, 2)), ("1e9", Fraction(10**9)), (".5", Fraction(1, 2)), ("5.", Fraction(5)),
        ("-2.50E-1", Fraction(-1, 4)), ("1e030", Fraction(10**30)), ("0.1", Fraction(1, 10)),
        ("true", True), ("false", False), ("null", None), ("~", None), ("", None),
        ("on", "on"), ("yes", "yes"), ("no", "no"), ("True", "True"), ("NULL", "NULL"), ("0x10", "0x10"),
        ("0o7", "0o7"),
        ("1_000", "1_000"), ("2024-01-31", "2024-01-31"), ("12:30:00", "12:30:00"), (".inf", ".inf"), (".nan", ".nan"),
        (".", "."), ("e5", "e5"), (".e5", ".e5"), ("1.2.3", "1.2.3"), ("٣", "٣"), ("=", "="), ("a << b", "a << b"),
        ("'12'", "12"), ('"true"', "true"), ("''", ""), ("'~'", "~"), ('"<<"', "<<"), ('"\\u00e9\\t\\n"', "é\t\n"),
        ("|\n  1\n  2\n", "1\n2\n"), (">-\n  true\n", "true"), ("1\n  2", "1 2"),
    ],
)  # fmt: skip
def test_a_value_is_what_its_text_says_and_nothing_else(text: str, value: object) -> None:
    found = parse(f"a: {text}", "net.yaml").data
    assert found == {"a": value}
    assert isinstance(found, dict)
    assert type(found["a"]) is type(value)


def test_a_number_with_a_point_or_an_exponent_stays_a_fraction_even_where_it_is_whole() -> None:
    data = parse("[1, 1.0, 1e0]", "net.yaml").data
    assert isinstance(data, list)
    assert [type(value) for value in data] == [int, Fraction, Fraction]


@pytest.mark.usefixtures("loader")
def test_keys_keep_the_order_of_the_file_and_are_always_their_text() -> None:
    data = parse("z: 1\n1: 2\ntrue: 3\n'q r': 4\n\"\": 5\n'<<': 6\nx-y: 7\n? k\n: 8\n", "net.yaml").data
    assert isinstance(data, dict)
    assert list(data.items()) == [("z", 1), ("1", 2), ("true", 3), ("q r", 4), ("", 5), ("<<", 6), ("x-y", 7), ("k", 8)]


@pytest.mark.usefixtures("loader")
def test_an_alias_gives_what_its_anchor_names() -> None:
    data = parse("a: &x {k: [1, 2]}\nb: *x\nc: [*x, &y t, *y]\nd: &z\ne: *z\n", "net.yaml").data
    assert data == {"a": {"k": [1, 2]}, "b": {"k": [1, 2]}, "c": [{"k": [1, 2]}, "t", "t"], "d": None, "e": None}


PLAIN = st.text(st.sampled_from("abz é😀:-#,[]{}&*!|>'\"%@`?~=<\n.019_"), max_size=8).filter(
    lambda text: not document._NUMBER.fullmatch(text)  # PyYAML takes 1e5 and 08 for texts
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30) + 1, 10**30 - 1) | PLAIN,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PLAIN, inner, max_size=4),
    max_leaves=20,
)


@given(
    VALUES.filter(lambda value: value is not None),
    st.sampled_from([True, False, None]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_pyyaml_writes_is_read_as_pyyaml_reads_it(value: object, flow: bool | None, end: str) -> None:
    text = yaml.safe_dump(value, default_flow_style=flow, allow_unicode=True, line_break=end)
    for each in LOADERS:
        with loading_with(each):
            found = parse(text, "net.yaml")
        assert found.data == yaml.safe_load(text) == value
        every_value(found, text)


# --- positions


@pytest.mark.usefixtures("loader")
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_value_and_key_has_its_position_in_block_and_in_flow_style(end: str) -> None:
    text = end.join(
        ["# 😀", "net:", "  layers:", "    - conv", "    - {é😀: 3, s: [1, 'x']}", "  none:", "", "  last: 1"]
    )
    found = parse("\ufeff" + text, "net.yaml")
    value: dict[tuple[Step, ...], Position] = {
        (): (2, 1),
        ("net",): (3, 3),
        ("net", "layers"): (4, 5),
        ("net", "layers", 0): (4, 7),
        ("net", "layers", 1): (5, 7),
        ("net", "layers", 1, "é😀"): (5, 12),
        ("net", "layers", 1, "s"): (5, 18),
        ("net", "layers", 1, "s", 1): (5, 22),
        ("net", "none"): (6, 8),
        ("net", "last"): (8, 9),
    }
    assert {path: found.position(path) for path in value} == value
    key: dict[tuple[Step, ...], Position] = {
        (): (2, 1),
        ("net",): (2, 1),
        ("net", "layers"): (3, 3),
        ("net", "layers", 1): (5, 7),
        ("net", "layers", 1, "s"): (5, 15),
        ("net", "none"): (6, 3),
    }
    assert {path: found.key_position(path) for path in key} == key


def test_an_unknown_path_has_the_position_of_the_nearest_parent() -> None:
    found = parse("a:\n  b: [1]\n", "net.yaml")
    assert found.position(("a", "b", 7, "c")) == found.position(("a", "b")) == (2, 6)
    assert found.key_position(("a", "b", -1)) == found.key_position(("a", "b")) == (2, 3)
    assert found.position(("x", "b")) == found.key_position(("x",)) == (1, 1)
    assert found.position(("a", 0)) == (2, 3)


def test_an_alias_has_its_own_position_and_what_is_inside_that_of_the_anchor() -> None:
    found = parse("a: &x\n  k: 1\nb: *x\nc: *x\n", "net.yaml")
    assert (found.position(("b",)), found.position(("c",))) == ((3, 4), (4, 4))
    assert found.position(("b", "k")) == (2, 6)
    assert found.key_position(("b", "k")) == (2, 3)


@pytest.mark.usefixtures("loader")
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("header", "indentation"),
    [
        ("|", 4),
        ("|2", 2),
        ("|2-", 2),
        ("|-2 # c | d", 2),
        ("|+", 3),
        ("&x |", 4),
        ("&x # a | b\n\n  |1", 1),
        ("|  # c", 9),
    ],
)
def test_a_character_of_a_literal_block_is_found_in_the_file(header: str, indentation: int, end: str) -> None:
    body = ["  a = 1", "", "b"] if "2" in header else ["", "a = 1", "  é😀 = 2", "", " # three", "last"]
    lines = [f"k: {header}", *[" " * indentation + line if line else "" for line in body], "z: 0"]
    text = "\n".join(lines).replace("\n", end)
    found = parse(text, "net.yaml")
    value = found.data["k"] if isinstance(found.data, dict) else None
    assert isinstance(value, str)
    assert value.split("\n")[: len(body)] == body
    source = text.splitlines()
    first = source.index(" " * indentation + body[-1]) - len(body) + 1
    for number, line in enumerate(body):
        for offset in range(len(line) + 1 if line else 0):
            place = found.block_position(("k",), number, offset)
            assert place == (first + number + 1, indentation + offset + 1)
            assert source[place[0] - 1][place[1] - 1 :] == line[offset:]
        assert found.block_position(("k",), number, 999) == (first + number + 1, len(source[first + number]) + 1)
    assert found.block_position(("k",), 999, 0) == found.block_position(("k",), len(body) - 1, 999)


def test_a_literal_block_is_found_through_an_alias_in_a_list_and_at_the_top() -> None:
    found = parse("- &x |\n   one\n    two\n- *x\n- a: |1\n     three\n", "net.yaml")
    assert found.block_position((0,), 1, 1) == found.block_position((1,), 1, 1) == (3, 5)
    assert found.position((1,)) == (4, 3)
    assert found.block_position((2, "a"), 0, 2) == (6, 6)
    assert parse("--- |\n  one\n", "net.yaml").block_position((), 0, 0) == (2, 3)
    assert parse("a: |\n", "net.yaml").block_position(("a",), 3, 3) == (1, 4)


@pytest.mark.usefixtures("loader")
def test_a_character_of_a_text_on_one_line_is_found_and_of_any_other_value_its_start() -> None:
    found = parse(
        "a: n*d + k\nb: &x 'p + q'\nc: [\"r\"]\nd: 'it''s'\ne: one\n  two\nf: >\n  x\ng: 12\nh: *x\n", "net.yaml"
    )
    assert found.block_position(("a",), 0, 4) == (1, 8)
    assert found.block_position(("b",), 0, 4) == found.block_position(("h",), 0, 4) == (2, 12)
    assert found.block_position(("c", 0), 0, 0) == (3, 6)
    assert found.block_position(("a",), 0, 999) == (1, 11)
    for key in "defg":
        assert found.block_position((key,), 0, 2) == found.position((key,))


# --- what is refused


@pytest.mark.usefixtures("loader")
@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 1, "the key 'a' is given twice, first on line 1 and again on line 3"),
        ("1: x\n'1': y\n", 2, 1, "the key '1' is given twice"),
        ("a: !!python/object/apply:os.system [ls]\n", 1, 4, "tags such as '!name' are not supported"),
        ("a: !foo b\n", 1, 4, "tags"),
        ("a: ! b\n", 1, 4, "tags"),
        ("a: !<tag:yaml.org,2002:str> 3\n", 1, 4, "tags"),
        ("!!map {a: 1}\n", 1, 1, "tags"),
        ("a: {x: 1}\nb:\n  <<: {y: 2}\n", 3, 3, "the merge key '<<' is not supported"),
        ("? [a]\n: 1\n", 1, 3, "a key must be a single text"),
        ("{a: &x 1, *x : 2}\n", 1, 11, "a key must be a single text"),
        ("{? {b: [1]} : 2}\n", 1, 4, "a key must be a single text"),
        ("? |\n  a\n: 1\n", 1, 3, "a key must be a single text on one line"),
        ("a: 1\n?\n: 2\n", 2, 2, "without its key"),
        ("&x a: 1\n", 1, 1, "an anchor cannot stand before a key"),
        ("a: *x\nb: &x 1\n", 1, 4, "there is no anchor '&x' before this alias"),
        ("a: &x [1, [*x]]\n", 1, 12, "the alias '*x' stands inside of what it refers to"),
        ("a: &x 1\nb: &x 2\n", 2, 4, "the anchor '&x' is given twice, first on line 1 and again on line 2"),
        ("a: 1\n---\nb: 2\n", 2, 1, "a second document starts here"),
        ("", 1, 1, "the file is empty"),
        ("# only this\n\n", 1, 1, "the file is empty"),
        ("---\n", 1, 1, "the file is empty"),
        ("%YAML 1.2\n---\na: 1\n", 1, 1, "directives are not supported"),
        ("a: 1\n...\r%TAG ! x\n---\nb", 3, 1, "directives are not supported"),
        ("a: x\x00\n", 1, 5, "U+0000"),
        ("a: x\n\nb: \x1b[1m\n", 3, 4, "U+001B"),
        ("a: x\x85\n", 1, 5, "U+0085"),
        ("a: x\u2028\n", 1, 5, "U+2028"),
        ("a: \ufeffx\n", 1, 4, "U+FEFF"),
        ("a: \udc80\n", 1, 4, "U+DC80"),
        ('a: "x\\0"\n', 1, 4, "the control character U+0000"),
        ('a: "x\\r"\n', 1, 4, "the control character U+000D"),
        ('"\\e[1m": 1\n', 1, 1, "the control character U+001B"),
        (f"a: {'7' * 5000}\n", 1, 4, "this number has 5,000 digits; at most 30 are accepted"),
        (f"a: -{'7' * 31}\n", 1, 4, "31 digits"),
        (f"a: 0.{'7' * 31}\n", 1, 4, "32 digits"),
        ("a: 1e31\n", 1, 4, "the exponent of this number is beyond -30 to 30"),
        (f"a: 1.5e-{'9' * 6000}\n", 1, 4, "the exponent"),
        (f"a: {'x' * 10_001}\n", 1, 4, "this text has 10,001 characters; at most 10,000 are accepted"),
        (f"a: |\n {'x' * 100_000}\n", 1, 4, "this text has 100,001 characters; at most 100,000 are accepted"),
        (f"? {'x' * 10_001}\n: 1\n", 1, 3, "10,001 characters"),
    ],
)
def test_what_is_not_supported_is_refused_where_it_stands(text: str, line: int, column: int, said: str) -> None:
    found = fault(text)
    assert found[:2] == (line, column)
    assert said in found[2]
    assert len(found[2]) < 150


@pytest.mark.usefixtures("loader")
@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("a:\n\tb: 1\n", 2, 1, "this line is indented with a tab (indent with spaces only)"),
        ("a:\n  b: 1\n  \tc: 2\n", 3, 3, "this line is indented with a tab"),
        ("a: b: c\n", 1, 5, "a ':' gives a value where none can be given"),
        ("a: 1\nfoo\nb: 2\n", 3, 1, "this is neither 'key: value' nor a list entry '- value'"),
        ("a: - b\n", 1, 4, "a list entry '- ' cannot start here"),
        ("a: @x\n", 1, 4, "'@x' cannot start a value (put the text in quotes)"),
        ("a: [1, 2\nb: 3\n", 2, 2, "':' stands where ',' or ']' is expected for what begins on line 1"),
        ("a: {x: 1", 1, 9, "the end of the file stands where ',' or '}' is expected (close the map with '}')"),
        ("a:\n  - 1\n  b: 2\n", 3, 3, "'b:' stands where the next '- ' is expected for what begins on line 2"),
        ('a: "x" y\n', 1, 8, "'y' stands where the next key is expected"),
        ("a: [}\n", 1, 5, "'}' stands where a value is expected"),
        ("  a: 1\nb: 2\n", 2, 1, "'b:' stands after the end of the document"),
        ('a: 1\nb: "x\nc: 2\n', 2, 4, "this text has no closing quote"),
        ("a: * b\n", 1, 5, "' ' stands where a name is expected"),
        ("a: |x\n  b\n", 1, 5, "'x' stands where the line of a '|' or '>' ends"),
        ("a: !h!x 1\n", 1, 4, "tags"),
    ],
)
def test_a_syntax_error_says_what_stands_where_and_what_is_accepted(
    text: str, line: int, column: int, said: str
) -> None:
    found = refused(lambda: parse(text, "net.yaml"))
    assert (found.line, found.column) == (line, column)
    assert said in str(found)


def test_an_unknown_escape_is_named() -> None:
    assert "this escape is not known" in fault('a: "\\q"\n')[2]


def test_faults_of_one_file_are_collected_up_to_a_bound_and_before_a_syntax_error() -> None:
    found = faults(f"a: !x 1\na: 2\nb: {'1' * 40}\nc: *y\nd: 1\nd: [}}\n")
    assert [line for line, _, _ in found] == [1, 2, 3, 4, 6, 6]
    many = faults("".join(f"k{n}: !x 1\n" for n in range(1000)))
    assert len(many) == document.MAX_FAULTS + 1
    assert "reading stopped after 20 faults" in " ".join(message for _, _, message in many)


@pytest.mark.usefixtures("loader")
def test_nesting_is_accepted_up_to_its_bound_also_through_aliases() -> None:
    assert parse("[" * 64 + "]" * 64, "net.yaml")
    assert fault("[" * 65 + "]" * 65)[1:] == (65, document.TOO_DEEP)
    assert parse(f"[&a {'[' * 31}{']' * 31}, {'[' * 32}*a{']' * 32}]", "net.yaml")
    assert document.TOO_DEEP in fault(f"[&a {'[' * 31}{']' * 31}, {'[' * 33}*a{']' * 33}]")[2]


def test_sizes_are_accepted_up_to_their_bounds_aliases_as_if_written_out() -> None:
    assert parse("[" + "1," * 99_999 + "]", "net.yaml")
    assert "too many values" in fault("[" + "1," * 100_000 + "]")[2]
    assert parse("[&a [" + "1," * 49_998 + "], *a, 2]", "net.yaml")
    assert "too many values" in fault("[&a [" + "1," * 49_999 + "], *a, 2]")[2]
    assert parse("- &a " + "x" * 10_000 + "\n- *a" * 399, "net.yaml")
    assert "too much text" in fault("- &a " + "x" * 10_000 + "\n- *a" * 400)[2]


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30)
)
HOSTILE = {
    "deep flow lists": "[" * 20_000,
    "deep flow maps": "{a: " * 20_000,
    "deep quoted flow maps": '{"a":' * 20_000,
    "deep flow lists over lines": "[\n" * 20_000,
    "deep block lists": "- " * 20_000,
    "deep block maps": "".join(" " * n + "a:\n" for n in range(2_000)),
    "deep keys": "? " * 20_000,
    "deep lists to the size limit": "[" * 4_000_000,
    "a huge plain text": "a: " + "x" * 1_000_000,
    "a huge quoted text": 'a: "' + "\\n" * 500_000 + '"',
    "a huge folded text": "a: >\n" + "  x y\n" * 500_000,
    "a huge number": "a: " + "1" * 1_000_000,
    "a huge number that is none": "a: " + "1" * 3_000_000 + "x",
    "a huge key": "x" * 1_000_000 + ": 1",
    "a huge anchor": "&" + "x" * 3_000_000,
    "a huge tag": "!" + "x" * 3_000_000,
    "an unclosed quote": 'a: "' + "x\n" * 1_900_000,
    "many keys": "".join(f"k{n}: 1\n" for n in range(100_000)),
    "many keys in flow style": "{" + ", ".join(f"k{n}: 1" for n in range(100_000)) + "}",
    "many anchors": "".join(f"- &k{n} 1\n" for n in range(150_000)),
    "many anchors of one name": "- &k 1\n" * 500_000,
    "many unknown aliases": "- *k\n" * 700_000,
    "many documents": "---\n" * 900_000,
    "many directives": "".join(f"%TAG !{n}! x\n" for n in range(200_000)) + "--- a",
    "many late directives": "a\n...\n" + "".join(f"%TAG !{n}! x\n" for n in range(200_000)) + "--- a",
    "many comments": "#\n" * 1_900_000,
    "many comments after an anchor": "- &a\n" + "  #\n" * 900_000 + "  [}",
    "many blank lines": "a: 'b" + "\n" * 3_900_000,
    "many spaces": "a:" + " " * 3_900_000 + "[}",
    "a billion laughs": BOMB,
    "a quadratic blow-up of values": "a: &a [" + "1," * 50_000 + "]\nb: [" + "*a," * 40_000 + "]",
    "a quadratic blow-up of text": "a: &a |\n  " + "x" * 90_000 + "\nb: [" + "*a," * 40_000 + "]",
    "more than the size limit": " " * 4_000_001,
}


@pytest.mark.skipif(not hasattr(yaml, "CSafeLoader"), reason="PyYAML's own parser is linear, but slow")
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_is_refused(text: str) -> None:
    found = faults(text)
    assert sum(len(message) for _, _, message in found) < 4_000


@pytest.mark.parametrize("each", [name for name in HOSTILE if name.startswith("deep") and "limit" not in name])
@pytest.mark.usefixtures("loader")
def test_deep_nesting_is_named_as_such_by_either_parser(each: str) -> None:
    assert fault(HOSTILE[each])[2] == document.TOO_DEEP


@settings(max_examples=500, deadline=None)
@given(st.one_of(st.text(), YAML_TEXT))
@example('"\\UFFFFFFFF"')
@example('"\\ud800"')
@example("- a\n-")
@example("? a")
@example("a: |\r\n\r\n  b\r  c")
def test_an_arbitrary_text_is_read_or_refused_with_a_spec_error(text: str) -> None:
    for each in LOADERS:
        with loading_with(each):
            found = read_or_refused(text)
        if isinstance(found, Document):
            every_value(found, text)
        else:
            assert found
            assert all(f.message and f.line <= len((text + "|").splitlines()) for f in found)


# --- files


def test_a_file_is_read_with_or_without_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    for mark in (b"", b"\xef\xbb\xbf"):
        path.write_bytes(mark + "é: 1\r\nb: 2\r\n".encode())
        found = read(path)
        assert (found.data, found.file) == ({"é": 1, "b": 2}, str(path))
        assert found.position(("é",)) == (1, 4)


def test_a_file_that_is_no_text_is_refused_at_its_first_bad_byte(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes("a: 1\r\né: ".encode() + b"\xe9\n")
    found = refused(lambda: read(path))
    assert (found.file, found.line, found.column) == (str(path), 2, 4)
    assert "the byte 0xE9 is not UTF-8 text" in found.message
    path.write_bytes("a: 1".encode("utf-16"))
    assert "0xFF is not UTF-8" in refused(lambda: read(path)).message
    path.write_bytes(b"a: \x00")
    assert "U+0000" in refused(lambda: read(path)).message


def test_a_file_over_four_megabytes_is_refused_and_one_of_that_size_is_read(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(b"a: 1\n" + b"#" * 3_999_995)
    assert read(path).data == {"a": 1}
    path.write_bytes(b"a: 1\n" + b"#" * 3_999_996)
    assert "larger than 4 MB" in refused(lambda: read(path)).message


def test_what_is_no_readable_file_is_refused_with_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "there is no such file" in refused(lambda: read(tmp_path / "none.yaml")).message
    assert "this is a directory" in refused(lambda: read(tmp_path)).message
    assert "cannot be read" in refused(lambda: read(tmp_path / "a\0b")).message
    assert "cannot be read" in refused(lambda: read(tmp_path / ("x" * 5000))).message
    path = tmp_path / "net.yaml"
    path.write_text("a: 1")

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    assert refused(lambda: read(path)).message == "the file cannot be read: Permission denied"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    assert "not a regular file" in refused(lambda: read(path)).message
