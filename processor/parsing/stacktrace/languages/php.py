"""PHP stack traces: uncaught exceptions, `Next`, Laravel's and Monolog's layout.

Promises: the previous exception comes before the next. Must not keep the arguments in frames: they are data.
"""

from __future__ import annotations

from msgspec.structs import replace

from processor.model.patterns import regex
from processor.parsing.stacktrace.automaton import Automaton, rules
from processor.parsing.stacktrace.language import RECORD, Language
from processor.parsing.stacktrace.model import Frame, Raised, Traceback, complete
from processor.parsing.stacktrace.paths import below, line_number, short_path

_FRAME = regex(r"(?:Trace: |\s*+)#\d+ (?:(\{main\})|\[internal function\]: ([^(]+)\(|([^(]+)\((\d+)\): ([^(]+)\()")
# php-fpm may wrap every line of a child in its own.
_POOL = regex(r"(?:\[[^\]]*\] )?(?:WARNING|NOTICE): \[pool [\w.-]+\] child \d+ said into std\w+: \"(.*?)\"?$")
_LEGACY = regex(r"Uncaught exception '([\w\\]+)' with message '(.*)")
_TYPE = regex(r"(?<![\w\\])([A-Za-z_]\w*+(?:\\{1,2}\w++)*+)(?:\(code: \w+\))?: (.*)$")
_RAISED_AT = regex(r"'? (?:in|at) (\S+\.php)(?::(\d+)|\((\d+)\)| on line (\d+))")
_FIELDS = regex(r"(Type|Message): (\S.*)$")  # Slim's plain text
_LIBRARIES = regex(
    r"(?:Illuminate|Laravel|Symfony|yii|Cake|Zend|Laminas|Mezzio|GuzzleHttp|Monolog|Doctrine|PHPUnit|Slim|Twig|Psr|League"
    r"|CodeIgniter|Composer|Google|Aws|Magento\\Framework|Swoole|Workerman|Amp|React|Nette|Tracy|Phalcon)\\"
)
_TEXT_CHARS = 600
_PREFIX = regex(r".*?\b(?:Uncaught |(?<![\w\\])(?=[A-Z][\w\\]*+\(code: ))|Next (?=[A-Z])")


def parse(lines: list[str]) -> Traceback | None:
    """Return the chain in `lines`, root cause first: PHP prints it first, Laravel last."""
    chain: list[Raised] = []
    head: list[str] = []
    frames: list[Frame] = []
    main = nested = False
    for printed in lines:
        pool = _POOL.match(printed)
        line = pool.group(1) if pool else printed
        match = _FRAME.match(line)
        if match and match.group(1):
            main = True
        elif match:
            frames.append(_frame(match.group(3), match.group(4), match.group(2) or match.group(5)))
        elif (frames or main) and line.lstrip().startswith(("Next ", "[previous exception]")):
            nested = nested or not line.lstrip().startswith("Next ")
            chain.append(_raised(head, frames))
            head, frames, main = [line], [], False
        elif not frames and not main:
            head.append(line)
    chain.append(_raised(head, frames))
    return complete("php", chain[::-1] if nested else chain)


def _raised(head: list[str], frames: list[Frame]) -> Raised:
    stated = {found[1]: found[2] for line in head if (found := _FIELDS.match(line))}
    if "Type" in stated:
        return Raised(stated["Type"], stated.get("Message", ""), tuple(reversed(frames)))
    for line in head:
        prefix = _PREFIX.match(line)
        if match := _LEGACY.search(line) or _TYPE.search(line, prefix.end() if prefix else 0):
            text = match.group(2)
            place = next(reversed(list(_RAISED_AT.finditer(text[:_TEXT_CHARS]))), None)
            if place is None:
                return Raised(match.group(1).replace("\\\\", "\\"), text.strip(), tuple(reversed(frames)))
            path, number = place.group(1), line_number(place.group(2) or place.group(3) or place.group(4))
            # A frame names the file of its caller; the place of the innermost function is in the message.
            inner = [replace(frames[0], file=path, line=number)] if frames else []
            raising = [] if frames else [Frame("{main}", short_path(path), True, path, number)]
            kind = match.group(1).replace("\\\\", "\\")
            return Raised(kind, text[: place.start()].strip(), (*reversed(frames[1:]), *inner, *raising))
    return Raised("", next((line.strip() for line in head if line.strip()), ""), tuple(reversed(frames)))


def _frame(path: str | None, line: str | None, function: str) -> Frame:
    name = function.replace("\\\\", "\\").replace("->", ".").replace("::", ".")
    if path is None:  # called by the engine; a class in a name space is not the engine's
        return Frame(name, "internal", in_app="\\" in name and "." in name and not _LIBRARIES.match(name))
    if (rest := below(path, "/vendor/")) is not None:
        return Frame(name, rest, False, path, line_number(line))
    return Frame(name, short_path(path), True, path, line_number(line))


_POOLED = r"(?:.{0,80}said into std\w+: \")?"
_UNCAUGHT = (
    r".{0,200}?(?:(?:Fatal|Parse|Recoverable fatal) error: +Uncaught |Uncaught [\w\\]+: |"
    r"\{\"exception\":\"\[object\] \()"
)

LANGUAGE = Language(
    "php",
    rank=80,
    needles=("#0 ",),
    parse=parse,
    automaton=Automaton(
        start=rules((_UNCAUGHT, "head"), (r"Type: [A-Z][\w\\]*$", "fields"), (r"(?!#\d|\s)", "line")),
        states={
            "fields": rules((r"(?:Code|Message|File|Line): ", "fields"), (r"(?:Trace: )?#0 |Trace:\s*$", "trace")),
            "line": rules(
                (rf"{_POOLED}(?:Stack trace:|\[stacktrace\])", "trace"), (r"#0 \S+\(\d+\): |#0 \{main", "trace")
            ),
            "head": rules(
                (rf"{_POOLED}(?:Stack trace:|\[stacktrace\])", "trace"), (r"#0 ", "trace"), (RECORD, ""), (r"", "head")
            ),
            "trace": rules(
                (rf"{_POOLED}(?:#\d+ |Stack trace:|\[stacktrace\])", "trace"),
                (rf"{_POOLED}(?:Next [\w\\]+|\[previous exception\])", "next"),
                (rf"{_POOLED}\s*thrown in |\"[,}}]|View in rendered output by enabling", "end"),
            ),
            "next": rules((rf"{_POOLED}(?:Stack trace:|\[stacktrace\]|#\d+ )", "trace"), (r"", "next")),
            "end": rules(),
        },
        accepting=frozenset({"trace", "end"}),
    ),
    fragments=(
        r"#\d+ (?:\{main\}|\[internal function\]|\S+\(\d+\):)",
        r"Stack trace:$",
        r"\[stacktrace\]$",
        r"Next [A-Z][\w\\]*: ",
        r"\s+thrown in \S+ on line \d+",
        r"(?:.{0,80}PHP )?(?:Fatal|Parse) error: ",
        r".{0,200}\{\"exception\":\"\[object\] \(",
    ),
    crash=(r"(?:.{0,80}PHP )?(?:Fatal|Parse) error: ",),
    noise=(r"\.php\(\d+\)", r"\.php:\d+"),
    lines=(r"[^\w][,}]", r"Type: \w+(?:Exception|Error)$", r"Trace: #0 "),
)
