"""Certificates: what they hold, that one holds, and that any change of one is found."""

from __future__ import annotations

import copy
import hashlib
import json
import sys

import numpy as np
import pytest
from command import run
from hypothesis import given
from hypothesis import strategies as st
from readers.onnx.graphs import model, node, saved

import symconv as sc
from symconv.certificates import certificate_of, check_certificate, origin_of, parse_certificate
from symconv.errors import CertificateError
from symconv.verifying import Point, Report

SMALL = "input: [N, 3, X, X]\nlayers: [conv3-8, relu, maxpool, conv3-16, relu, FC-10]"


def signed(content: dict) -> str:
    """The text of a certificate whose digest fits what it says: the work of somebody who knows how it is made."""
    rest = {k: v for k, v in content.items() if k != "digest"}
    said = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return json.dumps({**rest, "digest": hashlib.sha256(said.encode()).hexdigest()})


@pytest.fixture(scope="module")
def small() -> dict:
    net = sc.parse_spec(SMALL).network()
    return json.loads(sc.certify(net, at=[{"N": 1, "X": 8}, {"N": 2, "X": 13}]).text())


def refused(text: str, source=None) -> str:
    with pytest.raises(CertificateError) as caught:
        check_certificate(parse_certificate(text), source)
    return str(caught.value)


def test_a_certificate_has_the_closed_forms_the_domain_and_the_runs(small) -> None:
    # conv3-8: 27·8 a point, conv3-16: 72·16 a quarter of them, FC-10: 16·⌊X/2⌋² features.
    assert small["formulas"]["macs"] == "N*(1312*floor(X/2)^2 + 216*X^2)"
    assert small["formulas"]["params"] == "160*floor(X/2)^2 + 1402"
    assert small["domain"] == "X >= 2, N >= 1"
    assert [r["at"] for r in small["runs"]] == [{"N": 1, "X": 8}, {"N": 2, "X": 13}]
    assert [r["macs"] for r in small["runs"]] == [1312 * 16 + 216 * 64, 2 * (1312 * 36 + 216 * 169)]
    assert {r["by"] for r in small["runs"]} == {"loops"}
    assert small["model"]["name"] == "spec"
    assert (small["certificate"], small["symconv"]) == (1, sc.__version__)


def test_a_certificate_holds_without_what_ran_the_model(small, monkeypatch) -> None:
    for name in ("torch", "onnx", "onnxruntime", "keras"):
        monkeypatch.setitem(sys.modules, name, None)
    checked = check_certificate(parse_certificate(json.dumps(small)))
    assert checked.network is not None
    assert str(checked.network.cost("macs")) == "N·(1312·⌊X/2⌋² + 216·X²)"


def test_the_same_model_makes_the_same_file() -> None:
    made = [sc.certify(sc.parse_spec(SMALL).network(), at=[{"N": 1, "X": 8}]).text() for _ in range(2)]
    assert made[0] == made[1]


def test_what_is_written_is_read_as_it_was(small, tmp_path) -> None:
    certificate = parse_certificate(json.dumps(small))
    certificate.save(tmp_path / "small.cert.json")
    assert sc.check_certificate(tmp_path / "small.cert.json").certificate == certificate


# -- changed by somebody ---------------------------------------------------------------------------------------------


def test_an_edit_is_found_by_the_digest_where_nothing_else_shows_it(small) -> None:
    edited = copy.deepcopy(small)
    edited["model"]["source"] = "another"
    assert refused(json.dumps(edited)) == (
        "the certificate of spec does not hold: it was edited: its digest is that of another content"
    )


def test_a_changed_formula_is_found_whoever_signs_it(small) -> None:
    edited = copy.deepcopy(small)
    edited["formulas"]["macs"] = "N*(1312*floor(X/2)^2 + 217*X^2)"
    said = refused(signed(edited))
    assert "macs is N*(1312*floor(X/2)^2 + 217*X^2) in it, and N*(1312*floor(X/2)^2 + 216*X^2) by its layers" in said
    assert "macs at N = 1, X = 8 is 34816 in it, and its formula gives 34880" in said


def test_a_formula_that_is_right_at_the_sizes_of_the_runs_alone_is_found(small) -> None:
    edited = copy.deepcopy(small)
    edited["formulas"]["activations"] += " + (X - 8)*(X - 13)"
    assert "activations is" in refused(signed(edited))


def test_a_formula_that_is_written_otherwise_and_equal_holds(small) -> None:
    edited = copy.deepcopy(small)
    edited["formulas"]["macs"] = "216*N*X*X + 1312*N*floor(X/2)*floor(X/2)"
    edited["domain"] = small["domain"]
    assert check_certificate(parse_certificate(signed(edited))).certificate.formulas["macs"].startswith("216*N")


def test_a_changed_size_is_found(small) -> None:
    edited = copy.deepcopy(small)
    edited["runs"][0]["at"]["X"] = 10
    assert "macs at N = 1, X = 10 is 34816 in it, and its network gives 54400" in refused(signed(edited))
    edited["runs"][0]["at"]["X"] = 1
    assert "the run at N = 1, X = 1 is at no size that it is valid for" in refused(signed(edited))
    del edited["runs"][0]["at"]["X"]
    assert "macs at N = 1 is 34816 in it, and its network gives none" in refused(signed(edited))


def test_a_changed_figure_is_found(small) -> None:
    edited = copy.deepcopy(small)
    edited["runs"][1]["figures"]["params"] += 1
    assert "params at N = 2, X = 13 is 7163 in it, and its network gives 7162" in refused(signed(edited))


def test_a_changed_figure_of_the_run_is_found(small) -> None:
    for change in (1, -1):
        edited = copy.deepcopy(small)
        edited["runs"][0]["macs"] += change
        assert "the run at N = 1, X = 8 showed" in refused(signed(edited))


def test_a_changed_domain_a_missing_condition_and_another_shape_are_found(small) -> None:
    for field, value in (("domain", "X >= 1, N >= 1"), ("conditions", []), ("output", ["N", 11]), ("symbols", ["X"])):
        edited = {**copy.deepcopy(small), field: value}
        assert "in it, and" in refused(signed(edited)), field
    edited = copy.deepcopy(small)
    edited["inputs"]["image"][1] = 4
    assert "input 1 is N×4×X×X in it, and N×3×X×X by its layers" in refused(signed(edited))


def test_another_network_under_the_same_formulas_is_found(small) -> None:
    edited = copy.deepcopy(small)
    edited["network"] = edited["network"].replace("16", "17")
    assert "by its layers" in refused(signed(edited))
    edited["network"] = "layers: [conv3-8"
    assert "the certificate of spec does not hold: its network:" in refused(signed(edited))


def test_without_a_network_the_formulas_are_evaluated_all_the_same(small) -> None:
    edited = copy.deepcopy(small)
    edited["network"] = None
    assert check_certificate(parse_certificate(signed(edited))).network is None
    edited["formulas"]["params"] = "161*floor(X/2)^2 + 1402"
    assert "params at N = 1, X = 8 is 3962 in it, and its formula gives 3978" in refused(signed(edited))
    del edited["formulas"]["params"]
    assert "it has no formula of params" in refused(signed(edited))


def leaves(value, path=()):
    """Every number and text of a certificate, by its path."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return [leaf for key, part in items for leaf in leaves(part, (*path, key))]
    return [(path, value)]


@given(st.data())
def test_no_single_change_is_missed(small, data) -> None:
    path, old = data.draw(st.sampled_from([leaf for leaf in leaves(small) if leaf[0] != ("digest",)]))
    edited = copy.deepcopy(small)
    place = edited
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = (
        not old if isinstance(old, bool) else old + data.draw(st.integers(1, 9)) if isinstance(old, int) else f"{old}x"
    )
    with pytest.raises(CertificateError):
        check_certificate(parse_certificate(json.dumps(edited)))


# -- files that are none -----------------------------------------------------------------------------------------------


def test_a_file_that_is_cut_off_is_told_where(small) -> None:
    text = json.dumps(small, indent=1)
    lines = text[: len(text) // 2].rstrip().splitlines()
    with pytest.raises(CertificateError, match=r"half.json:\d+:\d+: it is cut off"):
        parse_certificate("\n".join(lines[:-1]), "half.json")


def test_every_beginning_of_a_file_is_refused(small) -> None:
    text = json.dumps(small)
    for end in range(0, len(text) - 1, 37):
        with pytest.raises(CertificateError):
            parse_certificate(text[:end])


def test_a_later_version_is_told(small) -> None:
    with pytest.raises(CertificateError, match="made by a later version \\(format 2 of certificates, and symconv "):
        parse_certificate(json.dumps({**small, "certificate": 2, "new": 1}))
    with pytest.raises(CertificateError, match=r"was made by symconv 99\.1, and this is .*: pip install -U symconv"):
        parse_certificate(json.dumps({**small, "symconv": "99.1"}))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no certificate"),
        ("[]", "is no certificate: symconv certify MODEL"),
        ("{}", "is no certificate: symconv certify MODEL"),
        ('{"certificate": 1}', "field required"),
        ('{"certificate": 1, "certificate": 1}', "'certificate' twice"),
        ('{"certificate": "1"}', "certificate: input should be a valid integer"),
        ("[" * 100_000, "is no certificate"),
        ('{"certificate": ' + "9" * 5000 + "}", "is no certificate"),
        ('{"certificate": NaN}', "certificate: input should be a valid integer"),
    ],
)
def test_what_is_no_certificate_is_told(text: str, said: str) -> None:
    with pytest.raises(CertificateError, match=said):
        parse_certificate(text)


def test_a_file_that_cannot_be_read_is_told(tmp_path) -> None:
    for name, data in (("none.json", None), ("bytes.json", b"\xff\xfe")):
        if data is not None:
            (tmp_path / name).write_bytes(data)
        with pytest.raises(CertificateError, match=name):
            check_certificate(tmp_path / name)


# -- of which model ----------------------------------------------------------------------------------------------------


def test_a_certificate_of_another_model_is_told(small) -> None:
    text = json.dumps(small)
    said = refused(text, sc.parse_spec(SMALL.replace("FC-10", "FC-11")).network())
    assert said.startswith("the certificate is of spec, and not of spec: macs is N*(1312*floor(X/2)^2 + 216*X^2) in it")
    assert "more" in said
    again = check_certificate(parse_certificate(text), sc.parse_spec(SMALL).network())
    assert again.model == "spec"


def test_a_file_is_known_by_its_bytes(tmp_path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(SMALL)
    certificate = sc.certify(str(path), at=[{"N": 1, "X": 8}])
    assert certificate.model.source == "mine.yaml"
    assert certificate.model.sha256 == hashlib.sha256(SMALL.encode()).hexdigest()
    assert check_certificate(certificate, str(path)).same_file is True
    path.write_text(SMALL + "\n# the same network\n")
    assert check_certificate(certificate, str(path)).same_file is False


def test_an_onnx_file_is_certified_by_its_runtime_and_checked_without_it(tmp_path) -> None:
    made = model(
        [node("Conv", "x w", "c", pads=[1, 1, 1, 1]), node("Relu", "c")],
        [("x", ["N", 3, "X", "X"])],
        weights={"w": np.zeros((4, 3, 3, 3), np.float32)},
    )
    path = saved(made, tmp_path / "net.onnx")
    certificate = sc.certify(path, at=[{"N": 2, "X": 7}], square=True)
    assert certificate.formulas["macs"] == "108*N*X^2"
    assert [(r.macs, r.by.split()[0]) for r in certificate.runs] == [(108 * 2 * 49, "onnxruntime")]
    assert check_certificate(certificate).network is not None
    assert check_certificate(certificate, path).same_file is True


@pytest.mark.torch
def test_a_module_is_certified_by_torch_and_checked_by_its_spec() -> None:
    from symconv.readers.torch.named import torchvision

    torchvision()
    certificate = sc.certify("torchvision:resnet18", square=True)
    assert all(r.by.startswith("torch 2.") and r.macs == r.figures["macs"] and not r.unseen for r in certificate.runs)
    assert len(certificate.runs) >= 3
    checked = check_certificate(parse_certificate(certificate.text()), "resnet18")  # the bundled spec
    assert checked.model == "resnet18"
    with pytest.raises(CertificateError, match="not of resnet34"):
        check_certificate(certificate, "resnet34")


# -- runs that do not agree ----------------------------------------------------------------------------------------


def test_a_run_that_disagrees_makes_no_certificate(tmp_path) -> None:
    from symconv.verifying import Disagreement

    net = sc.parse_spec(SMALL).network()
    wrong = Point({"N": 1, "X": 8}, tensors=1, wrong=[Disagreement("conv", "the shape", "1×8", "1×9", "1×9")])
    with pytest.raises(CertificateError, match="there is no certificate of spec: conv: the shape is 1×8 in the run"):
        certificate_of(Report(net, (wrong,), "loops"), origin_of(net, "spec"))
    failed = Point({"N": 1, "X": 8}, failed="too large")
    with pytest.raises(CertificateError, match="spec ran at none of the sizes: too large"):
        certificate_of(Report(net, (failed,), "loops"), origin_of(net, "spec"))


# -- the commands ----------------------------------------------------------------------------------------------------


def test_the_commands_write_a_certificate_and_check_it(tmp_path) -> None:
    path = tmp_path / "vgg.cert.json"
    made = run("certify", "vgg/D", "-o", str(path), "--at", "X=32,N=1")
    assert (made.code, made.err) == (0, f"wrote {path}\n")
    held = run("check-certificate", str(path), "--model", "vgg/D")
    assert held.code == 0
    assert "the certificate holds" in held.out
    other = run("check-certificate", str(path), "--model", "vgg/A")
    assert other.code == 1
    assert other.err.startswith("symconv: the certificate is of vgg/D, and not of vgg/A: macs is")
    data = json.loads(run("check-certificate", str(path), "-f", "json").out)
    assert data["model"]["name"] == "vgg/D"


def test_wrong_calls_are_told(tmp_path) -> None:
    assert run("certify", "vgg/D", "-o", "x.txt").code == 2
    assert run("certify", "vgg/Z", "-o", str(tmp_path / "x.json")).code == 1
    assert run("certify", "vgg/D", "-o", str(tmp_path / "x.json"), "--at", "X=1,N=1").code == 1
    assert not list(tmp_path.iterdir())
    missing = run("check-certificate", str(tmp_path / "none.json"))
    assert missing.code == 1
    assert "none.json cannot be read: No such file or directory" in missing.err
