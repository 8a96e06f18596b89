"""What Python's numbers can do with a size: the output at many sizes is that of a run, or the size is fixed."""

import copy
import math
import operator

import numpy as np
import pytest

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from readers.torch.test_sizes import agrees  # noqa: E402

HEIGHTS, WIDTHS = (1, 2, 3, 5, 7, 11, 16, 47, 48, 49, 53, 97), (5, 29, 64, 71)
ALL = [(h, w) for h in HEIGHTS for w in WIDTHS]


def rows(number):
    """A function of an image that makes as many rows as a function of its height and width says."""
    return lambda x: x.new_zeros(1, 2, number(*x.shape[2:]), x.shape[3]) + x[:, :, :1]


#: By name a number of rows that is right at all sizes.
AT_ALL = {
    "over infinity": lambda h, w: int(h / math.inf) + h,
    "beside infinity": lambda h, w: h if h < math.inf else 1,
    "times infinity": lambda h, w: int(min(h * math.inf, 7.0)) + h,
    "beside a word": lambda h, w: h + (h == "all") + (h != None) + (w in (None, "w")),  # noqa: E711
    "the root of a square by a power": lambda h, w: int((h * h) ** 0.5),
    "the root of a fraction": lambda h, w: int(math.sqrt(h * h / 4)) + 1,
    "the root of a product of squares": lambda h, w: int(math.sqrt(4 * h * h * w * w)),
    "the root of a square of a sum": lambda h, w: int(math.sqrt((h // 3 + 1) ** 2)),
    "a copy": lambda h, w: copy.copy(h) + copy.deepcopy([w])[0],
    "all bits turned": lambda h, w: -~h,
    "truncated": lambda h, w: math.trunc(h),
    "a floor": lambda h, w: math.floor(h),
    "a ceiling": lambda h, w: math.ceil(h),
    "rounded": lambda h, w: round(h) + round(w, 2),
    "a negative float": lambda h, w: 1 - math.floor(-(h / 3)),
    "a negative float's ceiling": lambda h, w: 1 - math.ceil(-(h / 3)),
    "a negative float truncated": lambda h, w: 1 - int(-(h / 4)),
    "a float as a truth": lambda h, w: h if h / 2 else 7,
    "a share of the other": lambda h, w: int(h / w * 8) + 1,
    "a product over a factor": lambda h, w: int((h * w) / w),
    "a product over a factor and more": lambda h, w: int((h * w + w) / w),
    "a product of sums over one": lambda h, w: int((h + 1) * (w + 2) / (w + 2)),
    "an absolute difference": lambda h, w: abs(h - 2 * h),
    "negative bits": lambda h, w: (h & 0) + (h & 7) + 1,
    "a mask on the left": lambda h, w: (15 & h) + 1,
    "as an index": lambda h, w: operator.index(3) + h,
    "NumPy's rest": lambda h, w: np.remainder(h, 5) + 1,
    "NumPy's root": lambda h, w: int(np.sqrt(h * h)),
    "NumPy's rounding": lambda h, w: int(np.rint(h / 1)) + int(np.trunc(h / 2)),
    "NumPy's comparisons": lambda h, w: h + int(np.less(h, 0)) + int(np.equal(h, 0)),
    "nothing of it": lambda h, w: int(h / 2 * 0) + h,
    "a part of a quotient": lambda h, w: int(divmod(h + 0.0, 4)[0]) + 1,
    "a rest of floats": lambda h, w: int((h + 0.0) % 4) + 1,
    "a text": lambda h, w: h + len(f"{h / 2:9.1f}{w!r:>9}") - 18,
}


@pytest.mark.parametrize("name", AT_ALL)
def test_a_number_of_sizes_is_right_at_all_sizes(name):
    assert agrees(rows(AT_ALL[name]), 48, 64, HEIGHTS, WIDTHS) == ALL


#: By name a number of rows for which there is no formula at all sizes, or for which it is a branch.
SOMEWHERE = {
    "to tens": lambda h, w: round(h, -1) + 1,
    "to tens of a sum": lambda h, w: round(h + w, -1),
    "the root of a size": lambda h, w: int(math.sqrt(h)),
    "the root of the area": lambda h, w: int(math.sqrt(h * w)),
    "the root of a quotient": lambda h, w: int((h / w) ** 0.5 * 4) + 1,
    "the root of a negative number's square": lambda h, w: int(math.sqrt(((h - 10) // 3) ** 2)) + 5,
    "the root of a square of a difference's part": lambda h, w: int(math.sqrt(((w - h) // 3) ** 2)) + 1,
    "over the root of a square of a difference's part": lambda h, w: int(math.sqrt(h * h / ((w - h) // 3) ** 2)) + 1,
    "the root of a negative part's square": lambda h, w: int(math.sqrt((-h // 5) ** 2)) + 1,
    "the root of a difference's square": lambda h, w: int(math.sqrt((h - 10) ** 2)) + 1,
    "the root of a square over a square": lambda h, w: int(math.sqrt((h * h) / ((w - 10) // 3) ** 2)) + 1,
    "the root of a part's square": lambda h, w: int(math.sqrt((h // 16) ** 2 - 2 * (h // 16) + 1)) + 1,
    "shifted by it": lambda h, w: 1000 >> (h & 3),
    "shifting by it": lambda h, w: 1 << (h & 3),
    "a shift by another": lambda h, w: (h << (w & 1)) + (h >> (w & 1)),
    "a bit set": lambda h, w: h | 1,
    "a bit set on the left": lambda h, w: 1 | h,
    "a bit turned": lambda h, w: (h ^ 1) + 1,
    "as many bits": lambda h, w: h.bit_count() + h.bit_length(),
    "a whole quotient": lambda h, w: h // 4 if (h / 4).is_integer() else h + 1,
    "a float that may be 0": lambda h, w: h if h / 2 - 24 else 7,
    "a quotient by a difference": lambda h, w: h // (w - 10) + 1,
    "a quotient by a negative number": lambda h, w: 1 - h // (10 - w),
    "a rest by a negative number": lambda h, w: 1 - h % (10 - w),
    "a float over a difference": lambda h, w: int(h / (w - 10)) + 1,
    "a float over a negative number": lambda h, w: int(-h / (10 - w)) + 1,
    "a third of a share": lambda h, w: int(h / w * 3) + 1,
    "a scale's size": lambda h, w: int(h * min(32 / h, 40 / w)) + 1,
    "a scale's size that is compared": lambda h, w: h if h * (32 / h) >= 32 else h + 1,
    "a third and its multiple": lambda h, w: h if h * 0.7 - 0.7 * (h - 1) == 0.7 else h + 1,
    "as far as the smaller side": lambda h, w: int(h * (32 / min(h, w))),
    "a share that is compared": lambda h, w: h if h / w > 0.75 else 2 * h,
    "a difference of thirds": lambda h, w: int((h / 3 - (h - 1) / 3) * 3) + 1,
    "most of it over all of it": lambda h, w: int(0.7 * h / h * 10) + 1,
    "an unlike power": lambda h, w: h**9 % 7 + 1,
    "a power of a number": lambda h, w: 2 ** (h % 5),
    "a power with a modulus": lambda h, w: pow(h, 3, 7) + 1,
    "a float's power": lambda h, w: int((h / 2) ** 2) + 1,
    "a float of NumPy's": lambda h, w: int(np.float64(h) / 2) + 1,
    "NumPy's array": lambda h, w: int(np.array([h, w]).max()),
    "NumPy's hypotenuse": lambda h, w: int(np.hypot(h, w)),
    "a logarithm": lambda h, w: int(math.log2(h)) + 1,
    "a third's rounding": lambda h, w: round(h / 3) + 1,
    "two floats' product": lambda h, w: int(h / 3 * (w / 5)) + 1,
    "two floats' quotient": lambda h, w: int((h / 3) / (w / 7)) + 1,
    "floors of floats": lambda h, w: int((h / 3) // (w / 7)) + 1,
}


@pytest.mark.parametrize("name", SOMEWHERE)
@pytest.mark.parametrize("size", [(48, 64), (47, 71), (16, 5)])
def test_a_number_of_sizes_is_right_wherever_the_formula_holds(name, size):
    if SOMEWHERE[name](*size) <= 0:
        pytest.skip("no image")
    found = agrees(rows(SOMEWHERE[name]), *size, HEIGHTS, WIDTHS)
    assert size in found


def test_a_size_that_c_code_takes_for_a_float_is_fixed():
    """A comparison that all the runs beside it have in common would hold at every size else."""
    assert agrees(rows(lambda h, w: h if np.float64(h) < 2000 else 1), 48, 64, (47, 48, 1999, 2000, 3000)) == [(48, 64)]
    assert agrees(rows(lambda h, w: h if abs(complex(h)) < 2000 else 1), 48, 64, (47, 48, 1999, 2000, 3000)) == [
        (48, 64)
    ]
