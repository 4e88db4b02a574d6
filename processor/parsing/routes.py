"""HTTP routes and status classes: the common part of similar requests.

Promises: a path without query, host and ids, at most 12 segments and 200 characters, printable; idempotent and linear.
Must not need a list of an application's routes or fetch anything: a URL is hostile text.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from processor.model.patterns import regex

WILDCARD: Final = "<*>"
_INPUT_CHARS: Final = 2_048
_REMEMBERED: Final = 1_024  # of at most 2,048 characters: a few MB
_SEGMENTS: Final = 12
_TEMPLATE_CHARS: Final = 200
_SEGMENT_CHARS: Final = 40
_LONG_TOKEN: Final = 16

_ORIGIN = regex(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_HEX = regex(r"(?:0x)?[0-9a-fA-F]{8,}")
_EMAIL_OR_HANDLE = regex(r"[^@]*@.*")
# Names that contain a digit: v1, v2beta1, oauth2, s3, i18n, k8s, 2fa, sha256.
_NAMED = regex(
    r"v\d{1,3}(?:\.\d{1,3}){0,2}(?:p\d{1,2})?(?:(?:alpha|beta|rc|preview)\d{0,2})?"
    r"|[a-z]{1,12}\d|[a-z]\d{1,2}[a-z]{1,2}|\d[a-z]{1,3}|[a-z]{2,4}\d[a-z]{1,3}"
    r"|base(?:32|58|64)|sha(?:1|224|256|384|512)|utf(?:8|16|32)|x509|aes(?:128|256)|rs256|hs256|es256",
    re.IGNORECASE,
)
_SEPARATORS = regex(r"[-_.~,+]+")
_CALL = regex(r"([A-Za-z_][\w.]*)\((.+)\)")
_EXTENSION = regex(r"(.+)\.([A-Za-z][A-Za-z0-9]{1,4})")
_CASE_CHANGE = regex(r"[a-z][A-Z]|[A-Z]{2}[a-z]")
_SAFE_MARKS = frozenset("-_.~+,!$'=&;:@()*[]")


def route_template(url_or_path: str) -> str:
    """Mask the values in a URL: `https://h/users/123/orders/9?x=1` -> `/users/<*>/orders/<*>`.

    Dot segments are resolved and percent escapes decoded once; a segment that then holds a slash, a space or a control
    character is masked. Beyond 12 segments or 200 characters, a single `<*>` stands for the rest.
    """
    return _template(url_or_path[:_INPUT_CHARS].strip())


@lru_cache(_REMEMBERED)
def _template(text: str) -> str:
    origin = _ORIGIN.match(text)
    path = text[origin.end() :] if origin else text
    path = path.partition("?")[0].partition("#")[0]
    parts: list[str] = []
    for raw in path.split("/"):
        segment = unquote(raw.partition(";")[0])  # ;jsessionid=... is a parameter
        if segment == "..":
            del parts[-1:]
        elif segment not in {"", "."}:
            parts.append(_masked(segment))
    return _bounded(parts)


def status_class(status: int) -> str:
    """Return the class of a status: `404` -> `4xx`; `other` for anything but an HTTP status."""
    return f"{status // 100}xx" if 100 <= status <= 599 else "other"  # noqa: PLR2004 - the range of HTTP


def _bounded(parts: list[str]) -> str:
    route = ""
    for number, part in enumerate(parts, start=1):
        last = number == len(parts)
        room = _TEMPLATE_CHARS - (0 if last else len(WILDCARD) + 1)
        if (number == _SEGMENTS and not last) or len(route) + 1 + len(part) > room:
            return f"{route}/{WILDCARD}"
        route += f"/{part}"
    return route or "/"


def _masked(segment: str) -> str:
    """Mask ids in a decoded segment; an extension, a custom method (`:cancel`) and an OData name stay."""
    if segment == WILDCARD or not _is_plain(segment.replace(WILDCARD, "")):
        return WILDCARD
    if call := _CALL.fullmatch(segment):
        return f"{call.group(1)}({WILDCARD})" if not _is_value(call.group(1)) else WILDCARD
    stem, colon, method = segment.partition(":")
    if colon and method.isalpha() and method.isascii() and len(method) <= _SEGMENT_CHARS:
        return f"{WILDCARD if _is_value(stem) else stem}:{method}"
    if not _is_value(segment):
        return segment
    named = _EXTENSION.fullmatch(segment)
    if named and "@" not in segment and not _is_value(named.group(2)):
        return f"{WILDCARD}.{named.group(2)}"
    return WILDCARD


def _is_value(segment: str) -> bool:
    """Return whether the segment identifies an instance rather than a kind."""
    if not _is_plain(segment) or len(segment) > _SEGMENT_CHARS:
        return True
    if _NAMED.fullmatch(segment):
        return False
    if _EMAIL_OR_HANDLE.fullmatch(segment) or segment.endswith("="):
        return True
    return any(_is_id(token) for token in _SEPARATORS.split(segment)) or _is_scrambled(segment)


def _is_plain(segment: str) -> bool:
    return all(character.isalnum() or character in _SAFE_MARKS for character in segment)


def _is_id(token: str) -> bool:
    if _HEX.fullmatch(token):
        return True
    return any(character.isdigit() for character in token) and not _NAMED.fullmatch(token)


def _is_scrambled(segment: str) -> bool:
    """Return whether this is base64 without a digit: its case changes far more often than in camelCase."""
    return len(segment) >= _LONG_TOKEN and 4 * len(_CASE_CHANGE.findall(segment)) >= len(segment)
