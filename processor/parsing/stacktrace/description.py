"""Describe a stack trace for display: type, message, place and root cause, and a title made of them.

Promises: plain values, bounded, each on a single line. The values are log text: hostile until escaped by the caller.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from processor.model import ExceptionInfo
from processor.model.patterns import regex
from processor.parsing.stacktrace.registry import parse

if TYPE_CHECKING:
    from processor.parsing.stacktrace.model import Frame, Traceback

_CHARS: Final = 500
_MESSAGE: Final = 110
_ROOT: Final = 60
_PLURAL: Final = {"is": "are", "was": "were", "has": "have"}
_CONTROL: Final = dict.fromkeys([*range(32), *range(127, 160)], " ")
_FRAMES = regex(r" at (?=\S[^()]*(?:\([^()]*\)[^()]*)? \(|\S*\(\*\w+\)\.)")
_SCRIPT = regex(r"(?:(?:Object\.|Module\.)?<[^>]*>|\{main\}|main|\?|)$")
_EVERYWHERE = regex(r"(?:index\.\w+|__init__\.py|mod\.rs|lib\.rs|page\.tsx?|route\.tsx?)$")


def describe(text: str) -> ExceptionInfo | None:
    """Return the exception in `text`, or None if it holds none."""
    found = parse(text)
    return None if found is None else info(found)


def info(found: Traceback) -> ExceptionInfo:
    """Return the exception that reached the log, the place where it was raised, and its first cause."""
    last, root = found.chain[-1], found.chain[0]
    place = _place(found)
    return ExceptionInfo(
        type=_line(last.type),
        message=_line(last.message),
        function=_line(place.function) if place else "",
        file=_line(_file(place)) if place else "",
        line=place.line if place else 0,
        root_type=_line(root.type),
        root_message=_line(root.message),
    )


def without_values(one: ExceptionInfo, fingerprint: str) -> ExceptionInfo:
    """Return the same with messages as in the fingerprint, so that no values are published.

    A message that is not in the fingerprint is left out.
    """
    links = fingerprint.split(" => ")
    return one._replace(message=_said(links[-1], one.type), root_message=_said(links[0], one.root_type))


def as_printed(masked: str, message: str, *, is_trace: bool = True) -> str:
    """Return the masked message with its words as printed.

    Grouping uses the same form for `piece` and `pieces`, `was` and `were`, in traces for `lib.so.1` and
    `lib.so.12`: there a number that nobody printed is a value.
    """
    printed = set(re.findall(r"\w+", message))

    def word(found: re.Match[str]) -> str:
        if found[0] in printed:
            return found[0]
        plural = _PLURAL.get(found[0], f"{found[0]}s")
        return plural if plural in printed else "…" if is_trace and found[0].isdigit() else found[0]

    return re.sub(r"\w+", word, masked)


def _said(link: str, kind: str) -> str:
    """Return the message in a link of a fingerprint, `Type: message at function (module) < ...`."""
    head = link[: found[-1].start()] if (found := list(_FRAMES.finditer(link))) else link
    return head.removeprefix(kind or "exception").removeprefix(":").strip()


def title(one: ExceptionInfo, *, max_chars: int = 0) -> str:
    """Return `Type: message in function (file.py) (from Root: its message)`, without unknown parts.

    A message is cut to 110 characters, the root's to 60, or to what `max_chars` leaves for it: the root's first.
    """
    over = max(0, len(_title(one, one.message, one.root_message)) - max_chars)
    root = _cut(one.root_message, max(_ROOT, len(one.root_message) - over))
    over = max(0, len(_title(one, one.message, root)) - max_chars)
    message = _cut(one.message, max(_MESSAGE, len(one.message) - over))
    return _title(one, message, root)


def _title(one: ExceptionInfo, message: str, root_message: str) -> str:
    kind = _short(one.type)
    if not message.endswith(".."):
        message = message.removesuffix(".")
    parts = [f"{kind}: {message}" if kind and message else kind or message or "exception"]
    file = _base(one.file)
    if one.function and file and not _SCRIPT.match(one.function):
        parts.append(f"in {_cut(one.function, _ROOT)} ({_cut(file, _ROOT)})")
    elif file or one.function:
        parts.append(f"in {_cut(file or one.function, _ROOT)}")
    root = _short(one.root_type)
    if (one.root_type, one.root_message) != (one.type, one.message) and (root or one.root_message):
        if one.root_message and one.root_message not in one.message:
            root = f"{root}: {root_message}" if root else root_message
        elif root and one.root_type and one.root_type in one.message:
            root = ""  # a wrapper whose message begins with what it wraps
        if root and root != kind:
            parts.append(f"(from {root})")
    return " ".join(parts)


def _base(path: str) -> str:
    """Return the file's name, with its folder if every folder has a file of that name."""
    *folders, name = path.replace("\\", "/").split("/")
    return f"{folders[-1]}/{name}" if folders and folders[-1] and _EVERYWHERE.match(name) else name


def _place(found: Traceback) -> Frame | None:
    """Return the innermost frame of the application: the root cause's, or of the first exception that has one."""
    script: Frame | None = None
    for raised in found.chain:
        for frame in reversed(raised.frames):
            if frame.in_app and not _SCRIPT.match(frame.function):
                return frame
            script = script or (frame if frame.in_app else None)
    if script is not None:
        return script
    return next((raised.frames[-1] for raised in reversed(found.chain) if raised.frames), None)


def _file(frame: Frame) -> str:
    if frame.file:
        return frame.file
    return frame.module if "/" in frame.module or re.search(r"\.\w{1,4}$", frame.module) else ""


def _short(kind: str) -> str:
    """Return `java.lang.IllegalStateException` -> `IllegalStateException`; a class in a class keeps its own name."""
    name = kind.partition("`")[0]
    if "::" in name:  # ActiveRecord::RecordNotFound, std::out_of_range: the last name is often a mere `Error`
        return "::".join(name.split("::")[-2:])
    return re.split(r"\.|::|\\|\$|\+", name)[-1] or name


def _line(text: str) -> str:
    return " ".join(text[: 4 * _CHARS].translate(_CONTROL).split())[:_CHARS]


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
