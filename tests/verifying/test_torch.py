"""verify runs torch modules: what agrees is counted, what does not is named with both figures and the formula."""

import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, 2)
        self.body = nn.Sequential(nn.ReLU(), nn.Conv2d(8, 4, 1))

    def forward(self, x):
        return self.body(self.stem(x))


def image(*shape):
    return torch.empty(shape, device="meta")


def test_all_that_is_made_is_compared():
    from symconv.verifying import verify

    report = verify(Net(), inputs=image(1, 3, 30, 40))
    assert report.wrong is None
    assert report.by == f"torch {torch.__version__.partition('+')[0]}, on the meta device"
    assert len(report.points) == 4
    assert all((p.tensors, p.operators) == (3, 2) for p in report.points)
    first = report.points[0]
    assert first.values == {"N": 1, "H": 30, "W": 40}
    assert first.macs == 14 * 19 * (8 * 27 + 8 * 4)


def test_points_that_are_asked_for():
    import symconv as sc
    from symconv.verifying import verify

    report = verify(Net(), [{"N": 2, "H": 9, "W": 11}], inputs=image(1, 3, 30, 40))
    assert [p.values for p in report.points] == [{"N": 2, "H": 9, "W": 11}]
    with pytest.raises(sc.SymconvError, match="outside the domain"):
        verify(Net(), [{"N": 2, "H": 2, "W": 11}], inputs=image(1, 3, 30, 40))


def test_a_wrong_rule_is_named(monkeypatch):
    """A rule that says twice as many macs, and one that says another shape, are found by the run."""
    from symconv.count import Count
    from symconv.layers import Conv
    from symconv.verifying import verify

    right = Conv.work

    def twice(self, image, out):
        count = right(self, image, out)
        return count + Count(mac=count["mac"]) if self.kernel == 1 else count

    monkeypatch.setattr(Conv, "work", twice)
    report = verify(Net(), inputs=image(1, 3, 30, 40))
    assert str(report.wrong) == (
        "body.1 (conv2d.default): the number of macs is 8,512 in the run and 17,024 by the formula "
        "64·N·⌊(H − 1)/2⌋·⌊(W − 1)/2⌋"
    )


def test_the_command(tmp_path, monkeypatch):
    from command import run

    (tmp_path / "nets.py").write_text("from torch import nn\n\ndef make():\n    return nn.Conv2d(3, 8, 3)\n")
    monkeypatch.chdir(tmp_path)
    done = run("verify", "torch:nets:make", "--format", "json", "--at", "N=2,X=9")
    assert done.code == 0, done.err
    assert "agrees" in done.out
    assert run("verify", "torch:nets:make", "--at", "N=2,X=1").code == 1
    assert run("verify", "keras:ResNet50").code == 2


def test_a_module_that_does_not_run_is_named():
    """It is left out by a number that was written and read again, of which no reader knows."""
    from symconv.verifying import verify

    class Left(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem, self.more = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 1)

        def forward(self, x):
            return self.stem(x) if str(int(x.shape[-1])) == "97" else self.more(self.stem(x))

    report = verify(Left(), [{"N": 1, "H": 40, "W": 96}], inputs=image(1, 3, 40, 40))
    assert report.wrong is None
    report = verify(Left(), [{"N": 1, "H": 40, "W": 97}], inputs=image(1, 3, 40, 40))
    assert str(report.wrong).startswith("more: the number of operators is 0 in the run and 1 by the formula")


def test_another_operator_is_named():
    from symconv.verifying import verify

    class Other(nn.Module):
        def forward(self, x):
            return x.sin() if str(int(x.shape[-1])) == "97" else x.cos()

    report = verify(Other(), [{"N": 1, "H": 40, "W": 97}], inputs=image(1, 3, 40, 40))
    assert (report.wrong.what, report.wrong.run, report.wrong.closed) == (
        "an operator", "aten.sin.default", "aten.cos.default",
    )  # fmt: skip
