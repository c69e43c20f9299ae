-- A record is revoked without an objection, by two people: the second of a step that takes two, and
-- on what ground and by which evidence (JSON array of references).
ALTER TABLE record_step ADD COLUMN seconded_by TEXT;
ALTER TABLE record_step ADD COLUMN ground TEXT;
ALTER TABLE record_step ADD COLUMN evidence TEXT;

-- Where the scheme says so, a penalty's firm is told of it before it is confirmed, and can be
-- heard.
CREATE TABLE record_hearing (
    record_id TEXT PRIMARY KEY NOT NULL REFERENCES record (id) ON DELETE CASCADE,
    -- when it was last submitted
    notified_at TIMESTAMP NOT NULL,
    -- the last day before which a confirmation waits for a statement
    heard_until TEXT NOT NULL,
    -- what the firm says of it; it stands whatever becomes of the record
    statement TEXT,
    -- JSON array of references
    evidence TEXT NOT NULL,
    -- whether it was said of what was last submitted
    is_heard BOOLEAN NOT NULL,
    stated_by TEXT,
    stated_at TIMESTAMP,
    version BIGINT NOT NULL
);
