"""Issues opened over simulated hours in a fake GitHub: free words cost two issues, other problems one each."""

from datetime import timedelta

import pytest
from fakegithub import FakeGitHub
from pipeline_fixture import PipelineFixture, entry, lines

from processor.issues import body as report
from processor.triage import variants
from sinks.github.auth import TokenAuthority
from sinks.github.http import GitHubApi
from sinks.github.tracker import GitHubTracker

REPO = "acme/shop"
WORDS = (
    "parcel", "catalogue", "shipment", "inventory", "checkout", "warehouse", "newsletter", "payroll",
    "survey", "invoice", "voucher", "calendar", "weather", "forecast", "archive", "report",
    "ledger", "mailer", "gateway", "crawler", "scheduler", "planner", "thumbnail", "preview",
)  # fmt: skip
EACH = timedelta(minutes=5)


class Hours:
    """The whole pipeline before a fake GitHub; one entry, then one turn, at a time."""

    def __init__(self, fake):
        self.fake, self.pipe = fake, PipelineFixture(bounded=False)
        clock = self.pipe.clock
        fake.now = clock.now
        api = GitHubApi(fake.url, TokenAuthority("t"), clock=clock, write_gap_s=0.0)
        fake.closing.append(api.close)
        self.pipe.tracker = GitHubTracker(REPO, api=api, clock=clock)
        self.pipe.reconciler = self.pipe.another()

    def play(self, texts, **fields):
        """Five minutes between two entries; two turns after each, the second once the dwell is over."""
        for number, text in enumerate(texts):
            self.pipe.take(
                lines([entry(text, self.pipe.clock.at + EACH - timedelta(seconds=90), number=number, **fields)])
            )
            self.pipe.clock.at += timedelta(seconds=90)
            self.pipe.tend()

    def opened(self):
        return [one for one in self.fake.repositories[REPO].issues.values() if report.key_of(one["body"])]


@pytest.fixture
def hours():
    with FakeGitHub(REPO) as fake:
        made = Hours(fake)
        yield made
        made.pipe.store.close()
    assert fake.violations == []


def bursts():
    """Each word three times before the next one comes: six hours of one problem."""
    return [f"no free worker left for {word} within the limit" for word in WORDS for _ in range(3)]


def test_a_free_word_costs_two_issues_on_the_way(hours):
    hours.play(bursts())

    assert len(hours.opened()) == 2, "two words may be two problems, the third waits, the twelfth makes it one"
    assert [one["state"] for one in hours.opened()] == ["open", "closed"]
    (cluster,) = hours.pipe.clusters()
    assert cluster.count == 3 * len(WORDS)


def test_without_the_rule_it_costs_ten(hours, monkeypatch):
    monkeypatch.setattr(variants, "below", lambda *_, **__: {})
    hours.play(bursts())

    assert len(hours.opened()) == 10


def test_a_variant_that_grows_gets_an_issue_and_its_siblings_wait_on(hours):
    hours.play(bursts()[:15])
    assert len(hours.opened()) == 2
    hours.play([bursts()[12]] * 40)

    assert [report.key_of(one["body"]) for one in hours.opened()][2:] == [
        one.id for one in hours.pipe.clusters() if "checkout" in one.template
    ]
    assert "/issues/1): " in hours.opened()[2]["body"], "it links the sibling"


def test_other_problems_of_the_same_form_open_at_once(hours):
    texts = [f'column "{name}" does not exist' for name in ("email_at", "phone_no", "zip_code", "born_on")]
    texts += [f"upstream answered {code} to the relay" for code in (502, 503, 504)]
    texts += [f"{part} lost its lease on the shard" for part in ("cart", "search", "login", "stock")]
    hours.play([text for text in texts for _ in range(3)])

    assert len(hours.opened()) == len(texts)
