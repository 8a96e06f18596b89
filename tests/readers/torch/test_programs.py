"""Random programs of sizes: where the domain holds, the macs and the output are those of a run."""

import contextlib
import random

import pytest
from amounts import but_long

from symconv.errors import DomainError, SymconvError

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")


def ran(module, shape):
    """The macs and the output's shape of a run on the meta device; nothing where it fails.

    The counter takes operators apart, and by doing so does what torch itself refuses: a resize to an extent of 0.
    """
    from torch.utils.flop_counter import FlopCounterMode

    image = torch.empty(shape, device="meta")
    try:
        module(image)
        with FlopCounterMode(display=False) as counter:
            made = module(image)
    except Exception:
        return None
    return counter.get_total_flops() // 2, tuple(made.shape)


def makes_nothing(module, shape):
    """Whether a module inside of this one makes an empty tensor of this shape; a reader may refuse it then."""
    sizes = []
    with torch.nn.modules.module.register_module_forward_hook(lambda _, __, out: sizes.append(out.numel())):
        module(torch.empty(shape, device="meta"))
    return 0 in sizes


def compared(seed):
    """At how many of some sizes the formulas of a random program are right; all of them that are in the domain."""
    from readers.torch.programs import program
    from symconv.readers.torch import read_torch
    from symconv.values import evaluate

    rng = random.Random(seed)
    c = rng.choice([2, 4])
    with torch.device("meta"):
        module = program(rng, c).eval().requires_grad_(False)
    h, w = rng.choice([(32, 32), (37, 53), (48, 64), (24, 40), (64, 64)])
    if ran(module, (2, c, h, w)) is None:
        with pytest.raises(SymconvError):
            read_torch(module, torch.empty(1, c, h, w, device="meta"))
        return 0
    if makes_nothing(module, (2, c, h, w)):
        return 0
    net = read_torch(module, torch.empty(1, c, h, w, device="meta")).network
    (given,) = net.inputs.values()
    sizes = [(rng.randint(1, 3), rng.randint(1, 90), rng.randint(1, 90)) for _ in range(20)]
    right = 0
    for n, a, b in [*sizes, (1, h, w), (2, h, w), (1, h + 1, w), (1, h, w + 1), (2, 2 * h, 2 * w), (1, 5, 7)]:
        if any(isinstance(x, int) and x != v for x, v in zip(given.shape, (n, c, a, b))):
            continue
        with contextlib.suppress(DomainError):
            at = net.at({s: v for s, v in (("N", n), ("H", a), ("W", b)) if s in net.symbols})
            found = net.evaluate("macs", **{s.name: v for s, v in at.items()})
            shape = tuple(x if isinstance(x, int) else evaluate(x, at) for x in net.output.shape)
            assert (found, shape) == ran(module, (n, c, a, b)), (seed, module, (n, a, b), net.domain)
            right += 1
    assert right, (seed, module, net.domain)
    return right


def test_random_programs():
    assert sum(compared(seed) for seed in range(40)) > 300


@pytest.mark.heavy
@pytest.mark.parametrize("part", but_long(range(10), range(1, 10)))
def test_many_random_programs(part):
    assert sum(compared(seed) for seed in range(1000 + 60 * part, 1060 + 60 * part)) > 400
