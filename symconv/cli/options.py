"""The options that commands share, and how they are told on the command line."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from symconv.writers.formats import Format as Format

# How an option is spelled that several commands have; what it is to each of them is its help there.
at_option = partial(typer.Option, "--at", metavar="VALUES")
metric_option = partial(typer.Option, "--metric", "-m", metavar="METRIC")
file_option = partial(typer.Option, "--output", "-o", metavar="FILE")


class Direction(StrEnum):
    """Which way a diagram runs."""

    TB, LR = "TB", "LR"


class Theme(StrEnum):
    """The page that a diagram is for."""

    light, dark = "light", "dark"


Model = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="a bundled architecture (vgg16; symconv zoo lists them), a .yaml, an .onnx, or torchvision:resnet50",
    ),
]
At = Annotated[str, at_option(help="values of symbols, X=224,N=1; what is left out stays a symbol; X=32q too")]
Figures = Annotated[str, at_option(help="values of symbols, X=224,N=1")]
MetricName = Annotated[
    str,
    metric_option(
        help="macs, flops, ops, full, causal, params, active_params, frozen, buffers, activations, or a .yaml"
    ),
]
MetricNames = Annotated[list[str] | None, metric_option(help="macs, params; may be repeated")]
Budgets = Annotated[
    list[str], typer.Argument(metavar="BUDGET", help="'macs <= 4.1e9' 'params <= 26M': metric, sign, figure")
]
FormatName = Annotated[Format, typer.Option("--format", "-f", help="how to print it")]
Plain = Annotated[
    bool | None,
    typer.Option(
        "--ascii/--no-ascii", help="formulas in ASCII, floor((X + 31)/32); a pipe gets them so unless --no-ascii"
    ),
]
Unroll = Annotated[
    bool, typer.Option("--unroll", help="every round of a repeated block by itself; their number has to be one")
]
DrawnDepth = Annotated[
    int | None,
    typer.Option("--depth", min=1, help="levels of the names that are drawn; by itself as many as can be read"),
]
Layers = Annotated[
    list[Path] | None, typer.Option("--layers", metavar="FILE", help="a Python file with layers of your own; it is run")
]
Dim = Annotated[
    list[str] | None,
    typer.Option(
        "--dim", metavar="INPUT:AXIS=NAME", help="a name for an axis of a model's input, image:2=X; frees a static one"
    ),
]
Square = Annotated[
    bool, typer.Option("--square/--no-square", help="X for both sides of a model's square images, or H and W")
]
Input = Annotated[
    list[str] | None,
    typer.Option("--input", metavar="INPUT=SHAPE", help="an input of a module to trace it with, x=1,3,224,224"),
]
Shape = Annotated[
    list[str] | None,
    typer.Option("--shape", metavar="INPUT=SHAPE", help="values of symbols by an input's shape, x=1,3,640,640"),
]
Value = Annotated[
    list[str] | None,
    typer.Option("--value", metavar="INPUT=NUMBER", help="the number that a scalar input holds, sr=16000"),
]
