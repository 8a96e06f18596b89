"""Layers of one's own from a Python file. Reading it runs it, so it is read only when the user names it."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from symconv.errors import SymconvError
from symconv.layer import LAYERS


def load_layers(path: str | Path) -> list[str]:
    """Run a Python file that registers layers with `@layer`; the kinds that it added.

    Raises SymconvError where the file is missing, fails, or registers no layer.
    """
    place = Path(path)
    if not place.is_file():
        raise SymconvError(f"{place}: there is no such file of layers")
    name = f"symconv_layers_{place.stem}"
    found = spec_from_file_location(name, place)
    if found is None or found.loader is None:
        raise SymconvError(f"{place}: a file of layers is Python, its name ends in .py")
    before = dict(LAYERS)
    module = module_from_spec(found)
    sys.modules[name] = module
    try:
        found.loader.exec_module(module)
    except Exception as error:  # whatever the user's file raises is the user's to see, without our traceback
        LAYERS.clear()
        LAYERS.update(before)
        line = _line(error, place)
        raise SymconvError(f"{place}{line}: {type(error).__name__}: {error}") from error
    added = [kind for kind, cls in LAYERS.items() if before.get(kind) is not cls]
    if not added:
        raise SymconvError(f'{place} registers no layer: a class under @layer("name") is wanted')
    return added


def _line(error: Exception, place: Path) -> str:
    if isinstance(error, SyntaxError) and error.lineno:
        return f":{error.lineno}"
    trace, line = error.__traceback__, 0
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(place):
            line = trace.tb_lineno
        trace = trace.tb_next
    return f":{line}" if line else ""
