"""What becomes of decisions and of the quarantine when there is more than one."""

from datetime import UTC, datetime, timedelta

from processor.model import Checkpoint, IssueRef, Rejected, Sample, Seen, TemplateRecord, Totals, Triage
from sinks import stored_cluster
from sinks.sqlite import write
from sinks.sqlite.store import SqliteStore

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Document:
    """As much of a stored cluster as the choice of its decision looks at."""

    def __init__(self, name):
        self.record = TemplateRecord(name, name, name)


def test_of_several_issues_the_oldest_goes_on_when_templates_merge():
    triages = {
        "a": Triage(issue=IssueRef("o/r", 12, "")),
        "b": Triage(issue=IssueRef("o/r", 7, "")),
        "c": Triage(),
    }

    kept = stored_cluster._triage("root", [Document(name) for name in "cab"], triages)

    assert kept.issue == IssueRef("o/r", 7, "")


def test_the_roots_own_decision_comes_before_any_other():
    own = Triage(rev=3, issue=IssueRef("o/r", 12, ""))

    assert (
        stored_cluster._triage("root", [Document("b")], {"root": own, "b": Triage(issue=IssueRef("o/r", 1, ""))}) is own
    )


def test_the_quarantine_is_bounded_and_the_oldest_go(tmp_path, monkeypatch):
    monkeypatch.setattr(write, "QUARANTINE_KEPT", 3)
    store = SqliteStore(str(tmp_path / "state.db"))
    for n in range(5):
        rejected = (Rejected(f"r{n}", "bad", b"x", 1, "file:f", n, NOW + timedelta(seconds=n)),)
        store.commit(Checkpoint("w", NOW, (), Seen(frozenset()), (), (), rejected, Totals(rejected=1)))

    assert {one.id for one in store.rejected(10)} == {"r2", "r3", "r4"}


def test_of_two_samples_of_one_instant_the_smaller_insert_id_comes_first():
    late, early = (Sample(name, NOW, name, "{}") for name in ("b", "a"))

    assert min((late, early), key=lambda one: one.age) is early
    assert min((early, late), key=lambda one: one.age) is early


def test_every_member_of_a_circle_of_merges_and_whoever_leads_to_it_continues_in_the_smallest():
    merged_into = {"tail": "c", "c": "b", "b": "d", "d": "c"}

    assert {one: stored_cluster.root_of(one, merged_into) for one in merged_into} == dict.fromkeys(merged_into, "b")
