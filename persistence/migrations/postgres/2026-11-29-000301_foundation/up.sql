-- Migrations only go forward: restore a backup to go back.
--
-- A reference that must hold is a foreign key; where a column looks like one and is none, a comment
-- says why. Checks hold ranges, and columns that are null together. None holds words: SQLite would
-- rebuild the table for each new state.

-- What every write changed, put here in its own transaction: the change feed.
CREATE TABLE change (
    seq BIGSERIAL PRIMARY KEY NOT NULL,
    entity TEXT COLLATE "C" NOT NULL,
    entity_id TEXT COLLATE "C" NOT NULL,
    at TIMESTAMP NOT NULL,
    -- numbers commit out of order: a reader tells by the transaction what it has not read
    transaction_id XID8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX change_transaction ON change (transaction_id);

-- Small facts about this database: whether it holds demo data, the city, until when steps are made.
CREATE TABLE setting (
    name TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    value TEXT COLLATE "C" NOT NULL
);

-- What the clock must do later: close a month, end a term, begin a window. Kept so that a restart
-- loses none. The subject is a firm, a project or a manager, so it is no foreign key.
CREATE TABLE due (
    kind TEXT COLLATE "C" NOT NULL,
    subject_kind TEXT COLLATE "C" NOT NULL,
    subject_id TEXT COLLATE "C" NOT NULL,
    due_at TIMESTAMP NOT NULL,
    -- the fact for which the subject is owed an evaluation; null where time alone brings it
    cause_kind TEXT COLLATE "C",
    cause_id TEXT COLLATE "C",
    PRIMARY KEY (kind, subject_kind, subject_id),
    CHECK (cause_kind IS NOT NULL OR cause_id IS NULL)
);
CREATE INDEX due_at ON due (due_at);

-- Who did what. Some of it was done at the command line, by no account, so `user_id` is no foreign
-- key.
CREATE TABLE audit (
    id BIGSERIAL PRIMARY KEY NOT NULL,
    at TIMESTAMP NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    operation TEXT COLLATE "C" NOT NULL,
    object_kind TEXT COLLATE "C" NOT NULL,
    object_id TEXT COLLATE "C" NOT NULL,
    detail TEXT COLLATE "C" NOT NULL
);
CREATE INDEX audit_object ON audit (object_kind, object_id, id);
CREATE INDEX audit_user ON audit (user_id, id);

-- Places. `parent` is data: a functional zone takes streets from two districts.
CREATE TABLE place (
    code TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    level TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    parent TEXT COLLATE "C" REFERENCES place (code),
    valid_from TEXT COLLATE "C" NOT NULL,
    valid_until TEXT COLLATE "C",
    aliases TEXT COLLATE "C" NOT NULL,
    successors TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX place_parent ON place (parent, code);
CREATE TABLE place_parent_history (
    code TEXT COLLATE "C" NOT NULL REFERENCES place (code),
    parent TEXT COLLATE "C" NOT NULL REFERENCES place (code),
    valid_from TEXT COLLATE "C" NOT NULL,
    valid_until TEXT COLLATE "C",
    PRIMARY KEY (code, valid_from)
);
-- Each place with itself (distance 0) and every place above it, kept with `parent`.
CREATE TABLE place_ancestor (
    place TEXT COLLATE "C" NOT NULL REFERENCES place (code),
    ancestor TEXT COLLATE "C" NOT NULL REFERENCES place (code),
    distance INTEGER NOT NULL CHECK (distance >= 0),
    PRIMARY KEY (place, ancestor)
);
CREATE INDEX place_ancestor_below ON place_ancestor (ancestor, place);

CREATE TABLE firm (
    uscc TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    short_name TEXT COLLATE "C",
    name_sort TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    registered_place TEXT COLLATE "C" NOT NULL REFERENCES place (code),
    check_override_reason TEXT COLLATE "C",
    participates BOOLEAN NOT NULL,
    residential BOOLEAN NOT NULL,
    -- since when it is licensed
    licensed_on TEXT COLLATE "C",
    demo BOOLEAN NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX firm_name_sort ON firm (name_sort, uscc);
CREATE INDEX firm_registered_place ON firm (registered_place);
CREATE TABLE firm_former_name (
    uscc TEXT COLLATE "C" NOT NULL REFERENCES firm (uscc),
    name TEXT COLLATE "C" NOT NULL,
    used_until TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (uscc, name)
);
-- Which firms carry on a firm's business after a merger or a split. Its file stays under its own
-- code.
CREATE TABLE firm_successor (
    uscc TEXT COLLATE "C" NOT NULL REFERENCES firm (uscc),
    successor TEXT COLLATE "C" NOT NULL REFERENCES firm (uscc),
    since TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (uscc, successor)
);
CREATE INDEX firm_successor_successor ON firm_successor (successor);
-- Branches (分支机构) with the firm whose branch each is, as it was known, for evaluations of a
-- past instant. One row of a branch is known at a time.
CREATE TABLE firm_branch (
    id BIGSERIAL PRIMARY KEY NOT NULL,
    branch TEXT COLLATE "C" NOT NULL REFERENCES firm (uscc),
    parent TEXT COLLATE "C" NOT NULL REFERENCES firm (uscc),
    -- the first day
    since TEXT COLLATE "C" NOT NULL,
    -- the codes of the place where the parent is registered and of those above it, a JSON list
    parent_places TEXT COLLATE "C" NOT NULL,
    known_from TIMESTAMP NOT NULL,
    known_until TIMESTAMP,
    CHECK (branch <> parent)
);
CREATE INDEX firm_branch_branch ON firm_branch (branch, known_from);
CREATE INDEX firm_branch_parent ON firm_branch (parent, known_from);
-- Status, participation, residential business and licence as they were known, for evaluations of a
-- past instant.
CREATE TABLE firm_fact (
    id BIGSERIAL PRIMARY KEY NOT NULL,
    uscc TEXT COLLATE "C" NOT NULL REFERENCES firm (uscc),
    status TEXT COLLATE "C" NOT NULL,
    participates BOOLEAN NOT NULL,
    residential BOOLEAN NOT NULL,
    licensed_on TEXT COLLATE "C",
    known_from TIMESTAMP NOT NULL,
    known_until TIMESTAMP
);
CREATE INDEX firm_fact_uscc ON firm_fact (uscc, known_from);

CREATE TABLE estate (
    code TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    name_sort TEXT COLLATE "C" NOT NULL,
    aliases TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    place TEXT COLLATE "C" NOT NULL REFERENCES place (code),
    address TEXT COLLATE "C",
    households INTEGER NOT NULL CHECK (households >= 0),
    -- the city's day of the first entry on its roster
    roster_on TEXT COLLATE "C",
    demo BOOLEAN NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX estate_place ON estate (place, code);
CREATE INDEX estate_name_sort ON estate (name_sort, code);

CREATE TABLE manager (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    uscc TEXT COLLATE "C" REFERENCES firm (uscc),
    demo BOOLEAN NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX manager_uscc ON manager (uscc, id);

CREATE TABLE project (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    estate TEXT COLLATE "C" NOT NULL REFERENCES estate (code),
    operator TEXT COLLATE "C" NOT NULL,
    uscc TEXT COLLATE "C" REFERENCES firm (uscc),
    manager_id TEXT COLLATE "C" REFERENCES manager (id),
    starts_on TEXT COLLATE "C" NOT NULL,
    ends_on TEXT COLLATE "C",
    -- 1 m² is 100 dm²: areas have at most two decimals, so this is exact.
    area_dm2 BIGINT NOT NULL CHECK (area_dm2 > 0),
    households INTEGER NOT NULL CHECK (households >= 0),
    -- fen per m² and month
    fee_fen BIGINT CHECK (fee_fen >= 0),
    demo BOOLEAN NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    CHECK (ends_on >= starts_on)
);
CREATE INDEX project_estate ON project (estate, starts_on);
CREATE INDEX project_uscc ON project (uscc, id);
CREATE INDEX project_manager ON project (manager_id, id);
-- A project's terms as they were known, for evaluations of a past instant.
CREATE TABLE project_fact (
    id BIGSERIAL PRIMARY KEY NOT NULL,
    project_id TEXT COLLATE "C" NOT NULL REFERENCES project (id),
    operator TEXT COLLATE "C" NOT NULL,
    uscc TEXT COLLATE "C" REFERENCES firm (uscc),
    manager_id TEXT COLLATE "C" REFERENCES manager (id),
    starts_on TEXT COLLATE "C" NOT NULL,
    ends_on TEXT COLLATE "C",
    area_dm2 BIGINT NOT NULL CHECK (area_dm2 > 0),
    households INTEGER NOT NULL CHECK (households >= 0),
    known_from TIMESTAMP NOT NULL,
    known_until TIMESTAMP,
    CHECK (ends_on >= starts_on)
);
CREATE INDEX project_fact_project ON project_fact (project_id, known_from);
CREATE INDEX project_fact_uscc ON project_fact (uscc, known_from);
CREATE INDEX project_fact_manager ON project_fact (manager_id, known_from);

-- Everybody who signs in, and programs. Who leaves stays as a row that names nobody.
CREATE TABLE account (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    username TEXT COLLATE "C" UNIQUE,
    display_name TEXT COLLATE "C",
    password_hash TEXT COLLATE "C",
    phone_hash TEXT COLLATE "C" UNIQUE,
    phone_encrypted BYTEA,
    place TEXT COLLATE "C" REFERENCES place (code),
    uscc TEXT COLLATE "C" REFERENCES firm (uscc),
    scopes TEXT COLLATE "C" NOT NULL,
    can_confirm BOOLEAN NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    -- raised when a token must stop working at once: demoted, disabled, password changed
    token_epoch BIGINT NOT NULL,
    demo BOOLEAN NOT NULL,
    created_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    CHECK ((phone_hash IS NULL) = (phone_encrypted IS NULL))
);
CREATE INDEX account_role ON account (role, id);
CREATE INDEX account_place ON account (place);

CREATE TABLE session (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    account_id TEXT COLLATE "C" NOT NULL REFERENCES account (id),
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP,
    end_reason TEXT COLLATE "C",
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE INDEX session_account ON session (account_id);
CREATE TABLE refresh_token (
    token_hash TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    session_id TEXT COLLATE "C" NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    issued_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP
);
CREATE INDEX refresh_token_session ON refresh_token (session_id);
CREATE INDEX refresh_token_expires ON refresh_token (expires_at);
CREATE TABLE one_time_code (
    phone_hash TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    code_hash TEXT COLLATE "C" NOT NULL,
    -- the keyed hash of the address that asked for the code
    asked_from TEXT COLLATE "C",
    issued_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    tries INTEGER NOT NULL CHECK (tries >= 0),
    -- those that came from other addresses
    tries_elsewhere INTEGER NOT NULL DEFAULT 0 CHECK (tries_elsewhere >= 0),
    used_at TIMESTAMP
);
-- What the limits count: code requests and failed passwords, by keyed hash of phone, account or
-- address.
CREATE TABLE attempt (
    id BIGSERIAL PRIMARY KEY NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    subject_hash TEXT COLLATE "C" NOT NULL,
    at TIMESTAMP NOT NULL
);
CREATE INDEX attempt_subject ON attempt (kind, subject_hash, at);
CREATE INDEX attempt_at ON attempt (at);
CREATE TABLE signing_key (
    kid TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    algorithm TEXT COLLATE "C" NOT NULL,
    private_encrypted BYTEA NOT NULL,
    public_key TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP NOT NULL,
    signs_from TIMESTAMP NOT NULL,
    verifies_until TIMESTAMP
);
-- The answers to requests with an idempotency key, for a day.
CREATE TABLE idempotency (
    user_id TEXT COLLATE "C" NOT NULL REFERENCES account (id),
    idempotency_key TEXT COLLATE "C" NOT NULL,
    operation TEXT COLLATE "C" NOT NULL,
    request_hash TEXT COLLATE "C" NOT NULL,
    status INTEGER NOT NULL CHECK (status BETWEEN 100 AND 599),
    body TEXT COLLATE "C" NOT NULL,
    location TEXT COLLATE "C",
    etag TEXT COLLATE "C",
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (user_id, idempotency_key)
);
CREATE INDEX idempotency_created ON idempotency (created_at);

-- Imports, and what they stage. The operator's, at the command line, are by no account: neither
-- `by_account` of these, nor who drafted, confirmed and wrote what they bring (records,
-- assessments, metrics), is a foreign key.
CREATE TABLE import (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    format TEXT COLLATE "C" NOT NULL,
    -- utf-8, gb18030; null until it is found out
    encoding TEXT COLLATE "C",
    dry_run BOOLEAN NOT NULL,
    -- the operator's import of a city's past: its records bring their own known_from
    founding BOOLEAN NOT NULL,
    -- reading, applying, applied, checked (a dry run), submitted, confirmed, returned, refused,
    -- failed
    state TEXT COLLATE "C" NOT NULL,
    by_account TEXT COLLATE "C" NOT NULL,
    place TEXT COLLATE "C" REFERENCES place (code),
    rows_read INTEGER NOT NULL CHECK (rows_read >= 0),
    rows_bad INTEGER NOT NULL CHECK (rows_bad >= 0),
    rows_created INTEGER NOT NULL CHECK (rows_created >= 0),
    rows_updated INTEGER NOT NULL CHECK (rows_updated >= 0),
    rows_unchanged INTEGER NOT NULL CHECK (rows_unchanged >= 0),
    confirmed_by TEXT COLLATE "C",
    -- JSON of {code, line, zh, en}
    failure TEXT COLLATE "C",
    created_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP,
    version BIGINT NOT NULL
);
CREATE INDEX import_created ON import (created_at, id);
CREATE TABLE import_row (
    import_id TEXT COLLATE "C" NOT NULL REFERENCES import (id),
    line INTEGER NOT NULL CHECK (line >= 0),
    -- what the row is about, to find a second row about the same
    row_key TEXT COLLATE "C" NOT NULL,
    content TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (import_id, line)
);
CREATE INDEX import_row_key ON import_row (import_id, row_key);
CREATE TABLE import_fault (
    id BIGSERIAL PRIMARY KEY NOT NULL,
    import_id TEXT COLLATE "C" NOT NULL REFERENCES import (id),
    line INTEGER NOT NULL CHECK (line >= 0),
    column_name TEXT COLLATE "C",
    code TEXT COLLATE "C" NOT NULL,
    zh TEXT COLLATE "C" NOT NULL,
    en TEXT COLLATE "C" NOT NULL
);
CREATE INDEX import_fault_import ON import_fault (import_id, id);

CREATE TABLE household (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    estate TEXT COLLATE "C" NOT NULL REFERENCES estate (code),
    building TEXT COLLATE "C" NOT NULL,
    unit TEXT COLLATE "C" NOT NULL,
    room TEXT COLLATE "C" NOT NULL,
    -- the import that brought it: until that is applied, nobody sees it
    import_id TEXT COLLATE "C" REFERENCES import (id),
    -- one more than the estate declares: no dwelling until an official confirms it
    waits BOOLEAN NOT NULL DEFAULT FALSE,
    version BIGINT NOT NULL,
    UNIQUE (estate, building, unit, room)
);
CREATE INDEX household_import ON household (import_id) WHERE import_id IS NOT NULL;
CREATE INDEX household_waiting ON household (estate) WHERE waits;
-- The roster: which phones (keyed hash) the estate's roll has for a household.
CREATE TABLE household_phone (
    household_id TEXT COLLATE "C" NOT NULL REFERENCES household (id) ON DELETE CASCADE,
    phone_hash TEXT COLLATE "C" NOT NULL,
    -- the imports that add and that end it: neither holds until it is applied
    added_by TEXT COLLATE "C" REFERENCES import (id),
    ended_by TEXT COLLATE "C" REFERENCES import (id),
    -- the first month that may be rated; null: no month has to be waited for
    rates_from TEXT COLLATE "C",
    PRIMARY KEY (household_id, phone_hash)
);
CREATE INDEX household_phone_hash ON household_phone (phone_hash);
CREATE INDEX household_phone_added ON household_phone (added_by) WHERE added_by IS NOT NULL;
CREATE INDEX household_phone_ended ON household_phone (ended_by) WHERE ended_by IS NOT NULL;
-- A firm's staff, by keyed hash of the phone: they may not rate its projects.
CREATE TABLE staff (
    uscc TEXT COLLATE "C" NOT NULL REFERENCES firm (uscc),
    phone_hash TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (uscc, phone_hash)
);
CREATE INDEX staff_phone ON staff (phone_hash);

CREATE TABLE residence (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    account_id TEXT COLLATE "C" NOT NULL REFERENCES account (id),
    estate TEXT COLLATE "C" NOT NULL REFERENCES estate (code),
    building TEXT COLLATE "C" NOT NULL,
    unit TEXT COLLATE "C" NOT NULL,
    room TEXT COLLATE "C" NOT NULL,
    household_id TEXT COLLATE "C" REFERENCES household (id),
    status TEXT COLLATE "C" NOT NULL,
    requested_at TIMESTAMP NOT NULL,
    decided_at TIMESTAMP,
    -- nobody where the roster decided
    decided_by TEXT COLLATE "C" REFERENCES account (id),
    reason TEXT COLLATE "C",
    -- the first month that may be rated; null: no month has to be waited for
    rates_from TEXT COLLATE "C",
    -- during a burst's hold two officials end a residence: who asked for it, and why
    end_asked_by TEXT COLLATE "C" REFERENCES account (id),
    end_reason TEXT COLLATE "C",
    version BIGINT NOT NULL,
    CHECK (decided_at IS NOT NULL OR decided_by IS NULL),
    CHECK ((end_asked_by IS NULL) = (end_reason IS NULL))
);
CREATE INDEX residence_account ON residence (account_id, id);
CREATE INDEX residence_household ON residence (household_id);
CREATE INDEX residence_status ON residence (status, estate, id);
CREATE UNIQUE INDEX residence_once ON residence (account_id, estate, building, unit, room)
    WHERE status IN ('pending', 'verified');
-- What was done about a resident's dwelling by others.
CREATE TABLE notice (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    account_id TEXT COLLATE "C" NOT NULL REFERENCES account (id),
    -- resident_added, residence_ended
    kind TEXT COLLATE "C" NOT NULL,
    estate TEXT COLLATE "C" NOT NULL REFERENCES estate (code),
    building TEXT COLLATE "C" NOT NULL,
    unit TEXT COLLATE "C" NOT NULL,
    room TEXT COLLATE "C" NOT NULL,
    -- the reason that was given
    reason TEXT COLLATE "C",
    created_at TIMESTAMP NOT NULL,
    read_at TIMESTAMP
);
CREATE INDEX notice_account ON notice (account_id, id);

-- A month's key is made once: its row here stays when the key goes.
CREATE TABLE rated_month (
    month TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    -- whether its key and its rows are deleted
    forgotten BOOLEAN NOT NULL
);
CREATE TABLE rating_key (
    month TEXT COLLATE "C" PRIMARY KEY NOT NULL REFERENCES rated_month (month),
    sealed BYTEA NOT NULL
);
-- A household's rating of a month, under pseudonyms by the month's key: no account, household, day
-- or mark about a person. The pseudonyms `dwelling` and `person` refer to nothing on purpose.
-- `project_id` and `month` have no foreign keys: each would be looked up at every rating, which is
-- the hottest write. `burst` has none either, since a rating keeps the name of one that has been
-- counted.
CREATE TABLE rating (
    dwelling BYTEA NOT NULL,
    -- null where nobody may change it any more
    person BYTEA,
    project_id TEXT COLLATE "C" NOT NULL,
    month TEXT COLLATE "C" NOT NULL,
    stars INTEGER CHECK (stars BETWEEN 1 AND 5),
    cleaning INTEGER CHECK (cleaning BETWEEN 1 AND 5),
    security INTEGER CHECK (security BETWEEN 1 AND 5),
    greening INTEGER CHECK (greening BETWEEN 1 AND 5),
    maintenance INTEGER CHECK (maintenance BETWEEN 1 AND 5),
    attitude INTEGER CHECK (attitude BETWEEN 1 AND 5),
    -- bit i: the i-th dimension is out
    out INTEGER NOT NULL CHECK (out BETWEEN 0 AND 31),
    -- a nibble a cell, stars first: how many months it has been rolled
    rolled INTEGER NOT NULL CHECK (rolled >= 0),
    -- the month of the increment of its stars; null while they wait
    published TEXT COLLATE "C",
    -- the burst in which it is held
    burst TEXT COLLATE "C",
    -- a step writes all rows of a project
    PRIMARY KEY (project_id, dwelling),
    CHECK (stars IS NOT NULL OR published IS NULL)
);
CREATE UNIQUE INDEX rating_person ON rating (person);
-- A comment that waits for the stars of its rating, without foreign keys as they are: it is written
-- with them, and `writer` is a pseudonym.
CREATE TABLE rating_comment (
    writer BYTEA PRIMARY KEY NOT NULL,
    project_id TEXT COLLATE "C" NOT NULL,
    month TEXT COLLATE "C" NOT NULL,
    comment TEXT COLLATE "C" NOT NULL,
    held_reason TEXT COLLATE "C"
);
CREATE INDEX rating_comment_month ON rating_comment (month, project_id);

CREATE TABLE rating_step (
    step TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    is_first BOOLEAN NOT NULL,
    need INTEGER NOT NULL CHECK (need >= 1),
    began_at TIMESTAMP NOT NULL,
    -- when the latest of the missed steps was due for which it is made
    covers TIMESTAMP NOT NULL,
    done_at TIMESTAMP,
    -- the month that it closes, if it is that of a 1st
    closes TEXT COLLATE "C"
);
-- few of the demo's steps of a minute close a month
CREATE INDEX rating_step_closes ON rating_step (closes) WHERE closes IS NOT NULL;
-- How many ratings were new at a step and how many were left: what a burst is judged by. `step` has
-- no foreign key: old steps are deleted with what was new at them, and it would need an index of
-- its own for that.
CREATE TABLE rating_arrival (
    project_id TEXT COLLATE "C" NOT NULL REFERENCES project (id),
    step TEXT COLLATE "C" NOT NULL,
    arrived INTEGER NOT NULL CHECK (arrived >= 0),
    waiting INTEGER NOT NULL CHECK (waiting >= 0),
    PRIMARY KEY (project_id, step)
);
-- What a step, or a burst that counts, published of a project: never changed. A dimension with
-- count 0 is not in it. It outlives what it came from, so neither step nor burst is a foreign key:
-- of a burst it is dated by the morning, steps that are old go, and after a restore those of its
-- burst are not there.
CREATE TABLE rating_increment (
    project_id TEXT COLLATE "C" NOT NULL REFERENCES project (id),
    -- when the step was due: a day
    step TEXT COLLATE "C" NOT NULL,
    -- empty for the step's own
    burst TEXT COLLATE "C" NOT NULL,
    month TEXT COLLATE "C" NOT NULL,
    -- the fewest households that it could be made of
    need INTEGER NOT NULL CHECK (need >= 1),
    published_at TIMESTAMP NOT NULL,
    one INTEGER NOT NULL CHECK (one >= 0),
    two INTEGER NOT NULL CHECK (two >= 0),
    three INTEGER NOT NULL CHECK (three >= 0),
    four INTEGER NOT NULL CHECK (four >= 0),
    five INTEGER NOT NULL CHECK (five >= 0),
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
    PRIMARY KEY (project_id, step, burst),
    CHECK (cleaning_count >= 0 AND cleaning_sum BETWEEN cleaning_count AND 5 * cleaning_count),
    CHECK (security_count >= 0 AND security_sum BETWEEN security_count AND 5 * security_count),
    CHECK (greening_count >= 0 AND greening_sum BETWEEN greening_count AND 5 * greening_count),
    CHECK (maintenance_count >= 0 AND maintenance_sum BETWEEN maintenance_count AND 5 * maintenance_count),
    CHECK (attitude_count >= 0 AND attitude_sum BETWEEN attitude_count AND 5 * attitude_count)
);
CREATE INDEX rating_increment_month ON rating_increment (month, project_id);
-- Ratings that were set apart. The step at which they were goes before they do, so it is no foreign
-- key.
CREATE TABLE rating_burst (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    project_id TEXT COLLATE "C" NOT NULL REFERENCES project (id),
    step TEXT COLLATE "C" NOT NULL,
    month TEXT COLLATE "C" NOT NULL,
    -- held, released, counted, fallen (fewer than k were left)
    state TEXT COLLATE "C" NOT NULL,
    district_until TEXT COLLATE "C" NOT NULL,
    city_until TEXT COLLATE "C" NOT NULL,
    counts_on TEXT COLLATE "C" NOT NULL,
    decided_by TEXT COLLATE "C" REFERENCES account (id),
    reason TEXT COLLATE "C",
    version BIGINT NOT NULL,
    CHECK (city_until >= district_until),
    CHECK ((decided_by IS NULL) = (reason IS NULL))
);
CREATE INDEX rating_burst_state ON rating_burst (state, id);
CREATE INDEX rating_burst_project ON rating_burst (project_id, state);

-- Comments that are out. They carry a random id, a month and no time: their order must not tell
-- when they were written.
CREATE TABLE review (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    project_id TEXT COLLATE "C" NOT NULL REFERENCES project (id),
    uscc TEXT COLLATE "C" REFERENCES firm (uscc),
    month TEXT COLLATE "C" NOT NULL,
    comment TEXT COLLATE "C" NOT NULL,
    -- published, held, cleared (comes out with the next step), hidden
    state TEXT COLLATE "C" NOT NULL,
    held_reason TEXT COLLATE "C",
    decided_at TIMESTAMP,
    decided_by TEXT COLLATE "C" REFERENCES account (id),
    decision_reason TEXT COLLATE "C",
    version BIGINT NOT NULL,
    -- a pseudonym, by which its writer can take it back, and the month of the key; emptied when
    -- that is forgotten
    writer BYTEA UNIQUE,
    writer_month TEXT COLLATE "C",
    CHECK ((decided_at IS NULL) = (decided_by IS NULL)),
    CHECK ((decided_at IS NULL) = (decision_reason IS NULL)),
    CHECK ((writer IS NULL) = (writer_month IS NULL))
);
CREATE INDEX review_firm ON review (uscc, state, month, id);
CREATE INDEX review_project ON review (project_id, state, month, id);
CREATE INDEX review_state ON review (state, id);
CREATE INDEX review_writer_month ON review (writer_month);
-- `flagger` is a pseudonym.
CREATE TABLE review_flag (
    review_id TEXT COLLATE "C" NOT NULL REFERENCES review (id) ON DELETE CASCADE,
    flagger BYTEA NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    settled BOOLEAN NOT NULL,
    PRIMARY KEY (review_id, flagger)
);
CREATE TABLE review_reply (
    review_id TEXT COLLATE "C" PRIMARY KEY NOT NULL REFERENCES review (id) ON DELETE CASCADE,
    uscc TEXT COLLATE "C" NOT NULL REFERENCES firm (uscc),
    text TEXT COLLATE "C" NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL
);

-- Rewards and penalties: the row is always the revision in force.
CREATE TABLE record (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    category TEXT COLLATE "C" NOT NULL,
    -- none of a project that has no firm
    uscc TEXT COLLATE "C" REFERENCES firm (uscc),
    project_id TEXT COLLATE "C" REFERENCES project (id),
    manager_id TEXT COLLATE "C" REFERENCES manager (id),
    level TEXT COLLATE "C" NOT NULL,
    severity TEXT COLLATE "C" NOT NULL,
    -- why it has one that its category does not usually have
    severity_reason TEXT COLLATE "C",
    title TEXT COLLATE "C" NOT NULL,
    detail TEXT COLLATE "C",
    document_number TEXT COLLATE "C" NOT NULL,
    authority TEXT COLLATE "C" NOT NULL,
    -- JSON array of references to the evidence
    evidence TEXT COLLATE "C" NOT NULL,
    -- the decision's date: it counts from here
    decided_on TEXT COLLATE "C" NOT NULL,
    counts_until TEXT COLLATE "C",
    public_until TEXT COLLATE "C",
    retain_until TEXT COLLATE "C",
    -- JSON array of {scheme, reference, actual, reason}: an officer's points within the item's
    -- range
    points TEXT COLLATE "C" NOT NULL,
    -- draft, submitted, returned, in_force, withdrawn, revoked, repaired
    state TEXT COLLATE "C" NOT NULL,
    -- the place whose officials answer for it
    place TEXT COLLATE "C" NOT NULL REFERENCES place (code),
    drafted_by TEXT COLLATE "C" NOT NULL,
    drafted_at TIMESTAMP NOT NULL,
    confirmed_by TEXT COLLATE "C",
    known_from TIMESTAMP,
    known_until TIMESTAMP,
    disputed BOOLEAN NOT NULL,
    import_id TEXT COLLATE "C" REFERENCES import (id),
    demo BOOLEAN NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1 CHECK (revision >= 1),
    CHECK (uscc IS NOT NULL OR project_id IS NOT NULL),
    CHECK (counts_until >= decided_on)
);
CREATE INDEX record_uscc ON record (uscc, decided_on, id);
CREATE INDEX record_project ON record (project_id);
CREATE INDEX record_manager ON record (manager_id);
CREATE INDEX record_state ON record (state, place, id);
CREATE INDEX record_import ON record (import_id);
-- Which records stand for a decision: one decision counts once. Several do where they name
-- different projects or managers, which the program compares. A record holds what it says and what
-- it said from its submission on, until it is withdrawn or comes back.
CREATE TABLE record_decision (
    -- the firm, or the project without one; category and number as they are compared
    decision TEXT COLLATE "C" NOT NULL,
    record_id TEXT COLLATE "C" NOT NULL REFERENCES record (id) ON DELETE CASCADE,
    PRIMARY KEY (decision, record_id)
);
CREATE INDEX record_decision_record ON record_decision (record_id);
-- The clocks of records that were submitted: `record` has as many columns as it can have.
CREATE TABLE record_clock (
    record_id TEXT COLLATE "C" PRIMARY KEY NOT NULL REFERENCES record (id) ON DELETE CASCADE,
    -- the last day for its confirmation, where the scheme gives its days; it says something only
    -- while the record is submitted
    confirm_due_on TEXT COLLATE "C",
    -- submitted for the first time after the days that the scheme gives from the decision on
    recorded_late BOOLEAN NOT NULL
);
CREATE INDEX record_clock_due ON record_clock (confirm_due_on, record_id);
CREATE TABLE record_step (
    id BIGSERIAL PRIMARY KEY NOT NULL,
    record_id TEXT COLLATE "C" NOT NULL REFERENCES record (id) ON DELETE CASCADE,
    step TEXT COLLATE "C" NOT NULL,
    by_account TEXT COLLATE "C" NOT NULL,
    at TIMESTAMP NOT NULL,
    reason TEXT COLLATE "C"
);
CREATE INDEX record_step_record ON record_step (record_id, id);
CREATE TABLE record_reply (
    record_id TEXT COLLATE "C" PRIMARY KEY NOT NULL REFERENCES record (id),
    uscc TEXT COLLATE "C" NOT NULL REFERENCES firm (uscc),
    text TEXT COLLATE "C" NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL
);
-- What a record said before an objection changed it.
CREATE TABLE record_revision (
    record_id TEXT COLLATE "C" NOT NULL REFERENCES record (id),
    revision INTEGER NOT NULL CHECK (revision >= 1),
    category TEXT COLLATE "C" NOT NULL,
    level TEXT COLLATE "C" NOT NULL,
    severity TEXT COLLATE "C" NOT NULL,
    severity_reason TEXT COLLATE "C",
    title TEXT COLLATE "C" NOT NULL,
    detail TEXT COLLATE "C",
    decided_on TEXT COLLATE "C" NOT NULL,
    counts_until TEXT COLLATE "C",
    public_until TEXT COLLATE "C",
    retain_until TEXT COLLATE "C",
    points TEXT COLLATE "C" NOT NULL,
    known_from TIMESTAMP NOT NULL,
    known_until TIMESTAMP NOT NULL,
    PRIMARY KEY (record_id, revision)
);

-- A firm's objections. While one is open, what it is against is marked as disputed.
CREATE TABLE objection (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    -- record, assessment, evaluation: so what it is against is no foreign key
    object_kind TEXT COLLATE "C" NOT NULL,
    object_id TEXT COLLATE "C" NOT NULL,
    -- a record's revision at the time; 1 for the others, whose revisions have ids of their own
    object_revision INTEGER NOT NULL CHECK (object_revision >= 1),
    uscc TEXT COLLATE "C" NOT NULL REFERENCES firm (uscc),
    -- the place whose officials decide
    place TEXT COLLATE "C" NOT NULL REFERENCES place (code),
    grounds TEXT COLLATE "C" NOT NULL,
    -- JSON array of references
    evidence TEXT COLLATE "C" NOT NULL,
    -- open, withdrawn, upheld, amended, revoked
    state TEXT COLLATE "C" NOT NULL,
    filed_by TEXT COLLATE "C" NOT NULL REFERENCES account (id),
    filed_at TIMESTAMP NOT NULL,
    due_on TEXT COLLATE "C" NOT NULL,
    extension_reason TEXT COLLATE "C",
    decided_by TEXT COLLATE "C" REFERENCES account (id),
    reason TEXT COLLATE "C",
    closed_at TIMESTAMP,
    version BIGINT NOT NULL,
    CHECK ((decided_by IS NULL) = (reason IS NULL)),
    CHECK (closed_at IS NOT NULL OR decided_by IS NULL)
);
CREATE UNIQUE INDEX objection_open ON objection (object_kind, object_id) WHERE state = 'open';
CREATE INDEX objection_object ON objection (object_kind, object_id);
CREATE INDEX objection_uscc ON objection (uscc, id);
CREATE INDEX objection_state ON objection (state, place, due_on, id);

-- A firm's requests that a penalty be repaired.
CREATE TABLE repair (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    record_id TEXT COLLATE "C" NOT NULL REFERENCES record (id),
    uscc TEXT COLLATE "C" NOT NULL REFERENCES firm (uscc),
    place TEXT COLLATE "C" NOT NULL REFERENCES place (code),
    -- what was put right, and what is promised
    commitment TEXT COLLATE "C" NOT NULL,
    evidence TEXT COLLATE "C" NOT NULL,
    -- open, granted, refused, withdrawn
    state TEXT COLLATE "C" NOT NULL,
    filed_by TEXT COLLATE "C" NOT NULL REFERENCES account (id),
    filed_at TIMESTAMP NOT NULL,
    due_on TEXT COLLATE "C" NOT NULL,
    -- why the decision has longer
    extension_reason TEXT COLLATE "C",
    decided_by TEXT COLLATE "C" REFERENCES account (id),
    reason TEXT COLLATE "C",
    -- when granted, the record counts no longer since; also when it was withdrawn
    decided_at TIMESTAMP,
    version BIGINT NOT NULL,
    CHECK ((decided_by IS NULL) = (reason IS NULL)),
    CHECK (decided_at IS NOT NULL OR decided_by IS NULL)
);
CREATE UNIQUE INDEX repair_open ON repair (record_id) WHERE state = 'open';
CREATE INDEX repair_uscc ON repair (uscc, id);
CREATE INDEX repair_state ON repair (state, place, due_on, id);
CREATE INDEX repair_record ON repair (record_id, id);

-- Every revision of an assessment stays; the one in force has no `known_until`.
CREATE TABLE assessment (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    project_id TEXT COLLATE "C" NOT NULL REFERENCES project (id),
    period TEXT COLLATE "C" NOT NULL,
    assessor TEXT COLLATE "C" NOT NULL,
    service_thousandths BIGINT NOT NULL CHECK (service_thousandths BETWEEN 0 AND 100000),
    party_thousandths BIGINT NOT NULL CHECK (party_thousandths BETWEEN 0 AND 100000),
    note TEXT COLLATE "C",
    evidence TEXT COLLATE "C" NOT NULL,
    -- submitted (an import's batch, unconfirmed), in_force, superseded, revoked, withdrawn
    state TEXT COLLATE "C" NOT NULL,
    revision INTEGER NOT NULL CHECK (revision >= 1),
    correction_reason TEXT COLLATE "C",
    by_account TEXT COLLATE "C" NOT NULL,
    known_from TIMESTAMP,
    known_until TIMESTAMP,
    import_id TEXT COLLATE "C" REFERENCES import (id),
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX assessment_in_force ON assessment (project_id, period, assessor) WHERE state = 'in_force';
CREATE INDEX assessment_project ON assessment (project_id, period, assessor, revision);
CREATE INDEX assessment_import ON assessment (import_id);
-- A dossier is read from indexes alone where the table's visibility is known: what stands in
-- one lies together there, and in the tables it does not. SQLite has one of records too: here a row
-- of an index must fit a third of a page, and an officer's reasons need not.
CREATE INDEX assessment_file ON assessment
    (project_id, known_from, id, period, assessor, service_thousandths, party_thousandths, state, known_until);

-- Other figures of a firm, a project or a manager: one of three tables, so the subject is no
-- foreign key.
CREATE TABLE metric (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    subject_kind TEXT COLLATE "C" NOT NULL,
    subject_id TEXT COLLATE "C" NOT NULL,
    metric_key TEXT COLLATE "C" NOT NULL,
    period TEXT COLLATE "C" NOT NULL,
    value_thousandths BIGINT NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    by_account TEXT COLLATE "C" NOT NULL,
    known_from TIMESTAMP,
    known_until TIMESTAMP,
    import_id TEXT COLLATE "C" REFERENCES import (id),
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX metric_in_force ON metric (subject_kind, subject_id, metric_key, period) WHERE state = 'in_force';
CREATE INDEX metric_import ON metric (import_id);
-- A subject's figures of a key and period, whatever their state: a batch of metrics looks there for
-- each row.
CREATE INDEX metric_subject ON metric (subject_kind, subject_id, metric_key, period);

-- The rules in force, past and announced: the scheme's file, whole. `place` is no foreign key: the
-- schemes that come with the program are also of cities whose places are not registered here.
CREATE TABLE scheme_version (
    scheme TEXT COLLATE "C" NOT NULL,
    version INTEGER NOT NULL CHECK (version >= 1),
    text TEXT COLLATE "C" NOT NULL,
    effective_from TEXT COLLATE "C" NOT NULL,
    place TEXT COLLATE "C" NOT NULL,
    announced_at TIMESTAMP NOT NULL,
    PRIMARY KEY (scheme, version)
);
-- Versions of schemes that are drafted, proposed and announced. What is announced stands in
-- `scheme_version` from then on.
CREATE TABLE scheme_draft (
    scheme TEXT COLLATE "C" NOT NULL,
    version INTEGER NOT NULL CHECK (version >= 1),
    text TEXT COLLATE "C" NOT NULL,
    effective_from TEXT COLLATE "C" NOT NULL,
    place TEXT COLLATE "C" NOT NULL REFERENCES place (code),
    -- draft, proposed, announced, withdrawn
    state TEXT COLLATE "C" NOT NULL,
    drafted_by TEXT COLLATE "C" NOT NULL REFERENCES account (id),
    drafted_at TIMESTAMP NOT NULL,
    proposed_by TEXT COLLATE "C" REFERENCES account (id),
    proposed_at TIMESTAMP,
    -- who confirmed or withdrew it
    decided_by TEXT COLLATE "C" REFERENCES account (id),
    decided_at TIMESTAMP,
    row_version BIGINT NOT NULL,
    PRIMARY KEY (scheme, version),
    CHECK ((proposed_at IS NULL) = (proposed_by IS NULL)),
    CHECK ((decided_at IS NULL) = (decided_by IS NULL))
);

-- The history of grades: a row each time the engine's result changes. Its subject is a firm, a
-- project or a manager, so it is no foreign key, here and in the tables that follow.
CREATE TABLE evaluation (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    subject_kind TEXT COLLATE "C" NOT NULL,
    subject_id TEXT COLLATE "C" NOT NULL,
    scheme TEXT COLLATE "C" NOT NULL,
    scheme_version INTEGER NOT NULL,
    sequence INTEGER NOT NULL CHECK (sequence >= 1),
    as_of TIMESTAMP NOT NULL,
    outcome TEXT COLLATE "C" NOT NULL,
    score_thousandths BIGINT,
    grade TEXT COLLATE "C",
    previous_outcome TEXT COLLATE "C",
    previous_score_thousandths BIGINT,
    previous_grade TEXT COLLATE "C",
    -- record, assessment, ratings, metric, project, firm, scheme, time
    cause_kind TEXT COLLATE "C" NOT NULL,
    cause_id TEXT COLLATE "C",
    effective_from TIMESTAMP NOT NULL,
    -- effective: a change that holds from its instant; announced: one that is to take effect later;
    -- withdrawn: one that will not
    event TEXT COLLATE "C" NOT NULL DEFAULT 'effective',
    takes_effect_at TIMESTAMP,
    -- when an announcement was replaced or withdrawn before it took effect
    ended_at TIMESTAMP,
    UNIQUE (subject_kind, subject_id, scheme, sequence),
    FOREIGN KEY (scheme, scheme_version) REFERENCES scheme_version (scheme, version),
    CHECK (score_thousandths IS NOT NULL OR grade IS NULL)
);
-- What a card and a ranking show of a subject, kept by every write that changes it.
CREATE TABLE current_grade (
    subject_kind TEXT COLLATE "C" NOT NULL,
    subject_id TEXT COLLATE "C" NOT NULL,
    scheme TEXT COLLATE "C" NOT NULL,
    is_primary BOOLEAN NOT NULL,
    scheme_version INTEGER NOT NULL,
    outcome TEXT COLLATE "C" NOT NULL,
    outcome_reason TEXT COLLATE "C",
    score_thousandths BIGINT,
    grade TEXT COLLATE "C",
    -- JSON arrays: thresholds crossed, and lists with the day each ends
    consequences TEXT COLLATE "C" NOT NULL,
    lists TEXT COLLATE "C" NOT NULL,
    effective_from TIMESTAMP NOT NULL,
    -- the grade that is announced; its row of the history is `pending_id`
    pending_id TEXT COLLATE "C" REFERENCES evaluation (id),
    pending_scheme_version INTEGER,
    pending_score_thousandths BIGINT,
    pending_grade TEXT COLLATE "C",
    pending_from TIMESTAMP,
    PRIMARY KEY (subject_kind, subject_id, scheme),
    FOREIGN KEY (scheme, scheme_version) REFERENCES scheme_version (scheme, version),
    FOREIGN KEY (scheme, pending_scheme_version) REFERENCES scheme_version (scheme, version),
    CHECK (score_thousandths IS NOT NULL OR grade IS NULL),
    CHECK ((pending_id IS NULL) = (pending_from IS NULL)),
    CHECK ((pending_id IS NULL) = (pending_scheme_version IS NULL)),
    CHECK (pending_id IS NOT NULL OR (pending_score_thousandths IS NULL AND pending_grade IS NULL))
);
CREATE INDEX current_grade_score ON current_grade (subject_kind, is_primary, score_thousandths, subject_id);
CREATE TABLE tally (
    subject_kind TEXT COLLATE "C" NOT NULL,
    subject_id TEXT COLLATE "C" NOT NULL,
    -- the last twelve months, this one included: the sum of increments
    ratings INTEGER NOT NULL CHECK (ratings >= 0),
    stars INTEGER NOT NULL CHECK (stars BETWEEN ratings AND 5 * ratings),
    -- null where there are too few to be shown
    service_score_ten_thousandths BIGINT,
    rewards INTEGER NOT NULL CHECK (rewards >= 0),
    penalties INTEGER NOT NULL CHECK (penalties >= 0),
    projects INTEGER NOT NULL CHECK (projects >= 0),
    area_dm2 BIGINT NOT NULL CHECK (area_dm2 >= 0),
    updated_at TIMESTAMP NOT NULL,
    -- all that a card says of them, in JSON; null where they were not kept: then they are added up
    -- when they are asked for
    sums TEXT COLLATE "C",
    PRIMARY KEY (subject_kind, subject_id)
);
CREATE TABLE list_entry (
    list TEXT COLLATE "C" NOT NULL,
    subject_kind TEXT COLLATE "C" NOT NULL,
    subject_id TEXT COLLATE "C" NOT NULL,
    scheme TEXT COLLATE "C" NOT NULL,
    listed_at TIMESTAMP NOT NULL,
    ends_on TEXT COLLATE "C",
    reason_zh TEXT COLLATE "C" NOT NULL,
    reason_en TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (list, subject_kind, subject_id, scheme)
);

-- PostgreSQL keeps samples of columns, which would outlive what is forgotten. Pseudonyms and keys
-- are only looked up one by one.
ALTER TABLE rating ALTER COLUMN dwelling SET STATISTICS 0, ALTER COLUMN person SET STATISTICS 0;
ALTER TABLE rating_comment ALTER COLUMN writer SET STATISTICS 0, ALTER COLUMN comment SET STATISTICS 0;
ALTER TABLE rating_key ALTER COLUMN sealed SET STATISTICS 0;
ALTER TABLE review ALTER COLUMN writer SET STATISTICS 0;
ALTER TABLE review_flag ALTER COLUMN flagger SET STATISTICS 0;
