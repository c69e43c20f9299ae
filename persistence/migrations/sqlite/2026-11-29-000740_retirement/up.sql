-- Entries of the registers that were made by mistake, or twice: they are in no list any more, and
-- readable by their ids. Which entry holds in an entry's place is no foreign key: a column that is
-- added cannot be one, and nothing is ever deleted from the registers. A firm's are in
-- firm_successor.
ALTER TABLE firm ADD COLUMN retired_on TEXT;
ALTER TABLE estate ADD COLUMN retired_on TEXT;
ALTER TABLE estate ADD COLUMN successor TEXT;
ALTER TABLE manager ADD COLUMN retired_on TEXT;
ALTER TABLE manager ADD COLUMN successor TEXT;
ALTER TABLE project ADD COLUMN retired_on TEXT;
ALTER TABLE project ADD COLUMN successor TEXT;
