"""File paths and line numbers of frames; paths are normalised to be the same on every machine.

Promises: no home, container or release directory, no digest, at most four segments. Must not touch the disk.
"""

from __future__ import annotations

import re

from processor.model.patterns import regex

_ROOT = regex(
    r"(?:[A-Za-z][\w+.-]{1,20}:/{2,3}|(?:[A-Za-z]:)?/)"  # a scheme (file://, webpack:///), a drive or /
    r"(?:(?:usr/src/app|usr/src|var/task|var/www|home/[^/]+|Users/[^/]+|app|code|srv|workspace|opt|root|mnt)/)?"
)
# Release directories and content hashes: 20250916, 2025-09-16, 1.4.2, 3f9a2bc1.
_ID = re.compile(r"(?:v?\d[\d._-]*|(?=[a-f]*\d)[0-9a-f]{7,64}|[0-9a-f]{8}-[0-9a-f-]{27})", re.ASCII)
_DIGEST = re.compile(r"([.-])(?:(?=[a-zA-Z]*\d)[0-9a-zA-Z]{6,32}|(?=\w*\d)(?=\w*[A-Z])\w{8})(?=\.\w{1,4}$)", re.ASCII)
_SEGMENTS = 4
_DIGITS = 9
"""Digits of a line number that are read: a hostile trace may print thousands, which `int` refuses."""


def short_path(path: str) -> str:
    """Shorten a path: `/home/ann/shop/releases/20250916/app/cart.py` -> `releases/<*>/app/cart.py`."""
    path = path.replace("\\", "/")
    match = _ROOT.match(path)
    rest = path[match.end() :] if match else path
    parts = [part for part in rest.split("/") if part not in {"", ".", ".."}][-_SEGMENTS:]
    if not parts:
        return path[:80]
    parts = [
        *("<*>" if _ID.fullmatch(part) else part for part in parts[:-1]),
        _DIGEST.sub(r"\1<*>", parts[-1]),
    ]
    return "/".join(parts)


def below(path: str, marker: str) -> str | None:
    """Return the part of `path` after the last `marker`, or None without a marker."""
    _, found, rest = path.replace("\\", "/").rpartition(marker)
    return rest if found else None


def line_number(text: str | None) -> int:
    """Return the line number printed in a frame, 0 where there is none."""
    return int((text or "0")[:_DIGITS])
