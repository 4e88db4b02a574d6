"""The composition root: `Settings` -> working parts. The only module that names concrete classes.

Imports of outside libraries happen here, inside the functions that need them, so that a command loads no
cloud library that it does not use.
"""

from __future__ import annotations

import importlib.util
import os
import secrets
import socket
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from processor import __version__
from processor.app.clock import SystemClock
from processor.app.file_source import has_no_end, open_file
from processor.app.publishing import make_masker, make_places, make_wording, read_code_owners
from processor.app.tracker import open_tracker
from processor.ingest.rejection_limit import RejectionLimit, RejectionRule
from processor.ingest.retention import RawRetention, Retention
from processor.mining.masks import PROTECTED
from processor.mining.miner import MinerSettings
from processor.mining.miners import Miners
from processor.model.errors import ConfigError
from processor.sources.quarantine import QuarantineSource

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    from processor.app.config import Settings
    from processor.app.telemetry import Telemetry
    from processor.ingest.committer import Committer
    from processor.ingest.gather import FlushPolicy
    from processor.ingest.worker import DeadLetter, Observer, PeriodicTask, Worker
    from processor.issues.controller import Reconciler
    from processor.model import Totals
    from processor.model.ports import Clock, Source, Store
    from processor.triage.policy import Policy


QUARANTINE_LIMIT: Final = 100_000


class Parts(NamedTuple):
    """The parts of a running worker, for its caller to stop and close."""

    worker: Worker
    source: Source
    store: Store
    clock: SystemClock


def open_store(settings: Settings, *, must_exist: bool = False) -> Store:
    """Return the store that `state` names. Raises `StateError`, `ConfigError`."""
    from sinks.private import Redaction
    from sinks.redact import redact as rules

    redact = Redaction(rules, raw_samples=settings.store_raw)
    address = settings.address("state")
    if address.scheme == "sqlite":
        from sinks.sqlite.store import SqliteStore

        return SqliteStore(address.where, version=__version__, must_exist=must_exist, redact=redact)
    try:
        from sinks.firestore.store import FirestoreStore
    except ModuleNotFoundError as error:
        raise ConfigError(f"state {settings.state} needs pip install 'log-gardener[gcp]' ({error})") from error
    return FirestoreStore(*address.database, version=__version__, lanes=settings.ledger_lanes, redact=redact)


def is_state(path: Path) -> bool:
    """Return whether a file is a state of this program."""
    from sinks.sqlite import probe

    return probe.is_state(path)


def open_source(settings: Settings, telemetry: Telemetry | None = None, *, begun: bool = False) -> Source:
    """Return the source that `source` names; with `begun`, a pipe has delivered its first, readable bytes.

    Raises `SourceError`, `ConfigError`, `Transient`.
    """
    address = settings.address("source")
    if address.scheme != "pubsub":
        return open_file(address, begun=begun)
    if not has_pubsub():
        raise ConfigError(f"source {settings.source} needs more: pip install 'log-gardener[gcp]'")
    from processor.sources.pubsub.source import PubSubSource

    found = PubSubSource(
        address.where,
        pullers=settings.pullers,
        on_pull=telemetry.pulled if telemetry else None,
    )
    if telemetry is not None:
        telemetry.watch_held(lambda: found.held)
    return found


def open_dead_letters(settings: Settings, source: Source) -> DeadLetter | None:
    """Return the publisher of rejected messages: to the topic of `dead_letter`, or the subscription's own."""
    topic = settings.dead_letter or getattr(source, "dead_letter_topic", "")
    if topic in ("", "none") or settings.address("source").scheme != "pubsub":
        return None
    from processor.sources.pubsub.dead_letter import DeadLetterTopic

    return DeadLetterTopic(topic)


def has_pubsub() -> bool:
    """Return whether Google's libraries are installed."""
    return importlib.util.find_spec("google") is not None and importlib.util.find_spec("google.pubsub_v1") is not None


def make_miners(settings: Settings) -> Miners:
    """Return empty miners; the protected words of the settings never become wildcards either."""
    words = {word.casefold() for word in settings.protected_words}
    return Miners(MinerSettings(protected=PROTECTED | words))


def make_policy(settings: Settings) -> Policy:
    """Return the shipped policy with the settings applied."""
    from processor.triage import rules

    return rules.make(
        settings.rules,
        settings.thresholds,
        settings.dwell,
        escalation_factor=settings.escalation_factor,
        quiet_at_last=timedelta(days=settings.quiet_days),
        reopen_within=timedelta(days=settings.reopen_days),
    )


def make_reconciler(
    settings: Settings, store: Store, *, clock: Clock, name: str, telemetry: Telemetry | None = None
) -> Reconciler:
    """Return the controller of a store; without a tracker it only updates priorities."""
    from processor.issues.controller import Limits, Reconciler
    from processor.issues.plan import IssueSettings

    owners = tuple((owner.service, owner.module, owner.assignees) for owner in settings.owners)
    return Reconciler(
        store,
        open_tracker(settings, clock, store, telemetry),
        settings=IssueSettings(
            make_policy(settings),
            make_wording(settings),
            auto_close=settings.auto_close,
            owners=owners,
            places=make_places(settings),
            code_owners=read_code_owners(settings),
        ),
        clock=clock,
        name=name,
        limits=Limits(issues_per_hour=settings.issues_per_hour, every_s=settings.reconcile_seconds),
        bounded=not has_no_end(settings.address("source")),
        shown=settings.issues,
        on_report=telemetry.reported if telemetry else None,
    )


def _make_periodic_tasks(
    settings: Settings, store: Store, *, clock: Clock, name: str, telemetry: Telemetry | None
) -> list[PeriodicTask]:
    """Return a worker's periodic tasks; the worklog comes after the issues that it refers to."""
    periodic_tasks: list[PeriodicTask] = [
        make_reconciler(settings, store, clock=clock, name=name, telemetry=telemetry).run_if_due
    ]
    scheme, folder = settings.address("worklog")
    if scheme == "folder":
        from processor.views.worklog.writer import Keeper

        redact, every_s = make_wording(settings).shown, settings.worklog_seconds
        periodic_tasks.append(
            Keeper(store, make_policy(settings), redact, folder=folder, clock=clock, every_s=every_s).run_if_due
        )
    periodic_tasks.append(Retention(store, clock=clock, days=settings.retention_days).run_if_due)
    raw_days = settings.raw_days if settings.store_raw else 0
    return [*periodic_tasks, RawRetention(store, clock=clock, days=raw_days).run_if_due]


def _make_pace(settings: Settings) -> FlushPolicy:
    """Return the write rate for a remote store; a file has no limit."""
    from processor.ingest.gather import HOT_DOCUMENT_S, FlushPolicy

    if settings.address("state").scheme != "firestore":
        return FlushPolicy(settings.flush_seconds, settings.flush_entries)
    return FlushPolicy(
        settings.flush_seconds,
        settings.flush_entries,
        writes_per_second=settings.writes_per_second,
        least_seconds=HOT_DOCUMENT_S,
    )


def make_worker(
    settings: Settings,
    *,
    source: Source | None = None,
    observers: Sequence[Observer] = (),
    telemetry: Telemetry | None = None,
    clock: SystemClock | None = None,
) -> Parts:
    """Return the parts of `gardener run` and `gardener replay`."""
    from processor.ingest.worker import Worker

    dead_letter = None
    if source is None:
        # Before the state, so that an unreadable source leaves no state behind.
        source = open_source(settings, telemetry)
        dead_letter = open_dead_letters(settings, source)
    store = open_store(settings)
    clock = clock or SystemClock()
    name = settings.worker or f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(2)}"
    worker = Worker(
        source,
        store,
        miners=make_miners(settings),
        masker=make_masker(settings),
        clock=clock,
        name=name,
        min_severity=settings.least,
        pace=_make_pace(settings),
        observers=observers,
        watchers=[telemetry] if telemetry else (),
        periodic_tasks=_make_periodic_tasks(settings, store, clock=clock, name=name, telemetry=telemetry),
        dead_letter=dead_letter,
        limit=RejectionLimit(RejectionRule(settings.max_rejected_ratio)),
        until_idle_s=settings.until_idle,
        executor=_make_executor(settings),
    )
    return Parts(worker, source, store, clock)


def _make_executor(settings: Settings) -> Executor | None:
    """Return the executor of the store's calls; None for a file, which answers at once."""
    if settings.address("state").scheme == "sqlite":
        return None
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(1, thread_name_prefix="store")


def make_committer(settings: Settings) -> tuple[Store, Committer]:
    """Return the committer of a pipeline that aggregates elsewhere; the caller closes the store."""
    from processor.ingest.committer import Committer
    from processor.ingest.upgrade import Upgrade

    store, miners, clock = open_store(settings), make_miners(settings), SystemClock()
    Upgrade(store, miners=miners, masker=make_masker(settings), clock=clock, name="pipeline").run_until_done()
    return store, Committer(store, miners=miners, clock=clock)


def replay_rejected(settings: Settings) -> Totals:
    """Retry every quarantined message; those that now decode leave the quarantine."""
    store = open_store(settings, must_exist=True)
    source = QuarantineSource(store.rejected(QUARANTINE_LIMIT))
    still: set[str] = set()
    parts = make_worker(
        settings,
        source=source,
        observers=[lambda checkpoint, _: still.update(one.id for one in checkpoint.rejected)],
    )
    totals = parts.worker.run()
    store.drop_rejected(source.ids - still)
    parts.store.close()
    store.close()
    return totals
