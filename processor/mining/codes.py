"""Numbers that act as names: status, exit code, signal, errno, SQLSTATE, a vendor's or a compiler's number.

Promises: the context of a number decides whether its digits stay, so `may_have_code` works on the text with all digits
replaced by `0`. `lifted` keeps digits by mapping them to private characters, which no mask takes for digits.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from processor.mining.code_kinds import CASED, RARE, SAID, Context
from processor.model.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Sequence

    _Likes = Sequence[tuple[tuple[str, ...], re.Pattern[str]]]

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


def _either(contexts: Sequence[Context], flags: int, *, like: bool = False) -> re.Pattern[str]:
    """Return a single pattern for several contexts; its last group is the number.

    `like` is for text with `0` for digits.
    """
    rows = [[_like(part) for part in context[1:]] if like else context[1:] for context in contexts]
    found = "|".join(f"{before}(?P<n{i}>{number}){after}" for i, (before, number, after) in enumerate(rows))
    return regex(found, flags)


STATUS: Final = 1
"""The status of a request; the higher bits are the other kinds of numbers that stay, see `_KINDS`.

Integers, because an enum's `&` is slow.
"""
_PART: Final = 2  # a status may be the end of a longer number: http/1500
# (bit, pattern, for each context its needles and its pattern for text with `0` for digits), in the order of use
_KINDS: Final = tuple(
    (
        _PART << order,
        _either(contexts, flags),
        tuple((context.needles, _either((context,), flags, like=True)) for context in contexts),
    )
    for order, (contexts, flags) in enumerate(
        ((SAID, re.IGNORECASE), (CASED, 0), *(((context,), re.IGNORECASE) for context in RARE)), 1
    )
)
_RARE: Final = ~(STATUS | _PART | _KINDS[0][0] | _KINDS[1][0])
EVERY: Final = (_KINDS[-1][0] << 1) - 1
"""Every kind."""

# (needles, pattern): the places of a status in text with `0` for digits
_STATUS_LIKE: Final = tuple(
    (needles, regex(pattern, re.IGNORECASE))
    for needles, pattern in (
        (("http", "status", "code", "response", "grpc", "smtp"), rf"{_STATUS}0(?![\w.])"),
        (
            ("answer", "return", "respond", "repl", "got", "receive", "gave", "with", "upstream"),
            rf"{_ANSWERED}0(?![\w.]){_COUNTED}",
        ),
        (("0 ",), rf"0 (?={_PHRASES})"),
        (('" 0', '"0'), r"\" ?0(?![\w.])"),
        ((" /", " <*>"), rf"(?<!\S){_REQUEST} {_TARGET} 0(?![\w.])"),
    )
)
# Where a status may stand besides: `"GET /" status%500`, and `http/1500`, a part of a run.
_MAY_BE_STATUS: Final = regex(rf"{_REQUEST} |[Hh][Tt][Tt][Pp]/0")
_RUN: Final = regex("0")
_ENDS: Final = regex(r"(?![\w.])")
_STATUS_DIGITS: Final = 3
_DECIDING: Final = "1111456666"  # of the first digit of a status
# An access log line: the request is the subject, so 4xx (scanners, clients) stay with the route; 5xx are separate.
_ACCESS: Final = regex(
    rf"(?:\"{_REQUEST} [^\"]{{0,2048}}\" ?(?:status\W{{0,2}})?|(?<!\S){_REQUEST} {_TARGET} )"
    r"(?P<number>[0-9]{3})(?![\w.])"
)

LIFT: Final = {ord("0") + digit: 0xE000 + digit for digit in range(10)}
LOWER: Final = {0xE000 + digit: ord("0") + digit for digit in range(10)}
LIFTED: Final = regex("[\ue000-\ue009]")
ANY_DIGIT: Final = "\ue000"
SAME: Final = dict.fromkeys(LOWER, ANY_DIGIT)
"""Masks do not see which digit was lifted: a result for this spelling serves all numbers at a place."""
_FORGED: Final = dict.fromkeys(LOWER, 0xFFFD)  # a message must not smuggle in lifted digits
_SERVER_ERROR: Final = "500"


def near(skeleton: str) -> int:
    """Return which kinds of numbers may stay in a text whose runs of digits are `0`; 0 for none."""
    if "0" not in skeleton:
        return 0
    # the substrings first: the regular expressions alone took a third of the time of an unseen message
    folded = skeleton.lower()
    found = 0
    for bit, _, contexts in _KINDS:
        if _holds(skeleton, folded, contexts):
            found |= bit
    if _holds(skeleton, folded, _STATUS_LIKE) or (found and _MAY_BE_STATUS.search(skeleton)):
        found |= STATUS | _PART if "http/0" in folded else STATUS
    return found


def _holds(skeleton: str, folded: str, contexts: _Likes) -> bool:
    for needles, like in contexts:
        for needle in needles:
            if needle in folded:
                if like.search(skeleton):
                    return True
                break
    return False


def deciding(skeleton: str, kinds: int) -> tuple[int, ...]:
    """Return the indexes of the runs of digits that decide which digits stay; no other run stays."""
    patterns = [like for bit, _, contexts in _KINDS if kinds & bit for _, like in contexts]
    if kinds & STATUS:
        patterns += [_MAY_BE_STATUS, *(like for _, like in _STATUS_LIKE)]
    first = min((found.start() for pattern in patterns if (found := pattern.search(skeleton))), default=len(skeleton))
    runs = enumerate(match.start() for match in _RUN.finditer(skeleton))
    if kinds & ~_PART != STATUS:
        return tuple(order for order, at in runs if at >= first)
    return tuple(order for order, at in runs if at >= first and _ENDS.match(skeleton, at + 1))


def spelling(run: str, kinds: int) -> str:
    """Return the deciding features of a run of digits.

    These are all digits for the rare kinds, else the length, and for a status whether its first digit is 4, 5 or above.
    """
    if kinds & _RARE:
        return run
    if not kinds & STATUS:
        return str(len(run))
    first = _DECIDING[int(run[-_STATUS_DIGITS])] if len(run) >= _STATUS_DIGITS else ""
    if kinds & ~_PART != STATUS:
        return f"{first}/{len(run)}"
    if len(run) > _STATUS_DIGITS:
        return f"{first}/{len(run)}" if kinds & _PART and first in "45" else ""
    return first


def may_stay(spellings: str, kinds: int) -> bool:
    """Return whether a number with one of these spellings may stay in a text of these kinds."""
    return kinds & ~_PART != STATUS or any(map(spellings.__contains__, "456"))


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
    for bit, pattern, _ in _KINDS:
        if kinds & bit:
            text = pattern.sub(_lift, text)
    return text


def _lift(match: re.Match[str]) -> str:
    group = match.lastgroup or 0
    start, end = match.start(group) - match.start(), match.end(group) - match.start()
    return match[0][:start] + match[0][start:end].translate(LIFT) + match[0][end:]
