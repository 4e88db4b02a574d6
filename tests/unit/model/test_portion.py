"""The learned size of a request."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.model.portion import Portion


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_whatever_fits_is_found_in_few_refusals_and_never_lost_again(most, fits):
    portion = Portion(most)
    refusals = 0
    for _ in range(60):
        if portion.size > fits:
            portion.refused(portion.size)
            refusals += 1
        else:
            portion.succeeded(portion.size)
    assert portion.size <= most
    assert refusals <= 40, "no request is refused for ever"


@pytest.mark.parametrize(("most", "least"), [(1500, 8), (1, 1), (100, 1)])
def test_it_comes_back_from_the_bottom_in_a_dozen_steps(most, least):
    portion = Portion(most, least)
    for _ in range(50):
        portion.refused(portion.size)
    assert portion.is_least
    assert portion.size == least
    for _ in range(12):
        portion.succeeded(portion.size)
    assert portion.is_most


def test_small_requests_prove_nothing_about_large_ones():
    portion = Portion(1000)
    portion.refused(1000)
    for _ in range(100):
        portion.succeeded(3)
    assert portion.size == 500
