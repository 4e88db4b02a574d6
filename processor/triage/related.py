"""Links between clusters, each with its stated evidence. Pure.

Promises: no link without evidence, the same link from both sides, the same answer in any order. Evidence is one of:
the same exception (its message, with its values, is in both samples), the same trace, request errors of the instances
that fail, warnings of the instances that fail, minutes in which both rise, a new revision that both came with, a
template that differs in a few words. What every cluster of a service shares (its one revision, its labels) is no
evidence. Must not decide what becomes an incident (`processor.triage.incidents`).
"""

from __future__ import annotations

import heapq
import math
import re
from collections import defaultdict
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from processor.model import Kind, Severity
from processor.triage.features import features

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from processor.model import Cluster
    from processor.triage.features import Features

MAX_LINKS: Final = 32
_WINDOW: Final = 180
_MIN_NAME: Final = 3
_MIN_RISE: Final = 3
_CHANCE: Final = 0.001
_ALIKE: Final = 0.75
_MIN_WORDS: Final = 4
_START_GAP: Final = 5
_ONSET_S: Final = 600
_MOST: Final = 400
_LOOP: Final = timedelta(minutes=2)
"""The newest failure of a loop has not had its consequences yet: so long they are waited for."""


class Sign(StrEnum):
    """Kinds of evidence, the strongest first."""

    EXCEPTION = "same exception"
    TRACE = "same trace"
    REQUESTS = "request errors of the same instances"
    WARNINGS = "warnings of the same instances"
    RISE = "rise together"
    REVISION = "new in the same revision"
    TEMPLATE = "similar template"


class Evidence(Struct, frozen=True):
    """Why two clusters belong together.

    Attributes:
        detail: figures, or the shared text itself, which is log text.
    """

    sign: Sign
    detail: str

    def __str__(self) -> str:
        """For people; log text where the detail is."""
        return f"{self.sign}: {self.detail}"


class Link(Struct, frozen=True):
    """One cluster's relation to another, the strongest evidence first."""

    other: str
    evidence: tuple[Evidence, ...]


def links(clusters: Iterable[Cluster]) -> dict[str, tuple[Link, ...]]:
    """Every cluster's links, at most `MAX_LINKS`; of very many clusters only the latest are compared."""
    found: dict[str, list[Link]] = defaultdict(list)
    for one, other, evidence in pairs(features(latest(clusters))):
        found[one.id].append(Link(other.id, evidence))
        found[other.id].append(Link(one.id, evidence))
    return {
        name: tuple(sorted(some, key=lambda link: (_strength(link.evidence), link.other))[:MAX_LINKS])
        for name, some in found.items()
    }


def pairs(
    known: Iterable[Features], *, within_min: int | None = None
) -> Iterator[tuple[Features, Features, tuple[Evidence, ...]]]:
    """Every pair that has evidence.

    `within_min`: only pairs that rise within so many minutes of each other, and only evidence of that moment.
    """
    listed = sorted(known, key=lambda one: (one.burst.start, one.id))
    for number, one in enumerate(listed):
        for other in listed[number + 1 :]:
            if within_min is not None and other.burst.start - one.burst.start > within_min:
                if other.burst.start > one.burst.end + within_min:
                    break
                # Requests of its instances may fail at any time of a failure that goes on.
                if (one.kind is Kind.HTTP) is (other.kind is Kind.HTTP) or _failed_requests(one, other) is None:
                    continue
            if found := evidence(one, other, moment=within_min is not None):
                yield one, other, found


def latest(clusters: Iterable[Cluster]) -> list[Cluster]:
    """The clusters that are compared: of very many only those seen last."""
    return heapq.nlargest(_MOST, clusters, key=lambda one: (one.last_seen, one.id))


def evidence(one: Features, other: Features, *, moment: bool = False) -> tuple[Evidence, ...]:
    """Return all evidence that two clusters belong together; empty where there is none."""
    if one.project != other.project:
        return ()
    found = [_same_exception(one, other), _same_trace(one, other), _failed_requests(one, other)]
    found.append(_rise_together(one, other))
    if not moment:
        found += [_same_revision(one, other), _similar(one, other)]
    return tuple(each for each in found if each is not None)


# --- the kinds of evidence --------------------------------------------------------------------------------
def _same_exception(one: Features, other: Features) -> Evidence | None:
    """The message with its values: a type alone (ValueError) joins what has nothing in common."""
    said = [text for text in one.messages if text in other.text] + [text for text in other.messages if text in one.text]
    if not said:
        return None
    shared = min(said, key=lambda text: (len(text), text))
    whole = min((name for name in (*one.raised, *other.raised) if name.endswith(shared)), key=len, default=shared)
    return Evidence(Sign.EXCEPTION, whole)


def _same_trace(one: Features, other: Features) -> Evidence | None:
    return Evidence(Sign.TRACE, one.trace) if one.trace and one.trace == other.trace else None


def _failed_requests(one: Features, other: Features) -> Evidence | None:
    """Requests fail on the instances that fail, while they do: in few of its minutes where there is little traffic."""
    if (one.kind is Kind.HTTP) is (other.kind is Kind.HTTP):
        return None
    requests, failure = (one, other) if one.kind is Kind.HTTP else (other, one)
    shared = len(requests.instances & failure.instances)
    if not shared or one.service != other.service or min(one.severity, other.severity) < Severity.ERROR:
        return None
    if min(requests.burst.entries, failure.burst.entries) < _MIN_RISE or 2 * shared < len(requests.instances):
        return None
    theirs = requests.burst.minutes.keys()
    # A request that fails in one minute may have been begun in the minute before.
    known = {minute + late for minute in failure.burst.minutes for late in (0, 1)}
    during = len(theirs & known)
    if 2 * during <= len(theirs) or _chance(len(known), len(theirs), during) > _CHANCE:
        return None
    return Evidence(
        Sign.REQUESTS, f"{during} of {len(theirs)} minutes, on {shared} of {len(requests.instances)} instances"
    )


def _rise_together(one: Features, other: Features) -> Evidence | None:
    """Both rise in the same minutes, on the same instances, and one of them may have caused the other."""
    if not one.instances & other.instances and (one.service == other.service or not _names(one, other)):
        return None
    if not coincide(one, other) or not may_follow(one, other):
        return None
    minutes = len(set(one.burst.minutes) & set(other.burst.minutes))
    shared = len(one.instances & other.instances)
    where = f", on {shared} shared instance{'s' if shared > 1 else ''}" if shared else ""
    sign = Sign.WARNINGS if _warns(one, other) else Sign.RISE
    length = f"{minutes} minute{'' if minutes == 1 else 's'}"
    return Evidence(sign, f"{one.burst.entries:,} and {other.burst.entries:,} entries in {length}{where}")


def _warns(one: Features, other: Features) -> bool:
    """Whether one is what the very instances of the other say of its failure: alone they are no chance either."""
    return (
        one.service == other.service
        and one.instances == other.instances
        and len(one.instances) > 1
        and min(one.severity, other.severity) < Severity.ERROR
        and min(len(one.burst.minutes), len(other.burst.minutes)) >= _MIN_RISE
    )


def _names(one: Features, other: Features) -> bool:
    """Whether one of two services speaks of the other; the same minutes alone tie no services together."""
    return any(
        len(service) >= _MIN_NAME and re.search(rf"(?<![\w-]){re.escape(service)}(?![\w-])", text)
        for service, text in ((one.service, other.text), (other.service, one.text))
    )


def coincide(one: Features, other: Features) -> bool:
    """Whether two rises begin together and coincide more closely than chance explains.

    Of the 180 minutes kept, a and b are active; sharing k or more of them is a hypergeometric tail. Beginnings and
    ends that are known to the second say more: two moments of one minute lie within d seconds with 2d/60.
    """
    ours, theirs = one.burst, other.burst
    if min(ours.entries, theirs.entries) < _MIN_RISE or abs(ours.start - theirs.start) > _START_GAP:
        return False
    a, b = len(ours.minutes), len(theirs.minutes)
    shared = len(ours.minutes.keys() & theirs.minutes.keys())
    # What comes and goes in the midst of a failure of its own instances is part of it, however long that goes on.
    wide = (
        min(a, b)
        if 2 * len(one.instances & other.instances) > min(len(one.instances), len(other.instances))
        else max(a, b)
    )
    if 2 * shared < wide:
        return False
    chance = _chance(a, b, shared)
    for mine, its, in_rise in (
        (one.first_seen, other.first_seen, (ours.start, theirs.start)),
        (one.last_seen, other.last_seen, (ours.end, theirs.end)),
    ):
        if (_minute(mine), _minute(its)) == in_rise:
            chance *= min(1.0, (abs((mine - its).total_seconds()) + 1) / 30)
    return chance <= _CHANCE


@lru_cache(maxsize=65_536)
def _chance(a: int, b: int, shared: int) -> float:
    window = max(_WINDOW, a, b)
    ways = sum(math.comb(a, k) * math.comb(window - a, b - k) for k in range(shared, min(a, b) + 1))
    return ways / math.comb(window, b)


def may_follow(one: Features, other: Features) -> bool:
    """Two failures may share a cause; a warning belongs to a failure only when it never comes before it.

    Without a failure there is no cause to name. A warning that is there before the failure, or is not there any more
    at its last time, or is on instances that did not fail, is what the service says whenever it starts.
    """
    failures = [each for each in (one, other) if each.severity >= Severity.ERROR]
    if len(failures) != 1:
        return bool(failures)
    cause = failures[0]
    effect = other if cause is one else one
    # Seen in the middle of a loop, what an instance says before it fails is newer than the failure before it.
    comparable = one.service == other.service and one.knows_instances and other.knows_instances
    if comparable and not effect.instances <= cause.instances:
        return False
    if effect.first_seen < cause.first_seen:
        return False
    return effect.last_seen >= cause.last_seen - (_LOOP if _warns(one, other) else timedelta(0))


def _minute(at: datetime) -> int:
    return int(at.timestamp()) // 60


def _same_revision(one: Features, other: Features) -> Evidence | None:
    """Both came with a revision that is not the service's first, and within minutes of each other."""
    if not one.revision or (one.project, one.service, one.revision) != (other.project, other.service, other.revision):
        return None
    if abs((one.first_seen - other.first_seen).total_seconds()) > _ONSET_S:
        return None
    return Evidence(Sign.REVISION, one.revision)


def _similar(one: Features, other: Features) -> Evidence | None:
    """Most words are the same and in the same order, and the kind is the same."""
    if one.kind is not other.kind or one.kind is Kind.HTTP or min(len(one.words), len(other.words)) < _MIN_WORDS:
        return None
    # The order costs a hundred times as much to compare as the words alone, which bound it.
    if 2 * len(set(one.words) & set(other.words)) < (_ALIKE - 0.25) * (len(one.words) + len(other.words)):
        return None
    share = 2 * _common(one.words, other.words) / (len(one.words) + len(other.words))
    return Evidence(Sign.TEMPLATE, f"{share:.0%} of the words") if share >= _ALIKE else None


def _common(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """Length of the longest common subsequence; templates have a few dozen words."""
    row = [0] * (len(other) + 1)
    for word in one[:100]:
        before = 0
        for at, each in enumerate(other[:100], start=1):
            before, row[at] = row[at], before + 1 if word == each else max(row[at], row[at - 1])
    return row[-1] if len(other) <= 100 else row[100]  # noqa: PLR2004  # as cut above


def _strength(found: tuple[Evidence, ...]) -> int:
    order = list(Sign)
    return min(order.index(each.sign) for each in found)
