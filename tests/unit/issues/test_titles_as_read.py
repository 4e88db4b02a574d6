"""Titles as people read them: no value before the first word, nothing that the log never said, nothing cut in vain."""

import json
from datetime import UTC, datetime

import pytest

from processor.app.config import Settings
from processor.app.publishing import make_wording
from processor.issues import headline
from processor.mining.grouper import Grouper
from processor.mining.masker import Masker
from processor.model import Cluster, Kind, Sample, Severity, Stream
from processor.parsing import stacktrace
from processor.parsing.decode import decode

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
WORDING = make_wording(Settings())


def made(template, text, *, kind=Kind.TEXT, values=None, raw=""):
    found = stacktrace.describe(text) if kind == Kind.EXCEPTION else None
    return Cluster(
        id="0123456789ab",
        stream=Stream("acme-prod", "shop", kind),
        template=template,
        sample=Sample("i-1", NOW, text, raw or json.dumps({"textPayload": text}), found),
        severity=Severity.ERROR,
        count=7,
        first_seen=NOW,
        last_seen=NOW,
        severities={Severity.ERROR: 7},
        minutes={},
        days={},
        facets={},
        revisions={},
        values=values or {},
    )


def title(template, text="", **more):
    return headline.title(made(template, text or template.replace("<*>", "7"), **more), WORDING).removeprefix("shop: ")


def of_trace(text, values=None):
    entry = {"logName": "l", "timestamp": "2026-01-10T12:00:00Z", "severity": "ERROR", "textPayload": text}
    masked = Grouper(Masker())(decode(json.dumps(entry).encode(), NOW))
    assert masked.stream.kind == Kind.EXCEPTION
    return title(masked.message, text, kind=Kind.EXCEPTION, values=values)


@pytest.mark.parametrize(
    ("template", "read"),
    [
        ("<*>:M <*> # The snapshot could not be written", "The snapshot could not be written"),
        ("[ <*>] the journal is cut off", "the journal is cut off"),
        ('<*> - - [<*>] "GET <*>" answered 503', '"GET …" answered 503'),
        ("<*>. The target answered 500", "The target answered 500"),
        ("<*> db=<*>,user=<*> ERROR: the transactions wait for each other", "the transactions wait for each other"),
        # What stands first is what the sentence is about.
        ("<*> is forbidden for this role", "… is forbidden for this role"),
        ("[ <*>] <*> on <*>: the journal is cut off", "… on …: the journal is cut off"),
        ("ERROR was the old label", "ERROR was the old label"),
        ("FAIL: <*> of <*> checks did not hold", "FAIL: … of … checks did not hold"),
        ("A request has failed", "A request has failed"),
        ("<*>", "…"),
        # A pair that is left out leaves its colon.
        ("Circuit breaker initialized:", "Circuit breaker initialized"),
    ],
)
def test_a_title_begins_with_what_the_sentence_is_about(template, read):
    assert title(template) == read


@pytest.mark.parametrize(
    ("template", "text", "read"),
    [
        ("Reconciled <*> dock", "Reconciled 18 docks", "Reconciled … docks"),
        ("Reconciled <*> dock", "Reconciled 1 dock", "Reconciled … dock"),
        (
            "message could not be acknowledged and was requeued",
            "14 messages could not be acknowledged and were requeued",
            "messages could not be acknowledged and were requeued",
        ),
    ],
)
def test_words_are_those_that_were_printed_not_those_grouped_by(template, text, read):
    assert title(template, text) == read


def test_a_number_that_nobody_printed_is_not_in_the_title():
    trace = (
        'Traceback (most recent call last):\n  File "/srv/ml/serve.py", line 3, in <module>\n    from ml import load\n'
        "ImportError: libcudart.so.12: cannot open shared object file"
    )

    assert of_trace(trace) == "ImportError: libcudart.so.…: cannot open shared object file in serve.py"


def test_the_log_of_entries_without_a_message_is_named():
    entry = {"logName": "projects/p/logs/run.googleapis.com%2Fstderr", "timestamp": "2026-01-10T12:00:00Z"}
    raw = json.dumps({**entry, "severity": "ERROR", "textPayload": ""})
    one = made("entry without a message in log run.googleapis.com/stderr", "", raw=raw)

    assert headline.title(one, WORDING) == "shop: entry without a message in log run.googleapis.com/stderr"


RAISED = 'Traceback (most recent call last):\n  File "/app/shop/calc.py", line 21, in margin\n    return net - cost\n{}'


def test_the_types_of_operands_are_named_where_they_are_the_same_in_all_entries():
    text = RAISED.format("TypeError: unsupported operand type(s) for -: 'str' and 'int'")
    values = {"type s for": {"str": 3}, "and": {"int": 3}}

    assert of_trace(text, values).startswith("TypeError: unsupported operand type(s) for -: 'str' and 'int' in margin")


def test_the_class_that_a_wrapper_repeats_in_brackets_is_named():
    text = (
        RAISED.format("sqlite3.OperationalError: no such column: titel")
        + "\n\nThe above exception was the direct cause of the following exception:\n\n"
        + RAISED.format("sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) no such column: titel")
    )

    assert of_trace(text).startswith("OperationalError: (sqlite3.OperationalError) no such column: titel in margin")


def test_a_message_is_cut_only_where_the_title_is_full():
    long = "Failed to set up the middleware that keeps sockets apart from requests and sessions of the same page: no"
    assert len(long) < 110
    told = of_trace(RAISED.format(f"RuntimeError: {long} module named it"))
    assert told.endswith("no module named it in margin (calc.py)")

    full = of_trace(RAISED.format(f"RuntimeError: {long} {'word ' * 40}end"))
    assert full.endswith("… in margin (calc.py)")
    assert 180 < len(f"shop: {full}") <= headline.MAX_TITLE


def test_so_is_the_message_of_the_root():
    root = "ValueError: no connection slot is left for roles that are not those of the database's own administrators"
    link = "\n\nThe above exception was the direct cause of the following exception:\n\n"
    told = of_trace(RAISED.format(root) + link + RAISED.format("RuntimeError: cannot place it"))

    assert told == f"RuntimeError: cannot place it in margin (calc.py) (from {root})"


def test_a_messages_full_stop_does_not_stand_in_the_middle():
    text = RAISED.format("KeyError: the key was not present in the dictionary.")

    assert of_trace(text).endswith("dictionary in margin (calc.py)")
