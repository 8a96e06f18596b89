"""Dense layers, embeddings, and layers that hand their input on."""

from __future__ import annotations

from typing import Any

from symconv.layers import Dropout, Einsum, Embedding, Identity, Linear, Pointwise, Product
from symconv.readers.keras.call import Call
from symconv.readers.keras.registry import counted, shape_only
from symconv.readers.keras.rules.activation import activated
from symconv.readers.keras.tracing import traced
from symconv.readers.keras.value import Value


def adapted(call: Call) -> list[Any]:
    """The variables of a layer but those of its low-rank adapter, whose product is put on the kernel at every call."""
    op = call.op
    if not getattr(op, "lora_enabled", False):
        return call.weights
    of = "kernel" if hasattr(op, "lora_kernel_a") else "embeddings"
    low, high = getattr(op, f"lora_{of}_a"), getattr(op, f"lora_{of}_b")
    a, b = (tuple(int(x) for x in v.shape) for v in (low, high))
    made = call.add(Product(a, b), weights=[low, high], part="lora")
    call.add(Pointwise("scale_and_shift", (), made.dtype), made, part="adapted")
    return [v for v in call.weights if v is not low and v is not high]


def shape_of_kernel(call: Call) -> tuple[int, ...]:
    """The shape of a layer's kernel, which is not asked for its value."""
    quantized = getattr(call.op, "original_kernel_shape", None)
    if quantized is not None:
        return tuple(int(x) for x in quantized)
    kernel = getattr(call.op, "_kernel", None)
    return tuple(int(x) for x in (call.op.kernel if kernel is None else kernel).shape)


@counted("C_in·C_out macs a row; an add an output with a bias", "Dense")
def _dense(call: Call) -> Value:
    op, rows = call.op, call.value()
    if op.quantization_mode is None:
        call.fits(rows.shape[-1], shape_of_kernel(call)[0], "as many features as the kernel has")
    made = call.add(Linear(op.units, op.use_bias), rows, weights=adapted(call))
    return activated(call, made, op.activation)


@counted("a mac for each value of all letters of its equation; an add an output with a bias", "EinsumDense")
def _einsum_dense(call: Call) -> Value:
    op, value = call.op, call.value()
    kernel = shape_of_kernel(call)
    kept = [v for v in adapted(call) if v is not op.bias]
    made = call.add(Einsum(op.equation, beside=(kernel,), positions=(1,)), value, weights=kept)
    if op.bias is not None:
        bias = tuple(int(x) for x in op.bias.shape)
        made = call.add(Pointwise("add", (bias,), made.dtype), made, weights=[op.bias])
    return activated(call, made, op.activation)


@shape_only("a row of a table for each id", "Embedding")
def _embedding(call: Call) -> Value:
    op = call.op
    return call.add(Embedding(op.input_dim, op.output_dim), call.value(), weights=adapted(call), dtype=op.compute_dtype)


@counted("a lookup; back, C macs for each row and entry of the table", "ReversibleEmbedding")
def _reversible(call: Call) -> Value:
    op, value = call.op, call.value()
    if not call.get("reverse", False):
        layer = Embedding(op.input_dim, op.output_dim)
        return call.add(layer, value, weights=[op._embeddings], dtype=op.compute_dtype)
    tied = [op._embeddings] if op.tie_weights else [op.reverse_embeddings]
    made = call.add(Linear(op.input_dim, False), value, weights=tied)
    if op.logit_soft_cap is None:
        return made
    return call.pointwise("mul", call.pointwise("tanh", call.pointwise("div", made, 1.0)), 1.0)


@shape_only("drops elements in training only", "Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D",
            "GaussianDropout", "GaussianNoise", "AlphaDropout")  # fmt: skip
def _dropout(call: Call) -> Value:
    return call.add(Dropout(), call.value())


@shape_only("hands its input on", "Identity", "ActivityRegularization")
def _identity(call: Call) -> Value:
    return call.add(Identity(), call.value())


@counted("a comparison and a mul an element, and the or of each step's", "Masking")
def _masking(call: Call) -> Value:
    value = call.value()
    call.pointwise("compare", value, 0.0)
    return call.pointwise("mul", value, 1.0)


@counted("what its function does", "Lambda")
def _lambda(call: Call) -> Any:
    return traced(call.reader, call.op, call.name, call.args, call.kwargs)
