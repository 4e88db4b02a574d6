"""Extract the features by which clusters are compared: exceptions, instances, time of the burst. Pure.

Promises: read from the stored cluster alone; a sample never changes, so what is read from it is kept. Must not compare
(`processor.triage.related`).
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from processor.model.facets import INSTANCE, OTHER
from processor.parsing import stacktrace as traceback

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from processor.model import Cluster, Kind, Severity

_MIN_MESSAGE: Final = 12
_RISE_GAP: Final = 15
_RAISED: Final = re.compile(r"\b((?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Timeout|Refused)): ([^\n]{1,400})")
_WORD: Final = re.compile(r"[A-Za-z_]\w+")


class Burst(Struct, frozen=True):
    """The latest run of minutes with entries, no gap longer than a quarter of an hour.

    Attributes:
        minutes: entries by whole minute since the epoch.
    """

    start: int
    end: int
    minutes: Mapping[int, int]

    @property
    def entries(self) -> int:
        """How many entries it has."""
        return sum(self.minutes.values())


class Features(Struct, frozen=True):
    """What of a cluster is compared.

    Attributes:
        raised: "Type: message" of the exceptions in the sample, the root cause first.
        messages: their messages alone, values included.
        came_in: the revision that was seen first.
        revision: the same where the service had another one before, else "".
        knows_instances: `instances` are all of them.
    """

    id: str
    project: str
    service: str
    kind: Kind
    severity: Severity
    first_seen: datetime
    last_seen: datetime
    text: str
    raised: tuple[str, ...]
    messages: frozenset[str]
    trace: str
    first_revision: str
    revision: str
    instances: frozenset[str]
    knows_instances: bool
    burst: Burst
    words: tuple[str, ...]


def features(clusters: Iterable[Cluster]) -> list[Features]:
    """Return the features of these clusters; pass all clusters of a service, so that new revisions are recognised."""
    listed = [cluster for cluster in clusters if not cluster.overflow]
    first: dict[tuple[str, str], dict[str, datetime]] = defaultdict(dict)
    for cluster in listed:
        known = first[cluster.stream.project, cluster.stream.service]
        for name, span in cluster.revisions.items():
            known[name] = min(known.get(name, span.first_seen), span.first_seen)
    return [_traits(cluster, first[cluster.stream.project, cluster.stream.service]) for cluster in listed]


def _traits(cluster: Cluster, revisions: Mapping[str, datetime]) -> Features:
    raised, messages, trace = _said(cluster.sample.text, cluster.sample.raw)
    oldest = min(revisions, key=lambda name: (revisions[name], name), default="")
    return Features(
        id=cluster.id,
        project=cluster.stream.project,
        service=cluster.stream.service,
        kind=cluster.stream.kind,
        severity=cluster.severity,
        first_seen=cluster.first_seen,
        last_seen=cluster.last_seen,
        text=cluster.sample.text,
        raised=raised,
        messages=messages,
        trace=trace,
        first_revision=cluster.first_revision,
        revision="" if cluster.first_revision == oldest else cluster.first_revision,
        instances=frozenset(cluster.facets.get(INSTANCE, {})) - {OTHER},
        knows_instances=OTHER not in cluster.facets.get(INSTANCE, {OTHER: 0}),
        burst=burst_of(cluster.minutes),
        words=tuple(_WORD.findall(cluster.template.replace("<*>", " ").split("\n", 1)[0])),
    )


@lru_cache(maxsize=4096)
def _said(text: str, raw: str) -> tuple[tuple[str, ...], frozenset[str], str]:
    """(exceptions named, their messages, the trace) of a sample; a sample never changes, so this is kept."""
    found = traceback.parse(text)
    chain = [(one.type, one.message) for one in found.chain if one.message] if found else []
    inline = [(name, said.strip()) for name, said in _RAISED.findall(text)]
    named = list(dict.fromkeys((name, " ".join(said.split())) for name, said in (*chain, *inline)))
    telling = frozenset(said for _, said in named if len(said) >= _MIN_MESSAGE and " " in said)
    return tuple(f"{name}: {said}" if name else said for name, said in named), telling, _trace(raw)


def _trace(raw: str) -> str:
    try:
        entry = json.loads(raw)
    except (ValueError, RecursionError):
        return ""
    return str(entry.get("trace") or "") if isinstance(entry, dict) else ""


def burst_of(minutes: Mapping[int, int]) -> Burst:
    """The latest rise in these minutes; an empty one where there are none."""
    times = sorted(minutes)
    if not times:
        return Burst(0, 0, {})
    start = len(times) - 1
    while start and times[start] - times[start - 1] <= _RISE_GAP:
        start -= 1
    return Burst(times[start], times[-1], {at: minutes[at] for at in times[start:]})
