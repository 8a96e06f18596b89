"""A network as a spec of symconv's own, which reads back as the same closed forms."""

from symconv.writers.specs.writing import spec

__all__ = ["spec"]
