"""`gardener beam` where Beam is not installed, as on every machine that did not ask for it."""

import importlib.util

import pytest

without_beam = pytest.mark.skipif(bool(importlib.util.find_spec("apache_beam")), reason="Apache Beam is here")


@without_beam
def test_without_beam_it_says_how_to_get_it(gardener):
    done = gardener("beam", "--source", "file:x.json", "--runner=DirectRunner", check=False)

    assert done.returncode == 2
    assert b"make setup-beam" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("source", ["-", "file:x.json?follow"])
def test_a_source_without_end_that_is_no_queue_is_refused(gardener, source):
    done = gardener("beam", "--source", source, check=False)

    assert done.returncode == 2
    assert b"a pipeline reads pubsub:... or file:PATH" in done.stderr
