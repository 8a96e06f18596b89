"""Torch modules in, networks out."""

from symconv.readers.torch.load import Reading, read_torch

__all__ = ["Reading", "read_torch"]
