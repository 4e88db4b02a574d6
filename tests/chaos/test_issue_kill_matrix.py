"""The controller killed with -9 at every point of opening, commenting, closing and reopening an issue.

Time is moved, not waited for: the fake GitHub and the controller share an offset. A run is: bring a problem to a stage,
kill the controller at one point of the next stage, start it again at once (too early to tell what happened), and again
when the quarantine is over. CHAOS_RUNS sets how many of the runs are made; by default a spread of 16 of them.
"""

import itertools
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from seed import seed_clusters

from processor.issues import body as report
from processor.model import Status
from sinks.sqlite.store import SqliteStore

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "contract"))
from fakegithub import FakeGitHub, Repository  # noqa: E402  # lies with the contract it keeps

RUNS = int(os.environ.get("CHAOS_RUNS", "16"))
STAGES = ("open", "comment", "close", "reopen")
LAGS_S = (0.0, 100.0)
TURNS = 3
PROBLEMS = 220


class Workers:
    """The forking process; `run` gives its answer."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("issue_run.py"))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip

    def ask(self, **job):
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()

    def answer(self):
        found = json.loads(self.process.stdout.readline())
        assert found["killed"] or found["status"] == 0, "the controller failed"
        return found

    def run(self, **job):
        self.ask(**job)
        return self.answer()

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


@pytest.fixture
def workers():
    started = [Workers(), Workers()]
    yield started
    for one in started:
        one.close()


class IncidentReport:
    """One problem in a repository of its own, stage by stage."""

    def __init__(self, fake, worker, state, name):
        self.fake, self.worker, self.state, self.name = fake, worker, state, name
        fake.repositories[name] = Repository()
        self.store = SqliteStore(state)

    def now(self):
        return datetime.now(UTC) + self.fake.offset

    def turn(self, kill_at=0):
        return self.worker.run(
            state=self.state, url=self.fake.url, repository=self.name, kill_at=kill_at, turns=TURNS,
            offset_s=self.fake.offset.total_seconds(),
        )  # fmt: skip

    def prepare(self, stage):
        """What happens in the log, or what a person decides, before the controller's next turn."""
        self.fake.offset += timedelta(seconds=200)
        if stage == "open":
            seed_clusters(self.store, self.now(), ("c1",), 5)
        elif stage == "comment":
            seed_clusters(self.store, self.now(), ("c1",), 45)
        elif stage == "close":
            triage = self.store.cluster("c1").triage
            self.store.put_triage("c1", replace(triage, status=Status.RESOLVED, resolved_at=self.now()))
        else:
            seed_clusters(self.store, self.now(), ("c1",), 1, age=timedelta(seconds=5))

    def check(self, stage):
        repository, triage = self.fake.repositories[self.name], self.store.cluster("c1").triage
        changes = [body.split("\n")[2].split(".")[0] for body in self.fake.comments(1, self.name)]
        assert [report.key_of(one["body"]) for one in repository.issues.values()] == ["c1"]
        assert triage.issue.number == 1
        assert changes == ["**Escalating", "**Back again"][: {"open": 0, "comment": 1, "close": 1, "reopen": 2}[stage]]
        assert (repository.issues[1]["state"] == "closed") is (stage == "close")
        assert triage.status == ("resolved" if stage == "close" else "open")
        assert triage.notes.intent is None
        assert not triage.notes.owed


def points_of_every_stage(fake, worker, folder):
    """How many points each stage has when nothing goes wrong."""
    story = IncidentReport(fake, worker, str(folder / "count.db"), "acme/count")
    found = {}
    for stage in STAGES:
        story.prepare(stage)
        found[stage] = story.turn()["points"]
        story.check(stage)
    story.store.close()
    return found


def test_killed_anywhere_there_is_one_issue_no_lost_turning_point_and_no_double_comment(workers, tmp_path):
    with FakeGitHub() as fake:
        points = points_of_every_stage(fake, workers[0], tmp_path)
        whole = [
            (stage, point, lag_s)
            for stage, lag_s in itertools.product(STAGES, LAGS_S)
            for point in range(1, points[stage] + 1)
        ]
        chosen = whole[:: max(1, len(whole) // RUNS)] if len(whole) > RUNS else whole
        killed = 0
        for number, (stage, point, lag_s) in enumerate(chosen):
            fake.list_lag_s, fake.answer_delay_s = 0.0, 0.0
            story = IncidentReport(fake, workers[number % 2], str(tmp_path / f"{number}.db"), f"acme/r{number}")
            for earlier in STAGES[: STAGES.index(stage)]:
                story.prepare(earlier)
                story.turn()
            story.prepare(stage)
            fake.list_lag_s, fake.answer_delay_s = lag_s, 0.04
            killed += story.turn(kill_at=point)["killed"]
            fake.answer_delay_s = 0.0
            story.turn()
            fake.offset += timedelta(seconds=130)
            story.turn()
            story.check(stage)
            story.store.close()
        sys.stdout.write(
            f"{len(chosen)} of {len(whole)} runs, {killed} killed, points {points}, {len(fake.log)} requests\n"
        )

    assert fake.violations == []
    assert killed >= len(chosen) * 0.9


def written(path, now, start):
    """Three entries of each of 220 exceptions, which are never generalised; `start` numbers the entries."""
    with path.open("w") as lines:
        for number in range(3 * PROBLEMS):
            word = "".join("bcdfghjklmnpqrstvwxz"[(number % PROBLEMS) // 20**place % 20] for place in range(3))
            entry = {
                "insertId": f"i{start + number}",
                "logName": "projects/p/logs/stderr",
                "timestamp": (now - timedelta(seconds=600 - number % 600)).isoformat(),
                "severity": "ERROR",
                "resource": {"type": "cloud_run_revision", "labels": {"project_id": "p", "service_name": "shop"}},
                "textPayload": (
                    f'Traceback (most recent call last):\n  File "/app/{word}.py", line 1, in {word}\n    go()\n'
                    f"{word.title()}Error: broke"
                ),
            }
            lines.write(json.dumps(entry) + "\n")
    return path


def test_two_workers_then_two_controllers_over_220_clusters_open_exactly_the_cap_and_the_rest_later(workers, tmp_path):
    state, first, later = str(tmp_path / "many.db"), 8, 100
    with FakeGitHub("acme/shop") as fake:
        files = [written(tmp_path / f"{at}.ndjson", fake.now(), at * 3 * PROBLEMS) for at in range(2)]
        both = [
            subprocess.Popen(
                [sys.executable, "-m", "processor", "run", "--source", f"file:{file}", "--state", f"sqlite:{state}",
                 "--issues", "github:acme/shop"],
                env={**os.environ, "PYTHONPATH": str(ROOT), "GARDENER_GITHUB_TOKEN": "t",
                     "GARDENER_GITHUB_API_URL": fake.url, "GARDENER_ISSUES_PER_HOUR": str(first)},
                cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            )
            for file in files
        ]  # fmt: skip
        said = [one.communicate(timeout=300)[0] for one in both]
        assert [one.returncode for one in both] == [0, 0], said
        store = SqliteStore(state)
        assert [one.count for one in store.clusters()] == [6] * PROBLEMS
        store.close()
        opened = [len(fake.issues())]
        for _hour in range(3):
            fake.offset += timedelta(minutes=61)
            for worker in workers:
                worker.ask(
                    state=state, url=fake.url, repository="acme/shop", kill_at=0, turns=4, per_hour=later,
                    offset_s=fake.offset.total_seconds(),
                )  # fmt: skip
            for worker in workers:
                worker.answer()
            opened.append(len(fake.issues()))
        keys = [report.key_of(one["body"]) for one in fake.issues()]

    sys.stdout.write(f"opened, hour by hour: {opened}\n")
    assert fake.violations == []
    assert opened == [8, 108, 208, 220]
    assert len(set(keys)) == PROBLEMS
