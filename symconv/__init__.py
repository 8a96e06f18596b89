"""symconv: the exact closed-form cost of a neural network.

>>> import symconv as sc
>>> net = sc.load("vgg16")
>>> net.cost("macs")
N·(7077888·⌊X/16⌋² + 5898240·⌊X/8⌋² + 1474560·⌊X/4⌋² + 221184·⌊X/2⌋² + 38592·X² + 123633664)
>>> net.evaluate("macs", X=224, N=1)
15470264320
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from symconv import layers, metrics
from symconv.condition import Condition, at_least, divides, equal
from symconv.cost import Cost, product
from symconv.count import CONVENTIONS, PRIMITIVES, Convention, Count
from symconv.domain import Domain, require
from symconv.equality import compare
from symconv.errors import SymconvError
from symconv.evaluation import evaluate_by_name as evaluate
from symconv.extent import Extent, size_of
from symconv.extremes import gcd, largest, smallest
from symconv.layer import Layer, Parameter, layer, weight
from symconv.metrics import receptive_field
from symconv.network import Network, metric
from symconv.node import Node
from symconv.powers import power
from symconv.ranges import Axes, Natural, Padding, Positive
from symconv.rounding import ceiling, floor
from symconv.symbols import FIELD, symbol
from symconv.sympy_bridge import from_sympy, to_sympy
from symconv.tensor import Tensor

if TYPE_CHECKING:
    from symconv.analysis.budget import check_budgets, largest_within, within
    from symconv.analysis.claims import conclusions
    from symconv.analysis.classes import on_class, period
    from symconv.analysis.comparisons import check_claim
    from symconv.analysis.crossover import crossover, orders
    from symconv.analysis.edits import whatif
    from symconv.analysis.growth import bounds, growth, leading, order
    from symconv.analysis.limits import limit, ratio
    from symconv.analysis.rates import change, derivative, difference, elasticities, elasticity, jumps, steps
    from symconv.analysis.scaling import scaling
    from symconv.certificates import certify, check_certificate
    from symconv.lift import lift
    from symconv.readers import bundled, load, load_layers, parse_spec, read_convention, read_spec
    from symconv.sweeps.arrays import sweep
    from symconv.sweeps.space import design_space
    from symconv.writers.code import code
    from symconv.writers.page import report
    from symconv.writers.pictures.diagram import draw
    from symconv.writers.plot import plot
    from symconv.writers.specs import spec
    from symconv.writers.view import view

#: The field's symbols, as extents; they stand wherever SymPy takes an expression.
N, K, C_in, C_out, D, S, P, g, M, T, X, H, W = (size_of(symbol(name)) for name in FIELD)

#: What is imported when it is first used, so that `import symconv` stays quick.
_LATER = {
    "symconv.certificates": ("certify", "check_certificate"),
    "symconv.lift": ("lift",),
    "symconv.readers": ("bundled", "load", "load_layers", "parse_spec", "read_convention", "read_spec"),
    "symconv.analysis.edits": ("whatif",),
    "symconv.analysis.growth": ("bounds", "growth", "leading", "order"),
    "symconv.analysis.classes": ("on_class", "period"),
    "symconv.analysis.limits": ("limit", "ratio"),
    "symconv.analysis.rates": ("change", "derivative", "difference", "elasticities", "elasticity", "jumps", "steps"),
    "symconv.analysis.claims": ("conclusions",),
    "symconv.analysis.budget": ("check_budgets", "largest_within", "within"),
    "symconv.analysis.comparisons": ("check_claim",),
    "symconv.analysis.crossover": ("crossover", "orders"),
    "symconv.analysis.scaling": ("scaling",),
    "symconv.sweeps.arrays": ("sweep",),
    "symconv.sweeps.space": ("design_space",),
    "symconv.writers.code": ("code",),
    "symconv.writers.page": ("report",),
    "symconv.writers.pictures.diagram": ("draw",),
    "symconv.writers.plot": ("plot",),
    "symconv.writers.specs": ("spec",),
    "symconv.writers.view": ("view",),
}
_ROOM = {name: room for room, names in _LATER.items() for name in names}

__version__ = "0.1.0"

__all__ = [
    "CONVENTIONS", "PRIMITIVES", "Axes", "C_in", "C_out", "Condition", "Convention", "Cost", "Count", "D", "Domain",
    "Extent", "H", "K", "Layer", "M", "N", "Natural", "Network", "P", "Padding", "Parameter", "Positive", "S",
    "SymconvError", "T", "Tensor", "W", "X", "at_least", "bounds", "bundled", "ceiling", "certify", "change",
    "check_budgets", "check_certificate", "check_claim", "code", "compare", "conclusions", "crossover", "derivative",
    "design_space", "difference", "divides", "draw", "elasticities", "elasticity", "equal", "evaluate", "floor",
    "from_sympy", "g", "gcd", "growth", "jumps", "largest", "largest_within", "layer", "layers", "leading", "lift",
    "limit", "load", "load_layers", "metric", "metrics", "on_class", "order", "orders", "parse_spec", "period",
    "plot", "power", "product", "ratio", "read_convention", "read_spec", "receptive_field", "report", "require",
    "scaling", "smallest", "spec", "steps", "sweep", "symbol", "to_sympy", "view", "weight", "whatif", "within",
]  # fmt: skip


def _bundle(thing: Any, include: Any = None, exclude: Any = None) -> Any:
    """What Jupyter shows of an object (see `symconv.writers.notebook`)."""
    from symconv.writers.notebook import bundle

    return bundle(thing)


for _kind in (Network, Node, Layer, Count, Domain, Cost, Extent):
    setattr(_kind, "_repr_mimebundle_", _bundle)  # noqa: B010


class _Package(ModuleType):
    """The package, where `lift` is the function, in whose place an import of its room would put the room."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "lift" and isinstance(value, ModuleType):
            value.Family._repr_mimebundle_ = _bundle
            value = value.lift
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    if name in _ROOM:
        return getattr(import_module(_ROOM[name]), name)
    raise AttributeError(f"module 'symconv' has no attribute {name!r}")
