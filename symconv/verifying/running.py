"""An ONNX model run by onnxruntime, with every tensor looked at: the operators that ran and the shapes that there were.

A node behind each tensor hands out its shape, so that a run needs no more memory than the model does. In the place of a
choice stand the nodes of the branch that is taken; a loop hands out the shapes of its body's tensors, one row a round.
What is inside of further graphs in there is not seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from symconv.readers.onnx.file import package
from symconv.verifying.runtime import RunError, session

Shape = tuple[int, ...]

#: Choices inside of choices that are put in place of one another, at most.
DEEP: Final = 16


@dataclass(frozen=True)
class Run:
    """The operators that ran, and by a tensor's name its shape in each round; one of the main graph has one."""

    nodes: Sequence[Any]
    shapes: dict[str, list[Shape]]


def run(model: Any, path: Path, feeds: Mapping[str, Any]) -> Run:
    """Run a model on these inputs. External weights that are not there are zeros.

    Raises RunError where the runtime does not.
    """
    made = _copy(model)
    del made.graph.value_info[:]
    for given in made.graph.input:
        tensor = given.type.tensor_type
        if given.name in feeds and tensor.HasField("shape"):
            del tensor.shape.dim[:]
            for extent in feeds[given.name].shape:
                tensor.shape.dim.add().dim_value = extent
    _decide(made, path, feeds)
    names = list(dict.fromkeys([*(o.name for o in made.graph.output), *_outputs(made.graph.node)]))
    bodies = [n for node in made.graph.node if (body := _body(made, node)) is not None for n in body.node]
    said: RunError | None = None
    ways = [(True, True), (False, True), *([(False, False)] if bodies else [])]  # a sequence has no shape
    for watched, looked in ways:
        copy = _copy(made)
        rows = _watch(copy) if looked else {}
        new = _shaped(copy.graph, names) if watched else {name: name for name in names}
        try:
            found = _session(copy, path, [*new, *rows], feeds)
        except RunError as error:
            said = said or error
            continue
        shapes = {name: [tuple(int(x) for x in row) for row in found[r]] for r, name in rows.items()}
        for n, name in new.items():
            if watched:
                shapes[name] = [tuple(int(x) for x in found[n])]
            elif n in found:
                shapes[name] = [tuple(found[n].shape)]
        return Run([*made.graph.node, *(bodies if looked else ())], shapes)
    assert said is not None
    raise said


def _shaped(graph: Any, names: Sequence[str]) -> dict[str, str]:
    """Nodes that hand out the shapes of tensors; by the new names those of the tensors."""
    new = {f"{name}/shape": name for name in names}
    graph.node.extend(package().helper.make_node("Shape", [name], [shape]) for shape, name in new.items())
    return new


def _outputs(nodes: Sequence[Any]) -> list[str]:
    return [o for n in nodes for o in n.output if o]


# -- choices and loops -----------------------------------------------------------------------------------------------


def _decide(model: Any, path: Path, feeds: Mapping[str, Any]) -> None:
    """Put the branches that are taken in the places of choices."""
    from onnx import numpy_helper

    for _ in range(DEEP):
        choices = [n for n in model.graph.node if n.op_type == "If"]
        if not choices:
            return
        stored = {t.name: t for t in model.graph.initializer}
        wanted = list(dict.fromkeys(n.input[0] for n in choices if n.input[0] not in stored))
        found = _session(_copy(model), path, wanted, feeds)
        for node in choices:
            name = node.input[0]
            value = found[name] if name in found else numpy_helper.to_array(stored[name])
            _inline(model, node, bool(np.asarray(value).ravel()[0]))


def _inline(model: Any, choice: Any, taken: bool) -> None:
    helper = package().helper
    branch = next(a.g for a in choice.attribute if a.name == ("then_branch" if taken else "else_branch"))
    ends = [helper.make_node("Identity", [a.name], [b]) for a, b in zip(branch.output, choice.output) if b]
    nodes = []
    for node in model.graph.node:
        if node.op_type == "If" and node.output == choice.output:
            nodes += [*branch.node, *ends]
        else:
            nodes.append(node)
    copies = [package().NodeProto.FromString(n.SerializeToString()) for n in nodes]
    model.graph.initializer.extend(branch.initializer)
    del model.graph.node[:]
    model.graph.node.extend(copies)


def _body(model: Any, node: Any) -> Any:
    """The graph that goes round in a node; None where it has none that hands out a row a round."""
    if node.domain not in ("", "ai.onnx") or node.op_type not in ("Loop", "Scan"):
        return None
    version = next((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), 1)
    if node.op_type == "Scan" and version < 9:
        return None
    return next((a.g for a in node.attribute if a.name == "body"), None)


def _watch(model: Any) -> dict[str, str]:
    """Let loops hand out the shapes of their bodies' tensors; by the new names those of the tensors."""
    helper, seen = package().helper, {}
    for k, node in enumerate(model.graph.node):
        body = _body(model, node)
        if body is None:
            continue
        handed = len(body.output) - (node.op_type == "Loop")
        node.output.extend(f"{node.output[0]}/further/{i}" for i in range(len(node.output), handed))
        names = [*(i.name for i in body.input), *_outputs(body.node)]
        for name in names:
            new = f"{name}/shape/{k}"
            body.node.append(helper.make_node("Shape", [name], [new]))
            body.output.append(helper.make_tensor_value_info(new, package().TensorProto.INT64, None))
            node.output.append(new)
            seen[new] = name
        for a in node.attribute:
            if a.name in ("scan_output_axes", "scan_output_directions"):
                a.ints.extend([0] * len(names))
    twice = [name for name in seen.values() if list(seen.values()).count(name) > 1]
    return {new: name for new, name in seen.items() if name not in twice}


def _session(model: Any, path: Path, outputs: Sequence[str], feeds: Mapping[str, Any]) -> dict[str, Any]:
    """What a run gives for these tensors, which become the outputs of the model."""
    del model.graph.output[:]
    for name in outputs:
        model.graph.output.add().name = name
    return session(model.SerializeToString(), path.parent, outputs, feeds)


def _copy(model: Any) -> Any:
    made = package().ModelProto()
    made.CopyFrom(model)
    return made
