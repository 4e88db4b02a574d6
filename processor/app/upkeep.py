"""What keeps a state in order, put together from settings: upgrading and forgetting."""

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
    """What `forget` did, or would do.

    Attributes:
        stored: in the state.
        files: of an issue folder, changed.
        issues: on a tracker elsewhere; their text is still there.
    """

    stored: Forgotten
    files: int
    issues: tuple[IssueRef, ...]


def make_upgrade(settings: Settings, store: Store) -> Upgrade:
    """What brings a state up to this program's grouping; a worker has one of its own."""
    return Upgrade(
        store,
        miners=wiring.make_miners(settings),
        masker=make_masker(settings),
        clock=SystemClock(),
        name=f"upgrade-{socket.gethostname()}",
    )


def forget(settings: Settings, what: Forget, who: str, *, dry_run: bool) -> Gone:
    """Take it out of the state, its quarantine, and a folder of issues. Raises as the store."""
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
        scheme, _, folder = settings.issues.partition(":")
        if scheme == "folder" and not dry_run:
            _blank(open_tracker(settings, clock, store), gone)
    finally:
        store.close()
    if scheme != "folder":
        return Gone(stored, 0, gone)
    return Gone(stored, len(gone) + _in_files(Path(folder), what.text, dry_run=dry_run), ())


def _blank(tracker: IssueTracker | None, issues: tuple[IssueRef, ...]) -> None:
    """Leave of a folder's issues that they were there: their numbers are in use."""
    if tracker is not None:
        for ref in issues:
            tracker.edit(ref, IssueEdit(title=FORGOTTEN, body=FORGOTTEN, open=False, reason="not_planned"))
        tracker.close()


def _in_files(folder: Path, text: str, *, dry_run: bool) -> int:
    """How many Markdown files hold the text; it is replaced in them."""
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
