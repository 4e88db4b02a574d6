"""A topic, a subscription and their dead letters on the Pub/Sub emulator, for tests and benchmarks."""

import itertools
import os
import secrets
import time

from google.api_core.exceptions import DeadlineExceeded
from google.pubsub_v1 import PublisherClient, SubscriberClient, types

from processor.sources.pubsub.rpc import make_client

PROJECT = "projects/test-project"
_BATCH_BYTES = 3 << 20


class Queue:
    """Made under fresh names; `address` is what `--source` takes. Needs PUBSUB_EMULATOR_HOST."""

    def __init__(self, *, ack_deadline_s=20):
        name = secrets.token_hex(4)
        self._publisher, self._subscriber = make_client(PublisherClient), make_client(SubscriberClient)
        self.topic, self.dead_topic = f"{PROJECT}/topics/t-{name}", f"{PROJECT}/topics/d-{name}"
        self.subscription, self.dead = f"{PROJECT}/subscriptions/s-{name}", f"{PROJECT}/subscriptions/d-{name}"
        self.address = f"pubsub:{self.subscription}"
        self._publisher.create_topic(name=self.topic)
        self._publisher.create_topic(name=self.dead_topic)
        self._subscriber.create_subscription(name=self.dead, topic=self.dead_topic, ack_deadline_seconds=60)
        policy = types.DeadLetterPolicy(dead_letter_topic=self.dead_topic, max_delivery_attempts=100)
        self._subscriber.create_subscription(
            request=types.Subscription(
                name=self.subscription,
                topic=self.topic,
                ack_deadline_seconds=ack_deadline_s,
                dead_letter_policy=policy,
            )
        )

    def publish(self, bodies):
        """Publish each body once, in requests below the emulator's limit."""
        part, size = [], 0
        for body in itertools.chain(bodies, [None]):
            if part and (body is None or len(part) == 500 or size + len(body) > _BATCH_BYTES):
                self._publisher.publish(topic=self.topic, messages=part)
                part, size = [], 0
            if body is not None:
                part.append(types.PubsubMessage(data=body))
                size += len(body)

    def drain(self, subscription, *, empty_pulls=2):
        """Take and acknowledge everything that waits there."""
        found, empty = [], 0
        while empty < empty_pulls:
            try:
                answer = self._subscriber.pull(subscription=subscription, max_messages=1000, timeout=2.0, retry=None)
                received = answer.received_messages
            except DeadlineExceeded:
                received = []
            empty = 0 if received else empty + 1
            if received:
                found += [one.message for one in received]
                ids = [one.ack_id for one in received]
                self._subscriber.acknowledge(subscription=subscription, ack_ids=ids)
        return found

    def give_back(self, count):
        """Wait until the leases of whoever died have run out and one pull gets all of `count` messages."""
        received = []
        while len(received) < count:
            time.sleep(0.2)
            # Longer than any lease: a pull that the client gives up takes messages with it.
            asked = {"subscription": self.subscription, "max_messages": 1000, "timeout": 60.0, "retry": None}
            received = self._subscriber.pull(**asked).received_messages
            if ids := [one.ack_id for one in received]:
                nack = {"subscription": self.subscription, "ack_ids": ids, "ack_deadline_seconds": 0}
                self._subscriber.modify_ack_deadline(**nack)

    def delete(self):
        """Take the subscription away while somebody reads from it."""
        self._subscriber.delete_subscription(subscription=self.subscription)

    def delete_dead(self):
        """Take the dead letters' subscription away; their topic stays."""
        self._subscriber.delete_subscription(subscription=self.dead)

    def delete_topic(self):
        """Take the topic away; the subscription stays, on nothing."""
        self._publisher.delete_topic(topic=self.topic)

    def push_to(self, endpoint):
        """Make it a subscription that pushes."""
        config = types.PushConfig(push_endpoint=endpoint)
        self._subscriber.modify_push_config(subscription=self.subscription, push_config=config)


def point_at(emulator, monkeypatch):
    """Let clients of this process find the emulator."""
    for name, value in emulator.env.items():
        monkeypatch.setenv(name, value)
    return os.environ
