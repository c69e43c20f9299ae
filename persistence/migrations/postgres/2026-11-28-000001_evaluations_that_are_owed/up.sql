-- The fact for which a subject is owed an evaluation; null where time alone brings it. It takes the
-- place of an import's own list of subjects.
ALTER TABLE due ADD COLUMN cause_kind TEXT COLLATE "C";
ALTER TABLE due ADD COLUMN cause_id TEXT COLLATE "C";
DELETE FROM due WHERE kind = 'evaluate' AND EXISTS (
    SELECT 1 FROM import_subject AS owed
    WHERE owed.subject_kind = due.subject_kind AND owed.subject_id = due.subject_id
);
INSERT INTO due (kind, subject_kind, subject_id, due_at, cause_kind, cause_id)
SELECT 'evaluate', owed.subject_kind, owed.subject_id,
    coalesce((SELECT max(at) FROM change), import.created_at), owed.cause_kind, owed.cause_id
FROM import_subject AS owed JOIN import ON import.id = owed.import_id
WHERE NOT EXISTS (
    SELECT 1 FROM import_subject AS earlier
    WHERE earlier.subject_kind = owed.subject_kind AND earlier.subject_id = owed.subject_id
        AND earlier.import_id < owed.import_id
);
DROP TABLE import_subject;
UPDATE import SET state = CASE WHEN kind IN ('records', 'assessments', 'metrics') THEN 'confirmed' ELSE 'applied' END
WHERE state = 'evaluating';
