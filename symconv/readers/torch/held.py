"""Held: what is known of a torch tensor while a module is traced: its symbolic shape, its node, weights and values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from symconv.extent import Extent, Size, symbols_of
from symconv.readers.torch.shadow import Ratio, Shadow
from symconv.symbols import Symbol


@dataclass(frozen=True)
class Kept:
    """A parameter or buffer of the module by its first name, and whether it is trainable, frozen or a buffer."""

    name: str
    shape: tuple[int, ...]
    kind: str


@dataclass(eq=False)
class Held:
    """A tensor: of a node of the network, a weight of the module, or made from neither."""

    shape: tuple[Size, ...]
    dtype: str = "float32"
    #: The node that made it; empty of what depends on no input.
    node: str = ""
    #: The parameter or buffer that it is.
    kept: Kept | None = None
    #: Its values in this run on the CPU, of a small tensor that is no activation.
    twin: Any = None
    #: Its elements as numbers that carry sizes, of a tensor that was made from some.
    cells: Any = None
    #: The symbols on which its values depend.
    of: frozenset[Symbol] = frozenset()
    #: Whether all elements are equal, however many there are.
    alike: bool = False
    #: Whether its values come from those of an input.
    given: bool = False
    #: Whether its elements are sure to follow each other at all sizes.
    ordered: bool = False
    #: What it is a view of.
    root: Held | None = field(default=None, repr=False)

    @property
    def constant(self) -> bool:
        """Whether it depends on no input of the module."""
        return not self.node

    @property
    def new(self) -> bool:
        """Whether it depends on no input and is no weight."""
        return not self.node and self.kept is None

    @property
    def whole(self) -> bool:
        """Whether it is of whole numbers or truth values."""
        return not self.dtype.startswith(("float", "bfloat"))


_NAME, _VALUES = "_symconv_held", "_symconv_values"


def held_by(tensor: Any) -> Held | None:
    """What is known of a tensor."""
    found: Held | None = getattr(tensor, _NAME, None)
    return found


def hold(tensor: Any, held: Held) -> None:
    """Let a tensor be known."""
    setattr(tensor, _NAME, held)


def know(tensor: Any, values: Any) -> None:
    """Let the values of a tensor without storage be known, in every run."""
    setattr(tensor, _VALUES, values)


def values_of(tensor: Any) -> Any:
    """The values of a tensor where it has none itself; None where they are not known."""
    return getattr(tensor, _VALUES, None)


def release(tensor: Any) -> None:
    """Let nothing be known of a tensor any more."""
    if hasattr(tensor, _NAME):
        delattr(tensor, _NAME)


def dtype_name(dtype: Any) -> str:
    """`float32` of torch.float32."""
    return str(dtype).removeprefix("torch.")


def symbols_in(sizes: Any) -> frozenset[Symbol]:
    """The symbols of all sizes."""
    return frozenset(s for x in sizes if isinstance(x, Extent) for s in symbols_of(x))


def leaves(x: Any) -> list[Any]:
    """What is in lists, tuples and dictionaries, in order."""
    if isinstance(x, list | tuple):
        return [leaf for v in x for leaf in (leaves(v) if isinstance(v, list | tuple | dict) else (v,))]
    if isinstance(x, dict):
        return leaves(list(x.values()))
    return [x]


def carries(x: Any) -> bool:
    """Whether a number, or one in a list, carries a size."""
    if isinstance(x, list | tuple):
        return any(map(carries, x))
    return isinstance(x, Shadow | Ratio)
