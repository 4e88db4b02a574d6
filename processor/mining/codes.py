"""Numbers that act as names: status, exit code, signal, errno, SQLSTATE, a vendor's or a compiler's number.

Promises: the context of a number decides whether its digits stay, so `may_have_code` works on the text with all digits
replaced by `0`. `lifted` keeps digits by mapping them to private characters, which no mask takes for digits.
"""

from __future__ import annotations

import re
from typing import Final

from processor.mining.code_kinds import KINDS, RARE_KINDS
from processor.model.patterns import regex

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
    r"|Insufficient Storage|Loop Detected|Web server is down|Client Error|Server Error"
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


def _like(number: str) -> str:
    """Return the number's pattern for text whose runs of digits are a single `0`."""
    like = number.replace("[45][0-9]{2}", "0").replace("[45]", "0")
    like = re.sub(r"\(\?:[0-9|]+\)", "0", like)
    like = like.replace("[0-9][0-9A-F]{3}", "0[0A-F]{0,3}")
    like = like.replace("[0-9A-Z]{5}", "[0A-Z]{1,5}").replace("[0-9A-Z]", "[0A-Z]")
    like = like.replace("0x[0-9A-F]{1,8}", "0x[0A-F]{1,8}").replace("[0-9a-f]{3}", "[0a-f]{1,3}")
    return re.sub(r"\[0-9\](?:\{[^}]*\})?", "0", like)


_ANY_STATUS: Final = regex(
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
    return regex(found, flags)


_RARE: Final = tuple(_either((row[1:],), re.IGNORECASE) for row in RARE_KINDS)
_RARE_WORDS: Final = tuple(needle for row in RARE_KINDS for needle in row[0])
_RARE_LIKE: Final = tuple(
    (needle, _either((row[1:],), re.IGNORECASE, like=True)) for row in RARE_KINDS for needle in row[0]
)
_ANY_CASE: Final = 3  # rows of KINDS that also hold in capitals
_CODES: Final = (_either(KINDS[:_ANY_CASE], re.IGNORECASE), _either(KINDS[_ANY_CASE:], 0))
_STATUS_LIKE: Final = regex(
    rf"{_STATUS}0(?![\w.])|{_ANSWERED}0(?![\w.]){_COUNTED}|0 (?={_PHRASES})|\" ?0(?![\w.])"
    rf"|(?<!\S){_REQUEST} {_TARGET} 0(?![\w.])",
    re.IGNORECASE,
)
# Where a status may stand that `_STATUS_LIKE` does not see: `"GET /" status%500`, and `http/1500`, a part of a run.
_MAY_BE_STATUS: Final = regex(rf"{_REQUEST} |[Hh][Tt][Tt][Pp]/0")
_RUN: Final = regex("0")
_ENDS: Final = regex(r"(?![\w.])")
_STATUS_DIGITS: Final = 3
_DECIDING: Final = {ord("0") + digit: "1111456666"[digit] for digit in range(10)}
_LIKE: Final = _either(KINDS[:_ANY_CASE], re.IGNORECASE, like=True)
_LIKE_CASED: Final = _either(KINDS[_ANY_CASE:], 0, like=True)
# An access log line: the request is the subject, so 4xx (scanners, clients) stay with the route; 5xx are separate.
_ACCESS: Final = regex(
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
    "0:", "0]", "0e:", "0w:", "0i:", "0s:",
)  # fmt: skip
"""Every text with a status or a code contains at least one of these, in lower case."""

LIFT: Final = {ord("0") + digit: 0xE000 + digit for digit in range(10)}
LOWER: Final = {0xE000 + digit: ord("0") + digit for digit in range(10)}
LIFTED: Final = regex("[\ue000-\ue009]")
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
    holds = folded.__contains__
    found = 0
    if any(map(holds, _CODE_WORDS)) and (_LIKE.search(skeleton) or _LIKE_CASED.search(skeleton)):
        found = CODE
    if any(map(holds, _RARE_WORDS)) and any(needle in folded and like.search(skeleton) for needle, like in _RARE_LIKE):
        found |= RARE
    if (found or any(map(holds, _STATUS_WORDS))) and _STATUS_LIKE.search(skeleton):
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
