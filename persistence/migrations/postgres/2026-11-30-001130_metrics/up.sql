-- Figures that are entered by themselves, and of estates and places too: who reported one and when,
-- how its survey was made (JSON), who decided on it, and why it was sent back.
ALTER TABLE metric ADD COLUMN reporter TEXT COLLATE "C" NOT NULL DEFAULT 'official';
ALTER TABLE metric ADD COLUMN method TEXT COLLATE "C";
ALTER TABLE metric ADD COLUMN submitted_at TIMESTAMP;
ALTER TABLE metric ADD COLUMN decided_by TEXT COLLATE "C";
ALTER TABLE metric ADD COLUMN reason TEXT COLLATE "C";
-- What waits, and the lists of officials.
CREATE INDEX metric_state ON metric (state, id);
