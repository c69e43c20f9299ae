-- Accounts of managers, who object to records about themselves and answer them.

-- Of an account of the role `manager`. No foreign key: a column that is added cannot be one.
ALTER TABLE account ADD COLUMN manager_id TEXT;
CREATE INDEX account_manager ON account (manager_id);

-- An objection is a firm's or a manager's.
CREATE TABLE objection_of_either (
    id TEXT PRIMARY KEY NOT NULL,
    -- record, assessment, evaluation: so what it is against is no foreign key
    object_kind TEXT NOT NULL,
    object_id TEXT NOT NULL,
    -- a record's revision at the time; 1 for the others, whose revisions have ids of their own
    object_revision INTEGER NOT NULL CHECK (object_revision >= 1),
    -- the firm that objects; none where a manager does
    uscc TEXT REFERENCES firm (uscc),
    -- the place whose officials decide
    place TEXT NOT NULL REFERENCES place (code),
    grounds TEXT NOT NULL,
    -- JSON array of references
    evidence TEXT NOT NULL,
    -- open, withdrawn, upheld, amended, revoked
    state TEXT NOT NULL,
    -- the firm's or the manager's account, or the official who filed it for a manager
    filed_by TEXT NOT NULL REFERENCES account (id),
    filed_at TIMESTAMP NOT NULL,
    due_on TEXT NOT NULL,
    extension_reason TEXT,
    decided_by TEXT REFERENCES account (id),
    reason TEXT,
    closed_at TIMESTAMP,
    version BIGINT NOT NULL,
    manager_id TEXT REFERENCES manager (id),
    CHECK ((uscc IS NULL) <> (manager_id IS NULL)),
    CHECK ((decided_by IS NULL) = (reason IS NULL)),
    CHECK (closed_at IS NOT NULL OR decided_by IS NULL)
);
INSERT INTO objection_of_either
    (id, object_kind, object_id, object_revision, uscc, place, grounds, evidence, state, filed_by, filed_at, due_on,
    extension_reason, decided_by, reason, closed_at, version)
    SELECT id, object_kind, object_id, object_revision, uscc, place, grounds, evidence, state, filed_by, filed_at, due_on,
    extension_reason, decided_by, reason, closed_at, version FROM objection;
DROP TABLE objection;
ALTER TABLE objection_of_either RENAME TO objection;
CREATE UNIQUE INDEX objection_open ON objection (object_kind, object_id) WHERE state = 'open';
CREATE INDEX objection_object ON objection (object_kind, object_id);
CREATE INDEX objection_uscc ON objection (uscc, id);
CREATE INDEX objection_manager ON objection (manager_id, id);
CREATE INDEX objection_state ON objection (state, place, due_on, id);

-- So is a reply to a record: each has one.
CREATE TABLE reply_of_either (
    id TEXT PRIMARY KEY NOT NULL,
    review_id TEXT UNIQUE REFERENCES review (id) ON DELETE CASCADE,
    record_id TEXT REFERENCES record (id),
    -- the firm that answers; none where a manager does
    uscc TEXT REFERENCES firm (uscc),
    -- that in which it was written
    month TEXT NOT NULL,
    text TEXT NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    -- published, held, hidden
    state TEXT NOT NULL,
    held_reason TEXT,
    -- the rule under which it was hidden; stays with what is put in its place until officials let
    -- that pass
    hidden_rule TEXT,
    decided_at TIMESTAMP,
    decided_by TEXT REFERENCES account (id),
    decision_reason TEXT,
    version BIGINT NOT NULL,
    manager_id TEXT REFERENCES manager (id),
    CHECK ((uscc IS NULL) <> (manager_id IS NULL)),
    CHECK (manager_id IS NULL OR record_id IS NOT NULL),
    CHECK ((review_id IS NULL) <> (record_id IS NULL)),
    CHECK ((state = 'held') = (held_reason IS NOT NULL)),
    CHECK (state <> 'hidden' OR hidden_rule IS NOT NULL),
    CHECK ((decided_at IS NULL) = (decided_by IS NULL)),
    CHECK ((decided_at IS NULL) = (decision_reason IS NULL))
);
INSERT INTO reply_of_either
    (id, review_id, record_id, uscc, month, text, updated_at, state, held_reason, hidden_rule, decided_at, decided_by,
    decision_reason, version)
    SELECT id, review_id, record_id, uscc, month, text, updated_at, state, held_reason, hidden_rule, decided_at, decided_by,
    decision_reason, version FROM reply;
DROP TABLE reply;
ALTER TABLE reply_of_either RENAME TO reply;
CREATE INDEX reply_state ON reply (state, month, id);
CREATE UNIQUE INDEX reply_of_firm ON reply (record_id) WHERE manager_id IS NULL;
CREATE UNIQUE INDEX reply_of_manager ON reply (record_id, manager_id) WHERE manager_id IS NOT NULL;
