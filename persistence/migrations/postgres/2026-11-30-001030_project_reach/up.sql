-- Whether a project lets the officials of its place read the private file of its firm and manager:
-- once an official of the firm's own district has confirmed it. Those of before keep what they
-- gave.
ALTER TABLE project ADD COLUMN reach TEXT COLLATE "C" NOT NULL DEFAULT 'confirmed';
