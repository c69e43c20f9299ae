-- The cells by which people know a row of a file, for its faults; never a phone.
ALTER TABLE import_row ADD COLUMN shown_key TEXT NOT NULL DEFAULT '';
ALTER TABLE import_fault ADD COLUMN shown_key TEXT NOT NULL DEFAULT '';
