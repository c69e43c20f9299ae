-- Migrations only go forward: restore a backup to go back.
-- The first month that may be rated; null: no month has to be waited for.
ALTER TABLE residence ADD COLUMN rates_from TEXT;
ALTER TABLE household_phone ADD COLUMN rates_from TEXT;
-- During a burst's hold two officials end a residence: who asked for it, and why.
ALTER TABLE residence ADD COLUMN end_asked_by TEXT;
ALTER TABLE residence ADD COLUMN end_reason TEXT;
-- The city's day of the first entry on the estate's roster.
ALTER TABLE estate ADD COLUMN roster_on TEXT;
-- One more than the estate declares: no dwelling until an official confirms it.
ALTER TABLE household ADD COLUMN waits BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX household_waiting ON household (estate) WHERE waits;
-- What was done about a resident's dwelling by others.
CREATE TABLE notice (
    id TEXT PRIMARY KEY NOT NULL,
    account_id TEXT NOT NULL,
    -- resident_added, residence_ended
    kind TEXT NOT NULL,
    estate TEXT NOT NULL,
    building TEXT NOT NULL,
    unit TEXT NOT NULL,
    room TEXT NOT NULL,
    -- the reason that was given
    reason TEXT,
    created_at TIMESTAMP NOT NULL,
    read_at TIMESTAMP
);
CREATE INDEX notice_account ON notice (account_id, id);
