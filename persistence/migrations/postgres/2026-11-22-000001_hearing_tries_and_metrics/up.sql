-- The keyed hash of the address that asked for a code, and the tries that came from others.
ALTER TABLE one_time_code ADD COLUMN asked_from TEXT COLLATE "C";
ALTER TABLE one_time_code ADD COLUMN tries_elsewhere INTEGER NOT NULL DEFAULT 0;


-- Numbers commit out of order: a reader tells by the transaction what it has not heard.
CREATE INDEX change_transaction ON change (transaction_id);

-- A subject's figures of a key and period, whatever their state: a batch of metrics looks there for each row.
CREATE INDEX metric_subject ON metric (subject_kind, subject_id, metric_key, period);
