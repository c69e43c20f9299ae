-- The firm that a row of a file would ask, if it were sent by itself: officials of that firm's
-- district confirm such a file.
ALTER TABLE import_row ADD COLUMN firm TEXT;
CREATE INDEX import_row_firm ON import_row (import_id) WHERE firm IS NOT NULL;
