"""Carry out a person's action: read the cluster, check that it is still what they saw, decide, store.

What an action makes of a cluster is decided in `transitions`. The controller writes to the same triage for its own
purposes, so a revision that moved is no reason to refuse; another person's decision is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec.structs import replace

from processor.model.errors import ConfigError, Conflict, GardenerError, OutcomeUnknown, Transient
from processor.triage import transitions
from processor.triage.split import split
from processor.triage.variants import is_waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from processor.model import AuditRecord, Cluster
    from processor.model.ports import Store

_TRIES: Final = 5
ACTIONS: Final = (*transitions.VERBS, "merge", "split")
DONE: Final[Mapping[str, str]] = {
    "acknowledge": "Acknowledged.",
    "assign": "Assigned.",
    "mute": "Muted.",
    "resolve": "Resolved.",
    "reopen": "Reopened.",
    "priority": "Priority set.",
    "merge": "Merged.",
    "split": "Split.",
    "undo": "Undone.",
}


class NotThere(GardenerError):
    """No cluster has this id."""


class Overtaken(GardenerError):
    """Another person decided about the cluster after it was shown."""


class Wish(NamedTuple):
    """A requested action as it came from a form, not yet validated.

    Attributes:
        seen: the decision they saw, see `mark_of`; "" where they did not look (a script).
        assignee: of an assign, see `transitions.Action`.
        into: the cluster that continues this one.
        apart: which of the clusters merged into this one shall stand alone; "" is all of them, or this one itself
            where it waits as a variant.
    """

    cluster_id: str
    action: str
    seen: str = ""
    until: str = ""
    note: str = ""
    priority: str = ""
    into: str = ""
    apart: str = ""
    next_revision: bool = False
    assignee: str = ""

    @property
    def decision(self) -> transitions.Action:
        """The action on this one cluster."""
        return transitions.Action(
            self.action, self.until, self.priority, self.next_revision, self.note, assignee=self.assignee
        )


def mark_of(cluster: Cluster) -> str:
    """Identify the last decision of a person, to check later whether it still is the last."""
    triage = cluster.triage
    changed = triage.changed_at.isoformat() if triage.changed_at else "never"
    return f"{triage.status}/{triage.priority or 'none'}/{changed}"


def carry_out(store: Store, wish: Wish, *, now: datetime, who: str) -> Cluster:
    """Carry out the action; return the cluster as it is afterwards.

    Raises:
        NotThere: no such cluster.
        Overtaken: it is not any more what they saw; says who was first.
        ConfigError: the wish makes no sense; says which part.
        OutcomeUnknown: the store did not answer while it was done; only then may anything have changed.
        Transient: the store did not answer before.
    """
    if wish.action not in ACTIONS:
        raise ConfigError(f"there is no action {wish.action!r}; there are {', '.join(ACTIONS)}")
    for _ in range(_TRIES):
        write = _prepared(store, _seen(store, wish), wish, now=now, who=who)
        try:
            return write()
        except Conflict:
            continue
        except Transient as error:
            raise OutcomeUnknown(f"The outcome is unknown; check before you repeat it: {error}") from error
    raise Conflict(f"cluster {wish.cluster_id} is changing too fast; try again")


def _prepared(store: Store, cluster: Cluster, wish: Wish, *, now: datetime, who: str) -> Callable[[], Cluster]:
    """Refuse everything that can be refused; return a function that writes and returns the cluster."""
    if wish.action == "merge":
        winner = _there(store, wish.into.strip())
        trail = transitions.merge_audit(cluster, winner, now=now, who=who, note=wish.note)
        return lambda: _merged(store, trail, winner.id)
    if wish.action == "split" and is_waiting(cluster) and not (cluster.aliases or wish.apart):
        triage, audit = transitions.stand_alone(cluster, now=now, who=who, note=wish.note)
        return lambda: replace(cluster, triage=store.put_triage(cluster.id, triage, [audit]))
    if wish.action == "split":
        trail = transitions.split_audit(cluster, wish.apart, now=now, who=who, note=wish.note)
        return lambda: _split(store, trail, wish.apart or cluster.id)
    triage, audit = transitions.apply(cluster, wish.decision, now=now, who=who)
    return lambda: replace(cluster, triage=store.put_triage(cluster.id, triage, [audit]))


def _merged(store: Store, trail: AuditRecord, winner_id: str) -> Cluster:
    store.merge(trail.cluster_id, winner_id, trail)
    return _there(store, winner_id)


def _split(store: Store, trail: AuditRecord, cluster_id: str) -> Cluster:
    apart = split(store, cluster_id, audit=trail)
    # A template that mining made of others has no entry of its own; without them it is gone.
    return store.cluster(trail.cluster_id) or _there(store, apart[0] if apart else "")


def _seen(store: Store, wish: Wish) -> Cluster:
    cluster = _there(store, wish.cluster_id)
    if wish.seen and wish.seen != mark_of(cluster):
        triage = cluster.triage
        raise Overtaken(
            f"{triage.by or triage.priority_by} decided first, it is now {triage.status}, priority"
            f" {triage.priority or 'not set'}. Look again, then act."
        )
    return cluster


def _there(store: Store, cluster_id: str) -> Cluster:
    cluster = store.cluster(cluster_id) if cluster_id else None
    if cluster is None:
        raise NotThere(f"There is no cluster {cluster_id or '(no id given)'}.")
    return cluster
