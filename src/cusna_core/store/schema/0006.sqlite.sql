-- Events, and to whom each has still to be delivered; what nobody waits for any more is gone.

CREATE TABLE sinks (
    name      TEXT PRIMARY KEY,
    wants     TEXT NOT NULL,             -- JSON list of types; []: all
    went      INTEGER,                   -- when the last one was delivered, and of which type
    type      TEXT NOT NULL DEFAULT '',
    delivered INTEGER NOT NULL DEFAULT 0,
    failing   INTEGER,                   -- since when none gets through; NULL: all is well
    error     TEXT NOT NULL DEFAULT '',
    dropped   INTEGER NOT NULL DEFAULT 0,
    gave_up   INTEGER                    -- when one was dropped last
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
    seq         INTEGER PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    type        TEXT NOT NULL,
    at          INTEGER NOT NULL,
    integration TEXT,
    location    TEXT,
    network     TEXT,
    account     TEXT,
    data        TEXT NOT NULL            -- JSON, without secrets and personal data
) STRICT;

CREATE TABLE deliveries (
    sink  TEXT NOT NULL,
    seq   INTEGER NOT NULL REFERENCES events (seq),
    lane  TEXT NOT NULL,                 -- those of one lane go one after the other
    due   INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (sink, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_by_lane ON deliveries (sink, lane, seq);
CREATE INDEX deliveries_by_event ON deliveries (seq);

-- Webhooks of a source, as far as they arrive.
CREATE TABLE hints (
    integration TEXT PRIMARY KEY,
    arrived     INTEGER,
    many        INTEGER NOT NULL DEFAULT 0,
    refused     INTEGER                  -- the last one whose signature was wrong
) STRICT, WITHOUT ROWID;
