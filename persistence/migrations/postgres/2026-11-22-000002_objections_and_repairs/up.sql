-- What a record said before an objection changed it: the row in `record` is always the revision in force.
ALTER TABLE record ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;

CREATE TABLE record_revision (
    record_id TEXT COLLATE "C" NOT NULL,
    revision INTEGER NOT NULL,
    category TEXT COLLATE "C" NOT NULL,
    level TEXT COLLATE "C" NOT NULL,
    severity TEXT COLLATE "C" NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    detail TEXT COLLATE "C",
    decided_on TEXT COLLATE "C" NOT NULL,
    counts_until TEXT COLLATE "C",
    public_until TEXT COLLATE "C",
    retain_until TEXT COLLATE "C",
    points TEXT COLLATE "C" NOT NULL,
    known_from TIMESTAMP NOT NULL,
    known_until TIMESTAMP NOT NULL,
    PRIMARY KEY (record_id, revision)
);

-- A firm's objections. While one is open, what it is against is marked as disputed.
CREATE TABLE objection (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    -- record, assessment, evaluation
    object_kind TEXT COLLATE "C" NOT NULL,
    object_id TEXT COLLATE "C" NOT NULL,
    -- a record's revision at the time; 1 for the others, whose revisions have ids of their own
    object_revision INTEGER NOT NULL,
    uscc TEXT COLLATE "C" NOT NULL,
    -- the place whose officials decide
    place TEXT COLLATE "C" NOT NULL,
    grounds TEXT COLLATE "C" NOT NULL,
    -- JSON array of references
    evidence TEXT COLLATE "C" NOT NULL,
    -- open, withdrawn, upheld, amended, revoked
    state TEXT COLLATE "C" NOT NULL,
    filed_by TEXT COLLATE "C" NOT NULL,
    filed_at TIMESTAMP NOT NULL,
    due_on TEXT COLLATE "C" NOT NULL,
    extension_reason TEXT COLLATE "C",
    decided_by TEXT COLLATE "C",
    reason TEXT COLLATE "C",
    closed_at TIMESTAMP,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX objection_open ON objection (object_kind, object_id) WHERE state = 'open';
CREATE INDEX objection_object ON objection (object_kind, object_id);
CREATE INDEX objection_uscc ON objection (uscc, id);
CREATE INDEX objection_state ON objection (state, place, due_on, id);

-- A firm's requests that a penalty be repaired.
CREATE TABLE repair (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    record_id TEXT COLLATE "C" NOT NULL,
    uscc TEXT COLLATE "C" NOT NULL,
    place TEXT COLLATE "C" NOT NULL,
    -- what was put right, and what is promised
    commitment TEXT COLLATE "C" NOT NULL,
    evidence TEXT COLLATE "C" NOT NULL,
    -- open, granted, refused
    state TEXT COLLATE "C" NOT NULL,
    filed_by TEXT COLLATE "C" NOT NULL,
    filed_at TIMESTAMP NOT NULL,
    due_on TEXT COLLATE "C" NOT NULL,
    decided_by TEXT COLLATE "C",
    reason TEXT COLLATE "C",
    -- when granted, the record counts no longer since
    decided_at TIMESTAMP,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX repair_open ON repair (record_id) WHERE state = 'open';
CREATE INDEX repair_uscc ON repair (uscc, id);
CREATE INDEX repair_state ON repair (state, place, due_on, id);

-- Which firms carry on a firm's business after a merger or a split. Its file stays under its own code.
CREATE TABLE firm_successor (
    uscc TEXT COLLATE "C" NOT NULL,
    successor TEXT COLLATE "C" NOT NULL,
    since TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (uscc, successor)
);
CREATE INDEX firm_successor_successor ON firm_successor (successor);
