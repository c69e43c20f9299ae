-- Whose officials read a line, and from where it was asked. Lines of before have neither, and are
-- the administrators' alone.
ALTER TABLE audit ADD COLUMN place TEXT;
ALTER TABLE audit ADD COLUMN address TEXT;
CREATE INDEX audit_place ON audit (place, id);
CREATE INDEX audit_operation ON audit (operation, id);
