"""Formulas and text in LaTeX, such that every TeX takes them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from symconv.notation.style import ATOM, POWER, PRODUCT, QUOTIENT, SIGMA, Piece
from symconv.notation.typeset import GREEK, Typeset, visible


class Latex(Typeset):
    r"""LaTeX for mathematics mode: N \left(7077888 \left\lfloor \frac{X}{16} \right\rfloor^{2} + 38592 X^{2}\right)."""

    times, plus, minus = r" \cdot ", " + ", " - "
    negative = "-"
    by = r" \times "
    opening, closing = r"\left(", r"\right)"
    loose = r"\bigl(", r"\bigr)"
    floors = r"\left\lfloor ", r" \right\rfloor"
    ceilings = r"\left\lceil ", r" \right\rceil"
    relations: ClassVar[Mapping[str, str]] = {
        "≥": r"\geq", "≤": r"\leq", "≠": r"\neq", "≡": r"\equiv", "∈": r"\in", "≈": r"\approx",
    }  # fmt: skip

    def words(self, text: str) -> str:
        return rf"\text{{{latex_escape(text)}}}"

    def letter(self, letter: str) -> str:
        return f"\\{_NAMES[letter]}" if letter in _NAMES else letter if letter.isascii() else self.upright(letter)

    def upright(self, word: str) -> str:
        command = "mathrm" if word.isascii() and all(c.isalnum() or c in "_," for c in word) else "text"
        return rf"\{command}{{{latex_escape(word)}}}"

    def below(self, base: str, subscript: str) -> str:
        return f"{base}_{{{subscript}}}"

    def raised(self, base: Piece, exponent: Piece) -> Piece:
        return Piece(f"{self.within(base, ATOM)}^{{{exponent.text}}}", POWER)

    def quotient(self, over: Piece, under: Piece) -> Piece:
        return Piece(rf"\frac{{{over.text}}}{{{under.text}}}", PRODUCT)

    def function(self, name: str, arguments: Sequence[Piece]) -> Piece:
        command = rf"\{name}" if name in ("max", "min", "gcd") else rf"\operatorname{{{latex_escape(name)}}}"
        return Piece(rf"{command}\left({', '.join(a.text for a in arguments)}\right)", ATOM)

    def sigma(self, index: Piece, begin: Piece, end: Piece, last: Piece, body: Piece) -> Piece:
        return Piece(rf"\sum_{{{index.text}={begin.text}}}^{{{last.text}}} {self.within(body, SIGMA)}", SIGMA)


class LatexInline(Latex):
    r"""LaTeX for a line of text or of a table, all of one height: \lfloor X/16 \rfloor^{2}."""

    opening, closing = "(", ")"
    loose = opening, closing
    floors, ceilings = (r"\lfloor ", r" \rfloor"), (r"\lceil ", r" \rceil")

    def quotient(self, over: Piece, under: Piece) -> Piece:
        return Piece(f"{self.within(over, POWER)}/{self.within(under, POWER)}", QUOTIENT)


class LatexGitHub(Latex):
    r"""LaTeX as GitHub takes it: no \operatorname, and in \text no escapes, which it would show."""

    def words(self, text: str) -> str:
        return rf"\text{{{text}}}" if all(c.isalnum() or c in " .,()" for c in text) else self.upright(text)

    def upright(self, word: str) -> str:
        return rf"\mathrm{{{''.join(_GITHUB.get(c, c) for c in visible(word))}}}"

    def letter(self, letter: str) -> str:
        return f"\\{_NAMES[letter]}" if letter in _NAMES else letter

    def function(self, name: str, arguments: Sequence[Piece]) -> Piece:
        return Piece(super().function(name, arguments).text.replace(r"\operatorname", r"\mathrm"), ATOM)


_GITHUB: Final = {
    "\\": r"\backslash ", "<": r"\lt ", ">": r"\gt ", "~": r"\sim ", "^": r"\wedge ", " ": r"\ ", "|": r"\vert ",
    "`": r"\prime ", **{c: "\\" + c for c in "&%$#_{}"},
}  # fmt: skip
_NAMES: Final = {letter: name for name, letter in GREEK.items()}


# -- text --------------------------------------------------------------------------------------------------------------

#: What LaTeX has no letter for, or would take for a command's own: a bracket behind a line's end is its option.
_SIGNS: Final = {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    **{c: "\\" + c for c in "&%$#_{}"},
    "·": r"$\cdot$", "×": r"$\times$", "−": "$-$", "⌊": r"$\lfloor$", "⌋": r"$\rfloor$", "⌈": r"$\lceil$",
    "⌉": r"$\rceil$", "≥": r"$\geq$", "≤": r"$\leq$", "≡": r"$\equiv$", "…": r"\dots{}", "→": r"$\to$",
    "–": r"\textendash{}",    "≠": r"$\neq$", "≈": r"$\approx$", "∞": r"$\infty$", "√": r"$\surd$", "½": r"$\tfrac12$",
    "Σ": r"$\Sigma$",
    "Φ": r"$\Phi$", **{letter: f"$\\{name}$" for name, letter in GREEK.items()}, "ε": r"$\varepsilon$",
    "ˣ": "$^{x}$", "ʳ": "$^{r}$", "⁻": "$^{-}$", "\u202f": r"\,", "\u00a0": "~",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
    "[": "{[}", "]": "{]}", "*": "{*}", '"': "''", "`": r"\textasciigrave{}",
    **{sign: f"$^{{{digit}}}$" for digit, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
    **{sign: f"$_{{{digit}}}$" for digit, sign in enumerate("₀₁₂₃₄₅₆₇₈₉")},
    "ß": r"\ss{}", "æ": r"\ae{}", "Æ": r"\AE{}", "œ": r"\oe{}", "Œ": r"\OE{}", "ø": r"\o{}", "Ø": r"\O{}",
    "ł": r"\l{}", "Ł": r"\L{}", "ı": r"\i{}", "’": "'", "“": "``", "”": "''", "—": r"\textemdash{}",
}  # fmt: skip
#: By the combining sign.
_ACCENTS: Final = dict(zip("\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c\u0327", "`'^~=u.\"rHvc"))


def latex_escape(text: str) -> str:
    r"""Text that LaTeX shows as it is, in ASCII; of what the usual fonts have no letter for, its escape.

    >>> print(latex_escape("a_b"), latex_escape("3×3"), latex_escape("é"), latex_escape("中"))
    a\_b 3$\times$3 \'{e} \textbackslash{}u4e2d
    """
    if text.isalnum() and text.isascii():
        return text
    return "".join(map(_escaped, unicodedata.normalize("NFC", text))).replace("--", "-{}-")


def _escaped(c: str) -> str:
    if c in _SIGNS:
        return _SIGNS[c]
    if c.isascii() and c.isprintable():
        return c
    base, accent = (*unicodedata.normalize("NFD", c), "")[:2]
    if accent in _ACCENTS and base.isascii() and base.isalpha():
        return f"\\{_ACCENTS[accent]}{{{base}}}"
    return c.encode("unicode_escape").decode().replace("\\", _SIGNS["\\"])
