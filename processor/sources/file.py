"""Entries from a file, a growing file, or standard input.

Positions are not stored: a file read again gives the same entries again, and the ledger recognises them.
"""

from __future__ import annotations

import os
import select
import stat
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from processor.model import ReceivedMessage
from processor.model.errors import SourceError
from processor.sources import forms
from processor.sources.encoding import Decoding
from processor.sources.framing import Framer
from processor.sources.shapes import is_ndjson

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from processor.sources.framing import Frame

_CHUNK: Final = 1 << 20
_REST: Final = 1 << 16
_POLL_S: Final = 0.2
_TELLING: Final = 512
"""Bytes of text, not JSON, needed for a judgement; a pipe may deliver a few at a time."""


class LineReader(Protocol):
    """Makes entries from lines of plain text; see `processor.parsing.plain_text`."""

    def feed(self, offset: int, line: bytes) -> list[tuple[int, bytes]]:
        """Return the entries that are now complete, each with its offset."""

    def finish(self) -> list[tuple[int, bytes]]:
        """Return the last, still open entry."""


class Block(NamedTuple):
    """A part of a file, from byte `start` up to byte `end`."""

    path: str
    start: int
    end: int

    def read(self) -> bytes:
        """Return its bytes. Raises `SourceError`."""
        try:
            with Path(self.path).open("rb") as file:
                file.seek(self.start)
                return file.read(self.end - self.start)
        except OSError as error:
            raise SourceError(f"{self.path} cannot be read: {error.strerror}") from error


class FileSource:
    """See `processor.model.ports.Source`.

    `path` "-" is standard input. With `follow` the end of a file is not the end of the source: appended text is read,
    and a file that was rotated or truncated is read from its new beginning.
    """

    def __init__(self, path: str, *, follow: bool = False, lines: LineReader | None = None) -> None:
        self._name = "stdin" if path == "-" else f"file:{Path(path).name}"
        self._said = "standard input" if path == "-" else path
        self._path = None if path == "-" else Path(path)
        self._follow = follow
        self._lines = lines
        self._fd = 0 if self._path is None else _open(self._path)
        mode = os.fstat(self._fd).st_mode
        self._regular = stat.S_ISREG(mode)
        self.size = os.fstat(self._fd).st_size if self._regular else None
        """Bytes to read, None where that is not known (a pipe)."""
        self.position = 0
        self._begin()
        self._pending: deque[ReceivedMessage] = deque()
        self._failed: SourceError | None = None
        self._ended = False
        if self._regular and (self._path is not None):
            self._recognise(os.pread(self._fd, forms.HEAD_BYTES, 0))

    def _begin(self) -> None:
        self._framer = Framer(lines=self._lines is not None)
        self._decoding = Decoding()
        self._pieces: Iterator[bytes] = iter(())
        self._head: bytes | None = b""

    def begin(self) -> None:
        """Wait for the first bytes of a pipe. Raises `SourceError` if they have no readable form."""
        if self._path is not None and self._regular:
            return  # checked when it was opened
        while self._head is not None and not self._ended and not self._pending:
            self._read(time.monotonic() + _POLL_S)

    def pull(self, max_messages: int, timeout_s: float) -> Sequence[ReceivedMessage]:
        """See `Source.pull`."""
        deadline = time.monotonic() + timeout_s
        while len(self._pending) < max_messages and not self._ended:
            try:
                if not self._read(deadline):
                    break
            except SourceError as error:
                self._failed, self._ended = error, True
        if self._failed is not None and not self._pending:
            raise self._failed  # the entries read before are good, and were returned
        return [self._pending.popleft() for _ in range(min(max_messages, len(self._pending)))]

    def block_ahead(self, size_bytes: int) -> Block | None:
        """Return the place of the next whole lines of the file; None if it is not NDJSON, not a file, or at its end.

        At least `size_bytes`, if there are as many. For callers that read and frame them in other processes; only
        before the first `pull`.
        """
        start, size = self.position, self.size
        if self._path is None or size is None or self._follow or self._ended or self._lines is not None:
            return None
        if start == 0 and not is_ndjson(os.pread(self._fd, _REST, 0)):
            return None
        end = min(start + size_bytes, size)
        while end < size:
            # From the byte before, which may be the newline itself.
            found = os.pread(self._fd, _REST, end - 1).find(b"\n")
            if found >= 0:
                end += found
                break
            end = min(end + _REST - 1, size)
        self.position, self._ended = end, start == end
        return Block(str(self._path), start, end) if end > start else None

    def ack(self, messages: Sequence[ReceivedMessage]) -> None:
        """Do nothing: a file needs no acknowledgement; see `Source.ack`."""

    def release(self, messages: Sequence[ReceivedMessage]) -> None:
        """Do nothing: the entries are still in the file; see `Source.release`."""

    def exhausted(self) -> bool:
        """See `Source.exhausted`."""
        return self._ended and not self._pending and self._failed is None

    def close(self) -> None:
        """See `Source.close`."""
        if self._path is not None and self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _read(self, deadline: float) -> bool:
        """Read a chunk, or a piece of an unpacked chunk; return False if the deadline passed without data."""
        if (piece := self._next_piece()) is not None:
            self._take_text(piece, final=False)
            return True
        if not self._regular:
            ready, _, _ = select.select([self._fd], [], [], max(deadline - time.monotonic(), 0))
            if not ready:
                return False
        try:
            chunk = os.read(self._fd, _CHUNK)
        except OSError as error:
            raise SourceError(f"{self._said} cannot be read: {error.strerror}") from error
        self.position += len(chunk)
        if chunk:
            self._pieces = self._decoding.feed(chunk)
            return True
        if self._follow and self._regular:
            return self._wait_for_more(deadline)
        self._finish()
        self._ended = True
        return True

    def _next_piece(self) -> bytes | None:
        try:
            return next(self._pieces, None)
        except SourceError as error:
            raise SourceError(f"{self._said}: {error}") from None

    def _take_text(self, piece: bytes, *, final: bool) -> None:
        """Frame a piece of text, after a check of its beginning."""
        if self._head is not None:
            piece = self._head = self._head + piece
            if len(piece) < _TELLING and not piece.lstrip().startswith((b"{", b"[")) and not final:
                return
            self._head = None
            self._refuse(forms.refusal_of_bytes(piece) or ("" if self._lines else forms.refusal_of_text(piece)))
        self._queue(self._framer.feed(piece))

    def _recognise(self, head: bytes) -> None:
        """Refuse a file of a known, unreadable form, before any entry is made of it."""
        self._refuse(forms.refusal_of_bytes(head))
        pieces = Decoding().feed(head)
        try:
            text = next(pieces, b"")
        except SourceError as error:
            raise SourceError(f"{self._said}: {error}") from None
        self._refuse(forms.refusal_of_bytes(text) or ("" if self._lines else forms.refusal_of_text(text)))

    def _refuse(self, sentence: str) -> None:
        if sentence:
            raise SourceError(f"{self._said} {sentence}".replace("FILE", self._said if self._path else "FILE"))

    def _finish(self) -> None:
        """Frame the rest at the end of a file."""
        try:
            for piece in self._decoding.finish():
                self._take_text(piece, final=True)
        except SourceError as error:
            self._failed = SourceError(f"{self._said}: {error}")
        if self._head:
            self._take_text(b"", final=True)
        self._queue(self._framer.finish())
        self._flush_lines()

    def _flush_lines(self) -> None:
        if self._lines is not None:
            for offset, entry in self._lines.finish():
                self._pending.append(ReceivedMessage(entry, str(offset), "", self._name, offset))

    def _wait_for_more(self, deadline: float) -> bool:
        if self._path is not None and self._replaced(self._path):
            if rest := os.read(self._fd, _CHUNK):
                # Written between the last read and the rename.
                self.position += len(rest)
                self._pieces = self._decoding.feed(rest)
                return True
            self._finish()
            os.close(self._fd)
            self._fd = _open(self._path)
            self._begin()
            self.position = 0
            return True
        self._flush_lines()
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(_POLL_S, left))
        return True

    def _replaced(self, path: Path) -> bool:
        """Return whether the path names another file now, or this file was truncated."""
        try:
            named = path.stat()
        except FileNotFoundError:
            return False
        ours = os.fstat(self._fd)
        return (named.st_ino, named.st_dev) != (ours.st_ino, ours.st_dev) or named.st_size < self.position

    def _queue(self, frames: Iterable[Frame]) -> None:
        if self._lines is not None:
            for offset, data, _, _ in frames:
                for at, entry in self._lines.feed(offset, data):
                    self._pending.append(ReceivedMessage(entry, str(at), "", self._name, at))
            return
        for offset, data, problem, size in frames:
            self._pending.append(ReceivedMessage(data, str(offset), "", self._name, offset, problem, size))


def _open(path: Path) -> int:
    try:
        if path.is_dir():
            raise SourceError(f"{path} is a directory; name a file of log entries in it")
        return os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        raise SourceError(f"{path} does not exist; name a file of log entries, or - for standard input") from None
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}") from error
