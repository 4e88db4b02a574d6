"""The demo from beginning to end: what is told, and what is left in state and issues, is the story."""

import json
import re
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from pathlib import Path

import pytest

from processor.app.demo import story
from processor.app.demo.play import WHO
from processor.parsing.decode import decode
from sinks.sqlite.store import SqliteStore

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """One playing at thirty times the speed: its folder, and what it printed."""
    folder = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        [sys.executable, "-m", "processor", "demo", "--speed", "30", "--no-page"],
        capture_output=True, text=True, cwd=folder, env={**__import__("os").environ, "PYTHONPATH": str(ROOT)},
        timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


def clusters(gardener, folder):
    found = gardener("clusters", "--json", "--state", f"sqlite:{folder}/demo/garden.db").stdout
    return json.loads(found)


def issue_files(folder):
    return [one for one in (folder / "demo" / "issues").glob("[0-9]*.md") if "-comments" not in one.name]


def test_every_act_is_told_at_its_second(played):
    told = re.findall(r"^(\d):(\d\d)  (.+)$", played[1], re.MULTILINE)

    assert [(int(minute) * 60 + int(second), says) for minute, second, says in told] == [
        (act.at_s, act.says) for act in story.ACTS
    ]


def test_every_entry_is_counted_and_the_next_commands_can_be_pasted(played):
    folder, out = played
    failing = (story.FIX_S - story.BAD_DEPLOY_S) + (story.ROLLBACK_S - story.REGRESS_S)

    assert re.search(r"^[\d,]+ entries, 7 clusters; issues in demo/issues/$", out, re.MULTILINE)
    # The failure, the caller, the request: each failed payment three times, and the outage's own line; one row.
    assert f" {3 * failing + sum(second % 4 == 0 for second in range(story.OUTAGE_S, story.FIX_S))} " in out
    assert "[4 clusters] pay.rates.UnknownCurrencyError" in out
    assert re.findall(r" (\w+) --state sqlite:demo/garden.db  # ", out, re.MULTILINE) == ["worklog", "top", "serve"]
    assert (folder / "demo" / "issues").is_dir()


def test_the_noise_is_muted_and_the_incident_came_back_after_it_was_resolved(played, gardener):
    found = {one["stream"]["service"]: one for one in clusters(gardener, played[0])}
    (fault,) = [one for one in clusters(gardener, played[0]) if one["stream"]["kind"] == "exception"]

    assert found["basket"]["status"] == "muted"
    assert (fault["status"], fault["priority"]) == ("open", "P1")
    assert list(fault["revisions"]) == ["pay-gate-00042", "pay-gate-00044"]
    assert "UnknownCurrencyError: no rate for currency CHF" in fault["template"]


def test_the_incident_was_acknowledged_resolved_and_is_assigned_to_nobody_since(played):
    store = SqliteStore(f"{played[0]}/demo/garden.db")
    (fault,) = [one for one in store.clusters() if one.stream.kind == "exception"]
    acted = [one for one in store.audit(200) if one.who == WHO and one.action in ("acknowledge", "resolve")]
    store.close()

    assert [one.action for one in sorted(acted, key=attrgetter("at")) if one.cluster_id == fault.id] == [
        "acknowledge",
        "resolve",
    ]
    assert len({one.cluster_id for one in acted if one.action == "acknowledge"}) == 4, "every cluster of the incident"
    assert fault.triage.assigned_to == ""


def test_one_issue_speaks_for_the_incident_and_was_closed_and_opened_again(played, gardener):
    folder = played[0]
    (fault,) = [one for one in clusters(gardener, folder) if one["stream"]["kind"] == "exception"]
    issue = Path(fault["issue"]["url"].removeprefix("file://"))
    text = (folder / issue).read_text("utf-8")
    number = issue.name[:4]
    history = (folder / "demo" / "issues" / f"{number}-comments.md").read_text("utf-8")

    assert 'state = "open"' in text
    assert "entries in 4 clusters" in text  # the failure, the callers' line and requests, and the outage's memory
    assert not any("Memory limit" in one.read_text("utf-8").split("\n\n")[0] for one in issue_files(folder))
    assert 'title = "checkout, pay-gate: ' in text
    assert "seen again" in history.lower() or "regress" in history.lower()


def test_the_same_beginning_gives_the_same_entries_and_each_can_be_decoded():
    begin = datetime(2025, 3, 2, 8, tzinfo=UTC)
    first, second = list(story.entries(begin)), list(story.entries(begin))

    assert first == second
    assert [at for at, _ in first] == sorted(at for at, _ in first)
    assert len({entry["insertId"] for _, entry in first}) == len(first) > 800
    for at_s, entry in first:
        found = decode(json.dumps(entry).encode(), begin + timedelta(hours=1))
        assert abs((found.at - begin).total_seconds() - at_s) < 0.001


def test_a_folder_that_holds_something_else_is_left_alone(gardener, tmp_path):
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "thesis.txt").write_text("precious")
    done = gardener("demo", "--no-page", check=False)

    assert (done.returncode, (tmp_path / "demo" / "thesis.txt").read_text()) == (2, "precious")
    assert b"name a folder that may be emptied, --folder PATH" in done.stderr


def test_a_named_state_is_a_new_file_with_its_issues_beside_it(gardener, tmp_path):
    gardener("demo", "--no-page", "--speed", "120", "--state", "sqlite:shop.db")

    assert (tmp_path / "shop.db").is_file()
    assert list((tmp_path / "shop-issues").glob("0001-*.md"))
    for state, said in (("shop.db", b"shop.db is there already"), ("firestore:p", b"keeps its state in a file")):
        done = gardener("demo", "--no-page", "--state", state, check=False)
        assert done.returncode == 2
        assert said in done.stderr


def test_the_page_is_served_while_it_plays_and_ends_with_it(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-m", "processor", "demo", "--speed", "60", "--port", "0"],
        stdout=subprocess.PIPE, text=True, cwd=tmp_path,
        env={**__import__("os").environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
    ) as process:  # fmt: skip
        said = process.stdout.readline()
        address = re.fullmatch(r"on-call page: (http://127\.0\.0\.1:\d+/)\n", said)[1]
        with urllib.request.urlopen(address) as page:  # noqa: S310  # our own page
            assert page.status == 200
        out = process.stdout.read()
        code = process.wait(60)

    assert (code, "7 clusters" in out) == (0, True)
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(address)  # noqa: S310  # our own page
