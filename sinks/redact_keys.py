"""Values identified by their key: `dbPassword`, `X-Api-Key`, `cardholder_name`. Words and kinds are data."""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Final

from processor.model.patterns import regex
from sinks.names import is_known

SHOWN: Final = regex(r"\[redacted: [\w .&-]{1,40}\]")
_PROSE: Final = regex(
    r"(?i)(?:is|was|not|for|and|the|has|must|cannot|could|will|may|no|none|null|nil|true|false|yes|empty|missing|required"
    r"|invalid|incorrect|wrong|expired|revoked|rejected|failed|failure|failing|error|unknown|undefined|mismatch|reset"
    r"|changed|updated|unset|set|ok|denied|disabled|enabled|valid|hidden|redacted|masked|hash|hashed|string|field"
    r"|authentication|authorization|verification|validation|should|too|contains|does|login|exceeded|closed|ended"
    r"|\d{1,3}|/.{0,300}|Test[A-Z_]\w{0,200}|pass|passed|skip|skipped|\*+|x+|\.+|-+|%[a-z]|\$.{0,60})[.!,:;)]?"
)
_VALUE: Final = regex(r"(?=[^\d]*\d)(?=[^A-Za-z]*[A-Za-z]|\d{6,}).{6,}|[A-Za-z0-9+/_=-]{24,}|\d{6,}", re.DOTALL)
_CODE: Final = regex(
    r"[A-Za-z_]+(?:[./:][A-Za-z_]+)+|(?:[a-z][a-z_-]*|[A-Za-z]+)(?:/(?:[a-z][a-z0-9_-]*|[A-Za-z]+|\d{1,6})){2,12}"
    r"|[A-Za-z_][A-Za-z_]*\(.{0,200}|0x[0-9a-f]{1,12}|[\w.$]+@[0-9a-f]{1,16}"
)


def word_set(words: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(words.split())


_HUMP: Final = regex(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_MAX_HUMPS: Final = 6
_MAX_NESTED: Final = 400
_TAILS: Final = word_set(
    "value val str string text raw plain hash encrypted enc b64 base64 base new old current id md sha digest"
    " 1 2 3 5 256 512"
)
_RUN_TOGETHER: Final = regex("[a-z]{2}(password|passwd|passphrase|secret|token|apikey)$")
_OPEN_KEYS: Final = word_set(
    "cache partition sort row primary foreign object s3 idempotency idempotent dedup deduplication hash lock redis"
    " message event span trace group composite index shard map item registry config setting translation locale json"
    " lookup public blob file image artifact build"
)
"""Words before "key" for what is no secret."""
_RANDOM: Final = regex(r"(?=[^\d]*\d)(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9+/_]{32,4000}={0,2}")
_LOOSE: Final = frozenset(("key", "id", "auth", "pass"))
_SECRET_KINDS: Final = ("password", "secret value")
_VALUES: Final = ("double", "escaped", "single", "bare")
# key, then a separator, then a value in quotes, in escaped quotes, or up to white space.
_PAIR: Final = regex(
    r"""(?<![\w.$-])-{0,2}(?P<key>[A-Za-z_$][\w.$-]{1,60})\\{0,3}["'`]?[ \t]{0,2}(?:=>|:=|[:=|])(?P<gap>[ \t]{0,2})"""
    r"""(?:&\w{1,40} )?(?:[bru](?=["']))?"""
    r"""(?:(?<!\\)"(?P<double>(?:[^"\\\r\n]|\\.){1,4000})"|\\{1,3}"(?P<escaped>(?:[^"\\\r\n]|\\[^"]){1,4000})\\{1,3}\""""
    r"""|'(?P<single>[^'\r\n]{1,4000})'|(?P<bare>[^\s"'<>,;&|\[\](){}\\]{2,4000}))"""
)


def without_keyed(text: str) -> str:
    """Remove the values of keys that name a secret or a person: accessToken, db-password, cardholderName."""
    parts: list[str] = []
    done = at = 0
    while found := _PAIR.search(text, at):
        group = next(name for name in _VALUES if found[name] is not None)
        value = found[group]
        # What is no secret may hold one: --set=password=x, message="token=x".
        at = found.start(group) if len(value) < _MAX_NESTED else found.end(group)
        kind = kind_of_key(found["key"]) or _kind_of_random(found["key"], value)
        if not kind or SHOWN.search(value) or not _is_filled_in(kind, value, found["key"]):
            continue
        if group == "bare" and found["gap"] and value.isalpha() and is_known(value):
            continue  # "pass: all checks done" is a sentence
        parts += [text[done : found.start(group)], f"[redacted: {kind}]"]
        done = at = found.end(group)
    return "".join([*parts, text[done:]]) if parts else text


@lru_cache(4096)
def kind_of_key(key: str) -> str:
    """Return the kind of a key's value by its last words ("dbPassword", "X-Auth-Token"), "" if it may be shown."""
    humps = tuple(part.lower() for part in _HUMP.findall(key))[-_MAX_HUMPS:]
    for length in range(min(3, len(humps)), 0, -1):
        if kind := keys().get("".join(humps[-length:])):
            return kind
    # The word may be followed by a word that only numbers or describes it: token_v2, passwordHash, secretValue.
    if len(humps) > 1 and humps[-1] in _TAILS:
        return kind_of_key("_".join(humps[:-1]))
    # Run together, as in csrfmiddlewaretoken.
    if humps and (found := _RUN_TOGETHER.search(humps[-1])):
        return keys()[found[1]]
    return "secret value" if len(humps) > 1 and humps[-1] in _LOOSE and humps[0] in _providers() else ""


def _kind_of_random(key: str, value: str) -> str:
    """Return the kind of a long random value of any other `..._key` or session, "" if it is none."""
    humps = [part.lower() for part in _HUMP.findall(key)]
    is_key = humps[-1:] == ["session"] or (len(humps) > 1 and humps[-1] == "key" and not _OPEN_KEYS & set(humps))
    return "secret value" if is_key and _RANDOM.fullmatch(value) else ""


def _is_filled_in(kind: str, value: str, key: str) -> bool:
    if kind in _SECRET_KINDS:
        return like_a_value(value, key) if kind == "secret value" else not_prose(value, key)
    if kind == "pin":
        return re.fullmatch(r"\d{3,8}", value) is not None
    return not_prose(value, key) and len(value) > 1


def not_prose(value: str, before: str) -> bool:
    """Return whether a value is more than a word of the sentence, such as "is" or "expired"."""
    del before
    return _PROSE.fullmatch(value) is None


def like_a_value(value: str, before: str) -> bool:
    """Return whether it looks like a value: letters with digits, or long; not code."""
    return not_prose(value, before) and _VALUE.fullmatch(value) is not None and _CODE.fullmatch(value) is None


@cache
def keys() -> dict[str, str]:
    """Map a key's last words, joined, to its kind."""
    return {word: row["name"] for row in table()["keys"] for word in row["words"].split()}


@cache
def _providers() -> frozenset[str]:
    return frozenset(table()["providers"].split())


@cache
def table() -> dict[str, Any]:
    """Return the rules as written."""
    return tomllib.loads(resources.files("sinks").joinpath("redact_rules.toml").read_text("utf-8"))
