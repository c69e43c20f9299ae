-- Why a record has a severity that its category does not usually have.
ALTER TABLE record ADD COLUMN severity_reason TEXT;
ALTER TABLE record_revision ADD COLUMN severity_reason TEXT;
