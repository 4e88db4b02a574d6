"""Every error that crosses a module border, in one tree.

There are exactly three outcomes. `Transient`: back off and retry, nothing is acknowledged. `Rejected` (a value in
`processor.model`, not an exception): quarantined with a reason, never retried. Anything else ends the process;
un-acknowledged messages are delivered again and the model is rebuilt.
"""


class GardenerError(Exception):
    """An error known to Log Gardener. Its text is a sentence for the operator."""

    exit_code = 1


class ConfigError(GardenerError):
    """An unusable setting, flag or file; the text names it and the remedy."""

    exit_code = 2


class StateError(GardenerError):
    """The stored state cannot be used: wrong schema version, damaged, read-only."""

    exit_code = 3


class SourceError(GardenerError):
    """The source cannot be read: a missing file, a directory, a subscription that does not exist."""

    exit_code = 4


class TooManyRejected(SourceError):
    """Most messages cannot be decoded: the fault is ours, and they do not belong in quarantine."""


class Transient(GardenerError):
    """An outside part did not answer or asked to wait; the same call may be repeated."""

    exit_code = 5


class RateLimited(Transient):
    """The issue tracker asks to wait; nothing was written. `retry_after_s` is the waiting time."""

    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class OutcomeUnknown(Transient):
    """The issue tracker may or may not have carried out a write: check before repeating it."""


class Conflict(Transient):
    """Another writer was first: read again, decide again, commit again."""


class CheckpointTooLarge(GardenerError):
    """More than the store accepts in a commit; nothing was applied. Commit the same messages in smaller parts."""


class TrackerError(GardenerError):
    """The issue tracker refused permanently: permission, validation, a repository that is gone."""

    exit_code = 6


class IssueGone(TrackerError):
    """The issue was deleted or is not readable; the repository itself is readable."""


class IssueMoved(TrackerError):
    """The issue was transferred, or its repository renamed; `repository` and `number` are its new place."""

    def __init__(self, message: str, repository: str, number: int) -> None:
        super().__init__(message)
        self.repository = repository
        self.number = number


class IssueLocked(TrackerError):
    """The conversation is locked or full: no comment can be added."""


class RepositoryParked(TrackerError):
    """Nothing can be written to this repository: archived, issues off, no permission, labels dropped."""
