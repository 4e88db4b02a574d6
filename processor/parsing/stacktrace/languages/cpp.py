"""C and C++: process ends (terminate, assert, sanitizers), and the stacks of glog, abseil and gdb.

Promises: addresses, process ids and build paths are gone; the first stack printed is the failed stack. Must not keep a
sanitizer's report of the memory layout.
"""

from __future__ import annotations

from msgspec.structs import replace

from processor.model.patterns import regex
from processor.parsing.stacktrace.automaton import Automaton, rules
from processor.parsing.stacktrace.language import RECORD, Language
from processor.parsing.stacktrace.model import Frame, Raised, Traceback
from processor.parsing.stacktrace.paths import line_number, short_path

_THROWN = regex(
    r"(?:terminate called after throwing|libc\+\+abi: .{0,80}uncaught exception of type"
    r"|.{0,40}throwing) (?:an instance of )?'?([\w:<>, ]+?)'?(?:: (.*))?$"
)
_WHAT = regex(r"\s*what\(\): +(.*)$")
_SANITIZER = regex(r"(?:==\d+==|\s*)(?:ERROR|WARNING|FATAL): (\w+Sanitizer): (.*?)(?: on .*|:? 0x.*| \(.*|: .*)?$")
_UNDEFINED = regex(r"(\S+?):(\d+):\d+: runtime error: (.*)$")
_CHROMIUM = regex(r"\[[\d:/.]+:FATAL:([^\s(:]+)[(:](\d+)\)?\] (.*)$")
_BACKWARD = regex(
    r"#\d+ +(?:Source|Object) \"([^\"]+)\"(?:, line (\d+)|, at 0x[0-9a-f]+), in (.*?)(?: \[0x[0-9a-f]+\])?$"
)
_CHECK = regex(r"F\d{4,8} \d\d:\d\d:\d\d\.\d+ +\d+ ([^\s:]+):(\d+)\] (.*)$")
_ASSERT = regex(r"(?:[^\s:]+: )?([^\s:]+\.\w{1,3}):(\d+): (.*?): Assertion [`'](.*)' failed\.?")
_SIGNAL = regex(
    r"(?:\*\*\* |Program (?:terminated with|received) signal )?(SIG[A-Z]+|Segmentation fault|Aborted|Bus error)\b(.*)$"
)
_FRAME = regex(
    r"\s*#(\d+) +(?:0x[0-9a-f]+ +)?(?:in )?(.+?)"
    r"(?: (?:at |\(?)?((?:/|\.{1,2}/|[\w.+-]+/)?[\w./+-]+\.(?:cc?|cpp|cxx|hh?|hpp|S|s|m|mm|inc|ii)):(\d+)(?::\d+)?\)?"
    r"| \((/\S+)\)(?: \(BuildId: \w+\))?)?(?: \([^()\s]+\+0x[0-9a-f]+\))?$"
)
# glog prints the function behind the address; abseil prints the size of the frame between them.
_NUMBERED_HASH = regex(r"\s*\d+# (.+?)(?: at (\S+):(\d+))?(?: in (\S+))?(?: \[0x[0-9a-f]+\])?$")  # std::stacktrace
_STACK = regex(
    r"(?:PC: |\s*)(@) +0x[0-9a-f]+(?: +\(unknown\)$| +(?:(?:0x[0-9a-f]+|\d+|\(unknown\)) +)?(.+?)(?:\+0x[0-9a-f]+)?$)"
)
_GLIBC = regex(r"(\S+?)\((\w*)(?:\+0x[0-9a-f]+)?\) ?\[0x[0-9a-f]+\]$")
_ARGUMENTS = regex(r"\((?!anonymous)[^()]*\)(?: const)?(?: \[clone[^\]]*\])?|<[^<>]*>|\[abi:\w+\]")
_LIBRARIES = regex(
    r"(?:std::|__gnu_cxx|__cxa|__GI_|__libc|__interceptor|__asan|__ubsan|__sanitizer"
    r"|_start$|start_thread|clone|raise$|abort$"
    r"|google::|absl::|boost::|folly::|testing::|operator (?:new|delete)|malloc|free$"
    r"|mem(?:cpy|set|move)|str\w{3,4}$|gsignal|_?_?assert)"
)
_END_OF_FIRST = regex(
    r"0x[0-9a-f]+ is located|freed by|previously allocated|Previous (?:read|write)|SUMMARY: |Thread \d+ |Shadow bytes"
)


def parse(lines: list[str]) -> Traceback | None:
    """Return a single exception: C++ prints no chain."""
    kind, message, place = _head(lines)
    frames: list[Frame] = []
    for line in lines:
        if frames and _END_OF_FIRST.match(line):
            break
        if found := _frame(line):
            frames.append(found)
    if any("(most recent call last)" in line for line in lines):
        frames.reverse()
    own = next((number for number, frame in enumerate(frames) if frame.in_app), None)
    if kind and place and own is None:
        frames = [place, *frames]
    elif place and own is not None and not frames[own].file:  # glog names the place in its record alone
        frames[own] = replace(frames[own], file=place.file, line=place.line)
    if kind or len(frames) > 2:  # noqa: PLR2004 - numbered lines of prose seldom look like three frames
        return Traceback("cpp", (Raised(kind or "crash", message, tuple(reversed(frames))),))
    return None


def _head(lines: list[str]) -> tuple[str, str, Frame | None]:
    for number, line in enumerate(lines):
        if match := _THROWN.match(line):
            what = next((found.group(1) for found in map(_WHAT.match, lines[number + 1 : number + 3]) if found), "")
            return match.group(1).strip(), match.group(2) or what, None
        if match := _SANITIZER.match(line):
            return match.group(1), match.group(2), None
        for known, kind in ((_UNDEFINED, "runtime error"), (_CHECK, "Check failed"), (_CHROMIUM, "Check failed")):
            if match := known.match(line):
                said = match.group(3).removeprefix("Check failed: ")
                return kind, said, _at(match.group(1), match.group(2))
        if match := _ASSERT.match(line):
            place = _at(match.group(1), match.group(2), _name(match.group(3).rpartition(" ")[2] or match.group(3)))
            return "Assertion failed", match.group(4), place
    found = next((found for found in map(_SIGNAL.match, lines) if found), None)
    if found is None:
        return "", "", None
    return found.group(1), "", None


def _at(path: str, line: str, function: str = "") -> Frame:
    return Frame(function, short_path(path), True, path, line_number(line))


def _frame(line: str) -> Frame | None:
    if match := _BACKWARD.match(line):
        path, name = match.group(1), _name(match.group(3)) or "(unknown)"
        own = name != "(unknown)" and not _LIBRARIES.match(name) and not path.startswith(("/lib", "/usr/", ".."))
        return Frame(name, short_path(path), own, path, line_number(match.group(2)))
    if match := _FRAME.match(line):
        name = _name(match.group(2))
        path, library = match.group(3) or "", match.group(5) or ""
        own = (
            not _LIBRARIES.match(name) and not (library or path).startswith(("/lib", "/usr/")) and "sysdeps" not in path
        )
        return Frame(name, short_path(path) if path else "", own, path, line_number(match.group(4)))
    if match := _NUMBERED_HASH.match(line):
        name, path = _name(match.group(1)), match.group(2) or ""
        own = not _LIBRARIES.match(name) and "sysdeps" not in path and not path.startswith("/usr/")
        return Frame(name, short_path(path) if path else "", own, path, line_number(match.group(3)))
    if match := _STACK.match(line):
        name = _name(match.group(2) or "(unknown)")
        return Frame(name, "", name != "(unknown)" and not _LIBRARIES.match(name))
    if match := _GLIBC.match(line):
        name = match.group(2)
        own = bool(name) and not match.group(1).startswith(("/lib", "/usr/lib"))
        return Frame(name or "(unknown)", "", own and not _LIBRARIES.match(name))
    return None


def _name(signature: str) -> str:
    name = signature
    for _ in range(4):  # nested arguments and templates, innermost first
        before, name = name, _ARGUMENTS.sub("", name)
        if name == before:
            break
    return name.strip().rpartition(" ")[2] if "operator" not in name else name.strip()


_NUMBERED = r"\s*(?:#\d+ +(?:0x[0-9a-f]+|\S+ \()|\d+# \S)"
# The last words of the C library and of the shell that ran the program.
_ALLOCATOR = (
    r"(?:double free or corruption|(?:free|malloc|realloc|munmap_chunk)\(\): |corrupted (?:size|double-linked)"
    r"|[*]{3} (?:stack smashing|buffer overflow) detected)"
)
_KILLED = r"(?:Segmentation fault|Bus error|Illegal instruction|Floating point exception|Aborted)(?: \(core dumped\))?$"
_STACKED = r"\s*@ +0x[0-9a-f]+"
_BRACKETED = r"\S+\(\S*\) ?\[0x[0-9a-f]+\]$"

_CRASHED = r"Segmentation fault|Aborted|Bus error|Illegal instruction|Floating point exception"
_REPORT = rules(
    (r"SUMMARY: ", "summary"),
    (r"==\d+==ABORTING", "end"),
    (r"==\d+==", "sanitizer"),
    (r"(?:READ|WRITE) of size|0x[0-9a-f]+ is located|freed by|previously|allocated by|Thread T", "sanitizer"),
    (r"Direct leak|Indirect leak|Shadow byte|=>0x|Hint: |HINT: |SCARINESS|AddressSanitizer|Address 0x", "sanitizer"),
    (r"The signal is|Register values", "sanitizer"),
    (RECORD, ""),
    (r"\s", "sanitizer"),
)

LANGUAGE = Language(
    "cpp",
    rank=120,
    needles=(
        "terminate called",
        "uncaught exception of type",
        "Sanitizer: ",
        "runtime error: ",
        "Check failed: ",
        "' failed",
        "#0 ",
        "    @ ",
        "*** SIG",
        "[0x",
    ),
    parse=parse,
    automaton=Automaton(
        start=rules(
            (r"terminate called |libc\+\+abi: ", "thrown"),
            (r"=+$", "rule"),
            (r"==\d+==(?:ERROR|WARNING): \w+Sanitizer: |WARNING: ThreadSanitizer: ", "sanitizer"),
            (r"\S+:\d+:\d+: runtime error: ", "undefined"),
            (r"F\d{4,8} \d\d:\d\d:\d\d\.\d+ ", "stack"),
            (r"\*\*\* (?:Check failure|SIG|Aborted at)", "stack"),
            (r"(?:[^\s:]+: )?[^\s:]+:\d+: .*: Assertion ", "assert"),
            (r"Program (?:terminated with|received) signal SIG", "signal"),
            (r"\[[\d:/.]+:FATAL:", "signal"),
            (r"Stack trace \(most recent call last\)", "backward"),
        ),
        states={
            "thrown": rules((r"\s*what\(\): ", "what"), (r"Aborted|SIGABRT", "what"), (_NUMBERED, "frames")),
            "what": rules(
                (r"Aborted|SIGABRT|\*\*\* SIG", "what"),
                (_NUMBERED, "frames"),
                (_STACKED, "stack"),
                (_BRACKETED, "frames"),
            ),
            "assert": rules((r"Aborted|\*\*\* (?:SIG|Aborted)", "assert"), (_NUMBERED, "frames"), (_STACKED, "stack")),
            "backward": rules((r"#\d+ +(?:Source|Object) \"", "backward"), (r"\s", "backward"), (_CRASHED, "end")),
            "signal": rules((_NUMBERED, "frames"), (r"\[Current thread |[*\s]", "signal")),
            "rule": rules((r"==\d+==(?:ERROR|WARNING): \w+Sanitizer: |WARNING: ThreadSanitizer: ", "sanitizer")),
            "sanitizer": _REPORT,
            "summary": (*rules((r"={18}$", "end")), *_REPORT),
            "end": rules(),
            "undefined": rules((_NUMBERED, "frames"), (r"\s", "undefined"), (r"SUMMARY: ", "undefined")),
            "frames": rules((_NUMBERED, "frames"), (_BRACKETED, "frames"), (r"\s", "frames")),
            "stack": rules((_STACKED, "stack"), (r"\*\*\* ", "stack"), (r"PC: @", "stack"), (r"Aborted", "stack")),
        },
        accepting=frozenset({"what", "assert", "sanitizer", "summary", "end", "undefined", "frames", "stack"}),
    ),
    fragments=(
        r"terminate called (?:after throwing|without an active)",
        r"libc[+][+]abi: ",
        r"==\d+==(?:ERROR|WARNING): \w+Sanitizer: ",
        r"WARNING: ThreadSanitizer: ",
        r"\s+#\d+ +0x[0-9a-f]+ ",
        r"\s+#\d+ \S.* \(\S+[+]0x[0-9a-f]+\)$",
        r"#\d+ +0x[0-9a-f]+ in ",
        r"\s*\d+# \S.* at \S+:\d+",
        r"\s+@ +0x[0-9a-f]+ ",
        r"#\d+ +(?:Source|Object) \"[^\"]+\", ",
        r"\[[\d:/.]+:FATAL:\S+\] ",
        r"#\d+ 0x[0-9a-f]{8,} \S",
        r"[*]{3} (?:Check failure stack trace|SIG[A-Z]+|Aborted at)",
        r"\S+:\d+:\d+: runtime error: ",
        r"(?:[^\s:]+: )?[^\s:]+:\d+: .*: Assertion .* failed",
        r"SUMMARY: \w+Sanitizer: ",
        r"Program (?:terminated with|received) signal SIG",
        r"\s*what\(\): ",
    ),
    crash=(
        r"terminate called ",
        r"libc[+][+]abi: ",
        r"==\d+==ERROR: \w+Sanitizer: ",
        r"F\d{4,8} \d\d:\d\d:\d\d\.\d+ +\d+ \S+\] ",
        r"[*]{3} SIG[A-Z]+",
        r"(?:[^\s:]+: )?[^\s:]+:\d+: .*: Assertion .* failed",
        r"\S+:\d+:\d+: runtime error: ",
        r"\[[\d:/.]+:FATAL:\S+\] ",
        _ALLOCATOR,
        _KILLED,
    ),
    noise=(r"0x[0-9a-f]+", r"==\d+=="),
    lines=(
        r"=+$",
        r"==\d+==",
        r"(?:READ|WRITE) of size ",
        r"(?:freed|allocated|previously allocated) by thread",
        r"Shadow byte",
        r"=>0x",
        r"0x[0-9a-f]+ is located",
        r"Aborted",
        r"Stack trace \(most recent call last\)",
    ),
)
