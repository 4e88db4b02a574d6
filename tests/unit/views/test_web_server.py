"""The page behind its real server: senders that stop half-way, and the lines that its log keeps."""

import json
import logging
import socket
import threading
import time
from contextlib import contextmanager

import pytest

from processor.app.logs import CloudFormatter, PersonFormatter
from processor.views.web import server as serving
from processor.views.web.access_log import AccessLog
from processor.views.web.sessions import Role, Viewer
from processor.views.web.settings import load_web

ANSWER = [
    {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]},
    {"type": "http.response.body", "body": b"ok"},
]


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            kind = (await receive())["type"]
            await send({"type": f"{kind}.complete"})
            if kind == "lifespan.shutdown":
                return
    for message in ANSWER:
        await send(message)


@contextmanager
def running():
    settings = load_web({"port": 0})
    listening = serving.listen(settings)
    server = serving.make_server(app, settings)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def port(monkeypatch):
    monkeypatch.setattr(serving, "HEAD_S", 0.6)
    with running() as made:
        yield made


WHOLE = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"
HALVES = {
    "nothing": [],
    "half a line": [b"GET / HT"],
    "half a head": [b"GET / HTTP/1.1\r\nhost: localhost\r\n"],
    "byte by byte": [bytes([one]) for one in b"GET / HTTP/1.1\r\nx: " + b"y" * 60],
    "a whole one and half a second": [WHOLE, b"GET / HTTP/1.1\r\nho"],
    "a whole one and a second byte by byte": [WHOLE, *(bytes([one]) for one in b"GET / HTTP/1.1\r\nx: " + b"y" * 60)],
}


@pytest.mark.parametrize("name", HALVES)
def test_a_request_that_never_becomes_whole_is_cut(port, name):
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=5) as sender:
        sender.settimeout(0.05)
        parts = iter(HALVES[name])
        while time.monotonic() - begun < 4:
            try:
                sender.sendall(next(parts, b""))
                if sender.recv(4096) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break
    assert time.monotonic() - begun < 3


def test_whole_requests_are_answered_on_one_connection_for_as_long_as_they_come(port):
    with socket.create_connection(("127.0.0.1", port), timeout=5) as sender:
        for _ in range(5):
            sender.sendall(WHOLE)
            answer = b""
            while not answer.endswith(b"ok"):
                answer += sender.recv(4096)
            assert b"200 OK" in answer
            time.sleep(0.3)


def test_a_huge_head_is_refused(port):
    with socket.create_connection(("127.0.0.1", port), timeout=5) as sender:
        sender.sendall(b"GET / HTTP/1.1\r\nx: " + b"y" * 200_000)
        assert b"400" in sender.recv(4096)


def lines(caplog, form):
    return [form().format(record) for record in caplog.records if record.name == "gardener.web"]


def test_sign_in_refusal_and_action_are_lines_of_cloud_logging(caplog):
    caplog.set_level(logging.INFO, "gardener")
    log = AccessLog()
    mo = Viewer("Mo\n\x1b[31m\u202e", Role.ON_CALL)
    log.signed_in(mo.name, mo.role, client="203.0.113.7")
    log.refused("token", client="203.0.113.7", path="/signin\r\n{}")
    log.acted(mo, client="203.0.113.7", cluster="c1", what="mute")
    log.acted(mo, client="203.0.113.7", cluster="c1", what="merge", problem="Overtaken")
    log.signed_out(mo, client="203.0.113.7")

    found = [json.loads(line) for line in lines(caplog, CloudFormatter)]
    assert [(one["severity"], one["log_gardener"]["action"]) for one in found] == [
        ("INFO", "web-sign-in"),
        ("WARNING", "web-refused"),
        ("INFO", "web-action"),
        ("WARNING", "web-action"),
        ("INFO", "web-sign-out"),
    ]
    assert found[0]["log_gardener"]["who"] == mo.name, "as it was given, for whoever searches"
    assert found[3]["log_gardener"]["problem"] == "Overtaken"
    for line in lines(caplog, PersonFormatter):
        assert line.isprintable()


def test_a_scanner_does_not_fill_the_log_and_what_is_left_out_is_said(caplog):
    caplog.set_level(logging.INFO, "gardener")
    now = [0.0]
    log = AccessLog(lambda: now[0])
    for _ in range(5000):
        log.refused("nobody", client="203.0.113.7", path="/.env")
    assert len(caplog.records) == 60
    now[0] = 61.0
    log.refused("nobody", client="203.0.113.7", path="/.env")
    assert "4940 more refusals" in caplog.records[60].getMessage()
