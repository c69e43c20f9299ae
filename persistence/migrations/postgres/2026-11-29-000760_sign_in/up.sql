-- The end of a residence during a burst's hold is a proposal like any other.
ALTER TABLE residence DROP COLUMN end_asked_by;
ALTER TABLE residence DROP COLUMN end_reason;

-- The authenticator with which an account signs in beside its password (TOTP).
CREATE TABLE totp (
    account_id TEXT COLLATE "C" PRIMARY KEY NOT NULL REFERENCES account (id),
    -- encrypted; null before the first is confirmed
    secret BYTEA,
    -- encrypted; one that was set up and is not confirmed yet
    new_secret BYTEA,
    -- the 30 seconds, counted from 1970, of the last code that was used: each is used once
    last_step BIGINT NOT NULL,
    CHECK (secret IS NOT NULL OR new_secret IS NOT NULL)
);

-- Codes that each sign in once in place of the authenticator's.
CREATE TABLE recovery_code (
    account_id TEXT COLLATE "C" NOT NULL REFERENCES account (id),
    code_hash TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (account_id, code_hash)
);

-- The official's account as which a program acts.
ALTER TABLE account ADD COLUMN on_behalf_of TEXT COLLATE "C" REFERENCES account (id);
