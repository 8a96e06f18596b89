"""Modules by name: a factory of one's own, or one of a package that is installed; built without weights.

    torch:package.module:factory     runs that code: only what is named so is imported
    torchvision:resnet50             torchvision.models.get_model, without weights
    timm:convnext_tiny               timm.create_model, without weights
    transformers:bert-base-uncased   the configuration of that name, as far as it is the default of its kind

Behind a factory's name may stand the path of a part: torchvision:fasterrcnn_resnet50_fpn.backbone.
"""

from __future__ import annotations

import importlib
import inspect
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any, Final

import torch

from symconv.errors import CallError, ModelError, SymconvError, near, one_line
from symconv.readers.torch.building import built

#: Tokens of an example, of an encoder and of a decoder beside it; samples of a wave, and frames of a spectrogram.
TOKENS: Final = 128
ANSWER: Final = 32
#: Tokens of a state-space model, whose Python runs step by step.
STEPS: Final = 8
WAVE: Final = 16_000
FRAMES: Final = 3_000


@dataclass
class Named:
    """A module in eval mode, and a call of it."""

    module: Any
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    dims: dict[str, Any] = field(default_factory=dict)
    name: str = ""
    said: str = ""


def named(text: str, inputs: Sequence[str] = ()) -> Named:
    """The module that a name stands for; `inputs` are shapes of its inputs, x=1,3,224,224 or ids=1,128:int64.

    Raises CallError for a name that stands for nothing, and inputs that are no shapes; ModelError where the package is
    not installed, or the code that is named fails.
    """
    maker, _, name = text.partition(":")
    if not name:
        raise CallError(f"{text}: a name is wanted behind {maker}:, such as {_EXAMPLES[maker]}")
    make = {"torch": _own, "torchvision": _torchvision, "timm": _timm, "transformers": _transformers}[maker]
    try:
        if maker != "torch" and find_spec("torchvision") is not None:
            torchvision()
        made = make(name)
    except SymconvError:
        raise
    except Exception as error:
        raise ModelError(f"{text} cannot be built: {type(error).__name__}: {one_line(error)}") from error
    made.name = made.name or name
    made.module.eval()
    given = dict(_input(one) for one in inputs)
    if given:
        made.args, made.kwargs = (), given
    elif not made.args and not made.kwargs:
        made.args = guessed(made.module, text)
    return made


_EXAMPLES: Final = {
    "torch": "torch:my_package.models:make", "torchvision": "torchvision:resnet50", "timm": "timm:convnext_tiny",
    "transformers": "transformers:bert",
}  # fmt: skip

_SHAPE: Final = re.compile(r"(\d{1,9}(?:[,x]\d{1,9})*)(?::([a-z0-9]+))?")


def _input(text: str) -> tuple[str, Any]:
    name, sign, shape = (part.strip() for part in text.partition("="))
    found = _SHAPE.fullmatch(shape)
    if not name or not sign or found is None:
        raise CallError(f"--input {text}: a name and a shape are wanted, such as x=1,3,224,224 or ids=1,128:int64")
    dtype, sizes = getattr(torch, found[2] or "float32", None), [int(n) for n in re.split("[,x]", found[1])]
    if not isinstance(dtype, torch.dtype):
        raise CallError(f"--input {text}: {found[2]} is no type of torch, such as float32, int64, bool")
    try:
        return name, torch.zeros((), dtype=dtype).expand(sizes)
    except RuntimeError as error:
        raise CallError(f"--input {text}: torch makes no such tensor: {one_line(error)}") from None


def guessed(module: Any, text: str) -> tuple[Any, ...]:
    """An example for a forward of one tensor, by what its first layer reads.

    Raises CallError where that does not say it.
    """
    wanted = [
        p for p in inspect.signature(module.forward).parameters.values()
        if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]  # fmt: skip
    names = ", ".join(p.name for p in wanted)
    first = next((m for m in module.modules() if isinstance(m, _READS)), None)
    if len(wanted) != 1 or first is None:
        one = wanted[0].name if wanted else "x"
        raise CallError(f"{text} takes {names or 'no tensor'}: say their shapes, --input {one}=1,3,224,224")
    if isinstance(first, torch.nn.Embedding):
        return (torch.ones((1, TOKENS), dtype=torch.int64),)
    if isinstance(first, torch.nn.Linear):
        return (torch.empty((1, first.in_features), device="meta"),)
    side = {1: (1024,), 2: (224, 224), 3: (16, 112, 112)}[len(first.kernel_size)]
    return (torch.empty((1, first.in_channels, *side), device="meta"),)


_READS: Final = (torch.nn.Conv1d, torch.nn.Conv2d, torch.nn.Conv3d, torch.nn.Linear, torch.nn.Embedding)


def _package(name: str) -> Any:
    """A package that is installed.

    Raises ModelError where it is not, or fails while it is imported.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        if missing in (name, name.partition(".")[0]):
            raise ModelError(f"{name} is not installed: pip install {name.partition('.')[0]}") from None
        raise ModelError(f"{name} cannot be imported: {error}") from None
    except Exception as error:
        raise ModelError(f"{name} cannot be imported: {type(error).__name__}: {error}") from error


def _part(module: Any, path: str, text: str) -> Any:
    try:
        return module.get_submodule(path) if path else module
    except AttributeError as error:
        raise CallError(f"{text}: {error}") from None


# -- one's own ---------------------------------------------------------------------------------------------------------


def _own(text: str) -> Named:
    """A factory that makes a module, or a module and its inputs; with `example_inputs` where the module has some."""
    place, _, path = text.partition(":")
    if not place or not path:
        raise CallError(f"torch:{text}: torch:package.module:factory is wanted")
    here = os.getcwd()
    sys.path.insert(0, here)
    try:
        found = _package(place)
        for part in path.split("."):
            if not hasattr(found, part):
                raise CallError(f"{place} has no {part}. {near(part, [n for n in dir(found) if n[0] != '_'])}".rstrip())
            found = getattr(found, part)
    finally:
        if here in sys.path:
            sys.path.remove(here)
    if isinstance(found, torch.nn.Module):
        return _with_inputs(found, path)
    if not callable(found):
        raise CallError(
            f"torch:{text}: {path} is {type(found).__name__}, and a factory or a class of modules is wanted"
        )
    needs = _required(found)
    if needs:
        raise CallError(f"torch:{text}: {path} takes {', '.join(needs)}: a factory without arguments is wanted")
    try:
        made = built(found)
    except Exception as error:
        raise ModelError(f"torch:{text}: {path} fails: {type(error).__name__}: {error}") from error
    return _with_inputs(made, path)


def _required(found: Any) -> list[str]:
    try:
        parameters = inspect.signature(found).parameters.values()
    except (TypeError, ValueError):
        return []
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p.name for p in parameters if p.default is p.empty and p.kind not in kinds]


def _with_inputs(made: Any, path: str) -> Named:
    module, *rest = made if isinstance(made, tuple) and made else (made,)
    if not isinstance(module, torch.nn.Module):
        raise ModelError(f"{path} makes {type(module).__name__}, and no torch module")
    inputs = rest[0] if rest else getattr(module, "example_inputs", ())
    kwargs = rest[1] if len(rest) > 1 else {}
    if callable(inputs):
        inputs = inputs()
    if isinstance(inputs, Mapping):
        return Named(module, (), dict(inputs), name=path)
    return Named(module, (inputs,) if isinstance(inputs, torch.Tensor) else tuple(inputs), dict(kwargs), name=path)


# -- packages ----------------------------------------------------------------------------------------------------------


def torchvision() -> Any:
    """The torchvision package, also beside a torch for which its operators were not built.

    Raises ModelError where it is not installed.
    """
    try:
        return _package("torchvision")
    except ModelError as error:
        if "torchvision::nms" not in str(error):
            raise
    for name in [n for n in sys.modules if n.partition(".")[0] == "torchvision"]:
        del sys.modules[name]
    for operator in ("nms", "qnms"):
        _LIBRARY.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return _package("torchvision")


_LIBRARY: Final = torch.library.Library("torchvision", "FRAGMENT")


def _torchvision(text: str) -> Named:
    models = torchvision().models
    name, _, path = text.partition(".")
    known = models.list_models()
    if name not in known:
        raise CallError(f"torchvision has no model {name}. {near(name, known)}".rstrip())
    takes = inspect.signature(models.get_model_builder(name)).parameters
    settings = {key: None for key in ("weights", "weights_backbone") if key in takes}
    if "init_weights" in takes or name in ("googlenet", "inception_v3"):
        settings["init_weights"] = False  # type: ignore[assignment]
    whole = built(lambda: models.get_model(name, **settings))
    video = name in models.list_models(module=models.video)
    module = _part(whole, path, f"torchvision:{text}")
    side = 299 if name.startswith("inception") else 224
    size = (3, 16, *((224, 224) if "mvit" in name or "swin3d" in name else (112, 112))) if video else (3, side, side)
    if "raft" in name and not path:
        image = torch.empty((1, 3, 224, 224), device="meta")
        return Named(module, (image, image.clone()), name=text)
    return Named(module, (torch.empty((1, *size), device="meta"),) if not path or "backbone" in path else (), name=text)


def _timm(text: str) -> Named:
    timm = _package("timm")
    known = timm.list_models()
    if not timm.is_model(text.partition(".")[0]):
        raise CallError(f"timm has no model {text}. {near(text.partition('.')[0], known)}".rstrip())
    module = built(lambda: timm.create_model(text, pretrained=False))
    size = (getattr(module, "default_cfg", None) or {}).get("input_size") or (3, 224, 224)
    return Named(module, (torch.empty((1, *size), device="meta"),), name=text)


def _transformers(text: str) -> Named:
    package = _package("transformers")
    name, _, path = text.partition(".") if "." in text and text.partition(".")[0] in _kinds(package) else (text, "", "")
    config = _config(package, name)
    module = _part(built(lambda: package.AutoModel.from_config(config)), path, f"transformers:{text}")
    kwargs, dims = _inputs(module, config)
    return Named(module, (), kwargs, dims, name=text, said=f"{type(config).__name__}, its defaults")


def _kinds(package: Any) -> list[str]:
    return sorted(package.models.auto.configuration_auto.CONFIG_MAPPING_NAMES)


def _config(package: Any, name: str) -> Any:
    """The default configuration of a kind, or of the checkpoint whose configuration is the default of its kind.

    Raises CallError for a name that would have to be downloaded.
    """
    kinds = _kinds(package)
    plainly = name.rpartition("/")[2]
    kind = (
        name if name in kinds else next((k for k in sorted(kinds, key=len, reverse=True) if plainly.startswith(k)), "")
    )
    if not kind:
        raise CallError(f"transformers has no configuration {name} of its own. {near(name, kinds)}".rstrip())
    try:
        config = package.AutoConfig.for_model(kind)
    except Exception as error:
        raise ModelError(f"transformers:{name}: {type(error).__name__}: {error}") from error
    said = inspect.getdoc(type(config)) or ""
    source = inspect.getsource(inspect.getmodule(type(config)) or type(config))
    if name != kind and plainly.lower() not in f"{said} {source}".lower():
        raise CallError(
            f"transformers:{name} would have to be downloaded; transformers:{kind} is the default configuration"
        )
    return config


def _inputs(module: Any, config: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """An example for what the model reads first, for a text beside an image, and for a decoder; the names of axes."""
    takes = inspect.signature(module.forward).parameters
    main = getattr(module, "main_input_name", "input_ids")
    text, vision = (getattr(config, key, None) for key in ("text_config", "vision_config"))
    sensed = _image(vision or config) if main.startswith("pixel_values") else _sound(main, config)
    kwargs: dict[str, Any] = {}
    dims: dict[str, Any] = {}
    if sensed is not None:
        kwargs[main] = torch.empty((1, *sensed[0]), device="meta")
        if sensed[1]:
            dims[main] = sensed[1]
    if "input_ids" in takes and vision is not None and text is not None and "pixel_values" in takes:
        kwargs["input_ids"] = _ids(config, text)
        kwargs.setdefault("pixel_values", torch.empty((1, *_image(vision)[0]), device="meta"))
    elif main == "input_ids" or ("input_ids" in takes and not vision and main not in _SOUNDS):
        kwargs["input_ids"] = _ids(config)
    if "decoder_input_ids" in takes and getattr(config, "is_encoder_decoder", False):
        kwargs["decoder_input_ids"] = torch.ones((1, ANSWER), dtype=torch.int64)
        dims["decoder_input_ids"] = ("N", "T_dec")
    return kwargs, dims


#: What models of sound call a wave and a spectrogram.
_SOUNDS: Final = ("input_values", "input_features")


def _ids(*configs: Any) -> Any:
    """As many tokens as all of these configurations have places for."""
    steps = any(hasattr(configs[0], key) for key in ("state_size", "ssm_state_size", "time_step_rank"))
    places = filter(None, (getattr(config, "max_position_embeddings", None) for config in configs))
    return torch.ones((1, min([STEPS if steps else TOKENS, *places])), dtype=torch.int64)


def _image(config: Any) -> tuple[tuple[int, ...], tuple[Any, ...]]:
    """The shape of an image or a video without its batch, and the names of the axes of a video."""
    side = getattr(config, "image_size", 224) or 224
    sides = tuple(side) if isinstance(side, list | tuple) else (side, side)
    channels = getattr(config, "num_channels", 3)
    if hasattr(config, "num_frames"):
        return (config.num_frames, channels, *sides), ("N", None, None, "H", "W")
    return (channels, *sides), ()


def _sound(main: str, config: Any) -> tuple[tuple[int, ...], tuple[Any, ...]] | None:
    """The shape of a wave or a spectrogram without its batch, and the names of its axes."""
    if main == "input_values" and hasattr(config, "num_mel_bins") and hasattr(config, "max_length"):
        return (config.max_length, config.num_mel_bins), ()
    if main == "input_values":
        return (WAVE,), ("N", "T")
    if main != "input_features":
        return None
    known = (getattr(config, key, None) for key in ("num_mel_bins", "feature_size", "input_feat_per_channel"))
    bins = next(filter(None, known), 80)
    if "conv_channels" in vars(config) or getattr(config, "model_type", "") == "speech_to_text":
        return (FRAMES, bins), ("N", "T", None)
    return (bins, FRAMES), ("N", None, "T")
