"""Forms of a file, at the command line: what it counts, says, leaves behind and ends with."""

import gzip
import json

import pytest

ENTRIES = [
    {
        "insertId": f"i{n}", "logName": "projects/kiosk/logs/x", "timestamp": "2025-03-02T08:15:30Z",
        "severity": "ERROR", "textPayload": f"till {n} jammed", "resource": {"labels": {"service_name": "till"}},
    }
    for n in range(3)
]  # fmt: skip
LOG = (
    "2025-03-02 08:15:30 ERROR till 1 jammed\n2025-03-02 08:15:31 INFO fine\n2025-03-02 08:15:32 ERROR till 2 jammed\n"
)


def test_a_compressed_answer_of_the_api_is_read_from_a_file_and_a_pipe(gardener, tmp_path):
    data = gzip.compress(json.dumps({"entries": ENTRIES, "nextPageToken": "t"}).encode())
    (tmp_path / "page.json.gz").write_bytes(data)
    file = gardener("replay", "page.json.gz", "--state", "sqlite:a.db", "--json")
    pipe = gardener("replay", "-", "--state", "sqlite:b.db", "--json", stdin=data)

    assert [json.loads(done.stdout)["counted"] for done in (file, pipe)] == [3, 3]
    assert len(gardener("assign", "page.json.gz").stdout.splitlines()) == 3


@pytest.mark.parametrize("where", ["file", "pipe"])
@pytest.mark.parametrize("command", ["replay", "assign"])
def test_what_cannot_be_read_is_one_sentence_and_leaves_nothing(command, where, gardener, tmp_path):
    (tmp_path / "x.yaml").write_text("---\ninsertId: abc\nseverity: ERROR\n")
    before = sorted(tmp_path.iterdir())
    done = gardener(
        command, "x.yaml" if where == "file" else "-", check=False, stdin=b"---\ninsertId: abc\nseverity: ERROR\n"
    )

    assert done.returncode == 4
    assert done.stderr.decode().count("\n") == 1
    assert b"add --format=json to the gcloud command" in done.stderr
    assert (done.stdout, sorted(tmp_path.iterdir())) == (b"", before)


def test_plain_text_is_rejected_with_the_way_out_and_counted_with_text(gardener, tmp_path):
    (tmp_path / "app.log").write_text(LOG)
    refused = gardener("replay", "app.log", "--state", "sqlite:a.db", check=False)
    (reason,) = {one["reason"] for one in json.loads(gardener("rejected", "--state", "sqlite:a.db", "--json").stdout)}
    counted = json.loads(gardener("replay", "app.log", "--text", "--state", "sqlite:b.db", "--json").stdout)
    again = json.loads(gardener("replay", "app.log", "--text", "--state", "sqlite:b.db", "--json").stdout)

    assert refused.returncode == 4
    assert b"nothing of app.log could be read" in refused.stderr
    assert "--text" in reason
    assert (counted["counted"], counted["ignored"], counted["clusters"]) == (2, 1, 1)
    assert (again["counted"], again["duplicates"]) == (0, 2)
    assert len(gardener("assign", "app.log", "--text").stdout.splitlines()) == 3


def test_a_file_of_which_a_part_can_be_read_succeeds(gardener, tmp_path):
    (tmp_path / "mixed").write_text("no entry\n" + json.dumps(ENTRIES[0]) + "\n")

    assert json.loads(gardener("replay", "mixed", "--json").stdout)["rejected"] == 1
    assert len(gardener("assign", "mixed").stdout.splitlines()) == 1


@pytest.mark.parametrize("data", ["", "[]", "\n\n", '{"entries": []}\n'])
def test_an_export_that_found_nothing_is_no_failure(data, gardener, tmp_path):
    (tmp_path / "empty.json").write_text(data)

    assert json.loads(gardener("replay", "empty.json", "--json").stdout)["ingested"] == 0
