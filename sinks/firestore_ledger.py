"""The slot ledger: which entries are counted, and the preconditions that keep it so.

The digests of all entries of five minutes of event time lie in one chain of pages, `<hash>-<slot>-<page>`. Only
the first page that is not full is ever appended to, under its update time, and a full page never changes. So every
writer that may count one of these entries has to write the very page that another one writes, and the second of
them is refused. Full pages are remembered; the open one is read anew by every `look`.

It must not decide what is counted: it answers and appends.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from google.cloud import firestore

from processor.errors import CheckpointTooLarge, StateError
from processor.model import LEDGER_SLOT_S, SCHEMA_VERSION
from sinks.firestore_errors import check_schema

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from processor.model import Identity

DIGEST_BYTES: Final = 10
"""Of an identity's 16: two entries of a slot with 300,000 collide once in 10^13."""
FULL_BYTES: Final = 262_144
"""A page is closed beyond this, far below a document's 1 MiB: the open page is read at every flush."""
_MAX_BYTES: Final = 900_000
KEPT: Final = timedelta(days=30)
_ELEMENT_BYTES: Final = 16  # what one more array element may cost beside its bytes
_REMEMBERED: Final = 500_000  # digests held in memory, about 50 MB
_AHEAD: Final = 16  # pages of a long chain that are asked for at once
_AT_ONCE: Final = 64  # pages in one read, 16 MB at most: each read has its own deadline, or a backlog would never fit


@dataclass(slots=True)
class Page:
    """One ledger document as last read: None as `update_time` means that it does not exist yet."""

    create_time: Any = None
    update_time: Any = None
    digests: set[bytes] = field(default_factory=set)
    elements: int = 0
    is_full: bool = False

    @property
    def size(self) -> int:
        """About how many bytes the document has."""
        return DIGEST_BYTES * len(self.digests) + _ELEMENT_BYTES * self.elements


@dataclass(frozen=True, slots=True)
class OpenPage:
    """Where the next digests of a slot go, as `Ledger.look` saw it: the proof that a commit is held to."""

    number: int
    update_time: Any
    size: int


class Ledger:
    """Reads and appends to the ledger; one per store, not thread-safe."""

    def __init__(self, client: firestore.Client, timeout_s: float) -> None:
        self._client = client
        self._collection = client.collection("ledger")
        self._timeout_s = timeout_s
        self._chains: OrderedDict[int, list[Page]] = OrderedDict()

    def look(self, identities: Collection[Identity]) -> tuple[frozenset[bytes], dict[int, OpenPage]]:
        """Which of these (by whole digest) are counted, and the open page of each of their slots."""
        wanted: dict[int, list[bytes]] = {}
        for identity in identities:
            wanted.setdefault(identity.second // LEDGER_SLOT_S, []).append(identity.digest)
        self._read(wanted)
        known: set[bytes] = set()
        pages: dict[int, OpenPage] = {}
        for slot, digests in wanted.items():
            chain = self._chains[slot]
            for digest in digests:
                short = digest[:DIGEST_BYTES]
                if any(short in page.digests for page in chain):
                    known.add(digest)
            pages[slot] = OpenPage(len(chain) - 1, chain[-1].update_time, chain[-1].size)
        self._shrink()
        return frozenset(known), pages

    def append(self, batch: firestore.WriteBatch, fresh: Iterable[Identity], pages: object, *, now: datetime) -> None:
        """Add the writes that make `fresh` counted, one per slot. Raises `CheckpointTooLarge`."""
        by_slot: dict[int, list[bytes]] = {}
        for identity in fresh:
            by_slot.setdefault(identity.second // LEDGER_SLOT_S, []).append(identity.digest[:DIGEST_BYTES])
        if not isinstance(pages, dict) or not by_slot.keys() <= pages.keys():
            raise StateError("a checkpoint has to carry what this store's seen() answered")
        for slot, digests in by_slot.items():
            self._put(batch, slot, pages[slot], digests, now)

    def _put(self, batch: firestore.WriteBatch, slot: int, page: OpenPage, digests: list[bytes], now: datetime) -> None:
        packed = b"".join(digests)
        if page.size + len(packed) > _MAX_BYTES:
            raise CheckpointTooLarge(f"{len(digests)} entries within five minutes do not fit into one ledger page")
        fields: dict[str, Any] = {
            "schema": SCHEMA_VERSION,
            "full": page.size + len(packed) + _ELEMENT_BYTES >= FULL_BYTES,
            "expire_at": now + KEPT,
        }
        reference = self._page(slot, page.number)
        if page.update_time is None:
            batch.create(reference, {**fields, "ids": [packed], "slot": slot, "entries": len(digests)})
        else:
            batch.update(
                reference,
                {**fields, "ids": firestore.ArrayUnion([packed]), "entries": firestore.Increment(len(digests))},
                option=firestore.Client.write_option(last_update_time=page.update_time),
            )

    def _read(self, slots: Iterable[int]) -> None:
        """Bring the chains of these slots up to date, up to and including their open page."""
        ahead = dict.fromkeys(slots, 1)
        while ahead:
            places = {}
            for slot, pages in ahead.items():
                chain = self._chains.setdefault(slot, [Page()])
                self._chains.move_to_end(slot)
                for number in range(len(chain) - 1, len(chain) - 1 + pages):
                    places[self._page(slot, number).path] = (slot, number)
            found = {}
            references = [self._collection.document(path.rpartition("/")[2]) for path in places]
            for start in range(0, len(references), _AT_ONCE):
                part = references[start : start + _AT_ONCE]
                for snapshot in self._client.get_all(part, retry=None, timeout=self._timeout_s):
                    found[places[snapshot.reference.path]] = snapshot
            ahead = {slot: min(2 * pages, _AHEAD) for slot, pages in ahead.items() if not self._extend(slot, found)}

    def _extend(self, slot: int, found: Mapping[tuple[int, int], Any]) -> bool:
        """Take in the pages found; True when the chain now ends with its open page."""
        chain = self._chains[slot]
        while (slot, len(chain) - 1) in found:
            _take(chain[-1], found[slot, len(chain) - 1])
            if not chain[-1].is_full:
                return True
            chain.append(Page())
        return False

    def _shrink(self) -> None:
        held = sum(len(page.digests) for chain in self._chains.values() for page in chain)
        while held > _REMEMBERED and len(self._chains) > 1:
            _, chain = self._chains.popitem(last=False)
            held -= sum(len(page.digests) for page in chain)

    def _page(self, slot: int, number: int) -> firestore.DocumentReference:
        # The hash comes first: names that grow with time would all be written by the same server.
        prefix = blake2b(str(slot).encode(), digest_size=2).hexdigest()
        return self._collection.document(f"{prefix}-{slot}-{number}")


def _take(page: Page, snapshot: Any) -> None:
    """Pages only grow at their end, so only what was added is unpacked, unless the page expired and was made anew."""
    if not snapshot.exists or snapshot.create_time != page.create_time:
        page.create_time = page.update_time = None
        page.digests, page.elements, page.is_full = set(), 0, False
    if not snapshot.exists:
        return
    document = snapshot.to_dict()
    check_schema(document, snapshot.reference.path)
    for packed in document["ids"][page.elements :]:
        page.digests.update(packed[start : start + DIGEST_BYTES] for start in range(0, len(packed), DIGEST_BYTES))
    page.elements = len(document["ids"])
    page.create_time, page.update_time = snapshot.create_time, snapshot.update_time
    page.is_full = document["full"]
