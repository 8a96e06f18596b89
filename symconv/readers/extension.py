"""Layers of one's own from a Python file. Reading it runs it, so it is read only when the user names it."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from pydantic import PydanticSchemaGenerationError

from symconv.errors import SymconvError
from symconv.layer import LAYERS, layer_fields
from symconv.readers.fields import COMMON, model_of
from symconv.readers.schema import ENTRIES


def load_layers(path: str | Path) -> list[str]:
    """Run a Python file that registers layers with `@layer`; the kinds that it added.

    Raises SymconvError where the file is missing, fails, or registers no layer, or one that no spec could say.
    """
    place = Path(path).resolve()
    if not place.is_file():
        raise SymconvError(f"{path}: there is no such file of layers")
    name = f"symconv_layers_{place.stem}"
    while getattr(sys.modules.get(name), "__file__", str(place)) != str(place):
        name += "_"  # another file of this name, in another folder
    found = spec_from_file_location(name, place)
    if found is None or found.loader is None:
        raise SymconvError(f"{path}: a file of layers is Python, its name ends in .py")
    before = dict(LAYERS)
    module = module_from_spec(found)
    sys.modules[name] = module
    try:
        found.loader.exec_module(module)
        added = [kind for kind, cls in LAYERS.items() if before.get(kind) is not cls]
        for kind in added:
            _check(kind)
        if not added:
            raise SymconvError('no layer is registered: a class under @layer("name") is wanted')
    except (Exception, SystemExit) as error:  # what the file raises is the user's to see, without our traceback
        LAYERS.clear()
        LAYERS.update(before)
        del sys.modules[name]
        what = "" if isinstance(error, SymconvError) else f"{type(error).__name__}: "
        raise SymconvError(f"{path}{_line(error, place)}: {what}{error}") from error
    return added


def _check(kind: str) -> None:
    """Raises SymconvError where a spec could not say the layer or one of its fields."""
    cls = LAYERS[kind]
    if not kind.isidentifier() or kind in ENTRIES:
        raise SymconvError(f"{kind!r} is no name for a layer: a word such as deform_conv is wanted")
    for f in layer_fields(cls):
        if f.name in COMMON:
            raise SymconvError(f"{kind}: every layer of a spec has {f.name} already, call the field otherwise")
    try:
        model_of(cls)
    except PydanticSchemaGenerationError as error:
        accepted = "sizes such as Positive and Axes, bool, int, float and str are accepted"
        raise SymconvError(f"{kind}: a field has a type that a spec cannot give: {accepted}") from error
    except Exception as error:
        raise SymconvError(f"{kind}: its fields cannot be read: {str(error).splitlines()[0]}") from error


def _line(error: BaseException, place: Path) -> str:
    if isinstance(error, SyntaxError) and error.lineno:
        return f":{error.lineno}"
    trace, line = error.__traceback__, 0
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(place):
            line = trace.tb_lineno
        trace = trace.tb_next
    return f":{line}" if line else ""
