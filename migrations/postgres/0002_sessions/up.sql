-- One row per login; `ended_at` is set when it was logged out or ended.
CREATE TABLE sessions (
  id TEXT PRIMARY KEY NOT NULL,
  user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token_id TEXT NOT NULL UNIQUE,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  ended_at BIGINT,
  user_agent TEXT,
  address TEXT
);

CREATE INDEX sessions_of_user ON sessions (user_id, created_at);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
