"""OCaml: `Fatal error: exception Not_found`, then `Raised at Cart.load in file "cart.ml", line 3, characters 2-20`.

Promises: the standard library and the schedulers (Lwt, Async) are not in-app; a re-raise is part of the same exception.
Must not keep the columns.
"""

from __future__ import annotations

from processor.model.patterns import regex
from processor.parsing.stacktrace.automaton import Automaton, rules
from processor.parsing.stacktrace.language import RECORD, Language
from processor.parsing.stacktrace.model import Frame, Raised, Traceback
from processor.parsing.stacktrace.paths import line_number, short_path

_FRAME = regex(
    r"\s*\"?(?:Raised|Re-raised|Called)(?: by primitive operation)? (?:at|from)"
    r" (?:(\S+) in )?file \"([^\"]+)\"(?: \(inlined\))?, lines? (\d+)"
)
_HEAD = regex(r"(?:.{0,200}?)(?:Fatal error: exception|[Uu]ncaught exception:?|exception:|ERROR\b.*?:) ?(.*)$")
_RAISED = regex(
    r"(?!Stack overflow|Out of memory)\(?([A-Z]\w*(?:\.\w+)*)(?:[ (]+(.*?)\)*)?$|((?:Stack overflow|Out of memory))$"
)
_ASSERTED = regex(r"File \"([^\"]+)\", line (\d+), characters \S+: (.*)$")
_QUOTED = regex(r"\"(.*)\"$")
_LIBRARIES = regex(
    r"(?:Stdlib|Camlinternal|Lwt|Async|Base|Core|Eio|Printexc|Domain|Thread|Dream|Cohttp|Httpaf|Hashtbl|Caqti)(?:_|\.|\b)"
)
_EXECUTABLE = regex(r"Dune__exe__")
_CLOSURE = regex(r"(?:\.\(fun\)|\.fun)$")


def parse(lines: list[str]) -> Traceback | None:
    """Return a single exception: OCaml prints no chain."""
    frames = [_frame(*found.groups()) for found in map(_FRAME.match, lines) if found]
    if not frames:
        return None
    first = next(number for number, line in enumerate(lines) if _FRAME.match(line))
    kind, message = _said([line for line in lines[:first] if line.strip()])
    if not kind and len(frames) == 1:
        return None
    return Traceback("ocaml", (Raised(kind, message, tuple(reversed(frames))),))


def _said(head: list[str]) -> tuple[str, str]:
    start = next((number for number, line in enumerate(head) if _HEAD.match(line)), len(head) - 1)
    text = " ".join(line.strip() for line in head[start:])
    text = found.group(1) if (found := _HEAD.match(text)) else text
    if asserted := _ASSERTED.match(text):
        return asserted.group(3), ""
    if not (match := _RAISED.match(text)):
        return "", text
    if match.group(3):
        return match.group(3), ""
    message = match.group(2) or ""
    whole = _QUOTED.fullmatch(message)
    return match.group(1), whole.group(1) if whole else message


def _frame(function: str | None, path: str, line: str) -> Frame:
    whole = _CLOSURE.sub("", _EXECUTABLE.sub("", function or ""))
    own = not _LIBRARIES.match(whole) and "/.opam/" not in path and not path.startswith("src/core/lwt")
    owner, _, name = whole.rpartition(".")
    # The body of a module has the module's name.
    return Frame(name if owner else "", owner or short_path(path), own, path, line_number(line))


_AT = r"\s*\"?(?:Raised|Re-raised|Called)(?: by primitive operation)? (?:at|from) (?:\S+ in )?(?:file \"|unknown)"
_FATAL = r".{0,200}?(?:Fatal error: exception |Uncaught exception:)"

LANGUAGE = Language(
    "ocaml",
    rank=62,
    needles=('file "',),
    parse=parse,
    automaton=Automaton(
        start=rules((_FATAL, "head"), (r"(?!\s|\"?(?:Raised|Called|Re-raised) )\S", "line")),
        states={
            "line": rules((_AT, "frames")),
            "head": rules((_AT, "frames"), (RECORD, ""), (r"\s+at |#\d", ""), (r"", "head")),
            "frames": rules((_AT, "frames")),
        },
        accepting=frozenset({"frames"}),
    ),
    fragments=(_AT, r"Fatal error: exception [A-Z(F]"),
    crash=(r"Fatal error: exception ",),
    noise=(r"line \d+", r"characters \d+-\d+"),
    lines=(r"Uncaught exception:", r"\([A-Z]\w*(?:\.\w+)* "),
)
