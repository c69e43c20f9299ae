-- What a file is called, the digest of its bytes and why it is sent, for whoever confirms it.
ALTER TABLE import ADD COLUMN name TEXT COLLATE "C";
ALTER TABLE import ADD COLUMN sha256 TEXT COLLATE "C";
ALTER TABLE import ADD COLUMN reason TEXT COLLATE "C";
-- When it ends by itself, where it waits for another official.
ALTER TABLE import ADD COLUMN expires_at TIMESTAMP;
CREATE INDEX import_expires_at ON import (expires_at, id) WHERE state = 'submitted';

-- What a row does (created, updated, unchanged), to which object, and what it changes of that: a
-- JSON array of fields, before and after.
ALTER TABLE import_row ADD COLUMN outcome TEXT COLLATE "C";
ALTER TABLE import_row ADD COLUMN object_id TEXT COLLATE "C";
ALTER TABLE import_row ADD COLUMN changes TEXT COLLATE "C";
