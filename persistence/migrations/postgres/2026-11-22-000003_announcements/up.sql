-- Versions of schemes that are drafted, proposed and announced. What is announced stands in `scheme_version` from then on.
CREATE TABLE scheme_draft (
    scheme TEXT COLLATE "C" NOT NULL,
    version INTEGER NOT NULL,
    text TEXT COLLATE "C" NOT NULL,
    effective_from TEXT COLLATE "C" NOT NULL,
    place TEXT COLLATE "C" NOT NULL,
    -- draft, proposed, announced, withdrawn
    state TEXT COLLATE "C" NOT NULL,
    drafted_by TEXT COLLATE "C" NOT NULL,
    drafted_at TIMESTAMP NOT NULL,
    proposed_by TEXT COLLATE "C",
    proposed_at TIMESTAMP,
    -- who confirmed or withdrew it
    decided_by TEXT COLLATE "C",
    decided_at TIMESTAMP,
    row_version BIGINT NOT NULL,
    PRIMARY KEY (scheme, version)
);

-- The history of grades tells announcements too: `effective` is a change that holds from its instant, `announced` one that is to take effect later,
-- `withdrawn` one that will not.
ALTER TABLE evaluation ADD COLUMN event TEXT COLLATE "C" NOT NULL DEFAULT 'effective';
ALTER TABLE evaluation ADD COLUMN takes_effect_at TIMESTAMP;
-- when an announcement was replaced or withdrawn before it took effect
ALTER TABLE evaluation ADD COLUMN ended_at TIMESTAMP;

-- The announced grade of a standing; its row of the history is `pending_id`.
ALTER TABLE standing ADD COLUMN pending_id TEXT COLLATE "C";
ALTER TABLE standing ADD COLUMN pending_scheme_version INTEGER;
ALTER TABLE standing ADD COLUMN pending_score_thousandths BIGINT;
ALTER TABLE standing ADD COLUMN pending_grade TEXT COLLATE "C";
ALTER TABLE standing ADD COLUMN pending_from TIMESTAMP;
