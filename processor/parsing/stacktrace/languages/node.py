"""Stack traces of V8: Node and Chrome.

Promises: `[cause]` comes before its effect; dependencies and node's own code are not in-app.
Must not mistake a URL or a sentence with "at" in it for a frame: a frame has a line and a column.
"""

from __future__ import annotations

from msgspec.structs import replace

from processor.model.patterns import regex
from processor.parsing.stacktrace import exception_line as heads
from processor.parsing.stacktrace.automaton import Automaton, rules
from processor.parsing.stacktrace.language import RECORD, Language
from processor.parsing.stacktrace.model import Frame, Raised, Traceback, complete
from processor.parsing.stacktrace.paths import below, line_number, short_path

_PLACE = regex(r":(\d+):\d+$")
_CLASS = regex(r"(?:Uncaught )?(?:\(in promise\) )?([A-Z][\w$]*[a-z][\w$]*)(?: \[[\w ]+\])?: (.*)$")
_STATED = regex(r"\s+\"type\": \"([A-Z][\w$]*)\",?$")  # pino-pretty
_BARE = regex(r"error: (?:Uncaught )?(?:\(in promise\) )?(.*)$")  # Bun, Deno
# console.error("bake failed", error), where the class is named as it likes
_LOGGED = regex(r"\S.*? ([A-Z][a-z\d]+(?:[A-Z][a-z\d]*)+): (.*)$")
_REASON = regex(r'rejected with the reason "(.*)"\.')
_REJECTED = regex(r"\[UnhandledPromiseRejection: .*rejected with the reason \"(.*)\"\.\] ?\{?$")
_CODE_AT = regex(r"((?:/|file://|node:|[A-Za-z]:\\|webpack)\S*):(\d+)$")
_LIST = regex(r"\s+\[errors\]: \[$")
_ITEM = regex(r"\s{4,}\[?([A-Z][\w$]*(?:Error|Exception)?(?: \[[\w ]+\])?(?:: .*|))$")
_CAUSE = regex(r"\s*(?:\[cause\]|\[errors\]|Caused by): \[?(.*)$")
_OWN = (
    "node:",
    "ext:",
    "deno:",
    "https://deno.land/",
    "https://jsr.io/",
    "internal/",
    "<anonymous>",
    "native",
    "index ",
    "bootstrap_node.js",
    "module.js",
    "wasm://",
)


def frame(line: str) -> Frame | None:
    """Return the frame of a line, or None."""
    stripped = line.strip()
    if not stripped.startswith("at "):
        return None
    body = stripped[3:].removesuffix(" {").removeprefix("async ")
    function, paren, place = body.partition(" (")
    if not paren:
        function, place = "<anonymous>", body
    place = place.removesuffix(")")
    located = _PLACE.search(place)
    if not located and not (paren and place.startswith(("<anonymous>", "native", "index "))):
        return None
    function = function.partition(" [as ")[0].removeprefix("async ")
    if not located:
        return _placed(function, place, 0)
    return _placed(function, place[: located.start()], line_number(located.group(1)))


def _placed(function: str, path: str, line: int) -> Frame:
    if path.startswith(_OWN):
        known = path if line else ""
        return Frame(function, path.partition(" ")[0], False, known, line)
    if (rest := below(path, "node_modules/")) is not None:
        return Frame(function, rest, False, path, line)
    return Frame(function, short_path(path.partition("?")[0]), True, path, line)


def parse(lines: list[str]) -> Traceback | None:
    """Return the chain in `lines`, root cause first; members of an AggregateError come before it."""
    chain: list[Raised] = []
    head: list[str] = []
    frames: list[Frame] = []
    is_list = False
    for line in lines:
        cause = _CAUSE.match(line)
        item = _ITEM.match(line) if is_list else None
        if _LIST.match(line):
            is_list = True
        elif item or cause:
            chain.append(_raised(head, frames))
            head, frames = [(item or cause or _LIST).group(1)], []  # type: ignore[union-attr]
        elif found := frame(line):
            frames.append(found)
        elif not frames:
            head.append(line)
    chain.append(_raised(head, frames))
    chain = [_with_place(chain[0], lines), *chain[1:]]
    if not chain[0].frames and (reason := next(filter(None, map(_REJECTED.search, lines)), None)):
        return Traceback("node", (Raised("UnhandledPromiseRejection", reason.group(1), ()),))
    if not any(raised.frames for raised in chain[:1]) or chain[0].type != "Uncaught":
        return complete("node", chain[::-1])
    return Traceback("node", (chain[0],))


def _with_place(raised: Raised, lines: list[str]) -> Raised:
    """Return the exception with the place above the quoted line of code, if its own frames are less exact."""
    place = next((found for line in lines[:5] if (found := _CODE_AT.match(line))), None)
    if place is None or place.group(1).startswith("node:") or any(frame.in_app for frame in raised.frames):
        return raised
    path, number = place.groups()
    own = Frame("", short_path(path.removeprefix("file://")), True, path, line_number(number))
    if not raised.frames and any("node --trace-uncaught" in line for line in lines):
        return Raised("Uncaught", raised.message, (own,))
    return replace(raised, frames=(*raised.frames, own))


def _raised(head: list[str], frames: list[Frame]) -> Raised:
    marker = next((number for number, line in enumerate(head) if line.strip() and not line.strip("^~ \t")), -1)
    head = head[marker + 1 :]  # the line of code that threw is above it
    kind, message = heads.find(head)
    if kind == "Error" and (stated := next((found for line in head if (found := _STATED.match(line))), None)):
        kind = stated.group(1)  # the class is stated beside a stack that names only its base
    if not kind:
        named = next((found for line in head if (found := _CLASS.match(line.strip()))), None)
        named = named or (_LOGGED.match(head[-1]) if head else None)
        bare = next((found for line in head if (found := _BARE.match(line.strip()))), None)
        kind, message = named.groups() if named else ("Error", bare.group(1)) if bare else ("", message)
    if kind and message.endswith(" in"):  # Prisma names the call and its place first, the reason last
        message = f"{message.removesuffix(' in')}: {head[-1].strip()}"
    if kind == "UnhandledPromiseRejection" and (reason := _REASON.search(message)):
        message = reason.group(1)
    return Raised(kind, message, tuple(reversed(frames)))


_AT = r"\s+at (?:async )?(?:\S.* \(.*\)|\S+:\d+:\d+|<anonymous>)(?: \{)?\s*$"

LANGUAGE = Language(
    "node",
    rank=50,
    needles=("  at ", "\tat ", "\nat ", "node --trace-uncaught", "[UnhandledPromiseRejection: "),
    parse=parse,
    at_frame=frame,
    automaton=Automaton(
        start=rules(
            (r"(?:\S.{0,120} )?\s*\d+ \| \s*\S", "quoted"),
            (r"node:\S*:\d+$", "internal"),
            (r"(?:/|file://|[A-Za-z]:\\|webpack|evalmachine|\[eval|<anonymous_script>)\S*:\d+$", "code"),
            (r"\s{2,8}err(?:or)?: \{$", "object"),
            (rf"(?!.*\bat \S+:\d).{{0,300}}?{heads.TYPED}", "message"),
            (r"(?!\s+at |(?:Node\.js|Bun) v\d|\s*\})", "line"),
        ),
        states={
            "object": rules(
                (r"\s+\"(?:type|name|message|code|stack)\":", "object"), (rf".{{0,300}}?{heads.TYPED}", "message")
            ),
            "line": rules((_AT, "frames")),
            "quoted": rules((r"\s*\d+ \| ", "quoted"), (r"\s*[\^~]+\s*$", "marked")),
            "code": rules((r"\s*[\^~]+\s*$", "marked"), (r"", "source")),
            "internal": rules((r"\s*[\^~]+\s*$", "marked"), (r"", "source")),
            "source": rules((r"\s*[\^~]+\s*$", "marked")),
            "marked": rules((_AT, "frames"), (r"", "message")),
            "message": rules(
                (_AT, "frames"),
                (r"\(Use `node --trace-uncaught|(?:Node\.js|Bun) v\d", "end"),
                (rf"{RECORD}|{heads.TYPED}|Traceback |\s+at ", ""),
                (r"", "message"),
            ),
            "frames": rules(
                (_AT, "frames"),
                (r"Emitted '\w+' event |[}\]]+,?\s*$|Caused by: |for call at\s*$|digest: ['\"]|>?\s*\d* \| ", "frames"),
                (r"(?:Node\.js|Bun) v\d", "end"),
                (rf"\s{{0,3}}{heads.TYPED}", ""),
                (r"\s{2,}", "frames"),
            ),
            "end": rules((r"(?:Node\.js|Bun) v\d", "end")),
        },
        accepting=frozenset({"frames", "end"}),
    ),
    fragments=(
        r"\s+at (?:async )?(?:\S.* \((?:[^()]+:\d+:\d+|<anonymous>|index \d+|native)\)|\S+:\d+:\d+)(?: \{)?\s*$",
        r"\s+\[(?:cause|errors)\]: ",
        r"Uncaught (?:\(in promise\) )?[\w.$]*Error: ",
        r"\[?UnhandledPromiseRejection",
        r"\(Use .node --trace-uncaught",
    ),
    noise=(r"\.[cm]?[jt]sx?:\d+(?::\d+)?",),
    lines=(
        r"[A-Z]\w*[a-z]\w*(?: \[\w+\])?: ",
        r"(?:/|file:|node:)\S+:\d+$",
        r"(?:Node\.js|Bun) v\d",
        r"[\]})]+,?$",
        r"error: ",
        r"for call at$",
        r"(?:Emitted '\w+' event|Require stack:|- /)",
        r".{0,200}[a-z](?:Error|Exception)(?: \[\w+\])?: ",
        r"\d+ [|] ",
    ),
)
