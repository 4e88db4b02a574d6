"""Single lines of a stack trace that a logging agent cut into one entry per line.

Promises: each question is about one line alone, anchored at its start and linear. Must not decide that lines
belong together: that takes their instance and time, which the caller has.
"""

from __future__ import annotations

import re

_LINE_LIMIT = 600

_START = re.compile(
    r"(?:.{0,200}?)(?:Traceback \(most recent call last\):\s*$"
    r"|\bException in thread \"|\bUnhandled [Ee]xception[.:] |\bUncaught (?:[\w\\.$]+: |exception)"
    r"|(?:^|(?<=[:\]\d] ))(?:panic|fatal error)(?: serving \S+)?: |^goroutine \d+ \[)"
)
# One of these stands in every beginning; with the pattern alone half of digesting a batch went into finding none.
_START_WORDS = (
    "Traceback (most recent call last):", "Exception in thread", "nhandled ", "ncaught ", "panic", "fatal error",
    "goroutine ",
)  # fmt: skip
# A line of no trace is told by these in a tenth of the pattern's time; each alternative below needs one of them.
_HEADS = (
    'File "', "During handling of ", "The ", "Caused by:", "Wrapped by:", "Suppressed:", "...", "---> ", "goroutine ",
    "[signal ", "created by ", "#", "Stack trace:", "Next ", "|",
)  # fmt: skip
_GO_ARGUMENTS = ("(0x", "({0x", "(...", "(?")
_TYPE = (
    r"(?:[^\W\d][\w$]*+[.])*+[^\W\d][\w$]*+(?<=Error|ption|Group|rrupt|rning)"
    r"|SystemExit|StopIteration|StopAsyncIteration|GeneratorExit"
    r"|(?:[^\W\d][\w$]*+[.])++[A-Z][\w$]*+"  # requests.exceptions.Timeout
)
_END = re.compile(
    rf"(?:{_TYPE})(?:: .*)?$"
    r"|exit status \d+$"
    r"|\S+:\d+:in [`'][^']*': .*\([A-Z][\w:]*\)$"
    r"|  thrown in \S+ on line \d+$"
)
_CONTINUATION = re.compile(
    r"""
      \s*(?:\|\ *)*File\ "[^"]*",\ line\ \d+             # Python's frame, also inside a group
    | \s+(?:\|\ *)*[\^~]+[\^~\ ]*$                       # and its marker
    | \s*\[Previous\ line\ repeated\ \d+\ more\ time
    | (?:\s*\|\ )?\s*(?:During\ handling\ of|The)\ (?:the\ )?above\ exception(?:,|\ was\ the\ direct\ cause)
    | \s+(?:[+]\ Exception\ Group|[+][-+]*-{4}|\|(?:\ |$))    # the tree of an exception group
    | \s+at\ [^\s].*(?:[)>]|:\d+:\d+|:line\ \d+)(?:\ \{|\ ~?\[.*\])?\s*$   # JVM, Node, .NET
    | \s*(?:Caused\ by|Wrapped\ by|Suppressed):\ \S
    | \s*\.\.\.\ \d+\ (?:more|common\ frames\ omitted|frames?\ truncated)
    | \s*--->\ | \s+---\ End\ of\ (?:inner\ exception\ )?stack\ trace
    | \s+\[(?:cause|errors)\]:[ ]
    | goroutine\ \d+.{0,60}\[[^\]]*\]:$ | \[signal\ SIG | \s*created\ by\ \S+\.\S+
    | \s+\S+\.(?:go|s):\d+(?:\ \+0x[0-9a-f]+)?$
    | [\w./\-]+\.(?:\(\*?\w+\)\.)?\w[\w.\[\]]*\((?:0x|\{0x|\.\.\.|\)$|\?).*$  # a Go call before its place
    | \s+(?:\d+:\ )?from\ \S+:\d+:in\ | \s*\S+\.rb:\d+:in\ [`']
    | \#\d+\ (?:\{main\}|\[internal\ function\]|\S+\(\d+\):) | Stack\ trace:$ | Next\ [A-Z][\w\\]*:[ ]
    """,
    re.VERBOSE,
)


def starts(line: str) -> bool:
    """Whether the line begins a traceback (a logger's prefix of up to 200 characters may stand before it)."""
    line = line[:_LINE_LIMIT].rstrip("\r\n")
    for word in _START_WORDS:  # not any(): this runs for every entry
        if word in line:
            return _START.match(line) is not None
    return False


def is_continuation(line: str) -> bool:
    """Whether the line can only be a part of a traceback: a frame, a marker, a link between exceptions.

    Source lines of Python's frames are not recognised, for they can be anything; `starts` lines count too.
    """
    line = line[:_LINE_LIMIT].rstrip("\r\n")
    return (_may_continue(line) and _CONTINUATION.match(line) is not None) or starts(line)


def _may_continue(line: str) -> bool:
    if line[:1].isspace() or line.startswith(_HEADS) or ".rb:" in line:
        return True
    return "(" in line and (line.endswith("()") or any(mark in line for mark in _GO_ARGUMENTS))


def ends(line: str) -> bool:
    """Whether the line ends a traceback known to be open: `ValueError: x` in column 0, `exit status 2`.

    Alone it proves nothing. JVM, Node and .NET traces have no last line: they end where frames stop.
    """
    return bool(_END.match(line[:_LINE_LIMIT].rstrip("\r\n")))
