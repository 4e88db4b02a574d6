"""Entries from a Pub/Sub subscription: several pulls in flight, a bounded queue, leases extended for slow commits.

Promises: only `ack` acknowledges, and does not wait for the answers; at most `max_messages` and about `max_bytes` are
held, so a caller that stops pulling stops the pulls; the deadline of a held message does not expire; during an outage
it retries with growing pauses, and `pull` reports it. It does not decode or detect duplicates: delivery is at least
once, and the ledger deduplicates.
Exactly-once delivery is not used: it covers message ids only.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final

import grpc
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_when_event_set,
    wait_random_exponential,
)
from tenacity.nap import sleep_using_event

from processor.model import ReceivedMessage
from processor.model.errors import GardenerError, Transient
from processor.sources.pubsub.acks import Acknowledger
from processor.sources.pubsub.rpc import MAX_IDS, Wire, named

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_PULL_S: Final = 20.0
_FACTS_S: Final = 10.0
_MAX_WAIT_S: Final = 10.0
_FIRST_SIZE: Final = 262_144
"""Assumed bytes of a message before any was received: Cloud Logging's largest."""
_DEFAULT_DEADLINE_S: Final = 10
_GRACE_S: Final = 0.4
_CLOSE_S: Final = 0.4
_ACK_S: Final = 5.0
"""For the last acknowledgements: both attempts of a request, within the time between SIGTERM and SIGKILL."""


class PubSubSource:
    """See `processor.model.ports.Source`.

    Args:
        subscription: "projects/P/subscriptions/S".
        pullers: pulls in flight. A pull often returns fewer messages than asked for.
        max_messages: held at most, in the queue and on the way to it.
        max_bytes: approximate bytes held; the size of messages in flight is estimated from those received.
        on_pull: called with the messages and the seconds of every pull, from the pullers' threads.
    """

    def __init__(
        self,
        subscription: str,
        *,
        pullers: int = 4,
        max_messages: int = 10_000,
        max_bytes: int = 32 << 20,
        on_pull: Callable[[int, float], None] | None = None,
    ) -> None:
        self._name = subscription
        self._wire = Wire(subscription)
        facts = self._wire.facts(_FACTS_S)
        self._deadline_s = facts.ack_deadline_s if facts else _DEFAULT_DEADLINE_S
        self.dead_letter_topic = facts.dead_letter_topic if facts else ""
        """Topic of the subscription's dead-letter policy, "" when there is none or it may not be read."""
        self._max_messages, self._max_bytes = max_messages, max_bytes
        self._on_pull = on_pull
        self._changed = threading.Condition()
        self._queue: deque[ReceivedMessage] = deque()
        self._queued_bytes = 0
        self._coming = 0
        self._size = float(_FIRST_SIZE)
        self._leases: dict[str, float] = {}
        self._calls: set[Any] = set()
        self._trouble: Transient | None = None
        self._fatal: Exception | None = None
        self._closing = threading.Event()
        self._acks = Acknowledger(self._wire.ack, trouble=self._set_trouble, failed=self._fail)
        self._threads = [threading.Thread(target=self._pull_on, name=f"pull-{n}") for n in range(pullers)]
        self._threads.append(threading.Thread(target=self._renew_on, name="renew"))
        for thread in self._threads:
            thread.daemon = True
            thread.start()

    @property
    def held(self) -> int:
        """Messages in the queue, waiting for `pull`."""
        return len(self._queue)

    def pull(self, max_messages: int, timeout_s: float) -> Sequence[ReceivedMessage]:
        """See `Source.pull`. Raises `Transient` only with an empty queue, after `timeout_s`."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._fatal or self._closing.is_set(), timeout_s)
            if not self._queue:
                if self._fatal is not None:
                    raise self._fatal
                if self._trouble is not None:
                    raise Transient(str(self._trouble))
            taken = [self._queue.popleft() for _ in range(min(max_messages, len(self._queue)))]
            self._queued_bytes -= sum(len(message.data) for message in taken)
            self._changed.notify_all()
        return taken

    @property
    def acknowledging(self) -> int:
        """Messages whose acknowledgement is not answered yet."""
        return len(self._acks)

    def ack(self, messages: Sequence[ReceivedMessage]) -> None:
        """See `Source.ack`. Raises `SourceError` if an earlier one was refused: everything would be delivered again."""
        if self._acks.refused is not None:
            raise self._acks.refused
        self._acks.add(self._settle(messages))

    def release(self, messages: Sequence[ReceivedMessage]) -> None:
        """See `Source.release`."""
        self._give_back(self._settle(messages))

    def exhausted(self) -> bool:
        """Return False: a subscription is never exhausted; see `Source.exhausted`."""
        return False

    def close(self) -> None:
        """See `Source.close`: ends the pulls in flight and returns all unacknowledged messages."""
        if self._closing.is_set():
            return
        self._closing.set()
        with self._changed:
            self._changed.notify_all()
        self._acks.close(_ACK_S)
        # Cancelling a pull that is just being answered would leave its messages waiting for their
        # deadline; if there are messages, an answer takes milliseconds.
        self._join(_GRACE_S)
        for call in list(self._calls):
            call.cancel()
        self._join(_CLOSE_S)
        with self._changed:
            self._queue.clear()
            held = list(self._leases)
        self._give_back(held)
        self._wire.close()

    def _join(self, seconds: float) -> None:
        ends = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(ends - time.monotonic(), 0))

    def _give_back(self, ids: Sequence[str]) -> None:
        # Refused or unanswered messages are delivered again after their deadline.
        with contextlib.suppress(GardenerError):
            self._wire.modack(ids, 0)

    def _settle(self, messages: Sequence[ReceivedMessage]) -> list[str]:
        ids = [message.ack_id for message in messages]
        with self._changed:
            for ack_id in ids:
                self._leases.pop(ack_id, None)
        return ids

    # --- pulling --------------------------------------------------------------------------------------
    def _pull_on(self) -> None:
        retrying = Retrying(
            retry=retry_if_exception_type(Transient),
            wait=wait_random_exponential(multiplier=0.1, max=_MAX_WAIT_S),
            sleep=sleep_using_event(self._closing),
            stop=stop_when_event_set(self._closing),
            before_sleep=self._note,
            reraise=True,
        )
        try:
            while not self._closing.is_set():
                retrying(self._pull_once)
        except Transient:
            return  # closing
        except Exception as error:  # noqa: BLE001  # the edge of a thread: `pull` raises it where it ends the process
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        with self._changed:
            self._fatal = error
            self._changed.notify_all()

    def _set_trouble(self, error: Transient) -> None:
        self._trouble = error

    def _note(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, Transient):
            self._trouble = error

    def _pull_once(self) -> None:
        asked = self._reserve()
        if not asked:
            return
        started = time.monotonic()
        received: Sequence[Any] = ()
        try:
            call = self._wire.start_pull(asked, _PULL_S)
            self._calls.add(call)
            try:
                received = call.result().received_messages
                self._trouble = None
            finally:
                self._calls.discard(call)
        except grpc.FutureCancelledError:
            return
        except grpc.RpcError as error:
            call_error: Any = error
            code = call_error.code()
            # A pull that found nothing in time is an empty pull, reported late.
            if code is not grpc.StatusCode.DEADLINE_EXCEEDED:
                raise named(code, call_error.details() or "", self._name) from None
        finally:
            self._take_in(asked, received)
        if self._on_pull is not None:
            self._on_pull(len(received), time.monotonic() - started)

    def _reserve(self) -> int:
        """Wait for room and return the number of messages to request; 0 when closing."""
        with self._changed:
            while not self._closing.is_set():
                room = self._max_messages - len(self._queue) - self._coming
                left = self._max_bytes - self._queued_bytes - self._coming * self._size
                asked = int(min(MAX_IDS, room, left / self._size))
                if asked > 0:
                    self._coming += asked
                    return asked
                self._changed.wait()
        return 0

    def _take_in(self, asked: int, received: Sequence[Any]) -> None:
        # Each access to a field of a protobuf message makes an object.
        messages = [
            ReceivedMessage((message := one.message).data, message.message_id, one.ack_id, self._name)
            for one in received
        ]
        size = sum(len(message.data) for message in messages)
        # A second of grace: the server's clock started before the answer arrived.
        ends = time.monotonic() + self._deadline_s - 1
        with self._changed:
            self._coming -= asked
            if messages:
                # Rises at once, falls slowly: large messages arrive in bursts.
                self._size = max(size / len(messages), self._size / 2, 1.0)
                self._queue.extend(messages)
                self._queued_bytes += size
                self._leases.update((message.ack_id, ends) for message in messages)
            self._changed.notify_all()

    # --- leases ---------------------------------------------------------------------------------------
    def _renew_on(self) -> None:
        while not self._closing.wait(max(self._deadline_s / 10, 1.0)):
            self._renew(time.monotonic())

    def _renew(self, now: float) -> None:
        """Extend leases that would expire within half a deadline."""
        with self._changed:
            soon = [ack_id for ack_id, ends in self._leases.items() if ends < now + self._deadline_s / 2]
        for start in range(0, len(soon), MAX_IDS):
            part = soon[start : start + MAX_IDS]
            try:
                self._wire.modack(part, self._deadline_s)
            except Transient as error:
                self._trouble = error
                return
            except GardenerError as error:
                self._fail(error)
                return
            with self._changed:
                for ack_id in part:
                    if ack_id in self._leases:
                        self._leases[ack_id] = time.monotonic() + self._deadline_s - 1
