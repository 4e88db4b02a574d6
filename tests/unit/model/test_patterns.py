"""Patterns that are compiled by their first use: nothing but the moment differs, and every one can be compiled."""

import gc
import importlib
import pickle
import re
from pathlib import Path

import pytest

from processor.model import patterns
from processor.model.patterns import regex
from sinks import redact

ROOT = Path(__file__).resolve().parents[3]


def test_a_pattern_does_what_the_compiled_one_does():
    lazy, compiled = regex(r"(?P<word>[a-z]+)", re.IGNORECASE), re.compile(r"(?P<word>[a-z]+)", re.IGNORECASE)

    assert lazy.pattern == compiled.pattern
    assert lazy.flags == compiled.flags
    assert lazy.groupindex == compiled.groupindex
    assert lazy.findall("One, two") == ["One", "two"]
    assert lazy.sub("-", "One, two") == "-, -"
    assert regex(rb"\d").search(b"a1").span() == (1, 2)
    assert pickle.loads(pickle.dumps(lazy)).match("Two")["word"] == "Two"  # noqa: S301  # our own


def test_a_pattern_is_compiled_once_and_only_when_it_is_used(monkeypatch):
    compiled, compile_ = [], re.compile
    monkeypatch.setattr(re, "compile", lambda *text: compiled.append(text) or compile_(*text))
    lazy = regex("a+")

    assert not compiled
    assert lazy.search("caat").span() == (1, 3)
    assert lazy.search("cat").span() == (1, 2)
    assert compiled == [("a+", 0)]


def test_a_wrong_pattern_is_found_when_it_is_used():
    wrong = regex("(")

    with pytest.raises(re.error):
        wrong.search("")


def test_every_pattern_of_ours_compiles():
    for path in [*(ROOT / "processor").rglob("*.py"), *(ROOT / "sinks").rglob("*.py")]:
        if "patterns import regex" in path.read_text("utf-8"):
            importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    redact._rules()
    made = [one for one in gc.get_objects() if isinstance(one, patterns._Lazy) and one.pattern != "("]

    assert len(made) > 1000
    for one in made:
        re.compile(one.pattern, one._flags)
