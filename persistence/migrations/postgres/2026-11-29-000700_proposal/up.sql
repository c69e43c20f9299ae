-- What one person proposes and another confirms.
CREATE TABLE proposal (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    -- the operationId of what is to be done
    operation TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    -- of one of several tables, by the kind: no foreign key points there
    object_id TEXT COLLATE "C",
    object_version BIGINT,
    -- tells objects apart, also those that are not there yet
    object_key TEXT COLLATE "C" NOT NULL,
    -- JSON: the body as it was sent
    command TEXT COLLATE "C" NOT NULL,
    -- JSON array of fields, before and after
    changes TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    -- JSON array of references
    evidence TEXT COLLATE "C" NOT NULL,
    -- official, firm_or_district, administrator
    asks TEXT COLLATE "C" NOT NULL,
    -- whose agreement is asked for; a new firm's parent
    uscc TEXT COLLATE "C" REFERENCES firm (uscc),
    -- of who proposed it; none of an administrator
    place TEXT COLLATE "C" REFERENCES place (code),
    proposed_by TEXT COLLATE "C" NOT NULL REFERENCES account (id),
    proposed_at TIMESTAMP NOT NULL,
    until TIMESTAMP NOT NULL,
    -- open, confirmed, returned, withdrawn, expired, stale
    state TEXT COLLATE "C" NOT NULL,
    decided_by TEXT COLLATE "C" REFERENCES account (id),
    decision_reason TEXT COLLATE "C",
    ended_at TIMESTAMP,
    version BIGINT NOT NULL,
    CHECK (decided_by IS NULL OR ended_at IS NOT NULL)
);
CREATE UNIQUE INDEX proposal_open ON proposal (object_key) WHERE state = 'open';
CREATE INDEX proposal_until ON proposal (until, id) WHERE state = 'open';
CREATE INDEX proposal_place ON proposal (place, id);
CREATE INDEX proposal_uscc ON proposal (uscc, id) WHERE uscc IS NOT NULL;

-- The person behind an account, by the number in the staff list: two accounts of one are not two
-- people.
ALTER TABLE account ADD COLUMN staff_number TEXT COLLATE "C";

-- Who added a dwelling: another person lets one in that waits.
ALTER TABLE household ADD COLUMN added_by TEXT COLLATE "C";

-- Codes with which a password is chosen for a new account, or for one whose password was reset.
CREATE TABLE activation (
    account_id TEXT COLLATE "C" PRIMARY KEY NOT NULL REFERENCES account (id),
    code_hash TEXT COLLATE "C" NOT NULL,
    -- the two administrators, who are told of its use
    proposed_by TEXT COLLATE "C" NOT NULL REFERENCES account (id),
    confirmed_by TEXT COLLATE "C" NOT NULL REFERENCES account (id),
    expires_at TIMESTAMP NOT NULL
);
