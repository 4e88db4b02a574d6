"""Reads the worklog from a store, and keeps it up to date in a folder while a worker runs.

Promises: the file is always complete, and is written only when its content changes. Counting waits for it only while
the clusters are read, at most once in `every_s`.
"""

from __future__ import annotations

import logging
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from processor.model.delivery_health import problems
from processor.model.errors import ConfigError, Transient
from processor.triage import incident_owner, related
from processor.triage.deploys import Deploys
from processor.triage.incidents import incidents
from processor.views.worklog import facts as worklog
from processor.views.worklog import markdown as worklog_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from processor.model.ports import Clock, Store
    from processor.triage.policy import Policy
    from processor.views.worklog.facts import Period, Worklog

_log: Final = logging.getLogger("gardener.worklog")
_AUDIT_SHOWN: Final = 10_000
NAME: Final = "worklog.md"


def read(store: Store, policy: Policy, *, period: Period | None = None, service: str = "") -> Worklog:
    """Return the facts of a period. Raises `StateError`, `Transient`."""
    clusters = store.clusters()
    known = Deploys(clusters)
    newest = max((cluster.last_seen for cluster in clusters), default=datetime(1970, 1, 1, tzinfo=UTC))
    plan = incident_owner.make(clusters, policy, newest)
    told = [incident_report.incident for incident_report in plan.reports.values()]
    members = frozenset().union(*(incident.ids for incident in told))
    found = [incident for incident in incidents(clusters, newest) if not incident.ids & members]
    return worklog.gather(
        clusters,
        store.totals(),
        policy=policy,
        workers=store.workers(),
        audit=store.audit(_AUDIT_SHOWN),
        incidents=[*told, *found],
        speaks_for=plan.speaks_for,
        links=related.links(clusters),
        deploys={cluster.id: known.view(cluster) for cluster in clusters},
        period=period,
        service=service,
        troubles=problems(store.delivery(), datetime.now(UTC)),
    )


def write(path: Path, text: str) -> None:
    """Replace the file as a whole, so that a reader never sees half of it. Raises `ConfigError`."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_text(text, "utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise ConfigError(f"the worklog {path} cannot be written: {error.strerror}") from None


class Keeper:
    """Writes the whole state's worklog into a folder on a schedule.

    Args:
        folder: created if it does not exist. Raises `ConfigError` if that fails.
        every_s: seconds between two reads of the state.
    """

    def __init__(
        self,
        store: Store,
        policy: Policy,
        redact: Callable[[str], str],
        *,
        folder: str,
        clock: Clock,
        every_s: float,
    ) -> None:
        self._store = store
        self._policy = policy
        self._redact = redact
        self._path = Path(folder) / NAME
        self._clock = clock
        self._every = timedelta(seconds=every_s)
        self._next_at = clock.now()
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"the folder of the worklog {folder} cannot be made: {error.strerror}") from None

    def run_if_due(self, done: bool) -> None:  # the worker's `PeriodicTask`
        """Write it if it is due, and once more when the source is exhausted."""
        if not done and self._clock.now() < self._next_at:
            return
        self._next_at = self._clock.now() + self._every
        try:
            text = worklog_page.markdown(read(self._store, self._policy), self._redact)
            if not self._path.exists() or self._path.read_text("utf-8") != text:
                write(self._path, text)
        except (Transient, ConfigError, OSError) as error:
            # The document can wait; the entries cannot.
            _log.warning("the worklog waits: %s", error, extra={"action": "worklog_waits"})
