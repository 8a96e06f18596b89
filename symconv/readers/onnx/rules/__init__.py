"""The rules of ONNX's operators, one family a file; importing this package registers them all."""

from symconv.readers.onnx.rules import (  # noqa: F401
    attention,
    control,
    convolution,
    indexing,
    learning,
    normalization,
    pointwise,
    products,
    quantized,
    recurrent,
    reducing,
    reshaping,
    resizing,
    sequences,
    shaping,
    slicing,
    sources,
    texts,
)
