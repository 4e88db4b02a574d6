"""Standard output in any locale: unsupported characters become the nearest ASCII of equal width."""

from __future__ import annotations

import codecs
import sys
from typing import Final

# A character of the first line becomes the character below it: ellipsis, dashes, arrows, quotes, marks, bars, frames.
_FROM: Final = (
    "\u2026\u00b7\u2013\u2014\u2192\u2190\u2191\u2193\u2039\u203a\u201c\u201d\u2018\u2019\u00d7\u25b6\u25b8\u25cf\u25cb\u25b2\u25bc"
    "\u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588\u2500\u2501\u2502\u2503"
)
_TO: Final = "..--><^v<>\"\"''x>>*o^v" + "_..-==##" + "--||"
_NEAREST: Final = dict(zip(_FROM, _TO, strict=True))


def _nearest(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_NEAREST.get(char, "?") for char in error.object[error.start : error.end]), error.end


def forgive() -> None:
    """Make standard output and error accept every text, whatever the locale's encoding."""
    codecs.register_error("nearest-ascii", _nearest)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="nearest-ascii")
