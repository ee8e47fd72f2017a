-- Companies: what admins said of them, and numbers that nobody gets for a while.

CREATE TABLE pins (
    integration TEXT NOT NULL,
    company     TEXT NOT NULL,
    network     TEXT NOT NULL,
    domain      TEXT NOT NULL,
    vlan        INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    by          TEXT NOT NULL,
    PRIMARY KEY (integration, company, network)
) STRICT, WITHOUT ROWID;

-- A joined company, and the one that stands for its firm.
CREATE TABLE links (
    integration      TEXT NOT NULL,
    company          TEXT NOT NULL,
    head_integration TEXT NOT NULL,
    head_company     TEXT NOT NULL,
    at               INTEGER NOT NULL,
    by               TEXT NOT NULL,
    PRIMARY KEY (integration, company)
) STRICT, WITHOUT ROWID;

CREATE TABLE resting_vlans (
    domain      TEXT NOT NULL,
    vlan        INTEGER NOT NULL,
    integration TEXT NOT NULL,
    company     TEXT NOT NULL,
    network     TEXT NOT NULL,
    since       INTEGER NOT NULL,
    PRIMARY KEY (domain, vlan, integration, company, network)
) STRICT, WITHOUT ROWID;

-- Of companies with a group, a pin or a link: the source may have forgotten them.
CREATE TABLE company_names (
    integration TEXT NOT NULL,
    company     TEXT NOT NULL,
    name        TEXT NOT NULL,
    PRIMARY KEY (integration, company)
) STRICT, WITHOUT ROWID;

CREATE INDEX audit_by_company ON audit (json_extract(data, '$.company'), seq)
    WHERE json_extract(data, '$.company') IS NOT NULL;
