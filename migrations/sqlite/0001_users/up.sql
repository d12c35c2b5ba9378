-- Accounts. The folded columns hold what the service lower-cases, so that both databases agree on
-- what "the same name" is for any script.
CREATE TABLE users (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  username TEXT NOT NULL,
  username_folded TEXT NOT NULL UNIQUE,
  email TEXT NOT NULL,
  email_folded TEXT NOT NULL UNIQUE,
  password_hash TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('user', 'admin')),
  is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
  max_stored_bytes INTEGER CHECK (max_stored_bytes >= 0),
  max_downloads_per_day INTEGER CHECK (max_downloads_per_day >= 0),
  max_active_downloads INTEGER CHECK (max_active_downloads >= 0),
  created_at INTEGER NOT NULL,
  last_login_at INTEGER
) STRICT;
