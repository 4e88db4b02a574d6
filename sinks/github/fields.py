"""GitHub's JSON as our types, and the last check of what is sent. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from processor.model import Issue, IssueRef
from processor.model.errors import IssueMoved, TrackerError
from processor.model.patterns import regex
from sinks.redact import leak

if TYPE_CHECKING:
    from sinks.github.http import Answer

LABEL: Final = "log-gardener"
_MAX_BODY: Final = 65_000
_END: Final = "<!-- log-gardener:end -->"
_OURS: Final = (LABEL, "quiet", "flapping")
_PRIORITY: Final = regex(r"\Apriority: (p[0-3])\Z", re.IGNORECASE)


def check(title: str, body: str) -> None:
    """Check a text before it is sent. Raises `TrackerError`."""
    # Text below our part was written by people.
    kind = leak(title) or leak(body.split(_END, 1)[0])
    if kind:
        raise TrackerError(f"not sent: the text still holds what looks like a secret ({kind})")
    if len(body) > _MAX_BODY:
        raise TrackerError(f"not sent: {len(body):,} characters are more than GitHub accepts")


def is_elsewhere(answer: Answer) -> bool:
    """Return whether GitHub answers with another address."""
    return 300 <= answer.status < 400  # noqa: PLR2004  # HTTP's own numbers


def moved(ref: IssueRef, issue: Issue) -> IssueMoved:
    """Return the error for an issue that has another address now."""
    where = f"{issue.ref.repository}#{issue.ref.number}"
    return IssueMoved(f"{ref.repository}#{ref.number} is {where} now", issue.ref.repository, issue.ref.number)


def labels(items: Any) -> frozenset[str]:
    """Return label names, ours in our spelling: GitHub keeps the spelling of whoever created the label."""
    names = [item if isinstance(item, str) else item.get("name") or "" for item in items or ()]
    return frozenset(name.lower() if name.lower() in _OURS else _PRIORITY.sub(_spelled, name) for name in names)


def _spelled(found: re.Match[str]) -> str:
    return f"priority: {found[1].upper()}"


def issue(item: Any, repository: str) -> Issue:
    """Return the issue in an answer; `repository` is the one that was queried."""
    # The listing of a renamed repository has the new name, which later requests need.
    home = "/".join(urlsplit(item.get("repository_url", "")).path.split("/")[-2:]) or repository
    return Issue(
        ref=IssueRef(home, item["number"], item["html_url"]),
        title=item["title"],
        body=(item.get("body") or "").replace("\r\n", "\n"),
        labels=labels(item["labels"]),
        open=item["state"] == "open",
        reason="" if item["state"] == "open" else item.get("state_reason") or "",
        created_at=time(item["created_at"]),
        updated_at=time(item["updated_at"]),
        closed_at=time(item["closed_at"]) if item.get("closed_at") else None,
        locked=bool(item.get("locked")),
        comments=item.get("comments", 0),
        author=(item.get("user") or {}).get("login", ""),
    )


def path(ref: IssueRef) -> str:
    """Return its path in the API."""
    return f"/repos/{ref.repository}/issues/{ref.number}"


def time(text: str) -> datetime:
    """Return a time from GitHub's format."""
    return datetime.fromisoformat(text)


def time_text(at: datetime) -> str:
    """Return a time in GitHub's format."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
