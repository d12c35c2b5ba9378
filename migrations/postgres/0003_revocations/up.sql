-- What must be refused before it expires by itself: sessions, and API keys in caches.
CREATE TABLE revocations (
  sequence BIGINT PRIMARY KEY NOT NULL,
  session_id TEXT NOT NULL,
  expires_at BIGINT NOT NULL
);

CREATE INDEX revocations_by_expiry ON revocations (expires_at);

-- The last sequence that was handed out. Its row is locked until the transaction that took a number
-- ends, so numbers become visible in their order and a reader never skips one; a database sequence
-- hands numbers out of order. It also keeps growing when the feed is purged.
CREATE TABLE revocation_counter (
  id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
  last_sequence BIGINT NOT NULL
);

INSERT INTO revocation_counter (id, last_sequence) VALUES (1, 0);
