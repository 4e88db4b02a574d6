"""Reads the tracker: what changed, what people did, which issues are ours. Hints are confirmed before use.

Promises: people's changes are read before anything is written; nothing is opened on an implausible listing; a missing
label is put back; issues opened by others are left alone.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from processor.issues import body as report
from processor.issues.issue_cache import EPOCH, has_issues
from processor.model import IssueEdit
from processor.model.errors import IssueGone, IssueMoved, TrackerError
from processor.model.notes import DELETED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from processor.issues.comment_commands import Listener
    from processor.issues.delivery import Delivery
    from processor.issues.issue_cache import IssueCache
    from processor.issues.related_issues import Linker
    from processor.model import Cluster, Issue, IssueRef
    from processor.model.ports import Clock, IssueTracker, Store

_HOUR: Final = timedelta(hours=1)
_SKEW: Final = timedelta(minutes=10)
_LOOK_BACK: Final = timedelta(days=90)
_MAX_MISSING: Final = 20
"""Issues of ours that a listing left out and that are asked for one by one, in an hour."""


class Watch:
    """Reads one tracker for one worker."""

    def __init__(
        self,
        store: Store,
        tracker: IssueTracker,
        *,
        cache: IssueCache,
        linker: Linker,
        delivery: Delivery,
        listener: Listener,
        clock: Clock,
    ) -> None:
        self._store = store
        self._tracker = tracker
        self._cache = cache
        self._linker = linker
        self._delivery = delivery
        self._listener = listener
        self._clock = clock

    def look(self, now: datetime, clusters: Sequence[Cluster], *, park: Callable[[str, TrackerError], None]) -> None:
        """List changed issues; all of them at the start and once an hour."""
        for repository in self._tracker.repositories():
            if now < self._cache.parked.get(repository, EPOCH):
                continue
            try:
                self._look_into(repository, clusters, now)
            except TrackerError as error:
                park(repository, error)

    def confirm(self, cluster: Cluster) -> tuple[Cluster, bool]:
        """Follow up the hints of a listing; return the cluster, and whether somebody touched its issue."""
        notes = cluster.triage.notes
        issues = [issue for issue in self._cache.of(cluster) if issue.ref.url != notes.earlier]
        if cluster.triage.issue is None and issues and notes.intent is None:
            cluster = self._adopt(cluster, issues)
        touched = False
        for issue in issues:
            ref = cluster.triage.issue
            if ref is None:
                break
            if issue.ref.number == ref.number:
                cluster, heard = self._hear(cluster, ref, issue)
                touched = touched or heard
            elif issue.ref.repository == ref.repository:
                self._close_twin(issue, ref)
        return cluster, touched

    def is_credible(self, repository: str) -> bool:
        """Return whether a listing is plausible: an empty one is not while the state knows issues there."""
        known = has_issues(self._store.clusters(), repository)
        return not known or bool(self._tracker.listing(repository, None))

    # --- one issue ------------------------------------------------------------------------------------
    def _adopt(self, cluster: Cluster, issues: Sequence[Issue]) -> Cluster:
        """Adopt the oldest issue as ours; copies by others, marker included, are theirs."""
        author = min(issues, key=lambda issue: issue.ref.number).author
        ours = [issue for issue in issues if issue.author == author]
        first = min(ours, key=lambda issue: (not issue.open, issue.ref.number))
        try:
            return self._delivery.adopt(cluster, self._tracker.get(first.ref))
        except (IssueGone, IssueMoved):
            self._cache.forget(first)
            return cluster

    def _hear(self, cluster: Cluster, ref: IssueRef, issue: Issue) -> tuple[Cluster, bool]:
        if self._cache.is_old(issue, cluster):
            return cluster, False
        now = self._clock.now()
        try:
            fresh = self._tracker.get(ref)
            if report.LABEL not in fresh.labels:
                self._delivery.label_again(fresh)
            cluster = self._delivery.listen(cluster, fresh)
            cluster = self._listener.listen(cluster, fresh)
        except IssueMoved as moved:
            return self._delivery.moved(cluster, moved), True
        except IssueGone:
            return cluster, False  # the next write to it finds out, and records it
        self._cache.note_read(fresh, now)
        return cluster, True

    def _close_twin(self, issue: Issue, stays: IssueRef) -> None:
        """Close a duplicate of ours, or the issue of a merged cluster: one issue stays."""
        if not issue.open or issue.locked:
            return
        try:
            fresh = self._tracker.get(issue.ref)
            if fresh.author != self._tracker.get(stays).author:
                self._cache.forget(issue)
            elif fresh.open and report.key_of(fresh.body) == report.key_of(issue.body):
                edit = IssueEdit(open=False, reason="duplicate", duplicate_of=stays.number)
                self._cache.observe(self._tracker.edit(issue.ref, edit))
        except (IssueGone, IssueMoved):
            self._cache.forget(issue)

    # --- a repository ---------------------------------------------------------------------------------
    def _look_into(self, repository: str, clusters: Iterable[Cluster], now: datetime) -> None:
        full = now - self._cache.full_at.get(repository, EPOCH) >= _HOUR
        slack = _SKEW + timedelta(seconds=2 * self._tracker.settle_s)
        found = self._tracker.listing(repository, None if full else self._cache.looked_at[repository] - slack)
        for issue in found:
            self._cache.observe(issue)
        self._cache.looked_at[repository] = now
        if full:
            explained = self._ask_for_missing(repository, clusters, {issue.ref.number for issue in found})
            credible = bool(found) or explained or not has_issues(clusters, repository)
            self._cache.suspect[repository] = not credible
            # An implausible listing is requested again in the next turn.
            self._cache.full_at[repository] = now if credible else EPOCH
            # Last, so that issues never wait for it.
            since = max(self._linker.read_at.get(repository, EPOCH), now - _LOOK_BACK) - slack
            self._linker.take(repository, self._tracker.listing(repository, since, labelled=False), now)

    def _ask_for_missing(self, repository: str, clusters: Iterable[Cluster], listed: set[int]) -> bool:
        """Read known issues that the listing left out; if a lost label is the reason, put it back."""
        explained = False
        refs = [(one, ref) for one in clusters if (ref := one.triage.issue) and ref.repository == repository]
        missing = [(one, ref) for one, ref in refs if ref.number not in listed and not _is_deleted(one)]
        for cluster, ref in missing[:_MAX_MISSING]:
            try:
                fresh = self._tracker.get(ref)
            except IssueMoved as moved:
                self._delivery.moved(cluster, moved)
                explained = True
            except IssueGone:
                explained = True
            else:
                if report.LABEL not in fresh.labels:
                    self._delivery.label_again(fresh)
                    explained = True
                self._cache.observe(fresh)
        return explained


def _is_deleted(cluster: Cluster) -> bool:
    return cluster.triage.notes.abandoned == DELETED
