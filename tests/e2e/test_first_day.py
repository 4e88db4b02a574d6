"""Wrong things that a newcomer does: each is answered with a sentence that names the next step, and leaves nothing."""

import json
import os
import re
import socket
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = str(ROOT / "examples" / "export.json")
YAML = b"---\ninsertId: a\nseverity: ERROR\ntextPayload: x\n"
FILES = {
    "export.yaml": YAML,
    "logs.csv": b"insertId,severity,textPayload,timestamp\r\na,ERROR,x,t\r\n",
    "table.txt": b"TIMESTAMP             SEVERITY  TEXT_PAYLOAD\n2025-03-02T08:15:30Z  ERROR     x\n",
    "page.json": b"<!DOCTYPE html><html>Sign in</html>",
    "logs.zip": b"PK\x03\x04rest",
    "logs.tar": b"x" * 257 + b"ustar\0" + b"0" * 300,
    "logs.parquet": b"PAR1rest",
    "error.json": b'{"error": {"code": 403, "message": "Permission denied", "status": "PERMISSION_DENIED"}}',
    "gcloud.json": b"ERROR: (gcloud.logging.read) PERMISSION_DENIED: no access\n",
    "app.log": b"2025-03-02 08:15:30 ERROR till jammed\n",
    "bad.toml": b"min_severity = \n",
    "unknown.toml": b'severity = "ERROR"\n',
    "notes.txt": b"precious\n",
}
WRONG = [
    # what was typed; exit code; words of the answer, each a part of the next step
    (["replay", "exprot.json"], 4, ["does not exist", "name a file of log entries, or - for standard input"]),
    (["replay", "."], 4, ["is a directory", "name a file"]),
    (["replay"], 2, ["Missing argument", "gardener replay --help"]),
    (["replay", "export.yaml"], 4, ["add --format=json"]),
    (["replay", "logs.csv"], 4, ["download JSON"]),
    (["replay", "table.txt"], 4, ["gcloud logging read FILTER --format=json"]),
    (["replay", "page.json"], 4, ["sign-in", "gcloud logging read FILTER --format=json"]),
    (["replay", "logs.zip"], 4, ["unzip -p logs.zip | gardener replay -"]),
    (["replay", "logs.tar"], 4, ["tar -xOf logs.tar | gardener replay -"]),
    (["replay", "logs.parquet"], 4, ["bq extract --destination_format NEWLINE_DELIMITED_JSON"]),
    (["replay", "error.json"], 4, ["error answer of the API"]),
    (["replay", "gcloud.json"], 4, ["run the gcloud command again"]),
    (["assign", "app.log"], 4, ["--text counts the lines of plain text"]),
    (["replay", EXAMPLE, "--state", "garden.db"], 2, ["setting state", "sqlite:garden.db"]),
    (["replay", EXAMPLE, "--state", "sqlite:notes.txt"], 3, ["notes.txt"]),
    (["replay", EXAMPLE, "--issues", "issues"], 2, ["setting issues", "folder:issues"]),
    (["replay", EXAMPLE, "--issues", "github:me"], 2, ["setting issues", "github:OWNER/REPO"]),
    (["replay", EXAMPLE, "--min-severity", "warn"], 2, ["setting min_severity", "WARNING"]),
    (["replay", EXAMPLE, "--config", "bad.toml"], 2, ["bad.toml is not valid TOML"]),
    (["replay", EXAMPLE, "--config", "unknown.toml"], 2, ["severity", "gardener config"]),
    (["clusters"], 3, ["there is no state here", "replay FILE"]),
    (["clusters", "--state", "sqlite:none.db"], 3, ["gardener replay FILE --state sqlite:none.db"]),
    (["clusters", "--limit", "-3"], 2, ["--limit", "x>=1"]),
    (["clusters", "--status", "closed"], 2, ["'open', 'acknowledged', 'muted', 'resolved'"]),
    (["cluster"], 2, ["did you mean `clusters`?"]),
    (["frobnicate"], 2, ["`gardener --help` lists them"]),
    (["show"], 2, ["Missing argument 'ID'", "gardener show --help"]),
    (["top"], 3, ["there is no state here", "replay FILE"]),
    (["run", "--source", EXAMPLE], 2, ["setting source", f"file:{EXAMPLE}"]),
    (["run", "--source", "file:app.log?fallow"], 2, ["?follow and ?text"]),
    (["worklog", "--since", "yesterday"], 2, ["is not a day such as 2025-09-13"]),
    (["demo", "--speed", "0"], 2, ["--speed", "1<=x<=120"]),
]


@pytest.mark.parametrize(
    ("typed", "code", "words"), WRONG, ids=lambda value: " ".join(value) if type(value) is list else ""
)
def test_what_a_newcomer_does_wrong_is_answered_with_the_next_step(typed, code, words, gardener, tmp_path):
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    done = gardener(*typed, check=False, stdin=b"")
    said = done.stderr.decode().replace("python -m processor", "gardener").replace(" -m processor", "gardener")

    assert done.returncode == code, said
    assert [word for word in words if word not in said] == [], said
    assert done.stdout == b""
    assert "Traceback" not in said
    assert len([line for line in said.splitlines() if line and not line.startswith(("Usage:", "Try "))]) == 1
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_cluster_that_is_not_there_names_the_list_of_this_state(gardener):
    gardener("replay", EXAMPLE, "--state", "sqlite:run/my garden.db")
    done = gardener("show", "nothing", "--state", "sqlite:run/my garden.db", check=False)

    assert done.returncode == 1
    assert b"-m processor clusters --state 'sqlite:run/my garden.db'` lists them" in done.stderr


def test_the_only_state_of_a_folder_is_found_and_said(gardener):
    gardener("replay", EXAMPLE, "--state", "sqlite:run/garden.db")
    done = gardener("clusters")

    assert len(done.stdout.splitlines()) == 6
    assert done.stderr == b"state: sqlite:run/garden.db (no other is here; --state names one)\n"


def test_of_two_states_none_is_guessed(gardener):
    for name in ("one", "two"):
        gardener("replay", EXAMPLE, "--state", f"sqlite:run/{name}.db")
    done = gardener("clusters", check=False)

    assert done.returncode == 3
    assert b"say which, --state sqlite:run/one.db, --state sqlite:run/two.db" in done.stderr


def test_the_hints_of_a_replay_can_be_pasted(gardener, tmp_path):
    out = gardener("replay", EXAMPLE, "--state", "sqlite:it's.db").stdout.decode()
    hints = re.findall(r"^\S+ -m processor .*$", out, re.MULTILINE)

    assert len(hints) == 3
    for hint in (hints[0], hints[2]):
        done = __import__("subprocess").run(
            ["sh", "-c", hint], cwd=tmp_path, capture_output=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


def test_a_port_that_is_taken_is_said(gardener):
    gardener("replay", EXAMPLE)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = gardener("serve", "--port", taken.getsockname()[1], check=False)

    assert done.returncode == 2
    assert b"--port" in done.stderr
    assert b"Traceback" not in done.stderr


def test_nothing_at_the_level_that_is_counted_says_how_to_count_it(gardener, tmp_path):
    entry = {"timestamp": "2025-03-02T08:15:30Z", "severity": "INFO", "textPayload": "fine", "logName": "l"}
    (tmp_path / "info.json").write_text(json.dumps(entry))
    done = gardener("replay", "info.json")

    assert b"nothing is WARNING or worse; --min-severity DEFAULT counts every entry" in done.stdout


def test_filters_choose_and_what_is_settled_comes_last(gardener):
    gardener("replay", EXAMPLE)
    first = json.loads(gardener("clusters", "--json").stdout)[0]
    gardener("resolve", first["id"])
    every = json.loads(gardener("clusters", "--json").stdout)

    def ids(*options):
        return [one["id"] for one in json.loads(gardener("clusters", "--json", *options).stdout)]

    assert every[-1]["id"] == first["id"]
    assert ids("--status", "resolved") == [first["id"]]
    assert ids("--priority", "P3", "--priority", "P2") == [
        one["id"] for one in every if one["priority"] in {"P2", "P3"}
    ]
    assert ids("--service", "no-such") == []
    assert ids("--search", "route:chat") == [one["id"] for one in every if one["stream"]["kind"] == "http"]
    assert json.loads(gardener("show", first["id"][:6], "--json").stdout)["id"] == first["id"]
