"""Symbols that are named like a word of the call: their values are told in one mapping."""

from symconv.analysis.comparisons import check_claim
from symconv.analysis.rates import change
from symconv.analysis.scaling import scaling
from symconv.readers import parse_spec
from symconv.sweeps.space import design_space


def net(name: str):
    return parse_spec(f"symbols: {{{name}: channels}}\ninput: [1, {name}]\nlayers: [linear: 10]").network()


def test_a_symbol_may_have_the_name_of_a_word_of_the_call() -> None:
    # 10·c MACs and, with the biases, 10·c + 10 params.
    assert check_claim(net("by"), "macs == 70", {"by": 7}).holds
    assert change(net("to"), "to", "macs", {"to": 3}).after == 40
    for name in ("where", "illegal"):
        assert design_space(net(name), "macs", {name: [2, 5]}).table()["macs"].tolist() == [20, 50]
    for name in ("rule", "where", "illegal"):
        assert [d.values[name] for d in scaling(net(name), "macs <= 40", {name: [2, 3, 5]}).best] == [3]
