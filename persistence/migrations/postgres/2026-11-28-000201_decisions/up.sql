-- Which record stands for a decision: one decision counts once. A record holds what it says and what it said, unless it
-- was withdrawn or came back with its batch.
CREATE TABLE record_decision (
    -- subject, category and number as they are compared
    decision TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    record_id TEXT COLLATE "C" NOT NULL
);
CREATE INDEX record_decision_record ON record_decision (record_id);
-- The name that a file could give a fact has no use beside it.
ALTER TABLE record DROP COLUMN external_key;
-- A project without a firm has records of its own.
ALTER TABLE record ALTER COLUMN uscc DROP NOT NULL;
