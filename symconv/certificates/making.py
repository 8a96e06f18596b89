"""From a model to its certificate: read, run, and written down with the network itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from symconv import __version__
from symconv.certificates.file import FORMAT, Certificate, Origin, Run, digest_of
from symconv.certificates.forms import figure, figures_of, forms_of, said
from symconv.errors import CertificateError, ModelError
from symconv.network import Network
from symconv.readers.catalogue import file_of
from symconv.verifying import Point, Report, verify
from symconv.verifying.report import Each
from symconv.writers.unknowns import granted_lines, unknown_lines


def certify(
    source: Any,
    at: Sequence[Mapping[str, int]] = (),
    dims: Mapping[str, Any] | None = None,
    square: bool = False,
    inputs: Any = (),
    kwargs: Mapping[str, Any] | None = None,
    each: Each = iter,
) -> Certificate:
    """The closed forms of a model, where they hold, and the runs at these sizes that gave the same figures.

    `source` is whatever `verify` runs, and the sizes are of symconv's own choice where none are given; a size at which
    the model did not run is left out. `each` goes through the sizes, for who watches it.

    Raises as `verify`, and CertificateError where a run disagrees, and where none showed anything.

    >>> import symconv as sc
    >>> certificate = sc.certify("vgg/D", at=[{"X": 32, "N": 1}])
    >>> certificate.formulas["params"], certificate.domain
    ('2097152*floor(X/32)^2 + 35597096', 'X >= 32, N >= 1')
    >>> [(run.at, run.macs) for run in certificate.runs]
    [({'X': 32, 'N': 1}, 333746176)]
    """
    report = verify(source, at, dims, square, inputs, kwargs, each)
    return certificate_of(report, origin_of(source, report.network.name, dims, square, inputs))


def certificate_of(report: Report, origin: Origin) -> Certificate:
    """The certificate of runs that agreed.

    Raises CertificateError where one does not, and where none showed anything.
    """
    try:
        report.check()
    except ModelError as error:
        raise CertificateError(f"there is no certificate of {origin.name}: {error}") from None
    net, text = said(report.network)
    content: dict[str, Any] = {
        "certificate": FORMAT,
        "symconv": __version__,
        "model": origin.model_dump(),
        **forms_of(net),
        "granted": [*granted_lines(report.network), *unknown_lines(report.network)],
        "network": text,
        "runs": [_run(net, point, report.by).model_dump() for point in report.points if point.compared],
    }
    return Certificate.model_validate({**content, "digest": digest_of(content)})


def origin_of(
    source: Any, name: str, dims: Mapping[str, Any] | None = None, square: bool = False, inputs: Any = ()
) -> Origin:
    """What a certificate says of where a network is from."""
    path = file_of(source)
    named = isinstance(source, str | Path)
    data = None if path is None else path.read_bytes()
    return Origin(
        name=name,
        source=str(source) if named and path is None else type(source).__name__ if path is None else path.name,
        sha256=None if data is None else sha256(data).hexdigest(),
        dims={str(key): value if isinstance(value, str) else list(value) for key, value in (dims or {}).items()},
        square=square,
        inputs=list(inputs) if named else [],
    )


def _run(net: Network, point: Point, by: str) -> Run:
    return Run(
        at={name: figure(value) for name, value in point.values.items()},
        by=by,
        tensors=point.tensors,
        operators=point.operators,
        macs=point.macs,
        params=point.params or None,
        unseen=point.unseen,
        figures=figures_of(net, {name: value for name, value in point.values.items() if name in net.symbols}),
    )
