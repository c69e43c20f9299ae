-- Migrations only go forward: restore a backup to go back.
-- The first month that may be rated; null: no month has to be waited for.
ALTER TABLE residence ADD COLUMN rates_from TEXT COLLATE "C";
ALTER TABLE household_phone ADD COLUMN rates_from TEXT COLLATE "C";
-- During a burst's hold two officials end a residence: who asked for it, and why.
ALTER TABLE residence ADD COLUMN end_asked_by TEXT COLLATE "C";
ALTER TABLE residence ADD COLUMN end_reason TEXT COLLATE "C";
-- The city's day of the first entry on the estate's roster.
ALTER TABLE estate ADD COLUMN roster_on TEXT COLLATE "C";
-- One more than the estate declares: no dwelling until an official confirms it.
ALTER TABLE household ADD COLUMN waits BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX household_waiting ON household (estate) WHERE waits;
-- What was done about a resident's dwelling by others.
CREATE TABLE notice (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    account_id TEXT COLLATE "C" NOT NULL,
    -- resident_added, residence_ended
    kind TEXT COLLATE "C" NOT NULL,
    estate TEXT COLLATE "C" NOT NULL,
    building TEXT COLLATE "C" NOT NULL,
    unit TEXT COLLATE "C" NOT NULL,
    room TEXT COLLATE "C" NOT NULL,
    -- the reason that was given
    reason TEXT COLLATE "C",
    created_at TIMESTAMP NOT NULL,
    read_at TIMESTAMP
);
CREATE INDEX notice_account ON notice (account_id, id);
