"""An ONNX model run by onnxruntime, with every tensor looked at: the operators that ran and the shapes that there were.

In place of a choice stand the nodes of the branch that is taken; a loop hands out the shapes of its body's tensors, one
row a round. What is inside of further graphs in there is not seen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from symconv.readers.onnx.file import package

Shape = tuple[int, ...]

#: Choices inside of choices that are put in place of one another, at most.
DEEP: Final = 16


class RunError(Exception):
    """What the runtime said where a model does not run."""


@dataclass(frozen=True)
class Run:
    """The operators that ran, and by a tensor's name its shape in each round; one of the main graph has one."""

    nodes: Sequence[Any]
    shapes: dict[str, list[Shape]]


def run(model: Any, path: Path, feeds: Mapping[str, Any]) -> Run:
    """Run a model on these inputs. External weights that are not there are zeros.

    Raises RunError where the runtime does not.
    """
    made = package().ModelProto()
    made.CopyFrom(model)
    del made.graph.value_info[:]
    for given in made.graph.input:
        tensor = given.type.tensor_type
        if given.name in feeds and tensor.HasField("shape"):
            del tensor.shape.dim[:]
            for extent in feeds[given.name].shape:
                tensor.shape.dim.add().dim_value = extent
    _decide(made, path, feeds)
    names = list(dict.fromkeys([*(o.name for o in made.graph.output), *_outputs(made.graph.node)]))
    watched = package().ModelProto()
    watched.CopyFrom(made)
    seen = _watch(watched)
    bodies: list[Any] = []
    try:
        found = _session(watched, path, [*names, *seen], feeds)
        bodies = [n for node in made.graph.node if (body := _body(made, node)) is not None for n in body.node]
    except RunError:
        if not seen:
            raise
        found, seen = _session(made, path, names, feeds), {}  # a body with sequences, which have no shape
    shapes = {k: [tuple(found[k].shape)] for k in names if hasattr(found[k], "shape")}
    for inner, name in seen.items():
        shapes[name] = [tuple(int(x) for x in row) for row in found[inner]]
    return Run([*made.graph.node, *bodies], shapes)


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
        found = _session(model, path, wanted, feeds)
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


# -- onnxruntime -----------------------------------------------------------------------------------------------------


def _session(model: Any, path: Path, outputs: list[str], feeds: Mapping[str, Any]) -> dict[str, Any]:
    """What a run gives for these tensors."""
    import onnxruntime as ort

    made = package().ModelProto()
    made.CopyFrom(model)
    del made.graph.output[:]
    for name in outputs:
        made.graph.output.add().name = name
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    kept = _outside(made, path, options)
    try:
        session = ort.InferenceSession(made.SerializeToString(), options, providers=["CPUExecutionProvider"])
        found = session.run(outputs, dict(feeds))
    except Exception as error:  # onnxruntime's errors have no common class
        raise RunError(_said(str(error))) from None
    del kept  # the runtime does not keep them alive
    return dict(zip(outputs, found))


def _outside(model: Any, path: Path, options: Any) -> list[Any]:
    """Weights that are in other files, or zeros in place of those that are missing; what has to be kept meanwhile."""
    import onnxruntime as ort
    from onnx import helper

    external = [t for t in model.graph.initializer if t.data_location == 1]
    if not external:
        return []
    places = {e.value for t in external for e in t.external_data if e.key == "location"}
    if all((path.parent / place).is_file() for place in places):
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(path.parent))
        return []
    arrays = [np.zeros(tuple(t.dims), dtype=helper.tensor_dtype_to_np_dtype(t.data_type)) for t in external]
    values = [ort.OrtValue.ortvalue_from_numpy(a) for a in arrays]
    names = [t.name for t in external]
    options.add_external_initializers(names, values)
    return [names, values]


def _said(error: str) -> str:
    """What onnxruntime says, without its own places."""
    text = re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", " ".join(error.split()))
    noise = r"Non-zero status code returned while running |/onnxruntime_src/\S+ |onnxruntime::.*? \w+ was false\. "
    return re.sub(noise, "", text)[:200]
