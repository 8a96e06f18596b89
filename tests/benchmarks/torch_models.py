"""Models of packages read from code, each beside runs of it: the table of docs/torch-models.md.

    python -m tests.benchmarks.torch_models             prints the table
    python -m tests.benchmarks.torch_models --write     writes it into the page
    python -m tests.benchmarks.torch_models NAME …      some models, timm:convnext_tiny

timm and transformers are looked for in SYMCONV_MODELS too (make .venv/.ready-models).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "torch-models.md"
MODELS = Path(os.environ.get("SYMCONV_MODELS", Path(__file__).parents[2] / ".venv" / "models")).resolve()
BEGIN, END = "<!-- models -->", "<!-- end -->"

TRANSFORMERS = [
    "bert",
    "roberta",
    "distilbert",
    "albert",
    "electra",
    "mpnet",
    "deberta-v2",
    "xlnet",
    "gpt2",
    "opt",
    "gpt_neox",
    "bloom",
    "falcon",
    "phi",
    "llama",
    "mistral",
    "qwen2",
    "gemma",
    "qwen3",
    "mixtral",
    "qwen2_moe",
    "olmoe",
    "t5",
    "bart",
    "pegasus",
    "marian",
    "mamba2",
    "falcon_mamba",
    "vit",
    "deit",
    "dinov2",
    "convnext",
    "convnextv2",
    "segformer",
    "poolformer",
    "mobilevit",
    "resnet",
    "regnet",
    "swinv2",
    "wav2vec2",
    "hubert",
    "whisper",
    "speech_to_text",
    "audio-spectrogram-transformer",
    "clip",
    "siglip",
]

#: Models in one process, and seconds that it may take.
TOGETHER, SECONDS = 6, 1500


def timm_models() -> list[str]:
    """One to three models of each of timm's files, small ones first."""
    import timm.models._registry as registry

    chosen: list[str] = []
    for _, names in sorted(registry._module_to_models.items()):
        every = sorted(names)
        words = ("tiny", "nano", "pico", "_s", "small", "xs", "_t", "18", "_b0", "050")
        first = next((n for n in every if any(w in n for w in words)), every[0])
        chosen += [
            first,
            *([every[len(every) // 2]] if len(every) > 6 else []),
            *([every[-1]] if len(every) > 20 else []),
        ]
    slow = ("nasnet", "pnasnet", "gigantic", "giant", "huge", "enormous", "7b", "qwen3", "gemma4", "xxlarge")
    return [f"timm:{n}" for n in dict.fromkeys(chosen) if not any(w in n for w in slow)]


def one(name: str) -> dict[str, object]:
    """What reading a model gave, and what runs showed."""
    from symconv.errors import SymconvError
    from symconv.readers.catalogue import read_named
    from symconv.verifying.torch import verify_torch

    try:
        reading = read_named(name)
        net = reading.network
        report = verify_torch(reading)
    except SymconvError as error:
        return {"name": name, "result": "refused", "why": str(error)[:150]}
    kept = sum(p.numel() for p in reading.module.parameters())
    said = net.evaluate("params") + net.evaluate("frozen")
    failed = [p.failed for p in report.points if p.failed]
    wrong = str(report.wrong or (f"params are {kept}, not {said}" if kept != said else ""))
    unknown = [s for s in net.symbols if s.startswith("cost[")]
    return {
        "name": name, "result": "wrong" if wrong or failed else "exact", "why": (wrong or "; ".join(failed))[:150],
        "symbols": ", ".join(s for s in ("N", "H", "W", "T", "T_dec", "depth") if s in net.symbols),
        "domain": net.domain.text(), "held": len(report.points) - 1,
        "tensors": sum(p.tensors for p in report.points), "unknown": unknown,
        "operators": sum(p.operators for p in report.points), "notes": list(net.notes),
    }  # fmt: skip


def some(names: list[str]) -> None:
    sys.path.append(str(MODELS))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names:
            try:
                found = one(name)
            except Exception as error:  # a defect, which the table says
                found = {"name": name, "result": "wrong", "why": f"{type(error).__name__}: {error}"[:150]}
            print(json.dumps(found), flush=True)


def measured(names: list[str]) -> list[dict[str, object]]:
    """The rows of all models, a few in each process."""
    parts = [names[i : i + TOGETHER] for i in range(0, len(names), TOGETHER)]

    def run(part: list[str]) -> list[dict[str, object]]:
        command = [sys.executable, "-m", "tests.benchmarks.torch_models", "--some", *part]
        environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, env=environment).stdout
        except subprocess.TimeoutExpired as late:
            done = late.stdout.decode() if isinstance(late.stdout, bytes) else late.stdout or ""
        rows = [json.loads(line) for line in done.splitlines() if line.startswith("{")]
        missing = [n for n in part if n not in {r["name"] for r in rows}]
        return [*rows, *({"name": n, "result": "refused", "why": "it takes too long"} for n in missing)]

    with ThreadPoolExecutor(2) as pool:
        return [row for rows in pool.map(run, parts) for row in rows]


def table(rows: list[dict[str, object]]) -> str:
    """The rows in Markdown, and how many of each there are."""
    lines = []
    for maker in ("timm", "transformers"):
        own = [r for r in rows if str(r["name"]).startswith(f"{maker}:")]
        many = Counter(r["result"] for r in own)
        lines.append(
            f"{maker}: {len(own)} models, {', '.join(f'{many[k]} {k}' for k in ('exact', 'refused', 'wrong'))}.\n"
        )
    lines += [
        "| model | formula in | domain | held-back sizes | tensors | operators | result |",
        "|---|---|---|---|---|---|---|",
    ]
    for r in rows:
        result = str(r["result"]) if r["result"] == "exact" else f"{r['result']}: {r['why']}"
        domain = str(r.get("domain", ""))
        domain = domain if len(domain) < 90 else domain[:80].rpartition(", ")[0] + ", …"
        lines.append(
            f"| {r['name']} | {r.get('symbols', '')} | {domain} | {r.get('held', '')} | {r.get('tensors', '')} | "
            f"{r.get('operators', '')} | {result.replace('|', '/')} |"
        )
    return "\n".join(lines)


def main(words: list[str]) -> None:
    if words[:1] == ["--some"]:
        some(words[1:])
        return
    sys.path.append(str(MODELS))
    names = [w for w in words if not w.startswith("--")]
    if not names:
        from symconv.readers.torch.named import torchvision

        torchvision()
        names = [*timm_models(), *(f"transformers:{n}" for n in TRANSFORMERS)]
    made = table(measured(names))
    if "--write" in words:
        text = PAGE.read_text()
        before, after = text.partition(BEGIN)[0], text.partition(END)[2]
        PAGE.write_text(f"{before}{BEGIN}\n{made}\n{END}{after}")
    else:
        print(made)


if __name__ == "__main__":
    main(sys.argv[1:])
