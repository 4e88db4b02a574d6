"""Levels: the severity names of programs, as a single table of words, numbers and fields.

The decoder reads it, the log sink's filter is made from it, and docs/entries.md shows it. Words are matched without
regard to case. Must not describe the form of a line: see `severity`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from processor.model.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Mapping

WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    name: tuple(words.split())
    for name, words in {
        "DEBUG": "trace trce trc verbose vrb debug debu dbug dbg silly fine finer finest config",
        "INFO": "info inf information informational log http",
        "NOTICE": "notice success note system",
        "WARNING": "warning warn wrn",
        "ERROR": "error err erro eror fail failed severe",
        "CRITICAL": "critical crit fatal fata ftl panic pani dpanic",
        "ALERT": "alert",
        "EMERGENCY": "emergency emerg",
    }.items()
}
"""Words for each of Cloud Logging's severities, as loggers write them."""

NAMES: Final = {word: name for name, words in WORDS.items() for word in words} | {
    f"debug{depth}": "DEBUG"
    for depth in range(1, 6)  # Postgres
}
UPPER: Final = tuple(
    word
    for words in (
        "TRACE VERBOSE DEBUG DBG DEBU INFO INF NOTICE WARNING WARN WRN ERROR ERR ERRO EROR SEVERE CRITICAL CRIT FATAL",
        "FTL FATA PANIC ALERT EMERGENCY EMERG",
    )
    for word in words.split()
)
"""Level words at the start of a plain line, in capitals; FINE, LOG, HTTP and CONFIG are ordinary words there."""
ANY_CASE: Final = tuple(
    word
    for words in (
        "trace verbose debug information info notice warning warn error err severe critical crit fatal panic alert",
        "emergency emerg",
    )
    for word in words.split()
)
"""Level words in any case before a colon, a separator or in brackets."""

BAD: Final = ("WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY")
"""Severities that a log sink forwards by default."""

LETTERS: Final = {"T": "DEBUG", "D": "DEBUG", "V": "DEBUG", "I": "INFO", "N": "NOTICE", "W": "WARNING", "E": "ERROR",
                  "F": "CRITICAL", "C": "CRITICAL", "A": "INFO"}  # fmt: skip
"""Letters of glog, Android, Ruby and MongoDB; glog's A is not an alert."""

SYSLOG: Final = ("EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG")
_CLOUD: Final = {
    100: "DEBUG", 200: "INFO", 300: "NOTICE", 400: "WARNING", 500: "ERROR", 600: "CRITICAL", 700: "ALERT",
    800: "EMERGENCY",
}  # fmt: skip
_PINO: Final = {10: "DEBUG", 20: "DEBUG", 30: "INFO", 40: "WARNING", 50: "ERROR", 60: "CRITICAL"}
_PYTHON: Final = {10: "DEBUG", 20: "INFO", 25: "NOTICE", 30: "WARNING", 40: "ERROR", 50: "CRITICAL"}
_MONOLOG: Final = {
    100: "DEBUG", 200: "INFO", 250: "NOTICE", 300: "WARNING", 400: "ERROR", 500: "CRITICAL", 550: "ALERT",
    600: "EMERGENCY",
}  # fmt: skip
_LOGBACK: Final = {5000: "DEBUG", 10000: "DEBUG", 20000: "INFO", 30000: "WARNING", 40000: "ERROR", 50000: "CRITICAL"}
_DOTNET: Final = dict(enumerate(("DEBUG", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")))
_SYSLOG: Final = dict(enumerate(SYSLOG))
_NEXTCLOUD: Final = dict(enumerate(("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")))
# OpenTelemetry counts 1 to 24, four to a name.
_OTEL: Final = {
    1 + number: name
    for number, name in enumerate(
        name for name in ("DEBUG", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL") for _ in range(4)
    )
}
NUMBERS: Final[Mapping[str, Mapping[int, str]]] = {
    "words": {},
    "any": _PINO | _CLOUD | {250: "NOTICE", 550: "ALERT"},
    "cloud": _CLOUD,
    "python": _PYTHON,
    "monolog": _MONOLOG | _PINO,
    "logback": _LOGBACK,
    "dotnet": _DOTNET | _PINO,
    "syslog": _SYSLOG,
    "opentelemetry": _OTEL,
    "nextcloud": _NEXTCLOUD | _PINO,
    "insights": _NEXTCLOUD,
}
"""Meaning of the numbers in each scheme. `any` covers a bare `level`: pino, bunyan or Cloud Logging."""
BESIDE: Final = (
    (("channel", "level_name"), "monolog"),
    (("short_message", "_MESSAGE"), "syslog"),
    (("reqId", "remoteAddr"), "nextcloud"),
)
"""Fields beside which the numbers of scheme `any` have another meaning: those of Monolog, GELF and Nextcloud."""


class Field(NamedTuple):
    """A field of a payload that holds a level.

    Attributes:
        names: as loggers write it; a dot in a path is a level of nesting or part of the name; both are tried.
        numbers: the scheme of its numbers.
        by: who writes it.
    """

    names: tuple[str, ...]
    numbers: str
    by: str


FIELDS: Final = (
    Field(("severity", "Severity"), "any", "Cloud Logging's structured logs, zap and logrus set up for it"),
    Field(("severity_text", "severityText", "SeverityText"), "words", "OpenTelemetry"),
    Field(
        ("levelname", "level_name", "levelName", "LevelName"), "words", "Python's json loggers, Monolog, GELF senders"
    ),
    Field(
        ("level", "Level", "@l", "@level", "lvl"),
        "any",
        "zap, zerolog, logrus, slog, pino, bunyan, winston, structlog, logback, Serilog, NLog",
    ),
    Field(("LogLevel", "logLevel"), "dotnet", ".NET JsonConsole, roarr"),
    Field(("logLevelName",), "words", "tslog"),
    Field(("log.level", "log_level", "loglevel"), "words", "ECS, home-made formats"),
    Field(("level.name", "record.level.name"), "words", "loguru, log4j2's object form"),
    Field(("severity_number", "severityNumber", "SeverityNumber"), "opentelemetry", "OpenTelemetry"),
    Field(("levelno", "level_no"), "python", "Python's logging"),
    Field(("level_value", "levelValue"), "logback", "logback, logstash"),
    Field(("EventType",), "words", "Windows event log"),
    Field(("s",), "words", "MongoDB"),
    Field(("L",), "words", "zap's development encoder"),
    Field(("sev",), "words", "katip, home-made formats"),
    Field(("error_severity", "record.error_severity"), "words", "Postgres, CloudNativePG"),
    Field(("severityLevel",), "insights", "Application Insights"),
    Field(("level.levelStr",), "words", "log4js"),
    Field(("action_status",), "words", "Eliot"),
    Field(("status",), "words", "Datadog's agents and loggers"),
)
"""Level fields that the writer states, best first."""

STREAM_FIELDS: Final = (
    Field(("PRIORITY", "priority", "syslog_severity", "syslog.severity.code"), "syslog", "journald, rsyslog"),
)
"""Level fields that the carrier of the line sets; the line's own level takes precedence."""

_COLOUR: Final = regex(r"\x1b\[[\d;]{0,12}m")
_WORD: Final = regex(r"(?:[A-Za-z_]{0,24}[_.:/ ])?([A-Za-z]{1,13})(?:\d{1,2}|[+-]\d{1,4})?")
_MAX_WORDS: Final = 2048
_MAX_CHARS: Final = 48


def of(value: Any, scheme: str = "any") -> str | None:
    """Return Cloud Logging's name of a level as programs write it; None if it is no level, or DEFAULT.

    Accepts words with colours, brackets, offsets (`ERROR+2`) and prefixes (`LogLevel.Error`), letters, and numbers of a
    scheme, as numbers or as text.
    """
    if type(value) is str:
        return _of_text(value, scheme) if len(value) <= _MAX_CHARS else None
    if type(value) in {int, float}:
        return NUMBERS[scheme].get(value)
    return None


@lru_cache(_MAX_WORDS)
def _of_text(text: str, scheme: str) -> str | None:
    word = text.lower()
    if found := NAMES.get(word):
        return found
    if "\x1b" in text:
        text = _COLOUR.sub("", text)
    text = text.strip(" \t\r\n[](){}<>:\"'")
    if len(text) == 1 and text in LETTERS:
        return LETTERS[text]
    if text.isascii() and text.removesuffix(".0").isdigit():
        return NUMBERS[scheme].get(int(text.removesuffix(".0")))
    word = text.lower()
    if found := NAMES.get(word):
        return found
    whole = _WORD.fullmatch(text)
    return None if whole is None else NAMES.get(whole.group(1).lower())
