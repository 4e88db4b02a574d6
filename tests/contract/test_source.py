"""What a worker may expect of any source, and what more it may expect of Pub/Sub, on the real emulator."""

import json
import time
from datetime import UTC, datetime

import pytest
from emulators import pubsub_emulator  # noqa: F401  # a fixture
from queues import Queue, point_at

from processor.model import ReceivedMessage, Rejected
from processor.model.errors import SourceError
from processor.sources.file import FileSource
from processor.sources.pubsub.dead_letter import DeadLetterTopic
from processor.sources.pubsub.source import PubSubSource
from processor.sources.quarantine import QuarantineSource

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BODIES = [json.dumps({"number": number}).encode() for number in range(250)]


@pytest.fixture
def queue(pubsub_emulator, monkeypatch):  # noqa: F811
    point_at(pubsub_emulator, monkeypatch)
    return Queue(ack_deadline_s=10)


@pytest.fixture
def opened():
    sources = []
    yield lambda source: sources.append(source) or source
    for source in sources:
        source.close()


@pytest.fixture(params=["file", "quarantine", "pubsub"])
def source(request, tmp_path, opened):
    """One source of each kind that holds BODIES."""
    if request.param == "pubsub":
        queue = request.getfixturevalue("queue")
        queue.publish(BODIES)
        return opened(PubSubSource(queue.subscription, pullers=3))
    if request.param == "file":
        path = tmp_path / "entries.ndjson"
        path.write_bytes(b"\n".join(BODIES))
        return opened(FileSource(str(path)))
    return opened(
        QuarantineSource([Rejected(str(n), "r", body, len(body), "s", n, NOW) for n, body in enumerate(BODIES)])
    )


def pull_all(source, count, *, seconds=20, each=100):
    messages, ends = [], time.monotonic() + seconds
    while len(messages) < count and time.monotonic() < ends:
        messages += source.pull(each, 1.0)
    return messages


def test_every_message_is_handed_over_in_parts_of_at_most_what_was_asked(source):
    parts = []
    while sum(map(len, parts)) < len(BODIES):
        parts.append(source.pull(60, 5.0))
        assert parts[-1], "nothing came in five seconds"

    assert max(map(len, parts)) <= 60
    assert sorted(message.data for part in parts for message in part) == sorted(BODIES)
    assert len({message.message_id for part in parts for message in part}) == len(BODIES)


def test_everything_acknowledged_nothing_comes_any_more(source):
    source.ack(pull_all(source, len(BODIES)))

    assert list(source.pull(10, 0.5)) == []


def test_acknowledging_and_releasing_nothing_is_allowed(source):
    source.ack([])
    source.release([])


def test_closing_twice_is_allowed(source):
    source.close()
    source.close()


def test_a_pull_from_an_empty_subscription_gives_nothing_after_its_time(queue, opened):
    source = opened(PubSubSource(queue.subscription))
    started = time.monotonic()

    assert list(source.pull(10, 0.7)) == []
    assert 0.6 < time.monotonic() - started < 10
    assert not source.exhausted()


def test_what_is_released_comes_again_at_once(queue, opened):
    queue.publish(BODIES[:20])
    source = opened(PubSubSource(queue.subscription))
    first = pull_all(source, 20)
    source.ack(first[:5])
    source.release(first[5:])

    again = pull_all(source, 15, seconds=8)

    assert {m.message_id for m in again} == {m.message_id for m in first[5:]}


def test_what_a_closed_source_held_comes_at_once_to_the_next_reader(queue, opened):
    queue.publish(BODIES)
    # Full, so that no pull is under way: the emulator does not notice that one is cancelled, and would answer it
    # with what is given back.
    first = PubSubSource(queue.subscription, pullers=2, max_messages=150)
    taken = first.pull(10, 5.0)
    while first.held < 150:
        time.sleep(0.05)
    first.ack(taken)
    first.close()

    again = pull_all(opened(PubSubSource(queue.subscription)), len(BODIES) - 10, seconds=8)

    assert sorted(m.data for m in (*taken, *again)) == sorted(BODIES)


def test_a_message_held_for_longer_than_its_deadline_is_not_given_to_another(queue, opened):
    queue.publish(BODIES[:30])
    slow, other = opened(PubSubSource(queue.subscription)), opened(PubSubSource(queue.subscription))
    slow_has, ends = [], time.monotonic() + 5
    while time.monotonic() < ends and len(slow_has) < 30:
        slow_has += slow.pull(30, 0.2)
        slow_has += other.pull(30, 0.2)
    # The deadline is 10 s; nothing is acknowledged for 25.
    came_again, ends = [], time.monotonic() + 25
    while time.monotonic() < ends:
        came_again += other.pull(30, 1.0)
        came_again += slow.pull(30, 0.1)

    assert len(slow_has) == 30
    assert came_again == []


def test_what_is_held_is_bounded_in_messages_and_comes_in_full_all_the_same(queue, opened):
    queue.publish(BODIES)
    source = opened(PubSubSource(queue.subscription, pullers=3, max_messages=40))
    time.sleep(1.5)

    assert source.held <= 40
    assert len({m.message_id for m in pull_all(source, len(BODIES), each=25)}) == len(BODIES)


def test_what_is_held_is_bounded_in_bytes(queue, opened):
    large = [b"%3d" % number + b"x" * 262_000 for number in range(60)]
    queue.publish(large)
    source = opened(PubSubSource(queue.subscription, pullers=2, max_bytes=2 << 20))
    time.sleep(2)

    assert 0 < source.held * 262_003 <= 2 << 20
    assert sorted(m.data for m in pull_all(source, 60, each=5)) == large


def test_a_subscription_that_does_not_exist_is_named_with_the_command_that_makes_it(queue):
    with pytest.raises(SourceError, match=r"s-gone does not exist.*gcloud pubsub subscriptions create s-gone --topic"):
        PubSubSource("projects/test-project/subscriptions/s-gone")


def test_a_subscription_deleted_under_way_ends_the_run(queue, opened, monkeypatch):
    # The emulator tells a pull under way nothing of it; the next one learns it.
    monkeypatch.setattr("processor.sources.pubsub.source._PULL_S", 3.0)
    source = opened(PubSubSource(queue.subscription))
    queue.delete()

    with pytest.raises(SourceError, match="does not exist"):
        pull_all(source, 1, seconds=30)


def test_the_source_knows_the_subscriptions_dead_letter_topic(queue, opened):
    assert opened(PubSubSource(queue.subscription)).dead_letter_topic == queue.dead_topic
    assert opened(PubSubSource(queue.dead)).dead_letter_topic == ""


def test_dead_letters_carry_the_bytes_and_the_reason(queue):
    rejected = [
        Rejected("a1", "no JSON", b"{oops", 5, queue.subscription, -1, NOW),
        Rejected("a2", "é" * 2000, b"", 0, queue.subscription, -1, NOW),  # a reason beyond an attribute's bound
        *(Rejected(f"b{n}", "large", b"y" * 262_144, 262_144, "s", -1, NOW) for n in range(20)),  # several requests
    ]
    topic = DeadLetterTopic(queue.dead_topic)
    topic(rejected)
    topic.close()

    found = {message.attributes["rejected_id"]: message for message in queue.drain(queue.dead)}

    assert {key: message.data for key, message in found.items()} == {one.id: one.raw for one in rejected}
    assert found["a1"].attributes["reason"] == "no JSON"
    assert found["a2"].attributes["reason"] == "é" * 500


def test_a_dead_letter_topic_that_does_not_exist_is_named_with_the_command_that_makes_it(queue):
    topic = DeadLetterTopic("projects/test-project/topics/gone")
    with pytest.raises(SourceError, match="gcloud pubsub topics create projects/test-project/topics/gone"):
        topic([Rejected("a", "r", b"x", 1, "s", -1, NOW)])
    topic.close()


def test_acknowledging_more_ids_than_a_request_may_carry_is_cut_into_several(queue, opened):
    queue.publish([b"%d" % number for number in range(2500)])
    source = opened(PubSubSource(queue.subscription))
    messages = pull_all(source, 2500, each=2500)
    source.ack(messages)
    while source.acknowledging:
        time.sleep(0.01)

    assert len(messages) == 2500
    assert queue.drain(queue.subscription) == []


def test_an_unknown_acknowledgement_is_no_error(queue, opened):
    source = opened(PubSubSource(queue.subscription))

    source.ack([ReceivedMessage(b"", "1", "projects/test-project/subscriptions/s:99")])
