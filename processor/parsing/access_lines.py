"""Access lines: requests in the text formats of servers and request loggers.

A single table of forms: the decoder reads method, URL and status with it, and the log sink's filter is made from it.
The status is what the line states about itself, whatever level the logger gave it: 500 and above is a failure.
Promises: pure, linear, never raises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from processor.model import HttpRequest
from processor.model.patterns import regex
from processor.parsing.http import VERBS
from processor.parsing.message import sayable
from processor.parsing.stacktrace.posix import posix

if TYPE_CHECKING:
    from collections.abc import Mapping

FAILED: Final = 500
"""The least status of a failed request."""
# RE2 has no look-around; the short spellings keep the filter below 20,000 characters.
_FORMS: Final = (
    # "GET /x HTTP/1.1" 500: Common Log Format, Envoy with its flags, uvicorn, Werkzeug, chi
    r"{request} HTTP/[\d.]+.( from [^ ]+ -)?,? {status}{flags}",
    # GET /x 500 12 ms, HTTP GET /x responded 500 in 12 ms: morgan, koa, Serilog
    r"{request} (responded )?{status} (in )?[\d.]+ ?[mun]?s",
    # | 500 | 12ms | 10.0.0.7 | GET "/x": Gin, Fiber
    r"[|] +{status} [|][^|]+[|][^|]+[|] {method} +[|]? ?\"?{url}\"?( |$)",
    # 0/0/0/1/1 500 217 - - SC-- 1/1/0/0/0 0/0 "GET /x HTTP/1.1": HAProxy
    r"/[\d+]+ {status} [\d+]+ [^ ]+ [^ ]+ {state} .+{request} ",
    # [500]: GET /x: PHP's built-in server
    r"\[{status}\]: {request}( |$)",
    # 500 GET /x (10.0.0.7) 12.3ms: Tornado
    r"{status} {request} [(][^ ]+[)] [\d.]+ms",
    # Request finished HTTP/1.1 GET http://h/x - - - 500: ASP.NET Core
    r"finished HTTP/[\d.]+ {request} .*- {status} ",
    # ]: GET http://h/x  500 12: Sanic
    r"\]: {request}  {status} \d",
    # Completed 500 Internal Server Error in 12ms, Sent 500 in 12ms: Rails, Phoenix
    r"(Completed|Sent) {status} .*in \d",
)
_PARTS: Final[Mapping[str, str]] = {
    "{request}": "{method} {url}",
    "{method}": "(?P<method>[A-Z]{3,7})",
    "{url}": r"(?P<url>[/h][^ ]{0,2000}?)",
    "{status}": r"(?P<status>[1-5]\d\d)",
    "{flags}": r"(?: (?P<flags>[A-Z]{2,5}(?:,[A-Z]{2,5}){0,4}) |\b)",
    "{state}": "(?P<flags>[A-Za-z]{2}[A-Za-z-]{2})",
}
_IN_SINK: Final[Mapping[str, str]] = {
    "{request}": "{method} {url}", "{method}": "[A-Z]+", "{url}": "[/h][^ ]*", "{status}": r"5\d\d", "{flags}": "( |$)",
    "{state}": "[^ ]+",
}  # fmt: skip


def _filled(form: str, parts: Mapping[str, str]) -> str:
    for name, pattern in parts.items():
        form = form.replace(name, pattern)
    return form


_PATTERNS: Final = tuple(regex(_filled(form, _PARTS)) for form in _FORMS)


class Places(NamedTuple):
    """Where a line states its request; each a range of characters, (0, 0) for what it does not state."""

    status: tuple[int, int]
    method: tuple[int, int]
    url: tuple[int, int]
    flags: tuple[int, int]


def places(line: str) -> Places | None:
    """Return where a line states the status of a request; None if it is no access line."""
    if not any(verb in line for verb in VERBS) and "Completed" not in line and "Sent" not in line:
        return None
    for pattern in _PATTERNS:
        if found := pattern.search(line):
            groups = found.re.groupindex
            status, *others = (
                found.span(name) if name in groups and found[name] else (0, 0)
                for name in ("status", "method", "url", "flags")
            )
            if others[0] == (0, 0) or found["method"] in VERBS:
                return Places(status, *others)
    return None


def status(line: str, at: Places) -> int:
    """Return the status of the request."""
    return int(line[slice(*at.status)])


def request(line: str, at: Places) -> HttpRequest | None:
    """Return the request; None if the line states only its status."""
    method, url, flags = (line[slice(*place)] for place in at[1:])
    return HttpRequest(method, url, status(line, at), sayable(flags)) if method and url else None


def sink_patterns() -> tuple[str, ...]:
    """Return patterns for the lines of failed requests, in the form of the log sink's filter."""
    return tuple(posix(_filled(form, _IN_SINK)) for form in _FORMS)
