"""A convention of one's own: a YAML file with a weight for each primitive operation."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from symconv.count import PRIMITIVES, Convention
from symconv.errors import Fault, SpecError, near
from symconv.readers.document import Document, read
from symconv.readers.schema import fault_at, faults_of


def _weight(value: Any) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, int | Fraction):
        raise ValueError("a number is accepted")
    return Fraction(value)


Weight = Annotated[Any, BeforeValidator(_weight)]


class ConventionModel(BaseModel):
    """A name, and how much each primitive operation weighs; `other` for those that are not named."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str
    description: str = ""
    weights: dict[str, Weight] = Field(description="a weight for each primitive operation")
    other: Weight = Fraction(0)


def read_convention(path: Path) -> Convention:
    """A convention from a file such as

        name: energy
        description: picojoules at 45 nm
        weights: {mac: 4.6, add: 0.9, max: 0.1}

    Weights are exact: 4.6 is 23/5.

    Raises SpecError with everything that is wrong with the file.
    """
    document = read(path)
    try:
        model = ConventionModel.model_validate(document.data)
    except ValidationError as error:
        raise SpecError(faults_of(document, (), error, ConventionModel)) from None
    unknown = [_unknown(document, name) for name in model.weights if name not in PRIMITIVES]
    if unknown:
        raise SpecError(unknown)
    return Convention(model.name, model.description, dict(model.weights), model.other)


def _unknown(document: Document, name: str) -> Fault:
    hint = near(name, PRIMITIVES) or f"they are {', '.join(PRIMITIVES)}"
    return fault_at(document, ("weights", name), f"{name} is no primitive operation", hint=hint, key=True)
