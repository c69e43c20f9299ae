-- No statement uses it: lists put what has no score last, and rankings read all. Each voice moved its firm to another place in it; and a row whose place in one
-- index changes is put into all of the table's anew, so that a voice changed pages of the primary key which the voices of a hundred other firms had read, and of two at
-- once one was made again.
DROP INDEX tally_service;
