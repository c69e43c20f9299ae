-- The end of a residence during a burst's hold is a proposal like any other: a table without the
-- columns of its own way.
CREATE TABLE plain_residence (
    id TEXT PRIMARY KEY NOT NULL,
    account_id TEXT NOT NULL REFERENCES account (id),
    estate TEXT NOT NULL REFERENCES estate (code),
    building TEXT NOT NULL,
    unit TEXT NOT NULL,
    room TEXT NOT NULL,
    household_id TEXT REFERENCES household (id),
    status TEXT NOT NULL,
    requested_at TIMESTAMP NOT NULL,
    decided_at TIMESTAMP,
    -- nobody where the roster decided
    decided_by TEXT REFERENCES account (id),
    reason TEXT,
    -- the first month that may be rated; null: no month has to be waited for
    rates_from TEXT,
    version BIGINT NOT NULL,
    CHECK (decided_at IS NOT NULL OR decided_by IS NULL)
);
INSERT INTO plain_residence
    SELECT id, account_id, estate, building, unit, room, household_id, status, requested_at, decided_at, decided_by, reason,
        rates_from, version
    FROM residence;
DROP TABLE residence;
ALTER TABLE plain_residence RENAME TO residence;
CREATE INDEX residence_account ON residence (account_id, id);
CREATE INDEX residence_household ON residence (household_id);
CREATE INDEX residence_status ON residence (status, estate, id);
CREATE UNIQUE INDEX residence_once ON residence (account_id, estate, building, unit, room)
    WHERE status IN ('pending', 'verified');

-- The authenticator with which an account signs in beside its password (TOTP).
CREATE TABLE totp (
    account_id TEXT PRIMARY KEY NOT NULL REFERENCES account (id),
    -- encrypted; null before the first is confirmed
    secret BLOB,
    -- encrypted; one that was set up and is not confirmed yet
    new_secret BLOB,
    -- the 30 seconds, counted from 1970, of the last code that was used: each is used once
    last_step BIGINT NOT NULL,
    CHECK (secret IS NOT NULL OR new_secret IS NOT NULL)
);

-- Codes that each sign in once in place of the authenticator's.
CREATE TABLE recovery_code (
    account_id TEXT NOT NULL REFERENCES account (id),
    code_hash TEXT NOT NULL,
    PRIMARY KEY (account_id, code_hash)
);

-- The official's account as which a program acts.
ALTER TABLE account ADD COLUMN on_behalf_of TEXT REFERENCES account (id);
