"""Read a length of time, the one way it is written everywhere: 90m, 2h, 7d. Pure."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

_DURATION: Final = re.compile(r"(\d{1,5})([mhd])", re.ASCII)
_MINUTES: Final = {"m": 1, "h": 60, "d": 1440}


def duration(text: str) -> timedelta:
    """Read 90m, 2h or 7d.

    Raises:
        ValueError: with a sentence.
    """
    found = _DURATION.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not a duration such as 90m, 2h or 7d")
    return timedelta(minutes=int(found[1]) * _MINUTES[found[2]])
