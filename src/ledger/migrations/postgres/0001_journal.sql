-- The journal is the truth; nothing in it is updated or deleted. Every other table repeats what its content says.
-- Texts are compared by their bytes, whatever the language of the database.
CREATE TABLE journal (
  seq          BIGINT NOT NULL PRIMARY KEY,
  recorded_at  BIGINT NOT NULL,           -- milliseconds since 1970-01-01 UTC
  effective_on TEXT COLLATE "C" NOT NULL, -- YYYY-MM-DD
  kind         TEXT COLLATE "C" NOT NULL,
  subject      TEXT COLLATE "C" NOT NULL,
  actor        TEXT COLLATE "C" NOT NULL,
  request_key  TEXT COLLATE "C",          -- Idempotency-Key of the request, with the hash of the request
  request_hash BYTEA,
  content      TEXT COLLATE "C" NOT NULL, -- canonical JSON
  prev_hash    BYTEA NOT NULL,
  hash         BYTEA NOT NULL
);
CREATE INDEX journal_by_subject ON journal (subject, seq);
CREATE INDEX journal_by_kind ON journal (kind, seq);
CREATE UNIQUE INDEX journal_by_request ON journal (actor, request_key) WHERE request_key IS NOT NULL;

-- The postings of each entry, for balances. Fen; debit positive.
CREATE TABLE posting (
  seq     BIGINT NOT NULL,
  line    BIGINT NOT NULL,
  account TEXT COLLATE "C" NOT NULL,
  item    TEXT COLLATE "C" NOT NULL,
  amount  BIGINT NOT NULL,
  PRIMARY KEY (seq, line)
);

-- Names from outside by which an entry is found: codes, licence numbers, notice numbers, receipts, reversed entries.
-- A name is bytes of UTF-8: whatever is asked for can be looked up, also what cannot stand in a text of PostgreSQL.
CREATE TABLE name (
  seq      BIGINT NOT NULL,
  register TEXT COLLATE "C" NOT NULL,
  name     BYTEA NOT NULL,
  PRIMARY KEY (seq, register)
);
CREATE INDEX name_by_name ON name (register, name, seq);

-- The last entry, so that entries missing at the end are noticed.
CREATE TABLE head (
  one  BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
  seq  BIGINT NOT NULL,
  hash BYTEA NOT NULL
);
