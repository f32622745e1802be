-- The journal is the truth; nothing in it is updated or deleted. Every other table repeats what its content says.
CREATE TABLE journal (
  seq          INTEGER PRIMARY KEY,
  recorded_at  INTEGER NOT NULL,          -- milliseconds since 1970-01-01 UTC
  effective_on TEXT    NOT NULL,          -- YYYY-MM-DD
  kind         TEXT    NOT NULL,
  subject      TEXT    NOT NULL,
  actor        TEXT    NOT NULL,
  request_key  TEXT,                      -- Idempotency-Key of the request, with the hash of the request
  request_hash BLOB,
  content      TEXT    NOT NULL,          -- canonical JSON
  prev_hash    BLOB    NOT NULL,
  hash         BLOB    NOT NULL
) STRICT;
CREATE INDEX journal_by_subject ON journal (subject, seq);
CREATE INDEX journal_by_kind ON journal (kind, seq);
CREATE UNIQUE INDEX journal_by_request ON journal (actor, request_key) WHERE request_key IS NOT NULL;

-- The postings of each entry, for balances. Fen; debit positive.
CREATE TABLE posting (
  seq     INTEGER NOT NULL,
  line    INTEGER NOT NULL,
  account TEXT    NOT NULL,
  item    TEXT    NOT NULL,
  amount  INTEGER NOT NULL,
  PRIMARY KEY (seq, line)
) STRICT, WITHOUT ROWID;

-- Names from outside by which an entry is found: codes, licence numbers, notice numbers, receipts, reversed entries.
CREATE TABLE name (
  seq      INTEGER NOT NULL,
  register TEXT    NOT NULL,
  name     TEXT    NOT NULL,
  PRIMARY KEY (seq, register)
) STRICT, WITHOUT ROWID;
CREATE INDEX name_by_name ON name (register, name, seq);

-- The last entry, so that entries missing at the end are noticed.
CREATE TABLE head (
  one  INTEGER PRIMARY KEY CHECK (one = 1),
  seq  INTEGER NOT NULL,
  hash BLOB    NOT NULL
) STRICT;
