"""Other people's forms of one entry: the same entry comes out of each."""

import base64
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processor.model import Severity
from processor.parsing import entry_fields
from processor.parsing.decode import decode
from processor.parsing.entry_fields import identity
from processor.parsing.envelopes import rewrite
from processor.parsing.log_entry import DecodeError
from processor.parsing.timestamps import of_line, rfc3339

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PLAIN = {
    "insertId": "a1b2c3",
    "logName": "projects/kiosk/logs/run.googleapis.com%2Fstderr",
    "timestamp": "2025-03-02T08:15:30.250500Z",
    "severity": "ERROR",
    "textPayload": "till 4 does not answer",
    "resource": {"type": "cloud_run_revision", "labels": {"project_id": "kiosk", "service_name": "till"}},
    "labels": {"k8s-pod/app": "till", "compute.googleapis.com/resource_name": "vm-1"},
}
SNAKE = {
    "insert_id": "a1b2c3", "log_name": PLAIN["logName"], "timestamp": PLAIN["timestamp"], "severity": 500,
    "text_payload": PLAIN["textPayload"], "resource": PLAIN["resource"], "labels": PLAIN["labels"],
}  # fmt: skip
ROW = {
    **PLAIN, "timestamp": "2025-03-02 08:15:30.250500 UTC", "jsonPayload": None, "httpRequest": None,
    "protopayload_auditlog": None, "errorGroups": [], "spanId": None,
    "labels": {"k8s_pod_app": "till", "compute_googleapis_com_resource_name": "vm-1", "gone": None},
}  # fmt: skip
ANALYTICS = {
    **SNAKE, "severity": "ERROR", "timestamp": "2025-03-02 08:15:30.2505", "json_payload": None,
    "labels": json.dumps(PLAIN["labels"]), "severity_number": 500,
    "resource": {"type": "cloud_run_revision", "labels": json.dumps(PLAIN["resource"]["labels"])},
}  # fmt: skip


def _b64(entry):
    return base64.b64encode(json.dumps(entry).encode()).decode()


FORMS = {
    "snake_case": SNAKE,
    "a row of BigQuery": ROW,
    "a row of Log Analytics": ANALYTICS,
    "labels as records": {**ROW, "labels": [{"key": key, "value": value} for key, value in PLAIN["labels"].items()]},
    "severity as a number with a fraction": {**PLAIN, "severity": 500.0},
    "a time of seconds and nanos": {**PLAIN, "timestamp": {"seconds": "1740903330", "nanos": 250500000}},
    "a push": {"message": {"data": _b64(PLAIN), "messageId": "1", "publishTime": "t"}, "subscription": "s"},
    "a push in snake_case": {"message": {"data": _b64(PLAIN), "message_id": "1", "attributes": {}}},
    "a pulled message": {"ackId": "x", "message": {"data": _b64(SNAKE), "attributes": {"a": "b"}, "messageId": "1"}},
    "a bare message": {"data": _b64(PLAIN), "attributes": {}, "messageId": "1"},
    "a message of a function": {"@type": "type.googleapis.com/google.pubsub.v1.PubsubMessage", "data": _b64(PLAIN)},
    "a CloudEvent of a message": {
        "specversion": "1.0", "source": "s", "id": "1", "type": "google.cloud.pubsub.topic.v1.messagePublished",
        "data": {"message": {"data": _b64(PLAIN), "messageId": "1"}, "subscription": "s"},
    },
    "a CloudEvent of an entry": {"specversion": "1.0", "source": "s", "id": "1", "type": "t", "data": PLAIN},
    "a CloudEvent in base64": {"specversion": "1.0", "source": "s", "id": "1", "type": "t", "data_base64": _b64(PLAIN)},
    "an Elasticsearch document": {"_index": "i", "_source": PLAIN},
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_an_entry_is_the_same_entry(form):
    plain = decode(json.dumps(PLAIN).encode(), NOW)
    found = decode(json.dumps(FORMS[form]).encode(), NOW)

    assert identity(found, "1") == identity(plain, "2")
    assert (found.severity, found.service, found.project, found.text) == (
        Severity.ERROR, "till", "kiosk", "till 4 does not answer",
    )  # fmt: skip
    assert entry_fields.labels(found) == entry_fields.labels(plain)


def test_an_audit_row_of_bigquery_is_the_audit_log():
    audit = {
        "serviceName": "compute.googleapis.com", "methodName": "v1.compute.instances.insert",
        "status": {"code": 8.0, "message": "no quota left", "details": None}, "requestJson": '{"zone":"b"}',
    }  # fmt: skip
    row = {**ROW, "textPayload": None, "protopayload_auditlog": audit}
    found = json.loads(rewrite(json.dumps(row).encode()))

    assert found["protoPayload"]["status"] == {"code": 8, "message": "no quota left"}
    assert found["protoPayload"]["request"] == {"zone": "b"}
    assert "no quota left" in decode(json.dumps(row).encode(), NOW).text


def test_an_audit_log_in_snake_case_reads_as_the_other():
    audit = {"service_name": "storage.googleapis.com", "method_name": "storage.buckets.create", "resource_name": "b"}
    row = {**SNAKE, "proto_payload": audit}
    del row["text_payload"]

    assert json.loads(rewrite(json.dumps(row).encode()))["protoPayload"] == {
        "serviceName": "storage.googleapis.com", "methodName": "storage.buckets.create", "resourceName": "b",
    }  # fmt: skip


LINES = [
    ({"level": "error", "msg": "till jammed", "time": "2025-03-02T08:15:30Z"}, "till jammed"),
    ({"level": 50, "msg": "till jammed", "time": 1740903330250, "pid": 3}, "till jammed"),
    ({"severity": "ERROR", "message": "till jammed", "@timestamp": "2025-03-02T08:15:30.250Z"}, "till jammed"),
    ({"levelname": "ERROR", "message": "till jammed", "asctime": "2025-03-02 08:15:30,250"}, "till jammed"),
    ({"level": "error", "msg": "till jammed", "ts": 1740903330.25}, "till jammed"),
    ({"log": "ERROR till jammed\n", "stream": "stderr", "time": "2025-03-02T08:15:30.250500123Z"}, "ERROR till jammed"),
    (
        {"log": '{"level":"error","msg":"till jammed"}\n', "stream": "stdout", "time": "2025-03-02T08:15:30Z"},
        "till jam",
    ),
]


@pytest.mark.parametrize(("line", "text"), LINES)
def test_a_line_of_a_programs_own_json_log_is_an_entry_with_its_time(line, text):
    found = decode(json.dumps(line).encode(), NOW)

    assert found.at.replace(microsecond=0) == datetime(2025, 3, 2, 8, 15, 30, tzinfo=UTC)
    assert text in found.text
    assert found.severity is Severity.ERROR


@pytest.mark.parametrize(
    "data",
    [
        {"message": {"data": "bm8ganNvbg==", "messageId": "1"}},  # no JSON inside
        {"message": {"data": "%%%", "messageId": "1"}},
        {"specversion": "1.0", "source": "s", "data": "text"},
    ],
)
def test_an_envelope_of_something_else_is_refused_for_what_it_holds(data):
    with pytest.raises(DecodeError, match="plain text"):
        decode(json.dumps(data).encode(), NOW)


def test_a_plain_entry_is_left_as_it_is():
    data = json.dumps(PLAIN).encode()

    assert rewrite(data) is None
    assert decode(data, NOW).raw is data


@pytest.mark.parametrize(
    ("value", "time"),
    [
        ("2025-03-02 08:15:30 UTC", "2025-03-02T08:15:30Z"),
        ("2025-03-02 08:15:30.5+02:00", "2025-03-02T08:15:30.5+02:00"),
        ("2025/03/02 08:15:30", "2025-03-02T08:15:30Z"),
        ("1740903330250500", "2025-03-02T08:15:30.250500Z"),
        ("1.74090333025E9", "2025-03-02T08:15:30.250000Z"),
        (1740903330250500123, "2025-03-02T08:15:30.250500123Z"),
        ({"epochSecond": 1740903330, "nanoOfSecond": 5}, "2025-03-02T08:15:30.000000005Z"),
        ("2025-13-02 08:15:30", None), (True, None), (17, None), ("yesterday", None), ({}, None), (float("nan"), None),
    ],
)  # fmt: skip
def test_times_in_every_spelling(value, time):
    assert rfc3339(value) == time


@pytest.mark.parametrize(
    ("line", "time"),
    [
        ("2025-03-02 08:15:30,250 ERROR x", "2025-03-02T08:15:30.250Z"),
        ('10.0.0.1 - - [02/Mar/2025:08:15:30 +0100] "GET /" 500', "2025-03-02T08:15:30+01:00"),
        ("[Sun Mar 02 08:15:30.25 2025] [error] x", "2025-03-02T08:15:30.25Z"),
        ("Mar  2 08:15:30 host app[3]: x", "2025-03-02T08:15:30Z"),
        ("Dec 31 23:59:59 host app[3]: x", "2024-12-31T23:59:59Z"),
        ("web-1  | 2025-03-02T08:15:30Z x", "2025-03-02T08:15:30Z"),
        ("nothing of the kind", None),
    ],
)  # fmt: skip
def test_the_time_that_a_line_begins_with(line, time):
    assert of_line(line, datetime(2025, 3, 3, tzinfo=UTC)) == time


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*SNAKE, *ROW, "message", "data", "_source", "time", "log", "key"]), inner)
    ),
    max_leaves=8,
)


@settings(max_examples=400)
@given(anything)
def test_rewriting_never_raises_and_has_nothing_left_to_do_the_second_time(value):
    data = json.dumps(value).encode()
    once = rewrite(data) or data

    assert (rewrite(once) or once) == once or rewrite(rewrite(once) or once) is None
