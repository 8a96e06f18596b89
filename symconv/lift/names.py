"""Names of blocks and of what is inside of their rounds, by the paths of the source."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from symconv.lift.order import shared_prefix
from symconv.lift.rounds import Run
from symconv.lift.wiring import Step


def inner_names(steps: Sequence[Step], run: Run) -> list[str]:
    """Names inside of a round: the paths below the module that it is; the layers' kinds where names are counted."""
    found: list[str] = []
    for step in steps:
        rest = _below(step.name, run)
        if run.counted or (len(rest) == 1 and rest[0].isdigit()):
            rest = [_kind_name(step)]
        name, k = "/".join(rest), 2
        while any(f == name or f.startswith(f"{name}/") or name.startswith(f"{f}/") for f in found):
            name, k = f"{'/'.join(rest)}_{k}", k + 1
        found.append(name)
    return found


def _kind_name(step: Step) -> str:
    layer = step.layer
    return str(getattr(layer, "operation", "")) or layer.kind


def _below(name: str, run: Run) -> list[str]:
    """The path of a step below its round's module."""
    prefix, path = run.name.split("/"), name.split("/")
    k = 0
    while k < min(len(prefix), len(path) - 1) and path[k] == prefix[k]:
        k += 1
    rest = path[k:]
    return rest[1:] if len(rest) > 1 and any(c.isdigit() for c in rest[0]) else rest


def name_runs(steps: Sequence[Step], runs: Sequence[Run]) -> None:
    """Names for blocks: that of the module around, where it is one block's alone."""
    parents = []
    for run in runs:
        paths = [s.name.split("/")[:-1] for s in steps[run.begin : run.end]]
        parents.append("/".join(shared_prefix(paths)))
    taken = {s.name for s in steps}
    for k, (run, parent) in enumerate(zip(runs, parents), 1):
        alone = parent and parents.count(parent) == 1 and parent not in taken
        run.name = parent if alone else "/".join(filter(None, (parent, f"stage{k}")))
        run.counted = _counted(steps, run)


def _counted(steps: Sequence[Step], run: Run) -> bool:
    """Whether names count steps through all rounds, as an exported graph's do, so that they say nothing of a round."""
    spans = [*([(run.begin, run.cuts[0])] if run.entry is not None else []), *pairwise(run.cuts)]
    named = [{"/".join(_below(s.name, run)) for s in steps[a:b] if not s.layer.view} for a, b in spans]
    return len(named) > 1 and 2 * len(named[0] & named[1]) < min(map(len, named[:2]))


def labels_of(steps: list[Step], runs: list[Run]) -> dict[str, str]:
    """Names by which roles in rounds are called."""
    labels: dict[str, str] = {}
    for run in runs:
        block = re.sub(r"\d+", "*", run.name)
        spans = [(run.begin, run.cuts[0])] if run.entry is not None else []
        for a, b in (*spans, *pairwise(run.cuts)):
            names = inner_names(steps[a:b], run)
            for step, label in zip(steps[a:b], names):
                labels.update(dict.fromkeys((*step.also, step.name), f"{block}/{label}"))
    return labels
