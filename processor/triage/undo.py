"""Undo the last act of a person: restore the decision before it, split a merge, merge a split.

Pure but for `take_back`, which is handed a `Store`. Nothing is taken back over another person's later decision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from processor.model import AuditRecord, Priority, Status, Triage
from processor.model.errors import Conflict
from processor.model.notes import decided
from processor.triage.operate import NotThere, Overtaken, Wish, carry_out, mark_of

if TYPE_CHECKING:
    from datetime import datetime

    from processor.model import Cluster
    from processor.model.ports import Store

_TRIES = 5


class Undo(NamedTuple):
    """How to take one act about one cluster back.

    Attributes:
        seen: the decision that was made, see `mark_of`: another one since is not touched.
        before: the decision as it was; None where `wish` takes it back.
        wish: the merge or split the other way round.
    """

    cluster_id: str
    seen: str = ""
    before: Triage | None = None
    wish: Wish | None = None


def undo_of(wish: Wish, before: Cluster, after: Cluster) -> tuple[Undo, ...]:
    """What takes this act back; `before` is the cluster as the person saw it, `after` what came of it."""
    if wish.action == "merge":
        return (Undo(after.id, wish=Wish(after.id, "split", apart=before.id)),)
    if wish.action == "split":
        apart = [wish.apart] if wish.apart else list(before.aliases)
        if not apart:  # it waited as a variant, and will again
            return (Undo(after.id, seen=mark_of(after), before=before.triage),)
        # A template that mining made of others is gone without them; the first of them takes its place.
        return tuple(Undo(one, wish=Wish(one, "merge", into=after.id)) for one in apart if one != after.id)
    return (Undo(after.id, seen=mark_of(after), before=before.triage),)


def last_decision(cluster: Cluster) -> Undo | None:
    """What takes a person's last decision back, whoever made it; None if there is none, or if it holds no more."""
    replaced = cluster.triage.notes.replaced
    if replaced is None or replaced.became != cluster.triage.status:
        return None
    status, priority = Status(replaced.status), Priority(replaced.priority) if replaced.priority else None
    before = Triage(**decided(replaced) | {"status": status, "priority": priority})
    return Undo(cluster.id, seen=mark_of(cluster), before=before)


def take_back(store: Store, undo: Undo, *, now: datetime, who: str) -> Cluster:
    """Carry it out; the cluster as it is afterwards. Raises what `carry_out` raises."""
    if undo.wish is not None:
        return carry_out(store, undo.wish._replace(note="undo"), now=now, who=who)
    for _ in range(_TRIES):
        cluster = store.cluster(undo.cluster_id)
        if cluster is None:
            raise NotThere(f"There is no cluster {undo.cluster_id}.")
        if mark_of(cluster) != undo.seen:
            raise Overtaken(f"{cluster.triage.by or cluster.triage.priority_by} has decided since.")
        triage = _restored(cluster.triage, undo.before or Triage())
        trail = AuditRecord(now, who, "undo", cluster.id, f"{triage.status} as before")
        try:
            return replace(cluster, triage=store.put_triage(cluster.id, triage, [trail]))
        except Conflict:
            continue
    raise Conflict(f"cluster {undo.cluster_id} is changing too fast; try again")


def _restored(now: Triage, before: Triage) -> Triage:
    """Restore a person's earlier decision; what the controller has written since stays."""
    return replace(now, notes=replace(now.notes, replaced=before.notes.replaced), **decided(before))
