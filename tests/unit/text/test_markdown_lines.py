"""A line of log text acts nowhere: not in a title, a mail's subject or a chat message."""

import re

import pytest

from processor.text import markdown

ACTS = re.compile(r"@\w|://|#\d|\bGH-\d|www\.|!\(")
TEXTS = [
    "@octocat broke it",
    "mail to ann@example.com",
    "see http://host/x",
    "as in #17",
    "GH-17",
    "www.host",
    "![x](y)",
]


@pytest.mark.parametrize("text", TEXTS)
def test_no_line_mentions_links_or_refers(text):
    assert not ACTS.search(markdown.line(text, max_chars=200))


@pytest.mark.parametrize("text", ["@octocat broke it", "see http://host/x", "as in #17", "GH-17", "www.host"])
def test_no_title_mentions_links_or_refers(text):
    assert not ACTS.search(markdown.title(text, max_chars=200))


def test_what_is_read_stays_the_same():
    assert markdown.line("ask @octocat", max_chars=200).replace("\u200b", "") == "ask @octocat"
