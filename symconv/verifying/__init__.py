"""Running models, and comparing what runs show with the closed forms."""

from symconv.verifying.load import verify
from symconv.verifying.report import Disagreement, Point, Report
from symconv.verifying.walking import verify_network

__all__ = ["Disagreement", "Point", "Report", "verify", "verify_network"]
