"""Issues that belong beside a cluster's own: every link has its reason, and nothing is linked on a guess."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace
from pipeline_fixture import START, PipelineFixture, entry, lines

from processor.issues.earlier_issues import EarlierIssues
from processor.issues.related_issues import MAX_LINKS, Linker, Why, why_of
from processor.model import Issue, IssueRef, Status, Triage
from processor.model.notes import Notes
from processor.triage.features import features

NOW = datetime(2026, 1, 10, tzinfo=UTC)
REPO = "acme/shop"
TRACE = "projects/p/traces/105445aa7843bc8bf206b12000100000"
BROKEN = (
    "Traceback (most recent call last):\n"
    '  File "/app/shop/orders.py", line 10, in handle\n    load()\n'
    '  File "/app/shop/load.py", line 20, in load\n    import stock\n'
    "ModuleNotFoundError: No module named 'shop.stock.counting'"
)
REFUSED = BROKEN.replace("ModuleNotFoundError: No module named 'shop.stock.counting'", "OSError: not found")
PAID = "payment of order 4711 was refused by the provider since its card expired"


def cluster_of(text, **fields):
    pipe = PipelineFixture()
    pipe.take(lines([entry(text, START, **fields)]), tend=False)
    (found,) = pipe.clusters()
    return found


def issue(number, body, title="Something is wrong"):
    return Issue(
        IssueRef(REPO, number, f"https://x.example/{REPO}/issues/{number}"),
        *(title, body, frozenset(), True, "", NOW, NOW, None),
    )


@pytest.mark.parametrize(
    ("text", "written", "why"),
    [
        # the exception with its values, in a fence or broken by Markdown
        (BROKEN, "Since noon:\n```\nModuleNotFoundError: No module named 'shop.stock.counting'\n```", Why.EXCEPTION),
        (BROKEN, "workers die of No module named\n'shop.stock.counting'", Why.EXCEPTION),
        # the same type with another value is another problem
        (BROKEN, "ModuleNotFoundError: No module named 'shop.stock.pricing'", None),
        (BROKEN, "ModuleNotFoundError is raised somewhere in shop.stock", None),
        # a short message is everybody's, unless its type is named, too
        (REFUSED, "The page says not found", None),
        (REFUSED, "We see `OSError: not found` at every start", Why.EXCEPTION),
        # a message with other values, word for word otherwise
        (PAID, "log: payment of order 12 was refused by the provider since its card expired, all day", Why.MESSAGE),
        # its words, but not as they stand there
        (PAID, "the provider refused the payment since the card of order 4711 expired", None),
        (PAID, "payment of order 12 was refused by the provider", None),
        # too few constant words to mean anything
        ("user 17 not found", "user 18 not found", None),
        # what every chained stack trace holds
        (
            "During handling of the above exception, another exception occurred:",
            "KeyError: 1\n\nDuring handling of the above exception, another exception occurred:\n\nOSError",
            None,
        ),
        ("nothing else in common here at all", f"see trace {TRACE.rpartition('/')[2]}", Why.TRACE),
        ("nothing else in common here at all", "unrelated", None),
    ],
)
def test_a_persons_issue_is_linked_for_a_reason_or_not_at_all(text, written, why):
    one = cluster_of(text, trace=TRACE)

    assert why_of(one, features([one])[0], " ".join(written.split())) is why


def test_an_issue_that_names_the_cluster_is_about_it():
    one = cluster_of(PAID)

    assert why_of(one, features([one])[0], f"the bot calls it {one.id}, I call it a nuisance") is Why.CLUSTER


def test_only_what_people_wrote_is_looked_at_and_only_what_is_new_is_told():
    one, linker = cluster_of(BROKEN), Linker()
    ours = f"<!-- log-gardener:v1 key={one.id} -->\n\nNo module named 'shop.stock.counting'"
    linker.take(REPO, [issue(1, ours), issue(2, "No module named 'shop.stock.counting'"), issue(3, "else")], NOW)

    (link,) = linker.links(one, REPO)
    noted = replace(one, triage=replace(one.triage, notes=Notes(links=(link,))))

    assert (link.number, link.why, link.cluster) == (2, "names the same exception", "")
    assert linker.links(one, REPO) == ()
    linker.take(REPO, [issue(4, "No module named 'shop.stock.counting'")], NOW)
    assert [found.number for found in linker.links(noted, REPO)] == [2, 4]
    assert linker.links(noted, "acme/other") == ()


def test_links_are_bounded_however_many_people_complain():
    one, linker = cluster_of(BROKEN), Linker()
    linker.take(REPO, [issue(n, "No module named 'shop.stock.counting'") for n in range(1, 5_000)], NOW)

    assert len(linker.links(one, REPO)) == MAX_LINKS


def test_the_issue_of_a_related_cluster_is_linked_with_its_evidence():
    pipe = PipelineFixture()
    said = f"stock is not counted: {BROKEN.rpartition(chr(10))[2]}"
    pipe.take(lines([entry(BROKEN, START), entry(said, START), entry(PAID, START)]), tend=False)
    having = [
        replace(one, triage=replace(one.triage, issue=IssueRef(REPO, n, f"https://x.example/{n}")))
        for n, one in enumerate(sorted(pipe.clusters(), key=lambda one: one.stream.kind), start=1)
    ]
    linker = Linker()
    linker.learn(having)
    found = {one.id: [(link.cluster, link.why) for link in linker.links(one, REPO)] for one in having}
    broken, stock = (next(one.id for one in having if part in one.template) for part in (" at ", "not counted"))

    assert found[broken] == [(stock, "same exception")]
    assert found[stock] == [(broken, "same exception")]
    assert sum(map(len, found.values())) == 2


def test_an_older_issue_of_a_cluster_that_looked_the_same_says_when_it_was_settled():
    pipe = PipelineFixture()
    old = "the nightly export of table orders to the bucket was refused by its owner"
    new = old.replace("orders", "invoices").replace("owner", "policy")
    pipe.take(lines([entry(old, START), entry(new, START.replace(month=2), service="depot")]), tend=False)
    first, second = pipe.clusters()
    settled = Triage(
        issue=IssueRef(REPO, 1, "https://x.example/1"), status=Status.RESOLVED, resolved_at=START.replace(day=9)
    )
    linker = Linker()
    linker.learn([replace(first, triage=settled)])
    (link,) = linker.links(second, REPO)

    assert (link.url, link.why) == ("https://x.example/1", "similar template; settled on 2026-01-09")


def test_an_older_issue_is_found_behind_hundreds_of_newer_ones():
    """What is older than those compared one by one is looked up by its words."""
    old = "the nightly export of table orders to the bucket was refused by its owner"
    new = old.replace("orders", "invoices").replace("owner", "policy")
    first, second = cluster_of(old), cluster_of(new)
    crashed, again = cluster_of(BROKEN), cluster_of(f"stock is not counted: {BROKEN.rpartition(chr(10))[2]}")
    settled = Triage(issue=IssueRef(REPO, 1, "https://x.example/1"), status=Status.RESOLVED, resolved_at=NOW)
    having = [replace(first, id="a" * 12, triage=settled), having_issue(crashed, 2, id="b" * 12)]
    for n in range(3, 1_500):
        word = "".join("bcdfghjklm"[int(digit)] for digit in f"{n:04}")
        text = f"the {word} of {word}ing {word}er was refused by the {word}ness of its {word}"
        newer = {"id": f"{n:012}", "first_seen": START.replace(month=3), "template": text}
        having.append(having_issue(replace(first, sample=replace(first.sample, text=text)), n, **newer))
    linker = Linker()
    linker.learn(having)

    assert [(link.number, link.why) for link in linker.links(second, REPO)] == [
        (1, "similar template; settled on 2026-01-10")
    ]
    assert [(link.number, link.why) for link in linker.links(again, REPO)] == [(2, "same exception")]
    assert linker.links(cluster_of("nothing of all these is in common with what went before"), REPO) == ()


def having_issue(cluster, number, **fields):
    return replace(cluster, triage=Triage(issue=IssueRef(REPO, number, f"https://x.example/{number}")), **fields)


def test_an_issue_that_is_no_longer_known_is_not_linked():
    one, other = cluster_of(BROKEN), cluster_of(f"stock is not counted: {BROKEN.rpartition(chr(10))[2]}")
    earlier = EarlierIssues()
    earlier.learn([having_issue(one, 1)])
    (mine,) = features([other])

    assert [name for name, _, _ in earlier.like(mine)] == [one.id]
    earlier.learn([])
    assert list(earlier.like(mine)) == []
