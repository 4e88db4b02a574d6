"""GitHub's answers as our errors. Pure: status, headers and body in, error out.

Sources: GitHub's REST documentation on rate limits and status codes; where it is silent, reports of other projects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from processor.model.errors import (
    GardenerError,
    IssueLocked,
    OutcomeUnknown,
    RateLimited,
    RepositoryParked,
    TrackerError,
    Transient,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_SERVER_ERROR: Final = 500
_LIMITS: Final = (403, 429)
_SECONDARY_S: Final = 60.0
_MAX_WAIT_S: Final = 3600.0
_UNREADABLE: Final = (401, 403, 404, 451)
_BUSY: Final = 409


def error_of(
    status: int, headers: Mapping[str, str], body: Any, *, what: str, writes: bool, now_s: float
) -> GardenerError:
    """Return the error for an answer other than 2xx, 301, 304, 404 and 410.

    `what` names the request for people. If it `writes`, a server error leaves open whether it was carried out.
    `now_s` is in seconds since the epoch.
    """
    message = message_of(body)
    if (wait := limit_s(status, headers, message, now_s)) is not None:
        return RateLimited(f"GitHub asks to wait {wait:.0f} s ({what})", wait)
    if status >= _SERVER_ERROR:
        kind = OutcomeUnknown if writes else Transient
        return kind(f"GitHub answered {status} to {what}")
    if status == _BUSY:
        return Transient(f"GitHub answered {status} to {what}: {message or 'a conflicting change'}")
    lowered = message.lower()
    if status == _LIMITS[0] and ("is locked" in lowered or "commenting is disabled" in lowered):
        return IssueLocked(f"GitHub accepts no comment: {message}")
    if status in _UNREADABLE:
        return RepositoryParked(f"GitHub answered {status} to {what}: {message or 'no reason given'}")
    return TrackerError(f"GitHub refused {what} with {status}: {message}{_details(body)}")


def limit_s(status: int, headers: Mapping[str, str], message: str, now_s: float) -> float | None:
    """Return the seconds to wait, None if this is no rate limit.

    The primary limit has a reset time, a secondary one often has none; then wait at least a minute.
    """
    if status not in _LIMITS:
        return None
    if (wait := _number(headers.get("retry-after"))) is not None:
        return min(max(wait, 1.0), _MAX_WAIT_S)
    if headers.get("x-ratelimit-remaining") == "0" and (reset := _number(headers.get("x-ratelimit-reset"))) is not None:
        return min(max(reset - now_s, 1.0), _MAX_WAIT_S)
    if status == _LIMITS[1] or "secondary rate" in message.lower() or "abuse detection" in message.lower():
        return _SECONDARY_S
    return None


def message_of(body: Any) -> str:
    """Return GitHub's message, cut; "" if the body is not GitHub's."""
    found = body.get("message") if isinstance(body, dict) else None
    return str(found)[:300] if found else ""


def names_field(body: Any, field: str) -> bool:
    """Return whether a 422 is about this field."""
    errors = body.get("errors") if isinstance(body, dict) else None
    return isinstance(errors, list) and any(
        isinstance(one, dict) and (one.get("field") == field or field in str(one.get("message"))) for one in errors
    )


def is_repeat(body: Any) -> bool:
    """Return whether a 422 only says that the thing exists already."""
    errors = body.get("errors") if isinstance(body, dict) else None
    return isinstance(errors, list) and any(
        isinstance(one, dict) and one.get("code") == "already_exists" for one in errors
    )


def _details(body: Any) -> str:
    errors = body.get("errors") if isinstance(body, dict) else None
    if not isinstance(errors, list) or not errors:
        return ""
    first = errors[0]
    if isinstance(first, dict):
        return f" ({first.get('field')}: {first.get('message') or first.get('code')})"
    return f" ({str(first)[:200]})"


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None
