-- Which record stands for a decision: one decision counts once. A record holds what it says and what it said, unless it
-- was withdrawn or came back with its batch.
CREATE TABLE record_decision (
    -- subject, category and number as they are compared
    decision TEXT PRIMARY KEY NOT NULL,
    record_id TEXT NOT NULL
);
CREATE INDEX record_decision_record ON record_decision (record_id);
-- The name that a file could give a fact has no use beside it. A project without a firm has records of its own. SQLite drops no
-- column that is UNIQUE, nor a NOT NULL: the table is made anew.
ALTER TABLE record RENAME TO record_before;
CREATE TABLE record (
    id TEXT PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    category TEXT NOT NULL,
    -- none of a project that has no firm
    uscc TEXT,
    project_id TEXT,
    manager_id TEXT,
    level TEXT NOT NULL,
    severity TEXT NOT NULL,
    title TEXT NOT NULL,
    detail TEXT,
    document_number TEXT NOT NULL,
    authority TEXT NOT NULL,
    -- JSON array of references to the evidence
    evidence TEXT NOT NULL,
    -- the decision's date: it counts from here
    decided_on TEXT NOT NULL,
    counts_until TEXT,
    public_until TEXT,
    retain_until TEXT,
    -- JSON array of {scheme, reference, actual, reason}: an officer's points within the item's range
    points TEXT NOT NULL,
    -- draft, submitted, returned, in_force, withdrawn, revoked, repaired
    state TEXT NOT NULL,
    -- the place whose officials answer for it
    place TEXT NOT NULL,
    drafted_by TEXT NOT NULL,
    drafted_at TIMESTAMP NOT NULL,
    confirmed_by TEXT,
    known_from TIMESTAMP,
    known_until TIMESTAMP,
    disputed BOOLEAN NOT NULL,
    import_id TEXT,
    demo BOOLEAN NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1
);
INSERT INTO record
    SELECT id, kind, category, uscc, project_id, manager_id, level, severity, title, detail, document_number, authority, evidence, decided_on, counts_until,
        public_until, retain_until, points, state, place, drafted_by, drafted_at, confirmed_by, known_from, known_until, disputed, import_id, demo, updated_at,
        version, revision
    FROM record_before;
DROP TABLE record_before;
CREATE INDEX record_uscc ON record (uscc, decided_on, id);
CREATE INDEX record_project ON record (project_id);
CREATE INDEX record_manager ON record (manager_id);
CREATE INDEX record_state ON record (state, place, id);
CREATE INDEX record_import ON record (import_id);
CREATE INDEX record_file ON record
    (uscc, known_from, id, kind, category, project_id, manager_id, level, severity, decided_on, counts_until, public_until, points, state, known_until);
