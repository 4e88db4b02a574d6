"""Split: clusters that a person or mining merged into one become clusters of their own again, for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from processor.model import AuditRecord
    from processor.model.ports import Store


def split(store: Store, cluster_id: str, *, audit: AuditRecord) -> tuple[str, ...]:
    """The ids that are clusters of their own from now on, with own counts and issues; () where nothing was merged.

    Args:
        store: where they are; mining does not take them back.
        cluster_id: an alias, which leaves alone, or a root, which all that was merged into it leaves.
        audit: stored with the change.
    """
    apart = tuple(store.split(cluster_id, audit))
    for one in apart:
        _reclaim_issue(store, one)
    return apart


def _reclaim_issue(store: Store, cluster_id: str) -> None:
    """Its issue was closed as a duplicate by us, which must not be taken for a person's word."""
    cluster = store.cluster(cluster_id)
    if cluster is None or cluster.triage.issue is None:
        return
    notes = cluster.triage.notes
    if notes.written is not None:
        written = replace(notes.written, open=False, figures="")
        notes = replace(notes, written=written)
        store.put_triage(cluster_id, replace(cluster.triage, notes=notes))
