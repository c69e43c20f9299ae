-- Where the scheme says so, a penalty's firm and the manager whom it names are told of it before it
-- is confirmed, and each can be heard.
CREATE TABLE hearing_of_either (
    id TEXT PRIMARY KEY NOT NULL,
    record_id TEXT NOT NULL REFERENCES record (id) ON DELETE CASCADE,
    -- whose it is; none of the record's firm, or of nobody where it names neither
    manager_id TEXT REFERENCES manager (id),
    -- when it was last submitted
    notified_at TIMESTAMP NOT NULL,
    -- the last day before which a confirmation waits for a statement
    heard_until TEXT NOT NULL,
    -- what was said of it; it stands whatever becomes of the record
    statement TEXT,
    -- JSON array of references
    evidence TEXT NOT NULL,
    -- whether it was said of what was last submitted
    is_heard BOOLEAN NOT NULL,
    stated_by TEXT,
    stated_at TIMESTAMP,
    version BIGINT NOT NULL
);
INSERT INTO hearing_of_either
    (id, record_id, notified_at, heard_until, statement, evidence, is_heard, stated_by, stated_at, version)
    SELECT record_id, record_id, notified_at, heard_until, statement, evidence, is_heard, stated_by, stated_at, version
    FROM record_hearing;
DROP TABLE record_hearing;
ALTER TABLE hearing_of_either RENAME TO record_hearing;
CREATE UNIQUE INDEX record_hearing_of_firm ON record_hearing (record_id) WHERE manager_id IS NULL;
CREATE UNIQUE INDEX record_hearing_of_manager ON record_hearing (record_id, manager_id) WHERE manager_id IS NOT NULL;
