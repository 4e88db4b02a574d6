"""The embedded `IssueTracker`: one Markdown file per issue, readable and diffable; the default without set-up.

    issues/0001-shop-payment-failed.md     front matter between +++ lines (TOML), then the body
    issues/0001-comments.md                comments, each after a line with author and time

Files are replaced whole, so a reader never sees half of one. A new issue takes its number by creating its file
exclusively: two processes never write the same file. People may edit: `state = "closed"` in the front matter closes.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from processor.model import Issue, IssueComment, IssueRef
from processor.model.errors import IssueGone, RepositoryParked, TrackerError
from processor.model.patterns import regex
from sinks.redact import leak

if TYPE_CHECKING:
    from collections.abc import Sequence

    from processor.model import IssueDraft, IssueEdit
    from processor.model.ports import Clock

_FENCE: Final = "+++"
_NAME: Final = regex(r"(\d{4,})-(?!comments\.md$).*\.md")
_COMMENT: Final = regex(r"^<!-- comment (\d+) by (\S+) at (\S+) -->$", re.MULTILINE)
_REACTION: Final = "<!-- log-gardener: {mark} comment {id} -->"
_ME: Final = "log-gardener"
_LABEL: Final = "log-gardener"
_END: Final = "<!-- log-gardener:end -->"
_SLUG_WORDS: Final = 8
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class FolderTracker:
    """See `processor.model.ports.IssueTracker`. Anybody who can write to the folder has write access."""

    settle_s = 5.0
    body_interval_s = 0.0

    def __init__(self, path: str, *, clock: Clock) -> None:
        self._folder = Path(path)
        self._clock = clock
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TrackerError(f"the folder of issues {path} cannot be made: {error.strerror}") from None

    def reserve(self) -> None:
        """Return at once: a folder has no write limit; see `IssueTracker.reserve`."""

    def repositories(self) -> Sequence[str]:
        """See `IssueTracker.repositories`."""
        return [str(self._folder)]

    def repository(self, service: str) -> str:  # noqa: ARG002  # one folder holds them all
        """See `IssueTracker.repository`."""
        return str(self._folder)

    def listing(self, repository: str, since: datetime | None, *, labelled: bool = True) -> Sequence[Issue]:
        """See `IssueTracker.listing`; never lags."""
        del repository
        issues = [self._read(path) for path in sorted(self._folder.iterdir()) if _NAME.fullmatch(path.name)]
        return [
            issue
            for issue in issues
            if issue and (since is None or issue.updated_at >= since) and (not labelled or _LABEL in issue.labels)
        ]

    def get(self, ref: IssueRef) -> Issue:
        """See `IssueTracker.get`."""
        issue = self._read(self._path(ref.number))
        if issue is None:
            raise IssueGone(f"the issue {ref.number} is not in {self._folder} any more")
        return issue

    def create(self, draft: IssueDraft) -> Issue:
        """See `IssueTracker.create`; whole or not at all."""
        _check(draft.title, draft.body)
        now = self._clock.now()
        number = max(
            (int(found[1]) for path in self._folder.iterdir() if (found := _NAME.fullmatch(path.name))), default=0
        )
        while True:
            number += 1
            # The number is claimed by a link that must not exist yet; the name after it is for people.
            path = self._folder / f"{number:04}-{_slug(draft.title)}.md"
            issue = Issue(
                ref=IssueRef(str(self._folder), number, str(path)),
                title=draft.title,
                body=draft.body,
                labels=frozenset(draft.labels),
                open=True,
                reason="",
                created_at=now,
                updated_at=now,
                closed_at=None,
            )
            if self._claim(number):
                self._write(path, issue, draft.assignees)
                return issue

    def edit(self, ref: IssueRef, edit: IssueEdit) -> Issue:
        """See `IssueTracker.edit`."""
        _check(edit.title or "", edit.body or "")
        issue, now = self.get(ref), self._clock.now()
        closing, opening = edit.open is False and issue.open, edit.open is True and not issue.open
        edited = replace(
            issue,
            title=edit.title or issue.title,
            body=edit.body or issue.body,
            labels=(issue.labels - set(edit.remove_labels)) | set(edit.add_labels),
            open=issue.open if edit.open is None else edit.open,
            reason=edit.reason if closing else "" if opening else issue.reason,
            closed_at=now if closing else None if opening else issue.closed_at,
            updated_at=now,
        )
        path = self._path(ref.number)
        self._write(path, edited, self._front(path)[0].get("assignees", ()))
        return edited

    def comment(self, ref: IssueRef, body: str) -> None:
        """See `IssueTracker.comment`; whole or not at all."""
        self.get(ref)
        path = self._comments_path(ref)
        before = path.read_text("utf-8") if path.exists() else ""
        number = 1 + max((int(found[1]) for found in _COMMENT.finditer(before)), default=0)
        head = f"<!-- comment {number} by {_ME} at {self._clock.now().isoformat()} -->"
        # A line of the text that looks like such a head would begin another comment.
        inert = _COMMENT.sub(lambda found: f" {found[0]}", body.rstrip())
        self._replace(path, f"{before}{head}\n{inert}\n\n")

    def comments(self, ref: IssueRef, since: datetime) -> Sequence[IssueComment]:
        """See `IssueTracker.comments`. A person adds a comment by appending such a line and a text below it."""
        path = self._comments_path(ref)
        if not path.exists():
            return []
        text = path.read_text("utf-8")
        heads = list(_COMMENT.finditer(text))
        found = []
        for head, following in zip(heads, [*heads[1:], None], strict=True):
            at = _time(head[3])
            body = text[head.end() : following.start() if following else len(text)].strip("\n")
            if at is not None and at >= since:
                found.append(IssueComment(int(head[1]), head[2], body, at))
        return found

    def may_steer(self, ref: IssueRef, author: str) -> bool:  # noqa: ARG002  # the folder's own rights decide
        """See `IssueTracker.may_steer`."""
        return True

    def react(self, ref: IssueRef, comment: IssueComment, *, understood: bool) -> None:
        """See `IssueTracker.react`: a separate line at the end of the comments."""
        line = _REACTION.format(mark="done" if understood else "not understood", id=comment.id)
        path = self._comments_path(ref)
        text = path.read_text("utf-8") if path.exists() else ""
        if line not in text.splitlines():
            self._replace(path, f"{text.rstrip()}\n\n{line}\n\n")

    def close(self) -> None:
        """See `IssueTracker.close`."""

    # --- files ----------------------------------------------------------------------------------------
    def _claim(self, number: int) -> bool:
        """Claim a number. The claim stays, so a number is never reused, even after a file was deleted."""
        taken = self._folder / ".numbers"
        taken.mkdir(exist_ok=True)
        try:
            os.close(os.open(taken / str(number), os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except FileExistsError:
            return False
        except OSError as error:
            raise RepositoryParked(f"{self._folder} cannot be written: {error.strerror}") from None
        return True

    def _path(self, number: int) -> Path:
        found = [path for path in self._folder.glob(f"{number:04}-*.md") if _NAME.fullmatch(path.name)]
        if not found:
            raise IssueGone(f"the issue {number} is not in {self._folder} any more")
        return found[0]

    def _comments_path(self, ref: IssueRef) -> Path:
        return self._folder / f"{ref.number:04}-comments.md"

    def _read(self, path: Path) -> Issue | None:
        """Return the issue in a file; None for a file that people added or damaged."""
        found = _NAME.fullmatch(path.name)
        front, body = self._front(path)
        created, updated = _time(front.get("created_at")), _time(front.get("updated_at"))
        if not found or created is None or updated is None or not isinstance(front.get("title"), str):
            return None
        comments = self._folder / f"{int(found[1]):04}-comments.md"
        changed = [path, *([comments] if comments.exists() else [])]
        touched = max(_EPOCH + _MICROSECOND * (one.stat().st_mtime_ns // 1000) for one in changed)
        return Issue(
            ref=IssueRef(str(self._folder), int(found[1]), str(path)),
            title=front["title"],
            body=body,
            labels=frozenset(str(name) for name in front.get("labels", ())),
            open=front.get("state") != "closed",
            reason=str(front.get("reason", "")),
            created_at=created,
            # A person's editor does not write updated_at; the file system does.
            updated_at=max(updated, touched),
            closed_at=_time(front.get("closed_at")),
            comments=len(_COMMENT.findall(comments.read_text("utf-8"))) if comments.exists() else 0,
        )

    def _front(self, path: Path) -> tuple[dict[str, Any], str]:
        try:
            head, _, body = path.read_text("utf-8").removeprefix(f"{_FENCE}\n").partition(f"\n{_FENCE}\n")
            return tomllib.loads(head), body.removeprefix("\n")
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
            return {}, ""

    def _write(self, path: Path, issue: Issue, assignees: Sequence[str]) -> None:
        front: dict[str, object] = {
            "title": issue.title,
            "state": "open" if issue.open else "closed",
            "reason": issue.reason,
            "labels": sorted(issue.labels),
            "assignees": list(assignees),
            "created_at": issue.created_at.isoformat(),
            "updated_at": issue.updated_at.isoformat(),
            "closed_at": issue.closed_at.isoformat() if issue.closed_at else "",
        }
        # JSON strings and arrays are valid TOML except for DEL, which TOML wants escaped.
        lines = [
            f"{name} = {json.dumps(value, ensure_ascii=False)}".replace("\x7f", "\\u007f")
            for name, value in front.items()
        ]
        head = "\n".join(lines)
        self._replace(path, f"{_FENCE}\n{head}\n{_FENCE}\n\n{issue.body}", issue.updated_at)

    def _replace(self, path: Path, text: str, at: datetime | None = None) -> None:
        part = self._folder / f".{path.name}.{secrets.token_hex(4)}"
        try:
            part.write_text(text, "utf-8")
            # Our writes carry our time, so that a later time reveals a person's edit.
            ours = ((at or self._clock.now()) - _EPOCH) // _MICROSECOND * 1000
            os.utime(part, ns=(ours, ours))
            part.replace(path)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise RepositoryParked(f"{path} cannot be written: {error.strerror}") from None


def _check(title: str, body: str) -> None:
    if kind := leak(title) or leak(body.split(_END, 1)[0]):
        raise TrackerError(f"not written: the text still holds what looks like a secret ({kind})")


def _slug(title: str) -> str:
    words = re.findall(r"[a-z0-9]+", title.lower())
    return "-".join(words[:_SLUG_WORDS])[:60].strip("-") or "issue"


def _time(value: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) and value else None
    except ValueError:
        return None
    return at if at is not None and at.tzinfo is not None else None
