"""Stack traces that come line by line, through the worker's loop: batches, instances, order, duplicates."""

from __future__ import annotations

import json
import random
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from processor.ingest import pipeline
from processor.model import ReceivedMessage, Severity
from processor.parsing import stacktrace
from processor.parsing.multiline import joined, open_tail

NOW = datetime(2026, 1, 1, tzinfo=UTC)
START = datetime(2025, 9, 14, 5, tzinfo=UTC)
GOLDEN = Path(__file__).parents[2] / "golden" / "tracebacks" / "lines"
TRACES = {path.stem: path.read_text("utf-8").rstrip("\n") for path in sorted(GOLDEN.glob("*.txt"))}

# The first lines of these, so many, have no sign of being a trace: nothing waits for what may follow.
ANY_HEAD = {
    "go_stack_error": 2,
    "go_cockroach": 1,
    "go_debug_stack": 1,  # any record of a logger, the stack is printed below it
    "go_xerrors": 2,  # any error's text, and below it the bare name of a function
    "jvm_reactor": 1,
    "tcl_error": 1,
    "haskell_callstack": 1,
    "powershell_classic": 1,
    "scheme_guile": 1,
}
# These print a cause as they print another exception, so that a second one in a row reads as the first one's cause.
CHAINED = {"go_stack_error", "ruby_new_quotes", "d_cause"}
# The first line of these is any text: below a trace it is not taken for a head. The record above a stack of xerrors may
# also be another goroutine's, in the midst of the trace above: that prints its causes with the same indent.
PLAIN_HEAD = {"tcl_error", "go_cockroach", "go_xerrors", "haskell_callstack", "powershell_classic"}


def message(text, number, *, instance="i1", at=None, severity=None, labels=None):
    stamp = START + (at if at is not None else timedelta(milliseconds=2 * number))
    entry = {
        "insertId": f"{instance}-{number}",
        "logName": "projects/p/logs/run.googleapis.com%2Fstderr",
        "timestamp": stamp.isoformat().replace("+00:00", "Z"),
        "resource": {"type": "cloud_run_revision", "labels": {"project_id": "p", "service_name": "shop"}},
        "textPayload": text,
        "labels": {"instanceId": instance, **(labels or {})},
    }
    if severity:
        entry["severity"] = severity
    return ReceivedMessage(json.dumps(entry).encode(), f"{instance}-{number}")


def lines(text, **where):
    return [message(line, number, **where) for number, line in enumerate(text.split("\n"))]


def kept(messages):
    batch = pipeline.decode(messages, min_severity=Severity.WARNING, now=NOW)
    return [entry for _, entry in batch.entries]


def wholes(entries):
    return {entry.text for entry in entries}


@pytest.mark.parametrize("name", TRACES)
def test_every_line_of_a_trace_is_kept_as_a_part_of_one_occurrence(name):
    text = TRACES[name]
    entries = kept(lines(text))

    assert len(wholes(entries)) == 1
    assert [entry.occurrence for entry in entries].count(True) == 1
    assert entries[0].occurrence
    # A report that calls itself a warning is one.
    least = Severity.WARNING if re.match(r"[=\s]*WARNING: ", text) else Severity.ERROR
    assert {entry.severity >= least for entry in entries} == {True}
    assert "\n".join(line for line in text.split("\n") if line.strip()) == "\n".join(
        line for line in entries[0].text.split("\n") if line.strip()
    )


@pytest.mark.parametrize("name", TRACES)
def test_a_batch_may_end_between_any_two_lines(name):
    text = TRACES[name]
    messages = [message("GET /health 200", 900, at=timedelta(seconds=-5)), *lines(text)]
    expected = wholes(kept(messages))
    for cut in range(2 + ANY_HEAD[name] if name in ANY_HEAD else 1, len(messages)):
        first = pipeline.decode(messages[:cut], min_severity=Severity.WARNING, now=NOW, waited=0)
        rest = [*first.waiting, *messages[cut:]]
        second = pipeline.decode(rest, min_severity=Severity.WARNING, now=NOW, waited=len(first.waiting))
        third = pipeline.decode(second.waiting, min_severity=Severity.WARNING, now=NOW)
        found = [entry for batch in (first, second, third) for _, entry in batch.entries]

        assert wholes(found) == expected, f"{name} cut before line {cut - 1}"


@pytest.mark.parametrize("name", TRACES)
def test_instances_and_executions_that_print_at_the_same_time_stay_apart(name):
    others = [other for other in TRACES if other != name]
    other = TRACES[random.Random(name).choice(others)]
    for key in ("instanceId", "execution_id", "run.googleapis.com/execution_name"):
        one = lines(TRACES[name], instance="a", labels={key: "a"})
        two = lines(other, instance="b" if key == "instanceId" else "a2", labels={"instanceId": "x", key: "b"})
        mixed = sorted(one + two, key=lambda each: json.loads(each.data)["timestamp"])

        assert wholes(kept(mixed)) == wholes(kept(one)) | wholes(kept(two))


@pytest.mark.parametrize("name", TRACES)
def test_the_order_of_arrival_does_not_matter(name):
    messages = lines(TRACES[name])
    expected = wholes(kept(messages))
    shuffled = random.Random(name).sample(messages, len(messages))

    assert wholes(kept(messages[::-1])) == expected
    assert wholes(kept(shuffled)) == expected


@pytest.mark.parametrize("name", TRACES)
def test_a_redelivered_line_stands_in_the_trace_once(name):
    messages = lines(TRACES[name])
    batch = pipeline.decode([*messages, *messages[1:3]], min_severity=Severity.WARNING, now=NOW)

    assert wholes([entry for _, entry in batch.entries]) == wholes(kept(messages))
    assert len(batch.entries) + batch.repeats + batch.ignored == len(messages) + len(messages[1:3])


@pytest.mark.parametrize("name", TRACES)
def test_lines_without_the_blank_ones_are_the_same_trace(name):
    full = kept(lines(TRACES[name]))[0].text
    bare = "\n".join(line for line in TRACES[name].split("\n") if line.strip())
    found = kept(lines(bare, severity="ERROR"))

    assert wholes(found) == {bare}
    assert [line for line in full.split("\n") if line.strip()] == bare.split("\n")


@pytest.mark.parametrize("name", [name for name in TRACES if name not in CHAINED | PLAIN_HEAD])
def test_two_of_them_in_a_row_are_two(name):
    text = TRACES[name]
    second = [message(line, 500 + number) for number, line in enumerate(text.split("\n"))]
    entries = kept([*lines(text), *second])

    assert len([entry for entry in entries if entry.occurrence]) == 2


@pytest.mark.parametrize(
    "prefix",
    [
        "cart-1  | ",
        "08:21:01 web.1  | ",
        "Nov 24 08:21:01 host-1 till[812]: ",
        "2025-11-24T08:22:00.101Z ",
        "2025-11-24T08:22:00: ",
        "2025-11-24T08:22:00.101384721Z stderr F ",
        "[2025-11-24, 03:00:12 UTC] {subprocess.py:93} INFO - ",
    ],
)
@pytest.mark.parametrize("name", ["python_plain", "java_suppressed", "node_uncaught", "ruby_rails", "dotnet_nested"])
def test_what_a_collector_puts_before_every_line_is_not_part_of_the_trace(prefix, name):
    bare = [line for line in TRACES[name].split("\n") if line.strip()]
    entries = kept(lines("\n".join(prefix + line for line in bare)))

    assert [entry.occurrence for entry in entries].count(True) == 1
    assert len(wholes(entries)) == 1
    assert stacktrace.describe(entries[0].text) == stacktrace.describe("\n".join(bare))


def test_records_with_a_time_above_a_trace_keep_it():
    messages = lines(f"2025-11-24T08:22:00Z INFO started\n{TRACES['python_plain']}\n2025-11-24T08:22:01Z INFO stopped")
    entries = kept(messages)

    assert wholes(entries) == {TRACES["python_plain"]}


@pytest.mark.parametrize("name", ["go_debug_stack", "cpp_tsan"])
def test_the_record_or_rule_above_the_second_of_two_is_its_own(name):
    text = TRACES[name]
    entries = kept([*lines(text), *(message(line, 500 + number) for number, line in enumerate(text.split("\n")))])

    assert wholes(entries) == {text}


@pytest.mark.parametrize("name", ["java_suppressed", "go_xerrors", "python_plain"])
def test_another_threads_record_amid_a_trace_is_no_head_of_its_rest(name):
    text = TRACES[name].split("\n")
    record = "2025-11-24T08:22:00Z INFO order 4711 taken"
    entries = kept(lines("\n".join((*text[:3], record, *text[3:])), severity="ERROR"))

    assert record in wholes(entries)
    assert not any(record in whole and "\n" in whole for whole in wholes(entries))


def test_two_threads_of_one_instance_are_not_made_into_an_exception_that_never_was():
    one = TRACES["python_plain"].split("\n")
    two = [line.replace("load", "save").replace("cart", "till") for line in one]
    mixed = [line for pair in zip(one, two, strict=True) for line in pair]
    entries = kept([message(line, number) for number, line in enumerate(mixed)])

    assert all("\n" not in entry.text for entry in entries)


def test_a_line_that_comes_seconds_later_is_not_waited_for_twice():
    head = lines(TRACES["python_plain"])[:3]
    first = pipeline.decode(head, min_severity=Severity.WARNING, now=NOW, waited=0)
    again = pipeline.decode(first.waiting, min_severity=Severity.WARNING, now=NOW, waited=len(first.waiting))

    assert len(first.waiting) == 3
    assert again.waiting == ()
    assert len(again.entries) == 3


def test_ordinary_lines_wait_for_nothing():
    messages = [message(f"GET /items/{number} 200", number) for number in range(20)]
    batch = pipeline.decode(messages, min_severity=Severity.DEFAULT, now=NOW, waited=0)

    assert batch.waiting == ()
    assert open_tail([]) == frozenset()
    assert joined([entry for _, entry in batch.entries]) == [entry for _, entry in batch.entries]


LOOKALIKES = [
    block.partition("\n")
    for block in (GOLDEN.parent / "none.txt").read_text("utf-8").split("=== case: ")[1:]
    if "Traceback (most recent" not in block
]


@pytest.mark.parametrize(("name", "text"), [(name, rest) for name, _, rest in LOOKALIKES])
def test_lines_that_only_look_like_a_trace_stay_lines(name, text):
    entries = kept(lines(text.rstrip("\n"), severity="ERROR"))

    assert name
    assert all("\n" not in entry.text for entry in entries)
