"""Check a subscription and its dead letters, with the command that fixes each fault; changes nothing.

Permissions are queried from the service itself (`testIamPermissions`); the emulator has none, so the check is skipped
there.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

import grpc
from google.api_core.exceptions import GoogleAPICallError
from google.iam.v1 import iam_policy_pb2
from google.pubsub_v1 import PublisherClient, SubscriberClient

from processor.model import Finding, Grade
from processor.sources.pubsub.rpc import make_client, named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_CALL_S: Final = 10.0
_SHORT_DEADLINE_S: Final = 60
_GONE: Final = "_deleted-topic_"
_PUBLISHER: Final = "roles/pubsub.publisher"


def check(subscription: str, dead_letter: str) -> Iterator[Finding]:
    """Check everything that the worker needs of Pub/Sub. Raises `SourceError`, or `Transient` if it has to give up.

    Args:
        subscription: "projects/P/subscriptions/S".
        dead_letter: the setting: a topic, "none", or "" for the subscription's own.
    """
    subscriber: Any = make_client(SubscriberClient)
    publisher: Any = make_client(PublisherClient)
    try:
        found = subscriber.get_subscription(subscription=subscription, timeout=_CALL_S, retry=None)
    except GoogleAPICallError as error:
        raise named(error.grpc_status_code or grpc.StatusCode.UNKNOWN, error.message or "", subscription) from None
    yield from of_subscription(found)
    topic = dead_letter or found.dead_letter_policy.dead_letter_topic
    if topic not in ("", "none"):
        yield from _of_dead_letters(publisher, topic, found.topic)
    if os.environ.get("PUBSUB_EMULATOR_HOST"):
        yield Finding(Grade.SKIPPED, "rights", "the emulator knows no rights")
        return
    yield from of_rights(subscriber, subscription, "pubsub.subscriptions.consume", "roles/pubsub.subscriber")
    if topic not in ("", "none"):
        yield from of_rights(publisher, topic, "pubsub.topics.publish", _PUBLISHER)
    if found.topic != _GONE:
        yield from of_sink(publisher, found.topic)


def of_subscription(found: Any) -> Iterator[Finding]:
    """Judge the settings of a subscription as Pub/Sub reports them."""
    part = "subscription"
    name = found.name.split("/")[-1]
    update = f"gcloud pubsub subscriptions update {name} --project={found.name.split('/')[1]}"
    if found.topic == _GONE:
        mend = f"gcloud pubsub subscriptions delete {found.name}, then create it on the topic that the sink writes to"
        yield Finding(Grade.PROBLEM, part, f"the topic of {found.name} was deleted: nothing comes any more", mend)
    if found.push_config.push_endpoint:
        mend = f"{update} --push-endpoint=''"
        yield Finding(Grade.PROBLEM, part, f"{found.name} pushes; the worker can only pull", mend)
    if found.ack_deadline_seconds < _SHORT_DEADLINE_S:
        text = f"entries come again after {found.ack_deadline_seconds} s; a slow checkpoint has to extend that often"
        yield Finding(Grade.WARNING, part, text, f"{update} --ack-deadline=300")
    if found.enable_exactly_once_delivery:
        text = "exactly-once delivery is on: it costs throughput, and counts are exact without it"
        yield Finding(Grade.WARNING, part, text, f"{update} --no-enable-exactly-once-delivery")
    if found.expiration_policy.ttl:
        text = "the subscription is deleted when nobody pulls for a while, and entries are lost from then on"
        yield Finding(Grade.WARNING, part, text, f"{update} --expiration-period=never")
    if not found.dead_letter_policy.dead_letter_topic:
        mend = f"{update} --dead-letter-topic=TOPIC --max-delivery-attempts=100"
        yield Finding(
            Grade.WARNING, part, "there is no dead-letter policy: an entry that crashes us comes forever", mend
        )
    yield Finding(Grade.WELL, part, f"{found.name} on {found.topic} exists")


def _of_dead_letters(publisher: Any, topic: str, own_topic: str) -> Iterator[Finding]:
    part = "dead letters"
    if topic == own_topic:
        text = f"{topic} is the topic that the subscription reads: what cannot be decoded would come round forever"
        yield Finding(Grade.PROBLEM, part, text, "name another topic: dead_letter, and the dead-letter policy")
        return
    try:
        publisher.get_topic(topic=topic, timeout=_CALL_S, retry=None)
        readers = list(publisher.list_topic_subscriptions(topic=topic, timeout=_CALL_S, retry=None))
    except GoogleAPICallError as error:
        if error.grpc_status_code is grpc.StatusCode.NOT_FOUND:
            mend = f"gcloud pubsub topics create {topic}"
            yield Finding(Grade.PROBLEM, part, f"the topic {topic} does not exist", mend)
        else:
            yield Finding(Grade.SKIPPED, part, f"{topic} may not be looked at: {error.message}")
        return
    if readers:
        yield Finding(Grade.WELL, part, f"{topic} is kept by {readers[0]}")
        return
    name = topic.rsplit("/", maxsplit=1)[-1]
    mend = f"gcloud pubsub subscriptions create {name} --topic={topic} --message-retention-duration=31d"
    yield Finding(Grade.PROBLEM, part, f"nobody subscribes to {topic}: Pub/Sub drops what is published there", mend)


def of_rights(client: Any, resource: str, permission: str, role: str) -> Iterator[Finding]:
    """Check whether this account has a permission, by a query to the service."""
    request = iam_policy_pb2.TestIamPermissionsRequest(resource=resource, permissions=[permission])
    answer = _asked(lambda: client.test_iam_permissions(request=request, timeout=_CALL_S))
    if isinstance(answer, str):
        yield Finding(Grade.SKIPPED, "rights", answer)
    elif permission in answer.permissions:
        yield Finding(Grade.WELL, "rights", f"{permission} on {resource}")
    else:
        kind, name = resource.split("/")[2], resource.rsplit("/", maxsplit=1)[-1]
        mend = f"gcloud pubsub {kind} add-iam-policy-binding {name} --member=serviceAccount:WORKER --role={role}"
        yield Finding(Grade.PROBLEM, "rights", f"this account has no {permission} on {resource}", mend)


def of_sink(publisher: Any, topic: str) -> Iterator[Finding]:
    """Check whether anybody may publish to the topic: a log sink's writer is a new account."""
    request = iam_policy_pb2.GetIamPolicyRequest(resource=topic)
    policy = _asked(lambda: publisher.get_iam_policy(request=request, timeout=_CALL_S))
    if isinstance(policy, str):
        yield Finding(Grade.SKIPPED, "log sink", f"whether its writer may publish was not to be seen: {policy}")
        return
    writers = [member for binding in policy.bindings if binding.role == _PUBLISHER for member in binding.members]
    if writers:
        yield Finding(Grade.WELL, "log sink", f"{writers[0]} may publish to {topic}")
        return
    mend = (
        f"gcloud pubsub topics add-iam-policy-binding {topic} --role={_PUBLISHER}"
        " --member=\"$(gcloud logging sinks describe SINK --format='value(writerIdentity)')\""
    )
    yield Finding(Grade.PROBLEM, "log sink", f"no log sink may publish to {topic}: entries are dropped", mend)


def _asked(call: Callable[[], Any]) -> Any:
    """Return the answer, or a sentence if this account may not query."""
    try:
        return call()
    except GoogleAPICallError as error:
        return f"not allowed to ask ({error.message})"
