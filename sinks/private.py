"""Redact the log text in a checkpoint before it is stored. The caller provides the rules.

Only stored text is redacted: searching a sample costs up to a millisecond, and most entries are not stored. Identifiers
(ids, resources, instances, revisions, times) stay: without them nobody finds the entry again.
"""

from __future__ import annotations

import json
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from processor.model import ExceptionInfo
from processor.model.facets import INFRASTRUCTURE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from processor.model import ClusterDelta, Sample

    Redact = Callable[[str], str]

_PAYLOADS: Final = ("textPayload", "jsonPayload", "protoPayload", "httpRequest", "labels")
_REMEMBERED: Final = 20_000


class Redaction:
    """Redacts deltas and samples; caches short texts. `None` leaves everything unchanged.

    Args:
        raw_samples: samples are stored as they came, and redacted later (`later`).
    """

    def __init__(self, redact: Redact | None, *, raw_samples: bool = False) -> None:
        self._redact = redact
        self._raw_samples = raw_samples
        self._short: Redact | None = None if redact is None else lru_cache(_REMEMBERED)(redact)

    def delta(self, delta: ClusterDelta) -> ClusterDelta:
        """Return the delta with its values redacted; its samples are unchanged."""
        if self._short is None:
            return delta
        facets = {
            name: dict(values) if name in INFRASTRUCTURE else self._counts(values)
            for name, values in delta.facets.items()
        }
        values = {place: self._counts(counts) for place, counts in delta.values.items()}
        return replace(delta, facets=facets, values=values)

    def sample(self, sample: Sample) -> Sample:
        """Return the sample in its stored form."""
        return sample if self._raw_samples else self._redacted(sample)

    def later(self, sample: Sample, before: datetime) -> Sample:
        """Return a stored sample as it has to be now: redacted if its entry is older than `before`."""
        return self._redacted(sample) if sample.at < before else sample

    def _redacted(self, sample: Sample) -> Sample:
        if self._redact is None or self._short is None:
            return sample
        raw, text = self._raw(sample.raw, sample.text)
        exception = sample.exception
        if exception is not None:
            short = self._short
            exception = ExceptionInfo(
                type=short(exception.type),
                message=short(exception.message),
                function=short(exception.function),
                file=short(exception.file),
                line=exception.line,
                root_type=short(exception.root_type),
                root_message=short(exception.root_message),
            )
        return replace(sample, text=text, raw=raw, exception=exception)

    def _counts(self, values: Mapping[str, int]) -> dict[str, int]:
        found: Counter[str] = Counter()
        for value, n in values.items():
            found[self._short(value) if self._short else value] += n
        return dict(found)

    def _raw(self, raw: str, text: str) -> tuple[str, str]:
        redact = self._redact or str
        try:
            entry = json.loads(raw)
        except (ValueError, RecursionError):
            entry = None
        if not isinstance(entry, dict):
            return redact(raw), redact(text)
        is_text = entry.get("textPayload") == text
        for name in _PAYLOADS:
            if name in entry:
                entry[name] = _cleaned(entry[name], redact)
        whole = json.dumps(entry, ensure_ascii=False, separators=(",", ":"))
        return whole, entry["textPayload"] if is_text else redact(text)


def _cleaned(value: Any, redact: Redact) -> Any:
    """Return the JSON value, redacted together with its keys, which identify the kind of value."""
    if isinstance(value, str):
        return redact(value)
    try:
        return json.loads(redact(json.dumps(value, ensure_ascii=False)))
    except (ValueError, RecursionError):
        return _walked(value, redact)


def _walked(value: Any, redact: Redact) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {redact(name): _walked(one, redact) for name, one in value.items()}
    return [_walked(one, redact) for one in value] if isinstance(value, list) else value
