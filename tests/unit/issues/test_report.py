"""Log text in an issue is inert text: rendered with GitHub's own Markdown engine, nothing of it is anything else."""

import html
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, unquote

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from processor.issues import body as report
from processor.issues import cloud_console as console
from processor.issues import headline
from processor.issues.publish import Wording
from processor.model import Cluster, Kind, Priority, Sample, Severity, Span, Stream, Triage
from processor.model.notes import PendingComment
from processor.text import markdown

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "hostile"
NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
PLAIN = Wording(redact=lambda text: text, mask=lambda text: text, raw_samples=True)
LINES = (GOLDEN / "lines.txt").read_text("utf-8").rstrip("\n").split("\n")
BUILT = {
    **{f"fence of {n}": "`" * n + "\n@octocat\n" + "`" * n for n in (*range(1, 41), 63, 64, 65, 255, 256, 257, 1999)},
    **{f"tilde fence of {n}": "~" * n + "\n<b>x</b>\n" + "~" * n for n in range(3, 13)},
    **{f"indented fence {n}": " " * n + "```\n@octocat" for n in range(9)},
    **{f"control {ord(char):02x}": f"a{char}b @octocat" for char in map(chr, [*range(32), *range(127, 160)])},
    **{
        f"hidden {ord(char):04x}": f"a{char}b"
        for char in "\u00ad\u061c\u200b\u200e\u200f\u202a\u202e\u2066\u2069\ufeff"
    },
    "carriage returns": "a\r```\r@octocat\r\n```",
    "line separators": "a\u2028```\u2029@octocat\x85```",
    "one line of 300 KB": "x" * 300_000,
    "one line of 300 KB of backticks": "`" * 300_000,
    "100,000 lines": "```\n" * 100_000,
    "a title of 5,000 characters": "@octocat " * 555,
    "a lone surrogate": "a\ud800b",
    "marker first": report.marker("aaaaaaaaaaaa") + "\n@octocat",
    "marker with other spacing": "<!--log-gardener:v1 key=aaaaaaaaaaaa-->",
    "end mark and text": "<!-- log-gardener:end -->\n\n@octocat\n\n# heading",
    "nested quote and fence": "> ```\n> @octocat\n```\n<b>x</b>",
    "html block of type 7": "<custom-element>\n@octocat\n</custom-element>",
    "empty": "",
    "blank": "   \n\t\n ",
}
CASES = [*((line, line) for line in LINES), *BUILT.items()]
OPTIONS = Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_FOOTNOTES
EXTENSIONS = ("table", "autolink", "strikethrough", "tasklist")  # what GitHub turns on, but for tagfilter, which hides


def rendered(markdown):
    return cmarkgfm.cmark.markdown_to_html_with_extensions(markdown, OPTIONS, EXTENSIONS)


def cluster(text, **fields):
    """A cluster in which every piece of log text is this text."""
    minute = int(NOW.timestamp()) // 60
    short = text[:120]
    values = {
        "id": "0123456789ab",
        "stream": Stream(short, short, Kind.TEXT),
        "template": text,
        "sample": Sample(short or "i", NOW, f"once more: {text}", text),
        "severity": Severity.ERROR,
        "count": 1234,
        "first_seen": NOW - timedelta(days=3),
        "last_seen": NOW,
        "severities": {Severity.ERROR: 1234},
        "minutes": {minute: 30},
        "days": {minute // 1440: 1234},
        "facets": {f"x{short}": {short: 5, f"{short}2": 3}, "error group": {short: 2}, "route": {short: 1}},
        "revisions": {short: Span(1234, NOW, NOW)},
        "triage": Triage(),
    }
    return Cluster(**{**values, **fields})


def body(text, wording=PLAIN):
    return report.body(cluster(text), wording, priority=Priority.P1, impact="It fails.")


OURS = rendered(body("plain words"))
TAG = re.compile(r"<[^>]*>")


def structure(page):
    """The tags of a page; addresses of our own links aside, log text must not change a single one."""
    page = re.sub(r"<pre[^>]*>.*?</pre>", "<pre/>", page, flags=re.DOTALL)
    tags = [re.sub(r'href="https://console\.cloud\.google\.com/[^"<>\s]*"', "href", tag) for tag in TAG.findall(page)]
    return [tag for tag in tags if not tag.startswith("<!--")]


def test_there_are_at_least_200_hostile_cases():
    assert len(CASES) >= 200


@pytest.mark.parametrize(("name", "text"), CASES, ids=[f"{at}" for at in range(len(CASES))])
def test_hostile_text_changes_nothing_but_the_inside_of_code_blocks(name, text):
    page = rendered(body(text))

    assert structure(page) == structure(OURS), name
    outside = re.sub(r"<pre.*?</pre>|<code>[^<]*</code>", "", page, flags=re.DOTALL)
    assert "octocat" not in unquote(re.sub(r'href="[^"]*"', "", outside))


@pytest.mark.parametrize(("name", "text"), CASES, ids=[f"{at}" for at in range(len(CASES))])
def test_hostile_text_forges_no_marker(name, text):
    made = body(text)

    assert report.key_of(made) == "0123456789ab"
    assert made.count("log-gardener:") == 2, name
    assert report.splice(body("new"), made) == body("new")


@pytest.mark.parametrize(("name", "text"), CASES, ids=[f"{at}" for at in range(len(CASES))])
def test_a_body_stays_readable_and_bounded(name, text):
    made = body(text)

    assert len(made) < 50_000
    assert max(map(len, made.split("\n"))) <= markdown.MAX_LINE + 1_500, name
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", made)
    made.encode("utf-8")


INERT = {
    "mention": re.compile(r"@\w"),
    "reference": re.compile(r"#\w|\bgh-\d", re.IGNORECASE),
    "link": re.compile(r"://|\bwww\.", re.IGNORECASE),
    "markup": re.compile(r"[`\n\r]"),  # all that GitHub renders in a title
    "emoji": re.compile(r":[a-z0-9_+-]+:", re.IGNORECASE),
    "hidden": re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"),
}


@pytest.mark.parametrize(("name", "text"), CASES, ids=[f"{at}" for at in range(len(CASES))])
def test_a_title_is_one_line_that_does_nothing(name, text):
    made = headline.title(cluster(text), PLAIN)

    assert len(made) <= 200
    assert made.strip()
    assert [kind for kind, pattern in INERT.items() if pattern.search(made)] == [], name


@given(st.text(max_size=200))
@settings(max_examples=300)
def test_any_text_is_inert(text):
    assert structure(rendered(body(text))) == structure(OURS)
    made = headline.title(cluster(text), PLAIN)
    assert [kind for kind, pattern in INERT.items() if pattern.search(made)] == []


@given(st.text(alphabet="`~\n a", max_size=100))
def test_a_block_shows_its_text_and_nothing_gets_out(text):
    page = rendered(f"before\n\n{markdown.block(text, max_chars=1_000)}\n\nafter")

    shown = re.fullmatch(
        r"<p>before</p>\n<pre><code class=\"language-text\">(.*)</code></pre>\n<p>after</p>\n", page, re.DOTALL
    )
    assert html.unescape(shown[1]).rstrip("\n") == text.rstrip("\n")


def test_text_is_redacted_before_it_is_worded_everywhere():
    wording = Wording(
        redact=lambda text: text.replace("hunter2", "[redacted]"), mask=lambda text: text, raw_samples=True
    )
    made = body("password hunter2", wording) + headline.title(cluster("password hunter2"), wording)
    one = replace(cluster("x"), revisions={"hunter2": Span(1, NOW, NOW)})
    made += report.comment(one, PendingComment(number=1, change="escalating", count=1, reason="more"), wording)

    assert "hunter2" not in made


def test_by_default_a_sample_is_shown_without_its_values():
    wording = Wording(redact=lambda text: text, mask=lambda text: re.sub(r"\d+", "<*>", text))
    one = replace(cluster("order <*> failed"), sample=Sample("i", NOW, "order 4711 failed\nonce more", "{}"))
    made = report.body(one, wording, priority=Priority.P1, impact="")

    assert "4711" not in made
    assert "### Latest sample" in made


def test_a_request_without_a_message_is_shown_as_json_without_its_values():
    request = {"requestMethod": "GET", "requestUrl": "https://x.example/u/7", "status": 405, "userAgent": "Mozilla/5.0"}
    raw = json.dumps({"severity": "WARNING", "httpRequest": request, "labels": {"a": "b"}})
    one = cluster("HTTP 4xx", sample=Sample("i", NOW, "", raw))
    made = report.body(
        one, Wording(str, lambda text: text.replace("7", "<*>")), priority=Priority.P3, impact="It is refused."
    )

    shown = json.loads(re.search(r"```json\n(.*?)\n```", made, re.DOTALL)[1])
    assert shown == {
        "severity": "WARNING",
        "httpRequest": {"requestMethod": "GET", "requestUrl": "/u/…", "status": 405},
    }


def test_hostile_json_stays_inside_its_block():
    for line in LINES:
        raw = json.dumps({"jsonPayload": {line: [line, {line: line}]}})
        one = cluster("plain", sample=Sample("i", NOW, "", raw))
        page = rendered(report.body(one, PLAIN, priority=Priority.P1, impact="It fails."))
        assert structure(page) == structure(rendered(body("plain"))), line


def test_what_people_wrote_below_our_part_stays():
    old, new = body("old"), body("new")

    assert report.splice(new, f"{old}\nSeen with customer 7.\n") == f"{new.rstrip()}\n\nSeen with customer 7.\n"


def test_what_people_wrote_over_our_part_stays_below_it():
    new = body("new")
    whole = report.splice(new, "somebody rewrote it all")
    unmarked = report.splice(new, f"{report.marker('0123456789ab')}\n\nthe end mark is gone")

    assert whole == f"{new.rstrip()}\n\nsomebody rewrote it all\n"
    assert report.splice(body("newer"), whole) == f"{body('newer').rstrip()}\n\nsomebody rewrote it all\n"
    assert unmarked == f"{new.rstrip()}\n\nthe end mark is gone\n"
    assert report.splice(new, "") == new


def test_what_people_wrote_above_our_part_stays_above_it():
    new = body("new")
    whole = f"Known since spring.\n\n{body('old')}\nbelow\n"

    assert report.key_of(whole) == "0123456789ab"
    assert report.splice(new, whole) == f"Known since spring.\n\n{new.rstrip()}\n\nbelow\n"


def test_a_body_that_people_filled_is_left_as_it_is():
    full = f"{body('old')}{'x' * 59_500}"

    assert report.splice(body("new" * 100), full) == full


def test_links_lead_to_the_entries_and_to_error_reporting():
    one = cluster("payment of <*> failed for order", facets={"error group": {"CK12-x": 3}})
    one = replace(one, stream=Stream("acme-prod", "shop", Kind.TEXT))
    made = report.body(one, PLAIN, priority=Priority.P1, impact="")

    explorer = re.search(r"\[All entries in Logs Explorer\]\((\S+)\)", made)[1]
    assert '"failed for order"' in unquote(explorer) or '"payment of"' in unquote(explorer)
    assert "timeRange=2026-01-07T12:00:00Z/2026-01-10T12:00:01Z" in unquote(explorer)
    assert explorer.endswith("?project=acme-prod")
    assert "https://console.cloud.google.com/errors/detail/CK12-x?project=acme-prod" in made


@pytest.mark.parametrize(
    ("kind", "template", "facets", "query"),
    [
        (Kind.TEXT, "[<*>] [ERROR] Worker failed to boot", {}, 'SEARCH("shop")\n"Worker failed to boot"'),
        # the frames are ours, the exception is in the log
        (Kind.EXCEPTION, "KeyError: no such order '<*>' at f (a.py)", {}, 'SEARCH("shop")\n"KeyError: no such order"'),
        (Kind.TEXT, "mail to [redacted: email] is late", {}, 'SEARCH("shop")'),
        (Kind.HTTP, "HTTP 4xx", {"status": {"404": 5, "405": 3}}, 'SEARCH("shop")\nhttpRequest.status=(404 OR 405)'),
        (Kind.HTTP, "HTTP 4xx", {"status": {"(other)": 5}}, 'SEARCH("shop")'),
    ],
)
def test_the_query_finds_the_entries_whatever_their_severity(kind, template, facets, query):
    one = cluster(template, facets=facets, stream=Stream("acme-prod", "shop", kind))

    assert f"query={quote(query, safe='')};" in console.links(one, PLAIN)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (report.marker("abc") + "\nx", "abc"),
        (report.marker("abc") + "\r\nx", "abc"),  # edited in a browser
        (report.marker("abc"), "abc"),
        ("a person's line\n\n" + report.marker("abc"), "abc"),  # people may write above it
        ("x " + report.marker("abc"), ""),
        ("<!-- log-gardener:v1 key=ABC -->\n", ""),  # no key of ours
        (report.marker("abc") + "x", ""),  # a line of its own
    ],
)
def test_a_marker_counts_only_as_a_whole_line(text, key):
    assert report.key_of(text) == key


def test_a_comment_is_known_by_its_first_line():
    made = report.comment(cluster("x"), PendingComment(number=7, change="regressed", count=1, reason="Back."), PLAIN)

    assert report.comment_key(made) == ("0123456789ab", 7)
    assert report.comment_key(f"quoting:\n{made}") is None


def test_a_service_with_a_comma_gives_a_label_that_can_be_asked_for():
    one = replace(cluster("x"), stream=Stream("p", "a,b @octocat " + "x" * 80, Kind.TEXT))
    found = report.labels(one, PLAIN, Priority.P1, flapping=True)

    assert found[0] == "log-gardener"
    assert all("," not in name and len(name) <= 50 and "@" not in name for name in found)


@pytest.mark.parametrize(
    ("minutes", "quiet", "said"),
    [
        ({0: 4, 9: 3, 10: 5}, False, "Still going when last seen: 7 in 10 minutes."),
        ({0: 1, 60: 11}, False, ""),
        ({0: 4, 9: 3, 10: 5}, True, "It has gone quiet."),
    ],
)
def test_the_first_sentence_says_how_much_came_at_the_end(minutes, quiet, said):
    last = int(NOW.timestamp()) // 60
    one = cluster("it broke", minutes={last - ago: n for ago, n in minutes.items()}, triage=Triage(quiet=quiet))
    found = report.body(one, PLAIN, priority=Priority.P1, impact="It fails.")

    assert said in found
    assert ("Still going" in found) is said.startswith("Still")
