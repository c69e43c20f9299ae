CREATE TABLE parent_new (id TEXT PRIMARY KEY NOT NULL, name TEXT);
INSERT INTO parent_new (id) SELECT id FROM parent;
DROP TABLE parent;
ALTER TABLE parent_new RENAME TO parent;
