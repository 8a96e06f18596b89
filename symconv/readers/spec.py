"""Specs: a YAML file in, networks out; everything that is wrong with a file is reported at once, with its place."""

from __future__ import annotations

from pathlib import Path

from symconv.errors import ShapeError, SymconvError
from symconv.network import Network
from symconv.readers.build import Build
from symconv.readers.document import Document, parse, read
from symconv.readers.faults import Faults
from symconv.readers.names import nearest, plainly
from symconv.readers.paper import Cell, TableError, read_table, read_word
from symconv.readers.schema import validated


class Spec:
    """A spec that has been read: its variants, and a network for each."""

    def __init__(self, document: Document) -> None:
        self.document = document
        faults = Faults(document)
        model = validated(document, faults)
        if model is not None:
            self.model = model
            self.name = model.name or Path(document.file).stem
            self.table = self._table(faults)
            self._columns(faults)
        if faults.found and model is not None and model.layers is not None:
            self._build(None, faults)  # what is wrong with the layers is worth saying at once
        faults.check()

    def _table(self, faults: Faults) -> dict[str, list[Cell]]:
        """The columns of the table, each of whose words is one."""
        if self.model.table is None:
            return {}
        try:
            columns = dict(read_table(self.model.table).columns)
        except TableError as error:
            for message, cell in error.wrong:
                faults.add(("table",), message, (cell.line, cell.column))
            faults.check()
            raise
        for cell in dict.fromkeys(cell for cells in columns.values() for cell in cells):
            try:
                read_word(cell.text)
            except ShapeError as error:
                faults.add(("table",), str(error), (cell.line, cell.column))
        return columns

    def _columns(self, faults: Faults) -> None:
        """Each variant of a table is one of its columns, or names one."""
        for name, variant in self.model.variants.items() if self.table else ():
            if variant.column is not None and variant.column not in self.table:
                hint = nearest(variant.column, self.table, "the columns are")
                faults.add(("variants", name, "column"), f"there is no column {plainly(variant.column)}", hint=hint)
            elif variant.column is None and name not in self.table:
                hint = nearest(name, self.table, "its column is one of")
                faults.add(
                    ("variants", name),
                    f"{plainly(name)} is no column of the table, and names none",
                    hint=hint,
                    key=True,
                )

    @property
    def variants(self) -> list[str]:
        """The networks of the spec by name: the columns of its table, then its variants; empty for a single network."""
        return list(dict.fromkeys([*self.table, *self.model.variants]))

    def network(self, variant: str | None = None) -> Network:
        """The network of a variant, or of the spec where it has none.

        Raises SpecError with everything that is wrong, SymconvError for an unknown variant.
        """
        names = self.variants
        if variant is None and len(names) == 1 and self.table:
            variant = names[0]
        if variant is None and self.table:
            raise SymconvError(f"{self.document.file} has several networks, name one of them: {', '.join(names)}")
        if variant is not None and variant not in names:
            hint = nearest(variant, names, "it has") if names else "it has no variants"
            raise SymconvError(f"{self.document.file} has no variant {plainly(variant)}: {hint}")
        return self._build(variant, Faults(self.document))

    def _build(self, variant: str | None, faults: Faults) -> Network:
        title = f"{self.name.lower()}/{variant}" if variant in self.table else variant or self.name
        return Build(self.model, self.table, variant, title, faults).network()


def read_spec(path: str | Path) -> Spec:
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
