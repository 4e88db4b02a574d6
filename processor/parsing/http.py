"""Requests: `httpRequest`, or the same in a payload's fields, with the words for the outcome.

A request with a status and no message is the subject of its entry: load balancers, web servers through the Ops Agent,
API proxies, App Engine. Promises: never raises; None if there is no request.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from processor.model import HttpRequest
from processor.model.patterns import regex
from processor.parsing.message import sayable
from processor.parsing.spellings import fold

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

METHODS: Final = ("method", "httpmethod", "requestmethod", "httprequestmethod", "verb", "reqmethod")
URLS: Final = (
    "url", "requesturl", "path", "uri", "requesturi", "urlpath", "urlfull", "httptarget", "httpurl", "httproute",
    "route", "requestpath", "resource", "requri", "requrl",
)  # fmt: skip
STATUSES: Final = (
    "status", "statuscode", "httpresponsecode", "responsecode", "httpstatus", "httpstatuscode",
    "httpresponsestatuscode", "responsestatuscode", "responsestatus", "resstatuscode", "downstreamstatus", "code",
)  # fmt: skip
OUTCOMES: Final = (
    "statusdetails", "proxystatus", "responsedetails", "responsecodedetail", "responsecodedetails", "responseflag",
    "responseflags",
)  # fmt: skip
"""Fields that state the outcome of a request, folded; the dots of nesting are removed."""
_POLICY: Final = "enforcedSecurityPolicy"
VERBS: Final = frozenset(
    {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "PROPFIND", "PURGE", "QUERY"}
)
_LINES: Final = ("request", "requestline", "httprequest", "req")
_REQUEST_LINE: Final = regex(r"([A-Z]{3,8}) (\S{1,2000}) HTTP/\d")
_HOLDERS: Final = frozenset({"req", "res", "request", "response", "httpRequest", "http", "context"})
_HTTP: Final = range(100, 600)
_QUOTED: Final = regex(r"\"([^\"]{1,80})\"")
# The backend's own answer, which does not distinguish problems.
_PLAIN_OUTCOMES: Final = frozenset({"response_sent_by_backend", "response_from_cache", "via_upstream", "-", ""})


def request(fields: Mapping[str, Any], payload: Any) -> HttpRequest | None:
    """Return the request of an `httpRequest` object, completed from the payload."""
    inside = of_payload(payload, needs_all=False) if type(payload) is dict else None
    found = HttpRequest(
        _text(fields.get("requestMethod")), _text(fields.get("requestUrl")), _status(fields.get("status")) or 0
    )
    if inside is not None:
        found = HttpRequest(
            found.method or inside.method, found.url or inside.url, found.status or inside.status, inside.outcome
        )
    return found


def of_payload(payload: Mapping[str, Any], *, needs_all: bool = True) -> HttpRequest | None:
    """Return the request that a payload's fields describe: its method, path and status.

    Args:
        payload: a jsonPayload or protoPayload.
        needs_all: return None unless all three are present.
    """
    flat = dict(_flat(payload))
    method = next((flat[name] for name in METHODS if _is_verb(flat.get(name))), "")
    url = next((flat[name] for name in URLS if _is_path(flat.get(name))), "")
    if not (method and url):
        method, url = next((line for name in _LINES if (line := _request_line(flat.get(name)))), (method, url))
    status = next((code for name in STATUSES if (code := _status(flat.get(name)))), 0)
    if needs_all and not (method and url and status):
        return None
    return HttpRequest(method, url, status, outcome(payload))


@lru_cache(4096)
def may_have_status(names: tuple[str, ...]) -> bool:
    """Return whether a payload with these names may state the status of a request, a level deeper too."""
    return any(fold(name) in STATUSES or name in _HOLDERS for name in names)


def outcome(payload: Mapping[str, Any]) -> str:
    """Return the outcome in the words of a closed set, such as `failed_to_pick_backend`; "" if nothing states it."""
    flat = dict(_flat(payload))
    words: list[str] = []
    for name in OUTCOMES:
        value = flat.get(name)
        if type(value) is str:
            words += _QUOTED.findall(value) if '"' in value else [value]
    return " ".join(dict.fromkeys(said for word in words if (said := sayable(word)) not in _PLAIN_OUTCOMES))


def policy(payload: Mapping[str, Any]) -> str:
    """Return the security policy that refused the request, "" for none."""
    found = payload.get(_POLICY)
    return _text(found.get("name")) if type(found) is dict else ""


def _flat(payload: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in payload.items():
        if type(value) is dict:
            prefix = fold(name)
            for key, below in value.items():
                yield prefix + fold(key), below
                if name in _HOLDERS:
                    yield fold(key), below
                if type(below) is dict:  # ECS: http.response.status_code
                    yield from ((f"{prefix}{fold(key)}{fold(last)}", leaf) for last, leaf in below.items())
        else:
            yield fold(name), value


def _request_line(value: Any) -> tuple[str, str] | None:
    """Return (method, path) of a request's first line, `GET /x HTTP/1.1`."""
    found = _REQUEST_LINE.match(value) if type(value) is str else None
    return (found[1], found[2]) if found and found[1] in VERBS else None


def _is_verb(value: Any) -> bool:
    return type(value) is str and value.upper() in VERBS


def _is_path(value: Any) -> bool:
    return type(value) is str and (value.startswith("/") or "://" in value[:12])


def _status(value: Any) -> int | None:
    if type(value) is str:
        value = int(value) if value.isascii() and value.isdigit() and len(value) == 3 else 0  # noqa: PLR2004
    return int(value) if type(value) in {int, float} and value in _HTTP else None


def _text(value: Any) -> str:
    return value if type(value) is str else ""
