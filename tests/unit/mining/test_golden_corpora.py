"""Thirteen made-up services, pinned: what their lines are grouped by, and what is shown of the values.

A change here changes the ids of clusters that people have issues and decisions on. It needs a new GROUPING_VERSION
(then stored clusters are grouped again), and the page is rewritten with GARDENER_WRITE_GOLDEN=1.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from random import Random

import pytest

from processor.mining import GROUPING_VERSION
from processor.mining.alignment import values_of
from processor.mining.masker import Masker
from processor.mining.miner import Miner
from processor.model.template import shown
from processor.model.values import total

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "corpora"
sys.path.insert(0, str(GOLDEN))
from make_corpora import SERVICES, lines  # noqa: E402

MASKER = Masker()
HEAD = "grouping version "


@cache
def mined(service, seed=None):
    """(miner, text and cluster id of each line) once the whole page was read, in an order of this seed."""
    texts = lines(service)
    if seed is not None:
        Random(seed).shuffle(texts)
    miner = Miner(service)
    ids = [miner.learn(MASKER.mask(text))[0] for text in texts]
    return miner, [(text, miner.resolve(cluster_id)) for text, cluster_id in zip(texts, ids, strict=True)]


def page(service):
    """`count  template  (as shown)` of each cluster, the most frequent first."""
    miner, found = mined(service)
    counts = Counter(cluster_id for _, cluster_id in found)
    rows = []
    for cluster_id, count in counts.items():
        values = []
        for text, one in found:
            if one == cluster_id:
                masked = MASKER.mask(text)
                known = values_of(masked, text)
                parts = miner.parts(cluster_id, masked)
                said = {key: [known[x] if isinstance(x, int) else x for x in words] for key, words in parts.items()}
                values.append({key: {" ".join(words): 1} for key, words in said.items() if words and all(words)})
        template = miner.template(cluster_id)
        rows.append((-count, template, shown(template, total(values))))
    return "".join(f"{-count:4} {template}\n     {said}\n" for count, template, said in sorted(rows))


def whole():
    return "".join(f"\n## {service}\n{page(service)}" for service in SERVICES)


def test_the_services_are_as_many_and_as_long_as_promised():
    assert len(SERVICES) >= 12
    assert sum(len(lines(service)) for service in SERVICES) >= 3000


def test_what_is_pinned_changes_only_with_a_new_version_of_the_grouping():
    path = GOLDEN / "clusters.txt"
    head, _, pinned = path.read_text("utf-8").partition("\n") if path.exists() else ("", "", "")
    version = int(head.removeprefix(HEAD) or 0)
    found = whole()
    if os.environ.get("GARDENER_WRITE_GOLDEN") and (version < GROUPING_VERSION or not pinned):
        path.write_text(f"{HEAD}{GROUPING_VERSION}\n{found}", "utf-8")
        return
    assert version == GROUPING_VERSION, "rewrite the page with GARDENER_WRITE_GOLDEN=1"
    assert found == pinned, "raise GROUPING_VERSION, then rewrite the page with GARDENER_WRITE_GOLDEN=1"


@pytest.mark.parametrize("service", SERVICES)
def test_the_order_of_lines_moves_no_line_of_a_service(service):
    usual = dict(mined(service)[1])
    for seed in range(5):
        assert dict(mined(service, seed)[1]) == usual
