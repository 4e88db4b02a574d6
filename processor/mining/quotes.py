"""Quoted texts: decide whether they are part of the message or values.

Promises: pure functions of a line and a place in it. A quoted text is a value with these exceptions: it follows a
message key (`msg="db down"`), contains an outcome, has the form or the place of a name of code, or is preceded by marks
only, as in the sentences of structured loggers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from processor.mining import places
from processor.mining.codes import LIFTED
from processor.mining.masks import HAS_STATEMENT, STATEMENT, STATEMENT_KEYS, TLD, VALUE
from processor.mining.vocabulary import is_code, is_ordinary, is_plural
from processor.model.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Collection

_MAX_KEY: Final = 40  # maximum characters of a key and its quotes
_LETTERS: Final = regex(r"[^\W0-9]+")
# Levels, file and line, process and thread: the prefix that klog, zap and logrus print before their sentence.
_ONLY_MARKS: Final = regex(
    r"(?:<\*>|[\W_]|(?<![^\W_])(?:[A-Z]{1,8}|trace|debug|info|warn|warning|error|fatal|level|time|ts|caller|lvl|t|logger|thread)"
    r"(?![^\W_]))*",
)
_INNER: Final = regex(r"(?<!\w)[`'\"]\w[^`'\"<>]*[`'\"](?!\w)")  # a kept name inside keeps its sentence
_KEYED: Final = regex(r"\w=$")
_LOOKUPS: Final = regex(rf"{places.LOOKUP.pattern}: \W?$")
_OF_CODE_BEFORE: Final = regex(
    r"(?:reading|setting|because|evaluating|invoke|Reverse for|in|calling|access(?:ing)?|undefined:?) \W?$"
)
_OF_CODE_AFTER: Final = regex(
    r"\W? ?(?:is (?:null|undefined|nil|None)\b|is not (?:defined|a function|callable|iterable|a constructor|recognized)"
    r"|(?:object|instance)s? has no|has no (?:attribute|member|method|property|field|default export))"
)
# A quoted word after these is one of a closed set: Failed with result 'exit-code'.
_OF_OUTCOME: Final = regex(
    r"(?<!\w)(?:result|reason|cause|status|state|outcome|code|signal|verdict|phase|stage|violation)[:=]? \W?$",
    re.IGNORECASE,
)
# A literal of SQL, whatever it says: WHERE state IN ('open', 'late')
_STATEMENTS: Final = ("SELECT ", "UPDATE ", "INSERT ", "DELETE FROM ", "select * ", "insert into ", "delete from ")
_OPERATOR: Final = regex(r"(?:[<>=]|[(,]|(?<!\w)(?:LIKE|AND|like|and)) ?$")
_OUTCOME: Final = regex(r"[A-Za-z_]+(?:[ -][A-Za-z_]+){0,7}")
_GUARDED: Final = regex(
    r"(?<![\w\\])(?P<quote>[\"'`])(?P<body>(?=[^\s\"'`]*[./:\\-])[^\s\"'`<>]{2,80})(?P=quote)(?!\w)"
)
# The JVM prints the signature of what it did not find: NoSuchMethodError: 'void com.acme.Cart.add(int)'; older ones
# print NoSuchMethodError: com.acme.Cart.add(I)V
_SIGNATURE: Final = regex(
    r"(?<=Error: )(?:'(?P<quoted>[^\s'<>]{1,200}(?: [^\s'<>]{1,200}){1,8})'(?!\w)"
    r"|(?P<bare>[\w$./]{1,200}\([\w$./;\[]{0,300}\)[\w$./;\[]{0,200})(?!\S))"
)
_NUMBERED_PACKAGE: Final = regex(r"(?:[\w$]{1,40}[./]){0,8}[\w$]*0[\w$]*[./]")  # org.slf4j.Logger: Logger
# A part of the program that is named by its file: a different missing file is a different problem.
_PARTS: Final = ("template", "partial", "layout", "module", "migration", "fixture", "stylesheet", "plugin", "package")
_MAY_NAME_A_FILE: Final = tuple(f"{part[1:]} " for part in _PARTS)
_LIFTED: Final = "\ue000-\ue009"  # of digits that stay
_NAMED_BY_FILE: Final = regex(
    rf"(?<![\w-])(?:{'|'.join(f'[{part[0].upper()}{part[0]}]{part[1:]}' for part in _PARTS)}) "
    rf"(?P<body>[A-Za-z_{_LIFTED}][\w./{_LIFTED}-]{{1,80}}\.[a-z]{{1,5}})(?![\w/])"
)
# Where something is, rather than what it is called: a URL, a mailbox, a host, a path from the root.
_COUNTRIES: Final = (
    "uk|us|de|at|ch|fr|be|nl|lu|es|pt|it|pl|cz|se|no|dk|fi|ie|eu|gr|hu|ro|ru|ua|tr|il|in|jp|cn|kr|br|mx|ar|ca|au|nz|za"
)
_PACKAGES: Final = ("ackage", "odule", "mport", "ependency")
_ADDRESS: Final = regex(
    r"[A-Za-z][\w+.-]*://.*|[\w.+-]+@[\w.-]+|/.+"
    rf"|(?:[\w*-]+\.)+(?:{TLD})(?:/.*)?|(?:[a-z][a-z-]*\.){{2,}}(?:{_COUNTRIES})(?:/.*)?"
)
# Packages of Go are named by an address: module providing package github.com/pkg/errors
_PACKAGE: Final = regex(
    r"(?<![\w-])(?:[Pp]ackage|[Mm]odule|[Ii]mport|[Dd]ependency):? "
    r"(?P<body>[a-z][\w-]{0,40}(?:\.[\w-]{1,40}){1,4}(?:/[\w.~-]{1,60}){1,8})"
    r"(?![\w/])"
)
# A missing or broken file of the system's configuration is a problem of its own.
_CONFIGURED: Final = regex(r"(?<![\w./:-])(?P<body>/etc(?:/[A-Za-z_][A-Za-z_.-]{0,60}){1,6})(?![\w/])")
# A migration is named by the form of its file: 0007_add_tenant.sql, db/migrate/20260301_create_users.rb, V12__x.sql
_MIGRATION: Final = regex(
    rf"(?<![\w./-])(?:[a-z_]{{1,40}}/){{0,5}}[VRU]?[{_LIFTED}]+__?[A-Za-z][A-Za-z_]{{2,80}}\.[a-z]{{2,3}}(?!\w)"
)
# A function of Erlang or Elixir with its number of arguments: Shop.Cart.add/2
_ARITY: Final = regex(rf"(?<![\w./:-])(?:[A-Z]\w{{0,60}}\.){{1,6}}[a-z_]\w{{0,60}}[!?]?/[{_LIFTED}]{{1,2}}(?![\w./])")
# Android names a part of an app by package and class: Activity com.example.app/.CheckoutActivity
_COMPONENT: Final = regex(
    r"(?<![\w-])(?:[Aa]ctivity|[Ss]ervice|[Rr]eceiver|[Pp]rovider|ANR in|[Cc]rash in|[Cc]omponent)[ :{(]{1,2}"
    r"(?P<body>(?:[a-z_]\w{0,64}\.){1,8}\w{1,64}/\.?(?:\w{1,64}\.){0,8}[A-Z]\w{0,64})(?![\w./])"
)
GUARD: Final = {ord(char): 0xE010 + number for number, char in enumerate("./:-@~$+%#\\")}
"""In a quoted name of code, characters that would make it a path or a host become private characters."""
UNGUARD: Final = {to: chr(char) for char, to in GUARD.items()}


def is_statement(text: str, at: int) -> bool:
    """Return whether the value of a key like `msg` or `code` begins there."""
    return STATEMENT.search(text[max(at - _MAX_KEY, 0) : at]) is not None


def guarded(text: str) -> str:
    """Protect names like './money.js' from masks if quoted beside a noun of code."""
    if "." in text and any(map(text.__contains__, _MAY_NAME_A_FILE)):
        text = _NAMED_BY_FILE.sub(_kept_body, text)
    if not text.isascii() and ("_" in text or "/" in text) and LIFTED.search(text):
        for pattern in (_MIGRATION, _ARITY):
            text = pattern.sub(lambda match: match[0].translate(GUARD), text)
    if "/etc/" in text:
        text = _CONFIGURED.sub(_kept_body, text)
    if "/" in text and any(map(text.__contains__, _PACKAGES)):
        text = _PACKAGE.sub(_kept_body, text)
    if "/." in text or "ctivity" in text:
        text = _COMPONENT.sub(_kept_body, text)
    if "NoSuch" in text:
        text = _SIGNATURE.sub(_kept_signature, text)
    if "'" not in text and '"' not in text and "`" not in text:
        return text

    def keep(match: re.Match[str]) -> str:
        body = match["body"]
        if "0" in body or "://" in body or not _names_code(text, match.start(), match.end(), body):
            return match[0]
        return match["quote"] + body.translate(GUARD) + match["quote"]

    return _GUARDED.sub(keep, text)


def _kept_signature(match: re.Match[str]) -> str:
    said = match[0] if match["bare"] is None else _NUMBERED_PACKAGE.sub("", match[0])
    if "0" in said or not _LOOKUPS.search(match.string, 0, match.start(match.lastgroup or 0)):
        return match[0]
    return said.translate(GUARD)


def _kept_body(match: re.Match[str]) -> str:
    body = match["body"]
    return match[0] if "0" in body else match[0][: -len(body)] + body.translate(GUARD)


def is_said(  # noqa: PLR0911  # a table of reasons, the strongest first
    name: str, match: re.Match[str], *, protected: Collection[str], outcomes: Collection[str]
) -> bool:
    """Return whether the quoted, listed or JSON text is part of the message and not a value in it."""
    body, line, start = match.groupdict().get("body"), match.string, match.start()
    if body is None:
        return False
    if name == "listed":  # "plugins [geo]", not "postgres [preauth]"; Go's "[a b]", not "errors [connection refused]"
        is_sentence = "," not in body and " " in body and any(map(is_ordinary, _LETTERS.findall(body)))
        return is_sentence or not is_plural(line[:start].split()[-1])
    words = _LETTERS.findall(body)
    if name == "quoted" and match[0][0] == "'" and _is_literal(line[:start]):
        return False
    if name == "quoted" and _is_outcome(line, start, body):
        return True
    if name == "quoted" and len(words) == 1 and len(match[0]) < len(line) and places.is_beside_data(line[:start]):
        return False
    kept = protected if len(words) == 1 else outcomes
    if len(match[0]) == len(line) or any(word.casefold() in kept for word in words):
        return True
    if name == "json":
        return HAS_STATEMENT.search(match[0]) is not None
    if body.casefold() in STATEMENT_KEYS and line[match.end() :][:1] == ":":
        return True
    if is_statement(line, start) or _leads(line, start, body) or _INNER.search(body):
        return True
    return VALUE not in body and match[0][0] != "[" and _names_code(line, start, match.end(), body)


def _is_literal(before: str) -> bool:
    return any(map(before.__contains__, _STATEMENTS)) and _OPERATOR.search(before[-_MAX_OPERATOR:]) is not None


def _is_outcome(line: str, start: int, body: str) -> bool:
    before = line[max(start - _MAX_BESIDE, 0) : start + 1]
    if places.is_demanded(before[:-1]):
        return VALUE not in body
    return _OF_OUTCOME.search(before) is not None and _OUTCOME.fullmatch(body) is not None


def _leads(line: str, start: int, body: str) -> bool:
    """Return whether it is a sentence, preceded only by values, marks and a level."""
    if " " not in body.strip() or _KEYED.search(line[:start]) or start > _MAX_LEAD:
        return False
    return _ONLY_MARKS.fullmatch(line, 0, start) is not None


def _names_code(line: str, start: int, end: int, body: str) -> bool:
    before, after = line[max(start - _MAX_BESIDE, 0) : start], line[end : end + _MAX_BESIDE]
    if body.translate(UNGUARD) != body:
        return True  # guarded, because its place was recognised before
    if places.is_beside_data(before):
        return False
    if " " not in body and "0" not in body and is_code(body) and not _ADDRESS.fullmatch(body):
        return True
    if places.is_beside_code(before, after) or _LOOKUPS.search(before):
        return True
    return " " not in body and (_OF_CODE_BEFORE.search(before) or _OF_CODE_AFTER.match(after)) is not None


_MAX_OPERATOR: Final = 6  # characters with the blank and one before
_MAX_LEAD: Final = 200  # characters before a sentence
_MAX_BESIDE: Final = 60  # characters beside a name that may contain its noun
