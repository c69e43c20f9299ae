-- Since when a firm is licensed, and what was known of it when.
ALTER TABLE firm ADD COLUMN licensed_on TEXT;
ALTER TABLE firm_fact ADD COLUMN licensed_on TEXT;
