"""A convention of one's own weighs each primitive operation exactly, and a file that is none says why."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from symconv.count import CONVENTIONS, PRIMITIVES
from symconv.errors import SpecError
from symconv.readers.convention import read_convention
from symconv.readers.spec import parse_spec

NETWORK = "input: [N, 3, X, X]\nlayers: [conv3-8, maxpool]\n"


def read(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "energy.yaml"
    path.write_text(text, "utf-8")
    return path


def faults(tmp_path: Path, text: str) -> list[tuple[int, int, str]]:
    with pytest.raises(SpecError) as caught:
        read_convention(read(tmp_path, text))
    return [(f.line, f.column, f"{f.message} ({f.hint})" if f.hint else f.message) for f in caught.value.faults]


def test_weights_are_exact_and_what_is_not_named_has_the_weight_of_other(tmp_path: Path) -> None:
    path = read(tmp_path, "name: energy\ndescription: picojoules\nweights: {mac: 4.6, add: 1e-1, max: 0}\nother: 1/3\n")
    with pytest.raises(SpecError):
        read_convention(path)  # a fraction in YAML is a text
    path = read(tmp_path, "name: energy\ndescription: picojoules\nweights: {mac: 4.6, add: 1e-1, max: 0}\nother: 2\n")
    convention = read_convention(path)
    assert (convention.name, convention.description) == ("energy", "picojoules")
    assert convention.weights == {"mac": Fraction(23, 5), "add": Fraction(1, 10), "max": 0}
    assert convention.other == 2


def test_a_total_is_the_weighed_sum_of_the_primitive_operations(tmp_path: Path) -> None:
    convention = read_convention(read(tmp_path, "name: energy\nweights: {mac: 0.5, add: 2}\n"))
    net = parse_spec(NETWORK).network()
    # 3·3·3·8 macs and 8 bias additions an output point of the convolution; the pool's comparisons weigh nothing.
    assert net.evaluate(convention, X=10, N=3) == 3 * 100 * (216 * Fraction(1, 2) + 8 * 2)


def test_every_primitive_operation_can_be_weighed(tmp_path: Path) -> None:
    weights = "".join(f"  {name}: {i}\n" for i, name in enumerate(PRIMITIVES))
    convention = read_convention(read(tmp_path, f"name: all\nweights:\n{weights}"))
    assert list(convention.weights) == list(PRIMITIVES)


def test_several_faults_are_said_at_once_each_with_its_place_and_what_is_accepted(tmp_path: Path) -> None:
    text = (
        "name: 5\nweight: {}\nweights:\n  macc: 1\n  add: -2\n  max: heavy\n  exp: true\n  log: [1]\n  zzz: 1\nother:\n"
    )
    assert faults(tmp_path, text) == [
        (1, 7, "name: 5, where a name is accepted"),
        (2, 1, "unknown field weight (did you mean weights?)"),
        (4, 3, "macc is no primitive operation (did you mean mac?)"),
        (5, 8, "add: -2, where a number from 0 on is accepted"),
        (6, 8, "max: 'heavy', where a number from 0 on is accepted"),
        (7, 8, "exp: true, where a number from 0 on is accepted"),
        (8, 8, "log: [1], where a number from 0 on is accepted"),
        (9, 3, f"zzz is no primitive operation (they are {', '.join(list(PRIMITIVES)[:12])}, …)"),
        (10, 7, "other: nothing, where a number from 0 on is accepted"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- 1\n", "a convention is a map with a name and weights (such as weights: {mac: 2, add: 1})"),
        ("energy\n", "a convention is a map"),
        ("{}\n", "the field name is missing"),
        ("name: e\n", "the field weights is missing"),
        ("name: e\nweights: 3\n", "weights: 3, where a map is accepted"),
        ("name: macs\nweights: {}\n", "macs is a metric of symconv's own (give it another name)"),
        ("name: params\nweights: {}\n", "params is a metric of symconv's own"),
        ("name: ''\nweights: {}\n", "an empty name"),
        ("name: [a]\nweights: {}\n", "name: ['a'], where a name is accepted"),
        ("name: {a: 1}\nweights: {}\n", "name: a map, where a name is accepted"),
        ('name: "a\\nb"\nweights: {}\n', "the name 'a\\nb' has the character U+000A, which cannot be seen"),
        ("name: e\nweights: {mac: " + "9" * 31 + "}\n", "31 digits; at most 30 are accepted"),
    ],
)
def test_a_file_that_is_no_convention_says_why(tmp_path: Path, text: str, said: str) -> None:
    assert any(said in message for _, _, message in faults(tmp_path, text)), faults(tmp_path, text)


def test_the_names_of_symconvs_own_conventions_are_taken(tmp_path: Path) -> None:
    for name in CONVENTIONS:
        assert "symconv's own" in faults(tmp_path, f"name: {name}\nweights: {{mac: 1}}\n")[0][2]
