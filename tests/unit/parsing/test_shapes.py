"""Shapes: the key of a text without its numbers is exactly as fine as the text without them."""

from hypothesis import given
from hypothesis import strategies as st

from processor.parsing import shapes

TEXTS = st.text(st.sampled_from("019a. \t\n\x0b\x1c\x85\u2028é٣\ud800"), max_size=8)


@given(TEXTS, TEXTS)
def test_two_texts_have_one_shape_exactly_if_they_differ_in_numbers_alone(one, other):
    assert (shapes.shape(one) == shapes.shape(other)) == (shapes.plain(one) == shapes.plain(other))


def test_a_number_at_either_end_is_not_the_same_as_none():
    assert len({shapes.shape(text) for text in ("a", "1a", "a1", "1a1", "", "1", " ", "1 ", "\t")}) == 9


def test_the_shape_of_the_last_text_is_not_taken_for_that_of_another():
    first, second = "took 5 ms", "took 5 s"
    assert [shapes.shape(text) for text in (first, second, first)] == [
        b".took\xf80\xf8ms.", b".took\xf80\xf8s.", b".took\xf80\xf8ms."
    ]  # fmt: skip
