"""How formulas are set: text with mathematical signs, plain ASCII, LaTeX, MathML, Typst; a file for each."""

from typing import Final

from symconv.notation.ascii import Ascii
from symconv.notation.latex import Latex, LatexGitHub, LatexInline, latex_escape
from symconv.notation.mathml import MathML
from symconv.notation.style import ATOM, POWER, PRODUCT, QUOTIENT, RAISED, SIGMA, SUM, Piece, Style
from symconv.notation.typeset import GREEK
from symconv.notation.typst import Typst, TypstInline, typst_string

TEXT: Final = Style()
ASCII: Final = Ascii()
LATEX: Final = Latex()
MATHML: Final = MathML()
TYPST: Final = Typst()
#: LaTeX for Markdown.
GITHUB: Final = LatexGitHub()
#: Formulas that are as high as a line of text.
LATEX_INLINE: Final = LatexInline()
TYPST_INLINE: Final = TypstInline()

__all__ = [
    "ASCII",
    "ATOM",
    "GITHUB",
    "GREEK",
    "LATEX",
    "LATEX_INLINE",
    "MATHML",
    "POWER",
    "PRODUCT",
    "QUOTIENT",
    "RAISED",
    "SIGMA",
    "SUM",
    "TEXT",
    "TYPST",
    "TYPST_INLINE",
    "Ascii",
    "Latex",
    "LatexGitHub",
    "LatexInline",
    "MathML",
    "Piece",
    "Style",
    "Typst",
    "TypstInline",
    "latex_escape",
    "typst_string",
]
