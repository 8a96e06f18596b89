"""What is summed over a network; importing this package registers every metric."""

from symconv.metrics import activations, params
from symconv.metrics.receptive_field import ReceptiveField, receptive_field

__all__ = ["ReceptiveField", "activations", "params", "receptive_field"]
