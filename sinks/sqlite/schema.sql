-- The embedded store. Times are whole microseconds since the epoch, UTC.
-- `meta.schema_version` is checked on every open. An older state gets the tables and columns that it lacks, so every
-- column that comes later needs a default or may be NULL; a newer one is refused.
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- One row per stream; `rev` grows with every change of one of its records (compare-and-set).
CREATE TABLE streams (
    id INTEGER PRIMARY KEY,
    project TEXT NOT NULL,
    service TEXT NOT NULL,
    kind TEXT NOT NULL,
    rev INTEGER NOT NULL,
    UNIQUE (project, service, kind)
);

-- A cluster is a record of the model (seed .. literal), its counts, its first sample and its last (NULL while there is
-- only one). `seq` is the order of minting, `fragments` the entries that are no occurrence.
CREATE TABLE clusters (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    stream_id INTEGER NOT NULL REFERENCES streams (id),
    rev INTEGER NOT NULL,
    seed TEXT NOT NULL,
    template TEXT NOT NULL,
    merged_into TEXT,
    overflow INTEGER NOT NULL,
    literal INTEGER NOT NULL,
    count INTEGER NOT NULL DEFAULT 0,
    first_seen INTEGER,
    last_seen INTEGER,
    sample_insert_id TEXT,
    sample_at INTEGER,
    sample_text TEXT,
    sample_raw TEXT,
    sample_exception TEXT,
    sample_rank INTEGER NOT NULL DEFAULT 0,
    latest_insert_id TEXT,
    latest_at INTEGER,
    latest_text TEXT,
    latest_raw TEXT,
    latest_exception TEXT,
    latest_rank INTEGER NOT NULL DEFAULT 0,
    fragments INTEGER NOT NULL DEFAULT 0,
    -- Of a record that was written before versions were: 1.
    grouping INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX clusters_by_stream ON clusters (stream_id, rev);

CREATE TABLE severities (
    cluster_id TEXT NOT NULL, severity INTEGER NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, severity)
) WITHOUT ROWID;
CREATE TABLE minutes (
    cluster_id TEXT NOT NULL, minute INTEGER NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, minute)
) WITHOUT ROWID;
CREATE TABLE hours (
    cluster_id TEXT NOT NULL, hour INTEGER NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, hour)
) WITHOUT ROWID;
CREATE TABLE days (
    cluster_id TEXT NOT NULL, day INTEGER NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, day)
) WITHOUT ROWID;
CREATE TABLE facets (
    cluster_id TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, name, value)
) WITHOUT ROWID;
CREATE TABLE revisions (
    cluster_id TEXT NOT NULL, revision TEXT NOT NULL, n INTEGER NOT NULL,
    first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, revision)
) WITHOUT ROWID;

-- What stands at the places of a template; place is a key of the template, n in occurrences.
CREATE TABLE place_values (
    cluster_id TEXT NOT NULL, place TEXT NOT NULL, value TEXT NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, place, value)
) WITHOUT ROWID;

-- Samples between the first and the last, those of the lowest ranks.
CREATE TABLE samples (
    cluster_id TEXT NOT NULL,
    rank INTEGER NOT NULL,
    insert_id TEXT NOT NULL,
    at INTEGER NOT NULL,
    text TEXT NOT NULL,
    raw TEXT NOT NULL,
    exception TEXT,
    PRIMARY KEY (cluster_id, rank)
);

-- Which entries are counted. `day` is the day of the commit, for pruning.
CREATE TABLE ledger (digest BLOB PRIMARY KEY, day INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX ledger_by_day ON ledger (day);

CREATE TABLE quarantine (
    id TEXT PRIMARY KEY,
    reason TEXT NOT NULL,
    raw BLOB NOT NULL,
    size INTEGER NOT NULL,
    source TEXT NOT NULL,
    byte_offset INTEGER NOT NULL,
    at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE workers (
    id TEXT PRIMARY KEY,
    heartbeat_at INTEGER NOT NULL,
    version TEXT NOT NULL,
    counted INTEGER NOT NULL,
    duplicates INTEGER NOT NULL,
    rejected INTEGER NOT NULL,
    ignored INTEGER NOT NULL,
    lag_s REAL NOT NULL,
    schema_version INTEGER
) WITHOUT ROWID;
-- Every commit writes its worker's row. A program that was started before the state was upgraded would go on by rules
-- of its own; it is ended here, inside its transaction.
CREATE TRIGGER workers_of_this_version BEFORE INSERT ON workers
WHEN coalesce(NEW.schema_version, 1) < (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'schema_version')
BEGIN SELECT RAISE(ABORT, 'a newer Log Gardener has upgraded it; run that one instead of this'); END;

-- What people and the controller decided; `decision` is JSON, `rev` its compare-and-set.
CREATE TABLE handling (cluster_id TEXT PRIMARY KEY, rev INTEGER NOT NULL, decision TEXT NOT NULL) WITHOUT ROWID;

-- How each issue tracker fares; `report` is JSON.
CREATE TABLE delivery (tracker TEXT PRIMARY KEY, report TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    who TEXT NOT NULL,
    action TEXT NOT NULL,
    cluster_id TEXT NOT NULL,
    detail TEXT NOT NULL
);
