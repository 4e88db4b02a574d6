"""The command line as a new user meets it: the example, a real hour, and bad input of every sort."""

import json

import pytest

from processor.app.config import Settings

ROOT = __import__("pathlib").Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "export.json"


def summary(done):
    return json.loads(done.stdout.splitlines()[-1])


def clusters(gardener, state):
    return json.loads(gardener("clusters", "--state", state, "--json").stdout)


def test_the_example_gives_its_five_clusters_and_replaying_it_changes_nothing(gardener):
    first = summary(gardener("replay", EXAMPLE, "--state", "sqlite:g.db", "--json"))
    before = clusters(gardener, "sqlite:g.db")
    second = summary(gardener("replay", EXAMPLE, "--state", "sqlite:g.db", "--json"))

    assert (first["ingested"], first["counted"], first["clusters"]) == (50, 50, 5)
    assert (second["counted"], second["duplicates"]) == (0, 50)
    assert clusters(gardener, "sqlite:g.db") == before
    found = {one["sample"]["text"].partition(" ")[0] or one["template"]: one["count"] for one in before}
    assert found == {"Session": 22, "Stream": 7, "Failed": 6, "Thread": 5, "HTTP 4xx": 10}


def test_show_prints_template_sample_times_and_breakdowns(gardener):
    gardener("replay", EXAMPLE, "--state", "sqlite:g.db")
    (http,) = [one for one in clusters(gardener, "sqlite:g.db") if one["stream"]["kind"] == "http"]
    shown = gardener("show", http["id"], "--state", "sqlite:g.db").stdout.decode()

    for part in ("HTTP 4xx", "first seen", "last seen", "per revision", "netra-backend-staging-00606-c86", "404"):
        assert part in shown
    assert "POST /api/chat/stream" in shown
    assert http["facets"]["status"] == {"404": 5, "405": 3, "403": 2}


def test_the_summary_adds_up_and_says_where_the_state_lies(gardener):
    out = gardener("replay", EXAMPLE, "--state", "sqlite:g.db").stdout.decode()

    assert "ingested 50 = counted 50 + duplicates 0 + rejected 0 + ignored 0" in out
    assert "state in sqlite:g.db" in out


def test_the_real_hour_keeps_its_tracebacks_apart_and_its_plain_error_lines(gardener, shared_data):
    export = shared_data / "cloud-run-hour" / "export.json"
    first = summary(gardener("replay", export, "--state", "sqlite:g.db", "--json"))
    found = clusters(gardener, "sqlite:g.db")
    second = summary(gardener("replay", export, "--state", "sqlite:g.db", "--json"))

    assert first["ingested"] == 1000 == first["counted"] + first["ignored"]
    assert (second["counted"], second["duplicates"] + second["ignored"]) == (0, 1000)
    assert [one["count"] for one in found if one["stream"]["kind"] == "exception"] == [15, 15, 15]
    texts = {one["sample"]["text"]: one for one in found}
    assert texts["Container called exit(3)."]["count"] == 15
    plain = {text.rpartition("] ")[2]: one for text, one in texts.items() if "[ERROR]" in text}
    assert all((one["severity"], one["count"]) == ("ERROR", 15) for one in plain.values())
    assert len(plain) == 4
    assert clusters(gardener, "sqlite:g.db") == found


def test_assign_names_a_cluster_for_every_entry_as_replay_does(gardener):
    gardener("replay", EXAMPLE, "--state", "sqlite:g.db")
    known = {one["id"]: one["count"] for one in clusters(gardener, "sqlite:g.db")}
    lines = [json.loads(line) for line in gardener("assign", EXAMPLE, "--state", "sqlite:g.db").stdout.splitlines()]
    alone = [json.loads(line) for line in gardener("assign", EXAMPLE).stdout.splitlines()]
    counted = {}
    for line in lines:
        counted[line["cluster_id"]] = counted.get(line["cluster_id"], 0) + 1

    assert counted == known
    assert lines == alone
    assert [line["insert_id"] for line in lines] == [one["insertId"] for one in json.loads(EXAMPLE.read_text())]


def test_assign_joins_the_lines_of_a_stack_trace_as_replay_does(gardener, entry_json):
    text = 'Traceback (most recent call last):\n  File "/app/a.py", line 3, in go\n    run()\nValueError: bad'
    lines = [
        entry_json(line, insertId=f"{n}-{place}", timestamp=f"2025-09-14T05:0{n}:00.{place:06d}Z")
        for n in range(3)
        for place, line in enumerate(text.split("\n"))
    ]
    gardener("replay", "-", "--state", "sqlite:g.db", stdin=b"\n".join(lines))
    (one,) = clusters(gardener, "sqlite:g.db")
    assigned = gardener("assign", "-", stdin=b"\n".join(lines)).stdout

    assert one["stream"]["kind"] == "exception"
    assert {json.loads(line)["cluster_id"] for line in assigned.splitlines()} == {one["id"]}


def test_json_for_scripts_has_the_fields_that_were_promised(gardener):
    done = summary(gardener("replay", EXAMPLE, "--state", "sqlite:g.db", "--issues", "folder:issues", "--json"))
    found = clusters(gardener, "sqlite:g.db")
    silent = clusters(gardener, "sqlite:h.db") if gardener("replay", EXAMPLE, "--state", "sqlite:h.db") else []
    lines = [json.loads(line) for line in gardener("assign", EXAMPLE).stdout.splitlines()]
    fields = "id template sample severity priority status count first_seen last_seen issue"

    assert set(done) >= {"ingested", "counted", "duplicates", "rejected", "ignored", "clusters"}
    assert all(set(one) >= {*fields.split(), "stream"} for one in found)
    assert all(set(one["stream"]) == {"project", "service", "kind"} for one in found)
    assert sorted(one["issue"]["number"] for one in found) == [1, 2, 3, 4, 5]
    assert [one["issue"] for one in silent] == [None] * 5
    assert all(set(line) == {"insert_id", "cluster_id"} for line in lines)


def test_standard_input_and_every_form_of_file_give_the_same_state(gardener, tmp_path):
    entries = json.loads(EXAMPLE.read_text())
    ndjson = "\n".join(json.dumps(one) for one in entries).encode()
    gardener("replay", "-", "--state", "sqlite:a.db", stdin=ndjson)
    gardener("replay", "-", "--state", "sqlite:b.db", stdin=json.dumps(entries).encode())
    gardener("replay", EXAMPLE, "--state", "sqlite:c.db")
    (tmp_path / "indented.json").write_text("\n".join(json.dumps(one, indent=2) for one in entries))
    gardener("replay", "indented.json", "--state", "sqlite:d.db")

    states = [clusters(gardener, f"sqlite:{name}.db") for name in "abcd"]
    assert states == [states[0]] * 4
    assert gardener("assign", "indented.json").stdout == gardener("assign", EXAMPLE).stdout


def test_bad_input_in_the_middle_is_quarantined_and_the_rest_counted(gardener, tmp_path, entry_json):
    lines = [
        entry_json("good one", insertId="1"),
        entry_json("cut", insertId="2")[:60],
        b"\x00\xff\xfe binary",
        b"x" * 10_000_000,
        entry_json(None, insertId="3"),
        entry_json("later", insertId="4", timestamp="9999-12-31T23:59:59Z"),
        entry_json("good two", insertId="5"),
    ]
    (tmp_path / "bad.ndjson").write_bytes(b"\n".join(lines))
    done = summary(gardener("replay", "bad.ndjson", "--state", "sqlite:g.db", "--json"))
    kept = json.loads(gardener("rejected", "--state", "sqlite:g.db", "--json").stdout)

    assert (done["ingested"], done["counted"], done["rejected"]) == (7, 3, 4)
    assert {one["source"] for one in kept} == {"file:bad.ndjson"}
    at = {one["offset"]: one["reason"] for one in kept}
    assert sorted(at) == [
        len(lines[0]) + 1,
        len(b"\n".join(lines[:2])) + 1,
        len(b"\n".join(lines[:3])) + 1,
        len(b"\n".join(lines[:5])) + 1,
    ]
    assert any("10,000,000 bytes" in reason for reason in at.values())
    assert 10_000_000 in {one["size"] for one in kept}
    assert any("9999-12-31" in reason and "future" in reason for reason in at.values())
    listed = gardener("rejected", "--state", "sqlite:g.db").stdout
    assert not {0x00, 0x1B} & set(listed)


def test_a_rejected_message_can_be_mended_and_replayed(gardener, tmp_path, entry_json):
    (tmp_path / "bad.ndjson").write_bytes(entry_json("x", insertId="1")[:-1])
    gardener("replay", "bad.ndjson", "--state", "sqlite:g.db", check=False)
    raw = gardener("rejected", "--raw", "--state", "sqlite:g.db").stdout
    done = summary(gardener("replay", "-", "--state", "sqlite:g.db", "--json", stdin=raw.strip() + b"}"))
    again = summary(gardener("rejected", "--replay", "--json", "--state", "sqlite:g.db"))

    assert done["counted"] == 1
    assert (again["rejected"], again["counted"]) == (1, 0)  # the broken original stays as it is


def test_an_empty_file_is_fine(gardener, tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    done = gardener("replay", "empty", "--state", "sqlite:g.db")

    assert b"no clusters yet" in done.stdout
    assert b"ingested 0 = " in done.stdout


FAILURES = [
    (["replay", "missing.json"], 4, "missing.json does not exist"),
    (["replay", "."], 4, "is a directory"),
    (["replay", str(EXAMPLE), "--state", "sqlite:."], 3, "is a directory"),
    # /proc refuses new files to root as well, as a read-only disk does
    (["replay", str(EXAMPLE), "--state", "sqlite:/proc/garden.db"], 3, "cannot be used: unable to open"),
    (["replay", str(EXAMPLE), "--state", "postgres:x"], 2, "setting state: 'postgres:x' is not of the form"),
    (["replay", str(EXAMPLE), "--min-severity", "LOUD"], 2, "setting min_severity"),
    (["clusters", "--state", "sqlite:none.db"], 3, "there is no state at none.db yet"),
    (["show", "abc", "--state", "sqlite:g.db"], 1, "there is no cluster abc"),
    (["clusters", "--config", "nowhere.toml"], 2, "nowhere.toml does not exist"),
    (["frobnicate"], 2, "No such command"),
]


@pytest.mark.parametrize(("arguments", "code", "words"), FAILURES)
def test_what_cannot_work_says_why_in_a_sentence_and_exits_as_documented(gardener, arguments, code, words):
    gardener("replay", EXAMPLE, "--state", "sqlite:g.db")
    done = gardener(*arguments, check=False)

    assert done.returncode == code
    assert words in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()


def test_a_file_that_is_no_state_is_left_alone(gardener, tmp_path):
    (tmp_path / "notes.txt").write_text("precious")
    done = gardener("replay", EXAMPLE, "--state", "sqlite:notes.txt", check=False)

    assert (done.returncode, (tmp_path / "notes.txt").read_text()) == (3, "precious")


def test_a_state_of_another_schema_version_is_refused(gardener, tmp_path):
    sqlite3 = __import__("sqlite3")
    gardener("replay", EXAMPLE, "--state", "sqlite:g.db")
    with sqlite3.connect(tmp_path / "g.db") as db:
        db.execute("UPDATE meta SET value = '99' WHERE key = 'schema_version'")
    db.close()
    done = gardener("clusters", "--state", "sqlite:g.db", check=False)

    assert (done.returncode, b"schema version 99" in done.stderr) == (3, True)


def test_settings_come_from_flag_environment_file_and_default_in_that_order(gardener, tmp_path):
    (tmp_path / "gardener.toml").write_text('state = "sqlite:file.db"\nflush_entries = 7\nmin_severity = "ERROR"\n')
    env = {"GARDENER_STATE": "sqlite:env.db", "GARDENER_MIN_SEVERITY": "INFO"}
    shown = json.loads(gardener("config", "--json", "--state", "sqlite:flag.db", env=env).stdout)

    assert shown["state"] == "sqlite:flag.db"
    assert shown["min_severity"] == "INFO"
    assert shown["flush_entries"] == 7
    assert shown["flush_seconds"] == Settings.model_fields["flush_seconds"].default


def test_a_wrong_setting_in_the_file_is_named(gardener, tmp_path):
    (tmp_path / "gardener.toml").write_text("flush_entires = 7\n")
    unknown = gardener("config", check=False)
    (tmp_path / "gardener.toml").write_text('flush_entries = "many"\n')
    wrong = gardener("config", check=False)
    (tmp_path / "gardener.toml").write_text('[[masks]]\nname = "order"\npattern = "("\n')
    mask = gardener("replay", EXAMPLE, check=False)

    assert (unknown.returncode, b"flush_entires" in unknown.stderr) == (2, True)
    assert (wrong.returncode, b"flush_entries" in wrong.stderr, b"gardener.toml" in wrong.stderr) == (2, True, True)
    assert (mask.returncode, b"order" in mask.stderr) == (2, True)


def test_hostile_log_text_cannot_act_in_the_terminal(gardener, entry_json):
    evil = "\x1b]0;owned\x07 \x1b[2J boom \u202e drow [red]not markup[/red]"
    gardener("replay", "-", "--state", "sqlite:g.db", stdin=entry_json(evil))
    (one,) = clusters(gardener, "sqlite:g.db")
    out = (
        gardener("clusters", "--state", "sqlite:g.db").stdout
        + gardener("show", one["id"], "--state", "sqlite:g.db").stdout
    )

    assert b"\x1b" not in out
    assert "\u202e".encode() not in out
    assert b"not markup" in out


def test_explain_shows_masks_path_neighbours_and_reason(gardener, tmp_path):
    lines = b"order 17 failed for bob@example.com\norder 9 failed for eve@example.com\n"
    first, second = [json.loads(one) for one in gardener("explain", "-", "--json", stdin=lines).stdout.splitlines()]

    assert {mask["mask"] for mask in first["masks"]} >= {"number", "email"}
    assert (first["masked"], first["cluster_id"]) == ("order <*> failed for <*>", None)
    assert second["cluster_id"] == second["nearest"][0]["cluster_id"]
    assert second["nearest"][0]["similarity"] == 1.0
    assert [(place["key"], place["here"]) for place in second["places"]] == [
        ("order", "9"),
        ("failed for", "eve@example.com"),
    ]
    assert {word["word"]: word["filled_in"] for word in second["words"]} == {
        "order": False,
        "<*>": True,
        "failed": False,
        "for": False,
    }
    assert b"order <*> failed for <*>" in gardener("explain", "-", stdin=lines).stdout
