-- What happened, found by kind, place or person who did it, a page at a time (store/activity.py).
CREATE INDEX audit_by_kind ON audit (kind, seq);
CREATE INDEX audit_by_location ON audit (location, kind, seq) WHERE location IS NOT NULL;
CREATE INDEX audit_by_network ON audit (network, kind, seq) WHERE network IS NOT NULL;
CREATE INDEX audit_by_admin ON audit (who, seq) WHERE who NOT IN ('cusna', 'member', 'source');

-- The browsers in which somebody has signed in before, so that a new one can be told (M38).
CREATE TABLE devices (
    token_hash TEXT NOT NULL,
    who        TEXT NOT NULL,              -- an account's id, or an admin's address
    first      INTEGER NOT NULL,
    last       INTEGER NOT NULL,
    hint       TEXT NOT NULL,              -- what kind of device it said it is
    PRIMARY KEY (who, token_hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX devices_by_time ON devices (last);

-- Who wants no mail about a sign-in on a new device.
CREATE TABLE quiet (
    who TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- Sign-ins that were asked for too often: the worker writes them down, so that the request does no more work.
CREATE INDEX outbox_too_often ON outbox (done) WHERE dropped = 'too-often';

-- How many letters went out lately (M14's cap).
CREATE INDEX outbox_by_done ON outbox (kind, done) WHERE done IS NOT NULL AND dropped IS NULL;
