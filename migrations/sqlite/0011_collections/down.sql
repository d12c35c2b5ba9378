DROP INDEX playlists_to_expand;
ALTER TABLE playlists DROP COLUMN remedy;
ALTER TABLE playlists DROP COLUMN error;
ALTER TABLE playlists DROP COLUMN error_code;
ALTER TABLE playlists DROP COLUMN held_until;
ALTER TABLE playlists DROP COLUMN lease_until;
ALTER TABLE playlists DROP COLUMN lease_owner;
ALTER TABLE playlists DROP COLUMN fence;
ALTER TABLE playlists DROP COLUMN attempts;
ALTER TABLE playlists DROP COLUMN done_to_index;
ALTER TABLE playlists DROP COLUMN expected_total;
ALTER TABLE playlists DROP COLUMN is_expanded;
ALTER TABLE playlists DROP COLUMN is_truncated;
ALTER TABLE playlists DROP COLUMN max_items;
ALTER TABLE playlists DROP COLUMN progress_floor;
ALTER TABLE playlists DROP COLUMN is_cancelled;
ALTER TABLE batches DROP COLUMN progress_floor;
ALTER TABLE batches DROP COLUMN is_cancelled;
CREATE TABLE batch_items (
  batch_id TEXT NOT NULL REFERENCES batches (id) ON DELETE CASCADE,
  position INTEGER NOT NULL CHECK (position >= 1),
  download_id TEXT NOT NULL UNIQUE REFERENCES downloads (id) ON DELETE CASCADE,
  requested_url TEXT NOT NULL,
  PRIMARY KEY (batch_id, position)
) STRICT;
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
