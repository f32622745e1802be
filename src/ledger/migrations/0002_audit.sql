-- Who asked for which records, what they were answered: a chain of its own beside the journal.
CREATE TABLE audit (
  seq        INTEGER PRIMARY KEY,
  at         INTEGER NOT NULL,            -- milliseconds since 1970-01-01 UTC
  actor      TEXT    NOT NULL,
  method     TEXT    NOT NULL,
  target     TEXT    NOT NULL,            -- path and query
  address    TEXT    NOT NULL,
  request_id TEXT    NOT NULL,
  status     INTEGER NOT NULL,
  prev_hash  BLOB    NOT NULL,
  hash       BLOB    NOT NULL
) STRICT;

-- Its last row, so that rows missing at the end are noticed.
CREATE TABLE audit_head (
  one  INTEGER PRIMARY KEY CHECK (one = 1),
  seq  INTEGER NOT NULL,
  hash BLOB    NOT NULL
) STRICT;
