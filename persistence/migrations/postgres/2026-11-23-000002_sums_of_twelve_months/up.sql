-- A firm's voices of the last twelve months, all that its card says of them, in JSON. Null where they were not kept: then they are added up when they are asked for,
-- and kept from the next voice on.
ALTER TABLE tally ADD COLUMN sums TEXT COLLATE "C";
-- The program before this one counts `voices` and leaves the sums as they were, which this one never does. They no longer hold then.
-- It may be there already: an earlier program that restores a backup removes tables alone.
CREATE OR REPLACE FUNCTION tally_without_sums() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.sums := NULL;
    RETURN NEW;
END
$$;
CREATE TRIGGER tally_sums_no_longer_hold BEFORE UPDATE OF voices ON tally
    FOR EACH ROW WHEN (NEW.sums = OLD.sums) EXECUTE FUNCTION tally_without_sums();
