"""Cut a byte stream into log entries: NDJSON, a JSON array, indented objects, output of `gcloud logging read`.

Works on chunks of any size with bounded memory. Damage stays local: a truncated or oversized entry becomes a frame with
a problem, and the next entry is found again. Nothing is decoded here.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from typing import TYPE_CHECKING, Final

from processor.model.patterns import regex
from processor.sources.shapes import (
    LINES,
    LIST,
    LIST_END,
    MAX_LIST_END,
    MAY_BE_LIST,
    NEWLINE,
    after_list,
    begins_anew,
    shape_of,
)

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

MAX_ENTRY_BYTES: Final = 1_048_576
"""Cloud Logging's own limit is 256 KiB (512 KiB for audit logs); twice that leaves room for indentation."""
HEAD_BYTES: Final = 262_144
# A whole string, or a structural character. A JSON string holds no raw newline, so a quote without
# a partner on its line is damage.
_TOKEN: Final = regex(rb'"(?:[^"\\\n]|\\[^\n])*"|[{}"]')
# Possible start of the next element of an array without line breaks: the only clue after damage.
_NEXT: Final = regex(rb',\s*(?=\{")')
# A repair reads the rest of the buffer again, so a file full of damage must not cause a repair per element.
_MAX_REPAIRS: Final = 20


Frame = tuple[int, bytes, str, int]
"""(offset, data, problem, size): the bytes of an entry, their offset, and their number if `data` is only their head.

`problem` is a sentence if they cannot be an entry. A plain tuple, since there is one for every line of a file.
"""


class Framer:
    """Takes chunks and returns frames; `finish` returns the rest at the end of the stream."""

    def __init__(self, max_bytes: int = MAX_ENTRY_BYTES, *, lines: bool = False) -> None:
        self._max = max_bytes
        self._buffer = b""
        self._offset = 0
        self._skipped = 0
        self._head = b""
        self._only_lines = lines
        self._shape = LINES
        self._repairs = 0
        self._decided = lines
        self._decided_at = -1
        self._in_answer = False

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """Return the entries that are now complete."""
        self._buffer += chunk
        while self._decided or self._decide(final=False):
            yield from self._frames(final=False)
            if self._decided:
                return

    def finish(self) -> Iterator[Frame]:
        """Return the rest: an entry without a newline, or a truncated entry."""
        over = False
        while not over:
            if not self._decided:
                self._decide(final=True)
            yield from self._frames(final=True)
            over = self._decided

    def _decide(self, *, final: bool) -> bool:
        """Return whether the next form can be determined."""
        if self._offset == 0 and self._buffer.startswith(BOM_UTF8):
            self._take(len(BOM_UTF8))
        if not final and BOM_UTF8.startswith(self._buffer):
            return False
        if self._in_answer and not self._leave_answer(final=final):
            return False
        shape = shape_of(self._buffer, final=final or len(self._buffer) >= self._max)
        if shape is None:
            return False
        self._shape, self._in_answer = shape, shape.in_answer
        self._take(shape.begin)
        self._decided, self._decided_at = True, self._offset
        return True

    def _leave_answer(self, *, final: bool) -> bool:
        """Skip the fields of an API's answer after its list."""
        end = LIST_END.match(self._buffer)
        if end is None and not final and len(self._buffer) < MAX_LIST_END:
            return False
        self._in_answer = False
        if end:
            self._take(end.end())
        return True

    def _frames(self, *, final: bool) -> Iterator[Frame]:
        boundary = self._shape.boundary
        if boundary is None:
            yield from self._elements(final=final)
            return
        if boundary is NEWLINE and not self._skipped:
            yield from self._lines(final=final)
            if not self._decided:
                return
        start = 0
        for match in boundary.finditer(self._buffer):
            yield from self._cut(start, match.start())
            start = match.end()
            if self._ends(start):
                self._take(start + (self._shape.closing))
                self._decided = False
                return
        if final:
            yield from self._cut(start, len(self._buffer))
            self._take(len(self._buffer))
            return
        self._take(start)
        if len(self._buffer) > self._max:
            self._skip()

    def _ends(self, start: int) -> bool:
        """Return whether the array ends here, or anything but another indented object begins."""
        return self._shape.boundary is not NEWLINE and self._buffer[start : start + 1] in (b"]", b"[")

    def _lines(self, *, final: bool) -> Iterator[Frame]:
        """Frame whole lines with minimal work, since long NDJSON files consist of them."""
        end = len(self._buffer) if final else self._buffer.rfind(b"\n")
        offset = self._offset
        for line in self._buffer[:end].split(b"\n") if end > 0 else ():
            if line[:1] == b"{" and line[-1:] == b"}" and len(line) <= self._max:
                yield offset, line, "", len(line)
            elif body := line.strip():
                start = offset + line.index(body[:1])
                if offset > self._decided_at and not self._only_lines and begins_anew(body):
                    self._take(offset - self._offset)
                    self._decided = False
                    return
                if len(body) > self._max:
                    yield self._oversized(start, body[:HEAD_BYTES], len(body))
                else:
                    yield start, body, "", len(body)
            offset += len(line) + 1
        self._take(end + 1)

    def _cut(self, start: int, end: int) -> Iterator[Frame]:
        """Frame an entry between two boundaries, without its commas and brackets."""
        data = self._buffer[start:end]
        offset = self._offset + start
        if self._skipped:
            size = self._skipped + len(data)
            offset -= self._skipped
            head = self._head
            self._skipped, self._head = 0, b""
            yield self._oversized(offset, head, size)
            return
        body = data.strip()
        if self._shape.boundary is not NEWLINE:
            body = _strip_array(body)
        if not body:
            return
        offset += data.index(body[:1]) if body else 0
        if len(body) > self._max:
            yield self._oversized(offset, body[:HEAD_BYTES], len(body))
        else:
            yield offset, body, "", len(body)

    def _oversized(self, offset: int, head: bytes, size: int) -> Frame:
        return offset, head, f"an entry of {size:,} bytes; the limit is {self._max:,}, its head is kept here", size

    def _skip(self) -> None:
        """Keep the head of an entry without a visible end, and drop the rest up to the next boundary."""
        if not self._skipped:
            self._head = self._buffer[:HEAD_BYTES]
        # A boundary may begin in the last bytes.
        keep = 64
        gone = len(self._buffer) - keep
        self._skipped += gone
        self._take(gone)

    def _elements(self, *, final: bool) -> Iterator[Frame]:
        """Frame elements of an array without line breaks between them, by counting braces."""
        if self._skipped and not (yield from self._leave_oversized(final=final)):
            return
        start = 0
        while True:
            start, opened, end = yield from self._whole_elements(start, final=final)
            if opened < 0 or end < 0:
                break
            found = _NEXT.search(self._buffer, opened, end) if self._repairs < _MAX_REPAIRS else None
            if found is None and not final and end - opened > self._max:
                break
            self._repairs += 1
            start = found.start() if found else end
            yield self._truncated(opened, start)
        if final:
            rest = self._buffer[start:].strip(b" \t\r\n,]")
            if rest and not (self._in_answer and (rest == b"}" or LIST_END.fullmatch(b"," + rest))):
                begin = self._buffer.index(rest, start)
                yield self._truncated(begin, begin + len(rest))
            opened, start = -1, len(self._buffer)
        self._take(max(opened, start))
        if len(self._buffer) > self._max:
            self._skip()

    def _whole_elements(self, start: int, *, final: bool) -> Generator[Frame, None, tuple[int, int, int]]:
        """Frame the elements after `start` up to the first that is damaged or incomplete.

        Returns the end of the last whole element, the start of the next (-1: none), and the end of the unreadable part
        (-1: more input is needed to determine it).
        """
        depth = 0
        opened = -1
        position = start
        while (token := _TOKEN.search(self._buffer, position)) is not None:
            position = token.end()
            if token[0] == b"{":
                if depth == 0:
                    leap = self._leap(token.start(), start, final=final)
                    if leap is not None:
                        if leap < 0:
                            break
                        start = position = leap
                        continue
                    opened = token.start()
                depth += 1
            elif token[0] == b"}" and depth:
                depth -= 1
                if depth == 0:
                    yield self._element(opened, position)
                    start, opened = position, -1
            elif token[0] == b'"':
                newline = self._buffer.find(b"\n", position)
                if newline >= 0 and opened >= 0:
                    return start, opened, newline
                if newline < 0:
                    break  # the rest of the string may still come
        over = final or len(self._buffer) - start > self._max
        return start, opened, len(self._buffer) if over else -1

    def _leap(self, at: int, start: int, *, final: bool) -> int | None:
        """Return where to go on if the brace at `at` opens no element: -1 if more input is needed; None if it does."""
        if self._in_answer and (after := after_list(self._buffer, start, final=final)) is not None:
            self._in_answer = after < 0
            return after
        if answer := LIST.match(self._buffer, at):
            self._in_answer = True
            return self._buffer.index(b"[", answer.end()) + 1
        return -1 if not final and MAY_BE_LIST.match(self._buffer, at) else None

    def _leave_oversized(self, *, final: bool) -> Generator[Frame, None, bool]:
        """Frame an element that is too long if its end is in sight, and return whether it is."""
        found = _NEXT.search(self._buffer)
        if found is None and not final:
            self._skip()
            return False
        end = found.start() if found else len(self._buffer)
        offset, head, size = self._offset - self._skipped, self._head, self._skipped + end
        self._skipped, self._head = 0, b""
        self._take(end)
        yield self._oversized(offset, head, size)
        return True

    def _element(self, start: int, end: int) -> Frame:
        size = end - start
        if size > self._max:
            return self._oversized(self._offset + start, self._buffer[start:end][:HEAD_BYTES], size)
        return self._offset + start, self._buffer[start:end], "", size

    def _truncated(self, start: int, end: int) -> Frame:
        return self._offset + start, self._buffer[start:end][:HEAD_BYTES], _TRUNCATED, end - start

    def _take(self, size: int) -> None:
        self._buffer = self._buffer[size:]
        self._offset += size


_TRUNCATED: Final = "truncated JSON: the entry does not end"


def _strip_array(body: bytes) -> bytes:
    """Strip the comma or bracket after an element of a pretty-printed array."""
    if body.endswith(b"]") and body.rstrip(b"] \t\r\n").endswith(b"}"):
        body = body[:-1].rstrip()
    if body.endswith(b","):
        body = body[:-1].rstrip()
    return b"" if body == b"]" else body
