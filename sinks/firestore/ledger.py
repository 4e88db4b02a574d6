"""The slot ledger: the set of counted entries, and the preconditions that protect it.

The digests of all entries of five minutes of event time are in a chain of pages, `<hash>-<slot>-<lane>-<page>`, or in a
chain for each lane if the state was created with several: then as many writers append at once. Only the first page that
is not full is ever appended to, under its update time, and a full page never changes. So all writers that may count the
same entry have to write the same page, and all but the first are refused. Full pages are cached; the open page is read
by every `look`.

It must not decide which entries are counted: it answers and appends.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from google.cloud import firestore
from msgspec import Struct, field

from processor.model import LEDGER_SLOT_S, SCHEMA_VERSION
from processor.model.errors import CheckpointTooLarge, StateError
from processor.model.portion import Portion
from sinks.firestore.errors import check_schema
from sinks.firestore.reads import fields_of, get_all

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from processor.model import Identity

DIGEST_BYTES: Final = 10
"""Bytes of an identity's 16: two entries of a slot with 300,000 collide once in 10^13."""
FULL_BYTES: Final = 262_144
"""A page is closed beyond this size, far below a document's 1 MiB: the open page is read at every flush."""
_MAX_BYTES: Final = 900_000
KEPT: Final = timedelta(days=30)
_ELEMENT_BYTES: Final = 16  # maximum overhead of an array element in bytes
_REMEMBERED: Final = 500_000  # digests held in memory, about 50 MB
_LOOKS_KEPT: Final = 150
"""Chains not used in this many consecutive calls are dropped.

This is five minutes of live traffic; otherwise memory would grow for most of an hour.
"""
_AHEAD: Final = 16  # pages of a long chain that are requested at once
_AT_ONCE: Final = 64  # pages in a read, 16 MB at most: each read has its own deadline, or a backlog would never fit


class Page(Struct):
    """A ledger document as last read; `update_time` None means that it does not exist yet."""

    create_time: Any = None
    update_time: Any = None
    digests: set[bytes] = field(default_factory=set)
    elements: int = 0
    is_full: bool = False

    @property
    def size(self) -> int:
        """Approximate bytes of the document."""
        return DIGEST_BYTES * len(self.digests) + _ELEMENT_BYTES * self.elements


class OpenPage(Struct, frozen=True):
    """The target page of a slot's next digests, as read by `Ledger.look`: the proof that the commit depends on."""

    number: int
    update_time: Any
    size: int


Chain = tuple[int, int]
"""Slot and lane."""


class Ledger:
    """Reads and appends to the ledger; one instance per store, not thread-safe.

    Args:
        client: of the state's database.
        timeout_s: of each read.
        lanes: for a new state; an existing state keeps its number.
    """

    def __init__(self, client: firestore.Client, timeout_s: float, lanes: int) -> None:
        self._client = client
        self._collection = client.collection("ledger")
        self._timeout_s = timeout_s
        self._asked_lanes = lanes
        self._lanes = 0
        self._chains: OrderedDict[Chain, list[Page]] = OrderedDict()
        self._portion = Portion(_AT_ONCE)
        self._looks = 0
        self._asked: dict[Chain, int] = {}

    def look(self, identities: Collection[Identity]) -> tuple[frozenset[bytes], dict[Chain, OpenPage]]:
        """Return which of these (by whole digest) are counted, and the open page of each of their chains."""
        wanted = self._by_chain(identities)
        self._looks += 1
        self._asked.update(dict.fromkeys(wanted, self._looks))
        self._read(wanted)
        known: set[bytes] = set()
        pages: dict[Chain, OpenPage] = {}
        for place, digests in wanted.items():
            chain = self._chains[place]
            for digest in digests:
                short = digest[:DIGEST_BYTES]
                if any(short in page.digests for page in chain):
                    known.add(digest)
            pages[place] = OpenPage(len(chain) - 1, chain[-1].update_time, chain[-1].size)
        self._shrink()
        return frozenset(known), pages

    def append(self, batch: firestore.WriteBatch, fresh: Iterable[Identity], pages: object, *, now: datetime) -> None:
        """Add the writes that count `fresh`, one per chain. Raises `CheckpointTooLarge`."""
        by_chain = self._by_chain(fresh)
        if not isinstance(pages, dict) or not by_chain.keys() <= pages.keys():
            raise StateError("a checkpoint has to carry what this store's seen() answered")
        for place, digests in by_chain.items():
            self._put(batch, place, pages[place], digests, now)

    def _by_chain(self, identities: Iterable[Identity]) -> dict[Chain, list[bytes]]:
        lanes = self._lanes or self._settle_lanes()
        found: dict[Chain, list[bytes]] = {}
        for second, digest in identities:
            found.setdefault((second // LEDGER_SLOT_S, digest[-1] % lanes), []).append(digest)
        return found

    def _settle_lanes(self) -> int:
        """Return every writer of a state has to cut it alike, so the first one says how.

        A second first one is refused.
        """
        reference = self._client.collection("settings").document("ledger")
        snapshot = reference.get(retry=None, timeout=self._timeout_s)
        if snapshot.exists:
            check_schema(snapshot.to_dict(), reference.path)
            self._lanes = snapshot.get("lanes")
        else:
            fields = {"schema": SCHEMA_VERSION, "lanes": self._asked_lanes}
            reference.create(fields, retry=None, timeout=self._timeout_s)
            self._lanes = self._asked_lanes
        return self._lanes

    def _put(
        self, batch: firestore.WriteBatch, place: Chain, page: OpenPage, digests: list[bytes], now: datetime
    ) -> None:
        packed = b"".join(digest[:DIGEST_BYTES] for digest in digests)
        if page.size + len(packed) > _MAX_BYTES:
            raise CheckpointTooLarge(f"{len(digests)} entries within five minutes do not fit into one ledger page")
        fields: dict[str, Any] = {
            "schema": SCHEMA_VERSION,
            "full": page.size + len(packed) + _ELEMENT_BYTES >= FULL_BYTES,
            "expire_at": now + KEPT,
        }
        reference = self._page(place, page.number)
        if page.update_time is None:
            batch.create(reference, {**fields, "ids": [packed], "slot": place[0], "entries": len(digests)})
        else:
            batch.update(
                reference,
                {**fields, "ids": firestore.ArrayUnion([packed]), "entries": firestore.Increment(len(digests))},
                option=firestore.Client.write_option(last_update_time=page.update_time),
            )

    def _read(self, chains: Iterable[Chain]) -> None:
        """Update these chains, up to and including their open page."""
        ahead = dict.fromkeys(chains, 1)
        while ahead:
            wanted = {}
            for place, pages in ahead.items():
                chain = self._chains.setdefault(place, [Page()])
                self._chains.move_to_end(place)
                for number in range(len(chain) - 1, len(chain) - 1 + pages):
                    wanted[self._page(place, number).path] = (place, number)
            found = {}
            references = [self._collection.document(path.rpartition("/")[2]) for path in wanted]
            for snapshot in get_all(self._client, references, self._portion, self._timeout_s):
                found[wanted[snapshot.reference.path]] = snapshot
            ahead = {place: min(2 * pages, _AHEAD) for place, pages in ahead.items() if not self._extend(place, found)}

    def _extend(self, place: Chain, found: Mapping[tuple[Chain, int], Any]) -> bool:
        """Add the pages found; return True if the chain now ends with its open page."""
        chain = self._chains[place]
        while (place, len(chain) - 1) in found:
            _take(chain[-1], found[place, len(chain) - 1])
            if not chain[-1].is_full:
                return True
            chain.append(Page())
        return False

    def _shrink(self) -> None:
        held = sum(len(page.digests) for chain in self._chains.values() for page in chain)
        while len(self._chains) > 1:
            place, chain = next(iter(self._chains.items()))
            if held <= _REMEMBERED and self._looks - self._asked[place] <= _LOOKS_KEPT:
                return
            del self._chains[place], self._asked[place]
            held -= sum(len(page.digests) for page in chain)

    def _page(self, place: Chain, number: int) -> firestore.DocumentReference:
        # The hash comes first: names that grow with time would all be written to the same server.
        name = f"{place[0]}-{place[1]}"
        prefix = blake2b(name.encode(), digest_size=2).hexdigest()
        return self._collection.document(f"{prefix}-{name}-{number}")


def _take(page: Page, snapshot: Any) -> None:
    """Update a page: pages only grow at the end, so only the addition is unpacked, unless the page was recreated."""
    if not snapshot.exists or snapshot.create_time != page.create_time:
        page.create_time = page.update_time = None
        page.digests, page.elements, page.is_full = set(), 0, False
    if not snapshot.exists:
        return
    document = fields_of(snapshot)
    check_schema(document, snapshot.reference.path)
    for packed in document["ids"][page.elements :]:
        page.digests.update(packed[start : start + DIGEST_BYTES] for start in range(0, len(packed), DIGEST_BYTES))
    page.elements = len(document["ids"])
    page.create_time, page.update_time = snapshot.create_time, snapshot.update_time
    page.is_full = document["full"]
