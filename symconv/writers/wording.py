"""Wording: a layer, a figure, a share and a stranger's name as short text for a picture or a table."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING
from fractions import Fraction
from typing import Any

from symconv.block import Rounds
from symconv.cost import Cost, Number, as_number, cost_symbols
from symconv.extent import Extent, Size
from symconv.formula import set_cost
from symconv.layer import Layer, layer_fields
from symconv.network import Node
from symconv.notation import ASCII, ATOM, PRODUCT, SUM, Piece, Style
from symconv.setting import set_size

#: Where a line is never broken; it is printed as a plain space.
TIED = "\u00a0"
_MARK = "\0"
#: Widths of a line that a term may have before it is broken too.
FAR = 2
#: A short call, make_divisible(32·w, 8).
_CALL = re.compile(r"\w\([^()]{1,24}\)")
_SIGN = re.compile(f"(?:^| )[+−-]{TIED}")


def plain(text: str, limit: int = 40) -> str:
    """A stranger's text as it is, on one line: what cannot be seen as its escape, the middle of a long one left out.

    >>> plain("a\\nb"), plain("x" * 10_000, limit=9)
    ('a\\\\nb', 'xxxxx…xxx')
    """
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text
    shown = [seen(c) for c in text]
    if sum(map(len, shown)) <= limit:
        return "".join(shown)
    tail = limit // 3
    return _within(shown, limit - 1 - tail) + "…" + _within(reversed(shown), tail, backwards=True)


def seen(c: str) -> str:
    """A character, or its escape where it cannot be seen or turns the text around it."""
    # Control, format, surrogate, private and unassigned characters; the joiners of scripts and emoji are harmless.
    hidden = unicodedata.category(c)[0] == "C" or c in "\u2028\u2029"
    return c.encode("unicode_escape").decode() if hidden and c not in "\u200c\u200d" else c


def _within(pieces: Iterable[str], limit: int, backwards: bool = False) -> str:
    kept: list[str] = []
    for piece in pieces:
        limit -= len(piece)
        if limit < 0:
            break
        kept.append(piece)
    return "".join(reversed(kept) if backwards else kept)


def figure(value: Number, style: Style, exact: bool = False) -> str:
    """A number with its thousands apart, or, unless `exact`, to four digits with a prefix from ten million on.

    >>> from symconv.notation import TEXT
    >>> figure(4096000, ASCII), figure(15470264320, ASCII), figure(3 * 10**25, TEXT)
    ('4,096,000', '15.47 G', '3.000·10²⁵')
    """
    if value < 0:
        return style.negative + figure(-value, style, exact)
    if isinstance(value, Fraction) and value.denominator > 1:
        return style.number(value).text
    whole = int(value)
    if whole < (10**21 if exact else 10**7):
        return grouped(whole, style)
    unit = 10 ** (len(str(whole)) - 4)
    digits = str((2 * whole + unit) // (2 * unit) * unit)
    size = len(digits) - 1
    if size >= 21:
        return f"{digits[0]}.{digits[1:4]}{style.times}{style.power(Piece('10', ATOM), size).text}"
    point = size % 3 + 1
    shown = digits[:point] + ("." + digits[point:4] if point < 4 else "")
    return f"{shown} {'MGTPE'[size // 3 - 2]}"


def grouped(value: int, style: Style) -> str:
    """A whole number with its thousands apart.

    >>> grouped(138357544, ASCII)
    '138,357,544'
    """
    return f"{value:,}" if style is ASCII else f"{value:,}".replace(",", "\u202f")


def exactly(value: Number, style: Style) -> str:
    """A number in full, of any size, the thousands apart.

    >>> exactly(10**24, ASCII), exactly(Fraction(46_585, 3), ASCII)
    ('1,000,000,000,000,000,000,000,000', '46,585/3')
    """
    over, under = value.numerator, value.denominator
    return grouped(over, style) + (f"/{grouped(under, style)}" if under > 1 else "")


def assigned(values: Mapping[str, object]) -> str:
    """Names with their values.

    >>> assigned({"X": 224, "N": 1})
    'X=224, N=1'
    """
    return ", ".join(f"{name}={value}" for name, value in values.items())


def at_values(values: Mapping[str, object]) -> str:
    """Behind a title the sizes at which it is; nothing where there are none.

    >>> at_values({"X": 224, "N": 1}), at_values({})
    (' at X=224, N=1', '')
    """
    return f" at {assigned(values)}" if values else ""


def some(names: Sequence[str], most: int) -> str:
    """The first of many, and how many more there are.

    >>> some(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def in_full(value: float) -> str:
    """A decimal in as few digits as tell it from others.

    >>> in_full(1.0), in_full(1.000001)
    ('1', '1.000001')
    """
    return repr(float(value)).removesuffix(".0")


def percent(share: Number) -> str:
    """A share in percent, one place.

    >>> percent(Fraction(1, 3)), percent(Fraction(1, 10_000)), percent(0)
    ('33.3 %', '<0.1 %', '0 %')
    """
    tenths = round(share * 1000)
    if not tenths:
        return "<0.1 %" if share else "0 %"
    return f"{tenths // 10}.{tenths % 10} %"


def value(cost: Cost, style: Style, level: int = SUM, exact: bool = False) -> str:
    """A cost as a figure where it has no symbols, else as a formula, in parentheses where it is weaker than `level`."""
    return style.within(set_cost(cost, style), level) if cost_symbols(cost) else figure(as_number(cost), style, exact)


#: How the metrics are called that are not called by their own name.
METRIC_NAMES = {"macs": "MACs", "flops": "FLOPs", "full": "full count"}


def called(metric: str) -> str:
    """How a metric is called in a heading, and behind a figure.

    >>> called("macs"), called("params")
    ('MACs', 'params')
    """
    return METRIC_NAMES.get(metric, plain(metric))


def lines(text: str, width: int, tail: str = "", most: int = 5, indent: int = 0) -> list[str]:
    """Text and its tail in lines of about `width`, a sum broken before its signs, a far longer term too.

    Of what takes more than `most` lines the rest is counted and left out, the tail apart. The first line is short by
    `indent`, and empty where nothing fits there.

    >>> lines("16·⌊X/4⌋² + 12·⌊X/2⌋² + 48·X²", 14, " MACs")
    ['16·⌊X/4⌋²', '+ 12·⌊X/2⌋²', '+ 48·X² MACs']
    """
    whole = _tied(text) + tail
    wrapper = textwrap.TextWrapper(width, break_on_hyphens=False, break_long_words=False)
    if indent and indent + len(whole.split(" ", 1)[0]) > width:
        broken = ["", *wrapper.wrap(whole)]
    else:
        wrapper.initial_indent = _MARK * indent
        broken = [line.lstrip(_MARK) for line in wrapper.wrap(whole)] or [""]
    wrapper.initial_indent = ""
    # A term far longer than a line is a factor and a sum in brackets, and that is broken.
    broken = [p for line in broken for p in (wrapper.wrap(_untied(line)) if len(line) > FAR * width else [line])]
    if len(broken) > most:
        left = sum(len(_SIGN.findall(line)) for line in broken[most - 1 :])
        broken = [*broken[: most - 1], f"… ({left} more terms){tail}" if left else f"…{tail}"]
    return [line.replace(TIED, " ") for line in broken]


def _untied(text: str) -> str:
    return re.sub(f"{TIED}(?=[+−-]{TIED})", " ", text)


def _tied(text: str) -> str:
    """The text with a tie behind each sign, in short calls, and before a sign that does not part the outermost sum.

    That is the sum in no brackets, or the one in the brackets that close at the end: N·(a + b), but not N·(a + b)².
    """
    text = _CALL.sub(lambda call: call[0].replace(", ", f",{TIED}"), text)
    opened: list[int] = []
    within: dict[int, int] = {}
    last = -1  # where the brackets were opened that are closed last
    for i, c in enumerate(text):
        if c in "(⌊⌈":
            opened.append(i)
        elif c in ")⌋⌉" and opened:
            last = opened.pop()
        elif c in "+−-" and text[i - 1 : i + 2] == f" {c} ":
            within[i] = opened[-1] if opened else -1
    outermost = last if text.endswith(")") and -1 not in within.values() else -1
    out = list(text)
    for i, bracket in within.items():
        out[i + 1] = TIED
        if bracket != outermost:
            out[i - 1] = TIED
    return "".join(out)


# -- layers --------------------------------------------------------------------------------------------------------


def described(node: Node, style: Style) -> str:
    """A layer's kind and what is telling of its fields: `conv 3×3, 64, stride 2`.

    Kernel and channels always, without their names; of the others those that differ from their defaults. What is called
    by its operation says neither that again nor what its output shows.
    """
    unsaid = _UNSAID if _operation(node.layer) else _SEEN.get(node.layer.kind, ())
    fields = [f for f in layer_fields(type(node.layer)) if f.name not in unsaid]
    fields.sort(key=lambda f: {"kernel": 0, "channels": 1}.get(f.name, 2))
    said = []
    for f in fields:
        value = getattr(node.layer, f.name)
        default = f.default if f.default is not MISSING else ...
        if value is not None and (f.name in ("kernel", "channels") or (value is not default and value != default)):
            said.append(_field(node, f.name, value, style))
    kind = kind_of(node.layer)
    if not said:
        return kind
    window = hasattr(node.layer, "kernel")
    return kind + TIED + ", ".join(said) if window else f"{kind} {', '.join(said)}"


#: Fields of a layer that is called by its operation, which is said with it or seen of its output.
_UNSAID = ("operation", "shape", "dtype", "beside")

#: Fields that are seen of the output, by the kind of layer.
_SEEN = {"head_attention": ("shape", "samples", "queries"), "resample": ("shape",)}

#: Kinds whose operation alone would not say what they do.
_PREFIXED = ("reduce", "unknown")


def kind_of(layer: Layer) -> str:
    """The kind in words: `max pool`; of a layer of many operations the operation: `reshape`, `reduce mean`."""
    operation = _operation(layer)
    words = [layer.kind, operation] if layer.kind in _PREFIXED else [operation or layer.kind]
    return TIED.join(plain(w) for w in words if w).replace("_", TIED)


def _operation(layer: Layer) -> str:
    found = getattr(layer, "operation", "")
    return found if isinstance(found, str) else ""


def kinds(nodes: Iterable[tuple[Node, Iterable[Rounds]]], style: Style) -> str:
    """How many layers there are of each kind, each in as many rounds: `3 conv, max pool`, `3·n + 1 conv`."""
    counted: dict[str, Size] = {}
    for node, rounds in nodes:
        many: Size = 1
        for r in rounds:
            many = many * r.count
        kind = kind_of(node.layer)
        counted[kind] = counted.get(kind, 0) + many
    return ", ".join(kind if n == 1 else f"{set_size(n, style).text}{TIED}{kind}" for kind, n in counted.items())


def _field(node: Node, name: str, value: Any, style: Style) -> str:
    said = plain(name).replace("_", TIED)
    if isinstance(value, bool):
        return said if value else f"no{TIED}{said}"
    if name == "kernel" and not isinstance(value, tuple):
        value = (value,) * (len(node.tensors[0].spatial) if node.tensors else 1)
    text = _value(value, style)
    return text if name in ("kernel", "channels") else said + TIED + text


def _value(value: Any, style: Style, level: int = SUM) -> str:
    """A field's value: what is given for each axis with × between, and (begin, end) in brackets."""
    if isinstance(value, tuple) and len(value) > 1:
        if level == PRODUCT:
            return f"({', '.join(_value(v, style) for v in value)})"
        return style.by.join(_value(v, style, PRODUCT) for v in value)
    if isinstance(value, tuple):
        return "".join(_value(v, style, level) for v in value)
    if isinstance(value, int | Extent):
        return style.within(set_size(value, style), level)
    if isinstance(value, Fraction):
        return style.number(value).text
    return plain(str(value), 24)
