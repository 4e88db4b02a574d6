"""Settings: one model, four sources. A flag overrides the environment, which overrides gardener.toml and the defaults.

Every field has a description, a name in the environment (GARDENER_...) and a flag or a line in gardener.toml.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from processor.app.addresses import SCHEMES, Address, forms, parse
from processor.model import Severity
from processor.model.errors import ConfigError
from processor.triage.rules import Duration, OwnerSetting, PriorityName, RuleSetting, ThresholdText  # noqa: TC001  # pydantic resolves the fields' types when it runs

if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIG_FILE: Final = "gardener.toml"
_DEAD_LETTER: Final = re.compile(r"|none|projects/[^/]+/topics/[^/]+")

SeverityName = Literal["DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY"]


class Mask(BaseModel):
    """A custom mask, applied before the built-in masks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(description="Name of the mask, shown by `gardener explain`.")
    pattern: str = Field(description="Regular expression; what it matches becomes <*>.")


class Settings(BaseSettings):
    """All settings. For sources and forms, see docs/settings.md."""

    model_config = SettingsConfigDict(env_prefix="GARDENER_", extra="forbid", frozen=True)

    source: str = Field(
        "-",
        description=f"{forms('source')} for standard input."
        " ?follow keeps reading as the file grows; ?text, also after -, reads plain text, one entry per line.",
    )
    state: str = Field("sqlite:garden.db", description=f"{forms('state')}.")
    issues: str = Field("none", description=f"{forms('issues')}.")
    worklog: str = Field(
        "none", description=f"{forms('worklog')}; the worker keeps worklog.md in the folder up to date."
    )
    worklog_seconds: float = Field(300.0, gt=0, le=86_400, description="Seconds between two updates of the worklog.")
    worker: str = Field("", description="Name of this worker; by default unique to the process.")
    min_severity: SeverityName = Field("WARNING", description="Entries below this severity are counted as ignored.")
    flush_seconds: float = Field(2.0, gt=0, le=60, description="Commit at least this often, in seconds.")
    flush_entries: int = Field(5000, gt=0, le=20_000, description="Commit when this many entries are waiting.")
    writes_per_second: float = Field(
        400.0,
        ge=0,
        le=10_000,
        description="Maximum Firestore documents that this worker writes per second, met by larger checkpoints."
        " All workers together share the 500 that an index on a timestamp allows. 0 means no limit.",
    )
    ledger_lanes: int = Field(
        1,
        ge=1,
        le=256,
        description="Chains of Firestore's ledger per five minutes, for Beam: the number of concurrent commits."
        " Fixed when the state is created; without Beam, use 1.",
    )
    until_idle: float = Field(0.0, ge=0, description="Exit after this many seconds without an entry; 0 means never.")
    pullers: int = Field(4, ge=1, le=64, description="Concurrent pulls from Pub/Sub.")
    dead_letter: str = Field(
        "",
        description="Topic for messages that cannot be decoded, projects/P/topics/T, or none;"
        " by default the topic of the subscription's dead-letter policy.",
    )
    max_rejected_ratio: float = Field(
        0.5, gt=0, le=1, description="Stop when more than this share of a minute's messages cannot be decoded."
    )
    health_port: int = Field(0, ge=0, le=65535, description="Port for /healthz, /readyz and /metrics; 0 means none.")
    health_host: str = Field("127.0.0.1", description="Address on which the health port listens.")
    log_format: Literal["auto", "json", "text"] = Field(
        "auto", description="json, text, or auto: text on a terminal, otherwise JSON."
    )
    masks: tuple[Mask, ...] = Field((), description="Custom masks: [[masks]] with name and pattern.")
    protected_words: tuple[str, ...] = Field((), description="Words that never become <*>.")
    rules: tuple[RuleSetting, ...] = Field((), description="Custom priority rules, applied before the built-in rules.")
    thresholds: dict[PriorityName, tuple[ThresholdText, ...]] = Field(
        {}, description='When to open an issue, by priority: P1 = ["3 in 1h", "5 in 2d"]; [] means never.'
    )
    dwell: dict[PriorityName, Duration] = Field(
        {}, description='Minimum age of a problem before its issue is opened, by priority: P1 = "5m".'
    )
    escalation_factor: int = Field(
        10, ge=2, le=1000, description="Comment on an issue when its count has grown by this factor."
    )
    quiet_days: int = Field(
        90, ge=1, le=3650, description="Days of silence after which a problem always counts as quiet."
    )
    reopen_days: int = Field(
        30,
        ge=0,
        le=3650,
        description="A problem that returns after this many days gets a new issue instead of reopening the old one.",
    )
    auto_close: bool = Field(False, description="Close issues of quiet problems; by default they are only labelled.")
    raw_samples: bool = Field(
        False, description="Publish samples with their values, redacted; do not use in a public repository."
    )
    store_raw: bool = Field(False, description="Store samples unredacted, with secrets and personal data.")
    raw_days: int = Field(
        30, ge=0, le=3650, description="With store_raw: redact a stored sample when its entry is this many days old."
    )
    retention_days: int = Field(
        400, ge=0, le=3650, description="Delete a cluster after this many days of silence; 0 keeps everything."
    )
    code_owners: str = Field(
        "",
        description="Path of a CODEOWNERS file; issues are assigned to the owners of the file that an exception names.",
    )
    page_url: str = Field("", description="URL of the on-call page, linked from every issue; empty for none.")
    owners: tuple[OwnerSetting, ...] = Field((), description="Assignees of issues; the last match decides.")
    repositories: dict[str, str] = Field(
        {}, description='Repository by service pattern: "pay-*" = "OWNER/REPO"; other services use `issues`.'
    )
    issues_per_hour: int = Field(20, ge=0, le=400, description="Maximum new issues per hour, over all workers.")
    reconcile_seconds: float = Field(
        30.0, gt=0, le=3600, description="Seconds between two runs of the issue controller."
    )
    github_token: SecretStr = Field(SecretStr(""), description="GitHub token with permission issues: write.")
    github_api_url: str = Field("https://api.github.com", description="API URL of GitHub or GitHub Enterprise.")
    github_app_id: str = Field("", description="GitHub App to use instead of a token: its id or client id.")
    github_installation_id: int = Field(0, ge=0, description="Installation id of the GitHub App.")
    github_private_key: SecretStr = Field(SecretStr(""), description="Private key of the GitHub App, PEM.")

    @field_validator(*SCHEMES)
    @classmethod
    def _known_address(cls, value: str, info: Any) -> str:
        try:
            parse(info.field_name, value)
        except ConfigError as error:
            raise ValueError(str(error)) from None
        return value

    @field_validator("dead_letter")
    @classmethod
    def _known_topic(cls, value: str) -> str:
        if not _DEAD_LETTER.fullmatch(value):
            raise ValueError(f"{value!r} is not of the form: projects/P/topics/T or none")
        return value

    def address(self, setting: str) -> Address:
        """Return one of `source`, `state`, `issues` and `worklog`, parsed."""
        return parse(setting, getattr(self, setting))

    def public(self) -> Settings:
        """Return the settings without secrets, for other machines."""
        hidden = {name: SecretStr("") for name in type(self).model_fields if isinstance(getattr(self, name), SecretStr)}
        return self.model_copy(update=hidden)

    @property
    def least(self) -> Severity:
        """`min_severity` as a number."""
        return Severity[self.min_severity]


def load(flags: Mapping[str, object], config: str | None = None) -> Settings:
    """Return the effective settings.

    Args:
        flags: values of the command line, by field name; None means not given.
        config: a configuration file; by default gardener.toml in the working directory, if it exists.

    Raises:
        ConfigError: names the setting, its source and its expected form.
    """
    given: dict[str, Any] = {name: value for name, value in flags.items() if value is not None}
    path = Path(config or os.environ.get("GARDENER_CONFIG") or CONFIG_FILE)
    values = _read(path, required=config is not None or "GARDENER_CONFIG" in os.environ)
    for name in Settings.model_fields:
        if name not in given and f"GARDENER_{name.upper()}" not in os.environ and name in values:
            given[name] = values[name]
    unknown = sorted(set(values) - set(Settings.model_fields))
    if unknown:
        raise ConfigError(f"{path} has a setting that does not exist: {unknown[0]}; `gardener config` lists them")
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise ConfigError(f"setting {name}: {message} ({_origin(str(first['loc'][0]), flags, values, path)})") from None


def _read(path: Path, *, required: bool) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        if required:
            raise ConfigError(f"the configuration file {path} does not exist") from None
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the configuration file {path} cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"the configuration file {path} is not valid TOML: {error}") from None


def _origin(name: str, flags: Mapping[str, object], values: Mapping[str, object], path: Path) -> str:
    if flags.get(name) is not None:
        return f"from --{name.replace('_', '-')}"
    if f"GARDENER_{name.upper()}" in os.environ:
        return f"from GARDENER_{name.upper()}"
    return f"from {path}" if name in values else "from the defaults"


def shown(settings: Settings) -> dict[str, Any]:
    """Return every effective setting, secrets hidden, JSON-able."""
    values = settings.model_dump(mode="json")
    for name in Settings.model_fields:
        if isinstance(getattr(settings, name), SecretStr):
            values[name] = "(set)" if getattr(settings, name).get_secret_value() else ""
    return values
