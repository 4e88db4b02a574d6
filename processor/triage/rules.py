"""Read the policy from gardener.toml and the shipped defaults: the boundary in front of `processor.triage.policy`.

Your rules come before the shipped ones, your thresholds and dwell times replace them priority by priority.
"""

from __future__ import annotations

import re
import tomllib
from datetime import timedelta
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from processor.model import Kind, Priority, Severity
from processor.triage.durations import duration
from processor.triage.policy import Policy, Rule, Threshold

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PriorityName = Literal["P0", "P1", "P2", "P3"]
_LEVELS = Literal["DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY"]
_THRESHOLD: Final = re.compile(r"(\d{1,9}) in (\d{1,5}[mhd])")
_STATUS: Final = re.compile(r"([1-5])xx|([1-5]\d\d)(?:-([1-5]\d\d))?")
_MINUTES_KEPT: Final = 180
_DAY: Final = 1440


def threshold(text: str) -> Threshold:
    """Read a threshold such as 20 in 1h. Raises `ValueError` with a sentence."""
    found = _THRESHOLD.fullmatch(text)
    if not found or not int(found[1]):
        raise ValueError(f"{text!r} is not a threshold such as 20 in 1h")
    minutes = duration(found[2]) // timedelta(minutes=1)
    if not 0 < minutes <= _MINUTES_KEPT and (minutes % _DAY or not 0 < minutes <= 90 * _DAY):
        raise ValueError(f"{text!r}: a window is 1m to 3h, or whole days, 1d to 90d")
    return Threshold(int(found[1]), minutes)


def statuses(text: str) -> tuple[int, int]:
    """Read 5xx, 404 or 500-504 as an inclusive range. Raises `ValueError` with a sentence."""
    found = _STATUS.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not a status such as 5xx, 404 or 500-504")
    if found[1]:
        return int(found[1]) * 100, int(found[1]) * 100 + 99
    return int(found[2]), int(found[3] or found[2])


def _regex(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is not a regular expression: {error}") from None
    return text


def _checked(parse: Any) -> AfterValidator:
    def check(text: str) -> str:
        parse(text)
        return text

    return AfterValidator(check)


Duration = Annotated[str, _checked(duration)]
ThresholdText = Annotated[str, _checked(threshold)]


class RuleSetting(BaseModel):
    """[[rules]]: gives a priority to the clusters that meet every condition set. The first that fits decides."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(description="Name of the rule, shown by `gardener what-if`.")
    priority: PriorityName = Field(description="P0 to P3.")
    severity: _LEVELS | None = Field(None, description="This severity or worse.")
    service: str = Field("", description="Service, with * and ? as in a shell.")
    kind: Literal["text", "exception", "http"] | None = Field(None, description="text, exception or http.")
    status: Annotated[str, _checked(statuses)] | None = Field(None, description="5xx, 404 or 500-504.")
    text: Annotated[str, AfterValidator(_regex)] | None = Field(
        None, description="Regular expression, searched in template and sample."
    )
    count: int = Field(0, ge=0, description="Minimum number of entries.")
    impact: str = Field("", max_length=300, description="One sentence about the impact on users.")

    def rule(self) -> Rule:
        """The same, as the policy wants it."""
        return Rule(
            name=self.name,
            priority=Priority(self.priority),
            severity=None if self.severity is None else Severity[self.severity],
            service=self.service,
            kind=None if self.kind is None else Kind(self.kind),
            statuses=None if self.status is None else statuses(self.status),
            text=None if self.text is None else re.compile(self.text),
            count=self.count,
            impact=self.impact,
        )


class OwnerSetting(BaseModel):
    """[[owners]]: who is assigned. As in CODEOWNERS, the last one that fits decides."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    service: str = Field("*", description="Service, with * and ? as in a shell.")
    module: str = Field("*", description="Module or logger that wrote the entries, with * and ?.")
    assignees: tuple[str, ...] = Field(description="Logins, at most ten.", max_length=10)


class _Shipped(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    thresholds: dict[PriorityName, tuple[ThresholdText, ...]]
    dwell: dict[PriorityName, Duration]
    rules: tuple[RuleSetting, ...]


def make(
    rules: Sequence[RuleSetting] = (),
    thresholds: Mapping[PriorityName, Sequence[str]] | None = None,
    dwell: Mapping[PriorityName, str] | None = None,
    **figures: Any,
) -> Policy:
    """Your settings on top of the shipped policy; `figures` are the remaining fields of `Policy`."""
    shipped = _shipped()
    texts = {**shipped.thresholds, **(thresholds or {})}
    waits = {**shipped.dwell, **(dwell or {})}
    return Policy(
        rules=tuple(setting.rule() for setting in (*rules, *shipped.rules)),
        thresholds={Priority(name): tuple(threshold(text) for text in found) for name, found in texts.items()},
        dwell={Priority(name): duration(text) for name, text in waits.items()},
        **figures,
    )


@cache
def _shipped() -> _Shipped:
    text = resources.files("processor.triage").joinpath("default_policy.toml").read_text("utf-8")
    return _Shipped.model_validate(tomllib.loads(text))
