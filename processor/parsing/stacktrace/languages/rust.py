"""Rust: panics with and without a backtrace, and errors that print their own (anyhow, eyre).

Promises: the panic's place is its own frame where no backtrace is printed; hashes and generic arguments are removed.
Must not take the panic machinery for the place that failed.
"""

from __future__ import annotations

from processor.model.patterns import regex
from processor.parsing.stacktrace.automaton import Automaton, rules
from processor.parsing.stacktrace.language import RECORD, Language
from processor.parsing.stacktrace.model import Frame, Raised, Traceback, complete
from processor.parsing.stacktrace.paths import line_number, short_path

_PANICKED = regex(r"(?:.{0,200}?)thread '([^']*)' (?:\(\d+\) )?panicked at (?:'(.*)'[,:] )?(\S+\.rs):(\d+)(?::\d+)?:?$")
_OVERFLOW = regex(r"thread '[^']*' (?:\(\d+\) )?has (overflowed its stack)$")
_OLD = regex(r"(?:.{0,200}?)thread '([^']*)' panicked at '(.*)$")
_OLD_END = regex(r"(.*)', (\S+\.rs):(\d+)(?::\d+)?$")
_QUOTED = regex(r"(?<=value: )\"(.*)\"$")  # unwrap() quotes a message that is a text
_ERROR = regex(r"Error: ?(.*)$")
_SECTION = regex(r"\s*━+ (?:BACKTRACE|SPANTRACE) ━+|(?i:stack backtrace)")
_CALL = regex(r"\s*\d+: +(?:0x[0-9a-f]+ - )?(\S.*)$")
_FIRST = regex(r" {2,3}0: +(?:0x[0-9a-f]+ - )?<?\w+(?:\[[0-9a-f]+\])?::")
_PLACE = regex(r"\s+at (\S+?):(\d+)(?::\d+)?$")
_HASH = regex(r"::h[0-9a-f]{16}$|\[[0-9a-f]{12,16}\]")
_GENERIC = regex(r"<[^<>]*>|\{\{?(?:closure|vtable\.shim)[^}]*\}?\}")
_LIBRARIES = regex(
    r"(?:<?(?:std|core|alloc|test|proc_macro|backtrace|anyhow|eyre|color_eyre|tokio|futures\w*|hyper|axum|actix\w*|tower\w*"
    r"|rayon\w*|serde\w*|tracing\w*|reqwest|sqlx|tonic|warp|rocket|async_std|crossbeam\w*)::|rust_|_?_?libc_start|_start$"
    r"|main$|clone\d?$|start_thread|__rust|__GI_|___rust|_rust|<unknown>)"
)
_REGISTRY = ("/rustc/", "/.cargo/registry/", "/.cargo/git/", "/.rustup/")


def parse(lines: list[str]) -> Traceback | None:
    """Return the chain in `lines`, root cause first."""
    chain: list[Raised] = []
    for number, line in enumerate(lines):
        if match := _PANICKED.match(line):
            _, said, path, at = match.groups()
            message = said if said is not None else _message(lines[number + 1 :])
            chain.append(
                _raised("panic", message, Frame("", short_path(path), True, path, line_number(at)), lines[number:])
            )
        elif (match := _OLD.match(line)) and (place := _OLD_END.match(" ".join(lines[number : number + 5]))):
            frame = Frame("", short_path(place.group(2)), True, place.group(2), line_number(place.group(3)))
            chain.append(_raised("panic", match.group(2).partition("', ")[0], frame, lines[number:]))
        elif match := _OVERFLOW.match(line):
            chain.append(Raised("fatal runtime error", match.group(1), ()))
        elif not chain and (match := _ERROR.match(line)):
            frames = _frames(lines[number:])
            causes = [found.group(1) for found in map(_CALL.match, _causes(lines[number:])) if found]
            if frames or causes:
                said = [text for text in (match.group(1), *causes) if text]
                chain += [Raised("Error", text, frames if at == len(said) - 1 else ()) for at, text in enumerate(said)][
                    ::-1
                ]
    if not chain and len(frames := _frames(lines)) > 1:  # a backtrace from a field of its own, below the message
        return Traceback("rust", (Raised("Error", lines[0].strip(), frames),))
    if len(chain) == 1 and chain[0].frames:
        return Traceback("rust", tuple(chain))
    if chain and not any(raised.frames for raised in chain):
        return Traceback("rust", tuple(chain))
    return complete("rust", chain[:1] if chain and chain[0].type == "panic" else chain)


def _message(below: list[str]) -> str:
    for line in below:
        if line.startswith(("stack backtrace:", "note: ")):
            break
        if line.strip():
            return _QUOTED.sub(r"\1", line.strip())
    return ""


def _causes(lines: list[str]) -> list[str]:
    first = 0 if lines[0] in {"Error:", "Error: "} else len(lines)  # color-eyre numbers the error itself
    start = next((number for number, line in enumerate(lines) if line.startswith("Caused by:")), first)
    found: list[str] = []
    for line in lines[start + 1 :]:
        if line.lower().startswith(("stack backtrace", "location:", "note: ")) or _SECTION.match(line):
            break
        if line.strip():
            found.append(line if _CALL.match(line) else f"0: {line.strip()}")
    return found


def _raised(kind: str, message: str, place: Frame, lines: list[str]) -> Raised:
    frames = _frames(lines)
    own = [frame for frame in frames if frame.in_app]
    if not own:
        return Raised(kind, message, (*frames, place))
    return Raised(kind, message, frames)


def _frames(lines: list[str]) -> tuple[Frame, ...]:
    """Return the frames of the first backtrace, outermost first, without the panic machinery."""
    start = next((n for n, line in enumerate(lines) if _SECTION.match(line) and "SPAN" not in line), None)
    if start is None:  # a logger prints the frames without a heading
        start = next((n - 1 for n, line in enumerate(lines) if _FIRST.match(line)), len(lines))
    found: list[Frame] = []
    calls = [
        (number, match.group(1)) for number in range(start + 1, len(lines)) if (match := _CALL.match(lines[number]))
    ]
    for number, call in calls:
        place = _PLACE.match(lines[number + 1]) if number + 1 < len(lines) else None
        path, line = (place.group(1), line_number(place.group(2))) if place else ("", 0)
        name = _HASH.sub("", call)
        own = not _LIBRARIES.match(name) and not any(mark in path for mark in _REGISTRY)
        owner, _, function = _GENERIC.sub("", name).strip(":").replace("::::", "::").rpartition("::")
        found.append(Frame(function or owner, owner, own, path, line))
    return tuple(reversed(found))


_HEAD = r".{0,200}?thread '[^']*' (?:\(\d+\) )?panicked at "
_NOTE = r"note: (?:run with|Some details)"
_NUMBER = r"\s+\d+: "
_MORE = rules(
    (r"stack backtrace:", "trace"), (_NOTE, "note"), (_HEAD, ""), (RECORD, ""), (r"\s+at ", ""), (r"", "more")
)

LANGUAGE = Language(
    "rust",
    rank=30,
    needles=(
        "panicked at ",
        "\n   0: ",
        "\n  0: ",
        "overflowed its stack",
        "tack backtrace:",
        "Caused by:\n",
        " BACKTRACE ━",
        "Location:\n",
    ),
    parse=parse,
    automaton=Automaton(
        start=rules(
            (_HEAD, "panic"),
            (r"thread '[^']*' (?:\(\d+\) )?has overflowed its stack", "overflow"),
            (r"Error:(?: |$)", "bare"),
        ),
        states={
            "overflow": rules((r"fatal runtime error: ", "note")),
            "panic": rules(
                (r" {2,3}0: ", "trace"),
                (r"stack backtrace:", "trace"),
                (_NOTE, "note"),
                (RECORD, ""),
                (r"\s+at |Traceback |panic: ", ""),
                (r"", "message"),
            ),
            "message": _MORE,
            "more": _MORE,
            "bare": rules(
                (r"Caused by:", "cause"),
                (r"[Ss]tack backtrace:", "trace"),
                (r"   0: \S", "numbered"),
                (r"\s{2,}\S", "bare"),
            ),
            "cause": rules((r"\s", "cause"), (r"[Ss]tack backtrace:|Location:", "trace")),
            "numbered": rules((r"\s+\d+: ", "numbered"), (r"Location:|\s*━", "trace")),
            "trace": rules(
                (_NUMBER, "trace"),
                (r"\s+at \S", "trace"),
                (_NOTE, "note"),
                (r"\s{2,}\S", "trace"),
                (r"Run with (?:COLORBT_SHOW_HIDDEN|RUST_)", "note"),
                (r"Backtrace omitted", "note"),
            ),
            "note": rules((_NOTE, "note"), (r"Run with |Backtrace omitted", "note")),
        },
        accepting=frozenset({"overflow", "message", "trace", "note", "cause"}),
    ),
    fragments=(
        r"thread '[^']*' (?:\(\d+\) )?has overflowed its stack",
        r"(?:.{0,200} )?thread '[^']*' (?:\(\d+\) )?panicked at ",
        r"Caused by:$",
        r"stack backtrace:$",
        r"Stack backtrace:$",
        r"\s+\d+: (?:0x[0-9a-f]+ - )?[\w<:{}> ,&']+::\S+$",
        r"\s+at \S+\.rs:\d+(?::\d+)?$",
        r"\s*━+ (?:BACKTRACE|SPANTRACE) ━+",
        r"Run with (?:COLORBT_SHOW_HIDDEN|RUST_)",
        r"note: run with `RUST_BACKTRACE",
        r"note: Some details are omitted, run with `RUST_BACKTRACE",
    ),
    crash=(
        r"(?:.{0,200} )?thread '[^']*' (?:\(\d+\) )?panicked at ",
        r"thread '[^']*' (?:\(\d+\) )?has overflowed its stack",
        r"fatal runtime error: ",
    ),
    noise=(r"\.rs:\d+(?::\d+)?", r"\(\d+\) panicked"),
    lines=(r"Error:(?: |$)",),
)
