"""Convert times in the spellings of exports and loggers to RFC 3339, as Cloud Logging writes it.

Promises: never raises; None if a value is not a time. A time without a zone is UTC: so are those of BigQuery and nearly
every server, and a laptop's is at most a day off.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from processor.model.patterns import regex

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# 2001 to 2286, in each unit, by the number of digits.
_UNITS: Final = ((1e9, 1e10, 1e0), (1e12, 1e13, 1e3), (1e15, 1e16, 1e6), (1e18, 1e19, 1e9))
_DATE_TIME: Final = regex(
    r"(\d{4})[-/](\d\d)[-/](\d\d)(?:T|t|\s+)(\d\d:\d\d:\d\d)(?:[.,:](\d{1,9}))?\d*\s*"
    r"(Z|z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?"
)
_NUMBER: Final = regex(r"\d{10,19}(?:\.\d+)?|\d\.\d+E\d{1,2}", re.IGNORECASE)
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
# 14/Sep/2025:10:00:00 +0000 (access logs); Sun Sep 14 10:00:00.123 2025 (Apache's error log)
_ACCESS: Final = regex(r"(\d{1,2})/([A-Za-z]{3})/(\d{4}):(\d\d:\d\d:\d\d)\s*([+-]\d{4})?")
_APACHE: Final = regex(r"[A-Z][a-z]{2}\s+([A-Z][a-z]{2})\s+(\d{1,2})\s+(\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?\s+(\d{4})")
# Sep 14 10:00:00 (syslog): a time without a year.
_SYSLOG: Final = regex(r"([A-Z][a-z]{2})\s+(\d{1,2})\s+(\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?")
_HEAD_CHARS: Final = 160


def rfc3339(value: Any) -> str | None:
    """Return RFC 3339 for text, for seconds, milli-, micro- or nanoseconds since 1970, or for {seconds, nanos}."""
    if isinstance(value, dict):
        return _of_parts(value)
    if isinstance(value, str):
        text = value.strip()
        if found := _DATE_TIME.fullmatch(text):
            return _joined(found)
        if not _NUMBER.fullmatch(text):
            return None
        value = int(text) if text.isdigit() else float(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return next((_since_1970(value, unit) for least, most, unit in _UNITS if least <= value < most), None)


def of_line(line: str, now: datetime) -> str | None:
    """Return the time at the start of a plain line, after at most a few words. `now` gives a syslog line its year."""
    head = line[:_HEAD_CHARS]
    if found := _DATE_TIME.search(head):
        return _joined(found)
    if found := _ACCESS.search(head):
        day, month, year, clock, zone = found.groups()
        return _of_calendar(year, month, day, clock, "", f"{zone[:3]}:{zone[3:]}" if zone else "Z")
    if found := _APACHE.search(head):
        month, day, clock, fraction, year = found.groups()
        return _of_calendar(year, month, day, clock, fraction, "Z")
    if found := _SYSLOG.match(head):
        month, day, clock, fraction = found.groups()
        # December's lines are read in January.
        year = now.year - (_MONTHS.get(month.lower(), 1) > now.month)
        return _of_calendar(str(year), month, day, clock, fraction, "Z")
    return None


def _of_calendar(year: str, month: str, day: str, clock: str, fraction: str | None, zone: str) -> str | None:
    number = _MONTHS.get(month.lower())
    if number is None:
        return None
    return _checked(f"{year}-{number:02}-{int(day):02}T{clock}{'.' + fraction if fraction else ''}{zone}")


def _joined(found: re.Match[str]) -> str | None:
    year, month, day, clock, fraction, zone = found.groups()
    if not zone or zone in {"z", "UTC", "GMT"}:
        zone = "Z"
    elif zone != "Z" and ":" not in zone:
        zone = f"{zone[:3]}:{zone[3:] or '00'}"
    return _checked(f"{year}-{month}-{day}T{clock}{'.' + fraction if fraction else ''}{zone}")


def _checked(text: str) -> str | None:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return None
    return text


def _since_1970(value: float, unit: float) -> str:
    if isinstance(value, int):
        whole, rest = divmod(value, int(unit))
        digits = f"{rest:0{len(str(int(unit))) - 1}}" if unit > 1 else ""
        return (_EPOCH + timedelta(seconds=whole)).strftime("%Y-%m-%dT%H:%M:%S") + (f".{digits}Z" if digits else "Z")
    return (_EPOCH + timedelta(microseconds=round(value / unit * 1e6))).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _of_parts(value: dict[str, Any]) -> str | None:
    """Return the time of protobuf's {"seconds", "nanos"} or log4j2's {"epochSecond", "nanoOfSecond"}."""
    seconds = value.get("seconds", value.get("epochSecond", value.get("_seconds")))
    nanos = value.get("nanos", value.get("nanoOfSecond", value.get("_nanoseconds", 0)))
    try:
        return rfc3339(int(seconds) * 10**9 + int(nanos or 0))  # type: ignore[arg-type]  # caught below
    except (TypeError, ValueError, OverflowError):
        return None
