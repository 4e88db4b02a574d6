"""Join: lines of one stack trace that arrived as entries of their own become one exception again.

A runtime that prints a stack trace to stderr gives one log entry per line. Lines of one log and one instance
that follow each other within a second, begin as a stack trace and read as one, get the text of the whole;
every line is still counted, in the cluster of the exception. Whether an entry is counted never depends on
this. Lines that were spread over batches or workers are not joined; they are grouped each by its own words.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from processor.parsing import decode as entries
from processor.parsing import stacktrace as traceback

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from processor.model import Entry

_PAUSE: Final = timedelta(seconds=1)
_MAX_LINES: Final = 500
_HEAD_CHARS: Final = 601  # one more than is looked at, so that a longer line is not taken for one that ends there
_SHAPE: Final = bytes.maketrans(b"123456789", b"000000000")
_BY_SHAPE: Final[dict[bytes, bool]] = {}
_MAX_SHAPES: Final = 4096
_INSTANCES: Final = ("instanceId", "instance_id", "pod_name")


def joined(batch: Sequence[Entry]) -> Sequence[Entry]:
    """The same entries, each that is a line of a stack trace with the text of the whole."""
    whole = join(batch)
    return [entry._replace(text=whole.get(index, entry.text)) for index, entry in enumerate(batch)] if whole else batch


def join(batch: Sequence[Entry]) -> Mapping[int, str]:
    """The text of the whole stack trace, by index of each entry that is a line of one."""
    near = {second for entry in batch if is_fragment(entry) for second in seconds_near(entry.at)}
    if not near:
        return {}
    by_place: dict[tuple[str, str, str, str], list[int]] = {}
    for index, entry in enumerate(batch):
        if second_of(entry.at) in near and _is_line(entry):
            by_place.setdefault(_place(entry), []).append(index)
    joined: dict[int, str] = {}
    for indexes in by_place.values():
        # Exports come newest first; lines printed in one microsecond keep the order of arrival.
        newest_first = batch[indexes[0]].at > batch[indexes[-1]].at
        ordered = sorted(reversed(indexes) if newest_first else indexes, key=lambda index: batch[index].at)
        for run in _runs(batch, ordered):
            text = "\n".join(batch[index].text for index in run)
            if traceback.parse(text) is not None:
                joined.update(dict.fromkeys(run, text))
    return joined


def is_fragment(entry: Entry) -> bool:
    """Whether the entry can only be a line of a stack trace. Without one in a batch nothing is joined."""
    text = entry.text
    if not text or "\n" in text:
        return False
    # Lines that differ in digits are asked once, since this is asked of every entry.
    shape = text[:_HEAD_CHARS].encode("utf-8", "surrogatepass").translate(_SHAPE)
    known = _BY_SHAPE.get(shape)
    if known is None:
        if len(_BY_SHAPE) >= _MAX_SHAPES:
            _BY_SHAPE.clear()
        known = _BY_SHAPE[shape] = traceback.is_continuation(shape.decode("utf-8", "surrogatepass"))
    return known


def second_of(at: datetime) -> int:
    """Whole seconds since the epoch."""
    return int(at.timestamp())


def seconds_near(at: datetime) -> range:
    """The seconds of all lines that may belong to the stack trace of a fragment of this time."""
    return range(second_of(at) - 1, second_of(at) + 2)


def _runs(batch: Sequence[Entry], ordered: Sequence[int]) -> Iterator[list[int]]:
    """Stretches of lines that begin as a stack trace and go on without a pause or a foreign line."""
    run: list[int] = []
    open_ended = False  # the last line may still be followed by any indented line or the exception itself
    for index in ordered:
        text = batch[index].text
        near = bool(run) and len(run) < _MAX_LINES and batch[index].at - batch[run[-1]].at <= _PAUSE
        continues = traceback.is_continuation(text)
        headed = near and traceback.starts(batch[run[0]].text)
        if traceback.starts(text) and not (near and _links(batch[run[-1]].text)):
            begins, belongs = True, False
        elif traceback.ends(text) and not text[:1].isspace() and not continues:
            # Python names the exception at the end, Java at the beginning.
            belongs = headed and open_ended
            begins = not belongs
        else:
            begins = False
            belongs = near and (continues or (open_ended and text[:1] in " \t|"))
        if belongs:
            run.append(index)
        else:
            if len(run) > 1:
                yield run
            run = [index] if begins else []
        open_ended = bool(run) and not (belongs and traceback.ends(text) and not continues)
    if len(run) > 1:
        yield run


def _links(text: str) -> bool:
    return text.startswith(("During handling of", "The above exception was"))


def _is_line(entry: Entry) -> bool:
    return bool(entry.text) and "\n" not in entry.text


def _place(entry: Entry) -> tuple[str, str, str, str]:
    labels, resource = entries.labels(entry), entries.resource(entry)
    instance = next((labels.get(name) or resource.get(name) or "" for name in _INSTANCES), "")
    return (entry.project, entry.service, entry.log_name, instance)
