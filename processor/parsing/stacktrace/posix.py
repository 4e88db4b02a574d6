"""Regular expressions without backslashes and quotes, as a filter in the Logging query language needs them.

Promises: matches at least what the pattern matches. Does not support look-around or named groups.
"""

from __future__ import annotations

from typing import Final

_SPELLED: Final = {"s": "[:space:]", "d": "0-9", "w": "[:word:]"}
# Wider than the escape, and shorter: a filter may have 20,000 characters.
_WIDER: Final = {"s": "[^!-~]", "S": "[^ ]", "w": "[0-9A-z]"}
_WIDER_IN_CLASS: Final = {"w": "0-9A-z"}
_QUOTES: Final = frozenset("\"'`")
_PUNCTUATION: Final = "[!-/[-a]"  # from the exclamation mark to the slash, from the bracket to an a


def posix(pattern: str) -> str:
    """Return the pattern with character classes instead of escapes; a quote or a backslash becomes any punctuation."""
    parts: list[str] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            parts.append(_escaped(pattern[at + 1]))
            at += 2
        elif char == "[":
            end = _end_of_class(pattern, at)
            parts.append(_class(pattern[at + 1 : end]))
            at = end + 1
        else:
            parts.append(_PUNCTUATION if char in _QUOTES else char)
            at += 1
    return "".join(parts)


def _escaped(char: str) -> str:
    if char in _WIDER:
        return _WIDER[char]
    if char in _SPELLED:
        return f"[{_SPELLED[char]}]"
    if char in {"\\", *_QUOTES}:
        return _PUNCTUATION
    return "" if char == "b" else f"[{char}]"


def _end_of_class(pattern: str, at: int) -> int:
    end = at + 2 if pattern[at + 1] == "^" else at + 1
    while pattern[end] != "]" or end == at + 1:
        end += 2 if pattern[end] == "\\" else 1
    return end


def _in_class(char: str) -> str:
    return _WIDER_IN_CLASS.get(char) or _SPELLED.get(char, char)


def _class(body: str) -> str:
    """Return a class with its bracket first and its hyphen last, where neither needs an escape."""
    negation = "^" if body.startswith("^") else ""
    body = body.removeprefix("^")
    if "\\\\" in body:
        return "[^[:space:]]"  # a backslash cannot be written; the class becomes a named class
    members: list[str] = []
    has_bracket = has_hyphen = False
    at = 0
    while at < len(body):
        char = body[at]
        if char == "\\":
            at += 1
            char = _SPELLED.get(body[at], body[at]) if negation else _in_class(body[at])
        has_bracket = has_bracket or char == "]"
        has_hyphen = has_hyphen or (char == "-" and (body[at - 1] == "\\" or at == len(body) - 1))
        if char not in {"]", *_QUOTES} and not (char == "-" and has_hyphen):
            members.append(char)
        at += 1
    if members[:1] == ["^"] and not has_bracket:
        members = [*members[1:], "^"]  # in first position it would negate
    if not (members or has_bracket or has_hyphen):
        return "." if negation else _PUNCTUATION
    return f"[{negation}{']' if has_bracket else ''}{''.join(members)}{'-' if has_hyphen else ''}]"
