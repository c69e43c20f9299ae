-- A record is revoked without an objection, by two people: the second of a step that takes two, and
-- on what ground and by which evidence (JSON array of references).
ALTER TABLE record_step ADD COLUMN seconded_by TEXT COLLATE "C";
ALTER TABLE record_step ADD COLUMN ground TEXT COLLATE "C";
ALTER TABLE record_step ADD COLUMN evidence TEXT COLLATE "C";

-- Where the scheme says so, a penalty's firm is told of it before it is confirmed, and can be
-- heard.
CREATE TABLE record_hearing (
    record_id TEXT COLLATE "C" PRIMARY KEY NOT NULL REFERENCES record (id) ON DELETE CASCADE,
    -- when it was last submitted
    notified_at TIMESTAMP NOT NULL,
    -- the last day before which a confirmation waits for a statement
    heard_until TEXT COLLATE "C" NOT NULL,
    -- what the firm says of it; it stands whatever becomes of the record
    statement TEXT COLLATE "C",
    -- JSON array of references
    evidence TEXT COLLATE "C" NOT NULL,
    -- whether it was said of what was last submitted
    is_heard BOOLEAN NOT NULL,
    stated_by TEXT COLLATE "C",
    stated_at TIMESTAMP,
    version BIGINT NOT NULL
);
