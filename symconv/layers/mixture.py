"""Mixtures of experts: many feed-forward layers, of which each token uses a few."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from symconv.condition import at_least
from symconv.cost import product
from symconv.count import Count
from symconv.domain import require
from symconv.layer import Layer, Parameter, layer
from symconv.layers.activation import Softmax
from symconv.layers.features import letter, named, sequence, tokens_of_symbols
from symconv.layers.linear import Linear
from symconv.layers.mlp import MLP, GatedMLP
from symconv.ranges import Positive
from symconv.tensor import Tensor


@layer("mixture_of_experts")
class MixtureOfExperts(Layer):
    """A router scores E experts for each token; the k best of them, each an MLP, are added up by their shares.

    work   a token: C·E macs of the router; k·E − k·(k + 1)/2 maxima to pick k of E; a softmax of k scores; k experts,
           each 3·C·F macs where `gated` and 2·C·F where not; k·C muls and (k − 1)·C adds
    space  C·E weights of the router, E times an expert's; one token makes use of k experts' (`active_params`)

    Source: Shazeer et al., Outrageously Large Neural Networks, arXiv:1701.06538; Jiang et al., Mixtral of Experts,
    arXiv:2401.04088, section 2.1.
    """

    experts: Positive
    top_k: Positive
    hidden: Positive
    gated: bool = True
    activation: str = "silu"
    bias: bool = False
    windowed = False

    @property
    def expert(self) -> MLP | GatedMLP:
        """One of the experts."""
        return (GatedMLP if self.gated else MLP)(self.hidden, self.activation, self.bias)

    @property
    def router(self) -> Linear:
        """The scores of the experts."""
        return Linear(self.experts, bias=False)

    def output(self, rows: Tensor) -> Tensor:
        sequence(rows, self.kind)
        require(at_least(self.experts, self.top_k), "as many experts as each token uses")
        return self.expert.output(rows)

    def parameters(self, rows: Tensor) -> tuple[Parameter, ...]:
        experts = (replace(p, shape=(self.experts, *p.shape), active=self.top_k) for p in self.expert.parameters(rows))
        return (*named("router", self.router.parameters(rows)), *named("experts", experts))

    def work(self, rows: Tensor, out: Tensor) -> Count:
        e, k = self.experts, self.top_k
        *tokens, features = rows.shape
        chosen, routed = rows.like(*tokens, k), rows.like(*tokens, k, features)
        picked = (product(k, e) + product(k, k + 1) * Fraction(-1, 2)) * product(*tokens)
        count = self.router.work(rows, rows.like(*tokens, e)) + Count(max=picked)
        count += Softmax(-1).work(chosen, chosen) + self.expert.work(routed, routed)
        return count + Count(mul=routed.elements, add=routed.elements - rows.elements)

    @classmethod
    def general(cls) -> tuple[Layer, tuple[Tensor, ...]]:
        experts, top_k, hidden = (letter(name, cls.kind) for name in ("E", "k", "F"))
        return cls(experts, top_k, hidden), (tokens_of_symbols(),)
