-- Accounts of managers, who object to records about themselves and answer them.

-- Of an account of the role `manager`. No foreign key: a column that is added cannot be one.
ALTER TABLE account ADD COLUMN manager_id TEXT COLLATE "C";
CREATE INDEX account_manager ON account (manager_id);

-- An objection is a firm's or a manager's; an official may file it for a manager.
ALTER TABLE objection ALTER COLUMN uscc DROP NOT NULL;
ALTER TABLE objection ADD COLUMN manager_id TEXT COLLATE "C" REFERENCES manager (id);
ALTER TABLE objection ADD CHECK ((uscc IS NULL) <> (manager_id IS NULL));
CREATE INDEX objection_manager ON objection (manager_id, id);

-- So is a reply to a record: each has one.
ALTER TABLE reply ALTER COLUMN uscc DROP NOT NULL;
ALTER TABLE reply ADD COLUMN manager_id TEXT COLLATE "C" REFERENCES manager (id);
ALTER TABLE reply ADD CHECK ((uscc IS NULL) <> (manager_id IS NULL));
ALTER TABLE reply ADD CHECK (manager_id IS NULL OR record_id IS NOT NULL);
ALTER TABLE reply DROP CONSTRAINT reply_record_id_key;
CREATE UNIQUE INDEX reply_of_firm ON reply (record_id) WHERE manager_id IS NULL;
CREATE UNIQUE INDEX reply_of_manager ON reply (record_id, manager_id) WHERE manager_id IS NOT NULL;
