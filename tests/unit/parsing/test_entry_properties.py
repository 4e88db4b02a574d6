"""Whatever an entry holds: decoding raises its own error only, and no text that is there is lost without a word."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from processor.mining.grouper import Grouper
from processor.mining.masker import Masker
from processor.parsing import decode as entries
from processor.parsing import entry_fields, split_entries
from processor.parsing.log_entry import DecodeError
from processor.parsing.spellings import SPELLINGS

NOW = datetime(2026, 1, 1, tzinfo=UTC)
GROUPER = Grouper(Masker())
NAMES = st.sampled_from([name for row in SPELLINGS for name in row.names]) | st.sampled_from(
    ["@type", "level", "severity", "PRIORITY", "httpRequest", "status", "url", "involvedObject", "line", "frames", "x"]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30)
TEXTS = st.sampled_from(
    ["the ledger is locked", '{"msg": "x"}', "a=b c=d", "E: x\n  at y", "ERROR", "projects/p/t/1", ""]
)
VALUES = st.recursive(
    LEAVES | TEXTS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=10
)
PAYLOADS = st.dictionaries(NAMES, VALUES, max_size=6)
ANYWHERE = st.sampled_from(
    ["httpRequest", "resource", "labels", "trace", "errorGroups", "split", "severity", "operation"]
)


def entry_of(**fields):
    return json.dumps({"timestamp": "2025-09-14T05:00:00Z", "insertId": "i", "logName": "projects/p/logs/a"} | fields)


def decoded(**fields):
    return entries.decode(entry_of(**fields).encode("utf-8", "surrogatepass"), NOW)


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(["jsonPayload", "protoPayload"]), PAYLOADS, st.dictionaries(ANYWHERE, VALUES, max_size=3))
def test_any_entry_is_decoded_or_refused_and_everything_of_it_can_be_asked(name, payload, beside):
    try:
        entry = decoded(**beside, **{name: payload})
    except DecodeError:
        return
    stream, message = GROUPER(entry)

    assert message
    assert stream.service
    for view in (
        entry_fields.labels,
        entry_fields.resource,
        entry_fields.origin,
        entry_fields.trace,
        entry_fields.error_group,
        entry_fields.split,
    ):
        view(entry)
    assert all(0 <= start <= end <= len(entry.text) for start, end in entry.said)
    assert list(split_entries.joined([entry])) == [entry]


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(min_size=1, max_size=12), st.integers(0, 3), PAYLOADS)
def test_a_text_anywhere_in_a_payload_makes_a_message(name, depth, beside):
    value = "the ledger is locked"
    for _ in range(depth):
        value = {name: value}
    entry = decoded(jsonPayload={**beside, name: value}, severity="ERROR")
    _, message = GROUPER(entry)

    assert entry.text or entry.http is not None
    assert "entry without a message" not in message


@given(
    st.permutations([("status", "FAILED"), ("step", "seal"), ("a", "one two"), ("b", "two one"), ("n", {"c": "x y z"})])
)
def test_the_order_of_fields_changes_nothing(pairs):
    assert decoded(jsonPayload=dict(pairs)).text == decoded(jsonPayload=dict(sorted(pairs))).text


@pytest.mark.parametrize("depth", [10, 200, 900, 5000])
def test_deep_nesting_is_an_entry_or_refused(depth):
    payload = '{"a":' * depth + '"x"' + "}" * depth
    data = '{"timestamp": "2025-09-14T05:00:00Z", "logName": "l", "jsonPayload": ' + payload + "}"
    try:
        message = GROUPER(entries.decode(data.encode(), NOW)).message
    except DecodeError as error:
        message = str(error)

    assert message


def test_the_parts_of_a_split_entry_get_the_text_of_the_whole():
    def part(index, text, uid="s-1"):
        cut = {"uid": uid, "index": index, "totalSplits": 3}
        return decoded(textPayload=text, split=cut, insertId=f"i{index}")

    batch = [part(2, "gh"), decoded(textPayload="other"), part(0, "ab"), part(1, "cd"), part(0, "alone", "s-2")]
    joined = split_entries.joined(batch)

    assert [entry.text for entry in joined] == ["abcdgh", "other", "abcdgh", "abcdgh", "alone"]
    assert [entry.occurrence for entry in joined] == [False, True, True, False, True]
