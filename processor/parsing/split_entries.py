"""Split entries: parts of one long entry, which Cloud Logging cut, get the text of the whole.

Cloud Logging cuts what is longer than an entry may be and gives each part the same `split.uid`, and its place. Every
part is counted as an entry of its own; all go where the whole goes, and one of them is the occurrence. Parts that came
in different batches are grouped each by its own words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from processor.parsing import decode as entries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from processor.model import Entry


def joined(batch: Sequence[Entry]) -> Sequence[Entry]:
    """The same entries, each part of a split one with the text of the whole."""
    whole = join(batch)
    return [whole.get(index, entry) for index, entry in enumerate(batch)] if whole else batch


def join(batch: Sequence[Entry]) -> Mapping[int, Entry]:
    """The entries that are parts, with the text of all parts that are there in their order, by index."""
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
