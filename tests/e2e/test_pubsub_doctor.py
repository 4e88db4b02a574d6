"""`gardener doctor` on the real Pub/Sub emulator, and what it says of each way to set a subscription up wrongly."""

import json

import pytest
from emulators import pubsub_emulator  # noqa: F401  # a fixture
from google.api_core.exceptions import PermissionDenied
from google.iam.v1 import iam_policy_pb2, policy_pb2
from google.pubsub_v1 import types
from queues import Queue, point_at

from processor.model import Grade
from processor.sources.pubsub.checks import of_rights, of_sink, of_subscription

TOPIC = "projects/p/topics/t"
WRITER = "serviceAccount:service-1@gcp-sa-logging.iam.gserviceaccount.com"


@pytest.fixture
def queue(pubsub_emulator, monkeypatch):  # noqa: F811
    point_at(pubsub_emulator, monkeypatch)
    return Queue(ack_deadline_s=300)


@pytest.fixture
def findings(gardener):
    def run(source, env=None):
        done = gardener("doctor", "--source", source, "--json", check=False, env=env)
        return done.returncode, json.loads(done.stdout)

    return run


def problems(found):
    return [one for one in found if one["grade"] == "problem"]


def test_a_sound_subscription_is_well(queue, findings):
    code, found = findings(queue.address)

    assert (code, problems(found)) == (0, [])


def test_a_missing_subscription_is_named(queue, findings):
    code, found = findings("pubsub:projects/test-project/subscriptions/gone")

    (one,) = problems(found)
    assert code == 1
    assert one["text"] == "subscription projects/test-project/subscriptions/gone does not exist"
    assert "gcloud pubsub subscriptions create gone" in one["mend"]


def test_a_dead_letter_topic_that_nobody_keeps_is_named(queue, findings):
    queue.delete_dead()

    _, found = findings(queue.address)

    (one,) = problems(found)
    assert "nobody subscribes" in one["text"]
    assert f"--topic={queue.dead_topic}" in one["mend"]


def test_a_dead_letter_topic_that_does_not_exist_is_named(queue, findings):
    _, found = findings(queue.address, env={"GARDENER_DEAD_LETTER": "projects/test-project/topics/gone"})

    (one,) = problems(found)
    assert one["mend"] == "gcloud pubsub topics create projects/test-project/topics/gone"


def test_dead_letters_that_would_come_round_forever_are_named(queue, findings):
    _, found = findings(queue.address, env={"GARDENER_DEAD_LETTER": queue.topic})

    (one,) = problems(found)
    assert "would come round forever" in one["text"]


def test_a_topic_that_was_deleted_is_named(queue, findings):
    queue.delete_topic()

    _, found = findings(queue.address)

    (one,) = problems(found)
    assert "nothing comes any more" in one["text"]


def test_a_subscription_that_pushes_is_named(queue, findings):
    queue.push_to("https://example.com/push")

    _, found = findings(queue.address)

    (one,) = problems(found)
    assert "the worker can only pull" in one["text"]
    assert one["mend"].endswith("--push-endpoint=''")


SOUND = {
    "name": "projects/p/subscriptions/s",
    "topic": "projects/p/topics/t",
    "ack_deadline_seconds": 300,
    "dead_letter_policy": {"dead_letter_topic": "projects/p/topics/d"},
}


@pytest.mark.parametrize(
    ("changes", "flag"),
    [
        ({"ack_deadline_seconds": 10}, "--ack-deadline=300"),  # Pub/Sub's default
        ({"enable_exactly_once_delivery": True}, "--no-enable-exactly-once-delivery"),
        ({"expiration_policy": {"ttl": {"seconds": 31 * 86_400}}}, "--expiration-period=never"),  # the default, too
        ({"dead_letter_policy": {}}, "--dead-letter-topic=TOPIC --max-delivery-attempts=100"),
    ],
)
def test_a_setting_that_will_hurt_one_day_is_a_warning_with_the_command_that_changes_it(changes, flag):
    found = list(of_subscription(types.Subscription({**SOUND, **changes})))

    (one,) = [finding for finding in found if finding.grade is Grade.WARNING]
    assert one.mend == f"gcloud pubsub subscriptions update s --project=p {flag}"


class Rights:
    """Answers about rights as the service does; the emulator knows none."""

    def __init__(self, *, bindings=(), permissions=(), may_ask=True):
        self.bindings, self.permissions, self.may_ask = bindings, permissions, may_ask

    def get_iam_policy(self, **_):
        self.refuse_who_may_not_ask()
        bindings = [policy_pb2.Binding(role=role, members=members) for role, members in self.bindings]
        return policy_pb2.Policy(bindings=bindings)

    def test_iam_permissions(self, request, **_):
        self.refuse_who_may_not_ask()
        held = [one for one in request.permissions if one in self.permissions]
        return iam_policy_pb2.TestIamPermissionsResponse(permissions=held)

    def refuse_who_may_not_ask(self):
        if not self.may_ask:
            raise PermissionDenied("no")


@pytest.mark.parametrize(
    ("rights", "grade"),
    [
        (Rights(bindings=[("roles/pubsub.publisher", [WRITER])]), Grade.WELL),
        (Rights(bindings=[("roles/pubsub.viewer", [WRITER])]), Grade.PROBLEM),  # may look, not publish
        (Rights(), Grade.PROBLEM),
        (Rights(may_ask=False), Grade.SKIPPED),
    ],
)
def test_a_log_sink_that_may_not_publish_is_named(rights, grade):
    (one,) = of_sink(rights, TOPIC)

    assert (one.grade, one.part) == (grade, "log sink")
    if grade is Grade.PROBLEM:
        assert one.mend.startswith(f"gcloud pubsub topics add-iam-policy-binding {TOPIC} --role=roles/pubsub.publisher")


@pytest.mark.parametrize(
    ("rights", "grade"),
    [
        (Rights(permissions=["pubsub.topics.publish"]), Grade.WELL),
        (Rights(permissions=["pubsub.subscriptions.consume"]), Grade.PROBLEM),
        (Rights(may_ask=False), Grade.SKIPPED),
    ],
)
def test_a_right_that_this_account_lacks_is_named_with_the_command_that_grants_it(rights, grade):
    (one,) = of_rights(rights, TOPIC, "pubsub.topics.publish", "roles/pubsub.publisher")

    assert (one.grade, one.part) == (grade, "rights")
    if grade is Grade.PROBLEM:
        assert one.mend.startswith("gcloud pubsub topics add-iam-policy-binding t --member=serviceAccount:WORKER")
