-- The keyed hash of the address that asked for a code, and the tries that came from others.
ALTER TABLE one_time_code ADD COLUMN asked_from TEXT;
ALTER TABLE one_time_code ADD COLUMN tries_elsewhere INTEGER NOT NULL DEFAULT 0;

