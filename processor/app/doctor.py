"""Check every configured part, and report each fault and its remedy.

Changes nothing, except for a document written to the store and deleted again. A part that does not answer is a finding,
too; the other checks still run.
"""

from __future__ import annotations

import os
import socket
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from processor.ingest import pipeline
from processor.model import Finding, Grade, Severity
from processor.model.errors import GardenerError, Transient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from processor.app.config import Settings
    from processor.model.ports import Source, Store

_SAMPLE: Final = 200
_ELSE: Final = "name another in the settings, see: gardener config"

Check = tuple[str, "Callable[[], Iterable[Finding]]"]


def examine(checks: Iterable[Check]) -> Iterator[Finding]:
    """Run the checks, each named by its part; an error of ours becomes a finding."""
    for part, check in checks:
        try:
            yield from check()
        except Transient as error:
            yield Finding(Grade.PROBLEM, part, f"does not answer: {error}", _reaching(part))
        except GardenerError as error:
            # Our errors contain the fault and, after a semicolon, the remedy.
            text, _, mend = str(error).partition(";")
            yield Finding(Grade.PROBLEM, part, text, mend.strip() or _ELSE)


def of_file(settings: Settings, opened: Callable[[], Source]) -> Iterator[Finding]:
    """Check whether a file or standard input holds log entries. Standard input is not read."""
    if settings.source == "-":
        if sys.stdin.isatty():
            mend = "pipe entries into it, or name a source: --source file:PATH"
            yield Finding(Grade.PROBLEM, "source", "standard input is a terminal", mend)
        else:
            yield Finding(Grade.SKIPPED, "source", "standard input is not read by this check")
        return
    source = opened()
    messages = source.pull(_SAMPLE, 1.0)
    source.close()
    batch = pipeline.decode(messages, min_severity=Severity.DEFAULT, now=datetime.now(UTC))
    bad, all_of = len(batch.rejected), len(messages)
    if not messages:
        yield Finding(Grade.WARNING, "source", f"{settings.source} is empty", "check that entries are written to it")
    elif bad == all_of:
        reason = batch.rejected[0].reason
        mend = "export with: gcloud logging read FILTER --format=json"
        yield Finding(Grade.PROBLEM, "source", f"none of its first {all_of} entries can be read: {reason}", mend)
    elif bad:
        text = f"{bad} of its first {all_of} entries cannot be read: {batch.rejected[0].reason}"
        yield Finding(Grade.WARNING, "source", text, "they will be kept; see: gardener rejected")
    else:
        yield Finding(Grade.WELL, "source", f"{settings.source} holds log entries")


def of_sqlite(path: Path, opened: Callable[[], Store]) -> Iterator[Finding]:
    """Check whether the file is usable. A missing file is not created."""
    if path.exists():
        store = opened()
        totals = store.totals()
        store.close()
        if not os.access(path, os.W_OK):
            yield Finding(Grade.PROBLEM, "state", f"{path} cannot be written", f"chmod u+w '{path}'")
            return
        yield Finding(Grade.WELL, "state", f"{path} holds {totals.counted:,} counted entries")
        return
    folder = path.parent
    if not folder.is_dir():
        yield Finding(Grade.PROBLEM, "state", f"the folder {folder} does not exist", f"mkdir -p '{folder}'")
    elif not os.access(folder, os.W_OK | os.X_OK):
        yield Finding(Grade.PROBLEM, "state", f"nothing can be made in {folder}", f"chmod u+wx '{folder}'")
    else:
        yield Finding(Grade.WELL, "state", f"{path} will be made by the first run")


def of_folder(part: str, folder: Path) -> Iterator[Finding]:
    """Check whether files can be written into a folder, which need not exist yet."""
    nearest = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        yield Finding(Grade.WELL, part, f"{folder} can be written")
    else:
        mend = f"chmod u+wx '{nearest}', or name another"
        yield Finding(Grade.PROBLEM, part, f"{folder} cannot be written", mend)


def of_port(settings: Settings) -> Iterator[Finding]:
    """Check whether the health port is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.health_host, settings.health_port))
        except OSError as error:
            text = f"port {settings.health_port} on {settings.health_host} cannot be used: {error.strerror}"
            yield Finding(Grade.PROBLEM, "health port", text, "set health_port to a free one, or 0 for none")
        else:
            yield Finding(Grade.WELL, "health port", f"{settings.health_port} is free")


def _reaching(part: str) -> str:
    variables = {"subscription": "PUBSUB_EMULATOR_HOST", "state": "FIRESTORE_EMULATOR_HOST"}
    name = variables.get(part, "")
    if name and os.environ.get(name):
        return f"start the emulator at {os.environ[name]} (make emulators), or unset {name}"
    return "check the network and the service's status, then try again"
