"""What an issue says: title, body, labels and comments as Markdown. Pure.

Log text appears only through `processor.text.markdown`, and only after `Wording.redact`. Counts, times and the words
of the policy are ours; everything else (templates, samples, names of services, revisions, routes) is log text.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from processor.issues import cloud_console as console
from processor.issues.sample import masked, sample_json
from processor.model.notes import EMPTY
from processor.text import markdown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from processor.model import Cluster, Priority
    from processor.model.notes import Notes, PendingComment, RelatedIssue

VERSION: Final = 1
"""Raised when the form of the body changes, so that open issues are rewritten once."""
LABEL: Final = "log-gardener"
QUIET: Final = "quiet"
FLAPPING: Final = "flapping"
MAX_TITLE: Final = 200
MAX_LABEL: Final = 50
_MAX_TEMPLATE: Final = 2_000
_MAX_SAMPLE: Final = 8_000
_MAX_ROWS: Final = 8
_MAX_FACETS: Final = 12
_MAX_VALUE: Final = 60
_MAX_BODY: Final = 60_000
_OTHER: Final = "(other)"
_END: Final = "<!-- log-gardener:end -->"
_MARKER: Final = re.compile(r"\A<!-- log-gardener:v1 key=([0-9a-z-]{1,64}) -->\r?(?:\n|\Z)")
_COMMENT: Final = re.compile(r"\A<!-- log-gardener:c key=([0-9a-z-]{1,64}) n=(\d{1,9}) -->\r?(?:\n|\Z)")
_VALUES_FIRST: Final = re.compile(r"\A(?:\[?<\*>\]? ){1,9}(?=\S)")
_HEADINGS: Final = {
    "escalating": "Escalating",
    "regressed": "Back again",
    "unmuted": "No longer muted",
}


@dataclass(frozen=True, slots=True)
class Wording:
    """How log text is prepared before it is shown.

    Attributes:
        redact: takes secrets and personal data out.
        mask: takes values out of a sample, so that by default only its shape is shown.
        raw_samples: show the redacted sample with its values.
    """

    redact: Callable[[str], str]
    mask: Callable[[str], str]
    raw_samples: bool = False


def marker(key: str) -> str:
    """The first line of an issue's body."""
    return f"<!-- log-gardener:v1 key={key} -->"


def key_of(body: str) -> str:
    """The key in a body's first line, "" where it is not ours. Anchored: log text cannot forge it."""
    found = _MARKER.match(body)
    return found[1] if found else ""


def comment_key(body: str) -> tuple[str, int] | None:
    """(key, number) of a comment of ours."""
    found = _COMMENT.match(body)
    return (found[1], int(found[2])) if found else None


def name(cluster: Cluster) -> str:
    """What a cluster is called: its template's first line, an exception without its frames. Log text.

    Values that stand before the first word (a time, a process id) tell nothing and are left out.
    """
    first = cluster.template.split("\n", 1)[0]
    if cluster.stream.kind == "exception":
        first = first.split(" at ", 1)[0]
    return _VALUES_FIRST.sub("", first)


def title(cluster: Cluster, wording: Wording) -> str:
    """One inert line: the service and the cluster's name."""
    return markdown.line(wording.redact(f"{cluster.stream.service}: {name(cluster)}"), max_chars=MAX_TITLE)


def labels(cluster: Cluster, priority: Priority, *, flapping: bool) -> tuple[str, ...]:
    """Our label first; no label holds a comma, which a listing could not ask for."""
    service = re.sub(r"[^A-Za-z0-9._-]+", "-", cluster.stream.service)[: MAX_LABEL - len("service: ")]
    found = [LABEL, f"priority: {priority}"]
    if service.strip("-."):
        found.append(f"service: {service}")
    if cluster.triage.quiet:
        found.append(QUIET)
    if flapping:
        found.append(FLAPPING)
    return tuple(found)


def body(
    cluster: Cluster,
    wording: Wording,
    *,
    priority: Priority,
    impact: str,
    notes: Notes = EMPTY,
    lead: str = "",
    incident: str = "",
) -> str:
    """Our part of the issue's body, from marker to end mark; at most about 45,000 characters.

    `impact` is the sentence of the policy's rule, `lead` and `incident` what `incident_plan` says of all the clusters
    that this one speaks for.
    """
    parts = [
        marker(cluster.id),
        lead or _summary(cluster, priority),
        impact,
        f"Continues {notes.earlier}" if notes.earlier else "",
        incident,
        *_related(notes.links),
        f"### The root\n\n{_summary(cluster)}" if lead else "",
        "### Pattern",
        markdown.block(wording.redact(cluster.template), max_chars=_MAX_TEMPLATE),
        "### Sample" if wording.raw_samples else "### Sample, values masked",
        _sample(cluster, wording),
        "### Where",
        markdown.block(wording.redact(_where(cluster, notes)), max_chars=_MAX_TEMPLATE),
        "### When (UTC)",
        markdown.block(_timeline(cluster), max_chars=_MAX_TEMPLATE),
        *_breakdown(cluster, wording),
        "### More",
        console.links(cluster, wording.redact),
        _STEERING,
        _END,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def splice(ours: str, whole: str) -> str:
    """Our part put in place of the old one; what people wrote stays.

    Where its marks are gone nobody can tell what is whose, so all of it stays, below; so it does where it is too long.
    """
    if key_of(whole) and _END in whole:
        theirs = whole.split(_END, 1)[1]
    else:
        rest = _MARKER.sub("", whole).strip()
        theirs = f"\n\n{rest}\n" if rest else "\n"
    found = ours.rstrip("\n") + theirs
    return found if len(found) <= _MAX_BODY else whole


def comment(cluster: Cluster, owed: PendingComment, wording: Wording) -> str:
    """A comment about one turning point."""
    parts = [
        f"<!-- log-gardener:c key={cluster.id} n={owed.number} -->",
        f"**{_HEADINGS.get(owed.change, 'Changed')}.** {owed.reason}",
    ]
    if cluster.last_revision:
        parts.append(markdown.block(wording.redact(f"last revision: {cluster.last_revision}"), max_chars=200))
    return "\n\n".join(parts) + "\n"


_STEERING: Final = (
    "Steer this issue with a comment that holds one command on a line of its own: `/garden mute 7d`,"
    " `/garden mute until 10x`, `/garden priority P2`, `/garden resolve`, `/garden merge ISSUE`, `/garden split`."
    " Closing it as completed settles the problem until it comes back; closing it as not planned mutes it until it"
    " has grown tenfold."
)


def issue_link(number: int, url: str) -> str:
    """A reference that leads somewhere, from anywhere: a number alone would mean another repository's issue."""
    where = url if url.startswith(("https://", "http://")) else quote(url, safe="/:.-_~")
    return f"[issue {number}]({where.replace(' ', '%20').replace(')', '%29')})"


def _related(links: Iterable[RelatedIssue]) -> Iterable[str]:
    rows = [f"- {issue_link(one.number, one.url)}: {one.why}" for one in links]
    if rows:
        yield "### Related issues"
        yield "\n".join(rows)


def _summary(cluster: Cluster, priority: Priority | None = None) -> str:
    levels = ", ".join(f"{level.name} {n:,}" for level, n in sorted(cluster.severities.items(), reverse=True))
    urgent = f"**{priority}**, " if priority else ""
    return (
        f"{urgent}{cluster.count:,} entries ({levels}), first seen {cluster.first_seen:%Y-%m-%d %H:%M:%S},"
        f" last seen {cluster.last_seen:%Y-%m-%d %H:%M:%S} UTC. Cluster `{cluster.id}`."
    )


def _sample(cluster: Cluster, wording: Wording) -> str:
    """The message; of an entry without one, such as a request, what is telling of its JSON."""
    text = cluster.sample.text
    found = None if text else sample_json(cluster.sample.raw, wording.redact)
    if found is None:
        kept = wording.redact(text or cluster.sample.raw)
        return markdown.block(kept if wording.raw_samples else wording.mask(kept), max_chars=_MAX_SAMPLE)
    shown = json.dumps(found if wording.raw_samples else masked(found, wording.mask), ensure_ascii=False, indent=2)
    return markdown.block(wording.redact(shown), max_chars=_MAX_SAMPLE, info="json")


def _where(cluster: Cluster, notes: Notes) -> str:
    rows = [
        ("project", cluster.stream.project),
        ("service", cluster.stream.service),
        ("kind", str(cluster.stream.kind)),
        ("first revision", cluster.first_revision),
        ("last revision", cluster.last_revision),
        ("new in", notes.new_in),
        ("gone since", notes.gone_since),
        ("merged clusters", ", ".join(cluster.aliases)),
    ]
    return _table([(name, _short(value)) for name, value in rows if value])


def _timeline(cluster: Cluster) -> str:
    """The last fourteen days that have entries, and the last three hours in steps of ten minutes."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    rows = [(f"{epoch + timedelta(days=day):%Y-%m-%d}", n) for day, n in sorted(cluster.days.items())[-14:]]
    tens: dict[int, int] = {}
    for minute, n in cluster.minutes.items():
        tens[minute // 10] = tens.get(minute // 10, 0) + n
    recent = [(f"{epoch + timedelta(minutes=ten * 10):%m-%d %H:%M}", n) for ten, n in sorted(tens.items())]
    return "\n\n".join(_bars(part) for part in (rows, recent) if part)


def _bars(rows: list[tuple[str, int]]) -> str:
    top = max(n for _, n in rows)
    return _table([(name, f"{n:>9,}  {'█' * max(1, round(30 * n / top))}") for name, n in rows])


def _breakdown(cluster: Cluster, wording: Wording) -> Iterable[str]:
    """Revisions and facets with more than one value; a value that all entries share is one line."""
    tables: dict[str, Mapping[str, int]] = {}
    if cluster.revisions:
        tables["revision"] = {name: span.entries for name, span in cluster.revisions.items()}
    tables.update(list(cluster.facets.items())[:_MAX_FACETS])
    shared = {name: next(iter(values)) for name, values in tables.items() if len(values) == 1}
    if len(tables.get("instance", {})) > _MAX_ROWS:
        shared["instance"] = _spread(tables["instance"])
    sections = []
    if shared:
        sections.append(_table([(_short(name), _short(value)) for name, value in sorted(shared.items())]))
    for name, values in sorted(tables.items()):
        if name not in shared:
            rows = sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))
            shown = [(f"  {_short(value)}", f"{n:>9,}") for value, n in rows[:_MAX_ROWS]]
            if len(rows) > _MAX_ROWS:
                shown.append(("  (the rest)", f"{sum(n for _, n in rows[_MAX_ROWS:]):>9,}"))
            sections.append(f"{_short(name)}\n{_table(shown)}")
    if sections:
        yield "### Breakdown"
        yield markdown.block(wording.redact("\n\n".join(sections)), max_chars=_MAX_SAMPLE)


def _spread(values: Mapping[str, int]) -> str:
    """Of many instances names tell nothing; how they share the entries tells whether one stands out."""
    known = [n for name, n in values.items() if name != _OTHER]
    more = "more than " if len(known) < len(values) else ""
    return f"{more}{len(known):,}, {min(known):,} to {max(known):,} entries each"


def _table(rows: Iterable[tuple[str, str]]) -> str:
    found = list(rows)
    width = max((len(name) for name, _ in found), default=0)
    return "\n".join(f"{name:<{width}}  {value}".rstrip() for name, value in found)


def _short(value: str) -> str:
    value = " ".join(value.split())
    return value if len(value) <= _MAX_VALUE else f"{value[: _MAX_VALUE - 1]}…"
