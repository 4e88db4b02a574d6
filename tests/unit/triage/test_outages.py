"""An outage is one issue and unrelated problems are many: entries through the whole pipeline, issues in a folder."""

import random
from datetime import timedelta

import pytest
from pipeline_fixture import START, PipelineFixture, entry, lines

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
TRACE = (
    'Traceback (most recent call last):\n  File "/srv/main.py", line 9, in main\n    boot()\n'
    '  File "/srv/conf.py", line 4, in boot\n    raise ConfigError("no rates")\nConfigError: no rates for region eu'
)
PANIC = (
    "panic: runtime error: invalid memory address or nil pointer dereference\n\ngoroutine 1 [running]:\n"
    "main.boot(0xc0001)\n\t/srv/main.go:41 +0x1d\nmain.main()\n\t/srv/main.go:12 +0x25"
)


def failed_request(at, number, *, path="/orders/7", instance="i1", service="shop"):
    """What Cloud Run's front end logs of a request that got no answer from its instance."""
    found = entry("", at, service=service, instance=instance, number=number)
    del found["textPayload"]
    request = {"requestMethod": "GET", "requestUrl": f"https://shop.example{path}", "status": 503, "latency": "0.1s"}
    return {**found, "insertId": f"q{path}-{number}", "httpRequest": request}


def crash_loop(failure=TRACE, *, minutes=25, every_s=30, requests_in=1.0, seed=1, own_lines=True):
    """Three instances that start, say something, fail and are started again; `requests_in`: share of the starts."""
    chance = random.Random(seed)
    for number, second in enumerate(range(0, minutes * 60, every_s)):
        at, instance = START + second * SECOND, f"i{number % 3}"
        if own_lines:
            said = f"cannot open /etc/rates-{number}.yaml: no such file or directory"
            yield entry(said, at + 3 * SECOND, instance=instance, number=number)
        yield entry(failure, at + 4 * SECOND, instance=instance, number=number)
        gone = "Container called exit(1)."
        yield entry(gone, at + 5 * SECOND, instance=instance, number=number, severity="WARNING")
        if chance.random() < requests_in:
            path = f"/orders/{chance.randint(1, 999)}"
            yield failed_request(at + chance.randint(6, 20) * SECOND, number, path=path, instance=instance)


@pytest.mark.parametrize("failure", [TRACE, PANIC, "cannot bind to port 8080: address is in use"])
@pytest.mark.parametrize("requests_in", [1.0, 0.25])
@pytest.mark.parametrize("own_lines", [True, False])
@pytest.mark.parametrize("parts", [1, 5])
def test_a_crash_loop_its_failed_requests_and_its_lines_are_one_issue(tmp_path, failure, requests_in, own_lines, parts):
    pipe = PipelineFixture(issues=tmp_path)
    entries = lines(crash_loop(failure, requests_in=requests_in, own_lines=own_lines))
    size = -(-len(entries) // parts)
    for start in range(0, len(entries), size):
        pipe.take(entries[start : start + size])

    known = pipe.clusters()
    assert [one.template for one in known if str(one.stream.kind) == "http"] == ["HTTP 5xx GET /orders/<*>"]
    assert len(known) == 3 + own_lines
    assert len(pipe.issues()) == 1


def test_two_problems_of_one_instance_at_different_times_are_two_issues(tmp_path):
    pipe = PipelineFixture(issues=tmp_path)
    failing = [entry(TRACE, START + n * 30 * SECOND, number=n) for n in range(12)]
    later = START + 3 * 60 * MINUTE
    refused = [failed_request(later + n * 30 * SECOND, n) for n in range(12)]
    pipe.take(lines([*failing, *refused]))

    assert len(pipe.issues()) == 2


def test_failed_requests_of_other_instances_are_an_issue_of_their_own(tmp_path):
    pipe = PipelineFixture(issues=tmp_path)
    failing = [entry(TRACE, START + n * 30 * SECOND, number=n) for n in range(12)]
    refused = [failed_request(START + n * 30 * SECOND, n, instance="other") for n in range(12)]
    pipe.take(lines([*failing, *refused]))

    assert len(pipe.issues()) == 2


def test_twenty_problems_of_twenty_services_in_the_same_minutes_are_twenty_issues(tmp_path):
    pipe = PipelineFixture(issues=tmp_path)
    chance = random.Random(5)
    broken = ("cannot open ledger", "lag of queue is", "bad checksum of chunk", "socket closed by peer", "over quota")
    entries = [
        entry(f"{what} {chance.randint(1000, 9999)} in stage {stage}", at, service=name, instance=f"{name}-i", number=n)
        for stage in ("alpha", "beta", "gamma", "delta")
        for what in broken
        for name in (f"{what.split()[-1]}-{stage}",)
        for n in range(12)
        for at in (START + n * 25 * SECOND + chance.randint(0, 20) * SECOND,)
    ]
    pipe.take(lines(entries))

    assert len(pipe.issues()) == 20
