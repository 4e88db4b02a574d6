"""The title of a cluster for readers: with its values if known, with routes for HTTP. Pure.

The result is log text; the caller escapes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from processor.issues.headline import as_printed, bare
from processor.model import Kind
from processor.model.facets import OTHER
from processor.views.template_text import Segment, segments

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from processor.model import Cluster

_AT: Final = " at "


def title_segments(cluster: Cluster) -> tuple[Segment, ...]:
    """Return the title in pieces, so that varying parts can be marked."""
    if cluster.stream.kind is Kind.HTTP:
        return (Segment(_http(cluster)),)
    text = raised(cluster)
    template = as_printed(_without_frames(cluster), text or cluster.latest.text, cluster.stream.kind)
    made = segments(cluster, template, text)
    if cluster.stream.kind is not Kind.TEXT or not template.endswith(told := bare(template)):
        return made
    return tuple(_after(made, len(template) - len(told)))


def _after(found: Iterable[Segment], skipped: int) -> Iterator[Segment]:
    """Yield the segments behind so many characters of the template: its logger's time, process and level."""
    for one in found:
        if skipped < len(one.text):
            yield one._replace(text=one.text[skipped:])
        skipped = max(0, skipped - len(one.text))


def raised(cluster: Cluster) -> str:
    """Return the exception of the latest sample, "Type: message", "" for none."""
    found = cluster.latest.exception
    if found is None:
        return ""
    return f"{found.type}: {found.message}" if found.type and found.message else found.type or found.message


def title(cluster: Cluster) -> str:
    """Return the title on one line: up to three known values are shown in their place; more are "…"."""
    return " ".join("".join(map(_shown, title_segments(cluster))).split())


def ranked(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return a breakdown, the most frequent first, values beyond the bound last."""
    return sorted(counts.items(), key=lambda pair: (pair[0] == OTHER, -pair[1], pair[0]))


def _shown(segment: Segment) -> str:
    if not segment.wildcard:
        return segment.text
    return " | ".join(segment.values) if segment.values and not segment.more else "…"


def _without_frames(cluster: Cluster) -> str:
    """Return an exception's template without its calls, which are in the trace."""
    if cluster.stream.kind is not Kind.EXCEPTION:
        return cluster.template
    return " => ".join(link.split(_AT, 1)[0] for link in cluster.template.split(" => "))


def _http(cluster: Cluster) -> str:
    """Return what failed where: "HTTP 4xx on 7 routes, most GET /api/chat/stream 405"."""
    routes = ranked(cluster.facets.get("route", {}))
    named = [name.replace("<*>", "…") for name, _ in routes if name != OTHER]
    if not named:
        return cluster.template.replace("<*>", "…")
    if len(routes) == 1:
        return f"HTTP {named[0]}"
    many = f"more than {len(named)}" if len(named) < len(routes) else str(len(named))
    head = " ".join(cluster.template.split()[:2])
    return f"{head} on {many} routes, most {named[0]}"
