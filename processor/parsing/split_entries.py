"""Split entries: give the parts of a long entry that Cloud Logging split the text of the whole.

Cloud Logging splits an entry above its size limit and gives each part the same `split.uid` and its position. Every part
counts as an entry; all parts join the cluster of the whole, and a single part is the occurrence. Parts that arrive in
different batches are grouped by their own words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from processor.parsing import decode as entries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from processor.model import Entry


def joined(batch: Sequence[Entry]) -> Sequence[Entry]:
    """Return the entries, with each part of a split entry replaced by the text of the whole."""
    whole = join(batch)
    return [whole.get(index, entry) for index, entry in enumerate(batch)] if whole else batch


def join(batch: Sequence[Entry]) -> Mapping[int, Entry]:
    """Map the index of each part to the text of all parts present, in order."""
    parts: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for index, entry in enumerate(batch):
        if (cut := entries.split(entry)) is not None:
            uid, place = cut
            parts.setdefault((entry.log_name, uid), []).append((place, index))
    found: dict[int, Entry] = {}
    for ordered in map(sorted, parts.values()):
        if len(ordered) > 1:
            text = "".join(batch[index].text for _, index in ordered)
            for number, (_, index) in enumerate(ordered):
                found[index] = batch[index]._replace(text=text, said=(), occurrence=number == 0)
    return found
