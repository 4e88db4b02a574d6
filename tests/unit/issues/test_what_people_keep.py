"""What the controller must not do to an issue, and what it must do at once."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace
from pipeline_fixture import START, PipelineFixture, entry, lines

from processor.issues import plan
from processor.issues.cloud_console import links
from processor.issues.hourly_budget import HourlyBudget
from processor.issues.plan import DesiredIssue
from processor.issues.publish import Wording
from processor.model import Issue, IssueRef
from processor.model.notes import LastWritten, Notes
from sinks.redact import redact

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECRET = "AKIA" + "QYLPMNTHFZXDNEVC"


def issue(title):
    return Issue(IssueRef("o/r", 7, ""), title, "", frozenset({"ours"}), True, "", NOW, NOW, None)


def written(title="ours", labels=("ours",), *, is_open=True):
    return LastWritten(title=title, figures="f", labels=labels, open=is_open, at=NOW, updated_at=NOW)


def desired(title="ours", labels=("ours",), *, is_open=True):
    return DesiredIssue(title, tuple(labels), is_open, "f")


def test_a_title_that_a_person_wrote_stays_when_ours_changes():
    edit = plan.edit_for(desired("our new title"), "", Notes(written=written()), issue("theirs"))

    assert edit is None or edit.title is None


def test_a_title_that_is_still_ours_follows():
    assert plan.edit_for(desired("our new title"), "", Notes(written=written()), issue("ours")).title == "our new title"


def test_what_people_act_on_does_not_wait_for_the_next_rewrite():
    assert not plan._is_urgent(desired(), written())
    assert plan._is_urgent(desired(title="another"), written())
    assert plan._is_urgent(desired(is_open=False), written())
    assert plan._is_urgent(desired(labels=("ours", "priority: P0")), written())


def test_the_hourly_cap_holds_for_all_workers_together(tmp_path):
    pipe = PipelineFixture(issues=tmp_path / "issues", issues_per_hour=3)
    problems = (
        "cannot open the ledger", "no rate for the currency", "the cache is full", "mail is late",
        "stock was not counted", "price list has no end",
    )  # fmt: skip
    for number, said in enumerate(problems):
        burst = [entry(said, START + timedelta(seconds=20 * number + n), number=n) for n in range(6)]
        pipe.take(lines(burst), tend=False)
    for _ in range(2):
        pipe.another().turn(final=True)

    assert len(pipe.issues()) == 3


def test_a_link_into_the_console_is_redacted():
    pipe = PipelineFixture()
    said = f"upload refused by the bucket for key {SECRET} of the shop"
    pipe.take(lines([entry(said, START + timedelta(seconds=n), number=n) for n in range(3)]), tend=False)
    (cluster,) = pipe.clusters()
    cluster = replace(cluster, template=said)  # as a mask that does not know this kind of key would leave it

    assert SECRET not in links(cluster, Wording(redact, str))


def test_a_claim_is_refused_where_others_took_the_hour_meanwhile():
    pipe = PipelineFixture()
    said = [f"cannot open the {word} ledger of the shop" for word in ("alpha", "beta", "gamma")]
    pipe.take(lines([entry(one, START + timedelta(seconds=n)) for n, one in enumerate(said)]), tend=False)
    mine, *others = pipe.clusters()
    budget = HourlyBudget(pipe.store, clock=pipe.clock, issues_per_hour=2)
    budget.begin([])
    for other in others:
        notes = replace(other.triage.notes, asked_at=pipe.clock.now())
        pipe.store.put_triage(other.id, replace(other.triage, notes=notes))

    assert budget.allows(mine, is_incident=False), "as far as this worker knows"
    assert not budget.is_within(mine, mine.id, is_incident=False)
    assert budget.is_within(mine, mine.id, is_incident=True)
