"""The on-call page as its own process on both stores: figures, every action, news within seconds, an outage."""

import contextlib
import json
import os
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest
from emulators import firestore_emulator  # noqa: F401  # a fixture
from oncall_state import commit, commit_all
from queues import point_at
from service import paused

from processor.model import Priority, Status
from sinks.firestore.store import FirestoreStore
from sinks.sqlite.store import SqliteStore

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "on-call-token-0123456789"  # noqa: S105


class Page:
    """`gardener serve` over a state, and what a script asks of it."""

    def __init__(self, folder, state):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "processor", "serve", "--state", state, "--port", "0"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "GARDENER_WEB_TOKEN": TOKEN},
            stderr=subprocess.PIPE,
            text=True,
        )
        self.url = self.process.stderr.readline().split()[2].rstrip("/")

    def ask(self, path, **fields):
        """(status, JSON); fields make it an action."""
        request = urllib.request.Request(  # noqa: S310  # our own address
            self.url + path,
            data=urllib.parse.urlencode(fields).encode() if fields else None,
            headers={"authorization": f"Bearer {TOKEN}", "accept": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def wait(self, path, condition):
        """The answer as soon as the condition holds of it."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            _, answer = self.ask(path)
            if condition(answer):
                return answer
            time.sleep(0.2)
        raise AssertionError(answer)


@pytest.fixture(params=["sqlite", "firestore"])
def miners(request, tmp_path, monkeypatch):
    """(page, store): a few clusters, and the page over them."""
    if request.param == "sqlite":
        state = f"sqlite:{tmp_path}/g.db"
        store = SqliteStore(f"{tmp_path}/g.db")
    else:
        point_at(request.getfixturevalue("firestore_emulator"), monkeypatch)
        project = f"page-{secrets.token_hex(4)}"
        state, store = f"firestore:{project}", FirestoreStore(project)
    wanted = [(f"c{n}", [1 + n, 70], {"template": f"Card <*> declined by bank {n}"}) for n in range(4)]
    commit_all(store, datetime.now(UTC), wanted)
    page = Page(tmp_path, state)
    yield page, store
    page.process.terminate()
    said = page.process.communicate(timeout=30)[1]
    store.close()
    assert "Traceback" not in said, said


def test_the_page_shows_and_decides_the_same_on_every_store(miners):
    page, store = miners
    assert page.ask("/clusters.json")[1]["total"] == 4
    commit(store, datetime.now(UTC), "c0", [0, 0], template="")
    page.wait("/clusters/c0.json", lambda one: one["count"] == 4)

    for fields in (
        {"action": "acknowledge", "note": "on it"},
        {"action": "mute", "until": "10x"},
        {"action": "resolve"},
        {"action": "reopen"},
        {"action": "priority", "priority": "P0"},
    ):
        assert page.ask("/clusters/c0/actions", **fields)[0] == 200
    triage = store.cluster("c0").triage
    assert (triage.status, triage.priority, triage.by) == (Status.OPEN, Priority.P0, "token")
    assert page.ask("/clusters/c1/actions", action="merge", into="c0")[1]["count"] == 6
    assert page.ask("/clusters/c1.json")[1]["aliases"] == ["c1"]
    assert page.ask("/clusters/c0/actions", action="split", apart="c1")[1]["count"] == 4
    assert page.ask("/clusters/c1.json")[1]["count"] == 2
    verbs = ["split", "merge", "priority", "reopen", "resolve", "mute", "acknowledge"]
    assert [record.action for record in store.audit(9)] == verbs
    assert [one["action"] for one in page.ask("/index.json")[1]["actions"]] == verbs
    assert {worker.id for worker in store.workers()} == {"worker-1"}


def test_while_firestore_is_away_the_page_says_so_and_keeps_what_it_read(
    tmp_path,
    monkeypatch,
    firestore_emulator,  # noqa: F811
):
    point_at(firestore_emulator, monkeypatch)
    project = f"away-{secrets.token_hex(4)}"
    with contextlib.closing(FirestoreStore(project)) as store:
        commit(store, datetime.now(UTC), "c1", [1])
        page = Page(tmp_path, f"firestore:{project}")
        try:
            assert page.ask("/clusters.json")[1]["total"] == 1
            with paused(firestore_emulator):
                answer = page.wait("/clusters.json", lambda one: one["problem"])
                assert answer["total"] == 1
                code, said = page.ask("/clusters/c1/actions", action="acknowledge")
                assert (code, said["error"][:34]) == (503, "The outcome is unknown; check befo")
            page.wait("/clusters.json", lambda one: one["problem"] is None)
        finally:
            page.process.terminate()
            assert "Traceback" not in page.process.communicate(timeout=30)[1]
