-- Who confirmed an assessment that no file brought: with its place's batch, or as a correction.
ALTER TABLE assessment ADD COLUMN confirmed_by TEXT COLLATE "C";
-- One at most waits, given by hand or by a file.
CREATE UNIQUE INDEX assessment_submitted ON assessment (project_id, period, assessor) WHERE state = 'submitted';
