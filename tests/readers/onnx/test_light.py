"""The models that the onnx package ships, run at several sizes."""

from pathlib import Path

import onnx
import pytest

from symconv.verifying import verify

LIGHT = sorted((Path(onnx.__file__).parent / "backend" / "test" / "data" / "light").glob("*.onnx"))


@pytest.mark.heavy
@pytest.mark.parametrize("path", LIGHT, ids=lambda p: p.stem)
def test_a_model_of_the_onnx_package_agrees_with_its_runs(path):
    report = verify(path, square=True)
    assert report.wrong is None
    assert report.points[0].macs > 10**8
    assert all(not p.unseen for p in report.points)


def test_there_are_nine_of_them():
    assert len(LIGHT) == 9
