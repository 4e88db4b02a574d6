"""The search box: words, "whole phrases", key:value, and -anything to exclude. Pure.

A term is looked for, in any case, in everything that is known of a cluster: id, service, template, samples, exceptions,
values, routes, statuses, revisions, labels, who is on it, its issue. `key:value` looks in one place only; a key that is
no place and no label is taken as it stands, so that `ValueError: x` and `http://host` are found too.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from processor.model.facets import label
from processor.views.rates import is_back

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from processor.model import Cluster, Sample

_TERM: Final = re.compile(r'(-?)(?:([A-Za-z][\w.-]{0,60}):(?=\S))?(?:"([^"]*)"?|(\S+))')
_SEARCHED: Final = ("jsonPayload", "protoPayload", "httpRequest", "labels", "sourceLocation", "operation", "trace")
"""The entry's own; what every entry of a service has in common (its log, its resource) finds everything."""
_MAX_LEAVES: Final = 200
_MAX_LEAF: Final = 1_000
_PROSE: Final = frozenset({"text", "template", "exception"})
"""Places that hold sentences: a quoted phrase may stand within them, elsewhere it is the whole value."""
_NOTHING: Final = frozenset({"*", "…", "<*>"})
"""How the page shows a place that varies: nothing to look for."""


class Term(NamedTuple):
    """One condition, lower case; `key` is "" if the text may be anywhere."""

    key: str
    text: str
    wanted: bool
    whole: str
    exact: bool

    def fits(self, cluster: Cluster, everything: str) -> bool:
        """Return whether the cluster matches; `everything` is the result of `searched`."""
        return (self._is_in_place(cluster, everything) if self.key else self.text in everything) is self.wanted

    def _is_in_place(self, cluster: Cluster, everything: str) -> bool:
        place = _PLACES.get(self.key)
        if place is not None:
            known = (value.lower() for value in place(cluster))
            return any(self.text == value if self.exact else self.text in value for value in known)
        for name in (self.key, label(self.key)):
            for facet, values in cluster.facets.items():
                if facet.lower() == name and any(self.text in value.lower() for value in values):
                    return True
        return self.whole in everything


def terms(query: str, me: str = "") -> tuple[Term, ...]:
    """Parse a search; every text is valid. `me` is the viewer, for `assignee:me`."""
    found = []
    for minus, place, quoted, word in _TERM.findall(query):
        key = place.lower()
        text = " ".join((quoted or word).lower().split())
        is_me = bool(me) and (key, text) == ("assignee", "me")
        text = me.lower() if is_me else text
        if text and text not in _NOTHING:
            whole = f"{key}:{text}" if key else text
            found.append(Term(key, text, not minus, whole, exact=is_me or (bool(quoted) and key not in _PROSE)))
    return tuple(found)


def searched(cluster: Cluster) -> str:
    """Return all searchable text of a cluster, in lower case, white space as single blanks."""
    parts = [cluster.id, *cluster.aliases, cluster.stream.key, cluster.template]
    for sample in _samples(cluster):
        parts += (sample.insert_id, sample.text, *_leaves(sample.raw))
    parts += (*_values(cluster), *_exceptions(cluster))
    parts += cluster.revisions
    return " ".join(" ".join(parts).lower().split())


def _samples(cluster: Cluster) -> Iterable[Sample]:
    """Yield the first and the last sample; those in between are not in memory."""
    return (cluster.sample,) if cluster.latest is cluster.sample else (cluster.sample, cluster.latest)


def _leaves(raw: str) -> list[str]:
    """Yield the values in an entry's JSON, without the names of its fields."""
    try:
        entry = json.loads(raw)
    except (ValueError, RecursionError):
        return [raw]  # cut, or no JSON
    waiting = [entry.get(name) for name in _SEARCHED] if isinstance(entry, dict) else [entry]
    found: list[str] = []
    while waiting and len(found) < _MAX_LEAVES:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        elif value is not None:
            found.append(str(value)[:_MAX_LEAF])
    return found


def _values(cluster: Cluster) -> Iterable[str]:
    return (value for places in (cluster.facets, cluster.values) for values in places.values() for value in values)


def _exceptions(cluster: Cluster) -> Iterable[str]:
    """Yield the exception and its cause, each with message, function and file."""
    for sample in _samples(cluster):
        if found := sample.exception:
            yield f"{found.type}: {found.message} {found.function} {found.file}:{found.line}"
            yield f"{found.root_type}: {found.root_message}"


def _facets(*names: str) -> Callable[[Cluster], Iterable[str]]:
    return lambda cluster: (value for name in names for value in cluster.facets.get(name, ()))


def _state(cluster: Cluster) -> Iterable[str]:
    """Yield the HTTP statuses, as numbers, and the decision, as a word."""
    yield from cluster.facets.get("status", ())
    yield "back" if is_back(cluster) else cluster.triage.status


def _issue(cluster: Cluster) -> Iterable[str]:
    issue = cluster.triage.issue
    return (f"#{issue.number}", issue.url) if issue else ("none",)


_PLACES: Final[Mapping[str, Callable[[Cluster], Iterable[str]]]] = {
    "id": lambda cluster: (cluster.id, *cluster.aliases),
    "project": lambda cluster: (cluster.stream.project,),
    "service": lambda cluster: (cluster.stream.service,),
    "kind": lambda cluster: (cluster.stream.kind,),
    "severity": lambda cluster: (level.name for level in cluster.severities),
    "priority": lambda cluster: (cluster.triage.priority or "none",),
    "status": _state,
    "is": _state,
    "route": _facets("route"),
    "exception": _exceptions,
    "function": _facets("function"),
    "value": lambda cluster: (value for values in cluster.values.values() for value in values),
    "module": _facets("module", "logger"),
    "instance": _facets("instance"),
    "revision": lambda cluster: cluster.revisions,
    "template": lambda cluster: (cluster.template,),
    "text": lambda cluster: (sample.text for sample in _samples(cluster)),
    "by": lambda cluster: (cluster.triage.by,),
    "assignee": lambda cluster: (cluster.triage.assigned_to or "nobody",),
    "issue": _issue,
}
KEYS: Final = tuple(_PLACES)
