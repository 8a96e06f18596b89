"""Atoms, which stand for the numbers in a network, and what its wiring says of them: equations, solved as they come.

An atom has the number that it stands for as its witness. An addition forces its operands' channels to be equal, a view
makes a product, a concatenation a sum, a split equal parts. Every equation is solved for one of its atoms, so that what
is left, the free atoms, are the classes of numbers that may be chosen; an equation that cannot be solved is kept as one
that was not understood.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import gcd
from typing import Final

from symconv.errors import ExtentError
from symconv.extent import Extent, Size, from_terms, size_of, symbols_of, terms_of, without
from symconv.symbols import Symbol, symbol
from symconv.values import substitute

#: Whom atoms belong to.
SCOPE: Final = " what a number in a network stands for"


@dataclass(frozen=True)
class Origin:
    """Where an atom comes from: a node and what it is of it, a field, an axis of a weight, a part of a view."""

    node: str
    what: str


@dataclass(frozen=True)
class Unsolved:
    """An equation that no atom could be solved for, and the node that asked for it."""

    left: Size
    right: Size
    node: str

    def __str__(self) -> str:
        return f"{self.node}: {self.left} = {self.right}"


class Equations:
    """The atoms of a network, and what is known of them.

    >>> known = Equations()
    >>> a, b = known.atom(64, Origin("conv1", "channels")), known.atom(64, Origin("conv2", "channels"))
    >>> known.equate(a, b, "add")
    >>> known.resolve(b) == a, known.value(2 * b + 1)
    (True, 129)
    """

    def __init__(self) -> None:
        #: The number that each atom stands for.
        self.witness: dict[Symbol, int] = {}
        self.origin: dict[Symbol, Origin] = {}
        self.unsolved: list[Unsolved] = []
        #: Pairs of factors that were taken for equal because they have the same value, with the node.
        self.paired: list[tuple[Size, Size, str]] = []
        self._solved: dict[Symbol, Size] = {}

    def atom(self, value: int, origin: Origin) -> Size:
        """A new atom for a number; 1 stays what it is."""
        if value == 1:
            return 1
        new = symbol(f"a{len(self.witness):05}", "channels", SCOPE)  # in the order of their names
        self.witness[new], self.origin[new] = value, origin
        return size_of(new)

    def number(self, of: Symbol) -> int:
        """The place of an atom in the order in which they were made."""
        return int(of.name[1:])

    def atoms_of(self, size: Size) -> set[Symbol]:
        """The atoms in a size."""
        return {s for s in symbols_of(size) if s in self.witness}

    def free(self) -> Iterator[Symbol]:
        """The atoms that nothing was solved for, in their order."""
        return (s for s in self.witness if s not in self._solved)

    def resolve(self, size: Size) -> Size:
        """A size in free atoms."""
        while not isinstance(size, int):
            known = {s: self._solved[s] for s in symbols_of(size) if s in self._solved}
            if not known:
                return size
            size = substitute(size, known)
        return size

    def value(self, size: Size) -> Size:
        """A size with the numbers that its atoms stand for."""
        return substitute(size, {s: self.witness[s] for s in self.atoms_of(size)})

    # -- solving ----------------------------------------------------------------------------------------------------

    def equate(self, left: Size, right: Size, node: str) -> None:
        """Two sizes are equal: solve it for an atom, or keep it as not understood."""
        left, right = self.resolve(left), self.resolve(right)
        if left == right or not (self.atoms_of(left) or self.atoms_of(right)):
            return
        try:
            agree = self.value(left) == self.value(right)
        except ExtentError:
            agree = False
        if not agree or not (
            self._alone(left, right) or self._monomials(left, right, node) or self._linear(left, right)
        ):
            self.unsolved.append(Unsolved(left, right, node))

    def _set(self, atom: Symbol, size: Size) -> bool:
        if atom in symbols_of(size):
            return False
        self._solved[atom] = size
        return True

    def _bare(self, size: Size) -> Symbol | None:
        """The atom that a size is."""
        if isinstance(size, Extent) and len(size.terms) == 1:
            ((m, c),) = size.terms.items()
            if c == 1 and len(m) == 1 and isinstance(m[0], Symbol) and m[0] in self.witness:
                return m[0]
        return None

    def _alone(self, left: Size, right: Size) -> bool:
        one, other = self._bare(left), self._bare(right)
        if one is not None and other is not None:
            keep, gone = sorted((one, other), key=self.number)
            return self._set(gone, size_of(keep))
        return (one is not None and self._set(one, right)) or (other is not None and self._set(other, left))

    def _monomials(self, left: Size, right: Size, node: str) -> bool:
        """c·a·b = d·e, without what both sides share."""
        if len(terms_of(left)) != 1 or len(terms_of(right)) != 1:
            return self._common(left, right, node)
        ((m, c),), ((n, d),) = terms_of(left).items(), terms_of(right).items()
        for a in m:
            rest = without(n, (a,))
            if rest is not None and (before := without(m, (a,))) is not None:
                m, n = before, rest
        g = gcd(c, d)
        left, right = from_terms({m: c // g}), from_terms({n: d // g})
        if self._alone(left, right) or self._divided(left, right) or self._divided(right, left):
            return True
        return self._by_value(left, right, node)

    def _common(self, left: Size, right: Size, node: str) -> bool:
        """Both sides without a symbol that every term has."""
        monomials = [*terms_of(left), *terms_of(right)]
        shared = next((a for a in monomials[0] if all(a in m for m in monomials)), None) if all(monomials) else None
        if shared is None:
            return False
        rests = []
        for side in (left, right):
            rest = {without(m, (shared,)): c for m, c in terms_of(side).items()}
            rests.append(from_terms({m: c for m, c in rest.items() if m is not None}))
        before = len(self.unsolved)
        self.equate(rests[0], rests[1], node)
        if len(self.unsolved) > before:
            self.unsolved.pop()
            return False
        return True

    def _divided(self, left: Size, right: Size) -> bool:
        """c·a = d·(…) where c divides all of the other side."""
        ((m, c),) = terms_of(left).items()
        if len(m) != 1 or not isinstance(m[0], Symbol) or m[0] not in self.witness:
            return False
        terms = terms_of(right)
        return all(d % c == 0 for d in terms.values()) and self._set(
            m[0], from_terms({n: d // c for n, d in terms.items()})
        )

    def _by_value(self, left: Size, right: Size, node: str) -> bool:
        """a·b = c·d: factors of the same value are taken for equal, where no value comes twice."""
        sides = [sorted(((self.value(f), f) for f in _factors(side)), key=str) for side in (left, right)]
        values = [[v for v, _ in side] for side in sides]
        if len(values[0]) < 2 or values[0] != values[1] or len(set(map(str, values[0]))) < len(values[0]):
            return False
        for (_, a), (_, b) in zip(*sides):
            if a != b:
                self.paired.append((a, b, node))
                self.equate(a, b, node)
        return True

    def _linear(self, left: Size, right: Size) -> bool:
        """An atom that stands alone in one term, with a coefficient that divides the others."""
        terms = terms_of(left - right)
        for atom in sorted(self.atoms_of(left - right), key=self.number, reverse=True):
            c = terms.get((atom,))
            rest = {m: d for m, d in terms.items() if m != (atom,)}
            if c is None or any(d % c for d in rest.values()) or atom in symbols_of(from_terms(rest)):
                continue
            return self._set(atom, from_terms({m: -d // c for m, d in rest.items()}))
        return False


def _factors(size: Size) -> list[Size]:
    """The factors of one product, its number among them."""
    ((m, c),) = terms_of(size).items()
    return [*([c] if c != 1 else []), *map(size_of, m)]
