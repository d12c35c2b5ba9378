-- Downloads know their batch or playlist and their place in it: these tables said it once more, and
-- nothing ever wrote to them.
DROP TABLE batch_items;
DROP TABLE playlist_items;

-- Someone wanted it to end: it ends as cancelled, whatever its items came to.
ALTER TABLE batches ADD COLUMN is_cancelled BOOLEAN NOT NULL DEFAULT FALSE;
-- What was shown before items were added or removed: the mean of the rest must not show less.
ALTER TABLE batches ADD COLUMN progress_floor DOUBLE PRECISION NOT NULL DEFAULT 0
  CHECK (progress_floor >= 0 AND progress_floor <= 100);

ALTER TABLE playlists ADD COLUMN is_cancelled BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE playlists ADD COLUMN progress_floor DOUBLE PRECISION NOT NULL DEFAULT 0
  CHECK (progress_floor >= 0 AND progress_floor <= 100);
-- No more entries than this are taken.
ALTER TABLE playlists ADD COLUMN max_items INTEGER NOT NULL DEFAULT 1000 CHECK (max_items >= 1);
-- Whether there were more than that.
ALTER TABLE playlists ADD COLUMN is_truncated BOOLEAN NOT NULL DEFAULT FALSE;
-- Whether every entry that is wanted is known. A playlist that was cancelled before, or whose list
-- broke off, has a total all the same: that of the items it has.
ALTER TABLE playlists ADD COLUMN is_expanded BOOLEAN NOT NULL DEFAULT FALSE;
-- How many items a recent look at the site foretold.
ALTER TABLE playlists ADD COLUMN expected_total INTEGER CHECK (expected_total >= 0);

-- The expansion, a job of its own: it goes on after the last index whose entries are stored.
ALTER TABLE playlists ADD COLUMN done_to_index INTEGER NOT NULL DEFAULT 0
  CHECK (done_to_index >= 0);
ALTER TABLE playlists ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0);
ALTER TABLE playlists ADD COLUMN fence INTEGER NOT NULL DEFAULT 0 CHECK (fence >= 0);
ALTER TABLE playlists ADD COLUMN lease_owner TEXT;
ALTER TABLE playlists ADD COLUMN lease_until BIGINT;
-- Not to be tried again before.
ALTER TABLE playlists ADD COLUMN held_until BIGINT;
-- Why the list itself, or the rest of it, could not be read.
ALTER TABLE playlists ADD COLUMN error_code TEXT;
ALTER TABLE playlists ADD COLUMN error TEXT;
ALTER TABLE playlists ADD COLUMN remedy TEXT;

CREATE INDEX playlists_to_expand ON playlists (platform, id) WHERE total IS NULL;
