"""The controller: compares what should be true of every issue with what is, and takes the steps between.

Level-triggered over committed state: it may be run at any time, twice, or after a crash, by any number of processes.
It holds nothing that matters in memory; what it has seen of the tracker is only a hint, confirmed before it counts.
One cluster's trouble never stops the others.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from processor.issues import body as report
from processor.issues import plan as issue_plan
from processor.issues.comment_commands import Listener
from processor.issues.delivery import Delivery
from processor.issues.health import HealthKeeper
from processor.issues.issue_cache import EPOCH, IssueCache, has_issues, is_old
from processor.issues.plan import Create, Update
from processor.issues.related_issues import Linker
from processor.model import IssueEdit
from processor.model import notes as notebook
from processor.model.errors import Conflict, IssueGone, IssueMoved, RateLimited, TrackerError, Transient
from processor.triage.evaluate import Decider

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from processor.issues.plan import Action, IssueSettings
    from processor.model import Cluster, Issue
    from processor.model.ports import Clock, IssueTracker, Store
    from processor.triage.incident_owner import IncidentReport

_log: Final = logging.getLogger("gardener.issues")
_HOUR: Final = timedelta(hours=1)
_SKEW: Final = timedelta(minutes=10)
_LOOK_BACK: Final = timedelta(days=90)
_MAX_STEPS: Final = 16


@dataclass(frozen=True, slots=True)
class Limits:
    """How much the controller may do.

    Attributes:
        issues_per_hour: over all processes that share the state.
        every_s: pause between two turns.
        turn_s: a turn stops after so long; counting goes on, the next turn continues.
        breaker: so many requests in a row without an answer open the circuit breaker.
    """

    issues_per_hour: int = 20
    every_s: float = 30.0
    turn_s: float = 5.0
    breaker: int = 3


class Reconciler:
    """Keeps the issues of one store in one tracker; without a tracker it only keeps the priorities.

    Args:
        bounded: the input has an end, so "now" is the newest event time, not the clock.
        shown: the tracker as people know it, for the report of its health.
    """

    def __init__(
        self,
        store: Store,
        tracker: IssueTracker | None,
        *,
        settings: IssueSettings,
        clock: Clock,
        name: str,
        limits: Limits | None = None,
        bounded: bool = False,
        shown: str = "",
    ) -> None:
        self._store = store
        self._tracker = tracker
        self._settings = settings
        self._clock = clock
        self._limits = limits or Limits()
        self._bounded = bounded
        self._delivery = Delivery(store, tracker, settings=settings, clock=clock, name=name) if tracker else None
        self._listener = Listener(store, tracker, clock=clock) if tracker else None
        self._decider = Decider(store, settings.policy, auto_close=settings.auto_close)
        self._issue_cache = IssueCache()
        self._linker = Linker()
        self._health = HealthKeeper(store, tracker, clock=clock, name=name, shown=shown)
        self._reasons: dict[str, str] = {}
        self._waiting = 0
        self._next_at = EPOCH
        self._wait_until = EPOCH
        self._unanswered = self._limited = 0
        self._left = 0

    def run_if_due(self, done: bool) -> None:  # the worker's `PeriodicTask`
        """A turn, if one is due; a whole one when the source has nothing more."""
        if done:
            self.turn(final=True)
        elif not self._bounded and self._clock.now() >= self._next_at:
            self.turn(budget_s=self._limits.turn_s)
            self._next_at = self._clock.now() + timedelta(seconds=self._limits.every_s)

    def turn(self, *, budget_s: float = float("inf"), final: bool = False) -> None:
        """Go through all clusters once, the most urgent first. `final`: bodies are rewritten however young they are."""
        started = self._clock.now()
        self._waiting = 0
        try:
            clusters = self._store.clusters()
            now = self._as_of(clusters, started)
            clusters, plan = self._decider.decide(clusters, now, has_time=lambda: self._has_time(started, budget_s))
            if started < self._wait_until or self._tracker is None:
                return
            self._left = self._limits.issues_per_hour - self._asked(clusters, "")
            self._look(started, clusters)
            self._linker.learn(clusters)
            for cluster in sorted(clusters, key=_urgency):
                if not self._has_time(started, budget_s):
                    return
                self._attempt(cluster, plan.reports.get(cluster.id), final=final)
                if self._clock.now() < self._wait_until:
                    return
        except RateLimited as error:
            self._obey(error)
        except Transient as error:
            self._health.failed(error)
            _log.warning("issues wait: %s", error, extra={"action": "issues_wait"})
        finally:
            self._health.ended(self._issue_cache.parked, self._reasons, self._waiting)

    def _has_time(self, started: datetime, budget_s: float) -> bool:
        return (self._clock.now() - started).total_seconds() <= budget_s

    def _as_of(self, clusters: Sequence[Cluster], now: datetime) -> datetime:
        if not self._bounded or not clusters:
            return now
        # At the end of the input nothing more will come, so waiting longer would tell nothing.
        return max(cluster.last_seen for cluster in clusters) + max(self._settings.policy.dwell.values())

    def _attempt(self, cluster: Cluster, incident_report: IncidentReport | None, *, final: bool) -> None:
        """All steps of one cluster; its trouble is its own, but a limit or an outage concerns everybody."""
        try:
            self._pursue(cluster, incident_report, final=final)
        except Conflict:
            return  # someone else is at it; the next turn looks again
        except RateLimited as error:
            self._obey(error)
        except TrackerError as error:
            self._park(self._repository(cluster), error)
        except Transient as error:
            self._health.failed(error)
            self._unanswered += 1
            if self._unanswered >= self._limits.breaker:
                self._pause(60.0 * 2 ** min(self._unanswered - self._limits.breaker, 6), str(error))
        else:
            return

    def _pursue(self, cluster: Cluster, incident_report: IncidentReport | None, *, final: bool) -> None:
        tracker, delivery = self._tracker, self._delivery
        if tracker is None or delivery is None or self._listener is None:
            return
        repository = self._repository(cluster)
        if self._clock.now() < self._issue_cache.parked.get(repository, EPOCH):
            return
        notes = notebook.load(cluster.triage.memory)
        if notes.intent is not None:
            if self._clock.now() < notes.intent.until:
                return
            cluster = delivery.recover(cluster, credible=self._is_credible)
        cluster = self._link(delivery, self._confirm(cluster), repository)
        for _ in range(_MAX_STEPS):
            due = final or self._is_body_due(cluster)
            step = issue_plan.next_step(
                cluster, self._settings, repository, body_due=due, incident_report=incident_report
            )
            if self._left <= 0 and cluster.triage.issue is None:
                self._waiting += isinstance(step, Create)
                return
            if step is None or (isinstance(step, Create) and self._issue_cache.suspect.get(repository, False)):
                return
            self._left -= isinstance(step, Create)
            before = cluster
            cluster = self._take(delivery, cluster, step)
            self._health.succeeded()
            self._unanswered = self._limited = 0
            if cluster.triage == before.triage:
                return

    def _take(self, delivery: Delivery, cluster: Cluster, step: Action) -> Cluster:
        if isinstance(step, Create):
            return delivery.create(cluster, step, allowed=self._is_within_cap)
        if isinstance(step, Update):
            return delivery.rewrite(cluster, step)
        return delivery.say(cluster, step)

    def _confirm(self, cluster: Cluster) -> Cluster:
        """Follow up what the listing hints at: an unknown issue of ours, twins, people's deeds and commands."""
        tracker, delivery, listener = self._tracker, self._delivery, self._listener
        if tracker is None or delivery is None or listener is None:
            return cluster
        notes = notebook.load(cluster.triage.memory)
        issues = [issue for issue in self._issue_cache.of(cluster) if issue.ref.url != notes.earlier]
        if cluster.triage.issue is None and issues and notes.intent is None:
            first = min(issues, key=lambda issue: (not issue.open, issue.ref.number))
            cluster = delivery.adopt(cluster, tracker.get(first.ref))
        ref = cluster.triage.issue
        for issue in issues:
            if ref is None or issue.ref.repository != ref.repository:
                continue
            if issue.ref.number != ref.number:
                self._close_twin(issue, ref.number)
            elif not is_old(issue, cluster):
                try:
                    fresh = tracker.get(ref)
                except (IssueGone, IssueMoved):
                    continue  # the next write to it finds out, and records it
                cluster = delivery.listen(cluster, fresh)
                cluster = listener.listen(cluster, fresh)
        return cluster

    def _link(self, delivery: Delivery, cluster: Cluster, repository: str) -> Cluster:
        """Note what belongs beside its issue; a cluster that has none and gets none needs nothing."""
        silent = cluster.triage.issue is None and bool(notebook.load(cluster.triage.memory).incident)
        links = () if silent or not cluster.triage.announced else self._linker.links(cluster, repository)
        return delivery.link(cluster, links) if links else cluster

    def _close_twin(self, issue: Issue, stays: int) -> None:
        """The same problem was opened twice after all, or its cluster was merged: one issue stays."""
        if self._tracker is None or not issue.open or issue.locked:
            return
        try:
            fresh = self._tracker.get(issue.ref)
            if fresh.open and report.key_of(fresh.body) == report.key_of(issue.body):
                edit = IssueEdit(open=False, reason="duplicate", duplicate_of=stays)
                self._issue_cache.observe(self._tracker.edit(issue.ref, edit))
        except (IssueGone, IssueMoved):
            self._issue_cache.forget(issue)

    # --- what is seen of the tracker ------------------------------------------------------------------
    def _look(self, now: datetime, clusters: Sequence[Cluster]) -> None:
        """List what changed; everything at the start and once an hour."""
        if self._tracker is None:
            return
        for repository in self._tracker.repositories():
            if now < self._issue_cache.parked.get(repository, EPOCH):
                continue
            try:
                self._look_into(repository, self._tracker, clusters, now)
            except TrackerError as error:
                self._park(repository, error)

    def _look_into(self, repository: str, tracker: IssueTracker, clusters: Iterable[Cluster], now: datetime) -> None:
        full = now - self._issue_cache.full_at.get(repository, EPOCH) >= _HOUR
        slack = _SKEW + timedelta(seconds=2 * tracker.settle_s)
        found = tracker.listing(repository, None if full else self._issue_cache.looked_at[repository] - slack)
        self._health.succeeded()
        for issue in found:
            self._issue_cache.observe(issue)
        self._issue_cache.looked_at[repository] = now
        if full:
            credible = bool(found) or not has_issues(clusters, repository)
            self._issue_cache.suspect[repository] = not credible
            # A listing that cannot be true is asked for again in the next turn.
            self._issue_cache.full_at[repository] = now if credible else EPOCH
            # Last, so that issues never wait for it.
            since = max(self._linker.read_at.get(repository, EPOCH), now - _LOOK_BACK) - slack
            self._linker.take(repository, tracker.listing(repository, since, labelled=False), now)

    def _is_credible(self, repository: str) -> bool:
        """An empty listing is no truth while the state knows issues there."""
        known = has_issues(self._store.clusters(), repository)
        return not known or (self._tracker is not None and bool(self._tracker.listing(repository, None)))

    # --- limits ---------------------------------------------------------------------------------------
    def _is_within_cap(self, cluster_id: str) -> bool:
        """Asked once the claim is stored: whoever claims last sees all others, so the cap holds for all together."""
        return self._asked(self._store.clusters(), cluster_id) < self._limits.issues_per_hour

    def _asked(self, clusters: Iterable[Cluster], but: str) -> int:
        since = self._clock.now() - _HOUR
        asked = (notebook.load(c.triage.memory).asked_at for c in clusters if c.id != but and c.triage.memory)
        return sum(at is not None and at > since for at in asked)

    def _is_body_due(self, cluster: Cluster) -> bool:
        written = notebook.load(cluster.triage.memory).written
        if written is None or self._tracker is None:
            return True
        return (self._clock.now() - written.at).total_seconds() >= self._tracker.body_interval_s

    def _obey(self, limit: RateLimited) -> None:
        """Wait as told; when that was not enough, longer each time: who carries on is shut out."""
        self._limited += 1
        longer = 60.0 * 2 ** min(self._limited - 1, 6) if self._limited > 1 else 0.0
        self._pause(max(limit.retry_after_s, longer), str(limit))

    def _pause(self, seconds: float, why: str) -> None:
        self._wait_until = self._clock.now() + timedelta(seconds=seconds)
        _log.warning("issues pause for %.0f s: %s", seconds, why, extra={"action": "issues_pause"})

    def _park(self, repository: str, error: TrackerError) -> None:
        self._health.failed(error)
        self._reasons[repository] = str(error)
        self._issue_cache.parked[repository] = self._clock.now() + _HOUR
        _log.error("%s is left alone for an hour: %s", repository, error, extra={"action": "repository_parked"})

    def _repository(self, cluster: Cluster) -> str:
        if cluster.triage.issue is not None:
            return cluster.triage.issue.repository
        return self._tracker.repository(cluster.stream.service) if self._tracker else ""


def _urgency(cluster: Cluster) -> tuple[str, datetime, str]:
    return (str(cluster.triage.priority or "P9"), cluster.first_seen, cluster.id)
