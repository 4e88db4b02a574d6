"""Severity: the Cloud Logging name of the level in a plain line or of a logger's level.

Promises: a level word counts only in a level's position (the start of a line, brackets, `level=`, `"level":`, before a
colon), never inside a sentence; only the first 512 characters are examined; never raises. Must not guess from the tone
of a message: "no error found" has no level.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from processor.model.patterns import regex
from processor.parsing import levels, stacktrace, system_lines
from processor.parsing.levels import ANY_CASE, LETTERS, NAMES, SYSLOG, UPPER

if TYPE_CHECKING:
    import re

AGENT_STREAMS: Final = ("/stdout", "/stderr", "prediction_container", "batch_task_logs")
"""Endings of log names under which an agent gives a whole stream the same severity: stdout INFO, stderr ERROR."""
_STREAMS_GIVE: Final = {"INFO": ("/stderr",), "ERROR": ("/stdout",)}
HEAD_CHARS: Final = 512
"""Characters of a text in which a level can stand."""
_PREFIX_TOKENS: Final = 12
# DEBUG1 to DEBUG5 are Postgres levels.
_UPPER: Final = "|".join("DEBUG[1-5]?" if word == "DEBUG" else word for word in UPPER)
_ANY_CASE: Final = f"(?i:{'|'.join(ANY_CASE)})"
_WORD = regex(r"[A-Za-z]++[1-5]?")
_LEVEL = regex(
    # ERROR, ERROR:root:, WARN  c.e.Foo, ERROR | mod; not ERROR_COUNT, ERROR-level, "ERROR, WARN and INFO"
    rf"(?P<bare>{_UPPER})(?=\s|$|\]|\||>|!\s|:(?!\s*(?:0|none|null)\s*$))"
    # error: x, Warning: x (neither "Error: 0" nor "error rate"), error - x, error | x, error    x, error label : x,
    # error(label): x, error[E0433]: x, error TS2304: x, error vpxd[7012] x, error label: key=word [Source] x
    rf"|(?P<named>{_ANY_CASE})(?=:(?!\s*(?:0|none|null)\s*$)(?:\s|$)|\s+[-|]\s|\t|\]|\s{{2,}}\S|\s[\w.-]{{1,80}} : "
    r"|\([\w./-]{1,40}\): |\[[\w:-]{1,40}\]: |\s[A-Z]{1,6}\d{2,6}:\s|\s[\w.-]{1,60}\[\d{1,9}\]\s"
    r"|\s[\w.-]{1,80}:(?: [\w.-]{1,60}=[^\[\]\n]{0,200})? \[\w{1,60}\] )"
    # yarn: error Command failed with exit code 1.
    r"|(?P<yarn>error|warning)(?= [A-Z][a-z])"
    # .NET's console; logrus, apex and log15 on a terminal: fail: Category[0], ERRO[0000], EROR[05-06|08:00:00]
    rf"|(?P<dotnet>trce|dbug|fail): |(?P<clocked>{_UPPER}|DBUG|TRCE)(?=\[\d)"
    r"|(?P<logrus>DEBU|INFO|WARN|ERRO|FATA|PANI)\["
    # npm ERR!, npm error; PHP Warning:, PHP Fatal error:; R's Warning message:; Postgres has two blanks after LOG:
    r"|npm (?P<npm>ERR|error|warn|WARN|notice)\b|PHP (?:[A-Z][a-z]+ )?(?P<php>Warning|Notice|error):"
    r"|(?P<r>Warning) messages?:\s|(?P<postgres>LOG):  |(?<=\] )(?P<pgbouncer>LOG)(?= )"
)
# A letter before the place in the code, a component or a message's id: E cuda.cc:282] x, E Printer: x, E CWWKZ0002E: x;
# Telegraf's E! x
_LETTERED = regex(
    r"(?P<letter>[VDIWEFC])(?:! |\s{1,4}(?=[\w.$/-]{1,100}(?::\d{1,6}\]| ?:\s)))"
    r"|(?P<websphere>A)\s(?=[A-Z]{4,5}\d{4}[AI]:)"
)
_MARKS: Final = frozenset(".@")  # of the name of a package, of a user and a database
_LEVEL_OWNERS: Final = frozenset({"npm", "php"})
# Monolog's channel: production.ERROR: x
_CHANNEL = regex(rf"[\w-]{{1,60}}\.(?P<channel>{_UPPER}):\s")
# Node and Python: DeprecationWarning: x
_WARNING = regex(r"[A-Z]\w{0,60}(?P<warning>Warning): ")
_BOXED = regex(
    # [ERROR], [error], (ERROR), <ERROR>, [core:error], [core#error], [ERROR/MainProcess], [WARN  tokio::x], [Note],
    # [main thread/ERROR]
    rf"[\[(<{{](?:[\w. -]{{1,40}}[:#/])?\s{{0,3}}(?P<boxed>{_ANY_CASE}|{_UPPER}|Note)"
    rf"\s{{0,4}}(?:[\])>}}/|:]|[ \t][\w:.]{{1,60}}[\])>])"
    # [00:42:59 ERR], [2025-09-16T00:42:59Z ERROR crate], [2025-09-16 00:42:59,123: ERROR/ForkPoolWorker-1]
    rf"|\[[\d:.,TZ+/-]{{5,32}}(?: [\d:.,]{{5,16}})?\s{{1,3}}(?P<timed>{_UPPER})[\s\]/]"
    # MySQL's [System] [MY-010931]; 08:00:00.137:WARN:, =ERROR REPORT====
    rf"|\[(?P<mysql>System)\] \[MY-|\d[\d:.,-]{{7,24}}:(?P<stuck>{_UPPER}) ?:|=(?P<report>ERROR|WARNING|INFO) REPORT="
    # [E] x, [E 240506 08:00:00 web:12] x, [E506 08:00:00.137 file.cc:12] x
    r"|\[(?P<initial>[DIWEFC])(?:\]\s| ?\d[\d-]{2,9} \d\d:)"
)
# Possible text before a level: a stamp, a zone, a box, a separator; `name - `, `name:`, `pkg.name `, a month.
_STAMP = regex(
    r"(?:#?\d[\w:.,+/-]*+|[+-]\d{2}:?\d{2}(?=\s)|[-|:*#>]{1,4}(?=\s)|\||[^\x00-\x7f\w\s]{1,4}(?=\s)"
    r"|\.{3}(?=\w)|\[[^\[\]]{0,100}\]:?|\([^()]{0,100}\)|\{[^{}]{0,100}\}|<[^<>\n]{0,100}>)\s*+"
)
_NAME = regex(
    r"([\w.@/:$-]{1,80}+(?:\(\)|\(\d{1,6},\d{1,6}\):)?)(\[\d{1,9}\]:?(?=\s)|,|\|(?=\s))?(\s++[-|]{1,3})?(?:\s++|(?=\[))"
)
_HOST = regex(r"(?=\D*\d)\w+(?:-\w+)+")
# After a time, a word in a column of its own: Logon       Error: 18456, pier ERROR [ferry.gate:12] - x
_COLUMN = regex(rf"\s{{2,}}(?={_ANY_CASE}: )|\s(?=(?:{_UPPER})\s+\[[\w.:/-]{{1,100}}\] - )")
_CALENDAR = frozenset(
    word
    for words in (
        "Mon Tue Wed Thu Fri Sat Sun Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
        "UTC GMT CET CEST EST EDT CST PST PDT AM PM",
    )
    for word in words.split()
)
_RUBY_LETTER = regex(r"[DIWEFA], (?=\[)")
_SYSLOG_STAMP = regex(r"[A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d [\w.-]{1,64} [\w./@-]{1,64}(?:\[\d+\])?: ")
_GLOG_LINE = regex(r"([DIWEFCA])(?:\d{4}|\d{6}|\d{8}) \d\d:\d\d:\d\d\.\d+\s")
# Redis and Valkey: process, role, time, a sign for the level.
_SIGNED_LINE = regex(r"\d{1,9}:[MSCX] \d\d [A-Z][a-z]{2} (?:\d{4} )?[\d:.]{8,15} ([.*#-]) ")
_SIGNS: Final = {".": "DEBUG", "-": "INFO", "*": "NOTICE", "#": "WARNING"}
_SYSLOG_LINE = regex(r"<(\d{1,3})>")
_PAIR = regex(r"[\w.@-]{1,40}=(?:[^\s\"=]{0,100}\s++)?")
_LOGFMT = regex(r"(?<!\S)(?:level|lvl|severity|loglevel|log\.level)=\"?([A-Za-z]{1,13})\b")
_JSON = regex(
    r"\"(?:level|severity|lvl|levelname|log\.level|loglevel|log_level|logLevel|level_name|@l)\"\s{0,4}:\s{0,4}"
    r"(?:\"([A-Za-z]{1,13})\"|(\d{1,3})(?=[,}\s]))"
)
_KERNEL = regex(r"kernel: |\[ {0,4}\d{1,8}\.\d{6}\]")
_COLOUR = regex(r"\x1b\[[\d;]{0,12}m")

_CRASH = regex(r"panic: |fatal error: |goroutine \d+ \[|Segmentation fault|\*\*\* buffer overflow|Out of memory: ")
# First lines of traces of Python, the JVM, Node, .NET, Ruby and PHP, and the lines they are cut into.
_TRACE = regex(
    r"\s*+(?:Traceback \(most recent call last\):|\+ Exception Group Traceback"
    r"|During handling of the above exception|The above exception was the direct cause"
    r"|Exception in thread |Exception ignored in:|Caused by: |Wrapped by: |\.\.\. \d+ (?:more|common frames)"
    r"|(?:Unhandled|Uncaught|UNHANDLED|UNCAUGHT) ?(?:[Ee]xception|[Ee]rror|\w+Error|EXCEPTION|[Pp]romise|rejection)"
    r"|UnhandledPromiseRejection|File \"[^\"]{1,300}\", line \d+|PHP (?:Fatal|Parse) error: "
    r"|at [^\s(]{1,200} ?\([^()\s]{1,200}\)\s*$|at [^\s(]{1,200}\(.{0,200}\) in .{1,200}:line \d+"
    r"|---> \S|--- End of (?:inner exception )?stack trace)"
)
_EXCEPTION = regex(
    r"(?!Error:)(?:[^\W\d][\w$]{0,60}+[.\\:]{1,2}){0,10}[A-Z][\w$]{0,60}+(?<=Error|ption)(?::\s|\s*$|\s*\n)"
)
_OMINOUS = frozenset(
    word
    for words in (
        "Traceback During The Exception Caused Wrapped Unhandled Uncaught UNHANDLED UNCAUGHT",
        "UnhandledPromiseRejection File PHP at panic fatal goroutine Segmentation Out",
        "Fatal Stack thread terminate double corrupted",
    )
    for word in words.split()
)
# Most lines begin with an ordinary word; this test reduces the cost from 2.6 to 0.7 microseconds a line.
_PLAIN = regex(r"([A-Za-z]++) (?![-| ])")
_NOTABLE = _OMINOUS | _CALENDAR | {"npm", *NAMES, *(name.upper() for name in NAMES), *map(str.title, NAMES)}
_RUBY_FRAME = regex(r"\s*+(?:from )?\S{1,200}:\d+:in [`']")
_PYTHON_WARNING = regex(r"\S{1,200}\.py:\d+: \w{0,60}Warning: ")
_FRAME_BELOW = regex(
    r"\n\s{1,12}(?:at \S+ ?\(|at (?:async )?\S+:\d+:\d+|File \"[^\"\n]+\", line \d)"
    r"|\n\S+\.go:\d|\n\tfrom \S+:\d+:in "
)


def is_streams_own(log_name: str, level: str) -> bool:
    """Return whether the agent may have taken this severity from the stream instead of the line."""
    unlike = _STREAMS_GIVE.get(level)
    return unlike is not None and log_name.endswith(AGENT_STREAMS) and not log_name.endswith(unlike)


def infer(text: str) -> str | None:
    """Return the severity of a text that has none: the level at its start, or at least ERROR for a stack trace."""
    return at_least(text, announced(text[: HEAD_CHARS + 1]))


def announced(text: str) -> str | None:
    """Return the severity at the start of a line, or None.

    A traceback, and every line that can only be part of a traceback, is ERROR; the end of a process (a Go panic, a
    segmentation fault) is CRITICAL. Otherwise frames delivered line by line would be dropped as unimportant.
    """
    head = text[:HEAD_CHARS]
    if "\x1b" in head:
        head = _COLOUR.sub("", head)
    if (plain := _PLAIN.match(head)) and plain.group(1) not in _NOTABLE:
        return system_lines.level(head) or _from_signs(head)
    first = head[:1]
    if first == "{" and '"' in head[:8]:
        return _from_json(head)
    if first == "<" and (priority := _SYSLOG_LINE.match(head)):
        number = int(priority.group(1))
        return SYSLOG[number % 8] if number < 192 else None  # noqa: PLR2004 - 24 facilities of 8 severities
    stated = _at_level_position(head)
    if stated == "INFO" and _KERNEL.search(head):  # INFO: task cart:17 blocked for more than 120 seconds
        return system_lines.level(head) or stated
    return stated or _from_trace(head)


_AT_LEAST_ERROR: Final = frozenset({"ERROR", "CRITICAL", "ALERT", "EMERGENCY"})


def at_least(text: str, announced: str | None) -> str | None:
    """Return ERROR for a text that reads as a stack trace, even if its first line states a lower level."""
    if announced in _AT_LEAST_ERROR or "\n" not in text or stacktrace.parse(text) is None:
        return announced
    return "ERROR"


def _at_level_position(head: str) -> str | None:
    """Return the level that follows only stamps, boxes and names, if there is such a level."""
    at = len(head) - len(head.lstrip())
    if signed := _SIGNED_LINE.match(head, at):
        return _SIGNS[signed.group(1)]
    if stamp := _SYSLOG_STAMP.match(head) or _RUBY_LETTER.match(head):
        at = stamp.end()
    for _ in range(_PREFIX_TOKENS):
        word = _WORD.match(head, at)
        if not word:
            level = _BOXED.match(head, at)
            prefix = None if level else _STAMP.match(head, at)
            end = prefix.end() if prefix else at
        else:
            known = word.group().lower()
            level = _of_word(head, at, known)
            end = at if level else _after_name(head, at)
        if level:
            said = level.group(level.lastgroup or 0)
            return LETTERS[said] if len(said) == 1 else NAMES[said.lower()]
        if end == at:
            break
        at = end
    if _PAIR.match(head, at) and (stated := _LOGFMT.search(head, at)):
        return levels.of(stated.group(1))
    glog = _GLOG_LINE.match(head)
    return LETTERS[glog.group(1)] if glog else None


def _of_word(head: str, at: int, word: str) -> re.Match[str] | None:
    """Return the level that starts with this word, in small letters."""
    if word in NAMES or word in _LEVEL_OWNERS:
        return _LEVEL.match(head, at)
    if len(word) == 1:
        return _LETTERED.match(head, at)
    return _WARNING.match(head, at) if word.endswith("warning") else _CHANNEL.match(head, at)


def _after_name(head: str, at: int) -> int:
    """Return the position after the name of a logger, host or month; `at` if the word belongs to a sentence."""
    if (pair := _PAIR.match(head, at)) and pair.group()[-1] != "=":
        return at if _LOGFMT.search(head, at) else pair.end()  # pid=8 class=PlanJob WARN: x
    name = _NAME.match(head, at)
    if not name:
        return at
    word, mark, separator = name.groups()
    named = mark not in {None, ","} or separator or word in _CALENDAR or _HOST.fullmatch(word)
    named = named or head[name.end() - 1] == "\n"  # java.util.logging has its level on the second line
    named = named or (at > 0 and _COLUMN.match(head, at + len(word)) is not None)
    return name.end() if named or word[-1] == ":" or not _MARKS.isdisjoint(word[:-1]) or "/" in word else at


def _from_trace(head: str) -> str | None:
    """Return the severity of a crash or a trace without a level word, at its start or at any of its lines."""
    if _CRASH.match(head):
        return "CRITICAL"
    if (found := system_lines.level(head)) is not None:
        return found
    return "ERROR" if _TRACE.match(head) or stacktrace.is_crash(head) else _from_signs(head)


def _from_signs(head: str) -> str | None:
    """Return the severity of an exception's name or of frames further down. Substrings select the pattern to try."""
    if ("rror" in head or "xception" in head) and _EXCEPTION.match(head):
        return "ERROR"
    if ":in " in head and _RUBY_FRAME.match(head):
        return "ERROR"
    if "\n" in head and _FRAME_BELOW.search(head):
        return "CRITICAL" if "\ngoroutine " in head else "ERROR"
    return "WARNING" if ".py:" in head and _PYTHON_WARNING.match(head) else None


def _from_json(head: str) -> str | None:
    for found in _JSON.finditer(head):
        word, number = found.groups()
        if level := levels.of(word if word is not None else int(number)):
            return level
    return None
