"""Readers: a foreign description in, a Network out."""
