"""Checks whether a repository can be used for issues: token, rights, issues enabled, labels, clock."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from processor.model import Finding, Grade
from processor.model.delivery_health import TOKEN_WARNING
from processor.model.errors import RepositoryParked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sinks.github.http import GitHubApi

_PART: Final = "GitHub"
_OK: Final = 200
_LABELS: Final = ("log-gardener", "priority: P0", "priority: P1", "priority: P2", "priority: P3")
"""Those that the tracker looks for; it makes the missing ones itself where the token may."""
MAX_SKEW_S: Final = 30.0
"""An App's token is refused when the clock is a minute ahead."""


def check(repository: str, api: GitHubApi) -> Iterator[Finding]:
    """Read the repository and its labels; write nothing. Raises `TrackerError`, `Transient`."""
    before = datetime.now(UTC)
    try:
        answer = api.read(f"/repos/{repository}")
    except RepositoryParked as error:
        mend = "set GARDENER_GITHUB_TOKEN to a token that has not expired, with Issues: read and write"
        yield Finding(Grade.PROBLEM, _PART, f"the token is refused: {error}", mend)
        return
    if answer.status != _OK:
        mend = f"check the name, and grant the token access to it: https://github.com/{repository}/settings/access"
        yield Finding(Grade.PROBLEM, _PART, f"{repository} is not there, or the token may not see it", mend)
        return
    date = answer.headers.get("date")
    if date:
        off_s = abs((parsedate_to_datetime(date) - before).total_seconds())
        if off_s > MAX_SKEW_S:
            text = f"this machine's clock differs from GitHub's by {off_s:,.0f} s; an App's token is refused then"
            yield Finding(Grade.PROBLEM, "clock", text, "sudo timedatectl set-ntp true")
    found = answer.body
    if found.get("archived"):
        mend = f"gh repo unarchive {repository}, or name another repository in issues"
        yield Finding(Grade.PROBLEM, _PART, f"{repository} is archived: nothing can be written", mend)
    if not found.get("has_issues", True):
        yield Finding(
            Grade.PROBLEM, _PART, f"issues are off in {repository}", f"gh repo edit {repository} --enable-issues"
        )
    rights = found.get("permissions", {})
    if rights and not (rights.get("push") or rights.get("triage")):
        mend = "give the token Issues: read and write for this repository (fine-grained), or the scope repo (classic)"
        yield Finding(Grade.PROBLEM, _PART, f"the token may only read {repository}", mend)
    yield from _of_labels(repository, api)
    yield Finding(Grade.WELL, _PART, f"{repository} answers")


def of_expiry(api: GitHubApi, now: datetime) -> Iterator[Finding]:
    """Check whether the token just used expires soon, if GitHub reports an expiry."""
    ends = api.token_expires_at
    if ends is not None and ends - now < TOKEN_WARNING:
        mend = "create a new token with Issues: read and write, and set GARDENER_GITHUB_TOKEN to it"
        yield Finding(Grade.WARNING, _PART, f"the token expires on {ends:%Y-%m-%d}", mend)


def _of_labels(repository: str, api: GitHubApi) -> Iterator[Finding]:
    there = {
        str(label["name"]).casefold() for label in api.pages(f"/repos/{repository}/labels") if isinstance(label, dict)
    }
    absent = [name for name in _LABELS if name.casefold() not in there]
    if absent:
        mend = "; ".join(f"gh label create '{name}' -R {repository}" for name in absent)
        yield Finding(Grade.WARNING, _PART, f"labels are missing: {', '.join(absent)}", mend)
