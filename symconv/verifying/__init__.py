"""Running models, and comparing what runs show with the closed forms."""

from symconv.verifying.load import verify
from symconv.verifying.report import Disagreement, Point, Report

__all__ = ["Disagreement", "Point", "Report", "verify"]
