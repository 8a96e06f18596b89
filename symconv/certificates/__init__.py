"""Certificates: closed forms with the runs that gave the same figures, written to a file, and checked without them."""

from symconv.certificates.checking import Checked, check_certificate
from symconv.certificates.file import Certificate, Held, Origin, Run, parse_certificate, read_certificate
from symconv.certificates.making import certificate_of, certify, origin_of

__all__ = [
    "Certificate",
    "Checked",
    "Held",
    "Origin",
    "Run",
    "certificate_of",
    "certify",
    "check_certificate",
    "origin_of",
    "parse_certificate",
    "read_certificate",
]
