"""What a check of the set-up found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """How a check of the set-up came out."""

    WELL = "ok"
    SKIPPED = "skipped"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """What `gardener doctor` found of one part.

    Attributes:
        part: "subscription", "state", "GitHub", ...
        mend: the command or setting that mends it, "" when nothing is to do.
    """

    grade: Grade
    part: str
    text: str
    mend: str = ""
