"""The corpus of made-up secrets and personal data in tests/golden/secrets, as lines of a log."""

import random
import re
from pathlib import Path
from typing import NamedTuple

GOLDEN = Path(__file__).resolve().parent / "golden" / "secrets"
ALPHABETS = {
    "hex": "0123456789abcdef",
    "low": "abcdefghijklmnopqrstuvwxyz0123456789",
    "up": "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
    "mix": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
    "b64": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    "num": "0123456789",
}
CONTEXTS = (
    "request with {@} was refused",
    "config: {@}",
    '{"value": "{@}", "retries": 3}',
    "GET /v1/hook?x={@} 401",
    "ValueError: invalid literal: {@}",
    "upstream said: unknown key {@}.",
    "header X-Thing: {@}",
    "tried '{@}' twice",
    "| credential | {@} |",
    "loaded secrets ({@}) from env",
    "token={@}",
    "export KEY={@}",
)


class Leak(NamedTuple):
    """One line and what of it must not leave."""

    kind: str
    secret: str
    line: str


def _made(spec, seed):
    draw = random.Random(seed)  # made up, and the same every time

    def piece(found):
        if found[1] == "uuid":
            return "-".join("".join(draw.choices(ALPHABETS["hex"], k=n)) for n in (8, 4, 4, 4, 12))
        made = "".join(draw.choices(ALPHABETS[found[1]], k=int(found[2])))
        # Long made-up tokens have digits and both cases, as real ones do.
        return made[:-3] + {"mix": "a7Q", "b64": "a7Q"}.get(found[1], made[-3:]) if len(made) > 3 else made

    spec = spec.replace("~~", "\0").replace("~", "").replace("\0", "~")
    return re.sub(r"\{(hex|low|up|mix|b64|num|uuid)(?::(\d+))?\}", piece, spec).replace("\\n", "\n")


def _rows(name):
    for row in (GOLDEN / name).read_text("utf-8").splitlines():
        if row and not row.startswith("#"):
            yield [part.strip() for part in row.split(" | ")] if row.count(" | ") < 3 else row.split(" | ", 2)


def _read(name):
    found = []
    for number, (kind, spec, *own) in enumerate(_rows(name)):
        secret = _made(spec, f"{kind}{number}")
        contexts = (
            [one.strip() for one in own[0].split("; ")]
            if own
            else [CONTEXTS[(number + step) % len(CONTEXTS)] for step in (0, 5)]
        )
        found += [Leak(kind, secret, one.replace("{@}", secret)) for one in contexts if "{@}" in one]
    return found


def secrets():
    """Lines with a secret or a number of a person."""
    return _read("leaks.txt")


def names():
    """Lines with the name of a person, a customer, a place or a thing."""
    return _read("names.txt")


def shows(secret, text):
    """Whether the text gives the secret away: all of it, or any 12 characters of a long one in a row."""
    if secret in text:
        return True
    flat = re.sub(r"\s+", "", secret)
    return len(flat) >= 24 and any(flat[at : at + 12] in re.sub(r"\s+", "", text) for at in range(0, len(flat) - 11, 3))
