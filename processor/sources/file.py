"""Entries from a file, a file that grows, or standard input.

Positions are not remembered: a file read again gives the same entries again, and the ledger knows them.
"""

from __future__ import annotations

import os
import select
import stat
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Final

from processor.errors import SourceError
from processor.model import ReceivedMessage
from processor.sources.framing import Framer, is_ndjson

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from processor.sources.framing import Frame

_CHUNK: Final = 1 << 20
_BLOCK: Final = 1 << 22
_REST: Final = 1 << 16
_POLL_S: Final = 0.2


class FileSource:
    """See `processor.ports.Source`.

    `path` "-" is standard input. With `follow` the end of a file is not the end of the source: what is
    appended is read, and a file that was rotated or truncated is read from its new beginning.
    """

    def __init__(self, path: str, *, follow: bool = False) -> None:
        self._name = "stdin" if path == "-" else f"file:{Path(path).name}"
        self._path = None if path == "-" else Path(path)
        self._follow = follow
        self._fd = 0 if self._path is None else _open(self._path)
        mode = os.fstat(self._fd).st_mode
        self._regular = stat.S_ISREG(mode)
        self.size = os.fstat(self._fd).st_size if self._regular else None
        """Bytes to read, None where that is not known (a pipe)."""
        self.position = 0
        self._framer = Framer()
        self._pending: deque[ReceivedMessage] = deque()
        self._ended = False

    def pull(self, max_messages: int, timeout_s: float) -> Sequence[ReceivedMessage]:
        """See `Source.pull`."""
        deadline = time.monotonic() + timeout_s
        while len(self._pending) < max_messages and not self._ended:
            if not self._read(deadline):
                break
        return [self._pending.popleft() for _ in range(min(max_messages, len(self._pending)))]

    def lines_ahead(self) -> bytes:
        """Whole lines of what comes next, b"" where the input is no NDJSON or over.

        For readers that frame it themselves, before the first `pull` only.
        """
        if not self._regular or self._follow or self._ended:
            return b""
        block = os.read(self._fd, _BLOCK)
        if self.position == 0 and not is_ndjson(block):
            os.lseek(self._fd, 0, os.SEEK_SET)
            return b""
        while block and not block.endswith(b"\n") and (rest := os.read(self._fd, _REST)):
            end = rest.find(b"\n") + 1
            block += rest[: end or len(rest)]
            if end:
                os.lseek(self._fd, end - len(rest), os.SEEK_CUR)
        self.position += len(block)
        self._ended = not block
        return block

    def ack(self, messages: Sequence[ReceivedMessage]) -> None:
        """See `Source.ack`: a file has nothing to acknowledge to."""

    def release(self, messages: Sequence[ReceivedMessage]) -> None:
        """See `Source.release`: they are still in the file."""

    def exhausted(self) -> bool:
        """See `Source.exhausted`."""
        return self._ended and not self._pending

    def close(self) -> None:
        """See `Source.close`."""
        if self._path is not None and self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _read(self, deadline: float) -> bool:
        """Read one chunk; False when the deadline passed without any."""
        if not self._regular:
            ready, _, _ = select.select([self._fd], [], [], max(deadline - time.monotonic(), 0))
            if not ready:
                return False
        try:
            chunk = os.read(self._fd, _CHUNK)
        except OSError as error:
            raise SourceError(f"{self._name} cannot be read: {error.strerror}") from error
        self.position += len(chunk)
        if chunk:
            self._queue(self._framer.feed(chunk))
            return True
        if self._follow and self._regular:
            return self._wait_for_more(deadline)
        self._queue(self._framer.finish())
        self._ended = True
        return True

    def _wait_for_more(self, deadline: float) -> bool:
        if self._path is not None and self._replaced(self._path):
            if rest := os.read(self._fd, _CHUNK):
                # Written between the last read and the rename.
                self.position += len(rest)
                self._queue(self._framer.feed(rest))
                return True
            self._queue(self._framer.finish())
            os.close(self._fd)
            self._fd = _open(self._path)
            self._framer = Framer()
            self.position = 0
            return True
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(_POLL_S, left))
        return True

    def _replaced(self, path: Path) -> bool:
        """Whether the path names another file now, or this one was cut short."""
        try:
            named = path.stat()
        except FileNotFoundError:
            return False
        ours = os.fstat(self._fd)
        return (named.st_ino, named.st_dev) != (ours.st_ino, ours.st_dev) or named.st_size < self.position

    def _queue(self, frames: Iterable[Frame]) -> None:
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
