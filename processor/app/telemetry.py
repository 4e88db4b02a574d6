"""Telemetry of a running worker: metrics, health, and a canonical log line for each checkpoint.

Every metric is declared once, in `METRICS`; docs/metrics.md documents the same table. Nothing here makes decisions or
raises into the worker's loop. The metrics library is loaded only if a port is set.
"""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from math import nan
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from processor.ingest.watcher import Flush
    from processor.model import DeliveryHealth
    from processor.model.ports import Clock

_log: Final = logging.getLogger("gardener.worker")
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_AGAIN_S: Final = 60.0
"""An outage is logged once a minute, not at every attempt."""


class Metric(NamedTuple):
    """The declaration of a metric. `kind` is counter, gauge or histogram (of seconds)."""

    name: str
    kind: str
    help: str
    labels: tuple[str, ...] = ()


ENTRIES: Final = Metric("gardener_entries", "counter", "Messages taken from the source, by outcome.", ("outcome",))
CLUSTERS_NEW: Final = Metric("gardener_clusters_new", "counter", "Clusters that this worker minted.")
QUARANTINED: Final = Metric("gardener_quarantined_bytes", "counter", "Bytes of rejected messages put in quarantine.")
CHECKPOINTS: Final = Metric("gardener_checkpoints", "counter", "Checkpoints committed and acknowledged.")
RETRIES: Final = Metric("gardener_commit_retries", "counter", "Tries beyond the first, conflicts included.")
WRITES: Final = Metric("gardener_document_writes", "counter", "Documents that the checkpoints wrote.")
HELD_BACK_S: Final = Metric("gardener_held_back_seconds", "counter", "Time that ready checkpoints waited for the pace.")
PORTION: Final = Metric("gardener_checkpoint_portion", "gauge", "Messages that a checkpoint may hold at present.")
COMMIT_S: Final = Metric("gardener_commit_seconds", "histogram", "From reading the ledger to the commit's answer.")
ACK_S: Final = Metric(
    "gardener_ack_seconds", "histogram", "Handing over the acknowledgements of a committed checkpoint."
)
PULL_S: Final = Metric("gardener_pull_seconds", "histogram", "One pull from Pub/Sub, waiting for messages included.")
PULLED: Final = Metric("gardener_pulled_messages", "counter", "Messages that the pulls brought, redeliveries included.")
OLDEST_S: Final = Metric("gardener_oldest_entry_age_seconds", "gauge", "Age of the oldest entry counted last.")
MODEL: Final = Metric("gardener_model_clusters", "gauge", "Records in the model that this worker holds.")
HELD: Final = Metric("gardener_held_messages", "gauge", "Messages pulled and waiting for the next checkpoint.")
WAITING_S: Final = Metric("gardener_waiting_seconds", "gauge", "How long the source or the store is away; 0 is well.")
ISSUES_WAITING: Final = Metric("gardener_issues_waiting", "gauge", "Issues that wait for the next hour's budget.")
DELIVERED_AT: Final = Metric(
    "gardener_delivery_succeeded_timestamp_seconds", "gauge", "When the issue tracker last did what was asked."
)
FAILED_AT: Final = Metric(
    "gardener_delivery_failed_timestamp_seconds", "gauge", "When a request to the issue tracker last failed."
)
PARKED: Final = Metric("gardener_repositories_parked", "gauge", "Repositories that cannot be written at present.")
TOKEN_DAYS: Final = Metric("gardener_token_expires_days", "gauge", "Days until the issue tracker's token expires.")
GITHUB: Final = Metric(
    "gardener_github_calls", "counter", "Requests to GitHub, by method and status.", ("method", "status")
)

METRICS: Final = (
    ENTRIES, CLUSTERS_NEW, QUARANTINED, CHECKPOINTS, RETRIES, WRITES, HELD_BACK_S, PORTION, COMMIT_S, ACK_S, PULL_S,
    PULLED, OLDEST_S, MODEL, HELD, WAITING_S, ISSUES_WAITING, DELIVERED_AT, FAILED_AT, PARKED, TOKEN_DAYS, GITHUB,
)  # fmt: skip


class Health(Struct):
    """The worker's health, for people and probes.

    Attributes:
        turned_at: when the loop was last seen alive.
        waiting_for: the unavailable part, "" in normal operation.
    """

    turned_at: datetime
    ready: bool = False
    waiting_for: str = ""
    waiting_since: datetime | None = None
    error: str = ""


class Telemetry:
    """A `processor.ingest.worker.Watcher` that logs, keeps `health`, and counts into Prometheus if `metrics` is on.

    Thread-safe.
    """

    def __init__(self, clock: Clock, *, metrics: bool = False) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._said_at: datetime | None = None
        self._refused_at: datetime | None = None
        self.health = Health(clock.now())
        self._held: Callable[[], int] | None = None
        self._metrics: Mapping[Metric, Any] = {}
        self._registry: Any = None
        if metrics:
            self._registry, self._metrics = _register()
            for metric in (DELIVERED_AT, FAILED_AT, TOKEN_DAYS):
                self._set(metric, nan)
            self._metrics[WAITING_S].set_function(self.waiting_s)
            self._metrics[HELD].set_function(self.held)

    # --- the worker's loop ----------------------------------------------------------------------------
    def ready(self, clusters: int) -> None:
        """See `Watcher.ready`. A model is loaded from a store that answers, however long the wait was."""
        self.health.ready = True
        self._recovered()
        self._set(MODEL, clusters)
        _log.info("model loaded, %d clusters", clusters, extra={"action": "ready", "fields": {"clusters": clusters}})

    def alive(self) -> None:
        """See `Watcher.alive`. A source that answers is available again; a store proves it by a flush."""
        self.health.turned_at = self._clock.now()
        if self.health.waiting_for == "source":
            self._recovered()

    def unavailable(self, part: str, error: Exception) -> None:
        """See `Watcher.unavailable`."""
        now = self._clock.now()
        with self._lock:
            health = self.health
            health.turned_at = now
            if health.waiting_for != part:
                health.waiting_for, health.waiting_since, self._said_at = part, now, None
            health.error = str(error)
            due = self._said_at is None or (now - self._said_at).total_seconds() >= _AGAIN_S
            if due:
                self._said_at = now
        if due:
            fields = {"part": part, "error": str(error), "waiting_s": round(self.waiting_s(), 1)}
            _log.warning(
                "the %s is away, trying again and pulling nothing more: %s",
                part,
                error,
                extra={"action": "waiting", "fields": fields},
            )

    def failed(self, part: str, error: Exception) -> None:
        """See `Watcher.failed`."""
        now = self._clock.now()
        if self._refused_at is None or (now - self._refused_at).total_seconds() >= _AGAIN_S:
            self._refused_at = now
            fields = {"part": part, "error": str(error)}
            _log.error("going on without: %s", error, extra={"action": "refused", "fields": fields})

    def flushed(self, flush: Flush) -> None:
        """See `Watcher.flushed`: the canonical line."""
        self._recovered()
        totals = flush.checkpoint.totals
        seen = [delta.first_seen for delta in flush.checkpoint.deltas]
        age_s = (self._clock.now() - min(seen)).total_seconds() if seen else 0.0
        fields = {
            "pulled": flush.pulled,
            "counted": totals.counted,
            "duplicates": totals.duplicates,
            "rejected": totals.rejected,
            "ignored": totals.ignored,
            "tallied": len(flush.checkpoint.deltas),
            "new": flush.minted,
            "clusters": flush.clusters,
            "commit_ms": round(flush.commit_s * 1000),
            "ack_ms": round(flush.ack_s * 1000),
            "tries": flush.tries,
            "offers": flush.committed.offers,
            "writes": flush.committed.writes,
            "held_back_ms": round(flush.held_back_s * 1000),
            "portion": flush.portion,
            "oldest_s": round(age_s, 1),
        }
        _log.info("checkpoint", extra={"action": "checkpoint", "fields": fields})
        if self._metrics:
            self._count(flush, age_s)

    def pulled(self, messages: int, seconds: float) -> None:
        """Record a completed pull; called from the source's threads."""
        if self._metrics:
            self._metrics[PULLED].inc(messages)
            self._metrics[PULL_S].observe(seconds)

    def called_github(self, method: str, status: int) -> None:
        """Record an answer of GitHub; 0 is no answer."""
        if self._metrics:
            self._metrics[GITHUB].labels(method, str(status)).inc()

    def reported(self, health: DeliveryHealth) -> None:
        """Record how issue delivery fares; a time or an expiry that is not known is not a number."""
        self._set(ISSUES_WAITING, health.waiting)
        self._set(PARKED, len(health.parked))
        self._set(DELIVERED_AT, health.succeeded_at.timestamp() if health.succeeded_at else nan)
        self._set(FAILED_AT, health.failed_at.timestamp() if health.failed_at else nan)
        ends = health.token_expires_at
        self._set(TOKEN_DAYS, (ends - self._clock.now()) / timedelta(days=1) if ends else nan)

    def watch_held(self, held: Callable[[], int]) -> None:
        """Register the function that returns the messages held by the source."""
        self._held = held

    def held(self) -> int:
        """Return the messages held by the source, 0 if it does not report them."""
        return self._held() if self._held is not None else 0

    def families(self) -> Iterable[Any]:
        """Return all metrics as Prometheus' metric families."""
        return self._registry.collect() if self._registry is not None else ()

    def exposition(self) -> tuple[str, bytes]:
        """Return all metrics in Prometheus' text format: content type and body."""
        from prometheus_client import generate_latest
        from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

        return CONTENT_TYPE_PLAIN_0_0_4, generate_latest(self._registry)

    def waiting_s(self) -> float:
        """Return the seconds since the source or the store became unavailable; 0 in normal operation."""
        since = self.health.waiting_since
        return (self._clock.now() - since).total_seconds() if since is not None else 0.0

    def _recovered(self) -> None:
        with self._lock:
            health = self.health
            part, waited_s = health.waiting_for, self.waiting_s()
            health.waiting_for, health.waiting_since, health.error = "", None, ""
            health.turned_at = self._clock.now()
        if part:
            fields = {"part": part, "waiting_s": round(waited_s, 1)}
            _log.warning("the %s is back after %.0f s", part, waited_s, extra={"action": "recovered", "fields": fields})

    def _count(self, flush: Flush, age_s: float) -> None:
        totals = flush.checkpoint.totals
        for outcome in ("counted", "duplicates", "rejected", "ignored"):
            self._metrics[ENTRIES].labels(outcome).inc(getattr(totals, outcome))
        self._metrics[CLUSTERS_NEW].inc(flush.minted)
        self._metrics[QUARANTINED].inc(sum(len(one.raw) for one in flush.checkpoint.rejected))
        self._metrics[CHECKPOINTS].inc()
        self._metrics[RETRIES].inc(flush.tries + flush.committed.offers - 2)
        self._metrics[WRITES].inc(flush.committed.writes)
        self._metrics[HELD_BACK_S].inc(flush.held_back_s)
        self._metrics[PORTION].set(flush.portion)
        self._metrics[COMMIT_S].observe(flush.commit_s)
        self._metrics[ACK_S].observe(flush.ack_s)
        self._metrics[OLDEST_S].set(age_s)
        self._set(MODEL, flush.clusters)

    def _set(self, metric: Metric, value: float) -> None:
        if self._metrics:
            self._metrics[metric].set(value)


def _register() -> tuple[Any, Mapping[Metric, Any]]:
    """Return a separate registry with every metric, and the process's memory and CPU time."""
    from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    made: dict[Metric, Any] = {}
    for metric in METRICS:
        if metric.kind == "histogram":
            made[metric] = Histogram(metric.name, metric.help, metric.labels, registry=registry, buckets=_SECONDS)
        else:
            make = Counter if metric.kind == "counter" else Gauge
            made[metric] = make(metric.name, metric.help, metric.labels, registry=registry)
    return registry, made
