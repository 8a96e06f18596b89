"""A network as equations: names that are defined once, parts whose sum is the total, exact at every size."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cache
from pathlib import Path
from random import Random

import pytest
import sympy
from command import run
from witness.printed import printed_value

import symconv as sc
from symconv import Network
from symconv.cost import evaluate_cost, product, total_of
from symconv.errors import CallError
from symconv.extent import size_of
from symconv.layers import Conv, GlobalAvgPool, Linear, MaxPool
from symconv.notation import LATEX, MATHML, TEXT
from symconv.symbols import symbol
from symconv.sympy_bridge import to_sympy
from symconv.values import evaluate
from symconv.writers.equations import Equations, equations, expanded, write
from symconv.writers.formats.aligned import FORMATS
from symconv.writers.formats.breaking import broken
from writers.markup import html_faults, latex_faults, latex_value, mathml_value, typst_faults
from writers.papers import compiled, needs_tex, needs_typst, typst_pages

ONES = [
    "resnet50",
    "resnet",
    "vgg16",
    "alexnet",
    "vit",
    "swin",
    "gpt",
    "crnn",
    "densenet",
    "mobilenetv2",
    "llama",
    "unet",
]


@cache
def of(name: str, metric: str = "macs", depth: int = 1) -> Equations:
    return equations(sc.load(name), metric, depth=depth)


RANGES = {"X": (63, 700), "H": (32, 47), "W": (8, 200), "T": (1, 60), "T_max": (60, 90), "d": (8, 64), "C": (8, 64)}


def at_random(net: Network, rng: Random) -> dict[str, int]:
    """Values on the domain."""
    for _ in range(10_000):
        at = {name: rng.randint(*RANGES.get(name, (1, 4))) for name in net.symbols}
        try:
            net.at(at)
        except sc.SymconvError:
            continue
        return at
    raise AssertionError(f"no values for {net.name}")


def defined(found: Equations, net: Network, at: dict[str, int]) -> dict[str, Fraction]:
    """The values of all names, each definition evaluated in the order in which it is written."""
    values = dict(net.at(at))
    for d in found.definitions:
        values[d.symbol] = evaluate(d.size, values)
    return {s.name: Fraction(value) for s, value in values.items()}


@pytest.mark.parametrize("name", ONES)
@pytest.mark.parametrize("metric", ["macs", "params"])
def test_the_names_put_in_give_the_total_of_the_network_at_every_size(name: str, metric: str) -> None:
    net, rng = sc.load(name), Random(name)
    for depth in (0, 1, 2):
        found = of(name, metric, depth)
        for _ in range(4):
            at = at_random(net, rng)
            whole = net.evaluate(metric, **at)
            values = dict(net.at(at))
            for d in found.definitions:
                values[d.symbol] = evaluate(d.size, values)
            assert evaluate_cost(found.total, values) == whole
            assert evaluate_cost(expanded(found, found.total), net.at(at)) == whole
            if found.parts:
                assert sum(evaluate_cost(part.cost, values) for part in found.parts) == whole


@pytest.mark.parametrize("name", ["resnet50", "vgg16", "alexnet", "gpt"])
def test_sympy_too_finds_the_total_of_the_network_behind_the_names(name: str) -> None:
    found, net = of(name), sc.load(name)
    total = to_sympy(found.total)
    for d in reversed(found.definitions):
        total = total.subs(to_sympy(product(size_of(d.symbol))), to_sympy(product(d.size)))
    assert sympy.expand(total - net.total("macs")) == 0
    assert total_of(part.cost for part in found.parts) == found.total


@pytest.mark.parametrize("name", ["resnet50", "resnet", "alexnet", "crnn", "vit"])
def test_what_is_printed_has_the_value_of_the_total(name: str) -> None:
    found, net, rng = of(name), sc.load(name), Random(name)
    for _ in range(3):
        at = at_random(net, rng)
        names = defined(found, net, at)
        whole = net.evaluate("macs", **at)
        for room in (0, 60, 150, 400):
            text, latex, mathml = (broken(found.total, style, room) for style in (TEXT, LATEX, MATHML))
            assert len(text) == len(text if room == 0 else broken(found.total, TEXT, room))
            assert printed_value(" ".join(text), "text", names) == whole
            assert mathml_value("".join(mathml), names) == whole
            shown = {LATEX.symbol(n).text.replace("_{", "_").replace("}", ""): v for n, v in names.items()}
            assert latex_value(" ".join(latex), {**names, **shown}) == whole  # type: ignore[arg-type]


def test_each_side_is_defined_once_and_the_finest_first() -> None:
    found = of("resnet50")
    assert [str(d.symbol) for d in found.definitions] == ["M_1", "M_2", "M_3", "M_4", "M_5"]
    assert [str(d.size) for d in found.definitions] == ["⌈X/2⌉", "⌈X/4⌉", "⌈X/8⌉", "⌈X/16⌉", "⌈X/32⌉"]
    for name in ONES:
        sizes = [d.size for d in of(name).definitions]
        assert len(set(sizes)) == len(sizes)


def test_the_equations_of_resnet50_are_those_of_a_paper() -> None:
    assert write(of("resnet50"), "text").splitlines() == [
        "resnet50",
        "",
        "   M_1 = ⌈X/2⌉,   M_2 = ⌈X/4⌉,   M_3 = ⌈X/8⌉,   M_4 = ⌈X/16⌉,   M_5 = ⌈X/32⌉",
        "  stem = 9408·N·M_1²",
        "layer1 = 212992·N·M_2²",
        "layer2 = N·(32768·M_2² + 1179648·M_3²)",
        "layer3 = N·(131072·M_3² + 6946816·M_4²)",
        "layer4 = N·(524288·M_4² + 14417920·M_5²)",
        "  head = 2048000·N",
        "  MACs = stem + layer1 + layer2 + layer3 + layer4 + head",
        "       = N·(9408·M_1² + 245760·M_2² + 1310720·M_3²",
        "          + 7471104·M_4² + 14417920·M_5² + 2048000)",
    ]


def test_sides_that_are_not_square_have_names_of_their_own() -> None:
    names = {str(d.symbol): str(d.size) for d in of("crnn").definitions}
    assert names["H_1"] == "⌊H/2⌋"
    assert names["W_1"] == "⌊W/2⌋"
    places = {str(d.symbol): str(d.size) for d in of("vit").definitions}
    assert places == {"M_1": "⌊X/P⌋", "T_1": "M_1² + 1"}


@pytest.mark.parametrize("own", ["M", "M_1", "M1", "M_k"])
def test_a_name_is_none_of_the_networks_own(own: str) -> None:
    net = Network("own")
    net.input("image", "N", own, "X", "X")
    net.add("conv", Conv(size_of(symbol(own, "extent", "own")), stride=2))
    net.add("pool", MaxPool(2))
    net.add("conv2", Conv(8))
    found = equations(net)
    letters = {str(d.symbol)[0] for d in found.definitions}
    assert letters == {"R"}
    assert own in {s.name for part in found.parts for f in part.cost.terms for s in f if hasattr(s, "name")}


def test_values_take_the_place_of_symbols_and_a_network_without_parts_is_its_total() -> None:
    found = equations(sc.load("resnet"), at={"n1": 3, "n2": 4, "n3": 6, "n4": 3, "w": 64})
    assert found.total == of("resnet50").total or str(found.total) == str(of("resnet50").total)
    assert [part.name for part in found.parts] == ["stem", "layer1", "layer2", "layer3", "layer4", "head"]
    numbers = equations(sc.load("resnet50"), at={"X": 224, "N": 1})
    assert not numbers.definitions
    assert numbers.total == 4089184256
    with pytest.raises(sc.SymconvError):
        equations(sc.load("resnet50"), at={"Q": 1})
    with pytest.raises(CallError, match="latex"):
        write(found, "latx")


def test_a_network_of_one_part_and_one_without_cost_are_written_too() -> None:
    net = Network("one")
    net.input("x", "N", 8)
    net.add("fc", Linear(3))
    assert write(equations(net), "text").splitlines()[2:] == ["  fc = 24·N", "MACs = 24·N"]
    nothing = Network("none")
    nothing.input("image", "N", 3, "X", "X")
    nothing.add("pool", GlobalAvgPool())
    assert write(equations(nothing), "text").splitlines()[2:] == ["MACs = 0"]


def test_the_command_writes_equations_and_says_at_which_values(tmp_path: Path) -> None:
    for to in FORMATS:
        assert run("export", "resnet50", "--to", to).out == write(of("resnet50"), to)
    done = run("export", "resnet", "--to", "latex", "--at", "n1=3,n2=4", "--depth", "0", "-o", str(tmp_path / "r.tex"))
    assert done == (0, "", f"wrote {tmp_path / 'r.tex'}\n")
    assert (tmp_path / "r.tex").read_text(encoding="utf-8").startswith("% resnet at n1=3, n2=4: MACs\n")
    assert run("export", "resnet50", "--to", "pdf").code == 2
    assert run("export", "resnet50", "--to", "latex", "--depth", "-1").code == 2


# -- documents ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ONES)
def test_every_format_is_well_formed(name: str) -> None:
    for metric, depth in (("macs", 0), ("macs", 1), ("params", 2), ("macs", 9)):
        found = of(name, metric, depth)
        assert not latex_faults(write(found, "latex"))
        assert not typst_faults(write(found, "typst"))
        assert not html_faults(write(found, "mathml"))
        assert not github_faults(write(found, "markdown"))


def github_faults(document: str) -> list[str]:
    """What GitHub's renderer of mathematics would not take: commands it forbids, escapes it shows, an open fence."""
    fence = re.fullmatch(r"```math\n(.*)\n```\n", document, re.DOTALL)
    if fence is None:
        return ["no fence of math"]
    body = fence[1]
    faults = [f"forbidden {c}" for c in re.findall(r"\\(operatorname|newcommand|def|href|require)\b", body)]
    faults += [f"an escape in {text}" for text in re.findall(r"\\text\{[^}]*\\[^}]*\}", body)]
    faults += ["a fence"] * ("```" in body) + ["a sign of HTML"] * bool(re.search("[<>]", body))
    faults += ["a bare %"] * bool(re.search(r"(?<!\\)%", body))
    aligned = body.replace("aligned}", "align*}")  # as a display of its own
    aligned = re.sub(r"\\(?:lt|gt|backslash|sim|wedge|vert|prime) ", "x", aligned).replace(r"\ ", " ")
    return faults + latex_faults(re.sub(r"\\mathrm\{[^}]*\}", "x", aligned.replace(r"\}", "").replace(r"\{", "")))


HOSTILE = [
    "<script>alert(1)</script>", "x" * 10_000, "a|b", r"$x$ \input{x} % # & ~ ^ _ {", '`" \' [2pt] *', "😀", "שלום",
    "中文", "\u202eevil", "\x1b[31m", "```", "a_b", "]]>", "é ß ł",
]  # fmt: skip


def hostile() -> Equations:
    net = Network("\x1b" + "".join(HOSTILE))
    net.input("image", "N", 3, "X", "X")
    for name in HOSTILE:
        net.add(name.replace("/", "|"), Conv(4, kernel=1))
    return equations(net)


def test_a_strangers_names_are_text_in_every_format() -> None:
    found = hostile()
    assert len(found.parts) == len(HOSTILE)
    assert not latex_faults(write(found, "latex"))
    assert write(found, "latex").splitlines()[3:] == [
        line for line in write(found, "latex").splitlines()[3:] if line.isascii()
    ]
    assert not typst_faults(write(found, "typst"))
    assert not html_faults(write(found, "mathml"))
    assert not github_faults(write(found, "markdown"))
    for to in FORMATS:
        out = write(found, to)
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", out)
        assert "x" * 50 not in out.split("\n", 3)[3]


def test_the_checker_of_github_sees_what_it_forbids() -> None:
    for body, said in {
        r"\operatorname{x}": "forbidden",
        r"\text{a\_b}": "escape",
        "a<b": "HTML",
        "50%": "bare",
    }.items():
        assert any(said in fault for fault in github_faults(f"```math\n{body}\n```\n")), body
    assert github_faults("$$x$$\n")


@needs_tex
def test_tex_sets_the_equations_within_the_page(tmp_path: Path) -> None:
    bodies = [write(of(name), "latex") for name in ("resnet50", "resnet", "vgg16", "crnn")]
    assert max(compiled(tmp_path, *bodies, write(hostile(), "latex")), default=0) <= 1


@needs_typst
def test_typst_sets_the_equations() -> None:
    assert typst_pages(*(write(of(name), "typst") for name in ("resnet50", "vit")), write(hostile(), "typst")) >= 1


@pytest.mark.heavy
def test_every_bundled_network_is_set_by_tex_and_typst(tmp_path: Path) -> None:
    from symconv.readers.catalogue import families, networks

    firsts = [(spec, networks(spec)[0][1]) for spec in families()]
    found = [
        equations(spec.network(variant), metric, depth=depth)
        for spec, variant in firsts
        for metric in ("macs", "params")
        for depth in (1, 2)
    ]
    for each in found:
        assert not latex_faults(write(each, "latex"))
        assert not typst_faults(write(each, "typst"))
    if needs_tex.args[0] is False:
        assert max(compiled(tmp_path, *(write(each, "latex") for each in found)), default=0) <= 1
    if needs_typst.args[0] is False:
        assert typst_pages(*(write(each, "typst") for each in found)) > 10
