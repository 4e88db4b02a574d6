"""What the controller has seen of the tracker: hints only, confirmed before they count; lost with the process."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from processor.issues import body as report
from processor.model.notes import DELETED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from processor.model import Cluster, Issue

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SAME_SECOND: Final = timedelta(seconds=30)  # and the difference between two clocks


class IssueCache:
    """What listings showed, by marker. Bodies are not kept.

    Attributes:
        full_at: when each repository was last listed whole, and believably.
        looked_at: when it was last listed at all.
        doubtful: its last whole listing was empty although the state knows issues there.
        parked: until when it is left alone.
    """

    def __init__(self) -> None:
        self._issues: dict[str, dict[tuple[str, int], Issue]] = {}
        self.full_at: dict[str, datetime] = {}
        self.looked_at: dict[str, datetime] = {}
        self.suspect: dict[str, bool] = {}
        self.parked: dict[str, datetime] = {}
        self._read: dict[tuple[str, int], datetime] = {}

    def observe(self, issue: Issue) -> None:
        """Remember an issue of ours, unless something newer is known."""
        key = report.key_of(issue.body)
        known = self._issues.setdefault(key, {}).get((issue.ref.repository, issue.ref.number)) if key else None
        if key and (known is None or known.updated_at <= issue.updated_at):
            kept = replace(issue, body=report.marker(key) + "\n")
            self._issues[key][issue.ref.repository, issue.ref.number] = kept

    def note_read(self, issue: Issue, at: datetime) -> None:
        """It was read without lag; later than a second after its last change, that change is known whole."""
        if at - issue.updated_at > _SAME_SECOND:
            self._read[issue.ref.repository, issue.ref.number] = issue.updated_at

    def is_old(self, issue: Issue, cluster: Cluster) -> bool:
        """Whether what a listing shows is what we wrote ourselves, or older, and nothing was said since.

        Trackers' times are whole seconds: what happened in the second of our own write is looked at once more.
        """
        notes = cluster.triage.notes
        written = notes.written
        known = max(written.updated_at if written else EPOCH, notes.heard_at or EPOCH)
        if written and issue.updated_at <= known and issue.comments <= notes.comments_heard:
            theirs = {name for name in issue.labels if name.startswith("priority: ")} - set(written.labels)
            same = issue.open == written.open and not theirs and report.LABEL in issue.labels
            if issue.updated_at < known or same:
                return True
        return self._read.get((issue.ref.repository, issue.ref.number), EPOCH) >= issue.updated_at

    def forget(self, issue: Issue) -> None:
        """It is not there any more."""
        self._issues.get(report.key_of(issue.body), {}).pop((issue.ref.repository, issue.ref.number), None)

    def of(self, cluster: Cluster) -> list[Issue]:
        """The issues whose marker names this cluster or one merged into it."""
        return [issue for key in (cluster.id, *cluster.aliases) for issue in self._issues.get(key, {}).values()]


def has_issues(clusters: Iterable[Cluster], repository: str) -> bool:
    """Whether the state knows issues there that should still be there."""
    used = (one.triage for one in clusters if one.triage.issue and one.triage.issue.repository == repository)
    return any(triage.notes.abandoned != DELETED for triage in used)
