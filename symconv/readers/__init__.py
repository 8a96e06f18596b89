"""Readers: a foreign description in, a Network out."""

from symconv.readers.catalogue import bundled, load, published
from symconv.readers.convention import read_convention
from symconv.readers.extension import load_layers
from symconv.readers.spec import Spec, parse_spec, read_spec

__all__ = ["Spec", "bundled", "load", "load_layers", "parse_spec", "published", "read_convention", "read_spec"]
