-- A credit file is read from indexes alone: what stands in one of rows of a hundred projects and records lies together there, and in the tables it does not.
CREATE INDEX assessment_file ON assessment
    (project_id, known_from, id, period, assessor, service_thousandths, party_thousandths, state, known_until);
CREATE INDEX rating_close_file ON rating_close (project_id, known_from, month, voices, stars, known_until);
CREATE INDEX record_file ON record
    (uscc, known_from, id, kind, category, project_id, manager_id, level, severity, decided_on, counts_until, public_until, points, state, known_until);
