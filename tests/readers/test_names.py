"""What a file says is shown in a message short, on one line, with nothing invisible; near misses are found in time."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from symconv.readers.names import MAX_LISTED, MAX_NAME, MAX_SHOWN, miss, nearest, plainly, refusal, shown


@given(
    st.text() | st.integers() | st.none() | st.booleans() | st.lists(st.text()) | st.dictionaries(st.text(), st.none())
)
def test_any_value_is_shown_in_a_few_characters_that_can_be_seen(value: object) -> None:
    for text in (shown(value), plainly(value) if isinstance(value, str) else ""):
        assert text.isprintable()
        # Escapes are up to ten characters long.
        assert len(text) <= 10 * MAX_SHOWN + 2 or isinstance(value, int)


def test_numbers_are_shown_as_a_file_writes_them() -> None:
    assert [shown(Fraction(n)) for n in ("3/2", "2", "0.1", "-1/8")] == ["1.5", "2.0", "0.1", "-0.125"]
    assert shown([Fraction(1, 2), True, None, "a"]) == "[0.5, true, nothing, 'a']"
    assert shown([7] * 500) == "a list of 500"


@given(st.text(max_size=300))
def test_a_legal_name_can_be_seen_is_bounded_and_has_no_empty_part(name: str) -> None:
    why = refusal(name)
    legal = name.isprintable() and len(name) <= MAX_NAME and all(p and p == p.strip() for p in name.split("/"))
    assert legal == (not why)
    assert why.isprintable()


def test_a_hint_gives_the_nearest_name_or_the_first_of_all() -> None:
    assert nearest("stride1", ["kernel", "stride"], "accepted are") == "did you mean stride?"
    assert nearest("x", [], "known are") == "known are none"
    many = [f"layer{i}" for i in range(100)]
    assert nearest("x", many, "known are") == f"known are {', '.join(many[:MAX_LISTED])}, …"


def test_a_near_miss_among_very_many_long_names_is_looked_for_among_some() -> None:
    names = ["n" * 190 + str(i) for i in range(100_000)]
    assert miss("n" * 190 + "x", names).startswith("did you mean nnn")
    assert miss("n" * 3_000_000, names) == ""
