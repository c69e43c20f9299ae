-- What a record said before an objection changed it: the row in `record` is always the revision in force.
ALTER TABLE record ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;

CREATE TABLE record_revision (
    record_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    category TEXT NOT NULL,
    level TEXT NOT NULL,
    severity TEXT NOT NULL,
    title TEXT NOT NULL,
    detail TEXT,
    decided_on TEXT NOT NULL,
    counts_until TEXT,
    public_until TEXT,
    retain_until TEXT,
    points TEXT NOT NULL,
    known_from TIMESTAMP NOT NULL,
    known_until TIMESTAMP NOT NULL,
    PRIMARY KEY (record_id, revision)
);

-- A firm's objections. While one is open, what it is against is marked as disputed.
CREATE TABLE objection (
    id TEXT PRIMARY KEY NOT NULL,
    -- record, assessment, evaluation
    object_kind TEXT NOT NULL,
    object_id TEXT NOT NULL,
    -- a record's revision at the time; 1 for the others, whose revisions have ids of their own
    object_revision INTEGER NOT NULL,
    uscc TEXT NOT NULL,
    -- the place whose officials decide
    place TEXT NOT NULL,
    grounds TEXT NOT NULL,
    -- JSON array of references
    evidence TEXT NOT NULL,
    -- open, withdrawn, upheld, amended, revoked
    state TEXT NOT NULL,
    filed_by TEXT NOT NULL,
    filed_at TIMESTAMP NOT NULL,
    due_on TEXT NOT NULL,
    extension_reason TEXT,
    decided_by TEXT,
    reason TEXT,
    closed_at TIMESTAMP,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX objection_open ON objection (object_kind, object_id) WHERE state = 'open';
CREATE INDEX objection_object ON objection (object_kind, object_id);
CREATE INDEX objection_uscc ON objection (uscc, id);
CREATE INDEX objection_state ON objection (state, place, due_on, id);

-- A firm's requests that a penalty be repaired.
CREATE TABLE repair (
    id TEXT PRIMARY KEY NOT NULL,
    record_id TEXT NOT NULL,
    uscc TEXT NOT NULL,
    place TEXT NOT NULL,
    -- what was put right, and what is promised
    commitment TEXT NOT NULL,
    evidence TEXT NOT NULL,
    -- open, granted, refused
    state TEXT NOT NULL,
    filed_by TEXT NOT NULL,
    filed_at TIMESTAMP NOT NULL,
    due_on TEXT NOT NULL,
    decided_by TEXT,
    reason TEXT,
    -- when granted, the record counts no longer since
    decided_at TIMESTAMP,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX repair_open ON repair (record_id) WHERE state = 'open';
CREATE INDEX repair_uscc ON repair (uscc, id);
CREATE INDEX repair_state ON repair (state, place, due_on, id);

-- Which firms carry on a firm's business after a merger or a split. Its file stays under its own code.
CREATE TABLE firm_successor (
    uscc TEXT NOT NULL,
    successor TEXT NOT NULL,
    since TEXT NOT NULL,
    PRIMARY KEY (uscc, successor)
);
CREATE INDEX firm_successor_successor ON firm_successor (successor);
