"""Incidents: clusters that rise together and share a cause, collapsed into one with a named root. Pure.

Promises: every member is there for a stated reason, is in one incident only, and the same clusters give the same
incidents in any order. Joined are clusters that name the same exception or trace at the same time, request errors or
warnings with the failure of their instances, and three or more that rise in the same minutes
(`processor.triage.related` says when). Must not decide about issues.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from processor.model import Kind, Severity, Status
from processor.triage import related
from processor.triage.features import features
from processor.triage.related import Evidence, Sign

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from processor.model import Cluster
    from processor.triage.features import Features

_SAID: Final = frozenset({Sign.EXCEPTION, Sign.TRACE, Sign.REQUESTS, Sign.WARNINGS})
_MAX_CAUSE: Final = 300

_Edges = dict[str, dict[str, tuple[Evidence, ...]]]


class Settings(Struct, frozen=True):
    """Bounds of what counts as an incident.

    Attributes:
        min_risers: so many clusters that only rise together are one incident; two may be chance.
        onset: clusters that name the same exception belong together when they rise within this time.
        over_after: an incident that was not seen for so long is over.
        forget_after: clusters that were not seen for so long are not looked at.
    """

    min_risers: int = 3
    onset: timedelta = timedelta(minutes=10)
    over_after: timedelta = timedelta(hours=1)
    forget_after: timedelta = timedelta(days=7)


class Member(Struct, frozen=True):
    """One cluster of an incident, and why it belongs to it."""

    id: str
    evidence: tuple[Evidence, ...]


class Incident(Struct, frozen=True):
    """Clusters with one cause.

    Attributes:
        root: id of the cluster that names the cause; where none does, of the first failure to appear.
        cause: the exception at the bottom of the chain with its values, or the root's message: log text.
        members: the root first, then in the order in which they appeared; evidence is about the root.
        revision: the revision in which the root was seen first, "" where entries name none.
        is_new_revision: and the service had another one before: it came with a deploy.
        started_at: when the rise began.
        over: no member was seen lately.
    """

    root: str
    cause: str
    members: tuple[Member, ...]
    revision: str
    is_new_revision: bool
    started_at: datetime
    last_seen: datetime
    services: tuple[str, ...]
    over: bool

    @property
    def ids(self) -> frozenset[str]:
        """Every member's id."""
        return frozenset(member.id for member in self.members)

    def reasons(self, member: Member) -> list[str]:
        """Return why a member belongs, for people, without repeating the cause. Evidence may hold log text."""
        return [_reason_of(one, self.cause) for one in member.evidence]


def _reason_of(one: Evidence, cause: str) -> str:
    if one.detail == cause:
        return str(one.sign)
    # projects/P/traces/ID: the id alone, of which eight digits tell one from another.
    return f"{one.sign} {one.detail.rsplit('/', 1)[-1][:8]}" if one.sign is Sign.TRACE else str(one)


def incidents(clusters: Iterable[Cluster], now: datetime, settings: Settings | None = None) -> tuple[Incident, ...]:
    """Every incident among these clusters, the latest first; what a person muted is left out."""
    settings = settings or Settings()
    known, edges = _tied(
        (
            cluster
            for cluster in clusters
            if cluster.triage.status is not Status.MUTED and now - cluster.last_seen <= settings.forget_after
        ),
        settings,
    )
    groups = (_keep(group, edges, settings) for group in _components(edges))
    found = [_incident([known[name] for name in group], edges, now, settings) for group in groups if group]
    return tuple(sorted(found, key=lambda one: (-one.last_seen.timestamp(), one.root)))


def describe(group: Iterable[Cluster], now: datetime, settings: Settings | None = None) -> Incident:
    """The incident that these clusters were once found to be, whatever ties them by now."""
    settings = settings or Settings()
    known, edges = _tied(group, settings)
    return _incident(list(known.values()), edges, now, settings)


def _tied(clusters: Iterable[Cluster], settings: Settings) -> tuple[dict[str, Features], _Edges]:
    """Return the features and, for each pair with evidence, that evidence."""
    known = {one.id: one for one in features(related.latest(clusters))}
    edges: _Edges = defaultdict(dict)
    minutes = settings.onset // timedelta(minutes=1)
    for one, other, evidence in related.pairs(known.values(), within_min=minutes):
        edges[one.id][other.id] = edges[other.id][one.id] = evidence
    return known, edges


def _components(edges: _Edges) -> list[list[str]]:
    seen: set[str] = set()
    found = []
    for start in sorted(edges):
        if start in seen:
            continue
        group, waiting = [], [start]
        seen.add(start)
        while waiting:
            name = waiting.pop()
            group.append(name)
            fresh = sorted(edges[name].keys() - seen)
            seen.update(fresh)
            waiting += fresh
        found.append(group)
    return found


def _keep(group: list[str], edges: _Edges, settings: Settings) -> list[str]:
    """Return the group if it is large enough; of a small one, the members with direct evidence."""
    if len(group) >= settings.min_risers:
        return group
    telling = [name for name in group if any(each.sign in _SAID for found in edges[name].values() for each in found)]
    return telling if len(telling) > 1 else []


def _incident(
    group: Sequence[Features],
    edges: _Edges,
    now: datetime,
    settings: Settings,
) -> Incident:
    cause, root = _cause(group)
    others = sorted((one for one in group if one is not root), key=lambda one: (one.first_seen, one.id))
    members = [Member(root.id, ()), *(Member(one.id, _reason(one, root, edges)) for one in others)]
    last_seen = max(one.last_seen for one in group)
    return Incident(
        root=root.id,
        cause=cause,
        members=tuple(members),
        revision=root.first_revision,
        is_new_revision=bool(root.revision),
        started_at=_start(group),
        last_seen=last_seen,
        services=tuple(sorted({one.service for one in group})),
        over=now - last_seen > settings.over_after,
    )


def _cause(group: Sequence[Features]) -> tuple[str, Features]:
    """Return the exception that most members repeat and its first cluster, else the first failure to appear.

    A wrapper quotes what it wraps, so the message at the bottom of a chain is in all of them and the top only in one.
    """
    best: tuple[tuple[int, bool, int, datetime, str], str, Features] | None = None
    for one in group:
        for depth, said in enumerate(one.raised):
            message = said.partition(": ")[2] or said
            repeated = sum(message in other.text for other in group)
            rank = (-repeated, one.kind is not Kind.EXCEPTION, depth, one.first_seen, one.id)
            if best is None or rank < best[0]:
                best = (rank, said, one)
    if best is not None:
        return best[1][:_MAX_CAUSE], best[2]
    root = min(group, key=lambda one: (one.severity < Severity.ERROR, one.first_seen, one.id))
    return root.text.strip().split("\n", 1)[0][:_MAX_CAUSE] or root.id, root


def _reason(one: Features, root: Features, edges: _Edges) -> tuple[Evidence, ...]:
    """Why it is a member: what ties it to the root, else to the member next to it."""
    ties = edges.get(one.id, {})
    return ties.get(root.id) or (ties[min(ties)] if ties else ())


def _start(group: Sequence[Features]) -> datetime:
    """When the rise began, to the second where it is the first of its clusters."""
    minute = min(one.burst.start for one in group)
    first = min(one.first_seen for one in group)
    rose = datetime.fromtimestamp(minute * 60, UTC)
    return max(first, rose)
