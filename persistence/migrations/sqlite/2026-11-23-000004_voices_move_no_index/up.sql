-- No statement uses it: lists put what has no score last, and rankings read all. Each voice moved its firm to another place in it.
DROP INDEX tally_service;
