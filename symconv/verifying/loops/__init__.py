"""One layer on numbers, run as its loops: the brute force that the closed forms are held against.

Nothing in here knows a rule of symconv's layers, or a formula of an extent: output positions are met by stepping,
multiply–accumulates are counted loop by loop, weights element by element of what a definition lists. Loops that do not
depend on one another are counted as the product of how often each goes round.
"""

from symconv.verifying.loops import contractions, images, joins, pointwise, reshaping, sequences
from symconv.verifying.loops.table import WALKS, Illegal, Shape, Walked, walks

__all__ = [
    "WALKS", "Illegal", "Shape", "Walked", "contractions", "images", "joins", "pointwise", "reshaping", "sequences",
    "walks",
]  # fmt: skip
