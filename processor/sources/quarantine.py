"""Quarantined messages as a source, to try them again after a fix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from processor.model import ReceivedMessage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from processor.model import Rejected


class QuarantineSource:
    """See `processor.model.ports.Source`. Messages that were stored only in part are skipped."""

    def __init__(self, rejected: Iterable[Rejected]) -> None:
        self._left = [
            ReceivedMessage(one.raw, one.id, source=one.source, offset=one.offset)
            for one in rejected
            if len(one.raw) == one.size
        ]
        self.ids = frozenset(message.message_id for message in self._left)

    def pull(self, max_messages: int, timeout_s: float) -> Sequence[ReceivedMessage]:  # noqa: ARG002
        """See `Source.pull`."""
        part, self._left = self._left[:max_messages], self._left[max_messages:]
        return part

    def ack(self, messages: Sequence[ReceivedMessage]) -> None:
        """Do nothing: the caller drops decoded messages; see `Source.ack`."""

    def release(self, messages: Sequence[ReceivedMessage]) -> None:
        """Do nothing: the messages are still in quarantine; see `Source.release`."""

    def exhausted(self) -> bool:
        """See `Source.exhausted`."""
        return not self._left

    def close(self) -> None:
        """See `Source.close`."""
