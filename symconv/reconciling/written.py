"""A network without code, as it would be written in torch: each layer a module of torch.nn, joins as operators.

What a counter sees depends on the code, and a spec or an ONNX file has none. So each layer is taken as the module of
torch.nn that does the same; attention and what else people write in several ways is refused.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Final, NamedTuple

from symconv.cost import Cost, total_of
from symconv.errors import CallError
from symconv.layer import TRAINABLE, Layer
from symconv.layers import (
    BatchNorm,
    Conv,
    ConvTranspose,
    DepthwiseConv,
    Embedding,
    GroupNorm,
    InstanceNorm,
    LayerNorm,
    Linear,
    RMSNorm,
    Softmax,
    Upsample,
)
from symconv.layers.channels_last import TURNED
from symconv.layers.features import LAST
from symconv.network import Network
from symconv.node import Node
from symconv.reconciling.events import Called, Events, Function, Kept, Operated

#: Said of every figure that is found so.
ASSUMED: Final = (
    "each layer is taken as the module of torch.nn that does the same: counters see code, and there is none"
)


class Written(NamedTuple):
    """A layer in torch: its module's class and hyper-parameters, the operator below, the function that it calls."""

    kind: str
    module: SimpleNamespace
    operator: str = ""
    function: str = ""


#: By an activation its class, and the function that it calls, of those that counters know by name.
_ACTIVATIONS: Final = {
    "relu": ("ReLU", "relu"), "relu6": ("ReLU6", ""), "elu": ("ELU", "elu"), "gelu": ("GELU", "gelu"),
    "silu": ("SiLU", "silu"), "prelu": ("PReLU", "prelu"), "leaky_relu": ("LeakyReLU", ""),
    "sigmoid": ("Sigmoid", ""), "tanh": ("Tanh", ""), "hard_sigmoid": ("Hardsigmoid", ""),
    "hard_swish": ("Hardswish", ""), "mish": ("Mish", ""), "softplus": ("Softplus", ""), "dropout": ("Dropout", ""),
}  # fmt: skip

#: By a pooling its class and its function, without the rank.
_POOLS: Final = {
    "max_pool": ("MaxPool", "max_pool"), "avg_pool": ("AvgPool", "avg_pool"),
    "adaptive_avg_pool": ("AdaptiveAvgPool", "adaptive_avg_pool"),
    "global_avg_pool": ("AdaptiveAvgPool", "adaptive_avg_pool"),
    "adaptive_max_pool": ("AdaptiveMaxPool", "adaptive_max_pool"),
    "global_max_pool": ("AdaptiveMaxPool", "adaptive_max_pool"),
}  # fmt: skip

#: Layers whose parameters are those of the module around them, where no counter sees them.
_OF_THEIR_PARENT: Final = ("layer_scale", "class_token", "position_embedding", "bias", "global_response_norm")

#: Layers without macs that torch makes of functions of which counters have an opinion.
_OF_FUNCTIONS: Final = ("lrn", "resample")


def written(net: Network) -> list[tuple[Node, Events]]:
    """The layers that inference runs, each with what counters see of one round of it.

    Raises CallError for a layer that may be written in several ways.
    """
    batch = next(iter(net.inputs.values())).shape[0]
    working = [node for node in net.nodes if not node.training]
    kinds = {node.name: _written(node) for node in working}
    costs = net.costs("params")

    def of(wanted: frozenset[str]) -> Cost:
        return total_of(costs[name] for name, layer in kinds.items() if layer is not None and layer.kind in wanted)

    kept = Kept(net.cost("params") + net.cost("frozen"), net.cost("params"), of)
    return [(node, _seen(node, kinds[node.name], Events(batch, kept))) for node in working]


def _seen(node: Node, layer: Written | None, events: Events) -> Events:
    if layer is None:
        return events
    given, made = tuple(t.shape for t in node.tensors), (node.out.shape,)
    weights = tuple((p.name, p.elements) for p in node.parameters if p.kind == TRAINABLE)
    linear = layer.kind == "Linear"
    events.calls.append(Called(node.name, layer.module, layer.kind, given, made, linear=linear, weights=weights))
    if layer.operator:
        events.operators.append(Operated(layer.operator, node.name, made, (node,)))
    if layer.function:
        events.functions.append(Function(layer.function, given[:1], made[0][2:]))
    return events


def _written(node: Node) -> Written | None:
    """A layer in torch; None for one that no counter has an opinion of.

    Raises CallError where there are several ways to write it.
    """
    layer = node.layer
    if isinstance(layer, tuple(TURNED.values())):
        raise CallError(f"{node.name}: {layer.kind} with channels last is no module of torch.nn")
    found = _module(node, layer)
    if found is None and layer.kind in _OF_FUNCTIONS:
        raise _several(node)
    weighs = any(p.kind == TRAINABLE for p in node.parameters) and layer.kind not in _OF_THEIR_PARENT
    if found is None and (weighs or node.count["mac"]):
        raise _several(node)
    return found


def _several(node: Node) -> CallError:
    return CallError(
        f"{node.name}: {node.layer.kind} is written in several ways in torch, and counters see which: "
        "a torch module is wanted, such as torchvision:resnet50"
    )


def _convolution(node: Node, layer: Conv | ConvTranspose) -> Written:
    image = node.tensors[0]
    module = SimpleNamespace(
        kernel_size=tuple(w.kernel for w in layer.windows(image)), groups=layer.groups, in_channels=image.channels,
        out_channels=layer.channels, bias=layer.bias or None,
    )  # fmt: skip
    kind = "ConvTranspose" if isinstance(layer, ConvTranspose) else "Conv"
    return Written(f"{kind}{image.rank - 2}d", module, "convolution")


def _module(node: Node, layer: Layer) -> Written | None:
    image = node.tensors[0] if node.tensors else node.out
    rank = image.rank - 2
    if layer.kind in _ACTIVATIONS:
        kind, function = _ACTIVATIONS[layer.kind]
        return Written(kind, SimpleNamespace(), function=function)
    if layer.kind in _POOLS:
        kind, function = (f"{name}{rank}d" for name in _POOLS[layer.kind])
        return Written(kind, SimpleNamespace(), function if kind.startswith("Adaptive") else "", function)
    match layer:
        case Softmax(axis=axis):
            return Written("Softmax", SimpleNamespace(dim=axis), function="softmax")
        case Conv() | ConvTranspose():
            return _convolution(node, layer)
        case DepthwiseConv():
            return _convolution(node, layer.grouped(image))
        case Linear(bias=bias):
            return Written("Linear", SimpleNamespace(in_features=image.shape[-1], bias=bias or None), "linear")
        case BatchNorm(affine=affine, frozen=frozen):
            kind = "" if frozen else f"BatchNorm{max(rank, 1)}d"
            return Written(kind, SimpleNamespace(affine=affine), "" if frozen else "batch_norm")
        case LayerNorm(over=over, affine=affine):
            kind = "LayerNorm" if over == LAST else ""  # over channels it is a class of one's own
            return Written(kind, SimpleNamespace(elementwise_affine=affine), "layer_norm")
        case GroupNorm(affine=affine):
            return Written("GroupNorm", SimpleNamespace(affine=affine), "group_norm")
        case InstanceNorm(affine=affine):
            return Written(f"InstanceNorm{rank}d", SimpleNamespace(affine=affine), "instance_norm")
        case Upsample(mode=mode):
            name = "nearest" if mode == "nearest" else {1: "linear", 2: "bilinear", 3: "trilinear"}[rank]
            return Written("Upsample", SimpleNamespace(mode=name), f"upsample_{name}{rank}d", "interpolate")
        case Embedding() | RMSNorm():
            return Written(type(layer).__name__, SimpleNamespace())
    return None
