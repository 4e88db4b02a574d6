"""Decoding: every payload kind, inferred severity, refusals, and the two decoders' agreement."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processor.model import HttpRequest, Severity
from processor.parsing import decode as entries
from processor.parsing import entry_fields, envelopes, schema, structured_text
from processor.parsing.decode import decode
from processor.parsing.entry_fields import identity
from processor.parsing.log_entry import DecodeError
from processor.parsing.schema import validate

NOW = datetime(2026, 1, 1, tzinfo=UTC)

MESSAGES = [
    ({"message": "m"}, "m"),
    ({"msg": "m"}, "m"),
    ({"Message": "m"}, "m"),
    ({"message": "m", "textPayload": "other"}, "m"),  # some loggers copy it
    ({"message": "request failed", "error": "timed out"}, "request failed: timed out"),
    ({"message": "timed out", "error": "timed out"}, "timed out"),  # not said twice
    ({"message": "request failed", "error": {"message": "db down"}}, "request failed: db down"),
    ({"msg": "request failed", "err": "timed out"}, "request failed: timed out"),
    ({"msg": "m", "err": {"type": "E", "message": "x", "stack": "E: x\n  at y"}}, "m\nE: x\n  at y"),  # pino
    ({"message": "m", "error": {"message": "Missing field", "type": "str", "traceback": ""}}, "m"),  # no exception
    ({"error": "boom"}, "boom"),
    ({"error": {"type": "ValueError", "message": "bad"}}, "ValueError: bad"),
    ({"exception": {"class": "java.io.IOException", "message": "gone"}}, "java.io.IOException: gone"),
    ({"err": {"error": {"message": "deep"}}}, "deep"),
    ({"data": {"msg": "inside"}}, "inside"),
    ({"message": {"text": "nested"}}, "nested"),
    ({"message": "failed", "stack_trace": "E: x\n  at y"}, "failed\nE: x\n  at y"),
    ({"message": "E: x", "stack": "E: x\n  at y"}, "E: x\n  at y"),  # the stack begins with the message
    ({"message": "m", "error": {"stack": "E: x\n  at y"}}, "m\nE: x\n  at y"),
    ({"b": 2, "a": {"c": True}}, "a.c=true b=2"),  # no message field at all
    ({}, ""),
]


@pytest.mark.parametrize(("payload", "text"), MESSAGES)
def test_a_json_payload_gives_its_message_in_any_spelling(entry_json, payload, text):
    assert decode(entry_json(None, jsonPayload=payload), NOW).text == text


def test_a_text_payload_is_the_message(entry_json):
    assert decode(entry_json("hello\nworld"), NOW).text == "hello\nworld"


def test_an_audit_log_becomes_one_line(entry_json):
    payload = {
        "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
        "serviceName": "run.googleapis.com",
        "methodName": "Services.Delete",
        "resourceName": "namespaces/p/services/shop",
        "status": {"code": 7, "message": "denied"},
    }
    entry = decode(entry_json(None, protoPayload=payload), NOW)

    assert entry.text == "run Services.Delete: PERMISSION_DENIED: denied"


def test_an_entry_with_only_a_request_has_no_text(entry_json):
    request = {"requestMethod": "GET", "requestUrl": "https://h/x", "status": 404}
    entry = decode(entry_json(None, severity=None, httpRequest=request), NOW)

    assert (entry.text, entry.http, entry.severity) == ("", HttpRequest("GET", "https://h/x", 404), Severity.WARNING)


def test_an_entry_without_any_payload_is_still_an_entry(entry_json):
    assert decode(entry_json(None), NOW).text == ""


SEVERITIES = [
    ({"severity": "error"}, Severity.ERROR),
    ({"severity": 400}, Severity.WARNING),
    ({"severity": "DEFAULT"}, Severity.DEFAULT),  # nothing in the text says more
    ({"severity": "DEFAULT", "textPayload": "[ERROR] no"}, Severity.ERROR),
    ({"severity": None, "textPayload": "[2025-09-16 00:42:53 +0000] [7] [ERROR] Reason"}, Severity.ERROR),
    ({"severity": None, "textPayload": "Traceback (most recent call last):\n  File"}, Severity.ERROR),
    ({"severity": None, "textPayload": "all fine"}, Severity.DEFAULT),
    ({"severity": None, "textPayload": None, "jsonPayload": {"level": "warn", "msg": "x"}}, Severity.WARNING),
    ({"severity": None, "textPayload": None, "httpRequest": {"status": 503}}, Severity.ERROR),
    ({"severity": None, "textPayload": None, "httpRequest": {"status": "200"}}, Severity.INFO),
    ({"severity": "INFO", "textPayload": "[ERROR] x"}, Severity.INFO),  # the log's word counts
]


@pytest.mark.parametrize(("fields", "severity"), SEVERITIES)
def test_severity_is_the_logged_one_or_inferred(entry_json, fields, severity):
    assert decode(entry_json(**fields), NOW).severity is severity


REFUSED = [
    (b"", "empty"),
    (b"   \n", "empty"),
    (b'{"a": ', "not a log entry"),
    (b"[1]", "not a log entry"),
    (b"null", "not a log entry"),
    (b"plain text", "not a log entry"),
    (b'{"timestamp": "2025-09-14T05:00:00Z", "insertId": 5}', "insertId"),
    (b'{"timestamp": "2025-09-14T05:00:00Z", "textPayload": {}}', "textPayload"),
    (b'{"timestamp": "2025-09-14T05:00:00Z", "skipped": "\xff\xfe"}', "not UTF-8 text: byte 0xff at 50"),
    (b"\x00\x01\x02\xff", "not UTF-8"),
    (b"{}", "neither timestamp nor receiveTimestamp"),
    (b'{"timestamp": "yesterday"}', "RFC 3339"),
    (b'{"timestamp": "2025-09-14T05:00:00"}', "time zone"),
    (b'{"timestamp": "9999-12-31T23:59:59Z"}', "future"),
    (b'{"timestamp": "0001-01-01T00:00:00Z"}', "before 1970"),
]


@pytest.mark.parametrize(("data", "words"), REFUSED)
def test_what_is_not_an_entry_is_refused_with_the_reason(data, words):
    with pytest.raises(DecodeError, match=words):
        decode(data, NOW)


@pytest.mark.parametrize("resource", ["Infinity", '{"type": "global", "labels": {"zone": NaN, "project_id": "p"}}'])
def test_numbers_that_are_not_json_are_refused_or_left_out_of_the_resource(resource):
    fields = '"logName": "projects/p/logs/x", "timestamp": "2025-01-01T00:00:00Z", "textPayload": "m"'
    assert decode(f'{{{fields}, "resource": {resource}}}'.encode(), NOW).text == "m"


def test_our_own_entries_are_recognised(entry_json):
    line = {"message": "m", "log_gardener": {"action": "checkpoint"}}
    ours = {"type": "cloud_run_worker_pool", "labels": {"worker_pool_name": "log-gardener-worker"}}
    other = {"type": "cloud_run_revision", "labels": {"service_name": "checkout"}}

    assert decode(entry_json(None, jsonPayload=line, resource=ours), NOW).own
    assert not decode(entry_json(None, jsonPayload=line, resource=other), NOW).own  # anybody can write a field
    assert not decode(entry_json(None, jsonPayload={"message": "m", "log_gardener": 1}, resource=ours), NOW).own
    assert not decode(entry_json(None, jsonPayload={"message": "m"}, resource=ours), NOW).own


def test_service_and_project_come_from_the_resource_or_else_the_log_name(entry_json):
    bare = decode(entry_json(resource=None), NOW)

    assert (bare.project, bare.service) == ("p", "run.googleapis.com/stderr")


def test_the_identity_ignores_how_the_fraction_is_written(entry_json):
    one = decode(entry_json(timestamp="2025-09-14T05:00:00.500Z"), NOW)
    same = decode(entry_json(timestamp="2025-09-14T05:00:00.5Z"), NOW)
    other = decode(entry_json(timestamp="2025-09-14T05:00:00.51Z"), NOW)

    assert identity(one, "1") == identity(same, "2") != identity(other, "1")


def test_without_an_insert_id_content_and_message_id_are_the_identity(entry_json):
    entry = decode(entry_json(insertId=None), NOW)

    assert identity(entry, "1") == identity(entry, "1") != identity(entry, "2")


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
fields = st.sampled_from(
    [
        "insertId",
        "logName",
        "timestamp",
        "receiveTimestamp",
        "severity",
        "textPayload",
        "jsonPayload",
        "protoPayload",
        "httpRequest",
        "resource",
        "labels",
        "trace",
        "errorGroups",
        "unknown",
    ]
)


def _fast(data):
    """Whether the fast decoder takes it without asking the schema."""
    with mock.patch.object(schema, "validate", side_effect=AskedError):
        try:
            decode(data, NOW)
        except AskedError:
            return False
        except DecodeError:
            pass  # a bad timestamp, refused behind both decoders
    return True


class AskedError(Exception):
    """The fast decoder gave up."""


def _schema(data):
    try:
        validate(data)
    except DecodeError:
        return False
    return True


@settings(max_examples=1500)
@given(st.dictionaries(fields, json_values, max_size=4))
def test_what_the_fast_decoder_accepts_the_schema_accepts_and_the_other_way_round(values):
    data = json.dumps(values).encode()
    data = envelopes.rewrite(data) or data

    assert _fast(data) == _schema(data)


@settings(max_examples=500)
@given(st.binary(max_size=60) | st.dictionaries(fields, json_values, max_size=6).map(lambda v: json.dumps(v).encode()))
def test_decode_raises_nothing_but_its_own_error(data):
    try:
        decode(data, NOW)
    except DecodeError as error:
        said = str(error)
    else:
        said = "an entry"
    assert said


@settings(max_examples=300)
@given(st.dictionaries(fields, json_values, max_size=4))
def test_both_decoders_give_the_same_entry(values):
    data = json.dumps({**values, "timestamp": "2025-09-14T05:00:00Z"}).encode()
    if not _fast(data):
        return
    fast = decode(data, NOW)
    with mock.patch.object(entries, "read", side_effect=msgspec.DecodeError):
        slow = decode(data, NOW)

    # What msgspec refuses is first taken for an envelope, and may be written anew: the bytes may differ.
    assert fast._replace(wire=None, raw=b"") == slow._replace(wire=None, raw=b"")
    for view in (
        entry_fields.labels,
        entry_fields.resource,
        entry_fields.origin,
        entry_fields.trace,
        entry_fields.error_group,
    ):
        assert view(fast) == view(slow)


PAIR_TEXTS = st.lists(
    st.sampled_from(
        ["uid=0", 'msg="db down"', "error=refused", "tty=", "user=root", "method=GET", "path=/a", "status=503",
         "code=7", "rhost=10.0.0.1", "failed;", "sshd:", 'note="two words"', "end", "level=warn", "  ", "\n",
         'x="', "Error=gone"]
    ),
    min_size=1,
    max_size=8,
)  # fmt: skip


@settings(max_examples=300)
@given(PAIR_TEXTS)
def test_looks_that_save_reading_pairs_refuse_nothing_that_is_a_payload(words):
    text = " ".join(words)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(structured_text, "_may_tell", lambda _: True)
        patched.setattr(structured_text, "_ends_in_pair", lambda _: True)
        slow = structured_text.unwrap(text)
    assert structured_text.unwrap(text) == slow


def test_the_schema_is_loaded_for_what_the_fast_decoder_refuses_alone():
    script = """
import sys
from datetime import UTC, datetime
from processor.parsing.decode import decode
from processor.parsing.log_entry import DecodeError
decode(b'{"timestamp": "2025-09-14T05:00:00Z", "textPayload": "it broke"}', datetime(2026, 1, 1, tzinfo=UTC))
assert "pydantic" not in sys.modules
try:
    decode(b'{"timestamp": 5}', datetime(2026, 1, 1, tzinfo=UTC))
except DecodeError:
    assert "pydantic" in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parents[3])  # our own
