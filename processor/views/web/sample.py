"""One sample on the page: its trace with the application's own lines marked, its JSON, its links. Pure.

Promises: a URL consists of quoted parts and leads to Google Cloud's console only; log text stays text.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote

from processor.issues.trace import Part, parts
from processor.views.code_line import code_of, entry_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from processor.model import Cluster, Sample

_CONSOLE: Final = "https://console.cloud.google.com"
_REQUEST: Final = ("requestMethod", "requestUrl", "status", "latency", "remoteIp", "userAgent")


class Shown(NamedTuple):
    """A sample with its place among the others.

    Attributes:
        number, of: its position and the total, in time order.
        request: the HTTP request in one line, "" for none.
        parts: its text, see `trace.parts`; empty if it has none.
        code: file, line and function that wrote it, "" if the entry names none.
        explorer, trace: URLs in the console, "" if the entry names no project or no trace.
    """

    sample: Sample
    number: int
    of: int
    request: str
    parts: tuple[Part, ...]
    raw: str
    code: str
    explorer: str
    trace: str


def shown(cluster: Cluster, samples: Sequence[Sample], wanted: str) -> Shown:
    """Return the sample with the requested number, otherwise the latest."""
    of = len(samples)
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and 0 < int(wanted[:6]) <= of else of
    sample = samples[number - 1]
    entry = entry_of(sample.raw)
    request = entry.get("httpRequest")
    return Shown(
        sample=sample,
        number=number,
        of=of,
        request=_request(request) if isinstance(request, dict) else "",
        parts=parts(sample.text) if sample.text else (),
        raw=_indented(sample, entry),
        code=code_of(entry),
        explorer=_explorer(cluster, sample),
        trace=_trace(entry),
    )


def _indented(sample: Sample, entry: dict[str, Any]) -> str:
    """Return indented JSON; unchanged if it was cut."""
    try:
        return json.dumps(entry, ensure_ascii=False, indent=2) if entry else sample.raw
    except RecursionError:
        return sample.raw


def _request(request: dict[str, Any]) -> str:
    said = [str(request[name]) for name in _REQUEST[:4] if request.get(name)]
    return " ".join(said)


def _explorer(cluster: Cluster, sample: Sample) -> str:
    """Return the URL of this entry in Logs Explorer: its id, and the minute around it, within which ids are unique."""
    project = cluster.stream.project
    if not project or not sample.insert_id:
        return ""
    query = f"insertId={json.dumps(sample.insert_id)}"
    at = f"{sample.at:%Y-%m-%dT%H:%M:%S}.{sample.at.microsecond:06d}Z"
    cursor = f"timeRange={_quoted(f'{at}/{at}--PT1M')}"
    return f"{_CONSOLE}/logs/query;query={_quoted(query)};{cursor}?project={_quoted(project)}"


def _trace(entry: dict[str, Any]) -> str:
    """Return the URL of the request's trace, of the form projects/PROJECT/traces/ID."""
    path = entry.get("trace")
    names = path.split("/") if isinstance(path, str) else []
    if len(names) != 4 or (names[0], names[2]) != ("projects", "traces"):  # noqa: PLR2004  # the four of the form
        return ""
    return f"{_CONSOLE}/traces/list?project={_quoted(names[1])}&tid={_quoted(names[3])}"


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="replace")
