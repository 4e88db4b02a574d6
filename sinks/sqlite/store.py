"""The embedded `Store`: one SQLite file, one writer at a time, any number of readers.

Every checkpoint is a transaction: the ledger's primary key refuses an entry that is already counted, and the streams'
revisions refuse a changed model. A killed process leaves either all of it or nothing.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from processor.model import AuditRecord, Committed, Rejected, Seen, StreamModel, Totals, WorkerState
from processor.model.errors import Conflict, StateError, Transient
from sinks import triage_json
from sinks.private import Redaction
from sinks.sqlite import forget as forgetting
from sinks.sqlite import read as sqlite_rows
from sinks.sqlite import schema
from sinks.sqlite import write as sqlite_adding
from sinks.sqlite.delivery import DeliveryReports
from sinks.sqlite.named import NamedTimes
from sinks.sqlite.raw import RawSamples
from sinks.sqlite.read import at, micros
from sinks.stored_cluster import merge_members, released_by, root_of, samples_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from processor.model import Checkpoint, Cluster, Identity, Sample, Stream, Triage
    from processor.model.forget import Forget, Forgotten

_OPEN_S: Final = 30.0  # another process may be upgrading the file
_BUSY_S: Final = 5.0  # for another writer: a worker has ten seconds to stop
_VARIABLES: Final = 500
"""Bound variables of a statement; SQLite's oldest limit is 999."""
LEDGER_DAYS: Final = 30


class SqliteStore(DeliveryReports, NamedTimes, RawSamples):
    """See `processor.model.ports.Store`. `path` may be ":memory:"."""

    def __init__(
        self, path: str, *, version: str = "", must_exist: bool = False, redact: Redaction | None = None
    ) -> None:
        self._path = path
        self._version = version
        self._redaction = redact or Redaction(None)
        self._pruned_day = 0
        if path != ":memory:":
            _check_path(Path(path), must_exist=must_exist)
        try:
            self._db = sqlite3.connect(path, timeout=_OPEN_S, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            # An acknowledged entry must survive a power cut, not only a kill.
            self._db.execute("PRAGMA synchronous = FULL")
            with self._writing():
                schema.prepare(self._db, path)
            self._db.execute(f"PRAGMA busy_timeout = {_BUSY_S * 1000:.0f}")
        except sqlite3.Error as error:
            raise StateError(f"the state {path} cannot be used: {error}") from error

    @property
    def documents_read(self) -> int:
        """See `Store.documents_read`."""
        return 0

    def close(self) -> None:
        """See `Store.close`."""
        self._db.close()

    # --- the model ------------------------------------------------------------------------------------
    def load_model(self, known: Mapping[Stream, int]) -> Sequence[StreamModel]:
        """See `Store.load_model`."""
        with self._reading():
            models = []
            for stream_id, stream, rev in sqlite_rows.streams(self._db):
                since = known.get(stream, 0)
                if rev > since:
                    models.append(StreamModel(stream, rev, sqlite_rows.records(self._db, stream_id, since)))
            return models

    # --- counting -------------------------------------------------------------------------------------
    def seen(self, identities: Collection[Identity]) -> Seen:
        """See `Store.seen`."""
        digests = [identity.digest for identity in identities]
        known: set[bytes] = set()
        with self._reading():
            for start in range(0, len(digests), _VARIABLES):
                part = digests[start : start + _VARIABLES]
                marks = ",".join("?" * len(part))
                rows = self._db.execute(f"SELECT digest FROM ledger WHERE digest IN ({marks})", part)
                known.update(digest for (digest,) in rows)
        return Seen(frozenset(known))

    def commit(self, checkpoint: Checkpoint) -> Committed:
        """See `Store.commit`."""
        day = micros(checkpoint.at) // 86_400_000_000
        with self._writing():
            revs = {changes.stream: sqlite_adding.put_templates(self._db, changes) for changes in checkpoint.templates}
            try:
                self._db.executemany(
                    "INSERT INTO ledger (digest, day) VALUES (?, ?)",
                    [(identity.digest, day) for identity in checkpoint.fresh],
                )
            except sqlite3.IntegrityError:
                raise Conflict("another worker counted one of these entries first") from None
            counts = {delta.id: sqlite_adding.add(self._db, delta, self._redaction) for delta in checkpoint.deltas}
            sqlite_adding.quarantine(self._db, checkpoint.rejected)
            sqlite_adding.heartbeat(self._db, checkpoint, version=self._version)
            if day != self._pruned_day:
                self._db.execute("DELETE FROM ledger WHERE day < ?", [day - LEDGER_DAYS])
                self._pruned_day = day
        return Committed(counts, revs)

    # --- readers --------------------------------------------------------------------------------------
    def clusters(self) -> Sequence[Cluster]:
        """See `Store.clusters`."""
        with self._reading():
            return merge_members(sqlite_rows.stored(self._db, None), sqlite_rows.triages(self._db, None))

    def cluster(self, cluster_id: str) -> Cluster | None:
        """See `Store.cluster`."""
        with self._reading():
            members = self._family(cluster_id)
            found = merge_members(sqlite_rows.stored(self._db, members), sqlite_rows.triages(self._db, members))
        return found[0] if found else None

    def first_samples(self, ids: Collection[str]) -> Mapping[str, Sample]:
        """See `Store.first_samples`."""
        with self._reading():
            return sqlite_rows.first_samples(self._db, ids)

    def samples(self, cluster_id: str) -> Sequence[Sample]:
        """See `Store.samples`."""
        with self._reading():
            members = self._family(cluster_id)
            stored = list(sqlite_rows.stored(self._db, members))
            between = sqlite_rows.between(self._db, members)
        return samples_of(stored, between)

    def totals(self) -> Totals:
        """See `Store.totals`."""
        return sum((worker.totals for worker in self.workers()), Totals())

    def workers(self) -> Sequence[WorkerState]:
        """See `Store.workers`."""
        with self._reading():
            rows = self._db.execute(
                "SELECT id, heartbeat_at, version, counted, duplicates, rejected, ignored, lag_s"
                " FROM workers ORDER BY heartbeat_at DESC, id"
            ).fetchall()
        return [WorkerState(row[0], at(row[1]), row[2], Totals(*row[3:7]), row[7]) for row in rows]

    def rejected(self, limit: int) -> Sequence[Rejected]:
        """See `Store.rejected`."""
        with self._reading():
            rows = self._db.execute(
                "SELECT id, reason, raw, size, source, byte_offset, at FROM quarantine"
                " ORDER BY at DESC, source, byte_offset LIMIT ?",
                [limit],
            ).fetchall()
        return [Rejected(r[0], r[1], r[2], r[3], r[4], r[5], at(r[6])) for r in rows]

    def audit(self, limit: int) -> Sequence[AuditRecord]:
        """See `Store.audit`."""
        with self._reading():
            rows = self._db.execute(
                "SELECT at, who, action, cluster_id, detail FROM audit ORDER BY seq DESC LIMIT ?", [limit]
            ).fetchall()
        return [AuditRecord(at(row[0]), *row[1:]) for row in rows]

    # --- decisions ------------------------------------------------------------------------------------
    def put_triage(self, cluster_id: str, triage: Triage, audit: Iterable[AuditRecord] = ()) -> Triage:
        """See `Store.put_triage`."""
        rev = triage.rev + 1
        with self._writing():
            row = self._db.execute("SELECT rev FROM handling WHERE cluster_id = ?", [cluster_id]).fetchone()
            if (row[0] if row else 0) != triage.rev:
                raise Conflict(f"someone else decided about cluster {cluster_id} first")
            decision = triage_json.dump(triage)
            self._db.execute(
                "INSERT INTO handling (cluster_id, rev, decision) VALUES (?, ?, ?)"
                " ON CONFLICT (cluster_id) DO UPDATE SET rev = excluded.rev, decision = excluded.decision",
                [cluster_id, rev, decision],
            )
            sqlite_adding.put_audit(self._db, audit)
        return triage_json.load(decision, rev)

    def merge(self, loser_id: str, winner_id: str, audit: AuditRecord) -> None:
        """See `Store.merge`."""
        with self._writing():
            merged_into = dict(self._db.execute("SELECT id, merged_into FROM clusters"))
            if loser_id not in merged_into or winner_id not in merged_into:
                missing = loser_id if loser_id not in merged_into else winner_id
                raise StateError(f"there is no cluster {missing}")
            loser, winner = root_of(loser_id, merged_into), root_of(winner_id, merged_into)
            if loser == winner:
                return
            row = self._db.execute("SELECT stream_id FROM clusters WHERE id = ?", [loser]).fetchone()
            self._db.execute("UPDATE streams SET rev = rev + 1 WHERE id = ?", row)
            self._db.execute(
                "UPDATE clusters SET merged_into = ?, rev = (SELECT rev FROM streams WHERE id = stream_id)"
                " WHERE id = ?",
                [winner, loser],
            )
            sqlite_adding.put_audit(self._db, [audit])

    def split(self, cluster_id: str, audit: AuditRecord) -> Sequence[str]:
        """See `Store.split`."""
        with self._writing():
            merged_into: dict[str, str | None] = dict(self._db.execute("SELECT id, merged_into FROM clusters"))
            if cluster_id not in merged_into:
                raise StateError(f"there is no cluster {cluster_id}")
            free = released_by(cluster_id, merged_into)
            for one in free:
                self._db.execute(
                    "UPDATE streams SET rev = rev + 1 WHERE id = (SELECT stream_id FROM clusters WHERE id = ?)", [one]
                )
                self._db.execute(
                    "UPDATE clusters SET merged_into = NULL, literal = 1,"
                    " rev = (SELECT rev FROM streams WHERE id = stream_id) WHERE id = ?",
                    [one],
                )
            if free:
                sqlite_adding.put_audit(self._db, [audit])
        return free

    def forget(self, what: Forget, audit: AuditRecord, *, dry_run: bool = False) -> Forgotten:
        """See `Store.forget`."""
        with self._writing():
            found = forgetting.forget(self._db, what, dry_run=dry_run)
            if not dry_run:
                sqlite_adding.put_audit(self._db, [replace(audit, detail=f"{audit.detail} {found.summary}".strip())])
        if not dry_run:
            # Otherwise deleted data stays in the file's free pages and in the write-ahead log.
            self._db.execute("VACUUM")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return found

    def drop_rejected(self, ids: Collection[str]) -> None:
        """See `Store.drop_rejected`."""
        with self._writing():
            self._db.executemany("DELETE FROM quarantine WHERE id = ?", [(name,) for name in ids])

    # --- transactions and schema ----------------------------------------------------------------------
    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._transaction("BEGIN IMMEDIATE"):
            yield

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._transaction("BEGIN"):
            yield

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        try:
            self._db.execute(begin)
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
        except sqlite3.OperationalError as error:
            if "locked" in str(error) or "busy" in str(error):
                raise Transient(f"the state {self._path} is locked by another process") from error
            raise StateError(f"the state {self._path} cannot be used: {error}") from error
        except sqlite3.IntegrityError as error:
            raise StateError(f"the state {self._path} refused a commit: {error}") from error
        except sqlite3.DatabaseError as error:
            raise StateError(f"the state {self._path} is damaged: {error}") from error

    def _family(self, cluster_id: str) -> list[str]:
        """Return the ids of a cluster, its root and all clusters merged into it."""
        merged_into = dict(self._db.execute("SELECT id, merged_into FROM clusters"))
        root = root_of(cluster_id, merged_into)
        return [member for member in merged_into if root_of(member, merged_into) == root]


def _check_path(path: Path, *, must_exist: bool) -> None:
    if path.is_dir():
        raise StateError(f"the state {path} is a directory; name a file in it")
    if must_exist and not path.exists():
        raise StateError(f"there is no state at {path} yet; `gardener replay FILE --state sqlite:{path}` makes one")
    if not path.exists():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StateError(f"the folder of the state {path} cannot be made: {error.strerror}") from error
