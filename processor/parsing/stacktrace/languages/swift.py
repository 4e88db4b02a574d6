"""Swift: fatal errors, `Current stack trace:`, and the backtraces that Swift 5.9 prints on Linux.

Promises: addresses and offsets are removed; only the thread that crashed is read. Must not need debug symbols.
"""

from __future__ import annotations

from processor.model.patterns import regex
from processor.parsing.stacktrace.automaton import Automaton, rules
from processor.parsing.stacktrace.language import Language
from processor.parsing.stacktrace.model import Frame, Raised, Traceback
from processor.parsing.stacktrace.paths import line_number, short_path

_FATAL = regex(
    r"(?:([^\s:]+\.swift):(\d+): )?(Fatal error|Precondition failed|Assertion "
    r"failed)(?:: (.*?))?(?:: file (\S+), line (\d+))?$"
)
_CRASHED = regex(r"(?:\*\*\* |💣 )?Program crashed: (.*?)(?: at 0x[0-9a-f]+)?$|\*\*\* Signal (\d+): ")
_FRAME = regex(
    r"\s*(\d+) (?:\[\w+\] )?(?:\[\w+\] )*(?:0x[0-9a-f]+ )?(?:<unavailable> )?(.+?)(?: \+ \d+)? "
    r"in (\S+)(?: at (\S+?):(\d+)(?::\d+)?)?\s*$"
)
_OLD = regex(r"(\d+) +(\S+) +0x[0-9a-f]+ (.+?) \+ \d+$")
_ARGUMENTS = regex(r"\(.*\)|<[^<>]*>")
_THREAD = regex(r"Thread (\d+)(?: \S+)?(?: crashed)?:$")


def parse(lines: list[str]) -> Traceback | None:
    """Return a single exception: Swift prints no chain."""
    kind = message = ""
    place: Frame | None = None
    frames: list[Frame] = []
    threads = 0
    for line in lines:
        if match := _FATAL.match(line):
            path, at = match.group(1) or match.group(5), match.group(2) or match.group(6)
            kind, message = match.group(3), match.group(4) or ""
            place = Frame("", short_path(path), True, path, line_number(at)) if path else None
        elif (match := _CRASHED.match(line)) and not kind:
            kind, message = "crash", match.group(1) or f"signal {match.group(2)}"
        elif _THREAD.match(line):
            threads += 1
            if frames and threads > 1:
                break
        elif found := _frame(line):
            frames.append(found)
    if not kind:
        return None
    if place and not any(frame.in_app for frame in frames):
        frames.insert(0, place)
    return Traceback("swift", (Raised(kind, message, tuple(reversed(frames))),)) if frames or message else None


def _frame(line: str) -> Frame | None:
    if match := _OLD.match(line):
        library, name, path, at = match.group(2), match.group(3), "", "0"
    elif match := _FRAME.match(line):
        library, name, path, at = match.group(3), match.group(2), match.group(4) or "", match.group(5) or "0"
    else:
        return None
    own = not library.startswith(("libswift", "libc.", "libc-", "libsystem", "libdispatch", "lib_", "libFoundation"))
    return Frame(
        _ARGUMENTS.sub("", name).strip() or name,
        short_path(path) if path else library,
        own and "swift_" not in name,
        path,
        line_number(at),
    )


_HEAD = (
    r"(?:\S+\.swift:\d+: )?(?:Fatal error|Precondition failed|Assertion failed)\b"
    r"|(?:[*]{3} |💣 )?Program crashed: |[*]{3} Signal \d+: "
)

LANGUAGE = Language(
    "swift",
    rank=110,
    needles=("Fatal error", "Precondition failed", "Assertion failed", "Program crashed: ", "*** Signal "),
    parse=parse,
    automaton=Automaton(
        start=rules((_HEAD, "fatal")),
        states={
            "fatal": rules(
                (r"Current stack trace:|Thread \d+", "frames"), (r"[*]{3} |💣|Program crashed|Platform: ", "fatal")
            ),
            "frames": rules(
                (r"\s*\d+  *(?:\[|0x|lib|\S+ +0x)", "frames"),
                (r"\s*\d+ .* in \S+", "frames"),
                (
                    r"Thread \d+|\s*\.\.\.$|Registers:|Images |Backtrace took|Illegal instruction|Crash|rax|Press ",
                    "frames",
                ),
                (r"\s*(?:\d+│|│|[a-z][a-z0-9]{1,3} 0x|0x[0-9a-f]+[\u2013-]0x)|\s{2,}\S", "frames"),
            ),
        },
        accepting=frozenset({"frames", "fatal"}),
    ),
    fragments=(
        r"\S+\.swift:\d+: (?:Fatal error|Precondition failed|Assertion failed)",
        r"Fatal error: .*: file \S+\.swift, line \d+$",
        r"Current stack trace:$",
        r"\d+ +lib\S+\.so +0x[0-9a-f]+ ",
        r"(?:[*]{3} |💣 )?Program crashed: ",
        r"[*]{3} Signal \d+: ",
        r"Thread \d+.{0,60} crashed:$",
        r"\d+ (?:\[\w+\] )*(?:0x[0-9a-f]+ )?\S.* in \S+ at \S+\.swift:\d+",
    ),
    crash=(
        r"\S+\.swift:\d+: (?:Fatal error|Precondition failed|Assertion failed)",
        r"(?:[*]{3} |💣 )?Program crashed: ",
    ),
    noise=(r"0x[0-9a-f]+", r"\.swift:\d+(?::\d+)?"),
    lines=(
        r"Thread \d+",
        r"Registers:",
        r"Images \(",
        r"Backtrace took",
        r"\d+ .* in \S+",
    ),
)
