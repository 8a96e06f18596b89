"""Specs: a YAML file in, networks out; everything that is wrong with a file is reported at once, with its place."""

from __future__ import annotations

from pathlib import Path

from symconv.errors import SpecError, SymconvError, near
from symconv.network import Network
from symconv.readers.build import Build
from symconv.readers.document import Document, parse, read
from symconv.readers.paper import Cell, TableError, read_table
from symconv.readers.schema import fault_at, validated


class Spec:
    """A spec that has been read: its variants, and a network for each."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.model = validated(document)
        self.name = self.model.name or Path(document.file).stem
        self.table = self._table()

    def _table(self) -> dict[str, list[Cell]]:
        if self.model.table is None:
            return {}
        try:
            return dict(read_table(self.model.table).columns)
        except TableError as error:
            raise SpecError([fault_at(self.document, ("table",), str(error), (error.line, error.column))]) from None

    @property
    def variants(self) -> list[str]:
        """The networks of the spec by name: the columns of its table, then its variants; empty for a single network."""
        return list(dict.fromkeys([*self.table, *self.model.variants]))

    def network(self, variant: str | None = None) -> Network:
        """The network of a variant, or of the spec where it has none.

        Raises SpecError with everything that is wrong, SymconvError for an unknown variant.
        """
        names = self.variants
        if variant is None and len(names) == 1:
            variant = names[0]
        if variant is None and names and self.model.table is not None:
            raise SymconvError(f"{self.document.file} has several networks, name one of them: {', '.join(names)}")
        if variant is not None and variant not in names:
            known = f"it has {', '.join(names)}" if names else "it has no variants"
            raise SymconvError(
                f"{self.document.file} has no variant {variant}: {known}. {near(variant, names)}".strip()
            )
        title = variant or self.name
        if variant in self.table:
            title = f"{self.name.lower()}/{variant}"
        return Build(self.document, self.model, self.table, variant, title).network()


def read_spec(path: Path) -> Spec:
    """A spec from a file.

    Raises SpecError with everything that is wrong with it.
    """
    return Spec(read(path))


def parse_spec(text: str, file: str = "spec.yaml") -> Spec:
    """A spec from a text; `file` is its name in errors.

    >>> spec = parse_spec("input: [N, 3, X, X]\\nlayers: [conv3-64, maxpool]")
    >>> spec.network().cost("macs")
    1728·N·X²
    """
    return Spec(parse(text, file))
