-- Users' cookies for sites, sealed by the platform's service: this database cannot read them.
CREATE TABLE cookie_jars (
  user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  platform TEXT NOT NULL,
  sealed TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, platform)
) STRICT;
