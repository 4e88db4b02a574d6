"""From the command line to issues in a folder, and back by decisions."""

import contextlib
import json
import shlex
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sinks.sqlite.store import SqliteStore

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "export.json"


def issues(folder):
    """Front matter by file name."""
    found = {}
    for path in sorted(folder.glob("[0-9]*.md")):
        if not path.name.endswith("-comments.md"):
            found[path.name] = tomllib.loads(path.read_text("utf-8").split("+++\n")[1])
    return found


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def replayed(gardener, tmp_path):
    gardener("replay", EXAMPLE, "--state", "sqlite:g.db", "--issues", "folder:issues")
    return tmp_path


def clusters(gardener):
    return json.loads(gardener("clusters", "--state", "sqlite:g.db", "--json").stdout)


def test_the_example_opens_the_worklogs_five_issues_with_its_priorities(gardener, replayed):
    found = issues(replayed / "issues")
    priorities = sorted(label for one in found.values() for label in one["labels"] if label.startswith("priority"))

    assert priorities == ["priority: P1", "priority: P1", "priority: P2", "priority: P3", "priority: P3"]
    words = ("Session", "Stream", "stop agent", "Thread ID", "HTTP 4xx")
    opened = [one for one in clusters(gardener) if one["issue"]]
    by_words = {word: one["priority"] for one in opened for word in words if word in one["template"]}
    assert by_words == {"Session": "P3", "Stream": "P1", "stop agent": "P1", "Thread ID": "P2", "HTTP 4xx": "P3"}


def test_running_it_again_changes_no_byte_of_any_issue(gardener, replayed):
    before = contents(replayed / "issues")
    gardener("replay", EXAMPLE, "--state", "sqlite:g.db", "--issues", "folder:issues")

    assert contents(replayed / "issues") == before


def test_a_lost_state_finds_its_issues_again(gardener, replayed):
    before = issues(replayed / "issues")
    for path in replayed.glob("g.db*"):
        path.unlink()
    gardener("replay", EXAMPLE, "--state", "sqlite:g.db", "--issues", "folder:issues")

    assert list(issues(replayed / "issues")) == list(before)


def test_decisions_reach_the_issue_and_the_audit_trail(gardener, replayed):
    one = next(one for one in clusters(gardener) if "Thread ID" in one["template"])
    state = ("--state", "sqlite:g.db")
    gardener("priority", one["id"], "P0", *state)
    said = gardener("resolve", one["id"], "--note", "fixed in 607", *state).stdout.decode()
    gardener("replay", EXAMPLE, *state, "--issues", "folder:issues")

    issue = next(front for name, front in issues(replayed / "issues").items() if "thread-id" in name)
    assert said == f"{one['id']} is resolved, priority P0\n"
    assert (issue["state"], issue["reason"]) == ("closed", "completed")
    assert "priority: P0" in issue["labels"]
    assert "priority: P2" not in issue["labels"]


def test_an_issue_closed_in_an_editor_is_a_persons_word(gardener, replayed):
    path = next(path for path in (replayed / "issues").glob("*http-4xx*.md"))
    text = path.read_text("utf-8").replace('state = "open"', 'state = "closed"')
    path.write_text(text.replace('reason = ""', 'reason = "not_planned"'), "utf-8")
    gardener("replay", EXAMPLE, "--state", "sqlite:g.db", "--issues", "folder:issues")

    one = next(one for one in clusters(gardener) if one["template"] == "HTTP 4xx")
    assert one["status"] == "muted"
    assert 'state = "closed"' in path.read_text("utf-8")


def test_a_mute_ends_when_it_was_told_to(gardener, replayed):
    one = clusters(gardener)[0]
    before = datetime.now(UTC)
    said = gardener("mute", one["id"], "--for", "90m", "--note", "deploying", "--state", "sqlite:g.db").stdout.decode()
    with contextlib.closing(SqliteStore(str(replayed / "g.db"), must_exist=True)) as store:
        until, (record, *_) = store.cluster(one["id"]).triage.mute_until, store.audit(1)

    assert timedelta(minutes=90) <= until - before < timedelta(minutes=92)
    assert f"is muted until {until:%Y-%m-%d %H:%M} UTC, priority" in said
    assert record.detail == f"until {until:%Y-%m-%d %H:%M} UTC: deploying"


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("mute", "nope"), 1, "There is no cluster nope. `gardener clusters` lists them"),
        (("mute", "ID", "--for", "a while"), 2, "mute until 'a while': write 90m, 2h, 7d"),
        (("mute", "ID", "--for", "2h", "--until-times", "10"), 2, "not both"),
        (("merge", "ID", "ID"), 2, "cannot be merged into itself"),
        (("split", "ID"), 2, "nothing was ever merged into"),
        (("priority", "nope", "P7"), 2, "'P7' is not one of"),
        (("what-if", str(EXAMPLE), "--config", "absent.toml"), 2, "absent.toml does not exist"),
    ],
)
def test_a_wrong_action_says_what_is_wrong(gardener, replayed, arguments, code, sentence):
    state = () if arguments[0] == "what-if" else ("--state", "sqlite:g.db")
    known = clusters(gardener)[0]["id"]
    done = gardener(*(known if one == "ID" else one for one in arguments), *state, check=False)

    assert done.returncode == code
    assert sentence in done.stderr.decode()


def test_a_merge_closes_the_second_issue_as_duplicate(gardener, replayed):
    first, second = [one["id"] for one in clusters(gardener) if one["stream"]["kind"] == "text" and one["issue"]][:2]
    gardener("merge", second, first, "--state", "sqlite:g.db")
    gardener("replay", EXAMPLE, "--state", "sqlite:g.db", "--issues", "folder:issues")

    assert sorted(one["reason"] for one in issues(replayed / "issues").values()) == ["", "", "", "", "duplicate"]


def test_a_merge_and_a_split_print_the_commands_that_take_them_back(gardener):
    gardener("replay", EXAMPLE, "--state", "sqlite:g.db")

    def ids():
        return {one["id"] for one in json.loads(gardener("clusters", "--json", "--state", "sqlite:g.db").stdout)}

    def said_undo(done):
        (line,) = done.stderr.decode().strip().splitlines()
        return shlex.split(line.removeprefix("to undo: "))[3:]

    before = ids()
    one, other, *_ = sorted(before)

    merged = gardener("merge", one, other, "--state", "sqlite:g.db")
    assert ids() == before - {one}
    split = gardener(*said_undo(merged))
    assert ids() == before
    again = gardener(*said_undo(split))
    assert ids() == before - {one}
    everything = gardener("split", other, "--state", "sqlite:g.db")
    assert said_undo(again) == ["split", other, "--apart", one, "--state", "sqlite:g.db"]
    assert said_undo(everything) == ["merge", one, other, "--state", "sqlite:g.db"]
    refused = gardener("split", other, "--apart", one, "--state", "sqlite:g.db", check=False)
    assert b"nothing was ever merged" in refused.stderr or b"was never merged" in refused.stderr


def test_what_if_shows_what_would_change_and_writes_nothing(gardener, tmp_path):
    (tmp_path / "new.toml").write_text(
        '[thresholds]\nP3 = []\n[[rules]]\nname = "x"\npriority = "P0"\ntext = "Thread ID"\n'
    )
    before = {path.name for path in tmp_path.iterdir()}
    done = gardener("what-if", EXAMPLE, "--config", "new.toml", "--json")
    found = json.loads(done.stdout)

    assert found["issues"] == {"before": 5, "after": 3}
    assert [one["priority"] for one in found["silenced"]] == ["P3", "P3"]
    assert [(one["before"], one["after"]) for one in found["repriced"]] == [("P2", "P0")]
    assert {path.name for path in tmp_path.iterdir()} == before


def test_the_real_hour_gives_one_issue_for_each_kind_of_problem(gardener, shared_data, tmp_path):
    hour = shared_data / "cloud-run-hour" / "export.json"
    gardener("replay", hour, "--state", "sqlite:g.db", "--issues", "folder:i")
    found = issues(tmp_path / "i")

    assert sorted(one["title"] for one in found.values()) == [
        (
            "netra-backend-staging: ModuleNotFoundError: No module named 'netra_backend.app.services.monitoring'"
            " in _add_websocket_exclusion_middleware (middleware_setup.py)"
        ),
        "netra-backend-staging: SERVICE_ID contained whitespace - sanitized from … to …",
        "netra-backend-staging: Sentry SDK not available - install sentry-sdk[fastapi] to enable error tracking",
    ]
    assert len({one["issue"]["number"] for one in clusters(gardener) if one["issue"]}) == len(found)

    (tmp_path / "new.toml").write_text("[thresholds]\nP3 = []\n")
    done = gardener("what-if", hour, "--config", "new.toml", "--json")
    assert json.loads(done.stdout)["issues"] == {"before": 3, "after": 1}
