"""The `IssueTracker` on GitHub, github.com and Enterprise alike.

A write is requested once; the error states its outcome (see `sinks.github.errors`). Before anything is sent, its text
is searched for secrets a last time. Only new issues and comments notify people: figures go into the body, which does
not.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from msgspec.structs import replace

from processor.model import Issue, IssueComment, IssueRef
from processor.model.errors import IssueGone, IssueMoved, RepositoryParked, TrackerError
from sinks.github import fields
from sinks.github.errors import error_of, is_repeat, names_field
from sinks.github.fields import LABEL
from sinks.github.http import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from processor.model import IssueDraft, IssueEdit
    from processor.model.ports import Clock
    from sinks.github.http import GitHubApi

_COLORS: Final = {
    "priority: P0": "b60205",
    "priority: P1": "d93f0b",
    "priority: P2": "fbca04",
    "priority: P3": "c2e0c6",
    LABEL: "0e8a16",
}
_OTHER_COLOR: Final = "c5def5"
_WRITERS: Final = ("admin", "write")
_GONE: Final = (404, 410)
_OK: Final = 200
_MAX_NAMES: Final = 5
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
        self._names: dict[str, str] = {}

    @property
    def token_expires_at(self) -> datetime | None:
        """When the token in use expires, as last reported by GitHub; None if it was not."""
        return self._api.token_expires_at

    def repositories(self) -> Sequence[str]:
        """See `IssueTracker.repositories`."""
        return list(dict.fromkeys(map(self._now, [self._repository, *self._by_service.values()])))

    def repository(self, service: str) -> str:
        """See `IssueTracker.repository`."""
        found = (name for pattern, name in self._by_service.items() if fnmatchcase(service, pattern))
        return self._now(next(found, self._repository))

    def reserve(self) -> None:
        """See `IssueTracker.reserve`."""
        self._api.reserve()

    def listing(self, repository: str, since: datetime | None, *, labelled: bool = True) -> Sequence[Issue]:
        """See `IssueTracker.listing`. Every page; pull requests, which GitHub lists as issues, are left out."""
        query: dict[str, Any] = {"state": "all", "sort": "created", "direction": "asc"}
        if labelled:
            query["labels"] = LABEL
        if since is not None:
            query["since"] = fields.time_text(since)
        found: dict[int, Issue] = {}
        for item in self._api.pages(f"/repos/{repository}/issues", **query):
            if isinstance(item, Answer):
                raise RepositoryParked(f"the issues of {repository} cannot be listed: GitHub answered {item.status}")
            if "pull_request" not in item:
                issue = fields.issue(item, repository)
                found[issue.ref.number] = issue
                if issue.ref.repository != repository:
                    self._names[repository] = issue.ref.repository
        return list(found.values())

    def get(self, ref: IssueRef) -> Issue:
        """See `IssueTracker.get`."""
        issue = self._read(ref)
        if (issue.ref.repository, issue.ref.number) != (ref.repository, ref.number):
            raise fields.moved(ref, issue)
        return issue

    def _read(self, ref: IssueRef) -> Issue:
        """Read the issue, wherever it is now."""
        answer = self._api.read(fields.path(ref))
        if answer.status != _OK or not isinstance(answer.body, dict):
            raise self._gone(ref, answer)
        return fields.issue(answer.body, ref.repository)

    def create(self, draft: IssueDraft) -> Issue:
        """See `IssueTracker.create`."""
        fields.check(draft.title, draft.body)
        repository = self._now(draft.repository)
        self._make_labels(repository, draft.labels)
        payload: dict[str, Any] = {"title": draft.title, "body": draft.body, "labels": list(draft.labels)}
        if draft.assignees:
            payload["assignees"] = list(draft.assignees)
        answer = self._api.write("POST", f"/repos/{repository}/issues", payload)
        if fields.is_elsewhere(answer):
            # Nothing was done; the repository has another name now.
            repository = self._renamed(repository)
            answer = self._api.write("POST", f"/repos/{repository}/issues", payload)
        if answer.status == _INVALID and draft.assignees and names_field(answer.body, "assignees"):
            # Certainly refused, so nothing was created; an assignee without access must not prevent the issue.
            del payload["assignees"]
            answer = self._api.write("POST", f"/repos/{repository}/issues", payload)
        if answer.status in _GONE or fields.is_elsewhere(answer):
            raise RepositoryParked(f"no issue can be opened in {repository}: GitHub answered {answer.status}")
        self._expect(answer, f"an issue in {repository}")
        return fields.issue(answer.body, repository)

    def edit(self, ref: IssueRef, edit: IssueEdit) -> Issue:
        """See `IssueTracker.edit`. Labels are added and removed one by one: replacing them would lose people's."""
        fields.check(edit.title or "", edit.body or "")
        payload, issue, labels = self._changes(ref, edit), None, None
        if payload:
            issue = fields.issue(self._change(ref, "PATCH", fields.path(ref), payload).body, ref.repository)
            if edit.body is not None and issue.body.rstrip() != edit.body.replace("\r\n", "\n").rstrip():
                raise TrackerError(f"GitHub kept the old body of {ref.repository}#{ref.number}: it may be too long")
        if edit.add_labels:
            self._make_labels(ref.repository, edit.add_labels)
            answer = self._change(ref, "POST", f"{fields.path(ref)}/labels", {"labels": list(edit.add_labels)})
            labels = fields.labels(answer.body)
        for name in edit.remove_labels:
            # 404 also means that the label is no longer on the issue, as intended: another worker may have been faster.
            answer = self._api.write("DELETE", f"{fields.path(ref)}/labels/{quote(name, safe='')}")
            if answer.status == _OK:
                labels = fields.labels(answer.body)
            elif labels is not None:
                labels = frozenset(one for one in labels if one.lower() != name.lower())
        # Use the answers to the writes; a later read may include changes by others.
        issue = issue or self.get(ref)
        return issue if labels is None else replace(issue, labels=labels)

    def comment(self, ref: IssueRef, body: str) -> None:
        """See `IssueTracker.comment`."""
        fields.check("", body)
        self._change(ref, "POST", f"{fields.path(ref)}/comments", {"body": body})

    def comments(self, ref: IssueRef, since: datetime) -> Sequence[IssueComment]:
        """See `IssueTracker.comments`."""
        found = []
        for item in self._api.pages(f"{fields.path(ref)}/comments", follow=False, since=fields.time_text(since)):
            if isinstance(item, Answer):
                raise fields.moved(ref, self._read(ref)) if fields.is_elsewhere(item) else self._gone(ref, item)
            author = (item.get("user") or {}).get("login", "")
            found.append(IssueComment(item["id"], author, item.get("body") or "", fields.time(item["created_at"])))
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
            stays = self._api.read(fields.path(IssueRef(ref.repository, edit.duplicate_of, "")))
            if isinstance(stays.body, dict) and isinstance(stays.body.get("id"), int):
                payload["duplicate_issue_id"] = stays.body["id"]
        return payload

    def _change(self, ref: IssueRef, method: str, path: str, payload: dict[str, Any]) -> Answer:
        answer = self._api.write(method, path, payload)
        if fields.is_elsewhere(answer):
            raise fields.moved(ref, self._read(ref))
        if answer.status in _GONE:
            # Only the issue itself can say that it is gone.
            self._read(ref)
            raise TrackerError(f"GitHub answered {answer.status} to {method} {path}, although the issue is there")
        self._expect(answer, f"{method} {path}")
        return answer

    def _expect(self, answer: Answer, what: str) -> None:
        if answer.status >= 300:  # noqa: PLR2004  # HTTP's own number
            now_s = self._clock.now().timestamp()
            raise error_of(answer.status, answer.headers, answer.body, what=what, writes=True, now_s=now_s)

    def _gone(self, ref: IssueRef, answer: Answer) -> TrackerError:
        """Return why an issue cannot be read: deleted, moved, or the repository is inaccessible."""
        if answer.status not in _GONE:
            return RepositoryParked(f"{ref.repository} cannot be read: GitHub answered {answer.status}")
        home = self._api.read(f"/repos/{ref.repository}")
        if not isinstance(home.body, dict) or "has_issues" not in home.body:
            return RepositoryParked(f"{ref.repository} cannot be read: GitHub answered {home.status}")
        if not home.body["has_issues"]:
            return RepositoryParked(f"issues are switched off in {ref.repository}")
        if answer.status == _GONE[0]:
            # A renamed repository may no longer answer under its old name.
            full = str(home.body.get("full_name") or ref.repository)
            if full.lower() != ref.repository.lower():
                self._names[ref.repository] = full
                return IssueMoved(f"{ref.repository} is {full} now", full, ref.number)
        return IssueGone(f"{ref.repository}#{ref.number} was deleted")

    def _now(self, repository: str) -> str:
        """Return the repository's present name, as far as known."""
        for _ in range(_MAX_NAMES):
            if (after := self._names.get(repository, repository)) == repository:
                return repository
            repository = after
        return repository

    def _renamed(self, repository: str) -> str:
        """Ask the repository for its present name. Raises `RepositoryParked` if it does not answer."""
        home = self._api.read(f"/repos/{repository}")
        full = home.body.get("full_name") if isinstance(home.body, dict) else None
        if not full or full == repository:
            raise RepositoryParked(f"{repository} moved to where it cannot be read: GitHub answered {home.status}")
        self._names[repository] = str(full)
        return str(full)

    def _make_labels(self, repository: str, names: Sequence[str]) -> None:
        """Create missing labels; GitHub would create them grey and without a description."""
        if repository not in self._labels:
            items = list(self._api.pages(f"/repos/{repository}/labels"))
            self._labels[repository] = {item["name"].lower() for item in items if isinstance(item, dict)}
        for name in names:
            if name.lower() not in self._labels[repository]:
                payload = {"name": name, "color": _COLORS.get(name, _OTHER_COLOR), "description": "Set by Log Gardener"}
                answer = self._api.write("POST", f"/repos/{repository}/labels", payload)
                # Without the right to create labels GitHub drops them; the new issue shows it.
                if answer.status < 300 or is_repeat(answer.body):  # noqa: PLR2004  # HTTP's own number
                    self._labels[repository].add(name.lower())
