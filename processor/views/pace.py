"""The pace of reading a state whose document reads are billed. Pure.

A look (workers and the audit trail) may cost 1,800 documents an hour; reading the clusters 6,000 and twenty for each
that has changed, so that a page over fifty busy clusters stays under 10,000 and one over five hundred under 20,000.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

_LEAST: Final = timedelta(seconds=5)
_LOOKS_PER_HOUR: Final = 1_800
_READS_PER_HOUR: Final = 6_000
_MORE_FOR_EACH: Final = 20


def after_look(documents: int) -> timedelta:
    """Return the wait after a look that read this many documents."""
    return max(_LEAST, _hours(documents, _LOOKS_PER_HOUR)) if documents else timedelta(0)


def after_reading(documents: int) -> timedelta:
    """Return the wait after reading the clusters, which cost this many documents."""
    return _hours(documents, _READS_PER_HOUR + _MORE_FOR_EACH * documents) if documents else timedelta(0)


def _hours(documents: int, per_hour: int) -> timedelta:
    return timedelta(hours=documents / per_hour)
