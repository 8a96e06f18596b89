"""Whatever is wrong with a spec is said all at once, where it stands, in words of the file, and nothing of it runs."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from symconv.errors import Fault, SpecError
from symconv.layer import LAYERS, layer_fields
from symconv.readers.spec import parse_spec

SPECS = Path(__file__).parents[1] / "specs"
HEAD = "input: [N, 3, X, X]\n"


def faults(text: str, variant: str | None = None) -> list[tuple[int, int, str]]:
    """Line, column, and the message with its hint."""
    with pytest.raises(SpecError) as caught:
        parse_spec(text, "net.yaml").network(variant)
    assert all(fault.file == "net.yaml" for fault in caught.value.faults)
    return [(f.line, f.column, f"{f.message} ({f.hint})" if f.hint else f.message) for f in caught.value.faults]


@pytest.mark.parametrize("file", sorted((SPECS / "bad").glob("*.yaml")), ids=lambda file: file.stem)
def test_the_faults_of_a_file_stand_at_its_marks_and_are_said_in_words(file: Path) -> None:
    """A mark ▶ stands before each fault, the messages below the spec after #: , in the order of their places."""
    marked = file.read_text("utf-8")
    places = []
    for number, line in enumerate(marked.splitlines(), 1):
        marks = [] if line.startswith("#: ") else [i for i, c in enumerate(line) if c == "▶"]
        places += [(number, column - earlier + 1) for earlier, column in enumerate(marks)]
    messages = [line.removeprefix("#: ") for line in marked.splitlines() if line.startswith("#: ")]
    text = marked.replace("▶", "")
    found = faults(text, _last_variant(text))
    assert [message for _, _, message in found] == messages
    assert [(line, column) for line, column, _ in found] == places


def _last_variant(text: str) -> str | None:
    try:
        return [None, *parse_spec(text, "net.yaml").variants][-1]
    except SpecError:
        return None


def test_faults_of_form_do_not_hide_those_of_layers() -> None:
    text = HEAD + "usual: {X: big}\nlayrs: 3\nlayers: [rellu, {conv: {channels: 0}}]\n"
    assert [line for line, _, _ in faults(text)] == [2, 3, 4, 4]


def test_what_stands_behind_a_fault_is_not_blamed_for_it() -> None:
    text = HEAD + "layers: [{conv: {channels: 0, name: a}}, maxpool, {add: {from: [a, image]}}, {relu: {shares: a}}]\n"
    assert len(faults(text)) == 1
    assert len(faults("input: [N, 3, 0, 0]\nlayers: [conv3-4, {add: {from: [conv1, image]}}]\n")) == 2


def test_reading_stops_after_twenty_faults() -> None:
    for text in (
        HEAD + f"layers: [{'rellu, ' * 1000}]\n",
        HEAD + "".join(f"q{i}: 1\n" for i in range(1000)) + "layers: [relu]\n",
        f"input: [N, {'true, ' * 1000}]\nlayers: [relu]\n",
        HEAD + f"table: |\n  A\n{'  rellu{0}' * 1000}\n".replace("{0}", "\n"),
        HEAD + "layers: [" + ", ".join(f"{{relu: {{from: q{i}}}}}" for i in range(1000)) + "]\n",
    ):
        found = faults(text)
        assert len(found) == 21
        assert found[-1][2] == "… and maybe more: reading stopped after 20 faults"


# --- texts from strangers


@pytest.mark.parametrize("field", ["channels", "kernel", "padding"])
def test_a_call_in_a_field_does_not_run(field: str, tmp_path: Path) -> None:
    made = tmp_path / "made"
    for call in (
        f"__import__('os').system('touch {made}')",
        f"open('{made}', 'w')",
        f"(lambda: open('{made}', 'w'))()",
    ):
        fields = {"channels": "3", field: f'"{call}"'}
        text = f"{HEAD}layers: [{{conv: {{{', '.join(f'{k}: {v}' for k, v in fields.items())}}}}}]\n"
        (found,) = faults(text)
        assert "accepted are numbers, names" in found[2]
        faults(f'input: [N, 3, "{call}", X]\nlayers: [relu]\n')
        faults(f'{HEAD}layers: [relu]\nvariants: {{a: {{set: {{X: "{call}"}}}}}}\n', "a")
    assert not made.exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + "layers: " + "[" * 20_000, "nested too deeply"),
        (HEAD + "layers:\n" + "".join(f"{'  ' * i}- stage: s\n{'  ' * i}  layers:\n" for i in range(99)), "nested"),
        (HEAD + f"layers: [{{conv: {'9' * 5000}}}]\n", "this number has 5,000 digits; at most 30 are accepted"),
        (HEAD + f"layers: [{{conv: '{'9' * 5000}'}}]\n", "an expression of 5000 characters: at most 1000 are accepted"),
        (HEAD + f"layers: [{{conv: '{'9' * 500}'}}]\n", "a number of 500 digits: at most 30 are accepted"),
        (HEAD + f"layers: [conv3-{'9' * 5000}]\n", "is neither a layer nor a word"),
        (HEAD + f"table: |\n  A\n  FC-{'9' * 5000}\n", "is neither a layer nor a word"),
        (HEAD + f"layers: [{{conv: '{'(' * 60}X{')' * 60}'}}]\n", "parentheses deeper than 50"),
        (HEAD + "layers: !!python/object/apply:os.system [ls]\n", "tags such as '!name' are not supported"),
        (
            HEAD + "a: &a [relu, relu, relu, relu, relu, relu, relu, relu, relu]\n"
            + "".join(f"{c}: &{c} [{', '.join([f'*{b}'] * 9)}]\n" for b, c in zip("abcdefgh", "bcdefghi"))
            + "layers: *i\n",
            "too many values, aliases written out; at most 100,000 are accepted",
        ),
        (
            HEAD + f"layers: [{'conv3-64, ' * 40_000}]\nhidden: {{conv: [{'relu, ' * 40_000}]}}\n",
            "more than 20,000 layers, the most that are accepted",
        ),
        (
            HEAD + "table: |\n  " + " | ".join(f"c{i}" for i in range(8000)) + "\n" + "  relu\n" * 4000,
            "8,000 columns, where at most 100 are accepted",
        ),
        (f"input: [{', '.join(f'x{i}' for i in range(3000))}]\nlayers: [relu]\n", "image has 3,000 extents"),
        (
            HEAD + "layers: [" + ", ".join(f"{{relu: {{name: {'n' * 190}{i}}}}}" for i in range(2000))
            + f", {{relu: {{from: {'n' * 189}m}}}}]\n",
            f"from: there is no layer '{'n' * 39}…'",
        ),
        (HEAD + f"layers: [{{relu: {{from: {'x' * 9000}}}}}]\n", f"from: there is no layer '{'x' * 39}…'"),
        (HEAD + f"layers: [{{{'x' * 900}: 3}}]\n", f"unknown layer '{'x' * 39}…'"),
        (HEAD + f"layers: [{{conv: {{channels: [{'3, ' * 9000}]}}}}]\n", "channels: a list of 9,000, where"),
        (
            HEAD + f"layers: [{', '.join(f'{{relu: {{name: n{i}, from: n{(i + 1) % 999}}}}}' for i in range(999))}]",
            "a cycle: n0 → n998 →",
        ),
    ],
    ids=range(18),
)  # fmt: skip
def test_a_hostile_text_is_refused_in_a_few_words(text: str, said: str) -> None:
    found = faults(text)
    assert said in found[0][2], found[0]
    assert all(len(message) < 1300 for _, _, message in found)


# --- random specs


JUNK = st.sampled_from(
    [None, True, False, 0, 1, 3, -1, -2, 10**30, 10**29, 1.5, "", "X", "X/2", "X - 5", "(K - 1)/2", "1/0", "1/K", "a",
     "a*32", "foo", "conv3-64", "a/b", "a\nb", "é🙂", "x" * 300,
     [], [3], [1, 2], [[1, 2], 3], {}, {"a": 1}, {"conv": 3},
     "same", "linear", "3/2", "conv1", "image", "relu1"]
)  # fmt: skip
SIZE = st.sampled_from([1, 1, 2, 3, 3, 4, 8, "K", "X", "2*K", "floor(X/2)"])
WORD = st.sampled_from(["conv3-8", "relu", "maxpool", "FC-5", "conv1-4", "lrn", "flatten", "soft-max", "batch_norm"])


@st.composite
def long_forms(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(sorted(LAYERS)))
    fields = {f.name: SIZE | JUNK for f in layer_fields(LAYERS[kind]) if f.name == "channels" or draw(st.booleans())}
    optional = {
        "name": st.sampled_from(["n1", "n2", "x/y"]),
        "from": st.sampled_from(["image", "conv1", "n1", ["conv1", "relu1"], ["image", "image"]]),
        "shares": st.sampled_from(["conv1", "n1", "fc1"]),
    }
    return {kind: draw(st.fixed_dictionaries(fields, optional=optional))}


ENTRIES = st.recursive(
    WORD | long_forms(),
    lambda inner: st.fixed_dictionaries({"stage": st.sampled_from(["a", "b"]), "layers": st.lists(inner, max_size=3)}),
    max_leaves=6,
)
SHAPES = st.sampled_from([["N", 3, "X", "X"], ["N", 4, "X"], ["N", 8], ["N", 3, "32*q", "32*q"], ["K", 3, "N", "N"]])
BODY = st.one_of(
    st.fixed_dictionaries({"layers": st.lists(ENTRIES, min_size=1, max_size=5)}),
    st.lists(st.sampled_from(["conv3-8 | conv3-4", "maxpool", "FC-3", " | relu", "foo", "conv3-0 | relu"]), max_size=4)
    .map(lambda rows: {"table": "\n".join(["A | B", *rows])}),
)  # fmt: skip
REST = st.fixed_dictionaries(
    {},
    optional={
        "symbols": st.just({"K": "kernel", "a": "multiplier"}),
        "usual": st.just({"X": 32}),
        "hidden": st.just({"conv": ["relu"], "FC": ["dropout"]}),
        "variants": st.sampled_from(
            [{"v": {"column": "A"}}, {"v": {"set": {"K": 3, "a": "1/2"}}}, {"v": {"head": ["FC-3"]}}]
        ),
    },
)


def places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, inner in items:
        yield (*path, step)
        yield from places(inner, (*path, step))


def mutated(data: Any, path: tuple[Any, ...], how: str, junk: Any) -> None:
    for step in path[:-1]:
        data = data[step]
    if how == "replaced":
        data[path[-1]] = junk
    elif how == "removed" or isinstance(data, list):
        del data[path[-1]]
    else:
        data[f"{path[-1]}s"] = data.pop(path[-1])


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), st.builds(lambda shape, body, rest: {"input": shape, **rest, **body}, SHAPES, BODY, REST))
def test_a_random_spec_is_a_network_or_has_faults_with_their_file_and_place(data: st.DataObject, made: Any) -> None:
    made = copy.deepcopy(made)
    for _ in range(data.draw(st.integers(0, 2), "mutations")):
        paths = list(places(made))
        if paths:
            how = data.draw(st.sampled_from(["replaced", "replaced", "removed", "renamed"]))
            mutated(made, data.draw(st.sampled_from(paths)), how, copy.deepcopy(data.draw(JUNK)))
    text = yaml.dump(made, Dumper=_Plain, sort_keys=False, allow_unicode=True)
    lines = text.splitlines()
    for found in _all_faults(text):
        assert found.file == "net.yaml"
        assert found.message
        assert 1 <= found.line <= len(lines) + 1
        assert 1 <= found.column <= len([*lines, ""][found.line - 1]) + 1
        assert len(str(found)) < 1400


class _Plain(yaml.SafeDumper):
    """Without aliases."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _all_faults(text: str) -> list[Fault]:
    found: list[Fault] = []
    try:
        read = parse_spec(text, "net.yaml")
    except SpecError as error:
        return list(error.faults)
    for variant in read.variants or [None]:
        try:
            read.network(variant)
        except SpecError as error:
            found += error.faults
    return found


def test_faults_are_the_same_under_every_hash_seed() -> None:
    """And the network that a good spec becomes."""
    code = (
        "import sys; from pathlib import Path; from symconv.readers.spec import parse_spec\n"
        "for file in sorted(Path(sys.argv[1]).rglob('*.yaml')):\n"
        "    try:\n        net = parse_spec(file.read_text('utf-8').replace('▶', ''), file.name).network()\n"
        "        print(net, [n.name for n in net.nodes], net.cost('macs'), net.domain)\n"
        "    except Exception as error: print(error)\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code, str(SPECS)],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(SPECS.parents[1])},
            capture_output=True, text=True, check=True, encoding="utf-8",
        ).stdout
        for seed in ("0", "1", "77")
    }  # fmt: skip
    assert len(outputs) == 1
    assert "did you mean" in outputs.pop()
