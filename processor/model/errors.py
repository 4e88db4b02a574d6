"""Every error that crosses a module border, in one tree.

There are three outcomes and no fourth. `Transient`: back off and try again, nothing is acknowledged.
`Rejected` (a value in `processor.model`, not an exception): quarantined with a reason, never retried.
Anything else ends the process; un-acknowledged messages come back and the model is rebuilt.
"""


class GardenerError(Exception):
    """Something Log Gardener can name. Its text is a sentence for the person who runs it."""

    exit_code = 1


class ConfigError(GardenerError):
    """A setting, flag or file that cannot be used as given; says which one and what to do."""

    exit_code = 2


class StateError(GardenerError):
    """The stored state cannot be used: wrong schema version, damaged, read-only."""

    exit_code = 3


class SourceError(GardenerError):
    """The source cannot be read: a missing file, a directory, a subscription that does not exist."""

    exit_code = 4


class TooManyRejected(SourceError):
    """Most of what arrives cannot be decoded: the fault is ours, quarantine is no place for all of it."""


class Transient(GardenerError):
    """The outside part did not answer or asked to wait; the same call may be repeated."""

    exit_code = 5


class RateLimited(Transient):
    """The issue tracker asks to wait; nothing was written. `retry_after_s` says how long."""

    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class OutcomeUnknown(Transient):
    """The issue tracker may or may not have written what it was asked to: look before asking again."""


class Conflict(Transient):
    """Another writer came first: read again, decide again, commit again."""


class CheckpointTooLarge(GardenerError):
    """More than the store can take in one commit; nothing was applied. Commit the same messages in smaller parts."""


class TrackerError(GardenerError):
    """The issue tracker refused for good: permission, validation, a repository that is gone."""

    exit_code = 6


class IssueGone(TrackerError):
    """The issue was deleted, or lies where it cannot be read; the repository itself can be read."""


class IssueMoved(TrackerError):
    """The issue was transferred, or its repository renamed; `repository` and `number` say where it is now."""

    def __init__(self, message: str, repository: str, number: int) -> None:
        super().__init__(message)
        self.repository = repository
        self.number = number


class IssueLocked(TrackerError):
    """The conversation is locked or full: no comment can be added."""


class RepositoryParked(TrackerError):
    """Nothing can be written to this repository: archived, issues off, no permission, labels dropped."""
