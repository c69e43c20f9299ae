-- Notices are of every account and about whatever concerns it, not of residents' dwellings alone.
CREATE TABLE wider_notice (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    account_id TEXT COLLATE "C" NOT NULL REFERENCES account (id),
    -- the words of NoticeKind, which say what kind of thing it is about
    kind TEXT COLLATE "C" NOT NULL,
    -- of one of several tables, by the kind: no foreign key points there
    about_id TEXT COLLATE "C" NOT NULL,
    -- what that was called when this was told
    name TEXT COLLATE "C" NOT NULL,
    -- what was decided of it, where the kind does not say it: a grade, a day
    detail TEXT COLLATE "C",
    -- the reason that was given
    reason TEXT COLLATE "C",
    created_at TIMESTAMP NOT NULL,
    read_at TIMESTAMP,
    -- whether it is still to be sent to the account's phone
    sms_waits BOOLEAN NOT NULL
);
INSERT INTO wider_notice
    SELECT told.id, told.account_id, told.kind, residence.id,
        estate.name || ' ' || told.building || '-' || CASE told.unit WHEN '' THEN '' ELSE told.unit || '-' END || told.room,
        NULL, told.reason, told.created_at, told.read_at, FALSE
    FROM notice AS told
    JOIN estate ON estate.code = told.estate
    JOIN residence ON residence.id = (
        SELECT max(own.id) FROM residence AS own
        WHERE own.account_id = told.account_id AND own.estate = told.estate AND own.building = told.building
            AND own.unit = told.unit AND own.room = told.room
    );
DROP TABLE notice;
ALTER TABLE wider_notice RENAME TO notice;
CREATE INDEX notice_account ON notice (account_id, id);
CREATE INDEX notice_unread ON notice (account_id, id) WHERE read_at IS NULL;
CREATE INDEX notice_sms ON notice (id) WHERE sms_waits;

-- Firms of which an account wants to be told.
CREATE TABLE follow (
    account_id TEXT COLLATE "C" NOT NULL REFERENCES account (id),
    uscc TEXT COLLATE "C" NOT NULL REFERENCES firm (uscc),
    -- an identifier that sorts by time: what has an earlier mark is not told
    since TEXT COLLATE "C" NOT NULL,
    followed_at TIMESTAMP NOT NULL,
    PRIMARY KEY (account_id, uscc)
);
CREATE INDEX follow_firm ON follow (uscc, account_id);

-- What happened to a firm and is still to be told, to its own accounts and to those who follow it.
CREATE TABLE owed_notice (
    -- the word of the notice that is owed
    kind TEXT COLLATE "C" NOT NULL,
    about_id TEXT COLLATE "C" NOT NULL,
    uscc TEXT COLLATE "C" NOT NULL REFERENCES firm (uscc),
    detail TEXT COLLATE "C",
    at TIMESTAMP NOT NULL,
    -- an identifier that sorts by time: who follows since later is not told
    mark TEXT COLLATE "C" NOT NULL,
    -- the last of those who follow the firm that was told
    told_to TEXT COLLATE "C",
    PRIMARY KEY (kind, about_id)
);
-- Whom a firm's notices are to.
CREATE INDEX account_firm ON account (uscc) WHERE uscc IS NOT NULL;
