"""A cluster for readers who did not ask for raw log text: secrets are removed. Pure.

Only rendered text passes through it. Samples and values are redacted before they are stored, unless `store_raw` is
set; a template keeps the words that all entries share, and one of them may be a secret.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from processor.model import Cluster, Sample

    Redact = Callable[[str], str]

_KEPT: Final = 16_384
_NAMES: Final = frozenset(("insertId", "logName", "resource", "trace", "spanId", "timestamp", "receiveTimestamp"))
"""Fields of an entry without which nobody finds it again."""
_MAX_KEYED: Final = 200
_KEYED: Final = "[redacted: by its key]"


def remembering(redact: Redact) -> Redact:
    """Return the same function with a cache, since pages are rendered repeatedly."""
    return lru_cache(maxsize=_KEPT)(redact)


def redacted(cluster: Cluster, redact: Redact) -> Cluster:
    """Return the cluster with all log text redacted; ids, names of services, revisions and times stay."""
    if redact is str:
        return cluster
    return replace(
        cluster,
        template=redact(cluster.template),
        sample=redacted_sample(cluster.sample, redact),
        latest=redacted_sample(cluster.latest, redact),
        values={key: _counts(counts, redact) for key, counts in cluster.values.items()},
        facets={name: _counts(counts, redact) for name, counts in cluster.facets.items()},
    )


def redacted_sample(sample: Sample, redact: Redact) -> Sample:
    """Return the sample with its texts redacted."""
    if redact is str:
        return sample
    told = sample.exception
    if told is not None:
        told = told._replace(message=redact(told.message), root_message=redact(told.root_message))
    return replace(sample, text=redact(sample.text), raw=_raw(sample.raw, redact), exception=told)


def _raw(raw: str, redact: Redact) -> str:
    """Return the entry's JSON with every string redacted; as text if it was cut."""
    try:
        entry = json.loads(raw)
        return json.dumps(_told("", entry, redact), ensure_ascii=False) if isinstance(entry, dict) else redact(raw)
    except (ValueError, RecursionError):
        return redact(raw)


def _told(key: str, value: Any, redact: Redact) -> Any:
    if key in _NAMES:
        return value
    if isinstance(value, dict):
        return {redact(name): _told(name, one, redact) for name, one in value.items()}
    if isinstance(value, list):
        return [_told(key, one, redact) for one in value]
    if not isinstance(value, str):
        return value
    # A secret may be known by its key alone, whatever it looks like.
    known = key and len(value) < _MAX_KEYED and value not in redact(f'{key}="{value}"')
    return _KEYED if known and redact(value) == value else redact(value)


def _counts(counts: Mapping[str, int], redact: Redact) -> dict[str, int]:
    found: dict[str, int] = {}
    for value, n in counts.items():
        told = redact(value)
        found[told] = found.get(told, 0) + n
    return found
