"""`gardener doctor`: each broken set-up is named, with what mends it. Those on Pub/Sub: tests/e2e."""

import io
import json
import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from service import free_port

from processor.app.config import load
from processor.app.doctor import examine
from processor.app.doctor_checks import make_checks
from processor.model import DeliveryHealth, Grade
from processor.model.errors import ConfigError
from sinks.firestore.checks import missing, skew
from sinks.sqlite.store import SqliteStore

NOW = datetime(2026, 1, 1, tzinfo=UTC)
GOOD = {"archived": False, "has_issues": True, "permissions": {"push": True, "triage": True}}
LABELS = ["log-gardener", *(f"priority: P{n}" for n in range(4))]


class GitHub:
    """Answers for one repository, on loopback."""

    def __init__(self):
        self.status, self.repository, self.labels, self.off = 200, GOOD, LABELS, timedelta()
        self.expires = ""

        class Handler(BaseHTTPRequestHandler):
            fake = self

            def do_GET(self):
                fake = self.fake
                body = fake.repository if not self.path.partition("?")[0].endswith("/labels") else None
                answer = json.dumps([{"name": n} for n in fake.labels] if body is None else body).encode()
                self.send_response_only(fake.status)
                self.send_header("Date", format_datetime(datetime.now(UTC) + fake.off, usegmt=True))
                self.send_header("Content-Type", "application/json")
                if fake.expires:
                    self.send_header("GitHub-Authentication-Token-Expiration", fake.expires)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def github():
    fake = GitHub()
    yield fake
    fake.server.shutdown()
    fake.server.server_close()


@pytest.fixture
def findings(gardener):
    def run(*arguments, env=None, code=1):
        done = gardener("doctor", *arguments, "--json", env=env, check=False, stdin=b"")
        assert done.returncode == code, done.stdout.decode() + done.stderr.decode()
        return json.loads(done.stdout)

    return run


def problem(found, part):
    (one,) = [finding for finding in found if finding["grade"] == "problem" and finding["part"] == part]
    assert one["mend"]
    return one


def test_a_set_up_without_faults_is_well(findings, tmp_path, entry_json):
    (tmp_path / "export.json").write_bytes(entry_json())

    found = findings("--source", "file:export.json", "--state", "sqlite:g.db", "--issues", "folder:issues", code=0)

    assert [(one["part"], one["grade"]) for one in found] == [("source", "ok"), ("state", "ok"), ("issues", "ok")]
    assert not (tmp_path / "g.db").exists()


def test_a_person_reads_one_line_and_its_mending(gardener):
    done = gardener("doctor", "--source", "file:gone.json", check=False)

    assert "PROBLEM  source: gone.json does not exist\n         fix: name a file of log entries" in done.stdout.decode()


def test_a_missing_file_is_named(findings):
    assert "gone.json does not exist" in problem(findings("--source", "file:gone.json"), "source")["text"]


def test_a_file_of_something_else_is_named(findings, tmp_path):
    (tmp_path / "notes.txt").write_text("these are\nno log entries\n")

    one = problem(findings("--source", "file:notes.txt"), "source")

    assert "none of its first 2 entries can be read" in one["text"]
    assert "gcloud logging read" in one["mend"]


def test_a_missing_folder_of_the_state_is_named(findings):
    assert problem(findings("--state", "sqlite:nowhere/g.db"), "state")["mend"] == "mkdir -p 'nowhere'"


def test_a_state_of_another_schema_is_named(findings, gardener, entry_json, tmp_path):
    gardener("replay", "-", "--state", "sqlite:g.db", stdin=entry_json())
    with sqlite3.connect(tmp_path / "g.db") as db:
        db.execute("UPDATE meta SET value = '99' WHERE key = 'schema_version'")
    db.close()

    assert "99" in problem(findings("--state", "sqlite:g.db"), "state")["text"]


def test_a_state_that_is_no_database_is_named(findings, tmp_path):
    (tmp_path / "g.db").write_text("not a database, but a text of more than a few bytes")

    done = findings("--state", "sqlite:g.db")

    assert [one["part"] for one in done if one["grade"] == "problem"] == ["state"]


def test_a_subscription_whose_emulator_is_not_running_is_named(findings):
    env = {"PUBSUB_EMULATOR_HOST": f"127.0.0.1:{free_port()}"}

    one = problem(findings("--source", "pubsub:projects/p/subscriptions/s", env=env), "subscription")

    assert "UNAVAILABLE" in one["text"]
    assert "make emulators" in one["mend"]


def test_a_firestore_that_does_not_answer_is_named(findings):
    env = {"FIRESTORE_EMULATOR_HOST": f"127.0.0.1:{free_port()}"}

    one = problem(findings("--state", "firestore:p", env=env), "state")

    assert "did not answer" in one["text"]
    assert "make emulators" in one["mend"]


def test_a_health_port_in_use_is_named(findings, github):
    port = github.url.rpartition(":")[2]

    assert "cannot be used" in problem(findings(env={"GARDENER_HEALTH_PORT": port}), "health port")["text"]


def test_github_without_a_token_is_named(findings):
    env = {"GARDENER_GITHUB_TOKEN": ""}

    assert problem(findings("--issues", "github:o/r", env=env), "GitHub")["mend"].startswith(
        "set GARDENER_GITHUB_TOKEN"
    )


@pytest.mark.parametrize(
    ("changes", "part", "text", "mend"),
    [
        ({"status": 404}, "GitHub", "o/r is not there, or the token may not see it", "grant the token access"),
        ({"repository": {**GOOD, "has_issues": False}}, "GitHub", "issues are off", "gh repo edit o/r --enable-issues"),
        ({"repository": {**GOOD, "archived": True}}, "GitHub", "is archived", "gh repo unarchive o/r"),
        ({"repository": {**GOOD, "permissions": {"pull": True}}}, "GitHub", "may only read", "Issues: read and write"),
        ({"off": timedelta(hours=1)}, "clock", "differs from GitHub's by 3,", "timedatectl"),
    ],
)
def test_a_repository_that_cannot_be_used_is_named(findings, github, changes, part, text, mend):
    for name, value in changes.items():
        setattr(github, name, value)
    env = {"GARDENER_GITHUB_TOKEN": "token-of-a-test", "GARDENER_GITHUB_API_URL": github.url}

    one = problem(findings("--issues", "github:o/r", env=env), part)

    assert text in one["text"]
    assert mend in one["mend"]


def test_a_refused_token_is_named(findings, github):
    github.status = 401
    env = {"GARDENER_GITHUB_TOKEN": "token-of-a-test", "GARDENER_GITHUB_API_URL": github.url}

    one = problem(findings("--issues", "github:o/r", env=env), "GitHub")

    assert "the token is refused" in one["text"]


def test_missing_labels_are_a_warning_with_the_command_that_makes_them(findings, github):
    github.labels = LABELS[:-1]
    env = {"GARDENER_GITHUB_TOKEN": "token-of-a-test", "GARDENER_GITHUB_API_URL": github.url}

    found = findings("--issues", "github:o/r", env=env, code=0)

    (one,) = [finding for finding in found if finding["grade"] == "warning"]
    assert one["mend"] == "gh label create 'priority: P3' -R o/r"


@pytest.mark.parametrize(
    ("before_s", "after_s", "theirs_s", "grade"),
    [
        (0, 2, 1, Grade.WELL),  # inside the request
        (0, 1, 5.9, Grade.WELL),  # within the tolerance
        (0, 1, 6.1, Grade.PROBLEM),  # they are ahead
        (10, 11, 4.9, Grade.PROBLEM),  # we are
    ],
)
def test_clocks_are_compared_with_the_time_of_the_request_left_out(before_s, after_s, theirs_s, grade):
    def at(seconds):
        return NOW + timedelta(seconds=seconds)

    assert skew("Firestore", at(before_s), at(theirs_s), at(after_s)).grade is grade


def test_missing_indexes_and_expiry_are_named_with_the_commands_that_make_them():
    schema = {
        "collections": {
            "clusters": {"indexes": [[["stream_id", "ASC"], ["rev", "DESC"]]], "ttl": None},
            "ledger": {"indexes": [], "ttl": "expire_at"},
        }
    }
    index = ("clusters", (("stream_id", "ASC"), ("rev", "DESC")))

    broken = list(missing(schema, [], [], place="--project=p"))
    well = list(missing(schema, [index], [("ledger", "expire_at")], place="--project=p"))

    assert [one.grade for one in broken] == [Grade.PROBLEM, Grade.WARNING]
    assert broken[0].mend == (
        "gcloud firestore indexes composite create --project=p --collection-group=clusters"
        " --field-config=field-path=stream_id,order=ascending --field-config=field-path=rev,order=descending"
    )
    assert broken[1].mend == (
        "gcloud firestore fields ttls update expire_at --project=p --collection-group=ledger --enable-ttl"
    )
    assert [one.grade for one in well] == [Grade.WELL]


TOKENS = {"GARDENER_GITHUB_TOKEN": "token-of-a-test"}
BROKEN = {
    "a mask that is no expression": ({"gardener.toml": '[[masks]]\nname = "x"\npattern = "("\n'}, [], {}, "masks"),
    "a mask that matches nothing at all": ({"gardener.toml": '[[masks]]\nname = "x"\npattern = ""\n'}, [], {}, "masks"),
    "a rule whose expression is none": ({"gardener.toml": '[[rules]]\npriority = "P1"\ntext = "("\n'}, [], {}, ""),
    "a threshold without a time": ({"gardener.toml": '[thresholds]\nP1 = ["3"]\n'}, [], {}, ""),
    "a dwell that is no time": ({"gardener.toml": '[dwell]\nP1 = "soon"\n'}, [], {}, ""),
    "a setting that does not exist": ({"gardener.toml": "flush_second = 1\n"}, [], {}, ""),
    "a file that is no TOML": ({"gardener.toml": "flush_seconds = \n"}, [], {}, ""),
    "a source of no known form": ({}, ["--source", "kafka:x"], {}, ""),
    "a state of no known form": ({}, ["--state", "postgres:x"], {}, ""),
    "a source that is not there": ({}, ["--source", "file:gone.json"], {}, "source"),
    "a source that is a folder": ({"d/x": ""}, ["--source", "file:d"], {}, "source"),
    "a source of something else": ({"x.txt": "no\nentries\n"}, ["--source", "file:x.txt"], {}, "source"),
    "a state without its folder": ({}, ["--state", "sqlite:gone/g.db"], {}, "state"),
    "a state that is no database": ({"g.db": "text " * 50}, ["--state", "sqlite:g.db"], {}, "state"),
    "a state that is a folder": ({"d/x": ""}, ["--state", "sqlite:d"], {}, "state"),
    "issues in a file": ({"f": ""}, ["--issues", "folder:f"], {}, "issues"),
    "issues below a file": ({"f": ""}, ["--issues", "folder:f/issues"], {}, "issues"),
    "a worklog in a file": ({"f": ""}, [], {"GARDENER_WORKLOG": "folder:f"}, "worklog"),
    "a worklog below a file": ({"f": ""}, [], {"GARDENER_WORKLOG": "folder:f/log"}, "worklog"),
    "GitHub without a token": ({}, ["--issues", "github:o/r"], {}, "GitHub"),
    "a key of an App that is none": (
        {},
        ["--issues", "github:o/r"],
        {
            "GARDENER_GITHUB_APP_ID": "1",
            "GARDENER_GITHUB_INSTALLATION_ID": "2",
            "GARDENER_GITHUB_PRIVATE_KEY": "no PEM",
        },
        "GitHub",
    ),
    "a repository by service that is none": (
        {"gardener.toml": '[repositories]\n"pay-*" = "just-a-name"\n'},
        ["--issues", "github:o/r"],
        TOKENS,
        "GitHub",
    ),
    "a page open to all": ({}, [], {"GARDENER_WEB_HOST": "0.0.0.0"}, "web"),  # noqa: S104
    "a short token of the page": ({}, [], {"GARDENER_WEB_TOKEN": "short"}, "web"),
    "one token for both roles": (
        {},
        [],
        {"GARDENER_WEB_TOKEN": "a-token-0123456789", "GARDENER_WEB_READ_TOKEN": "a-token-0123456789"},
        "web",
    ),
    "a proxy that is no address": ({}, [], {"GARDENER_WEB_PROXIES": "everywhere"}, "web"),
    "metrics by gRPC": (
        {},
        [],
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
        "metrics",
    ),
    "a collector that is no URL": ({}, [], {"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"}, "metrics"),
    "a health port in use": ({}, [], {"GARDENER_HEALTH_PORT": "in use"}, "health port"),
    "a health host of another machine": (
        {},
        [],
        {"GARDENER_HEALTH_HOST": "203.0.113.1", "GARDENER_HEALTH_PORT": "8099"},
        "health port",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_each_broken_set_up_is_named_by_its_part(name, tmp_path, monkeypatch, github):
    """In this process: `load`, `make_checks` and `examine` are all that the command does."""
    files, arguments, environment, part = BROKEN[name]
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    monkeypatch.chdir(tmp_path)
    for variable, value in environment.items():
        monkeypatch.setenv(variable, github.url.rpartition(":")[2] if value == "in use" else value)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    flags = dict(zip((one.removeprefix("--") for one in arguments[::2]), arguments[1::2], strict=True))
    if not part:
        with pytest.raises(ConfigError, match=r"setting|TOML"):
            load(flags)
        return
    found = list(examine(make_checks(load(flags))))

    wrong = [one for one in found if one.grade is Grade.PROBLEM]
    assert [one.part for one in wrong] == [part], found
    assert wrong[0].mend
    assert len(wrong[0].text) > 10


def test_what_a_worker_reported_and_a_token_that_ends_are_warnings(tmp_path, monkeypatch, github):
    now = datetime.now(UTC)
    store = SqliteStore(str(tmp_path / "g.db"))
    store.put_delivery(DeliveryHealth("w1", now, "github:o/r", None, now, "x", {"o/r": "GitHub answered 401"}, 3))
    store.close()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.setenv("GARDENER_GITHUB_TOKEN", "token-of-a-test")
    monkeypatch.setenv("GARDENER_GITHUB_API_URL", github.url)
    github.expires = f"{now + timedelta(days=5):%Y-%m-%d %H:%M:%S} UTC"

    found = list(examine(make_checks(load({"state": "sqlite:g.db", "issues": "github:o/r"}))))

    texts = [one.text for one in found if one.grade is Grade.WARNING]
    assert any("GitHub answered 401" in text for text in texts)
    assert any("3 new issues wait" in text for text in texts)
    assert any("the token expires on" in text for text in texts)
