"""The command that makes a family of one network: lift."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from symconv.cli.models import command, loaded, said
from symconv.cli.options import Format, FormatName, MetricNames, Model, Plain, at_option, file_option
from symconv.cli.progress import progress

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from symconv.lift import Family
    from symconv.network import Network


class Level(StrEnum):
    """How many symbols the widths have."""

    w, role, class_ = "w", "role", "class"


@command
def lift(
    model: Model,
    at: Annotated[str, at_option(help="a sibling: n1=3,n2=4,w=96; what is left out is the model's")] = "",
    against: Annotated[
        str, typer.Option("--against", metavar="MODEL", help="at which values the family is this model, or why at none")
    ] = "",
    members: Annotated[
        list[str] | None,
        typer.Option("--members", metavar="MODEL", help="another member, which refutes what is supposed; several"),
    ] = None,
    level: Annotated[
        Level, typer.Option("--level", help="one symbol for all widths, one a role, or one for each class of numbers")
    ] = Level.w,
    untie: Annotated[
        list[str] | None,
        typer.Option("--untie", metavar="ROLE", help="a symbol of its own, named by inner=layer*/conv[12]; several"),
    ] = None,
    tie: Annotated[
        list[str] | None, typer.Option("--tie", metavar="ROLE", help="a constant that grows with w after all; several")
    ] = None,
    set: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="ROLE=EXPR", help="a number or an expression: mlp.hidden=8*w/3; several"),
    ] = None,
    round: Annotated[
        str, typer.Option("--round", metavar="RULE", help="how widths are rounded: 'v -> make_divisible(v, 8)'")
    ] = "",
    output: Annotated[Path | None, file_option(help="the family, or the sibling, as a spec: .yaml")] = None,
    metrics: MetricNames = None,
    format: FormatName = Format.table,
    ascii: Plain = None,
) -> None:
    """The family of one model, in depth and width.

    What the wiring forces is told apart from what is supposed. Exit 1 where --against is at no values a member, or one
    of --members is none at all.
    """
    from symconv.errors import CallError
    from symconv.readers.call import assignments, metrics_named, pairs
    from symconv.writers import output as out
    from symconv.writers.lift import METRICS, family_sheet
    from symconv.writers.members import add_members, against_sheet
    from symconv.writers.siblings import sibling_sheet
    from symconv.writers.specs import spec
    from symconv.writers.supposed import described
    from symconv.writers.wording import assigned

    if output is not None and output.suffix.lower() not in (".yaml", ".yml"):
        raise CallError(f"-o {output}: a family is written as a spec, so the file's name ends in .yaml")
    if against and (at or output):
        raise CallError(f"--against says whether a model is a member: it takes no {'--at' if at else '-o'}")
    chosen = metrics_named(metrics or METRICS)
    given = assignments(at)
    values = pairs("--set", set or (), "a role and an expression are wanted, such as mlp.hidden=8*w/3")
    net, *others = loaded(model, *(members or ()), *([against] if against else ()))
    asked = others.pop() if against else None
    with progress(f"lifting {model}"):
        first = _lifted(net, level.value, untie or (), tie or (), values, round)
        found = [first.against(other) for other in others]
        family = first.without(found) if found else first
    given = said(family.network, given)
    made, fails = family.network, False
    made.description = described(family)
    if asked is not None:
        read = family.against(asked)
        sheet, fails = against_sheet(family, read), not read.exact
    elif given:
        made = _sibling(family, given)
        made.description = f"a sibling of {net.name}: its family at {assigned(given)}"
        sheet = sibling_sheet(family, made, given, chosen)
    else:
        sheet = family_sheet(family, chosen)
    if found:
        add_members(sheet, first, family, found)
        fails = fails or not all(member.exact for member in family.members)
    out.show(sheet, format, ascii)
    if output is not None:
        out.write(spec(made), output)
    if fails:
        raise typer.Exit(1)


def _lifted(
    net: Network, level: str, untie: Sequence[str], tie: Sequence[str], values: Mapping[str, str], rounding: str
) -> Family:
    """The family; what is no expression is a wrong call."""
    from symconv.errors import CallError, DomainError, ExpressionError, ExtentError, NetworkError, ShapeError
    from symconv.lift import lift
    from symconv.readers.names import plainly

    try:
        return lift(net, level=level, untie=untie, tie=tie, values=values, rounding=rounding)
    except ExpressionError as error:
        given = [("--set", ", ".join(f"{role}={text}" for role, text in values.items())), ("--round", rounding)]
        option = " or ".join(f"{name} {plainly(text)}" for name, text in given if text)
        raise CallError(f"{option}: {error}") from None
    except (ShapeError, ExtentError, DomainError) as error:
        raise NetworkError(
            f"what is supposed of {net.name} does not fit its wiring: {error} (--untie, --set: suppose otherwise)"
        ) from None


def _sibling(family: Family, given: Mapping[str, str]) -> Network:
    """The member at these values; what is left out is as in the source."""
    from symconv.errors import CallError, near
    from symconv.readers.call import put
    from symconv.readers.names import plainly

    net = family.network
    for name in given:
        if name not in net.symbols:
            hint = near(name, net.symbols)
            known = f"its symbols are {', '.join(net.symbols)}{f' ({hint})' if hint else ''}"
            raise CallError(f"--at: the family of {family.source.name} has no symbol {plainly(name)}: {known}")
    rest = {name: str(value) for name, value in family.plan.usual.items() if name in net.symbols}
    return put(net, {**rest, **given})
