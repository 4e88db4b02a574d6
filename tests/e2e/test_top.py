"""`gardener top` in a real terminal (tmux): what is on the screen, what keys do, and what an outage looks like."""

import getpass
import os
import secrets
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from oncall_state import commit, commit_all
from rich.cells import cell_len

from processor.model import Severity, Status
from sinks.sqlite.store import SqliteStore

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not here: apt-get install tmux")
# The program itself on the real store, which is away as long as the file `away` exists, and hangs for `hangs`.
DRIVER = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from processor.views.terminal import loop
from processor.model.errors import Transient
from sinks.sqlite.store import SqliteStore

class Switched:
    def __init__(self):
        self.inner = SqliteStore(sys.argv[1], must_exist=True)
    def __getattr__(self, name):
        if Path("away").exists() and name != "close":
            raise Transient("the store does not answer")
        if Path("hangs").exists():
            time.sleep(120)
        return getattr(self.inner, name)

loop.run(Switched, lambda: datetime.now(UTC), "mo")
"""


class Terminal:
    """One tmux window of its own server."""

    def __init__(self, folder):
        self.name = f"gardener-{secrets.token_hex(4)}"
        self.folder = folder

    def tmux(self, *arguments):
        done = subprocess.run(
            ["tmux", "-L", self.name, "-f", os.devnull, *arguments],
            capture_output=True,
            text=True,
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "TMUX": ""},
            check=False,
            timeout=20,
        )
        return done.stdout

    def start(self, command, width=80, height=24):
        self.tmux("-u", "new-session", "-d", "-x", str(width), "-y", str(height), f"{command}; echo ended $?; sleep 60")

    def press(self, *keys):
        self.tmux("send-keys", *keys)

    def screen(self):
        return self.tmux("capture-pane", "-p").rstrip("\n").split("\n")

    def wait(self, *texts, gone=()):
        """The screen as soon as it shows all of these and none of those."""
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            shown = self.screen()
            page = "\n".join(shown)
            if all(text in page for text in texts) and not any(text in page for text in gone):
                return shown
            time.sleep(0.1)
        raise AssertionError(f"never saw {texts} without {gone}:\n" + "\n".join(self.screen()))


@pytest.fixture
def store(tmp_path):
    made = SqliteStore(str(tmp_path / "g.db"))
    commit_all(
        made,
        datetime.now(UTC),
        [
            ("c1", [1] * 30 + [70] * 5, {"template": "Card <*> declined", "text": "Card 41 declined\n  at pay.py"}),
            ("c2", [3], {"template": "Slow query", "severity": Severity.WARNING}),
            (
                "c3",
                [2],
                {"template": "\x1b[2Jwiped \x1b]0;title\x07 \u202egpj.exe 漢字 \u200b", "service": "evil\x1b[31m"},
            ),
            *((f"n{n:02}", [100 + n], {"template": f"Filler number {n}"}) for n in range(60)),
        ],
    )
    yield made
    made.close()


@pytest.fixture
def terminal(store, tmp_path):
    made = Terminal(tmp_path)
    made.start(f"{sys.executable} -m processor top --state sqlite:g.db")
    try:
        made.wait("Card … declined")
        yield made
    finally:
        made.tmux("kill-server")


def check_fits(shown, width, height):
    assert len(shown) == height
    assert max(cell_len(line) for line in shown) <= width
    assert shown[-1].startswith("Enter  / find")


def test_the_screen_is_right_at_80_by_24_and_200_by_50_and_after_resizing(terminal):
    small = terminal.wait("Card … declined", "o reopen  q")
    check_fits(small, 80, 24)
    assert small[0].startswith("Log Gardener  63 open, 63 new")
    assert " UTC  active" in small[2]
    assert small[1].startswith("ingested 97 = counted 97 + duplicates 0 + rejected 0 + ignored 0")
    assert small[3].split() == ["PRI", "3", "H", "1", "H", "CHANGE", "ON", "IT", "ISSUE", "AGE", "CLUSTER"]
    (row,) = [line for line in small if "Card" in line]
    assert row.split()[-7:] == ["x6.0", "open", "-", "1h", "Card", "…", "declined"]

    terminal.tmux("resize-window", "-x", "200", "-y", "50")
    # The last line is drawn last, and what stays of a larger screen has no such heading.
    large = terminal.wait("SEVERITY", "SERVICE", "Filler number 40", "o reopen  q")
    check_fits(large, 200, 50)
    terminal.tmux("resize-window", "-x", "80", "-y", "24")
    again = terminal.wait("AGE CLUSTER", "Card … declined", "o reopen  q")
    check_fits(again, 80, 24)
    assert again[0].startswith("Log Gardener  63 open")


def test_hostile_text_does_nothing_to_the_terminal(terminal):
    shown = terminal.wait("wiped", "o reopen  q")

    (row,) = [line for line in shown if "wiped" in line]
    assert "\u202e" not in row
    assert "\x1b" not in row
    assert "�[2Jwiped �]0;title� �gpj.exe 漢" in row
    assert "title" not in terminal.tmux("display-message", "-p", "#{pane_title}")


def test_keys_filter_sort_move_and_open(terminal):
    terminal.press("/")
    terminal.press("-l", "card")
    terminal.wait("filter: card_", "with 'card'", gone=["Filler"])
    terminal.press("Enter")
    terminal.press("Enter")
    detail = terminal.wait(
        "sample", "Card 41 declined", "revision", "30 in the last hour, 5 in the one before", "at pay.py"
    )
    assert "  at pay.py" in detail
    terminal.press("q")
    terminal.press("/")
    terminal.press("Escape")
    terminal.wait("Filler", gone=["with 'card'"])
    terminal.press("s")
    terminal.wait("by rate")
    terminal.press("End")
    terminal.wait("Filler number 59", gone=["Card"])
    terminal.press("Home")
    terminal.wait("Card")
    terminal.press("f", "f", "f")
    terminal.wait("muted, by rate", "no cluster matches")


def test_acknowledging_and_muting_leave_their_trace_in_the_store(terminal, store):
    terminal.press("a")
    terminal.wait("Acknowledged. c1", f" {getpass.getuser()[:7]} ")
    terminal.press("j", "m")
    terminal.wait("ten times the count")
    terminal.press("4")
    terminal.wait("Muted. c3")

    assert store.cluster("c1").triage.status is Status.ACKNOWLEDGED
    muted = store.cluster("c3").triage
    assert (muted.status, muted.mute_until_count) == (Status.MUTED, 10)
    assert [(one.action, one.cluster_id) for one in store.audit(9)] == [("mute", "c3"), ("acknowledge", "c1")]


def test_a_commit_shows_within_three_seconds(terminal, store):
    commit(store, datetime.now(UTC), "zz", [0] * 50, template="Brand new trouble")
    begun = time.monotonic()
    terminal.wait("Brand new trouble")

    assert time.monotonic() - begun < 3


def test_the_table_survives_a_store_that_goes_away_and_comes_back(store, tmp_path):
    (tmp_path / "driver.py").write_text(DRIVER)
    terminal = Terminal(tmp_path)
    try:
        terminal.start(f"{sys.executable} driver.py g.db")
        terminal.wait("Card … declined")
        (tmp_path / "away").touch()
        shown = terminal.wait("The state has not answered for", "the store does not answer", "Card … declined")
        check_fits(shown, 80, 24)
        terminal.press("a")
        terminal.wait("Nothing was changed: the store does not answer", "Card")
        commit(store, datetime.now(UTC) + timedelta(seconds=1), "zz", [0] * 50, template="Meanwhile this came")
        (tmp_path / "away").unlink()
        terminal.wait("Meanwhile this came", gone=["has not answered"])
        assert store.cluster("c1").triage.status is Status.OPEN
        terminal.press("a")
        terminal.wait("Acknowledged. ")
        assert len(store.audit(9)) == 1
    finally:
        terminal.tmux("kill-server")


@pytest.mark.parametrize("key", ["q", "C-c"])
def test_a_store_that_hangs_is_said_and_keeps_nobody_from_leaving(store, tmp_path, key):
    (tmp_path / "driver.py").write_text(DRIVER)
    terminal = Terminal(tmp_path)
    try:
        terminal.start(f"{sys.executable} driver.py g.db")
        terminal.wait("Card … declined")
        (tmp_path / "hangs").touch()
        shown = terminal.wait(
            "The state has not answered for", "has not answered yet", "Card … declined", "o reopen  q"
        )
        check_fits(shown, 80, 24)
        terminal.press(key)
        terminal.wait("ended 0")
    finally:
        terminal.tmux("kill-server")


@pytest.mark.parametrize("key", ["q", "C-c"])
def test_leaving_puts_the_terminal_back(terminal, key):
    terminal.press(key)
    shown = terminal.wait("ended 0")
    assert not any("Card" in line for line in shown), "the screen of before is back"


def test_without_a_terminal_it_says_what_to_use_instead(gardener, tmp_path):
    SqliteStore(str(tmp_path / "g.db")).close()
    done = gardener("top", "--state", "sqlite:g.db", check=False)

    assert done.returncode == 2
    assert b"gardener clusters" in done.stderr
