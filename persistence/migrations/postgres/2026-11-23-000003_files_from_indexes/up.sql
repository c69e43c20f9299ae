-- A credit file is read from indexes alone where the table's visibility is known: what stands in one lies together there, and in the tables it does not. SQLite has one of
-- records too: here a row of an index must fit a third of a page, and an officer's reasons need not.
CREATE INDEX assessment_file ON assessment
    (project_id, known_from, id, period, assessor, service_thousandths, party_thousandths, state, known_until);
CREATE INDEX rating_close_file ON rating_close (project_id, known_from, month, voices, stars, known_until);
