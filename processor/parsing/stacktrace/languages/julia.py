"""Julia: `ERROR: LoadError: KeyError: ...`, then `Stacktrace:` with numbered frames, and the same inside a log record.

Promises: types of arguments are removed; Base, the standard library and packages are not in-app; a cause and the error
of a nested task come before their effect. Must not keep the values of arguments.
"""

from __future__ import annotations

from processor.model.patterns import regex
from processor.parsing.stacktrace.automaton import Automaton, rules
from processor.parsing.stacktrace.language import RECORD, Language
from processor.parsing.stacktrace.model import Frame, Raised, Traceback, complete
from processor.parsing.stacktrace.paths import line_number, short_path

_BAR = regex(r"[│┌└]\s?")
_CALL = regex(r"\s*\[(\d+)\] (.*)$")
_OLD = regex(r"(.*?) at (\S+):(\d+)(?: \[inlined\])?$")
_PLACE = regex(r"\s*@ (?:([\w.]+) )?(\S+):(\d+)(?: \[inlined\])?$")
_TRACE = regex(r"\s*Stacktrace:")
_LINK = regex(r"\s*(?:caused by|nested task error): (.*)$")
_WRAPPERS = regex(
    r"\s*(?:.{0,200}?\b(?:ERROR|Error): )?(?:(?:LoadError|InitError|Unhandled Task ERROR|On worker \d+): )*"
)
_TYPED = regex(r"([A-Z]\w*(?:\.\w+)*(?:Error|Exception|Interrupt|Failure|[a-z]\w*(?=\())) ?(?:: ?|with |\((?=.))?(.*)$")
_ARGUMENTS = regex(r"[({].*$")
_RECORD = regex(r"\s*exception =\s*(.*)$")
_INSTALLED = regex(r"\./|/?(?:.*/)?(?:\.julia/packages|julia/(?:stdlib|base)|share/julia|buildworker|cache/build)/")
_NUMBER = regex(r"#+\d*#*(?:\d+)?")


def parse(lines: list[str]) -> Traceback | None:
    """Return the chain in `lines`, root cause first."""
    lines = [_BAR.sub("", line, count=1) for line in lines]
    chain: list[Raised] = []
    head: list[str] = []
    frames: list[Frame] = []
    call = ""
    for line in lines:
        if match := _LINK.match(line):
            chain.append(_raised(head, frames))
            head, frames = [match.group(1)], []
        elif match := _CALL.match(line):
            call = match.group(2)
            if old := _OLD.match(call):
                frames.append(_frame(old.group(1), "", old.group(2), old.group(3)))
        elif (match := _PLACE.match(line)) and call:
            frames.append(_frame(call, match.group(1) or "", match.group(2), match.group(3)))
            call = ""
        elif not frames and not _TRACE.match(line):
            head.append(line)
    chain.append(_raised(head, frames))
    return complete("julia", chain[::-1])


def _raised(head: list[str], frames: list[Frame]) -> Raised:
    inside = next((number for number, line in enumerate(head) if _RECORD.match(line)), None)
    if inside is not None:  # the record of a logger has the exception in a field
        head = [_RECORD.sub(r"\1", head[inside]), *head[inside + 1 :]]
    text = [line.strip() for line in head if line.strip()]
    # "Some text from the server", then "ERROR: ..."
    start = next((number for number, line in enumerate(text) if line.startswith("ERROR: ")), 0)
    first = _WRAPPERS.sub("", text[start], count=1) if text else ""
    typed = _TYPED.match(first)
    if typed and first[len(typed.group(1)) :].startswith("("):
        first = first.removesuffix(")")  # a constructor with its values
        typed = _TYPED.match(first)
    kind, message = typed.groups() if typed else ("ErrorException" if first else "", first)
    if (not message or message.endswith(":")) and len(text) > start + 1:
        message = f"{message} {text[start + 1]}".strip()
    return Raised(kind, message, tuple(reversed(frames)))


def _frame(call: str, module: str, path: str, line: str) -> Frame:
    name = _NUMBER.sub("", _ARGUMENTS.sub("", call).removeprefix("(::").strip()) or "<anonymous>"
    own = not _INSTALLED.match(path) and module.partition(".")[0] not in {"Base", "Core"}
    return Frame(name, short_path(path), own and name != "top-level scope", path, line_number(line))


_CALLS = r"\s*(?:│\s*)?\[\d+\] \S"
_AT = r"\s*(?:│\s*)?@ (?:[\w.]+ )?\S+:\d+(?: \[inlined\])?$"
_STACK = r"\s*(?:│\s*)?Stacktrace:$"

LANGUAGE = Language(
    "julia",
    rank=68,
    needles=("Stacktrace:",),
    parse=parse,
    automaton=Automaton(
        start=rules(
            (r".{0,200}?(?:ERROR: |Unhandled Task ERROR: )", "head"),
            (r"\s*┌ ", "record"),
            (rf"(?!\s)(?!{_STACK})\S", "line"),
        ),
        states={
            "line": rules((_STACK, "trace")),
            "head": rules((_STACK, "trace"), (rf"{RECORD}|\s+at |Traceback |#\d", ""), (r"", "head")),
            "record": rules((r"\s*│\s*Stacktrace:", "trace"), (r"\s*│", "record")),
            "trace": rules((_CALLS, "frames")),
            "frames": rules(
                (_CALLS, "frames"),
                (_AT, "frames"),
                (r"\s*(?:│\s*)?(?:caused by|nested task error): ", "head"),
                (r"\s*└ @ |in expression starting at ", "end"),
                (r"\s*(?:│\s*)?(?:@ |\.\.\.|⋮|--- the |\(repeats |Some type information)", "frames"),
                (r"\s*│", "frames"),
            ),
            "end": rules((r"in expression starting at |caused by: |\s+nested task error: ", "link")),
            "link": rules((_STACK, "trace"), (RECORD, ""), (r"", "link")),
        },
        accepting=frozenset({"frames", "end"}),
    ),
    fragments=(
        r"Stacktrace:$",
        r"\s+(?:│\s*)?Stacktrace:$",
        r"│\s+Stacktrace:$",
        r"\s+(?:│\s*)?\[\d+\] [\w#(].*(?:\)|\]|scope|:\d+|\w)$",
        r"│\s+\[\d+\] [\w#(].*(?:\)|\]|scope|:\d+|\w)$",
        r"\s+(?:│\s*)?@ (?:[\w.]+ )?\S+\.jl:\d+",
        r"│\s+@ (?:[\w.]+ )?\S+\.jl:\d+",
        r"ERROR: LoadError: ",
        r"Unhandled Task ERROR: ",
        r"\s*└ @ \w+ \S+:\d+$",
    ),
    crash=(r"ERROR: LoadError: ", r"Unhandled Task ERROR: "),
    noise=(r"\.jl:\d+",),
    lines=(r"ERROR: ", r"in expression starting at ", r"caused by: ", r"│", r"[┌└] "),
)
