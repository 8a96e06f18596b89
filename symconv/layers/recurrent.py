"""Recurrent layers: a cell that runs along a sequence of batch × time × features.

A step of a direction multiplies every gate's weights W into the features and R into the state of the step before, the
first step's zeros too, as frameworks do. Biases are torch's, one beside W and one beside R.
"""

from __future__ import annotations

from typing import ClassVar, Final

from symconv.condition import at_least
from symconv.cost import product
from symconv.count import NOTHING, Count
from symconv.domain import require
from symconv.errors import ShapeError
from symconv.extent import Size
from symconv.layer import Layer, Parameter, layer, s, weight
from symconv.ranges import Positive, one_of
from symconv.tensor import Tensor

#: 1/(1 + e⁻ˣ).
SIGMOID: Final = Count(exp=1, add=1, div=1)
TANH: Final = Count(tanh=1)


class _Recurrent(Layer):
    """A stack of layers of a cell; the subclass says its gates and what a unit does with them.

    Layer 1 reads the input's features and each further one both directions of the layer below, so the n − 1 further
    ones are equal and n may be a symbol.
    """

    hidden: Positive
    layers: Positive
    bidirectional: bool
    bias: bool
    last: bool
    gates: ClassVar[int]
    windowed = False

    @property
    def directions(self) -> int:
        """2 where the sequence is read from both ends."""
        return 2 if self.bidirectional else 1

    @property
    def state(self) -> Size:
        """The features that a step hands on."""
        return self.hidden

    def unit(self) -> Count:
        """What one hidden unit does in a step once its gates' sums are there."""
        raise NotImplementedError

    def projected(self) -> Count:
        """What a step does with its hidden units before it hands them on."""
        return NOTHING

    def levels(self, sequence: Tensor) -> tuple[tuple[Size, Size], ...]:
        """How many layers, and the features that each of them reads: the first, and all above it."""
        first, above = (1, sequence.shape[-1]), (self.layers - 1, self.directions * self.state)
        return (first,) if self.layers == 1 else (first, above)

    def output(self, sequence: Tensor) -> Tensor:
        if sequence.rank != 3:
            raise ShapeError(f"an input of batch × time × features is wanted, and this one is {sequence}")
        batch, time, _ = sequence.shape
        features = self.directions * self.state
        return sequence.like(batch, features) if self.last else sequence.like(batch, time, features)

    def parameters(self, sequence: Tensor) -> tuple[Parameter, ...]:
        rows = self.gates * self.hidden
        kept = [
            self._kept(f"weight_ih_l{level}", level, many, rows, features)
            for level, (many, features) in enumerate(self.levels(sequence))
        ]
        every = {"weight_hh": (rows, self.state), **self.further()}
        if self.bias:
            every |= {"bias_ih": (rows,), "bias_hh": (rows,)}
        return (*kept, *(self._kept(f"{name}_l0", 0, self.layers, *shape) for name, shape in every.items()))

    def _kept(self, name: str, level: int, many: Size, *shape: Size) -> Parameter:
        """The tensors of all directions and of `many` layers from a level on, as one; … says that there are more."""
        stacked = (n for n in (many, self.directions) if n != 1)
        return weight(name if many == 1 else f"{name}…", *stacked, *shape)

    def further(self) -> dict[str, tuple[Size, ...]]:
        """What every layer keeps besides its gates."""
        return {}

    def work(self, sequence: Tensor, out: Tensor) -> Count:
        batch, time, _ = sequence.shape
        rows = self.gates * self.hidden
        sums = Count(add=product(3 if self.bias else 1, rows))  # of W·x + R·h with both biases
        count = (sums + self.unit() * product(self.hidden) + self.projected()) * product(self.layers)
        for many, features in self.levels(sequence):
            columns = features + self.state
            products = Count(mac=product(rows, columns), channel_add=product(rows, columns - 2))
            count += (products + Count(plane=product(rows, columns) if self.bias else 0)) * product(many)
        return count * product(self.directions, batch, time)

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls(hidden=s("C_out")), (Tensor((s("N"), s("T"), s("C_in"))),)  # type: ignore[call-arg]


@layer("lstm")
class LSTM(_Recurrent):
    """Long short-term memory along axis 1: at each step gates i, f, o decide what a cell takes in, keeps and shows.

    i, f, o = σ(W·x + b_W + R·h + b_R), g = tanh(W·x + b_W + R·h + b_R), c = f·c + i·g, h = o·tanh(c)

    shape  N×T×C_out, C_out the `hidden` units or their `projection`, twice that where `bidirectional`;
           N×C_out, the last state of each direction, with `last`
    work   4·H·(C_in + H) macs a step and direction of H units; in each further of `layers` C_in is C_out
    space  4·H·(C_in + H) weights and 8·H biases a direction; with a projection to P features R has P columns, and
           there are P·H weights and macs more

    Sources: Hochreiter and Schmidhuber 1997, Gers et al. 2000 (the gate f), Sak et al. 2014 (the projection).
    """

    hidden: Positive
    layers: Positive = 1
    bidirectional: bool = False
    projection: Positive | None = None
    bias: bool = True
    last: bool = False
    gates = 4

    @property
    def state(self) -> Size:
        """The features that a step hands on."""
        return self.hidden if self.projection is None else self.projection

    def unit(self) -> Count:
        """Three gates and a tanh; c = f·c + i·g; h = o·tanh(c)."""
        return SIGMOID * 3 + TANH + Count(mul=2, add=1) + TANH + Count(mul=1)

    def output(self, sequence: Tensor) -> Tensor:
        if self.projection is not None:
            require(at_least(self.hidden, self.projection + 1), "a projection to fewer features than are hidden")
        return super().output(sequence)

    def projected(self) -> Count:
        """A fully connected layer without a bias, P rows of H weights."""
        if self.projection is None:
            return NOTHING
        rows, columns = self.projection, self.hidden
        return Count(mac=product(rows, columns), channel_add=product(rows, columns - 1))

    def further(self) -> dict[str, tuple[Size, ...]]:
        """The projection's weights."""
        return {} if self.projection is None else {"weight_hr": (self.projection, self.hidden)}


@layer("gru")
class GRU(_Recurrent):
    """A gated recurrent unit along axis 1: gates r and z decide what a step forgets and what it keeps.

    r, z = σ(W·x + b_W + R·h + b_R), n = tanh(W·x + b_W + r·(R·h + b_R)), h = (1 − z)·n + z·h

    shape  N×T×C_out, C_out the `hidden` units, twice that where `bidirectional`;
           N×C_out, the last state of each direction, with `last`
    work   3·H·(C_in + H) macs a step and direction of H units; in each further of `layers` C_in is C_out
    space  3·H·(C_in + H) weights and 6·H biases a direction

    Source: Cho et al. 2014, with r behind R·h + b_R as torch and cuDNN have it.
    """

    hidden: Positive
    layers: Positive = 1
    bidirectional: bool = False
    bias: bool = True
    last: bool = False
    gates = 3

    def unit(self) -> Count:
        """Two gates; r·(R·h + b_R) and a tanh; (1 − z)·n + z·h."""
        return SIGMOID * 2 + Count(mul=1) + TANH + Count(add=2, mul=2)


@layer("rnn")
class RNN(_Recurrent):
    """A simple recurrent layer (Elman) along axis 1: h = f(W·x + b_W + R·h + b_R), f a tanh or a ReLU.

    shape  N×T×C_out, C_out the `hidden` units, twice that where `bidirectional`;
           N×C_out, the last state of each direction, with `last`
    work   H·(C_in + H) macs a step and direction of H units; in each further of `layers` C_in is C_out
    space  H·(C_in + H) weights and 2·H biases a direction
    """

    hidden: Positive
    layers: Positive = 1
    bidirectional: bool = False
    nonlinearity: str = "tanh"
    bias: bool = True
    last: bool = False
    gates = 1

    def unit(self) -> Count:
        """One tanh, or one max."""
        return TANH if self.nonlinearity == "tanh" else Count(max=1)

    def output(self, sequence: Tensor) -> Tensor:
        one_of(self.nonlinearity, ("tanh", "relu"), "rnn: nonlinearity")
        return super().output(sequence)


_CELLS: Final[dict[str, type[LSTM] | type[GRU] | type[RNN]]] = {"lstm": LSTM, "gru": GRU, "rnn": RNN}


@layer("recurrent")
class Recurrent(Layer):
    """One layer of a recurrent cell, lstm, gru or rnn, whose directions have an axis of their own.

    shape  T×N×C_in makes T×D×N×H, of D `directions` and H `hidden` units; N×T×C_in makes N×T×D×H with `batch_first`
    work   as lstm, gru and rnn, g·H·(C_in + H) macs a step and direction for g = 4, 3 and 1 gates
    space  g·H·(C_in + H) weights and 2·g·H biases a direction
    """

    cell: str
    hidden: Positive
    directions: Positive = 1
    bias: bool = True
    batch_first: bool = False
    arity = (1, None)
    windowed = False

    @property
    def gates(self) -> int:
        """How many gates a cell has, its own state's among them."""
        return _CELLS[self.cell].gates

    def _tensors(self, sequence: Tensor) -> tuple[Layer, Tensor]:
        one_of(self.cell, _CELLS, "recurrent: cell")
        if sequence.rank != 3:
            raise ShapeError(f"an input of time × batch × features is wanted, and this one is {sequence}")
        first, second, features = sequence.shape
        time, batch = (second, first) if self.batch_first else (first, second)
        return _CELLS[self.cell](self.hidden, bias=self.bias), sequence.like(self.directions * batch, time, features)

    def output(self, *inputs: Tensor) -> Tensor:
        sequence = inputs[0]
        self._tensors(sequence)
        first, second, _ = sequence.shape
        if self.batch_first:
            return sequence.like(first, second, self.directions, self.hidden)
        return sequence.like(first, self.directions, second, self.hidden)

    def parameters(self, *inputs: Tensor) -> tuple[Parameter, ...]:
        cell, turned = self._tensors(inputs[0])
        kept = cell.parameters(turned)
        return tuple(weight(p.name, self.directions, *p.shape) for p in kept)

    def work(self, *tensors: Tensor) -> Count:
        cell, turned = self._tensors(tensors[0])
        return cell.work(turned, cell.output(turned))

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls("lstm", s("C_out")), (Tensor((s("T"), s("N"), s("C_in"))),)
