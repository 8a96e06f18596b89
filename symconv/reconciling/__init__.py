"""Reconciling: what other counters say of a model, and why, in closed forms."""

from symconv.reconciling.load import Reconciliation, reconcile
from symconv.reconciling.parts import Figure, Part

__all__ = ["Figure", "Part", "Reconciliation", "reconcile"]
