"""The `IssueTracker` on GitHub, github.com and Enterprise alike.

A write is asked for once; what it came to is told by the error (see `sinks.github.errors`). Before anything is sent
its text is searched for secrets a last time. Notifications are only caused by new issues and comments: figures go into
the body, which tells nobody.
"""

from __future__ import annotations

from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from processor.model import Issue, IssueComment, IssueRef
from processor.model.errors import IssueGone, IssueMoved, RepositoryParked, TrackerError
from sinks.github.errors import error_of, is_repeat, names_field
from sinks.github.http import Answer
from sinks.redact import leak

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from processor.model import IssueDraft, IssueEdit
    from processor.model.ports import Clock
    from sinks.github.http import GitHubApi

_LABEL: Final = "log-gardener"
_COLORS: Final = {
    "priority: P0": "b60205",
    "priority: P1": "d93f0b",
    "priority: P2": "fbca04",
    "priority: P3": "c2e0c6",
    _LABEL: "0e8a16",
}
_OTHER_COLOR: Final = "c5def5"
_WRITERS: Final = ("admin", "write")
_MAX_BODY: Final = 65_000
_GONE: Final = (404, 410)
_INVALID: Final = 422


class GitHubTracker:
    """See `processor.model.ports.IssueTracker`.

    Args:
        repository: "owner/name" for every service without a repository of its own.
        by_service: repositories by shell pattern of the service; the first that fits.
    """

    def __init__(
        self,
        repository: str,
        *,
        api: GitHubApi,
        clock: Clock,
        by_service: Mapping[str, str] | None = None,
        settle_s: float = 120.0,
        body_interval_s: float = 600.0,
    ) -> None:
        self.settle_s = settle_s
        self.body_interval_s = body_interval_s
        self._repository = repository
        self._by_service = dict(by_service or {})
        self._api = api
        self._clock = clock
        self._labels: dict[str, set[str]] = {}

    @property
    def token_expires_at(self) -> datetime | None:
        """When the token in use ends, as GitHub said last; None where it did not."""
        return self._api.token_expires_at

    def repositories(self) -> Sequence[str]:
        """See `IssueTracker.repositories`."""
        return list(dict.fromkeys([self._repository, *self._by_service.values()]))

    def repository(self, service: str) -> str:
        """See `IssueTracker.repository`."""
        return next(
            (name for pattern, name in self._by_service.items() if fnmatchcase(service, pattern)), self._repository
        )

    def listing(self, repository: str, since: datetime | None, *, labelled: bool = True) -> Sequence[Issue]:
        """See `IssueTracker.listing`. Every page; pull requests, which GitHub lists as issues, are left out."""
        query: dict[str, str | int] = {"state": "all", "sort": "created", "direction": "asc"}
        if labelled:
            query["labels"] = _LABEL
        if since is not None:
            query["since"] = _time_text(since)
        found: dict[int, Issue] = {}
        for item in self._api.pages(f"/repos/{repository}/issues", **query):
            if isinstance(item, Answer):
                raise RepositoryParked(f"the issues of {repository} cannot be listed: GitHub answered {item.status}")
            if "pull_request" not in item:
                issue = _issue(item, repository)
                found[issue.ref.number] = issue
        return list(found.values())

    def get(self, ref: IssueRef) -> Issue:
        """See `IssueTracker.get`."""
        answer = self._api.read(_path(ref))
        if answer.status != 200:  # noqa: PLR2004  # HTTP's own number
            raise self._elsewhere(ref, answer)
        return _issue(answer.body, ref.repository)

    def create(self, draft: IssueDraft) -> Issue:
        """See `IssueTracker.create`."""
        _check(draft.title, draft.body)
        self._make_labels(draft.repository, draft.labels)
        path = f"/repos/{draft.repository}/issues"
        payload: dict[str, Any] = {"title": draft.title, "body": draft.body, "labels": list(draft.labels)}
        if draft.assignees:
            payload["assignees"] = list(draft.assignees)
        answer = self._api.write("POST", path, payload)
        if answer.status == _INVALID and draft.assignees and names_field(answer.body, "assignees"):
            # Refused for certain, so nothing was made; an owner without access must not cost us the issue.
            del payload["assignees"]
            answer = self._api.write("POST", path, payload)
        if answer.status in _GONE:
            raise RepositoryParked(f"no issue can be opened in {draft.repository}: GitHub answered {answer.status}")
        self._expect(answer, f"an issue in {draft.repository}")
        return _issue(answer.body, draft.repository)

    def edit(self, ref: IssueRef, edit: IssueEdit) -> Issue:
        """See `IssueTracker.edit`. Labels are added and taken away one by one: replacing them would lose people's."""
        _check(edit.title or "", edit.body or "")
        payload = self._changes(ref, edit)
        if payload:
            # The answer to the write tells what was kept; a read after it may lag, or show what somebody wrote since.
            kept = _issue(self._change(ref, "PATCH", _path(ref), payload).body, ref.repository)
            if edit.body is not None and kept.body.rstrip() != edit.body.replace("\r\n", "\n").rstrip():
                raise TrackerError(f"GitHub kept the old body of {ref.repository}#{ref.number}: it may be too long")
        if edit.add_labels:
            self._make_labels(ref.repository, edit.add_labels)
            self._change(ref, "POST", f"{_path(ref)}/labels", {"labels": list(edit.add_labels)})
        for name in edit.remove_labels:
            # 404 also says that the label is not on the issue any more, which is what was wanted.
            self._api.write("DELETE", f"{_path(ref)}/labels/{quote(name, safe='')}")
        return self.get(ref)

    def comment(self, ref: IssueRef, body: str) -> None:
        """See `IssueTracker.comment`."""
        _check("", body)
        self._change(ref, "POST", f"{_path(ref)}/comments", {"body": body})

    def comments(self, ref: IssueRef, since: datetime) -> Sequence[IssueComment]:
        """See `IssueTracker.comments`."""
        found = []
        for item in self._api.pages(f"{_path(ref)}/comments", since=_time_text(since)):
            if isinstance(item, Answer):
                raise self._elsewhere(ref, item)
            author = (item.get("user") or {}).get("login", "")
            found.append(IssueComment(item["id"], author, item.get("body") or "", _time(item["created_at"])))
        return found

    def may_steer(self, ref: IssueRef, author: str) -> bool:
        """See `IssueTracker.may_steer`."""
        answer = self._api.read(f"/repos/{ref.repository}/collaborators/{quote(author, safe='')}/permission")
        return isinstance(answer.body, dict) and answer.body.get("permission") in _WRITERS

    def react(self, ref: IssueRef, comment: IssueComment, *, understood: bool) -> None:
        """See `IssueTracker.react`: a thumb up, or a confused face."""
        content = "+1" if understood else "confused"
        path = f"/repos/{ref.repository}/issues/comments/{comment.id}/reactions"
        self._api.write("POST", path, {"content": content})

    def close(self) -> None:
        """See `IssueTracker.close`."""
        self._api.close()

    def _changes(self, ref: IssueRef, edit: IssueEdit) -> dict[str, Any]:
        payload: dict[str, Any] = {}
        if edit.title is not None:
            payload["title"] = edit.title
        if edit.body is not None:
            payload["body"] = edit.body
        if edit.open is not None:
            payload["state"] = "open" if edit.open else "closed"
            payload["state_reason"] = "reopened" if edit.open else edit.reason or "completed"
        if edit.duplicate_of:
            stays = self._api.read(_path(IssueRef(ref.repository, edit.duplicate_of, "")))
            if isinstance(stays.body, dict) and isinstance(stays.body.get("id"), int):
                payload["duplicate_issue_id"] = stays.body["id"]
        return payload

    def _change(self, ref: IssueRef, method: str, path: str, payload: dict[str, Any]) -> Answer:
        answer = self._api.write(method, path, payload)
        if answer.status in _GONE or 300 <= answer.status < 400:  # noqa: PLR2004  # HTTP's own numbers
            raise self._elsewhere(ref, answer)
        self._expect(answer, f"{method} {path}")
        return answer

    def _expect(self, answer: Answer, what: str) -> None:
        if answer.status >= 300:  # noqa: PLR2004  # HTTP's own number
            now_s = self._clock.now().timestamp()
            raise error_of(answer.status, answer.headers, answer.body, what=what, writes=True, now_s=now_s)

    def _elsewhere(self, ref: IssueRef, answer: Answer) -> TrackerError:
        """Why an issue is not where it was: transferred, deleted, or the whole repository is out of reach."""
        name = f"{ref.repository}#{ref.number}"
        if answer.status not in _GONE:
            location = answer.headers.get("location", "")
            moved = self._api.read(location) if self._api.owns(location) else answer
            if isinstance(moved.body, dict) and "repository_url" in moved.body:
                repository = "/".join(urlsplit(moved.body["repository_url"]).path.split("/")[-2:])
                return IssueMoved(f"{name} was moved to {repository}", repository, moved.body["number"])
            return IssueGone(f"{name} was moved to where it cannot be read")
        home = self._api.read(f"/repos/{ref.repository}")
        if not isinstance(home.body, dict) or "has_issues" not in home.body:
            return RepositoryParked(f"{ref.repository} cannot be read: GitHub answered {home.status}")
        if not home.body["has_issues"]:
            return RepositoryParked(f"issues are switched off in {ref.repository}")
        return IssueGone(f"{name} was deleted")

    def _make_labels(self, repository: str, names: Sequence[str]) -> None:
        """Labels that do not exist would be made grey and without a word."""
        if repository not in self._labels:
            items = list(self._api.pages(f"/repos/{repository}/labels"))
            self._labels[repository] = {item["name"].lower() for item in items if isinstance(item, dict)}
        for name in names:
            if name.lower() not in self._labels[repository]:
                payload = {"name": name, "color": _COLORS.get(name, _OTHER_COLOR), "description": "Set by Log Gardener"}
                answer = self._api.write("POST", f"/repos/{repository}/labels", payload)
                # Without the right to make labels GitHub would drop them; the new issue shows it.
                if answer.status < 300 or is_repeat(answer.body):  # noqa: PLR2004  # HTTP's own number
                    self._labels[repository].add(name.lower())


def _check(title: str, body: str) -> None:
    kind = leak(title) or leak(body)
    if kind:
        raise TrackerError(f"not sent: the text still holds what looks like a secret ({kind})")
    if len(body) > _MAX_BODY:
        raise TrackerError(f"not sent: {len(body):,} characters are more than GitHub takes")


def _issue(item: Any, repository: str) -> Issue:
    # The listing of a renamed repository names the new one; what is asked for later has to be where it is now.
    home = "/".join(urlsplit(item.get("repository_url", "")).path.split("/")[-2:]) or repository
    labels = [label if isinstance(label, str) else label.get("name") or "" for label in item["labels"]]
    return Issue(
        ref=IssueRef(home, item["number"], item["html_url"]),
        title=item["title"],
        body=(item.get("body") or "").replace("\r\n", "\n"),
        labels=frozenset(labels),
        open=item["state"] == "open",
        reason="" if item["state"] == "open" else item.get("state_reason") or "",
        created_at=_time(item["created_at"]),
        updated_at=_time(item["updated_at"]),
        closed_at=_time(item["closed_at"]) if item.get("closed_at") else None,
        locked=bool(item.get("locked")),
        comments=item.get("comments", 0),
    )


def _path(ref: IssueRef) -> str:
    return f"/repos/{ref.repository}/issues/{ref.number}"


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _time_text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
