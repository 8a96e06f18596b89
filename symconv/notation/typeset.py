"""What styles that are typeset share: names as letters with subscripts, C_in as C with an upright `in` below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from symconv.notation.style import ATOM, Piece, Style

#: The letters that are written by their names.
GREEK: Final = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ",
    "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ",
    "tau": "τ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
}  # fmt: skip


class Typeset(Style):
    """A style in which a name is set: one letter in italics, a word upright, what stands behind _ as a subscript."""

    def row(self, parts: Sequence[str]) -> str:
        """Set pieces one behind the other."""
        return "".join(parts)

    def letter(self, letter: str) -> str:
        """A single letter, Greek ones too."""
        raise NotImplementedError

    def digits(self, digits: str) -> str:
        """The digits of a name."""
        return digits

    def upright(self, word: str) -> str:
        """A word of several letters, with whatever signs a stranger has put into it."""
        raise NotImplementedError

    def below(self, base: str, subscript: str) -> str:
        """A base with a subscript."""
        raise NotImplementedError

    def power(self, base: Piece, exponent: int) -> Piece:
        return self.raised(base, self.number(exponent))

    def symbol(self, name: str) -> Piece:
        head, _, tail = name.partition("_")
        if not head or not tail:
            return Piece(self._word(name), ATOM)
        letter, digits = _numbered(head)
        if digits:  # x1_2: a letter has one subscript
            return Piece(self.below(self._plain(letter), self.upright(f"{digits},{tail}")), ATOM)
        return Piece(self.below(self._plain(head), self._word(tail)), ATOM)

    def _word(self, text: str) -> str:
        letter, digits = _numbered(text)
        return self.below(self._plain(letter), self.digits(digits)) if digits else self._plain(text)

    def _plain(self, text: str) -> str:
        if text in GREEK or (len(text) == 1 and text.isalpha()):
            return self.letter(GREEK.get(text, text))
        return self.digits(text) if text.isdecimal() and text.isascii() else self.upright(text)


def _numbered(text: str) -> tuple[str, str]:
    """A letter with digits behind it as the letter and the digits; nothing else has digits here."""
    head = text.rstrip("0123456789")
    return (head, text[len(head) :]) if (len(head) == 1 and head.isalpha()) or head in GREEK else (text, "")


def visible(text: str) -> str:
    """A stranger's text with every sign in it to be seen, and none that turns the text around it.

    >>> visible("a\\x1b[31m")
    'a\\\\x1b[31m'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
