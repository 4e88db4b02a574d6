"""Every language of stack traces. Severity, joining, grouping and the log sink's filter are made from this table.

Promises: `parse` and `extents` are linear in their text and never raise. Must not know the source of a text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from processor.model.patterns import regex
from processor.parsing.stacktrace import prefixes
from processor.parsing.stacktrace.automaton import LINE_LIMIT, MAX_LINES
from processor.parsing.stacktrace.language import RECORD
from processor.parsing.stacktrace.languages import LANGUAGES
from processor.parsing.stacktrace.posix import posix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from processor.parsing.stacktrace.language import Language
    from processor.parsing.stacktrace.model import Traceback

# A Cloud Logging entry has at most 256 KiB; a frame rarely exceeds 200 characters. The limits keep
# every regular expression on short input, so that the whole stays linear.
_TEXT_LIMIT: Final = 262_144
# Several print "at": the first of them to accept a line as a frame decides.
_AT: Final = tuple((language.name, language.at_frame) for language in LANGUAGES if language.at_frame is not None)
_AT_NAMES: Final = frozenset(name for name, _ in _AT)
_UNFOLD: Final = tuple(language.unfold for language in LANGUAGES if language.unfold is not None)
_LINKS: Final = tuple(link for language in LANGUAGES for link in language.links)
_DOT: Final = r"\."
_FRAGMENT: Final = regex("|".join(f"(?:{pattern})" for language in LANGUAGES for pattern in language.fragments))
_CRASH: Final = regex("|".join(f"(?:{pattern})" for language in LANGUAGES for pattern in language.crash))


def _needles() -> dict[str, int]:
    """Return the needles that contain no other needle, each with the first language that has it or a longer one.

    A text without any of them has no needle; the first that it has is the first language's that may be in it.
    """
    every = [(needle, number) for number, language in enumerate(LANGUAGES) for needle in language.needles]
    shortest = [needle for needle, _ in every if not any(other in needle and other != needle for other, _ in every)]
    found: dict[str, int] = {}
    for needle, number in every:
        for short in shortest:
            if short in needle:
                found.setdefault(short, number)
    return found


_NEEDLES: Final = _needles()


def _noise() -> str:
    # Most are a file's ending with a line: tried as one, they take a third of the time of as many alternatives.
    patterns = dict.fromkeys(pattern for language in LANGUAGES for pattern in language.noise)
    endings = [pattern.removeprefix(_DOT) for pattern in patterns if pattern.startswith(_DOT)]
    others = [pattern for pattern in patterns if not pattern.startswith(_DOT)]
    return "|".join((f"{_DOT}(?:{'|'.join(endings)})", *others))


NOISE: Final = regex(_noise())
"""Text in frames that differs between two prints of a trace and is not in its fingerprint."""


def parse(text: str) -> Traceback | None:
    """Return the stack trace in `text`, or None if it holds none.

    Restores line breaks that were escaped on the way (a JSON string inside a plain line) or removed by .NET loggers.
    """
    if "\n" not in text:
        if "\\n" in text:
            text = text.replace("\\n", "\n").replace("\\t", "\t").replace('\\"', '"')
        for unfold in _UNFOLD:
            text = unfold(text)
        if "\n" not in text:
            return None
    found = _parse(text)
    if found is None and prefixes.is_prefixed(text) and (bare := prefixes.without_prefixes(text.split("\n"))):
        return _parse("\n".join(bare))
    return found


def _parse(text: str) -> Traceback | None:
    for needle in _NEEDLES:  # not any(): this runs for every entry of several lines
        if needle in text:
            break
    else:
        return None
    lines: list[str] = []
    at = ""
    for language in LANGUAGES[_NEEDLES[needle] :]:
        for needle in language.needles:
            if needle in text:
                break
        else:
            continue
        lines = lines or [line[:LINE_LIMIT].rstrip("\r") for line in text[:_TEXT_LIMIT].split("\n")]
        if language.name in _AT_NAMES:
            at = at or _at(lines)
            if at not in {language.name, "none"}:
                continue
        if found := language.parse(lines):
            return found
    return None


def _at(lines: list[str]) -> str:
    for line in lines:
        if line.lstrip().startswith("at "):
            for name, frame in _AT:
                if frame(line):
                    return name
    return "none"


def is_fragment(line: str) -> bool:
    """Return whether the line can only be part of a stack trace: a head, a frame, a link between exceptions.

    Source lines of Python's frames can be any text and are not recognised.
    """
    return _FRAGMENT.match(line[:LINE_LIMIT].rstrip("\r\n")) is not None or is_prefixed(line)


def is_link(line: str) -> bool:
    """Return whether the fragment only links two exceptions, so that it is no trace without a frame near it."""
    return line.startswith(_LINKS)


def is_prefixed(line: str) -> bool:
    """Return whether the line is such a line behind the prefix of a collector."""
    match = prefixes.PREFIX.match(line)
    return match is not None and _FRAGMENT.match(line[match.end() : LINE_LIMIT].rstrip("\r\n")) is not None


def is_crash(line: str) -> bool:
    """Return whether the line alone reports that a process has ended or is about to end."""
    return _CRASH.match(line[:LINE_LIMIT]) is not None


_ANY_INDENT: Final = r"\s*"
_INDENTED: Final = "^[[:space:]]+[^[:space:]]"
_MAX_PATTERN: Final = 1_000


def sink_patterns() -> tuple[str, ...]:
    """Return regular expressions of the single lines of stack traces, for the log sink's filter.

    In RE2's syntax without backslashes and quotes, each anchored at the start. All indented lines pass: source code,
    messages, frames. Lost are unindented lines of a message.
    """
    rows = {
        posix(pattern.removeprefix(_ANY_INDENT)).replace("(?:", "(")  # the filter has little room
        for language in LANGUAGES
        for pattern in (*language.fragments, *language.crash, *language.lines)
        if not pattern.startswith((r"\s+", " "))
    }
    found = [_INDENTED]
    group: list[str] = []
    for row in sorted(row for row in rows if not _is_covered(row, rows)):
        if group and sum(map(len, group)) + len(row) > _MAX_PATTERN:
            found.append(f"^({'|'.join(group)})")
            group = []
        group.append(row)
    return (*found, f"^({'|'.join(group)})")


def _is_covered(row: str, rows: set[str]) -> bool:
    """Return whether a shorter pattern, the same up to its end, matches every line that this one matches."""
    return any(
        row != shorter and row.startswith(shorter) and row[len(shorter)] not in "*+?{|" and "|" not in shorter
        for shorter in rows
    )


class Reach(NamedTuple):
    """Extent of the stack trace that begins at a line.

    Attributes:
        end: index after its last line; the start if there is no trace.
        is_open: the next line, not yet present, may belong.
        crossed_at: start of another trace inside it, 0 for none.
    """

    end: int
    is_open: bool
    crossed_at: int = 0


class _Beginning(NamedTuple):
    """A language whose traces may begin with a given line, and the kind of its sign."""

    language: Language
    is_sure: bool
    is_any: bool


_SHAPE: Final = bytes.maketrans(b"123456789", b"000000000")
_BEGINNINGS: Final[dict[bytes, tuple[_Beginning, ...]]] = {}
_FOLLOWING: Final[dict[bytes, frozenset[str]]] = {}
_ALL: Final = frozenset(language.name for language in LANGUAGES)
_MAX_SHAPES: Final = 4_096
_RECORD: Final = regex(rf"{RECORD}|[-=#*]+\s*$")
_NEXT: Final = 2
"""Lines below an arbitrary first line, among which a frame has to follow."""


def extent(lines: Sequence[str], at: int, *, is_after: bool, ahead: int = 0) -> Reach:
    """Return the longest trace of any language that begins at `lines[at]`.

    Args:
        lines: of the same printer, in order.
        at: index of the first line.
        is_after: a trace ended just above, so that a line without its own sign is no head, except for a logger's record
            or a rule right above a line with such a sign.
        ahead: distance to the next line that can only be part of a trace; 0 means this line, or unknown.
    """
    best = Reach(at, is_open=False)
    following: frozenset[str] | None = None
    is_below = is_after and not _is_above_head(lines, at)
    for language, is_sure, is_any in _beginnings(lines[at][:LINE_LIMIT]):
        if (is_below and not is_sure) or (is_any and ahead > _NEXT):
            continue
        if is_any:
            following = _following(lines, at) if following is None else following
            if language.name not in following:
                continue
        found = language.automaton.extent(lines, at)
        if found.crossed_at and best.end == at:
            best = Reach(at, is_open=False, crossed_at=found.crossed_at)
        if found.end > best.end or (found.is_open and best.end == at):
            best = Reach(found.end, found.is_open)
    return best


def _is_above_head(lines: Sequence[str], at: int) -> bool:
    """Return whether the line belongs to the head below it, not to the trace above it."""
    if at + 1 == len(lines) or not _RECORD.match(lines[at]):
        return False
    return any(each.is_sure for each in _beginnings(lines[at + 1][:LINE_LIMIT]))


def _beginnings(line: str) -> tuple[_Beginning, ...]:
    # Lines that differ only in digits are tested once: every line near a frame is tested.
    shape = line.encode("utf-8", "surrogatepass").translate(_SHAPE)
    known = _BEGINNINGS.get(shape)
    if known is None:
        if len(_BEGINNINGS) >= _MAX_SHAPES:
            _BEGINNINGS.clear()
        known = _BEGINNINGS[shape] = tuple(
            _Beginning(language, language.automaton.begins_surely(line), not language.automaton.may_begin(line))
            for language in LANGUAGES
            if language.automaton.begin(line) is not None
        )
    return known


def _following(lines: Sequence[str], at: int) -> frozenset[str]:
    """Return the languages whose traces may go on below an arbitrary line; of most lines, none."""
    for index in range(at + 1, min(len(lines), at + MAX_LINES)):
        line = lines[index][:LINE_LIMIT]
        if not line or line.isspace():
            continue
        shape = line.encode("utf-8", "surrogatepass").translate(_SHAPE)
        known = _FOLLOWING.get(shape)
        if known is None:
            if len(_FOLLOWING) >= _MAX_SHAPES:
                _FOLLOWING.clear()
            known = _FOLLOWING[shape] = frozenset(
                language.name for language in LANGUAGES if language.automaton.follows(line)
            )
        return known
    return _ALL


def may_begin(line: str) -> bool:
    """Return whether the line has a sign of being the first line of a trace."""
    return any(language.automaton.may_begin(line[:LINE_LIMIT]) for language in LANGUAGES)
