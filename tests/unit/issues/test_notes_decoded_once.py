"""A turn of the controller in which nothing is to be done decodes each cluster's notes once."""

import json
from datetime import timedelta

from pipeline_fixture import START, PipelineFixture, entry

from sinks import triage_json

WORDS = ("disk", "queue", "invoice", "mailer", "cart")


def test_an_idle_turn_decodes_the_notes_of_each_cluster_once(tmp_path, monkeypatch):
    fixture = PipelineFixture(issues=tmp_path)
    times = [(number, START + timedelta(minutes=20 * number)) for number in range(len(WORDS))]
    fixture.take(
        json.dumps(entry(f"{WORDS[number]} worker broke", at + timedelta(seconds=second), number=second)).encode()
        for number, at in times
        for second in range(30)
    )
    fixture.tend()
    files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.md")}
    decoded, decode = [], triage_json._notes

    def counted(memory):
        decoded.append(memory)
        return decode(memory)

    monkeypatch.setattr(triage_json, "_notes", counted)
    fixture.tend()

    assert len(fixture.issues()) == len(WORDS)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.md")} == files  # idle: nothing was written
    assert len(decoded) == len(WORDS)
    assert all(decoded)
