"""What is asked of an installed symconv: commands without extras, one for each extra, and what is said without it."""

from __future__ import annotations

import re
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.installing.built import ROOT, WrongError
from tests.installing.environment import Environment

#: A convolution of 3 by 3 from 3 to 8 channels on images of open size, as an ONNX file.
CONV: Final = """
from onnx import TensorProto, helper, save
image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 3, "X", "X"])
out = helper.make_tensor_value_info("out", TensorProto.FLOAT, ["N", 8, "X", "X"])
weight = helper.make_tensor("weight", TensorProto.FLOAT, [8, 3, 3, 3], [0.0] * 216)
node = helper.make_node("Conv", ["image", "weight"], ["out"], kernel_shape=[3, 3], pads=[1, 1, 1, 1])
graph = helper.make_graph([node], "conv", [image], [out], [weight])
save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), "conv.onnx")
"""
SWEEP: Final = ("sweep", "vgg16", "--over", "X=224..256:32", "--at", "N=1")


@dataclass(frozen=True)
class Use:
    """A command, what it has to print or to write, and the extra that it needs."""

    extra: str
    words: tuple[str, ...]
    shows: str
    writes: str = ""


#: The figures are published ones (tests/truth), but for the convolution, 3·3·3·8 a pixel, and tiny.py, its spec's.
USES: Final = (
    Use("parquet", (*SWEEP, "-o", "sizes.parquet"), "sizes.parquet: X, macs; 2 points", "sizes.parquet"),
    Use("plot", (*SWEEP, "-o", "sizes.svg"), "sizes.svg: line of macs", "sizes.svg"),
    Use("dask", (*SWEEP, "-o", "sizes.csv", "--dask", "local"), "sizes.csv: X, macs; 2 points", "sizes.csv"),
    Use("onnx", ("total", "conv.onnx"), r"216\*N\*X\^2"),
    Use("verify", ("verify", "conv.onnx"), r"\| agrees$"),
    Use("torch", ("total", "torch:tiny:Tiny"), r"N\*\(92160\*floor\(\(X \+ 2\)/4\)\^2 \+ 864\*X\^2 \+ 640\)"),
    Use("torch", ("verify", "torch:tiny:Tiny"), r"\| agrees$"),
    Use("keras", ("total", "keras:MobileNet", "--metric", "params"), "^4231976$"),
)


def plainly(env: Environment, cwd: Path) -> None:
    """What needs no extra: VGG-16's closed forms and published figures, a diagram, a page, help."""
    cwd.mkdir(exist_ok=True)
    shown(env, cwd, ("show", "vgg/D"), "15.47 G")
    shown(env, cwd, ("total", "vgg/D", "--metric", "params", "--at", "X=224"), "^138357544$")
    shown(env, cwd, ("show", "--help"), "Usage: symconv show")
    shown(env, cwd, ("diagram", "vgg/D", "-o", "vgg.svg"), "wrote vgg.svg")
    texts = [text.text or "" for text in ET.parse(cwd / "vgg.svg").iter("{http://www.w3.org/2000/svg}text")]
    if not any("conv" in text for text in texts):
        raise WrongError(f"the diagram has no convolution in it: {texts[:9]}")
    shown(env, cwd, ("report", "vgg/D", "-o", "vgg.html"), "wrote vgg.html")
    page = (cwd / "vgg.html").read_text(encoding="utf-8")
    if not page.lower().startswith("<!doctype html>") or "uPlot" not in page or "<svg" not in page:
        raise WrongError("the page has not all of its parts")
    place = env.run("python", "-c", "import symconv; print(symconv.__file__)", cwd=cwd).stdout
    if str(env.folder) not in place:
        raise WrongError(f"symconv is imported from {place}")


def with_extras(env: Environment, cwd: Path, extras: Iterable[str]) -> None:
    """The command of each extra works."""
    cwd.mkdir(exist_ok=True)
    shutil.copyfile(ROOT / "docs" / "examples" / "tiny.py", cwd / "tiny.py")
    if {"onnx", "verify"} & {*extras}:
        made = env.run("python", "-c", CONV, cwd=cwd)
        if made.returncode:
            raise WrongError(made.stderr)
    for use in (use for use in USES if use.extra in extras):
        shown(env, cwd, use.words, use.shows)
        if use.writes and not (cwd / use.writes).stat().st_size:
            raise WrongError(f"{' '.join(use.words)} wrote nothing")


def without_extras(env: Environment, cwd: Path) -> None:
    """Each of these commands, without its extra, ends with one line that names the extra, and leaves no file."""
    cwd.mkdir(exist_ok=True)
    (cwd / "conv.onnx").write_bytes(b"")
    models = [("torch", "torchvision:resnet18"), ("onnx", "conv.onnx"), ("keras", "keras:MobileNet")]
    commands = ["show", "total", "growth", "diagram", "rates", "lift", "report", "reconcile", "export"]
    rest = {"diagram": ("-o", "out.svg"), "report": ("-o", "out.html"), "export": ("--to", "latex")}
    asked = [(u.extra, u.words, u.writes) for u in USES]
    asked += [(e, (c, m, *rest.get(c, ())), "") for e, m in models for c in commands]
    asked += [("torch", ("rules", "--torch"), ""), ("onnx", ("rules", "--onnx"), "")]
    for extra, words, writes in asked:
        done = env.run("symconv", *words, cwd=cwd)
        lines = done.stderr.splitlines()
        if done.returncode != 1 or len(lines) != 1 or not re.search(rf"pip install ['\"]symconv\[{extra}\]", lines[0]):
            raise WrongError(f"without {extra}, {' '.join(words)} gave {done.returncode}: {done.stdout}{done.stderr}")
        if writes and (cwd / writes).exists():
            raise WrongError(f"without {extra}, {' '.join(words)} left {writes}")


def shown(env: Environment, cwd: Path, words: tuple[str, ...], pattern: str) -> None:
    """A command that has to succeed and to print this."""
    done = env.run("symconv", *words, cwd=cwd)
    told = done.stdout + done.stderr
    if done.returncode or not re.search(pattern, told, re.MULTILINE):
        raise WrongError(f"symconv {' '.join(words)} gave {done.returncode}:\n{told}")
