"""The text of an issue: title, body, labels and comments as Markdown. Pure.

Log text appears only through `processor.text.markdown`, and only after `Wording`. Counts, times and the words
of the policy are ours; everything else (templates, samples, names of services, revisions, routes) is log text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from processor.issues import breakdown, headline, trace
from processor.issues import cloud_console as console
from processor.issues.cloud_console import NOWHERE
from processor.issues.sample import sample_json
from processor.model import Kind
from processor.model.notes import EMPTY
from processor.model.patterns import regex
from processor.text import markdown
from processor.triage.variants import word_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from processor.issues.cloud_console import Places
    from processor.issues.publish import Wording
    from processor.model import Cluster, Priority
    from processor.model.notes import Notes, PendingComment, RelatedIssue

VERSION: Final = 4
"""Raised when the form of the body changes, so that open issues are rewritten once."""
LABEL: Final = "log-gardener"
QUIET: Final = "quiet"
FLAPPING: Final = "flapping"
MAX_LABEL: Final = 50
_MAX_TEMPLATE: Final = 2_000
_MAX_SAMPLE: Final = 8_000
_MAX_NAME: Final = 120
_LATELY_MIN: Final = 10
_MAX_BODY: Final = 60_000
_MAX_VARIANTS: Final = 20
_WORD: Final = regex(r"\w+")
_END: Final = "<!-- log-gardener:end -->"
_MARKER: Final = regex(r"^<!-- log-gardener:v1 key=([0-9a-z-]{1,64}) -->\r?$", re.MULTILINE)
_NEAR_TOP: Final = 4_000
_COMMENT: Final = regex(r"\A<!-- log-gardener:c key=([0-9a-z-]{1,64}) n=(\d{1,9}) -->\r?(?:\n|\Z)")
_HEADINGS: Final = {
    "escalating": "Escalating",
    "regressed": "Back again",
    "unmuted": "No longer muted",
}


def marker(key: str) -> str:
    """Return the first line of an issue's body."""
    return f"<!-- log-gardener:v1 key={key} -->"


def key_of(body: str) -> str:
    """Return the key in a body, "" if it is not ours. Log text cannot forge the marker; people may write above it."""
    found = _MARKER.search(body[:_NEAR_TOP])
    return found[1] if found else ""


def comment_key(body: str) -> tuple[str, int] | None:
    """Return (key, number) of one of our comments."""
    found = _COMMENT.match(body)
    return (found[1], int(found[2])) if found else None


def labels(cluster: Cluster, wording: Wording, priority: Priority, *, flapping: bool) -> tuple[str, ...]:
    """Return the labels, ours first; none contains a comma, which a listing could not query."""
    service = re.sub(r"[^A-Za-z0-9._-]+", "-", wording.named(cluster.stream.service))[: MAX_LABEL - len("service: ")]
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
    places: Places = NOWHERE,
    variants: Sequence[Cluster] = (),
) -> str:
    """Return our part of the issue's body, from marker to end mark; at most about 45,000 characters.

    In reading order: how bad, the trace or the latest sample, links, related issues, the rest folded. `impact` is the
    sentence of the policy's rule, `lead` and `incident` are the texts of `incident_body` about all clusters that this
    issue covers, `places` are the targets of links, `variants` wait below this issue.
    """
    parts = [
        marker(cluster.id),
        lead or _how_bad(cluster, wording, priority, notes),
        impact,
        f"Continues {notes.earlier}" if notes.earlier else "",
        incident,
        *_sample(cluster, wording),
        "### Links",
        console.links(cluster, wording, places),
        *_related(notes.links),
        *_variants(cluster, variants, wording),
        "<details><summary>When, where, and how entries differ</summary>",
        *_details(cluster, wording, notes),
        "</details>",
        _STEERING,
        _END,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def splice(ours: str, whole: str) -> str:
    """Return the body with our part replaced; text written by people stays.

    If its marks are gone, authorship cannot be told, so all of it stays, below ours; the same if it is too long.
    """
    start = _MARKER.search(whole[:_NEAR_TOP])
    above = whole[: start.start()].strip() if start else ""
    if start and _END in whole[start.end() :]:
        below = whole[start.end() :].split(_END, 1)[1]
    else:
        rest = (whole[start.end() :] if start else whole).strip()
        below = f"\n\n{rest}\n" if rest else "\n"
    found = (f"{above}\n\n" if above else "") + ours.rstrip("\n") + below
    return found if len(found) <= _MAX_BODY else whole


def comment(cluster: Cluster, owed: PendingComment, wording: Wording) -> str:
    """Return the comment about a turning point."""
    parts = [
        f"<!-- log-gardener:c key={cluster.id} n={owed.number} -->",
        f"**{_HEADINGS.get(owed.change, 'Changed')}.** {owed.reason}",
    ]
    if cluster.last_revision:
        parts.append(markdown.block(wording.named(f"last revision: {cluster.last_revision}"), max_chars=200))
    return "\n\n".join(parts) + "\n"


_STEERING: Final = (
    "Steer this issue with a comment that holds one command on a line of its own: `/garden mute 7d`,"
    " `/garden mute until 10x`, `/garden priority P2`, `/garden resolve`, `/garden merge ISSUE`, `/garden split`."
    " Closing it as completed settles the problem until it comes back; closing it as not planned mutes it until it"
    " has grown tenfold."
)


def issue_link(number: int, url: str) -> str:
    """Return a link that works from any repository; a bare number would refer to the reader's own."""
    where = url if url.startswith(("https://", "http://")) else quote(url, safe="/:.-_~")
    return f"[issue {number}]({where.replace(' ', '%20').replace(')', '%29')})"


def _related(links: Iterable[RelatedIssue]) -> Iterable[str]:
    rows = [f"- {issue_link(one.number, one.url)}: {one.why}" for one in links]
    if rows:
        yield "### Related issues"
        yield "\n".join(rows)


def _variants(cluster: Cluster, variants: Sequence[Cluster], wording: Wording) -> Iterable[str]:
    """Return the clusters without an issue that differ from this one in one word, each with that word if it is shown.

    A word is shown only if the title of the variant's own issue would show it.
    """
    if not variants:
        return
    rows = []
    for one in variants[:_MAX_VARIANTS]:
        word = word_of(one, cluster)
        shown = _code(word) if word in _WORD.findall(headline.said(one, wording)) else "(not shown)"
        rows.append(f"{shown} {_entries(one.count)} (`{one.id}`)")
    if len(variants) > _MAX_VARIANTS:
        rows.append(f"and {len(variants) - _MAX_VARIANTS} more")
    yield "### Variants"
    yield (
        f"The same sentence with another word: {', '.join(rows)}. Each gets an issue of its own once it proves to be"
        " a problem of its own, or with `gardener split` and its id."
    )


def _how_bad(cluster: Cluster, wording: Wording, priority: Priority, notes: Notes) -> str:
    """Return one paragraph: priority, count, extent, time span, revision."""
    found = sorted(cluster.severities.items(), reverse=True)
    levels = ", ".join(f"{level.name} {n:,}" if len(found) > 1 else level.name for level, n in found)
    times = cluster.occurrences
    once = "" if times == cluster.count else f" in {times:,} occurrences"
    reach = [found for found in (breakdown.users(cluster), breakdown.instances(cluster)) if found]
    ending = f"{came_back([cluster])}{' It has gone quiet.' if cluster.triage.quiet else going([cluster])}"
    return (
        f"**{priority}**, {_entries(cluster.count)} ({levels}){once}{''.join(f', {one}' for one in reach)},"
        f" first seen {cluster.first_seen:%Y-%m-%d %H:%M:%S}, last seen {cluster.last_seen:%Y-%m-%d %H:%M:%S} UTC"
        f"{_revision(cluster, wording, notes)}.{ending}"
    )


def going(clusters: Sequence[Cluster]) -> str:
    """Return the rate at the end: true whenever it is read, unlike "still going"."""
    last = max(int(cluster.last_seen.timestamp()) // 60 for cluster in clusters)
    lately = sum(n for cluster in clusters for minute, n in cluster.minutes.items() if minute > last - _LATELY_MIN)
    return f" Still going when last seen: {lately:,} in {_LATELY_MIN} minutes." if lately > 1 else ""


def came_back(clusters: Sequence[Cluster]) -> str:
    """Return how often it was seen again after somebody settled it, "" for never."""
    times = max(cluster.triage.regressions for cluster in clusters)
    return f" It came back {'once' if times == 1 else f'{times} times'} after it was resolved." if times else ""


def _entries(count: int) -> str:
    return f"{count:,} {'entry' if count == 1 else 'entries'}"


def _revision(cluster: Cluster, wording: Wording, notes: Notes) -> str:
    """Return the revision once: the one it appeared with, or the one it occurs in."""
    if not cluster.revisions:
        return ""
    first = _code(wording.named(cluster.first_revision))
    if notes.gone_since:
        return f", gone since revision {_code(wording.named(notes.gone_since))}"
    if notes.new_in == cluster.first_revision:
        return f", new in revision {first}"
    if len(cluster.revisions) == 1:
        return f", revision {first}"
    return f", {len(cluster.revisions)} revisions since {first}"


def _code(name: str) -> str:
    """Return a name as a code span, in which Markdown has no effect."""
    return f"`{markdown.title(name, max_chars=_MAX_NAME) or '(no name)'}`"


def _sample(cluster: Cluster, wording: Wording) -> Iterable[str]:
    """Return the trace, the message, or the informative part of a request's JSON; nothing already in the title."""
    sample = cluster.latest
    if sample.text:
        shown = wording.sample(sample.text)
        if cluster.stream.kind == Kind.EXCEPTION:
            yield "### Trace"
            shown = trace.folded(shown)
        elif wording.blank(" ".join(shown.split())) == headline.said(cluster, wording):
            return
        else:
            yield "### Latest sample"
        yield markdown.block(shown, max_chars=_MAX_SAMPLE)
        return
    found = sample_json(sample.raw, wording.named)
    yield "### Latest sample"
    if found is None:
        yield markdown.block(wording.sample(sample.raw), max_chars=_MAX_SAMPLE)
        return
    found.pop("timestamp", None)  # masked it says nothing, and the link to the entry has it
    known = {name: value for name, value in found.items() if value not in ("", {}, [])}
    yield markdown.block(wording.json(known), max_chars=_MAX_SAMPLE, info="json")


def _details(cluster: Cluster, wording: Wording, notes: Notes) -> Iterable[str]:
    yield markdown.block(breakdown.timeline(cluster), max_chars=_MAX_TEMPLATE)
    yield markdown.block(breakdown.where(cluster, notes, wording), max_chars=_MAX_TEMPLATE)
    if differing := breakdown.differing(cluster, wording):
        yield markdown.block(differing, max_chars=_MAX_SAMPLE)
