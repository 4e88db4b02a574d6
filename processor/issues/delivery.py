"""One step of one issue: claimed and recorded before the request, recorded after it.

A create or comment is requested at most once per intent. If its outcome is unknown, the intent stays and nobody touches
the cluster until it expires; then `recover` checks the outcome instead of repeating the request.
"""

from __future__ import annotations

import logging
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

from msgspec.structs import replace

from processor.issues import body as report
from processor.issues import human_edits as steering
from processor.issues import outcomes
from processor.issues import plan as issue_plan
from processor.model import AuditRecord, Change, IssueEdit, IssueRef
from processor.model.errors import (
    Conflict,
    IssueGone,
    IssueLocked,
    IssueMoved,
    OutcomeUnknown,
    RepositoryParked,
    TrackerError,
    Transient,
)
from processor.model.notes import Intent, LastWritten, Notes, RelatedIssue
from processor.triage import decide

if TYPE_CHECKING:
    from collections.abc import Callable

    from processor.issues.outcomes import Revise
    from processor.issues.plan import Comment, Create, DesiredIssue, IssueSettings, Update
    from processor.model import Cluster, Issue, Triage
    from processor.model.ports import Clock, IssueTracker, Store

_log: Final = logging.getLogger("gardener.issues")
_SKEW: Final = timedelta(minutes=10)
"""Between our clock and the tracker's; far more than is ever seen."""
_TRIES: Final = 20


class Delivery:
    """Carries out single steps. Any number of instances may work on one store concurrently."""

    def __init__(
        self, store: Store, tracker: IssueTracker, *, settings: IssueSettings, clock: Clock, name: str
    ) -> None:
        self._store = store
        self._tracker = tracker
        self._settings = settings
        self._clock = clock
        self._name = name

    def put(self, cluster: Cluster, triage: Triage, action: str = "", detail: str = "") -> Cluster:
        """Store a decision based on what was read. Raises `Conflict` if somebody decided in between."""
        audit = [AuditRecord(self._clock.now(), self._name, action, cluster.id, detail)] if action else []
        return replace(cluster, triage=self._store.put_triage(cluster.id, triage, audit))

    def create(self, cluster: Cluster, step: Create, *, allowed: Callable[[str], bool]) -> Cluster:
        """Open the issue. `allowed` is called after the claim is stored, so that all claims can be counted."""
        now = self._clock.now()
        before = cluster.triage.notes
        claimed, token = self._claim(cluster, "create", asked_at=now)
        if not allowed(cluster.id):
            return self._record(claimed, token, lambda h, n: (h, outcomes.without_intent(n, asked_at=before.asked_at)))
        try:
            issue = self._tracker.create(step.draft)
        except OutcomeUnknown:
            raise
        except (Transient, RepositoryParked):
            self._record(claimed, token, lambda h, n: (h, outcomes.without_intent(n, asked_at=before.asked_at)))
            raise
        except TrackerError as error:
            return self._refused(claimed, token, step.aim.title, error, "issue refused")
        opened = self._opened(claimed, token, step.aim, issue)
        if report.LABEL not in issue.labels:
            raise RepositoryParked(
                f"{issue.ref.repository} drops our labels: give the account the right to set labels (triage or write)"
            )
        return opened

    def say(self, cluster: Cluster, step: Comment) -> Cluster:
        """Post the oldest pending comment."""
        ref = outcomes.ref_of(cluster)
        claimed, token = self._claim(cluster, "comment", number=step.owed.number)
        try:
            self._tracker.comment(ref, step.body)
        except OutcomeUnknown:
            raise
        except (Transient, RepositoryParked):
            self._record(claimed, token, outcomes.nothing)
            raise
        except IssueLocked:
            restart = step.owed.change == Change.REGRESSED
            return self._record(
                claimed, token, outcomes.unheard(step.owed.number, restart=restart), "comment impossible"
            )
        except IssueMoved as moved:
            return self._record(claimed, token, self._follow(moved), "issue moved", str(moved))
        except IssueGone:
            return self._record(claimed, token, outcomes.deleted, "issue deleted")
        except TrackerError as error:
            return self._refused(claimed, token, "", error, "comment refused")
        return self._record(claimed, token, outcomes.said(step.owed.number), "commented", step.owed.change)

    def rewrite(self, cluster: Cluster, step: Update) -> Cluster:
        """Update the issue; it is read first, and people's changes take precedence over ours."""
        ref = outcomes.ref_of(cluster)
        try:
            # Reserve the slot before reading, so that only one request, not seconds, lies between read and write.
            self._tracker.reserve()
            issue = self._tracker.get(ref)
            listened = self.listen(cluster, issue)
            if listened is not cluster:
                return listened
            if issue.locked and step.aim.open and not issue.open:
                return self._record(cluster, "", decide.start_over, "issue locked, starting over")
            notes = cluster.triage.notes
            text = issue_plan.body(cluster, notes, self._settings, step.aim)
            edit = issue_plan.edit_for(step.aim, text, notes, issue)
            answer = issue if edit is None else self._tracker.edit(ref, edit)
        except IssueMoved as moved:
            return self.moved(cluster, moved)
        except IssueGone:
            return self._record(cluster, "", outcomes.deleted, "issue deleted")
        except RepositoryParked:
            raise
        except TrackerError as error:
            return self._refused(cluster, "", step.aim.title, error, "edit refused")
        expected = outcomes.expected_open(issue, answer, edit)
        written = self._record(cluster, "", self._wrote(step.aim, answer, is_open=expected))
        # The answer also shows changes between our read and our write.
        return self.listen(written, answer)

    def listen(self, cluster: Cluster, issue: Issue) -> Cluster:
        """Apply people's changes to the issue, read without lag; return the same object if there are none."""
        after = steering.heard(cluster, issue, self._clock.now())
        if after == cluster.triage:
            return cluster
        return self.put(cluster, after, "heard", f"{after.status}, {after.priority}")

    def adopt(self, cluster: Cluster, issue: Issue) -> Cluster:
        """Adopt an unknown issue that has this cluster's marker."""
        return self._record(cluster, "", self._found(issue), "issue found", issue.ref.url)

    def link(self, cluster: Cluster, links: tuple[RelatedIssue, ...]) -> Cluster:
        """Note related issues; the next edit shows them."""
        told = ", ".join(f"{link.url} {link.why}" for link in links)
        return self._record(cluster, "", lambda h, n: (h, replace(n, links=links)), "issues linked", told)

    def recover(self, cluster: Cluster, *, credible: Callable[[str], bool]) -> Cluster:
        """Check whether an expired intent was carried out. Raises `Transient` if that cannot be determined."""
        notes = cluster.triage.notes
        intent = notes.intent
        if intent is None:
            return cluster
        since = intent.at - _SKEW
        if intent.action == "comment":
            return self._recover_comment(cluster, intent)
        repository = self._tracker.repository(cluster.stream.service)
        keys_of_issue = {cluster.id, *cluster.aliases}
        candidates = [
            issue
            for issue in self._tracker.listing(repository, since, labelled=False)
            if report.key_of(issue.body) in keys_of_issue
        ]
        if candidates:
            first = min(candidates, key=lambda issue: issue.ref.number)
            return self._record(cluster, intent.token, self._found(first), "issue found", first.ref.url)
        if not credible(repository):
            raise Transient(f"the list of issues of {repository} is empty although issues are known; nothing is opened")
        return self._record(cluster, intent.token, outcomes.nothing, "issue not found")

    def _recover_comment(self, cluster: Cluster, intent: Intent) -> Cluster:
        ref, found = cluster.triage.issue, False
        if ref is not None:
            keys = {(key, intent.number) for key in (cluster.id, *cluster.aliases)}
            try:
                comments = self._tracker.comments(ref, intent.at - _SKEW)
            except IssueMoved as moved:
                # The next turn looks for its new address; until then the comment is not repeated.
                return self._record(cluster, "", self._follow(moved, keep=True), "issue moved", str(moved))
            found = any(report.comment_key(comment.body) in keys for comment in comments)
        revise = outcomes.said(intent.number) if found else outcomes.nothing
        return self._record(cluster, intent.token, revise, "comment found" if found else "comment not found")

    # --- recording ------------------------------------------------------------------------------------
    def _claim(
        self,
        cluster: Cluster,
        action: Literal["create", "comment"],
        *,
        number: int = 0,
        asked_at: datetime | None = None,
    ) -> tuple[Cluster, str]:
        now, token = self._clock.now(), secrets.token_hex(8)
        notes = cluster.triage.notes
        until = now + timedelta(seconds=self._tracker.settle_s)
        intent = Intent(action=action, token=token, at=now, until=until, number=number)
        notes = replace(notes, intent=intent, asked_at=asked_at or notes.asked_at)
        return self.put(cluster, replace(cluster.triage, notes=notes)), token

    def _record(self, cluster: Cluster, token: str, revise: Revise, action: str = "", detail: str = "") -> Cluster:
        """Store an outcome on top of people's decisions since; do nothing if the claim is no longer ours."""
        current: Cluster | None = cluster
        for _ in range(_TRIES):
            if current is None or current.id != cluster.id:
                return cluster  # merged into another one meanwhile; its issue is found by its marker
            notes = current.triage.notes
            if token and (notes.intent is None or notes.intent.token != token):
                return current
            triage, revised = revise(current.triage, notes)
            after = replace(triage, notes=revised)
            if after == current.triage:
                return current
            try:
                return self.put(current, after, action, detail)
            except Conflict:
                current = self._store.cluster(cluster.id)
        raise Conflict(f"cluster {cluster.id} is changing too fast; the outcome will be looked up later")

    def _opened(self, cluster: Cluster, token: str, aim: DesiredIssue, issue: Issue) -> Cluster:
        def revise(triage: Triage, notes: Notes) -> tuple[Triage, Notes]:
            triage, notes = self._wrote(aim, issue)(triage, outcomes.without_intent(notes))
            return replace(triage, issue=issue.ref), replace(notes, owed=(), waiting="")

        return self._record(cluster, token, revise, "issue opened", issue.ref.url)

    def _wrote(self, aim: DesiredIssue, issue: Issue, *, is_open: bool = True) -> Revise:
        """Return the record of an answer; `is_open` is the state that we set, any other was set by somebody else."""

        def revise(triage: Triage, notes: Notes) -> tuple[Triage, Notes]:
            # Keep the record of our own title: a difference shows that the present one is a person's.
            title = notes.written.title if notes.written and issue.title != aim.title else aim.title
            written = LastWritten(
                title=title,
                figures=aim.figures,
                labels=issue_plan.labels_written(aim, notes),
                open=is_open,
                at=self._clock.now(),
                updated_at=issue.updated_at,
            )
            return triage, replace(outcomes.accepted(notes), written=written)

        return revise

    def _refused(self, cluster: Cluster, token: str, title: str, error: TrackerError, action: str) -> Cluster:
        """Back off for an hour, doubling up to a day. An action of a person or another title is tried at once."""
        _log.error("%s, tried again later: %s", action, error, extra={"action": "issue_refused"})
        refused = outcomes.refused(str(error), title, self._clock.now())
        return self._record(cluster, token, refused, action, str(error))

    def forgive(self, cluster: Cluster) -> Cluster:
        """Allow a refused write to be retried."""
        return self._record(cluster, "", outcomes.forgiven)

    def wait(self, cluster: Cluster, why: str) -> Cluster:
        """Note why its issue is not opened yet, "" if it may be."""
        if cluster.triage.notes.waiting == why:
            return cluster
        return self._record(cluster, "", lambda h, n: (h, replace(n, waiting=why)))

    def label_again(self, issue: Issue) -> None:
        """Put our label back; without it, changes by people go unnoticed."""
        self._tracker.edit(issue.ref, IssueEdit(add_labels=(report.LABEL,)))
        _log.warning("our label was put back on %s", issue.ref.url, extra={"action": "label_put_back"})

    def moved(self, cluster: Cluster, moved: IssueMoved) -> Cluster:
        """Store the new address of the issue."""
        return self._record(cluster, "", self._follow(moved), "issue moved", f"{moved.repository}#{moved.number}")

    def _found(self, issue: Issue) -> Revise:
        """Adopt an issue as if we had just written it open; any difference then counts as people's change."""

        def revise(triage: Triage, notes: Notes) -> tuple[Triage, Notes]:
            labels = tuple(name for name in issue.labels if ":" in name or name == report.LABEL)
            long_ago = datetime(1970, 1, 1, tzinfo=UTC)
            written = LastWritten(
                title=issue.title, figures="", labels=labels, open=True, at=long_ago, updated_at=long_ago
            )
            if triage.issue is not None:
                return triage, notes
            found = replace(triage, issue=issue.ref, announced=triage.announced or 1)
            return found, replace(outcomes.without_intent(notes), written=written, owed=())

        return revise

    def _follow(self, moved: IssueMoved, *, keep: bool = False) -> Revise:
        ref = self._tracker.get(IssueRef(moved.repository, moved.number, "")).ref

        def revise(triage: Triage, notes: Notes) -> tuple[Triage, Notes]:
            return replace(triage, issue=ref), notes if keep else outcomes.without_intent(notes)

        return revise
