-- Whom a phone number (keyed hash) stands for, where that is not the person of its own hash: who
-- changes the phone takes the person along, whom ratings know.
CREATE TABLE phone_person (
    phone_hash TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    person TEXT COLLATE "C" NOT NULL UNIQUE,
    -- the month in which its account was deleted, as long as a key lives that knew the person
    deleted_in TEXT COLLATE "C"
);
-- Set at the sign-up; null in rows of the program before: the phone's hash.
ALTER TABLE account ADD COLUMN person TEXT COLLATE "C";
-- Whose an entry is; null: of who has the number.
ALTER TABLE household_phone ADD COLUMN person TEXT COLLATE "C";
ALTER TABLE staff ADD COLUMN person TEXT COLLATE "C";
CREATE INDEX household_phone_person ON household_phone (person) WHERE person IS NOT NULL;
CREATE INDEX staff_person ON staff (person, uscc) WHERE person IS NOT NULL;
CREATE INDEX account_person ON account (person) WHERE person IS NOT NULL;
