"""The rules of torch's operators, a family a file; importing this package registers them all."""

from symconv.readers.torch.rules import (  # noqa: F401
    attention,
    convolution,
    indexing,
    normalization,
    pointwise,
    products,
    recurrent,
    reducing,
    resizing,
    shaping,
    sources,
)
