-- The version of the privacy notice that an account agreed to, and when.
ALTER TABLE account ADD COLUMN privacy_version TEXT COLLATE "C";
ALTER TABLE account ADD COLUMN privacy_at TIMESTAMP;
-- What is dropped after its days is found by these.
CREATE INDEX session_expires ON session (expires_at);
CREATE INDEX session_ended ON session (ended_at);
CREATE INDEX audit_at ON audit (at);
