"""Pairs of lines as on-call sees them: one problem, or two; in either order."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from processor.mining.masker import Masker
from processor.mining.miner import Miner

PAIRS = [
    json.loads(line)
    for line in (Path(__file__).resolve().parents[2] / "golden" / "line_pairs.ndjson").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{'one' if pair['same'] else 'two'}: {pair['a'][:50]}")
def test_a_pair_is_one_cluster_exactly_where_it_is_one_problem(pair):
    for texts in ((pair["a"], pair["b"]), (pair["b"], pair["a"])):
        masker, miner = Masker(), Miner("s")
        ids = [miner.learn(masker.mask(text))[0] for text in texts]
        assert (len({miner.resolve(one) for one in ids}) == 1) is pair["same"]
