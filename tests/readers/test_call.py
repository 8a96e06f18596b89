"""The words of a call: what --at, --set and --metric accept, and what they refuse."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from command import SPECS
from hypothesis import given
from hypothesis import strategies as st

import symconv as sc
from symconv.count import Convention
from symconv.errors import CallError, DomainError, ShapeError, SymconvError
from symconv.readers.call import (
    assignments,
    fields,
    metric_named,
    metrics_named,
    numbers,
    put,
    refuse_settings,
    unrolled,
)
from symconv.readers.catalogue import find, load


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", {}),
        ("  ", {}),
        ("X=224,N=1", {"X": "224", "N": "1"}),
        (" X = 224 , N = 1 ", {"X": "224", "N": "1"}),
        ("X=max(q,32),N=gcd(a,min(b,c))", {"X": "max(q,32)", "N": "gcd(a,min(b,c))"}),
        ("X=32q", {"X": "32q"}),
        ("e3=4", {"e3": "4"}),
    ],
)
def test_values_are_read_between_the_commas(text: str, wanted: dict[str, str]) -> None:
    assert assignments(text) == wanted


@pytest.mark.parametrize("text", ["X", "X=", "=1", ",", "X=1,", "X=1,,N=2", "X=1,X=2"])
def test_anything_else_is_a_wrong_call(text: str) -> None:
    with pytest.raises(CallError, match="--at"):
        assignments(text)


@pytest.mark.parametrize("text", ["X=1e3", "X=2.5E4", "X=0xff", "X=2*1e3", "X=0x10+32", "X=max(32, 1e3)"])
def test_a_float_is_no_product_with_a_further_symbol(text: str) -> None:
    with pytest.raises(CallError, match=r"--at X=.*plain digits"):
        put(sc.load("vgg/D"), assignments(text))
    with pytest.raises(CallError, match=r"--at X=.*plain digits"):
        numbers(sc.load("vgg/D"), assignments(text))


@given(st.text(max_size=40))
def test_no_text_breaks_the_reading_of_values(text: str) -> None:
    net = sc.parse_spec(SPECS["two"]).network()
    try:
        values = assignments(text)
        put(net, values)
        numbers(net, values)
    except SymconvError:
        pass


def test_put_takes_numbers_expressions_and_further_symbols() -> None:
    net = sc.load("vgg/D")
    assert put(net, {}) is net
    assert put(net, {"X": "224", "N": "1"}).cost("macs") == 15470264320
    halved = put(net, {"X": "q/2"})
    assert [(c.text(), c.node) for c in halved.domain.conditions] == [
        ("q ≥ 64", "stage5/pool1"),
        ("2 divides q", "--at X=q/2"),
    ]
    assert halved.evaluate("macs", q=448, N=1) == 15470264320
    with pytest.raises(DomainError):
        halved.evaluate("macs", q=449, N=1)
    assert put(net, {"X": "N"}).evaluate("macs", N=224) == 224 * 15470264320


def test_what_is_usual_stays_so_for_the_symbols_that_are_left() -> None:
    net = sc.load("vgg/D")
    assert put(net, {"X": "448"}).usual == {"N": 1}
    assert put(net, {"X": "32q"}).usual == {"N": 1}
    assert net.usual == {"X": 224, "N": 1}


@pytest.mark.parametrize(
    ("given_values", "error"),
    [
        ({"Y": "3"}, CallError),
        ({"self": "3"}, CallError),
        ({"X": "(3"}, CallError),
        ({"X": "3 +"}, CallError),
        ({"X": "q/0"}, CallError),
        ({"X": "31"}, DomainError),
        ({"X": "3/2"}, DomainError),
        ({"X": "-q"}, ShapeError),
    ],
)
def test_what_cannot_be_put_is_refused(given_values: dict[str, str], error: type[SymconvError]) -> None:
    with pytest.raises(error):
        put(sc.load("vgg/D"), given_values)


def test_figures_need_numbers_and_a_multiplier_may_be_a_fraction() -> None:
    net = sc.parse_spec("input: [N, 3, X, X]\nsymbols: {w: multiplier}\nlayers: [{conv: floor(64*w)}]").network()
    assert numbers(net, {"X": "9", "w": "3/4"}) == {"X": 9, "w": Fraction(3, 4)}
    assert numbers(net, {"w": "0.5"}) == {"w": Fraction(1, 2)}
    for values in ({"X": "q"}, {"X": ""}, {"w": "v"}, {"Q": "3"}):
        with pytest.raises(CallError):
            numbers(net, values)
    for values in ({"X": "1/2"}, {"X": "2"}, {"w": "0"}):
        with pytest.raises(DomainError):
            numbers(net, values)


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ([], {}),
        (["groups=1"], {"groups": 1}),
        (["bias=false", "kernel=3,5"], {"bias": False, "kernel": [3, 5]}),
        (["kernel = K"], {"kernel": "K"}),
        (["padding=same"], {"padding": "same"}),
        (["kernel=max(3,K)"], {"kernel": "max(3,K)"}),
        (["kernel=-1"], {"kernel": -1}),
        (["scale=3/2"], {"scale": "3/2"}),
    ],
)
def test_fields_are_read_as_a_spec_would_say_them(changes: list[str], wanted: dict[str, object]) -> None:
    assert fields(changes) == wanted


@pytest.mark.parametrize("changes", [["groups"], ["groups="], ["=1"], ["a=1", "a=2"], [""]])
def test_a_field_without_a_value_or_given_twice_is_a_wrong_call(changes: list[str]) -> None:
    with pytest.raises(CallError, match="--set"):
        fields(changes)


def test_a_metric_is_a_name_or_a_file(tmp_path: Path) -> None:
    assert metric_named("macs") == "macs"
    with pytest.raises(CallError, match=r"did you mean params\?"):
        metric_named("parms")
    path = tmp_path / "c.YML"
    path.write_text("name: mine\nweights: {mac: 0.5}\n")
    made = metric_named(str(path))
    assert isinstance(made, Convention)
    assert made.weights == {"mac": Fraction(1, 2)}
    with pytest.raises(SymconvError, match="no such file"):
        metric_named(str(tmp_path / "absent.yaml"))


def test_several_metrics_are_taken_once_each(tmp_path: Path) -> None:
    assert metrics_named(["macs, params", "macs"]) == ["macs", "params"]
    path = tmp_path / "c.yaml"
    path.write_text("name: mine\nweights: {mac: 1}\n")
    with pytest.raises(CallError, match="no convention of your own"):
        metrics_named(["macs", str(path)])


# -- families ----------------------------------------------------------------------------------------------------------


def refused_of(source: str, **values: str) -> str:
    spec, variant = find(source)
    with pytest.raises(CallError) as caught:
        refuse_settings(spec.network(variant), values, spec, variant)
    return str(caught.value)


def test_an_argument_of_a_family_is_said_to_be_set_by_variants() -> None:
    assert refused_of("resnet", groups="32") == (
        "--at: groups is an argument of resnet, which a variant sets and --at does not: resnext50_32x4d, "
        "resnext101_32x8d, resnext101_64x4d set it (symconv zoo resnet says to what), and one in a spec of your own may"
    )
    assert "resnet18, resnet34 set it" in refused_of("resnet50", block="basic")


def test_a_symbol_that_the_variant_has_set_is_said_with_its_value() -> None:
    assert refused_of("resnet50", n1="3") == "--at: resnet50 is resnet with n1 = 3: give n1 to resnet itself"


def test_symbols_and_unknown_names_are_left_to_others() -> None:
    spec, variant = find("resnet")
    refuse_settings(spec.network(variant), {"n1": "3", "X": "224", "nonsense": "1"}, spec, variant)


def test_unrolling_keeps_the_usual_values_and_wants_a_number_of_rounds() -> None:
    assert unrolled(load("resnet50")).usual == {"X": 224, "N": 1}
    with pytest.raises(
        CallError, match=r"--unroll: layer1 has n1 rounds, .* \(--at n1=…,n2=…,n3=…,n4=… gives numbers\)"
    ):
        unrolled(load("resnet"))
