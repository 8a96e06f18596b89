"""A Keras model beside its network: shapes of every layer, macs and parameters, at several sizes."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import pytest

os.environ.setdefault("KERAS_BACKEND", "torch")
torch = pytest.importorskip("torch", reason="the witness of a Keras model is a run, by PyTorch")
keras = pytest.importorskip("keras", reason="needs the keras package: pip install 'symconv[keras]'")
if keras.backend.backend() != "torch":
    pytest.skip("the witness needs KERAS_BACKEND=torch", allow_module_level=True)

from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from symconv.network import Network  # noqa: E402
from symconv.readers.keras import read_keras  # noqa: E402
from symconv.tensor import Tensor  # noqa: E402

Shape = tuple[int, ...]


def fed(shape: Shape, dtype: str = "float32") -> Any:
    """An input of a shape, its numbers between 0 and 1."""
    return torch.rand(shape) if dtype.startswith("float") else torch.ones(shape, dtype=getattr(torch, dtype))


def counted(run: Callable[[], Any]) -> tuple[int, Any]:
    """The macs that torch counts in a run, and what it makes."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        made = run()
    return counter.get_total_flops() // 2, made


def parameters(net: Network) -> tuple[int, int, int]:
    """Trainable, frozen and buffers, in elements."""
    found = [net.cost(metric) for metric in ("params", "frozen", "buffers")]
    trainable, frozen, buffers = (int(str(cost)) for cost in found)
    return trainable, frozen, buffers


def last_shape(net: Network, name: str) -> tuple[Any, ...] | None:
    """The shape behind the last node of a layer, those apart that hold its weights alone."""
    own = [n for n in net.nodes if n.name == name or n.name.startswith((f"{name}:", f"{name}/"))]
    return own[-1].out.shape if own else None


def functional(build: Callable[..., Any], shapes: Sequence[Any], dtypes: Sequence[str] = ()) -> Any:
    """A functional model of inputs of these shapes, the batch left open."""
    inputs = [keras.Input(s, dtype=d) for s, d in zip(shapes, [*dtypes, *["float32"] * len(shapes)])]
    outputs = build(*inputs)
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], outputs)


def assert_exact(
    model: Any,
    sizes: Sequence[Sequence[Shape]],
    *,
    macs: Callable[..., int] | None = None,
    net: Network | None = None,
    **options: Any,
) -> Network:
    """That a model's network has its shapes, its macs and its parameters.

    `macs` says what there is, from the shapes, where torch's counter cannot: fused kernels count as none.
    """
    net = read_keras(model, **options) if net is None else net
    trained = sum(v.value.numel() for v in model.trainable_weights)
    assert parameters(net)[0] == trained
    assert sum(parameters(net)) == model.count_params()
    single = [layer for layer in model.layers if len(layer._inbound_nodes) == 1 and last_shape(net, layer.name)]
    outputs = {layer.name: layer.output for layer in single}
    probe = keras.Model(model.inputs, {**outputs, " ": model.outputs})
    for shapes in sizes:
        fields = [fed(s, str(kt.dtype)) for s, kt in zip(shapes, model.inputs)]
        given = fields if len(fields) > 1 else fields[0]
        done, made = counted(lambda given=given: model(given, training=False))
        bound = net.bind(dict(zip(net.inputs, shapes)))
        assert net.evaluate("macs", **bound) == (done if macs is None else macs(*shapes))
        at = net.substitute(**bound)
        first = keras.tree.flatten(made)[0]
        assert at.output.shape == tuple(first.shape)
        for name, output in probe(given, training=False).items():
            shape = last_shape(at, name)
            if shape is not None and hasattr(output, "shape"):
                assert shape == tuple(output.shape), f"{name}: {Tensor(shape)} and {tuple(output.shape)}"
    return net
