"""Forms of a text: cheap looks at whether it is more than plain text, and the JSON object that it is.

Promises: pure, linear, never raises.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

PREFIX_WORDS: Final = 3
"""Words that may stand before the first pair of a line of logfmt."""


def may_be_pairs(text: str) -> bool:
    """Return whether a text may be a line of logfmt, klog or klogr, or coloured for a terminal."""
    if "\x1b" in text or '] "' in text or '"="' in text:
        return True
    first = text.find("=")
    return first >= 0 and text.count(" ", 0, first) <= PREFIX_WORDS


def json_object(text: str) -> dict[str, Any] | None:
    """Return the JSON object that a whole text is; None if it is none, or empty."""
    try:
        found = msgspec.json.decode(text.encode("utf-8", "surrogatepass"))
    except (msgspec.DecodeError, RecursionError):
        return None
    return found if type(found) is dict and found else None
