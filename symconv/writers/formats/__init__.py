"""Formats: a sheet, or equations, as text for a window, a pipe, a document, a page or a program."""

from enum import StrEnum


class Format(StrEnum):
    """How a sheet is printed."""

    table, markdown, latex, typst, html, json, csv = "table", "markdown", "latex", "typst", "html", "json", "csv"
