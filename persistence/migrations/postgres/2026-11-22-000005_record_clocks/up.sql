-- The clocks of records that were submitted: `record` has as many columns as it can have.
CREATE TABLE record_clock (
    record_id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    -- the last day for its confirmation, where the scheme gives its days; it says something only while the record is submitted
    confirm_due_on TEXT COLLATE "C",
    -- submitted for the first time after the days that the scheme gives from the decision on
    recorded_late BOOLEAN NOT NULL
);
CREATE INDEX record_clock_due ON record_clock (confirm_due_on, record_id);
