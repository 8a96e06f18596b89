"""Names that a spec may give, and how what it says is shown in a message: short, on one line, nothing invisible."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any, Final

from symconv.errors import near

#: Bounds: characters of a name, and of what a message quotes.
MAX_NAME, MAX_SHOWN = 200, 40

#: What a hint lists at most, and the pairs of characters that are compared for it.
MAX_LISTED: Final = 12
MAX_COMPARED: Final = 2_000_000


def refusal(name: str) -> str:
    """Why a text cannot name a layer, a stage, an input or a network; empty where it can.

    >>> refusal("stage1/conv2"), refusal("réseau 🙂")
    ('', '')
    >>> refusal("a//b")
    'a//b is no name: it has an empty part; a name such as conv2 or stage1/conv2 is accepted'
    """
    if len(name) > MAX_NAME:
        return f"a name of {len(name):,} characters, where at most {MAX_NAME} are accepted"
    hidden = next((c for c in name if not c.isprintable()), None)
    if hidden is not None:
        return f"the name {shown(name)} has the character U+{ord(hidden):04X}, which cannot be seen"
    parts = name.split("/")
    if not name or not all(parts):
        reason = "an empty name" if not name else f"{plainly(name)} is no name: it has an empty part"
    elif any(part != part.strip() for part in parts):
        reason = f"{shown(name)} is no name: it begins or ends with a space"
    else:
        return ""
    return f"{reason}; a name such as conv2 or stage1/conv2 is accepted"


def shown(value: Any) -> str:
    """A value of a file, for a message.

    >>> [shown(v) for v in (None, True, Fraction(3, 2), "a\\nb", [3, "K"], {"a": 1})]
    ['nothing', 'true', '1.5', "'a\\\\nb'", "[3, 'K']", 'a map']
    """
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "true", False: "false"}[value]
    if isinstance(value, Fraction):
        return f"{value}.0" if value.denominator == 1 else f"{float(value):.12g}"
    if isinstance(value, dict):
        return "a map"
    if isinstance(value, list):
        inner = ", ".join(shown(v) for v in value[:MAX_SHOWN])
        return f"[{inner}]" if len(inner) < MAX_SHOWN else f"a list of {len(value):,}"
    if isinstance(value, str):
        return repr(value if len(value) <= MAX_SHOWN else value[: MAX_SHOWN - 1] + "…")
    return str(value)


def plainly(name: str) -> str:
    """A name within a sentence: as it is where it is short and can be seen, else as `shown`."""
    return name if name.isprintable() and name == name.strip() != "" and len(name) <= MAX_SHOWN else shown(name)


def nearest(name: str, known: Iterable[str], otherwise: str) -> str:
    """A hint: the nearest of the known names, or all of them after `otherwise`.

    >>> nearest("kernal", ["kernel"], "accepted are"), nearest("x", ["kernel", "stride"], "accepted are")
    ('did you mean kernel?', 'accepted are kernel, stride')
    """
    names = list(known)
    listed = ", ".join(map(plainly, names[:MAX_LISTED])) + (", …" if len(names) > MAX_LISTED else "")
    return miss(name, names) or f"{otherwise} {listed or 'none'}"


def miss(name: str, known: Iterable[str]) -> str:
    """`did you mean …?` as `near`, in bounded time for any number of long names."""
    left, candidates = MAX_COMPARED, []
    for other in known:
        left -= len(name) * len(other)
        if left < 0:
            break
        candidates.append(other)
    return near(name, candidates)
