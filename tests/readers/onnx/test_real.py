"""Models that nobody here made, from packages that ship them, run at several sizes (`make test WITH_MODELS=1`)."""

import os
from pathlib import Path

import pytest

from symconv.verifying import verify

FOLDER = Path(os.environ.get("SYMCONV_MODELS", "nowhere"))
FILES = sorted(FOLDER.glob("*/**/*.onnx"))


@pytest.mark.models
@pytest.mark.parametrize("path", FILES, ids=lambda p: "/".join(p.relative_to(FOLDER).parts))
def test_a_model_from_a_package_agrees_with_its_runs(path):
    report = verify(path, square=True)
    assert report.wrong is None
    assert report.ran >= min(2, len(report.points))


@pytest.mark.models
def test_there_are_25_files_of_12_packages():
    assert len(FILES) >= 25
    assert len({path.relative_to(FOLDER).parts[0] for path in FILES}) >= 12
