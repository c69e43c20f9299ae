-- The clock asks for the next last day on which a record is shown.
CREATE INDEX record_public_until ON record (public_until) WHERE public_until IS NOT NULL;
