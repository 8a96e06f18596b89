"""Measure the figures in this folder from other people's models, without symconv.

    python tests/truth/measure.py torchvision|timm|transformers|papers [NAME ...]

writes torchvision_more.json, timm.json, transformers.json or papers.json beside this file; with names, prints the
entries of those alone, and writes nothing. It needs torch 2.13, torchvision 0.28 (without its dependencies), timm and
transformers; nothing is downloaded: models are built without weights, on torch's meta device, and in eval mode.

What is counted, and how:

* params: elements of the trainable parameters, each tensor once. buffers: elements of the buffers, counters included.
* macs: the operations of torch.utils.flop_counter.FlopCounterMode over two; conv_macs are its convolutions, linear_macs
  its products with a matrix of weights, attention_macs its products of two activations. Attention is made to run as
  plain products (never fused), so that every query meets every key, also where a mask hides it.
* recurrent_macs, of LSTMs alone: steps x samples x elements of W and R. The flop counter sees the inside of an LSTM on
  the meta device only; there it must agree.
* activations: elements of the output of every leaf module, each time that it runs; of an LSTM its output sequence.
* least: the least X, counted up from 1, at which the model runs.
"""

import contextlib
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

Size = dict[str, int]
IMAGES: tuple[Size, ...] = (
    {"X": 224, "N": 1},
    {"X": 225, "N": 1},
    {"X": 331, "N": 1},
    {"H": 224, "W": 160, "N": 1},
    {"X": 224, "N": 2},
)


@dataclass
class Entry:
    """One model: how it is built, from where, at which sizes it runs, and what is published of it."""

    name: str
    source: str
    build: Callable[[], Any]
    sizes: tuple[Size, ...] = IMAGES
    inputs: Callable[[Size], dict[str, Any]] | None = None
    search: int = 0
    published: dict[str, Any] | None = None
    extra: dict[str, Any] = field(default_factory=dict)


# The measuring.


@cache
def torchvision() -> Any:
    """torchvision; its compiled operators, which no classifier runs, may be built for another torch: then declared."""
    import torch

    try:
        import torchvision
    except RuntimeError:
        library = torch.library.Library("torchvision", "DEF")
        for operator in ("nms", "qnms"):
            library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        import torchvision

        torchvision.declared = library  # alive as long as the module
    return torchvision


def on_meta(build: Callable[[], Any]) -> Any:
    """The model on the meta device, in eval mode; where its constructor reads values, built first and moved after."""
    import torch

    try:
        with torch.device("meta"):
            model = build()
    except (RuntimeError, NotImplementedError):
        model = build().to("meta")
    return model.eval()


def image(size: Size, channels: int = 3) -> Any:
    import torch

    height, width = size.get("H", size.get("X", 0)), size.get("W", size.get("X", 0))
    return torch.empty(size["N"], channels, height, width, device="meta")


def run(model: Any, inputs: dict[str, Any]) -> None:
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel

    torch.backends.mha.set_fastpath_enabled(False)
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH):
        positional = [inputs[key] for key in sorted(inputs) if key.isdigit()]
        model(*positional, **{key: value for key, value in inputs.items() if not key.isdigit()})


def elements(output: Any) -> int:
    """The elements of a module's output: a tensor, or tensors in tuples, lists and mappings."""
    if hasattr(output, "numel"):
        return int(output.numel())
    if isinstance(output, dict):
        output = list(output.values())
    return sum(map(elements, output)) if isinstance(output, tuple | list) else 0


@contextlib.contextmanager
def leaves(model: Any) -> Iterator[tuple[Counter[str], Counter[str]]]:
    """The elements that leaf modules put out, by class, and the multiply-accumulates of recurrent ones, by place."""
    import torch

    outputs: Counter[str] = Counter()
    recurrent: Counter[str] = Counter()
    places = {module: f"{type(model).__name__}.{name}" for name, module in model.named_modules()}

    def see(module: Any, inputs: Any, output: Any) -> None:
        if isinstance(module, torch.nn.RNNBase):
            output = output[0]
            steps_samples = inputs[0].numel() // inputs[0].shape[-1]
            weights = sum(p.numel() for key, p in module.named_parameters() if key.startswith("weight"))
            recurrent[places[module]] += steps_samples * weights
        outputs[type(module).__name__] += elements(output)

    handles = [m.register_forward_hook(see) for m in model.modules() if not any(True for _ in m.children())]
    try:
        yield outputs, recurrent
    finally:
        for handle in handles:
            handle.remove()


def macs_by_kind(counter: Any, model: Any, recurrent: Counter[str]) -> dict[str, int]:
    """The counter's operations over two: convolutions, products with weights, products of activations.

    A product with weights is mm or addmm; a bmm is one only inside a module that holds the weights (a Linear whose
    input is strided, experts whose weights are stacked in one tensor).
    """
    root = type(model).__name__
    holders = {
        f"{root}.{name}"
        for name, module in model.named_modules()
        if type(module).__name__.endswith(("Linear", "Experts"))
    }
    counts = {place: {str(op): flops for op, flops in ops.items()} for place, ops in counter.get_flop_counts().items()}
    kinds = Counter(conv=0, linear=0, attention=0)
    for op, flops in counts.get("Global", {}).items():
        kind = "conv" if "convolution" in op else "linear" if op in ("aten.mm", "aten.addmm") else "attention"
        kinds[kind] += flops
    for place in holders & counts.keys():
        inside = sum(flops for op, flops in counts[place].items() if op in ("aten.bmm", "aten.baddbmm"))
        kinds["linear"] += inside
        kinds["attention"] -= inside
    for place, macs in recurrent.items():
        inside = sum(counts.get(place, {}).values())
        if inside not in (0, 2 * macs):
            raise ValueError(f"{place}: {macs} by formula, and the counter saw {inside} operations")
        kinds["linear"] -= inside
    if any(flops % 2 for flops in kinds.values()):
        raise ValueError(f"an odd number of operations: {kinds}")
    return {kind: flops // 2 for kind, flops in kinds.items()}


def at(model: Any, inputs: dict[str, Any]) -> tuple[dict[str, int], dict[str, int]]:
    """The figures of one run, and its activations by class of leaf."""
    from torch.utils.flop_counter import FlopCounterMode

    with leaves(model) as (outputs, recurrent), FlopCounterMode(display=False, depth=None) as counter:
        run(model, inputs)
    kinds = macs_by_kind(counter, model, recurrent)
    figures = {"macs": sum(kinds.values()) + sum(recurrent.values())}
    figures |= {f"{kind}_macs": count for kind, count in kinds.items()}
    if recurrent:
        figures["recurrent_macs"] = sum(recurrent.values())
    return figures | {"activations": sum(outputs.values())}, dict(outputs)


def runs(model: Any, inputs: dict[str, Any]) -> bool:
    with contextlib.suppress(RuntimeError, ValueError, AssertionError):
        run(model, inputs)
        return True
    return False


def least(model: Any, inputs: Callable[[Size], dict[str, Any]], limit: int) -> int | None:
    return next((X for X in range(1, limit + 1) if runs(model, inputs({"X": X, "N": 1}))), None)


def key_of(size: Size) -> str:
    return ",".join(f"{name}={value}" for name, value in size.items())


def measure(entry: Entry, by_leaf: bool = False) -> dict[str, Any]:
    model = on_meta(entry.build)
    inputs = entry.inputs or (lambda size: {"0": image(size)})
    figures: dict[str, Any] = {"source": entry.source}
    figures["params"] = sum(p.numel() for p in model.parameters() if p.requires_grad)
    frozen = sum(p.numel() for p in model.parameters() if not p.requires_grad)
    if frozen:
        figures["frozen_params"] = frozen
    figures["buffers"] = sum(b.numel() for b in model.buffers())
    if entry.published:
        figures["published"] = entry.published
    figures |= entry.extra
    sizes = list(entry.sizes)
    if entry.search and (smallest := least(model, inputs, entry.search)):
        figures["least"] = smallest
        sizes.append({"X": smallest, "N": 1})
    figures["at"] = {}
    for size in sizes:
        figures["at"][key_of(size)], outputs = at(model, inputs(size))
        if by_leaf:
            figures.setdefault("by_leaf", {})[key_of(size)] = outputs
    return figures


# The models.


def spelled(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """The call as one would write it."""

    def word(value: Any) -> str:
        if isinstance(value, list | tuple):
            return "[" + ", ".join(map(word, value)) + "]"
        return getattr(value, "__name__", None) or repr(value)

    words = [word(value) for value in args] + [f"{name}={word(value)}" for name, value in kwargs.items()]
    return f"{getattr(function, '__name__', str(function))}({', '.join(words)})"


def torchvision_entries() -> Iterator[Entry]:
    tv = torchvision()
    from torchvision.models import (
        convnext,
        densenet,
        efficientnet,
        mnasnet,
        mobilenetv2,
        mobilenetv3,
        regnet,
        resnet,
        shufflenetv2,
        swin_transformer,
        vgg,
        vision_transformer,
    )
    from torchvision.models.detection.backbone_utils import resnet_fpn_backbone
    from torchvision.ops.misc import FrozenBatchNorm2d

    version = f"torchvision {tv.__version__.split('+')[0]}: "

    def made(name: str, function: Any, *args: Any, sizes: Any = IMAGES, search: int = 80, **kw: Any) -> Entry:
        return Entry(name, version + spelled(function, args, kw), lambda: function(*args, **kw), sizes, None, search)

    def listed(name: str, sizes: tuple[Size, ...] = IMAGES, search: int = 80, **kw: Any) -> Entry:
        """A model with published weights: the figures of IMAGENET1K_V1 (or the first), at the size of their crop."""
        weights = next(iter(tv.models.get_model_weights(name)))
        keywords = weights.transforms.keywords
        crop = keywords.get("crop_size") or keywords["resize_size"]
        published = {"params": weights.meta["num_params"], "gmacs": weights.meta["_ops"], "weights": str(weights)}
        if {"X": crop, "N": 1} not in sizes:
            sizes = (*sizes, {"X": crop, "N": 1})
        entry = made(name, tv.models.get_model_builder(name), sizes=sizes, search=search, **kw)
        entry.published = published | {"X": crop}
        return entry

    def film(size: Size) -> dict[str, Any]:
        import torch

        return {"0": torch.empty(size["N"], 3, size["T"], size["X"], size["X"], device="meta")}

    few: tuple[Size, ...] = ({"X": 224, "N": 1}, {"X": 331, "N": 1})
    yield listed("alexnet")
    for depth in (11, 13, 16, 19):
        yield listed(f"vgg{depth}")
        yield listed(f"vgg{depth}_bn")
    plan = [8, "M", 24, 40, "M", 512]
    for norm in (False, True):
        yield Entry(
            f"vgg {plan} batch_norm={norm}",
            f"{version}VGG(make_layers({plan}, batch_norm={norm}), num_classes=7)",
            lambda norm=norm: vgg.VGG(vgg.make_layers(plan, batch_norm=norm), num_classes=7),
            search=80,
        )
    yield listed("googlenet", aux_logits=False, init_weights=False)
    yield made("googlenet with auxiliary heads", tv.models.googlenet, aux_logits=True, init_weights=False)
    yield listed("inception_v3", init_weights=False)
    yield made("inception_v3 without auxiliary head", tv.models.inception_v3, aux_logits=False, init_weights=False)
    for depth in (18, 34, 50, 101, 152):
        yield listed(f"resnet{depth}")
    for name in ("wide_resnet50_2", "wide_resnet101_2", "resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d"):
        yield listed(name)
    for blocks, kw in (
        ([2, 5, 7, 2], {}),
        ([2, 5, 7, 2], {"width_per_group": 96}),
        ([2, 5, 7, 2], {"width_per_group": 128}),
        ([2, 5, 7, 2], {"groups": 32, "width_per_group": 4}),
        ([2, 5, 7, 2], {"groups": 32, "width_per_group": 8}),
        ([1, 1, 1, 1], {}),
        ([1, 1, 1, 1], {"groups": 3, "width_per_group": 20, "num_classes": 10}),
        ([3, 1, 2, 4], {"replace_stride_with_dilation": [False, True, True]}),
    ):
        yield made(f"resnet {blocks} {kw}", resnet.ResNet, resnet.Bottleneck, blocks, **kw)
    for blocks in ([1, 1, 1, 1], [4, 1, 2, 3]):
        yield made(f"resnet basic {blocks}", resnet.ResNet, resnet.BasicBlock, blocks)
    for depth in (121, 161, 169, 201):
        yield listed(f"densenet{depth}")
    for growth, blocks, first in (
        (12, (2, 3, 5, 1), 24),
        (17, (3, 2, 4, 2), 34),
        (32, (1, 1, 1, 1), 64),
        (8, (7, 1, 9, 4), 10),
    ):
        yield made(f"densenet g={growth} {blocks} init={first}", densenet.DenseNet, growth, blocks, first)
    yield made("densenet g=24 bn_size=2", densenet.DenseNet, 24, (2, 3, 2, 3), 48, bn_size=2, num_classes=10)
    yield listed("squeezenet1_0")
    yield listed("squeezenet1_1")
    yield listed("mobilenet_v2")
    for width in (0.35, 0.5, 0.75, 1.4):
        yield made(f"mobilenet_v2 width={width}", mobilenetv2.mobilenet_v2, width_mult=width)
    yield listed("mobilenet_v3_small")
    yield listed("mobilenet_v3_large")
    for width in (0.75, 1.3):
        yield made(f"mobilenet_v3_small width={width}", mobilenetv3.mobilenet_v3_small, width_mult=width)
        yield made(f"mobilenet_v3_large width={width}", mobilenetv3.mobilenet_v3_large, width_mult=width)
    yield made("mobilenet_v3_large reduced_tail", mobilenetv3.mobilenet_v3_large, reduced_tail=True)
    for width in ("0_5", "1_0", "1_5", "2_0"):
        yield listed(f"shufflenet_v2_x{width}")
    yield made("shufflenet_v2 [2, 5, 3]", shufflenetv2.ShuffleNetV2, [2, 5, 3], [12, 36, 72, 144, 200])
    for width in ("0_5", "0_75", "1_0", "1_3"):
        yield listed(f"mnasnet{width}")
    yield made("mnasnet alpha=0.6", mnasnet.MNASNet, 0.6)
    for b in range(8):
        yield listed(f"efficientnet_b{b}", sizes=IMAGES if b < 5 else few)
    for size in "sml":
        yield listed(f"efficientnet_v2_{size}", sizes=IMAGES if size == "s" else few)
    for width, depth in ((0.9, 1.3), (0.5, 0.5), (1.25, 2.0)):
        # The plan and the last channels come from torchvision's own table of B0, scaled by its own rounding.
        table, last = efficientnet._efficientnet_conf("efficientnet_b0", width_mult=width, depth_mult=depth)
        yield Entry(
            f"efficientnet_b0 width={width} depth={depth}",
            f"{version}EfficientNet(*_efficientnet_conf('efficientnet_b0', width_mult={width}, depth_mult={depth}))",
            lambda table=table, last=last: efficientnet.EfficientNet(table, 0.2, last_channel=last),
            search=80,
        )
    for size in ("400mf", "800mf", "1_6gf", "3_2gf", "8gf"):
        yield listed(f"regnet_y_{size}", sizes=IMAGES if size == "400mf" else few)
    for size in ("400mf", "800mf", "1_6gf"):
        yield listed(f"regnet_x_{size}", sizes=few)
    for depth, w0, wa, wm, group, ratio in ((9, 32, 20.5, 2.3, 8, 0.25), (13, 40, 30.0, 2.1, 16, None)):
        kw = {"depth": depth, "w_0": w0, "w_a": wa, "w_m": wm, "group_width": group, "se_ratio": ratio}
        yield Entry(
            f"regnet {kw}",
            f"{version}RegNet(BlockParams.from_init_params({', '.join(f'{k}={v}' for k, v in kw.items())}))",
            lambda kw=kw: regnet.RegNet(regnet.BlockParams.from_init_params(**kw)),
            search=80,
        )
    for size in ("tiny", "small", "base", "large"):
        yield listed(f"convnext_{size}", sizes=IMAGES if size == "tiny" else few)
    for depths, widths in (([2, 1, 4, 3], [24, 40, 88, 96]), ([1, 5, 2, 2], [64, 128, 256, 512])):
        ends = [*widths[1:], None]
        stages = [convnext.CNBlockConfig(w, e, d) for w, e, d in zip(widths, ends, depths)]
        yield Entry(
            f"convnext {depths} {widths}",
            f"{version}ConvNeXt([CNBlockConfig(C_i, C_(i+1) or None, n_i)]) with n = {depths}, C = {widths}",
            lambda stages=stages: convnext.ConvNeXt(stages),
            search=80,
        )
    for name in ("vit_b_16", "vit_b_32", "vit_l_16", "vit_l_32"):
        yield listed(name, sizes=({"X": 224, "N": 1}, {"X": 224, "N": 2}), search=0)
    yield listed("vit_h_14", sizes=({"X": 518, "N": 1},), search=0, image_size=518)
    yield made("vit_h_14 X=224", tv.models.vit_h_14, sizes=({"X": 224, "N": 1},), search=0)
    for X, p, L, heads, d, mlp in (
        (384, 16, 12, 12, 768, 3072),
        (225, 15, 3, 4, 64, 200),
        (224, 32, 5, 2, 96, 96),
        (64, 8, 1, 1, 8, 24),
    ):
        yield made(
            f"vit X={X} P={p} L={L} heads={heads} d={d} mlp={mlp}",
            vision_transformer.VisionTransformer,
            X,
            p,
            L,
            heads,
            d,
            mlp,
            sizes=({"X": X, "N": 1}, {"X": X, "N": 2}),
            search=0,
        )
    for size in "tsb":
        yield listed(f"swin_{size}", sizes=IMAGES if size == "t" else few)
    for dim, depths, heads, window in (
        (48, [2, 1, 3, 2], [2, 4, 8, 16], [7, 7]),
        (32, [1, 2, 2, 4], [1, 2, 4, 8], [5, 5]),
        (64, [2, 2, 2, 2], [2, 2, 4, 8], [4, 8]),
    ):
        kw = {"window_size": window, "stochastic_depth_prob": 0.1}
        name = f"swin C={dim} {depths} heads={heads} window={window}"
        yield made(name, swin_transformer.SwinTransformer, [4, 4], dim, depths, heads, **kw)
    yield listed("maxvit_t", sizes=({"X": 224, "N": 1}, {"X": 224, "N": 2}), search=0)
    for X in (448,):
        yield made(f"maxvit_t X={X}", tv.models.maxvit_t, input_size=(X, X), sizes=({"X": X, "N": 1},), search=0)
    dense: tuple[Size, ...] = ({"X": 520, "N": 1}, {"X": 224, "N": 1}, {"X": 225, "N": 1}, {"H": 224, "W": 160, "N": 2})
    for name in ("fcn_resnet50", "deeplabv3_resnet50", "fcn_resnet101", "deeplabv3_resnet101"):
        yield listed(name, sizes=dense, weights_backbone=None, aux_loss=True)
        if name.endswith("50"):
            kw = {"weights_backbone": None, "aux_loss": False}
            builder = tv.models.get_model_builder(name)
            yield made(f"{name} without auxiliary head", builder, sizes=dense[:3], **kw)
    films: tuple[Size, ...] = tuple({"T": T, "X": X, "N": N} for T, X, N in ((16, 112, 1), (9, 113, 1), (16, 112, 2)))
    for name in ("r3d_18", "mc3_18", "r2plus1d_18"):
        weights = next(iter(tv.models.get_model_weights(name)))
        figures = {"params": weights.meta["num_params"], "gmacs": weights.meta["_ops"], "weights": str(weights)}
        builder = tv.models.get_model_builder(name)
        yield Entry(name, f"{version}{name}()", builder, films, film, published=figures | {"T": 16, "X": 112})
    for norm in (tv.models.resnet.nn.BatchNorm2d, FrozenBatchNorm2d):
        kw = {"backbone_name": "resnet50", "weights": None, "norm_layer": norm, "trainable_layers": 5}
        yield made(f"resnet50_fpn {norm.__name__}", resnet_fpn_backbone, sizes=(*IMAGES, {"X": 800, "N": 1}), **kw)


def timm_entries() -> Iterator[Entry]:
    torchvision()
    import timm
    from timm.models import efficientnet, mlp_mixer, senet, vision_transformer

    version = f"timm {timm.__version__}: "

    def listed(name: str, sizes: tuple[Size, ...] = IMAGES, published: dict[str, Any] | None = None) -> Entry:
        fixed = len(sizes) == 2
        return Entry(
            name,
            f"{version}create_model('{name}')",
            lambda: timm.create_model(name),
            sizes,
            search=0 if fixed else 80,
            published=published,
        )

    def made(name: str, function: Any, sizes: tuple[Size, ...] = IMAGES, **kw: Any) -> Entry:
        search = 0 if len(sizes) == 2 else 80
        return Entry(name, version + spelled(function, (), kw), lambda: function(**kw), sizes, None, search)

    fixed: tuple[Size, ...] = ({"X": 224, "N": 1}, {"X": 224, "N": 2})
    se = "Hu et al., arXiv:1709.01507, Table 2 (multiply-adds, the squeezing and the scaling among them)"
    for depth, gmacs in ((50, 3.87), (101, 7.60), (152, 11.32)):
        yield listed(f"legacy_seresnet{depth}", published={"paper_gmacs": gmacs, "source": se})
    yield listed("legacy_seresnet18")
    for depth in (18, 50, 101):
        yield listed(f"seresnet{depth}")
    for layers, reduction in (([2, 5, 7, 2], 16), ([1, 1, 1, 1], 8)):
        kw = {"block": senet.SEResNetBottleneck, "layers": layers, "groups": 1, "reduction": reduction}
        yield made(f"legacy_seresnet {layers} reduction={reduction}", senet.SENet, **kw)
    paper = {"params": 22855952, "source": "Chollet, arXiv:1610.02357, Table 3"}
    yield listed("legacy_xception", (*IMAGES, {"X": 299, "N": 1}), paper)
    howard = "Howard et al., arXiv:1704.04861, Table 6; resolutions 192, 160, 128: 418, 290, 186 (Table 7)"
    rows = {1.0: (569, 4.2), 0.75: (325, 2.6), 0.5: (149, 1.3), 0.25: (41, 0.5)}
    for width, (macs, params) in rows.items():
        yield Entry(
            f"mobilenetv1 width={width}",
            f"{version}_gen_mobilenet_v1('mobilenetv1_100', channel_multiplier={width})",
            lambda width=width: efficientnet._gen_mobilenet_v1("mobilenetv1_100", channel_multiplier=width),
            (*IMAGES, {"X": 192, "N": 1}, {"X": 160, "N": 1}, {"X": 128, "N": 1}) if width == 1 else IMAGES,
            search=80,
            published={"paper_params_millions": params, "paper_mmacs": macs, "source": howard},
        )
    for size, params in (("tiny", 5), ("small", 22), ("base", 86)):
        paper = {"paper_params_millions": params, "source": "Touvron et al., arXiv:2012.12877, Table 1, rounded down"}
        yield listed(f"deit_{size}_patch16_224", fixed, paper)
    kw = {"img_size": 96, "patch_size": 8, "embed_dim": 60, "depth": 5, "num_heads": 3, "mlp_ratio": 3}
    sizes: tuple[Size, ...] = ({"X": 96, "N": 1}, {"X": 96, "N": 2})
    yield made("deit X=96 P=8 L=5 heads=3 d=60 mlp=180", vision_transformer.VisionTransformer, sizes, **kw)
    mixers = {"s32": 19, "s16": 18, "b32": 60, "b16": 59, "l32": 206, "l16": 207}
    for name, params in mixers.items():
        source = "Tolstikhin et al., arXiv:2105.01601, Table 1, without the classifier"
        yield listed(f"mixer_{name}_224", fixed, {"paper_params_millions": params, "source": source})
    kw = {"img_size": 96, "patch_size": 8, "num_blocks": 3, "embed_dim": 40, "mlp_ratio": (0.25, 3.0), "num_classes": 7}
    yield made("mixer X=96 P=8 L=3 C=40 tokens=10 channels=120", mlp_mixer.MlpMixer, sizes, **kw)


def ids(size: Size, name: str = "T") -> Any:
    import torch

    return torch.zeros(size["N"], size[name], dtype=torch.long, device="meta")


def transformers_entries() -> Iterator[Entry]:
    torchvision()
    import transformers
    from transformers import BertConfig, GPT2Config, LlamaConfig, MixtralConfig, T5Config

    version = f"transformers {transformers.__version__}: "

    def encoder(size: Size) -> dict[str, Any]:
        return {"input_ids": ids(size)}

    def decoder(size: Size) -> dict[str, Any]:
        # The mask is given, all ones, since its absence is found out by looking at values, which meta tensors lack.
        return {"input_ids": ids(size), "attention_mask": ids(size) + 1, "use_cache": False}

    def both(size: Size) -> dict[str, Any]:
        return {"input_ids": ids(size, "S"), "decoder_input_ids": ids(size), "use_cache": False}

    def made(name: str, kind: str, config: Any, lengths: tuple[int, ...], published: Any = None, **kw: Any) -> Entry:
        model = getattr(transformers, kind)
        settings = config(**kw, attn_implementation="eager")
        settings._experts_implementation = "batched_mm"  # every chosen expert on its tokens, no others, and no loop
        if kind.startswith("T5"):
            pairs = [(s, t) for s, t in zip(lengths, (*lengths[1:], 5))] + [(lengths[-1], lengths[-1])]
            sizes: tuple[Size, ...] = tuple({"S": s, "T": t, "N": n} for s, t in pairs for n in (1,))
            sizes = (*sizes, {"S": lengths[0], "T": lengths[-1], "N": 2})
        else:
            sizes = (*({"T": t, "N": 1} for t in lengths), {"T": lengths[-1], "N": 2})
        feed = encoder if kind.startswith("Bert") else both if kind.startswith("T5") else decoder
        words = ", ".join(f"{key}={value!r}" for key, value in kw.items())
        entry = Entry(name, f"{version}{kind}({config.__name__}({words}))", lambda: model(settings), sizes, feed)
        entry.published = published
        if kind.startswith("Mixtral"):
            # A token meets k of the E experts of each layer: the weights of E - k of them rest.
            experts = kw["num_hidden_layers"] * 3 * kw["hidden_size"] * kw["intermediate_size"]
            resting = experts * (kw["num_local_experts"] - kw.get("num_experts_per_tok", 2))
            entry.extra = {"resting_params": resting}
        return entry

    lengths = (1, 7, 128, 512)
    paper = "Devlin et al., arXiv:1810.04805, section 3: base 110M, large 340M"
    base = {"params": 109482240, "paper_params_millions": 110, "source": paper}
    yield made("bert-base-uncased", "BertModel", BertConfig, lengths, base)
    large = {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096}
    large_paper = {"paper_params_millions": 340, "source": paper}
    yield made("bert-large-uncased", "BertModel", BertConfig, lengths, large_paper, **large)
    yield made("bert-base-uncased masked LM", "BertForMaskedLM", BertConfig, lengths[:3])
    for vocabulary, d, L, heads, ff, P, types in ((997, 48, 3, 4, 100, 64, 3), (1200, 60, 1, 5, 60, 40, 2)):
        yield made(
            f"bert V={vocabulary} d={d} L={L} heads={heads} ff={ff} P={P} types={types}",
            "BertModel",
            BertConfig,
            (1, 7, 40),
            vocab_size=vocabulary,
            hidden_size=d,
            num_hidden_layers=L,
            num_attention_heads=heads,
            intermediate_size=ff,
            max_position_embeddings=P,
            type_vocab_size=types,
        )

    lengths = (1, 7, 128, 1024)
    for name, d, L, heads, params, millions in (
        ("gpt2", 768, 12, 12, 124439808, 124),
        ("gpt2-medium", 1024, 24, 16, 354823168, 355),
        ("gpt2-large", 1280, 36, 20, 774030080, 774),
        ("gpt2-xl", 1600, 48, 25, 1557611200, 1558),
    ):
        kw = {"n_embd": d, "n_layer": L, "n_head": heads}
        paper = {"params": params, "paper_params_millions": millions, "source": "the released models' names and cards"}
        yield made(name, "GPT2LMHeadModel", GPT2Config, lengths, paper, **kw)
    for vocabulary, d, L, heads, T, ff in ((1001, 60, 5, 6, 96, None), (777, 32, 2, 1, 50, 100)):
        yield made(
            f"gpt2 V={vocabulary} d={d} L={L} heads={heads} T={T} ff={ff or 4 * d}",
            "GPT2LMHeadModel",
            GPT2Config,
            (1, 7, 50),
            vocab_size=vocabulary,
            n_embd=d,
            n_layer=L,
            n_head=heads,
            n_positions=T,
            n_inner=ff,
        )

    def llama(name: str, V: int, d: int, L: int, h: int, kv: int, ff: int, lengths: Any, paper: Any = None, **kw: Any):
        return made(
            name,
            "LlamaForCausalLM",
            LlamaConfig,
            lengths,
            paper,
            vocab_size=V,
            hidden_size=d,
            num_hidden_layers=L,
            num_attention_heads=h,
            num_key_value_heads=kv,
            intermediate_size=ff,
            **kw,
        )

    lengths = (1, 7, 128, 1024, 4096)
    source = "the released model's card"
    paper = {"params": 6738415616, "source": source}
    yield llama("llama-2-7b", 32000, 4096, 32, 32, 32, 11008, lengths, paper)
    yield llama("llama-2-13b", 32000, 5120, 40, 40, 40, 13824, (1, 128), {"params": 13015864320, "source": source})
    yield llama("llama-2-70b", 32000, 8192, 80, 64, 8, 28672, (1, 128), {"params": 68976648192, "source": source})
    paper = {"params": 8030261248, "source": source}
    yield llama("llama-3-8b", 128256, 4096, 32, 32, 8, 14336, lengths, paper)
    yield llama("llama V=1000 d=96 L=3 h=6 kv=2 ff=250", 1000, 96, 3, 6, 2, 250, (1, 7, 50))
    yield llama("llama V=501 d=64 L=2 h=8 kv=1 ff=90 tied", 501, 64, 2, 8, 1, 90, (1, 7, 50), tie_word_embeddings=True)
    yield llama("llama V=300 d=48 L=1 h=4 kv=4 ff=48 head_dim=20", 300, 48, 1, 4, 4, 48, (1, 7, 50), head_dim=20)

    lengths = (1, 7, 128, 512)
    raffel = "Raffel et al., arXiv:1910.10683, section 3.7"
    paper = {"params": 60506624, "paper_params_millions": 60, "source": raffel}
    yield made("t5-small", "T5ForConditionalGeneration", T5Config, lengths, paper)
    base = {"d_model": 768, "d_ff": 3072, "num_layers": 12, "num_heads": 12}
    paper = {"params": 222903552, "paper_params_millions": 220, "source": raffel}
    yield made("t5-base", "T5ForConditionalGeneration", T5Config, (1, 128), paper, **base)
    kw = {"vocab_size": 500, "d_model": 48, "d_kv": 10, "d_ff": 90, "num_layers": 3, "num_decoder_layers": 2}
    kw |= {"num_heads": 4}
    yield made("t5 V=500 d=48 d_kv=10 ff=90 L=3,2 heads=4", "T5ForConditionalGeneration", T5Config, (1, 7, 50), **kw)
    kw |= {"feed_forward_proj": "gated-gelu", "relative_attention_num_buckets": 24}
    yield made(
        "t5 gated V=500 d=48 d_kv=10 ff=90 L=3,2 heads=4 buckets=24",
        "T5ForConditionalGeneration",
        T5Config,
        (1, 7, 50),
        **kw,
    )

    def mixtral(V: int, d: int, L: int, h: int, kv: int, ff: int, experts: int, top: int) -> dict[str, Any]:
        heads = {"num_attention_heads": h, "num_key_value_heads": kv, "num_local_experts": experts}
        shape = {"vocab_size": V, "hidden_size": d, "num_hidden_layers": L, "intermediate_size": ff}
        return shape | heads | {"num_experts_per_tok": top}

    source = "Jiang et al., arXiv:2401.04088, section 1: 47B, of which a token uses 13B"
    paper = {"params": 46702792704, "paper_params_billions": 47, "paper_active_billions": 13, "source": source}
    kw = mixtral(32000, 4096, 32, 32, 8, 14336, 8, 2)
    yield made("mixtral-8x7b", "MixtralForCausalLM", MixtralConfig, (1, 7, 128, 1024), paper, **kw)
    kw = mixtral(500, 64, 2, 8, 4, 90, 5, 2)
    yield made("mixtral V=500 d=64 L=2 h=8 kv=4 ff=90 E=5 k=2", "MixtralForCausalLM", MixtralConfig, (1, 7, 50), **kw)
    kw = mixtral(300, 40, 3, 5, 1, 64, 4, 3)
    yield made("mixtral V=300 d=40 L=3 h=5 kv=1 ff=64 E=4 k=3", "MixtralForCausalLM", MixtralConfig, (1, 7, 50), **kw)


# Models that no package holds, from their papers.


def conv(C: int, K: int, k: int, s: int = 1, p: int = 0, **kw: Any) -> list[Any]:
    from torch import nn

    return [nn.Conv2d(C, K, k, s, p, **kw), nn.ReLU()]


def lenet5() -> Any:
    """As usually built: every map of C3 sees all six of S2, plain average pools, a linear output."""
    from torch import nn

    features = [nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2)]
    head = [nn.Conv2d(16, 120, 5), nn.Tanh(), nn.Flatten(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10)]
    return nn.Sequential(*features, *head)


def lenet5_paper() -> Any:
    """As printed: C3 by the table of LeCun et al. 1998, S2 and S4 with a coefficient and a bias a map, fixed codes."""
    import torch
    from torch import nn

    class Subsample(nn.Module):
        def __init__(self, C: int) -> None:
            super().__init__()
            self.coefficient, self.bias = nn.Parameter(torch.ones(C, 1, 1)), nn.Parameter(torch.zeros(C, 1, 1))

        def forward(self, x: Any) -> Any:
            return nn.functional.avg_pool2d(x, 2) * 4 * self.coefficient + self.bias

    class C3(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            three = [[i, (i + 1) % 6, (i + 2) % 6] for i in range(6)]
            four = [[(i + j) % 6 for j in range(4)] for i in range(6)]
            apart = [[0, 1, 3, 4], [1, 2, 4, 5], [0, 2, 3, 5]]
            self.tables = [*three, *four, *apart, list(range(6))]
            self.maps = nn.ModuleList(nn.Conv2d(len(table), 1, 5) for table in self.tables)

        def forward(self, x: Any) -> Any:
            return torch.cat([convolve(x[:, table]) for convolve, table in zip(self.maps, self.tables)], 1)

    codes = nn.Linear(84, 10, bias=False)
    codes.weight.requires_grad_(False)
    features = [nn.Conv2d(1, 6, 5), Subsample(6), nn.Tanh(), C3(), Subsample(16), nn.Tanh()]
    head = [nn.Conv2d(16, 120, 5), nn.Tanh(), nn.Flatten(), nn.Linear(120, 84), nn.Tanh(), codes]
    return nn.Sequential(*features, *head)


def alexnet_paper() -> Any:
    from torch import nn

    pool = nn.MaxPool2d(3, 2)
    features = [*conv(3, 96, 11, 4), nn.LocalResponseNorm(5), pool]
    features += [*conv(96, 256, 5, 1, 2, groups=2), nn.LocalResponseNorm(5), pool, *conv(256, 384, 3, 1, 1)]
    features += [*conv(384, 384, 3, 1, 1, groups=2), *conv(384, 256, 3, 1, 1, groups=2), pool, nn.Flatten()]
    head = [nn.Linear(9216, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout()]
    return nn.Sequential(*features, *head, nn.Linear(4096, 1000))


def zfnet() -> Any:
    from torch import nn

    pool = nn.MaxPool2d(3, 2, ceil_mode=True)
    features = [*conv(3, 96, 7, 2, 1), pool, nn.LocalResponseNorm(5), *conv(96, 256, 5, 2), pool]
    features += [nn.LocalResponseNorm(5), *conv(256, 384, 3, 1, 1), *conv(384, 384, 3, 1, 1)]
    features += [*conv(384, 256, 3, 1, 1), nn.MaxPool2d(3, 2), nn.Flatten()]
    head = [nn.Linear(9216, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout()]
    return nn.Sequential(*features, *head, nn.Linear(4096, 1000))


def nin_cifar10(classes: int = 10) -> Any:
    from torch import nn

    layers = [*conv(3, 192, 5, 1, 2), *conv(192, 160, 1), *conv(160, 96, 1)]
    layers += [nn.MaxPool2d(3, 2, ceil_mode=True), nn.Dropout()]
    layers += [*conv(96, 192, 5, 1, 2), *conv(192, 192, 1), *conv(192, 192, 1)]
    layers += [nn.AvgPool2d(3, 2, ceil_mode=True), nn.Dropout()]
    layers += [*conv(192, 192, 3, 1, 1), *conv(192, 192, 1), *conv(192, classes, 1), nn.AdaptiveAvgPool2d(1)]
    return nn.Sequential(*layers, nn.Flatten())


def nin_imagenet() -> Any:
    from torch import nn

    pool = nn.MaxPool2d(3, 2, ceil_mode=True)
    layers = [*conv(3, 96, 11, 4), *conv(96, 96, 1), *conv(96, 96, 1), pool]
    layers += [*conv(96, 256, 5, 1, 2), *conv(256, 256, 1), *conv(256, 256, 1), pool]
    layers += [*conv(256, 384, 3, 1, 1), *conv(384, 384, 1), *conv(384, 384, 1), pool, nn.Dropout()]
    layers += [*conv(384, 1024, 3, 1, 1), *conv(1024, 1024, 1), *conv(1024, 1000, 1), nn.AdaptiveAvgPool2d(1)]
    return nn.Sequential(*layers, nn.Flatten())


def unet(channels: int = 1, classes: int = 2, width: int = 64, depth: int = 4, padded: bool = False) -> Any:
    """Figure 1 of Ronneberger et al.: pairs of 3x3 convolutions, 2x2 pools, 2x2 up-convolutions, crop and concat."""
    import torch
    from torch import nn

    def pair(C: int, K: int) -> Any:
        return nn.Sequential(*conv(C, K, 3, 1, int(padded)), *conv(K, K, 3, 1, int(padded)))

    class UNet(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            widths = [width * 2**i for i in range(depth + 1)]
            self.down = nn.ModuleList(pair(C, K) for C, K in zip([channels, *widths], widths))
            self.pool = nn.MaxPool2d(2)
            self.up = nn.ModuleList(nn.ConvTranspose2d(2 * K, K, 2, 2) for K in reversed(widths[:-1]))
            self.join = nn.ModuleList(pair(2 * K, K) for K in reversed(widths[:-1]))
            self.last = nn.Conv2d(width, classes, 1)

        def forward(self, x: Any) -> Any:
            kept = []
            for level, block in enumerate(self.down):
                x = block(x if level == 0 else self.pool(x))
                kept.append(x)
            for up, join, skip in zip(self.up, self.join, reversed(kept[:-1])):
                x = up(x)
                top, left = ((a - b) // 2 for a, b in zip(skip.shape[2:], x.shape[2:]))
                if not padded:
                    if (skip.shape[2] - x.shape[2]) % 2 or (skip.shape[3] - x.shape[3]) % 2:
                        raise ValueError("no crop to the middle")
                    skip = skip[:, :, top : top + x.shape[2], left : left + x.shape[3]]
                x = join(torch.cat([skip, x], 1))
            return self.last(x)

    return UNet()


def dcgan_generator(z: int = 100, width: int = 64, channels: int = 3) -> Any:
    from torch import nn

    def up(C: int, K: int, s: int = 2, p: int = 1) -> list[Any]:
        return [nn.ConvTranspose2d(C, K, 4, s, p, bias=False), nn.BatchNorm2d(K), nn.ReLU()]

    layers = [*up(z, 8 * width, 1, 0), *up(8 * width, 4 * width), *up(4 * width, 2 * width), *up(2 * width, width)]
    return nn.Sequential(*layers, nn.ConvTranspose2d(width, channels, 4, 2, 1, bias=False), nn.Tanh())


def dcgan_discriminator(width: int = 64, channels: int = 3) -> Any:
    from torch import nn

    def down(C: int, K: int) -> list[Any]:
        return [nn.Conv2d(C, K, 4, 2, 1, bias=False), nn.BatchNorm2d(K), nn.LeakyReLU(0.2)]

    layers = [nn.Conv2d(channels, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
    layers += [*down(width, 2 * width), *down(2 * width, 4 * width), *down(4 * width, 8 * width)]
    return nn.Sequential(*layers, nn.Conv2d(8 * width, 1, 4, 1, 0, bias=False), nn.Sigmoid())


def dcgan_generator_paper() -> Any:
    """Figure 1 of Radford et al.: project and reshape, then four 5x5 up-convolutions, all but the last normed."""
    from torch import nn

    def up(C: int, K: int) -> Any:
        return nn.ConvTranspose2d(C, K, 5, 2, 2, 1, bias=False)

    layers = [nn.Linear(100, 1024 * 16, bias=False), nn.Unflatten(1, (1024, 4, 4)), nn.BatchNorm2d(1024), nn.ReLU()]
    for C in (1024, 512, 256):
        layers += [up(C, C // 2), nn.BatchNorm2d(C // 2), nn.ReLU()]
    return nn.Sequential(*layers, up(128, 3), nn.Tanh())


def crnn(hidden: int = 256, classes: int = 37, padded: bool = False, joined: bool = True) -> Any:
    """Table 1 of Shi et al.; its 1x2 pools halve the height alone, here without and with one column of padding.

    joined: the first LSTM's two directions are mapped to `hidden` features, as in the authors' code, whose 8.3M
    parameters the paper prints; else the second LSTM takes both.
    """
    from torch import nn

    class CRNN(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            wide = nn.MaxPool2d((2, 2), (2, 1), (0, 1)) if padded else nn.MaxPool2d((2, 1))
            layers = [*conv(1, 64, 3, 1, 1), nn.MaxPool2d(2), *conv(64, 128, 3, 1, 1), nn.MaxPool2d(2)]
            layers += [*conv(128, 256, 3, 1, 1), *conv(256, 256, 3, 1, 1), wide]
            for C in (256, 512):
                layers += [nn.Conv2d(C, 512, 3, 1, 1), nn.BatchNorm2d(512), nn.ReLU()]
            self.features = nn.Sequential(*layers, wide, *conv(512, 512, 2))
            self.first = nn.LSTM(512, hidden, bidirectional=True)
            self.join = nn.Linear(2 * hidden, hidden) if joined else nn.Identity()
            self.second = nn.LSTM(hidden if joined else 2 * hidden, hidden, bidirectional=True)
            self.last = nn.Linear(2 * hidden, classes)

        def forward(self, x: Any) -> Any:
            x = self.features(x).squeeze(2).permute(2, 0, 1)
            return self.last(self.second(self.join(self.first(x)[0]))[0])

    return CRNN()


def lstm_language_model(vocabulary: int, d: int, layers: int = 2, tied: bool = False) -> Any:
    from torch import nn

    class LanguageModel(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(vocabulary, d)
            self.lstm = nn.LSTM(d, d, layers)
            self.last = nn.Linear(d, vocabulary)
            if tied:
                self.last.weight = self.embedding.weight

        def forward(self, words: Any) -> Any:
            return self.last(self.lstm(self.embedding(words.T))[0])

    return LanguageModel()


def transformer(V: int, d: int, heads: int, encoder: int, decoder: int, ff: int) -> Any:
    """torch.nn.Transformer between one matrix of embeddings, which both inputs and the output share."""
    from torch import nn

    class Translator(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(V, d)
            self.transformer = nn.Transformer(d, heads, encoder, decoder, ff, batch_first=True)
            self.last = nn.Linear(d, V, bias=False)
            self.last.weight = self.embedding.weight

        def forward(self, source: Any, target: Any) -> Any:
            return self.last(self.transformer(self.embedding(source), self.embedding(target)))

    return Translator()


def papers_entries() -> Iterator[Entry]:
    import torch

    here = f"torch {torch.__version__.split('+')[0]}, measure.py: "

    def made(name: str, paper: str, function: Any, *args: Any, sizes: Any, inputs: Any = None, **kw: Any) -> Entry:
        source = f"{here}{spelled(function, args, kw)}; {paper}"
        return Entry(name, source, lambda: function(*args, **kw), sizes, inputs)

    def gray(size: Size) -> dict[str, Any]:
        return {"0": image(size, 1)}

    def noise(size: Size) -> dict[str, Any]:
        return {"0": torch.empty(size["N"], 100, 1, 1, device="meta")}

    def vector(size: Size) -> dict[str, Any]:
        return {"0": torch.empty(size["N"], 100, device="meta")}

    def words(size: Size) -> dict[str, Any]:
        return {"0": ids(size)}

    def sentences(size: Size) -> dict[str, Any]:
        return {"0": ids(size, "S"), "1": ids(size, "T")}

    def at_sizes(*values: int) -> tuple[Size, ...]:
        return (*({"X": X, "N": 1} for X in values), {"X": values[0], "N": 2})

    lecun = "LeCun et al. 1998, Proc. IEEE 86(11), section II.B"
    yield made("lenet5", f"{lecun}, as usually built", lenet5, sizes=at_sizes(32, 33, 35), inputs=gray)
    entry = made("lenet5 as printed", lecun, lenet5_paper, sizes=at_sizes(32), inputs=gray)
    connections = "trainable parameters by layer 156, 12, 1516, 32, 48120, 10164; 340908 connections"
    entry.published = {"params": 60000, "source": f"{lecun}: {connections}"}
    yield entry
    krizhevsky = "Krizhevsky et al. 2012, section 3.5 (two halves as groups=2), at 227"
    entry = made("alexnet as printed", krizhevsky, alexnet_paper, sizes=at_sizes(227, 230, 233))
    entry.published = {"paper_params_millions": 60, "source": "Krizhevsky et al. 2012, abstract"}
    yield entry
    maps = "its map sizes 110, 55, 26, 13, 13, 6"
    zeiler = f"Zeiler and Fergus, arXiv:1311.2901, Figure 3 (padding and ceil pooling follow from {maps})"
    yield made("zfnet", zeiler, zfnet, sizes=at_sizes(224, 225, 226))
    lin = "Lin et al., arXiv:1312.4400; the sizes are those of the authors' released definition"
    images = (*at_sizes(32, 33, 35), {"H": 32, "W": 48, "N": 1})
    yield made("nin cifar10", lin, nin_cifar10, sizes=images)
    yield made("nin imagenet", lin, nin_imagenet, sizes=(*at_sizes(224, 225, 227), {"H": 224, "W": 160, "N": 1}))
    for kw, sizes, limit in (
        ({}, at_sizes(572, 188, 204), 300),
        ({"channels": 3, "classes": 5, "width": 12, "depth": 2}, at_sizes(72, 44), 100),
        ({"padded": True}, at_sizes(512, 16, 48), 100),
        ({"channels": 3, "classes": 1, "padded": True}, at_sizes(256), 0),
        ({"width": 10, "depth": 3, "padded": True}, at_sizes(64, 8), 60),
    ):
        channels = kw.get("channels", 1)

        def feed(size: Size, channels: int = channels) -> dict[str, Any]:
            return {"0": image(size, channels)}

        shape = {"H": sizes[0]["X"], "W": sizes[1]["X"], "N": 1}
        name = " ".join(["unet", *(f"{key}={value}" for key, value in kw.items())])
        paper = "Ronneberger et al., arXiv:1505.04597, Figure 1"
        entry = made(name, paper, unet, sizes=(*sizes, shape), inputs=feed, **kw)
        if limit:
            model = on_meta(lambda kw=kw: unet(**kw))
            legal = [X for X in range(1, limit + 1) if runs(model, feed({"X": X, "N": 1}))]
            entry.extra = {"legal_to": limit, "legal": legal}
        yield entry
    radford = "Radford et al., arXiv:1511.06434, with the 4x4 kernels of PyTorch's example"
    yield made("dcgan generator", radford, dcgan_generator, sizes=({"N": 1}, {"N": 2}), inputs=noise)
    kw = {"z": 100, "width": 10, "channels": 1}
    yield made("dcgan generator width=10", radford, dcgan_generator, sizes=({"N": 1}, {"N": 2}), inputs=noise, **kw)
    yield made("dcgan discriminator", radford, dcgan_discriminator, sizes=at_sizes(64, 80))
    radford = "Radford et al., arXiv:1511.06434, Figure 1"
    yield made("dcgan generator as printed", radford, dcgan_generator_paper, sizes=({"N": 1}, {"N": 2}), inputs=vector)
    shi = "Shi et al., arXiv:1507.05717, Table 1"
    lines: tuple[Size, ...] = tuple({"H": 32, "W": W, "N": N} for W, N in ((100, 1), (160, 1), (101, 1), (100, 2)))
    for kw in ({}, {"padded": True}, {"joined": False}, {"hidden": 96, "classes": 11}):
        name = " ".join(["crnn", *(f"{key}={value}" for key, value in kw.items())])
        entry = made(name, shi, crnn, sizes=lines, inputs=gray, **kw)
        if not kw or "padded" in kw:
            entry.published = {"paper_params_millions": 8.3, "source": "Shi et al., arXiv:1507.05717, section 3.3"}
        yield entry
    zaremba = "Zaremba et al., arXiv:1409.2329, section 4.1"
    millions = {"medium": 20, "large": 66}
    steps: tuple[Size, ...] = ({"T": 1, "N": 1}, {"T": 7, "N": 1}, {"T": 35, "N": 1}, {"T": 35, "N": 20})
    for name, d in (("medium", 650), ("large", 1500)):
        entry = made(f"lstm language model {name}", zaremba, lstm_language_model, 10000, d, sizes=steps, inputs=words)
        source = "Merity et al., arXiv:1609.07843, Table 3"
        entry.published = {"paper_params_millions": millions[name], "source": source}
        # torch's LSTM has two biases a gate, the paper's has one.
        entry.extra = {"params_with_one_bias": 2 * 10000 * d + 10000 + 2 * (8 * d * d + 4 * d)}
        yield entry
    yield made(
        "lstm language model V=501 d=48 layers=3 tied",
        "as above, with tied embeddings (Press and Wolf, arXiv:1608.05859)",
        lstm_language_model,
        501,
        48,
        3,
        True,
        sizes=steps,
        inputs=words,
    )
    vaswani = "Vaswani et al., arXiv:1706.03762, Table 3; torch adds a norm after each stack"
    pairs: tuple[Size, ...] = tuple(
        {"S": S, "T": T, "N": N} for S, T, N in ((1, 1, 1), (7, 5, 1), (128, 128, 1), (100, 37, 2))
    )
    for name, million, args in (
        ("transformer base", 65, (37000, 512, 8, 6, 6, 2048)),
        ("transformer big", 213, (37000, 1024, 16, 6, 6, 4096)),
        ("transformer V=600 d=48 heads=4 2+3 ff=100", None, (600, 48, 4, 2, 3, 100)),
    ):
        entry = made(name, vaswani, transformer, *args, sizes=pairs, inputs=sentences)
        if million:
            # No one vocabulary gives both printed figures: 65 needs some 40700 words, 213 some 35800.
            source = "Vaswani et al., arXiv:1706.03762, Table 3; the vocabulary is said to be about 37000 (section 5.1)"
            entry.published = {"paper_params_millions": million, "source": source}
        yield entry


TABLES: dict[str, tuple[str, Callable[[], Iterator[Entry]]]] = {
    "torchvision": ("torchvision_more.json", torchvision_entries),
    "timm": ("timm.json", timm_entries),
    "transformers": ("transformers.json", transformers_entries),
    "papers": ("papers.json", papers_entries),
}


def written(figures: dict[str, Any]) -> str:
    """JSON with one line for each size: short, and its changes can be read."""

    def line(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    entries = []
    for name, entry in figures.items():
        if isinstance(entry, str):
            entries.append(f"{line(name)}:{line(entry)}")
            continue
        head = ",\n ".join(f"{line(key)}:{line(value)}" for key, value in entry.items() if key != "at")
        sizes = ",\n  ".join(f"{line(key)}:{line(value)}" for key, value in entry["at"].items())
        entries.append(f'{line(name)}:{{\n {head},\n "at":{{\n  {sizes}}}}}')
    return "{\n" + ",\n".join(entries) + "\n}\n"


def main(table: str, names: list[str]) -> None:
    file, entries = TABLES[table]
    figures: dict[str, Any] = {}
    if not names:
        keys = " ".join((__doc__ or "").split("What is counted, and how:")[1].split())
        torch = metadata.version("torch").split("+")[0]
        figures |= {"_source": f"made by: python tests/truth/measure.py {table}, torch {torch}", "_keys": keys}
    for entry in entries():
        if not names or entry.name in names:
            figures[entry.name] = measure(entry, by_leaf=bool(names))
            if not names:
                print(entry.name, file=sys.stderr)
    if names:
        print(json.dumps(figures, indent=1, ensure_ascii=False))
    else:
        Path(__file__).with_name(file).write_text(written(figures), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in TABLES:
        sys.exit(f"usage: measure.py {'|'.join(TABLES)} [NAME ...]")
    main(sys.argv[1], sys.argv[2:])
