-- A playlist asked for as a whole. `total` is unknown until it has been enumerated.
CREATE TABLE playlists (
  id TEXT PRIMARY KEY NOT NULL,
  user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  platform TEXT NOT NULL,
  url TEXT NOT NULL,
  -- The site's own id of the playlist.
  site_id TEXT NOT NULL,
  title TEXT,
  uploader TEXT,
  start_index INTEGER CHECK (start_index >= 1),
  end_index INTEGER CHECK (end_index >= start_index),
  -- The selection as it was asked for, such as 1-3,7.
  items TEXT,
  format TEXT NOT NULL,
  quality TEXT NOT NULL,
  -- JSON: subtitles, embed_metadata, sponsorblock_remove.
  options TEXT NOT NULL,
  status TEXT NOT NULL
    CHECK (status IN ('pending', 'downloading', 'completed', 'failed', 'cancelled')),
  total INTEGER CHECK (total >= 0),
  completed INTEGER NOT NULL DEFAULT 0 CHECK (completed >= 0),
  failed INTEGER NOT NULL DEFAULT 0 CHECK (failed >= 0),
  cancelled INTEGER NOT NULL DEFAULT 0 CHECK (cancelled >= 0),
  created_at INTEGER NOT NULL,
  completed_at INTEGER,
  CHECK (total IS NULL OR completed + failed + cancelled <= total),
  CHECK ((completed_at IS NOT NULL) = (status IN ('completed', 'failed', 'cancelled')))
) STRICT;

CREATE INDEX playlists_of_user ON playlists (user_id, id);
