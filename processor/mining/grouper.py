"""Grouper: `Entry` -> `Masked`, the stream and the message by which it is grouped.

The message of an exception is its type chain and its own frames, of a failed request its method and route, of anything
else its words. Client errors (4xx) share a message per service and status class, because scanners would flood anything
finer; routes are kept as facets.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from processor.mining import html_text
from processor.mining.masks import VALUE
from processor.model import Kind, Masked, Stream
from processor.model.patterns import regex
from processor.parsing import routes, shapes
from processor.parsing import stacktrace as traceback
from processor.parsing.entry_fields import log_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from processor.mining.masker import Masker
    from processor.model import Entry, HttpRequest

_SERVER_ERROR: Final = 500
_LETTER: Final = regex(r"[^\W\d_]")
_MAX_KNOWN: Final = 5_000
_MAX_MADE: Final = 20_000
_MAX_LINES: Final = 10_000  # of traces, at most 10 MB
_MAX_LINE_CHARS: Final = 300
_MAX_KNOWN_CHARS: Final = 512


class Grouper:
    """Groups entries with a masker; caches its results, which changes no answer."""

    def __init__(self, masker: Masker) -> None:
        self.masker = masker
        self._mask = masker.mask
        self._groups: dict[tuple[str, str], dict[Kind, dict[str, Masked]]] = {}
        self._by_shape: dict[tuple[str, str, bytes], Masked] = {}
        self._made = 0
        self._traces: dict[bytes, str] = {}
        self._lines: dict[str, str] = {}
        self._last = ("", "")

    def __call__(self, entry: Entry) -> Masked:
        """Return the key that the entry is grouped by. Never raises; never returns an empty message."""
        text, key = entry.text, None
        if text:
            if len(text) <= _MAX_KNOWN_CHARS and not entry.said:
                # Most lines differ from an earlier line of their service in their numbers alone.
                key = (entry.project, entry.service, shapes.shape(text))
                known = self._by_shape.get(key)
                if known is not None:
                    return known
            if "\n" in text or _is_flat_trace(text):
                trace = self._trace(text)
                if trace:
                    return self._masked(entry, Kind.EXCEPTION, trace)
                key = None
            if message := self._words(text, entry.said) if entry.said else self._free(text):
                masked = self._masked(entry, Kind.TEXT, message)
                if key is not None and "<" not in text and self.masker.is_same_for_shape(key[2]):
                    if len(self._by_shape) >= _MAX_MADE:
                        self._by_shape.clear()
                    self._by_shape[key] = masked
                return masked
        elif entry.http is not None:
            return self._masked(entry, Kind.HTTP, http_message(entry.http))
        log = log_id(entry.log_name) or "(unnamed)"
        return self._masked(entry, Kind.TEXT, f"entry without a message in log {log}")

    def _free(self, text: str) -> str:
        """Return the masked text; for a page of HTML, of its title and heading."""
        return self._mask(html_text.said(text) if "<" in text else text)

    def _words(self, text: str, said: Sequence[tuple[int, int]]) -> str:
        """Return the masked text with its fixed parts unchanged."""
        at, words = 0, []
        for start, end in (*said, (len(text), len(text))):
            words += [self._free(text[at:start]), *text[start:end].split()]
            at = end
        return " ".join(word for word in words if word)

    def _masked(self, entry: Entry, kind: Kind, message: str) -> Masked:
        """Return the same object for each message of a stream, so that dictionaries find it by identity."""
        groups = self._groups.get((entry.project, entry.service))
        if groups is None:
            groups = self._groups[entry.project, entry.service] = {each: {} for each in Kind}
        masked = groups[kind].get(message)
        if masked is None:
            self._made += 1
            if self._made >= _MAX_MADE:
                self._groups.clear()
                self._by_shape.clear()
                self._made = 0
            said = message
            if kind is Kind.TEXT and not _LETTER.search(message.replace(VALUE, "")):
                said += " (values only)"  # a title has to say something
            masked = groups[kind][message] = Masked(Stream(entry.project, entry.service, kind), said)
        return masked

    def _trace(self, text: str) -> str:
        """Return the fingerprint of the stack trace in the text, "" for none."""
        if text is self._last[0]:  # the lines of one trace share its text
            return self._last[1]
        bare = "\n".join([self._lines.get(line) or self._bare(line) for line in text.split("\n")])
        key = blake2b(bare.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        known = self._traces.get(key)
        if known is None:
            found = traceback.parse(text)
            known = "" if found is None else traceback.fingerprint(found, self._mask)
            if len(self._traces) >= _MAX_KNOWN:
                self._traces.clear()
            self._traces[key] = known
        self._last = (text, known)
        return known

    def _bare(self, line: str) -> str:
        """Return a line of a trace without its noise; frames are printed again and again."""
        bare = traceback.NOISE.sub("", line)
        if len(line) <= _MAX_LINE_CHARS:
            if len(self._lines) >= _MAX_LINES:
                self._lines.clear()
            self._lines[line] = bare
        return bare


def _is_flat_trace(text: str) -> bool:
    """Return whether a text of one line may be a trace without its line breaks: escaped, or replaced by a layout."""
    if "\\n" in text:
        return True
    return "at " in text and ("   at " in text or ".java:" in text or ".kt:" in text or ".scala:" in text)


def group(entry: Entry, masker: Masker) -> Masked:
    """Return the key that an entry is grouped by, without a cache."""
    return Grouper(masker)(entry)


def http_message(request: HttpRequest) -> str:
    """Return the message of an entry that has only a request: "HTTP 5xx GET /users/<*>" or "HTTP 4xx"."""
    if not request.status and request.outcome:
        return f"HTTP {request.outcome}"
    status = routes.status_class(request.status)
    if request.status >= _SERVER_ERROR:
        words = (request.method, routes.route_template(request.url), request.outcome)
        return " ".join(("HTTP", status, *(word for word in words if word)))
    return f"HTTP {status}"
