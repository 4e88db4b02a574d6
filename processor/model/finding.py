"""The result of a check of the set-up."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Grade(StrEnum):
    """The grade of a check."""

    WELL = "ok"
    SKIPPED = "skipped"
    WARNING = "warning"
    PROBLEM = "problem"


class Finding(Struct, frozen=True):
    """A finding of `gardener doctor` about a part of the set-up.

    Attributes:
        part: "subscription", "state", "GitHub", ...
        mend: the command or setting that fixes it, "" if there is nothing to do.
    """

    grade: Grade
    part: str
    text: str
    mend: str = ""
