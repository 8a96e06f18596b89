"""Every node test of the onnx package: output shapes right, or a named unknown."""

import warnings
from collections import Counter

import numpy as np
import pytest

from readers.onnx.graphs import saved
from symconv.errors import SymconvError
from symconv.extent import symbols_of
from symconv.readers.onnx import read_onnx
from symconv.values import evaluate
from symconv.verifying import verify


def cases():
    """The node tests with their expected outputs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnx.backend.test.case.node import collect_testcases

        return [c for c in collect_testcases("") if c.data_sets and c.model is not None]


def values_of(reading, feeds):
    """The values of the symbols at the inputs of a case."""
    at = {}
    for name, node in reading.inputs.items():
        given = feeds.get(name)
        if node not in reading.network.inputs or not hasattr(given, "shape"):
            continue
        numbers = list(zip(reading.network.inputs[node].shape, given.shape))
        if reading.tensors[name].data is not None:
            numbers += list(zip(reading.tensors[name].elements, np.asarray(given).ravel().tolist()))
        for size, number in numbers:
            if not isinstance(size, int):
                ((monomial, _),) = size.terms.items()
                at[monomial[0]] = int(number)
    return at


def verdict(case):
    """`right`, `unknown` where an extent depends on values, `outside` of the domain, or what is wrong."""
    inputs, outputs = case.data_sets[0]
    reading = read_onnx(f"{case.name}.onnx", model=case.model)
    at = values_of(reading, dict(zip([i.name for i in case.model.graph.input], inputs)))
    try:
        reading.network.domain.check({s: v for s, v in at.items() if s in reading.network.known_symbols})
    except SymconvError:
        return "outside"
    unknown = False
    for formal, wanted in zip(case.model.graph.output, outputs):
        value = reading.tensors[formal.name]
        if not hasattr(wanted, "shape") or value.items is not None:
            continue
        if value.shape is None:
            unknown = True
            continue
        if len(value.shape) != len(wanted.shape):
            return f"{case.name}: {len(value.shape)} axes, not {len(wanted.shape)}"
        for size, extent in zip(value.shape, wanted.shape):
            if symbols_of(size) - at.keys():
                unknown = True
            elif evaluate(size, at) != extent:
                return f"{case.name}: {value.shape}, not {wanted.shape}"
    return "unknown" if unknown else "right"


def test_every_node_test_of_the_onnx_package_has_its_shapes_right_or_named_unknowns():
    found = Counter(verdict(case) for case in cases())
    assert set(found) <= {"right", "unknown", "outside"}
    assert found["right"] >= 1600
    assert found["outside"] <= 10


@pytest.mark.heavy
def test_node_tests_agree_with_their_runs_at_sizes_of_our_own_choice(tmp_path):
    """Each sixth of them: at none of the points a shape or a number of macs is another one."""
    ran, points = 0, 0
    for case in cases()[::6]:
        path = saved(case.model, tmp_path / "m.onnx")
        try:
            report = verify(path)
        except SymconvError:  # inputs of types that no random ones are made of
            continue
        assert report.wrong is None, case.name
        ran += report.ran > 0
        points += report.ran
    assert ran >= 200
    assert points >= 400
