-- Who wrote what waits for another person and was written over since: whoever was ever an author of
-- it does not confirm it. The last one stands in the object itself. An account is no reference: the
-- operator has none.
CREATE TABLE earlier_author (
    object_kind TEXT NOT NULL,
    object_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    PRIMARY KEY (object_kind, object_id, account_id)
);

-- The inbox leaves out what its reader wrote earlier.
CREATE INDEX earlier_author_by_account ON earlier_author (account_id, object_kind);
