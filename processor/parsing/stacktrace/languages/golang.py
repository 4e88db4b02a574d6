"""Go: panics with their goroutine dump, and errors that carry a stack (`%+v`).

Promises: only the goroutine that failed is read; arguments, addresses and offsets are removed; a re-panic with the same
words is the same exception. Must not read the other goroutines: their number depends on the load.
"""

from __future__ import annotations

from msgspec.structs import replace

from processor.model.patterns import regex
from processor.parsing.stacktrace.automaton import Automaton, rules
from processor.parsing.stacktrace.language import RECORD, Language
from processor.parsing.stacktrace.model import Frame, Raised, Traceback, complete
from processor.parsing.stacktrace.paths import line_number, short_path

_PLACE = regex(r"\s+(\S+\.(?:go|s)):(\d+)(?: \+0x[0-9a-f]+)?(?: [fps]p=0x[0-9a-f]+| pc=0x[0-9a-f]+)*\s*$")
_GIN = regex(r"(\S+\.go):(\d+) \(0x[0-9a-f]+\)$")
_GIN_CALL = regex(r"\t([^:]+): (.*)$")
_SIGNALLED = regex(r"(SIG[A-Z]+): (.*)$")
_STAMP = regex(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d(?:\.\d+)? (?:\S+\.go:\d+: )?")
_GOROUTINE = regex(r"goroutine \d+(?: [^\[]{0,60})?\[[^\]]{1,80}\]:$")
_ONE_LINE = regex(r".*\[PANIC RECOVER\] (.*) goroutine \d+ \[[^\]]*\]:$")  # echo
_BAR = regex(r"  \| ")
_WRAPS = regex(r"(?:\(\d+\)|Wraps: \(\d+\)|Error types:)|  -- stack trace:")
_CREATED = regex(r"(?:Previous (?:atomic )?(?:read|write) at|Goroutine \d+ \()")
_PANIC = regex(r"(?:.*?\b)?(panic|fatal error)(?: serving \S+)?: (.*)$")
_RECOVERED = regex(r" \[recovered[^\]]*\]$")
_ZAP = regex(r"\d{4}-\S+\t[A-Z]+\t(?:\S+:\d+\t)?([^\t]*)(?:\t(\{.*\}))?$")
_REASON = regex(r'"error": ?"((?:[^"\\]|\\.)*)"')
_FUNCTION = regex(r"(?:created by )?(\S+?)(?:\((?:0x|\{|\.\.\.|_|\)|[\d?]).*|\(\)?)?(?: in goroutine \d+)?$")
_TYPE_ARGUMENTS = regex(r"\[[^\]]*\]")
_STANDARD = regex(
    r"(?:runtime|net|internal|sync|os|io|reflect|syscall|testing|encoding|database|context|bufio|bytes|strings|fmt|log"
    r"|time|sort|errors|text|html|crypto|math|regexp|slices|maps|iter|strconv|vendor|panic)(?:/|\.|$)"
)
_INSTALLED = regex(r"/pkg/mod/|/vendor/|@v\d|/(?:usr/(?:local|lib)|opt|hostedtoolcache)/go[^/]*/(?:[^/]+/)*src/")


def parse(lines: list[str]) -> Traceback | None:
    """Return the chain in `lines`, root cause first; a single exception for a panic without a re-panic."""
    if special := _race(lines) or _recovered(lines):
        return special
    if any(line.endswith("-- stack trace:") for line in lines):  # cockroachdb/errors
        lines = [_BAR.sub("", line) for line in lines if not _WRAPS.match(line)]
    chain: list[Raised] = []
    head: list[str] = []
    frames: list[Frame] = []
    goroutines = 0
    for number, line in enumerate(lines):
        if one := _ONE_LINE.match(line):
            head.append(f"panic: {one.group(1)}")
            goroutines += 1
        elif _GOROUTINE.match(line):
            goroutines += 1
            if goroutines > 1 and frames:
                break
        elif place := _PLACE.match(line):
            if number and (found := _frame(lines[number - 1], *place.groups())):
                frames.append(found)
        elif line.strip() and not _names_next(lines, number):
            if frames and not goroutines:  # an error's `%+v`: message, stack, wrapping message, its stack
                chain += _raised(head, frames)
                head, frames = [], []
            if not frames:
                head.append(line)
    return complete("go", _root_first(chain + _raised(head, frames)))


def _root_first(chain: list[Raised]) -> list[Raised]:
    """Return the chain in order: pkg/errors prints the root first, xerrors the outer error, its causes as a list."""
    if not any(raised.message.startswith("- ") for raised in chain[1:]):
        return chain
    return [replace(raised, message=raised.message.removeprefix("- ")) for raised in reversed(chain)]


def _recovered(lines: list[str]) -> Traceback | None:
    """Return the stack of a panic that gin recovered from: places, each with its function and line of code below."""
    start = next((number for number, line in enumerate(lines) if _GIN.match(line)), None)
    if start is None or not any(" panic recovered:" in line for line in lines[:start]):
        return None
    message = next((line.strip() for line in reversed(lines[:start]) if line.strip()), "")
    frames = []
    for number in range(start, len(lines) - 1):
        place, call = _GIN.match(lines[number]), _GIN_CALL.match(lines[number + 1])
        if place and call:
            path = place.group(1)
            own = not _INSTALLED.search(path)
            frames.append(Frame(call.group(1), short_path(path), own, path, line_number(place.group(2)), call.group(2)))
    return Traceback("go", (Raised("panic", message, tuple(reversed(frames))),)) if frames else None


def _race(lines: list[str]) -> Traceback | None:
    """Return the stack of the access that the race detector reported."""
    start = next((number for number, line in enumerate(lines) if line.startswith("WARNING: DATA RACE")), None)
    if start is None:
        return None
    frames = []
    for number in range(start + 2, len(lines)):
        if not lines[number].strip() or _CREATED.match(lines[number]):
            break
        if (place := _PLACE.match(lines[number])) and (found := _frame(lines[number - 1], *place.groups())):
            frames.append(found)
    return Traceback("go", (Raised("DATA RACE", "", tuple(reversed(frames))),)) if frames else None


def _names_next(lines: list[str], number: int) -> bool:
    """Return whether the line names the function whose place is on the next line."""
    return number + 1 < len(lines) and bool(_PLACE.match(lines[number + 1]))


def _frame(name: str, path: str, line: str) -> Frame | None:
    match = _FUNCTION.match(name.strip())
    if not match or name.startswith("created by "):  # the start of a goroutine is not the failure
        return None
    whole = _TYPE_ARGUMENTS.sub("", match.group(1))
    folder, slash, rest = whole.rpartition("/")
    package, dot, function = rest.partition(".")
    owner = folder + slash + package
    own = not _INSTALLED.search(path) and not _STANDARD.match(owner)
    return Frame(function if dot else package, owner, own, path, line_number(line))


def _raised(head: list[str], frames: list[Frame]) -> list[Raised]:
    """Return the exceptions of a stack: each `panic:` of the head is an exception, the last has the frames."""
    panics: list[tuple[str, str]] = []
    for line in head:
        if match := _PANIC.match(line):
            said = (match.group(1), _RECOVERED.sub("", match.group(2)))
            if said not in panics[-1:]:
                panics.append(said)
    calls = [at for at, frame in enumerate(frames) if frame.module == "panic"]
    panics = panics or [found.groups() for found in map(_SIGNALLED.match, head) if found]  # type: ignore[misc]
    if not panics:
        # The text next to the frames; a logger's own message may come before it.
        text = next((_STAMP.sub("", line.strip()) for line in reversed(head) if line.strip()), "")
        if match := _ZAP.match(text):
            reason = _REASON.search(match.group(2) or "")
            text = f"{match.group(1)}: {reason.group(1)}" if reason else match.group(1)
        panics = [("panic" if calls else "error", text)] if text or frames else []
    last = len(panics) - 1
    # Deferred functions are above the call of panic(); they only raised the same panic again.
    own = frames[calls[-1] + 1 :] if calls and not last else [f for f in frames if f.module != "panic"]
    inner = tuple(reversed(own))
    return [Raised(kind, text, inner if at == last else ()) for at, (kind, text) in enumerate(panics)]


_CALL = r"(?:created by )?[\w./~@%+-]+\.[\w.*()\[\]/{}\u00b7-]+\(.*\)\s*$|created by \S+"
_BARE = r"[\w./~@%+-]+\.[\w.*()\[\]-]+$"
_AT = r"\s+\S+\.(?:go|s):\d+(?: \+0x[0-9a-f]+)?(?: [a-z]+=0x[0-9a-f]+)*\s*$"
_ROUTINE = r"goroutine \d+.{0,80}\[[^\]]*\]:$|runtime stack:$|goroutine running on other thread"
_PANICS = r"(?:panic|fatal error|runtime error|unexpected fault address|SIG[A-Z]+): ?"

LANGUAGE = Language(
    "go",
    rank=20,
    needles=(".go:",),
    parse=parse,
    automaton=Automaton(
        start=rules(
            (rf"{_PANICS}|\S.{{0,120}}\bpanic(?: serving \S+)?: |runtime: ", "head"),
            (_ROUTINE, "routine"),
            (r"={18}$", "rule"),
            (r"WARNING: DATA RACE", "race"),
            (r".* panic recovered:$", "recovered"),
            (r".*\[PANIC RECOVER\] .* goroutine \d+ \[[^\]]*\]:$", "routine"),
            (r"(?!\s)", "error"),
        ),
        states={
            "head": rules(
                (_ROUTINE, "routine"),
                (r"\s+panic: |\[signal |\[recovered", "head"),
                (_CALL, "call"),
                (r"exit status \d", "end"),
                (rf"{RECORD}|Traceback |\s+at ", ""),
                (r"", "head"),
            ),
            "routine": rules((_ROUTINE, "routine"), (_CALL, "call"), (r"panic\(|\w+\(", "call")),
            "call": rules((_AT, "place")),
            "place": rules(
                (_ROUTINE, "routine"),
                (_CALL, "call"),
                (r"panic\(|\w+\(", "call"),
                (r"\.\.\.(?:additional|\d+) ", "place"),
                (r"exit status \d", "end"),
                (r"[re]?[a-z0-9]{1,6}\s+0x[0-9a-f]+$", "place"),
            ),
            "end": rules(),
            "rule": rules((r"WARNING: DATA RACE", "race")),
            "race": rules(
                (r"={18}$", "end"),
                (r"\s|(?:Previous )?(?:[Aa]tomic )?(?:[Ww]rite|[Rr]ead) at |Goroutine \d|Found \d", "race"),
            ),
            "recovered": rules((r"\S+\.go:\d+ \(0x", "recovery"), (RECORD, ""), (r"", "recovered")),
            "recovery": rules((r"\S+\.go:\d+ \(0x", "recovery"), (r"\t", "recovery")),
            "error": rules(
                (_BARE, "function"),
                (rf"\s{{4}}{_BARE}", "detailed"),
                (r"goroutine \d+ \[running\]:$", "routine"),
                (r"\(1\) attached stack trace", "attached"),
            ),
            "detailed": rules((_AT, "details")),
            "details": rules((rf"\s{{4}}{_BARE}", "detailed"), (r"  - \S", "detail")),
            "detail": rules((rf"\s{{4}}{_BARE}", "detailed"), (r"  - \S", "detail")),
            "attached": rules(
                (r"\s+(?:-- stack trace:|\| )", "attached"), (r"Wraps: \(|\(\d+\) |Error types: ", "attached")
            ),
            "function": rules((_AT, "stack")),
            "stack": rules((_BARE, "function"), (rf"{RECORD}|\s", ""), (r"", "error")),
        },
        accepting=frozenset({"place", "end", "stack", "race", "recovery", "attached", "details", "detail"}),
        unfinished=frozenset({"call"}),
    ),
    fragments=(
        r"(?:.{0,120}[:\]\d] )?(?:panic|fatal error)(?: serving \S+)?: ",
        r"goroutine \d+.{0,60}\[[^\]]*\]:$",
        r"\[signal SIG",
        r"\s*created by \S+\.\S+",
        r"\s+\S+\.(?:go|s):\d+(?: \+0x[0-9a-f]+)?(?: [a-z]+=0x[0-9a-f]+)*$",
        r"[\w./\-]+\.(?:\(\*?\w+\)\.)?\w[\w.\[\]]*\((?:0x|\{0x|\.\.\.|\)$|\?).*$",
        r"panic\(\{?0x",
        r"WARNING: DATA RACE",
        r"\(\d+\) attached stack trace$",
        r".{0,200}\[PANIC RECOVER\] ",
        r"\S+\.go:\d+ \(0x[0-9a-f]+\)$",
        r".{0,160} panic recovered:$",
    ),
    crash=(r"panic: ", r"fatal error: "),
    noise=(r"\.go:\d+", r"0x[0-9a-f]+"),
    lines=(
        r"exit status \d",
        r"\.\.\.(?:additional|\d+) ",
        r"runtime: ",
        r"(?:PC=0x|signal arrived during )",
        r".{0,200}runtime error: ",
        r"(?:Wraps: \(|Error types: )",
        r"(?:rax|rbx|rcx|rdx|rdi|rsi|rbp|rsp|r\d+|rip|rflags|cs|fs|gs) +0x",
        r"[\w./\-]+\.[\w.*()\[\]\-]+$",
    ),
)
