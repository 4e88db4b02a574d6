"""Selection and order of a list of clusters; the boundary between a query string and the rows.

Pure. `ListQuery` refuses unknown values with a sentence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, Literal, NamedTuple, TypeVar
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from processor.model import Kind, Priority, Severity, Status
from processor.model.errors import ConfigError
from processor.views.rates import is_back
from processor.views.search import terms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from processor.views.incidents import IncidentRow
    from processor.views.row import Row
    from processor.views.snapshot import Snapshot

PAGE: Final = 50
SortName = Literal["priority", "rate", "change", "count", "new", "last"]
SORTS: Final[Mapping[str, str]] = {
    "priority": "Priority",
    "rate": "Rate",
    "change": "Growth",
    "count": "Count",
    "new": "Newest",
    "last": "Last seen",
}


class ListQuery(BaseModel):
    """The parameters of a list; the defaults are what on-call needs first."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    q: str = Field("", max_length=200)
    status: Literal["active", "all", "open", "acknowledged", "muted", "resolved"] = "active"
    priority: Literal["", "P0", "P1", "P2", "P3", "none"] = ""
    service: str = Field("", max_length=200)
    severity: Literal["", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY"] = ""
    kind: Literal["", "text", "exception", "http"] = ""
    members: Literal["folded", "apart"] = "folded"
    sort: SortName = "priority"
    page: int = Field(1, ge=1, le=1_000_000)

    def url(self, **changes: object) -> str:
        """Return the URL of this list with changes; defaults are left out."""
        values = {**self.model_dump(), **changes}
        kept = {name: value for name, value in values.items() if value != type(self).model_fields[name].default}
        return "?" + urlencode(kept) if kept else "?"


class Folded(NamedTuple):
    """An incident in a list, with those of its members that match the query."""

    incident: IncidentRow
    fitting: Sequence[Row]


Listed = TypeVar("Listed")


class Page(NamedTuple, Generic[Listed]):
    """One page of a list: its rows, the total number of rows, the number of pages."""

    rows: Sequence[Listed]
    total: int
    pages: int
    number: int


def parse(values: Mapping[str, str]) -> ListQuery:
    """Read a query string. Raises `ConfigError` naming the parameter."""
    try:
        return ListQuery.model_validate(dict(values))
    except ValidationError as error:
        first: Any = error.errors(include_url=False, include_input=False)[0]
        raise ConfigError(f"{first['loc'][0]}: {first['msg'][:1].lower()}{first['msg'][1:]}") from None


def select(rows: Mapping[str, Row], query: ListQuery, me: str = "") -> list[Row]:
    """Return the matching rows in the requested order; ties are broken by id, so that paging is stable.

    `me` is the viewer, for `assignee:me`.
    """
    asked = terms(query.q, me)
    least = Severity[query.severity] if query.severity else Severity.DEFAULT
    kind = Kind(query.kind) if query.kind else None
    found = [
        row
        for row in rows.values()
        if _has_status(row, query.status)
        and (not query.priority or (row.cluster.triage.priority or "none") == query.priority)
        and (not query.service or row.cluster.stream.service == query.service)
        and row.cluster.severity >= least
        and (kind is None or row.cluster.stream.kind is kind)
        and all(term.fits(row.cluster, row.searched) for term in asked)
    ]
    return sorted(found, key=_KEYS[query.sort])


def folded(rows: Sequence[Row], snapshot: Snapshot, query: ListQuery) -> list[Row | Folded]:
    """Return the rows with an incident's members as one row, at the place of the first."""
    if query.members == "apart":
        return list(rows)
    found: list[Row | Folded] = []
    fitting: dict[str, list[Row]] = {}
    for row in rows:
        incident = snapshot.incident_ids.get(row.cluster.id)
        if incident is None:
            found.append(row)
        elif incident.id in fitting:
            fitting[incident.id].append(row)
        else:
            fitting[incident.id] = [row]
            found.append(Folded(incident, fitting[incident.id]))
    return sorted(found, key=_incidents_first) if query.sort == "priority" else found


def _incidents_first(item: Row | Folded) -> tuple[bool, str, bool]:
    if isinstance(item, Folded):
        return incidents_first(item.incident.priority, is_now=item.incident.is_now, is_incident=True)
    return incidents_first(item.cluster.triage.priority)


def incidents_first(
    priority: Priority | None, *, is_now: bool = False, is_incident: bool = False
) -> tuple[bool, str, bool]:
    """Return the sort key of a list: P0 and ongoing incidents, then by priority; sort stably to keep the order."""
    return (not (is_now or priority is Priority.P0), priority or "P9", not is_incident)


def cut(rows: Sequence[Listed], number: int) -> Page[Listed]:
    """Return one page; beyond the end, the last one."""
    pages = max(1, -(-len(rows) // PAGE))
    number = min(number, pages)
    return Page(rows[(number - 1) * PAGE : number * PAGE], len(rows), pages, number)


def _has_status(row: Row, wanted: str) -> bool:
    status = row.cluster.triage.status
    if wanted == "active":
        return status in (Status.OPEN, Status.ACKNOWLEDGED) or is_back(row.cluster)
    return wanted in ("all", status)


def _urgency(row: Row) -> tuple[Any, ...]:
    cluster = row.cluster
    return (
        cluster.triage.priority or "P9",
        -cluster.severity,
        -row.figures.hour,
        -cluster.occurrences,
        cluster.id,
    )


_KEYS: Final[Mapping[str, Callable[[Row], tuple[Any, ...]]]] = {
    "priority": _urgency,
    "rate": lambda row: (-row.figures.hour, *_urgency(row)),
    "change": lambda row: (-row.figures.growing, -row.figures.steepness, *_urgency(row)),
    "count": lambda row: (-row.cluster.occurrences, row.cluster.id),
    "new": lambda row: (-row.cluster.first_seen.timestamp(), row.cluster.id),
    "last": lambda row: (-row.cluster.last_seen.timestamp(), row.cluster.id),
}
