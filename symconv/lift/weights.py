"""What the layers of a network keep, in atoms: by their own rules, or stated beside them."""

from __future__ import annotations

from dataclasses import replace

from symconv.cost import Cost, total_of
from symconv.domain import Domain, Unasked, asking
from symconv.errors import DomainError, ExtentError, ShapeError
from symconv.extent import Size
from symconv.layer import BUFFER, TRAINABLE, Layer, Parameter
from symconv.layers import Move
from symconv.lift.equations import Equations, Origin
from symconv.lift.shapes import LOOKED_UP, as_entering
from symconv.node import Node
from symconv.symbols import Symbol
from symconv.tensor import Tensor


class Weights:
    """The parameters and buffers that were met so far; `asked` takes what rules ask for."""

    def __init__(self, equations: Equations, asked: Domain) -> None:
        self.equations, self.asked = equations, asked
        #: Atoms of the rows of tables that are looked up in, and of the axes of buffers.
        self.rows: set[Symbol] = set()
        self.buffered: set[Symbol] = set()
        self._kept: dict[str, tuple[Parameter, ...]] = {}
        #: In numbers and in atoms.
        self._met: list[tuple[Parameter, Parameter]] = []

    def stated(self, node: Node, layer: Layer) -> tuple[Parameter, ...] | None:
        """What a node keeps and its layer's rule does not say, in atoms; None where the rule says it all."""
        return None if _own_rule(node) else tuple(self._stated(node, p, layer) for p in node.parameters)

    def _stated(self, node: Node, parameter: Parameter, layer: Layer) -> Parameter:
        """A tensor that a layer keeps and its rule does not say, in atoms: those of a constant of the same shape."""
        for before, now in zip(constants(node.layer), constants(layer)):
            if before == parameter.shape:
                return replace(parameter, shape=now)
        shape = tuple(
            self.equations.atom(x, Origin(node.name, f"{parameter.name}[{axis}]")) if isinstance(x, int) and x else x
            for axis, x in enumerate(parameter.shape)
        )
        looked_up = isinstance(layer, Move) and layer.operation in LOOKED_UP and len(shape) > 1
        self.rows |= self.equations.atoms_of(shape[0]) if looked_up else set()
        if parameter.kind == BUFFER:
            self.buffered |= {s for x in shape for s in self.equations.atoms_of(x)}
        return replace(parameter, shape=shape)

    def tied(
        self, node: Node, layer: Layer, tensors: tuple[Tensor, ...], stated: tuple[Parameter, ...]
    ) -> tuple[Parameter, ...]:
        """Parameters that are partly those of the rule have the rule's atoms, and are said in what comes in."""
        entered = tuple(as_entering(k, t) for k, t in enumerate(node.tensors))
        try:
            with asking(self.asked, node.name):
                rules = [layer.parameters(*tensors), node.layer.parameters(*node.tensors)]
            with asking(Unasked(), node.name):
                rules.append(layer.parameters(*entered))
        except (ShapeError, ExtentError, DomainError):
            return stated
        left = list(zip(*rules))
        said = []
        for given, atoms in zip(node.parameters, stated):
            match = next((p for p in left if sorted(map(str, p[1].shape)) == sorted(map(str, given.shape))), None)
            if match is None:
                said.append(atoms)
                continue
            left.remove(match)
            turned = match[1].shape != given.shape
            mine, recipe = (tuple(reversed(p.shape)) if turned else p.shape for p in (match[0], match[2]))
            for a, b in zip(atoms.shape, mine):
                self.equations.equate(a, b, node.name)
            said.append(replace(atoms, shape=recipe))
        return tuple(said)

    def keep(self, node: Node, layer: Layer, tensors: tuple[Tensor, ...], stated: tuple[Parameter, ...] | None) -> None:
        """Note what a node keeps; what it shares with one before it is the same."""
        if stated is not None:
            self._kept[node.name] = stated
        elif node.parameters:
            with asking(self.asked, node.name):
                self._kept[node.name] = layer.parameters(*tensors)
        self._met += zip(node.parameters, self._kept.get(node.name, ()))
        if node.shares and node.parameters:
            self._equate(self._kept[node.name], self._kept[node.shares], node.name)
        elif node.stated and not node.parameters:
            self._shared(node, layer, tensors)

    def _equate(self, mine: tuple[Parameter, ...], theirs: tuple[Parameter, ...], node: str) -> None:
        for one, other in zip(mine, theirs):
            for a, b in zip(one.shape, other.shape):
                self.equations.equate(a, b, node)

    def _shared(self, node: Node, layer: Layer, tensors: tuple[Tensor, ...]) -> None:
        """A layer whose rule has weights and that keeps none uses those of one before it, of the same shapes."""
        try:
            with asking(self.asked, node.name):
                wanted = node.layer.parameters(*node.tensors)
                mine = layer.parameters(*tensors)
        except (ShapeError, ExtentError, DomainError):
            return
        weights = [(p, q) for p, q in zip(wanted, mine) if p.kind == TRAINABLE and len(p.shape) > 1]
        for before, own in weights:
            for given, atoms in self._met:
                if given.shape == before.shape:
                    self._equate((own,), (atoms,), node.name)
                    break


def constants(layer: Layer) -> list[tuple[Size, ...]]:
    """The shapes of the constants that a layer works on."""
    sides = (getattr(layer, name, None) for name in ("left", "right"))
    return [*(getattr(layer, "beside", None) or ()), *(shape for shape in sides if shape)]


def _own_rule(node: Node) -> bool:
    """Whether what a node keeps is what its layer's rule says, weight by weight, in any order of axes."""
    if not node.stated:
        return True
    try:
        own = node.layer.parameters(*node.tensors)
    except (ShapeError, ExtentError):
        return False
    return all(
        _elements(own, kind) == _elements(node.parameters, kind) for kind in {p.kind for p in (*own, *node.parameters)}
    )


def _elements(parameters: tuple[Parameter, ...], kind: str) -> Cost:
    return total_of(p.elements for p in parameters if p.kind == kind)
