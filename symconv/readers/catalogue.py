"""From a name or a path to a network: the bundled architectures, and files of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from symconv.errors import SymconvError, near
from symconv.network import Network
from symconv.readers.spec import Spec, parse_spec, read_spec

SUFFIXES = (".yaml", ".yml")


def load(source: str | Path, variant: str | None = None) -> Network:
    """A network: a bundled architecture by name, or a spec from a file.

    `vgg/D` is a network of a bundled family, `vgg16` one by its own name, `my.yaml` a file, and `my.yaml:D` (or
    `variant="D"`) one of its networks. What ends in .yaml or .yml is a file.

    Raises SymconvError for an unknown name, SpecError with everything that is wrong with a file.

    >>> load("vgg/D").cost("params")
    2097152·⌊X/32⌋² + 35597096
    """
    text = str(source)
    path, _, named = text.partition(":") if not Path(text).exists() else (text, "", "")
    if Path(path).suffix.lower() in SUFFIXES:
        return read_spec(Path(path)).network(variant or named or None)
    family, _, column = text.partition("/")
    for spec in _candidates(family if column else text):
        if column and spec.name.lower() == family.lower() and column in spec.variants:
            return spec.network(column)
        if not column and text in spec.model.variants and text not in spec.table:
            return spec.network(text)
        if not column and text == spec.name.lower() and (variant or not spec.table):
            return spec.network(variant)
    names = [name for name, _ in bundled()]
    families = ", ".join(dict.fromkeys(n.split("/")[0] for n in names))
    hint = near(text, names) or f"bundled are {families} (symconv zoo lists all); a file ends in .yaml"
    raise SymconvError(f"there is no model {text}: {hint}")


def bundled() -> Iterator[tuple[str, Spec]]:
    """Every bundled network by the name that loads it, with its spec."""
    for place in _specs():
        spec = _read(place.name)
        if not spec.variants:
            yield spec.name.lower(), spec
        for variant in spec.variants:
            yield (f"{spec.name.lower()}/{variant}" if variant in spec.table else variant), spec


def published(spec: Spec, variant: str) -> dict[str, Any]:
    """The figures that others published of a network, as its spec states them."""
    known = spec.model.variants.get(variant.split("/")[-1])
    return dict(known.published) if known is not None else dict(spec.model.published)


def _folder() -> Traversable:
    """Where the bundled specs are: in the installed package, or in the checkout."""
    try:
        return files("symconv.specs")
    except ModuleNotFoundError:
        return Path(__file__).parents[2] / "specs"


def _specs() -> list[Traversable]:
    """The bundled files, in order of their names."""
    return sorted((f for f in _folder().iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name)


def _candidates(name: str) -> Iterator[Spec]:
    """The bundled specs whose text has the name at all, so that one model does not cost the reading of all."""
    for place in _specs():
        if name.lower() in place.name.lower() or name in place.read_text(encoding="utf-8"):
            yield _read(place.name)


@cache
def _read(name: str) -> Spec:
    return parse_spec((_folder() / name).read_text(encoding="utf-8"), name)
