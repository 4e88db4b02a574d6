"""Numbers that act as names: status, exit code, signal, errno, SQLSTATE, a vendor's or a compiler's number.

Promises: the context of a number decides whether its digits stay, so `may_have_code` works on the text with all digits
replaced by `0`. `lifted` keeps digits by mapping them to private characters, which no mask takes for digits.
"""

from __future__ import annotations

import re
from typing import Final

_REQUEST: Final = r"(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE)"
_TARGET: Final = r"(?:/\S{0,2048}|<\*>)"  # without quotes, as development servers print it: GET /users 500 12 ms
# The reason phrases of RFC 9110 and similar phrases, as proxies print them after the number.
_PHRASES: Final = (
    r"Bad Request|Unauthorized|Payment Required|Forbidden|Not Found|Method Not Allowed|Not Acceptable|Request Time-?out"
    r"|Conflict|Gone|Length Required|Precondition Failed|(?:Request Entity|Content|Payload) Too Large|URI Too Long"
    r"|Request-URI Too Long|Unsupported Media Type|Expectation Failed|Misdirected Request|Unprocessable|Locked"
    r"|Failed Dependency|Too Early|Upgrade Required|Precondition Required|Too Many Requests|Client Closed Request"
    r"|Request Header Fields Too Large|Internal Server Error|Not Implemented|Bad Gateway"
    r"|Service (?:Temporarily )?Unavailable|Gateway Time-?out|HTTP Version Not Supported"
    r"|Insufficient Storage|Loop Detected|Web server is down"
)
# Status numbers of HTTP and SMTP in context. Only failures keep their number: 200 and 204 are the same problem.
_STATUS: Final = (
    r"(?:(?<![\w/=+~.@%$#&?!:-])(?:http(?:/(?:[0-9.]+|<\*>))?|status|statuscode|status_code|response|code|grpc|smtp)"
    r"(?:[ _-]?(?:status|code|error))*[\"']?[ ]?[:=]?[ ]?[\"'(\[]?)"
)
_ANSWERED: Final = (
    r"(?<![\w-])(?:answer(?:ed|s)?|return(?:ed|s|ing)?|respond(?:ed|s)?|repl(?:ied|ies)|got|received|gave|with|upstream)"
    r"(?: (?:with|an?))*:? "
)
_COUNTED: Final = r"(?! ?(?:[a-z]{2,}s|ms|[KMG]?i?B|of|more|out|%)(?!\w))"  # 450 rows, 512 bytes
# (text before, form of the number, text after): after such a word every number belongs to a
# closed set, and another number is another problem.
_KINDS: Final[tuple[tuple[str, str, str], ...]] = (
    # a process ended: exit code 137, exited with status 2, rc=1, return code: 4
    (
        (
            r"(?<!\w)(?:exit(?:s|ed|ing)?(?:[ _-](?:with|by|on|non-?zero|code|status|value))*"
            r"|(?:return|ret|error|err|result|reason|termination|failure|response|close|disconnect|abort|fault|event"
            r"|decline|refusal|rejection|cancel(?:lation)?|release|hangup|completion|status)[ _-]?code"
            r"|rc|retcode|retval|returncode|exitcode|exitstatus|errorcode|errno|errnum|winerror|hresult"
            r"|oserror|(?:os|win[0-9]{2}|<\*>|windows|socket|wsa) error"
            r"|sqlcode|sqlstate|sql ?state|smtp|hresult)[\"']?(?: is| was)?[ ]?[:=]?[ ]?[\"'(\[]*"
        ),
        r"[+-]?[0-9A-Z]*[0-9][0-9A-Z]*",
        r"(?![\w.]*\w)",
    ),
    # answered code 05, failed with code 12, closed by code: 1006, declined (code 51)
    (
        r"(?:(?<!\w)(?:answer(?:ed|s)?|return(?:ed|s)?|respond(?:ed|s)?|gave|got|with|by) (?:an? )?|[(\[])code:? ",
        r"[0-9]{1,5}",
        r"(?![\w.]*\w)",
    ),
    # killed by signal 9, status=6/ABRT, [Errno 13]
    (r"(?<!\w)(?:signal|sig)[ ]?[:=]?[ ]?#?[(\[]?", r"[0-9]{1,2}", r"(?![\w.]*\w)"),
    (r"(?<!\w)status=", r"[0-9]{1,3}", r"(?=/[A-Z]{2,})"),
    # ORA-00942, SQL0204N, TS2345, error[E0308], MY-010914
    (
        r"(?<![\w-])(?:ORA|TNS|PLS|RMAN|SP|DPI|DPY|SQL|MY|MSB|NU|NETSDK|CS|BC|TS|NG|FS|SA|IDE|KB|WSREP|DB|SQLCODE|AWS|PG)-?",
        r"[0-9]{3,6}N?",
        r"(?![\w-])",
    ),
    # the id of a message in its product's catalogue, at the head: WFLYEJB0034: ..., [...] AH00957: ..., SRVE0255E: ...
    (r"(?:^|(?<=[\])>:|-] )|(?<=\[))[A-Z]{2,10}", r"[0-9]{3,6}[EWIDS]?", r"(?=[:\]])"),
    (r"(?<!\w)(?:error|warning|Error|ERROR|WARNING)[ \[(]+[A-Z]{1,6}-?", r"[0-9]{2,6}", r"(?=[\])\s:,.;]|$)"),
    # MySQL: Error 1062 (23000), ERROR 1045 (28000), (1205, 'Lock wait'), (1205) Lock wait; Windows: error 5:
    (r"(?<!\w)(?:error|Error|ERROR)[ ]?[:=#]?[ ]?\(?", r"[0-9]{1,5}", r"(?=[:),;]| ?\((?:[0-9A-Z]{5}|<\*>)\)|\.?$)"),
    (r"(?<!\w)(?:error|Error|ERROR) [0-9]{3,5} \(", r"[0-9A-Z]{5}", r"(?=\))"),
    (r"(?<![\w.])[A-Z][A-Za-z]*", r"[0-9]{1,2}", r"(?=[A-Za-z]*(?:Exception|Error)(?!\w))"),  # Http2Exception
    (r"(?<!\S)\(", r"[0-9]{4}", r"(?=, ?[\"']|\) [A-Z][a-z]+ [a-z])"),
    # PHP: SQLSTATE[HY000] [2002]; SQL Server: Msg 2627, Level 14; SMTP: 550 5.7.1, 550-5.7.26
    (r"(?<!\w)SQLSTATE ?[\[(][^\s\])]{1,8}[\])]:? ?[\[(]", r"[0-9]{3,5}", r"(?=[\])])"),
    (r"(?<!\w)Msg ", r"[0-9]{2,5}", r"(?=, Level )"),
    (r"(?<![\w.])(?:[45][0-9]{2}|<\*>)[ -]", r"[45]\.[0-9]\.[0-9]{1,3}", r"(?![\w.])"),
    # MongoDB names an index by its fields and their order: "index: email_1 dup key"; the id would hide the field
    (r"(?<!\w)index:? (?:[\w-]{1,64}\.){0,4}\$?[A-Za-z][A-Za-z_.]{0,63}_-?", r"[0-9]", r"(?!\w)"),
    # the file of a migration begins with its number: migration 0042_add_phone.sql, shop.0042_add_phone
    (r"(?<!\w)[Mm]igrations?:? [\"'`]?(?:[A-Za-z_]{1,64}\.)?V?", r"[0-9]{1,14}", r"(?=__?[a-z])"),
)  # fmt: skip
# (needles in the skeleton in lower case, text before, form of the number, text after): the same for forms so rare that
# a text is searched for them only if it has one of the needles.
_RARE_KINDS: Final[tuple[tuple[tuple[str, ...], str, str, str], ...]] = (
    # reason 0x87, error code 0xC0000005: a number in hexadecimal after a word of a code is no count
    (
        ("0x0",),
        (
            r"(?<!\w)(?:reason|cause|status|ntstatus|error|err|code|result|exception|fault|bugcheck|stop)"
            r"(?: code| value)?[ ]?[:=]?[ ]?[\"'(\[]*"
        ),
        r"0x[0-9A-F]{1,8}",
        r"(?!\w)",
    ),
    # a negative errno, as kernels and drivers print it: error -71, failed (-5), ret=-22, probe failed: err -110
    (
        (" -0", "(-0", "[-0", ":-0", "=-0"),
        r"(?<!\w)(?:error|err|errno|ret|rc|retval|failed|failure)(?: with)?(?: code| error)?[ ]?[:=,]?[ ]?[(\[]?-",
        r"[0-9]{1,3}",
        r"(?![\w.%:-])",
    ),
    # a driver that failed prints its errno last: "Failed to enable regulators: -22"
    (
        (": -0", ": (-0"),
        r"(?<!\w)(?:failed|error|unable|cannot|can't|could(?: not|n't)) [^:]{1,100}: \(?-",
        r"[0-9]{1,3}",
        r"(?=\)?$)",
    ),
    # the code that a library puts at the head of its error: PrismaClientKnownRequestError: P2002
    (
        ("error: ", "exception: "),
        r"(?:(?<=error: )|(?<=exception: ))[A-Z]{1,4}-?",
        r"[0-9]{3,6}",
        r"(?![\w-]| (?:is|was|has|not|does|already|cannot|could|in|of|from)(?!\w))",
    ),
    # Modbus, and processors: exception 2
    (("exception 0",), r"(?<!\w)exception ", r"[0-9]{1,3}", r"(?![\w/.]| of(?!\w))"),
    # an enhanced status of SMTP without its short one: dsn=4.7.1, rejected message: 5.7.1
    (
        ("dsn=0.0", ": 0.0.0"),
        r"(?<!\w)(?:dsn=|(?:reject|bounc|defer|said|repl|return|answer|message|recipient|sender|mail)[^:]{0,40}: )",
        r"[45]\.[0-9]\.[0-9]{1,3}",
        r"(?![\w.])",
    ),
    # the reason of Active Directory beside its LDAP error: error code 49 - 80090308: ... error, data 52e, v1db1
    ((" data 0",), r"(?:error|code \S{1,8})(?:,| -) data ", r"[0-9a-f]{3}", r"(?![\w.-])"),
    # a migration by the form of its file: 0007_AddTenant.sql, V12__add_iban.sql
    (
        ("0_",),
        r"(?<![\w.-])[VRU]?",
        r"[0-9]{1,14}",
        r"(?=__?[A-Z][A-Z_]{2,80}\.(?:sql|rb|php|py|js|ts|cs)(?!\w))",
    ),
)


def _like(number: str) -> str:
    """Return the number's pattern for text whose runs of digits are a single `0`."""
    like = number.replace("[45][0-9]{2}", "0").replace("[45]", "0")
    like = like.replace("[0-9A-Z]{5}", "[0A-Z]{1,5}").replace("[0-9A-Z]", "[0A-Z]")
    like = like.replace("0x[0-9A-F]{1,8}", "0x[0A-F]{1,8}").replace("[0-9a-f]{3}", "[0a-f]{1,3}")
    return re.sub(r"\[0-9\](?:\{[^}]*\})?", "0", like)


_ANY_STATUS: Final = re.compile(
    rf"{_STATUS}(?P<number>[45][0-9]{{2}})(?![\w.])|{_ANSWERED}(?P<answer>[45][0-9]{{2}})(?![\w.]){_COUNTED}"
    rf"|(?<![\w.-])(?P<phrased>[45][0-9]{{2}}) (?={_PHRASES})",
    re.IGNORECASE,
)


def _either(kinds: tuple[tuple[str, str, str], ...], flags: int, *, like: bool = False) -> re.Pattern[str]:
    """Return a single pattern for several kinds; its last group is the number.

    `like` is for text with `0` for digits.
    """
    rows = [[_like(part) for part in kind] if like else list(kind) for kind in kinds]
    found = "|".join(f"{before}(?P<n{i}>{number}){after}" for i, (before, number, after) in enumerate(rows))
    return re.compile(found, flags)


_RARE: Final = tuple(_either((row[1:],), re.IGNORECASE) for row in _RARE_KINDS)
_RARE_LIKE: Final = tuple(
    (needle, _either((row[1:],), re.IGNORECASE, like=True)) for row in _RARE_KINDS for needle in row[0]
)
_ANY_CASE: Final = 3  # rows of _KINDS that also hold in capitals
_CODES: Final = (_either(_KINDS[:_ANY_CASE], re.IGNORECASE), _either(_KINDS[_ANY_CASE:], 0))
_STATUS_LIKE: Final = re.compile(
    rf"{_STATUS}0(?![\w.])|{_ANSWERED}0(?![\w.]){_COUNTED}|0 (?={_PHRASES})|\" ?0(?![\w.])"
    rf"|(?<!\S){_REQUEST} {_TARGET} 0(?![\w.])",
    re.IGNORECASE,
)
# Where a status may stand that `_STATUS_LIKE` does not see: `"GET /" status%500`, and `http/1500`, a part of a run.
_MAY_BE_STATUS: Final = re.compile(rf"{_REQUEST} |[Hh][Tt][Tt][Pp]/0")
_RUN: Final = re.compile("0")
_ENDS: Final = re.compile(r"(?![\w.])")
_STATUS_DIGITS: Final = 3
_DECIDING: Final = {ord("0") + digit: "1111456666"[digit] for digit in range(10)}
_LIKE: Final = _either(_KINDS[:_ANY_CASE], re.IGNORECASE, like=True)
_LIKE_CASED: Final = _either(_KINDS[_ANY_CASE:], 0, like=True)
# An access log line: the request is the subject, so 4xx (scanners, clients) stay with the route; 5xx are separate.
_ACCESS: Final = re.compile(
    rf"(?:\"{_REQUEST} [^\"]{{0,2048}}\" ?(?:status\W{{0,2}})?|(?<!\S){_REQUEST} {_TARGET} )"
    r"(?P<number>[0-9]{3})(?![\w.])"
)
_STATUS_WORDS: Final = (
    "http", "status", "code", "response", "grpc", '"', " /", " <*>", "answer", "return", "respond", "repl", "got",
    "upstream", "receive", "gave", "with", "smtp", "0 ",
)  # fmt: skip
_CODE_WORDS: Final = (
    "exit", "code", "rc", "ret", "err", "state", "status", "sig", "hresult", "smtp", "warning", "(0", "-0", "ora",
    "ts0", "cs0", "sql", "bc0", "nu0", "ng0", "kb0", "fs0", "sa0", "db0", "pg0", "my0", "tns0", "pls0", "msb0",
    "netsdk0", "ide0", "dpi0", "dpy0", "rman0", "sp0", "aws0", "exception", "error",
    "index", "igration", "msg 0", "0 0.0", "-0.0", "0:", "0]", "0e:", "0w:", "0i:", "0s:",
)  # fmt: skip
"""Every text with a status or a code contains at least one of these, in lower case."""

LIFT: Final = {ord("0") + digit: 0xE000 + digit for digit in range(10)}
LOWER: Final = {0xE000 + digit: ord("0") + digit for digit in range(10)}
LIFTED: Final = re.compile("[\ue000-\ue009]")
ANY_DIGIT: Final = "\ue000"
SAME: Final = dict.fromkeys(LOWER, ANY_DIGIT)
"""Masks do not see which digit was lifted: a result for this spelling serves all numbers at a place."""
_FORGED: Final = dict.fromkeys(LOWER, 0xFFFD)  # a message must not smuggle in lifted digits
_SERVER_ERROR: Final = "500"


STATUS: Final = 1
CODE: Final = 2
RARE: Final = 4
EVERY: Final = STATUS | CODE | RARE
"""Kinds of numbers that stay: the status of a request, other codes, codes of a rare form.

Integers, because an enum's `&` is slow.
"""


def near(skeleton: str) -> int:
    """Return which kinds of numbers may stay in a text whose runs of digits are `0`; 0 for none."""
    if "0" not in skeleton:
        return 0
    # the substrings first: the regular expressions alone took a third of the time of an unseen message
    folded = skeleton.lower()
    found = 0
    if any(word in folded for word in _CODE_WORDS) and (_LIKE.search(skeleton) or _LIKE_CASED.search(skeleton)):
        found = CODE
    for needle, like in _RARE_LIKE:
        if needle in folded and like.search(skeleton):
            found |= RARE
            break
    if (found or any(word in folded for word in _STATUS_WORDS)) and _STATUS_LIKE.search(skeleton):
        found |= STATUS
    if found and _MAY_BE_STATUS.search(skeleton):
        found |= STATUS
    return found


def deciding(skeleton: str, kinds: int) -> tuple[int, ...]:
    """Return the indexes of the runs of digits that decide which digits stay; no other run stays."""
    patterns = [_STATUS_LIKE, _MAY_BE_STATUS, _LIKE, _LIKE_CASED]
    if kinds & RARE:
        patterns += [like for _, like in _RARE_LIKE]
    first = min((found.start() for pattern in patterns if (found := pattern.search(skeleton))), default=len(skeleton))
    runs = enumerate(match.start() for match in _RUN.finditer(skeleton))
    if kinds & (CODE | RARE):
        return tuple(order for order, at in runs if at >= first)
    return tuple(order for order, at in runs if at >= first and _ENDS.match(skeleton, at + 1))


def spelling(run: str, kinds: int) -> str:
    """Return the deciding features of a run of digits: its length, and which digits are 4, 5 or above."""
    if kinds & (CODE | RARE):
        return run.translate(_DECIDING)
    if len(run) < _STATUS_DIGITS:
        return ""
    return f"{run[-_STATUS_DIGITS].translate(_DECIDING)}{len(run)}"


def lifted(text: str, kinds: int = EVERY) -> str:
    """Map the digits of meaningful numbers to private characters.

    Args:
        text: a message.
        kinds: the result of `near` for it, so that the patterns of other kinds are not tried.
    """
    if not text.isascii():
        text = text.translate(_FORGED)
    if kinds & STATUS:
        access = _ACCESS.search(text)
        if access is not None:
            if access["number"] >= _SERVER_ERROR:
                start, end = access.span("number")
                text = text[:start] + access["number"].translate(LIFT) + text[end:]
            return text
        text = _ANY_STATUS.sub(_lift, text)
    if kinds & CODE:
        for pattern in _CODES:
            text = pattern.sub(_lift, text)
    if kinds & RARE:
        for pattern in _RARE:
            text = pattern.sub(_lift, text)
    return text


def _lift(match: re.Match[str]) -> str:
    group = match.lastgroup or 0
    start, end = match.start(group) - match.start(), match.end(group) - match.start()
    return match[0][:start] + match[0][start:end].translate(LIFT) + match[0][end:]
