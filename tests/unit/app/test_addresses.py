"""Addresses are parsed in one place, from one table, and a wrong one is refused with every accepted form."""

import ast
from pathlib import Path

import pytest

from processor.app.addresses import SCHEMES, Address, forms, parse
from processor.app.config import load
from processor.app.file_source import has_no_end
from processor.model.errors import ConfigError

ROOT = Path(__file__).resolve().parents[3]

ACCEPTED = [
    ("source", "-", Address("-", "")),
    ("source", "-?text", Address("-", "?text")),
    ("source", "file:a b.json", Address("file", "a b.json")),
    ("source", "file:pubsub:x", Address("file", "pubsub:x")),  # the first colon ends the scheme
    ("source", "pubsub:projects/p/subscriptions/s", Address("pubsub", "projects/p/subscriptions/s")),
    ("state", "sqlite::memory:", Address("sqlite", ":memory:")),
    ("state", "firestore:p", Address("firestore", "p")),
    ("state", "firestore:p/d", Address("firestore", "p/d")),
    ("issues", "folder:/a/b", Address("folder", "/a/b")),
    ("issues", "github:o/r", Address("github", "o/r")),
    ("issues", "none", Address("none", "")),
    ("worklog", "folder:out", Address("folder", "out")),
    ("worklog", "none", Address("none", "")),
]
REFUSED = [
    ("source", "", "file:PATH[?follow], pubsub:projects/P/subscriptions/S or -"),
    ("source", "-x", "or -; for the path, write file:-x"),
    ("source", "export.json", "for the path, write file:export.json"),
    ("source", "pubsub:s", "pubsub:projects/P/subscriptions/S"),
    ("source", "file:", "file:PATH"),
    ("state", "garden.db", "for the path, write sqlite:garden.db"),
    ("state", "firestore:", "firestore:PROJECT[/DATABASE]"),
    ("state", "firestore:p/d/e", "firestore:PROJECT[/DATABASE]"),
    ("issues", "github:o", "github:OWNER/REPO"),
    ("issues", "github:o/r/s", "github:OWNER/REPO"),
    ("issues", "nonesuch", "folder:PATH, github:OWNER/REPO or none; for the path, write folder:nonesuch"),
    ("worklog", "github:o/r", "folder:PATH or none"),
]


@pytest.mark.parametrize(("setting", "text", "address"), ACCEPTED)
def test_an_address_is_its_scheme_and_what_follows(setting, text, address):
    assert parse(setting, text) == address
    assert load({setting: text}).address(setting) == address


@pytest.mark.parametrize(("setting", "text", "sentence"), REFUSED)
def test_what_no_row_accepts_is_refused_with_the_accepted_forms(setting, text, sentence):
    with pytest.raises(ConfigError) as refused:
        parse(setting, text)
    with pytest.raises(ConfigError) as wrong:
        load({setting: text})

    assert f"{text!r} is not of the form: " in str(refused.value)
    assert sentence in str(refused.value)
    assert str(refused.value) in str(wrong.value)


def test_a_database_without_a_name_is_googles_default_one():
    assert parse("state", "firestore:p").database == ("p", "(default)")
    assert parse("state", "firestore:p/d").database == ("p", "d")


@pytest.mark.parametrize(
    ("text", "endless"),
    [
        ("-", False),
        ("-?text", False),
        ("file:x", False),
        ("file:x?text&follow", True),
        ("file:x?follow", True),
        ("pubsub:projects/p/subscriptions/s", True),
    ],
)
def test_only_a_subscription_and_a_followed_file_have_no_end(text, endless):
    assert has_no_end(parse("source", text)) is endless


def test_no_other_module_takes_an_address_apart():
    """A string "sqlite:" handed to startswith, removeprefix, partition or split is a second parser."""
    prefixes = {f"{one.name}:" for rows in SCHEMES.values() for one in rows if ":" in one.form}
    found = []
    for path in sorted((ROOT / "processor").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                name, words = node.func.attr, {one.value for one in ast.walk(node) if isinstance(one, ast.Constant)}
                of_setting = isinstance(node.func.value, ast.Attribute) and node.func.value.attr in SCHEMES
                if name in ("startswith", "removeprefix", "partition", "split") and (words & prefixes or of_setting):
                    found.append(f"{path.name}:{node.lineno}")

    assert found == []


def test_the_forms_are_read_as_a_list():
    assert forms("issues") == "folder:PATH, github:OWNER/REPO or none"
