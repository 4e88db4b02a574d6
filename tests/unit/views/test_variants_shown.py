"""Variants as people meet them: on the page, in `show`, JSON, worklog and what-if; and how one is split off."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from msgspec.structs import replace
from oncall_state import commit_all
from starlette.testclient import TestClient

from processor.cli import cli
from processor.issues.controller import Reconciler
from processor.issues.plan import IssueSettings
from processor.issues.publish import Wording
from processor.model import Triage
from processor.triage import rules
from processor.triage.what_if import outlook
from processor.views.snapshot import StateReader
from processor.views.web.app import make_app
from processor.views.web.auth import Access
from processor.views.web.poller import Poller
from processor.views.web.settings import load_web
from processor.views.worklog import markdown as worklog_page
from processor.views.worklog.facts import Stage
from processor.views.worklog.writer import read
from sinks.folder import FolderTracker
from sinks.sqlite.store import SqliteStore

POLICY = rules.make()


class Clock:
    def now(self):
        return datetime.now(UTC)

    def sleep(self, seconds):
        pass


def sentence(word, *ages):
    text = f"no free worker left for {word}"
    return (word, list(ages), {"template": text, "text": text})


@pytest.fixture
def state(tmp_path):
    """Three words of one sentence far apart in time, and the controller's verdict about them."""
    store = SqliteStore(str(tmp_path / "g.db"))
    commit_all(
        store,
        Clock().now(),
        [sentence("parcel", 170, 169, 168, 167), sentence("survey", 90, 89, 88), sentence("ledger", 9)],
    )
    settings = IssueSettings(POLICY, Wording(str, str))
    tracker = FolderTracker(str(tmp_path / "issues"), clock=Clock())
    Reconciler(store, tracker, settings=settings, clock=Clock(), name="w").turn(final=True)
    yield store
    store.close()


def run(*words, tmp_path):
    done = CliRunner().invoke(cli, [*words, "--state", f"sqlite:{tmp_path}/g.db"], env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    return done.output


def test_show_and_json_name_both_sides(state, tmp_path):
    told = {name: " ".join(run("show", name, tmp_path=tmp_path).split()) for name in ("parcel", "survey")}
    assert "variants survey 3 (survey) sample" in told["parcel"]
    assert "issue none (waits as a variant of parcel) sample" in told["survey"]

    found = {name: json.loads(run("show", name, "--json", tmp_path=tmp_path)) for name in ("parcel", "survey")}
    assert (found["survey"]["variant_of"], found["survey"]["variants"]) == ("parcel", [])
    assert (found["parcel"]["variant_of"], found["parcel"]["variants"]) == (
        None,
        [{"id": "survey", "word": "survey", "entries": 3}],
    )
    (row,) = [line for line in run("clusters", tmp_path=tmp_path).splitlines() if line.startswith("survey")]
    assert row.split()[2] == "variant"
    listed = {one["id"]: one["variant_of"] for one in json.loads(run("clusters", "--json", tmp_path=tmp_path))}
    assert listed == {"parcel": None, "survey": "parcel", "ledger": None}


def test_the_command_line_splits_a_variant_off(state, tmp_path):
    assert "survey does not wait below another issue any more" in run("split", "survey", tmp_path=tmp_path)
    done = CliRunner().invoke(cli, ["split", "ledger", "--state", f"sqlite:{tmp_path}/g.db"])
    assert str(done.exception) == "nothing was ever merged into ledger"


def test_the_page_shows_both_sides_and_splits(state):
    class Kept:
        """The poller lets go of its store; this one stays."""

        def __getattr__(self, name):
            return getattr(state, name)

        def close(self):
            pass

    access = Access(load_web({}), key_for=lambda _: None, local_name="mo")
    app = make_app(lambda: Poller(StateReader(Kept, Clock().now), Clock().now, every_s=0.2), access)
    with TestClient(app, base_url="http://localhost", headers={"accept": "text/html"}) as client:
        owner, variant = (client.get(f"/clusters/{name}").text for name in ("parcel", "survey"))
        assert 'href="/clusters/survey"' in owner
        assert "survey, 3 entries" in owner
        assert "waits as a variant below" in variant
        assert 'href="/clusters/parcel"' in variant
        assert 'value="split"' in variant
        assert 'value="split"' not in owner
        assert owner.count('href="/clusters/survey"') == 1  # a variant is not listed again as related
        statuses = re.findall(r'<td class="state"><span class="status open">(\w+)</span>', client.get("/clusters").text)
        assert sorted(statuses) == ["open", "open", "variant"]
        found = client.get("/clusters/parcel.json").json()
        assert found["variants"] == [{"id": "survey", "word": "survey", "entries": 3}]
    assert state.cluster("survey").triage.changed_at is None


def test_the_worklog_names_the_issue_below_which_it_waits(state):
    log = read(state, POLICY)
    assert {item.cluster.id: item.stage for item in log.items} == {
        "parcel": Stage.REPORTED,
        "survey": Stage.VARIANT,
        "ledger": Stage.BELOW,
    }
    page = worklog_page.markdown(log, str)
    assert "**Issue:** waits as a variant below [issue 1](" in page
    assert "0 are covered by an incident, 1 waits as a variant, 0 settled" in page
    assert "Look at clusters 1, 3:" in page, "nobody has to look at the variant"


def test_what_if_counts_no_issue_for_a_variant(state):
    fresh = [replace(one, triage=Triage()) for one in state.clusters()]
    found = outlook(fresh, {"e": "survey"}, POLICY, Clock().now() + timedelta(minutes=5))
    assert (found.opened, found.issue_of("survey")) == ({"parcel"}, "parcel")
