"""symconv: the exact closed-form cost of a neural network."""

import symconv.metrics  # noqa: F401  (registers the metrics)
from symconv import layers
from symconv.cost import Cost, product
from symconv.count import Convention, Count
from symconv.domain import at_least, divides, equal, require
from symconv.errors import SymconvError
from symconv.evaluation import evaluate_by_name as evaluate
from symconv.extent import Extent, ceiling, gcd, largest, size_of, smallest
from symconv.layer import Axes, Layer, Natural, Padding, Parameter, Positive, layer, weight
from symconv.network import Network
from symconv.symbols import FIELD, symbol
from symconv.tensor import Tensor

N, K, C_in, C_out, D, S, P, g, M, T, X, W, H = (size_of(symbol(name)) for name in FIELD)
