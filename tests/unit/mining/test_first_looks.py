"""Cheap looks that save a regular expression: none of them hides a match."""

import re

from hypothesis import given
from hypothesis import strategies as st

from processor.mining import file_names, masker, masks, quotes
from processor.parsing import shapes

PIECES = (
    "<*>", "<<*>", "~<*>", ">=<*>", "~=<*>", " <*> ", "{", "}", "{<*>}", "'", '"', '\\"', "`", "[", "]", "***",
    "()", "[]", "(", ")", " / ", ": /", " for ", "Monday", "Fri", "May", "September", "Jan", " next ",
    "Next week", "last ", "today", "tomorrow", "this month", "tonight", "from ", "FAILED", "READY", " to ",
    "->", "USD", "€", "$", "EUR", "kB", "ms", "UTC", "searched for ", "invalid user ", "root", "GET /",
    "curl/<*>", "plugins ", "geo", "web-", "on", "off", " ", " ", ", ", "upload ", "Scan ", "thumbnail of ",
    "Q report", ".pdf", ".xlsx", "template ", "Package ", "ns/money.js", "a", "0",
    "{ Id = ", " }", "{Name:", "id=<*>", "(", "key ", "user:<*>", "₦", "blob ", "x/y z",
)  # fmt: skip
LINES = st.lists(st.sampled_from(PIECES), max_size=9).map("".join)


@given(LINES)
def test_a_line_that_a_mask_fits_has_one_of_its_needles(line):
    for name, needles, pattern, _ in masks.LINE_MASKS:
        # A needle names what a mask is about where several rows share a pattern: next to the words, all of them do.
        found = re.search(pattern, line)
        shared = [row for row in masks.LINE_MASKS if row[2] == pattern]
        assert not found or any(needle in line for row in shared for needle in row[1]), (name, needles)


@given(LINES)
def test_a_name_of_a_file_with_blanks_is_never_overlooked(line):
    if file_names.BLANKED_FILE.search(line):
        assert masker._may_hold_file(line)


@given(LINES)
def test_a_name_of_a_part_is_never_overlooked(line):
    if quotes._NAMED_BY_FILE.search(line):
        assert any(noun in line for noun in quotes._MAY_NAME_A_FILE)


@given(
    st.lists(st.sampled_from(("a", "B-", "9", "x1", "-", "_", ".", " ", "\t", "12-a", "é")), max_size=9).map("".join)
)
def test_words_with_digits_are_found_word_by_word_as_in_the_whole_text(text):
    whole = masker._IDENTIFIER.sub("0", shapes.plain(text))

    assert masker._bare(text).split() == whole.split()


@given(
    st.sampled_from(("true", "deadbeef", "feed", "File", "failed", "IOException", "ABCDEFAB")),
    st.sampled_from(".,:;!?)"),
)
def test_a_word_and_a_stop_is_masked_as_by_the_table(word, stop):
    masks_of = masker.Masker()
    by_table = masker._WORD.sub(lambda match: masks_of._replacement(match, None), word + stop)

    assert masks_of._word(word + stop, None) == by_table
