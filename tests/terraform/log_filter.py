"""Evaluates the part of the Logging query language that the sink uses, on LogEntry JSON.

Source: the language's reference. NOT binds first, then OR, then AND. `=` ignores case, `:` is a substring and
`:*` asks whether the field is there, `=~` is RE2 and unanchored, `field=(a OR b)` tries each value. A missing
payload field or label makes a comparison false; an unset severity is DEFAULT. Anything else is refused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import re2

if TYPE_CHECKING:
    from collections.abc import Callable

    Test = Callable[[dict[str, Any]], bool]

_SEVERITIES = {
    name: level
    for level, name in enumerate(
        ("DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY")
    )
}
_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|>=|<=|=~|!=|[()=<>:*]|[A-Za-z0-9_.@/-]+)')


class FilterError(ValueError):
    """This text is not in the part of the language that is understood here."""


def compile_filter(text: str) -> Test:
    """A predicate on LogEntry JSON. Raises `FilterError` on anything that is not understood completely."""
    parser = _Parser(_tokens(text))
    test = parser.conjunction()
    if parser.tokens:
        raise FilterError(f"left over: {parser.tokens[:5]}")
    return test


def exported(entry: dict[str, Any], keep: Test, exclusions: list[Test]) -> bool:
    """What a sink does: its filter, unless one of its exclusions matches."""
    return keep(entry) and not any(test(entry) for test in exclusions)


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    while at < len(text.rstrip()):
        token = _TOKEN.match(text, at)
        if token is None:
            raise FilterError(f"not understood: {text[at : at + 30]}")
        found.append(token[1])
        at = token.end()
    return found


class _Parser:
    def __init__(self, tokens: list[str]):
        self.tokens = tokens

    def conjunction(self) -> Test:
        parts = [self.disjunction()]
        while self.tokens and self.tokens[0] == "AND":
            self.take()
            parts.append(self.disjunction())
        return lambda entry: all(part(entry) for part in parts)

    def disjunction(self) -> Test:
        parts = [self.negation()]
        while self.tokens and self.tokens[0] == "OR":
            self.take()
            parts.append(self.negation())
        return lambda entry: any(part(entry) for part in parts)

    def negation(self) -> Test:
        if self.tokens and self.tokens[0] == "NOT":
            self.take()
            inner = self.negation()
            return lambda entry: not inner(entry)
        if self.tokens and self.tokens[0] == "(":
            self.take()
            inner = self.conjunction()
            self.take(")")
            return inner
        return self.comparison()

    def comparison(self) -> Test:
        field = self.take()
        if field == "log_id":
            self.take("(")
            wanted = self.value()
            self.take(")")
            return lambda entry: _log_id(entry) == wanted
        if field.endswith(".") and self.tokens[:1] and self.tokens[0].startswith('"'):
            field += self.take()  # jsonPayload."log.level": one name that has a dot
        if not re.fullmatch(r"[a-z][A-Za-z_.]*(?:\"[^\"]+\")?", field):
            raise FilterError(f"not a field: {field}")
        operator = self.take()
        if operator == ":" and self.tokens[:1] == ["*"]:
            self.take()
            return lambda entry: _lookup(entry, field) is not None
        if self.tokens[:1] != ["("]:
            return _comparison(field, operator, self.value())
        self.take()
        tests = [_comparison(field, operator, self.value())]
        while self.tokens[:1] == ["OR"]:
            self.take()
            tests.append(_comparison(field, operator, self.value()))
        self.take(")")
        return lambda entry: any(test(entry) for test in tests)

    def value(self) -> str:
        token = self.take()
        if token.startswith('"'):
            return re.sub(r"\\(.)", r"\1", token[1:-1])
        if not re.fullmatch(r"[A-Za-z0-9_.-]+", token) or token in {"AND", "OR", "NOT"}:
            raise FilterError(f"not a value: {token}")
        return token

    def take(self, wanted: str | None = None) -> str:
        if not self.tokens or (wanted is not None and self.tokens[0] != wanted):
            raise FilterError(f"expected {wanted or 'more'}, found {self.tokens[:5]}")
        return self.tokens.pop(0)


def _log_id(entry: dict[str, Any]) -> str:
    return str(entry.get("logName", "")).partition("/logs/")[2].replace("%2F", "/")


def _lookup(entry: dict[str, Any], field: str) -> Any:
    if field == "severity":
        return entry.get("severity", "DEFAULT")
    value: Any = entry
    path, _, quoted = field.partition('."')
    for part in (*path.split("."), *([quoted[:-1]] if quoted else ())):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _comparison(field: str, operator: str, wanted: str) -> Test:
    if operator == "=~":
        pattern = re2.compile(wanted)
        return lambda entry: isinstance(found := _lookup(entry, field), str) and bool(pattern.search(found))
    if operator not in {"=", ">=", "<=", "<", ">"}:
        raise FilterError(f"not an operator that is understood here: {operator}")
    if field == "severity" and wanted not in _SEVERITIES:
        raise FilterError(f"not a severity: {wanted}")

    def holds(entry: dict[str, Any]) -> bool:
        found = _lookup(entry, field)
        if found is None:
            return False
        if field == "severity":
            return _ordered(operator, _SEVERITIES[found], _SEVERITIES[wanted])
        if operator == "=":
            return str(found).lower() == wanted.lower()
        return str(found).isdigit() and _ordered(operator, int(found), int(wanted))

    return holds


def _ordered(operator: str, left: int, right: int) -> bool:
    return {"=": left == right, ">=": left >= right, "<=": left <= right, ">": left > right, "<": left < right}[
        operator
    ]
