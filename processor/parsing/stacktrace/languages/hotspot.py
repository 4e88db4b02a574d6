"""HotSpot: the report of a virtual machine that has crashed, in lines that begin with `#`.

Promises: the problematic frame is the place; addresses, process ids and versions are left out. Must not read the
exceptions of a program.
"""

from __future__ import annotations

from processor.model.patterns import regex
from processor.parsing.stacktrace.automaton import Automaton, rules
from processor.parsing.stacktrace.language import Language
from processor.parsing.stacktrace.model import Frame, Raised, Traceback

_FATAL = "# A fatal error has been detected by the Java Runtime Environment"
_MEMORY = "# There is insufficient memory for the Java Runtime Environment"
_REASON = regex(
    r"#\s+(?:(SIG[A-Z]+|EXCEPTION_\w+)|(Internal Error|Out of Memory Error) \(([^():]+)|(fatal error): (.*))"
)
_NATIVE = regex(r"# [CV]\s+\[([\w.+-]+?)(?:\+0x[0-9a-f]+)?\](?:\s+(\S+?)(?:\(.*)?\+0x)?")
_JAVA = regex(r"# [Jj]\s+(?:\d+ )?(?:%? ?c\d )?([\w.$/]+)\.([\w$<>]+)\(")
_FAILED = regex(r"# (Native memory allocation \(\w+\) failed)")


def parse(lines: list[str]) -> Traceback | None:
    """Return a single exception: the signal or the error of the machine, at the problematic frame."""
    kind = message = ""
    frames: list[Frame] = []
    for number, line in enumerate(lines):
        if match := None if kind else _REASON.match(line):
            kind = next(group for group in match.groups() if group)
            message = match.group(3) or match.group(5) or ""
        elif match := _FAILED.match(line):
            kind, message = "Out of Memory Error", match.group(1)
        elif line.startswith("# Problematic frame:") and not frames:
            frames = [found for found in (_frame(below) for below in lines[number + 1 : number + 2]) if found]
    if not kind or not any(line.startswith((_FATAL, _MEMORY)) for line in lines):
        return None
    return Traceback("hotspot", (Raised(kind, message, tuple(frames)),))


def _frame(line: str) -> Frame | None:
    if match := _NATIVE.match(line):
        library, function = match.groups()
        return Frame(function or "?", library, not library.startswith(("libjvm", "libc.", "libc-", "libpthread")))
    if match := _JAVA.match(line):
        return Frame(match.group(2), match.group(1), in_app=True)
    return None


_HEAD = r"# (?:A fatal error has been detected by|There is insufficient memory for) the Java Runtime Environment"
_EMPTY = r"#\s*$"
_LINE = r"#|\[error occurred during error reporting"

LANGUAGE = Language(
    "hotspot",
    rank=8,
    needles=(_FATAL, _MEMORY),
    parse=parse,
    automaton=Automaton(
        start=rules((_HEAD, "report"), (_EMPTY, "rule")),
        states={
            "rule": rules((_HEAD, "report")),
            "report": rules((_HEAD, ""), (_EMPTY, "paragraph"), (_LINE, "report")),
            # A report ends and begins with an empty line: the second of two is the next one's.
            "paragraph": rules((_HEAD, ""), (_EMPTY, "next"), (_LINE, "report")),
            "next": rules((_HEAD, ""), (_EMPTY, "next"), (_LINE, "report")),
        },
        accepting=frozenset({"report", "paragraph"}),
    ),
    fragments=(_HEAD,),
    crash=(_HEAD,),
    noise=(r"0x[0-9a-f]+", r"[pt]id=\d+"),
    lines=(r"#",),
)
