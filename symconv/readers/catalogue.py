"""From a name or a path to a network: the bundled architectures, and files of one's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from symconv.errors import SymconvError, near
from symconv.network import Network
from symconv.readers.names import plainly
from symconv.readers.spec import Spec, parse_spec, read_spec

#: A file with a spec, and one of its networks.
_FILE = re.compile(r"(.+?\.ya?ml)(?::(.*))?", re.IGNORECASE | re.DOTALL)


def load(source: str | Path, variant: str | None = None) -> Network:
    """A network: a bundled architecture by name, or a spec from a file.

    `vgg/D` is a network of a bundled family, `vgg16` one by its own name, `my.yaml` a file, and `my.yaml:D` (or
    `variant="D"`) one of its networks. What ends in .yaml or .yml is a file.

    Raises SymconvError for an unknown name, SpecError with everything that is wrong with a file.

    >>> load("vgg/D").cost("params")
    2097152·⌊X/32⌋² + 35597096
    """
    text = str(source)
    if match := _FILE.fullmatch(text):
        return read_spec(Path(match[1])).network(variant or match[2] or None)
    family, _, column = text.partition("/")
    for spec in _candidates(family if column else text):
        if (f"{family.lower()}/{column}" if column else text) in _names(spec):
            if variant:
                raise SymconvError(f"{text} is one network, and has no variant {plainly(variant)}")
            return spec.network(column or (text if text in spec.variants else None))
        if text.lower() == spec.name.lower():
            if variant:
                return spec.network(variant)
            raise SymconvError(f"{text} has several networks, name one of them: {', '.join(_names(spec))}")
    raise SymconvError(f"there is no model {plainly(text)}: {_hint(text)}")


def bundled() -> Iterator[tuple[str, Spec]]:
    """Every bundled network by the name that loads it, with its spec."""
    for place in _specs():
        spec = _read(place.name)
        for name in _names(spec):
            yield name, spec


def _names(spec: Spec) -> list[str]:
    """The names that load the networks of a bundled spec."""
    family = spec.name.lower()
    variants = [f"{family}/{variant}" if variant in spec.table else variant for variant in spec.variants]
    return variants if spec.table else [family, *variants]


def _hint(text: str) -> str:
    try:
        found = Path(text).is_file()
    except (OSError, ValueError):
        found = False
    if found:
        return "a file with a spec ends in .yaml or .yml"
    names = [name for name, _ in bundled()]
    families = ", ".join(dict.fromkeys(n.split("/")[0] for n in names))
    return near(text, names) or f"bundled are {families} (symconv zoo lists all); a file ends in .yaml"


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
