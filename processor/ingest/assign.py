"""Assign: print the cluster of each entry of a file, without writing any state.

Decoding and masking do not depend on learned clusters, so they run in as many processes as there are cores; mining runs
in this process, in the order of the file, as in the worker.
"""

from __future__ import annotations

import gc
import os
from collections import deque
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

import msgspec

from processor.mining.grouper import Grouper
from processor.parsing import decode as entries
from processor.parsing import entry_fields, split_entries
from processor.parsing.log_entry import DecodeError
from processor.parsing.multiline import as_part, is_fragment, is_link, join, seconds_near
from processor.sources.file import Block, FileSource
from processor.sources.framing import MAX_ENTRY_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from concurrent.futures import Future

    from processor.mining.masker import Masker
    from processor.mining.miners import Miners
    from processor.model import Entry, Masked, ReceivedMessage, Stream
    from processor.model.ports import Source, Store

_BATCH: Final = 5000
_BLOCK_BYTES: Final = 1 << 22
_FIRST_BYTES: Final = 1 << 20
_LATER: Final = -1
# Kept decoded in case that a trace follows; more of them cost a tenth of all time, since each new entry is made of
# memory that has left the processor's cache. What is not kept is decoded again.
_LINES_BEFORE: Final = 8
_AROUND: Final = timedelta(seconds=2)
_NO_ENTRY: Final = b"\0"
_encode = msgspec.json.encode

# For each entry, the beginning of its line, joined by newlines, and the index of its message; the distinct messages in
# order of appearance; the number of lines that could not be decoded.
_Grouped = tuple[bytes, list[int], "list[Masked]", int]


class Written(NamedTuple):
    """Number of entries written, and of those that could not be decoded."""

    entries: int
    rejected: int


def write(source: Source, out: BinaryIO, *, store: Store | None, miners: Miners, masker: Masker) -> Written:
    """Print {"insert_id", "cluster_id"} for each entry in order, after the source is read to its end.

    The miners start empty and load the store's clusters. Ids are those after every merge. Entries that cannot be
    decoded are left out, and counted.
    """
    if store is not None:
        miners.refresh(store.load_model({}))
    begun: list[tuple[bytes, list[int], list[tuple[Stream, str]]]] = []
    rejected = 0
    for heads, indexes, messages, failed in _grouped(source, masker):
        rejected += failed
        # An id stays valid: merges are resolved at the end.
        begun.append((heads, indexes, [(masked.stream, miners.assign(*masked)) for masked in messages]))
    written = 0
    for heads, indexes, placed in begun:
        written += len(indexes)
        tails = [b',"cluster_id":' + _encode(miners.resolve(*key)) + b"}\n" for key in placed]
        if indexes:
            lines = zip(heads.split(b"\n"), indexes, strict=True)
            out.write(b"".join([head + tails[index] for head, index in lines]))
    out.flush()
    return Written(written, rejected)


def _grouped(source: Source, masker: Masker) -> Iterator[_Grouped]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    grouper = Grouper(masker)
    # The first part here, so that the processes begin with the shapes that it has: each is costly to see first. A short
    # one, since the other cores wait for it.
    first = _group(_take(source, _FIRST_BYTES), grouper)
    if cores == 1 or source.exhausted():
        yield first
        while not source.exhausted():
            yield _group(_take(source), grouper)
        return
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(cores, initializer=_begin, initargs=(grouper,)) as pool:
        waiting: deque[Future[_Grouped]] = deque()
        done: _Grouped | None = first
        while done is not None:
            # Enough work in progress to keep every core busy, not enough to fill the memory with a long file.
            while len(waiting) < 2 * cores and not source.exhausted():
                waiting.append(pool.submit(_group, _take(source)))
            yield done
            done = waiting.popleft().result() if waiting else None


def _take(source: Source, size: int = _BLOCK_BYTES) -> Block | list[bytes]:
    """Return the next part of the input: lines to be framed by the decoding process, or framed entries."""
    if isinstance(source, FileSource) and (block := source.block_ahead(size)) is not None:
        return block
    messages: Sequence[ReceivedMessage] = source.pull(_BATCH, 1.0)
    return [_NO_ENTRY if message.problem else message.data for message in messages]


_of_process: list[Grouper] = []


def _begin(grouper: Grouper) -> None:
    _of_process.append(grouper)
    gc.disable()  # no reference cycles are created here, and the search for them takes a tenth of the time


def _group(part: Block | list[bytes], grouper: Grouper | None = None) -> _Grouped:
    group = grouper or _of_process[0]
    now = datetime.now(UTC)
    heads: list[bytes] = []
    indexes: list[int] = []
    lines: list[bytes] = []
    times: list[datetime] = []
    logs: list[tuple[str, str]] = []
    failed = 0
    known: dict[Masked, int] = {}
    traces = _Traces()
    parts: list[tuple[int, Entry]] = []
    for line in part.read().split(b"\n") if isinstance(part, Block) else part:
        if not line:
            continue
        entry = _decoded(line, now)
        if entry is None:
            failed += 1
            continue
        if entry_fields.split(entry) is not None:
            parts.append((len(heads), entry))
        # A line that can only be part of a trace is grouped after its trace is known.
        indexes.append(_LATER if traces.observe(len(heads), entry) else known.setdefault(group(entry), len(known)))
        heads.append(b'{"insert_id":' + _encode(entry.insert_id))
        # The entry is kept only near a trace, so that the next entry reuses memory that is still in the cache.
        lines.append(line)
        times.append(entry.at)
        logs.append((entry.service, entry.log_name))
    whole = {parts[index][0]: part for index, part in split_entries.join([part for _, part in parts]).items()}
    if traces.fragments or whole:
        joined = _joined(traces, lines, times, logs, now) if traces.fragments else {}
        indexes, known = _regrouped(indexes, list(known), {**traces.fragments, **joined, **whole}, group)
    # JSON has no bare newline, so a single object is sent instead of thousands.
    return b"\n".join(heads), indexes, list(known), failed


def _decoded(line: bytes, now: datetime) -> Entry | None:
    if len(line) > MAX_ENTRY_BYTES:
        return None
    try:
        return entries.decode(line, now)
    except DecodeError:
        return None


def _regrouped(
    indexes: Sequence[int], messages: Sequence[Masked], lines: Mapping[int, Entry], group: Grouper
) -> tuple[list[int], dict[Masked, int]]:
    """Return the indexes and messages, with the lines of stack traces grouped as their wholes."""
    used: dict[Masked, int] = {}
    moved: dict[int, int] = {}
    found: list[int] = []
    for place, index in enumerate(indexes):
        if (line := lines.get(place)) is not None:
            found.append(used.setdefault(group(line), len(used)))
            continue
        at = moved.get(index)
        if at is None:
            at = moved[index] = used.setdefault(messages[index], len(used))
        found.append(at)
    return found, used


class _Traces:
    """Entries that may be lines of stack traces, as decoded.

    Attributes:
        fragments: entries that can only be such lines, by place.
        near: these and the lines around them in their logs.
        logs: (service, log name) of the fragments.
    """

    def __init__(self) -> None:
        self.fragments: dict[int, Entry] = {}
        self.near: dict[int, Entry] = {}
        self._before: deque[tuple[int, Entry]] = deque(maxlen=_LINES_BEFORE)
        self._last_at: datetime | None = None
        self.logs: set[tuple[str, str]] = set()

    def observe(self, place: int, entry: Entry) -> bool:
        """Add the next entry; return whether it can only be a line of a stack trace."""
        if is_fragment(entry):
            if is_link(entry):
                self.fragments[place] = entry
                self._before.append((place, entry))
                return True
            self.near.update(self._before)
            self._before.clear()
            self.fragments[place] = self.near[place] = entry
            self._last_at = entry.at
            self.logs.add((entry.service, entry.log_name))
            return True
        if (
            self._last_at is not None
            and (entry.service, entry.log_name) in self.logs
            and abs(entry.at - self._last_at) <= _AROUND
        ):
            self.near[place] = entry
        else:
            self._before.append((place, entry))
        return False


def _joined(
    traces: _Traces,
    lines: Sequence[bytes],
    times: Sequence[datetime],
    logs: Sequence[tuple[str, str]],
    now: datetime,
) -> dict[int, Entry]:
    """Return the lines of stack traces, each with the text of the whole, by place in `lines`."""
    proofs = (entry for entry in traces.fragments.values() if not is_link(entry))
    near = {second for entry in proofs for second in seconds_near(entry.at)}
    places = [
        place
        for place, (log, at) in enumerate(zip(logs, times, strict=True))
        if log in traces.logs and int(at.timestamp()) in near
    ]
    close = [traces.near.get(place) or entries.decode(lines[place], now) for place in places]
    fragments = [index for index, place in enumerate(places) if place in traces.fragments]
    return {places[index]: as_part(close[index], part) for index, part in join(close, fragments).items()}
