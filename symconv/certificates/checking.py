"""Whether a certificate holds: every formula derived again from its network, and evaluated at the sizes of its runs.

Nothing of what ran the model is needed. The formulas are taken as they are written: at the sizes of the runs they are
evaluated by arithmetic on numbers, beside the network's own figures.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from symconv.certificates.file import Certificate, Run, digest_of, read_certificate
from symconv.certificates.forms import METRICS, figure, figures_of, forms_of, said
from symconv.equality import Answer, compare
from symconv.errors import CertificateError, ExpressionError, SymconvError
from symconv.network import Network
from symconv.readers.catalogue import file_of, is_model, is_named, load, network_of
from symconv.readers.expression import parse, value_of
from symconv.readers.names import plainly
from symconv.readers.spec import parse_spec

#: Characters of a formula that an error shows, and differences from another model.
SHOWN: Final = 120
TOLD: Final = 2


@dataclass(frozen=True)
class Checked:
    """A certificate that holds: with the network that its closed forms were derived from, where it has one.

    `model` is the name of the model that it was compared with, and `same_file` whether this has the bytes that were
    certified; None where there is no file.
    """

    certificate: Certificate
    network: Network | None
    model: str = ""
    same_file: bool | None = None


def check_certificate(certificate: Certificate | str | Path, source: Any = None) -> Checked:
    """Check a certificate, or the file of one; and that it is one of `source`, where a model is given.

    Checked are the digest, the closed forms, shapes, conditions and the domain against the network that is in it, and
    the figures of every run against the formulas as they are written. `source` is read, with the options of the
    certificate, and not run.

    Raises CertificateError with all that is wrong, and what is no certificate; as `load` for a `source`.
    """
    if not isinstance(certificate, Certificate):
        certificate = read_certificate(certificate)
    about = plainly(certificate.model.name)
    own, faults = _network(certificate)
    faults += _faults(certificate, own)
    if not faults and digest_of(certificate.model_dump()) != certificate.digest:
        faults.append("it was edited: its digest is that of another content")
    if faults:
        raise CertificateError("\n".join(f"the certificate of {about} does not hold: {fault}" for fault in faults))
    if source is None:
        return Checked(certificate, own)
    net, same = _read(certificate, source)
    if others := list(_others(certificate, net, f"of {plainly(net.name)}")):
        more = f"; and {len(others) - TOLD} more" if len(others) > TOLD else ""
        told = "; ".join(others[:TOLD])
        raise CertificateError(f"the certificate is of {about}, and not of {plainly(net.name)}: {told}{more}")
    return Checked(certificate, own, net.name, same)


# -- beside the network that is in it ---------------------------------------------------------------------------------


def _network(certificate: Certificate) -> tuple[Network | None, list[str]]:
    """The network that is in a certificate, or why it is none."""
    if certificate.network is None:
        return None, []
    try:
        return parse_spec(certificate.network, "its network").network(), []
    except SymconvError as error:
        return None, [str(error).splitlines()[0]]


def _faults(certificate: Certificate, net: Network | None) -> Iterator[str]:
    """What does not hold of a certificate, its digest apart."""
    if net is not None:
        yield from _others(certificate, net, "by its layers")
    if missing := [metric for metric in METRICS if metric not in certificate.formulas]:
        yield f"it has no formula of {', '.join(missing)}"
    for run in certificate.runs:
        yield from _wrong(certificate, run, net)


def _others(certificate: Certificate, net: Network, whose: str) -> Iterator[str]:
    """What a certificate says otherwise than a network does; names of inputs and words for a reason are free."""
    stated = certificate.model_dump()
    for field, ours in forms_of(net).items():
        there = stated[field]
        if field == "conditions":
            there, ours = ({held["condition"]: held["condition"] for held in side} for side in (there, ours))
        elif field == "inputs":
            there, ours = (dict(enumerate(side.values(), 1)) for side in (there, ours))
        elif not isinstance(ours, dict):
            there, ours = {field: there}, {field: ours}
        for name in dict.fromkeys((*ours, *there)):
            a, b = there.get(name), ours.get(name)
            if a != b and not _same(a, b, net):
                yield f"{_word(field, name)} is {_shown(a)} in it, and {_shown(b)} {whose}"


def _word(field: str, name: Any) -> str:
    """What is told of: the domain, a condition, input 1, macs."""
    if field in ("conditions", "inputs"):
        return "a condition" if field == "conditions" else f"input {name}"
    return f"the {field}" if field == name else plainly(name)


def _shown(value: Any) -> str:
    """A formula, cut where it is long; a shape; nothing."""
    if value is None:
        return "none"
    text = "×".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _same(a: Any, b: Any, net: Network) -> bool:
    """Whether two formulas that are written otherwise are equal wherever the domain holds."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(x == y or _same(x, y, net) for x, y in zip(a, b))
    if a is None or b is None or isinstance(a, list) or isinstance(b, list):
        return False
    try:
        sides = [parse(str(side), net.symbols) for side in (a, b)]
        return compare(*sides).answer is Answer.ALWAYS
    except SymconvError:
        return False


# -- beside its runs --------------------------------------------------------------------------------------------------


def _wrong(certificate: Certificate, run: Run, net: Network | None) -> Iterator[str]:
    """What a run says otherwise than the formulas do, as they are written, and than the network."""
    place = ", ".join(f"{plainly(name)} = {value}" for name, value in run.at.items()) or "the one size"
    try:
        at = {name: Fraction(value) for name, value in run.at.items()}
    except (ValueError, ZeroDivisionError):
        yield f"the run at {plainly(place)} is at no numbers"
        return
    if net is not None:
        try:
            ours = figures_of(net, {name: value for name, value in at.items() if name in net.symbols})
        except SymconvError as error:
            yield f"the run at {place} is at no size that it is valid for: {error}"
            return
    else:
        ours = {metric: run.figures[metric] for metric in METRICS if metric in run.figures}
    for metric in dict.fromkeys((*ours, *run.figures)):
        said = run.figures.get(metric)
        found = [("its network gives", ours.get(metric))]
        if metric in certificate.formulas:
            with suppress(ExpressionError):  # a sum over rounds, which the network has
                found.append(("its formula gives", figure(value_of(str(certificate.formulas[metric]), at))))
        for who, value in found:
            if value != said:
                yield f"{plainly(metric)} at {place} is {_shown(said)} in it, and {who} {_shown(value)}"
                break
    for metric, shown in (("macs", run.macs), ("params", run.params)):
        total = ours.get(metric)
        if shown is not None and isinstance(total, int) and (shown > total or (shown < total and not run.unseen)):
            yield f"the run at {place} showed {shown:,} {metric}, and the closed form has {total:,}"


# -- beside another model ----------------------------------------------------------------------------------------------


def _read(certificate: Certificate, source: Any) -> tuple[Network, bool | None]:
    """The network of a source, read as the certified one was, and whether it is from the same file."""
    origin = certificate.model
    if is_model(source):
        net = (
            network_of(str(source), origin.dims or None, origin.square, origin.inputs)
            if is_named(source)
            else load(source, dims=origin.dims or None, square=origin.square)
        )
    else:
        net = source if isinstance(source, Network) else load(source)
    path = file_of(source)
    same = None if path is None else sha256(path.read_bytes()).hexdigest() == origin.sha256
    return said(net)[0], same
