"""Names that stand in a sentence without a shape of their own are hidden, words of the language and the trade stay."""

import leaks
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.names import hide, is_known


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("cannot create account for Zofia in region eu", "cannot create account for … in region eu"),
        ("cannot create account for zofia in region eu", "cannot create account for … in region eu"),
        ("customer Grace Hopper has no order", "customer … … has no order"),
        ("user 'bob' not found", "user '…' not found"),
        ("Zofia Nowak logged in", "… … logged in"),
        ("login failed user=zofia", "login failed user=…"),
        ("HTTP 5xx GET /users/zofia/orders", "HTTP 5xx GET /users/…/orders"),
        ("HTTP 5xx GET /search/shoes", "HTTP 5xx GET /search/…"),
        ("patient Müller not found", "patient … not found"),
        # what is said
        ("connection to postgresql refused", "connection to postgresql refused"),
        ("KeyError: 'order_id' in checkout()", "KeyError: 'order_id' in checkout()"),
        ("Failed to load ConfigMap for namespace kube-system", "Failed to load ConfigMap for namespace kube-system"),
        ("Couldn't authenticate user", "Couldn't authenticate user"),
        ("HTTP 5xx POST /api/v1/orders/search", "HTTP 5xx POST /api/v1/orders/search"),
        ("ModuleNotFoundError: No module named 'pandas'", "ModuleNotFoundError: No module named 'pandas'"),
        ("the value of [redacted: Adobe key] is wrong", "the value of [redacted: Adobe key] is wrong"),
        ("", ""),
        ("   \n ", "   \n "),
    ],
)
def test_what_is_filled_in_is_hidden_and_what_is_said_stays(text, shown):
    assert hide(text) == shown


@pytest.mark.parametrize(
    "word", ["orders", "stopped", "planning", "unauthorized", "Kubernetes", "retries", "misconfigured"]
)
def test_a_word_is_known_in_its_forms(word):
    assert is_known(word)


def test_at_most_one_name_in_fifty_is_shown():
    shown = [one for one in leaks.names() if any(part in hide(one.line) for part in one.secret.split())]

    assert len(leaks.names()) >= 45
    assert len(shown) * 50 <= len(leaks.names()), shown


@given(st.text(max_size=200))
def test_hiding_twice_is_hiding_once(text):
    assert hide(hide(text)) == hide(text)


@pytest.mark.parametrize("hostile", ["a " * 10_000, "Zofia " * 4_000, "/a" * 10_000, "'" * 20_000, "x=" * 10_000])
@pytest.mark.timeout(20)
def test_hostile_text_takes_linear_time(hostile):
    assert hide(hostile)
