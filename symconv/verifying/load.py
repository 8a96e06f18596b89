"""A model and points in, a report out, whatever the model is run by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from symconv.errors import CallError
from symconv.network import Network
from symconv.readers.catalogue import is_named, is_onnx, load, read_named, torch_reader
from symconv.verifying.report import Each, Report
from symconv.verifying.walking import verify_network


def verify(
    source: Any,
    at: Sequence[Mapping[str, Any]] = (),
    dims: Mapping[str, Any] | None = None,
    square: bool = False,
    inputs: Any = (),
    kwargs: Mapping[str, Any] | None = None,
    each: Each = iter,
) -> Report:
    """Run a model at these values of its symbols, and compare; at sizes of symconv's own choice where none are given.

    `source` is an ONNX file, which onnxruntime runs on random inputs, a torch module with an example of its `inputs`
    and `kwargs`, or such a module by name, torchvision:resnet50; a module runs on the meta device, and its MACs are
    those of torch.utils.flop_counter. A bundled architecture by name, a spec's file and a Network are run as loops,
    layer by layer, by code that knows no rule of symconv's (`symconv.verifying.loops`). `each` goes through the points,
    for who watches it.

    Raises ModelError for a model that cannot be read or run, and where what runs it is not installed; SymconvError for
    an unknown name, SpecError for a wrong file; DomainError for a point outside the domain; CallError for what is none
    of these.
    """
    if isinstance(source, Network):
        return verify_network(source, at, each)
    if is_onnx(source):
        if inputs or kwargs:
            raise CallError(f"verify {source}: inputs are those of a module; dims name the axes of a file's")
        from symconv.verifying.onnx import verify_onnx

        return verify_onnx(source, at, dims, square, each)
    if isinstance(source, str | Path) and not is_named(source):
        if inputs or kwargs:
            raise CallError(f"verify {source}: inputs are those of a module, and a spec says its own")
        return verify_network(load(source, dims=dims or None), at, each)
    if isinstance(source, str) and source.startswith("keras:"):
        raise CallError(f"verify {source}: Keras models are not run; an .onnx file or a torch module is wanted")
    if isinstance(source, str):
        reading = read_named(source, dims, square, inputs)
    else:
        reading = torch_reader()(source, inputs, kwargs, dims, square)
    from symconv.verifying.torch import verify_torch

    return verify_torch(reading, at, each)
