"""How a cost is written."""

from random import Random

from test_cost import C_in, C_out, H, K, N, X

import symconv as sc
from symconv.cost import evaluate_cost, product, total_of
from symconv.formula import in_front, set_cost
from symconv.layers import Conv, MaxPool
from symconv.notation import ASCII, TEXT
from symconv.symbols import symbol
from symconv.values import evaluate


def test_terms_are_collected_by_extent_coarsest_first_constants_last_and_what_all_share_in_front() -> None:
    cost = total_of(
        product(N, c, *[X // d if d > 1 else X] * n)
        for d, n, c in (
            (1, 2, 38592),
            (4, 2, 1474560),
            (16, 2, 7077888),
            (2, 2, 221184),
            (8, 2, 5898240),
            (1, 0, 7),
            (16, 1, 3),
        )
    )
    assert str(cost) == (
        "N·(7077888·⌊X/16⌋² + 3·⌊X/16⌋ + 5898240·⌊X/8⌋² + 1474560·⌊X/4⌋² + 221184·⌊X/2⌋² + 38592·X² + 7)"
    )
    assert set_cost(cost, ASCII).text.startswith("N*(7077888*floor(X/16)^2 + 3*floor(X/16) + ")
    front, rest = in_front(cost)
    assert [str(f) for f in front] == ["N"]
    assert product(N) * rest == cost


def test_the_order_in_which_terms_were_added_does_not_show() -> None:
    rng = Random(9)
    parts = [product(N, X // d, X // d, c) for d, c in ((2, 5), (3, 7), (16, 1), (5, 2))]
    parts += [product(N, H), product(N, 4)]
    texts = set()
    for _ in range(30):
        rng.shuffle(parts)
        texts.add(str(total_of(parts)))
    assert texts == {"N·(⌊X/16⌋² + 2·⌊X/5⌋² + 7·⌊X/3⌋² + 5·⌊X/2⌋² + H + 4)"}


def test_the_convolutions_of_vgg_16_are_printed_as_the_issue_has_it() -> None:
    net = sc.Network("VGG-16")
    net.input("image", "N", 3, "X", "X")
    for stage, (channels, convs) in enumerate(((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))):
        for i in range(convs):
            net.add(f"conv{stage}_{i}", Conv(channels, 3, padding=1))
        net.add(f"pool{stage}", MaxPool(2))
    assert str(net.cost("macs")) == ("N·(7077888·⌊X/16⌋² + 5898240·⌊X/8⌋² + 1474560·⌊X/4⌋² + 221184·⌊X/2⌋² + 38592·X²)")
    # Table 1, D: 15470264320 in all, with fully connected layers of 25088·4096 + 4096² + 4096000.
    assert net.evaluate("macs", X=224, N=1) == 15470264320 - (25088 * 4096 + 4096 * 4096 + 4096 * 1000)


def test_a_rule_is_written_with_what_only_some_terms_share_taken_out() -> None:
    M = sc.M
    cost = product(K, K, C_in, C_out, M, M) + product(C_in, C_out, M, M) + product(C_in - 1, C_out, M, M)
    assert set_cost(cost, TEXT, grouped=True).text == "((K² + 1)·C_in + (C_in − 1))·C_out·M²"
    assert evaluate_cost(cost, {symbol(n): v for n, v in zip(("K", "C_in", "C_out", "M"), (3, 3, 64, 224))}) == (
        ((3 * 3 + 1) * 3 + 2) * 64 * 224 * 224
    )
    assert evaluate(M, {symbol("M"): 5}) == 5
