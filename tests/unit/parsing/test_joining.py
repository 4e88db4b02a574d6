"""Stack traces that arrive line by line."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from processor.parsing import multiline
from processor.parsing.decode import decode

NOW = datetime(2026, 1, 1, tzinfo=UTC)
START = datetime(2025, 9, 14, 5, tzinfo=UTC)
PYTHON = """Traceback (most recent call last):
  File "/app/shop/cart.py", line 3, in load
    return items[key]
KeyError: 'x'"""
CHAINED = f"""{PYTHON}
During handling of the above exception, another exception occurred:
Traceback (most recent call last):
  File "/app/shop/main.py", line 9, in main
    load()
RuntimeError: no cart"""
JAVA = """java.lang.IllegalStateException: closed
\tat com.shop.Cart.load(Cart.java:12)
\tat com.shop.Main.main(Main.java:3)
Caused by: java.io.IOException: gone
\tat com.shop.Disk.read(Disk.java:7)"""


def join(batch):
    """The text of the whole, by index."""
    return {index: part.text for index, part in multiline.join(batch).items()}


def entry(text, number, *, instance="i1", seconds=0.0):
    at = START + timedelta(seconds=seconds, microseconds=number)
    data = {
        "insertId": str(number),
        "logName": "projects/p/logs/stderr",
        "timestamp": at.isoformat().replace("+00:00", "Z"),
        "textPayload": text,
        "labels": {"instanceId": instance},
    }
    return decode(json.dumps(data).encode(), NOW)


def lines(text, **where):
    return [entry(line, number, **where) for number, line in enumerate(text.split("\n"))]


@pytest.mark.parametrize("text", [PYTHON, CHAINED, JAVA])
def test_the_lines_of_a_stack_trace_get_the_text_of_the_whole(text):
    batch = lines(text)

    assert join(batch) == dict.fromkeys(range(len(batch)), text)


def test_an_export_that_is_newest_first_is_joined_in_the_order_of_time():
    batch = lines(PYTHON)[::-1]

    assert set(join(batch).values()) == {PYTHON}


def test_two_stack_traces_in_a_row_stay_two():
    batch = [
        *lines(PYTHON),
        *[entry(one, 10 + number) for number, one in enumerate(PYTHON.replace("x", "y").split("\n"))],
    ]
    found = join(batch)

    assert (found[0], found[4]) == (PYTHON, PYTHON.replace("x", "y"))


def test_instances_that_print_at_the_same_time_are_kept_apart():
    pairs = zip(lines(PYTHON), lines(CHAINED, instance="i2"), strict=False)
    found = join([one for pair in pairs for one in pair])

    assert found[0] == PYTHON
    assert found[1].startswith(PYTHON)
    assert len(found) == 8


def test_a_line_that_comes_much_later_does_not_belong():
    head, tail = PYTHON.rsplit("\n", 1)
    batch = [*lines(head), entry(tail, 9, seconds=30)]

    assert 3 not in join(batch)


@pytest.mark.parametrize(
    "text",
    [
        "one\ntwo\nthree",
        "Traceback (most recent call last):",
        "KeyError: 'x'\nKeyError: 'y'",
        PYTHON.replace("\n", "\nother line\n"),
    ],
)
def test_what_does_not_read_as_one_stack_trace_stays_as_it_is(text):
    assert not any("other line" in whole or "three" in whole for whole in join(lines(text)).values())


def test_entries_that_hold_a_whole_stack_trace_are_left_alone():
    batch = [
        entry(PYTHON, 0),
        entry("During handling of the above exception, another exception occurred:", 1),
        entry(PYTHON, 2),
    ]

    assert join(batch) == {}


def test_a_printer_is_the_same_however_its_resource_is_written():
    def spelled(line, number):
        data = json.loads(lines(PYTHON)[0].raw) | {"insertId": str(number), "textPayload": line}
        data["timestamp"] = (START + timedelta(microseconds=number)).isoformat()
        labels = {"pod_name": "cart-1", "container_name": "cart"}
        if number % 2:
            labels = dict(reversed(labels.items()))
        data["resource"] = {"type": "k8s_container", "labels": labels}
        if number == 0:  # a label of the entry that says the same, and others that are no text
            data["labels"] = {"instanceId": "i1", "pod_name": "cart-1", "attempt": 3}
        return decode(json.dumps(data).encode(), NOW)

    batch = [spelled(line, number) for number, line in enumerate(PYTHON.split("\n"))]

    assert set(join(batch).values()) == {PYTHON}
    assert len(join(batch)) == len(batch)


def test_fragments_that_are_known_need_not_be_found_again():
    batch = lines(f"worker ready\n{JAVA}\nworker stopped")
    known = [index for index, one in enumerate(batch) if multiline.is_fragment(one)]

    assert known
    assert multiline.join(batch, known) == multiline.join(batch)
    assert multiline.join(batch, ()) == {}


def test_a_link_between_exceptions_is_no_trace_without_a_frame():
    link = "During handling of the above exception, another exception occurred:"
    batch = lines(f"worker started\n{link}\nKeyError: 'x'\nworker stopped")

    assert multiline.is_fragment(batch[1])
    assert join(batch) == {}
    assert join([*batch, *lines(CHAINED, instance="i2")]).keys() == set(range(4, 4 + len(CHAINED.split("\n"))))
