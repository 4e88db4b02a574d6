"""Join the lines of a stack trace that arrived as separate entries into one exception.

A runtime that prints a stack trace to stderr produces a log entry per line. Lines of the same log, instance and
execution that follow each other within a second and form a trace get the text of the whole and a common severity, at
least ERROR; the first of them is the occurrence. The log record above a trace belongs to it. Every line still counts as
an entry. If a second trace begins inside an open trace and their lines cannot be separated, nothing is joined.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from processor.model import Severity
from processor.model.patterns import regex
from processor.parsing import entry_fields, shapes, stacktrace
from processor.parsing import severity as levels

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from processor.model import Entry

_PAUSE: Final = timedelta(seconds=1)
_TAIL: Final = timedelta(seconds=2)
_HEAD_CHARS: Final = 601  # longer than the part that is examined, so that a cut line is not taken for a complete line
_SHAPE: Final = bytes.maketrans(b"123456789", b"000000000")
_FRAGMENTS: Final[dict[bytes, bool]] = {}
_SIGNS: Final[dict[bytes, bool]] = {}
_MAX_SHAPES: Final = 16_384
_UNCERTAIN: Final = 48  # one of these last lines of a batch has to look like part of a trace
# The printer of the line, if stated: lines of different printers are never part of the same trace.
_PRINTERS: Final = (
    "instanceId", "instance_id", "pod_name", "container_name", "appengine.googleapis.com/instance_name",
    "execution_id", "run.googleapis.com/execution_name", "run.googleapis.com/task_index",
)  # fmt: skip
_PRINTER_NAMES: Final = frozenset(_PRINTERS)
_RECORDS: Final = ("Exception on /", "Internal Server Error: ", "Exception in thread ", "Unhandled exception in ")
_FAILED = regex(r".{0,80}?\b(?:ERROR|CRITICAL|FATAL|SEVERE|PANIC)\b")
_TAGS = regex(r"(?:\[[^\]]{8,80}\]\s*)+")  # Rails prints the tags of a request on an empty line, too
_FAILURES: Final = frozenset({"ERROR", "CRITICAL", "ALERT", "EMERGENCY"})


class Part(NamedTuple):
    """Result for a line: the text and severity of the whole trace, and whether the line is its first."""

    text: str
    severity: Severity
    is_first: bool


class _Run(NamedTuple):
    """A stretch of lines from the same printer, as indexes from `start` up to `end`, exclusive."""

    start: int
    end: int
    is_open: bool


def joined(batch: Sequence[Entry], fragments: Collection[int] | None = None) -> Sequence[Entry]:
    """Return the entries, with each line of a stack trace replaced by its part of the whole."""
    whole = join(batch, fragments)
    if not whole:
        return batch
    return [entry if (part := whole.get(index)) is None else as_part(entry, part) for index, entry in enumerate(batch)]


def as_part(entry: Entry, part: Part) -> Entry:
    """Return the entry with the text and severity of its trace."""
    return entry._replace(text=part.text, severity=part.severity, occurrence=part.is_first)


def join(batch: Sequence[Entry], fragments: Collection[int] | None = None) -> Mapping[int, Part]:
    """Map the index of each line of a stack trace to its part of the whole.

    Args:
        batch: entries, in the order of arrival.
        fragments: the indexes of those that `is_fragment`, if they are known.
    """
    lines = frozenset(_fragments(batch) if fragments is None else fragments)
    proofs = [entry for entry in map(batch.__getitem__, lines) if not is_link(entry)]
    if not proofs:
        return {}
    near = {second for entry in proofs for second in seconds_near(entry.at)}
    logs = {(entry.service, entry.log_name) for entry in proofs}
    close = (
        index
        for index, entry in enumerate(batch)
        if (entry.service, entry.log_name) in logs and second_of(entry.at) in near
    )
    found: dict[int, Part] = {}
    for ordered in _by_place(batch, close):
        texts = [batch[index].text for index in ordered]
        for run in _runs(batch, ordered, texts, lines):
            whole = ordered[run.start : run.end]
            text = "\n".join(texts[run.start : run.end])
            if len(whole) > 1 and stacktrace.parse(text) is not None:
                severity = max(Severity.ERROR, *(batch[index].severity for index in whole))
                found.update((index, Part(text, severity, index == whole[0])) for index in whole)
    return found


def _fragments(batch: Sequence[Entry]) -> list[int]:
    return [index for index, entry in enumerate(batch) if is_fragment(entry)]


def open_tail(batch: Sequence[Entry]) -> frozenset[int]:
    """Return the indexes of the last lines of a batch that the next batch may continue."""
    if not batch:
        return frozenset()
    since = max(entry.at for entry in batch) - _TAIL
    found: set[int] = set()
    for ordered in _by_place(batch, (index for index, entry in enumerate(batch) if entry.at >= since)):
        if not any(_is_sign(batch[index].text) for index in ordered[-_UNCERTAIN:]):
            continue
        texts = [batch[index].text for index in ordered]
        lines = {index for index, text in zip(ordered, texts, strict=True) if _is_fragment(text)}
        run = next((run for run in _runs(batch, ordered, texts, lines, is_tail=True) if run.is_open), None)
        if run is not None:
            found.update(ordered[run.start :])
    return frozenset(found)


def is_fragment(entry: Entry) -> bool:
    """Return whether the entry can only be a line of a stack trace; a batch without such an entry is not joined."""
    text = entry.text
    return bool(text) and "\n" not in text and _is_fragment(text)


def is_link(entry: Entry) -> bool:
    """Return whether the fragment is no part of a trace unless a line of another kind is near it."""
    return stacktrace.is_link(entry.text)


def _is_fragment(text: str) -> bool:
    # Lines that differ only in numbers are tested once, since this runs for every entry.
    head = text if len(text) <= _HEAD_CHARS else text[:_HEAD_CHARS]
    shape = shapes.shape(head)
    found = _FRAGMENTS.get(shape)
    if found is None:
        found = _remember(_FRAGMENTS, shape, is_one=stacktrace.is_fragment(shapes.plain(head)))
    return found


def _is_sign(text: str) -> bool:
    """Return whether the line belongs to a trace, or may be its first line."""
    # A head may be a log record, which begins with a time: the number of its digits counts.
    shape = text[:_HEAD_CHARS].encode("utf-8", "surrogatepass").translate(_SHAPE)
    found = _SIGNS.get(shape)
    if found is None:
        found = _remember(_SIGNS, shape, is_one=_may_be_head(shape.decode("utf-8", "surrogatepass")))
    return found or _is_fragment(text)


def _remember(known: dict[bytes, bool], shape: bytes, *, is_one: bool) -> bool:
    if len(known) >= _MAX_SHAPES:
        known.clear()
    known[shape] = is_one
    return is_one


def second_of(at: datetime) -> int:
    """Return whole seconds since the epoch."""
    return int(at.timestamp())


def seconds_near(at: datetime) -> range:
    """Return the seconds of all lines that may belong to the stack trace of a fragment at this time."""
    return range(second_of(at) - 1, second_of(at) + 2)


def _by_place(batch: Sequence[Entry], indexes: Iterator[int]) -> Iterator[list[int]]:
    """Group lines by printer, in the order of time."""
    places: dict[tuple[str, ...], list[int]] = {}
    known: dict[tuple[object, ...], list[int]] = {}
    for index in indexes:
        entry = batch[index]
        if not _is_line(entry):
            continue
        spelling = (entry.project, entry.service, entry.log_name, *entry_fields.spelling(entry, _PRINTER_NAMES))
        found = known.get(spelling)
        if found is None:
            found = known[spelling] = places.setdefault(_place(entry), [])
        found.append(index)
    for found in places.values():
        # Exports come newest first; lines printed in one microsecond keep the order of arrival.
        if batch[found[0]].at > batch[found[-1]].at:
            found.reverse()
        found.sort(key=lambda index: batch[index].at)
        yield found


def _runs(
    batch: Sequence[Entry],
    ordered: Sequence[int],
    texts: Sequence[str],
    lines: Collection[int],
    *,
    is_tail: bool = False,
) -> Iterator[_Run]:
    """Return stretches that begin as a stack trace and have no pause; with `is_tail`, also the last open stretch."""
    start = 0
    fragments = [index in lines for index in ordered]
    for at in range(1, len(ordered) + 1):
        if at == len(ordered) or batch[ordered[at]].at - batch[ordered[at - 1]].at > _PAUSE:
            is_last = is_tail and at == len(ordered)
            printed = _without_prefixes(texts[start:at], fragments[start:at], least=1 if is_last else 2)
            for run in _stretches(printed, fragments[start:at], is_last=is_last):
                yield _Run(start + run.start, start + run.end, run.is_open)
            start = at


def _without_prefixes(texts: Sequence[str], fragments: Sequence[bool], *, least: int) -> Sequence[str]:
    """Return the lines without what a collector put in front of each, if that is how the traces among them came.

    Takes `least` lines of a trace behind a prefix as proof; of a trace that the batch has cut, one may be there.
    """
    own = [text for text, is_one in zip(texts, fragments, strict=True) if is_one]
    behind = sum(stacktrace.is_prefixed(text[:_HEAD_CHARS]) for text in own)
    return [stacktrace.unprefixed(text) for text in texts] if behind >= least and 2 * behind > len(own) else texts


def _stretches(texts: Sequence[str], fragments: Sequence[bool], *, is_last: bool) -> Iterator[_Run]:
    at = previous_end = 0
    ahead = _ahead(fragments, is_last=is_last)
    while at < len(texts):
        if ahead[at] > _UNCERTAIN:
            at += 1
            continue
        found = stacktrace.extent(texts, at, is_after=at == previous_end and at > 0, ahead=ahead[at])
        is_open = found.is_open and is_last
        if found.crossed_at:
            # Two interleaved traces: the following frames cannot be assigned to either.
            at = max(stacktrace.extent(texts, found.crossed_at, is_after=False).end, found.crossed_at + 1)
        elif found.end > at + 1 or (is_open and _may_begin(texts, at)):
            end = len(texts) if is_open else found.end
            yield _Run(_record_above(texts, at, previous_end), end, is_open)
            at = previous_end = end
        else:
            at += 1


def _ahead(fragments: Sequence[bool], *, is_last: bool) -> list[int]:
    """Return, for each line, the distance to the next line that can only be part of a trace; the end counts as such."""
    distance = 0 if is_last else len(fragments) + _UNCERTAIN
    found = [0] * len(fragments)
    for at in range(len(fragments) - 1, -1, -1):
        distance = 0 if fragments[at] else distance + 1
        found[at] = distance
    return found


def _record_above(texts: Sequence[str], at: int, least: int) -> int:
    """Return the start of the log record above the trace; `at` if there is none."""
    above = at - 1
    while above >= least and not texts[above].strip():
        above -= 1
    if above < least:
        return at
    return above if _is_record(texts[above]) else at


def _is_record(text: str) -> bool:
    return (
        text.startswith(_RECORDS)
        or _TAGS.fullmatch(text) is not None
        or _FAILED.match(text) is not None
        or levels.infer(text) in _FAILURES
    )


def _may_begin(texts: Sequence[str], at: int) -> bool:
    """Return whether the last lines of a batch, not yet a trace, are worth waiting for."""
    return any(_is_sign(text) for text in texts[at:])


def _may_be_head(text: str) -> bool:
    return stacktrace.may_begin(text) or _is_record(text)


def _is_line(entry: Entry) -> bool:
    return "\n" not in entry.text and entry.http is None and not entry.own


def _place(entry: Entry) -> tuple[str, ...]:
    labels, resource = entry_fields.labels(entry), entry_fields.resource(entry)
    printer = (labels.get(name) or resource.get(name) or "" for name in _PRINTERS)
    return (entry.project, entry.service, entry.log_name, *printer)
