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
CREATE TABLE rating (
    dwelling BYTEA NOT NULL,
    -- null where nobody may change it any more
    person BYTEA,
    project_id TEXT COLLATE "C" NOT NULL,
    month TEXT COLLATE "C" NOT NULL,
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
    published TEXT COLLATE "C",
    -- the burst in which it is held
    burst TEXT COLLATE "C",
    -- a step writes all rows of a project
    PRIMARY KEY (project_id, dwelling)
);
CREATE UNIQUE INDEX rating_person ON rating (person);
CREATE TABLE rating_comment (
    writer BYTEA PRIMARY KEY NOT NULL,
    project_id TEXT COLLATE "C" NOT NULL,
    month TEXT COLLATE "C" NOT NULL,
    comment TEXT COLLATE "C" NOT NULL,
    held_reason TEXT COLLATE "C"
);
CREATE INDEX rating_comment_month ON rating_comment (month, project_id);
-- A month's key is made once: its row here stays when the key goes.
CREATE TABLE rated_month (
    month TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    -- whether its key and its rows are deleted
    forgotten BOOLEAN NOT NULL
);
CREATE TABLE rating_key (
    month TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    sealed BYTEA NOT NULL
);

-- What a step, or a burst that counts, published of a project: never changed. A dimension with count 0 is not in it.
CREATE TABLE rating_increment (
    project_id TEXT COLLATE "C" NOT NULL,
    -- when the step was due: a day
    step TEXT COLLATE "C" NOT NULL,
    -- empty for the step's own
    burst TEXT COLLATE "C" NOT NULL,
    month TEXT COLLATE "C" NOT NULL,
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
    step TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    is_first BOOLEAN NOT NULL,
    need INTEGER NOT NULL,
    began_at TIMESTAMP NOT NULL,
    -- when the latest of the missed steps was due for which it is made
    covers TIMESTAMP NOT NULL,
    done_at TIMESTAMP,
    -- the month that it closes, if it is that of a 1st
    closes TEXT COLLATE "C"
);
-- few of the demo's steps of a minute close a month
CREATE INDEX rating_step_closes ON rating_step (closes) WHERE closes IS NOT NULL;
-- How many ratings were new at a step and how many were left: what a burst is judged by.
CREATE TABLE rating_arrival (
    project_id TEXT COLLATE "C" NOT NULL,
    step TEXT COLLATE "C" NOT NULL,
    arrived INTEGER NOT NULL,
    waiting INTEGER NOT NULL,
    PRIMARY KEY (project_id, step)
);
CREATE TABLE rating_burst (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    project_id TEXT COLLATE "C" NOT NULL,
    step TEXT COLLATE "C" NOT NULL,
    month TEXT COLLATE "C" NOT NULL,
    -- held, released, counted, fallen (fewer than k were left)
    state TEXT COLLATE "C" NOT NULL,
    district_until TEXT COLLATE "C" NOT NULL,
    city_until TEXT COLLATE "C" NOT NULL,
    counts_on TEXT COLLATE "C" NOT NULL,
    decided_by TEXT COLLATE "C",
    reason TEXT COLLATE "C",
    version BIGINT NOT NULL
);
CREATE INDEX rating_burst_state ON rating_burst (state, id);
CREATE INDEX rating_burst_project ON rating_burst (project_id, state);

-- Comments that are out. They carry a random id, a month and no time.
CREATE TABLE review (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    project_id TEXT COLLATE "C" NOT NULL,
    uscc TEXT COLLATE "C",
    month TEXT COLLATE "C" NOT NULL,
    comment TEXT COLLATE "C" NOT NULL,
    -- published, held, cleared (comes out with the next step), hidden
    state TEXT COLLATE "C" NOT NULL,
    held_reason TEXT COLLATE "C",
    decided_at TIMESTAMP,
    decided_by TEXT COLLATE "C",
    decision_reason TEXT COLLATE "C",
    version BIGINT NOT NULL,
    -- by which its writer can take it back, and the month of the key; emptied when that is forgotten
    writer BYTEA UNIQUE,
    writer_month TEXT COLLATE "C"
);
CREATE INDEX review_firm ON review (uscc, state, month, id);
CREATE INDEX review_project ON review (project_id, state, month, id);
CREATE INDEX review_state ON review (state, id);
CREATE INDEX review_writer_month ON review (writer_month);
CREATE TABLE review_flag (
    review_id TEXT COLLATE "C" NOT NULL,
    flagger BYTEA NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    settled BOOLEAN NOT NULL,
    PRIMARY KEY (review_id, flagger)
);
CREATE TABLE review_reply (
    review_id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    uscc TEXT COLLATE "C" NOT NULL,
    text TEXT COLLATE "C" NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL
);

-- PostgreSQL keeps samples of columns, which would outlive what is forgotten. Pseudonyms and keys
-- are only looked up one by one.
ALTER TABLE rating ALTER COLUMN dwelling SET STATISTICS 0, ALTER COLUMN person SET STATISTICS 0;
ALTER TABLE rating_comment ALTER COLUMN writer SET STATISTICS 0, ALTER COLUMN comment SET STATISTICS 0;
ALTER TABLE rating_key ALTER COLUMN sealed SET STATISTICS 0;
ALTER TABLE review ALTER COLUMN writer SET STATISTICS 0;
ALTER TABLE review_flag ALTER COLUMN flagger SET STATISTICS 0;

-- A tally of ratings is the sum of increments.
DROP TRIGGER tally_sums_no_longer_hold ON tally;
DROP FUNCTION tally_without_sums();
ALTER TABLE tally RENAME COLUMN voices TO ratings;
UPDATE tally SET ratings = 0, stars = 0, service_score_ten_thousandths = NULL, sums = NULL;
