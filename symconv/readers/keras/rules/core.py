"""Dense layers, embeddings, and layers that hand their input on."""

from __future__ import annotations

from symconv.layers import Dropout, Einsum, Embedding, Identity, Linear, Pointwise
from symconv.readers.keras.call import Call
from symconv.readers.keras.registry import counted, shape_only
from symconv.readers.keras.rules.activation import activated
from symconv.readers.keras.value import Value


@counted("C_in·C_out macs a row; an add an output with a bias", "Dense")
def _dense(call: Call) -> Value:
    op, rows = call.op, call.value()
    if op.quantization_mode is None:
        call.fits(rows.shape[-1], int(op.kernel.shape[0]), "as many features as the kernel has")
    made = call.add(Linear(op.units, op.use_bias), rows, weights=call.weights)
    return activated(call, made, op.activation)


@counted("a mac for each value of all letters of its equation; an add an output with a bias", "EinsumDense")
def _einsum_dense(call: Call) -> Value:
    op, value = call.op, call.value()
    kernel = tuple(int(x) for x in op.kernel.shape)
    made = call.add(Einsum(op.equation, beside=(kernel,), positions=(1,)), value, weights=[op.kernel])
    if op.bias is not None:
        bias = tuple(int(x) for x in op.bias.shape)
        made = call.add(Pointwise("add", (bias,), made.dtype), made, weights=[op.bias])
    return activated(call, made, op.activation)


@shape_only("a row of a table for each id", "Embedding")
def _embedding(call: Call) -> Value:
    op = call.op
    return call.add(Embedding(op.input_dim, op.output_dim), call.value(), weights=call.weights, dtype=op.compute_dtype)


@counted("a lookup; back, C macs for each row and entry of the table", "ReversibleEmbedding")
def _reversible(call: Call) -> Value:
    op, value = call.op, call.value()
    if not call.get("reverse", False):
        kept = [op._embeddings if hasattr(op, "_embeddings") else op.embeddings]
        layer = Embedding(op.input_dim, op.output_dim)
        return call.add(layer, value, weights=kept, dtype=op.compute_dtype)
    tied = [op.embeddings] if op.tie_weights else [op.reverse_embeddings]
    made = call.add(Linear(op.input_dim, False), value, weights=tied)
    return call.pointwise("tanh", call.pointwise("mul", made, 1.0)) if op.logit_soft_cap else made


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


