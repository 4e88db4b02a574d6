"""The folded part of an issue: when it happened, and how its entries differ. Pure; log text goes through `Wording`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from processor.issues.publish import HIDDEN
from processor.model.facets import ERROR_GROUP, INSTANCE, OTHER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from processor.issues.publish import Wording
    from processor.model import Cluster
    from processor.model.notes import Notes

_MAX_ROWS: Final = 8
_MAX_FACETS: Final = 12
_MAX_VALUE: Final = 60
_USERS: Final = ("user_id", "label user_id", "label user", "label userId", "label user-id", "label enduser.id")


def where(cluster: Cluster, notes: Notes, wording: Wording) -> str:
    """Return what all entries share, one line each: the project, deploys, and every facet with one value."""
    rows = [
        ("project", wording.named(cluster.stream.project)),
        ("service", wording.named(cluster.stream.service)),
        ("cluster", cluster.id),
        ("merged clusters", ", ".join(cluster.aliases)),
    ]
    if len(cluster.revisions) > 1:
        rows += [
            ("first revision", wording.named(cluster.first_revision)),
            ("last revision", wording.named(cluster.last_revision)),
        ]
    rows += [("new in", wording.named(notes.new_in)), ("gone since", wording.named(notes.gone_since))]
    for facet, values in _tables(cluster).items():
        if len(values) == 1 and not _is_told(facet):
            value, name = wording.value(facet, next(iter(values))), _facet_name(facet, wording)
            # Loggers and modules often have one name; a value without its key tells nothing.
            if HIDDEN not in (value, name.removeprefix("label ")) and value not in (known for _, known in rows):
                rows.append((name, value))
    return table([(key, short(value)) for key, value in rows if value])


def differing(cluster: Cluster, wording: Wording) -> str:
    """Return every facet with several values: the most frequent ones, the rest in one row."""
    sections = []
    for facet, values in sorted(_tables(cluster).items()):
        if len(values) < 2 or _is_told(facet):  # noqa: PLR2004  # one value is no difference
            continue
        rows = wording.facet(facet, values)
        shown = [(f"  {short(value)}", f"{n:>9,}") for value, n in rows[:_MAX_ROWS]]
        if len(rows) > _MAX_ROWS:
            shown.append(("  (the rest)", f"{sum(n for _, n in rows[_MAX_ROWS:]):>9,}"))
        sections.append(f"{_facet_name(facet, wording)}\n{table(shown)}")
    return "\n\n".join(sections)


def instances(cluster: Cluster) -> str:
    """Return the number of instances, "" if entries name none. Their names carry no information."""
    return _counted(cluster.facets.get(INSTANCE, {}), INSTANCE)


def users(cluster: Cluster) -> str:
    """Return the number of users, "" if entries name none."""
    found = [cluster.facets[name] for name in _USERS if name in cluster.facets]
    return _counted(max(found, key=len), "user") if found else ""


def timeline(cluster: Cluster) -> str:
    """Return the last fourteen days with entries if there are several, and the last three hours by ten minutes."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    rows = [(f"{epoch + timedelta(days=day):%Y-%m-%d}", n) for day, n in sorted(cluster.days.items())[-14:]]
    tens: dict[int, int] = {}
    for minute, n in cluster.minutes.items():
        tens[minute // 10] = tens.get(minute // 10, 0) + n
    recent = [(f"{epoch + timedelta(minutes=ten * 10):%m-%d %H:%M}", n) for ten, n in sorted(tens.items())]
    # One day is no history, and its figure is the first sentence's.
    parts = (rows if len(rows) > 1 or not recent else [], recent)
    return "\n\n".join(_bars(part) for part in parts if part)


def table(rows: Iterable[tuple[str, str]]) -> str:
    """Return a table of two columns."""
    found = list(rows)
    width = max((len(name) for name, _ in found), default=0)
    return "\n".join(f"{name:<{width}}  {value}".rstrip() for name, value in found)


def short(value: str) -> str:
    """Return one line, cut."""
    value = " ".join(value.split())
    return value if len(value) <= _MAX_VALUE else f"{value[: _MAX_VALUE - 1]}…"


def _tables(cluster: Cluster) -> Mapping[str, Mapping[str, int]]:
    tables: dict[str, Mapping[str, int]] = {}
    if len(cluster.revisions) > 1:
        tables["revision"] = {name: span.entries for name, span in cluster.revisions.items()}
    tables.update(list(cluster.facets.items())[:_MAX_FACETS])
    return tables


def _is_told(facet: str) -> bool:
    """Return whether the facet is counted or linked elsewhere."""
    return facet in (INSTANCE, ERROR_GROUP, *_USERS)


def _facet_name(facet: str, wording: Wording) -> str:
    """Return the name of a facet; a label's key is chosen by the writer of the log, so it is log text."""
    return short(wording.said(facet))


def _counted(values: Mapping[str, int], noun: str) -> str:
    known = len(values) - (OTHER in values)
    if not known:
        return ""
    return f"{'more than ' if OTHER in values else ''}{known:,} {noun}{'s' if known > 1 else ''}"


def _bars(rows: list[tuple[str, int]]) -> str:
    top = max(n for _, n in rows)
    return table([(name, f"{n:>9,}  {'█' * max(1, round(30 * n / top))}") for name, n in rows])
