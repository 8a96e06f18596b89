"""Bundled networks are found by name from any folder, files by path; what is neither is said with what there is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from symconv.errors import SpecError, SymconvError
from symconv.readers import catalogue
from symconv.readers.catalogue import bundled, family, find, load, members, published, settled

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
    for name, spec in bundled():
        assert load(name).name in (name, spec.name)


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
        figures = published(spec, name)
        assert not figures or figures["source"], name


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
        ("my.yaml:D", "E", "my.yaml:D is one network, and has no variant E"),
        ("my.onnx", "E", "my.onnx is one network, and has no variant E"),
        ("torchvision:resnet18", "E", "torchvision:resnet18 is one network, and has no variant E"),
        ("keras:ResNet50", "E", "keras:ResNet50 is one network, and has no variant E"),
        ("vgg", "Q", "vgg.yaml has no variant Q: it has A, A-LRN, B, C, D, E"),
        ("alexnet/A", None, "there is no model alexnet/A: did you mean alexnet?"),
        ("nothing like it", None, "there is no model nothing like it: bundled are alexnet, "),
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


# --- families


def test_a_name_is_found_with_its_spec_and_the_variant_that_it_is() -> None:
    for name, spec in bundled():
        found, variant = find(name)
        assert found is spec
        assert variant == (name.rpartition("/")[2] if name.rpartition("/")[2] in spec.variants else None)
        assert family(name) is spec
    assert find("resnet", "resnet18")[1] == "resnet18"


def test_a_variant_is_a_member_at_its_own_values_and_the_family_there_is_that_network() -> None:
    for own in ("resnet50", "resnet152", "wide_resnet50_2"):
        values = {n: v for n, v in settled(family("resnet"), own).items() if n in family("resnet").model.symbols}
        (member,) = (m for m in members("resnet", values) if m.exact)
        assert member.name == own
        one, other = load("resnet").substitute(**values), load(own)
        assert one.evaluate("params") == other.evaluate("params")
        assert one.evaluate("macs", X=225, N=2) == other.evaluate("macs", X=225, N=2)


def test_a_variant_with_other_arguments_is_no_member_that_the_family_can_be() -> None:
    found = {m.name: m for m in members("resnet", {"n1": 3, "n2": 4, "n3": 6, "n4": 3})}
    assert found["resnet34"].apart == {"block": "basic", "project": False}
    assert found["resnet50"].rest == {"w": 64}
    assert not found["resnet50"].apart
    assert not any(m.exact for m in found.values())


def test_values_that_no_variant_has_and_symbols_that_none_sets_find_nothing() -> None:
    assert members("resnet", {"n1": 2, "n2": 5}) == ()
    assert members("resnet", {"X": 224}) == ()
    assert members("resnet50", {"X": 224}) == ()
    assert members("alexnet", {"X": 224}) == ()


def test_what_a_variant_sets_by_an_expression_is_its_number(tmp_path: Path) -> None:
    spec = tmp_path / "f.yaml"
    spec.write_text(
        "input: [N, C, X, X]\nsymbols: {C: channels, D: channels}\nwith: {act: relu}\n"
        "layers: [{conv: {channels: D}}, act]\n"
        "variants:\n  a: {set: {C: 8, D: 3*C}}\n  b: {set: {C: 8, D: 2*X, act: gelu}}\n"
    )
    assert settled(family(str(spec)), "a") == {"C": 8, "D": 24}
    (a,) = members(spec, {"C": 8, "D": 24})
    assert (a.name, a.exact) == ("a", True)
    assert [(m.name, m.rest, m.apart) for m in members(spec, {"C": 8})] == [
        ("a", {"D": 24}, {}),
        ("b", {"D": "2*X"}, {"act": "gelu"}),
    ]


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
    assert said(path).endswith("a file ends in .yaml, .yml or .onnx")
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
