-- A firm's voices of the last twelve months, all that its card says of them, in JSON. Null where they were not kept: then they are added up when they are asked for,
-- and kept from the next voice on.
ALTER TABLE tally ADD COLUMN sums TEXT;
-- The program before this one counts `voices` and leaves the sums as they were, which this one never does. They no longer hold then.
CREATE TRIGGER tally_sums_no_longer_hold AFTER UPDATE OF voices ON tally WHEN NEW.sums = OLD.sums
BEGIN
    UPDATE tally SET sums = NULL WHERE subject_kind = NEW.subject_kind AND subject_id = NEW.subject_id;
END;
