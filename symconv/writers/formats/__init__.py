"""Formats: a sheet, or equations, as text for a window, a pipe, a document, a page or a program."""
