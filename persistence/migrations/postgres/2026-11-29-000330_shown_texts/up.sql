-- Texts that are shown: comments and firms' replies are held, hidden and flagged alike.

-- Whether everyone sees the comment, or that it was hidden: what has not come out with a step yet
-- moves nothing public, whatever officials decide.
ALTER TABLE review ADD COLUMN is_out BOOLEAN NOT NULL DEFAULT FALSE;
-- the rule under which it was hidden
ALTER TABLE review ADD COLUMN hidden_rule TEXT COLLATE "C";
-- That it had not come out was told by the reason for which it had been held.
UPDATE review SET
    is_out = (state = 'published' OR (state = 'hidden' AND held_reason IS NULL)),
    hidden_rule = CASE WHEN state = 'hidden' THEN 'personal_information' END;
UPDATE review SET held_reason = NULL WHERE state <> 'held';
DROP INDEX review_firm;
DROP INDEX review_project;
DROP INDEX review_state;
CREATE INDEX review_firm ON review (uscc, is_out, month, id);
CREATE INDEX review_project ON review (project_id, is_out, month, id);
CREATE INDEX review_state ON review (state, is_out, id);

-- A firm's reply to a review or to a record.
CREATE TABLE reply (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    review_id TEXT COLLATE "C" UNIQUE REFERENCES review (id) ON DELETE CASCADE,
    record_id TEXT COLLATE "C" UNIQUE REFERENCES record (id),
    uscc TEXT COLLATE "C" NOT NULL REFERENCES firm (uscc),
    -- that in which it was written
    month TEXT COLLATE "C" NOT NULL,
    text TEXT COLLATE "C" NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    -- published, held, hidden
    state TEXT COLLATE "C" NOT NULL,
    held_reason TEXT COLLATE "C",
    -- the rule under which it was hidden; stays with what is put in its place until officials let
    -- that pass
    hidden_rule TEXT COLLATE "C",
    decided_at TIMESTAMP,
    decided_by TEXT COLLATE "C" REFERENCES account (id),
    decision_reason TEXT COLLATE "C",
    version BIGINT NOT NULL,
    CHECK ((review_id IS NULL) <> (record_id IS NULL)),
    CHECK ((state = 'held') = (held_reason IS NOT NULL)),
    CHECK (state <> 'hidden' OR hidden_rule IS NOT NULL),
    CHECK ((decided_at IS NULL) = (decided_by IS NULL)),
    CHECK ((decided_at IS NULL) = (decision_reason IS NULL))
);
CREATE INDEX reply_state ON reply (state, month, id);
INSERT INTO reply (id, review_id, uscc, month, text, updated_at, state, version)
    SELECT 'review-' || review_id, review_id, uscc, to_char(updated_at, 'YYYY-MM'), text, updated_at, 'published', version
    FROM review_reply;
INSERT INTO reply (id, record_id, uscc, month, text, updated_at, state, version)
    SELECT 'record-' || record_id, record_id, uscc, to_char(updated_at, 'YYYY-MM'), text, updated_at, 'published', version
    FROM record_reply;
DROP TABLE review_reply;
DROP TABLE record_reply;

-- A flag is of a review or of a reply: no foreign key points to either of two tables.
ALTER TABLE review_flag DROP CONSTRAINT review_flag_review_id_fkey;
