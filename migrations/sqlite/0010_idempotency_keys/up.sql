-- What an `Idempotency-Key` made, for as long as it is remembered. It outlives the thing it made:
-- a late repetition must not bring back what was deleted.
CREATE TABLE idempotency_keys (
  user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  made_kind TEXT NOT NULL CHECK (made_kind IN ('download', 'batch', 'playlist')),
  made_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, key)
) STRICT;

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
