"""Variants: clusters that wait below the open issue of a look-alike until they prove to be another problem. Pure.

Until a dozen words have shown that a place is a value, each of them is a cluster, and each cluster would open an issue.
So a cluster of a few entries waits where its stream has an issue whose template differs in one plain word only, if at
least three such words are known at that place: of two, both may be problems.

Promises: the result is computed from the clusters alone, in any order, every turn; `Notes.variant_of` only records it
for readers. A cluster waits only below one that has or now gets an issue of its own, never below another that waits.
Nothing is silenced for good: see `_proves_different` for what ends the wait.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from processor.mining.variants import difference, free_words
from processor.model import Kind, Priority, Status
from processor.triage.policy import priority_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from processor.model import Cluster, Stream
    from processor.triage.policy import Policy

_HEAD: Final = re.compile(r"\w*")
_LEAST_WORDS: Final = 3
"""Distinct words at a place. With two, one problem in three hundred waited below another; with three, none."""
_TIMES: Final = 5
"""A cluster that has reached the smallest threshold of its priority so many times over is no chance hit."""


def below(clusters: Iterable[Cluster], policy: Policy, *, covered: Mapping[str, str]) -> dict[str, str]:
    """Return the clusters that wait: id -> id of the cluster below whose issue.

    Args:
        clusters: all of them.
        policy: gives the priorities and thresholds.
        covered: the members of incidents -> the cluster whose issue covers them; neither ever waits.
    """
    groups: defaultdict[tuple[Stream, int, str], list[Cluster]] = defaultdict(list)
    for cluster in clusters:
        if not cluster.overflow:
            groups[_look(cluster)].append(cluster)
    apart = {*covered, *covered.values()}
    found: dict[str, str] = {}
    for group in groups.values():
        if len(group) >= _LEAST_WORDS and any(_may_wait(one, policy, apart) for one in group):
            found |= _below(group, policy, covered, apart)
    return found


def waiting(clusters: Iterable[Cluster]) -> dict[str, tuple[Cluster, ...]]:
    """Return the clusters that wait, as recorded, by the cluster below whose issue; the most frequent first."""
    groups: defaultdict[str, list[Cluster]] = defaultdict(list)
    roots: dict[str, str] = {}
    for cluster in clusters:
        roots |= dict.fromkeys((cluster.id, *cluster.aliases), cluster.id)
        if is_waiting(cluster):
            groups[cluster.triage.notes.variant_of].append(cluster)
    return {
        roots[owner]: tuple(sorted(group, key=lambda one: (-one.occurrences, one.id)))
        for owner, group in groups.items()
        if owner in roots
    }


def is_waiting(cluster: Cluster) -> bool:
    """Return whether the cluster waits below another one's issue."""
    return cluster.triage.issue is None and bool(cluster.triage.notes.variant_of)


def word_of(cluster: Cluster, other: Cluster) -> str:
    """Return the word of a cluster where its template differs from the other's in one free word; "" if it does not."""
    if cluster.stream != other.stream:
        return ""
    found = difference(cluster.template, other.template, is_exception=cluster.stream.kind is Kind.EXCEPTION)
    return found[0] if found else ""


def _look(cluster: Cluster) -> tuple[Stream, int, str]:
    """Return what clusters that differ in one word have in common, at the cost of no tokenising."""
    head = _HEAD.match(cluster.template)
    return cluster.stream, cluster.template.count(" "), head[0] if head else ""


def _below(
    group: Sequence[Cluster], policy: Policy, covered: Mapping[str, str], apart: Collection[str]
) -> dict[str, str]:
    free = {one.id: free_words(one.template, is_exception=one.stream.kind is Kind.EXCEPTION) for one in group}
    words: defaultdict[int, set[str]] = defaultdict(set)
    for one in group:
        for place, word in free[one.id].items():
            words[place].add(word)
    reported: defaultdict[int, list[Cluster]] = defaultdict(list)
    found: dict[str, str] = {}
    for one in sorted(group, key=_rank):
        places = [place for place in free[one.id] if len(words[place]) >= _LEAST_WORDS]
        if _may_wait(one, policy, apart):
            owners = [other for place in places for other in reported[place]]
            fitting = [other for other in owners if not _proves_different(one, other, policy)]
            if fitting:
                found[one.id] = min(fitting, key=_rank).id
                continue  # nothing waits below it
        if one.id not in covered and _is_reported(one):
            for place in places:
                reported[place].append(one)
    return found


def _rank(cluster: Cluster) -> tuple[bool, datetime, str]:
    """Whatever has an issue, or may have one already, comes first."""
    return (not _may_have_issue(cluster), cluster.first_seen, cluster.id)


def _may_have_issue(cluster: Cluster) -> bool:
    notes = cluster.triage.notes
    return cluster.triage.issue is not None or notes.intent is not None or bool(notes.earlier)


def _may_wait(cluster: Cluster, policy: Policy, apart: Collection[str]) -> bool:
    """Return whether it would open an issue, has few entries, and nobody has decided about it."""
    triage = cluster.triage
    is_new = not _may_have_issue(cluster) and triage.changed_at is None and cluster.id not in apart
    if not is_new or not triage.announced or triage.status is not Status.OPEN:
        return False
    priority = priority_of(cluster, policy)
    bound = _TIMES * min((one.count for one in policy.thresholds.get(priority, ())), default=0)
    return priority is not Priority.P0 and cluster.occurrences < bound


def _is_reported(cluster: Cluster) -> bool:
    """Return whether it has an issue, or is about to get one."""
    triage = cluster.triage
    is_due = bool(triage.announced) and triage.status in (Status.OPEN, Status.ACKNOWLEDGED)
    return triage.issue is not None or (is_due and not triage.notes.abandoned)


def _proves_different(cluster: Cluster, owner: Cluster, policy: Policy) -> bool:
    """Return whether it is worse than the cluster with the issue, or goes on after that one was settled or muted."""
    if priority_of(cluster, policy) < priority_of(owner, policy) or cluster.severity > owner.severity:
        return True
    ended = _ended(owner)
    return ended is not None and cluster.last_seen > ended and not cluster.triage.quiet


def _ended(owner: Cluster) -> datetime | None:
    """Return when a cluster was settled, muted or last seen before it went quiet; None while it goes on."""
    triage = owner.triage
    if triage.status is Status.RESOLVED:
        return triage.resolved_at or owner.last_seen
    if triage.status is Status.MUTED:
        return triage.changed_at or owner.last_seen
    return owner.last_seen if triage.quiet else None
