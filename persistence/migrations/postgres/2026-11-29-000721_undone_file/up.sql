-- When what a file did was taken back, and who proposed that.
ALTER TABLE import ADD COLUMN undone_at TIMESTAMP;
ALTER TABLE import ADD COLUMN undone_by TEXT COLLATE "C";
