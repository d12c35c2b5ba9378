-- The entries of a playlist by their index there; those that are not wanted, or not to be had, have
-- no download.
CREATE TABLE playlist_items (
  playlist_id TEXT NOT NULL REFERENCES playlists (id) ON DELETE CASCADE,
  position INTEGER NOT NULL CHECK (position >= 1),
  download_id TEXT UNIQUE REFERENCES downloads (id) ON DELETE SET NULL,
  video_id TEXT NOT NULL,
  url TEXT NOT NULL,
  title TEXT,
  duration REAL,
  available INTEGER NOT NULL CHECK (available IN (0, 1)),
  PRIMARY KEY (playlist_id, position)
) STRICT;
