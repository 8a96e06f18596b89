"""Certificates: closed forms with the runs that gave the same figures, written to a file, and checked without them."""

from symconv.certificates.certify import certificate_of, certify, origin_of
from symconv.certificates.check import Checked, check_certificate
from symconv.certificates.file import Certificate, parse_certificate, read_certificate

__all__ = [
    "Certificate",
    "Checked",
    "certificate_of",
    "certify",
    "check_certificate",
    "origin_of",
    "parse_certificate",
    "read_certificate",
]
