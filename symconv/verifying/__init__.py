"""Verifying: a model run, and what the run shows compared with the closed forms."""

from symconv.verifying.onnx import Disagreement, Point, Report, verify

__all__ = ["Disagreement", "Point", "Report", "verify"]
