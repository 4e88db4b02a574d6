"""Addresses in the settings, SCHEME:WHERE: one table of what each setting accepts, and their only parser.

Promises: an address that no row accepts raises `ConfigError` with every accepted form. Must not open anything.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from processor.model.errors import ConfigError

DEFAULT_DATABASE: Final = "(default)"


class Scheme(NamedTuple):
    """One kind of address.

    Attributes:
        name: what stands in front of the colon; standard input and "none" have no colon.
        form: the address as people read it.
        where: a regular expression of what follows the colon, or the name.
        is_path: whether a file or folder of this machine is meant; people may forget the name in front of it.
    """

    name: str
    form: str
    where: re.Pattern[str]
    is_path: bool = False


class Address(NamedTuple):
    """A parsed address: "sqlite:garden.db" is ("sqlite", "garden.db"), "-?text" is ("-", "?text")."""

    scheme: str
    where: str

    @property
    def database(self) -> tuple[str, str]:
        """(project, database) of a `firestore:` address."""
        project, _, database = self.where.partition("/")
        return project, database or DEFAULT_DATABASE


_ANYTHING: Final = re.compile(r".+")
_NONE: Final = Scheme("none", "none", re.compile(""))
_FOLDER: Final = Scheme("folder", "folder:PATH", _ANYTHING, is_path=True)
SCHEMES: Final = {
    "source": (
        Scheme("file", "file:PATH[?follow]", _ANYTHING, is_path=True),
        Scheme("pubsub", "pubsub:projects/P/subscriptions/S", re.compile(r"projects/[^/]+/subscriptions/[^/]+")),
        Scheme("-", "-", re.compile(r"(?:\?text)?")),
    ),
    "state": (
        Scheme("sqlite", "sqlite:PATH", _ANYTHING, is_path=True),
        Scheme("firestore", "firestore:PROJECT[/DATABASE]", re.compile(r"[^/]+(?:/[^/]+)?")),
    ),
    "issues": (_FOLDER, Scheme("github", "github:OWNER/REPO", re.compile(r"[^/\s]+/[^/\s]+")), _NONE),
    "worklog": (_FOLDER, _NONE),
}
"""Setting -> what it accepts."""


def forms(setting: str) -> str:
    """Return the forms that a setting accepts, for people: `folder:PATH, github:OWNER/REPO or none`."""
    *others, last = (one.form for one in SCHEMES[setting])
    return f"{', '.join(others)} or {last}"


def parse(setting: str, text: str) -> Address:
    """Return the address that a setting names. Raises `ConfigError`."""
    for one in SCHEMES[setting]:
        prefix = f"{one.name}:" if ":" in one.form else one.name
        if text.startswith(prefix) and one.where.fullmatch(text, len(prefix)):
            return Address(one.name, text[len(prefix) :])
    path = next((one.name for one in SCHEMES[setting] if one.is_path), "")
    meant = f"; for the path, write {path}:{text}" if path and text and ":" not in text else ""
    raise ConfigError(f"{text!r} is not of the form: {forms(setting)}{meant}")
