-- The random bytes from which every key of this installation follows, sealed by the master secret:
-- another secret seals them anew, and nothing else is written. One row, `root`.
CREATE TABLE data_key (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    sealed BYTEA NOT NULL,
    made_at TIMESTAMP NOT NULL
);
