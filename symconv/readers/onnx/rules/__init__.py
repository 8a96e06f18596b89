"""The rules of ONNX's operators, one family a file; importing this package registers them all."""

from symconv.readers.onnx.rules import (  # noqa: F401
    attention,
    control,
    convolution,
    indexing,
    learning,
    moving,
    normalization,
    pointwise,
    products,
    quantized,
    recurrent,
    reducing,
    resizing,
    sequences,
    shaping,
    sources,
)
