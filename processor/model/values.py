"""Values at the places of a template, bounded independently of the order of arrival. Pure."""

from __future__ import annotations

from collections import Counter
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from processor.model.facets import OTHER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_PLACES: Final = 12
MAX_VALUES: Final = 10
MAX_VALUE_CHARS: Final = 80


def total(parts: Iterable[Mapping[str, Mapping[str, int]]]) -> dict[str, dict[str, int]]:
    """Return the bounded sum of these breakdowns; their order and previous cuts do not matter.

    Of more than `MAX_VALUES` values, those with the lowest hashes stay, each with all its occurrences: a value among
    the lowest of all is among the lowest of every part. The others are summed under `OTHER`.
    """
    summed: dict[str, Counter[str]] = {}
    for part in parts:
        for place, values in part.items():
            counter = summed.setdefault(place, Counter())
            for value, n in values.items():
                counter[short(value)] += n
    places = sorted(summed, key=lambda place: (len(place), place))[:MAX_PLACES]
    return {place: _bounded(summed[place]) for place in places}


def short(value: str) -> str:
    """Return the value in its stored length."""
    return value if len(value) <= MAX_VALUE_CHARS else value[: MAX_VALUE_CHARS - 1] + "…"


def _bounded(values: Counter[str]) -> dict[str, int]:
    kept = [value for value in values if value != OTHER]
    if len(kept) > MAX_VALUES:
        kept = sorted(kept, key=_rank)[:MAX_VALUES]
    found = {value: values[value] for value in sorted(kept)}
    rest = values.total() - sum(found.values())
    return {**found, OTHER: rest} if rest else found


def _rank(value: str) -> bytes:
    return blake2b(value.encode("utf-8", "surrogatepass"), digest_size=8).digest()
