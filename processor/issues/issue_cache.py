"""What the controller has seen of the tracker: hints only, confirmed before they count; lost with the process."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from processor.issues import body as report
from processor.model import notes as notebook

if TYPE_CHECKING:
    from collections.abc import Iterable

    from processor.model import Cluster, Issue

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


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

    def observe(self, issue: Issue) -> None:
        """Remember an issue of ours, unless something newer is known."""
        key = report.key_of(issue.body)
        known = self._issues.setdefault(key, {}).get((issue.ref.repository, issue.ref.number)) if key else None
        if key and (known is None or known.updated_at <= issue.updated_at):
            kept = replace(issue, body=report.marker(key) + "\n")
            self._issues[key][issue.ref.repository, issue.ref.number] = kept

    def forget(self, issue: Issue) -> None:
        """It is not there any more."""
        self._issues.get(report.key_of(issue.body), {}).pop((issue.ref.repository, issue.ref.number), None)

    def of(self, cluster: Cluster) -> list[Issue]:
        """The issues whose marker names this cluster or one merged into it."""
        return [issue for key in (cluster.id, *cluster.aliases) for issue in self._issues.get(key, {}).values()]


def has_issues(clusters: Iterable[Cluster], repository: str) -> bool:
    """Whether the state knows issues there that should still be there."""
    used = (one.triage for one in clusters if one.triage.issue and one.triage.issue.repository == repository)
    return any(not notebook.load(triage.memory).abandoned for triage in used)


def is_old(issue: Issue, cluster: Cluster) -> bool:
    """Whether what a listing shows is what we wrote ourselves, or older."""
    notes = notebook.load(cluster.triage.memory)
    known = max(notes.written.updated_at if notes.written else EPOCH, notes.commands_at or EPOCH)
    return issue.updated_at <= known
