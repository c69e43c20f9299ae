-- Departments (部门) of districts and of the city, and the accounts of their officials.
CREATE TABLE department (
    code TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    -- a district or the city
    place TEXT NOT NULL REFERENCES place (code),
    -- the first day on which it no longer exists; null while it does
    valid_until TEXT,
    version BIGINT NOT NULL
);
CREATE INDEX department_place ON department (place, code);

-- Of an account of the role `department`. No foreign key: a column that is added cannot be one.
ALTER TABLE account ADD COLUMN department TEXT;
CREATE INDEX account_department ON account (department);
