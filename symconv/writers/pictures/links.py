"""Links: from the boxes and clusters of a picture to pages of the web, by the names of layers and stages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import quote, urlsplit

from symconv.errors import CallError, near

#: The name that stands for every layer and stage; where a layer's name goes in its link.
ALL, NAME = "*", "{name}"
SCHEMES: Final = ("http", "https")
#: What stands for itself in a link, a % because it may be encoded already.
_PLAIN: Final = "%/:?#[]@!$&'()*+,;=-._~"


class Links:
    """Links by names; `*` has the one of all others, with the name in place of {name}.

    Raises CallError for what is no link of http or https.

    >>> links = Links({"stem": "https://example.org/stem", "*": "https://example.org/?layer={name}"})
    >>> links.of(["stem"]), links.of(["a b", "a"]), Links({}).of(["stem"])
    ('https://example.org/stem', 'https://example.org/?layer=a%20b', None)
    >>> Links({"stem": "javascript:alert(1)"})
    Traceback (most recent call last):
    symconv.errors.CallError: the link 'javascript:alert(1)' of stem: one of http or https is wanted
    """

    def __init__(self, links: Mapping[str, str]) -> None:
        self.links = {name: _checked(link, name) for name, link in links.items()}

    def of(self, names: Iterable[str]) -> str | None:
        """The link of what has these names: that of the first that has one."""
        names = list(names)
        for name in names:
            if name != ALL and name in self.links:
                return self._filled(self.links[name], name)
        return self._filled(self.links[ALL], names[0]) if names and ALL in self.links else None

    def refuse_unknown(self, known: Iterable[str]) -> None:
        """Raise CallError for a name that is none of those known."""
        names = dict.fromkeys(known)
        for name in self.links:
            if name != ALL and name not in names:
                hint = near(name, names)
                raise CallError(f"a link for {name!r}: there is no layer or stage of that name. {hint}".rstrip(" ."))

    @staticmethod
    def _filled(link: str, name: str) -> str:
        return link.replace(quote(NAME, safe=_PLAIN), quote(name, safe="/", errors="replace"))


def _checked(link: str, name: str) -> str:
    try:
        parts = urlsplit(link)
        fits = parts.scheme in SCHEMES and bool(parts.hostname)
    except ValueError:
        fits = False
    if not fits or any(c.isspace() or not c.isprintable() for c in link):
        raise CallError(f"the link {link[:80]!r} of {name}: one of http or https is wanted")
    return quote(link, safe=_PLAIN, errors="replace")
