"""Acknowledgements in a thread of their own: order, bounds, errors, the end."""

import threading

import pytest

from processor.model.errors import SourceError, Transient
from processor.sources.pubsub import acks
from processor.sources.pubsub.acks import Acknowledger
from processor.sources.pubsub.rpc import MAX_IDS


@pytest.fixture
def made():
    found = []
    yield (
        lambda send, **calls: (
            found.append(Acknowledger(send, **{"trouble": [].append, "failed": [].append, **calls})) or found[-1]
        )
    )
    for one in found:
        one.close(5)


def test_all_are_sent_in_order_and_no_request_is_too_large(made):
    sent = []
    one = made(sent.append)
    ids = [str(n) for n in range(2 * MAX_IDS + 500)]
    for start in range(0, len(ids), 700):
        one.add(ids[start : start + 700])
    one.close(5)

    assert [each for part in sent for each in part] == ids
    assert max(map(len, sent)) <= MAX_IDS
    assert len(one) == 0


def test_who_adds_does_not_wait_for_the_answer(made):
    answers, sending = threading.Event(), threading.Event()
    one = made(lambda _: (sending.set(), answers.wait(5)))

    one.add(["a"])
    assert sending.wait(5)
    one.add(["b"])

    assert len(one) == 2
    answers.set()


def test_a_service_that_does_not_answer_holds_up_who_adds_more(made, monkeypatch):
    monkeypatch.setattr(acks, "MAX_WAITING", 3)
    answers = threading.Event()
    one = made(lambda _: answers.wait(5))
    one.add(["a", "b", "c"])
    third = threading.Thread(target=one.add, args=(["d"],))
    third.start()
    third.join(0.1)
    assert third.is_alive()

    answers.set()
    third.join(5)
    one.close(5)

    assert not third.is_alive()
    assert len(one) == 0


def test_what_may_work_later_is_reported_and_dropped_and_the_next_is_sent(made):
    sent, troubles = [], []

    def send(part):
        sent.append(part)
        if part == ["a"]:
            raise Transient("away")

    one = made(send, trouble=troubles.append)
    one.add(["a"])
    while len(one):
        pass
    one.add(["b"])
    one.close(5)

    assert sent == [["a"], ["b"]]
    assert [str(error) for error in troubles] == ["away"]


def test_a_refusal_is_the_end_and_nobody_waits_any_more(made, monkeypatch):
    monkeypatch.setattr(acks, "MAX_WAITING", 1)
    failures, failed = [], threading.Event()

    def refuse(_):
        raise SourceError("not allowed")

    one = made(refuse, failed=lambda error: (failures.append(error), failed.set()))
    one.add(["a"])
    assert failed.wait(5)
    one.add(["b"])
    one.add(["c"])

    assert [str(error) for error in failures] == ["not allowed"]
    assert one.refused is failures[0]


def test_closing_sends_what_is_left_and_does_not_wait_for_ever(made):
    sent, answers = [], threading.Event()
    one = made(lambda part: (answers.wait(5), sent.append(part)))
    one.add(["a"])
    one.close(0.01)
    assert sent == []

    answers.set()
    one.close(5)
    assert sent == [["a"]]
