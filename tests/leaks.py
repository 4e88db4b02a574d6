"""The corpus of made-up secrets and personal data in tests/golden/secrets, as lines of a log."""

import random
import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

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
    """One line and what of it must not leave; `pieces` are its parts that were drawn."""

    kind: str
    secret: str
    line: str
    pieces: tuple[str, ...] = ()


def _made(spec, seed):
    pieces = []
    draw = random.Random(seed)  # made up, and the same every time

    def piece(found):
        if found[1] == "uuid":
            return "-".join("".join(draw.choices(ALPHABETS["hex"], k=n)) for n in (8, 4, 4, 4, 12))
        made = "".join(draw.choices(ALPHABETS[found[1]], k=int(found[2])))
        # Long made-up tokens have digits and both cases, as real ones do.
        made = made[:-3] + {"mix": "a7Q", "b64": "a7Q"}.get(found[1], made[-3:]) if len(made) > 3 else made
        pieces.append(made)
        return made

    spec = spec.replace("~~", "\0").replace("~", "").replace("\0", "~")
    secret = re.sub(r"\{(hex|low|up|mix|b64|num|uuid)(?::(\d+))?\}", piece, spec).replace("\\n", "\n")
    return secret, tuple(pieces)


def _rows(name):
    for row in (GOLDEN / name).read_text("utf-8").splitlines():
        if row and not row.startswith("#"):
            yield [part.strip() for part in row.split(" | ")] if row.count(" | ") < 3 else row.split(" | ", 2)


def _read(name):
    found = []
    for number, (kind, spec, *own) in enumerate(_rows(name)):
        secret, pieces = _made(spec, f"{kind}{number}")
        contexts = (
            [one.strip() for one in own[0].split("; ")]
            if own
            else [CONTEXTS[(number + step) % len(CONTEXTS)] for step in (0, 5)]
        )
        for one in contexts:
            if "{@}" in one:
                line, _ = _made(one.replace("{@}", "\1"), f"{kind}{one}")
                found.append(Leak(kind, secret, line.replace("\1", secret), pieces))
    return found


def secrets():
    """Lines with a secret or a number of a person."""
    return _read("leaks.txt")


def names():
    """Lines with the name of a person, a customer, a place or a thing."""
    return _read("names.txt")


def shows(one, text):
    """Whether the text gives the secret away: all of it, or any 10 drawn characters in a row."""
    if one.secret in text:
        return True
    return any(part[at : at + 10] in text for part in one.pieces for at in range(max(0, len(part) - 9)))


def unquoted(text):
    """Addresses as a browser reads them."""
    return unquote(text)
