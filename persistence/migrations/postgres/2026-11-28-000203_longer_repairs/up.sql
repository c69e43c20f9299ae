-- Why the decision on a request for repair has longer. A request may also be `withdrawn`: `decided_at` says when.
ALTER TABLE repair ADD COLUMN extension_reason TEXT COLLATE "C";
-- A record's view tells of the requests for its repair.
CREATE INDEX repair_record ON repair (record_id, id);
