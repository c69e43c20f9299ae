-- Migrations only go forward: restore a backup to go back.
-- Several records stand for one decision where they name different projects or managers, which the program compares. A record
-- holds what it says and what it said from its submission on, until it is withdrawn or comes back. The program fills it.
DROP TABLE record_decision;
CREATE TABLE record_decision (
    -- the firm, or the project without one; category and number as they are compared
    decision TEXT NOT NULL,
    record_id TEXT NOT NULL,
    PRIMARY KEY (decision, record_id)
);
CREATE INDEX record_decision_record ON record_decision (record_id);
