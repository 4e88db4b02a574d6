"""Files as people have them: read in whatever encoding, or named in one sentence."""

import bz2
import gzip
import json
import lzma
import re
import shutil
import subprocess
import tarfile
import zipfile
from datetime import UTC, datetime

import pytest

from processor.app.addresses import parse
from processor.app.file_source import open_file
from processor.model import Severity
from processor.model.errors import ConfigError, SourceError
from processor.parsing.decode import decode
from processor.parsing.plain_text import PlainText
from processor.sources import forms
from processor.sources.encoding import Decoding

ENTRIES = [{"insertId": str(n), "timestamp": "2025-03-02T08:15:30Z", "textPayload": f"tür {n}"} for n in range(40)]
PLAIN = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in ENTRIES)
UTF8 = PLAIN.encode()
READABLE = {
    "as it is": UTF8,
    "gzip": gzip.compress(UTF8),
    "gzip in two members": gzip.compress(UTF8[:900]) + gzip.compress(UTF8[900:]),
    "bzip2": bz2.compress(UTF8),
    "xz": lzma.compress(UTF8),
    "UTF-16 of PowerShell": PLAIN.replace("\n", "\r\n").encode("utf-16"),
    "UTF-16, the other end first": b"\xfe\xff" + PLAIN.encode("utf-16-be"),
    "UTF-16 without a mark": PLAIN.encode("utf-16-le"),
    "UTF-8 with a mark, compressed": gzip.compress(b"\xef\xbb\xbf" + UTF8),
    "UTF-16, compressed": gzip.compress(PLAIN.encode("utf-16")),
}


OTLP = json.dumps(
    {
        "resourceLogs": [
            {
                "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "checkout"}}]},
                "scopeLogs": [
                    {
                        "logRecords": [
                            {
                                "timeUnixNano": "1772359200250000000",
                                "severityText": "ERROR",
                                "body": {"stringValue": "card declined"},
                                "traceId": "5b8efff798038103d269b633813fc60c",
                            }
                        ]
                    }
                ],
            },
            {
                "scopeLogs": [
                    {
                        "logRecords": [
                            {
                                "timeUnixNano": "1772359201000000000",
                                "severityText": "WARN",
                                "body": {"stringValue": "slow query"},
                            }
                        ]
                    }
                ]
            },
        ]
    }
)


def read(path, **options):
    source = open_file(parse("source", f"file:{path}"), **options)
    found = []
    while not source.exhausted():
        found += source.pull(100, 0.1)
    source.close()
    return found


@pytest.mark.parametrize("form", READABLE)
def test_an_export_in_any_encoding_gives_its_entries(form, tmp_path):
    (tmp_path / "export").write_bytes(READABLE[form])

    assert [json.loads(message.data) for message in read(tmp_path / "export")] == ENTRIES


@pytest.mark.parametrize("form", READABLE)
@pytest.mark.parametrize("size", [1, 13])
def test_chunks_of_any_size_decode_to_the_same(form, size):
    decoding, data = Decoding(), READABLE[form]
    parts = [piece for start in range(0, len(data), size) for piece in decoding.feed(data[start : start + size])]

    assert b"".join([*parts, *decoding.finish()]).replace(b"\r", b"") == UTF8


def test_a_compressed_file_comes_out_in_pieces_of_bounded_size():
    pieces = Decoding().feed(gzip.compress(bytes(1 << 26)))

    assert max(len(piece) for piece in pieces) <= 1 << 20


def test_a_compressed_file_that_breaks_off_gives_what_is_whole_and_then_fails(tmp_path):
    many = b"".join(json.dumps({"insertId": str(n), "x": str(hash(str(n)))}).encode() + b"\n" for n in range(4000))
    (tmp_path / "broken.gz").write_bytes(gzip.compress(many)[:-2000])
    source = open_file(parse("source", f"file:{tmp_path / 'broken.gz'}"))
    found = source.pull(9000, 0.1)
    with pytest.raises(SourceError, match="gzip data breaks off; what came before is read"):
        source.pull(9000, 0.1)

    assert json.loads(found[0].data)["insertId"] == "0"
    assert len(found) > 1000


def _zip(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.json", "[]")


def _tar(path, mode="w"):
    inner = path.with_suffix(".json")
    inner.write_bytes(UTF8)
    with tarfile.open(path, mode) as archive:
        archive.add(inner, "x.json")


GCLOUD_YAML = "---\ninsertId: abc\nlogName: projects/p/logs/x\nseverity: ERROR\ntextPayload: 'no: yes'\n"
REFUSED = [
    (b"\x28\xb5\x2f\xfd rest", ["zstd -dc {} | gardener replay -"]),
    (b"PAR1....", ["Parquet", "NEWLINE_DELIMITED_JSON"]),
    (b"Obj\x01....", ["Avro"]),
    (b"SQLite format 3\0...", ["gardener clusters --state sqlite:{}"]),
    (b"LPKSHHRH....", ["journalctl -o json --file {}"]),
    (_zip, ["zip archive", "unzip -p {}"]),
    (_tar, ["tar archive", "tar -xOf {}"]),
    (lambda path: _tar(path, "w:gz"), ["tar archive", "tar -xOf {}"]),
    (b"<!DOCTYPE html><html>", ["web page", "sign-in"]),
    (b'<?xml version="1.0"?><Event/>', ["XML"]),
    (b"ERROR: (gcloud.logging.read) You do not currently have an active account selected.\n", ["gcloud's error"]),
    (b'{\n  "error": {\n    "code": 401,\n    "message": "x"\n  }\n}\n', ["error answer"]),
    (OTLP.encode(), ["OTLP", "jq -c", "{} | gardener replay -"]),
    (GCLOUD_YAML.encode(), ["YAML", "--format=json"]),
    (GCLOUD_YAML[4:].encode(), ["YAML", "--format=json"]),
    (GCLOUD_YAML.replace("\n", "\r\n").encode("utf-16"), ["YAML", "--format=json"]),
    (gzip.compress(GCLOUD_YAML.encode()), ["YAML", "--format=json"]),
    (b"insertId,jsonPayload.message,logName,severity,timestamp\r\na,b,c,ERROR,t\r\n", ["CSV", "JSON"]),
    (b"timestamp,severity,text_payload\n2025-03-02T08:15:30Z,ERROR,x\n", ["CSV", "JSON"]),
    (b"\xef\xbb\xbfTimestamp;Severity;Log name\n1;2;3\n", ["CSV", "JSON"]),
    (
        b"TIMESTAMP                    SEVERITY  TEXT_PAYLOAD\n2025-03-02T08:15:30Z  ERROR  x\n",
        ["table", "--format=json"],
    ),
    ("┌──────┬─────┐\n│ SEVERITY │\n".encode(), ["table", "--format=json"]),
]


@pytest.mark.skipif(not shutil.which("jq"), reason="jq is not here: apt-get install jq")
def test_the_command_that_is_named_for_otlp_makes_entries_of_it(tmp_path):
    program = re.search(r"jq -c '(.*?)' FILE", forms.refusal_of_text(OTLP.encode()))[1]
    done = subprocess.run(["jq", "-c", program], input=OTLP, capture_output=True, text=True, check=True)
    first, second = (decode(line.encode(), datetime(2026, 4, 1, tzinfo=UTC)) for line in done.stdout.splitlines())

    assert (first.service, first.severity, first.text) == ("checkout", Severity.ERROR, "card declined")
    assert (second.service, second.severity, second.text) == ("", Severity.WARNING, "slow query")
    assert first.at == datetime(2026, 3, 1, 10, 0, 0, 250_000, tzinfo=UTC)


def test_kubectls_list_of_events_is_read(tmp_path):
    event = {
        "apiVersion": "v1", "kind": "Event", "type": "Warning", "reason": "BackOff", "eventTime": None,
        "message": "Back-off restarting failed container api", "lastTimestamp": "2026-03-01T10:05:00Z",
        "involvedObject": {"kind": "Pod", "name": "api-6d4cf56db6-x7lkq", "namespace": "shop"},
    }  # fmt: skip
    normal = {**event, "type": "Normal", "reason": "Created", "message": "Created container"}
    listed = {"apiVersion": "v1", "items": [event, normal], "kind": "List", "metadata": {"resourceVersion": ""}}
    for indent in (4, None):
        path = tmp_path / f"list-{indent}.json"
        path.write_text(json.dumps(listed, indent=indent))
        first, second = (decode(one.data, datetime(2026, 4, 1, tzinfo=UTC)) for one in read(path))

        assert (first.service, first.severity) == ("api", Severity.WARNING)
        assert first.text == "BackOff: Back-off restarting failed container api"
        assert second.severity is Severity.INFO


@pytest.mark.parametrize(("data", "words"), REFUSED)
def test_what_cannot_be_read_is_named_once_with_what_to_do(data, words, tmp_path):
    path = tmp_path / "given"
    data(path) if callable(data) else path.write_bytes(data)

    with pytest.raises(SourceError) as refused:
        open_file(parse("source", f"file:{path}"))

    said = str(refused.value)
    assert "\n" not in said
    assert [word.format(path) in said for word in words] == [True] * len(words)


@pytest.mark.parametrize(
    "text",
    [
        "2025-03-02 08:15:30 ERROR worker: key: value\n", "ERROR: till jammed\n", "severity is ERROR, timestamp, x\n",
        "[2025-03-02] [ERROR] x\n", "a,b\n1,2\n", "INFO\n", "Note: this\n",
    ],
)  # fmt: skip
def test_plain_text_is_taken_line_by_line(text, tmp_path):
    (tmp_path / "app.log").write_text(text)

    assert [message.data for message in read(tmp_path / "app.log")] == [line.encode() for line in text.splitlines()]


def test_a_warning_of_gcloud_before_its_array_costs_one_line(tmp_path):
    (tmp_path / "x").write_text("WARNING: a new version is there\n" + json.dumps(ENTRIES[:3], indent=2))
    first, *rest = read(tmp_path / "x")

    assert first.data.startswith(b"WARNING")
    assert [json.loads(message.data) for message in rest] == ENTRIES[:3]


def test_a_pipe_of_a_form_that_cannot_be_read_is_refused_at_its_first_bytes(monkeypatch):
    with subprocess.Popen(["printf", "%s", GCLOUD_YAML], stdout=subprocess.PIPE) as process:
        monkeypatch.setattr("os.read", _from(process.stdout))
        source = open_file(parse("source", "-"))
        with pytest.raises(SourceError, match="standard input is YAML"):
            source.pull(10, 1.0)


def _from(stream):
    return lambda _fd, size: stream.read1(size)


NOW = datetime(2025, 3, 2, 9, tzinfo=UTC)


def entries_of(text):
    plain = PlainText("app.log", lambda: NOW)
    found = []
    offset = 0
    for line in text.encode().split(b"\n"):
        found += plain.feed(offset, line)
        offset += len(line) + 1
    return [json.loads(entry) for _, entry in [*found, *plain.finish()]]


def test_lines_of_plain_text_are_entries_with_the_time_they_begin_with():
    found = entries_of("starting\n2025-03-02 08:15:30,5 ERROR till jammed\n\n2025-03-02 08:15:31,5 INFO ok\n")

    assert [(entry["timestamp"], entry["textPayload"]) for entry in found] == [
        ("2025-03-02T09:00:00.000000Z", "starting"),
        ("2025-03-02T08:15:30.5Z", "2025-03-02 08:15:30,5 ERROR till jammed"),
        ("2025-03-02T08:15:31.5Z", "2025-03-02 08:15:31,5 INFO ok"),
    ]
    assert {entry["logName"] for entry in found} == {"app.log"}


TRACE = 'Traceback (most recent call last):\n  File "a.py", line 3, in f\n    x()\nValueError: no'


def test_a_trace_belongs_to_the_line_before_it():
    timed = entries_of(f"2025-03-02 08:15:30 ERROR boom\n{TRACE}\n2025-03-02 08:15:31 ERROR next")
    bare = entries_of(f"ERROR boom\n{TRACE}\nERROR next")

    assert [entry["textPayload"] for entry in timed] == [
        f"2025-03-02 08:15:30 ERROR boom\n{TRACE}", "2025-03-02 08:15:31 ERROR next",
    ]  # fmt: skip
    assert [entry["textPayload"] for entry in bare] == [f"ERROR boom\n{TRACE}", "ERROR next"]


def test_json_among_plain_lines_is_read_as_such_and_has_a_time():
    found = entries_of(
        '2025-03-02 08:15:30 INFO up\n{"level":"error","msg":"jam"}\n{"timestamp":"2025-03-02T08:00:00Z","msg":"x"}'
    )

    assert found[1]["jsonPayload"] == {"level": "error", "msg": "jam"}
    assert found[1]["timestamp"] == "2025-03-02T08:15:30Z"
    assert found[2] == {"timestamp": "2025-03-02T08:00:00Z", "msg": "x"}


def test_the_same_text_gives_the_same_entries():
    text = "no time here\n2025-03-02 08:15:30 ERROR x\n" * 3

    assert entries_of(text) == entries_of(text)
    assert len({entry["insertId"] for entry in entries_of(text)}) == 4


def test_a_file_with_a_question_mark_in_its_name_is_found_and_an_unknown_word_refused(tmp_path):
    (tmp_path / "what?follow").write_bytes(UTF8)

    assert len(read(tmp_path / "what?follow")) == len(ENTRIES)
    with pytest.raises(ConfigError, match=r"only \?follow and \?text"):
        open_file(parse("source", f"file:{tmp_path / 'x'}?fallow"))
