"""What the controller has seen of the tracker: hints, confirmed before use; lost with the process."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from processor.issues import body as report
from processor.model.notes import DELETED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from processor.model import Cluster, Issue

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SAME_SECOND: Final = timedelta(seconds=30)  # and the difference between two clocks


class IssueCache:
    """Issues seen in listings, by marker, without their bodies.

    Attributes:
        full_at: when each repository was last listed completely and credibly.
        looked_at: when it was last listed.
        doubtful: its last whole listing was empty although the state knows issues there.
        parked: until when a repository is not used.
    """

    def __init__(self) -> None:
        self._issues: dict[str, dict[tuple[str, int], Issue]] = {}
        self.full_at: dict[str, datetime] = {}
        self.looked_at: dict[str, datetime] = {}
        self.suspect: dict[str, bool] = {}
        self.parked: dict[str, datetime] = {}
        self._read: dict[tuple[str, int], datetime] = {}

    def observe(self, issue: Issue) -> None:
        """Remember one of our issues, unless a newer version is known."""
        key = report.key_of(issue.body)
        known = self._issues.setdefault(key, {}).get((issue.ref.repository, issue.ref.number)) if key else None
        if key and (known is None or known.updated_at <= issue.updated_at):
            kept = replace(issue, body=report.marker(key) + "\n")
            self._issues[key][issue.ref.repository, issue.ref.number] = kept

    def note_read(self, issue: Issue, at: datetime) -> None:
        """Note a read without lag; more than a second after the last change, it shows that change completely."""
        if at - issue.updated_at > _SAME_SECOND:
            self._read[issue.ref.repository, issue.ref.number] = issue.updated_at

    def is_old(self, issue: Issue, cluster: Cluster) -> bool:
        """Return whether a listed issue is as we wrote it, or older, without a comment since.

        Trackers' times are whole seconds: a change in the second of our own write is checked once more.
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
        """Forget an issue that no longer exists."""
        self._issues.get(report.key_of(issue.body), {}).pop((issue.ref.repository, issue.ref.number), None)

    def of(self, cluster: Cluster) -> list[Issue]:
        """Return the issues whose marker names this cluster or one merged into it."""
        return [issue for key in (cluster.id, *cluster.aliases) for issue in self._issues.get(key, {}).values()]


def has_issues(clusters: Iterable[Cluster], repository: str) -> bool:
    """Return whether the state knows issues that should exist in the repository."""
    used = (one.triage for one in clusters if one.triage.issue and one.triage.issue.repository == repository)
    return any(triage.notes.abandoned != DELETED for triage in used)
