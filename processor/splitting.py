"""Split: what was merged into a cluster, by a person or by mining, becomes clusters of its own again, for good."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from processor import notes as notebook
from processor.model import Checkpoint, Seen, TemplateChanges, Totals

if TYPE_CHECKING:
    from datetime import datetime

    from processor.model import Cluster
    from processor.ports import Store


def split(store: Store, cluster: Cluster, *, now: datetime) -> tuple[str, ...]:
    """The ids that are clusters of their own from now on, with own counts and issues; () where nothing was merged.

    They are marked literal, so mining does not take them back. Raises `Conflict` when a worker learned in between.
    """
    if not cluster.aliases:
        return ()
    model = next(model for model in store.load_model({}) if model.stream == cluster.stream)
    apart = tuple(
        replace(record, merged_into=None, literal=True) for record in model.records if record.id in cluster.aliases
    )
    changes = (TemplateChanges(cluster.stream, model.rev, apart),)
    store.commit(Checkpoint("split", now, (), Seen(frozenset()), (), changes, (), Totals()))
    for record in apart:
        _reclaim_issue(store, record.id)
    return tuple(record.id for record in apart)


def _reclaim_issue(store: Store, cluster_id: str) -> None:
    """Its issue was closed as a duplicate by us, which must not be taken for a person's word."""
    cluster = store.cluster(cluster_id)
    if cluster is None or cluster.handling.issue is None:
        return
    notes = notebook.load(cluster.handling.memory)
    if notes.written is not None:
        written = notes.written.model_copy(update={"open": False, "figures": ""})
        memory = notebook.dump(notes.model_copy(update={"written": written}))
        store.put_handling(cluster_id, replace(cluster.handling, memory=memory))
