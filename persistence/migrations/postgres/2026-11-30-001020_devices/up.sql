-- Devices that have signed in by a code, by keyed hash of what only they know: for 90 days they are
-- told from strangers who ask for codes of the same phone or guess at them.
CREATE TABLE device (
    hash TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    phone_hash TEXT COLLATE "C" NOT NULL,
    seen_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    -- the code that this device asked for, which no stranger's request replaces
    code_hash TEXT COLLATE "C",
    code_expires_at TIMESTAMP,
    tries INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0),
    CHECK ((code_hash IS NULL) = (code_expires_at IS NULL))
);
CREATE INDEX device_phone ON device (phone_hash, seen_at);
CREATE INDEX device_expiry ON device (expires_at);

-- Where somebody has signed in by a password, by keyed hash of name and network: there wrong
-- passwords from elsewhere do not count.
CREATE TABLE known_network (
    hash TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    seen_at TIMESTAMP NOT NULL
);
CREATE INDEX known_network_seen ON known_network (seen_at);
