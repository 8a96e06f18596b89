"""From a name or a path to a network: the bundled architectures, and files of one's own."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import islice
from pathlib import Path
from typing import Any, Final

from symconv.errors import CallError, ModelError, SymconvError, near
from symconv.network import Network
from symconv.readers.expression import parse_rational
from symconv.readers.names import plainly
from symconv.readers.spec import Spec, parse_spec, read_spec

#: Families that an error names.
TOLD: Final = 12

#: A file with a spec, and one of its networks.
_FILE = re.compile(r"(.+?\.ya?ml)(?::(.*))?", re.IGNORECASE | re.DOTALL)


def load(
    source: Any,
    variant: str | None = None,
    *,
    inputs: Any = (),
    kwargs: Mapping[str, Any] | None = None,
    dims: Mapping[str, Any] | None = None,
    square: bool = False,
) -> Network:
    """A network: a bundled architecture by name, a spec from a file, an ONNX model, a module of torch or Keras.

    `vgg/D` is a network of a bundled family, `vgg16` one by its own name, `resnet` a family in its symbols, `my.yaml`
    a file, and `my.yaml:D` (or `variant="D"`) one of its networks. What ends in .yaml, .yml or .onnx is a file.

    Of an ONNX model the batch, the spatial axes of images and the tokens are symbols, N, H and W (X where they are
    equal and `square`), T; `dims` names others, {"input:2": "X"} or {"input": ("N", None, "H", "W")}.

    A torch module is run once on no device, called with `inputs` and `kwargs` as an example; nothing of it is changed
    (`symconv.readers.torch`). `torchvision:resnet50`, `timm:convnext_tiny`, `transformers:bert` and
    `torch:package.module:factory` are built, without weights, and `inputs` are then not needed; `keras:ResNet50` too.

    Raises SymconvError for an unknown name, SpecError with everything that is wrong with a file, ModelError for a file
    that is no ONNX model and for a module that fails, CallError for `dims` that do not fit it.

    >>> load("vgg/D").cost("params")
    2097152·⌊X/32⌋² + 35597096
    """
    if variant and (_is_keras(source) or _is_torch(source) or is_model(source)):
        raise _no_variant(source, variant)
    if _is_keras(source):  # on torch's backend a module too
        from symconv.readers.keras import read_keras

        return read_keras(source, dims, square)
    if _is_torch(source):
        from symconv.readers.torch import read_torch

        return read_torch(source, inputs, kwargs, dims, square).network
    if is_named(source):
        return network_of(str(source), dims, square)
    if is_onnx(source):
        from symconv.readers.onnx import read_onnx

        return read_onnx(source, dims, square).network
    if dims is not None:
        raise SymconvError(f"{source}: dims name the axes of a model's inputs, and a spec names its own")
    spec, found = find(source, variant)
    return spec.network(found)


#: Packages that make a model by its name.
NAMED: Final = ("torch", "torchvision", "timm", "transformers", "keras")


def is_named(source: Any) -> bool:
    """Whether a source is a model that a package makes by its name, torchvision:resnet50."""
    return str(source).partition(":")[0] in NAMED and ":" in str(source)


def is_module(source: Any) -> bool:
    """Whether a source is a torch module that a package makes by its name."""
    return is_named(source) and not str(source).startswith("keras:")


def is_model(source: Any) -> bool:
    """Whether a source is a foreign model, whose inputs have shapes."""
    return is_onnx(source) or is_named(source)


def _is_torch(source: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(source, torch.nn.Module)


def _is_keras(source: Any) -> bool:
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(source, keras.Model)


def network_of(
    source: str, dims: Mapping[str, Any] | None = None, square: bool = False, inputs: Sequence[str] = ()
) -> Network:
    """The network of a model that a package makes by its name; `inputs` say the shapes of its inputs.

    Raises CallError for a name that stands for nothing, ModelError where the package is not installed.
    """
    if source.startswith("keras:"):
        from symconv.readers.keras import read_keras
        from symconv.readers.keras.named import named

        if inputs:
            raise CallError(f"{source}: a Keras model has its inputs' shapes itself")
        return read_keras(named(source), dims, square)
    network: Network = read_named(source, dims, square, inputs).network
    return network


def read_named(
    source: str, dims: Mapping[str, Any] | None = None, square: bool = False, inputs: Sequence[str] = ()
) -> Any:
    """The reading of a torch module that a package makes by its name; `inputs` say the shapes of its inputs.

    Raises CallError for a name that stands for nothing, ModelError where the package is not installed.
    """
    try:
        import torch  # noqa: F401
    except ImportError:
        raise ModelError("reading torch modules needs torch: pip install 'symconv[torch]'") from None
    from symconv.readers.torch.load import read_torch
    from symconv.readers.torch.named import named

    found = named(source, inputs)
    return read_torch(
        found.module, found.args, found.kwargs, dims or found.dims, square, found.name, suggested=not dims
    )


def is_onnx(source: str | Path) -> bool:
    """Whether a source is an ONNX file, by its name."""
    return str(source).lower().endswith(".onnx")


def file_of(source: Any) -> Path | None:
    """The file that a source is read from; None for a name, a module, and a file that is not there."""
    if not isinstance(source, str | Path):
        return None
    match = _FILE.fullmatch(str(source))
    path = Path(match[1]) if match else Path(source) if is_onnx(source) else None
    return path if path is not None and path.is_file() else None


def find(source: str | Path, variant: str | None = None) -> tuple[Spec, str | None]:
    """The spec that a name or a path stands for, and which of its networks: None where it is the family itself.

    Raises as `load`.
    """
    text = str(source)
    if match := _FILE.fullmatch(text):
        if variant and match[2]:
            raise _no_variant(text, variant)
        return read_spec(Path(match[1])), variant or match[2] or None
    family, _, column = text.partition("/")
    for spec in _candidates(family if column else text):
        if (f"{family.lower()}/{column}" if column else text) in _names(spec):
            if column or text in spec.variants:
                if variant:
                    raise _no_variant(text, variant)
                return spec, column or text
            return spec, variant
        if text.lower() == spec.name.lower():
            if variant or not spec.table:
                return spec, variant
            raise SymconvError(f"{text} has several networks, name one of them: {', '.join(_names(spec))}")
    raise SymconvError(f"there is no model {plainly(text)}: {_hint(text)}")


def _no_variant(source: Any, variant: str) -> SymconvError:
    name = source if isinstance(source, str | Path) else type(source).__name__
    return SymconvError(f"{name} is one network, and has no variant {plainly(variant)}")


def bundled() -> Iterator[tuple[str, Spec]]:
    """Every bundled network by the name that loads it, with its spec; a family before its variants."""
    for spec in families():
        for name in _names(spec):
            yield name, spec


def families() -> Iterator[Spec]:
    """The spec of every bundled family, or of a network by itself, in order of the files' names."""
    for place in _specs():
        yield _read(place.name)


def family(name: str) -> Spec:
    """The bundled family of this name, or that a network of this name is of, or the spec of a file.

    Raises SymconvError for an unknown name.
    """
    if not _FILE.fullmatch(name):
        for spec in _candidates(name.partition("/")[0]):
            if name.lower() == spec.name.lower() or name in _names(spec):
                return spec
    return find(name)[0]


def networks(spec: Spec) -> list[tuple[str, str | None]]:
    """The networks of a bundled spec: the name that loads each, and the variant that it is."""
    return [(name, _variant(spec, name)) for name in _names(spec)]


def _variant(spec: Spec, name: str) -> str | None:
    column = name.rpartition("/")[2]
    return column if column in spec.variants else None


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
        return "a file ends in .yaml, .yml or .onnx"
    names = list(dict.fromkeys(name for spec in families() for name in (spec.name.lower(), *_names(spec))))
    told = ", ".join(spec.name.lower() for spec in islice(families(), TOLD))
    return near(text, names) or f"bundled are {told}, … (symconv zoo lists all); a file ends in .yaml"


def published(spec: Spec, variant: str) -> dict[str, Any]:
    """The figures that others published of a network, as its spec states them."""
    known = spec.model.variants.get(variant.split("/")[-1])
    return dict(known.published) if known is not None else dict(spec.model.published)


# -- which of a family's networks has some values ---------------------------------------------------------------------


@dataclass(frozen=True)
class Member:
    """A variant of a family that has the values asked for.

    `rest` are the values of the symbols that were not given, `apart` the arguments that it sets otherwise than the
    family itself does; where both are empty, the family at the given values is this variant.
    """

    name: str
    rest: Mapping[str, Any]
    apart: Mapping[str, Any]

    @property
    def exact(self) -> bool:
        """Whether nothing more is needed than the values given."""
        return not self.rest and not self.apart


def members(source: str | Path, values: Mapping[str, Any]) -> tuple[Member, ...]:
    """The variants of a family, by name or path, that set all of these symbols to these values, in the family's order.

    Symbols that no variant sets (X, N) have no say.

    Raises SymconvError for an unknown name, SpecError for a wrong file.

    >>> [(m.name, dict(m.rest)) for m in members("resnet", {"n1": 3, "n2": 4, "n3": 23, "n4": 3}) if not m.apart]
    [('resnet101', {'w': 64}), ('wide_resnet101_2', {'w': 128})]
    """
    spec, variant = find(source)
    if variant is not None:
        return ()
    known = {name: settled(spec, name) for name in spec.model.variants}
    asked = {name: value for name, value in values.items() if any(name in own for own in known.values())}
    found = []
    for name, own in known.items() if asked else ():
        if any(own.get(s) != value or isinstance(own.get(s), bool) for s, value in asked.items()):
            continue
        rest = {s: value for s, value in own.items() if s in spec.model.symbols and s not in asked}
        apart = {a: value for a, value in own.items() if a in spec.model.with_ and value != spec.model.with_[a]}
        found.append(Member(name, rest, apart))
    return tuple(found)


def settled(spec: Spec, variant: str) -> dict[str, Any]:
    """What a variant sets, each expression that is one by then as its number."""
    known: dict[str, Any] = {}
    for name, value in spec.model.variants[variant].set.items():
        if isinstance(value, str):
            with suppress(SymconvError):
                value = parse_rational(value, {n: v for n, v in known.items() if _is_number(v)})
        if isinstance(value, Fraction) and value.denominator == 1:
            value = int(value)
        known[name] = value
    return known


def _is_number(value: object) -> bool:
    return isinstance(value, int | Fraction) and not isinstance(value, bool)


# -- the files --------------------------------------------------------------------------------------------------------


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
        if any(name.lower() in text.lower() for text in (place.name, place.read_text(encoding="utf-8"))):
            yield _read(place.name)


@cache
def _read(name: str) -> Spec:
    return parse_spec((_folder() / name).read_text(encoding="utf-8"), name)
