"""The table of docs/torch-models.md: how many models it has, of which kinds, and that none of them is wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "torch-models.md"

#: A model of transformers of each kind.
KINDS = {
    "encoder": "bert", "decoder": "gpt2", "encoder and decoder": "t5", "grouped queries": "mistral",
    "mixture of experts": "mixtral", "state space": "mamba2", "convolutional": "convnextv2", "vision": "vit",
    "speech": "wav2vec2",
}  # fmt: skip


def rows() -> dict[str, list[str]]:
    """The cells of each model behind its name."""
    lines = re.findall(r"^\| ((?:timm|transformers):.*) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    return {name: cells for name, *cells in (re.split(r" *\| *", line) for line in lines)}


@pytest.mark.parametrize(("maker", "least"), [("timm", 150), ("transformers", 15)])
def test_so_many_models_were_read_and_none_is_wrong(maker: str, least: int) -> None:
    found = {name: cells for name, cells in rows().items() if name.startswith(f"{maker}:")}
    exact = [name for name, cells in found.items() if cells[-1] == "exact"]
    refused = [name for name, cells in found.items() if cells[-1].startswith("refused: ")]
    assert len(exact) >= least
    assert sorted([*exact, *refused]) == sorted(found)
    said = f"{maker}: {len(found)} models, {len(exact)} exact, {len(refused)} refused, 0 wrong."
    assert said in PAGE.read_text("utf-8")


def test_each_was_run_at_sizes_that_were_held_back() -> None:
    """Most at three; at two where the batch alone is free or few sizes are legal; at one where a batch is fixed."""
    exact = {name: cells for name, cells in rows().items() if cells[-1] == "exact"}
    for name, (symbols, _, held, tensors, operators, _) in exact.items():
        assert int(held) >= (2 if "N" in symbols else 1), name
        assert int(tensors) > 0, name
        assert int(operators) > 0, name
    assert sum(int(held) >= 3 for _, _, held, *_ in exact.values()) >= 150


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_transformer_is_among_them(kind: str) -> None:
    assert rows()[f"transformers:{KINDS[kind]}"][-1] == "exact"
