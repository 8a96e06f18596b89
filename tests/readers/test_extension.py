"""A user's own layer, from a file of theirs, is a layer like any other; a file that is none leaves nothing behind."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from symconv.errors import SymconvError
from symconv.layer import LAYERS
from symconv.readers.extension import load_layers
from symconv.readers.schema import ENTRIES, schema
from symconv.readers.spec import parse_spec

HEAD = "from symconv.layer import *\nfrom symconv.count import Count\n"
SCALE = (
    HEAD
    + '''
@layer("scale")
class Scale(Layer):
    """Multiplies every channel by a weight of its own."""

    factor: Positive = 1
    copy: bool = False
    model_dim: float = 1.5

    def parameters(self, image):
        return (weight("weight", image.channels),)

    def work(self, image, out):
        return Count(mul=out.elements * self.factor)
'''
)


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    before, modules = dict(LAYERS), set(sys.modules)
    yield
    LAYERS.clear()
    LAYERS.update(before)
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def write(folder: Path, text: str, name: str = "mine.py") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def said(path: Path | str) -> str:
    before, modules = dict(LAYERS), set(sys.modules)
    with pytest.raises(SymconvError) as caught:
        load_layers(path)
    assert before == LAYERS
    assert not any(name.startswith("symconv_layers") for name in set(sys.modules) - modules)
    return str(caught.value)


def test_a_layer_of_ones_own_stands_in_specs_and_in_the_schema(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # fields named as attributes of pydantic's models are no matter
        assert load_layers(write(tmp_path, SCALE)) == ["scale"]
        text = "input: [N, C, X, X]\nlayers: [scale, scale-3, {scale: {factor: C, copy: true, model_dim: 2.5}}]\n"
        net = parse_spec(text).network()
    assert [node.name for node in net.nodes] == ["scale1", "scale2", "scale3"]
    assert str(net.cost("params")) == "3·C"
    assert str(net.node("scale3").count) == "N·C²·X² mul"
    assert (net.node("scale3").layer.copy, net.node("scale3").layer.model_dim) == (True, 2.5)  # type: ignore[attr-defined]
    own = {"name", "from", "shares", "training", "parameters", "times", "factor", "copy", "model_dim"}
    assert set(schema()["$defs"]["scale"]["properties"]) == own


def test_its_fields_are_checked_as_those_of_any_other(tmp_path: Path) -> None:
    load_layers(write(tmp_path, SCALE))
    with pytest.raises(SymconvError) as caught:
        parse_spec(
            "input: [N, 3, X, X]\nlayers: [{scale: {factr: 0}}, {scal: 3}, {scale: {factor: 0, model_dim: true}}]\n"
        ).network()
    for words in (
        "factr (did you mean factor?)",
        "scal (did you mean scale?)",
        "factor: 0, where",
        "model_dim: true, where a number",
    ):
        assert words in str(caught.value)


def test_the_same_file_may_be_read_twice_and_two_files_of_one_name_are_two(tmp_path: Path) -> None:
    first = write(tmp_path / "a", SCALE)
    second = write(tmp_path / "b", SCALE.replace('"scale"', '"other"'))
    assert load_layers(first) == load_layers(first) == ["scale"]
    assert load_layers(second) == ["other"]
    clash = write(tmp_path / "c", SCALE)
    assert said(clash).startswith(f"{clash}:4: a layer called scale exists already")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = (\n", ":1: SyntaxError: '(' was never closed"),
        ("\n\n1/0\n", ":3: ZeroDivisionError: division by zero"),
        ("def f():\n    raise KeyError('a')\nf()\n", ":2: KeyError: 'a'"),
        ("import sys\nsys.exit(3)\n", ":2: SystemExit: 3"),
        ("import no_such_module\n", ":1: ModuleNotFoundError: No module named 'no_such_module'"),
        ("x = 1\n", ': no layer is registered: a class under @layer("name") is wanted'),
        (SCALE.replace('"scale"', '"conv"'), ":4: a layer called conv exists already, in symconv.layers.conv"),
        (SCALE.replace('"scale"', '"my scale"'), ": 'my scale' is no name for a layer: a word such as deform_conv"),
        (SCALE.replace('"scale"', '"stage"'), ": 'stage' is no name for a layer"),
        (SCALE.replace("copy:", "name:"), ": scale: every layer of a spec has name already, call the field otherwise"),
        (SCALE.replace("copy: bool", "copy: Layer"), ": scale: a field has a type that a spec cannot give: sizes such"),
        (SCALE.replace("copy: bool", "copy: 'Nothing'"), ": scale: its fields cannot be read: name 'Nothing' is not"),
        (SCALE + "\n1/0\n", ":18: ZeroDivisionError"),
    ],
)
def test_a_file_that_fails_says_its_line_and_leaves_no_layer_behind(tmp_path: Path, text: str, words: str) -> None:
    path = write(tmp_path, text)
    assert said(path).startswith(f"{path}{words}")


def test_the_line_is_known_for_a_path_from_here_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "\n\n1/0\n")
    monkeypatch.chdir(tmp_path)
    assert said("mine.py") == "mine.py:3: ZeroDivisionError: division by zero"
    assert said(f".{os.sep}mine.py").endswith("mine.py:3: ZeroDivisionError: division by zero")


@pytest.mark.parametrize("kind", ENTRIES)
def test_a_layer_cannot_have_the_name_of_what_a_list_of_layers_has_besides(tmp_path: Path, kind: str) -> None:
    text = SCALE.replace('@layer("scale")', f'@layer("{kind}")')
    assert f"'{kind}' is no name for a layer" in said(write(tmp_path, text))


def test_what_is_no_file_of_python_is_said_as_such(tmp_path: Path) -> None:
    assert said(tmp_path / "none.py").endswith("none.py: there is no such file of layers")
    assert said(tmp_path).endswith("there is no such file of layers")
    assert said(write(tmp_path, SCALE, "mine.txt")).endswith(
        "mine.txt: a file of layers is Python, its name ends in .py"
    )
    (tmp_path / "bytes.py").write_bytes(b"\xff\xfe")
    assert "SyntaxError" in said(tmp_path / "bytes.py")


def test_an_interrupt_is_not_swallowed(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        load_layers(write(tmp_path, "raise KeyboardInterrupt\n"))
