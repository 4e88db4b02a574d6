"""Links of an issue: the cluster's page, its entries, its groups, the commit. Pure.

Promises: log text in a URL has passed through `Wording` and is quoted, so that it is inert in Markdown.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from msgspec import Struct

from processor.model import Kind
from processor.model.facets import ERROR_GROUP
from processor.model.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from processor.issues.publish import Wording
    from processor.model import Cluster

_CONSOLE: Final = "https://console.cloud.google.com"
_FRAGMENT: Final = regex(r"[A-Za-z][A-Za-z ,.:()_-]{11,79}")
_REDACTED: Final = regex(r"\[redacted: [^\]]*\]")
_TRACE: Final = regex(r"projects/[\w:.-]{1,63}/traces/[0-9a-f]{8,64}")
_ROUTE: Final = regex(r"([A-Z]{3,7}) (/[\w./~<>*+:@%-]{0,200}?)(?: ([1-5]\d\d))?")
_COMMIT: Final = regex(r"[0-9a-f]{7,40}")
_COMMIT_KEYS: Final = regex(r"label \S{0,60}(?:commit|git|sha|revision|vcs)\S{0,40}", re.IGNORECASE)


class Places(Struct, frozen=True):
    """Targets of links other than Google Cloud's console.

    Attributes:
        page: URL of the on-call page, "" for none.
        code: URL of the repository of the commits, "" for none.
    """

    page: str = ""
    code: str = ""


NOWHERE: Final = Places()


def links(cluster: Cluster, wording: Wording, places: Places = NOWHERE) -> str:
    """Return a list of links, the most specific first."""
    return "\n".join(f"- [{name}]({address})" for name, address in _links(cluster, wording, places))


def _links(cluster: Cluster, wording: Wording, places: Places) -> Iterator[tuple[str, str]]:
    project = _quoted(wording.named(cluster.stream.project))
    if places.page:
        yield "This cluster's page", f"{places.page.rstrip('/')}/clusters/{_quoted(cluster.id)}"
    start, end = (f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (cluster.first_seen, cluster.last_seen + timedelta(seconds=1)))
    yield "All entries in Logs Explorer", _explorer(_query(cluster, wording), f"{start}/{end}", project)
    sample = cluster.latest
    if sample.insert_id:
        at = f"{sample.at:%Y-%m-%dT%H:%M:%S}"
        around = "/".join(f"{sample.at + timedelta(seconds=by):%Y-%m-%dT%H:%M:%SZ}" for by in (-1, 2))
        yield (
            f"The entry of {at}",
            _explorer(f"insertId={json.dumps(wording.named(sample.insert_id))}", around, project),
        )
    if trace := _trace(sample.raw):
        yield "The request that it belongs to", _explorer(f'trace="{trace}"', f"{start}/{end}", project)
    groups = sorted(cluster.facets.get(ERROR_GROUP, {}).items(), key=lambda pair: (-pair[1], pair[0]))
    for group, _ in groups[:3]:
        name = _quoted(wording.named(group).rsplit("/", 1)[-1])
        yield "Error Reporting group", f"{_CONSOLE}/errors/detail/{name}?project={project}"
    yield from _code(cluster, places)


def _code(cluster: Cluster, places: Places) -> Iterator[tuple[str, str]]:
    """Return a link to the commit that a label names, or to the comparison of two."""
    if not places.code:
        return
    for name, values in cluster.facets.items():
        commits = [value for value in values if _COMMIT.fullmatch(value) and any(map(str.isdigit, value))]
        if _COMMIT_KEYS.fullmatch(name) and 0 < len(commits) <= 2 and len(commits) == len(values):  # noqa: PLR2004
            code = places.code.rstrip("/")
            if len(commits) == 1:
                yield f"Commit {commits[0][:10]}", f"{code}/commit/{commits[0]}"
            else:
                yield "The two commits compared", f"{code}/compare/{commits[0]}...{commits[1]}"
            return


def _explorer(query: str, span: str, project: str) -> str:
    return f"{_CONSOLE}/logs/query;query={_quoted(query)};timeRange={_quoted(span)}?project={project}"


def _trace(raw: str) -> str:
    try:
        entry = json.loads(raw)
    except (ValueError, RecursionError):
        return ""
    trace = entry.get("trace") if isinstance(entry, dict) else None
    return trace if isinstance(trace, str) and _TRACE.fullmatch(trace) else ""


def _query(cluster: Cluster, wording: Wording) -> str:
    """Return a Logging query for such entries: the service, and the longest constant words or the requests.

    Without the severity: if ours was inferred from the text, Cloud Logging has none to compare with.
    """
    parts = []
    service = wording.named(cluster.stream.service)
    if service and re.fullmatch(r"[\w./-]+", service):
        parts.append(f'SEARCH("{service}")')
    if cluster.stream.kind == Kind.HTTP:
        return "\n".join([*parts, *_request(cluster, wording)])
    said = wording.said(cluster.template.split("\n", 1)[0].split(" => ")[-1].split(" at ", 1)[0])
    found = _FRAGMENT.findall(_REDACTED.sub("…", said))
    if words := max(found, key=len, default="").strip():
        parts.append(f'"{words}"')
    return "\n".join(parts)


def _request(cluster: Cluster, wording: Wording) -> Iterator[str]:
    """Return method and route if all requests share them, and the statuses."""
    routes = cluster.facets.get("route", {})
    statuses = sorted(value for value in cluster.facets.get("status", {}) if re.fullmatch(r"[1-5]\d\d", value))
    if statuses:
        yield f"httpRequest.status=({' OR '.join(statuses)})"
    if len(routes) == 1 and (found := _ROUTE.fullmatch(next(iter(routes)))):
        yield f'httpRequest.requestMethod="{found[1]}"'
        path = "[^/]+".join(re.escape(part) for part in re.split("…|<\\*>", wording.route(found[2])))
        yield f'httpRequest.requestUrl=~"{path}"'


def _quoted(text: str) -> str:
    """Quote for a URL; only letters, digits and ``_.-~%`` remain, which are inert in Markdown, too."""
    return quote(text, safe="", errors="replace")
