"""The controller: compares the desired state of every issue with the actual one, and takes the steps between.

Level-triggered over committed state: it may be run at any time, twice, or after a crash, by any number of processes.
It keeps nothing essential in memory; what it has seen of the tracker is only a hint, confirmed before use. An error of
one cluster never stops the others.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from processor.issues import plan as issue_plan
from processor.issues.comment_commands import Listener
from processor.issues.delivery import Delivery
from processor.issues.health import HealthKeeper
from processor.issues.hourly_budget import HourlyBudget
from processor.issues.issue_cache import EPOCH, IssueCache
from processor.issues.plan import Create, Update
from processor.issues.related_issues import Linker
from processor.issues.watch import Watch
from processor.model.errors import Conflict, RateLimited, TrackerError, Transient
from processor.model.notes import DELETED, FOR_BUDGET
from processor.triage import variants
from processor.triage.evaluate import Decider

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from processor.issues.plan import Action, IssueSettings
    from processor.model import Cluster, DeliveryHealth
    from processor.model.ports import Clock, IssueTracker, Store
    from processor.triage.incident_owner import IncidentReport

_log: Final = logging.getLogger("gardener.issues")
_HOUR: Final = timedelta(hours=1)
_MAX_NOTED: Final = 20
_MAX_STEPS: Final = 16


class Limits(Struct, frozen=True):
    """Limits of the controller.

    Attributes:
        issues_per_hour: over all processes that share the state.
        every_s: pause between two turns.
        turn_s: maximum length of a turn, so that counting goes on; the next turn continues.
        breaker: number of consecutive unanswered requests that opens the circuit breaker.
    """

    issues_per_hour: int = 20
    every_s: float = 30.0
    turn_s: float = 5.0
    breaker: int = 3


class Reconciler:
    """Maintains the issues of a store in a tracker; without a tracker it only updates priorities.

    Args:
        bounded: the input has an end, so "now" is the newest event time, not the clock.
        on_report: called after each turn with the health of delivery.
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
        on_report: Callable[[DeliveryHealth], None] | None = None,
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
        self._on_report = on_report
        self._next_at = EPOCH
        self._wait_until = EPOCH
        self._unanswered = self._limited = 0
        self._waiting = self._noted = 0
        self._variants: dict[str, tuple[Cluster, ...]] = {}
        self._budget = HourlyBudget(store, clock=clock, issues_per_hour=self._limits.issues_per_hour)
        self._watch = self._make_watch()

    def _make_watch(self) -> Watch | None:
        if self._tracker is None or self._delivery is None or self._listener is None:
            return None
        return Watch(
            self._store,
            self._tracker,
            cache=self._issue_cache,
            linker=self._linker,
            delivery=self._delivery,
            listener=self._listener,
            clock=self._clock,
        )

    def run_if_due(self, done: bool) -> None:  # the worker's `PeriodicTask`
        """Take a turn if one is due; a complete one when the source is exhausted."""
        if done:
            self.turn(final=True)
        elif not self._bounded and self._clock.now() >= self._next_at:
            self.turn(budget_s=self._limits.turn_s)
            self._next_at = self._clock.now() + timedelta(seconds=self._limits.every_s)

    def turn(self, *, budget_s: float = float("inf"), final: bool = False) -> None:
        """Go through all clusters once, the most urgent first. `final`: rewrite bodies regardless of their age."""
        started = self._clock.now()
        try:
            clusters = self._store.clusters()
            now = self._as_of(clusters, started)
            clusters, plan = self._decider.decide(clusters, now, has_time=lambda: self._has_time(started, budget_s))
            if started < self._wait_until or self._watch is None:
                return
            self._budget.begin(clusters)
            self._waiting = self._noted = 0
            self._watch.look(started, clusters, park=self._park)
            self._health.looked(self._issue_cache.parked)
            self._linker.learn(clusters)
            self._variants = variants.waiting(clusters)
            for cluster in sorted(clusters, key=_urgency):
                if not self._has_time(started, budget_s):
                    return
                self._attempt(cluster, plan.reports.get(cluster.id), final=final)
                if self._clock.now() < self._wait_until:
                    return
            if final and self._waiting:
                _log.warning("%d issues wait for the hourly budget", self._waiting, extra={"action": "issues_wait"})
        except RateLimited as error:
            self._obey(error)
        except Transient as error:
            self._health.failed(error)
            _log.warning("issues wait: %s", error, extra={"action": "issues_wait"})
        finally:
            self._health.ended(self._issue_cache.parked, self._waiting)
            if self._on_report is not None:
                self._on_report(self._health.report)

    def _has_time(self, started: datetime, budget_s: float) -> bool:
        return (self._clock.now() - started).total_seconds() <= budget_s

    def _as_of(self, clusters: Sequence[Cluster], now: datetime) -> datetime:
        if not self._bounded or not clusters:
            return now
        # At the end of the input nothing more will come, so waiting longer would not help.
        return max(cluster.last_seen for cluster in clusters) + max(self._settings.policy.dwell.values())

    def _attempt(self, cluster: Cluster, incident_report: IncidentReport | None, *, final: bool) -> None:
        """Take all steps of one cluster; its errors are its own, but a rate limit or an outage affects all."""
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
        delivery, watch = self._delivery, self._watch
        if delivery is None or watch is None:
            return
        repository = self._repository(cluster)
        if self._clock.now() < self._issue_cache.parked.get(repository, EPOCH):
            return
        notes = cluster.triage.notes
        if notes.intent is not None:
            if self._clock.now() < notes.intent.until:
                return
            cluster = delivery.recover(cluster, credible=watch.is_credible)
        cluster, touched = watch.confirm(cluster)
        ready = self._after_refusal(delivery, cluster, incident_report, touched=touched)
        if ready is None:
            return
        cluster = self._link(delivery, ready, repository)
        self._step(delivery, cluster, incident_report, final=final)

    def _step(
        self, delivery: Delivery, cluster: Cluster, incident_report: IncidentReport | None, *, final: bool
    ) -> None:
        """Take steps until nothing is left to do, or one has to wait."""
        for _ in range(_MAX_STEPS):
            repository, due = self._repository(cluster), final or self._is_body_due(cluster)
            step = issue_plan.next_step(
                cluster,
                self._settings,
                repository,
                body_due=due,
                incident_report=incident_report,
                variants=self._variants.get(cluster.id, ()),
            )
            if step is None or (isinstance(step, Create) and self._issue_cache.suspect.get(repository, False)):
                return
            if isinstance(step, Create) and not self._budget.allows(cluster, is_incident=incident_report is not None):
                self._waiting += 1
                # A few in every turn: each note is a separate write, and there may be hundreds.
                if self._noted < _MAX_NOTED:
                    self._noted += delivery.wait(cluster, FOR_BUDGET) is not cluster
                return
            before = cluster
            cluster = self._take(delivery, cluster, step, is_incident=incident_report is not None)
            self._health.succeeded()
            self._unanswered = self._limited = 0
            if cluster.triage == before.triage:
                return

    def _after_refusal(
        self, delivery: Delivery, cluster: Cluster, incident_report: IncidentReport | None, *, touched: bool
    ) -> Cluster | None:
        """Return None while a refused write waits; an action of a person, another title or time end the wait."""
        notes = cluster.triage.notes
        if not notes.abandoned or notes.abandoned == DELETED:
            return cluster
        decided = cluster.triage.changed_at
        due = notes.retry_at is None or self._clock.now() >= notes.retry_at or touched
        due = due or (decided is not None and notes.refused_at is not None and decided > notes.refused_at)
        if not due and notes.refused_title:
            title = issue_plan.aim(cluster, notes, self._settings, incident_report).title
            due = title != notes.refused_title
        return delivery.forgive(cluster) if due else None

    def _take(self, delivery: Delivery, cluster: Cluster, step: Action, *, is_incident: bool) -> Cluster:
        if isinstance(step, Create):
            self._budget.spend(cluster, is_incident=is_incident)
            allowed = partial(self._budget.is_within, cluster, is_incident=is_incident)
            return delivery.create(cluster, step, allowed=allowed)
        if isinstance(step, Update):
            return delivery.rewrite(cluster, step)
        return delivery.say(cluster, step)

    def _link(self, delivery: Delivery, cluster: Cluster, repository: str) -> Cluster:
        """Note the related issues; a cluster that neither has nor gets an issue needs none."""
        notes = cluster.triage.notes
        silent = cluster.triage.issue is None and bool(notes.incident or notes.variant_of)
        links = () if silent or not cluster.triage.announced else self._linker.links(cluster, repository)
        return delivery.link(cluster, links) if links else cluster

    # --- limits ---------------------------------------------------------------------------------------
    def _is_body_due(self, cluster: Cluster) -> bool:
        written = cluster.triage.notes.written
        if written is None or self._tracker is None:
            return True
        return (self._clock.now() - written.at).total_seconds() >= self._tracker.body_interval_s

    def _obey(self, limit: RateLimited) -> None:
        """Wait as requested; if that was not enough, longer each time: continuing would get us blocked."""
        self._limited += 1
        longer = 60.0 * 2 ** min(self._limited - 1, 6) if self._limited > 1 else 0.0
        self._pause(max(limit.retry_after_s, longer), str(limit))

    def _pause(self, seconds: float, why: str) -> None:
        self._wait_until = self._clock.now() + timedelta(seconds=seconds)
        _log.warning("issues pause for %.0f s: %s", seconds, why, extra={"action": "issues_pause"})

    def _park(self, repository: str, error: TrackerError) -> None:
        self._health.parked(repository, error)
        self._issue_cache.parked[repository] = self._clock.now() + _HOUR
        _log.error("%s is left alone for an hour: %s", repository, error, extra={"action": "repository_parked"})

    def _repository(self, cluster: Cluster) -> str:
        if cluster.triage.issue is not None:
            return cluster.triage.issue.repository
        return self._tracker.repository(cluster.stream.service) if self._tracker else ""


def _urgency(cluster: Cluster) -> tuple[str, datetime, str]:
    return (str(cluster.triage.priority or "P9"), cluster.first_seen, cluster.id)
