"""A network as equations: each side of a feature map defined once, then the cost of each stage, then the total.

The sides are M_1, M_2, …, the finest first; where H and W differ, H_1 and W_1. Widths that are rounded are C_1, C_2, …
They stand for what they stand for in every cost, so the equations are exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from symconv.cost import Cost, Factor, Factors, factor_key, settled, substitute_cost, total_of
from symconv.count import Convention
from symconv.errors import CallError, SymconvError, near
from symconv.extent import Atom, Extent, Floor, Function, Sum, from_terms, size_of, symbols_of
from symconv.formula import is_extent
from symconv.network import Network
from symconv.notation import LATEX
from symconv.symbols import RATIONAL, Index, Symbol, side, symbol
from symconv.values import evaluate
from symconv.writers.layers import label
from symconv.writers.network import domain_line
from symconv.writers.sheet import Math


@dataclass(frozen=True)
class Definition:
    """A name for a size, which may have names in it that are defined before."""

    symbol: Symbol
    size: Extent


@dataclass(frozen=True)
class Part:
    """A stage, a block or a layer, and its cost in the names of the sizes."""

    name: str
    cost: Cost


@dataclass(frozen=True)
class Equations:
    """Definitions, the cost of each part, and the total, which is the sum of the parts."""

    title: str
    metric: str
    definitions: tuple[Definition, ...]
    parts: tuple[Part, ...]
    total: Cost
    domain: Math


def equations(
    net: Network, metric: str | Convention = "macs", at: Mapping[str, Any] | None = None, depth: int = 1
) -> Equations:
    """The equations of a network.

    A part is what stands below the first `depth` names of a path: stages at 1, blocks at 2, with 0 the total alone.
    `at` puts values in place of symbols.

    Raises SymconvError for an unknown metric, an unknown symbol, or a value outside of the domain.

    >>> from symconv.readers.catalogue import load
    >>> found = equations(load("resnet50"))
    >>> found.definitions[0].symbol, found.definitions[0].size, found.parts[0].name, found.parts[0].cost
    (M_1, ⌈X/2⌉, 'stem', 9408·N·M_1²)
    """
    net = net.substitute(**at) if at else net
    parts = {} if net.choices else _parts(net, metric, depth)
    total, whole = total_of(parts.values()), net.cost(metric)
    if not parts or len(whole.terms) < len(total.terms):
        total = whole
    names = _Names(net, [*parts.values(), total])
    return Equations(
        net.name,
        label(metric),
        names.definitions,
        tuple(Part(name, settled(names.put(cost))) for name, cost in parts.items()),
        settled(names.put(total)),
        domain_line(net),
    )


def _parts(net: Network, metric: str | Convention, depth: int) -> dict[str, Cost]:
    """The parts that cost something, in their order."""
    found: dict[str, list[Cost]] = {}
    for name, cost in net.costs(metric).items() if depth > 0 else ():
        if cost:
            found.setdefault("/".join(name.split("/")[:depth]), []).append(cost)
    return {name: total_of(costs) for name, costs in found.items()}


class _Names:
    """Names for the sizes in some costs."""

    def __init__(self, net: Network, costs: Iterable[Cost]) -> None:
        factors = dict.fromkeys(f for cost in costs for factors in cost.terms for f in factors)
        self.extents = {s for t in net.inputs.values() for size in t.shape[2:] for s in symbols_of(size)}
        self.net, self.scope = net, f"equations of {net.name}"
        simple, composed = dict[Factor, None](), dict[Factor, None]()
        for factor in filter(_named, factors):
            inner = _floors(factor) if isinstance(factor, Extent) else []
            (composed if inner else simple).setdefault(factor)
            simple.update(dict.fromkeys(inner))
        self.symbols: dict[Factor, Symbol] = {}
        taken = {LATEX.symbol(name).text for name in net.symbols}
        taken |= {LATEX.symbol(s.name).text for f in factors for s in _indices(f)}
        count: dict[str, int] = {}
        for of, whole in ((simple, False), (composed, True)):
            for factor in sorted(of, key=lambda f: (-self._large(f), factor_key(f))):
                letter = self._letter(factor, whole, taken)
                count[letter] = count.get(letter, 0) + 1
                self.symbols[factor] = self._symbol(letter, count[letter], factor)
        self.definitions = tuple(Definition(s, self._size(f, f in composed)) for f, s in self.symbols.items())

    def put(self, cost: Cost) -> Cost:
        """A cost with the names in place of what they stand for."""
        return total_of(Cost({self._put(factors): c}) for factors, c in cost.terms.items())

    def _put(self, factors: Factors) -> Factors:
        return tuple(sorted((self.symbols.get(f, f) for f in factors), key=factor_key))

    def _size(self, factor: Factor, composed: bool) -> Extent:
        if not isinstance(factor, Extent):
            return size_of(factor)
        if not composed:
            return factor
        put: dict[Any, int] = {}
        for monomial, c in factor.terms.items():
            atoms = tuple(sorted((self.symbols.get(a, a) for a in monomial), key=lambda a: a.key))
            put[atoms] = put.get(atoms, 0) + c
        size = from_terms(put)
        return size if isinstance(size, Extent) else factor

    def _extents(self, factor: Factor) -> set[Symbol]:
        return {s for s in _symbols(factor) if is_extent(s) or s in self.extents}

    def _symbol(self, letter: str, number: int, factor: Factor) -> Symbol:
        if self._extents(factor):
            return side(letter, number, self.scope)
        return symbol(f"{letter}_{number}", "channels", self.scope)

    def _letter(self, factor: Factor, composed: bool, taken: set[str]) -> str:
        """M for a side, H, W or T of those alone, T for a number of places, C for a width; or another letter."""
        extents = self._extents(factor)
        own = "".join(sorted(s.name for s in extents))
        wanted: str = "C" if not extents else "T" if composed else own if own in ("H", "W", "T") else "M"
        for letter in (wanted, *_LETTERS):
            free = letter not in taken or (letter == own and not composed)
            if free and not any(name.startswith(f"{letter}_{{") for name in taken):
                return str(letter)
        return f"{wanted}{wanted}"

    def _large(self, factor: Factor) -> Any:
        """A value at a large input, by which the finest comes first."""
        size = factor if isinstance(factor, Extent) else size_of(factor)
        at = {s: 2 if s.kind == RATIONAL else 100_800 if s in self._extents(factor) else 4 for s in symbols_of(size)}
        try:
            return evaluate(size, at)
        except (SymconvError, ArithmeticError):
            return 0


#: Letters for sizes where the usual one is a symbol of the network.
_LETTERS: Final = "MRQEUZYVAB"


def _symbols(factor: Factor) -> set[Symbol]:
    return symbols_of(factor if isinstance(factor, Extent) else size_of(factor))


def _indices(factor: Factor) -> set[Symbol]:
    """What counts the rounds of sums in a factor."""
    atoms: Iterable[Atom] = {a for m in factor.terms for a in m} if isinstance(factor, Extent) else (factor,)
    return {a.index for a in atoms if isinstance(a, Sum)}


def _named(factor: Factor) -> bool:
    """Whether a factor gets a name: what is rounded, and any other size than a symbol that has an extent in it."""
    if any(isinstance(s, Index) for s in _symbols(factor)):
        return False
    if isinstance(factor, Extent):
        atoms = {a for m in factor.terms for a in m}
        return not any(isinstance(a, Sum) for a in atoms) and (
            any(map(_rounded, atoms)) or any(map(is_extent, _symbols(factor)))
        )
    return _rounded(factor)


def _rounded(atom: Atom) -> bool:
    if isinstance(atom, Floor):
        return not atom.exact or any(map(is_extent, atom.symbols))
    return isinstance(atom, Function) and atom.name not in ("equals", "reaches")


def _floors(extent: Extent) -> list[Atom]:
    """The rounded sizes that a size is a polynomial of; none of a size that is set as one floor."""
    atoms = dict.fromkeys(a for m in extent.terms for a in m if _rounded(a))
    alone = len(atoms) == 1 and all(len(m) == 1 for m in extent.terms if m)
    return [] if alone else list(atoms)


def expanded(found: Equations, cost: Cost) -> Cost:
    """A cost with the sizes in place of their names."""
    for d in reversed(found.definitions):
        cost = substitute_cost(cost, {d.symbol: d.size})
    return cost


def write(found: Equations, to: str) -> str:
    """The equations as text, latex, markdown, typst or mathml.

    Raises CallError for another format.
    """
    from symconv.writers.formats.aligned import FORMATS

    if to not in FORMATS:
        raise CallError(f"equations are written as {', '.join(FORMATS)}, not {to}. {near(to, FORMATS)}".rstrip())
    return FORMATS[to](found)
