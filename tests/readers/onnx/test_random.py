"""Random graphs against onnxruntime: every shape and every operator's macs at several sizes."""

import pytest
from amounts import but_long

from readers.onnx.graphs import Random, saved
from symconv.errors import ModelError
from symconv.readers.onnx import read_onnx
from symconv.verifying import verify
from symconv.verifying.points import runs

SIZES = [{"N": 1, "H": 37, "W": 41}, {"N": 2, "H": 64, "W": 45}, {"N": 3, "H": 29, "W": 97}, {"N": 2, "H": 53, "W": 32}]


def agrees(seed, path):
    """At how many sizes a random graph ran and agreed; None where it can never run."""
    saved(Random(seed).build(), path)
    try:
        reading = read_onnx(path)
    except ModelError:
        return None
    legal = [p for p in SIZES if runs(reading, p)]
    if not legal:
        return 0
    report = verify(path, legal)
    assert report.wrong is None, (seed, report.wrong)
    for point in report.points:
        assert not point.failed, (seed, point.values, point.failed)
    return len(legal)


def test_a_few_random_graphs_agree_with_their_runs(tmp_path):
    ran = [agrees(seed, tmp_path / "g.onnx") for seed in range(25)]
    assert sum(n or 0 for n in ran) >= 60


@pytest.mark.heavy
@pytest.mark.parametrize("start", but_long(range(0, 1000, 125), range(125, 1000, 125)))
def test_many_random_graphs_agree_with_their_runs(start, tmp_path):
    ran = [agrees(seed, tmp_path / "g.onnx") for seed in range(start, start + 125)]
    assert sum(n or 0 for n in ran) >= 375
    assert sum(n is None for n in ran) < 8
