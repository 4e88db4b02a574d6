"""`/garden` commands in the comments of an issue: by people with write access only, answered with a reaction.

A command takes effect exactly once: its comment's id is stored in the same write. The reaction comes before, as doing
it twice is harmless.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from processor.issues import body as report
from processor.issues import human_edits as steering
from processor.model import AuditRecord
from processor.model.errors import TrackerError
from processor.triage import transitions
from processor.triage.split import split
from processor.triage.variants import waiting

if TYPE_CHECKING:
    from processor.issues.human_edits import Command
    from processor.model import Cluster, Issue, IssueComment
    from processor.model.ports import Clock, IssueTracker, Store

_log: Final = logging.getLogger("gardener.issues")
_SECOND: Final = timedelta(seconds=1)
_IDS_KEPT: Final = 50


class Listener:
    """Reads the comments of one issue at a time."""

    def __init__(self, store: Store, tracker: IssueTracker, *, clock: Clock) -> None:
        self._store = store
        self._tracker = tracker
        self._clock = clock

    def listen(self, cluster: Cluster, issue: Issue) -> Cluster:
        """Carry out new commands; return the cluster after them."""
        notes = cluster.triage.notes
        since = notes.commands_at or issue.created_at
        found = self._tracker.comments(issue.ref, since - _SECOND) if issue.comments else ()
        for comment in found:
            if comment.id not in notes.command_ids and report.comment_key(comment.body) is None:
                cluster = self._hear(cluster, issue, comment)
        # Only a comment that was listed counts as heard, however new the issue itself is.
        heard_until = max([since, *(comment.at for comment in found)])
        before = (notes.commands_at, notes.comments_heard, notes.heard_at)
        if before == (heard_until, issue.comments, issue.updated_at):
            return cluster
        notes = cluster.triage.notes
        notes = replace(notes, commands_at=heard_until, comments_heard=issue.comments, heard_at=issue.updated_at)
        triage = self._store.put_triage(cluster.id, replace(cluster.triage, notes=notes))
        return replace(cluster, triage=triage)

    def _hear(self, cluster: Cluster, issue: Issue, comment: IssueComment) -> Cluster:
        wanted = steering.commands(comment.body)
        if not wanted:
            return cluster
        understood = all(command is not None for command in wanted)
        allowed = self._may_steer(issue, comment)
        commands = [command for command in wanted if command is not None] if allowed else []
        possible = [command for command in commands if self._is_possible(cluster, issue, command)]
        fine = understood and allowed and len(possible) == len(wanted)
        self._react(issue, comment, understood=fine)
        triage = cluster.triage
        for command in possible:
            triage = steering.obey(triage, command, cluster, by=comment.author, now=self._clock.now())
        notes = triage.notes
        ids = (*notes.command_ids, comment.id)[-_IDS_KEPT:]
        triage = replace(triage, notes=replace(notes, command_ids=ids))
        audit = [
            AuditRecord(self._clock.now(), comment.author, command.verb, cluster.id, f"comment on {issue.ref.url}")
            for command in possible
            if command.verb != "split"  # which leaves its own trail
        ]
        # First, because it is harmless twice; stored last, the comment's id says that all of it is done.
        for command in possible:
            self._rearrange(cluster, issue, command, comment.author)
        return replace(cluster, triage=self._store.put_triage(cluster.id, triage, audit))

    def _may_steer(self, issue: Issue, comment: IssueComment) -> bool:
        """Return whether the author has write access; without an answer, no. An error concerns this comment alone."""
        try:
            return self._tracker.may_steer(issue.ref, comment.author)
        except TrackerError as error:
            _log.warning("who may steer %s is not known: %s", issue.ref.url, error, extra={"action": "not_heard"})
            return False

    def _react(self, issue: Issue, comment: IssueComment, *, understood: bool) -> None:
        try:
            self._tracker.react(issue.ref, comment, understood=understood)
        except TrackerError as error:
            _log.warning("no reaction on %s: %s", issue.ref.url, error, extra={"action": "no_reaction"})

    def _is_possible(self, cluster: Cluster, issue: Issue, command: Command) -> bool:
        if command.verb == "merge":
            return self._other(cluster, issue, command) is not None
        return command.verb != "split" or bool(cluster.aliases or self._variants(cluster))

    def _rearrange(self, cluster: Cluster, issue: Issue, command: Command, author: str) -> None:
        """Merge or split: these change which clusters exist, not the decision about one."""
        if command.verb == "merge" and (winner := self._other(cluster, issue, command)) is not None:
            audit = AuditRecord(self._clock.now(), author, "merge", cluster.id, f"into {winner.id}")
            self._store.merge(cluster.id, winner.id, audit)
        elif command.verb == "split":
            where = f"comment on {issue.ref.url}"
            for one in self._variants(cluster):
                triage, audit = transitions.stand_alone(one, now=self._clock.now(), who=author, note=where)
                self._store.put_triage(one.id, triage, [audit])
            if cluster.aliases:
                detail = f"{', '.join(cluster.aliases)}: {where}"
                audit = AuditRecord(self._clock.now(), author, "split", cluster.id, detail)
                split(self._store, cluster.id, audit=audit)

    def _variants(self, cluster: Cluster) -> tuple[Cluster, ...]:
        """Return the clusters that wait below this one's issue."""
        return waiting(self._store.clusters()).get(cluster.id, ())

    def _other(self, cluster: Cluster, issue: Issue, command: Command) -> Cluster | None:
        """Return the cluster that a merge names by its issue's number or its id; never one of another stream."""
        for other in self._store.clusters():
            ref = other.triage.issue
            numbered = ref is not None and (ref.repository, str(ref.number)) == (issue.ref.repository, command.target)
            if (numbered or command.target in (other.id, *other.aliases)) and other.id != cluster.id:
                return other if other.stream == cluster.stream else None
        return None
