"""What people see of a cluster who did not ask for its secrets."""

import json

import pytest
from click.testing import CliRunner
from msgspec.structs import replace
from pipeline_fixture import START, PipelineFixture, entry, lines

from processor.cli import cli
from processor.views.redacted import redacted, remembering
from sinks.redact import redact

WORD_OF_ALL = "hunter2-x9Qz7"
SAID = f"cannot log in with password={WORD_OF_ALL} today"


def known(path=":memory:"):
    pipe = PipelineFixture(path)
    pipe.take(lines([entry(SAID, START, number=n) for n in range(3)]), tend=False)
    (one,) = pipe.clusters()
    # As a state with `store_raw` holds it.
    raw = json.dumps({"insertId": "a1", "jsonPayload": {"message": SAID, "dbPassword": WORD_OF_ALL}})
    sample = replace(one.latest, text=SAID, raw=raw)
    return replace(one, template=SAID, sample=sample, latest=sample, facets={"label note": {SAID: 2, "plain": 1}})


def test_no_piece_of_log_text_keeps_a_secret():
    found = redacted(known(), redact)

    assert WORD_OF_ALL not in repr(found)
    assert "cannot log in with" in found.template
    assert json.loads(found.latest.raw)["insertId"] == "a1"
    assert sum(found.facets["label note"].values()) == 3


def test_whoever_asks_for_the_text_gets_it_as_it_is():
    one = known()

    assert redacted(one, str) is one


def test_what_was_redacted_once_is_remembered():
    calls = []

    def counting(text):
        calls.append(text)
        return redact(text)

    remembered = remembering(counting)
    one = known()
    redacted(one, remembered)
    first = len(calls)
    redacted(one, remembered)

    assert len(calls) == first


@pytest.mark.parametrize("command", [["clusters"], ["show"]])
def test_the_commands_redact_unless_they_are_asked_not_to(tmp_path, command):
    pipe = PipelineFixture(str(tmp_path / "g.db"))
    pipe.take(lines([entry(f"it is said: {SAID}", START, number=n) for n in range(3)]), tend=False)
    (one,) = pipe.clusters()
    pipe.store.close()
    asked = [*command, *([one.id] if command == ["show"] else []), "--state", f"sqlite:{tmp_path / 'g.db'}"]
    runs = [CliRunner().invoke(cli, [*asked, *more]) for more in ([], ["--raw"])]

    assert [run.exit_code for run in runs] == [0, 0]
    assert "it is said" in runs[0].output
    assert [WORD_OF_ALL in run.output for run in runs] == [False, True]
