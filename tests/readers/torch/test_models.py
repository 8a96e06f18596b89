"""Models of timm and transformers, each read once and run beside at held-back sizes; all of them are in the docs."""

import os
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.torch, pytest.mark.models]
pytest.importorskip("torch")

# An absolute path: Python remembers that a relative one was no folder when a test stood elsewhere.
MODELS = Path(os.environ.get("SYMCONV_MODELS", Path(__file__).parents[3] / ".venv" / "models")).resolve()
sys.path.append(str(MODELS))

NAMES = [
    "timm:convnext_nano",
    "timm:efficientvit_b0",
    "timm:beit_base_patch16_224",
    "timm:xcit_nano_12_p16_224",
    "transformers:bert-base-uncased",
    "transformers:gpt2",
    "transformers:llama",
    "transformers:t5",
    "transformers:segformer",
    "transformers:wav2vec2",
    "transformers:whisper",
    "transformers:clip",
]

#: Those that take more than some seconds, or are of the parts of others.
MORE = [
    "timm:swin_s3_base_224",
    "transformers:mixtral",
    "transformers:bart",
    "timm:focalnet_small_lrf",
    "timm:vit_base_r26_s32_224",
    "timm:tresnet_l",
    "transformers:bert",
    "timm:sequencer2d_s",
    "timm:mobilevit_s",
    "transformers:mistral",
    "timm:crossvit_18_240",
    "timm:samvit_base_patch16",
    "timm:hrnet_w18",
    "timm:gcvit_small",
]


@pytest.mark.parametrize("name", [*NAMES, *(pytest.param(name, marks=pytest.mark.long) for name in MORE)])
def test_exact_at_held_back_sizes(name):
    from tests.benchmarks.torch_models import one

    found = one(name)
    assert found["result"] == "exact", found
    assert found["held"] >= 2
    assert found["operators"] > 0


def test_the_closed_forms_of_transformers():
    import symconv as sc

    assert str(sc.load("transformers:bert").cost("macs")) == "N·(18432·T² + 84934656·T + 589824)"
    assert str(sc.load("transformers:gpt2").cost("macs")) == "N·T·(18432·T + 84934656)"
    assert str(sc.load("transformers:llama").cost("macs")) == "N·T·(262144·T + 6476005376)"


def test_the_table_of_positions_that_whisper_freezes_is_no_parameter_to_train():
    from symconv.readers.torch import read_torch
    from symconv.readers.torch.named import named

    made = named("transformers:whisper")
    net = read_torch(made.module, made.args, made.kwargs, made.dims).network
    c = made.module.config
    assert net.evaluate("frozen") == c.max_source_positions * c.d_model
    assert net.evaluate("params") == sum(p.numel() for p in made.module.parameters() if p.requires_grad)


def test_a_mixture_of_experts_uses_two_of_eight():
    """Counted by hand: attention of grouped queries, the router, and two experts of three products each."""
    from transformers import MixtralConfig

    import symconv as sc

    c = MixtralConfig()
    head = c.hidden_size // c.num_attention_heads
    kept = c.num_key_value_heads * head
    products = c.hidden_size * (2 * c.hidden_size + 2 * kept) + c.hidden_size * c.num_local_experts
    experts = c.num_experts_per_tok * 3 * c.hidden_size * c.intermediate_size
    net = sc.load("transformers:mixtral")
    for n, t in ((1, 7), (3, 50)):
        by_hand = c.num_hidden_layers * (n * t * (products + experts) + 2 * n * t * t * c.hidden_size)
        assert net.evaluate("macs", N=n, T=t) == by_hand


def test_names_that_would_have_to_be_downloaded():
    import symconv as sc

    with pytest.raises(sc.SymconvError, match="would have to be downloaded"):
        sc.load("transformers:bert-large-of-nobody")
    with pytest.raises(sc.SymconvError, match="no configuration"):
        sc.load("transformers:zzz")
    with pytest.raises(sc.SymconvError, match="timm has no model convnext_tinny"):
        sc.load("timm:convnext_tinny")
