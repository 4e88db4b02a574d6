"""Shapes: the layout of the entries in a text: a line each, indented objects, an array, an API's answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from processor.model.patterns import regex

if TYPE_CHECKING:
    import re

ARRAY: Final = regex(rb"\s*\[\s*[{\]]")
INDENTED: Final = regex(rb"\s*\{[ \t\r]*\n[ \t]+\"")
_PRETTY: Final = regex(rb"\s*\[[ \t\r]*\n([ \t]*)\{")
_UNDECIDED: Final = regex(rb"\s*(?:\[\s*)?\Z")
NEWLINE: Final = regex(rb"\n")

# entries.list, entries.tail, Pub/Sub's pull, a push of several, filter-log-events, a table's rows.
_LISTS: Final = rb"entries|receivedMessages|received_messages|messages|events|rows"
# Possible text before the list, all of it short.
_BEFORE: Final = rb"apiVersion|nextPageToken|next_page_token|kind|etag|totalItems|totalRows|jobComplete"
_SCALAR: Final = rb'(?:"[^"\n]*"|[\w.+-]+)'
_MEMBERS: Final = rb'(?:"(?:' + _BEFORE + rb')"\s*:\s*' + _SCALAR + rb"\s*,\s*)*"
# kubectl's List; by itself "items" may be anything.
_KUBECTL: Final = rb'"apiVersion"\s*:\s*' + _SCALAR + rb'\s*,\s*"items"'
LIST: Final = regex(rb"\s*\{\s*(?:" + _KUBECTL + rb"|" + _MEMBERS + rb'"(?:' + _LISTS + rb')")\s*:\s*(?=\[\s*[{\]])')
# The beginning of an object that may still turn out to be such an answer.
MAY_BE_LIST: Final = regex(
    rb"\s*\{\s*" + _MEMBERS + rb'(?:"[^"\\\n]{0,32}(?:"\s*(?::\s*(?:\[\s*|"[^"\n]*"?\s*|[\w.+-]*\s*)?)?)?)?\Z'
)
# The rest of the answer after the list.
LIST_END: Final = regex(
    rb'\s*(?:,\s*"[^"\n]*"\s*:\s*(?:"(?:[^"\\\n]|\\.)*"|[^\s,{}\[\]"]+|\[[^\[\]{}]*\]|\{[^{}]*\})\s*)*\}'
)
_CLOSED: Final = regex(rb"\s*\]")
MAX_LIST_END: Final = 1 << 16


class Shape(NamedTuple):
    """The next layout in a text.

    Attributes:
        begin: bytes before the first entry.
        boundary: the text between two entries; None if only counting braces finds them.
        closing: whether `boundary` also finds the end of the array.
        in_answer: whether an answer's other fields follow the list.
    """

    begin: int
    boundary: re.Pattern[bytes] | None
    closing: bool = False
    in_answer: bool = False


LINES: Final = Shape(0, NEWLINE)
_OBJECTS: Final = Shape(0, regex(rb"\n(?=[{\[])"))


def shape_of(text: bytes, *, final: bool) -> Shape | None:
    """Return the shape of the next text; None if more input is needed to determine it."""
    if not final and (_UNDECIDED.match(text) or MAY_BE_LIST.match(text)):
        return None
    answer = LIST.match(text)
    start = answer.end() if answer else 0
    if answer or ARRAY.match(text):
        begin = text.index(b"[", start) + 1
        pretty = _PRETTY.match(text, start)
        if not pretty:
            return Shape(begin, None, in_answer=answer is not None)
        # No line inside an element begins with its own indentation and a brace, or with less and a bracket, so
        # this finds the next element and the end even after a truncated element.
        indent = pretty[1]
        outer = rb"[ \t]{0,%d}" % max(len(indent) - 1, 0)
        boundary = regex(rb"\n(?:" + indent + rb"(?=\{)|" + outer + rb"(?=\]))")
        return Shape(begin, boundary, closing=True, in_answer=answer is not None)
    return _OBJECTS if INDENTED.match(text) else LINES


def after_list(text: bytes, start: int, *, final: bool) -> int | None:
    """Return the end of an answer whose list ends at `start`; -1 if more input is needed, None if the list goes on.

    An object among the answer's other fields, such as the metadata of kubectl's List, is no entry.
    """
    closed = _CLOSED.match(text, start)
    if closed is None:
        return None
    if (end := LIST_END.match(text, closed.end())) is not None:
        return end.end()
    return -1 if not final and len(text) - closed.end() < MAX_LIST_END else None


def begins_anew(line: bytes) -> bool:
    """Return whether a line begins an array, an indented object, or an API's answer."""
    return line in {b"[", b"{"} or ARRAY.match(line) is not None or LIST.match(line) is not None


def is_ndjson(head: bytes) -> bool:
    """Return whether a file that begins like this has an entry on each line."""
    return head.startswith(b"{") and shape_of(head, final=True) is LINES
