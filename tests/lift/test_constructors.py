"""Random configurations of twelve constructors, each from a random member, counted by torch."""

from __future__ import annotations

import random

import pytest
from amounts import but_long

import symconv as sc
from symconv.lift import lift
from symconv.network import METRICS

pytestmark = pytest.mark.torch
pytest.importorskip("torch")

from lift.constructors import CONSTRUCTORS  # noqa: E402
from lift.measure import macs, params  # noqa: E402


@pytest.mark.parametrize("seed", but_long(range(10), range(2, 10)))
@pytest.mark.parametrize("name", CONSTRUCTORS)
def test_a_random_sibling_is_predicted_to_the_unit(name, seed):
    one = CONSTRUCTORS[name]
    config = one.configurations(random.Random(seed))
    other = one.sibling(random.Random(1000 + seed), config)

    def net(values):
        return sc.load(one.made(values), kwargs=one.at(values, one.sizes(values)[0]), square=True)

    family = lift(net(config))
    assert family.exact, family.unknown
    found = family.against(net(other))
    assert found.exact, (found.reason, [said for _, said in found.refuted], found.uneven, found.differing)
    made = family.sibling(**found.values)
    module = one.made(other)
    assert made.evaluate("params") == params(module)
    for size in one.sizes(other)[:2]:
        at = {key: value for key, value in size.items() if key in made.symbols and key not in found.values}
        assert made.evaluate("macs", **at) == macs(module, one.at(other, size)), size
    for metric in METRICS:
        assert made.cost(metric) == found.net.cost(metric), metric
