"""The worklog's sections, one for each problem: an incident with all its clusters, or a cluster alone. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from processor.model.facets import OTHER
from processor.views.code_line import code_of, entry_of
from processor.views.facets import breakdown
from processor.views.titles import raised, ranked, title

if TYPE_CHECKING:
    from collections.abc import Iterator

    from processor.model import Priority
    from processor.triage.incidents import Incident
    from processor.views.worklog.facts import Item, Worklog

_MAX_NAMED = 3


class Problem(NamedTuple):
    """One section. `items`: first the cluster that names the cause; `number`: its position in the document, from 1."""

    number: int
    items: tuple[Item, ...]
    incident: Incident | None

    @property
    def lead(self) -> Item:
        """The cluster that names the cause."""
        return self.items[0]

    @property
    def told(self) -> Item:
        """The cluster whose issue reports it, otherwise the one that names the cause."""
        return next((item for item in self.items if item.cluster.triage.issue is not None), self.items[0])

    @property
    def priority(self) -> Priority:
        """Priority of the most urgent cluster."""
        return min(item.priority for item in self.items)

    @property
    def entries(self) -> int:
        """Entries in the period."""
        return sum(item.entries for item in self.items)

    @property
    def title(self) -> str:
        """The cause with its values; log text."""
        if self.incident is not None:
            return self.incident.cause
        return raised(self.lead.cluster) or title(self.lead.cluster)


def problems(log: Worklog) -> tuple[Problem, ...]:
    """Return the problems, each cluster in one of them, the most urgent and most frequent first."""
    by_id = {item.cluster.id: item for item in log.items}
    grouped: list[tuple[tuple[Item, ...], Incident | None]] = []
    for incident in log.incidents:
        members = tuple(by_id.pop(member.id) for member in incident.members if member.id in by_id)
        if members:
            grouped.append((members, incident))
    grouped += [((item,), None) for item in by_id.values()]
    made = [Problem(0, items, incident) for items, incident in grouped]
    made.sort(key=lambda one: (one.priority, -one.entries, one.lead.cluster.first_seen, one.lead.cluster.id))
    return tuple(one._replace(number=number) for number, one in enumerate(made, start=1))


def numbers(log: Worklog) -> dict[str, int]:
    """Return cluster id -> number of its section."""
    return {item.cluster.id: problem.number for problem in problems(log) for item in problem.items}


def reach(problem: Problem, log: Worklog) -> tuple[str, ...]:
    """Return its known extent: operation, endpoints, users, instances, requests. Log text."""
    return tuple(part for part in _reach(problem, log) if part)


def _reach(problem: Problem, log: Worklog) -> Iterator[str]:
    clusters = [item.cluster for item in problem.items]
    latest = max((cluster.latest for cluster in clusters), key=lambda sample: sample.age)
    found = breakdown(clusters)
    facets = {facet.name: facet for facet in (*found.varying, *found.counted)}
    constant = dict(found.constant)
    operation = code_of(entry_of(latest.raw)) or constant.get("function", "")
    yield f"operation {operation}" if operation else ""
    routes = facets["route"].values if "route" in facets else [(constant["route"], 0)] if "route" in constant else []
    named = [f"{name} ({n:,})" if n else name for name, n in routes if name != OTHER]
    yield f"endpoints {', '.join(named[:_MAX_NAMED])}{_more(named)}" if named else ""
    if found.users is not None:
        yield f"{found.users.known} or more users" if not found.users.is_complete else _count(found.users.known, "user")
    services = {cluster.stream.service for cluster in clusters}
    yield _count(len(services), "service") if len(services) > 1 else ""
    yield _requests(problem, log)


def _requests(problem: Problem, log: Worklog) -> str:
    """Return its share of the service's logged requests; "" if there are none."""
    services = {item.cluster.stream.service for item in problem.items}
    ours = sum(_logged(item) for item in problem.items)
    theirs = sum(_logged(item) for item in log.items if item.cluster.stream.service in services)
    return f"{100 * ours / theirs:.0f}% of the {theirs:,} failed requests logged" if 0 < ours < theirs else ""


def _logged(item: Item) -> int:
    return sum(n for _, n in ranked(item.cluster.facets.get("status", {})))


def _more(named: list[str]) -> str:
    return f" and {len(named) - _MAX_NAMED} more" if len(named) > _MAX_NAMED else ""


def _count(n: int, word: str) -> str:
    return f"{n:,} {word if n == 1 else word + 's'}"
