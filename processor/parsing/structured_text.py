"""Structured text: JSON, logfmt or klog lines -> a payload, without a container runtime's prefix.

A text that is, or ends in, a JSON object is a payload, as is a text of at least two `key=value` pairs with the name of
a message, an error or a request. The text before it is the message if the object has none. Promises: never raises;
linear; other text is returned unchanged.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from processor.model.patterns import regex
from processor.parsing import http, levels, severity
from processor.parsing.payloads import level as level_of
from processor.parsing.payloads import message_field, named
from processor.parsing.spellings import RANKS, Role, fold, plan
from processor.parsing.text_forms import PREFIX_WORDS, json_object, may_be_pairs

_MAX_CHARS: Final = 65_536
_MIN_PAIRS: Final = 2
_HEAD_CHARS: Final = 120
# containerd and CRI-O: time, stream, F for a full line or P for part of a line.
_RUNTIME: Final = regex(r"\d{4}-\d\d-\d\dT[\d:.]{8,18}(?:Z|[+-]\d\d:\d\d) (?:stdout|stderr) [FP] ?")
_RUNTIME_MARK: Final = " std"
_PAIR: Final = regex(
    r"\"?([A-Za-z_@][\w.@/-]{0,63})\"?="
    r"(?:\"((?:[^\"\\]|\\.)*+)\"|'((?:[^'\\]|\\.)*+)'(?=\s|$)|([^\s\"]*+))(?:\s++|$)"
)
# E0603 08:00:00.250417 1402 workers.go:92] "Cannot sync pod" err="..." pod="a/b"; klogr has a logger's name instead
# of the sentence, and quoted names: ...] cert-manager/challenges "msg"="..." "error"="..."
_KLOG: Final = regex(
    r"([DIWEF])\d{4} [\d:.]{8,15}\s+\d+ [^\s\]]{1,100}:\d+\] "
    r"(?:\"((?:[^\"\\]|\\.)*+)\"(?!=)\s*|(?:[\w./-]{1,100} )?(?=\"msg\"=))"
)
_STAMP: Final = regex(r"[\s\d:.,TZ+/|-]*")
# What a logger prints before its message: times, boxes, a level, a name with a colon.
_PREFIX: Final = regex(
    r"\A(?:(?:[\d:.,TZ+/|-]+|[A-Z][a-z]{2} {1,2}\d{1,2} [\d:]{8} [\w.-]{1,64}|\[[^\[\]]{0,80}\]:?|\([^()]{0,80}\)"
    rf"|(?i:{'|'.join(levels.ANY_CASE)})\b:?|[\w./-]{{1,60}}(?:\[\d+\])?:)(?:\s+|$))*+"
)
_WORDS: Final = regex(r"(?<![\w./-])[^\W\d_]{2,}(?![\w/=-])")
_LEAST_WORDS: Final = 2
_ESCAPED: Final = regex(r"\\(.)")
_ESCAPES: Final = {"n": "\n", "t": "\t"}
_TELLING: Final = frozenset((*RANKS[Role.MESSAGE], *RANKS[Role.ERROR], *RANKS[Role.REASON], *RANKS[Role.DETAIL]))
_MAX_NAMES: Final = 4096


def is_plain(text: str) -> bool:
    """Return whether the text can only be plain: a cheap test that settles nearly every line."""
    return not (text[-2:].rstrip()[-1:] == "}" or _RUNTIME_MARK in text[:64] or may_be_pairs(text))


def unwrap(text: str) -> tuple[str, dict[str, Any] | None]:
    """Return the text without a container runtime's prefix, and its payload; None if it is plain."""
    if text[:2] == "20" and (prefix := _RUNTIME.match(text)):
        text = text[prefix.end() :]
    if len(text) > _MAX_CHARS:
        return text, None
    tail = text[-2:].rstrip()
    if tail[-1:] == "}":
        return text, _from_json(text)
    if '="' in text or "=" in text[:64]:
        return text, _from_klog(text) or _from_pairs(text)
    if text[:1] in "DIWEF" and '] "' in text[:_HEAD_CHARS]:
        return text, _from_klog(text)
    return text, None


def record(payload: dict[str, Any]) -> dict[str, Any] | None:
    """Return the fields of the object that the message only names: `{"msg": "record", "record": {...}}`; else None.

    CloudNativePG puts Postgres' lines into an entry of its own, at its own level: the line's level takes precedence.
    """
    name, text = message_field(payload)
    inner = payload.get(text)
    if type(inner) is not dict or not plan(tuple(inner)).messages:
        return None
    stated = {key for key, _ in plan(tuple(payload)).levels} if level_of(inner) else set()
    return {**{key: value for key, value in payload.items() if key not in {name, text, *stated}}, **inner}


def _from_json(text: str) -> dict[str, Any] | None:
    start = text.find("{")
    head = text[:start].strip()
    found = json_object(text[start:]) if start >= 0 and "\n" not in head else None
    if found is None or not head or _STAMP.fullmatch(head):
        return found
    level = severity.infer(f"{head} ")
    stated = {"level": level} if level else {}
    if sentence := _sentence(head):
        _, inner = message_field(found)
        return {**stated, **found, "message": f"{sentence}: {inner}" if inner else sentence}
    if _tells(found):
        return {**stated, **found}
    if len(head.split()) < 2 and head.endswith(("=", ":", "(")):  # noqa: PLR2004 - "payload={...}" is a value
        return None
    return {**found, "message": head}


def _sentence(head: str) -> str:
    """Return the message that stands before an object, without time, level and logger; "" if only those do.

    `2025-03-02T08:15:30.1Z<TAB>ERROR<TAB>controller<TAB>Reconciler error<TAB>{"error": ...}`, as zap prints it.
    """
    told = head.rpartition("\t")[2] if "\t" in head else _PREFIX.sub("", head, 1)
    told = told.strip().rstrip(":= ")
    return told if len(_WORDS.findall(told)) >= _LEAST_WORDS else ""


def _from_klog(text: str) -> dict[str, Any] | None:
    head = _KLOG.match(text)
    if head is None:
        return None
    pairs, _ = _pairs(text, head.end())
    sentence = head.group(2)
    return {**pairs, "level": head.group(1), **({} if sentence is None else {"msg": _unescaped(sentence)})}


def _from_pairs(text: str) -> dict[str, Any] | None:
    start = 0
    if not _ends_in_pair(text):
        return None
    if not _PAIR.match(text):
        # a stamp, a level or a host may come before; a sentence may not
        first = text.find("=")
        start = text.rfind(" ", 0, first) + 1
        if start == 0 or len(text[:start].split()) > PREFIX_WORDS:
            return None
    pairs, end = _pairs(text, start)
    if len(pairs) < _MIN_PAIRS or text[end:].strip() or not _may_tell(tuple(pairs)):
        return None
    if not _tells(pairs) and http.of_payload(pairs) is None:
        return None
    if start and "level" not in pairs and (level := severity.infer(text[:start] + " ")):
        pairs["level"] = level
    return pairs


def _pairs(text: str, at: int) -> tuple[dict[str, Any], int]:
    found: dict[str, Any] = {}
    while pair := _PAIR.match(text, at):
        name, *quoted, bare = pair.groups()
        inner = next((text for text in quoted if text is not None), None)
        found.setdefault(name, bare if inner is None else _unescaped(inner))
        at = pair.end()
    return found, at


def _tells(payload: dict[str, Any]) -> bool:
    return any(fold(name) in _TELLING for name in payload) and named(payload) is not None


def _ends_in_pair(text: str) -> bool:
    """Whether the last word may be the end of a pair; most sentences that have one end otherwise."""
    whole = text.rstrip()
    return whole[-1:] in {'"', "'"} or "=" in whole.rsplit(None, 1)[-1]


@lru_cache(_MAX_NAMES)
def _may_tell(names: tuple[str, ...]) -> bool:
    """Whether pairs with these names may tell a message or a request: most pairs of kernels and daemons do not."""
    folded = frozenset(map(fold, names))
    return not folded.isdisjoint(_TELLING) or not any(
        folded.isdisjoint(part) for part in (http.METHODS, http.URLS, http.STATUSES)
    )


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: _ESCAPES.get(found.group(1), found.group(1)), text) if "\\" in text else text
