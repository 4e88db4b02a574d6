"""Cutting bytes into entries: every form, any chunk size, damage stays local."""

import json
import time
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.sources.framing import Framer


def frames(data, size=None, max_bytes=1 << 20):
    framer = Framer(max_bytes)
    step = size or max(len(data), 1)
    found = []
    for start in range(0, len(data), step):
        found += framer.feed(data[start : start + step])
    return [Frame(*frame) for frame in (*found, *framer.finish())]


class Frame(NamedTuple):
    offset: int
    data: bytes
    problem: str
    size: int


ENTRIES = [{"insertId": str(n), "textPayload": 'a "quoted" } { [ ] \\ line', "labels": {"x": "{"}} for n in range(5)]
FORMS = {
    "ndjson": "\n".join(json.dumps(e) for e in ENTRIES),
    "ndjson with a final newline": "\n".join(json.dumps(e) for e in ENTRIES) + "\n",
    "ndjson with carriage returns and blank lines": "\r\n\r\n".join(json.dumps(e) for e in ENTRIES),
    "ndjson with a byte order mark": "\ufeff" + "\n".join(json.dumps(e) for e in ENTRIES),
    "compact array": json.dumps(ENTRIES, separators=(",", ":")),
    "array with an entry per line": "[\n" + ",\n".join(json.dumps(e) for e in ENTRIES) + "\n]",
    "gcloud's array": json.dumps(ENTRIES, indent=2),
    "indented objects one after the other": "\n".join(json.dumps(e, indent=2) for e in ENTRIES),
    "array indented by one": json.dumps(ENTRIES, indent=1) + "\n",
    "two of gcloud's arrays": json.dumps(ENTRIES[:2], indent=2) + "\n" + json.dumps(ENTRIES[2:], indent=2) + "\n",
    "two compact arrays": json.dumps(ENTRIES[:2]) + json.dumps(ENTRIES[2:]),
    "an empty array and one of one entry a line": "[]\n[\n" + ",\n".join(json.dumps(e) for e in ENTRIES) + "\n]\n",
    "arrays of different hands": json.dumps(ENTRIES[:1], indent=4) + "\n[]\n" + json.dumps(ENTRIES[1:]),
    "a line each, then gcloud's array": "\n".join(
        [*(json.dumps(e) for e in ENTRIES[:2]), json.dumps(ENTRIES[2:], indent=2)]
    ),
    "gcloud's array, then a line each": "\n".join(
        [json.dumps(ENTRIES[:2], indent=2), *(json.dumps(e) for e in ENTRIES[2:])]
    ),
    "indented objects, then an array": "\n".join(
        [*(json.dumps(e, indent=2) for e in ENTRIES[:2]), json.dumps(ENTRIES[2:], indent=2)]
    ),
    "the answer of entries.list": json.dumps({"entries": ENTRIES, "nextPageToken": 'a"}]b'}, indent=2) + "\n",
    "the same on one line": json.dumps({"entries": ENTRIES, "nextPageToken": "ab]}"}),
    "two answers, the token first": "\n".join(
        json.dumps({"nextPageToken": "x", "entries": part}, indent=indent)
        for part, indent in ((ENTRIES[:2], 2), (ENTRIES[2:], None))
    ),
    "answers, one a line": "\n".join(json.dumps({"entries": [e]}) for e in ENTRIES) + "\n",
    "the answer of a pull": json.dumps({"receivedMessages": ENTRIES}, indent=1),
    "BigQuery's console": "[" + ", ".join(json.dumps(e, indent=2) for e in ENTRIES) + "]",
}


# Cutting an entry where there is no line to hold on to may cost the one behind it.
WITHOUT_LINES = {
    "two compact arrays", "arrays of different hands", "the same on one line", "two answers, the token first",
    "answers, one a line", "BigQuery's console",
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [1, 7, 64, None])
def test_every_form_gives_the_same_entries_in_chunks_of_any_size(form, size):
    found = frames(FORMS[form].encode(), size)

    assert [json.loads(frame.data) for frame in found] == ENTRIES
    assert not any(frame.problem for frame in found)


@pytest.mark.parametrize("form", FORMS)
def test_the_offset_is_where_the_entry_begins(form):
    data = FORMS[form].encode()

    assert all(data[f.offset : f.offset + len(f.data)] == f.data for f in frames(data, 33))


@pytest.mark.parametrize(
    "form", sorted(set(FORMS) - {"ndjson with carriage returns and blank lines", "compact array"} - WITHOUT_LINES)
)
def test_an_entry_cut_in_the_middle_leaves_the_others_whole(form):
    data = FORMS[form].encode()
    third = frames(data)[2]
    damaged = data[: third.offset + 20] + data[third.offset + len(third.data) :]
    whole = []
    for frame in frames(damaged, 50):
        try:
            whole.append(json.loads(frame.data)["insertId"])
        except ValueError:
            continue

    assert whole == ["0", "1", "3", "4"]


@pytest.mark.parametrize("gone", [b'"', b"{", b'":', b'1","textPayload":"a', b'"}}'])
def test_whatever_is_missing_in_a_compact_array_the_entries_behind_it_are_found(gone):
    data = json.dumps(ENTRIES, separators=(",", ":")).encode()
    second = frames(data)[1]
    at = data.index(gone, second.offset)
    found = [frame.data for frame in frames(data[:at] + data[at + len(gone) :], 64)]

    assert [json.dumps(ENTRIES[n], separators=(",", ":")).encode() in found for n in (0, 2, 3, 4)] == [True] * 4


@pytest.mark.parametrize("size", [1000, None])
def test_an_entry_over_the_limit_in_a_compact_array_is_named_by_size_and_the_next_one_is_found(size):
    long = {"insertId": "long", "textPayload": "x" * 50_000}
    data = json.dumps([ENTRIES[0], long, *ENTRIES[1:]], separators=(",", ":")).encode()
    found = frames(data, size, max_bytes=4096)

    assert [json.loads(f.data) for f in found if not f.problem] == ENTRIES
    (one,) = [f for f in found if f.problem]
    assert one.size == len(json.dumps(long, separators=(",", ":"))) > len(one.data) - 1
    assert f"{one.size:,} bytes" in one.problem


def test_a_compact_array_of_nothing_but_damage_is_read_in_one_go():
    data = b"[" + b'{"a":"1,' * 50_000
    begin = time.process_time()
    found = frames(data, 1 << 16)

    assert time.process_time() - begin < 10  # reading the rest again for each element takes many minutes
    assert all(frame.problem for frame in found)


def test_a_compact_array_cut_in_a_string_says_so_and_goes_on_behind_the_line():
    data = b'[{"a":"1"},{"a":"unfinished\n,{"a":"3"}]'
    found = frames(data)

    assert [f.data for f in found if not f.problem] == [b'{"a":"1"}', b'{"a":"3"}']
    assert [f.problem for f in found if f.problem] == ["truncated JSON: the entry does not end"]


def test_an_array_that_ends_early_keeps_its_tail_as_a_problem():
    data = json.dumps(ENTRIES).encode()[:-30]
    found = frames(data)

    assert [bool(f.problem) for f in found] == [False] * 4 + [True]


@pytest.mark.parametrize("size", [1000, None])
def test_an_entry_over_the_limit_is_named_by_size_and_the_next_one_is_found(size):
    data = b'{"a": 1}\n' + b"x" * 50_000 + b'\n{"a": 2}\n'
    found = frames(data, size, max_bytes=4096)

    assert [f.data for f in found if not f.problem] == [b'{"a": 1}', b'{"a": 2}']
    (long,) = [f for f in found if f.problem]
    assert (long.offset, "50,000 bytes" in long.problem) == (9, True)


def test_a_plain_log_that_begins_with_a_bracket_is_lines_not_an_array():
    assert [f.data for f in frames(b"[2025-09-14] [ERROR] no\nsecond")] == [b"[2025-09-14] [ERROR] no", b"second"]


@pytest.mark.parametrize("data", [b"", b"\n\n", b"[]", b"[\n]\n", b"  [ ]"])
def test_nothing_in_gives_nothing_out(data):
    assert frames(data) == frames(data, 1) == []


@given(st.binary(max_size=300), st.integers(1, 40))
def test_any_bytes_in_any_chunks_neither_fail_nor_depend_on_the_chunks(data, size):
    assert frames(data, size) == frames(data)
