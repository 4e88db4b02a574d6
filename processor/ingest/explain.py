"""Why an entry goes where it goes: masks, path, nearest clusters, and what the next one like it would do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from processor.mining.grouper import Grouper
from processor.model import Kind, Masked, Stream
from processor.parsing import decode as entries
from processor.parsing import stacktrace as traceback
from processor.parsing.decode import DecodeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from processor.mining.masker import Masker
    from processor.mining.miners import Miners
    from processor.model import ReceivedMessage
    from processor.model.ports import Source, Store


def explain(source: Source, *, store: Store | None, miners: Miners, masker: Masker) -> Iterator[dict[str, Any]]:
    """One explanation per entry, in order; a line that is no log entry is explained as a plain message.

    Without a store every entry before it in the source is learned first, so that the last of a dozen
    names shows the wildcard that they earned. With a store nothing is learned: it is what the store has.
    """
    grouper = Grouper(masker)
    if store is not None:
        miners.refresh(store.load_model({}))
    now = datetime.now(UTC)
    while not source.exhausted():
        for message in source.pull(500, 1.0):
            text, masked = _read(message, grouper, now)
            yield _explain(text, masked, miners, masker)
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


def _explain(text: str, masked: Masked, miners: Miners, masker: Masker) -> dict[str, Any]:
    stream, message = masked
    found = miners.miner(stream).explain(message)
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
    }
