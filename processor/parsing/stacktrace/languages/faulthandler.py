"""CPython's faulthandler: the threads of an interpreter that a signal has ended, most recent call first.

Promises: only the thread that failed is read. Must not read the tracebacks of exceptions.
"""

from __future__ import annotations

from processor.model.patterns import regex
from processor.parsing.stacktrace.automaton import Automaton, rules
from processor.parsing.stacktrace.language import Language
from processor.parsing.stacktrace.languages.python import placed
from processor.parsing.stacktrace.model import Frame, Raised, Traceback
from processor.parsing.stacktrace.paths import line_number

_FATAL = regex(r"(Fatal Python error|Timeout) ?(?:: (.*)|\(.*)?$")
_THREAD = regex(r"(Current thread|Thread|Stack) (?:0x[0-9a-f]+ )?(?:\[.*\] )?\(most recent call first\):")
_FRAME = regex(r"  File \"([^\"]*+)\", line (\d+) in (.*)$")


def parse(lines: list[str]) -> Traceback | None:
    """Return a single exception: the fatal error, at the calls of the current thread or else of the first."""
    kind = message = ""
    threads: list[list[Frame]] = []
    for line in lines:
        if match := _FATAL.match(line):
            kind, message = match.group(1), match.group(2) or ""
        elif match := _THREAD.match(line):
            if match.group(1) == "Current thread":
                threads.clear()
            elif threads:
                break
            threads.append([])
        elif threads and (match := _FRAME.match(line)):
            threads[-1].append(placed(match.group(1), line_number(match.group(2)), match.group(3)))
    if not threads or not threads[0]:
        return None
    return Traceback("faulthandler", (Raised(kind or "Fatal Python error", message, tuple(reversed(threads[0]))),))


_CALLS = r"(?:Current thread|Thread|Stack) .{0,80}\(most recent call first\):"

LANGUAGE = Language(
    "faulthandler",
    rank=9,
    needles=("(most recent call first):",),
    parse=parse,
    automaton=Automaton(
        start=rules((r"Fatal Python error: ", "fatal"), (_CALLS, "thread")),
        states={
            "fatal": rules((r"Python runtime state: |<no Python frame>", "fatal"), (_CALLS, "thread")),
            "thread": rules(
                (r"  File \"", "thread"),
                (_CALLS, "thread"),
                (r"  (?:\.\.\.|<)", "thread"),
                (r"Extension modules: ", "thread"),
            ),
        },
        accepting=frozenset({"thread"}),
    ),
    fragments=(r"Fatal Python error: ", _CALLS),
    crash=(r"Fatal Python error: ",),
    noise=(r"0x[0-9a-f]+",),
    lines=(r"Extension modules: ",),
)
