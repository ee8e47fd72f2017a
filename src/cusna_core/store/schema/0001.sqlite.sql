-- Instants are integer UTC milliseconds, days are ISO dates, sealed columns are the vault's.
-- '' stands for "none" where a column is part of a key.

CREATE TABLE installation (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Accounts --------------------------------------------------------------------------------------

CREATE TABLE accounts (
    id          TEXT PRIMARY KEY,
    integration TEXT NOT NULL,
    email_key   TEXT,
    email       TEXT,
    name        TEXT NOT NULL,
    passphrase  TEXT NOT NULL,             -- sealed
    fingerprint TEXT NOT NULL UNIQUE,
    visited     INTEGER,
    suspended   INTEGER NOT NULL DEFAULT 0 CHECK (suspended IN (0, 1)),
    created     INTEGER NOT NULL,
    changed     INTEGER NOT NULL,
    replaced    INTEGER NOT NULL DEFAULT 0 CHECK (replaced IN (0, 1)),
    UNIQUE (integration, email_key)
) STRICT;

CREATE TABLE account_persons (
    integration TEXT NOT NULL,
    person_id   TEXT NOT NULL,
    account_id  TEXT NOT NULL REFERENCES accounts (id),
    PRIMARY KEY (integration, person_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX account_persons_by_account ON account_persons (account_id);

-- Every passphrase that is anybody's: current and old ones of accounts, and other people's keys.
CREATE TABLE fingerprints (
    fingerprint TEXT PRIMARY KEY,
    kind        TEXT NOT NULL CHECK (kind IN ('account', 'foreign')),
    owner       TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE foreign_keys_seen (
    network     TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    PRIMARY KEY (network, fingerprint)
) STRICT, WITHOUT ROWID;
CREATE INDEX foreign_keys_seen_by_fingerprint ON foreign_keys_seen (fingerprint);

-- What the sources told ---------------------------------------------------------------------------

CREATE TABLE facts (
    integration TEXT NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN
                    ('person', 'affiliation', 'company', 'subscription', 'booking', 'block')),
    id          TEXT NOT NULL,
    location    TEXT,                      -- NULL: of the whole integration
    person      TEXT,
    cancelled   INTEGER NOT NULL DEFAULT 0 CHECK (cancelled IN (0, 1)),
    starts      INTEGER,
    ends        INTEGER,
    seen_at     INTEGER NOT NULL,          -- when the last read that told it began
    absent      INTEGER NOT NULL DEFAULT 0, -- complete reads in a row that did not tell it
    data        TEXT NOT NULL,
    PRIMARY KEY (integration, kind, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE facts_gone (
    integration TEXT NOT NULL,
    section     TEXT NOT NULL,
    id          TEXT NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (integration, section, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE reads (
    integration  TEXT NOT NULL,
    section      TEXT NOT NULL,
    location     TEXT NOT NULL,            -- '': of the whole integration
    last_good    INTEGER,
    count        INTEGER NOT NULL DEFAULT 0,
    last_failure INTEGER,
    failure      TEXT NOT NULL DEFAULT '', -- '': the last read was good
    short_count  INTEGER NOT NULL DEFAULT 0,
    short_run    INTEGER NOT NULL DEFAULT 0, -- answers in a row under half of the last good one
    PRIMARY KEY (integration, section, location)
) STRICT, WITHOUT ROWID;

-- Rights ------------------------------------------------------------------------------------------

CREATE TABLE ledger (
    integration TEXT NOT NULL,
    id          TEXT NOT NULL,
    account_id  TEXT NOT NULL,
    location_id TEXT NOT NULL,
    starts      INTEGER NOT NULL,
    ends        INTEGER,
    kind        TEXT NOT NULL,
    name        TEXT NOT NULL,
    fact_id     TEXT NOT NULL,
    company_id  TEXT,
    PRIMARY KEY (integration, id, account_id, location_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX ledger_by_account ON ledger (account_id);

CREATE TABLE withdrawals (
    seq         INTEGER PRIMARY KEY,
    integration TEXT NOT NULL,
    right_id    TEXT NOT NULL,
    account_id  TEXT NOT NULL,
    location_id TEXT NOT NULL,
    at          INTEGER NOT NULL,
    stated      INTEGER NOT NULL CHECK (stated IN (0, 1))
) STRICT;
CREATE INDEX withdrawals_by_time ON withdrawals (integration, at);

CREATE TABLE held (
    integration TEXT PRIMARY KEY,
    digest      TEXT NOT NULL,
    withdrawals TEXT NOT NULL,             -- JSON
    quota       INTEGER NOT NULL,
    counted     INTEGER NOT NULL,
    since       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE accepted (
    integration TEXT NOT NULL,
    digest      TEXT NOT NULL,
    by          TEXT NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (integration, digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE claims (
    account_id  TEXT NOT NULL REFERENCES accounts (id),
    location_id TEXT NOT NULL,
    day         TEXT NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (account_id, location_id, day)
) STRICT, WITHOUT ROWID;
CREATE INDEX claims_by_day ON claims (day);

CREATE TABLE overrides (
    id          TEXT PRIMARY KEY,
    account_id  TEXT NOT NULL REFERENCES accounts (id),
    location_id TEXT,
    starts      INTEGER NOT NULL,
    ends        INTEGER,
    note        TEXT NOT NULL,
    by          TEXT NOT NULL,
    created     INTEGER NOT NULL,
    ended       INTEGER,
    ended_by    TEXT
) STRICT;
CREATE INDEX overrides_by_account ON overrides (account_id);

-- Keys and groups -----------------------------------------------------------------------------------

CREATE TABLE key_memory (
    network     TEXT NOT NULL,
    account_id  TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    label       TEXT NOT NULL,
    ref         TEXT,
    revoked     INTEGER NOT NULL DEFAULT 0 CHECK (revoked IN (0, 1)),
    at          INTEGER NOT NULL,
    PRIMARY KEY (network, account_id, fingerprint)
) STRICT, WITHOUT ROWID;

CREATE TABLE key_states (
    network     TEXT NOT NULL,
    account_id  TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN
                    ('intended', 'made', 'working', 'waiting', 'revoked', 'failed')),
    wait        TEXT,
    vlan        INTEGER,
    ends        INTEGER,
    since       INTEGER,
    error       TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (network, account_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX key_states_by_account ON key_states (account_id);

CREATE TABLE groups (
    integration TEXT NOT NULL,
    company     TEXT NOT NULL,
    network     TEXT NOT NULL,
    domain      TEXT NOT NULL,
    vlan        INTEGER NOT NULL,
    since       INTEGER NOT NULL,
    last_known  INTEGER NOT NULL,
    PRIMARY KEY (integration, company, network),
    UNIQUE (network, vlan)
) STRICT, WITHOUT ROWID;

-- Sign-in ---------------------------------------------------------------------------------------------

CREATE TABLE flows (
    id           TEXT PRIMARY KEY,
    token_hash   TEXT NOT NULL,            -- of the browser's flow cookie
    address      TEXT NOT NULL,            -- keyed fingerprint of the typed address
    location     TEXT NOT NULL,            -- '': the console
    account_id   TEXT REFERENCES accounts (id),
    admin        TEXT,
    created      INTEGER NOT NULL,
    link_hash    TEXT UNIQUE,              -- NULL: no mail was to be sent, so there is nothing to use
    link_expires INTEGER NOT NULL,
    link_used    INTEGER,
    code_hash    TEXT,
    code_expires INTEGER NOT NULL,
    code_used    INTEGER,
    attempts     INTEGER NOT NULL DEFAULT 0,
    compared     INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX flows_by_token ON flows (token_hash);
CREATE INDEX flows_by_account ON flows (account_id);
CREATE INDEX flows_by_expiry ON flows (link_expires);

CREATE TABLE desk_codes (
    account_id TEXT PRIMARY KEY REFERENCES accounts (id),
    address    TEXT NOT NULL,
    code_hash  TEXT NOT NULL,
    expires    INTEGER NOT NULL,
    used       INTEGER,
    compared   INTEGER NOT NULL DEFAULT 0,
    by         TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX desk_codes_by_address ON desk_codes (address);

CREATE TABLE hits (
    kind TEXT NOT NULL,
    key  TEXT NOT NULL,                    -- keyed fingerprint of an address
    at   INTEGER NOT NULL
) STRICT;
CREATE INDEX hits_by_key ON hits (kind, key, at);
CREATE INDEX hits_by_time ON hits (at);

CREATE TABLE sessions (
    id         TEXT PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE,
    kind       TEXT NOT NULL CHECK (kind IN ('member', 'admin')),
    account_id TEXT REFERENCES accounts (id),
    admin      TEXT,
    location   TEXT,
    stay       INTEGER NOT NULL CHECK (stay IN (0, 1)),
    signed_in  INTEGER NOT NULL,
    last_seen  INTEGER NOT NULL,
    expires    INTEGER NOT NULL,
    hint       TEXT NOT NULL,
    offer      TEXT,                       -- sealed
    CHECK ((kind = 'member') = (account_id IS NOT NULL) AND (kind = 'admin') = (admin IS NOT NULL))
) STRICT;
CREATE INDEX sessions_by_account ON sessions (account_id);
CREATE INDEX sessions_by_expiry ON sessions (expires);

-- Mail, findings, what happened, what was set -------------------------------------------------------------

CREATE TABLE outbox (
    id      TEXT PRIMARY KEY,
    kind    TEXT NOT NULL,
    key     TEXT NOT NULL UNIQUE,
    payload TEXT,                          -- sealed; NULL once done or dropped
    created INTEGER NOT NULL,
    due     INTEGER NOT NULL,
    expires INTEGER,
    tries   INTEGER NOT NULL DEFAULT 0,
    error   TEXT NOT NULL DEFAULT '',
    done    INTEGER,
    dropped TEXT                           -- why it was not sent
) STRICT;
CREATE INDEX outbox_by_due ON outbox (due) WHERE done IS NULL;

CREATE TABLE findings (
    scope   TEXT NOT NULL,
    code    TEXT NOT NULL,
    about   TEXT NOT NULL,
    level   TEXT NOT NULL CHECK (level IN ('info', 'warning', 'error')),
    summary TEXT NOT NULL,
    fix     TEXT NOT NULL,
    path    TEXT NOT NULL,
    since   INTEGER NOT NULL,
    mailed  INTEGER,
    PRIMARY KEY (scope, code, about)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    seq      INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    who      TEXT NOT NULL,
    account  TEXT,
    location TEXT,
    network  TEXT,
    data     TEXT NOT NULL                 -- JSON, without secrets
) STRICT;
CREATE INDEX audit_by_account ON audit (account, seq);
CREATE INDEX audit_by_time ON audit (at);

CREATE TABLE settings (
    kind    TEXT NOT NULL CHECK (kind IN ('integration', 'controller', 'network', 'location', 'mail')),
    name    TEXT NOT NULL,
    payload TEXT NOT NULL,                 -- sealed
    version INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    by      TEXT NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

-- What each source last said of its locations, and each location as it last worked here.
CREATE TABLE told_locations (
    integration TEXT NOT NULL,
    id          TEXT NOT NULL,
    title       TEXT NOT NULL,
    timezone    TEXT NOT NULL,
    PRIMARY KEY (integration, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE policies (
    integration TEXT PRIMARY KEY,
    policy      TEXT NOT NULL              -- JSON
) STRICT, WITHOUT ROWID;

CREATE TABLE places (
    id          TEXT PRIMARY KEY,
    integration TEXT NOT NULL,
    source_id   TEXT NOT NULL,
    zone        TEXT NOT NULL,
    name        TEXT NOT NULL,
    networks    TEXT NOT NULL
) STRICT, WITHOUT ROWID;
