-- Cases (事项): one thing with a deadline and steps. What "case" and case_clock say of the state,
-- the assignee and the times follows from case_step: `verify` recomputes it.
CREATE TABLE "case" (
    id TEXT PRIMARY KEY NOT NULL,
    -- codes of the city's rules, which may know others later
    kind TEXT NOT NULL,
    category TEXT NOT NULL,
    class TEXT NOT NULL,
    state TEXT NOT NULL,
    -- 1 from the opening on, one more with each reopening
    cycle INTEGER NOT NULL,
    channel TEXT NOT NULL,
    estate TEXT NOT NULL REFERENCES estate (code),
    -- of the day of opening
    project_id TEXT REFERENCES project (id),
    uscc TEXT REFERENCES firm (uscc),
    place TEXT NOT NULL REFERENCES place (code),
    -- the office that dispatches
    desk TEXT NOT NULL REFERENCES place (code),
    building TEXT,
    -- in normal form: 1/1/101
    dwelling TEXT,
    place_in_estate TEXT,
    description TEXT NOT NULL,
    opened_role TEXT NOT NULL,
    opened_by TEXT REFERENCES account (id),
    opened_uscc TEXT REFERENCES firm (uscc),
    opened_at TIMESTAMP NOT NULL,
    assignee_kind TEXT,
    -- a uscc, a place or a department, as the kind says
    assignee TEXT,
    -- the assignee has returned it, and answers for it until the next dispatch
    contested BOOLEAN NOT NULL,
    households INTEGER NOT NULL,
    is_incident BOOLEAN NOT NULL,
    joined_into TEXT REFERENCES "case" (id),
    is_open BOOLEAN NOT NULL,
    -- by which the lists go: until when the next step is due; of one that has ended, when it ended
    sort_at TIMESTAMP NOT NULL,
    -- it is the desk's turn: to dispatch, to see to what is late, to verify what no resident does
    waits_for_desk BOOLEAN NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX case_place ON "case" (place, is_open, sort_at, id);
CREATE INDEX case_sort ON "case" (is_open, sort_at, id);
CREATE INDEX case_assignee ON "case" (assignee_kind, assignee, is_open, sort_at, id);
CREATE INDEX case_opened_uscc ON "case" (opened_uscc, is_open, sort_at, id);
CREATE INDEX case_opened_by ON "case" (opened_by, is_open, id);
CREATE INDEX case_desk ON "case" (desk, waits_for_desk, sort_at, id);
CREATE INDEX case_similar ON "case" (estate, category, is_open, opened_at);
CREATE INDEX case_joined_into ON "case" (joined_into);
CREATE INDEX case_project ON "case" (project_id, id);

-- Its times, of the present cycle but for the last ones.
CREATE TABLE case_clock (
    case_id TEXT PRIMARY KEY NOT NULL REFERENCES "case" (id),
    dispatched_at TIMESTAMP,
    -- null before the first dispatch; while it is paused, as if it went on now
    due_at TIMESTAMP,
    original_due_at TIMESTAMP,
    paused_since TIMESTAMP,
    -- seconds in all cycles, as of its last step
    consumed BIGINT NOT NULL,
    -- the cycle in which it was extended, escalated by the clock; 0 for none
    extended_cycle INTEGER NOT NULL,
    escalated_cycle INTEGER NOT NULL,
    done_at TIMESTAMP,
    verify_by TIMESTAMP,
    ended_at TIMESTAMP,
    outcome TEXT,
    satisfied BOOLEAN,
    -- when it was late for the first time, and the firm that held it then
    late_at TIMESTAMP,
    late_uscc TEXT REFERENCES firm (uscc),
    -- when the clock does something with it next
    clock_at TIMESTAMP,
    -- when the clock drafts a record of it next, and what it has drafted
    draft_at TIMESTAMP,
    late_drafted BOOLEAN NOT NULL,
    unsolved_drafted BOOLEAN NOT NULL,
    -- the steps of the figures in which its opening, its timing and its end are counted
    opened_counted TEXT,
    timing_counted TEXT,
    end_counted TEXT
);
CREATE INDEX case_clock_at ON case_clock (clock_at);
CREATE INDEX case_clock_draft_at ON case_clock (draft_at) WHERE draft_at IS NOT NULL;

CREATE TABLE case_step (
    case_id TEXT NOT NULL REFERENCES "case" (id),
    seq INTEGER NOT NULL,
    at TIMESTAMP NOT NULL,
    kind TEXT NOT NULL,
    by_role TEXT NOT NULL,
    by_account TEXT REFERENCES account (id),
    by_uscc TEXT REFERENCES firm (uscc),
    by_place TEXT REFERENCES place (code),
    by_department TEXT REFERENCES department (code),
    cycle INTEGER NOT NULL,
    -- to whom it was dispatched; who is responsible, as who returned it says
    assignee_kind TEXT,
    assignee TEXT,
    class TEXT,
    -- the budget of the class then; of an extension what it adds
    hours INTEGER,
    reason_code TEXT,
    reason TEXT,
    -- the office to which it was escalated, the case that it was joined to
    target TEXT,
    PRIMARY KEY (case_id, seq)
);

-- The households that it concerns: how many they are is told, and who they are to nobody.
CREATE TABLE case_household (
    case_id TEXT NOT NULL REFERENCES "case" (id),
    household TEXT NOT NULL,
    account_id TEXT REFERENCES account (id),
    joined_at TIMESTAMP NOT NULL,
    satisfied BOOLEAN,
    PRIMARY KEY (case_id, household)
);
CREATE INDEX case_household_account ON case_household (account_id, case_id);

CREATE TABLE case_photo (
    case_id TEXT NOT NULL REFERENCES "case" (id),
    sha256 TEXT NOT NULL,
    media_type TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    by_role TEXT NOT NULL,
    by_account TEXT REFERENCES account (id),
    at TIMESTAMP NOT NULL,
    PRIMARY KEY (case_id, sha256)
);
CREATE INDEX case_photo_sha256 ON case_photo (sha256);

-- What a case drafted for the file: the source of a record, which its evidence does not name.
CREATE TABLE case_record (
    record_id TEXT PRIMARY KEY NOT NULL REFERENCES record (id),
    case_id TEXT NOT NULL REFERENCES "case" (id),
    -- late or unsolved
    ground TEXT NOT NULL
);
CREATE UNIQUE INDEX case_record_ground ON case_record (case_id, ground);

-- What a step published of a project's cases: final. The month is that of the step; `need` the
-- fewest households that it could be made of.
CREATE TABLE case_increment (
    project_id TEXT NOT NULL REFERENCES project (id),
    step TEXT NOT NULL,
    -- each kind is published by itself, so that complaints can be told apart
    kind TEXT NOT NULL,
    month TEXT NOT NULL,
    need INTEGER NOT NULL,
    households INTEGER NOT NULL,
    opened INTEGER NOT NULL,
    on_time INTEGER NOT NULL,
    late INTEGER NOT NULL,
    closed INTEGER NOT NULL,
    reopened INTEGER NOT NULL,
    satisfied INTEGER NOT NULL,
    unsatisfied INTEGER NOT NULL,
    unanswered INTEGER NOT NULL,
    hours_24 INTEGER NOT NULL,
    hours_48 INTEGER NOT NULL,
    hours_72 INTEGER NOT NULL,
    hours_more INTEGER NOT NULL,
    excluded_withdrawn INTEGER NOT NULL,
    excluded_joined INTEGER NOT NULL,
    excluded_not_theirs INTEGER NOT NULL,
    excluded_elsewhere INTEGER NOT NULL,
    published_at TIMESTAMP NOT NULL,
    -- published before a restore, and put back after it
    restored BOOLEAN NOT NULL,
    PRIMARY KEY (project_id, step, kind)
);
CREATE INDEX case_increment_month ON case_increment (month, project_id);
-- What steps look at: what has ended and is counted, nearly all in time, is not in it.
CREATE INDEX case_clock_uncounted ON case_clock (case_id) WHERE end_counted IS NULL;
