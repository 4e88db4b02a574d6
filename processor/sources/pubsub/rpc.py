"""The three requests of a subscriber, as raw protobuf stubs, and the meaning of their errors.

Raw stubs process 5 to 10 times as many messages per CPU second as the library's callback, which spends 34 µs a message
on proto-plus alone. They lack routing header, deadline and retry, so these are added here. The clients are the
generated ones: the hand-written library around them adds threads, not needed here.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import grpc
from google.api_core.exceptions import GoogleAPICallError
from google.auth.exceptions import DefaultCredentialsError
from google.pubsub_v1 import SubscriberClient, types
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from processor.model.errors import GardenerError, SourceError, Transient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

MAX_IDS: Final = 1000
"""Ids per request: 524,288 bytes are allowed, and an id may be up to 500 bytes long (it grew from 164 to over 210)."""
CALL_S: Final = 2.0
"""Deadline of an acknowledgement; with `_ATTEMPTS` it fits the time between SIGTERM and SIGKILL."""
_ATTEMPTS: Final = 2

_TRANSIENT: Final = frozenset({
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.UNKNOWN,
})  # fmt: skip
_MENDING: Final = {
    grpc.StatusCode.NOT_FOUND: (
        "does not exist; create it: gcloud pubsub subscriptions create {name} --topic=TOPIC --project={project}"
        " --ack-deadline=300"
    ),
    grpc.StatusCode.PERMISSION_DENIED: (
        "may not be read by this account; allow it: gcloud pubsub subscriptions add-iam-policy-binding {name}"
        " --project={project} --member=serviceAccount:WORKER --role=roles/pubsub.subscriber"
    ),
    grpc.StatusCode.UNAUTHENTICATED: (
        "asks who is calling; log in: gcloud auth application-default login, or run as a service account"
    ),
    grpc.StatusCode.FAILED_PRECONDITION: (
        "cannot be pulled: it pushes, or its topic is gone; make it a pull subscription:"
        " gcloud pubsub subscriptions update {name} --project={project} --push-endpoint=''"
    ),
}


class SubscriptionFacts(NamedTuple):
    """Settings of the subscription. `dead_letter_topic` is "" without a dead-letter policy."""

    ack_deadline_s: int
    dead_letter_topic: str


def is_transient(code: grpc.StatusCode) -> bool:
    """Return whether the same request may succeed later; the only retry decision."""
    return code in _TRANSIENT


def named(code: grpc.StatusCode, detail: str, subscription: str) -> GardenerError:
    """Return the error for a refused request: `Transient`, or a `SourceError` with the command that fixes it."""
    if is_transient(code):
        return Transient(f"subscription {subscription}: {code.name}: {detail}")
    parts = subscription.split("/")
    mending = _MENDING.get(code)
    if mending is None:
        return SourceError(f"subscription {subscription}: {code.name}: {detail}; `gardener doctor` checks the set-up")
    return SourceError(f"subscription {subscription} {mending.format(name=parts[-1], project=parts[1])}")


def chunks(ids: Sequence[str]) -> Iterator[list[str]]:
    """Split ids into requests of at most `MAX_IDS`; no ids give no request, since the server refuses an empty one."""
    for start in range(0, len(ids), MAX_IDS):
        yield list(ids[start : start + MAX_IDS])


def make_client(client: Any) -> Any:
    """Return a client of this generated class, for the emulator if PUBSUB_EMULATOR_HOST is set.

    Raises `SourceError`.
    """
    emulator = os.environ.get("PUBSUB_EMULATOR_HOST")
    if emulator:
        # Without removing the limit, a pull of large entries is refused at 4 MiB.
        channel = grpc.insecure_channel(emulator, options=[("grpc.max_receive_message_length", -1)])
        return client(transport=client.get_transport_class("grpc")(channel=channel))
    try:
        return client()
    except DefaultCredentialsError:
        raise SourceError(
            "no Google credentials found; log in: gcloud auth application-default login,"
            " or set PUBSUB_EMULATOR_HOST for the emulator"
        ) from None


class Wire:
    """A subscription's requests. Honours PUBSUB_EMULATOR_HOST. Safe to use from several threads."""

    def __init__(self, subscription: str) -> None:
        self.subscription = subscription
        self._client: Any = make_client(SubscriberClient)
        channel = self._client.transport.grpc_channel
        self._metadata = [("x-goog-request-params", f"subscription={subscription}")]
        self._pull_request: Any = types.PullRequest.pb()
        self._ack_request: Any = types.AcknowledgeRequest.pb()
        self._modack_request: Any = types.ModifyAckDeadlineRequest.pb()
        self._pull = channel.unary_unary(
            "/google.pubsub.v1.Subscriber/Pull",
            request_serializer=self._pull_request.SerializeToString,
            response_deserializer=types.PullResponse.pb().FromString,
        )
        self._ack = channel.unary_unary(
            "/google.pubsub.v1.Subscriber/Acknowledge",
            request_serializer=self._ack_request.SerializeToString,
            response_deserializer=_as_is,
        )
        self._modack = channel.unary_unary(
            "/google.pubsub.v1.Subscriber/ModifyAckDeadline",
            request_serializer=self._modack_request.SerializeToString,
            response_deserializer=_as_is,
        )

    def facts(self, timeout_s: float) -> SubscriptionFacts | None:
        """Return the subscription's settings; None if this account may pull but not view it.

        Raises `SourceError`, `Transient`.
        """
        try:
            found = self._client.get_subscription(subscription=self.subscription, timeout=timeout_s, retry=None)
        except GoogleAPICallError as error:
            code = error.grpc_status_code or grpc.StatusCode.UNKNOWN
            if code is grpc.StatusCode.PERMISSION_DENIED:
                return None
            raise named(code, error.message or "", self.subscription) from None
        return SubscriptionFacts(found.ack_deadline_seconds, found.dead_letter_policy.dead_letter_topic)

    def start_pull(self, max_messages: int, timeout_s: float) -> Any:
        """Start a pull and return it, a `grpc.Future` of a raw PullResponse."""
        request = self._pull_request(subscription=self.subscription, max_messages=max_messages)
        return self._pull.future(request, timeout=timeout_s, metadata=self._metadata)

    def ack(self, ids: Sequence[str]) -> None:
        """Acknowledge. Raises `SourceError`, `Transient`."""
        for part in chunks(ids):
            request = self._ack_request(subscription=self.subscription, ack_ids=part)
            self._call(self._ack, request)

    def modack(self, ids: Sequence[str], seconds: int) -> None:
        """Set the deadline of these to this many seconds from now; 0 returns them. Raises as `ack`."""
        for part in chunks(ids):
            request = self._modack_request(subscription=self.subscription, ack_ids=part, ack_deadline_seconds=seconds)
            self._call(self._modack, request)

    def close(self) -> None:
        """Close the channel."""
        self._client.transport.close()

    def _call(self, stub: Callable[..., Any], request: Any) -> None:
        retrying = Retrying(
            retry=retry_if_exception_type(Transient),
            wait=wait_random_exponential(multiplier=0.1, max=1),
            stop=stop_after_attempt(_ATTEMPTS),
            reraise=True,
        )
        retrying(self._call_once, stub, request)

    def _call_once(self, stub: Callable[..., Any], request: Any) -> None:
        try:
            stub(request, timeout=CALL_S, metadata=self._metadata)
        except grpc.RpcError as error:
            # A grpc.RpcError of a finished call is also a grpc.Call; its type does not show it.
            call: Any = error
            if call.code() is grpc.StatusCode.INVALID_ARGUMENT:
                # Expired ids, with exactly-once delivery; the valid ids of the request are acknowledged, and
                # the others are delivered again.
                return
            raise named(call.code(), call.details() or "", self.subscription) from None


def _as_is(data: bytes) -> bytes:
    """Return an empty answer; grpc takes None for an unreadable answer."""
    return data
