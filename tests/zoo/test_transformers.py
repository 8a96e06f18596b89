"""Transformers, and what else reads tokens: families, siblings that no spec lists, and what is legal."""

from __future__ import annotations

from typing import Any, Final

import pytest
from sympy import expand

from symconv.errors import DomainError
from symconv.readers.catalogue import load
from zoo.figures import RECTANGLE, assert_equals, is_legal, measured, sibling

#: In place of a spec's usual sizes, which its siblings may not take, none.
UNUSUAL: Final = {"\nusual: ": "\n# usual: "}

# -- families of text, whose siblings are values of their symbols ------------------------------------------------------

GPT: Final = {
    "gpt2": {"L": 12, "d": 768, "h": 12},
    "gpt2-medium": {"L": 24, "d": 1024, "h": 16},
    "gpt2-large": {"L": 36, "d": 1280, "h": 20},
    "gpt2-xl": {"L": 48, "d": 1600, "h": 25},
}
LLAMA: Final = {
    "llama-2-7b": {"L": 32, "d": 4096, "h": 32, "g": 32, "f": 11008, "V": 32000},
    "llama-2-13b": {"L": 40, "d": 5120, "h": 40, "g": 40, "f": 13824, "V": 32000},
    "llama-2-70b": {"L": 80, "d": 8192, "h": 64, "g": 8, "f": 28672, "V": 32000},
    "llama-3-8b": {"L": 32, "d": 4096, "h": 32, "g": 8, "f": 14336, "V": 128256},
}
BERT: Final = {"V": 30522, "T_max": 512}
#: A family, the entry of a figure that was measured, in which file, and the values of the family's symbols.
VALUES: Final[tuple[tuple[str, str, str, dict[str, int]], ...]] = (
    *(("gpt", name, "transformers", {**own, "V": 50257, "T_max": 1024}) for name, own in GPT.items()),
    ("gpt", "gpt2 V=1001 d=60 L=5 heads=6 T=96 ff=240", "transformers",
     {"L": 5, "d": 60, "h": 6, "V": 1001, "T_max": 96}),
    ("bert", "bert-base-uncased", "transformers", {"L": 12, "d": 768, "h": 12, "f": 3072, **BERT}),
    ("bert", "bert-large-uncased", "transformers", {"L": 24, "d": 1024, "h": 16, "f": 4096, **BERT}),
    ("bert", "bert V=1200 d=60 L=1 heads=5 ff=60 P=40 types=2", "transformers",
     {"L": 1, "d": 60, "h": 5, "f": 60, "V": 1200, "T_max": 40}),
    *(("llama", name, "transformers", values) for name, values in LLAMA.items()),
    ("llama", "llama V=1000 d=96 L=3 h=6 kv=2 ff=250", "transformers",
     {"L": 3, "d": 96, "h": 6, "g": 2, "f": 250, "V": 1000}),
    ("mixtral", "mixtral-8x7b", "transformers",
     {"L": 32, "d": 4096, "h": 32, "g": 8, "E": 8, "k": 2, "f": 14336, "V": 32000}),
    ("mixtral", "mixtral V=500 d=64 L=2 h=8 kv=4 ff=90 E=5 k=2", "transformers",
     {"L": 2, "d": 64, "h": 8, "g": 4, "E": 5, "k": 2, "f": 90, "V": 500}),
    ("mixtral", "mixtral V=300 d=40 L=3 h=5 kv=1 ff=64 E=4 k=3", "transformers",
     {"L": 3, "d": 40, "h": 5, "g": 1, "E": 4, "k": 3, "f": 64, "V": 300}),
    ("t5", "t5-small", "transformers", {"L": 6, "L_dec": 6, "d": 512, "h": 8, "k": 64, "f": 2048, "V": 32128}),
    ("t5", "t5-base", "transformers", {"L": 12, "L_dec": 12, "d": 768, "h": 12, "k": 64, "f": 3072, "V": 32128}),
    ("t5", "t5 V=500 d=48 d_kv=10 ff=90 L=3,2 heads=4", "transformers",
     {"L": 3, "L_dec": 2, "d": 48, "h": 4, "k": 10, "f": 90, "V": 500}),
    ("transformer", "transformer base", "papers", {"L": 6, "L_dec": 6, "d": 512, "h": 8, "f": 2048, "V": 37000}),
    ("transformer", "transformer big", "papers", {"L": 6, "L_dec": 6, "d": 1024, "h": 16, "f": 4096, "V": 37000}),
    ("transformer", "transformer V=600 d=48 heads=4 2+3 ff=100", "papers",
     {"L": 2, "L_dec": 3, "d": 48, "h": 4, "f": 100, "V": 600}),
    ("lstm_lm", "lstm language model medium", "papers", {"L": 2, "d": 650, "V": 10000}),
    ("lstm_lm", "lstm language model large", "papers", {"L": 2, "d": 1500, "V": 10000}),
)  # fmt: skip


@pytest.mark.parametrize(("family", "entry", "file", "values"), VALUES, ids=[entry for _, entry, *_ in VALUES])
def test_a_network_is_a_value_of_its_family(family: str, entry: str, file: str, values: dict[str, int]) -> None:
    assert_equals(load(family), entry, file, **values)
    assert_equals(load(family).substitute(**values), entry, file)


#: Siblings that set an argument of the spec besides its symbols.
SIBLINGS: Final[tuple[tuple[str, str, str, dict[str, Any]], ...]] = (
    ("gpt", "gpt2 V=777 d=32 L=2 heads=1 T=50 ff=100", "transformers",
     {"L": 2, "d": 32, "h": 1, "V": 777, "T_max": 50, "mlp_ratio": "100/32"}),
    ("bert", "bert V=997 d=48 L=3 heads=4 ff=100 P=64 types=3", "transformers",
     {"L": 3, "d": 48, "h": 4, "f": 100, "V": 997, "T_max": 64, "segments": 3}),
    ("llama", "llama V=501 d=64 L=2 h=8 kv=1 ff=90 tied", "transformers",
     {"L": 2, "d": 64, "h": 8, "g": 1, "f": 90, "V": 501, "tied": True}),
    ("llama", "llama V=300 d=48 L=1 h=4 kv=4 ff=48 head_dim=20", "transformers",
     {"L": 1, "d": 48, "h": 4, "g": 4, "f": 48, "V": 300, "head_size": 20}),
    ("t5", "t5 gated V=500 d=48 d_kv=10 ff=90 L=3,2 heads=4 buckets=24", "transformers",
     {"L": 3, "L_dec": 2, "d": 48, "h": 4, "k": 10, "f": 90, "V": 500, "buckets": 24,
      "feed_forward": [{"gated_mlp": {"name": "mlp", "hidden": "f", "activation": "gelu_tanh"}}]}),
    ("lstm_lm", "lstm language model V=501 d=48 layers=3 tied", "papers", {"L": 3, "d": 48, "V": 501, "tied": True}),
)  # fmt: skip


@pytest.mark.parametrize(("family", "entry", "file", "values"), SIBLINGS, ids=[entry for _, entry, *_ in SIBLINGS])
def test_a_sibling_that_nobody_lists(family: str, entry: str, file: str, values: dict[str, Any]) -> None:
    assert_equals(sibling(family, UNUSUAL, **values), entry, file)


def test_the_cost_of_gpt_2_is_a_polynomial_in_depth_width_vocabulary_and_positions() -> None:
    family = load("gpt")
    params, macs = family.total("params"), family.total("macs")
    L, N, T, T_max, V, d = sorted(params.free_symbols | macs.free_symbols, key=str)
    assert expand(params - d * (12 * L * d + 13 * L + T_max + V + 2)) == 0
    assert expand(macs - N * T * (12 * L * d**2 + V * d) - N * 2 * L * T**2 * d) == 0
    values = [family.evaluate("params", **{**own, "V": 50257, "T_max": 1024}) for own in GPT.values()]
    assert values == [124439808, 354823168, 774030080, 1557611200]


def test_the_cost_of_a_depth_is_affine_in_it_however_deep_it_is() -> None:
    family = load("llama")
    values = {**LLAMA["llama-3-8b"], "T": 128, "N": 1}
    at = [family.evaluate("macs", **{**values, "L": L}) for L in (1, 2, 1_000_000)]
    assert at[2] - at[0] == 999_999 * (at[1] - at[0])


def test_a_token_makes_use_of_the_experts_that_it_meets() -> None:
    net = load("mixtral-8x7b")
    resting = measured("mixtral-8x7b", "transformers")["resting_params"]
    assert net.evaluate("params") - net.evaluate("active_params") == resting
    with pytest.raises(DomainError, match="as many experts as each token uses"):
        load("mixtral").at({"E": 4, "k": 5})


def test_the_paper_has_no_norm_behind_the_last_block_of_its_transformer() -> None:
    values = {"L": 6, "L_dec": 6, "d": 512, "h": 8, "f": 2048, "V": 37000}
    norms = 2 * 2 * 512
    assert sibling("transformer", **values, last_norm="identity").evaluate("params") == 63084544 - norms


@pytest.mark.parametrize(
    ("family", "legal", "illegal"),
    [
        ("gpt", {"T": 96, "T_max": 96}, {"T": 97, "T_max": 96}),
        ("bert", {"d": 60, "h": 5}, {"d": 60, "h": 7}),
        ("llama", {"d": 64, "h": 8, "g": 2}, {"d": 64, "h": 8, "g": 3}),
        ("llama", {"d": 48, "h": 8, "g": 2}, {"d": 24, "h": 8, "g": 2}),  # a rotation turns two features
        ("transformer", {"d": 48, "h": 6}, {"d": 48, "h": 5}),
    ],
)
def test_the_domain_of_a_family_says_what_goes_together(
    family: str, legal: dict[str, int], illegal: dict[str, int]
) -> None:
    net = load(family)
    net.at(legal)
    with pytest.raises(DomainError):
        net.at(illegal)


# -- transformers of images --------------------------------------------------------------------------------------------

#: Entry, file, and the values of a network of the ViT family: X, P, L, h, d, f.
VIT: Final = (
    ("vit_b_16", "torchvision_more", (224, 16, 12, 12, 768, 3072)),
    ("vit_b_32", "torchvision_more", (224, 32, 12, 12, 768, 3072)),
    ("vit_l_16", "torchvision_more", (224, 16, 24, 16, 1024, 4096)),
    ("vit_l_32", "torchvision_more", (224, 32, 24, 16, 1024, 4096)),
    ("vit_h_14", "torchvision_more", (518, 14, 32, 16, 1280, 5120)),
    ("vit_h_14 X=224", "torchvision_more", (224, 14, 32, 16, 1280, 5120)),
    ("vit X=384 P=16 L=12 heads=12 d=768 mlp=3072", "torchvision_more", (384, 16, 12, 12, 768, 3072)),
    ("vit X=225 P=15 L=3 heads=4 d=64 mlp=200", "torchvision_more", (225, 15, 3, 4, 64, 200)),
    ("vit X=224 P=32 L=5 heads=2 d=96 mlp=96", "torchvision_more", (224, 32, 5, 2, 96, 96)),
    ("vit X=64 P=8 L=1 heads=1 d=8 mlp=24", "torchvision_more", (64, 8, 1, 1, 8, 24)),
    ("deit_tiny_patch16_224", "timm", (224, 16, 12, 3, 192, 768)),
    ("deit_small_patch16_224", "timm", (224, 16, 12, 6, 384, 1536)),
    ("deit_base_patch16_224", "timm", (224, 16, 12, 12, 768, 3072)),
    ("deit X=96 P=8 L=5 heads=3 d=60 mlp=180", "timm", (96, 8, 5, 3, 60, 180)),
)


@pytest.mark.parametrize(("entry", "file", "values"), VIT, ids=[entry for entry, *_ in VIT])
def test_a_vision_transformer_is_a_value_of_its_family(entry: str, file: str, values: tuple[int, ...]) -> None:
    own = dict(zip(("P", "L", "h", "d", "f"), values[1:]))
    assert_equals(sibling("vit", UNUSUAL, image=values[0], **own), entry, file)
    figures, family, X = measured(entry, file), load("vit"), values[0]
    assert family.evaluate("params", X=X, **own) == figures["params"]
    assert family.evaluate("macs", X=X, N=1, **own) == figures["at"][f"X={X},N=1"]["macs"]


MIXER: Final = {
    "mixer_s32_224": {"image": 224, "P": 32, "L": 8, "d": 512},
    "mixer_b16_224": {"image": 224, "P": 16, "L": 12, "d": 768},
    "mixer X=96 P=8 L=3 C=40 tokens=10 channels=120":
        {"image": 96, "P": 8, "L": 3, "d": 40, "token_features": "d/4", "channel_features": "3*d", "classes": 7},
}  # fmt: skip


@pytest.mark.parametrize("entry", MIXER)
def test_a_mixer_is_a_value_of_its_family(entry: str) -> None:
    values = MIXER[entry]
    assert_equals(sibling("mixer", UNUSUAL, **values), entry, "timm")
    if len(values) == 4:
        X, own = values["image"], {name: value for name, value in values.items() if name != "image"}
        assert load("mixer").evaluate("params", X=X, **own) == measured(entry, "timm")["params"]
        assert load("mixer").evaluate("macs", X=X, N=2, **own) == measured(entry, "timm")["at"][f"X={X},N=2"]["macs"]


@pytest.mark.parametrize(
    ("name", "X"),
    [("vit_b_16", 224), ("vit_b_32", 224), ("vit_h_14", 224), ("vit_h_14_518", 518), ("mixer_b16_224", 224)],
)
def test_a_network_with_a_place_for_each_patch_takes_images_of_one_size(name: str, X: int) -> None:
    net = load(name)
    assert [x for x in range(1, 600) if is_legal(net, x)] == [X]


def test_the_family_of_vision_transformers_takes_images_of_whole_patches() -> None:
    family = load("vit")
    for X, P in ((224, 16), (16, 16), (225, 15)):
        family.at({"X": X, "P": P})
    for X, P in ((225, 16), (8, 16)):
        with pytest.raises(DomainError):
            family.at({"X": X, "P": P})


SWIN: Final = {
    "swin_t": (2, 2, 6, 2, 96, 3),
    "swin_s": (2, 2, 18, 2, 96, 3),
    "swin_b": (2, 2, 18, 2, 128, 4),
    "swin C=48 [2, 1, 3, 2] heads=[2, 4, 8, 16] window=[7, 7]": (2, 1, 3, 2, 48, 2),
}


@pytest.mark.parametrize("entry", SWIN)
def test_a_swin_is_a_value_of_its_family_for_squares_and_rectangles(entry: str) -> None:
    values = dict(zip(("n1", "n2", "n3", "n4", "C", "h"), SWIN[entry]))
    assert_equals(load("swin"), entry, **values)
    if any("H" in place for place in measured(entry)["at"]):
        assert_equals(sibling("swin", RECTANGLE, **values), entry)


@pytest.mark.parametrize(
    ("entry", "values"),
    [
        (
            "swin C=32 [1, 2, 2, 4] heads=[1, 2, 4, 8] window=[5, 5]",
            {"n1": 1, "n2": 2, "n3": 2, "n4": 4, "C": 32, "h": 1, "height": 5, "width": 5},
        ),
        (
            "swin C=64 [2, 2, 2, 2] heads=[2, 2, 4, 8] window=[4, 8]",
            {"n1": 2, "n2": 2, "n3": 2, "n4": 2, "C": 64, "h": 2, "h2": 2, "h3": 4, "h4": 8, "height": 4, "width": 8},
        ),
    ],
)
def test_a_swin_with_other_windows(entry: str, values: dict[str, int]) -> None:
    assert_equals(sibling("swin", **values), entry)
    assert_equals(sibling("swin", RECTANGLE, **values), entry)


@pytest.mark.parametrize("name", ["swin_t", "swin_s", "swin_b"])
def test_a_swin_takes_every_image_from_one_patch_on(name: str) -> None:
    net, least = load(name), measured(name)["least"]
    assert [X for X in range(1, least + 80) if is_legal(net, X)] == list(range(least, least + 80))


def test_a_swin_works_on_what_pads_its_windows_too() -> None:
    net = load("swin_t")
    at = {X: net.evaluate("macs", X=X, N=1) for X in (221, 223, 224, 225, 227, 228)}
    assert at[224] == at[225] == at[227]
    assert at[228] > at[224]
    assert at[221] == at[223] < at[224]  # 55 patches, which 8 windows cover as they cover 56
