"""Every way by which log text leaves, with the corpus of made-up secrets and names: nothing of it comes out."""

import ast
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import leaks
import pytest

from processor.app.config import Settings
from processor.app.publishing import make_wording
from processor.issues import body as report
from processor.issues import headline, incident_body
from processor.mining.masker import Masker
from processor.model import Cluster, Kind, Priority, Sample, Severity, Span, Stream, Triage
from processor.model.notes import PendingComment
from processor.parsing import routes, stacktrace
from processor.triage.incident_owner import IncidentReport
from processor.triage.incidents import Incident, Member
from processor.triage.related import Evidence, Sign

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
WORDING = make_wording(Settings())
MASKER = Masker()
SECRETS, NAMES = list({one.kind: one for one in leaks.secrets()}.values()), leaks.names()
"""One line of each kind: every line goes through `redact` in the tests of that."""
TRACE = """\
Traceback (most recent call last):
  File "/app/shop/pay.py", line 12, in pay
    charge(order)
ValueError: {}"""


def cluster(template, text, *, kind=Kind.TEXT, facets=None, raw="", revision="shop-00001"):
    minute = int(NOW.timestamp()) // 60
    return Cluster(
        id="0123456789ab",
        stream=Stream("acme-prod", "shop", kind),
        template=template,
        sample=Sample("i-1", NOW, text, raw or json.dumps({"textPayload": text})),
        severity=Severity.ERROR,
        count=7,
        first_seen=NOW - timedelta(days=1),
        last_seen=NOW,
        severities={Severity.ERROR: 7},
        minutes={minute: 7},
        days={minute // 1440: 7},
        facets=facets or {},
        revisions={revision: Span(7, NOW, NOW)},
        triage=Triage(),
    )


def issue(one):
    """Everything that the issue of one cluster says, links decoded."""
    return "\n".join([headline.title(one, WORDING), report.body(one, WORDING, priority=Priority.P1, impact="")])


def incident(one, cause):
    member = Member("0123456789ac", (Evidence(Sign.EXCEPTION, cause),))
    found = Incident(one.id, cause, (Member(one.id, ()), member), "shop-00001", False, NOW, NOW, ("shop",), over=False)
    other = cluster(one.template, one.sample.text)
    told = IncidentReport(one.id, found, (one, Cluster(**{**vars_of(other), "id": member.id})), Priority.P1, "")
    return "\n".join([incident_body.title(told, WORDING), incident_body.section(told, WORDING)])


def vars_of(one):
    return {name: getattr(one, name) for name in one.__struct_fields__}


def plain(line):
    return issue(cluster(MASKER.mask(line), line))


def exception(line):
    text = TRACE.format(line)
    found = stacktrace.parse(text)
    template = stacktrace.fingerprint(found, MASKER.mask) if found else MASKER.mask(text)
    return issue(cluster(template, text, kind=Kind.EXCEPTION))


def by_incident(line):
    return incident(cluster(MASKER.mask(line), line), line)


def unmasked(line):
    """A template that kept every word, as grouping may."""
    return issue(cluster(line, line))


def label(line, secret):
    rows = {"label note": {line: 4, f"{line} again": 3}, "label thing": {secret: 7}, "label other": {secret: 1, "x": 6}}
    return issue(cluster("it broke", "it broke", facets=rows))


def wildcard(_line, secret):
    return issue(
        cluster("it <any> broke", "it x broke", facets={"word 1": {secret: 3, "timeout": 4}, "word 2": {secret: 7}})
    )


def route(_line, secret):
    path = routes.route_template(f"/api/users/{secret}/orders")
    raw = json.dumps({"httpRequest": {"requestMethod": "GET", "requestUrl": f"https://x.example/users/{secret}/a"}})
    facets = {"route": {f"GET {path} 500": 7}, "status": {"500": 7}}
    return issue(cluster(f"HTTP 5xx GET {path}", "", kind=Kind.HTTP, facets=facets, raw=raw))


def variant(line, secret):
    """The issue below which the line waits, where the secret is the one word that differs."""
    ours, theirs = (cluster(text, "it broke") for text in (line.replace(secret, "parcel"), line))
    return report.body(ours, WORDING, priority=Priority.P1, impact="", variants=[theirs])


def fields(line):
    raw = json.dumps({"jsonPayload": {"detail": line, "list": [line]}})
    return issue(cluster("it broke", "", raw=raw))


def comment(line):
    pending = PendingComment(number=1, change="escalating", count=1, reason="More.")
    return report.comment(cluster("x", "x", revision=WORDING.said(line)[:60]), pending, WORDING)


def shown(line):
    """The worklog and other pages that stay inside."""
    return WORDING.shown(line)


PATHS = {
    "plain": plain, "exception": exception, "incident": by_incident, "unmasked": unmasked, "fields": fields,
    "comment": comment, "worklog": shown,
}  # fmt: skip
VALUE_PATHS = {"label": label, "wildcard": wildcard, "route": route, "variant": variant}


def given_away(corpus, path, write):
    """Lines whose secret is in what is written; addresses are read as a browser reads them."""
    found = []
    for one in corpus:
        made = write(one.line) if path in PATHS else write(one.line, one.secret)
        if leaks.shows(one, f"{made}\n{leaks.unquoted(made)}"):
            found.append(one)
    return found


@pytest.mark.parametrize("path", [*PATHS, *VALUE_PATHS])
def test_no_secret_leaves_by_any_path(path):
    write = PATHS.get(path) or VALUE_PATHS[path]

    assert given_away(SECRETS, path, write) == []


@pytest.mark.parametrize("path", [*PATHS, *VALUE_PATHS])
def test_at_most_one_name_in_fifty_leaves_by_any_path(path):
    write = PATHS.get(path) or VALUE_PATHS[path]
    # A place and a company of one plain word cannot be told from a word without what stands around it.
    corpus = NAMES if path in PATHS else [one for one in NAMES if one.kind not in ("known words", "search term")]
    found = given_away(corpus, path, write)

    assert len(found) * 50 <= len(corpus), found


def test_a_variant_is_listed_with_its_word():
    assert "`survey` 7 entries" in variant("no free worker left for survey", "survey")


def test_nothing_of_the_writers_redacts_by_itself():
    """`Wording` is the one door: whoever builds a text has no other way to prepare log text."""
    users = {}
    for path in sorted((ROOT / "processor" / "issues").glob("*.py")):
        calls = {
            node.attr
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Attribute) and node.attr in ("redact", "mask", "hide")
        }
        if calls:
            users[path.name] = calls

    assert users == {"publish.py": {"redact", "mask", "hide"}}


def test_what_is_said_is_shown():
    found = exception("column orders.total does not exist")

    assert "ValueError: column orders.total does not exist in pay (pay.py)" in found
    assert 'File "/app/shop/pay.py", line 12, in pay' in found
    assert "<*>" not in found


def test_infrastructure_is_shown_as_it_is():
    one = cluster(
        "it broke", "it broke", facets={"location": {"europe-west1": 7}, "module": {"shop.pay": 4, "shop.x": 3}}
    )
    found = issue(one)

    assert re.search(r"location +europe-west1", found)
    assert re.search(r"shop\.pay +4", found)


AUDIT = {
    "logName": "projects/p/logs/cloudaudit.googleapis.com%2Factivity",
    "timestamp": "2025-10-02T06:30:00Z",
    "protoPayload": {
        "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
        "serviceName": "logging.googleapis.com",
        "methodName": "google.logging.v2.ConfigServiceV2.UpdateSink",
        "status": {"code": 5, "message": "Sink gates was not found"},
    },
}


def test_a_title_keeps_the_method_and_the_code_of_an_audit_log():
    template = "logging ConfigServiceV2.UpdateSink: NOT_FOUND: Sink <*> was not found"
    one = cluster(template, template.replace("<*>", "gates"), raw=json.dumps(AUDIT))

    assert headline.title(one, WORDING).endswith(
        ": logging ConfigServiceV2.UpdateSink: NOT_FOUND: Sink … was not found"
    )


def test_a_fixed_part_is_published_without_names_and_secrets():
    payload = {"message": "no", "permission": "zofia", "reason_code": "ghp_abcdefghijklmnopqrstuvwxyz0123456789"}
    entry = {"logName": "l", "timestamp": "2025-10-02T06:30:00Z", "jsonPayload": payload}
    text = " ".join(("no", *(f"{name}={value}" for name, value in payload.items() if name != "message")))

    title = headline.title(cluster(text, text, raw=json.dumps(entry)), WORDING)

    assert "zofia" not in title
    assert "ghp_" not in title
