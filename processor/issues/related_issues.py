"""Issues related to a cluster's own: those of related clusters, and those written by people. No IO.

Promises: every link has its reason, a link once made stays, and text written by people is neither kept nor repeated:
only its address and the reason. Issues are found in the repository's listing, never by GitHub's search, which lags by
minutes and has its own quota. What was seen is a hint that is lost with the process; links are in the cluster's notes.
"""

from __future__ import annotations

import heapq
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from processor.issues import body as report
from processor.issues.earlier_issues import WORD, EarlierIssues
from processor.model import Kind, Status
from processor.model.notes import RelatedIssue
from processor.parsing import stacktrace as traceback
from processor.triage import related
from processor.triage.features import features
from processor.triage.variants import word_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from processor.model import Cluster, Issue, Triage
    from processor.triage.features import Features

MAX_LINKS: Final = 8
_MAX_ISSUES: Final = 2_000
_MAX_TEXT: Final = 8_000
_MAX_REPORTED: Final = 100
_MIN_MESSAGE: Final = 24
_MIN_WORDS: Final = 5
_ONE_WORD: Final = "the same sentence with another word"


class Why(StrEnum):
    """What a person's issue shares with a cluster, the strongest reason first."""

    CLUSTER = "names this cluster"
    EXCEPTION = "names the same exception"
    TRACE = "names the same trace"
    MESSAGE = "quotes the same message"


class Linker:
    """Compares a cluster with issues that it has not been compared with.

    Attributes:
        read_at: when each repository was last listed for it.
    """

    def __init__(self) -> None:
        self.read_at: dict[str, datetime] = {}
        self._written: dict[str, dict[int, tuple[Issue, str, int]]] = {}
        self._reported: dict[str, tuple[Cluster, Features, int]] = {}
        self._earlier = EarlierIssues()
        self._changes = 0
        self._compared: dict[str, int] = {}

    def take(self, repository: str, issues: Iterable[Issue], at: datetime) -> None:
        """Take the issues of a listing; ours are left out, and of very many only the newest are kept."""
        self.read_at[repository] = at
        known = self._written.setdefault(repository, {})
        for issue in issues:
            if report.key_of(issue.body):
                continue
            text = " ".join(f"{issue.title}\n{issue.body[:_MAX_TEXT]}".split())
            if issue.ref.number not in known or known[issue.ref.number][1] != text:
                self._changes += 1
                known[issue.ref.number] = (issue, text, self._changes)
        for number in sorted(known)[:-_MAX_ISSUES]:
            del known[number]

    def learn(self, clusters: Iterable[Cluster]) -> None:
        """Take the clusters of this turn; those with an issue can be linked to, the older ones by an index."""
        having = [one for one in clusters if one.triage.issue and not one.triage.notes.abandoned]
        latest = heapq.nlargest(_MAX_REPORTED, having, key=lambda one: (one.first_seen, one.id))
        by_id = {one.id: one for one in latest}
        self._earlier.learn(one for one in having if one.id not in by_id)
        if by_id.keys() == self._reported.keys():
            return
        self._changes += bool(by_id.keys() - self._reported.keys())
        since = {name: change for name, (_, _, change) in self._reported.items()}
        self._reported = {
            known.id: (by_id[known.id], known, since.get(known.id, self._changes)) for known in features(latest)
        }

    def links(self, cluster: Cluster, repository: str) -> tuple[RelatedIssue, ...]:
        """Return all links of the cluster's issue if there are new ones, otherwise ()."""
        notes, own = cluster.triage.notes, cluster.triage.issue
        noted = notes.links
        before = self._compared.get(cluster.id, 0)
        if before == self._changes or len(noted) >= MAX_LINKS:
            return ()
        self._compared[cluster.id] = self._changes
        known = {notes.earlier, own.url if own else "", *(one.url for one in noted)}
        found = [
            one
            for one in (
                *self._people(cluster, repository, before),
                *self._kin(cluster, before),
                *(self._older(cluster) if not before else ()),
            )
            if one.url not in known
        ]
        return (*noted, *found)[:MAX_LINKS] if found else ()

    def _people(self, cluster: Cluster, repository: str, before: int) -> Iterator[RelatedIssue]:
        (mine,) = features([cluster]) or (None,)
        for issue, text, change in self._written.get(repository, {}).values():
            if mine and change > before and (why := why_of(cluster, mine, text)) is not None:
                yield RelatedIssue(number=issue.ref.number, url=issue.ref.url, why=why)

    def _kin(self, cluster: Cluster, before: int) -> Iterator[RelatedIssue]:
        fresh = [(one, known) for one, known, change in self._reported.values() if change > before]
        mine = self._reported[cluster.id][1] if cluster.id in self._reported else self._traits(cluster)
        for other, known in fresh if mine else ():
            ref = other.triage.issue
            if mine and ref and other.id != cluster.id and (why := _why(cluster, mine, other, known)):
                yield RelatedIssue(number=ref.number, url=ref.url, why=why, cluster=other.id)

    def _older(self, cluster: Cluster) -> Iterator[RelatedIssue]:
        for mine in features([cluster]):
            for name, triage, sign in self._earlier.like(mine):
                if ref := triage.issue:
                    yield RelatedIssue(number=ref.number, url=ref.url, why=_settled(sign, triage), cluster=name)

    def _traits(self, cluster: Cluster) -> Features | None:
        """Return the features of a cluster without an issue; the others show whether its revision is new."""
        known = features([*(one for one, _, _ in self._reported.values()), cluster])
        return next((one for one in known if one.id == cluster.id), None)


def _why(cluster: Cluster, mine: Features, other: Cluster, theirs: Features) -> str:
    """Return the evidence, and since when the other is settled: the fix may help again; "" if they are not related."""
    evidence = related.evidence(mine, theirs)
    sign = evidence[0].sign if evidence else _ONE_WORD if word_of(cluster, other) else ""
    if not sign:
        return ""
    return _settled(sign, other.triage)


def _settled(sign: str, other: Triage) -> str:
    at = other.resolved_at
    settled = other.status is Status.RESOLVED and at is not None
    return f"{sign}; settled on {at:%Y-%m-%d}" if settled else str(sign)


def why_of(cluster: Cluster, one: Features, text: str) -> Why | None:
    """Return why an issue's text, white space collapsed, is about this cluster; None if it is not."""
    if any(name in text for name in (cluster.id, *cluster.aliases)):
        return Why.CLUSTER
    if any(_names(said, text) for said in one.raised):
        return Why.EXCEPTION
    if len(trace := one.trace.rpartition("/")[2]) >= _MIN_MESSAGE and trace in text:
        return Why.TRACE
    return Why.MESSAGE if one.kind is Kind.TEXT and _quotes(cluster.template, text) else None


def _names(said: str, text: str) -> bool:
    """Return whether the text has the message with its values; a short one only with its type, being too common."""
    kind, _, message = said.partition(": ")
    telling = len(message) >= _MIN_MESSAGE and len(WORD.findall(message)) >= _MIN_WORDS - 1
    return message in text if telling else bool(message) and f"{kind.rpartition('.')[2]}: {message}" in text


def _quotes(template: str, text: str) -> bool:
    """Return whether the text has all constant words of the template in order, one stretch of which is distinctive."""
    parts = [" ".join(part.split()) for part in template.split("<*>")]
    if max(len(WORD.findall(part)) for part in parts) < _MIN_WORDS or traceback.is_fragment(template):
        return False
    at = 0
    for part in parts:
        at = text.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return True
