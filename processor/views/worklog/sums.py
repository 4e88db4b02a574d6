"""Sums over the items of a worklog: severities, facets, revisions, instances, labels. Pure."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Final

from processor.model import facets

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from processor.model import Severity
    from processor.views.worklog.facts import Item

_MIN_PREFIX: Final = 4


def severities(items: Iterable[Item]) -> dict[Severity, int]:
    """Return entries by severity over the clusters' whole life, the worst first."""
    found: dict[Severity, int] = {}
    for item in items:
        for level, n in item.cluster.severities.items():
            found[level] = found.get(level, 0) + n
    return dict(sorted(found.items(), reverse=True))


def facet(items: Iterable[Item], name: str) -> dict[str, int]:
    """Return entries by value of one facet, the most frequent first."""
    found: dict[str, int] = {}
    for item in items:
        for value, n in item.cluster.facets.get(name, {}).items():
            found[value] = found.get(value, 0) + n
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def revisions(items: Iterable[Item]) -> dict[str, tuple[int, datetime, datetime]]:
    """Return revision -> (entries, first seen, last seen), in order of first appearance."""
    found: dict[str, tuple[int, datetime, datetime]] = {}
    for item in items:
        for name, span in item.cluster.revisions.items():
            n, first, last = found.get(name, (0, span.first_seen, span.last_seen))
            found[name] = (n + span.entries, min(first, span.first_seen), max(last, span.last_seen))
    return dict(sorted(found.items(), key=lambda pair: (pair[1][1], pair[0])))


def instances(items: Sequence[Item]) -> tuple[int, str, bool]:
    """Return (number of instances known by name, their common prefix or "", whether there are more)."""
    names = list(facet(items, facets.INSTANCE))
    known = [name for name in names if name != facets.OTHER]
    prefix = _beginning(known) if len(known) > 1 else ""
    return len(known), prefix if len(prefix) >= _MIN_PREFIX else "", len(known) < len(names)


def _beginning(names: Iterable[str]) -> str:
    """Return the common prefix of all names, which is that of the least and the greatest."""
    ordered = sorted(name.rstrip("…") for name in names)
    same = takewhile(lambda both: both[0] == both[1], zip(ordered[0], ordered[-1], strict=False))
    return "".join(char for char, _ in same)


def labels(items: Sequence[Item]) -> dict[str, dict[str, int]]:
    """Return labels and locations of the entries: name -> value -> entries."""
    names = sorted({name for item in items for name in item.cluster.facets})
    wanted = [
        name for name in names if facets.is_label(name) or name in (facets.LOCATION, facets.NAMESPACE, facets.CLUSTER)
    ]
    return {facets.bare(name): facet(items, name) for name in wanted}
