"""Publish messages that could not be decoded to the dead-letter topic, with the reason as an attribute.

At least once: a worker that dies between publishing and acknowledging publishes again. The quarantine in the store
holds the same messages, each once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import grpc
from google.api_core.exceptions import GoogleAPICallError
from google.pubsub_v1 import PublisherClient, types

from processor.model.errors import SourceError, Transient
from processor.sources.pubsub.rpc import is_transient, make_client

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from processor.model import Rejected

_PUBLISH_S: Final = 3.0
_MAX_MESSAGES: Final = 1000
_MAX_BYTES: Final = 3 << 20
"""Data bytes in a request; 10 MB are allowed, the emulator accepts 4 MiB."""
_MAX_VALUE: Final = 1000
"""Bytes of an attribute; 1,024 are allowed."""


class DeadLetterTopic:
    """Callable with rejected messages. `topic` is "projects/P/topics/T"; PUBSUB_EMULATOR_HOST is honoured."""

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self._client: Any = make_client(PublisherClient)

    def __call__(self, rejected: Sequence[Rejected]) -> None:
        """Publish them all. Raises `Transient`, and `SourceError` if the topic refuses them permanently."""
        for part in _requests(rejected):
            try:
                self._client.publish(topic=self._topic, messages=part, timeout=_PUBLISH_S, retry=None)
            except GoogleAPICallError as error:
                code = error.grpc_status_code or grpc.StatusCode.UNKNOWN
                if is_transient(code):
                    raise Transient(f"topic {self._topic}: {code.name}: {error.message}") from None
                raise SourceError(
                    f"the dead-letter topic {self._topic} refuses messages ({code.name}: {error.message}); create it:"
                    f" gcloud pubsub topics create {self._topic}, and let the worker publish: gcloud pubsub"
                    f" topics add-iam-policy-binding {self._topic} --member=serviceAccount:WORKER"
                    " --role=roles/pubsub.publisher"
                ) from None

    def close(self) -> None:
        """Close the channel."""
        self._client.transport.close()


def _requests(rejected: Sequence[Rejected]) -> Iterator[list[Any]]:
    part: list[Any] = []
    size = 0
    for one in rejected:
        if part and (len(part) == _MAX_MESSAGES or size + len(one.raw) > _MAX_BYTES):
            yield part
            part, size = [], 0
        part.append(_message(one))
        size += len(one.raw)
    if part:
        yield part


def _message(one: Rejected) -> Any:
    """Return the message as received, cut as in quarantine; a message without data needs at least an attribute."""
    attributes = {
        "reason": _cut(one.reason),
        "rejected_id": one.id,
        "rejected_at": one.at.isoformat(),
        "source": _cut(one.source),
        "size": str(one.size),
    }
    return types.PubsubMessage(data=one.raw, attributes=attributes)


def _cut(text: str) -> str:
    return text.encode("utf-8", "replace")[:_MAX_VALUE].decode("utf-8", "ignore")
