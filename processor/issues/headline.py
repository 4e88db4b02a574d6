"""What an issue is called: what broke, in one line. Pure; the result is plain text that went through `Wording`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from processor.issues.publish import OTHER
from processor.model import Kind
from processor.text import markdown

if TYPE_CHECKING:
    from processor.issues.publish import Wording
    from processor.model import Cluster

MAX_TITLE: Final = 200
_MAX_SAID: Final = 140
_VALUES_FIRST: Final = re.compile(r"\A(?:\[?<\*>\]? ){1,9}(?=\S)")
_LEVEL_FIRST: Final = re.compile(
    r"\A[^\w\s]*(?:(?:<\*>|…)[\s,|:\]-]{1,4})*\[?(?:ERROR|ERR|WARN|WARNING|FATAL|CRITICAL|SEVERE)\]?[\s:|-]+"
    r"(?:(?:<\*>|…)[\s,|:\]-]{1,4})*(?=\w)"
)
_PLACE: Final = re.compile(r"(?P<function>\S{1,120}) \((?P<file>[^()]{1,160})\)")


def name(cluster: Cluster) -> str:
    """What a cluster is called where its words are log text yet: its template's first line, without frames.

    Values and a level that stand before the first word tell nothing and are left out.
    """
    first = cluster.template.split("\n", 1)[0]
    if cluster.stream.kind == Kind.EXCEPTION:
        return first.split(" => ")[-1].split(" at ", 1)[0]
    return _LEVEL_FIRST.sub("", _VALUES_FIRST.sub("", first)) or first


def said(cluster: Cluster, wording: Wording) -> str:
    """What broke, published: an exception with its place and root, a request with its routes, a text as it is."""
    if cluster.stream.kind == Kind.HTTP:
        return _request(cluster, wording)
    if cluster.stream.kind == Kind.EXCEPTION:
        return _exception(cluster, wording)
    return wording.said(name(cluster))


def title(cluster: Cluster, wording: Wording) -> str:
    """One inert line that a search finds: the service and what broke."""
    return markdown.title(f"{wording.named(cluster.stream.service)}: {said(cluster, wording)}", max_chars=MAX_TITLE)


def _exception(cluster: Cluster, wording: Wording) -> str:
    """`Type: message in function (file.py) (from Root)`."""
    # The template names the root first and what reached the log last, each with its own frames, innermost first.
    links = cluster.template.split("\n", 1)[0].split(" => ")
    root, last = links[0], links[-1]
    message, _, path = last.partition(" at ")
    text = wording.said(message)
    text = text if len(text) <= _MAX_SAID else f"{text[: _MAX_SAID - 1].rstrip()}…"
    place = _PLACE.match(path.split(" < ", 1)[0])
    where = f" in {wording.named(place['function'])} ({wording.named(_base(place['file']))})" if place else ""
    if len(links) == 1:
        return f"{text}{where}"
    origin = root.partition(" at ")[0].partition(": ")[0]
    return f"{text}{where} (from {wording.said(origin)})"


def _base(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2] or path


def _request(cluster: Cluster, wording: Wording) -> str:
    """`HTTP 4xx on 7 routes, most GET /api/chat/stream 405`; one route is said as it is."""
    text = wording.route(cluster.template)
    rows = [row for row in wording.facet("route", cluster.facets.get("route", {})) if row[0] != OTHER]
    if not rows:
        return text
    known = cluster.facets["route"]
    most = rows[0][0]
    if len(known) == 1:
        path = most.partition(" ")[2].rpartition(" ")[0]
        # Its template may name the route already, then only the status is news.
        return f"HTTP {most.rpartition(' ')[2]} {most.rpartition(' ')[0]}" if path in text or " /" not in text else text
    more = "more than " if OTHER in known else ""
    if " /" in text:
        return text
    return f"{text} on {more}{len(known) - (OTHER in known):,} routes, most {most}"
