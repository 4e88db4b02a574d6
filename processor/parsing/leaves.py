"""Leaves: a message for a payload without a field that is named like a message.

In order: the cues, after the noun of Google's `@type`; the longest text, at any depth; all leaves as `key=value`.
Promises: never raises; the same result for every order of the fields; "" only if nothing has a text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from processor.model.patterns import regex
from processor.parsing.cues import cues
from processor.parsing.message import Message, compose, sayable
from processor.parsing.spellings import SILENT, fold, plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MAX_LEAVES: Final = 40
_MAX_LISTED: Final = 3
_MAX_DEPTH: Final = 12  # levels of nesting in a dump of leaves
_MAX_LOOK: Final = 500
_ANY_VALUE: Final = frozenset({"stringValue", "intValue", "doubleValue", "boolValue", "string_value", "int_value"})
_NAMES: Final = frozenset({"name", "type", "category", "displayname"})
_BLANK: Final = regex(r"\S\s+\S")
_LETTERS: Final = regex(r"[^\W\d_]{2,}")


def unnamed(payload: Mapping[str, Any]) -> Message:
    """Return the best message for a payload without a field that is named like a message.

    In order: the cues, after the noun of Google's `@type`; the longest text; the longest text at any depth; all leaves.
    """
    flat = dict(_flat(payload))
    said = list(cues(flat, plan(tuple(flat)), ""))
    noun = _noun(payload)
    texts = [(len(text), text) for text in _texts(flat)] or [(len(text), text) for text in _titles(flat)]
    if said:
        best = max((text for text in texts if len(text[1].split()) > 2), default=(0, ""))[1]  # noqa: PLR2004
        return compose([(best or (f"{noun}:" if noun else ""), not best), *((cue, True) for cue in said)])
    if texts:
        return Message(max(texts)[1])
    if deep := max(((len(text), text) for text in _deep_texts(payload)), default=None):
        return Message(deep[1])
    leaves = _leaves(payload)
    return compose([(f"{noun}:", True), (leaves, False)]) if noun and leaves else Message(leaves or noun)


def compact(value: Any) -> str:
    """Return a leaf as text: strings unchanged, everything else as JSON."""
    if type(value) is str:
        return value
    try:
        return msgspec.json.encode(value).decode()
    except (RecursionError, UnicodeEncodeError):
        return "..."


def attributes(value: Any) -> Any:
    """Return OpenTelemetry's attributes, a list of keys and values, as an object; any other value unchanged."""
    if type(value) is not list or not any(type(one) is dict and "key" in one for one in value):
        return value
    pairs = [(one.get("key"), one.get("value")) for one in value if type(one) is dict and "key" in one]
    return {key: next(iter(inner.values())) if type(inner) is dict and inner.keys() & _ANY_VALUE else inner
            for key, inner in pairs if type(key) is str}  # fmt: skip


def objects(value: Any) -> list[dict[str, Any]]:
    """Return the object in a field, or the first of a list: the arguments of a call of log4js or `console`."""
    inner = attributes(value)
    return [one for one in (inner[:_MAX_LISTED] if type(inner) is list else (inner,)) if type(one) is dict and one]


def _noun(payload: Mapping[str, Any]) -> str:
    """Return `AttemptFinished` for `type.googleapis.com/google.cloud.scheduler.logging.AttemptFinished`."""
    kind = payload.get("@type")
    return sayable(kind.rsplit("/", 1)[-1].rsplit(".", 1)[-1]) if type(kind) is str else ""


def _flat(payload: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the payload's leaves and those of the next level; the first leaf of a name counts."""
    for name, value in payload.items():
        inner = attributes(value)
        if type(inner) is dict:
            yield from ((key, below) for key, below in inner.items() if key not in payload)
        else:
            yield name, value


def _texts(flat: Mapping[str, Any]) -> Iterator[str]:
    """Return every text of two or more words that may be a message."""
    for name, value in flat.items():
        if fold(name) not in SILENT:
            for text in value if type(value) is list else (value,):
                if type(text) is str and _is_sentence(text):
                    yield text


def _deep_texts(payload: Mapping[str, Any]) -> Iterator[str]:
    """Yield every text of two or more words at any depth that may be a message."""
    for number, (path, value) in enumerate(_walk(payload, "")):
        if number == _MAX_LEAVES:
            return
        if type(value) is str and fold(path.rpartition(".")[2]) not in SILENT and _is_sentence(value):
            yield value


def _titles(flat: Mapping[str, Any]) -> Iterator[str]:
    """Yield the sentences in fields that name something: the only text there may be, such as a threat's name."""
    for name, value in flat.items():
        if fold(name) in _NAMES and type(value) is str and _is_sentence(value):
            yield value


def _is_sentence(text: str) -> bool:
    head = text[:_MAX_LOOK]
    return _BLANK.search(head) is not None and len(_LETTERS.findall(head)) > 1 and not head.startswith("Mozilla/")


def _leaves(payload: Mapping[str, Any]) -> str:
    """Return a payload without a text of its own as "key=value ..." of its leaves."""
    pairs = []
    for number, (path, value) in enumerate(_walk(payload, "")):
        if number == _MAX_LEAVES:
            break
        if path != "@type" and value not in (None, "", {}, []):
            pairs.append(f"{path}={compact(value)}")
    return " ".join(pairs)


def _walk(value: Any, path: str, depth: int = 0) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value and depth < _MAX_DEPTH:
        for name in sorted(value):
            yield from _walk(value[name], f"{path}.{name}" if path else name, depth + 1)
    else:
        yield path, value
