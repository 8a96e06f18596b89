"""Bundled networks are found by name from any folder, files by path; what is neither is said with what there is."""

from __future__ import annotations

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
import yaml

from symconv.errors import SpecError, SymconvError
from symconv.readers import catalogue
from symconv.readers.catalogue import bundled, load, published

SPEC = "input: [N, 3, X, X]\nlayers: [conv3-8]\nvariants:\n  small: {}\n"
TABLE = "input: [N, 3, X, X]\ntable: |\n  A | B\n  conv3-8 | conv3-16\n"


def said(source: str | Path, variant: str | None = None) -> str:
    with pytest.raises(SymconvError) as caught:
        load(source, variant)
    return str(caught.value)


# --- bundled


def test_every_bundled_name_loads_a_network_of_that_title_and_no_name_comes_twice() -> None:
    names = [name for name, _ in bundled()]
    assert len(names) == len(set(names))
    for name in names:
        assert load(name).name == name


def test_table_1_has_its_six_columns_and_torchvisions_names_beside_them() -> None:
    names = [name for name, _ in bundled()]
    columns = [name.removeprefix("vgg/") for name in names if name.startswith("vgg/")]
    assert columns == ["A", "A-LRN", "B", "C", "D", "E"]
    assert {"vgg11", "vgg13", "vgg16", "vgg19", "vgg16_bn", "alexnet"} <= set(names)


def test_every_bundled_spec_names_its_paper_its_usual_values_and_published_figures_with_their_source() -> None:
    for name, spec in bundled():
        assert isinstance(spec.model.paper, dict)
        assert {"title", "authors", "year"} <= spec.model.paper.keys(), name
        assert spec.model.usual, name
        assert "source" in published(spec, name), name


def test_the_figures_that_a_bundled_spec_states_are_the_networks() -> None:
    for name, spec in bundled():
        net, figures = load(name), published(spec, name)
        params, macs = net.evaluate("params", **net.usual), net.evaluate("macs", **net.usual)
        for key, value in figures.items():
            stated = {
                "params": params,
                "params_millions": round(params / 10**6),
                "gmacs": round(macs / Fraction(10**9), 3),
            }
            assert key == "source" or value == stated[key], (name, key)


def test_a_bundled_network_that_torchvision_has_too_has_the_figures_measured_there() -> None:
    measured = json.loads((Path(__file__).parents[1] / "truth" / "torchvision.json").read_text("utf-8"))
    names = [name for name, _ in bundled() if name in measured]
    assert {"alexnet", "vgg11", "vgg13", "vgg16", "vgg19", "vgg16_bn"} <= set(names)
    for name in names:
        net, truth = load(name), measured[name]
        assert net.evaluate("params", **net.usual) == truth["params"], name
        for at, figures in truth["at"].items():
            values = {key: int(value) for key, value in (pair.split("=") for pair in at.split(","))}
            assert net.evaluate("macs", **values) == figures["macs"], (name, at)


def test_a_family_loads_by_its_name_in_any_capitals_and_a_variant_may_have_usual_values_of_its_own() -> None:
    assert load("mobilenetv2").name == load("MobileNetV2").name == "MobileNetV2"
    assert load("efficientnet_b0").usual == {"X": 224, "N": 1}
    assert load("efficientnet_b7").usual == {"X": 600, "N": 1}


def test_a_bundled_name_loads_from_any_folder(tmp_path: Path) -> None:
    code = "from symconv.readers import load; print(load('vgg16').cost('params'))"
    root = Path(catalogue.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(root)!r}); {code}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "138357544"


def test_the_family_may_be_written_in_capitals_and_its_column_given_apart() -> None:
    assert load("VGG/D").name == load("vgg/D").name == load("vgg", "D").name == load("VGG", variant="D").name == "vgg/D"


@pytest.mark.parametrize(
    ("source", "variant", "words"),
    [
        ("vgg", None, "vgg has several networks, name one of them: vgg/A, vgg/A-LRN, vgg/B"),
        ("vgg/d", None, "there is no model vgg/d: did you mean vgg/D?"),
        ("vgg/Z", None, "there is no model vgg/Z: did you mean vgg/"),
        ("vgg16bn", None, "did you mean vgg16_bn?"),
        ("vgg16:D", None, "there is no model vgg16:D: did you mean vgg16?"),
        ("vgg16", "D", "vgg16 is one network, and has no variant D"),
        ("vgg/D", "E", "vgg/D is one network, and has no variant E"),
        ("vgg", "Q", "vgg.yaml has no variant Q: it has A, A-LRN, B, C, D, E"),
        ("alexnet/A", None, "there is no model alexnet/A: did you mean alexnet?"),
        ("nothing like it", None, "there is no model nothing like it: bundled are alexnet, vgg,"),
        ("nothing like it", None, "(symconv zoo lists all); a file ends in .yaml"),
        ("", None, "there is no model '': bundled are"),
        (".", None, "there is no model .: bundled are"),
        ("/D", None, "there is no model /D: bundled are"),
        ("a\nb\x00", None, "there is no model 'a\\nb\\x00': bundled are"),
        ("x" * 5000, None, "there is no model 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…': bundled are"),
    ],
)
def test_an_unknown_name_is_said_with_the_nearest_or_with_what_there_is(
    source: str, variant: str | None, words: str
) -> None:
    message = said(source, variant)
    assert words in message
    assert len(message) < 400


# --- files


def test_a_file_is_loaded_by_its_path_and_its_networks_by_their_names(tmp_path: Path) -> None:
    table, spec = tmp_path / "a:b.yaml", tmp_path / "spec.YML"
    table.write_text(TABLE)
    spec.write_text(SPEC)
    assert load(f"{table}:B").output == load(table, "B").output == load(str(table), variant="B").output
    assert load(spec).name == "spec"
    assert load(f"{spec}:").name == "spec"
    assert load(f"{spec}:small").name == load(spec, "small").name == "small"


@pytest.mark.parametrize(
    ("suffix", "words"),
    [
        ("", "name one of them: A, B"),
        (":C", "has no variant C: it has A, B"),
        (":a", "has no variant a: did you mean A?"),
        (":A:B", "has no variant A:B: it has A, B"),
        (":" + "x" * 5000, "has no variant 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…': it has A, B"),
    ],
)
def test_an_unknown_network_of_a_file_is_said_with_those_that_it_has(tmp_path: Path, suffix: str, words: str) -> None:
    path = tmp_path / "table.yaml"
    path.write_text(TABLE)
    assert words in said(f"{path}{suffix}")


def test_a_single_network_has_no_variants(tmp_path: Path) -> None:
    path = tmp_path / "one.yaml"
    path.write_text("input: [N, 3, X, X]\nlayers: [relu]\n")
    assert said(f"{path}:A").endswith("one.yaml has no variant A: it has no variants")


def test_a_file_that_is_missing_or_ends_otherwise_is_said_as_such(tmp_path: Path) -> None:
    path = tmp_path / "spec.txt"
    path.write_text(SPEC)
    assert said(path).endswith("a file with a spec ends in .yaml or .yml")
    assert said(tmp_path / "none.yaml").endswith("none.yaml: there is no such file")
    assert "is a directory" in said(_folder(tmp_path / "folder.yaml"))
    assert "cannot be read" in said("x" * 5000 + ".yaml")


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def test_a_file_with_faults_raises_them_with_their_file(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("input: [N, 3, X, X]\nlayers: [rellu, con3-3]\n")
    with pytest.raises(SpecError) as caught:
        load(path)
    assert [(f.file, f.line, f.column) for f in caught.value.faults] == [(str(path), 2, 10), (str(path), 2, 17)]


def test_a_file_of_ones_own_may_have_a_bundled_name(tmp_path: Path) -> None:
    path = tmp_path / "vgg16.yaml"
    path.write_text(yaml.safe_dump({"input": ["N", 3, "X", "X"], "layers": ["conv3-8"]}))
    assert str(load(path).cost("params")) == "224"
