"""The policy: which priority a cluster has, and which of its changes people are notified of.

Pure: `evaluate` looks at committed state and the time given, so running it twice or late is harmless. Windows are
over event time, never over the time of arrival. It must not decide how people are told; that is the controller's part.
"""

from __future__ import annotations

from datetime import timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from processor.model import Change, Priority, Status, TurningPoint

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping
    from datetime import datetime

    from processor.model import Cluster, Kind, Severity

_DAY: Final = 1440
_DEPLOYED_WITHIN: Final = timedelta(days=3)
_CHANCE: Final = 0.01


class Rule(Struct, frozen=True):
    """Gives a priority to the clusters that meet every condition set; the first rule that fits decides.

    Attributes:
        severity: the cluster's severity is this or worse.
        service: shell-style pattern of the service's name.
        statuses: inclusive range of HTTP statuses; the cluster's most frequent one lies in it.
        text: found in the template or the sample.
        count: the cluster has at least so many occurrences.
        impact: one sentence about what it means for users, shown in the issue.
    """

    name: str
    priority: Priority
    severity: Severity | None = None
    service: str = ""
    kind: Kind | None = None
    statuses: tuple[int, int] | None = None
    text: re.Pattern[str] | None = None
    count: int = 0
    impact: str = ""


class Threshold(Struct, frozen=True):
    """A number of occurrences within a number of minutes of event time.

    Windows of a day or more are whole UTC days: minutes are kept for three hours only.
    """

    count: int
    minutes: int

    def __str__(self) -> str:
        """As it is written in gardener.toml."""
        unit = f"{self.minutes // _DAY}d" if self.minutes >= _DAY else f"{self.minutes}m"
        return f"{self.count} in {unit}"


class Policy(Struct, frozen=True):
    """Everything that decides when people are notified of a cluster.

    Attributes:
        thresholds: an issue is opened when one of its priority's thresholds is crossed; none means never.
        dwell: and when so much time has passed since the cluster was first seen.
        escalation_factor: growth, since people were told last, that is worth a comment.
        quiet_after: silence shorter than this is never called quiet.
        quiet_at_last: silence this long always is.
        reopen_within: a settled problem that is back within this time reopens its issue; later gets a new one.
    """

    rules: tuple[Rule, ...]
    thresholds: Mapping[Priority, tuple[Threshold, ...]]
    dwell: Mapping[Priority, timedelta]
    escalation_factor: int = 10
    quiet_after: timedelta = timedelta(days=3)
    quiet_at_last: timedelta = timedelta(days=90)
    reopen_within: timedelta = timedelta(days=30)


def evaluate(
    cluster: Cluster, policy: Policy, now: datetime, *, gone_since: str = "", late: bool = False
) -> tuple[TurningPoint, ...]:
    """Return what happened since people were last notified.

    A cluster of which nobody was told gives NEW when it crosses a threshold and is not quiet already. A deploy can end
    a problem (`gone_since` names the revision), and entries of old revisions can come after that (`late`).
    """
    triage = cluster.triage
    if triage.status is Status.MUTED:
        return _unmuted(cluster, now)
    if triage.status is Status.RESOLVED:
        return () if late else _regressed(cluster)
    quiet = bool(gone_since) or is_quiet(cluster, policy, now)
    if not triage.announced:
        return () if quiet else _new(cluster, policy, now)
    points = []
    if cluster.occurrences >= triage.announced * policy.escalation_factor:
        grown = cluster.occurrences // triage.announced
        points.append(
            TurningPoint(
                Change.ESCALATING,
                cluster.occurrences,
                f"{cluster.occurrences:,} occurrences, {grown:,} times as many as when this was last reported.",
            )
        )
    if quiet and not triage.quiet:
        silence = (now - cluster.last_seen).days
        reason = "Not seen since a newer revision was deployed." if gone_since else f"Not seen for {silence} days."
        points.append(TurningPoint(Change.QUIET, cluster.occurrences, reason))
    return tuple(points)


def rule_for(cluster: Cluster, policy: Policy) -> Rule | None:
    """The first rule that fits; None only where a policy has no rule for everything else."""
    return next((rule for rule in policy.rules if fits(rule, cluster)), None)


def priority_of(cluster: Cluster, policy: Policy) -> Priority:
    """The priority: a person's word, else the first rule that fits, else P3."""
    if cluster.triage.priority is not None and cluster.triage.priority_by != "policy":
        return cluster.triage.priority
    rule = rule_for(cluster, policy)
    return rule.priority if rule else Priority.P3


def fits(rule: Rule, cluster: Cluster) -> bool:
    """Whether every condition of the rule is met."""
    return (
        (rule.severity is None or cluster.severity >= rule.severity)
        and (not rule.service or fnmatchcase(cluster.stream.service, rule.service))
        and (rule.kind is None or cluster.stream.kind is rule.kind)
        and cluster.occurrences >= rule.count
        and (rule.statuses is None or rule.statuses[0] <= main_status(cluster) <= rule.statuses[1])
        and (rule.text is None or bool(rule.text.search(cluster.template) or rule.text.search(cluster.sample.text)))
    )


def main_status(cluster: Cluster) -> int:
    """The most frequent HTTP status, 0 where there is none."""
    found = {value: n for value, n in cluster.facets.get("status", {}).items() if value.isdigit()}
    return int(max(found, key=lambda value: (found[value], value))) if found else 0


def crossed(cluster: Cluster, thresholds: tuple[Threshold, ...]) -> Threshold | None:
    """The first threshold that some window of the cluster's stored history reaches."""
    for threshold in thresholds:
        counts, width = (
            (cluster.days, threshold.minutes // _DAY)
            if threshold.minutes >= _DAY
            else (cluster.minutes, threshold.minutes)
        )
        if _most_within(counts, width) >= threshold.count:
            return threshold
    return None


def is_quiet(cluster: Cluster, policy: Policy, now: datetime) -> bool:
    """Silence that is unlikely to be chance.

    n occurrences spread at random over span + silence all fall into the span with probability
    (span / (span + silence)) ** (n - 1), the first one marking its beginning.
    """
    silence = now - cluster.last_seen
    if silence >= policy.quiet_at_last:
        return True
    if silence < policy.quiet_after:
        return False
    span = (cluster.last_seen - cluster.first_seen).total_seconds()
    chance = (span / (span + silence.total_seconds())) ** (cluster.occurrences - 1)
    return chance < _CHANCE


def _new(cluster: Cluster, policy: Policy, now: datetime) -> tuple[TurningPoint, ...]:
    priority = priority_of(cluster, policy)
    threshold = crossed(cluster, policy.thresholds.get(priority, ()))
    if threshold is None or now - cluster.first_seen < policy.dwell.get(priority, timedelta(0)):
        return ()
    reason = f"{priority}: {threshold} reached."
    return (TurningPoint(Change.NEW, cluster.occurrences, reason),)


def _unmuted(cluster: Cluster, now: datetime) -> tuple[TurningPoint, ...]:
    triage = cluster.triage
    bound = triage.mute_until_count
    if bound is not None and cluster.occurrences >= bound:
        return (
            TurningPoint(
                Change.UNMUTED, cluster.occurrences, f"Muted until {bound:,} occurrences; now {cluster.occurrences:,}."
            ),
        )
    if triage.mute_until is not None and now >= triage.mute_until:
        return (
            TurningPoint(Change.UNMUTED, cluster.occurrences, f"Muted until {triage.mute_until:%Y-%m-%d %H:%M} UTC."),
        )
    return ()


def _regressed(cluster: Cluster) -> tuple[TurningPoint, ...]:
    """Seen after it was settled; where that was for a revision, only newer revisions count."""
    triage = cluster.triage
    if triage.resolved_at is None or cluster.last_seen <= triage.resolved_at:
        return ()
    settled_in = cluster.revisions.get(triage.resolved_revision)
    # Closing an issue says only that the fix is on its way; one that never came is no reason to be silent for ever.
    overdue = triage.by == "issue" and cluster.last_seen - triage.resolved_at > _DEPLOYED_WITHIN
    if (
        not overdue
        and settled_in is not None
        and not any(
            span.first_seen > settled_in.first_seen and span.last_seen > triage.resolved_at
            for span in cluster.revisions.values()
        )
    ):
        return ()
    settled, back = (f"{at:%Y-%m-%d %H:%M} UTC" for at in (triage.resolved_at, cluster.last_seen))
    return (TurningPoint(Change.REGRESSED, cluster.occurrences, f"Settled at {settled}, seen again at {back}."),)


def _most_within(counts: Mapping[int, int], width: int) -> int:
    """The largest sum over `width` neighbouring minutes or days."""
    best = total = start = 0
    times = sorted(counts)
    for at in times:
        total += counts[at]
        while at - times[start] >= width:
            total -= counts[times[start]]
            start += 1
        best = max(best, total)
    return best
