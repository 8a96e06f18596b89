"""Identifiers from the names of symbols and models, which strangers choose: valid in every language, and different."""

from __future__ import annotations

import keyword
import re
import unicodedata
from typing import Final

#: Letters of an identifier; C tells 63 of them apart.
LONGEST: Final = 40

#: Words of C and C++, and what their compilers define.
_C: Final = """
alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t char32_t class co_await
co_return co_yield compl concept const const_cast consteval constexpr constinit continue decltype default delete do
double dynamic_cast else enum explicit export extern false final float for friend goto if import inline int long main
module mutable namespace new noexcept not not_eq nullptr operator or or_eq override private protected public register
reinterpret_cast requires restrict return short signed sizeof static static_assert static_cast struct switch template
this thread_local throw true try typedef typeid typename typeof union unix unsigned using virtual void volatile wchar_t
while xor xor_eq linux i386 NULL SIZE_MAX
"""

#: Words of JavaScript, and what the functions there use.
_JAVASCRIPT: Final = """
arguments async await BigInt debugger eval exports finally function get implements in Infinity instanceof interface let
NaN null Number of package RangeError set super TypeError undefined var with yield ceilDiv floorDiv divisible whole
"""

#: What the functions in Python use, and names that are the same in all three.
_PYTHON: Final = "index int isinstance max min gcd Fraction Rational ValueError TypeError"
_OWN: Final = "result status total numerator denominator"

RESERVED: Final = frozenset([*f"{_C} {_JAVASCRIPT} {_PYTHON} {_OWN}".split(), *keyword.kwlist])

#: Names of types and macros of C's headers, and of the functions that ours are written with.
_HEADERS: Final = re.compile(r".*_t|U?INT.*|.*_(MIN|MAX|WIDTH)|(sc|SC|SYMCONV)_.*")


def identifier(text: str) -> str:
    """The nearest identifier, the same in every language.

    >>> [identifier(text) for text in ("C_in", "cost[MyOp]", "vgg/D", "a b", "int", "3d", "größe", "λ", "")]
    ['C_in', 'cost_MyOp', 'vgg_D', 'a_b', 'int_', 'n_3d', 'grosse', 'u3bb', 'n']
    """
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    known = "".join(c if c.isascii() else "" if unicodedata.combining(c) else f"u{ord(c):x}" for c in plain)
    word = re.sub(r"[^A-Za-z0-9]+", "_", known)[:LONGEST].strip("_")
    if not word or word[0].isdigit():
        word = f"n_{word}".rstrip("_")
    return f"{word}_" if word in RESERVED or _HEADERS.fullmatch(word) else word


class Names:
    """Names that are taken in one function.

    >>> names = Names()
    >>> names.fresh("a b"), names.fresh("a_b"), names.fresh("a/b")
    ('a_b', 'a_b_2', 'a_b_3')
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def fresh(self, wanted: str) -> str:
        """A name that nothing has yet."""
        word, k = identifier(wanted), 1
        name = word
        while name in self._taken:
            k += 1
            name = f"{word.rstrip('_')}_{k}"
        self._taken.add(name)
        return name

    def numbered(self, kind: str) -> str:
        """The next of `kind_1`, `kind_2`, …"""
        k = 1
        while f"{kind}_{k}" in self._taken:
            k += 1
        return self.fresh(f"{kind}_{k}")
