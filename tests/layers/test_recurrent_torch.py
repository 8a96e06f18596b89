"""Recurrent layers against PyTorch's: shapes, weights, macs by the weights' elements, and the values of the cells."""

from __future__ import annotations

from random import Random

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from layers.cases import one_layer  # noqa: E402
from layers.cells import Stack, run  # noqa: E402
from layers.scalars import scalars  # noqa: E402
from layers.test_recurrent import layer_of  # noqa: E402

pytestmark = pytest.mark.torch

MODULES = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}


def drawn(r: Random, widest: int) -> tuple[Stack, tuple[int, int, int]]:
    kind, hidden = r.choice(sorted(MODULES)), r.randint(1, widest)
    stack = Stack(
        kind,
        hidden,
        r.randint(1, 4),
        r.random() < 0.5,
        r.random() < 0.5,
        r.randint(1, hidden - 1) if kind == "lstm" and hidden > 1 and r.random() < 0.5 else None,
        r.choice(["tanh", "relu"]) if kind == "rnn" else "tanh",
    )
    return stack, (r.randint(1, 4), r.randint(1, 9), r.randint(1, widest))


def module_of(stack: Stack, features: int, dtype: torch.dtype = torch.float32, device: str = "meta") -> nn.Module:
    words = {"lstm": {"proj_size": stack.projection or 0}, "rnn": {"nonlinearity": stack.nonlinearity}, "gru": {}}
    return MODULES[stack.kind](
        features, stack.hidden, stack.layers, bias=stack.bias, batch_first=True, bidirectional=stack.bidirectional,
        dtype=dtype, device=device, **words[stack.kind],
    )  # fmt: skip


def test_shapes_weights_and_macs_are_torch_s() -> None:
    r = Random("recurrent")
    for _ in range(200):
        stack, shape = drawn(r, 40)
        module = module_of(stack, shape[2])
        out, _ = module(torch.empty(shape, device="meta"))
        net = one_layer(layer_of(stack), *shape)
        assert net.output.shape == tuple(out.shape), stack
        assert net.evaluate("params") == sum(p.numel() for p in module.parameters()), stack
        weights = sum(p.numel() for name, p in module.named_parameters() if name.startswith("weight"))
        assert net.evaluate("macs") == shape[0] * shape[1] * weights, stack
        last = one_layer(layer_of(stack, last=True), *shape)
        assert last.output.shape == (shape[0], out.shape[2]), stack


def test_the_cells_that_are_counted_have_torch_s_values() -> None:
    r = Random("cells")
    for _ in range(40):
        stack, (_, time, features) = drawn(r, 5)
        module = module_of(stack, features, torch.float64, "cpu")
        weights = {name: tensor.tolist() for name, tensor in module.state_dict().items()}
        assert {n: tuple(t.shape) for n, t in module.state_dict().items()} == stack.shapes(features)
        values = [r.uniform(-2, 2) for _ in range(time * features)]
        row, _ = scalars(values)
        steps = [row[t * features : (t + 1) * features] for t in range(time)]
        with torch.no_grad():
            out, states = module(torch.tensor(values, dtype=torch.float64).reshape(1, time, features))
        for ours, theirs in zip(run(stack, weights, steps), out[0].tolist(), strict=True):
            assert [x.value for x in ours] == pytest.approx(theirs, abs=1e-12)
        state = states[0] if stack.kind == "lstm" else states
        ends = state[-len(stack.sides) :, 0].flatten().tolist()
        assert [x.value for x in run(stack, weights, steps, last=True)[0]] == pytest.approx(ends, abs=1e-12)
