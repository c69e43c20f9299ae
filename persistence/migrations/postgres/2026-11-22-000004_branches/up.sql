-- Branches (分支机构) with the firm whose branch each is, as it was known, for evaluations of a past instant. One row of a branch is known at a time.
CREATE TABLE firm_branch (
    id BIGSERIAL PRIMARY KEY NOT NULL,
    branch TEXT COLLATE "C" NOT NULL,
    parent TEXT COLLATE "C" NOT NULL,
    -- the first day
    since TEXT COLLATE "C" NOT NULL,
    -- the codes of the place where the parent is registered and of those above it, a JSON list
    parent_places TEXT COLLATE "C" NOT NULL,
    known_from TIMESTAMP NOT NULL,
    known_until TIMESTAMP
);
CREATE INDEX firm_branch_branch ON firm_branch (branch, known_from);
CREATE INDEX firm_branch_parent ON firm_branch (parent, known_from);
