"""A title names the part that broke where all entries name the same, and never who or what was filled in."""

from datetime import timedelta

import pytest
from pipeline_fixture import START, PipelineFixture, entry, lines

from processor.app.config import Settings
from processor.app.publishing import make_wording
from processor.issues import headline

WORDING = make_wording(Settings())
TRACE = 'Traceback (most recent call last):\n  File "/app/load.py", line 3, in load\n    check()\nValueError: {}'


def title(text, values, number=8):
    """The title of a cluster of entries of this text, `{}` filled from the values in turn and `#` counted."""
    pipe = PipelineFixture()
    entries = [
        entry(
            text.format(values[n % len(values)]).replace("#", str(100 + 37 * n)), START + timedelta(seconds=n), number=n
        )
        for n in range(number)
    ]
    pipe.take(lines(entries), tend=False)
    (one,) = pipe.clusters()
    return headline.title(one, WORDING)


@pytest.mark.parametrize("value", ["conf/rates.yaml", "shop/orders/unit_price.sql", "conf/app.toml"])
def test_the_file_that_all_entries_name_is_in_the_title(value):
    assert title("cannot load config {} in run #", [value]) == f"shop: cannot load config {value} in run …"


@pytest.mark.parametrize("value", ["john_smith", "maria.lopez@mail.example", "Q7w8E9r0T1y2U3", "4711", "10.0.0.7"])
def test_what_could_be_a_persons_or_a_secret_is_not_shown_however_constant(value):
    assert value not in title("user {} has no access in attempt #", [value])


def test_values_that_differ_or_were_seen_once_are_not_shown():
    several = [
        f"conf/{name}.yaml" for name in ("rates", "prices", "taxes", "tables", "menu", "staff", "stock", "bills")
    ]

    assert "…" in title("cannot load config {} in run #", several)
    assert "rates" not in title("cannot load config {} in run #", several)
    assert "rates" not in title("cannot load config {} in run #", ["conf/rates.yaml"], number=2)


def test_log_text_cannot_forge_the_marks_of_values():
    found = title("cannot \u2801load\u2802 config {} in run #", ["conf/rates.yaml"])

    assert found.count("conf/rates.yaml") == 1


def test_an_exceptions_message_names_it_too():
    assert "conf/rates.yaml" in title(TRACE.format("no section in {} for run #"), ["conf/rates.yaml"])
