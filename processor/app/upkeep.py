"""Maintenance of a state, built from settings: upgrade and forget."""

from __future__ import annotations

import re
import socket
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from processor.app import wiring
from processor.app.clock import SystemClock
from processor.app.publishing import make_masker
from processor.app.tracker import open_tracker
from processor.ingest.upgrade import Upgrade
from processor.model import AuditRecord, IssueEdit, IssueRef
from processor.model.forget import FORGOTTEN, Forget, Forgotten

if TYPE_CHECKING:
    from processor.app.config import Settings
    from processor.model.ports import IssueTracker, Store


class Gone(NamedTuple):
    """The result of `forget`, or of its dry run.

    Attributes:
        stored: in the state.
        files: changed files of an issue folder.
        issues: on a tracker elsewhere; their text is still there.
    """

    stored: Forgotten
    files: int
    issues: tuple[IssueRef, ...]


def make_upgrade(settings: Settings, store: Store) -> Upgrade:
    """Return the upgrade of a state to this program's grouping; a worker has its own."""
    return Upgrade(
        store,
        miners=wiring.make_miners(settings),
        masker=make_masker(settings),
        clock=SystemClock(),
        name=f"upgrade-{socket.gethostname()}",
    )


def forget(settings: Settings, what: Forget, who: str, *, dry_run: bool) -> Gone:
    """Remove matching data from the state, its quarantine, and a folder of issues. Raises as the store."""
    clock = SystemClock()
    store = wiring.open_store(settings, must_exist=True)
    try:
        issues = {
            name: one.triage.issue for one in store.clusters() for name in (one.id, *one.aliases) if one.triage.issue
        }
        reason = " and ".join(
            word for word, given in (("text", what.text), ("cluster", what.clusters), ("entry", what.entries)) if given
        )
        stored = store.forget(what, AuditRecord(clock.now(), who, "forget", "", f"by {reason}:"), dry_run=dry_run)
        gone = tuple({ref.url: ref for name in stored.clusters if (ref := issues.get(name))}.values())
        scheme, folder = settings.address("issues")
        if scheme == "folder" and not dry_run:
            _blank(open_tracker(settings, clock, store), gone)
    finally:
        store.close()
    if scheme != "folder":
        return Gone(stored, 0, gone)
    return Gone(stored, len(gone) + _in_files(Path(folder), what.text, dry_run=dry_run), ())


def _blank(tracker: IssueTracker | None, issues: tuple[IssueRef, ...]) -> None:
    """Empty a folder's issues but keep their files: their numbers are in use."""
    if tracker is not None:
        for ref in issues:
            tracker.edit(ref, IssueEdit(title=FORGOTTEN, body=FORGOTTEN, open=False, reason="not_planned"))
        tracker.close()


def _in_files(folder: Path, text: str, *, dry_run: bool) -> int:
    """Return the number of Markdown files that contain the text, after replacing it in them."""
    if not text or not folder.is_dir():
        return 0
    pattern = re.compile(re.escape(text), re.IGNORECASE)
    found = 0
    for path in sorted(folder.rglob("*.md")):
        held = path.read_text("utf-8", "surrogateescape")
        if pattern.search(held):
            found += 1
            if not dry_run:
                path.write_text(pattern.sub(FORGOTTEN, held), "utf-8", "surrogateescape")
    return found
