-- The keyed hash of the address that asked for a code, and the tries that came from others.
ALTER TABLE one_time_code ADD COLUMN asked_from TEXT COLLATE "C";
ALTER TABLE one_time_code ADD COLUMN tries_elsewhere INTEGER NOT NULL DEFAULT 0;


-- Numbers commit out of order: a reader tells by the transaction what it has not heard.
CREATE INDEX change_transaction ON change (transaction_id);
