"""Bodies as people read them at night: the cause on the first screen, nothing twice, whether it still goes on."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from processor.app.config import Settings
from processor.app.publishing import make_wording
from processor.issues import body, incident_body
from processor.issues.trace import folded
from processor.model import Cluster, Kind, Priority, Sample, Severity, Stream, Triage
from processor.parsing import stacktrace
from processor.triage.incident_owner import IncidentReport
from processor.triage.incidents import Incident, Member
from processor.triage.related import Evidence, Sign

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
MINUTE = int(NOW.timestamp()) // 60
WORDING = make_wording(Settings())
LIBRARY = "\n".join(f"\tat org.springframework.web.F{n}.doFilter(F{n}.java:{n})" for n in range(60))
CAUSE = "Caused by: org.postgresql.util.PSQLException: no connection slots are left"
TRACE = (
    "com.acme.orders.OrderException: the order could not be placed\n"
    f"\tat com.acme.orders.OrderService.place(OrderService.java:88)\n{LIBRARY}\n{CAUSE}\n"
    "\tat com.acme.db.Pool.open(Pool.java:41)\n\t... 60 more"
)


def cluster(text, *, kind=Kind.TEXT, raw="", template="", **more):
    found = stacktrace.describe(text) if kind == Kind.EXCEPTION else None
    fields = {
        "id": "0123456789ab",
        "stream": Stream("acme-prod", "shop", kind),
        "template": template or text.split("\n", 1)[0],
        "sample": Sample("i-1", NOW, text, raw or json.dumps({"textPayload": text}), found),
        "severity": Severity.ERROR,
        "count": 7,
        "first_seen": NOW - timedelta(hours=3),
        "last_seen": NOW,
        "severities": {Severity.ERROR: 7},
        "minutes": {MINUTE - 100: 4, MINUTE - 2: 1, MINUTE: 2},
        "days": {},
        "facets": {},
        "revisions": {},
    }
    return Cluster(**{**fields, **more})


def made(one):
    return body.body(one, WORDING, priority=Priority.P1, impact="It fails.")


def test_the_cause_of_a_long_trace_is_on_the_first_screen():
    told = made(cluster(TRACE, kind=Kind.EXCEPTION)).split("\n")

    assert told.index(CAUSE) < 25
    assert "\t… 56 library lines" in told
    assert "\tat com.acme.orders.OrderService.place(OrderService.java:88)" in told
    assert "\tat com.acme.db.Pool.open(Pool.java:41)" in told


@pytest.mark.parametrize(
    "text",
    [
        TRACE.replace(LIBRARY, "\n".join(LIBRARY.split("\n")[:9])),  # short
        TRACE.replace("com.acme", "org.springframework"),  # of which nothing is known to be the application's
        "\n".join(f"line {n}" for n in range(60)),  # no trace
    ],
    ids=["short", "library only", "no trace"],
)
def test_other_traces_are_not_shortened(text):
    assert folded(text) == text


def test_a_sample_that_says_only_what_the_title_says_is_left_out():
    sample = "voucher ghp_abcdefghijklmnopqrstuvwxyz0123456789 was spent twice"

    assert "### Latest sample" not in made(cluster(sample, template="voucher <*> was spent twice"))
    assert "### Latest sample" in made(cluster(f"{sample} in the same shop", template="voucher <*> was spent twice"))


def test_a_requests_sample_has_no_masked_timestamp_and_no_empty_payload():
    request = {"requestMethod": "GET", "requestUrl": "https://shop.example/orders/17", "status": 503}
    raw = {"severity": "ERROR", "timestamp": "2026-01-10T12:00:00Z", "textPayload": "", "httpRequest": request}
    told = made(cluster("", kind=Kind.HTTP, raw=json.dumps(raw), template="HTTP 5xx GET /orders/<*>"))
    (sample,) = [part for part in told.split("\n\n") if part.startswith("```json")]

    assert json.loads(sample.removeprefix("```json").removesuffix("```")) == {
        "severity": "ERROR",
        "httpRequest": {"requestMethod": "GET", "requestUrl": "/orders/…", "status": 503},
    }


@pytest.mark.parametrize(
    ("times", "said"),
    [(0, ""), (1, " It came back once after it was resolved."), (3, " It came back 3 times after it was resolved.")],
)
def test_a_regression_says_so_beside_the_figures(times, said):
    one = cluster("disk full", triage=Triage(regressions=times))

    assert f" UTC.{said} Still going when last seen: 3 in 10 minutes." in made(one)
    assert "**P1**, 7 entries (ERROR), first seen" in made(one)


def test_an_incident_says_whether_it_goes_on_and_no_reason_is_a_bare_mark():
    root = cluster("com.acme.Down: the queue is closed", template="com.acme.Down: the queue is closed")
    other = cluster("gave up", id="0123456789ac")
    why = (Evidence(Sign.TRACE, "2a1d08ac4f"),)
    found = Incident(
        root.id, root.template, (Member(root.id, ()), Member(other.id, why)), "", False, NOW, NOW, ("shop",), over=False
    )
    told = IncidentReport(root.id, found, (root, other), Priority.P1, "")

    assert incident_body.lead(told, WORDING, Priority.P1).endswith("Still going when last seen: 6 in 10 minutes.")
    assert f"gave up ({Sign.TRACE})" in incident_body.section(told, WORDING)


def test_the_title_of_an_incident_names_the_class_of_its_cause_without_the_package():
    wrapper = cluster(TRACE, kind=Kind.EXCEPTION)
    found = Incident(
        wrapper.id,
        "org.postgresql.util.PSQLException: no connection slots are left",
        (Member(wrapper.id, ()),),
        "",
        False,
        NOW,
        NOW,
        ("shop",),
        over=False,
    )
    told = IncidentReport(wrapper.id, found, (wrapper,), Priority.P1, "")

    assert incident_body.title(told, WORDING) == "shop: PSQLException: no connection slots are left"
