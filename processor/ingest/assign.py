"""Which entry goes to which cluster, for a whole file, without writing any state.

Decoding and masking do not look at what was learned, so they run in as many processes as there are cores; mining
sees the messages in the order of the file, in this process, as the worker would.
"""

from __future__ import annotations

import gc
import os
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

import msgspec

from processor.mining.grouper import Grouper
from processor.parsing import decode as entries
from processor.parsing import split_entries
from processor.parsing.decode import DecodeError
from processor.parsing.multiline import as_part, is_fragment, join, seconds_near
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
_NO_ENTRY: Final = b"\0"
_encode = msgspec.json.encode

# For each entry the beginning of its line, joined by newlines, and the index of its message; the distinct messages in
# order of appearance; how many could not be decoded.
_Grouped = tuple[bytes, list[int], "list[Masked]", int]


class Written(NamedTuple):
    """Entries that were written, and those that could not be decoded."""

    entries: int
    rejected: int


def write(source: Source, out: BinaryIO, *, store: Store | None, miners: Miners, masker: Masker) -> Written:
    """Print {"insert_id", "cluster_id"} for each entry in order, once the source is read to its end.

    The miners are empty; they take the store's clusters in. Ids are those after every merge. Entries that
    cannot be decoded are left out, and counted.
    """
    if store is not None:
        miners.refresh(store.load_model({}))
    begun: list[tuple[bytes, list[int], list[tuple[Stream, str]]]] = []
    rejected = 0
    for heads, indexes, messages, failed in _grouped(source, masker):
        rejected += failed
        # An id once given stays good: a merge is resolved at the end.
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
    first = _take(source)
    if cores == 1 or source.exhausted():
        grouper = Grouper(masker)
        while first or not source.exhausted():
            yield _group(first, grouper)
            first = _take(source)
        return
    with ProcessPoolExecutor(cores, initializer=_begin, initargs=(masker,)) as pool:
        waiting: deque[Future[_Grouped]] = deque([pool.submit(_group, first)])
        while waiting:
            # Enough under way to keep every core busy, not so much that a long file fills the memory.
            while len(waiting) < 2 * cores and not source.exhausted():
                waiting.append(pool.submit(_group, _take(source)))
            yield waiting.popleft().result()


def _take(source: Source) -> Block | list[bytes]:
    """The next part of the input: lines to be read and framed where they are decoded, or framed entries."""
    if isinstance(source, FileSource) and (block := source.block_ahead()) is not None:
        return block
    messages: Sequence[ReceivedMessage] = source.pull(_BATCH, 1.0)
    return [_NO_ENTRY if message.problem else message.data for message in messages]


_of_process: list[Grouper] = []


def _begin(masker: Masker) -> None:
    _of_process.append(Grouper(masker))
    gc.disable()  # nothing made here refers to itself, and looking for it takes a tenth of the time


def _group(part: Block | list[bytes], grouper: Grouper | None = None) -> _Grouped:
    group = grouper or _of_process[0]
    now = datetime.now(UTC)
    heads: list[bytes] = []
    indexes: list[int] = []
    lines: list[bytes] = []
    times: list[datetime] = []
    failed = 0
    known: dict[Masked, int] = {}
    fragments: dict[int, Entry] = {}
    parts: list[tuple[int, Entry]] = []
    for line in part.read().split(b"\n") if isinstance(part, Block) else part:
        if not line:
            continue
        entry = _decoded(line, now)
        if entry is None:
            failed += 1
            continue
        if is_fragment(entry):
            fragments[len(heads)] = entry
        if entries.split(entry) is not None:
            parts.append((len(heads), entry))
        heads.append(b'{"insert_id":' + _encode(entry.insert_id))
        indexes.append(known.setdefault(group(entry), len(known)))
        # The entry itself is not kept: what the next one is made of is then still in the processor's cache.
        lines.append(line)
        times.append(entry.at)
    joined = _joined(fragments, lines, times, now) if fragments else {}
    joined |= {parts[index][0]: part for index, part in split_entries.join([part for _, part in parts]).items()}
    if joined:
        messages = list(known)
        used: dict[Masked, int] = {}
        indexes = [
            used.setdefault(group(joined[place]) if place in joined else messages[index], len(used))
            for place, index in enumerate(indexes)
        ]
        known = used
    # JSON has no bare newline, so this is one object to send instead of thousands.
    return b"\n".join(heads), indexes, list(known), failed


def _decoded(line: bytes, now: datetime) -> Entry | None:
    if len(line) > MAX_ENTRY_BYTES:
        return None
    try:
        return entries.decode(line, now)
    except DecodeError:
        return None


def _joined(
    fragments: Mapping[int, Entry], lines: Sequence[bytes], times: Sequence[datetime], now: datetime
) -> dict[int, Entry]:
    """The entries that are lines of one stack trace, with the text of the whole, by place in `lines`."""
    near = {second for entry in fragments.values() for second in seconds_near(entry.at)}
    places = [place for place, at in enumerate(times) if int(at.timestamp()) in near]
    close = [fragments.get(place) or entries.decode(lines[place], now) for place in places]
    return {places[index]: as_part(close[index], part) for index, part in join(close).items()}
