"""Decide about every cluster and store it: turning points, deploys, and whose issue covers an incident or variant.

Promises: deciding twice stores nothing twice; whoever decided in between wins, and the next turn looks again. Must not
speak to a tracker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from processor.model import Status
from processor.model.errors import Conflict
from processor.triage import decide, incident_owner, variants
from processor.triage.deploys import Deploys
from processor.triage.policy import evaluate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from processor.model import Cluster, Triage
    from processor.model.ports import Store
    from processor.triage.deploys import View
    from processor.triage.incident_owner import Plan
    from processor.triage.policy import Policy

_DECIDED_AWAY: Final = (Status.MUTED, Status.RESOLVED)


class Decider:
    """Decides over one store; any number may at the same time."""

    def __init__(self, store: Store, policy: Policy, *, auto_close: bool = False) -> None:
        self._store = store
        self._policy = policy
        self._auto_close = auto_close

    def decide(
        self, clusters: Sequence[Cluster], now: datetime, *, has_time: Callable[[], bool]
    ) -> tuple[list[Cluster], Plan]:
        """Return the clusters as decided, and the plan of incidents; what there is no time for stays as it is."""
        deploys = Deploys(clusters)
        decided = [self._decided(one, now, deploys.view(one)) if has_time() else one for one in clusters]
        plan = incident_owner.make(decided, self._policy, now)
        waits = variants.below(decided, self._policy, covered=plan.speaks_for)
        decided = [self._enlisted(one, plan.speaks_for.get(one.id, ""), waits.get(one.id, "")) for one in decided]
        told = {plan.speaks_for[one.id] for one in decided if one.id in plan.speaks_for and one.triage.announced}
        return [self._announced(one) if one.id in told else one for one in decided], plan

    def _decided(self, cluster: Cluster, now: datetime, view: View) -> Cluster:
        points = evaluate(cluster, self._policy, now, gone_since=view.gone_since, late=view.late)
        gone = bool(view.gone_since)
        decided = decide.decide(cluster, points, self._policy, now, gone=gone, auto_close=self._auto_close)
        return self._put(cluster, _dated(decided, view))

    def _enlisted(self, cluster: Cluster, incident: str, variant_of: str) -> Cluster:
        """Store whose issue covers the cluster, or that none does any more."""
        notes = replace(cluster.triage.notes, incident=incident, variant_of=variant_of)
        if notes == cluster.triage.notes:
            return cluster
        return self._put(cluster, replace(cluster.triage, notes=notes))

    def _announced(self, cluster: Cluster) -> Cluster:
        """Announce an owner as soon as one member of its incident has crossed a threshold."""
        if cluster.triage.announced or cluster.triage.status in _DECIDED_AWAY:
            return cluster
        return self._put(cluster, replace(cluster.triage, announced=cluster.occurrences))

    def _put(self, cluster: Cluster, triage: Triage) -> Cluster:
        if triage is cluster.triage:
            return cluster
        try:
            return replace(cluster, triage=self._store.put_triage(cluster.id, triage))
        except Conflict:
            return self._store.cluster(cluster.id) or cluster


def _dated(triage: Triage, view: View) -> Triage:
    """Record the relation to deploys in the notes once there is, or will be, an issue to show it."""
    notes = triage.notes
    if not triage.announced or (notes.new_in, notes.gone_since) == (view.new_in, view.gone_since):
        return triage
    notes = replace(notes, new_in=view.new_in, gone_since=view.gone_since)
    return replace(triage, notes=notes)
