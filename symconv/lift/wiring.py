"""A network run again with an atom for every number that may be another one in a sibling.

The rules are the layers' own: what they ask of their inputs, equal extents and divisions that come out even, are the
equations that tie atoms together. Nothing here knows a layer's formula.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from symconv.condition import DIVIDES, EQUAL, Condition
from symconv.count import NOTHING
from symconv.domain import Domain, asking
from symconv.errors import DomainError, ExtentError, NetworkError, ShapeError
from symconv.extent import Extent, Size, symbols_of
from symconv.layer import Layer, Parameter, layer_fields, ranges
from symconv.layers import Conv, DepthwiseConv, HeadAttention, Look, Move
from symconv.layers.movement import unknown_cost
from symconv.lift.equations import Equations, Origin
from symconv.lift.recipes import as_concat, recipe
from symconv.lift.shapes import Reading, said
from symconv.lift.weights import Weights
from symconv.network import Network
from symconv.node import Node
from symconv.symbols import Symbol
from symconv.tensor import Tensor

#: Fields whose numbers are widths, counts of heads, rows of tables: what siblings differ in. Kernels, strides, windows
#: and numbers of parts stay numbers.
WIDTHS: Final = {
    "channels", "hidden", "heads", "kv_heads", "head_size", "groups", "multiplier", "vocabulary", "length", "experts",
    "projection", "buckets", "elements",
}  # fmt: skip

#: Fields that are shapes of constants.
CONSTANTS: Final = {"beside", "left", "right"}

#: Sizes that every exact quotient of an image's extent is whole at, tried in turn.
LEGAL: Final = (6720, 26880, 443520, 384, 96, 64, 60)
BATCH: Final = 11


@dataclass
class Step:
    """A node with atoms in its layer; what goes out, and what it keeps where that is not by its layer's rule."""

    node: Node
    layer: Layer
    inputs: tuple[str, ...]
    out: tuple[Size, ...]
    parameters: tuple[Parameter, ...] | None = None
    #: The atoms of its fields, by field.
    made: dict[str, Symbol] = field(default_factory=dict)
    #: The names of views that it stands for too, and what the first of them reads.
    also: tuple[str, ...] = ()
    before: Tensor | None = None

    @property
    def name(self) -> str:
        return self.node.name


@dataclass
class Wiring:
    """A network in atoms: its steps, what is known of the atoms, and what was not understood."""

    net: Network
    equations: Equations
    steps: list[Step]
    inputs: dict[str, tuple[Size, ...]]
    #: Atoms of fixed extents of images and sequences, and of patches.
    extents: dict[Symbol, str] = field(default_factory=dict)
    #: Atoms that stand for numbers by which the module indexes, so that they are the same in every sibling.
    fixed: set[Symbol] = field(default_factory=set)
    #: Atoms of the rows of tables that are looked up in.
    rows: set[Symbol] = field(default_factory=set)
    #: Atoms of the axes of buffers.
    buffered: set[Symbol] = field(default_factory=set)
    #: Whether an equation of extents and widths could not be solved.
    unsolved_extents: bool = False
    #: Operators and shapes that were not understood, in words.
    unknown: list[str] = field(default_factory=list)


class _Equations(Domain):
    """Takes what rules ask for as equations."""

    def __init__(self, equations: Equations) -> None:
        super().__init__()
        self.equations = equations

    def require(self, condition: Condition) -> None:
        if condition.relation == EQUAL:
            self.equations.equate(condition.left, condition.right, condition.node)
        elif condition.relation == DIVIDES and isinstance(condition.left, int):
            right = self.equations.resolve(condition.right)
            if isinstance(right, Extent) and self.equations.atoms_of(right):
                self._part(condition.left, right, condition.node)

    def _part(self, parts: int, whole: Extent, node: str) -> None:
        """An atom that is split into so many parts is so many times another one."""
        if not all(isinstance(a, Symbol) for m in whole.terms for a in m):
            return
        if all(c % parts == 0 for c in whole.terms.values()):
            return
        value = self.equations.value(whole)
        if isinstance(value, int) and value % parts == 0 and value > parts:
            self.equations.equate(whole, parts * self.equations.atom(value // parts, Origin(node, "part")), node)

    def implies(self, condition: Condition) -> bool:
        return False


def wired(net: Network) -> Wiring:
    """The network in atoms.

    Raises NetworkError where blocks are repeated as often as a symbol says: such a network is a family already.
    """
    if any(node.rounds for node in net.nodes):
        if any(not isinstance(r.count, int) for node in net.nodes for r in node.rounds):
            raise NetworkError(
                f"{net.name} has repeated blocks in symbols already: give them numbers first, as its "
                "variants do, or lift one of these"
            )
        net = net.unrolled()
    net = _with_numbers(net)
    made = _Walk(net).run()
    if made.extents and made.unsolved_extents:  # a grid of windows, say, that is not told by the extents: they stay
        made = _Walk(net, extents=False).run()
    return made


def _with_numbers(net: Network) -> Network:
    """The network with numbers for the symbols of its inputs that may have but one value, or those of one patch more.

    A table of positions pins ⌊X/P⌋: then X is in a short range, of which the usual value says as much, or the least.
    """
    only: dict[str, Any] = {}
    for name, size in net.symbols.items():
        (symbol,) = symbols_of(size)
        sizes = net.domain.sizes(symbol)
        least = sizes.least
        most = sizes.greatest if sizes.finite else None
        if least is not None and most is not None and (most == least or (least > 1 and most < 2 * least)):
            usual = net.usual.get(name, least)
            only[name] = usual if usual in sizes else least
    return net.substitute(**only) if only else net


class _Walk:
    def __init__(self, net: Network, extents: bool = True) -> None:
        self.net = net
        #: Whether fixed extents of images, and of patches, are atoms.
        self.extents = extents
        self.equations = Equations()
        self.asked = _Equations(self.equations)
        self.weights = Weights(self.equations, self.asked)
        self.made = Wiring(net, self.equations, [], {}, rows=self.weights.rows, buffered=self.weights.buffered)
        self.out: dict[str, tuple[Size, ...]] = {}
        self.splits: dict[Any, Any] = {}
        self.patch: Symbol | None = None
        self.at = _numbers(net)
        self._images: dict[int, Size] = {}
        #: By value and axis how many of its places are taken one by one.
        self.selected: Counter[tuple[str, int]] = Counter()

    def run(self) -> Wiring:
        for name, tensor in self.net.inputs.items():
            shape = tuple(self._entering(name, axis, x, tensor) for axis, x in enumerate(tensor.shape))
            self.out[name] = self.made.inputs[name] = shape
        for node in self.net.nodes:
            self._step(node)
        self._fix_selected()
        for unsolved in self.equations.unsolved:
            atoms = self.equations.atoms_of(unsolved.left) | self.equations.atoms_of(unsolved.right)
            if atoms <= self.made.extents.keys():  # of extents alone it is a condition of the domain
                continue
            self.made.unknown.append(f"the equation {unsolved}")
            self.made.unsolved_extents |= bool(atoms & self.made.extents.keys())
        return self.made

    def _entering(self, name: str, axis: int, x: Size, tensor: Tensor) -> Size:
        """An extent of an input: fixed ones of an image are one atom where they are equal."""
        if not isinstance(x, int) or x == 1 or tensor.rank < 3 or axis < 2 or not self.extents:
            return x
        if x not in self._images:
            atom = self.equations.atom(x, Origin(name, f"extent[{axis}]"))
            self._images[x] = atom
            (symbol,) = symbols_of(atom)
            self.made.extents[symbol] = f"Y{len(self.made.extents)}" if self.made.extents else "X"
        return self._images[x]

    def _step(self, node: Node) -> None:
        inputs = tuple(self._as_read(node, k, self.net.last_of(source)) for k, source in enumerate(node.inputs))
        tensors = tuple(t.like(*map(self.equations.resolve, self.out[s])) for s, t in zip(inputs, node.tensors))
        if isinstance(node.layer, Move) and unknown_cost_of(node):
            self.made.unknown.append(f"{node.name}: the operator {getattr(node.layer, 'operation', '')}")
        step = self._read(node, inputs, tensors)
        self._select(node)
        self.made.steps.append(step)
        self.out[node.name] = step.out

    def _as_read(self, node: Node, k: int, source: str) -> str:
        """The node that is read; a view of it where it is read in another shape than it has."""
        wanted, before = node.tensors[k], self.net.tensor(source)
        if wanted.shape == before.shape:
            return source
        name = f"{node.name}_view{k or ''}"
        view = Node(name, Look("reshape", wanted.shape, wanted.dtype), (source,), (before,), wanted, (), NOTHING)
        self._step(view)
        return name

    def _read(self, node: Node, inputs: tuple[str, ...], tensors: tuple[Tensor, ...]) -> Step:
        layer, made = self._lifted(node, tensors)
        reading = Reading(
            self.equations,
            node.name,
            [t.shape for t in tensors],
            [t.shape for t in node.tensors],
            self.at,
            splits=self.splits,
        )
        stated = self.weights.stated(node, layer)
        reading.kept = [(s.shape, p.shape) for s, p in zip(stated or (), node.parameters)]
        found = recipe(reading, node, layer)
        if found is not None:
            layer, out = found
        else:
            out = self._by_rule(reading, node, layer, tensors)
        tied = None if stated is None else self.weights.tied(node, layer, tensors, stated)
        self.made.unknown += reading.guessed
        step = Step(node, layer, inputs, tuple(map(self.equations.resolve, out)), tied, made)
        self.weights.keep(node, layer, tensors, stated)
        return step

    # -- layers in atoms ---------------------------------------------------------------------------------------------

    def _lifted(self, node: Node, tensors: tuple[Tensor, ...]) -> tuple[Layer, dict[str, Symbol]]:
        """The layer with an atom for each width among its fields."""
        joined = as_concat(node)
        if joined is not None:
            return joined, {}
        layer, made, changed = node.layer, dict[str, Symbol](), dict[str, Any]()
        for name in ranges(type(layer)):
            value = getattr(layer, name)
            if (
                name not in WIDTHS
                or isinstance(layer, HeadAttention)
                or isinstance(value, bool)
                or not isinstance(value, int)
                or value <= 1
            ):
                continue
            if isinstance(layer, Conv) and name == "groups":
                changed[name] = self._groups(node, value, tensors[0])
                continue
            atom = self.equations.atom(value, Origin(node.name, name))
            changed[name] = atom
            (made[name],) = symbols_of(atom)
        changed.update(self._constants(node))
        if isinstance(layer, Conv) and "groups" in changed and layer.groups == node.tensors[0].shape[1]:
            per = layer.channels // layer.groups if isinstance(layer.channels, int) else 1  # depthwise
            changed["channels"] = per * changed["groups"]
            made.pop("channels", None)
        if isinstance(layer, Conv | DepthwiseConv):
            changed.update(self._patch(node, tensors))
        given = {f.name: getattr(layer, f.name) for f in layer_fields(type(layer))}
        return type(layer)(**{**given, **changed}) if changed else layer, made

    def _constants(self, node: Node) -> dict[str, Any]:
        """The shapes of constants that a layer works on, with an atom for each number."""
        changed: dict[str, Any] = {}
        for name in sorted(CONSTANTS & ranges(type(node.layer)).keys()):
            given = getattr(node.layer, name)
            if given:
                several = name == "beside"
                shapes = [self._constant(node, shape) for shape in (given if several else (given,))]
                changed[name] = tuple(shapes) if several else shapes[0]
        return changed

    def _constant(self, node: Node, shape: tuple[Size, ...]) -> tuple[Size, ...]:
        origin = Origin(node.name, "constant")
        return tuple(self.equations.atom(x, origin) if isinstance(x, int) and x > 1 else x for x in shape)

    def _groups(self, node: Node, value: int, image: Tensor) -> Size:
        if value == node.tensors[0].shape[1]:
            return image.shape[1]
        return self.equations.atom(value, Origin(node.name, "groups"))

    def _patch(self, node: Node, tensors: tuple[Tensor, ...]) -> dict[str, Size]:
        """Kernel and stride of a convolution that cuts an image of fixed extents into patches."""
        layer = node.layer
        assert isinstance(layer, Conv | DepthwiseConv)
        kernels = layer.kernel if isinstance(layer.kernel, tuple) else (layer.kernel,)
        fixed = all(isinstance(x, int) for x in node.tensors[0].spatial) and self._entered(node.inputs[0])
        if not fixed or not self.extents or layer.kernel != layer.stride or len(set(kernels)) > 1 or kernels[0] == 1:
            return {}
        if layer.padding not in (0, "valid", (0,) * len(node.tensors[0].spatial)) or self.patch is not None:
            return {}
        assert isinstance(kernels[0], int)
        atom = self.equations.atom(kernels[0], Origin(node.name, "kernel"))
        (self.patch,) = symbols_of(atom)
        self.made.extents[self.patch] = "P"
        return {"kernel": atom, "stride": atom}

    def _entered(self, name: str) -> bool:
        """Whether a value is an input of the network, or a view of one."""
        while name not in self.net.inputs:
            node = self.net.node(self.net.last_of(name))
            if not node.layer.view or len(node.inputs) != 1:
                return False
            (name,) = node.inputs
        return True

    # -- shapes ------------------------------------------------------------------------------------------------------

    def _by_rule(self, reading: Reading, node: Node, layer: Layer, tensors: tuple[Tensor, ...]) -> tuple[Size, ...]:
        """What the layer's own rule makes; where that is not what it made of the numbers, what the numbers say."""
        try:
            with asking(self.asked, node.name):
                out = tuple(map(self.equations.resolve, layer.output(*tensors).shape))
            if tuple(map(self.equations.value, out)) == node.out.shape:
                return out
            why = f"its rule makes {Tensor(tuple(map(self.equations.value, out)))}, and it made {node.out}"
        except (ShapeError, ExtentError, DomainError) as error:
            why = str(error)
        self.made.unknown.append(f"{node.name}: {why}")
        return tuple(s.size for s in said(reading, node.layer.kind, node.out.shape))

    def _select(self, node: Node) -> None:
        """Count what is taken of an axis, place by place."""
        layer = node.layer
        if not isinstance(layer, Move) or layer.operation not in ("select", "unbind"):
            return
        before = node.tensors[0].shape
        for axis in range(len(before)):
            if (*before[:axis], *before[axis + 1 :]) == node.out.shape:
                self.selected[self.net.last_of(node.inputs[0]), axis] += 1
                return

    def _fix_selected(self) -> None:
        """What is taken place by place as a whole, as queries, keys and values are, has that many in every sibling."""
        for (source, axis), many in self.selected.items():
            size = self.equations.resolve(self.out[source][axis])
            if self.equations.value(size) == many:
                self.made.fixed |= self.equations.atoms_of(size)


def unknown_cost_of(node: Node) -> bool:
    """Whether what a node does is a named unknown."""
    return any(unknown_cost(s) for _, size, _ in node.layer.field_sizes() for s in symbols_of(size))


def _numbers(net: Network) -> dict[Symbol, int]:
    """Numbers at which the network is legal: large ones, another for each symbol, where that can be."""
    symbols = sorted((s for size in net.symbols.values() for s in symbols_of(size)), key=lambda s: s.key)
    at: dict[Symbol, int] = {}
    for k, s in enumerate(symbols):
        usual = net.usual.get(s.name, 1)
        choices = (BATCH,) if s.name == "N" else (*(n * (k + 1) for n in LEGAL), *LEGAL, usual, net.domain.least(s))
        at[s] = next((n for n in choices if n in net.domain.sizes(s)), net.domain.least(s))
    if net.domain.allows(at):
        return at
    alike = {s: at[s] if s.name == "N" else LEGAL[0] for s in symbols}
    return alike if net.domain.allows(alike) else {s: net.usual.get(s.name, net.domain.least(s)) for s in symbols}
