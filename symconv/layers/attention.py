"""Attention: the bare products of queries, keys and values, and layers with projections of their own.

Scores are counted in full, T·S a head, with a causal mask too, as torch's counter has it; a mask chooses, and so is no
arithmetic. A scaling is one mul a score, a bias of the scores one add.
"""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from operator import mul

from symconv.condition import at_least, divides, equal
from symconv.cost import product
from symconv.count import Count
from symconv.domain import require
from symconv.errors import ShapeError
from symconv.extent import Size
from symconv.layer import BUFFER, Layer, Parameter, layer, s, weight
from symconv.layers.activation import Softmax
from symconv.layers.features import LAST, features_axis, features_last, letter, named, sequence, tokens_of_symbols
from symconv.layers.linear import Linear, products
from symconv.layers.norm import LayerNorm, RMSNorm
from symconv.layers.position import Rotary
from symconv.layers.window import per_axis, spatial_rank
from symconv.ranges import Axes, Natural, NaturalAxes, Positive, Shape, one_of
from symconv.rounding import ceiling, floor
from symconv.tensor import Tensor


def attended(
    queries: Tensor, keys: Tensor, values: Tensor, heads: Size, *, causal: bool, scaled: bool, biased: bool
) -> Count:
    """softmax(q·k/√d)·v for heads side by side, the keys and values repeated to as many heads as the queries have."""
    *leading, t, width = queries.shape
    memory, value_width = keys.shape[-2], values.shape[-1]
    scores = queries.like(*leading, heads, t, memory)
    mixed = product(*leading, t, value_width)
    count = products(product(*leading, t, memory, width), scores.elements)
    count += Softmax(-1).work(scores, scores)
    count += products(product(*leading, t, memory, value_width), mixed)
    if causal:
        behind = (product(*leading, t, t) - product(*leading, t)) * Fraction(1, 2)
        count += Count(masked=behind * width + behind * value_width)
    return count + Count(mul=scores.elements if scaled else 0, add=scores.elements if biased else 0)


def _taken(inputs: tuple[Tensor, ...], biased: bool, kind: str, least: int) -> tuple[tuple[Tensor, ...], Tensor | None]:
    """The sequences among the inputs, and the bias of the scores that comes last where the layer has one."""
    if not biased:
        return inputs, None
    if len(inputs) <= least:
        raise ShapeError(f"{kind} with score_bias: a last input of heads × tokens × memory is wanted")
    return inputs[:-1], inputs[-1]


def _require_bias(bias: Tensor | None, scores: tuple[Size, ...], kind: str) -> None:
    if bias is None:
        return
    if bias.rank != len(scores):
        raise ShapeError(f"{kind}: the bias of the scores is {bias}, and the scores are {Tensor(scores)}")
    for x, of_scores in zip(bias.shape, scores):
        if x != 1:
            require(equal(x, of_scores), "a bias of the scores with their extents")


def _require_alike(tensor: Tensor, queries: Tensor, what: str) -> None:
    if tensor.rank != queries.rank:
        raise ShapeError(f"{what} of {tensor} beside queries of {queries}")
    for a, b in zip(tensor.shape[:-2], queries.shape[:-2]):
        require(equal(a, b), f"{what} of the queries' batch")


@layer("scaled_dot_product")
class ScaledDotProduct(Layer):
    """softmax(q·k/√d)·v of three inputs, their heads side by side in the last axis; no weights.

    shape  q of N×T×(h·d), k of N×S×(g·d), v of N×S×(g·e) make N×T×(h·e): h `heads`, and g `kv_heads` where groups of
           heads share keys and values (as many as heads where not given)
    work   T·S·h·(d + e) macs, also where causal; a softmax of S scores for each token and head; a mul a score
           (`scaled`); an add a score with `score_bias`, which takes the bias as last input, h×T×S behind the batch

    Source: Vaswani et al., Attention Is All You Need, arXiv:1706.03762, section 3.2;
    Ainslie et al., GQA, arXiv:2305.13245.
    """

    arity = (3, 4)
    heads: Positive
    kv_heads: Positive | None = None
    causal: bool = False
    scaled: bool = True
    score_bias: bool = False
    windowed = False

    def output(self, *inputs: Tensor) -> Tensor:
        (q, k, v), bias = self._tensors(inputs)
        leading, t, width = sequence(q, self.kind, "a query")
        groups = _groups(self.heads, self.kv_heads)
        for tensor, what in ((k, "keys"), (v, "values")):
            _require_alike(tensor, q, what)
            require(divides(groups, tensor.shape[-1]), f"heads divide the width of the {what}")
        require(divides(self.heads, width), "heads divide the width of the queries")
        require(equal(k.shape[-2], v.shape[-2]), "a value for each key")
        if self.kv_heads is None:
            require(equal(width, k.shape[-1]), "queries and keys of one width")
        else:
            per_head = floor(width, self.heads, exact=True)
            require(equal(groups * per_head, k.shape[-1]), "queries and keys of one width a head")
        if self.causal:
            require(at_least(k.shape[-2], t), "a memory that the queries end")
        _require_bias(bias, (*leading, self.heads, t, k.shape[-2]), self.kind)
        return q.like(*leading, t, self._value_width(v))

    def _tensors(self, inputs: tuple[Tensor, ...]) -> tuple[tuple[Tensor, ...], Tensor | None]:
        sequences, bias = _taken(inputs, self.score_bias, self.kind, 3)
        if len(sequences) != 3:
            raise ShapeError("scaled_dot_product takes queries, keys and values, and a bias only with score_bias")
        return sequences, bias

    def _value_width(self, v: Tensor) -> Size:
        return v.shape[-1] if self.kv_heads is None else self.heads * floor(v.shape[-1], self.kv_heads, exact=True)

    def work(self, *tensors: Tensor) -> Count:
        (q, k, v), _ = self._tensors(tensors[:-1])
        values = v.like(*v.shape[:-1], self._value_width(v))
        return attended(q, k, values, self.heads, causal=self.causal, scaled=self.scaled, biased=self.score_bias)

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        memory = Tensor((s("N"), letter("T_kv", cls.kind), s("C_in")))
        return cls(letter("h", cls.kind)), (tokens_of_symbols(), memory, memory)


def _groups(heads: Size, kv_heads: Size | None) -> Size:
    """How many heads the keys have, which divides the heads of the queries."""
    if kv_heads is None:
        return heads
    require(divides(kv_heads, heads), "heads of keys and values divide the heads of the queries")
    return kv_heads


@layer("attention")
class Attention(Layer):
    """Multi-head attention with its projections to queries, keys and values and from the heads back.

    The first input makes the queries; keys and values come from it too, or from a second input, the memory of a
    cross-attention, or the values from a third. `kv_heads` g < h are shared by groups of heads; d = C/h where
    `head_size` is not given.

    shape  N×T×C; the memory is N×S×C_m
    work   T·C·h·d + 2·S·C_m·g·d + T·h·d·C macs of the projections and 2·T·S·h·d of scores and values, also where
           `causal`; a softmax of S scores for each token and head, a mul a score (`scaled`); an add a score with
           `score_bias`, whose bias is the last input, h×T×S behind the batch; with `rotary` 2 muls and an add for each
           element of q and k; a norm of each head of q and k with `qk_norm`, layer_norm or rms_norm
    space  2·C·h·d + 2·C_m·g·d weights; (h + 2·g)·d biases (with `bias`) and C biases (with `out_bias`)

    Source: Vaswani et al., Attention Is All You Need, arXiv:1706.03762, section 3.2;
    Ainslie et al., GQA, arXiv:2305.13245.
    """

    arity = (1, 4)
    heads: Positive
    kv_heads: Positive | None = None
    head_size: Positive | None = None
    bias: bool = True
    out_bias: bool = True
    causal: bool = False
    scaled: bool = True
    rotary: bool = False
    qk_norm: str = "none"
    score_bias: bool = False
    windowed = False

    def output(self, *inputs: Tensor) -> Tensor:
        (q, k, v), bias = self._tensors(inputs)
        leading, t, width = sequence(q, self.kind)
        if self.head_size is None:
            require(divides(self.heads, width), "heads divide the width")
        _groups(self.heads, self.kv_heads)
        for tensor, what in ((k, "keys"), (v, "values")):
            sequence(tensor, self.kind, "a memory")
            _require_alike(tensor, q, what)
        require(equal(k.shape[-2], v.shape[-2]), "a value for each key")
        if self.causal:
            require(at_least(k.shape[-2], t), "a memory that the queries end")
        if self.rotary:
            require(divides(2, self._head(q)), "rotary positions of pairs of features")
        self._norm()
        _require_bias(bias, (*leading, self.heads, t, k.shape[-2]), self.kind)
        return q

    def _tensors(self, inputs: tuple[Tensor, ...]) -> tuple[tuple[Tensor, Tensor, Tensor], Tensor | None]:
        """What queries, keys and values are made from, and the bias of the scores."""
        sequences, bias = _taken(inputs, self.score_bias, self.kind, 1)
        if len(sequences) > 3:
            raise ShapeError("attention takes queries, a memory and values, and a bias only with score_bias")
        q, k, v = (*sequences, *[sequences[-1]] * (3 - len(sequences)))
        return (q, k, v), bias

    def _head(self, q: Tensor) -> Size:
        """d, the features of a head."""
        return floor(q.shape[-1], self.heads, exact=True) if self.head_size is None else self.head_size

    def _projections(self, q: Tensor) -> tuple[Linear, Linear, Linear, Linear]:
        """Queries, keys, values, and from the heads back."""
        head = self._head(q)
        shared = (self.heads if self.kv_heads is None else self.kv_heads) * head
        to_shared = Linear(shared, self.bias)
        return Linear(self.heads * head, self.bias), to_shared, to_shared, Linear(q.shape[-1], self.out_bias)

    def _norm(self) -> LayerNorm | RMSNorm | None:
        known = {"none": None, "layer_norm": LayerNorm(), "rms_norm": RMSNorm()}
        return known[one_of(self.qk_norm, known, "attention: qk_norm")]

    def parameters(self, *inputs: Tensor) -> tuple[Parameter, ...]:
        (q, k, v), _ = self._tensors(inputs)
        return self._kept(q, k, v)

    def _kept(self, q: Tensor, k: Tensor, v: Tensor) -> tuple[Parameter, ...]:
        to_q, to_k, to_v, back = self._projections(q)
        kept = named("q", to_q.parameters(q)) + named("k", to_k.parameters(k)) + named("v", to_v.parameters(v))
        kept += named("out", back.parameters(to_q.output(q)))
        norm = self._norm()
        if norm is not None:
            heads = norm.parameters(Tensor((1, 1, self._head(q))))
            kept += named("q_norm", heads) + named("k_norm", heads)
        return kept

    def work(self, *tensors: Tensor) -> Count:
        (q, k, v), _ = self._tensors(tensors[:-1])
        return self.done(q, k, v, self.score_bias)

    def done(self, q: Tensor, k: Tensor, v: Tensor, biased: bool) -> Count:
        """What is done with queries, keys and values made from these."""
        to_q, to_k, to_v, back = self._projections(q)
        queries, keys, values = to_q.output(q), to_k.output(k), to_v.output(v)
        count = to_q.work(q, queries) + to_k.work(k, keys) + to_v.work(v, values) + back.work(queries, q)
        norm, head = self._norm(), self._head(q)
        for tensor, heads in ((queries, self.heads), (keys, self.heads if self.kv_heads is None else self.kv_heads)):
            if norm is not None:
                by_head = tensor.like(*tensor.shape[:-1], heads, head)
                count += norm.work(by_head, by_head)
            if self.rotary:
                count += Rotary(heads).work(tensor, tensor)
        repeated = values.like(*values.shape[:-1], to_q.channels)
        return count + attended(
            queries, keys, repeated, self.heads, causal=self.causal, scaled=self.scaled, biased=biased
        )

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        return cls(letter("h", cls.kind)), (tokens_of_symbols(),)


@layer("window_attention")
class WindowAttention(Layer):
    """Self-attention inside windows of w×w positions, each window by itself: Swin's, and MaxViT's block and grid.

    An image whose extents w does not divide is padded up (`pad`), and all that is padded is worked on; without `pad`
    w divides them. `shift` moves the windows by so many positions: rolls, which are copies. `partition: grid` takes
    the positions of a window from all over the image, X/w apart: the same work.

    shape  the input's, N×X²×C, or N×C×X² with `over: channels`
    work   for each of ⌈X/w⌉² windows attention over w² tokens: 4·w²·C² + 2·w⁴·C macs; a softmax, a mul and, with
           `relative_position`, an add a score
    space  4·C² weights; 3·C (`bias`) and C (`out_bias`) biases; with `relative_position` a table of (2·w − 1)²·h, and
           the places of w⁴ pairs in it as a buffer

    Source: Liu et al., Swin Transformer, arXiv:2103.14030; Tu et al., MaxViT, arXiv:2204.01697.
    """

    heads: Positive
    size: Axes = 7
    shift: NaturalAxes = 0
    partition: str = "window"
    pad: bool = True
    bias: bool = True
    out_bias: bool = True
    relative_position: bool = True
    over: str = LAST
    windowed = False

    def output(self, image: Tensor) -> Tensor:
        one_of(self.partition, ("window", "grid"), "window_attention: partition")
        for side, shift in zip(self._sides(image), per_axis(self.shift, spatial_rank(image), "shift")):
            require(at_least(side - 1, shift), "a shift of less than a window")
        windows = self._windows(image)
        require(divides(self.heads, windows.shape[-1]), "heads divide the width")
        return image

    def _sides(self, image: Tensor) -> tuple[Size, ...]:
        return per_axis(self.size, spatial_rank(image), "size")

    def _windows(self, image: Tensor) -> Tensor:
        """Batch × windows along each axis × positions × features."""
        moved = features_last(image, features_axis(image, self.over, self.kind))
        sides, (batch, *extents, features) = self._sides(image), moved.shape
        if not self.pad:
            for x, side in zip(extents, sides):
                require(divides(side, x), "windows divide the image")
        numbers = [ceiling(x, w) if self.pad else floor(x, w, exact=True) for x, w in zip(extents, sides)]
        return image.like(batch, *numbers, reduce(mul, sides), features)

    def _attention(self) -> Attention:
        return Attention(self.heads, bias=self.bias, out_bias=self.out_bias)

    def parameters(self, image: Tensor) -> tuple[Parameter, ...]:
        windows, sides = self._windows(image), self._sides(image)
        kept = self._attention().parameters(windows)
        if not self.relative_position:
            return kept
        table = weight("relative_position_bias", *(2 * side - 1 for side in sides), self.heads)
        positions = windows.shape[-2]
        return (*kept, table, Parameter("relative_position_index", (positions, positions), BUFFER))

    def work(self, image: Tensor, out: Tensor) -> Count:
        windows = self._windows(image)
        return self._attention().done(windows, windows, windows, self.relative_position)

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        image = Tensor((s("N"), s("X"), s("X"), s("C_in")))
        return cls(letter("h", cls.kind), letter("w", cls.kind)), (image,)


@layer("head_attention")
class HeadAttention(Layer):
    """softmax(q·k/√d)·v of h heads, of whose operands only the extents are given: a memory may hold further keys.

    shape  the one given
    work   N·h·T·S·(d + e) macs for N samples, T queries and S keys of d features, values of e features, also where
           causal; a softmax of S scores for each query and head; a mul a score, and with `bias` an add
    """

    shape: Shape
    samples: Natural = 1
    heads: Positive = 1
    queries: Natural = 1
    keys: Natural = 1
    size: Positive = 1
    value_size: Positive = 1
    bias: bool = False
    causal: bool = False
    arity = (1, None)
    windowed = False

    def output(self, *inputs: Tensor) -> Tensor:
        return inputs[0].like(*self.shape)

    def work(self, *tensors: Tensor) -> Count:
        q, k, v = (
            tensors[0].like(self.samples, rows, self.heads * width)
            for rows, width in ((self.queries, self.size), (self.keys, self.size), (self.keys, self.value_size))
        )
        return attended(q, k, v, self.heads, causal=self.causal, scaled=True, biased=self.bias)

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        n, t, h, d = s("N"), s("T"), letter("h", cls.kind), letter("d", cls.kind)
        made = cls((n, t, h * d), samples=n, heads=h, queries=t, keys=t, size=d, value_size=d)
        return made, (Tensor((n, t, h * d)),)
