-- How locations look to their members. A draft is what one admin tries before members see it.

CREATE TABLE looks (
    location TEXT NOT NULL,
    draft_of TEXT NOT NULL,                -- '': what members see; else the admin who tries it
    name     TEXT NOT NULL,
    accent   TEXT NOT NULL,                -- '#rrggbb', or '': our own
    logo     TEXT NOT NULL,                -- a row of logos, or ''
    help     TEXT NOT NULL,
    contact  TEXT NOT NULL,
    privacy  TEXT NOT NULL,
    version  INTEGER NOT NULL,             -- of a draft: the version that it was made from
    at       INTEGER NOT NULL,
    by       TEXT NOT NULL,
    PRIMARY KEY (location, draft_of)
) STRICT, WITHOUT ROWID;

CREATE TABLE logos (
    name   TEXT PRIMARY KEY,               -- digest and ending: its address, which never changes
    type   TEXT NOT NULL,
    width  INTEGER NOT NULL,
    height INTEGER NOT NULL,
    bytes  BLOB NOT NULL
) STRICT;
