"""The file of a certificate: what it holds, how it is written, and how it is read from whoever it comes from.

It has the closed forms of a network, where they hold, the runs that gave the same figures, and the network itself as a
spec, from whose layers every formula can be derived again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from symconv import __version__
from symconv.errors import CertificateError
from symconv.readers.names import plainly, shown
from symconv.writers.saving import save

#: The format that is written here, and the latest that is read.
FORMAT: Final = 1

#: Bytes of a file at most.
LARGEST: Final = 1 << 26

#: Faults that an error names.
TOLD: Final = 8


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


#: A number, or a formula in ASCII: 1728*N*X^2, ceil(X/32).
Formula = int | str
Amount = Annotated[int, Field(ge=0)]


class Origin(_Part):
    """What a certificate is about: the network, what it was read from and how."""

    name: str
    source: str
    sha256: str | None = Field(description="of the bytes of a file; null for what is no file")
    dims: dict[str, Any] = Field(description="the names of axes that it was read with")
    square: bool = Field(description="whether both sides of an image were one symbol")
    inputs: list[str] = Field(description="the shapes of inputs that it was read with, x=1,3,224,224")


class Held(_Part):
    """A condition of the domain, the layer that asks for it, and why."""

    condition: str
    node: str
    reason: str


class Run(_Part):
    """A run at one size: what ran the model, how much of it was compared, and the figures of the closed forms there."""

    at: dict[str, Formula]
    by: str
    tensors: Amount = Field(description="shapes that agreed")
    operators: Amount = Field(description="operators whose multiply–accumulates agreed")
    macs: Amount = Field(description="the multiply–accumulates of these operators in the run")
    params: Amount | None = Field(description="the trainable elements that it counted; null where it counts none")
    unseen: Amount = Field(description="shapes and operators that the run did not show")
    figures: dict[str, Formula] = Field(description="every metric here, those apart that hold an unknown")


class Certificate(_Part):
    """The closed forms of a network, exact wherever the domain holds, and the runs beside them."""

    certificate: int = Field(description="the format")
    symconv: str = Field(description="the version that wrote it")
    model: Origin
    formulas: dict[str, Formula] = Field(description="the total of every metric")
    primitives: dict[str, Formula] = Field(description="every primitive operation")
    inputs: dict[str, list[Formula]]
    output: list[Formula]
    symbols: list[str]
    domain: str
    conditions: list[Held]
    granted: list[str] = Field(description="what was taken for granted, and operators that have no count")
    network: str | None = Field(description="the network as a spec; null where no spec can say it")
    runs: Annotated[list[Run], Field(min_length=1)]
    digest: str = Field(description="SHA-256 of all the rest, as JSON with sorted keys and without spaces")

    def text(self) -> str:
        """The certificate as its file has it."""
        return json.dumps(self.model_dump(), indent=1, ensure_ascii=False) + "\n"

    def save(self, path: str | Path) -> None:
        """Write the file, whole or not at all.

        Raises OutputError where it cannot be written.
        """
        save(self.text().encode(), Path(path))


def digest_of(content: Mapping[str, Any]) -> str:
    """The digest of what a certificate holds, the digest itself apart."""
    rest = {key: value for key, value in content.items() if key != "digest"}
    said = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(said.encode()).hexdigest()


def read_certificate(path: str | Path) -> Certificate:
    """A certificate from its file; nothing of what it says is checked.

    Raises CertificateError for a file that is none, that is cut off, or that a later version made.
    """
    name = str(path)
    try:
        with Path(path).open("rb") as file:
            data = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise CertificateError(f"{name} cannot be read: {reason}") from None
    if len(data) > LARGEST:
        raise CertificateError(f"{name} is of more than {LARGEST >> 20} MB, the most that a certificate has")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise CertificateError(f"{name} is no certificate: byte {error.start} is not UTF-8") from None
    return parse_certificate(text, name)


def parse_certificate(text: str, name: str = "certificate") -> Certificate:
    """A certificate from the text of its file; `name` is the file's in errors.

    Raises CertificateError as `read_certificate`.
    """
    try:
        content = json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        end = error.pos >= len(text.rstrip())
        what = "is cut off" if end and text.strip() else "is no certificate"
        raise CertificateError(f"{name}:{error.lineno}:{error.colno}: it {what}: {error.msg}") from None
    except (ValueError, RecursionError) as error:  # a key twice; a number of too many digits; too deep
        raise CertificateError(f"{name} is no certificate: {str(error).splitlines()[0]}") from None
    if not isinstance(content, dict) or "certificate" not in content:
        raise CertificateError(f"{name} is no certificate: symconv certify MODEL -o model.cert.json writes one")
    _same_age(content, name)
    try:
        return Certificate.model_validate(content)
    except ValidationError as error:
        raise CertificateError(_faults(error, name)) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys are there once."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"it has {shown(next(k for k in keys if keys.count(k) > 1))} twice")
    return found


def _same_age(content: Mapping[str, Any], name: str) -> None:
    """Refuse what a later version made."""
    made, version = content["certificate"], content.get("symconv")
    if isinstance(made, int) and made > FORMAT:
        raise CertificateError(
            f"{name} was made by a later version (format {made} of certificates, and symconv {__version__} reads "
            f"{FORMAT}): pip install -U symconv"
        )
    if isinstance(version, str) and _release(version) > _release(__version__):
        raise CertificateError(
            f"{name} was made by symconv {plainly(version)}, and this is {__version__}: pip install -U symconv"
        )


def _release(version: str) -> tuple[int, ...]:
    """The numbers of a release, 0.1.0."""
    match = re.match(r"[0-9]{1,9}(?:\.[0-9]{1,9}){0,9}", version)
    return tuple(map(int, match[0].split("."))) if match else ()


def _faults(error: ValidationError, name: str) -> str:
    """What a file says that no certificate does, a line each."""
    lines = []
    for fault in error.errors(include_url=False)[:TOLD]:
        place = ".".join(plainly(str(part)) for part in fault["loc"]) or "it"
        lines.append(f"{name}: {place}: {fault['msg'][0].lower()}{fault['msg'][1:]}")
    more = error.error_count() - len(lines)
    return "\n".join([*lines, *([f"{name}: and {more} more"] if more > 0 else [])])
