"""The sink and the worker have to agree on what is worth counting.

What the sink drops is lost without a trace, so it may never be the stricter one where only the worker's rule
counts; where it is looser the worker ignores the entry, which costs a message. Rows in which the two differ say why.
"""

from __future__ import annotations

import importlib.util
import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from deployment import STACKS, TOP
from log_filter import FilterError, compile_filter, exported

from processor.app.setup import sink_filter, sink_words
from processor.ingest.pipeline import is_ignored
from processor.model import Severity
from processor.parsing import decode as entries
from processor.parsing import levels

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PROJECT = "garden-project"
STDERR, STDOUT = "run.googleapis.com/stderr", "run.googleapis.com/stdout"
REQUESTS, AUDIT = "run.googleapis.com/requests", "cloudaudit.googleapis.com"


class Row(NamedTuple):
    """An entry and who should keep it; `why` only where they differ."""

    entry: dict[str, Any]
    sink: bool
    worker: bool
    why: str = ""


def entry(log: str = "app", *, kind: str = "cloud_run_revision", labels: dict[str, str] | None = None, **fields: Any):
    return {
        "insertId": "i1",
        "logName": f"projects/shop/logs/{log.replace('/', '%2F')}",
        "timestamp": "2026-11-23T11:59:00.5Z",
        "resource": {"type": kind, "labels": {"project_id": "shop", "service_name": "checkout"} | (labels or {})},
    } | fields


def line(text: str, log: str = STDERR, **fields: Any):
    return entry(log, textPayload=text, **fields)


def gke(log: str, severity: str, said: str | dict[str, Any]):
    payload = {"textPayload": said} if isinstance(said, str) else {"jsonPayload": said}
    return entry(log, kind="k8s_container", severity=severity, **payload)


def request(status: int, **fields: Any):
    url = "https://shop.example/cart/17"
    return entry(REQUESTS, httpRequest={"requestMethod": "GET", "requestUrl": url, "status": status}, **fields)


def audit(log: str, who: str = "someone@example.com", status: int = 0, **fields: Any):
    payload = {"@type": "type.googleapis.com/google.cloud.audit.AuditLog", "methodName": "Write"}
    payload |= {"status": {"code": status, "message": "no"}} if status else {}
    return entry(f"{AUDIT}/{log}", protoPayload=payload | {"authenticationInfo": {"principalEmail": who}}, **fields)


def ours(kind: str, payload: dict[str, Any] | None = None, **labels: str):
    said = {"textPayload": "failed to pull"} if payload is None else {"jsonPayload": payload}
    return entry(kind=kind, labels={"project_id": PROJECT} | labels, severity="ERROR", **said)


def job(error: dict[str, Any], severity: str):
    payload = {"serviceName": "bigquery.googleapis.com", "methodName": "jobservice.jobcompleted", "status": error}
    return entry(f"{AUDIT}/data_access", protoPayload=payload, severity=severity)


def done_job(field: str, event: str):
    """The end of a failed job in one of its two older forms."""
    payload = {field: {event: {}}, "methodName": "x", "status": {"code": 1, "message": "no number"}}
    return entry(f"{AUDIT}/data_access", protoPayload=payload, severity="ERROR")


def both(keep: bool, *rows: dict[str, Any]) -> list[Row]:
    return [Row(row, keep, keep) for row in rows]


PYTHON = 'Traceback (most recent call last):\n  File "/app/main.py", line 3, in <module>\nValueError: no such cart'
JAVA = "java.lang.IllegalStateException: pool closed\n\tat com.shop.Pool.take(Pool.java:41)"
GO = "panic: runtime error: index out of range [3] with length 3\n\ngoroutine 1 [running]:\nmain.main()"
OWN = {"message": "checkpoint", "log_gardener": {"action": "checkpoint", "worker": "w1"}}
KLOG = 'E1123 11:59:00.250417    1402 workers.go:92] "Cannot sync pod" err="no start" pod="a/b"'
BAD_PAYLOADS: list[dict[str, Any]] = [
    {"log.level": "error", "message": "x"},
    {"log": {"level": "warn"}, "message": "x"},
    {"@l": "Fatal", "@m": "x"},
    {"LogLevel": "Critical", "Message": "x"},
    {"severityText": "WARN", "body": "x"},
    {"severityNumber": 17, "body": "x"},
    {"level": "\x1b[31merror\x1b[39m", "message": "x"},
    {"level": "ERROR+2", "msg": "x"},
    {"levelno": 40, "message": "x"},
    {"level_value": 30000, "message": "x"},
    {"record": {"level": {"name": "ERROR", "no": 40}, "message": "x"}, "text": "x"},
    {"L": "ERROR", "M": "x"},
    {"error_severity": "PANIC", "message": "x"},
    {"level": "info", "msg": "record", "record": {"error_severity": "ERROR", "message": "x"}},
    {"severityLevel": 2, "message": "x"},
    {"level": {"level": 40000, "levelStr": "ERROR"}, "data": ["x"]},
    {"reqId": "a", "remoteAddr": "192.0.2.9", "level": 2, "message": "x"},
    {"short_message": "x", "level": 4},
    {"channel": "a", "level": 300, "message": "x"},
    {"action_status": "failed", "exception": "builtins.KeyError", "reason": "x"},
    {"levelValue": 50000, "message": "x"},
    {"SeverityNumber": 24, "Body": "x"},
    {"PRIORITY": "4", "MESSAGE": "x"},
]
STREAM_IS_NO_LEVEL = "the agent calls all of stderr ERROR; the worker reads what the line says"
SINK_KNOWS_NAMES = "only the sink knows what the installation is called"

ACCESS = '198.51.100.7 - - [23/Nov/2026:11:59:00 +0000] "GET /cart/17 HTTP/1.1" {} 12'
SEGFAULT = "[12345.678901] cart[4123]: segfault at 0 ip 000055d1a2b3c4d5 sp 00007ffd12345678 error 4"

ROWS = [
    # --- a severity speaks for itself, wherever it comes from
    *both(True, line("pool exhausted", STDOUT, severity="WARNING"), line("pool exhausted", STDOUT, severity="ERROR")),
    *both(True, line("disk failing", "syslog", severity="CRITICAL"), line("fire", "syslog", severity="EMERGENCY")),
    *both(True, line("act now", "syslog", severity="ALERT")),
    *both(False, line("served", STDOUT, severity="INFO"), line("served", STDOUT, severity="DEBUG")),
    *both(False, line("config reloaded", "syslog", severity="NOTICE")),
    # a level in the text does not overrule the entry's own
    *both(False, line("ERROR: only a drill", severity="INFO")),
    # --- plain stderr, no severity: tracebacks of each language, whole and cut into lines
    *both(True, line(PYTHON), line("Traceback (most recent call last):"), line("ValueError: no such cart")),
    *both(True, line('  File "/app/main.py", line 3, in <module>'), line("shop.errors.CartError: 17")),
    *both(True, line(JAVA), line("\tat com.shop.Pool.take(Pool.java:41)"), line("Caused by: java.io.IOException: eof")),
    *both(True, line('Exception in thread "main" java.lang.OutOfMemoryError: heap')),
    *both(True, line(GO), line("panic: assignment to entry in nil map"), line("goroutine 1 [running]:")),
    *both(True, line("TypeError: Cannot read properties of undefined"), line("    at Cart.add (/app/cart.js:10:5)")),
    *both(True, line("Unhandled exception. System.NullReferenceException: Object reference not set")),
    *both(True, line("cart.rb:7:in `add': undefined method (NoMethodError)")),
    *both(
        True, line("/app/main.py:7: DeprecationWarning: use the other one"), line("Segmentation fault (core dumped)")
    ),
    # --- plain stderr, no severity: level words where levels stand
    *both(True, line("[ERROR] could not connect to 10.0.0.7"), line("ERROR could not connect")),
    *both(
        True, line("2026-11-23 11:59:00,123 - shop.cart - ERROR - boom"), line("[2026-11-23 11:59:00] [CRITICAL] up")
    ),
    *both(True, line("WARNING:root:slow query"), line("FATAL: password authentication failed")),
    *both(True, line("error: unexpected end of file"), line("nginx: [emerg] bind() failed")),
    *both(True, line("E1123 11:59:00.123456       1 server.go:10] no route"), line("\x1b[31mERROR\x1b[0m broken")),
    *both(True, line('time="2026-11-23T11:59:00Z" level=error msg="no route"'), line('{"level":"error","msg":"x"}')),
    *both(True, line("[WARN] retrying", "stderr", kind="k8s_container")),
    # --- plain stderr, no severity: nothing to see
    *both(False, line("listening on :8080"), line("INFO started"), line("[INFO] 0 errors"), line("no error found")),
    *both(False, line("error_count=0"), line('level=info msg="connected"'), line("I1123 11:59:00.1 1 main.go:3] up")),
    # --- not stderr: an application that writes errors to stdout has to give them a severity
    *both(True, line("[ERROR] could not connect", STDOUT)),
    *both(False, line("served 17 carts", STDOUT)),
    # --- every log of plain text, and every stream that an agent calls INFO
    *both(True, *(line("[ERROR] no route", log) for log in sink_words.words()["plain_text_logs"])),
    *both(True, *(line("[ERROR] no route", log, severity="INFO") for log in sink_words.words()["stream_logs"])),
    *both(
        True,
        *(
            entry(log, severity="INFO", jsonPayload={"level": "error", "msg": "no route"})
            for log in sink_words.words()["stream_logs"]
        ),
    ),
    *both(False, line("[ERROR] no route", "app", severity="INFO")),
    *both(False, entry("app", severity="INFO", jsonPayload={"level": "error", "msg": "no route"})),
    # --- a level in a field with the message
    *both(True, *(entry(STDOUT, jsonPayload={field: "[ERROR] no route"}) for field in ("message", "log"))),
    *both(True, entry(STDOUT, jsonPayload={"level": {"name": "error"}, "text": "no route"})),
    # --- structured entries whose logger says "level"
    *both(True, entry(STDOUT, jsonPayload={"level": "error", "msg": "no route"})),
    *both(True, entry(STDOUT, jsonPayload={"level": 50, "msg": "no route"})),
    *both(True, entry(STDOUT, jsonPayload={"levelname": "CRITICAL", "message": "no route"})),
    *both(False, entry(STDOUT, jsonPayload={"level": "info", "msg": "routed"}), entry(jsonPayload={"level": 30})),
    *both(False, entry(jsonPayload={"levelno": 20, "message": "x"}), entry(jsonPayload={"levelValue": 20000})),
    *both(False, entry(jsonPayload={"SeverityNumber": 9, "Body": "x"}), entry(jsonPayload={"PRIORITY": "6"})),
    *both(True, *(entry(STDOUT, jsonPayload=payload) for payload in BAD_PAYLOADS)),
    # --- a stream to which an agent gives one severity: the level that the line states counts, in both directions
    *both(
        True, gke("stdout", "INFO", "[ERROR] no route"), gke("stdout", "INFO", "E1123 11:59:00.1 1 a.go:3] no route")
    ),
    *both(
        True,
        gke("stdout", "INFO", {"level": "error", "msg": "no route"}),
        gke("stdout", "INFO", {"level": 50, "msg": "x"}),
    ),
    *both(False, gke("stdout", "INFO", "served 17 carts"), gke("stdout", "INFO", {"level": "info", "msg": "routed"})),
    *both(False, gke("stdout", "NOTICE", "[ERROR] the writer's own word is NOTICE")),
    *both(True, gke("stderr", "ERROR", "no level at all"), gke("stderr", "ERROR", "[WARN] retrying")),
    Row(gke("stderr", "ERROR", "[INFO] started"), True, False, STREAM_IS_NO_LEVEL),
    Row(gke("stderr", "ERROR", {"level": "info", "msg": "routed"}), True, False, STREAM_IS_NO_LEVEL),
    Row(gke("stderr", "ERROR", "   "), True, False, "a blank line is nobody's problem"),
    # --- a level in the message of a payload without one
    *both(True, entry("kubelet", kind="k8s_node", jsonPayload={"MESSAGE": KLOG, "PRIORITY": "6"})),
    *both(True, entry("kernel", kind="k8s_node", jsonPayload={"MESSAGE": "ext4: going read-only", "PRIORITY": "3"})),
    # --- requests
    *both(True, request(500, severity="ERROR"), request(404, severity="WARNING"), request(503)),
    *both(True, request(400)),
    *both(False, request(200, severity="INFO"), request(302)),
    # --- requests in lines of text
    *both(True, line(ACCESS.format(503), STDOUT), gke("stdout", "INFO", ACCESS.format(503))),
    *both(False, line(ACCESS.format(200), STDOUT), line(ACCESS.format(404), STDOUT)),
    Row(gke("stderr", "ERROR", ACCESS.format(200)), True, False, STREAM_IS_NO_LEVEL),
    # --- a kernel without priorities
    *both(True, line(SEGFAULT, "serialconsole.googleapis.com/serial_port_1_output", kind="gce_instance")),
    *both(True, entry("syslog", jsonPayload={"message": SEGFAULT}), entry("kernel", jsonPayload={"MESSAGE": SEGFAULT})),
    # --- audit logs
    *both(True, audit("activity", severity="ERROR")),
    *both(False, audit("activity", severity="NOTICE"), audit("data_access", severity="INFO")),
    *both(False, audit("data_access", severity="ERROR")),
    *both(True, job({"code": 11, "message": "no number"}, "ERROR")),
    *both(True, done_job("metadata", "jobChange"), done_job("serviceData", "jobCompletedEvent")),
    *both(True, audit("activity", severity="DEFAULT", status=1)),
    *both(False, job({}, "INFO")),
    # --- Log Gardener itself
    *both(False, ours("cloud_run_worker_pool", worker_pool_name="log-gardener-worker", payload=OWN)),
    *both(False, ours("cloud_run_revision", service_name="log-gardener-web", payload=OWN)),
    # a field is no proof: anybody can write it
    *both(
        True, entry(severity="ERROR", jsonPayload=OWN), entry(kind="k8s_container", severity="ERROR", jsonPayload=OWN)
    ),
    Row(ours("cloud_run_worker_pool", worker_pool_name="log-gardener-worker"), False, True, SINK_KNOWS_NAMES),
    Row(ours("cloud_run_revision", service_name="log-gardener-web"), False, True, SINK_KNOWS_NAMES),
    Row(ours("dataflow_step", job_name="log-gardener-dataflow-2"), False, True, SINK_KNOWS_NAMES),
    Row(ours("pubsub_subscription", subscription_id="log-gardener-worker"), False, True, SINK_KNOWS_NAMES),
    Row(ours("pubsub_topic", topic_id="log-gardener-dead"), False, True, SINK_KNOWS_NAMES),
    Row(ours("logging_sink", name="log-gardener"), False, True, SINK_KNOWS_NAMES),
    Row(
        audit("activity", f"log-gardener-worker@{PROJECT}.iam.gserviceaccount.com", severity="ERROR"),
        *(False, True, SINK_KNOWS_NAMES),
    ),
    Row(ours("pubsub_topic", topic_id="log-gardener-entries"), False, True, SINK_KNOWS_NAMES),
    Row(ours("pubsub_subscription", subscription_id="log-gardener-dead"), False, True, SINK_KNOWS_NAMES),
    Row(
        audit("activity", f"log-gardener-web@{PROJECT}.iam.gserviceaccount.com", severity="ERROR"),
        *(False, True, SINK_KNOWS_NAMES),
    ),
    Row(
        audit("activity", f"log-gardener-dataflow@{PROJECT}.iam.gserviceaccount.com", severity="ERROR"),
        *(False, True, SINK_KNOWS_NAMES),
    ),
    # the neighbours of ours in the project are not ours
    *both(
        True,
        ours("cloud_run_worker_pool", worker_pool_name="shop-worker"),
        ours("cloud_run_revision", service_name="shop"),
        ours("dataflow_step", job_name="shop-dataflow"),
        ours("pubsub_topic", topic_id="orders"),
        ours("pubsub_subscription", subscription_id="orders"),
        ours("logging_sink", name="another"),
    ),
    # nor is another kind of resource that bears a name of ours
    *both(
        True,
        ours("k8s_container", worker_pool_name="log-gardener-worker", service_name="log-gardener-web"),
        ours("k8s_container", job_name="log-gardener-dataflow-2", name="log-gardener"),
        ours("k8s_container", topic_id="log-gardener-dead", subscription_id="log-gardener-worker"),
    ),
    # a namesake in another project is not ours
    *both(
        True, entry(kind="cloud_run_worker_pool", labels={"worker_pool_name": "log-gardener-worker"}, severity="ERROR")
    ),
    # --- where the pattern is coarser than the worker's eye
    Row(line("the ERROR code was 0"), True, False, "a level word inside a sentence; the worker ignores it"),
    Row(line("GET /errors ERROR /index"), True, False, "the same"),
]


@pytest.fixture(scope="module")
def sink():
    keep = compile_filter(sink_filter.render())
    left_out = [compile_filter(text) for text in sink_filter.exclusions(project=PROJECT, name="log-gardener").values()]
    return lambda row: exported(row, keep, left_out)


def named(row: Row) -> str:
    payload = row.entry.get("textPayload") or row.entry.get("jsonPayload") or row.entry.get("httpRequest") or "audit"
    return f"{row.entry['logName'].rpartition('/')[2]} {row.entry.get('severity', '-')} {str(payload)[:50]!r}"


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_the_sink_exports_what_it_should(sink, row):
    assert sink(row.entry) is row.sink


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_the_worker_keeps_what_it_should(row):
    decoded = entries.decode(json.dumps(row.entry).encode(), NOW)
    assert (not is_ignored(decoded, Severity.WARNING)) is row.worker


def test_every_line_that_the_worker_reads_as_a_warning_or_worse_is_exported(sink):
    """The table that pins the worker's reading of plain lines is the sink's, too."""
    path = TOP / "tests" / "unit" / "parsing" / "test_severity.py"
    spec = importlib.util.spec_from_file_location("levels_of_plain_lines", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    lines = [text for text, level in module.INFERRED if level and Severity[level] >= Severity.WARNING]
    assert len(lines) > 50
    assert [text for text in lines if not sink(line(text))] == []


def test_they_agree_on_every_entry_of_the_example(sink):
    every = json.loads((TOP / "examples" / "export.json").read_text("utf-8"))
    kept = [not is_ignored(entries.decode(json.dumps(one).encode(), NOW), Severity.WARNING) for one in every]
    assert [sink(one) for one in every] == kept
    assert any(kept)


def test_they_agree_on_every_entry_of_a_real_hour(sink, shared_data):
    every = json.loads((shared_data / "cloud-run-hour" / "export.json").read_text("utf-8"))
    kept = [not is_ignored(entries.decode(json.dumps(one).encode(), NOW), Severity.WARNING) for one in every]
    assert [sink(one) for one in every] == kept
    assert 0 < sum(kept) < len(kept)


def test_they_agree_but_where_a_reason_is_given():
    assert len(ROWS) >= 60
    for row in ROWS:
        assert (row.sink is row.worker) is (not row.why), row


@pytest.mark.parametrize("name", STACKS)
def test_terraform_renders_the_same_filter(stacks, name):
    outputs = stacks[name].outputs
    assert outputs["sink_filter"] == sink_filter.render()
    prefix = {"folder": "garden-two", "existing": "garden-guest"}.get(name, "log-gardener")
    expected = sink_filter.exclusions(project=f"garden-{name}", name=prefix, exclude_http_4xx=name == "folder")
    ours_and_more = dict(outputs["sink_exclusions"])
    assert ours_and_more.pop("chatty", None) == ({"organization": 'resource.labels.namespace_name="sandbox"'}.get(name))
    assert ours_and_more == expected
    created = [
        one
        for kind in ("project", "folder", "organization", "billing_account")
        for one in stacks[name].of(f"google_logging_{kind}_sink")
    ]
    assert len(created) == {"existing": 0, "keys": 4}.get(name, 1)
    for one in created:
        assert one["filter"] == outputs["sink_filter"]
        assert {out["name"]: out["filter"] for out in one["exclusions"]} == outputs["sink_exclusions"]


def test_excluding_4xx_leaves_5xx():
    test = compile_filter(sink_filter.exclusions(project=PROJECT, name="garden", exclude_http_4xx=True)["http-4xx"])
    assert [test(request(status)) for status in (399, 400, 404, 499, 500)] == [False, True, True, True, False]


def test_the_words_for_terraform_are_those_of_the_tables():
    path = TOP / "processor" / "app" / "setup" / "sink_filter.json"
    assert json.loads(path.read_text("utf-8")) == sink_words.words()


@pytest.mark.parametrize("name", sorted(levels.WORDS))
def test_a_word_for_a_level_is_one_for_the_worker_and_the_sink_alike(sink, name):
    rows = [
        entry(STDOUT, jsonPayload={field: word, "message": "x"})
        for word in levels.WORDS[name]
        for row in levels.FIELDS
        if row.numbers in {"words", "any", "dotnet"}
        for field in row.names
        if "." not in field
    ]
    kept = [not is_ignored(entries.decode(json.dumps(row).encode(), NOW), Severity.WARNING) for row in rows]

    assert len(rows) > 10
    assert kept == [name in levels.BAD] * len(rows)
    assert [sink(row) for row in rows] == kept


@pytest.mark.parametrize("word", [*levels.UPPER, *levels.ANY_CASE])
def test_a_word_at_the_head_of_a_line_is_one_for_both(sink, word):
    bad = levels.NAMES[word.lower()] in levels.BAD
    rows = [line(f"[{word}] x"), gke("stdout", "INFO", f"[{word}] x"), gke("stdout", "INFO", f"{word}: x")]
    kept = [not is_ignored(entries.decode(json.dumps(row).encode(), NOW), Severity.WARNING) for row in rows]

    assert kept == [bad] * 3
    assert [sink(row) for row in rows] == kept


def test_without_stdout_lines_stdout_is_exported_by_its_severity_only():
    keep = compile_filter(sink_filter.render(stdout_lines=False))
    assert not keep(gke("stdout", "INFO", "[ERROR] x"))
    assert not keep(line("[ERROR] x", STDOUT))
    assert keep(line("[ERROR] x"))
    assert keep(line("x", STDOUT, severity="ERROR"))


def test_the_filter_stays_within_googles_limit():
    assert len(sink_filter.render(extra_plain_text_logs=[f"log-{number}" for number in range(40)])) < 20_000


def test_no_pattern_needs_a_backslash_or_a_quote():
    """They stand inside a quoted string, inside a shell word or Terraform's."""
    text = sink_filter.render()
    assert "\\" not in text
    assert "'" not in text


# The language binds NOT first, then OR, then AND; the opposite of most.
@pytest.mark.parametrize(
    ("text", "fields", "holds"),
    [
        ("severity>=ERROR AND a=1 OR b=1", {"severity": "INFO", "a": "1", "b": "1"}, False),  # ERROR AND (a OR b)
        ("NOT a=1 OR b=1", {"a": "1", "b": "1"}, True),  # (NOT a) OR b
        ("NOT a=1", {}, True),  # a missing field makes the comparison false
        ("a=ERROR", {"a": "error"}, True),  # = ignores case
        ("a:*", {"a": ""}, True),  # present, though empty
        ("a.b=(x OR y)", {"a": {"b": "y"}}, True),
        ("a>=400 AND a<500", {"a": 404}, True),
        ("severity=DEFAULT", {}, True),  # unset is DEFAULT
        ('a=~"^x.z$"', {"a": "xyz"}, True),
        ('a=~"y"', {"a": "xyz"}, True),  # unanchored
    ],
)
def test_the_evaluator_follows_the_language(text, fields, holds):
    assert compile_filter(text)(fields) is holds


@pytest.mark.parametrize("text", ["", "a", "a=", "(a=1", "a=1)", "a ~ b", "a=1 and b=1", "severity>=LOUD", "a=AND"])
def test_the_evaluator_refuses_what_it_does_not_know(text):
    with pytest.raises(FilterError):
        compile_filter(text)
