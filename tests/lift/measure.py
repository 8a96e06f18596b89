"""Measure what lifted families are compared with, without symconv's reading.

    python -m tests.lift.measure            writes tests/truth/lift.json
    python -m tests.lift.measure NAME ...   prints the figures of these alone

params: the elements of the parameters, each tensor once. macs: the operations that torch's FlopCounterMode counts in
one run on the meta device, over two: convolutions, products of matrices, and attention, which runs as plain products,
so that every query meets every key. It does not count element-wise work, norms, softmax, pools, resizes, lookups in
tables, nor biases. It prints where the figures differ from those that torchvision publishes (in GMACs to three
places) and from those of tests/truth/transformers.json.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from .models import MODELS, Model, Size, torchvision

TRUTH: Final = Path(__file__).parents[1] / "truth" / "lift.json"


def params(module: nn.Module) -> int:
    """The elements of a module's parameters, each tensor once."""
    return sum(p.numel() for p in module.parameters())


def macs(module: nn.Module, inputs: dict[str, torch.Tensor]) -> int:
    """The multiply-accumulates of one call, by torch's own counter on the meta device."""
    given = {name: tensor.to("meta") for name, tensor in inputs.items()}
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
            module.to("meta")(**given)
    finally:
        torch.backends.mha.set_fastpath_enabled(before)
    flops = counter.get_total_flops()
    assert flops % 2 == 0, flops
    return int(flops // 2)


def measured(model: Model) -> dict[str, Any]:
    """The figures of one model, at its sizes."""
    module = model.made()
    at = [{**size, "macs": macs(module, model.at(size))} for size in model.sizes]
    return {"source": model.source, "params": params(module), "macs": at}


#: Models of tests/truth/transformers.json, which was measured with attention written out and a mask.
ELSEWHERE: Final = {
    "bert-base": "bert-base-uncased", "bert-large": "bert-large-uncased", "gpt2 head": "gpt2",
    "gpt2-medium head": "gpt2-medium", "gpt2-large head": "gpt2-large", "gpt2-xl head": "gpt2-xl",
    "llama-7b": "llama-2-7b", "llama-13b": "llama-2-13b", "llama-2-70b": "llama-2-70b", "llama-3-8b": "llama-3-8b",
}  # fmt: skip


def published(model: Model) -> tuple[int, float, Size] | None:
    """Params, GMACs and the size that torchvision publishes of a model, with its first weights."""
    name, _, changed = model.name.partition(" ")
    if not model.source.startswith("torchvision") or (changed and not changed.startswith("X=")):
        return None
    weights = next(iter(torchvision().get_model_weights(name)))
    crop = weights.transforms.keywords["crop_size"]
    fixed = model.settings.get("X", crop) != crop
    return None if fixed else (weights.meta["num_params"], weights.meta["_ops"], {"N": 1, "X": crop})


def compared(model: Model, figures: dict[str, Any]) -> list[str]:
    """What differs from figures of others."""
    out = []
    found = published(model)
    if found is not None:
        theirs, gmacs, size = found
        count = macs(model.made(), model.at(size))
        if theirs != figures["params"] or abs(count / 1e9 - gmacs) > 0.000501:
            ours = f"{figures['params']} params and {count / 1e9:.4f} GMACs"
            out.append(f"{model.name} at {size}: {ours}, torchvision publishes {theirs} and {gmacs}")
    if model.name in ELSEWHERE:
        other = json.loads(TRUTH.with_name("transformers.json").read_text())[ELSEWHERE[model.name]]
        both = (figures["params"], other["params"]), (figures["macs"][0]["macs"], other["at"]["T=128,N=1"]["macs"])
        if any(a != b for a, b in both):
            out.append(f"{model.name}: params and macs here and in transformers.json: {both}")
    return out


def written(figures: dict[str, Any]) -> str:
    """JSON with a line for each model."""
    lines = [f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in figures.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main(names: list[str]) -> None:
    figures: dict[str, Any] = {}
    others = 0
    for name, model in MODELS.items():
        if not names or name in names:
            figures[name] = measured(model)
            others += published(model) is not None or name in ELSEWHERE
            for line in compared(model, figures[name]):
                print(line, file=sys.stderr)
    print(f"{len(figures)} models, {others} of them compared with figures of others", file=sys.stderr)
    if names:
        print(written(figures), end="")
    else:
        TRUTH.write_text(written(figures), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
