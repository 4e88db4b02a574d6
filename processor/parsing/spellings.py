"""Spellings: the names under which loggers store message, error, stack trace and reason; levels: see `levels`.

A single table, by role and best name first. Names are compared folded: without regard to case and to `_ - . @` and
blanks, so that `log_message`, `logMessage` and `LogMessage` match the same name; a lone letter keeps its case and its
`@` (zap's `M` and Serilog's `@m` are messages, a plain `m` is not). `plan` decides once per set of field names where to
look, however many entries share it. To add a spelling, add a word here; docs/entries.md is made from it.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

from processor.model.patterns import regex
from processor.parsing import levels


class Role(StrEnum):
    """The role of a payload's field in its message."""

    MESSAGE = "message"
    ERROR = "error"
    STACK = "stack"
    REASON = "reason"
    DETAIL = "detail"
    CODE = "code"
    CUE = "cue"
    HOLDER = "holder"


class Spelling(NamedTuple):
    """Names of one role.

    Attributes:
        names: as loggers write them, best first.
        by: who writes them.
    """

    role: Role
    names: tuple[str, ...]
    by: str


_ROWS: Final = """message | most loggers; journald's MESSAGE, .NET's Message   | message msg
message | Serilog, NLog, GELF                                | @m RenderedMessage formatted_message short_message
message | home-made formats                                  | log_message log.message msg_text message_text
message | loguru, Fluent Bit, Docker                         | text log line raw_message
message | structlog, OpenTelemetry                           | event body
message | Serilog and .NET without rendering                 | @mt MessageTemplate message_template {OriginalFormat}
message | zap's development encoder                         | M
message | copies of the line                                 | textPayload full_message event.original
error   | most loggers, ECS                                  | error err error.message error_message exception.message
error   | most loggers                                       | errmsg error_msg error_string
error   | JVM, .NET, OpenTelemetry                           | exception thrown exc error_description exception_message
error   | JVM, Python                                        | throwable exc_info
error   | Go's and Rust's handlers of panics                 | panic panic.payload panic_value recovered
error   | lists and causes                                   | errors error_details error_detail last_error failure
error   | lists and causes                                   | inner_exception
stack   | most loggers                                       | stack_trace stack stacktrace traceback backtrace exc_text
stack   | Python, structlog, .NET, Serilog                   | exc_info exception @x
stack   | ECS, OpenTelemetry                                 | error.stack_trace error.stack exception.stacktrace
stack   | ECS, pino                                          | error.stacktrace err.stack exception_stacktrace
stack   | Ruby's JSON loggers                                | exception.backtrace error.backtrace
stack   | zap, GELF, log4j2                                  | errorVerbose full_message extended_stack_trace thrown
stack   | exceptions that are objects                        | throwable err error exceptions
stack   | functions, Caddy, zap's development encoder        | trace err_trace S
stack   | Go's and Rust's handlers of panics                 | panic.backtrace panic.stack
reason  | why it failed                                      | reason cause error_reason failure_reason root_cause
reason  | why it failed                                      | status_message fault violation
detail  | explanations beside the message                    | title summary detail details description desc
detail  | explanations beside the message                    | debugInfo explanation hint note
detail  | what a command printed                             | output stdout stderr result_message
code    | numbers and words that are codes                   | code status error_code errcode errno error.code err_code
code    | databases                                          | sqlstate sql_state vendor_code native_error ora_code
code    | processes, gRPC                                    | signal exit_code exit_status return_code rc grpc_code
code    | gRPC, HTTP                                         | grpc_status status_code http_status response_code
code    | HTTP, Windows                                      | http_response_code response_status_code hresult
code    | others                                             | error_number error_status response_code_details
code    | payments, sockets                                  | decline_code failure_code refusal_code result_code
code    | payments, sockets                                  | reason_code reject_code close_code disconnect_code
cue     | what was done                                      | stage phase step operation op action outcome result
cue     | what did it                                        | controller
cue     | how it was decided                                 | verdict decision disposition conclusion
cue     | what it was about | permission missing field unit check rule policy constraint
cue     | what it was about                                  | column property parameter argument
cue     | which error | error_type error.type exception_type exception.type exc_type
cue     | which error                                        | error_kind error.kind error_class error_category
cue     | which limit                                        | quota_metric quota_limit limit_name metric_name
cue     | which kind                                         | method state violation_reason failure_type
holder  | OpenTelemetry, Python, Monolog, log4j2             | attributes context extra extras data fields params
holder  | Serilog, winston, loguru, gcloud's agents          | properties metadata meta payload record body
holder  | exceptions that are objects                        | error err exception thrown log event details
holder  | .NET, log4j, zap, MongoDB                          | state scope mdc attr custom
holder  | calls, jobs and their outcomes                     | result response res resp reply job task operation
holder  | calls, jobs and their outcomes                     | upstream extensions
"""


def _row(line: str) -> Spelling:
    role, by, names = (part.strip() for part in line.split("|"))
    return Spelling(Role(role), tuple(names.split()), by)


SPELLINGS: Final = tuple(_row(line) for line in _ROWS.splitlines())
"""All known spellings."""

_FOLD: Final = str.maketrans("", "", "_-.@ {}")
_LETTER: Final = regex(r"@(?:[a-z]|mt)")
# Names whose text is never the message: person, time, place, and carrier of the line.
SILENT: Final = frozenset(
    word
    for words in (
        "timestamp time ts datetime date asctime timegenerated timewritten thread threadname process processname pid",
        "hostname host useragent httpuseragent url uri path requesturl referer referrer request headers cookies",
        "remoteip remoteaddr clientip ip server upstream client cipher cmdline exe comm systemdcgroup systemdunit",
        "systemdslice machineid bootid selinuxcontext capeffective logger loggername category caller source",
        "sourcelocation file filename version traceid spanid requestid correlationid type sql query statement name",
        "service severity level levelname username user email stream tag logtag computer channel providername",
    )
    for word in words.split()
)


@lru_cache(8192)
def fold(name: str) -> str:
    """Fold a field's name for comparison: `Log_Message` -> `logmessage`, `@M` -> `@m`, `M` -> `M`."""
    if len(name) == 1:
        return name
    lower = name.lower()
    return lower if _LETTER.fullmatch(lower) else lower.translate(_FOLD)


def _ranked(*roles: Role) -> dict[str, int]:
    names = [fold(name) for row in SPELLINGS if row.role in roles for name in row.names]
    return {name: rank for rank, name in reversed(list(enumerate(names)))}


RANKS: Final = {role: _ranked(role) for role in Role}
"""For each role its folded names, with their rank: 0 is the best."""
_LEVELS: Final = {
    fold(name): (rank, field.numbers)
    for rank, field in reversed(list(enumerate(levels.FIELDS)))
    for name in field.names
    if "." not in name or fold(name) == "loglevel"
}
_ROLES: Final = frozenset(name for ranks in RANKS.values() for name in ranks)
_STREAM_LEVELS: Final = {fold(name): field.numbers for field in levels.STREAM_FIELDS for name in field.names}


_JOINING: Final = (Role.ERROR, Role.STACK, Role.REASON, Role.DETAIL, Role.CODE, Role.CUE)
# How fields end that state an outcome, whatever comes before: allocation_status, invalidReason.
_OUTCOME: Final = regex(
    r"(?:status|state|reason|result|outcome|decision|verdict|rule|rulename|technique|category|eventtype|issue)$"
)
# How fields end that hold an error, whatever comes before: streamingError, sync_failure.
_ERROR: Final = regex(r"..(?:error|failure|exception|fault|cause)$")
# How fields end that state why, or which error: finish_reason, smsErrorCode.
_WHY: Final = regex(
    r"[a-z](?:reason|cause|(?P<code>(?:error|fail|failure|reject|result|reason|exit)code))$"
    r"|^(?:required|missing|needed|lacking|expected)(?:scope|permission|role|privilege|claim|grant|right|capability)s?$"
)
_FIRST_MESSAGES: Final = frozenset({"message", "msg"})


class Plan(NamedTuple):
    """Where to look in a payload with certain names; each tuple of names has the best first.

    Attributes:
        levels: (name, scheme of its numbers).
        details: texts that explain the message beside them; at a deeper level they describe data.
        outcomes: fields of no other role that end like one that states an outcome.
        tells: whether any field may hold a cue.
        joining: every name whose value may join the message.
        around: holders that are none of these.
    """

    messages: tuple[str, ...]
    errors: tuple[str, ...]
    stacks: tuple[str, ...]
    reasons: tuple[str, ...]
    details: tuple[str, ...]
    codes: tuple[str, ...]
    cues: tuple[str, ...]
    outcomes: tuple[str, ...]
    holders: tuple[str, ...]
    levels: tuple[tuple[str, str], ...]
    stream_levels: tuple[tuple[str, str], ...]
    tells: bool
    joining: tuple[str, ...]
    around: tuple[str, ...]


@lru_cache(4096)
def plan(names: tuple[str, ...]) -> Plan:
    """Return where to look in a payload with these names."""
    folded = [(fold(name), name) for name in names]

    def of(role: Role) -> tuple[str, ...]:
        ranks = RANKS[role]
        return tuple(name for _, name in sorted((ranks[key], name) for key, name in folded if key in ranks))

    beside = next((scheme for others, scheme in levels.BESIDE if any(name in names for name in others)), "any")
    stated = sorted((*_LEVELS[key], name) for key, name in folded if key in _LEVELS)
    other_errors = tuple(name for key, name in sorted(folded) if _ERROR.search(key) and key not in _ROLES)
    reasons, details, codes, cues = (*of(Role.REASON), *other_errors), of(Role.DETAIL), of(Role.CODE), of(Role.CUE)
    errors = of(Role.ERROR)
    why = [(name, _WHY.search(key)) for key, name in sorted(folded) if name not in (*reasons, *codes, *cues)]
    codes += tuple(name for name, found in why if found and found["code"])
    cues += tuple(name for name, found in why if found and not found["code"])
    joining = tuple(
        name
        for key, name in folded
        if (any(key in RANKS[role] for role in _JOINING) and key not in _FIRST_MESSAGES)
        or _WHY.search(key)
        or name in other_errors
    )
    holders = of(Role.HOLDER)
    return Plan(
        messages=of(Role.MESSAGE),
        errors=errors,
        stacks=of(Role.STACK),
        reasons=reasons,
        details=details,
        codes=codes,
        cues=cues,
        outcomes=tuple(name for key, name in sorted(folded) if name not in joining and _OUTCOME.search(key)),
        holders=holders,
        levels=tuple((name, beside if scheme == "any" else scheme) for _, scheme, name in stated),
        stream_levels=tuple((name, _STREAM_LEVELS[key]) for key, name in sorted(folded) if key in _STREAM_LEVELS),
        tells=bool(reasons or details or codes or cues or errors),
        joining=joining,
        around=tuple(name for name in holders if name not in joining),
    )
