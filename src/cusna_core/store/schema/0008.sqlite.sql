-- Networks that are being emptied, and locations that leave a network (engine/retire.py).

CREATE TABLE retired (
    id        TEXT PRIMARY KEY,            -- as its keys are remembered: "members~1"
    name      TEXT NOT NULL,               -- as it was called
    ssid      TEXT NOT NULL,
    payload   TEXT NOT NULL,               -- sealed: what it was set to
    locations TEXT NOT NULL,               -- JSON: whose people have keys there
    how       TEXT NOT NULL CHECK (how IN ('moved', 'ends', 'now')),
    since     INTEGER NOT NULL,
    by        TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE departures (
    network  TEXT NOT NULL,
    location TEXT NOT NULL,
    since    INTEGER NOT NULL,
    PRIMARY KEY (network, location)
) STRICT, WITHOUT ROWID;
