"""Perl: `die` and `croak` with the frames that Carp prints.

Promises: arguments of calls are removed; the place of `die` is the innermost frame. Must not take every sentence that
ends in "line 5." for a trace.
"""

from __future__ import annotations

from processor.model.patterns import regex
from processor.parsing.stacktrace.automaton import Automaton, rules
from processor.parsing.stacktrace.language import Language
from processor.parsing.stacktrace.model import Frame, Raised, Traceback
from processor.parsing.stacktrace.paths import line_number, short_path

_DIED = regex(r"(.*?) at (\S+) line (\d+)(?:, <\w+> (?:line|chunk) \d+)?\.?$")
_FRAME = regex(r"\s+(\S.*?)(?:\((.*)\))? called at (\S+) line (\d+)")
_EVAL = regex(r"eval (?:\{.*|'.*)")
_LIBRARY = regex(r"/(?:perl5?|site_perl|vendor_perl|share/perl|lib/perl)/")
_LOGGED = regex(r"(?:\[[^\]]{1,60}\] )+")
_CLASS = regex(r"([A-Z]\w*(?:::\w+)+)(?:=\w+\(0x[0-9a-f]+\))?: ?(.*)$")


def parse(lines: list[str]) -> Traceback | None:
    """Return a single exception: Perl prints no chain."""
    start = next((number for number, line in enumerate(lines) if _FRAME.match(line)), None)
    if start is None:
        return None
    head = next((found for line in reversed(lines[:start]) if (found := _DIED.match(line))), None)
    if head is None:
        return None
    calls = [found for found in map(_FRAME.match, lines[start:]) if found]
    # A frame names the called function and the caller's place: the place inside it is on the line above.
    places = [(head.group(2), head.group(3)), *((call.group(3), call.group(4)) for call in calls)]
    names = [*(_EVAL.sub("eval", call.group(1)) for call in calls), "main"]
    frames = [
        Frame(name, short_path(path), name != "eval" and not _LIBRARY.search(path), path, line_number(line))
        for name, (path, line) in zip(names, places, strict=True)
    ]
    said = _LOGGED.sub("", head.group(1))
    typed = _CLASS.match(said)
    kind, message = typed.groups() if typed else ("die", said)
    return Traceback("perl", (Raised(kind, message, tuple(reversed(frames))),))


_AT = r"\s+\S.* called at \S+ line \d+"

LANGUAGE = Language(
    "perl",
    rank=130,
    needles=(" called at ",),
    parse=parse,
    automaton=Automaton(
        start=rules((r".* at \S+ line \d+(?:, <\w+> (?:line|chunk) \d+)?\.?$", "died")),
        states={"died": rules((_AT, "frames")), "frames": rules((_AT, "frames"))},
        accepting=frozenset({"frames"}),
    ),
    fragments=(
        r"\s+\S.* called at \S+ line \d+",
        r".{1,300} at \S+\.(?:p[lm]|cgi|t) line \d+(?:, <\w+> (?:line|chunk) \d+)?\.$",
    ),
    crash=(r".{1,300} at \S+\.(?:p[lm]|cgi|t) line \d+(?:, <\w+> (?:line|chunk) \d+)?\.$",),
    noise=(r"line \d+", r"0x[0-9a-f]+"),
)
