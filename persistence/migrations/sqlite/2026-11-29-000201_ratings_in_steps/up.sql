-- Ratings in steps: what is public is made of whole increments, and what waits says nothing of who waits. Nothing was
-- released, so no rating is carried over.
DROP TABLE rating;
DROP TABLE rating_edit;
DROP TABLE rating_month;
DROP TABLE rating_day;
DROP TABLE rating_burst;
DROP TABLE rating_close;
DROP TABLE review;
DROP TABLE review_flag;
DROP TABLE review_reply;
DELETE FROM setting WHERE name IN ('last_closed_month', 'last_shut_month', 'fewest_voices');

-- A household's rating of a month, under pseudonyms by the month's key: no account, household, day or mark about a person.
-- Without a rowid, which would be the order of writing.
CREATE TABLE rating (
    dwelling BLOB NOT NULL,
    -- null where nobody may change it any more
    person BLOB,
    project_id TEXT NOT NULL,
    month TEXT NOT NULL,
    stars INTEGER,
    cleaning INTEGER,
    security INTEGER,
    greening INTEGER,
    maintenance INTEGER,
    attitude INTEGER,
    -- bit i: the i-th dimension is out
    out INTEGER NOT NULL,
    -- a nibble a cell, stars first: how many months it has been rolled
    rolled INTEGER NOT NULL,
    -- the month of the increment of its stars; null while they wait
    published TEXT,
    -- the burst in which it is held
    burst TEXT,
    -- a step writes all rows of a project
    PRIMARY KEY (project_id, dwelling)
) WITHOUT ROWID;
CREATE UNIQUE INDEX rating_person ON rating (person);
CREATE TABLE rating_comment (
    writer BLOB PRIMARY KEY NOT NULL,
    project_id TEXT NOT NULL,
    month TEXT NOT NULL,
    comment TEXT NOT NULL,
    held_reason TEXT
) WITHOUT ROWID;
CREATE INDEX rating_comment_month ON rating_comment (month, project_id);
-- A month's key is made once: its row here stays when the key goes.
CREATE TABLE rated_month (
    month TEXT PRIMARY KEY NOT NULL,
    -- whether its key and its rows are deleted
    forgotten BOOLEAN NOT NULL
);
CREATE TABLE rating_key (
    month TEXT PRIMARY KEY NOT NULL,
    sealed BLOB NOT NULL
);

-- What a step, or a burst that counts, published of a project: never changed. A dimension with count 0 is not in it.
CREATE TABLE rating_increment (
    project_id TEXT NOT NULL,
    -- when the step was due: a day
    step TEXT NOT NULL,
    -- empty for the step's own
    burst TEXT NOT NULL,
    month TEXT NOT NULL,
    -- the fewest households that it could be made of
    need INTEGER NOT NULL,
    published_at TIMESTAMP NOT NULL,
    one INTEGER NOT NULL,
    two INTEGER NOT NULL,
    three INTEGER NOT NULL,
    four INTEGER NOT NULL,
    five INTEGER NOT NULL,
    cleaning_count INTEGER NOT NULL,
    cleaning_sum INTEGER NOT NULL,
    security_count INTEGER NOT NULL,
    security_sum INTEGER NOT NULL,
    greening_count INTEGER NOT NULL,
    greening_sum INTEGER NOT NULL,
    maintenance_count INTEGER NOT NULL,
    maintenance_sum INTEGER NOT NULL,
    attitude_count INTEGER NOT NULL,
    attitude_sum INTEGER NOT NULL,
    -- published before a restore, and put back after it
    restored BOOLEAN NOT NULL,
    PRIMARY KEY (project_id, step, burst)
);
CREATE INDEX rating_increment_month ON rating_increment (month, project_id);
CREATE TABLE rating_step (
    step TEXT PRIMARY KEY NOT NULL,
    is_first BOOLEAN NOT NULL,
    need INTEGER NOT NULL,
    began_at TIMESTAMP NOT NULL,
    -- when the latest of the missed steps was due for which it is made
    covers TIMESTAMP NOT NULL,
    done_at TIMESTAMP,
    -- the month that it closes, if it is that of a 1st
    closes TEXT
);
-- few of the demo's steps of a minute close a month
CREATE INDEX rating_step_closes ON rating_step (closes) WHERE closes IS NOT NULL;
-- How many ratings were new at a step and how many were left: what a burst is judged by.
CREATE TABLE rating_arrival (
    project_id TEXT NOT NULL,
    step TEXT NOT NULL,
    arrived INTEGER NOT NULL,
    waiting INTEGER NOT NULL,
    PRIMARY KEY (project_id, step)
);
CREATE TABLE rating_burst (
    id TEXT PRIMARY KEY NOT NULL,
    project_id TEXT NOT NULL,
    step TEXT NOT NULL,
    month TEXT NOT NULL,
    -- held, released, counted, fallen (fewer than k were left)
    state TEXT NOT NULL,
    district_until TEXT NOT NULL,
    city_until TEXT NOT NULL,
    counts_on TEXT NOT NULL,
    decided_by TEXT,
    reason TEXT,
    version BIGINT NOT NULL
);
CREATE INDEX rating_burst_state ON rating_burst (state, id);
CREATE INDEX rating_burst_project ON rating_burst (project_id, state);

-- Comments that are out. They carry a random id, a month and no time.
CREATE TABLE review (
    id TEXT PRIMARY KEY NOT NULL,
    project_id TEXT NOT NULL,
    uscc TEXT,
    month TEXT NOT NULL,
    comment TEXT NOT NULL,
    -- published, held, cleared (comes out with the next step), hidden
    state TEXT NOT NULL,
    held_reason TEXT,
    decided_at TIMESTAMP,
    decided_by TEXT,
    decision_reason TEXT,
    version BIGINT NOT NULL,
    -- by which its writer can take it back, and the month of the key; emptied when that is forgotten
    writer BLOB UNIQUE,
    writer_month TEXT
) WITHOUT ROWID;
CREATE INDEX review_firm ON review (uscc, state, month, id);
CREATE INDEX review_project ON review (project_id, state, month, id);
CREATE INDEX review_state ON review (state, id);
CREATE INDEX review_writer_month ON review (writer_month);
CREATE TABLE review_flag (
    review_id TEXT NOT NULL,
    flagger BLOB NOT NULL,
    reason TEXT NOT NULL,
    settled BOOLEAN NOT NULL,
    PRIMARY KEY (review_id, flagger)
) WITHOUT ROWID;
CREATE TABLE review_reply (
    review_id TEXT PRIMARY KEY NOT NULL,
    uscc TEXT NOT NULL,
    text TEXT NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL
);

-- A tally of ratings is the sum of increments.
DROP TRIGGER tally_sums_no_longer_hold;
ALTER TABLE tally RENAME COLUMN voices TO ratings;
UPDATE tally SET ratings = 0, stars = 0, service_score_ten_thousandths = NULL, sums = NULL;
