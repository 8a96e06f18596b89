"""Tracer: one run of a module on meta tensors, each operator of which becomes layers of a network.

An operator is not decomposed: it runs on plain meta tensors, and one rule says which layers it is. Its symbolic shape
is checked against the one that torch makes.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

from symconv.condition import Condition, at_least
from symconv.domain import Domain, asking
from symconv.errors import ModelError, SymconvError
from symconv.extent import Extent, Size, size_of
from symconv.layers import Look
from symconv.network import Network
from symconv.readers.torch.courier import Luggage
from symconv.readers.torch.held import Held, dtype_name, held_by, hold, leaves, symbols_in, values_of
from symconv.readers.torch.operator import Operator, product
from symconv.readers.torch.path import THE_MODULE, Path
from symconv.readers.torch.placing import Placing
from symconv.readers.torch.quick import quick
from symconv.readers.torch.registry import rule_of
from symconv.readers.torch.rules.pointwise import generic
from symconv.readers.torch.shadow import Shadow, boxed, plain, shadow
from symconv.readers.torch.values import WHOLE, follow

#: Operators that hand out a value of a tensor.
READS: Final = frozenset({"_local_scalar_dense", "item", "is_nonzero", "equal", "allclose"})

#: Operators whose shape depends on values of their further inputs alone.
OF_PLACES: Final = frozenset({"index", "masked_select", "narrow", "repeat_interleave"})

#: Operators that hand their input on as it is.
PASSED: Final = frozenset(
    {"detach", "alias", "lift_fresh", "lift", "contiguous", "requires_grad", "set_data", "resolve_conj", "resolve_neg"}
)


Shapes = tuple[tuple[Size, ...], ...]


@dataclass(frozen=True)
class Made:
    """One operator that ran: its name, the call that it ran in, the shapes that it made, and the nodes that it became.

    `quiet` is one that torch leaves out where there is nothing to do.
    """

    operator: str
    where: str
    shapes: Shapes
    nodes: tuple[str, ...] = ()
    quiet: bool = False


@dataclass
class Ends:
    """A call of a module: the module, the shapes of the tensors that go in and come out, and whether it is one tensor
    that goes in several times."""

    module: Any
    given: Shapes
    made: Shapes = ()
    same: bool = False

    @property
    def shapes(self) -> Shapes:
        """All shapes, in order."""
        return (*self.given, *self.made)


class ValueRead(ModelError):  # noqa: N818  (an answer, more than an error)
    """A program reads a value that depends on data, and nothing is known of it."""


class _Kept(Domain):
    """Hands what rules require on to the network, which keeps it for when it is built again."""

    def __init__(self, net: Network) -> None:
        super().__init__()
        self.net = net

    def require(self, condition: Condition) -> None:
        self.net.ask(condition)


class Tracer(TorchDispatchMode):
    """The operators of one run, as layers of `net`."""

    def __init__(self, net: Network, path: Path) -> None:
        super().__init__()
        self.net, self.path, self.nodes = net, path, Placing(net, path)
        self.luggage = Luggage()
        #: The calls of modules that run, by name, the innermost last; how often each name was called.
        self.scopes: list[str] = [""]
        self.called: dict[str, int] = {}
        #: By call of a module its name among the modules of the one that is traced.
        self.modules: dict[str, str] = {}
        #: Whether an operator runs, which torch may do in Python.
        self.busy = 0
        #: The tensor into a part of which the program puts another one, while it does: that part as far as it is known.
        self.put_into: Held | None = None
        #: Where it was when something went wrong.
        self.failed = ""
        #: Operators without a rule, each with the modules that call it.
        self.without: dict[str, list[str]] = {}
        #: The shapes of every operator's outputs, by the operator, in order.
        self.made: list[Made] = []
        #: By call of a module what goes in and what comes out.
        self.ends: dict[str, Ends] = {}
        self._there: set[tuple[str, Extent]] = set()
        self._asked = _Kept(net)

    # -- running -----------------------------------------------------------------------------------------------------

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.busy += 1
        try:
            return self._run(func, args, kwargs or {})
        except BaseException:
            self.failed = self.failed or self.path.where
            raise
        finally:
            self.busy -= 1

    def _run(self, func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        name, in_place = _named(func)
        if name in READS:
            return self._read(func, name, args, kwargs)
        schema = func._schema.arguments
        luggage, before = self.luggage, len(self.nodes.placed)
        given, named = [self._known(a) for a in args], {k: self._known(v) for k, v in kwargs.items()}
        called = [_plain(a) for a in args], {k: _plain(v) for k, v in kwargs.items()}
        result = self._computed(func, name, in_place, called)
        outs = [t for t in leaves(result) if isinstance(t, torch.Tensor)]
        if not outs:
            return result
        arguments = {a.name: a.default_value for a in schema}
        arguments.update(zip((a.name for a in schema), given))
        arguments.update(named)
        op = Operator(self, name, arguments, [(tuple(t.size()), dtype_name(t.dtype)) for t in outs])
        made = self._ruled(func, op)
        follow(name, func, given, named, called, outs, made)
        if self.put_into is not None and name in PARTS:
            self.put_into = made[0]
        if name == "sum":
            self._added_up(op.tensors()[0], made[0])
        shapes = []
        for out, held in zip(outs, made):
            held = self._checked(op, held, tuple(out.size()), dtype_name(out.dtype))
            shapes.append(held.shape)
            if in_place:
                self._written(out, held)
            hold(out, held)
        # A number that is put into a part of a tensor is expanded to plain numbers first.
        put = self.put_into is not None and name in FITTED
        filled = put or (name == "expand" and made[0].new)
        nodes = tuple(islice(self.nodes.placed, before, None))
        shown = () if filled else tuple(shapes)
        self._note(Made(str(func), self.path.where, shown, nodes, put or name in PASSED or name == "slice"))
        luggage.clear()
        return result

    def _added_up(self, x: Held, total: Held) -> None:
        """The sum of equal whole numbers is so many times one: that is how programs ask whether all of a mask holds."""
        if x.alike and not x.of and not total.shape and x.whole:
            each = int(x.twin.reshape(-1)[0])
            total.cells, total.of = boxed(shadow(each * product(x.shape), self.path)), frozenset()

    def _note(self, made: Made) -> None:
        self.made.append(made)

    def _computed(self, func: Any, name: str, in_place: bool, called: tuple[list[Any], dict[str, Any]]) -> Any:
        args = [_on_meta(a) for a in called[0]]
        kwargs = {k: _on_meta(v) for k, v in called[1].items()}
        if not any(isinstance(a, torch.Tensor) for a in args) and any(
            a.name == "device" for a in func._schema.arguments
        ):
            kwargs["device"] = torch.device("meta")
        try:
            found = quick(name, in_place, args, kwargs)
            return func(*args, **kwargs) if found is None else found
        except RuntimeError as error:
            unknown = isinstance(error, NotImplementedError) and "meta" in str(error).lower()
            if unknown or "data-dependent" in str(error) or "meta tensor" in str(error):
                return self._on_values(func, name, called, error)
            raise

    def _on_values(self, func: Any, name: str, called: tuple[list[Any], dict[str, Any]], error: Exception) -> Any:
        """The operator on values that are known, where its shape depends on them.

        Raises ValueRead where they are not.
        """
        if name in OF_PLACES and (first := held_by(called[0][0])) is not None and first.twin is None:
            nothing = torch.zeros((), dtype=called[0][0].dtype).expand(called[0][0].shape)
            hold(nothing, Held(first.shape, first.dtype, twin=nothing))
            called = ([nothing, *called[0][1:]], called[1])
        tensors = [t for t in tree_leaves(called) if isinstance(t, torch.Tensor)]
        helds = [held_by(t) for t in tensors]
        if any(h is None or h.twin is None for h in helds):
            raise ValueRead(f"{name} makes a tensor whose shape depends on the values of another one") from error
        self._assumed(name, [h for h in helds if h is not None])
        args, kwargs = (tree_map(lambda t: held_by(t).twin if isinstance(t, torch.Tensor) else t, x) for x in called)  # type: ignore[union-attr]
        found = func(*args, **kwargs)
        return tree_map(lambda t: t.to("meta") if isinstance(t, torch.Tensor) else t, found)

    def _assumed(self, name: str, helds: list[Held]) -> None:
        for h in helds:
            if h.given:
                self.path.assume(f"the values of a tensor, read by {name}, are those of the example")
            for s in sorted(h.of, key=lambda s: s.key):
                self.path.pin(size_of(s), f"a value read by {name} depends on it")

    def _read(self, func: Any, name: str, args: Any, kwargs: dict[str, Any]) -> Any:
        helds = [held_by(a) or self._known(a) for a in args if isinstance(a, torch.Tensor)]
        found = []
        for h in helds:
            if h.cells is not None:
                for x in h.cells.ravel():
                    if isinstance(x, Shadow):
                        self.path.pin(x.size, f"a value read by {name}")
            elif h.twin is not None:
                self._assumed(name, [h])
            else:
                raise ValueRead(f"{name} reads a value that depends on data")
            found.append(
                h.twin
                if h.twin is not None
                else torch.tensor([plain(x) for x in h.cells.ravel()]).reshape(h.cells.shape)
            )
        values = iter(found)
        return func(*(next(values) if isinstance(a, torch.Tensor) else _plain(a) for a in args), **kwargs)

    def _known(self, x: Any) -> Any:
        """An argument with what is known in the place of tensors, and sizes in the place of numbers that carry them."""
        if isinstance(x, torch.Tensor):
            held = held_by(x)
            if held is None:
                held = Held(tuple(x.size()), dtype_name(x.dtype), twin=values_of(x))
                if x.device.type == "cpu" and x.numel() <= WHOLE:
                    held.twin = x.detach() if type(x) is torch.Tensor else None
                hold(x, held)
            return held
        if type(x) in (list, tuple) or isinstance(x, list | tuple):
            return [self._known(v) for v in x]
        return self.luggage.unpacked(x)

    # -- rules -------------------------------------------------------------------------------------------------------

    def _ruled(self, func: Any, op: Operator) -> list[Held]:
        rule = rule_of(op.name)
        sized = _sized(op)
        first = op.tensors()[0] if op.tensors() else None
        if op.name in PASSED and first is not None:
            same = Held(first.shape, op.dtype, first.node, first.kept, root=first.root or first)
            plain = op.name == "contiguous" and op.get("memory_format") in (None, 0, torch.contiguous_format)
            same.ordered = plain or (op.name != "contiguous" and first.ordered)
            return [same]
        try:
            with asking(self._asked, self.path.where or THE_MODULE):
                if rule is not None:
                    found = rule.run(sized)
                elif torch.Tag.pointwise in func.tags:
                    found = generic(sized)
                else:
                    found = self._without_rule(sized)
        except SymconvError as error:
            raise ModelError(f"{self.path.where or THE_MODULE}: {op.name}: {error}") from None
        made = list(found) if isinstance(found, list | tuple) else [found]
        return [m if isinstance(m, Held) else op.fresh(tuple(out[0])) for m, out in zip(made, op.outs)]

    def _without_rule(self, op: Operator) -> list[Held]:
        """An operator that is not known: its cost and the extents of its outputs are named unknowns."""
        where = self.without.setdefault(op.name, [])
        if self.path.where not in where:
            where.append(self.path.where)
        values = op.tensors()
        moving = any(symbols_in(v.shape) for v in values) or any(
            isinstance(x, Extent) for x in leaves(list(op.arguments.values()))
        )
        made = []
        for i, (shape, dtype) in enumerate(op.outs):
            extents = tuple(self.nodes.unknown_extent(op.name, i, k, n) if moving else n for k, n in enumerate(shape))
            made.append(
                op.unknown(extents, *values, dtype=dtype) if i == 0 else op.move(op.name, extents, *values, dtype=dtype)
            )
        return made

    def _checked(self, op: Operator, held: Held, shape: tuple[int, ...], dtype: str) -> Held:
        """What a rule says, where it agrees with torch in this run.

        Raises ModelError where it does not.
        """
        if len(held.shape) != len(shape) or any(self.path.value(a) != b for a, b in zip(held.shape, shape)):
            said = "×".join(str(x) for x in held.shape)
            raise ModelError(
                f"{self.path.where or THE_MODULE}: {op.name}: its rule says {said or 'a scalar'}, and torch makes "
                f"{'×'.join(map(str, shape)) or 'a scalar'}; a rule of symconv is wrong here"
            )
        held.dtype = dtype
        for x in held.shape:
            if isinstance(x, Extent) and (self.path.where, x) not in self._there:
                self._there.add((self.path.where, x))
                self.path.require(at_least(x, 1), "an extent of at least 1")
        return held

    def _written(self, out: Any, held: Held) -> None:
        """What an operator wrote in place is there for all that looks at the same elements."""
        before = held_by(out)
        root = before.root if before is not None else None
        held.root = root
        if root is not None:  # its values are no longer those that it was filled with
            root.alike, root.of = False, root.of | held.of | symbols_in(root.shape)
        if root is not None and held.node:
            whole = held
            if root.shape != held.shape:
                whole = self.nodes.place("write", Look("write", root.shape, root.dtype), (root, held), (), root.dtype)
            root.node, root.kept = whole.node, None

    def input(self, tensor: Any, name: str, shape: tuple[Size, ...]) -> None:
        """A tensor that the module is called with."""
        self.net.input(name, *shape, dtype=dtype_name(tensor.dtype))
        hold(tensor, Held(shape, dtype_name(tensor.dtype), name, ordered=True))

    def shadows(self, tensor: Any) -> list[int]:
        """The extents of a tensor as numbers that carry them."""
        held = held_by(tensor)
        if held is None:
            return [int(x) for x in tensor.size()]
        return [shadow(x, self.path) for x in held.shape]

    def strides(self, tensor: Any) -> list[int]:
        """The strides of a tensor as numbers that carry sizes; its extents are pinned where its layout is not certain.

        A reshape, say, is a view or a copy, which hangs on sizes.
        """
        held = held_by(tensor)
        if held is None:
            return list(tensor.stride())
        if not held.ordered:
            for x in held.shape:
                self.path.pin(x, "strides, which depend on the layout of a tensor")
            return list(tensor.stride())
        return [shadow(product(held.shape[i + 1 :]), self.path) for i in range(len(held.shape))]


#: What takes a part of a tensor.
PARTS: Final = frozenset({"slice", "select", "unsqueeze"})

#: What torch does with a tensor so that it fits into a part of another one.
FITTED: Final = frozenset({"view", "expand"})


def _named(func: Any) -> tuple[str, bool]:
    """The operator's name without the _ of one in place, its namespace before it where that is not aten."""
    name = func._overloadpacket.__name__
    in_place = (name.endswith("_") and not name.startswith("__")) or name in (
        "__iadd__",
        "__imul__",
        "__isub__",
        "__idiv__",
    )
    name = name.removesuffix("_") if in_place else name
    namespace = func.namespace
    return (name if namespace == "aten" else f"{namespace}::{name}"), in_place or "out" in func._overloadname


def _plain(x: Any) -> Any:
    """An argument in plain numbers."""
    if isinstance(x, list | tuple):
        return [_plain(v) for v in x]
    if isinstance(x, torch.SymInt):
        return int(plain(x.node.carried))
    if isinstance(x, Shadow):
        return int(plain(x))
    return x


def _on_meta(x: Any) -> Any:
    if isinstance(x, list | tuple):
        return [_on_meta(v) for v in x]
    if isinstance(x, torch.Tensor) and x.device.type != "meta":
        moved = x.detach().to("meta")
        held = held_by(x)
        if held is not None:
            hold(moved, held)
        return moved
    return torch.device("meta") if isinstance(x, torch.device) else x


def _sized(op: Operator) -> Operator:
    """The call with sizes in the place of numbers that carry them."""
    return Operator(op.tracer, op.name, {k: _size(v) for k, v in op.arguments.items()}, op.outs)


def _size(x: Any) -> Any:
    if isinstance(x, Shadow):
        return x.size
    if isinstance(x, list):
        return [_size(v) for v in x]
    return x
