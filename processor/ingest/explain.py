"""Explain: masks, path and nearest clusters of an entry, and the effect of the next such entry."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from processor.mining.alignment import values_of
from processor.mining.grouper import Grouper
from processor.mining.reasons import reasons
from processor.model import Kind, Masked, Stream
from processor.model.template import places
from processor.parsing import decode as entries
from processor.parsing import stacktrace as traceback
from processor.parsing.decode import DecodeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from processor.mining.masker import Masker
    from processor.mining.miner import Miner
    from processor.mining.miners import Miners
    from processor.model import ReceivedMessage
    from processor.model.ports import Source, Store


def explain(source: Source, *, store: Store | None, miners: Miners, masker: Masker) -> Iterator[dict[str, Any]]:
    """Return an explanation per entry, in order; a line that is no log entry is explained as a plain message.

    Without a store, every entry before it in the source is learned first, so that the last of a dozen names shows the
    resulting wildcard. With a store, nothing is learned and the stored clusters are used.
    """
    grouper = Grouper(masker)
    values: dict[str, Mapping[str, Mapping[str, int]]] = {}
    if store is not None:
        values = {cluster.id: cluster.values for cluster in store.clusters()}
        miners.refresh(store.load_model({}))
    now = datetime.now(UTC)
    while not source.exhausted():
        for message in source.pull(500, 1.0):
            text, masked = _read(message, grouper, now)
            yield _explain(text, masked, miners, masker, values)
            if store is None:
                miners.assign(*masked)


def _read(message: ReceivedMessage, grouper: Grouper, now: datetime) -> tuple[str, Masked]:
    try:
        entry = entries.decode(message.data, now)
    except DecodeError:
        text = message.data.decode("utf-8", "replace")
        found = traceback.parse(text)
        kind = Kind.TEXT if found is None else Kind.EXCEPTION
        mask = grouper.masker.mask
        return text, Masked(Stream("", "", kind), mask(text) if found is None else traceback.fingerprint(found, mask))
    return entry.text, grouper(entry)


def _explain(
    text: str,
    masked: Masked,
    miners: Miners,
    masker: Masker,
    values: Mapping[str, Mapping[str, Mapping[str, int]]],
) -> dict[str, Any]:
    stream, message = masked
    miner = miners.miner(stream)
    found = miner.explain(message)
    template = miner.template(found.cluster_id) if found.cluster_id else message
    return {
        "text": text,
        "stream": stream._asdict(),
        "masks": [{"mask": name, "fragment": before, "becomes": after} for name, before, after in masker.explain(text)]
        if stream.kind is Kind.TEXT
        else [],
        "masked": message,
        "cluster_id": found.cluster_id,
        "tree_path": list(found.tree_path),
        "nearest": [
            {"cluster_id": cluster_id, "template": template, "similarity": round(score, 3)}
            for cluster_id, template, score in found.nearest
        ],
        "reason": found.reason,
        "template": template,
        "places": list(_places(template, message, text, miner, found.cluster_id, values)),
        "words": [reason._asdict() for reason in reasons(message)],
    }


def _places(
    template: str,
    message: str,
    text: str,
    miner: Miner,
    cluster_id: str | None,
    values: Mapping[str, Mapping[str, Mapping[str, int]]],
) -> Iterator[dict[str, Any]]:
    """Return each place of the template: its key, its content in this entry, and the values counted there."""
    found = values_of(message, text)
    parts = miner.parts(cluster_id, message) if cluster_id else {}
    counted = values.get(cluster_id or "", {})
    for number, place in enumerate(places(template)):
        words = parts.get(place.key, (number,))
        here = [one if isinstance(one, str) else "".join(found[one : one + 1]) for one in words]
        yield {"key": place.key, "mark": place.mark, "here": " ".join(here), "values": dict(counted.get(place.key, {}))}
