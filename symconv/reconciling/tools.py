"""The rules of other counters, as they are in the versions named: which calls and operators they count, and how often.

FlopCounterMode  torch 2.13        operators below autograd: 2 a mac of matrix products and convolutions
fvcore           0.1.5.post2022    nodes of a jit trace: macs, and some elements of norms, pools and resizes
thop             0.1.1.post2209    calls of modules by exact class; params of those with a rule alone
ptflops          0.7.5             calls of modules by exact class for one sample, and Python functions by name
torchinfo        1.8.0             calls of modules without children: weights, once a sample or a place
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any, Final

from symconv.cost import Cost, product, substitute_cost
from symconv.extent import Extent, Size, symbols_of
from symconv.extremes import largest
from symconv.layers import BatchNorm, HeadAttention, Product
from symconv.reconciling.events import Called, Events, Function, Kept, Operated, elements
from symconv.reconciling.parts import Part
from symconv.rounding import floor

Rule = Callable[[Events], Iterator[Part]]

CONVOLUTIONS, LINEAR, FUNCTIONAL = "convolutions", "linear layers", "linear maps by F.linear"
PRODUCTS, ATTENTION, RECURRENT = "matrix products", "attention, its two products", "recurrent layers"
BIAS, BATCH_NORM, NORM, POOLS = "bias: outputs", "batch norm: elements", "norm: elements", "pooling: inputs"
POOLED, ACTIVATIONS, RESIZING = "pooling: outputs", "activations: elements", "resizing: elements"
SOFTMAX, HEADS, WEIGHTS = "softmax: elements", "multi-head attention", "weights, once a sample"

_CONV: Final = tuple(f"Conv{r}d" for r in (1, 2, 3))
_TRANSPOSED: Final = tuple(f"ConvTranspose{r}d" for r in (1, 2, 3))
_BATCH_NORM: Final = (*(f"BatchNorm{r}d" for r in (1, 2, 3)), "SyncBatchNorm")
_INSTANCE_NORM: Final = tuple(f"InstanceNorm{r}d" for r in (1, 2, 3))
_AVERAGE: Final = tuple(f"AvgPool{r}d" for r in (1, 2, 3))
_ADAPTIVE: Final = tuple(f"AdaptiveAvgPool{r}d" for r in (1, 2, 3))
_MAX: Final = tuple(f"{kind}MaxPool{r}d" for kind in ("", "Adaptive") for r in (1, 2, 3))
_RECURRENT: Final = ("RNN", "GRU", "LSTM")
_CELLS: Final = ("RNNCell", "GRUCell", "LSTMCell")


def _term(op: Operated, calls: Mapping[str, Called]) -> str:
    """What an operator's macs are of."""
    if "conv" in op.name:
        return CONVOLUTIONS
    if "scaled_dot_product" in op.name:
        return ATTENTION
    if op.name in ("lstm", "gru", "rnn_tanh", "rnn_relu") or op.name.endswith("_cell"):
        return RECURRENT
    if op.name == "linear":
        call = calls.get(op.where)
        return LINEAR if call is not None and call.linear else FUNCTIONAL
    return PRODUCTS


def _vectors(op: Operated) -> bool:
    """Whether a product has a vector on its right, whose operator torch's counter has no formula for."""
    return any(isinstance(n.layer, Product) and len(n.layer.operands(*n.tensors)[1]) == 1 for n in op.nodes)


def _uncounted(op: Operated) -> bool:
    return op.name in ("cdist", "_cdist_forward", "mv", "dot", "vdot", "outer", "_grouped_mm") or _vectors(op)


# -- torch's own counter ---------------------------------------------------------------------------------------------


def flop_counter(events: Events) -> Iterator[Part]:
    """On the meta device, halved."""
    calls = events.by_name
    for op in events.operators:
        if op.macs and not _uncounted(op):
            yield Part(_term(op, calls), op.macs)


def _fused(op: Operated) -> bool:
    """Whether attention runs in the kernel of the CPU, which torch's counter does not know."""
    heads = [n.layer for n in op.nodes if isinstance(n.layer, HeadAttention)]
    return bool(heads) and len(op.made[0]) == 4 and heads[0].size == heads[0].value_size


def _fast(call: Called) -> bool:
    """Whether a module takes torch's fast path on a CPU, without gradients, in eval mode."""
    m: Any = call.module
    if call.kind == "TransformerEncoderLayer":
        attention = m.self_attn
        alike = bool(m.activation_relu_or_gelu) and m.norm1.eps == m.norm2.eps and m.linear1.bias is not None
        return alike and _packed(attention) and len(call.given[0]) == 3
    return call.kind == "MultiheadAttention" and call.same and len(call.given[0]) == 3 and _packed(m)


def _packed(m: Any) -> bool:
    plain = m.in_proj_weight is not None and m.in_proj_bias is not None and m.bias_k is None and m.bias_v is None
    return bool(plain and m.batch_first and m.num_heads % 2 == 0 and not m.add_zero_attn)


def flop_counter_on_cpu(events: Events) -> Iterator[Part]:
    """On a CPU in eval mode, without gradients, halved."""
    calls = events.by_name
    fast = [c.name for c in events.calls if _fast(c)]
    for op in events.operators:
        inside = any(op.where == name or op.where.startswith(f"{name}/") for name in fast)
        if not op.macs or inside or _uncounted(op) or _fused(op) or op.name == "lstm":
            continue
        yield Part(_term(op, calls), op.macs)


# -- fvcore ----------------------------------------------------------------------------------------------------------


def fvcore(events: Events) -> Iterator[Part]:
    """FlopCountAnalysis.total(), on a CPU with gradients."""
    calls = events.by_name
    for op in events.operators:
        yield from _fvcore_operator(op, calls)


def _fvcore_operator(op: Operated, calls: Mapping[str, Called]) -> Iterator[Part]:
    node = op.nodes[-1] if op.nodes else None
    taken = node.tensors[0].elements if node is not None and node.tensors else product(0)
    if node is None:
        return
    if op.name in ("matmul", "mm", "bmm"):
        left, right = next(
            n.layer.operands(*n.tensors) if isinstance(n.layer, Product) else (n.tensors[0].shape, n.out.shape)
            for n in op.nodes
        )
        yield Part(PRODUCTS, elements(left) * right[-1])
    elif "conv" in op.name:
        if getattr(node.layer, "padding", 0) not in ("same", "valid"):
            yield Part(CONVOLUTIONS, op.macs)
    elif op.name in ("linear", "addmm", "einsum") or op.name.endswith("_cell"):
        yield Part(_term(op, calls), op.macs)
    elif "batch_norm" in op.name:
        affine = isinstance(node.layer, BatchNorm) and node.layer.affine
        training = len(op.nodes) > 1
        yield Part(BATCH_NORM, taken, (5 if affine else 4) if training else 2 if affine else 1)
    elif op.name in ("layer_norm", "group_norm", "instance_norm"):
        yield Part(NORM, taken, 5 if getattr(node.layer, "affine", True) else 4)
    elif op.name in ("adaptive_avg_pool2d", "_adaptive_avg_pool2d"):
        yield Part(POOLS, taken)
    elif op.name == "upsample_nearest2d":
        yield Part(RESIZING, node.out.elements)
    elif op.name in ("upsample_bilinear2d", "grid_sampler", "grid_sampler_2d") and node.out.rank == 4:
        yield Part(RESIZING, node.out.elements, 4)


# -- thop ------------------------------------------------------------------------------------------------------------

_FREE: Final = frozenset({"ZeroPad2d", "ReLU", "ReLU6", "LeakyReLU", *_MAX, "Dropout", "Sequential", "PixelShuffle"})
_RULED: Final = _FREE | {
    *_CONV, *_TRANSPOSED, *_BATCH_NORM, *_INSTANCE_NORM, "LayerNorm", "PReLU", "Softmax", *_AVERAGE, *_ADAPTIVE,
    "Linear", "Upsample", "UpsamplingNearest2d", "UpsamplingBilinear2d", *_RECURRENT, *_CELLS,
}  # fmt: skip
_STEPS: Final = {"nearest": 1, "linear": 5, "bilinear": 11, "bicubic": 259}


def thop(events: Events) -> Iterator[Part]:
    """thop.profile's operations."""
    for c in events.calls:
        for p in _thop_call(c):
            yield Part(p.term, p.cost, p.times * c.places**2)


def _thop_call(c: Called) -> Iterator[Part]:
    m: Any = c.module
    if c.kind in (*_CONV, *_TRANSPOSED):
        taps = product(floor(c.given[0][1], m.groups, exact=True), *m.kernel_size)
        yield Part(CONVOLUTIONS, c.result * taps)
    elif c.kind == "Linear":
        yield Part(LINEAR, c.result * product(m.in_features))
    elif c.kind in (*_BATCH_NORM, *_INSTANCE_NORM, "LayerNorm"):
        affine = bool(getattr(m, "affine", False) or getattr(m, "elementwise_affine", False))
        yield Part(BATCH_NORM if c.kind in _BATCH_NORM else NORM, c.taken, 4 if affine else 2)
    elif c.kind == "PReLU":
        yield Part(ACTIVATIONS, c.taken)
    elif c.kind == "Softmax":
        shape = c.given[0]
        dim = m.dim if m.dim is not None else 0 if len(shape) in (0, 1, 3) else 1  # as torch's softmax has it
        yield Part(SOFTMAX, c.taken, 3)
        yield Part("softmax: rows", product(*(x for i, x in enumerate(shape) if i != dim % len(shape))), -1)
    elif c.kind in _AVERAGE:
        yield Part(POOLED, c.result)
    elif c.kind in _ADAPTIVE:
        yield Part(POOLS, c.taken)
        yield Part(POOLED, c.result)
    elif c.kind in ("Upsample", "UpsamplingNearest2d", "UpsamplingBilinear2d"):
        yield Part(RESIZING, c.result, _STEPS.get(m.mode, 0))
    elif c.kind in _CELLS:
        yield Part(RECURRENT, product(c.given[0][0]) * _thop_cell(c.kind, m.bias, m.input_size, m.hidden_size))
    elif c.kind in _RECURRENT:
        ways = 2 if m.bidirectional else 1
        each = ways * _thop_cell(c.kind, m.bias, m.input_size, m.hidden_size)
        each += (m.num_layers - 1) * ways * _thop_cell(c.kind, m.bias, ways * m.hidden_size, m.hidden_size)
        yield Part(RECURRENT, product(*c.given[0][:2]) * each)


def _thop_cell(kind: str, bias: bool, i: int, h: int) -> int:
    gate = h * (i + h) + h + (2 * h if bias else 0)
    if kind.startswith("RNN"):
        return gate
    return 3 * gate + 4 * h if kind.startswith("GRU") else 4 * gate + 4 * h


def thop_params(kept: Kept) -> Cost:
    """Those of modules that have a rule and were called."""
    return kept.of(_RULED)


# -- ptflops ---------------------------------------------------------------------------------------------------------

_ACTIVE: Final = ("ReLU", "PReLU", "ELU", "LeakyReLU", "ReLU6", "GELU")


def ptflops(events: Events) -> Iterator[Part]:
    """get_model_complexity_info with its own backend: modules for one sample, functions for the whole batch."""
    for c in events.calls:
        for p in _ptflops_call(c):
            yield Part(p.term, _for_one(p.cost, events.batch), p.times * c.places)
    for f in events.functions:
        yield from _ptflops_function(f)


def _for_one(cost: Cost, batch: Size) -> Cost:
    """A cost of the batch for one sample of it."""
    if isinstance(batch, Extent):
        (symbol,) = symbols_of(batch)
        return substitute_cost(cost, {symbol: 1})
    return cost * Fraction(1, batch)


def _ptflops_call(c: Called) -> Iterator[Part]:
    m: Any = c.module
    if c.kind in (*_CONV, *_TRANSPOSED):
        at = c.given[0] if c.kind in _TRANSPOSED else c.made[0]
        taps = product(
            c.given[0][0], *m.kernel_size, m.in_channels, floor(m.out_channels, m.groups, exact=True), *at[2:]
        )
        yield Part(CONVOLUTIONS, taps)
        if m.bias is not None:
            yield Part(BIAS, c.result)
    elif c.kind == "Linear":
        yield Part(LINEAR, c.result * product(m.in_features))
        if m.bias is not None:
            yield Part(BIAS, c.result)
    elif c.kind in (*_BATCH_NORM[:3], *_INSTANCE_NORM, "GroupNorm"):
        yield Part(BATCH_NORM if c.kind in _BATCH_NORM else NORM, c.taken, 2 if m.affine else 1)
    elif c.kind == "LayerNorm":
        yield Part(NORM, c.taken)
    elif c.kind in _ACTIVE:
        yield Part(ACTIVATIONS, c.result)
    elif c.kind in (*_AVERAGE, *_ADAPTIVE, *_MAX):
        yield Part(POOLS, c.taken)
    elif c.kind == "Upsample":
        yield Part(RESIZING, product(*c.made[0][1:]))
    elif c.kind in _RECURRENT:
        each = sum(_ptflops_cell(c, f"_l{i}") for i in range(m.num_layers)) * (2 if m.bidirectional else 1)
        yield Part(RECURRENT, product(*c.given[0][:2]) * each)
    elif c.kind in _CELLS:
        yield Part(RECURRENT, product(c.given[0][0]) * _ptflops_cell(c, ""))
    elif c.kind == "MultiheadAttention" and len(c.given) >= 3:
        yield from _ptflops_heads(c)


def _ptflops_cell(c: Called, suffix: str) -> int:
    m: Any = c.module
    own = getattr(m, f"weight_ih{suffix}").numel() + getattr(m, f"weight_hh{suffix}").numel()
    if m.bias:
        own += getattr(m, f"bias_ih{suffix}").numel() + getattr(m, f"bias_hh{suffix}").numel()
    further = 1 if c.kind.startswith("RNN") else 7 if c.kind.startswith("GRU") else 10
    return int(own + further * m.hidden_size)


def _ptflops_heads(c: Called) -> Iterator[Part]:
    m: Any = c.module
    batch, length = (0, 1) if m.batch_first else (1, 0)
    n = c.given[0][batch]
    (t, q), (s, k), (v, e) = ((shape[length], shape[2]) for shape in c.given[:3])
    heads = m.num_heads
    yield Part(HEADS, product(n, t, q * q) + product(n, s, k * k) + product(n, v, e * e) + product(n, t, e * e))
    yield Part(ATTENTION, product(n, heads, t, s, q // heads) + product(n, heads, t, s, e // heads))
    yield Part(SOFTMAX, product(n, heads, t, s))
    yield Part(BIAS, product(n, t, e))
    yield Part("scaling of queries: elements", product(n, t, q))
    if m.in_proj_bias is not None:
        yield Part(BIAS, product(n, t + s + v, q))


def _ptflops_function(f: Function) -> Iterator[Part]:
    first, *others = f.given
    if f.name in ("matmul", "mm", "bmm") and others:
        yield Part(PRODUCTS, elements(first) * others[0][-1])
    elif f.name in ("addmm", "baddbmm") and len(others) > 1:
        yield Part(PRODUCTS, elements(others[0]) * others[1][-1])
        yield Part(BIAS, elements(first))
    elif f.name in ("add", "mul"):
        second = others[0] if others else ()
        longest = max(len(first), len(second))
        sides = [(*shape, *[1] * (longest - len(shape))) for shape in (first, second)]
        yield Part("sums and products by name: elements", product(*(largest(a, b) for a, b in zip(*sides))))
    elif f.name in ("interpolate", "upsample"):
        resized = product(*first[:2], *f.sizes) if f.sizes else elements(first) * Fraction(f.scale)
        yield Part(RESIZING, resized)
    elif "pool" in f.name:
        yield Part(POOLS, elements(first))
    elif f.name == "softmax":
        yield Part(SOFTMAX, elements(first))
    else:
        yield Part(ACTIVATIONS, elements(first))


# -- torchinfo -------------------------------------------------------------------------------------------------------


def torchinfo(events: Events) -> Iterator[Part]:
    """summary(...).total_mult_adds."""
    for c in events.calls:
        if c.weights is None or not c.made:
            continue
        shape = c.made[0]
        for name, many in c.weights:
            if name in ("weight", "bias"):
                if "Conv" in c.kind or "Conv" in type(c.module).__name__:
                    yield Part(CONVOLUTIONS if name == "weight" else BIAS, many * product(shape[0], *shape[2:]))
                else:
                    yield Part(WEIGHTS, many * shape[0])
            elif "weight" in name or "bias" in name:
                yield Part(RECURRENT, many * product(*shape[:2]))


def every_param(kept: Kept) -> Cost:
    """Every parameter once."""
    return kept.every


def trained(kept: Kept) -> Cost:
    """Every parameter that is trained."""
    return kept.trained


#: By the counter's name its rule, the params that it reports, and what is to be said of it.
TOOLS: Final[dict[str, tuple[Rule, Callable[[Kept], Cost] | None, str]]] = {
    "FlopCounterMode / 2": (flop_counter, None, "torch.utils.flop_counter on the meta device; it prints twice that"),
    "FlopCounterMode / 2 on a CPU": (
        flop_counter_on_cpu, None,
        "in eval mode without gradients: fused attention and torch's fast path of multi-head attention count nothing",
    ),
    "fvcore": (fvcore, every_param, "FlopCountAnalysis: macs without attention's kernel, elements of norms and pools"),
    "thop": (thop, thop_params, "profile: modules of exactly these classes; others have neither operations nor params"),
    "ptflops": (ptflops, trained, "get_model_complexity_info: for one sample; functions count beside their modules"),
    "torchinfo": (torchinfo, every_param, "summary: weights of modules without children, once a sample or a place"),
}  # fmt: skip
