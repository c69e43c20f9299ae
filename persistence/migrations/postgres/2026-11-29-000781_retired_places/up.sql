-- Places that were entered by mistake, or twice: in no list any more, and readable by their codes.
ALTER TABLE place ADD COLUMN retired_on TEXT COLLATE "C";
