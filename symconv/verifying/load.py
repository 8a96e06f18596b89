"""A model and points in, a report out, whatever the model is run by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from symconv.errors import CallError
from symconv.readers.catalogue import is_named, is_onnx, read_named, torch_reader
from symconv.verifying.report import Each, Report


def verify(
    source: Any,
    at: Sequence[Mapping[str, int]] = (),
    dims: Mapping[str, Any] | None = None,
    square: bool = False,
    inputs: Any = (),
    kwargs: Mapping[str, Any] | None = None,
    each: Each = iter,
) -> Report:
    """Run a model at these values of its symbols, and compare; at sizes of symconv's own choice where none are given.

    `source` is an ONNX file, which onnxruntime runs on random inputs, a torch module with an example of its `inputs`
    and `kwargs`, or such a module by name, torchvision:resnet50; a module runs on the meta device, and its MACs are
    those of torch.utils.flop_counter. `each` goes through the points, for who watches it.

    Raises ModelError for a model that cannot be read or run, and where what runs it is not installed; DomainError for a
    point outside the domain; CallError for what is none of these.
    """
    if is_onnx(source):
        from symconv.verifying.onnx import verify_onnx

        return verify_onnx(source, at, dims, square, each)
    if isinstance(source, str) and not is_named(source):
        raise CallError(f"verify {source}: an .onnx file is wanted, or a module such as torchvision:resnet50")
    if isinstance(source, str) and source.startswith("keras:"):
        raise CallError(f"verify {source}: Keras models are not run; an .onnx file or a torch module is wanted")
    if isinstance(source, str):
        reading = read_named(source, dims, square, inputs)
    else:
        reading = torch_reader()(source, inputs, kwargs, dims, square)
    from symconv.verifying.torch import verify_torch

    return verify_torch(reading, at, each)
