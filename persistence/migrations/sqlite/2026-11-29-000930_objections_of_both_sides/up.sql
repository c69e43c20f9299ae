-- A record's firm and its manager may object at the same time: of each side one objection is open.
DROP INDEX objection_open;
CREATE UNIQUE INDEX objection_open_of_side ON objection (object_kind, object_id, coalesce(manager_id, '')) WHERE state = 'open';
