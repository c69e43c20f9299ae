ALTER TABLE firm_fact DROP COLUMN licensed_on;
ALTER TABLE firm DROP COLUMN licensed_on;
