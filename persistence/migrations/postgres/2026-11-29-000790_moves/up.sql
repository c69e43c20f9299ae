-- Who left a dwelling of an estate in a month, under a pseudonym by the month's key: no account,
-- also where that is deleted. The pseudonym refers to nothing on purpose.
CREATE TABLE left_home (
    person BYTEA PRIMARY KEY NOT NULL,
    -- which dwelling, under another; null: several
    home BYTEA,
    month TEXT COLLATE "C" NOT NULL
);
CREATE INDEX left_home_month ON left_home (month);

-- The address that a household had when the month `moved_in` began, as JSON; null: it never had
-- another.
ALTER TABLE household ADD COLUMN moved_from TEXT COLLATE "C";
ALTER TABLE household ADD COLUMN moved_in TEXT COLLATE "C";
-- What `rates_from` was before the household got another address, empty for null: an address that
-- is given back within its month makes nobody a newcomer.
ALTER TABLE household_phone ADD COLUMN rated_from TEXT COLLATE "C";
ALTER TABLE residence ADD COLUMN rated_from TEXT COLLATE "C";
