"""The JSON Schema says of a spec what its reader says: bundled specs pass, typical faults do not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

import symconv.readers.catalogue
from symconv.errors import SymconvError
from symconv.layer import LAYERS
from symconv.readers.schema import schema
from symconv.readers.spec import parse_spec

jsonschema = pytest.importorskip("jsonschema")

BUNDLED = sorted((Path(symconv.readers.catalogue.__file__).parents[2] / "specs").glob("*.yaml"))
TESTED = sorted((Path(__file__).parents[1] / "specs").glob("*.yaml"))
HEAD = "input: [N, 3, X, X]\n"


@pytest.fixture(scope="module")
def validator() -> Any:
    return jsonschema.Draft202012Validator(schema())


def test_it_is_a_valid_schema_of_draft_2020_12_in_plain_json() -> None:
    made = schema()
    assert made["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(made)
    assert json.loads(json.dumps(made)) == made
    assert json.dumps(made) == json.dumps(schema())


def test_every_reference_in_it_leads_somewhere() -> None:
    made = schema()
    text = json.dumps(made)
    names = {part.split('"')[0] for part in text.split('"#/$defs/')[1:]}
    assert names == names & made["$defs"].keys()
    assert set(LAYERS) <= names


def test_every_layer_is_in_it_with_its_fields_and_a_description() -> None:
    definitions = schema()["$defs"]
    for kind, cls in LAYERS.items():
        assert {"name", "from", "shares"} <= definitions[kind]["properties"].keys()
        assert definitions[kind]["description"] == (cls.__doc__ or "").splitlines()[0]
        assert definitions[kind]["additionalProperties"] is False


@pytest.mark.parametrize("file", [*BUNDLED, *TESTED], ids=lambda file: file.stem)
def test_good_specs_pass(file: Path, validator: Any) -> None:
    errors = [error.message for error in validator.iter_errors(yaml.safe_load(file.read_text("utf-8")))]
    assert errors == []


#: Faults of form: what an editor can know without doing arithmetic.
BAD = {
    "no input": "layers: [relu]\n",
    "no layers": HEAD,
    "two inputs": HEAD + "inputs: {a: [N]}\nlayers: [relu]\n",
    "layers and a table": HEAD + "layers: [relu]\ntable: A\n",
    "a list": "- relu\n",
    "a text": "relu\n",
    "an unknown field": HEAD + "layers: [relu]\nlayerz: 3\n",
    "an unknown layer": HEAD + "layers: [{konv: {channels: 3}}]\n",
    "an unknown field of a layer": HEAD + "layers: [{conv: {channels: 3, kernal: 3}}]\n",
    "a missing field of a layer": HEAD + "layers: [{conv: {kernel: 3}}]\n",
    "a negative kernel": HEAD + "layers: [{conv: {channels: 3, kernel: -1}}]\n",
    "a stride of zero": HEAD + "layers: [{conv: {channels: 3, stride: 0}}]\n",
    "no channels": HEAD + "layers: [{conv: 0}]\n",
    "a fraction of a kernel": HEAD + "layers: [{conv: {channels: 3, kernel: 1.5}}]\n",
    "true for a size": HEAD + "layers: [{conv: {channels: true}}]\n",
    "a map for a size": HEAD + "layers: [{conv: {channels: {a: 1}}}]\n",
    "a list for one size": HEAD + "layers: [{conv: {channels: [3, 3]}}]\n",
    "an empty list of sizes": HEAD + "layers: [{conv: {channels: 3, kernel: []}}]\n",
    "null for a size": HEAD + "layers: [{conv: {channels: 3, kernel: null}}]\n",
    "a text for a bias": HEAD + "layers: [{conv: {channels: 3, bias: 'no'}}]\n",
    "a scale of zero": HEAD + "layers: [{upsample: {scale: 0}}]\n",
    "a number as a layer": HEAD + "layers: [3]\n",
    "null as a layer": HEAD + "layers: [null]\n",
    "two layers in one entry": HEAD + "layers: [{relu: , conv: 3}]\n",
    "fields beside the layer": HEAD + "layers: [{conv: , channels: 3}]\n",
    "a stage without layers": HEAD + "layers: [{stage: a}]\n",
    "a stage without a name": HEAD + "layers: [{layers: [relu]}]\n",
    "a bad layer in a stage": HEAD + "layers: [{stage: a, layers: [{stage: b, layers: [{konv: 3}]}]}]\n",
    "a bad layer that is hidden": HEAD + "layers: [relu]\nhidden: {conv: [{konv: 3}]}\n",
    "a bad layer in a head": HEAD + "table: A\nvariants: {A: {head: [{konv: 3}]}}\n",
    "a map for layers": HEAD + "layers: {relu: 3}\n",
    "a number for a table": HEAD + "table: 3\n",
    "an unknown role": HEAD + "layers: [relu]\nsymbols: {K: kernal}\n",
    "a list for symbols": HEAD + "layers: [relu]\nsymbols: [K]\n",
    "a fraction in a shape": "input: [N, 1.5]\nlayers: [relu]\n",
    "a map in a shape": "input: [N, {a: 1}]\nlayers: [relu]\n",
    "null for a variant": HEAD + "layers: [relu]\nvariants: {a: }\n",
    "true for a setting": HEAD + "layers: [relu]\nsymbols: {K: kernel}\nvariants: {a: {set: {K: true}}}\n",
    "a fraction for a usual value": HEAD + "layers: [relu]\nusual: {X: 1.5}\n",
    "a number for a name": HEAD + "layers: [{relu: {name: 3}}]\n",
    "a number for a source": HEAD + "layers: [relu, {relu: {from: [relu1, 3]}}]\n",
}  # fmt: skip


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_a_typical_fault_passes_neither_the_schema_nor_the_reader(text: str, validator: Any) -> None:
    assert not validator.is_valid(yaml.safe_load(text))
    with pytest.raises(SymconvError):
        _read(text)


def _read(text: str) -> None:
    spec = parse_spec(text)
    for variant in spec.variants or [None]:
        spec.network(variant)


@pytest.mark.parametrize(
    "entry",
    [
        "conv3-64", "relu", "{relu: }", "{relu: {}}", "{conv: 64}", "{conv: C}",
        "{conv: {channels: 2*C, kernel: [3, K]}}",
        "{conv: {channels: 3, padding: same}}", "{conv: {channels: 3, padding: [[0, 1], 2]}}", "{pad: -1}",
        "{max_pool: {kernel: 2, stride: null}}", "{upsample: {scale: 1.5}}", "{upsample: {size: [4, X]}}",
        "{stage: a, layers: [relu, {stage: b, layers: []}]}",
        "{relu: {name: a, from: image}}", "{relu: {from: [image]}}",
    ],
)  # fmt: skip
def test_what_the_reader_takes_the_schema_takes(entry: str, validator: Any) -> None:
    text = f"input: [N, C, X, X]\nsymbols: {{K: kernel}}\nlayers: [{entry}, relu]\n"
    parse_spec(text).network()
    assert [e.message for e in validator.iter_errors(yaml.safe_load(text))] == []
