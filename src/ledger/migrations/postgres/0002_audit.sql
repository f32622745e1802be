-- Who asked for which records, what they were answered: a chain of its own beside the journal.
CREATE TABLE audit (
  seq        BIGINT NOT NULL PRIMARY KEY,
  at         BIGINT NOT NULL,             -- milliseconds since 1970-01-01 UTC
  actor      TEXT COLLATE "C" NOT NULL,
  method     TEXT COLLATE "C" NOT NULL,
  target     TEXT COLLATE "C" NOT NULL,   -- path and query
  address    TEXT COLLATE "C" NOT NULL,
  request_id TEXT COLLATE "C" NOT NULL,
  status     BIGINT NOT NULL,
  prev_hash  BYTEA NOT NULL,
  hash       BYTEA NOT NULL
);

-- Its last row, so that rows missing at the end are noticed.
CREATE TABLE audit_head (
  one  BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
  seq  BIGINT NOT NULL,
  hash BYTEA NOT NULL
);
