"""The search words of the log sink's filter, made from the worker's own tables.

`scripts/render_docs.py` writes them to sink_filter.json, which terraform/sink.tf reads. Patterns are RE2's, without
backslashes and quotes, which would have to survive three kinds of quoting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from processor.parsing import access_lines, levels, system_lines
from processor.parsing.severity import AGENT_STREAMS
from processor.parsing.stacktrace.registry import sink_patterns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_STDERR: Final = ("appengine.googleapis.com/stderr", "run.googleapis.com/stderr", "stderr")
_STDOUT: Final = ("appengine.googleapis.com/stdout", "run.googleapis.com/stdout", "stdout")
_OTHERS: Final = (
    "aiplatform.googleapis.com/prediction_container", "batch_task_logs", "kubelet", "kernel", "syslog",
    "serialconsole.googleapis.com/serial_port_1_output",
)  # fmt: skip
_HEADS: Final = tuple(word for word in levels.UPPER if levels.NAMES[word.lower()] in levels.BAD)
_ANY_CASE: Final = tuple(word for word in levels.ANY_CASE if levels.NAMES[word] in levels.BAD)
_BAD_WORDS: Final = tuple(word for name in levels.BAD for word in levels.WORDS[name])
_GOOD_WORDS: Final = tuple(word for name, words in levels.WORDS.items() if name not in levels.BAD for word in words)
_WORDED: Final = frozenset({"words", "any", "dotnet"})  # the other schemes are numbers only
_MIN_STEM: Final = 3


def _stem(word: str) -> str:
    """Return the shortest prefix of a word that no harmless level has: a filter may have 20,000 characters."""
    ends = range(_MIN_STEM, len(word) + 1)
    return next((word[:end] for end in ends if not any(good.startswith(word[:end]) for good in _GOOD_WORDS)), word)


def _alternatives(words: Iterable[str]) -> str:
    """Return a pattern of the words, those that differ in their last letter as one: `fai`, `fat` -> `fa[it]`."""
    ends: dict[str, str] = {}
    for word in dict.fromkeys(words):
        ends[word[:-1]] = ends.get(word[:-1], "") + word[-1]
    return "|".join(f"{head}[{last}]" if len(last) > 1 else head + last for head, last in ends.items())


_STEMS: Final = _alternatives(map(_stem, _BAD_WORDS))
_PAYLOAD_PATTERNS: Final = (
    f"^.{{0,160}}([^A-Za-z_-]|[0-9]m|^)({'|'.join(_HEADS)})([]|>)/!:[:space:][:cntrl:]]|$)",
    (
        "^.{0,160}([[(<{]([A-Za-z0-9_. -]{1,40}[:#/])?|[:|-] |  |[[:cntrl:]]|^)"
        f"(?i:{'|'.join(_ANY_CASE)}) *([]>)}}|[:cntrl:]]|:[[:space:]]|[(][a-z_./-]+[)]: )"
    ),
    f"(level|lvl|severity|levelname|priority|@l)[^A-Za-z0-9]{{1,8}}((?i:{_STEMS})|[4-8]00?[^0-9])",
    "^[WEFC]([0-9]{4}|[0-9]{6,8}) [0-9:.]+ ",
    # [E] x, [E 240506 08:00:00 web:12], E! x, E cuda.cc:282] x, E Printer: x
    "^.{0,160}([[][WEFC]([]] | ?[0-9-]{3,10} [0-9]{2}:)| [WEFC](! | +[A-Za-z0-9_.$/-]+(:[0-9]+[]]| ?:[[:space:]])))",
)
"""Levels at the head of a message."""
_LEVEL_PATTERNS: Final = (
    *_PAYLOAD_PATTERNS,
    "^<[0-4]>",
    "^(WARN|ERRO|EROR|FATA|PANI|CRIT|ERROR|FATAL)[[]",
    "^[0-9]+:[MSCX] [^#]* # ",
    "PHP ([A-Z][a-z]+ )?(Warning|error):",
    "^Warning messages?:|[a-z]Warning: ",
    "^(.{0,200}: )?(error|warning)( [A-Z][a-z]|[[][A-Za-z0-9_:-]+[]]: | [A-Z]+[0-9]+: )",
    "^[^a-z]*(warning|error|critical) ([a-z.-]+ ?: | )",
    " (warning|error) [A-Za-z0-9_.-]+[[][0-9]+[]] ",
    "^[^ -~]+ (Error|Warning): ",
    "[^ -~] +(warning|error|fatal)  +[^ ]",
    "^(warn|fail|crit): ",
    "^p?npm (ERR|error|warn|WARN)",
)
# Beside the registry's patterns, which cover the traces of every language, and every line that is indented.
_CRASH_PATTERNS: Final = (
    (
        "^(Segmentation fault|Out of memory: |Exception in thread |at [^ ]+ ?[(]|(from )?[^ ]+:[0-9]+:in "
        "|.{0,99}Traceback [(]most recent call last[)])"
    ),
    (
        "^((?i:unhandled|uncaught) ?(exception|error|promise|rejection)"
        "|[Uu]n(handled|caught) [A-Za-z]+Error|UnhandledPromiseRejection)"
    ),
    (
        "^[[:space:]]*([A-Za-z0-9_$]+[^A-Za-z0-9_$[:space:]]{1,2})*[A-Z][A-Za-z0-9_$]*(Error|ption)"
        "(:[[:space:]]|[[:cntrl:]]|$)"
    ),
    "[[:cntrl:]][[:space:]]{1,12}(at |File .+, line [0-9]|[^[:space:]]+[.]go:[0-9])",
)
# Requests that failed, in the access logs of proxies and request loggers.
_STATUSES: Final = (
    "response_code", "status", "statusCode", "status_code", "DownstreamStatus", "res.statusCode",
)  # fmt: skip
_STATUS: Final = {400: False, 500: True, 501: True, 502: True, 503: True, 504: True, 1000: False}
_TEXTS: Final = ("message", "MESSAGE", "log")  # loggers that write "msg" state a level
_SYSTEM_TEXTS: Final = ("message", "MESSAGE")  # of syslog files and of a journal without priorities


def words() -> dict[str, Any]:
    """Return the content of sink_filter.json.

    `plain_text_logs`: logs in which lines without a severity are searched; `stream_logs`: logs in which an agent marks
    every line of stdout INFO, so that these lines are searched for their own level and for failed requests
    (`line_patterns`), but not for traces (`trace_patterns`); `payload_levels`: level fields of payloads, with their
    words and comparisons with numbers, and the statuses of failed requests; `system_texts`: fields that hold the lines
    of a kernel and of systemd.
    """
    system = system_lines.sink_patterns()
    fields = [*levels.FIELDS, *levels.STREAM_FIELDS]
    numbers: dict[str, dict[int, bool]] = {}
    schemes = [(path, field.numbers) for field in fields for path in _paths(field)]
    for path, scheme in (*schemes, *(("jsonPayload.level", scheme) for _, scheme in levels.BESIDE)):
        for number, name in levels.NUMBERS[scheme].items():
            known = numbers.setdefault(path, {})
            known[number] = known.get(number, False) or name in levels.BAD
    comparisons = {path: _comparison(known) for path, known in numbers.items() if known}
    comparisons |= {f"jsonPayload.{name}": _comparison(_STATUS) for name in _STATUSES}
    return {
        "plain_text_logs": sorted((*_STDERR, *_STDOUT, *_OTHERS)),
        "stream_logs": sorted({"stdout", *(log for log in _OTHERS if log.endswith(AGENT_STREAMS))}),
        "payload_patterns": list(_PAYLOAD_PATTERNS),
        "line_patterns": [*_LEVEL_PATTERNS, *access_lines.sink_patterns()],
        "trace_patterns": list(dict.fromkeys((*_CRASH_PATTERNS, *system, *sink_patterns()))),
        "payload_levels": {
            "fields": sorted({path for field in fields if field.numbers in _WORDED for path in _paths(field)}),
            "pattern": f"(?i)^[^a-z]*m?({_STEMS}|[WEFC]$)",
            "numbers": dict(sorted(comparisons.items())),
        },
        "payload_texts": [f"jsonPayload.{name}" for name in _TEXTS],
        "system_patterns": list(system),
        "system_texts": [f"jsonPayload.{name}" for name in _SYSTEM_TEXTS],
    }


def _comparison(numbers: Mapping[int, bool]) -> str:
    """Return how a field compares with the numbers that are bad: one end of a scale, or each of them."""
    bad = sorted(number for number, is_bad in numbers.items() if is_bad)
    good = [number for number, is_bad in numbers.items() if not is_bad]
    if max(good) < bad[0]:
        return f">={bad[0]}"
    return f"<={bad[-1]}" if min(good) > bad[-1] else f"=({' OR '.join(map(str, bad))})"


def _paths(field: levels.Field) -> list[str]:
    """Return a name as the query language writes it.

    A name with a dot is a path; ECS's `log.level` and syslog's names may be a single name as well, in quotes.
    """
    found = []
    for name in field.names:
        if not name.isidentifier() and not name.startswith(("level.", "record.")):
            found.append(f'jsonPayload."{name}"')
        if "." in name or name.isidentifier():
            found.append(f"jsonPayload.{name}")
    return found
