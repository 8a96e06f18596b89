"""A convention of one's own: a YAML file with a weight for each primitive operation."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from symconv.count import PRIMITIVES, Convention
from symconv.errors import SpecError
from symconv.network import METRICS
from symconv.readers.document import read
from symconv.readers.faults import Faults, faults_of
from symconv.readers.names import nearest, plainly, refusal, shown


def _weight(value: Any) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, int | Fraction) or value < 0:
        words = "{shown}, where a number from 0 on is accepted"
        raise PydanticCustomError("weight", words, {"shown": shown(value)})
    return Fraction(value)


Weight = Annotated[Any, BeforeValidator(_weight)]


class ConventionModel(BaseModel):
    """A name, and how much each primitive operation weighs; `other` for those that are not named."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str
    description: str = ""
    weights: dict[str, Weight] = Field(description="a weight for each primitive operation")
    other: Weight = Fraction(0)


def read_convention(path: str | Path) -> Convention:
    """A convention from a file such as

        name: energy
        description: picojoules at 45 nm
        weights: {mac: 4.6, add: 0.9, max: 0.1}

    Weights are exact: 4.6 is 23/5.

    Raises SpecError with everything that is wrong with the file.
    """
    document = read(path)
    faults, model = Faults(document), None
    if not isinstance(document.data, dict):
        faults.add((), "a convention is a map with a name and weights", hint="such as weights: {mac: 2, add: 1}")
        raise SpecError(faults.found)
    try:
        model = ConventionModel.model_validate(document.data)
    except ValidationError as error:
        faults.take(faults_of(document, (), error, ConventionModel))
    name, weights = document.data.get("name"), document.data.get("weights")
    if isinstance(name, str) and name in METRICS:
        faults.add(("name",), f"{name} is a metric of symconv's own", hint="give it another name")
    elif isinstance(name, str) and refusal(name):
        faults.add(("name",), refusal(name))
    for primitive in weights if isinstance(weights, dict) else ():
        if primitive not in PRIMITIVES:
            hint = nearest(primitive, PRIMITIVES, "they are")
            faults.add(("weights", primitive), f"{plainly(primitive)} is no primitive operation", hint=hint, key=True)
    faults.check()
    assert model is not None
    return Convention(model.name, model.description, dict(model.weights), model.other)
