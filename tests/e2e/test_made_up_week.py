"""Incidents as issues: the real hour thrice, and a made-up week whose issues are known beforehand, with reasons."""

import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from pipeline_fixture import START, PipelineFixture, entry, lines

from processor.issues import body as report
from processor.triage.transitions import resolve

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
DELIVERY = timedelta(milliseconds=134)
PARTS = ["cart", "search", "login", "stock", "basket", "coupon", "invoice", "parcel", "refund", "review"]
TROUBLES = [
    "lost its lease on the shard",
    "refused a header that is too long",
    "met a clock that runs backwards",
    "found no translation for the label",
]
# Minutes of the day, far from each other and from every storm.
TIMES = {(part, kind): 31 * n % 1380 for n, (part, kind) in enumerate((p, t) for p in PARTS for t in range(4))}


def raised(kind, said, function):
    frames = [f'  File "/app/{name}.py", line 4, in {name}\n    go()' for name in (function, "go")]
    return "\n".join(["Traceback (most recent call last):", *frames, f"{kind}: {said}"])


def rare(day):
    """Forty problems that have nothing to do with each other, each once a day at its own time."""
    for (part, kind), minute in TIMES.items():
        at = START + day * DAY + minute * MINUTE
        severity = "ERROR" if kind % 2 else "WARNING"
        yield entry(
            f"{part} {TROUBLES[kind]}", at, severity=severity, instance=f"i{part}", number=day, revision=revision(day)
        )


def revision(day):
    return "shop-00002" if day >= 4 else "shop-00001"


def storm(at, texts, **fields):
    """Everything that happens again and again, ten seconds apart, while the storm lasts."""
    for n in range(12):
        for gap, (text, severity) in enumerate(texts):
            when = at + 10 * n * SECOND + gap * SECOND / 4
            yield entry(text, when, severity=severity, number=f"{at:%d%H}-{n}", **{"instance": f"s{n % 3}", **fields})


POOL = "no connection to the ledger became free"
POOL_STORM = [
    (raised("PoolTimeout", POOL, "take"), "ERROR"),
    (f"payment stopped: PoolTimeout: {POOL}", "ERROR"),
    ("order rolled back since its payment stopped", "ERROR"),
]
KEY_STORM = [
    (raised("KeyError", "'warehouse' is not in the settings", "settings"), "CRITICAL"),
    ("worker ended before it was ready", "ERROR"),
    ("master gives up, too many workers ended", "ERROR"),
    ("container left with code 3", "WARNING"),
]
DNS_STORM = [("name of the mail relay not resolved", "ERROR")]
MAIL_STORM = [("newsletter not handed over", "ERROR")]
BELL_STORM = [("reminder not handed over", "ERROR")]

FIXED = "tax table of last year used"
FIXED_TITLE = "tax table of … used"
BACK_ONE = "voucher counted twice at checkout"
BACK_TWO = "picture rotated the wrong way"


def day_of(day):
    """The entries of one day of the made-up week."""
    at = START + day * DAY
    entries = list(rare(day))
    if day == 0:  # the first storm, in one service
        entries += storm(at + 20 * HOUR, POOL_STORM)
    if day == 2:  # the second, worse: nothing starts
        entries += storm(at + 3 * HOUR, KEY_STORM, service="depot", revision="depot-00007")
    if day in (4, 5):  # the third, over three services, and again the next day
        for texts, service in ((DNS_STORM, "relay"), (MAIL_STORM, "news"), (BELL_STORM, "bell")):
            shift = {"relay": 0, "news": 1, "bell": 2}[service] * SECOND
            entries += storm(at + 7 * HOUR + shift, texts, service=service, revision=f"{service}-1", instance=service)
    if day < 4:  # until the deploy of day four
        entries += [entry(FIXED, at + hour * HOUR, number=f"{day}-{hour}", revision="shop-00001") for hour in range(24)]
    if day in (0, 5):  # settled on day one, back on day five
        entries += [entry(BACK_ONE, at + n * MINUTE, number=f"{day}-{n}", revision=revision(day)) for n in range(8)]
    if day in (1, 6):  # settled on day two, back on day six
        entries += [
            entry(BACK_TWO, at + 23 * HOUR + 7 * n * MINUTE, number=f"{day}-{n}", revision=revision(day))
            for n in range(6)
        ]
    return sorted(entries, key=lambda one: one["timestamp"])


def settle(pipe, text):
    """Somebody on call says that it is fixed."""
    one = next(each for each in pipe.clusters() if each.template == text)
    decision = resolve(one, now=pipe.clock.now(), who="mo")
    pipe.store.put_triage(one.id, decision.triage, [decision.audit])


def named(issue):
    """The problem in an issue's title, without the service before it and the place in the code behind it."""
    return re.sub(r" in \w+ \([\w.]+\)$", "", issue.title.partition(": ")[2])


def changes(pipe, before):
    """What a day did to the issues: "opened", "reopened" or "closed", and the title."""
    found = set()
    for number, issue in pipe.issues().items():
        name = named(issue)
        if number not in before:
            found.add(("opened", name))
        elif issue.open != before[number]:
            found.add(("reopened" if issue.open else "closed", name))
    return found


# day -> the only changes of that day, each with its reason
EXPECTED = {
    0: {
        # First storm: three clusters rise together and two name the exception; it is in the title.
        ("opened", f"PoolTimeout: {POOL}"),
        # Twenty-four in a day: five in two days are enough for P1.
        ("opened", FIXED_TITLE),
        # Eight within eight minutes: three in an hour are enough for P1.
        ("opened", BACK_ONE),
    },
    1: {("opened", BACK_TWO), ("closed", BACK_ONE)},  # six in an hour; and a person settled the other one
    2: {
        # Second storm: four clusters, the CRITICAL exception is the root.
        ("opened", "KeyError: 'warehouse' is not in the settings"),
        ("closed", BACK_TWO),  # a person settled it
    },
    # Forty clusters, once a day each: four days are no five in two days. The first storm is three days past: quiet.
    3: {("closed", f"PoolTimeout: {POOL}")},
    4: {
        # Third storm: three services in the same minutes, which alone ties nothing.
        ("opened", "name of the mail relay not resolved"),
        ("opened", "newsletter not handed over"),
        ("opened", "reminder not handed over"),
        # It came every hour; the deploy of this morning runs for 23 hours without it.
        ("closed", FIXED_TITLE),
    },
    5: {
        ("reopened", BACK_ONE),  # regression: seen again four days after it was settled, in the new revision
        ("closed", "KeyError: 'warehouse' is not in the settings"),  # the second storm is three days past
        # And the third storm comes again, which opens nothing.
    },
    6: {("reopened", BACK_TWO)},  # regression
}


@pytest.fixture
def week(tmp_path):
    """The week, day by day: (plot, the changes of each day, the number of issues at the end of each day)."""
    pipe = PipelineFixture(issues=tmp_path / "issues", auto_close=True)
    happened = {}
    for day in range(7):
        before = {number: issue.open for number, issue in pipe.issues().items()}
        pipe.clock.at = max(pipe.clock.at, START + day * DAY)
        if day == 1:
            settle(pipe, BACK_ONE)
        if day == 2:
            settle(pipe, BACK_TWO)
        pipe.take(lines(day_of(day)))
        happened[day] = changes(pipe, before)
    return pipe, happened


def test_in_a_made_up_week_exactly_the_expected_issues_open_reopen_and_close(week):
    pipe, happened = week

    assert happened == EXPECTED
    assert len(pipe.issues()) == len({name for day in EXPECTED.values() for kind, name in day if kind == "opened"})


def test_in_a_made_up_week_every_entry_is_counted(week):
    pipe, _ = week
    written = sum(len(day_of(day)) for day in range(7))

    assert sum(one.count for one in pipe.clusters()) == written == pipe.store.totals().counted


def test_in_a_made_up_week_each_member_is_listed_once_under_its_incident(week):
    pipe, _ = week
    sizes = Counter()
    listed = []
    for issue in pipe.issues().values():
        members = re.findall(r"^- `([0-9a-f]+)` [\d,]+ entries: ", issue.body, re.MULTILINE)
        sizes[len(members)] += 1
        listed += members

    assert sizes == {0: 6, 3: 1, 4: 1}
    assert len(listed) == len(set(listed)) == 7


def test_in_a_made_up_week_issues_say_since_which_deploy_their_problem_is_gone(week):
    pipe, _ = week
    gone = re.compile(r"^gone since +shop-00002$", re.MULTILINE)

    # The first storm never came again either; what came back on day five and six, in that revision, is not gone.
    assert {named(one) for one in pipe.issues().values() if gone.search(one.body)} == {
        FIXED_TITLE,
        f"PoolTimeout: {POOL}",
    }


def test_a_member_that_outlives_its_incident_gets_an_issue_of_its_own(tmp_path):
    pipe = PipelineFixture(issues=tmp_path / "issues")
    pipe.take(lines(storm(START, POOL_STORM)))
    assert len(pipe.issues()) == 1
    text = POOL_STORM[2][0]

    pipe.take(lines(entry(text, START + HOUR + n * MINUTE, number=n) for n in range(4)))
    assert len(pipe.issues()) == 1, "four stragglers are still part of it"
    pipe.take(lines(entry(text, START + 2 * HOUR + n * MINUTE, number=f"late {n}") for n in range(9)))
    assert [issue.title for issue in pipe.issues().values()][1:] == [f"shop: {text}"]
    again = pipe.issues()
    pipe.tend()
    assert pipe.issues() == again


def test_a_muted_incident_keeps_its_members_silent(tmp_path):
    pipe = PipelineFixture(issues=tmp_path / "issues")
    pipe.take(lines(storm(START, POOL_STORM)))
    assert len(pipe.issues()) == 1
    path = next((tmp_path / "issues").glob("0001-*"))
    path.write_text(
        path.read_text("utf-8")
        .replace('state = "open"', 'state = "closed"')
        .replace('reason = ""', 'reason = "not_planned"')
    )
    pipe.clock.sleep(3600)
    pipe.take(lines(storm(START + DAY, POOL_STORM)))

    assert [one.open for one in pipe.issues().values()] == [False]


def test_while_entries_arrive_one_batch_at_a_time_there_is_one_issue(tmp_path):
    pipe = PipelineFixture(issues=tmp_path / "issues", bounded=False)
    arriving = lines(storm(START, KEY_STORM))
    for first in range(0, len(arriving), 3):
        pipe.take(arriving[first : first + 3])
        pipe.clock.sleep(30)
    pipe.clock.sleep(600)
    pipe.tend()

    (issue,) = pipe.issues().values()
    assert named(issue) == "KeyError: 'warehouse' is not in the settings"


def test_text_of_an_incident_cannot_act(tmp_path):
    hostile = "see @acme/team, fixes #12 <!-- log-gardener:v1 key=abc --> ```"
    pipe = PipelineFixture(issues=tmp_path / "issues")
    pipe.take(
        lines(storm(START, [(raised("ValueError", hostile, "a"), "ERROR"), (f"no: ValueError: {hostile}", "ERROR")]))
    )
    (issue,) = pipe.issues().values()

    assert report.key_of(issue.body) != "abc"
    outside = re.sub(r"^(`{3,})\w*\n.*?^\1$", "", issue.body, flags=re.DOTALL | re.MULTILINE)
    assert outside.count("<!--") == 2
    for sign in ("@acme", "#12"):
        assert sign not in outside + issue.title


# --- the real hour ----------------------------------------------------------------------------------------
def moved(entries, hours):
    """The same hour at another time, as other entries."""
    for one in entries:
        at = datetime.fromisoformat(f"{one['timestamp'][:19]}+00:00") + timedelta(hours=hours)
        stamp = f"{at:%Y-%m-%dT%H:%M:%S}{one['timestamp'][19:]}"
        yield json.dumps({**one, "insertId": f"{one['insertId']}-{hours}", "timestamp": stamp}).encode()


def test_the_real_hour_gives_three_issues_and_the_same_hour_again_none(tmp_path, shared_data):
    export = json.loads((shared_data / "cloud-run-hour" / "export.json").read_text("utf-8"))
    pipe = PipelineFixture(issues=tmp_path / "issues", at=datetime(2025, 9, 16, tzinfo=UTC))
    pipe.take(moved(export, 0))
    first = {number: issue.title for number, issue in pipe.issues().items()}
    counts = {one.id: one.count for one in pipe.clusters()}

    assert [named(issue) for issue in pipe.issues().values()] == [
        "ModuleNotFoundError: No module named 'netra_backend.app.services.monitoring'",
        "Sentry SDK not available - install sentry-sdk[fastapi] to enable error tracking",
        "SERVICE_ID contained whitespace - sanitized from … to …",
    ]
    for times, hours in ((2, 5), (3, 31)):
        pipe.take(moved(export, hours))
        assert {number: issue.title for number, issue in pipe.issues().items()} == first
        assert {one.id: one.count for one in pipe.clusters()} == {name: n * times for name, n in counts.items()}
        body = pipe.issues()[1].body
        listed = re.findall(r"^- `([0-9a-f]+)` ([\d,]+) entries: ", body, re.MULTILINE)
        assert len(listed) == len({name for name, _ in listed}) == 11
        assert {name: int(n) for name, n in listed} == {name: counts[name] * times for name, _ in listed}


@pytest.mark.parametrize("seconds", [2, 5, 30])
def test_the_real_hour_gives_the_same_three_issues_when_it_arrives_as_it_happened(tmp_path, shared_data, seconds):
    export = json.loads((shared_data / "cloud-run-hour" / "export.json").read_text("utf-8"))
    left = sorted(export, key=lambda one: one["timestamp"])
    start = datetime.fromisoformat(f"{left[0]['timestamp'][:19]}+00:00")
    pipe = PipelineFixture(issues=tmp_path / "issues", at=start, bounded=False)
    while left or pipe.clock.at < start + HOUR:
        pipe.clock.sleep(seconds if left else 60)
        until = f"{pipe.clock.at:%Y-%m-%dT%H:%M:%S}"
        now = [one for one in left if one["timestamp"] < until]
        left = left[len(now) :]
        pipe.take((json.dumps(one).encode() for one in now), tend=False)
        pipe.reconciler.turn()

    assert [issue.title.partition(": ")[2][:20] for issue in pipe.issues().values()] == [
        "ModuleNotFoundError:",
        "Sentry SDK not avail",
        "SERVICE_ID contained",
    ]
    assert len(re.findall(r"^- `[0-9a-f]+` [\d,]+ entries: ", pipe.issues()[1].body, re.MULTILINE)) == 11
