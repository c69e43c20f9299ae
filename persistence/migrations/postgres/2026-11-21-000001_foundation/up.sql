-- The spine: every write puts what it changed here, in its own transaction.
CREATE TABLE change (
    seq BIGSERIAL PRIMARY KEY NOT NULL,
    entity TEXT COLLATE "C" NOT NULL,
    entity_id TEXT COLLATE "C" NOT NULL,
    at TIMESTAMP NOT NULL,
    -- sequences commit out of order: a reader stops below the oldest running transaction
    transaction_id XID8 NOT NULL DEFAULT pg_current_xact_id()
);

-- Small facts about this database: whether it holds demo data, the city, the last closed month.
CREATE TABLE setting (
    name TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    value TEXT COLLATE "C" NOT NULL
);

-- What the clock must do later: close a month, end a term, begin a window. Kept so that a restart loses none.
CREATE TABLE due (
    kind TEXT COLLATE "C" NOT NULL,
    subject_kind TEXT COLLATE "C" NOT NULL,
    subject_id TEXT COLLATE "C" NOT NULL,
    due_at TIMESTAMP NOT NULL,
    PRIMARY KEY (kind, subject_kind, subject_id)
);
CREATE INDEX due_at ON due (due_at);

CREATE TABLE idempotency (
    user_id TEXT COLLATE "C" NOT NULL,
    idempotency_key TEXT COLLATE "C" NOT NULL,
    operation TEXT COLLATE "C" NOT NULL,
    request_hash TEXT COLLATE "C" NOT NULL,
    status INTEGER NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    location TEXT COLLATE "C",
    etag TEXT COLLATE "C",
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (user_id, idempotency_key)
);
CREATE INDEX idempotency_created ON idempotency (created_at);

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
    parent TEXT COLLATE "C",
    valid_from TEXT COLLATE "C" NOT NULL,
    valid_until TEXT COLLATE "C",
    aliases TEXT COLLATE "C" NOT NULL,
    successors TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX place_parent ON place (parent, code);
CREATE TABLE place_parent_history (
    code TEXT COLLATE "C" NOT NULL,
    parent TEXT COLLATE "C" NOT NULL,
    valid_from TEXT COLLATE "C" NOT NULL,
    valid_until TEXT COLLATE "C",
    PRIMARY KEY (code, valid_from)
);
-- Each place with itself (distance 0) and every place above it, kept with `parent`.
CREATE TABLE place_ancestor (
    place TEXT COLLATE "C" NOT NULL,
    ancestor TEXT COLLATE "C" NOT NULL,
    distance INTEGER NOT NULL,
    PRIMARY KEY (place, ancestor)
);
CREATE INDEX place_ancestor_below ON place_ancestor (ancestor, place);

CREATE TABLE firm (
    uscc TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    short_name TEXT COLLATE "C",
    name_sort TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    registered_place TEXT COLLATE "C" NOT NULL,
    check_override_reason TEXT COLLATE "C",
    participates BOOLEAN NOT NULL,
    residential BOOLEAN NOT NULL,
    demo BOOLEAN NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX firm_name_sort ON firm (name_sort, uscc);
CREATE INDEX firm_registered_place ON firm (registered_place);
CREATE TABLE firm_former_name (
    uscc TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    used_until TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (uscc, name)
);
-- Status, participation and residential business as they were known, for evaluations of a past instant.
CREATE TABLE firm_fact (
    id BIGSERIAL PRIMARY KEY NOT NULL,
    uscc TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    participates BOOLEAN NOT NULL,
    residential BOOLEAN NOT NULL,
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
    place TEXT COLLATE "C" NOT NULL,
    address TEXT COLLATE "C",
    households INTEGER NOT NULL,
    demo BOOLEAN NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX estate_place ON estate (place, code);
CREATE INDEX estate_name_sort ON estate (name_sort, code);

CREATE TABLE manager (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    uscc TEXT COLLATE "C",
    demo BOOLEAN NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX manager_uscc ON manager (uscc, id);

CREATE TABLE project (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    estate TEXT COLLATE "C" NOT NULL,
    operator TEXT COLLATE "C" NOT NULL,
    uscc TEXT COLLATE "C",
    manager_id TEXT COLLATE "C",
    starts_on TEXT COLLATE "C" NOT NULL,
    ends_on TEXT COLLATE "C",
    -- 1 m² is 100 dm²: areas have at most two decimals, so this is exact.
    area_dm2 BIGINT NOT NULL,
    households INTEGER NOT NULL,
    -- fen per m² and month
    fee_fen BIGINT,
    demo BOOLEAN NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX project_estate ON project (estate, starts_on);
CREATE INDEX project_uscc ON project (uscc, id);
CREATE INDEX project_manager ON project (manager_id, id);
-- A project's terms as they were known, for evaluations of a past instant.
CREATE TABLE project_fact (
    id BIGSERIAL PRIMARY KEY NOT NULL,
    project_id TEXT COLLATE "C" NOT NULL,
    operator TEXT COLLATE "C" NOT NULL,
    uscc TEXT COLLATE "C",
    manager_id TEXT COLLATE "C",
    starts_on TEXT COLLATE "C" NOT NULL,
    ends_on TEXT COLLATE "C",
    area_dm2 BIGINT NOT NULL,
    households INTEGER NOT NULL,
    known_from TIMESTAMP NOT NULL,
    known_until TIMESTAMP
);
CREATE INDEX project_fact_project ON project_fact (project_id, known_from);
CREATE INDEX project_fact_uscc ON project_fact (uscc, known_from);
CREATE INDEX project_fact_manager ON project_fact (manager_id, known_from);

CREATE TABLE household (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    estate TEXT COLLATE "C" NOT NULL,
    building TEXT COLLATE "C" NOT NULL,
    unit TEXT COLLATE "C" NOT NULL,
    room TEXT COLLATE "C" NOT NULL,
    -- the import that brought it: until that is applied, nobody sees it
    import_id TEXT COLLATE "C",
    version BIGINT NOT NULL,
    UNIQUE (estate, building, unit, room)
);
-- The roster: which phones (keyed hash) the estate's roll has for a household.
CREATE TABLE household_phone (
    household_id TEXT COLLATE "C" NOT NULL,
    phone_hash TEXT COLLATE "C" NOT NULL,
    -- the imports that add and that end it: neither holds until it is applied
    added_by TEXT COLLATE "C",
    ended_by TEXT COLLATE "C",
    PRIMARY KEY (household_id, phone_hash)
);
CREATE INDEX household_import ON household (import_id) WHERE import_id IS NOT NULL;
CREATE INDEX household_phone_hash ON household_phone (phone_hash);
CREATE INDEX household_phone_added ON household_phone (added_by) WHERE added_by IS NOT NULL;
CREATE INDEX household_phone_ended ON household_phone (ended_by) WHERE ended_by IS NOT NULL;
-- A firm's staff, by keyed hash of the phone: they may not rate its projects.
CREATE TABLE staff (
    uscc TEXT COLLATE "C" NOT NULL,
    phone_hash TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (uscc, phone_hash)
);
CREATE INDEX staff_phone ON staff (phone_hash);

CREATE TABLE account (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    username TEXT COLLATE "C" UNIQUE,
    display_name TEXT COLLATE "C",
    password_hash TEXT COLLATE "C",
    phone_hash TEXT COLLATE "C" UNIQUE,
    phone_encrypted BYTEA,
    place TEXT COLLATE "C",
    uscc TEXT COLLATE "C",
    scopes TEXT COLLATE "C" NOT NULL,
    can_confirm BOOLEAN NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    -- raised when a token must stop working at once: demoted, disabled, password changed
    token_epoch BIGINT NOT NULL,
    demo BOOLEAN NOT NULL,
    created_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX account_role ON account (role, id);
CREATE INDEX account_place ON account (place);

CREATE TABLE session (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    account_id TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP,
    end_reason TEXT COLLATE "C"
);
CREATE INDEX session_account ON session (account_id);
CREATE TABLE refresh_token (
    token_hash TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    session_id TEXT COLLATE "C" NOT NULL,
    issued_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP
);
CREATE INDEX refresh_token_session ON refresh_token (session_id);
CREATE INDEX refresh_token_expires ON refresh_token (expires_at);
CREATE TABLE one_time_code (
    phone_hash TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    code_hash TEXT COLLATE "C" NOT NULL,
    issued_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    tries INTEGER NOT NULL,
    used_at TIMESTAMP
);
-- What the limits count: code requests and failed passwords, by keyed hash of phone, account or address.
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

CREATE TABLE residence (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    account_id TEXT COLLATE "C" NOT NULL,
    estate TEXT COLLATE "C" NOT NULL,
    building TEXT COLLATE "C" NOT NULL,
    unit TEXT COLLATE "C" NOT NULL,
    room TEXT COLLATE "C" NOT NULL,
    household_id TEXT COLLATE "C",
    status TEXT COLLATE "C" NOT NULL,
    requested_at TIMESTAMP NOT NULL,
    decided_at TIMESTAMP,
    decided_by TEXT COLLATE "C",
    reason TEXT COLLATE "C",
    version BIGINT NOT NULL
);
CREATE INDEX residence_account ON residence (account_id, id);
CREATE INDEX residence_household ON residence (household_id);
CREATE INDEX residence_status ON residence (status, estate, id);
CREATE UNIQUE INDEX residence_once ON residence (account_id, estate, building, unit, room)
    WHERE status IN ('pending', 'verified');

-- One row for each voice ever given; `state` says whether it speaks now.
CREATE TABLE rating (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    project_id TEXT COLLATE "C" NOT NULL,
    month TEXT COLLATE "C" NOT NULL,
    household_id TEXT COLLATE "C" NOT NULL,
    account_id TEXT COLLATE "C" NOT NULL,
    overall INTEGER NOT NULL,
    cleaning INTEGER,
    security INTEGER,
    greening INTEGER,
    maintenance INTEGER,
    attitude INTEGER,
    comment TEXT COLLATE "C",
    -- counted, held (in a burst), replaced (by another of the household), withdrawn
    state TEXT COLLATE "C" NOT NULL,
    -- the day it was first given, in the city's zone
    day TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX rating_household_voice ON rating (project_id, month, household_id)
    WHERE state IN ('counted', 'held', 'rejected');
CREATE UNIQUE INDEX rating_person_voice ON rating (project_id, month, account_id)
    WHERE state IN ('counted', 'held', 'rejected');
CREATE INDEX rating_account ON rating (account_id, month, project_id);
CREATE INDEX rating_project_day ON rating (project_id, day);
CREATE TABLE rating_edit (
    id BIGSERIAL PRIMARY KEY NOT NULL,
    rating_id TEXT COLLATE "C" NOT NULL,
    action TEXT COLLATE "C" NOT NULL,
    overall INTEGER NOT NULL,
    cleaning INTEGER,
    security INTEGER,
    greening INTEGER,
    maintenance INTEGER,
    attitude INTEGER,
    comment TEXT COLLATE "C",
    at TIMESTAMP NOT NULL
);
CREATE INDEX rating_edit_rating ON rating_edit (rating_id, id);
-- Kept sums by project and month: no public read scans ratings.
CREATE TABLE rating_month (
    project_id TEXT COLLATE "C" NOT NULL,
    month TEXT COLLATE "C" NOT NULL,
    one INTEGER NOT NULL,
    two INTEGER NOT NULL,
    three INTEGER NOT NULL,
    four INTEGER NOT NULL,
    five INTEGER NOT NULL,
    held INTEGER NOT NULL,
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
    PRIMARY KEY (project_id, month)
);
CREATE TABLE rating_day (
    project_id TEXT COLLATE "C" NOT NULL,
    day TEXT COLLATE "C" NOT NULL,
    voices INTEGER NOT NULL,
    PRIMARY KEY (project_id, day)
);
CREATE TABLE rating_burst (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    project_id TEXT COLLATE "C" NOT NULL,
    day TEXT COLLATE "C" NOT NULL,
    month TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    detected_at TIMESTAMP NOT NULL,
    decide_by TEXT COLLATE "C" NOT NULL,
    decided_at TIMESTAMP,
    decided_by TEXT COLLATE "C",
    reason TEXT COLLATE "C",
    version BIGINT NOT NULL,
    UNIQUE (project_id, day)
);
CREATE INDEX rating_burst_state ON rating_burst (state, id);
-- A month's figures, frozen when it closes; a later decision makes a dated new revision.
CREATE TABLE rating_close (
    project_id TEXT COLLATE "C" NOT NULL,
    month TEXT COLLATE "C" NOT NULL,
    revision INTEGER NOT NULL,
    voices INTEGER NOT NULL,
    stars INTEGER NOT NULL,
    known_from TIMESTAMP NOT NULL,
    known_until TIMESTAMP,
    cause TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (project_id, month, revision)
);

-- Reviews carry a random id and no time: their order must not tell when they were written.
CREATE TABLE review (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    rating_id TEXT COLLATE "C" NOT NULL UNIQUE,
    project_id TEXT COLLATE "C" NOT NULL,
    uscc TEXT COLLATE "C",
    month TEXT COLLATE "C" NOT NULL,
    overall INTEGER NOT NULL,
    comment TEXT COLLATE "C" NOT NULL,
    -- published, held, hidden, withdrawn
    state TEXT COLLATE "C" NOT NULL,
    held_reason TEXT COLLATE "C",
    decided_at TIMESTAMP,
    decided_by TEXT COLLATE "C",
    decision_reason TEXT COLLATE "C",
    version BIGINT NOT NULL
);
CREATE INDEX review_firm ON review (uscc, state, month, id);
CREATE INDEX review_project ON review (project_id, state, month, id);
CREATE INDEX review_state ON review (state, id);
CREATE TABLE review_flag (
    review_id TEXT COLLATE "C" NOT NULL,
    account_id TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (review_id, account_id)
);
CREATE TABLE review_reply (
    review_id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    uscc TEXT COLLATE "C" NOT NULL,
    text TEXT COLLATE "C" NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL
);

CREATE TABLE record (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    category TEXT COLLATE "C" NOT NULL,
    uscc TEXT COLLATE "C" NOT NULL,
    project_id TEXT COLLATE "C",
    manager_id TEXT COLLATE "C",
    level TEXT COLLATE "C" NOT NULL,
    severity TEXT COLLATE "C" NOT NULL,
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
    -- JSON array of {scheme, reference, actual, reason}: an officer's points within the item's range
    points TEXT COLLATE "C" NOT NULL,
    -- draft, submitted, returned, in_force, withdrawn
    state TEXT COLLATE "C" NOT NULL,
    -- the place whose officials answer for it
    place TEXT COLLATE "C" NOT NULL,
    drafted_by TEXT COLLATE "C" NOT NULL,
    drafted_at TIMESTAMP NOT NULL,
    confirmed_by TEXT COLLATE "C",
    known_from TIMESTAMP,
    known_until TIMESTAMP,
    disputed BOOLEAN NOT NULL,
    import_id TEXT COLLATE "C",
    -- names the fact across imports, so that running one twice changes nothing
    external_key TEXT COLLATE "C" UNIQUE,
    demo BOOLEAN NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX record_uscc ON record (uscc, decided_on, id);
CREATE INDEX record_project ON record (project_id);
CREATE INDEX record_manager ON record (manager_id);
CREATE INDEX record_state ON record (state, place, id);
CREATE INDEX record_import ON record (import_id);
CREATE TABLE record_step (
    id BIGSERIAL PRIMARY KEY NOT NULL,
    record_id TEXT COLLATE "C" NOT NULL,
    step TEXT COLLATE "C" NOT NULL,
    by_account TEXT COLLATE "C" NOT NULL,
    at TIMESTAMP NOT NULL,
    reason TEXT COLLATE "C"
);
CREATE INDEX record_step_record ON record_step (record_id, id);
CREATE TABLE record_reply (
    record_id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    uscc TEXT COLLATE "C" NOT NULL,
    text TEXT COLLATE "C" NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL
);

-- Every revision of an assessment stays; the one in force has no `known_until`.
CREATE TABLE assessment (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    project_id TEXT COLLATE "C" NOT NULL,
    period TEXT COLLATE "C" NOT NULL,
    assessor TEXT COLLATE "C" NOT NULL,
    service_thousandths BIGINT NOT NULL,
    party_thousandths BIGINT NOT NULL,
    note TEXT COLLATE "C",
    evidence TEXT COLLATE "C" NOT NULL,
    -- submitted (an import's batch, unconfirmed), in_force, superseded, withdrawn
    state TEXT COLLATE "C" NOT NULL,
    revision INTEGER NOT NULL,
    correction_reason TEXT COLLATE "C",
    by_account TEXT COLLATE "C" NOT NULL,
    known_from TIMESTAMP,
    known_until TIMESTAMP,
    import_id TEXT COLLATE "C",
    updated_at TIMESTAMP NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX assessment_in_force ON assessment (project_id, period, assessor) WHERE state = 'in_force';
CREATE INDEX assessment_project ON assessment (project_id, period, assessor, revision);
CREATE INDEX assessment_import ON assessment (import_id);

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
    import_id TEXT COLLATE "C",
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX metric_in_force ON metric (subject_kind, subject_id, metric_key, period) WHERE state = 'in_force';
CREATE INDEX metric_import ON metric (import_id);

-- The rules in force, past and announced: the scheme's file, whole.
CREATE TABLE scheme_version (
    scheme TEXT COLLATE "C" NOT NULL,
    version INTEGER NOT NULL,
    text TEXT COLLATE "C" NOT NULL,
    effective_from TEXT COLLATE "C" NOT NULL,
    place TEXT COLLATE "C" NOT NULL,
    announced_at TIMESTAMP NOT NULL,
    PRIMARY KEY (scheme, version)
);

-- The history of grades: a row each time the engine's result changes.
CREATE TABLE evaluation (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    subject_kind TEXT COLLATE "C" NOT NULL,
    subject_id TEXT COLLATE "C" NOT NULL,
    scheme TEXT COLLATE "C" NOT NULL,
    scheme_version INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
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
    UNIQUE (subject_kind, subject_id, scheme, sequence)
);

-- The read model: what a card and a ranking show of a subject, kept by every write that changes it.
CREATE TABLE standing (
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
    PRIMARY KEY (subject_kind, subject_id, scheme)
);
CREATE INDEX standing_score ON standing (subject_kind, is_primary, score_thousandths, subject_id);
CREATE TABLE tally (
    subject_kind TEXT COLLATE "C" NOT NULL,
    subject_id TEXT COLLATE "C" NOT NULL,
    -- the last twelve months, this one included
    voices INTEGER NOT NULL,
    stars INTEGER NOT NULL,
    -- null where too few voices may be shown
    service_score_ten_thousandths BIGINT,
    rewards INTEGER NOT NULL,
    penalties INTEGER NOT NULL,
    projects INTEGER NOT NULL,
    area_dm2 BIGINT NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (subject_kind, subject_id)
);
CREATE INDEX tally_service ON tally (subject_kind, service_score_ten_thousandths, subject_id);
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

CREATE TABLE import (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    format TEXT COLLATE "C" NOT NULL,
    -- utf-8, gb18030; null until it is found out
    encoding TEXT COLLATE "C",
    dry_run BOOLEAN NOT NULL,
    -- the operator's import of a city's past: its records bring their own known_from
    founding BOOLEAN NOT NULL,
    -- reading, applying, evaluating, applied, checked (a dry run), submitted, confirmed, returned, refused, failed
    state TEXT COLLATE "C" NOT NULL,
    by_account TEXT COLLATE "C" NOT NULL,
    place TEXT COLLATE "C",
    rows_read INTEGER NOT NULL,
    rows_bad INTEGER NOT NULL,
    rows_created INTEGER NOT NULL,
    rows_updated INTEGER NOT NULL,
    rows_unchanged INTEGER NOT NULL,
    confirmed_by TEXT COLLATE "C",
    -- JSON of {code, line, zh, en}
    failure TEXT COLLATE "C",
    created_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP,
    version BIGINT NOT NULL
);
CREATE INDEX import_created ON import (created_at, id);
CREATE TABLE import_row (
    import_id TEXT COLLATE "C" NOT NULL,
    line INTEGER NOT NULL,
    -- what the row is about, to find a second row about the same
    row_key TEXT COLLATE "C" NOT NULL,
    content TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (import_id, line)
);
CREATE INDEX import_row_key ON import_row (import_id, row_key);
-- Subjects whose evaluation an import has put off until after it became visible.
CREATE TABLE import_subject (
    import_id TEXT COLLATE "C" NOT NULL,
    subject_kind TEXT COLLATE "C" NOT NULL,
    subject_id TEXT COLLATE "C" NOT NULL,
    cause_kind TEXT COLLATE "C" NOT NULL,
    cause_id TEXT COLLATE "C",
    PRIMARY KEY (import_id, subject_kind, subject_id)
);
CREATE TABLE import_fault (
    id BIGSERIAL PRIMARY KEY NOT NULL,
    import_id TEXT COLLATE "C" NOT NULL,
    line INTEGER NOT NULL,
    column_name TEXT COLLATE "C",
    code TEXT COLLATE "C" NOT NULL,
    zh TEXT COLLATE "C" NOT NULL,
    en TEXT COLLATE "C" NOT NULL
);
CREATE INDEX import_fault_import ON import_fault (import_id, id);
