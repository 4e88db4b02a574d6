"""Free Pascal and Delphi: `An unhandled exception occurred at $...:`, `EType: message`, and frames with their lines.

Promises: addresses are gone; a routine without a line is not in-app. Must not keep the case of a routine's name: the
compiler prints capitals.
"""

from __future__ import annotations

from processor.model.patterns import regex
from processor.parsing.stacktrace.automaton import Automaton, rules
from processor.parsing.stacktrace.language import RECORD, Language
from processor.parsing.stacktrace.model import Frame, Raised, Traceback
from processor.parsing.stacktrace.paths import line_number, short_path

_FRAME = regex(r"\s+\$[0-9A-F]+(?:  (\w[\w.$]*),? *(?:line (\d+) of (\S+))?)?\s*$")
_TYPED = regex(r"(E\w+|TObject|Exception): ?(.*)$")
_RUNTIME = regex(r"(Runtime error \d+) at \$[0-9A-F]+")
_HEAD = r"(?:An unhandled exception occurred at \$[0-9A-F]+|Runtime error \d+ at \$[0-9A-F]+)"


def parse(lines: list[str]) -> Traceback | None:
    """Return a single exception: Pascal prints no chain."""
    frames = [
        Frame(
            match.group(1) or "(unknown)",
            short_path(match.group(3)) if match.group(3) else "",
            match.group(3) is not None and not match.group(3).startswith(("/usr/", "../rtl")),
            match.group(3) or "",
            line_number(match.group(2)),
        )
        for match in map(_FRAME.match, lines)
        if match
    ]
    if not frames:
        return None
    typed = next((found.groups() for line in lines if (found := _TYPED.match(line))), None)
    runtime = next((found.group(1) for line in lines if (found := _RUNTIME.match(line))), "")
    if typed is None and not runtime:
        return None
    kind, message = typed or (runtime, "")
    return Traceback("pascal", (Raised(kind, message, tuple(reversed(frames))),))


_AT = r"\s+\$[0-9A-F]+(?:  \w|\s*$)"

LANGUAGE = Language(
    "pascal",
    rank=117,
    needles=("exception occurred at $", "Runtime error "),
    parse=parse,
    automaton=Automaton(
        start=rules((_HEAD, "head")),
        states={
            "head": rules((_AT, "frames"), (rf"{RECORD}|\s+at |Traceback ", ""), (r"", "head")),
            "frames": rules((_AT, "frames")),
        },
        accepting=frozenset({"frames"}),
    ),
    fragments=(_HEAD, r"\s+\$[0-9A-F]+  \w.*, *line \d+ of \S+$", r"\s+\$[0-9A-F]+\s*$"),
    crash=(_HEAD,),
    noise=(r"\$[0-9A-F]+", r"line \d+"),
    lines=(r"E[A-Z]\w+: ",),
)
