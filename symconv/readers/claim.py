"""A claim about a network as it is written: params(linear) > last(params, conv), macs(conv) >= 9/10*macs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from typing import Final

from symconv.errors import ExpressionError, near
from symconv.extent import Extent, Size, size_of
from symconv.network import METRICS
from symconv.readers.budget import RELATIONS, SAME, check_metric
from symconv.readers.expression import names_in, parse_ratio
from symconv.readers.names import shown
from symconv.symbols import symbol

#: What is asked of the costs of several layers.
CHOICES: Final = ("sum", "first", "last", "largest", "smallest", "count")

LENGTH: Final = 1000

_PATTERN: Final = r"'(?P<quoted{0}>[^'\n]{{1,200}})'|(?P<plain{0}>[A-Za-z0-9_./*?\[\]!-]{{1,200}})"
_CALL: Final = re.compile(
    rf"(?<![\w.])(?P<choice>{'|'.join(CHOICES)})\s*\(\s*(?P<of>\w+)\s*,\s*(?:{_PATTERN.format(1)})\s*\)"
    rf"|(?<![\w.])(?P<metric>\w+)\s*\(\s*(?:{_PATTERN.format(2)})\s*\)",
    re.ASCII,
)
_WORD: Final = re.compile(r"(?<![\w.])[A-Za-z_]\w*\b(?!\s*\()", re.ASCII)
_SIGN: Final = re.compile("|".join(map(re.escape, (*SAME, *RELATIONS))))


@dataclass(frozen=True)
class Term:
    """A figure of a network: a metric, summed over layers, or of one of them; no pattern is the whole network."""

    metric: str
    pattern: str = ""
    choice: str = "sum"


@dataclass(frozen=True)
class Comparison:
    """A claim: quotients left and right in terms and in the network's symbols, by the names that stand for them."""

    text: str
    relation: str
    left: tuple[Size, Size]
    right: tuple[Size, Size]
    terms: Mapping[Extent, Term]

    def __str__(self) -> str:
        return self.text


def read_claim(text: str, symbols: Mapping[str, Size | Fraction]) -> Comparison:
    """The claim that a text makes about a network with these symbols.

    Raises ExpressionError for anything that is no comparison, an unknown metric or an unknown name.

    >>> claim = read_claim("macs > 2*last(params, 'conv*')", {})
    >>> claim.relation, list(claim.terms.values())
    ('>', [Term(metric='params', pattern='conv*', choice='last'), Term(metric='macs', pattern='', choice='sum')])
    """
    if len(text) > LENGTH:
        raise ExpressionError(f"a claim of {len(text)} characters: at most {LENGTH} are accepted")
    terms: dict[Extent, Term] = {}
    names: dict[str, Size | Fraction] = dict(symbols)

    def named(term: Term) -> str:
        if term.choice != "count":
            check_metric(term.metric)
        for size, known in terms.items():
            if known == term:
                return repr(size)
        name = next(n for n in (f"figure{i}" for i in count()) if n not in names)
        stands = names[name] = size_of(symbol(name, "multiplier", "claim"))
        terms[stands] = term
        return name

    def call(match: re.Match[str]) -> str:
        if match["choice"]:
            return named(Term(match["of"], match["quoted1"] or match["plain1"], match["choice"]))
        if match["metric"] in METRICS:
            return named(Term(match["metric"], match["quoted2"] or match["plain2"]))
        return match[0]

    written = _CALL.sub(call, text)
    written = _WORD.sub(lambda m: named(Term(m[0])) if m[0] in METRICS and m[0] not in symbols else m[0], written)
    signs = list(_SIGN.finditer(written))
    if len(signs) != 1:
        fault = "no relation" if not signs else f"{len(signs)} relations"
        raise ExpressionError(
            f"{shown(text)} has {fault}: one of < <= > >= = is wanted, as in params(linear) > params(conv)"
        )
    sides = written[: signs[0].start()], written[signs[0].end() :]
    for name in (name for side in sides for name in names_in(side)):
        if name not in names:
            known = [*METRICS, *symbols]
            raise ExpressionError(
                f"{shown(text)}: {name} is neither a metric nor a symbol of the network: known are {', '.join(known)}. "
                f"{near(name, known)}".rstrip()
            )
    left, right = (parse_ratio(side, names) for side in sides)
    return Comparison(text.strip(), SAME.get(signs[0][0], signs[0][0]), left, right, terms)
