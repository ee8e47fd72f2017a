-- People, as admins look for them. `folded` is ours (store/folding.py): every connection of ours knows it.

CREATE TABLE people (
    sort        TEXT NOT NULL,             -- the name, folded; without one the address
    account_id  TEXT NOT NULL,
    integration TEXT NOT NULL,
    words       TEXT NOT NULL,             -- name and address, folded
    firms       TEXT NOT NULL DEFAULT '',  -- names of their companies, folded
    suspended   INTEGER NOT NULL DEFAULT 0,
    rights      INTEGER NOT NULL DEFAULT 0, -- how many are in the ledger: in force, by the latest decision
    PRIMARY KEY (sort, account_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX people_by_account ON people (account_id);
CREATE INDEX people_off ON people (sort, account_id) WHERE rights = 0 AND suspended = 0;
CREATE INDEX people_disabled ON people (sort, account_id) WHERE suspended = 1;

CREATE INDEX affiliations_by_person ON facts (integration, person) WHERE kind = 'affiliation';
CREATE INDEX affiliations_by_location ON facts (integration, location, person) WHERE kind = 'affiliation';
CREATE INDEX affiliations_by_company ON facts (integration, json_extract(data, '$[2]'), person)
    WHERE kind = 'affiliation';

INSERT INTO people (sort, account_id, integration, words, suspended, rights)
SELECT folded(coalesce(nullif(name, ''), email, id)), id, integration,
    folded(name || ' ' || coalesce(email, '')), suspended,
    (SELECT count(*) FROM ledger WHERE ledger.account_id = accounts.id)
FROM accounts;
UPDATE people SET firms = (SELECT coalesce(group_concat(DISTINCT folded(json_extract(firm.data, '$[0]'))), '')
    FROM account_persons
    CROSS JOIN facts AS member INDEXED BY affiliations_by_person
        ON member.integration = account_persons.integration
        AND member.person = account_persons.person_id AND member.kind = 'affiliation'
    CROSS JOIN facts AS firm ON firm.integration = member.integration AND firm.kind = 'company'
        AND firm.id = json_extract(member.data, '$[2]')
    WHERE account_persons.account_id = people.account_id);

CREATE TRIGGER accounts_come AFTER INSERT ON accounts BEGIN
    INSERT INTO people (sort, account_id, integration, words, suspended)
    VALUES (folded(coalesce(nullif(NEW.name, ''), NEW.email, NEW.id)), NEW.id, NEW.integration,
            folded(NEW.name || ' ' || coalesce(NEW.email, '')), NEW.suspended);
END;
CREATE TRIGGER accounts_change AFTER UPDATE OF name, email ON accounts
WHEN NEW.name <> OLD.name OR NEW.email IS NOT OLD.email BEGIN
    UPDATE people SET sort = folded(coalesce(nullif(NEW.name, ''), NEW.email, NEW.id)),
                      words = folded(NEW.name || ' ' || coalesce(NEW.email, ''))
    WHERE account_id = NEW.id;
END;
CREATE TRIGGER accounts_suspend AFTER UPDATE OF suspended ON accounts BEGIN
    UPDATE people SET suspended = NEW.suspended WHERE account_id = NEW.id;
END;
CREATE TRIGGER rights_come AFTER INSERT ON ledger BEGIN
    UPDATE people SET rights = rights + 1 WHERE account_id = NEW.account_id;
END;
CREATE TRIGGER rights_go AFTER DELETE ON ledger BEGIN
    UPDATE people SET rights = rights - 1 WHERE account_id = OLD.account_id;
END;
CREATE TRIGGER accounts_go AFTER DELETE ON accounts BEGIN
    DELETE FROM people WHERE account_id = OLD.id;
END;

-- Companies of people: their names are searched, too.
CREATE TRIGGER persons_come AFTER INSERT ON account_persons BEGIN
    UPDATE people SET firms = (SELECT coalesce(group_concat(DISTINCT folded(json_extract(firm.data, '$[0]'))), '')
    FROM account_persons
    CROSS JOIN facts AS member INDEXED BY affiliations_by_person
        ON member.integration = account_persons.integration
        AND member.person = account_persons.person_id AND member.kind = 'affiliation'
    CROSS JOIN facts AS firm ON firm.integration = member.integration AND firm.kind = 'company'
        AND firm.id = json_extract(member.data, '$[2]')
    WHERE account_persons.account_id = people.account_id)
    WHERE account_id IN (NEW.account_id);
END;
CREATE TRIGGER persons_change AFTER UPDATE ON account_persons BEGIN
    UPDATE people SET firms = (SELECT coalesce(group_concat(DISTINCT folded(json_extract(firm.data, '$[0]'))), '')
    FROM account_persons
    CROSS JOIN facts AS member INDEXED BY affiliations_by_person
        ON member.integration = account_persons.integration
        AND member.person = account_persons.person_id AND member.kind = 'affiliation'
    CROSS JOIN facts AS firm ON firm.integration = member.integration AND firm.kind = 'company'
        AND firm.id = json_extract(member.data, '$[2]')
    WHERE account_persons.account_id = people.account_id)
    WHERE account_id IN (NEW.account_id, OLD.account_id);
END;
CREATE TRIGGER persons_go AFTER DELETE ON account_persons BEGIN
    UPDATE people SET firms = (SELECT coalesce(group_concat(DISTINCT folded(json_extract(firm.data, '$[0]'))), '')
    FROM account_persons
    CROSS JOIN facts AS member INDEXED BY affiliations_by_person
        ON member.integration = account_persons.integration
        AND member.person = account_persons.person_id AND member.kind = 'affiliation'
    CROSS JOIN facts AS firm ON firm.integration = member.integration AND firm.kind = 'company'
        AND firm.id = json_extract(member.data, '$[2]')
    WHERE account_persons.account_id = people.account_id)
    WHERE account_id IN (OLD.account_id);
END;
CREATE TRIGGER members_come AFTER INSERT ON facts WHEN NEW.kind = 'affiliation' BEGIN
    UPDATE people SET firms = (SELECT coalesce(group_concat(DISTINCT folded(json_extract(firm.data, '$[0]'))), '')
    FROM account_persons
    CROSS JOIN facts AS member INDEXED BY affiliations_by_person
        ON member.integration = account_persons.integration
        AND member.person = account_persons.person_id AND member.kind = 'affiliation'
    CROSS JOIN facts AS firm ON firm.integration = member.integration AND firm.kind = 'company'
        AND firm.id = json_extract(member.data, '$[2]')
    WHERE account_persons.account_id = people.account_id)
    WHERE account_id IN (SELECT account_id FROM account_persons WHERE integration = NEW.integration AND person_id = NEW.person);
END;
CREATE TRIGGER members_change AFTER UPDATE OF data ON facts WHEN NEW.kind = 'affiliation' AND NEW.data <> OLD.data BEGIN
    UPDATE people SET firms = (SELECT coalesce(group_concat(DISTINCT folded(json_extract(firm.data, '$[0]'))), '')
    FROM account_persons
    CROSS JOIN facts AS member INDEXED BY affiliations_by_person
        ON member.integration = account_persons.integration
        AND member.person = account_persons.person_id AND member.kind = 'affiliation'
    CROSS JOIN facts AS firm ON firm.integration = member.integration AND firm.kind = 'company'
        AND firm.id = json_extract(member.data, '$[2]')
    WHERE account_persons.account_id = people.account_id)
    WHERE account_id IN (SELECT account_id FROM account_persons WHERE integration = NEW.integration AND person_id = NEW.person)
        OR account_id IN (SELECT account_id FROM account_persons WHERE integration = OLD.integration AND person_id = OLD.person);
END;
CREATE TRIGGER members_go AFTER DELETE ON facts WHEN OLD.kind = 'affiliation' BEGIN
    UPDATE people SET firms = (SELECT coalesce(group_concat(DISTINCT folded(json_extract(firm.data, '$[0]'))), '')
    FROM account_persons
    CROSS JOIN facts AS member INDEXED BY affiliations_by_person
        ON member.integration = account_persons.integration
        AND member.person = account_persons.person_id AND member.kind = 'affiliation'
    CROSS JOIN facts AS firm ON firm.integration = member.integration AND firm.kind = 'company'
        AND firm.id = json_extract(member.data, '$[2]')
    WHERE account_persons.account_id = people.account_id)
    WHERE account_id IN (SELECT account_id FROM account_persons WHERE integration = OLD.integration AND person_id = OLD.person);
END;
CREATE TRIGGER firms_come AFTER INSERT ON facts WHEN NEW.kind = 'company' BEGIN
    UPDATE people SET firms = (SELECT coalesce(group_concat(DISTINCT folded(json_extract(firm.data, '$[0]'))), '')
    FROM account_persons
    CROSS JOIN facts AS member INDEXED BY affiliations_by_person
        ON member.integration = account_persons.integration
        AND member.person = account_persons.person_id AND member.kind = 'affiliation'
    CROSS JOIN facts AS firm ON firm.integration = member.integration AND firm.kind = 'company'
        AND firm.id = json_extract(member.data, '$[2]')
    WHERE account_persons.account_id = people.account_id)
    WHERE account_id IN (
    SELECT account_persons.account_id FROM facts AS member INDEXED BY affiliations_by_company
    CROSS JOIN account_persons ON account_persons.integration = member.integration
        AND account_persons.person_id = member.person
    WHERE member.integration = NEW.integration AND member.kind = 'affiliation'
        AND json_extract(member.data, '$[2]') = NEW.id);
END;
CREATE TRIGGER firms_change AFTER UPDATE OF data ON facts WHEN NEW.kind = 'company' AND NEW.data <> OLD.data BEGIN
    UPDATE people SET firms = (SELECT coalesce(group_concat(DISTINCT folded(json_extract(firm.data, '$[0]'))), '')
    FROM account_persons
    CROSS JOIN facts AS member INDEXED BY affiliations_by_person
        ON member.integration = account_persons.integration
        AND member.person = account_persons.person_id AND member.kind = 'affiliation'
    CROSS JOIN facts AS firm ON firm.integration = member.integration AND firm.kind = 'company'
        AND firm.id = json_extract(member.data, '$[2]')
    WHERE account_persons.account_id = people.account_id)
    WHERE account_id IN (
    SELECT account_persons.account_id FROM facts AS member INDEXED BY affiliations_by_company
    CROSS JOIN account_persons ON account_persons.integration = member.integration
        AND account_persons.person_id = member.person
    WHERE member.integration = NEW.integration AND member.kind = 'affiliation'
        AND json_extract(member.data, '$[2]') = NEW.id);
END;
CREATE TRIGGER firms_go AFTER DELETE ON facts WHEN OLD.kind = 'company' BEGIN
    UPDATE people SET firms = (SELECT coalesce(group_concat(DISTINCT folded(json_extract(firm.data, '$[0]'))), '')
    FROM account_persons
    CROSS JOIN facts AS member INDEXED BY affiliations_by_person
        ON member.integration = account_persons.integration
        AND member.person = account_persons.person_id AND member.kind = 'affiliation'
    CROSS JOIN facts AS firm ON firm.integration = member.integration AND firm.kind = 'company'
        AND firm.id = json_extract(member.data, '$[2]')
    WHERE account_persons.account_id = people.account_id)
    WHERE account_id IN (
    SELECT account_persons.account_id FROM facts AS member INDEXED BY affiliations_by_company
    CROSS JOIN account_persons ON account_persons.integration = member.integration
        AND account_persons.person_id = member.person
    WHERE member.integration = OLD.integration AND member.kind = 'affiliation'
        AND json_extract(member.data, '$[2]') = OLD.id);
END;

CREATE INDEX accounts_by_email_key ON accounts (email_key);
CREATE INDEX ledger_by_location ON ledger (location_id, account_id);
CREATE INDEX key_states_waiting ON key_states (account_id) WHERE state = 'waiting';
CREATE INDEX overrides_open ON overrides (account_id) WHERE ended IS NULL;

-- A passphrase that an admin looked at, until its owner has seen that.
CREATE TABLE reveals (
    id         TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    at         INTEGER NOT NULL,
    by         TEXT NOT NULL,
    reason     TEXT NOT NULL,
    seen       INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX reveals_unseen ON reveals (account_id) WHERE seen IS NULL;

-- Who was erased and is not to come back with the next read: keyed fingerprints, no address.
CREATE TABLE kept_out (
    integration TEXT NOT NULL,
    mark        TEXT NOT NULL,
    case_id     TEXT NOT NULL,             -- the marks of one person belong together
    at          INTEGER NOT NULL,
    PRIMARY KEY (integration, mark)
) STRICT, WITHOUT ROWID;
CREATE INDEX kept_out_by_case ON kept_out (case_id);
