"""What is printed of a certificate that holds."""

from __future__ import annotations

from symconv.certificates.checking import Checked
from symconv.certificates.file import Certificate
from symconv.writers.layers import counted
from symconv.writers.network import network_facts
from symconv.writers.sheet import Column, Sheet, Table
from symconv.writers.wording import assigned


def checked_sheet(checked: Checked) -> Sheet:
    """Its closed forms, where they hold, a row for each run, and what was checked."""
    certificate, net = checked.certificate, checked.network
    sheet = Sheet(f"{certificate.model.name}: the certificate holds", tables=[runs_table(certificate)])
    forms = counted(len(certificate.formulas) + len(certificate.primitives), "closed form")
    if net is None:
        sheet.facts = [(name, certificate.formulas[name]) for name in ("macs", "params")]
        sheet.facts.append(("domain", certificate.domain))
        sheet.notes.append("no spec can say this network, so the formulas were evaluated, and not derived again")
    else:
        sheet.facts = network_facts(net)
        layers = counted(len(list(net.nodes)), "layer")
        sheet.notes.append(f"{forms} and the domain were derived again from the {layers} that are in it")
    sheet.notes.append(f"the formulas were evaluated as they are written, at {counted(len(certificate.runs), 'size')}")
    if checked.model:
        sheet.notes.append(f"{checked.model} was read again, and has the same closed forms")
        if checked.same_file is not None:
            is_ = "is the one" if checked.same_file else "is not the one, byte for byte,"
            sheet.notes.append(f"its file {is_} that was certified")
    sheet.notes += certificate.granted
    sheet.notes.append(f"certified by symconv {certificate.symconv}, from {certificate.model.source}")
    sheet.data = certificate.model_dump
    return sheet


def runs_table(certificate: Certificate) -> Table:
    """A row for each run: where, by what, what it showed, and the figures of the closed forms there."""
    columns = [
        Column("at"), Column("run by", key="by", prose=True), Column("tensors", True), Column("operators", True),
        Column("MACs of the run", True, "macs"), Column("not seen", True, "unseen"), Column("MACs", True, "total"),
        Column("params", True),
    ]  # fmt: skip
    table = Table(columns)
    for run in certificate.runs:
        at = assigned(run.at) or "as it is"
        figures = [run.figures.get(metric) for metric in ("macs", "params")]
        table.rows.append([at, run.by, run.tensors, run.operators, run.macs, run.unseen, *figures])
    return table
