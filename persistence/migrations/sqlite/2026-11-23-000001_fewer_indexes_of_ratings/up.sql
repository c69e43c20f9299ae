-- Each index that a voice has to be put into is one more page in a random place. A person's one voice is kept by the index that finds a person's voices; a project's
-- voices are found by its households', and those that no longer speak by an index of their own, into which no new voice goes.
DROP INDEX rating_person_voice;
DROP INDEX rating_account;
CREATE UNIQUE INDEX rating_account ON rating (account_id, month, project_id);
DROP INDEX rating_project_day;
CREATE INDEX rating_silent ON rating (project_id, day) WHERE state NOT IN ('counted', 'held', 'rejected');
