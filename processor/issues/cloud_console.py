"""Addresses in Google Cloud's console. Pure.

Promises: log text in an address is redacted and quoted, so that it is inert in Markdown.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from processor.model import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from processor.model import Cluster

_CONSOLE: Final = "https://console.cloud.google.com"
_FRAGMENT: Final = re.compile(r"[A-Za-z][A-Za-z ,.:()_-]{11,79}")
_REDACTED: Final = re.compile(r"\[redacted: [^\]]*\]")


def links(cluster: Cluster, redact: Callable[[str], str]) -> str:
    """A list of links: the cluster's entries in Logs Explorer, and its groups in Error Reporting."""
    project = _quoted(redact(cluster.stream.project))
    start, end = (f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (cluster.first_seen, cluster.last_seen + timedelta(seconds=1)))
    query = _query(cluster, redact)
    explorer = f"{_CONSOLE}/logs/query;query={_quoted(query)};timeRange={_quoted(f'{start}/{end}')}"
    lines = [f"- [These entries in Logs Explorer]({explorer}?project={project})"]
    groups = sorted(cluster.facets.get("error group", {}).items(), key=lambda pair: (-pair[1], pair[0]))
    for group, _ in groups[:3]:
        name = _quoted(redact(group).rsplit("/", 1)[-1])
        lines.append(f"- [Error Reporting group]({_CONSOLE}/errors/detail/{name}?project={project})")
    return "\n".join(lines)


def _query(cluster: Cluster, redact: Callable[[str], str]) -> str:
    """A Logging query for entries like these: the service, and the longest constant words or the statuses.

    Not the severity: where ours was inferred from the text, Cloud Logging has none to compare with.
    """
    parts = []
    service = redact(cluster.stream.service)
    if service and re.fullmatch(r"[\w./-]+", service):
        parts.append(f'SEARCH("{service}")')
    if cluster.stream.kind == Kind.HTTP:
        statuses = sorted(value for value in cluster.facets.get("status", {}) if re.fullmatch(r"[1-5]\d\d", value))
        return "\n".join([*parts, f"httpRequest.status=({' OR '.join(statuses)})"] if statuses else parts)
    found = _FRAGMENT.findall(_REDACTED.sub("<*>", redact(cluster.template.split(" at ", 1)[0])))
    if words := max(found, key=len, default="").strip():
        parts.append(f'"{words}"')
    return "\n".join(parts)


def _quoted(text: str) -> str:
    """Inert in Markdown, too: nothing but letters, digits and ``_.-~%`` is left."""
    return quote(text, safe="", errors="replace")
