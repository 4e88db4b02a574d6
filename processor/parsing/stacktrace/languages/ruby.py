"""Ruby backtraces: both orders, `cause`, and Rails' own layout.

Promises: innermost and outermost are distinguished in both orders; "block (2 levels) in" and old and new quotes are
removed. Must not need a .rb ending: scripts such as bin/rails have none.
"""

from __future__ import annotations

from msgspec.structs import replace

from processor.model.patterns import regex
from processor.parsing.stacktrace import exception_line as heads
from processor.parsing.stacktrace.automaton import Automaton, rules
from processor.parsing.stacktrace.language import RECORD, Language
from processor.parsing.stacktrace.model import Frame, Raised, Traceback, complete
from processor.parsing.stacktrace.paths import below, line_number, short_path

_FRAME = regex(r"\s*+(?:\d+: )?(?:from )?([^\s:]+(?: [^\s:]+){0,4}|<[^>]*>[^:]*):(\d+):in [`']([^']*)'(?:: (.*))?$")
_NUMBERED = regex(r"\s+\d+: from ")
_TYPED = regex(r"(.*) \(([A-Z][\w:]*)\)$")
_RAILS = regex(r"(?:.*?[\]:] )?([A-Z]\w*[a-z]\w*(?:::\w+)*) \((.+?)\)?:?$")
_NAMED = regex(r"(?:.*? )?([A-Z]\w*(?:::\w+)*(?:Error|Exception|Interrupt|NotFound|Invalid|Timeout)): (.*)$")
_LOGGED = regex(r"[DIWEFA], \[[^\]]*\] +[A-Z]+ -- [^:]{0,60}: ")
_LEVELS = regex(r"(?:(?:block|rescue|ensure)(?: \(\d+ levels\))? in )+")
# Rails' tagged logging repeats the request's id on every line.
_TAGS = regex(r"(?:(?<= : )|^)(?:\[[\w:.,@ -]{4,80}\] )+(?=\s|[A-Z]\w*(?:::\w+)* \(|\S+:\d+:in )")
# Sidekiq's logger begins every record, and every frame that begins a record, with its process and job.
_JOB = regex(r"\S+ pid=\d+ tid=\S+ .{0,160}?[A-Z]+: ")
_GEM = regex(r"(?<=[a-z0-9])-\d+[\w.]*(?=/)")
_STDLIB = regex(r"/ruby/(?:[\d.]+|site_ruby/[\d.]+)/|/lib/ruby/|^<internal:")

# The head patterns are not linear in a line; this limits their cost.
_HEAD_LINES = 20


def parse(lines: list[str]) -> Traceback | None:
    """Return the chain in `lines`, root cause first."""
    chain: list[Raised] = []
    said: tuple[str, str] = ("", "")
    head: list[str] = []
    frames: list[Frame] = []
    if any(line.startswith("[") for line in lines):
        lines = [_TAGS.sub("", line) for line in lines]
    if any(" tid=" in line for line in lines):
        lines = [_JOB.sub("", line) for line in lines]
    numbered = any(_NUMBERED.match(line) for line in lines)
    for line in lines:
        match = _FRAME.match(line)
        if not match:
            if not frames:
                head.append(line)
            elif said == ("", "") and (typed := _TYPED.match(line.strip())):  # `(Type)` ends a message of several lines
                said = (typed.group(2), typed.group(1))
            continue
        if match.group(4) is not None:
            if frames and not numbered:  # the next "file:line: message (Type)" without "from" is the cause
                chain.append(_raised(said, head, frames))
                frames = []
            said, head = _said(match.group(4)), []
        frames.append(_frame(match.group(1), line_number(match.group(2)), match.group(3)))
    chain.append(_raised(said, head, frames[::-1] if numbered else frames))
    return complete("ruby", [replace(raised, frames=_without_builtins(raised.frames)) for raised in chain[::-1]])


def _without_builtins(frames: tuple[Frame, ...]) -> tuple[Frame, ...]:
    """Drop the interpreter's own functions: they are printed with the place of their caller."""
    return tuple(
        replace(frame, in_app=False)
        if at and (frame.file, frame.line) == (frames[at - 1].file, frames[at - 1].line)
        else frame
        for at, frame in enumerate(frames)
    )


def _said(text: str) -> tuple[str, str]:
    typed = _TYPED.match(text)
    if typed:
        return typed.group(2), typed.group(1)
    return "", text


def _raised(said: tuple[str, str], head: list[str], frames: list[Frame]) -> Raised:
    kind, message = said
    if not kind:
        for line in head[-_HEAD_LINES:]:
            if match := _RAILS.match(line.strip()) or _NAMED.match(line.strip()):
                kind, message = match.group(1), match.group(2)
                break
            if match := _TYPED.match(_LOGGED.sub("", line.strip())):
                kind, message = match.group(2), match.group(1)
                break
        else:
            kind, message = ("", message) if message else heads.find(head)
    return Raised(kind, message, tuple(reversed(frames)))


def _frame(path: str, line: int, function: str) -> Frame:
    name = _LEVELS.sub("", function)
    if (rest := below(path, "/gems/")) is not None:
        return Frame(name, _GEM.sub("", rest, count=1), False, path, line)
    if match := _STDLIB.search(path):
        return Frame(name, path[match.end() :].strip("<>"), False, path, line)
    return Frame(name, short_path(path), True, path, line)


_TAGGED = r"(?:\[[^\]]{1,80}\] |\S+ pid=\d+ tid=\S+ .{0,160}?[A-Z]+: )*"
_AT = rf"{_TAGGED}\s*(?:\d+: )?(?:from )?(?:<internal:[^>]*>|[^\s:][^:]*):\d+:in [`']"

LANGUAGE = Language(
    "ruby",
    rank=70,
    needles=(":in `", ":in '"),
    parse=parse,
    automaton=Automaton(
        start=rules(
            (r"[FE], \[", "record"),
            (rf"{_TAGGED}[^\s:]\S*:\d+:in [`'][^']*': .*\([A-Z][\w:]*\)\s*$", "frames"),
            (rf"{_TAGGED}[^\s:]\S*:\d+:in [`'][^']*': ", "message"),
            (rf"{_TAGGED}[A-Z]\w*(?:::\w+)*(?:Error|Exception|NotFound|Invalid) \(", "message"),
            (rf"(?!{_AT})(?!\s)", "line"),
        ),
        states={
            "line": rules((_AT, "frames")),
            "record": rules((_AT, "frames"), (rf"{_TAGGED}\s*$", "record"), (r"[A-Z], \[", ""), (r"", "message")),
            "message": rules((_AT, "frames"), (rf"[A-Z], \[|{RECORD}", ""), (r"", "message")),
            "frames": rules(
                (_AT, "frames"),
                (rf"{_TAGGED}\s*$|\s|Did you mean\?|\.\.\. \d+ levels", "frames"),
                (r"Caused by:?$", "frames"),
            ),
        },
        accepting=frozenset({"frames"}),
    ),
    fragments=(
        r"\s+(?:\d+: )?from \S+:\d+:in [`']",
        r"(?:\[[^\]]{1,80}\] )*\S*\.(?:rb|erb|rake|ru):\d+:in [`']",
        r"\S+:\d+:in [`'][^']*': .*\([A-Z][\w:]*\)$",
        r"<internal:[^>]*>:\d+:in [`']",
    ),
    noise=(r"\.rb:\d+",),
    lines=(
        r"(?:\[[^\]]{1,80}\] )*[A-Z]\w*(?:::\w+)* \(",
        r"(?:\[[^\]]{1,80}\] )+\s*$",
        r"[FE], \[",
        r"Did you mean",
    ),
)
