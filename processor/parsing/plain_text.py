"""Convert lines of a plain log file into LogEntries in JSON, each with the time at its start.

A line that continues the preceding line (a stack trace, an indented block) becomes part of its entry. JSON lines stay
unchanged, with a time added if they have none. Promises: never raises; every line that is not blank is in exactly one
entry; the same file gives the same entries.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import msgspec

from processor.model.patterns import regex
from processor.parsing import envelopes, timestamps

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

_MAX_LINES: Final = 400
_MAX_BYTES: Final = 131_072
_CONTINUES: Final = regex(
    r"[ \t]|Traceback \(most recent call last\):|Caused by: |Suppressed: |\.\.\. \d+ (?:more|common)|goroutine \d+ \["
    r"|During handling of the above exception|The above exception was"
)
_TRACEBACK: Final = "Traceback (most recent call last):"
# docker compose, kubectl --prefix: the origin of the line.
_CONTROL: Final = regex(r"\x1b\[[0-9;]*[A-Za-z]")


class PlainText:
    """Takes lines in order and returns complete entries; `finish` returns the last, still open entry.

    Args:
        name: of the log; the service of its entries.
        otherwise: the time of lines before the first line with a time.
    """

    def __init__(self, name: str, otherwise: Callable[[], datetime]) -> None:
        self._name = name
        self._otherwise = otherwise
        self._at = ""
        self._has_times = False
        self._in_traceback = False
        self._lines: list[str] = []
        self._size = 0
        self._offset = 0

    def feed(self, offset: int, line: bytes) -> list[tuple[int, bytes]]:
        """Return the entries that are now complete, each with the offset of its first line."""
        text = _CONTROL.sub("", line.decode("utf-8", "replace")).rstrip()
        if not text.strip():
            return []
        if text.startswith("{") and (entry := self._of_json(offset, text)) is not None:
            return [*self.finish(), (offset, entry)]
        at = timestamps.of_line(text, self._otherwise()) if not text[0].isspace() else None
        if at is None and self._lines and self._continues(text):
            self._lines.append(text)
            self._size += len(text)
            return []
        done = self.finish()
        self._has_times |= at is not None
        self._at = at or self._at
        self._in_traceback = text == _TRACEBACK
        self._lines, self._size, self._offset = [text], len(text), offset
        return done

    def finish(self) -> list[tuple[int, bytes]]:
        """Return the open entry, if there is one."""
        if not self._lines:
            return []
        text, self._lines = "\n".join(self._lines), []
        return [(self._offset, self._entry(self._offset, text, {"textPayload": text}))]

    def _continues(self, text: str) -> bool:
        if len(self._lines) >= _MAX_LINES or self._size > _MAX_BYTES:
            return False
        if text.startswith(_TRACEBACK):
            self._in_traceback = True
        if self._has_times or _CONTINUES.match(text):
            return True
        # The exception itself, after the frames of a trace.
        ends, self._in_traceback = self._in_traceback, False
        return ends

    def _of_json(self, offset: int, text: str) -> bytes | None:
        data = text.encode("utf-8", "replace")
        try:
            found = msgspec.json.decode(data)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return None
        if not isinstance(found, dict):
            return None
        entry = msgspec.json.decode(envelopes.rewrite(data) or data)
        if not isinstance(entry, dict) or entry.keys() & {"timestamp", "receiveTimestamp"}:
            return data
        return self._entry(offset, text, entry if entry.keys() & {"textPayload", "logName"} else {"jsonPayload": found})

    def _entry(self, offset: int, text: str, payload: dict[str, Any]) -> bytes:
        digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=6).hexdigest()
        at = self._at or self._otherwise().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        # Digits first, so that entries of one second stay in the order of the file.
        whole = {"insertId": f"{offset:012d}-{digest}", "logName": self._name, "timestamp": at, **payload}
        return msgspec.json.encode(whole)
