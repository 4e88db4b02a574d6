"""Run a worker as a service: its log, its health port, its signals, and an end within 8 seconds.

A platform sends SIGTERM and, 10 seconds later, SIGKILL. The worker commits and acknowledges its current batch and
returns the rest. If a call hangs, the process still ends: nothing unacknowledged is lost, and nothing committed is
counted again.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Final

from processor.app import logs, otlp, wiring
from processor.app.clock import SystemClock
from processor.app.telemetry import Telemetry
from processor.model.errors import GardenerError

if TYPE_CHECKING:
    from processor.app.config import Settings
    from processor.model import Totals

_log: Final = logging.getLogger("gardener.worker")
_PATIENCE_S: Final = 6.0
_RELEASE_S: Final = 1.2
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


def run(settings: Settings) -> None:
    """Run to the source's end, until it is idle, or until SIGTERM or SIGINT. Raises the errors of `Worker.run`.

    With a JSON log, an error is logged and the process ends with its exit code: bare text would return through a log
    sink as an entry of a service.
    """
    as_json = logs.configure(settings.log_format)
    try:
        totals = _run(settings)
    except GardenerError as error:
        if not as_json:
            raise
        _log.critical("%s", error, extra={"action": "failed", "fields": {"exit_code": error.exit_code}})
        sys.exit(error.exit_code)
    fields = {name: getattr(totals, name) for name in ("ingested", "counted", "duplicates", "rejected", "ignored")}
    _log.info("stopped", extra={"action": "stopped", "fields": fields})


def _run(settings: Settings) -> Totals:
    # A thread waits for them: a handler would have to wait until the main thread returns from a library
    # call, and SQLite may wait for half a minute. Blocked before any thread starts, since threads inherit it.
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    where = otlp.target(os.environ)
    telemetry = Telemetry(SystemClock(), metrics=bool(settings.health_port or where))
    probes = None
    if settings.health_port:
        from processor.app.probes import Probes

        probes = Probes(telemetry, SystemClock(), host=settings.health_host, port=settings.health_port)
    parts = wiring.make_worker(settings, telemetry=telemetry)
    _heed_signals(parts)
    exporter = otlp.Exporter(where, telemetry.families, SystemClock()) if where else None
    try:
        return parts.worker.run()
    finally:
        parts.source.close()
        parts.store.close()
        if probes is not None:
            probes.close()
        if exporter is not None:
            exporter.close()


def _heed_signals(parts: wiring.Parts) -> None:
    """End the worker in time after a signal."""
    threading.Thread(target=_end_in_time, args=(parts,), name="signals", daemon=True).start()


def _end_in_time(parts: wiring.Parts) -> None:
    number = signal.sigwait(_SIGNALS)
    parts.worker.stop()
    parts.clock.wake()
    _log.info("%s: committing what is in hand", signal.Signals(number).name, extra={"action": "stopping"})
    threading.Event().wait(_PATIENCE_S)
    _log.warning("a call hangs; ended without it, its messages come again", extra={"action": "cut"})
    closing = threading.Thread(target=parts.source.close, daemon=True)
    closing.start()
    closing.join(_RELEASE_S)
    os._exit(0)
