"""The command line on a pseudo-terminal, a narrow one, a pipe, and in other locales."""

import contextlib
import json
import os
import pty
import re
import select
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.cells import cell_len

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "export.json"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"}


def on_a_terminal(arguments, folder, *, stdin=None, size=None, env=None):
    """Run with all but a redirected input on a pseudo-terminal; gives what was shown and the exit code."""
    ours, theirs = pty.openpty()
    columns = {"COLUMNS": str(size)} if size else {}
    process = subprocess.Popen(
        [sys.executable, "-m", "processor", *map(str, arguments)],
        stdin=stdin or theirs, stdout=theirs, stderr=theirs, cwd=folder, env={**ENVIRONMENT, **columns, **(env or {})},
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        if select.select([ours], [], [], 0.1)[0]:
            try:
                shown += os.read(ours, 65536)
            except OSError:
                break
        elif process.poll() is not None:
            break
    os.close(ours)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode()), process.wait(10)


@pytest.mark.parametrize("kind", ["file", "pipe", "redirected", "compressed", "empty"])
def test_every_kind_of_source_is_read_at_a_terminal(kind, tmp_path):
    data = {"compressed": __import__("gzip").compress(EXAMPLE.read_bytes()), "empty": b""}.get(kind)
    path = EXAMPLE
    if data is not None:
        path = tmp_path / "given"
        path.write_bytes(data)
    if kind == "pipe":
        with subprocess.Popen(["cat", path], stdout=subprocess.PIPE) as cat:
            shown, code = on_a_terminal(["replay", "-"], tmp_path, stdin=cat.stdout)
    elif kind == "redirected":
        with path.open("rb") as file:
            shown, code = on_a_terminal(["replay", "-"], tmp_path, stdin=file)
    else:
        shown, code = on_a_terminal(["replay", path], tmp_path)

    assert (code, "Traceback" in shown) == (0, False), shown
    assert f"ingested {0 if kind == 'empty' else 50} = counted" in shown


@pytest.mark.parametrize("size", [60, 80, 100, 200])
def test_the_list_fits_the_screen_one_line_each_with_status_and_template(size, tmp_path):
    on_a_terminal(["replay", EXAMPLE], tmp_path)
    shown, _ = on_a_terminal(["clusters"], tmp_path, size=size)
    head, *rows = [line for line in shown.splitlines() if line.strip()]

    assert len(rows) == 5
    assert all(cell_len(line) <= size for line in [head, *rows])
    assert {"ID", "PRI", "STATUS", "COUNT", "TEMPLATE"} <= set(head.split())
    assert ("SERVICE" in head, "LAST SEEN" in head) == (size >= 100, size >= 200)
    assert all(re.match(r"[0-9a-f]{12}  P\d   open ", row) for row in rows)


LOCALES = [
    {"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}, {"PYTHONIOENCODING": "ascii"},
]  # fmt: skip


@pytest.mark.parametrize("locale", LOCALES, ids=str)
def test_every_reader_prints_in_every_locale(locale, gardener, tmp_path):
    entry = {
        "insertId": "1", "logName": "l", "timestamp": "2025-03-02T08:15:30Z", "severity": "ERROR",
        "textPayload": "Kasse \u4e2d\u6587 \U0001f4a5 klemmt \u2026", "labels": {"x": "\u2192"},
    }  # fmt: skip
    (tmp_path / "e.json").write_text(json.dumps(entry), "utf-8")
    gardener("replay", "e.json", "no entry", env=locale, check=False)
    gardener("replay", "e.json", "--issues", "folder:issues", env=locale)
    (cluster,) = json.loads(gardener("clusters", "--json", env=locale).stdout)
    for command in (
        ["clusters"],
        ["show", cluster["id"]],
        ["worklog"],
        ["rejected"],
        ["explain", "e.json"],
        ["config"],
    ):
        done = gardener(*command, env=locale)
        assert b"Traceback" not in done.stderr
    assert gardener("worklog", "--out", "w.md", env=locale).returncode == 0
    assert "Kasse" in (tmp_path / "w.md").read_text("utf-8")


# A suite that a shell runs in the background hands down that Ctrl-C is ignored.
REPLAY = ["env", "--default-signal=INT", sys.executable, "-m", "processor", "replay", "-"]


def _wait_until_it_waits(pid):
    """Return when the process has not computed for half a second: it waits for its input, however slow its start."""
    before, ends = -1.0, time.monotonic() + 30
    while time.monotonic() < ends:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        now = int(fields[11]) + int(fields[12])
        if now and now == before:
            return
        before = now
        time.sleep(0.5)


def _wait_until_counted(path):
    """Return when the state at the path has a cluster."""
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        with (
            contextlib.suppress(sqlite3.OperationalError),
            contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as state,
        ):
            if state.execute("SELECT count(*) FROM clusters").fetchone()[0]:
                return
        time.sleep(0.1)


def test_ctrl_c_says_where_it_stopped_and_ends_with_130(tmp_path):
    line = json.dumps({"timestamp": "2025-03-02T08:15:30Z", "severity": "ERROR", "logName": "l", "textPayload": "x"})
    with subprocess.Popen(
        REPLAY,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path, env=ENVIRONMENT,
    ) as process:  # fmt: skip
        process.stdin.write((line + "\n").encode())
        process.stdin.flush()
        _wait_until_counted(tmp_path / "garden.db")
        process.send_signal(signal.SIGINT)
        out, err = process.stdout.read(), process.stderr.read()
        code = process.wait(30)

    assert code == 130
    assert b"ingested 1 = counted 1" in out
    assert b"stopped after 1 of the entries of -; replay it again to go on, nothing counts twice" in err


def test_ctrl_c_before_anything_came_leaves_nothing(tmp_path):
    with subprocess.Popen(
        REPLAY,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path, env=ENVIRONMENT,
    ) as process:  # fmt: skip
        _wait_until_it_waits(process.pid)
        process.send_signal(signal.SIGINT)
        err = process.stderr.read()
        code = process.wait(30)

    assert (code, list(tmp_path.iterdir())) == (130, [])
    assert err.strip() == b"gardener: stopped"


def test_the_list_on_a_pipe_is_not_cut(gardener):
    gardener("replay", EXAMPLE)
    env = dict.fromkeys(("COLUMNS",), "")
    lines = gardener("clusters", env=env).stdout.decode().splitlines()

    assert len(lines) == 6
    assert any("This may indicate inconsistent ID generation" in line for line in lines)
