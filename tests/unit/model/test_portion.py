"""The learned size of a request."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.model.portion import Portion


def run(portion, fits, rounds):
    """Ask for whole portions of a store that takes so many; return what it refused."""
    refused = []
    for _ in range(rounds):
        asked = portion.size
        if asked > fits:
            portion.refused(asked)
            refused.append(asked)
        else:
            portion.succeeded(asked)
    return refused


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_whatever_fits_is_found_in_few_refusals_and_kept(most, fits):
    portion = Portion(most)
    run(portion, fits, 40)
    assert len(run(portion, fits, 1000)) <= 8, "a refusal is a deadline, and the limit is known by then"
    assert portion.size <= most
    portion.refused(portion.size)
    run(portion, fits, 60)
    assert 3 * portion.size >= min(most, fits), "nor is it given up for much less"


def test_a_refused_size_is_remembered_and_approached():
    portion = Portion(1500)
    assert run(portion, 833, 8) == [1500, 937]
    assert portion.size == 750


def test_a_limit_that_stays_is_tried_less_and_less_often():
    portion = Portion(1500)
    run(portion, 833, 8)
    assert len(run(portion, 833, 100)) <= 4
    assert len(run(portion, 833, 1000)) <= 5


@pytest.mark.parametrize(("most", "least"), [(1500, 8), (1, 1), (100, 1)])
def test_it_comes_back_from_the_bottom_by_itself(most, least):
    portion = Portion(most, least)
    for _ in range(50):
        portion.refused(portion.size)
    assert portion.is_least
    assert portion.size == least
    run(portion, most, 20)
    assert portion.is_most


def test_a_store_that_became_slower_than_it_ever_was_is_followed():
    portion = Portion(1500)
    run(portion, 833, 50)
    assert run(portion, 20, 12)[-1] > 20
    assert 10 <= portion.size <= 20


def test_small_requests_prove_nothing_about_large_ones():
    portion = Portion(1000)
    portion.refused(1000)
    for _ in range(100):
        portion.succeeded(3)
    assert portion.size == 500
