"""The rules of Keras's layers and operations, one family a file; importing this package registers them all."""

from symconv.readers.keras.rules import (  # noqa: F401
    activation,
    arithmetic,
    arrays,
    attention,
    convolution,
    core,
    images,
    indexing,
    merging,
    normalization,
    pooling,
    preprocessing,
    products,
    recurrent,
    reshaping,
    unknowns,
)
